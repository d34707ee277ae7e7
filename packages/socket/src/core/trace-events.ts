/**
 * What the socket layer tells those who watch: plain objects on the channel `sluice:socket`. Shapes only;
 * `io/trace.ts` publishes them, and builds none while nobody listens.
 *
 * `parent` leads from a connection attempt to whatever asked for it; the layers above put their own
 * ids there, so that one fetch can be followed down to its bytes.
 */

/** What every event of every layer carries. */
export interface TraceEventBase {
  /** The thing that this is about: a connection, a listener, a datagram socket. Unique in the process. */
  id: number
  /** The id of what it belongs to, one layer up; 0 at the top. */
  parent: number
  /** Milliseconds since the process started, with fractions: `performance.now()`. */
  t: number
  /** Which layer tells it. */
  layer: 'socket' | 'http' | 'url'
}

/** The facts of each event, by its name. */
export interface SocketTraceFacts {
  /** A name is being resolved. */
  lookup: { hostname: string }
  /** A name was resolved. */
  resolved: { hostname: string; addresses: readonly string[] }
  /** One address is tried. */
  attempt: { target: string }
  /** One address did not answer. */
  failed: { target: string; code: string }
  /** A proxy is asked to lead on. */
  hop: { proxy: string; hostname: string }
  /** A balancer has said whose connection it is. */
  proxied: { balancer: string; source: string }
  /** A connection stands. */
  open: { local: string; remote: string; side: 'client' | 'server' }
  /** A handshake of TLS is done, on the connection of this id. */
  tls: { protocol: string; cipher: string; alpn: string | undefined; resumed: boolean }
  /** A handshake failed; its socket is closed. */
  tlsFailed: { target: string; code: string }
  /** Bytes went to the system. `data` is valid during the publish call only: a subscriber copies what it keeps. */
  send: { bytes: number; data: Uint8Array | string }
  /** Bytes came from the system. `data` lies in a shared read buffer and is valid during the publish call only. */
  receive: { bytes: number; data: Uint8Array }
  /** The peer finished sending. */
  end: Record<never, never>
  /** We finished sending. */
  shutdown: Record<never, never>
  /** The connection is over; `code` where it broke, and how many bytes it carried. */
  close: { code: string | undefined; bytesSent: number; bytesReceived: number }
  /** A listener takes connections. */
  listen: { local: string }
}

/** One event of the socket layer. */
export type SocketTraceEvent = {
  [N in keyof SocketTraceFacts]: TraceEventBase & { layer: 'socket'; name: N } & SocketTraceFacts[N]
}[keyof SocketTraceFacts]
