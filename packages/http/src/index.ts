/**
 * `@sluice/http`: HTTP/1.1 of its own on `@sluice/socket`: a client, and a server for fetch-style handlers.
 */
export type { CodingLimits } from './core/content-coding.ts'
export {
  IncompleteBodyError,
  isIncompleteBodyError,
  isProtocolError,
  ProtocolError,
} from './core/errors.ts'
export { Headers, type HeadersInit } from './core/headers.ts'
export type { Direction, HttpTraceEvent } from './core/trace-events.ts'
export type { BodyInit } from './io/body.ts'
export { type RequestOptions, request } from './io/client.ts'
export { ClientConnection, type ClientConnectionOptions } from './io/client-connection.ts'
export type { ClientTimeouts, ExchangeOptions } from './io/client-exchange.ts'
export type { Info } from './io/info.ts'
export type { ConnectionOptions } from './io/open.ts'
export {
  Pool,
  type PoolLimits,
  type PoolOptions,
  type PoolRequestOptions,
  type PoolStats,
} from './io/pool.ts'
export type { ReloadOptions } from './io/reload.ts'
export { Request, type RequestInit } from './io/request.ts'
export { Response, type ResponseInit } from './io/response.ts'
export type { ServeOptions, ServerLimits, ServerTimeouts } from './io/serve-options.ts'
export { Server, serve } from './io/server.ts'
export type { Handler } from './io/server-context.ts'
export type { Outcomes, ServerStats } from './io/server-stats.ts'
export type { Take, UpgradeOptions } from './io/takeover.ts'
export { type HttpHopOptions, httpHop, type ProxyAuthorize } from './io/tunnel.ts'
