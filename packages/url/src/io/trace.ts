/**
 * The channel `sluice:url`, by the mechanism of the socket layer.
 */
import { openTracer, type Tracer } from '@sluice/socket/trace'
import type { UrlTraceFacts } from '../core/trace-events.ts'

const tracer: Tracer<UrlTraceFacts> = openTracer('url')

export const tracing: Tracer<UrlTraceFacts>['tracing'] = tracer.tracing

/** Publishes one event; call it only while `tracing()`. A fetch stands at the top: it has no parent. */
export function publish<N extends keyof UrlTraceFacts>(
  id: number,
  name: N,
  facts: UrlTraceFacts[N],
): void {
  tracer.publish(id, 0, name, facts)
}
