/**
 * `http:` URLs: one exchange by `@sluice/http`.
 */
import { request as httpRequest, type Response } from '@sluice/http'
import type { PlannedRequest } from '../pipeline.ts'

/** Answers a request for an `http:` URL. */
export function handleHttp(request: PlannedRequest): Promise<Response> {
  const { url, method, headers, body, signal, below, id } = request
  return httpRequest(url, { method, headers, body, signal, ...below, trace: { parent: id } })
}
