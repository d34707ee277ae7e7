/**
 * `@sluice/socket/trace`: what this layer tells on the channel `sluice:socket` of node:diagnostics_channel, how to
 * watch it, and the numbering and channels that the layers above go on with.
 *
 * @example
 * import { watch } from '@sluice/socket/trace'
 * const watching = watch((line) => console.error(line), { bytes: 64 })
 */
export type { SocketTraceEvent, SocketTraceFacts, TraceEventBase } from './core/trace-events.ts'
export {
  formatTraceJson,
  formatTraceText,
  hexLines,
  type TraceFormat,
} from './core/trace-format.ts'
export { nextId, openTracer, type Tracer } from './io/trace.ts'
export { type TapSink, tap, type Watch, type WatchOptions, watch } from './io/watch.ts'
