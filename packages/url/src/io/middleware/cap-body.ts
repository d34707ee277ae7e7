/** The cap on the body of a response, where there is one: by what its length says, and by what comes. */
import type { Response } from '@sluice/http'
import type { Handler, PlannedRequest } from '../pipeline.ts'

/** Ends bodies that are longer than they may be. */
export function capBody(request: PlannedRequest, next: Handler): Promise<Response> {
  const { body: most } = request.limits
  if (most === Number.POSITIVE_INFINITY) return next(request)
  return import('../capped-body.ts').then(async ({ cap }) =>
    cap(request, await next(request), most),
  )
}
