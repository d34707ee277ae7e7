/** Asking again, at each hop, where the request says so. */
import type { Response } from '@sluice/http'
import type { Handler, PlannedRequest } from '../pipeline.ts'

/** Makes a request more than once, by its rules. */
export function retryFailures(request: PlannedRequest, next: Handler): Promise<Response> {
  const { retry } = request
  if (retry === undefined) return next(request)
  return import('../retrying.ts').then(({ exchangeAgain }) => exchangeAgain(request, retry, next))
}
