/**
 * CONNECT: a proxy that speaks HTTP as a hop for `connect()` of `@sluice/socket` (RFC 9110 §9.3.6). The proxy is asked
 * for a host and a port, and when it says yes the connection is a stream like any other, whatever is spoken on it then.
 */
import type { Connection } from '@sluice/socket'
import type { Hop } from '@sluice/socket/proxy'
import { Headers, type HeadersInit } from '../core/headers.ts'
import { readProxy } from '../core/proxy-url.ts'
import { ClientConnection } from './client-connection.ts'
import type { Response } from './response.ts'

/** How to use a proxy. */
export interface HttpHopOptions {
  /** Fields for the proxy itself, Proxy-Authorization among them; default: what the URL's userinfo says. */
  headers?: HeadersInit | undefined
  /** How to speak TLS with it, for an `https:` proxy. */
  tls?: Hop['tls']
  /** Proves to the proxy who asks, where more than Basic is wanted. Default: what `headers` and the URL say. */
  authorize?: ProxyAuthorize | undefined
}

/**
 * Begins to prove who asks; called for each tunnel with the host and port that CONNECT names. What it returns is asked for
 * the value of Proxy-Authorization: with nothing before the proxy was asked, and with its challenge (Proxy-Authenticate)
 * when it answers 407. Nothing gives up.
 */
export type ProxyAuthorize = (
  target: string,
) => (challenge: string | undefined) => string | undefined | Promise<string | undefined>

/**
 * Makes a hop of an HTTP proxy.
 *
 * @param proxy `http://user:password@host:port` or `https://…`; userinfo becomes Proxy-Authorization (Basic)
 * @param options fields and TLS for the proxy itself
 * @throws {TypeError} no URL, or another scheme
 * @see RFC 9110 §9.3.6, RFC 7617
 * @example console.log(httpHop('http://user:secret@127.0.0.1:3128').name)
 */
export function httpHop(proxy: string | URL, options: HttpHopOptions = {}): Hop {
  const { url, isSecure, hostname, port, credentials } = readProxy(proxy)
  const headers = new Headers(options.headers)
  const { authorize } = options
  if (credentials !== undefined && authorize === undefined && !headers.has('proxy-authorization'))
    headers.append('Proxy-Authorization', credentials)
  return {
    name: url.origin,
    target: { hostname, port },
    takesNames: true,
    ...(isSecure ? { tls: options.tls ?? true } : {}),
    async through(connection, target, { signal }) {
      const host = target.hostname.includes(':') ? `[${target.hostname}]` : target.hostname
      return openTunnel(connection, `${host}:${target.port}`, {
        headers: new Headers(headers),
        authorize,
        signal,
      })
    },
  }
}

interface TunnelCall {
  readonly headers: Headers
  readonly authorize: ProxyAuthorize | undefined
  readonly signal: AbortSignal | undefined
}

/** What a proxy says beside its 407 is read to keep the connection; more than this is not worth it. */
const MOST_WORDS = 65_536
/** A nonce that is too old, and the next one. */
const MOST_ROUNDS = 3

async function openTunnel(
  connection: Connection,
  authority: string,
  { headers, authorize, signal }: TunnelCall,
): Promise<Connection> {
  const client = new ClientConnection(connection, { host: authority })
  const prove = authorize?.(authority)
  let proof = await prove?.(undefined)
  for (let round = 0; ; round++) {
    if (proof !== undefined) headers.set('Proxy-Authorization', proof)
    const response = await client.request(authority, { method: 'CONNECT', headers, signal })
    if (response.status >= 200 && response.status < 300) {
      client.detach()
      return connection
    }
    const next =
      response.status === 407 && round < MOST_ROUNDS
        ? await prove?.(response.headers.get('proxy-authenticate') ?? '')
        : undefined
    if (next === undefined || next === proof || !(await canGoOn(client, response))) {
      client.destroy()
      // Whoever goes through a proxy has loaded it; whoever does not need not.
      const { Refusal } = await import('@sluice/socket/proxy')
      const code = response.status === 407 ? 'ERR_PROXY_AUTH' : 'ERR_PROXY'
      const phrase = response.statusText === '' ? '' : ` ${response.statusText}`
      throw new Refusal(code, `answered: ${response.status}${phrase}`)
    }
    proof = next
  }
}

/** Whether the connection takes another request, once its answer is read. */
async function canGoOn(client: ClientConnection, { headers, body }: Response): Promise<boolean> {
  if (Number(headers.get('content-length') ?? 0) > MOST_WORDS) return false
  let words = 0
  if (body !== null)
    for await (const piece of body) {
      words += piece.length
      if (words > MOST_WORDS) return false
    }
  return client.isReusable
}
