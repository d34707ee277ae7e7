/** What the files of a server share: the handler's shape, and what a connection needs of its server. */
import type { ByteStream } from '@sluice/socket'
import type { Limits } from '../core/limits.ts'
import type { ServerExchange } from './exchange.ts'
import type { Info } from './info.ts'
import type { Request } from './request.ts'
import type { ServerTimeouts } from './serve-options.ts'
import type { ServerConnection } from './server-connection.ts'
import type { Tally } from './server-stats.ts'
import type { Take } from './takeover.ts'
import type { Ticker } from './ticker.ts'

/** Answers one request. The web's own types, so that frameworks written for them fit. */
export type Handler = (
  request: globalThis.Request,
  info: Info,
) => globalThis.Response | Promise<globalThis.Response>

/** What a connection needs of its server. What `reload` exchanges it looks up each time. */
export interface ServerContext {
  readonly handler: Handler
  readonly limits: Readonly<Limits>
  readonly maxBody: number
  readonly maxRequests: number
  readonly bodyRate: number
  /** Whether the handler gets CONNECT. */
  readonly tunnels: boolean
  readonly timeouts: Readonly<ServerTimeouts>
  readonly ticker: Ticker
  readonly stats: Tally
  readonly dateLine: string
  readonly origin: string
  /** Why the server stops, once it does. */
  readonly stopped: Error | undefined
  onError(error: unknown, request: Request): void
  count(code: string): void
  remove(connection: ServerConnection): void
  /** A stream on which HTTP is over goes to who takes it. */
  handOver(stream: ByteStream, take: Take, exchange: ServerExchange): void
}

/** @throws {TypeError} what is neither a function nor an object with a function `fetch` */
export function toHandler(handler: Handler | { fetch: Handler }): Handler {
  if (typeof handler === 'function') return handler
  if (typeof handler?.fetch === 'function') return (request, info) => handler.fetch(request, info)
  throw new TypeError('serve takes a function, or an object with a function fetch')
}
