/**
 * `http:` and `https:` URLs: one exchange by `@sluice/http`.
 */
import type { BodyInit, RequestOptions, Response } from '@sluice/http'
import { TimeoutError } from '@sluice/socket/errors'
import type { PlannedRequest } from '../pipeline.ts'

/** Answers a request for an `http:` or `https:` URL. */
export function handleHttp(request: PlannedRequest): Promise<Response> {
  const { body, isProxied } = request
  if (isProxied) return import('./proxied.ts').then(({ sendProxied }) => sendProxied(request, send))
  return typeof body === 'function' ? send(request) : sendBody(request, body)
}

async function send(request: PlannedRequest): Promise<Response> {
  const { body } = request
  return sendBody(request, typeof body === 'function' ? await body() : body)
}

function sendBody(request: PlannedRequest, body: BodyInit | null): Promise<Response> {
  const { url, method, headers, signal, decode, id } = request
  const timeout = remaining(request)
  return request.send(url, {
    method,
    headers,
    body,
    signal,
    decode,
    timeout,
    trace: { parent: id },
  })
}

/**
 * The timeouts, with as much of `total` as is left: a server that redirects must not be able to start it anew.
 *
 * @throws {TimeoutError} nothing is left
 */
function remaining({ timeout, started, method, url }: PlannedRequest): RequestOptions['timeout'] {
  const total = typeof timeout === 'number' ? timeout : timeout?.total
  if (!total || total === Number.POSITIVE_INFINITY) return timeout
  // In whole milliseconds, since a sentence may name them: a body that is late knows no other limit.
  const left = Math.ceil(total - (performance.now() - started))
  if (left <= 0)
    throw new TimeoutError({ verb: method, target: url.href, phase: 'total', limit: total })
  return typeof timeout === 'number' ? left : { ...timeout, total: left }
}
