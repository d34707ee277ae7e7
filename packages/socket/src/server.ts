/**
 * `@sluice/socket/server`: a handler of connections, listening, with caps, limits, lists and a shutdown that waits;
 * and a relay, which is such a server.
 */
export type { LinkOptions } from './core/link.ts'
export { PLACE_KEYS, type Place, placeOf } from './io/place.ts'
export { type RelayOptions, relay } from './io/relay.ts'
export type { ServeLimits, ServeOptions, ServeTimeouts } from './io/serve-options.ts'
export {
  type ConnectionHandler,
  type ServeInfo,
  Server,
  type ServeStats,
  serve,
} from './io/server.ts'
