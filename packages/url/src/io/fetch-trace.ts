/** Events of fetches. A fetch that belongs to something larger says so in each of them, also where its id alone is known. */
import type { UrlTraceFacts } from '../core/trace-events.ts'
import { publish as publishFor } from './trace.ts'

export { tracing } from './trace.ts'

/** Fetches under way that belong to something, and to what; few do. */
const parents = new Map<number, number>()

/** Publishes one event of a fetch; call it only while `tracing()`. */
export function publish<N extends keyof UrlTraceFacts>(
  id: number,
  name: N,
  facts: UrlTraceFacts[N],
): void {
  publishFor(id, name, facts, parents.get(id))
}

/** Remembers what a fetch belongs to, until `forget`. */
export function belongs(id: number, parent: number): void {
  if (parent !== 0) parents.set(id, parent)
}

/** The fetch is over. */
export function forget(id: number): void {
  if (parents.size > 0) parents.delete(id)
}
