/**
 * The channel `sluice:url`, by the mechanism of the socket layer.
 */
import { openTracer, type Tracer } from '@sluice/socket/trace'
import type { UrlTraceFacts } from '../core/trace-events.ts'

const tracer: Tracer<UrlTraceFacts> = openTracer('url')

export const tracing: Tracer<UrlTraceFacts>['tracing'] = tracer.tracing

/** Fetches that belong to something, and to what: few do, and each event of theirs says so. */
const parents = new Map<number, number>()

/**
 * Publishes one event; call it only while `tracing()`.
 *
 * @param parent what it belongs to; default: what its fetch belongs to, else nothing
 */
export function publish<N extends keyof UrlTraceFacts>(
  id: number,
  name: N,
  facts: UrlTraceFacts[N],
  parent: number = parents.get(id) ?? 0,
): void {
  tracer.publish(id, parent, name, facts)
}

/** Remembers what a fetch belongs to, until `forget`. */
export function belongs(id: number, parent: number): void {
  if (parent !== 0) parents.set(id, parent)
}

/** The fetch is over. */
export function forget(id: number): void {
  if (parents.size > 0) parents.delete(id)
}
