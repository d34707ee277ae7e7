/**
 * `http:` and `https:` URLs: one exchange by `@sluice/http`.
 */
import type { RequestOptions, Response } from '@sluice/http'
import { TimeoutError } from '@sluice/socket/errors'
import type { PlannedRequest } from '../pipeline.ts'

/** Answers a request for an `http:` or `https:` URL. */
export async function handleHttp(request: PlannedRequest): Promise<Response> {
  const { url, method, headers, signal, decode, id, send } = request
  const body = typeof request.body === 'function' ? await request.body() : request.body
  const timeout = remaining(request)
  return send(url, { method, headers, body, signal, decode, timeout, trace: { parent: id } })
}

/**
 * The timeouts, with as much of `total` as is left: a server that redirects must not be able to start it anew.
 *
 * @throws {TimeoutError} nothing is left
 */
function remaining({ timeout, started, method, url }: PlannedRequest): RequestOptions['timeout'] {
  const total = typeof timeout === 'number' ? timeout : timeout?.total
  if (!total || total === Number.POSITIVE_INFINITY) return timeout
  const left = total - (performance.now() - started)
  if (left <= 0)
    throw new TimeoutError({ verb: method, target: url.href, phase: 'total', limit: total })
  return typeof timeout === 'number' ? left : { ...timeout, total: left }
}
