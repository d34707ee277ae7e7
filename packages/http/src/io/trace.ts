/**
 * The channel `sluice:http`, by the mechanism of the layer below.
 */
import { openTracer, type Tracer } from '@sluice/socket/trace'
import type { HttpTraceFacts } from '../core/trace-events.ts'

const tracer: Tracer<HttpTraceFacts> = openTracer('http')

export const tracing: Tracer<HttpTraceFacts>['tracing'] = tracer.tracing
export const publish: Tracer<HttpTraceFacts>['publish'] = tracer.publish
