/**
 * `@sluice/socket/trace`: the shapes of what this layer tells on the channel `sluice:socket` of
 * node:diagnostics_channel, and the numbering and channels that the layers above go on with.
 *
 * @example
 * import { subscribe } from 'node:diagnostics_channel'
 * subscribe('sluice:socket', (event) => console.log(event))
 */
export type { SocketTraceEvent, SocketTraceFacts, TraceEventBase } from './core/trace-events.ts'
export { nextId, openTracer, type Tracer } from './io/trace.ts'
