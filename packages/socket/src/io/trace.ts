/**
 * Publishes trace events on the channel `sluice:socket` of node:diagnostics_channel. Nothing is built
 * while nobody listens: callers ask `tracing()` first, which costs one property read.
 */
import { type Channel, channel } from 'node:diagnostics_channel'
import type { SocketTraceEvent, SocketTraceFacts } from '../core/trace-events.ts'
import { systemClock } from './system.ts'

const socketChannel: Channel = channel('sluice:socket')
let lastId = 0

/** A number that no other socket, listener or attempt of this process has. */
export function nextId(): number {
  return ++lastId
}

/** Whether anyone listens. */
export function tracing(): boolean {
  return socketChannel.hasSubscribers
}

/** Publishes one event; call it only while `tracing()`. */
export function publish<N extends keyof SocketTraceFacts>(
  id: number,
  parent: number,
  name: N,
  facts: SocketTraceFacts[N],
): void {
  const event = { id, parent, t: systemClock.now(), layer: 'socket', name, ...facts }
  socketChannel.publish(event as unknown as SocketTraceEvent)
}
