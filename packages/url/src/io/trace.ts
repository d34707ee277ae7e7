/**
 * The channel `sluice:url`, by the mechanism of the socket layer.
 */
import { openTracer, type Tracer } from '@sluice/socket/trace'
import type { UrlTraceFacts } from '../core/trace-events.ts'

const tracer: Tracer<UrlTraceFacts> = openTracer('url')

export const tracing: Tracer<UrlTraceFacts>['tracing'] = tracer.tracing

/**
 * Publishes one event; call it only while `tracing()`.
 *
 * @param parent what it belongs to; default: nothing
 */
export function publish<N extends keyof UrlTraceFacts>(
  id: number,
  name: N,
  facts: UrlTraceFacts[N],
  parent: number = 0,
): void {
  tracer.publish(id, parent, name, facts)
}
