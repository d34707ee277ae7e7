/** `@sluice/http/trace`: what this layer tells on the channel `sluice:http`, and the same as `curl -v` shows it. */
export type { Direction, HttpTraceEvent, HttpTraceFacts } from './core/trace-events.ts'
export { formatExchange } from './io/trace-lines.ts'
export { type WatchExchangesOptions, watchExchanges } from './io/watch.ts'
