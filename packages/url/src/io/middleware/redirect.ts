/**
 * Follows redirects: asks `planRedirect` what a response means, and does it.
 */
import { Headers, type Response } from '@sluice/http'
import { FetchError, maskUrl } from '../../core/errors.ts'
import { BODY_FIELDS, MAX_REDIRECTS, planRedirect, SECRET_FIELDS } from '../../core/redirect.ts'
import type { Handler, PlannedRequest } from '../pipeline.ts'
import { publish, tracing } from '../trace.ts'

/** A middleware that follows up to `limit` redirects. */
export async function followRedirects(
  first: PlannedRequest,
  next: Handler,
  limit: number = MAX_REDIRECTS,
): Promise<Response> {
  let request = first
  for (let followed = 0; ; followed++) {
    const response = await next(request)
    if (request.redirect === 'manual') return response
    const plan = planRedirect({
      status: response.status,
      location: response.headers.get('location'),
      method: request.method,
      url: request.url,
      replayable: isReplayable(request.body),
      followed,
      limit,
    })
    if (plan.kind === 'final') return followed === 0 ? response : markRedirected(response)
    await response.body?.cancel()
    const { method, url } = request
    if (plan.kind === 'refuse')
      throw new FetchError({
        method,
        url: url.href,
        phase: 'redirect',
        code: plan.code,
        reason: plan.reason,
      })
    if (request.redirect === 'error') {
      const reason = `redirected to ${maskUrl(plan.url.href)}, and redirect is 'error'`
      throw new FetchError({
        method,
        url: url.href,
        phase: 'redirect',
        code: 'ERR_REDIRECT',
        reason,
      })
    }
    if (tracing()) {
      const to = maskUrl(plan.url.href)
      publish(request.id, 'redirect', {
        status: response.status,
        from: maskUrl(url.href),
        to,
        method: plan.method,
      })
    }
    const headers = new Headers(request.headers)
    if (plan.dropBody) for (const name of BODY_FIELDS) headers.delete(name)
    if (plan.dropSecrets) for (const name of SECRET_FIELDS) headers.delete(name)
    request = {
      ...request,
      url: plan.url,
      method: plan.method,
      headers,
      body: plan.dropBody ? null : request.body,
    }
  }
}

/** Whether a body can be sent twice: text and bytes can, a stream can not. */
function isReplayable(body: PlannedRequest['body']): boolean {
  return (
    body === null ||
    typeof body === 'string' ||
    body instanceof ArrayBuffer ||
    ArrayBuffer.isView(body) ||
    body instanceof Blob ||
    body instanceof URLSearchParams ||
    body instanceof FormData
  )
}

function markRedirected(response: Response): Response {
  Object.defineProperty(response, 'redirected', { value: true })
  return response
}
