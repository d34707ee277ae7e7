/**
 * `http:` URLs that a proxy may answer for: one that forwards may ask for proof (407), which is a matter between it and us.
 * Loaded when proxies are named at all.
 */
import type { Response } from '@sluice/http'
import { isNetError, reasonOf } from '@sluice/socket/errors'
import { ProxyError } from '@sluice/socket/proxy'
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
  let response: Response
  try {
    response = await send(request)
  } catch (error) {
    throw explained(request, error)
  }
  if (response.status !== 407) return response
  const proxy = forwarderOf(request)
  return proxy === undefined || !hasProof(proxy) ? response : prove(request, proxy, send, response)
}

/** Who forwards is who was connected to, and not the host of the URL: its name must be in the sentence. */
function explained(request: PlannedRequest, error: unknown): unknown {
  if (!isNetError(error) || !/^(?:lookup|connect|tls)$/.test(error.phase)) return error
  const proxy = forwarderOf(request)
  if (proxy === undefined) return error
  const { code, errors } = error
  return new ProxyError({
    verb: request.method,
    target: request.url.href,
    code,
    reason: `can not be reached: ${reasonOf(code)}`,
    proxy: `${proxy.protocol}//${proxy.host}`,
    cause: error,
    errors,
  })
}

/** The HTTP proxy that forwards this request; nothing where it tunnels, or where the way is direct. */
function forwarderOf({ url, dial }: PlannedRequest): URL | undefined {
  if (url.protocol !== 'http:') return undefined
  const { proxy } = dial(url)
  const [only, second] = Array.isArray(proxy) ? proxy : [proxy]
  if (second !== undefined || !(typeof only === 'string' || only instanceof URL)) return undefined
  const at = new URL(only)
  return /^https?:$/.test(at.protocol) ? at : undefined
}

function hasProof({ username, password }: URL): boolean {
  return username !== '' || password !== ''
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
