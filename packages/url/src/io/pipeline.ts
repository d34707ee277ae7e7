/**
 * The shape of a fetch: a request goes through middleware to the handler of its scheme, and a response comes
 * back the same way. Each piece knows only `next`; what they share is the request.
 */
import type { BodyInit, Headers, PoolRequestOptions, RequestOptions, Response } from '@sluice/http'

/** One request on its way, complete: a middleware that changes something hands on a changed copy. */
export interface PlannedRequest {
  readonly url: URL
  readonly method: string
  readonly headers: Headers
  readonly body: BodyInit | null
  readonly redirect: 'follow' | 'manual' | 'error'
  readonly signal: AbortSignal | undefined
  readonly timeout: RequestOptions['timeout']
  /** Whether and how far content codings are undone. */
  readonly decode: RequestOptions['decode']
  /** Makes one exchange by `@sluice/http`, over whichever connection this fetch is to use. */
  readonly send: (url: URL, options: PoolRequestOptions) => Promise<Response>
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
