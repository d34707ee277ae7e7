/**
 * `relay`: a server whose connections go on to somewhere else, over a line as good or bad as asked for. Every
 * half-close goes through it, and what breaks on one side is a reset on the other.
 */
import { parseTarget, type Target } from '../core/address.ts'
import type { LinkOptions } from '../core/link.ts'
import { Link } from '../core/link.ts'
import { connect } from './connect.ts'
import { type ConnectOptions, planConnect } from './connect-options.ts'
import type { Connection } from './connection.ts'
import { ifRejected } from './fence.ts'
import { forward } from './forward.ts'
import { checkKeys, checkTypes } from './options.ts'
import type { ServeOptions } from './serve-options.ts'
import { type Server, serve } from './server.ts'
import { systemClock } from './system.ts'

/** How to relay. */
export interface RelayOptions {
  /** What lies on the way, in each direction; default: nothing. */
  link?: LinkOptions | undefined
  /** How to go on; its `signal` ends no connection that stands. */
  connect?: Omit<ConnectOptions, 'signal'> | undefined
  /** How to listen and whom to let in. */
  serve?: Omit<ServeOptions, 'target' | 'hostname' | 'port' | 'path' | 'listener'> | undefined
  /**
   * Shown every piece before it is handed on, with the connection it came by and its direction; valid until the call
   * returns. What it throws ends that connection.
   */
  onBytes?:
    | ((bytes: Uint8Array, direction: 'up' | 'down', connection: Connection) => void)
    | undefined
}

/**
 * Relays connections.
 *
 * @param from where to listen
 * @param to where each connection goes on to; when it can't, the client is reset and `onError` of `serve` told
 * @param options how bad the line is, how to connect and to serve, and who sees the bytes
 * @returns the server, listening
 * @throws as `serve`; for options of the link that make no sense as `LinkOptions` say
 * @see tc-netem(8); socat(1)
 * @example await relay('127.0.0.1:8081', '127.0.0.1:8080', { link: { latency: 100 } })
 */
export async function relay(from: Target, to: Target, options: RelayOptions = {}): Promise<Server> {
  checkKeys('relay', options, ['link', 'connect', 'serve', 'onBytes'])
  const { link = {}, connect: how = {}, serve: serving = {}, onBytes } = options
  checkTypes('relay', options, { onBytes: 'function', serve: 'object' })
  parseTarget(from, ['tcp', 'tls'])
  // Refused here, and not by the first connection.
  void new Link(link)
  await planConnect(to, how)
  const clock = how.system?.clock ?? systemClock
  return serve(
    async (client, { signal }) => {
      let upstream: Connection
      try {
        upstream = await connect(to, { ...how, signal })
      } catch (error) {
        client.destroy()
        throw error
      }
      const show = (bytes: Uint8Array, direction: 'up' | 'down'): void =>
        ifRejected(onBytes?.(bytes, direction, client), (error) => client.destroy(error as Error))
      await Promise.all([
        forward(clock, client, upstream, new Link(link), (bytes) => show(bytes, 'up')),
        forward(clock, upstream, client, new Link(link), (bytes) => show(bytes, 'down')),
      ])
      await upstream.close()
    },
    { ...serving, target: from },
  )
}
