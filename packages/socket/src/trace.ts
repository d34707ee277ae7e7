/**
 * `@sluice/socket/trace`: the shapes of what this layer tells on the channel `sluice:socket` of
 * node:diagnostics_channel, and the numbering that the layers above continue.
 *
 * @example
 * import { subscribe } from 'node:diagnostics_channel'
 * subscribe('sluice:socket', (event) => console.log(event))
 */
export type { SocketTraceEvent, SocketTraceFacts, TraceEventBase } from './core/trace-events.ts'
export { nextId } from './io/trace.ts'
