/**
 * Publishes trace events on channels of node:diagnostics_channel: `sluice:socket` here, and one for each layer
 * above, by the same mechanism. Nothing is built while nobody listens: callers ask `tracing()` first, which
 * costs one property read.
 */
import { type Channel, channel } from 'node:diagnostics_channel'
import type { SocketTraceFacts } from '../core/trace-events.ts'
import { systemClock } from './system.ts'

let lastId = 0

/**
 * A number that no other socket, listener, exchange or fetch of this process has. Never throws.
 *
 * @see Node's async_hooks.newAsyncId, a number of the same kind
 */
export function nextId(): number {
  return ++lastId
}

/** The channel of one layer: `Facts` has the facts of each event by its name. */
export interface Tracer<Facts> {
  /** Whether anyone listens. */
  tracing(): boolean
  /** Publishes one event; call it only while `tracing()`. */
  publish<N extends keyof Facts>(id: number, parent: number, name: N, facts: Facts[N]): void
}

/**
 * Opens the channel `sluice:<layer>`. Never throws.
 *
 * @param layer what every event of it says of where it comes from
 * @returns the two functions that a layer needs
 * @see Node's diagnostics_channel.channel
 */
export function openTracer<Facts>(layer: string): Tracer<Facts> {
  const events: Channel = channel(`sluice:${layer}`)
  return {
    tracing: () => events.hasSubscribers,
    publish: (id, parent, name, facts) =>
      events.publish({ id, parent, t: systemClock.now(), layer, name, ...facts }),
  }
}

const socketTracer: Tracer<SocketTraceFacts> = openTracer('socket')

export const tracing: Tracer<SocketTraceFacts>['tracing'] = socketTracer.tracing
export const publish: Tracer<SocketTraceFacts>['publish'] = socketTracer.publish
