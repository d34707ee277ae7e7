/**
 * Publishes trace events on the channel `sluice:url` of node:diagnostics_channel. Nothing is built while
 * nobody listens.
 */
import { type Channel, channel } from 'node:diagnostics_channel'
import type { UrlTraceEvent, UrlTraceFacts } from '../core/trace-events.ts'

const urlChannel: Channel = channel('sluice:url')

/** Whether anyone listens. */
export function tracing(): boolean {
  return urlChannel.hasSubscribers
}

/** Publishes one event; call it only while `tracing()`. */
export function publish<N extends keyof UrlTraceFacts>(
  id: number,
  name: N,
  facts: UrlTraceFacts[N],
): void {
  const event = { id, parent: 0, t: performance.now(), layer: 'url', name, ...facts }
  urlChannel.publish(event as unknown as UrlTraceEvent)
}
