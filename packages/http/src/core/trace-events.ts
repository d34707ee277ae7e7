/**
 * What the HTTP layer tells those who watch: plain objects on the channel `sluice:http`. Shapes only;
 * `io/trace.ts` publishes them, and builds none while nobody listens.
 *
 * `id` is an exchange: one request and its response. `connection` is the id of the stream that carries it,
 * the same number as in the events of `sluice:socket`. `parent` is what asked: on a client the id that the
 * caller gave, on a server the connection.
 */

/** Which way a part of a message went. */
export type Direction = 'sent' | 'received'

/** The facts of each event, by its name. */
export interface HttpTraceFacts {
  /** A request head left, or came. `headers` are as on the wire, with `***` for credentials, also in URLs, and values of cookies. */
  'request-head': {
    direction: Direction
    connection: number
    method: string
    target: string
    /** `1.1` or `1.0`. */
    version: string
    headers: string
  }
  /** A response head left, or came; interim ones too. */
  'response-head': {
    direction: Direction
    connection: number
    status: number
    /** As on the wire, often empty. */
    reason: string
    version: string
    headers: string
  }
  /** A piece of a body, without its framing: what one read brought, or one write took. */
  chunk: { direction: Direction; connection: number; bytes: number }
  /** A body is complete: its bytes without framing, and in how many pieces they came. */
  body: { direction: Direction; connection: number; bytes: number; pieces: number }
  /** A trailer section, with the number of its fields. */
  trailer: { direction: Direction; connection: number; fields: number }
  /** HTTP is over on this connection: what was offered and taken, or `tunnel` after CONNECT. */
  upgrade: { connection: number; protocol: string }
  /** The exchange is over. */
  end: { connection: number; keepAlive: boolean }
  /** A connection carries its n-th exchange; told from the second one on. */
  reuse: { connection: number; exchange: number }
  /** The exchange failed. */
  error: { connection: number; code: string }
}

/** One event of the HTTP layer. */
export type HttpTraceEvent = {
  [N in keyof HttpTraceFacts]: {
    id: number
    parent: number
    /** Milliseconds since the process started, with fractions. */
    t: number
    layer: 'http'
    name: N
  } & HttpTraceFacts[N]
}[keyof HttpTraceFacts]
