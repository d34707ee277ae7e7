/**
 * Follows redirects: asks `planRedirect` what a response means, and does it.
 */
import { Headers, type Response } from '@sluice/http'
import { FetchError, maskUrl } from '../../core/errors.ts'
import { BODY_FIELDS, isRedirect, planRedirect, SECRET_FIELDS } from '../../core/redirect.ts'
import { publish, tracing } from '../fetch-trace.ts'
import { type Handler, isReplayable, type PlannedRequest } from '../pipeline.ts'

/** One redirect that was followed. */
export interface RedirectStep {
  /** 301, 302, 303, 307 or 308. */
  readonly status: number
  /** The reason phrase, as it was sent. */
  readonly statusText: string
  /** Who answered so; a password in it is masked. */
  readonly url: string
  /** The fields of that answer. */
  readonly headers: Headers
}

/** Beside the response and not in it: a `Response` has no such property, and may be cloned or wrapped. */
const steps = new WeakMap<object, readonly RedirectStep[]>()

/**
 * The redirects that led to a response, the first one first.
 *
 * @param response what `fetch` gave, itself and not a clone of it
 * @returns an empty array where there were none; it never throws
 * @see Fetch §4.4
 * @example
 * const response = await fetch('http://127.0.0.1:8080/')
 * for (const { status, url } of historyOf(response)) console.log(status, url)
 */
export function historyOf(response: globalThis.Response | Response): readonly RedirectStep[] {
  return steps.get(response) ?? []
}

/** A middleware that follows redirects, up to the limit of the request. */
export async function followRedirects(first: PlannedRequest, next: Handler): Promise<Response> {
  let request = first
  const history: RedirectStep[] = []
  for (let followed = 0; ; followed++) {
    const response = await next(request)
    if (request.redirect === 'manual') return response
    if (followed === 0 && !isRedirect(response.status)) return response
    const plan = planRedirect({
      status: response.status,
      locations: locationsOf(response.headers),
      method: request.method,
      url: request.url,
      replayable: isReplayable(request.body),
      followed,
      limit: request.limits.redirects,
    })
    if (plan.kind === 'final') return followed === 0 ? response : markRedirected(response, history)
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
    const { status, statusText, headers: fields } = response
    history.push({ status, statusText, url: maskUrl(url.href), headers: fields })
    const headers = new Headers(request.headers)
    if (plan.dropBody) for (const name of BODY_FIELDS) headers.delete(name)
    if (plan.dropSecrets)
      for (const name of [...SECRET_FIELDS, ...request.secretFields]) headers.delete(name)
    request = {
      ...request,
      url: plan.url,
      method: plan.method,
      headers,
      body: plan.dropBody ? null : request.body,
    }
  }
}

/** Each by itself: joined they would be another URL. */
function locationsOf(headers: Headers): string[] {
  return headers
    .raw()
    .filter(([name]) => name.toLowerCase() === 'location')
    .map(([, value]) => value)
}

function markRedirected(response: Response, history: readonly RedirectStep[]): Response {
  steps.set(response, history)
  Object.defineProperty(response, 'redirected', { value: true })
  return response
}
