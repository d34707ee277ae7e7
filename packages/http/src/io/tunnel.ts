/**
 * CONNECT: a proxy that speaks HTTP as a hop for `connect()` of `@sluice/socket` (RFC 9110 §9.3.6). The proxy is asked
 * for a host and a port, and when it says yes the connection is a stream like any other, whatever is spoken on it then.
 */
import type { Connection } from '@sluice/socket'
import { type Hop, Refusal } from '@sluice/socket/proxy'
import { Headers, type HeadersInit } from '../core/headers.ts'
import { proxyCredentials } from '../core/proxy-credentials.ts'
import { ClientConnection } from './client-connection.ts'

/** How to use a proxy. */
export interface HttpHopOptions {
  /** Fields for the proxy itself, Proxy-Authorization among them; default: what the URL's userinfo says. */
  headers?: HeadersInit | undefined
  /** How to speak TLS with it, for an `https:` proxy. */
  tls?: Hop['tls']
}

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
  if (!URL.canParse(String(proxy))) throw new TypeError('proxy: the text is no URL')
  const url = new URL(proxy)
  const isSecure = url.protocol === 'https:'
  if (!isSecure && url.protocol !== 'http:')
    throw new TypeError(`proxy: httpHop takes http: and https:, not ${url.protocol}`)
  const port = url.port === '' ? (isSecure ? 443 : 80) : Number(url.port)
  const headers = new Headers(options.headers)
  const credentials = proxyCredentials(url)
  if (credentials !== undefined && !headers.has('proxy-authorization'))
    headers.append('Proxy-Authorization', credentials)
  return {
    name: url.origin,
    target: { hostname: url.hostname.replace(/^\[(.*)\]$/, '$1'), port },
    takesNames: true,
    ...(isSecure ? { tls: options.tls ?? true } : {}),
    async through(connection, target, { signal }) {
      const host = target.hostname.includes(':') ? `[${target.hostname}]` : target.hostname
      return openTunnel(connection, `${host}:${target.port}`, headers, signal)
    },
  }
}

async function openTunnel(
  connection: Connection,
  authority: string,
  headers: Headers,
  signal: AbortSignal | undefined,
): Promise<Connection> {
  const client = new ClientConnection(connection, { host: authority })
  const response = await client.request(authority, { method: 'CONNECT', headers, signal })
  if (response.status >= 200 && response.status < 300) {
    client.detach()
    return connection
  }
  client.destroy()
  const code = response.status === 407 ? 'ERR_PROXY_AUTH' : 'ERR_PROXY'
  const phrase = response.statusText === '' ? '' : ` ${response.statusText}`
  throw new Refusal(code, `answered: ${response.status}${phrase}`)
}
