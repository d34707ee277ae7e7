/**
 * `http:` URLs that a proxy may answer for: one that forwards may ask for proof (407), which is a matter between it and us.
 * Loaded when proxies are named at all.
 */
import type { Response } from '@sluice/http'
import type { Handler, PlannedRequest } from '../pipeline.ts'

/** Forwarding proxies that have asked for Digest, by their URL: Basic is not sent to them again. */
const digestProxies = new Set<string>()
const MOST_PROXIES = 1000

/** Sends a request, with the proof that a proxy asks for. */
export async function sendProxied(request: PlannedRequest, send: Handler): Promise<Response> {
  if (digestProxies.size > 0) {
    const known = forwarderOf(request)
    if (known !== undefined && digestProxies.has(known.href)) return prove(request, known, send)
  }
  const response = await send(request)
  if (response.status !== 407) return response
  const proxy = forwarderOf(request)
  return proxy === undefined ? response : prove(request, proxy, send, response)
}

/** The HTTP proxy that forwards this request, where it is one with a password. */
function forwarderOf({ url, dial }: PlannedRequest): URL | undefined {
  if (url.protocol !== 'http:') return undefined
  const { proxy } = dial(url)
  const [only, second] = Array.isArray(proxy) ? proxy : [proxy]
  if (second !== undefined || !(typeof only === 'string' || only instanceof URL)) return undefined
  const at = new URL(only)
  return at.password === '' && at.username === '' ? undefined : at
}

async function prove(
  request: PlannedRequest,
  proxy: URL,
  send: Handler,
  refused?: Response,
): Promise<Response> {
  const { sendProved } = await import('../proxy-auth.ts')
  const response = await sendProved(request, proxy, send, refused)
  if (response.status !== 407) {
    if (digestProxies.size >= MOST_PROXIES) digestProxies.clear()
    digestProxies.add(proxy.href)
  }
  return response
}
