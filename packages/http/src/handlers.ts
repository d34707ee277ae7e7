/**
 * `@sluice/http/handlers`: what stands in front of a handler, or around it: a router, compression, an access log, CORS, a
 * password. Each takes a handler and is one, so that they nest in the order in which they are written.
 */
export { type AccessRecord, formatCombined, formatJson } from './core/access-log.ts'
export type { CompressionCoding } from './core/compression.ts'
export type { PathParams } from './core/route.ts'
export { type AccessLogOptions, accessLog } from './io/handlers/access-log.ts'
export { type BasicAuthOptions, basicAuth } from './io/handlers/basic-auth.ts'
export { type CompressOptions, compress } from './io/handlers/compress.ts'
export { type CorsOptions, cors } from './io/handlers/cors.ts'
export {
  type RouteHandler,
  type RouteInfo,
  Router,
  type RouterOptions,
} from './io/handlers/router.ts'
