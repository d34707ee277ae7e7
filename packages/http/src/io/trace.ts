/**
 * Publishes trace events on the channel `sluice:http` of node:diagnostics_channel. Nothing is built while
 * nobody listens: callers ask `tracing()` first, which costs one property read.
 */
import { type Channel, channel } from 'node:diagnostics_channel'
import type { HttpTraceEvent, HttpTraceFacts } from '../core/trace-events.ts'

const httpChannel: Channel = channel('sluice:http')

/** Whether anyone listens. */
export function tracing(): boolean {
  return httpChannel.hasSubscribers
}

/** Publishes one event; call it only while `tracing()`. */
export function publish<N extends keyof HttpTraceFacts>(
  id: number,
  parent: number,
  name: N,
  facts: HttpTraceFacts[N],
): void {
  const event = { id, parent, t: performance.now(), layer: 'http', name, ...facts }
  httpChannel.publish(event as unknown as HttpTraceEvent)
}
