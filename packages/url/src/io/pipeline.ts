/**
 * The shape of a fetch: a request goes through middleware to the handler of its scheme, and a response comes
 * back the same way. Each piece knows only `next`; what they share is the request.
 */
import type { BodyInit, Headers, RequestOptions, Response } from '@sluice/http'

/** One request on its way, complete: a middleware that changes something hands on a changed copy. */
export interface PlannedRequest {
  readonly url: URL
  readonly method: string
  readonly headers: Headers
  readonly body: BodyInit | null
  readonly redirect: 'follow' | 'manual' | 'error'
  readonly signal: AbortSignal | undefined
  /** What is handed to the layers below as it is. */
  readonly below: Pick<RequestOptions, 'timeout' | 'limits' | 'connect'>
  /** When the fetch began, by `performance.now()`: `total` bounds all of it, redirects too. */
  readonly started: number
  /** The id of this fetch in trace events. */
  readonly id: number
}

/** Answers a request. */
export type Handler = (request: PlannedRequest) => Promise<Response>

/** Stands between a request and whoever answers it. */
export type Middleware = (request: PlannedRequest, next: Handler) => Promise<Response>

/** Puts middleware around a handler; the first one sees the request first. */
export function compose(middleware: readonly Middleware[], handler: Handler): Handler {
  return middleware.reduceRight<Handler>(
    (next, layer) => (request) => layer(request, next),
    handler,
  )
}
