/**
 * `http:` and `https:` URLs: one exchange by `@sluice/http`.
 */
import type { BodyInit, RequestOptions, Response } from '@sluice/http'
import { TimeoutError } from '@sluice/socket/errors'
import type { PlannedRequest } from '../pipeline.ts'
import { forwarderFor } from '../proxy.ts'

/** Forwarding proxies that have asked for Digest, by their URL: Basic is not sent to them again. */
const digestProxies = new Set<string>()
const MOST_PROXIES = 1000

/** Answers a request for an `http:` or `https:` URL. */
export async function handleHttp(request: PlannedRequest): Promise<Response> {
  if (digestProxies.size > 0) {
    const known = forwarderOf(request)
    if (known !== undefined && digestProxies.has(known.href)) return prove(request, known)
  }
  const { body } = request
  const response = await (typeof body === 'function' ? send(request) : sendBody(request, body))
  if (response.status !== 407) return response
  const proxy = forwarderOf(request)
  return proxy === undefined ? response : prove(request, proxy, response)
}

function forwarderOf({ url, dial }: PlannedRequest): URL | undefined {
  return url.protocol === 'http:' ? forwarderFor(url, dial(url).proxy) : undefined
}

async function prove(request: PlannedRequest, proxy: URL, refused?: Response): Promise<Response> {
  const { sendProved } = await import('../proxy-auth.ts')
  const response = await sendProved(request, proxy, send, refused)
  if (response.status !== 407) {
    if (digestProxies.size >= MOST_PROXIES) digestProxies.clear()
    digestProxies.add(proxy.href)
  }
  return response
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
  const left = total - (performance.now() - started)
  if (left <= 0)
    throw new TimeoutError({ verb: method, target: url.href, phase: 'total', limit: total })
  return typeof timeout === 'number' ? left : { ...timeout, total: left }
}
