/** From an origin to a connection that speaks HTTP with it, directly, in TLS, or through proxies. */
import { type ByteStream, type ConnectOptions, connect, type Endpoint } from '@sluice/socket'
import type { ProxyTarget } from '@sluice/socket/proxy'
import type { Origin } from '../core/origin.ts'
import { readProxy } from '../core/proxy-url.ts'

/** What is passed on to `connect()` of `@sluice/socket` under its own name. */
export interface ConnectionOptions
  extends Pick<
    ConnectOptions,
    'tls' | 'resolver' | 'allowAddress' | 'family' | 'localAddress' | 'attemptDelay' | 'system'
  > {
  /**
   * Proxies to go through: `http://host:port` (CONNECT), `https:`, and what `connect()` takes, `socks5h:` among it.
   * Default: none.
   */
  proxy?: ProxyTarget | readonly ProxyTarget[] | false | undefined
  /** Opens the connection; default: `connect()` of `@sluice/socket`. The way in for tests and tunnels. */
  connect?: ((endpoint: Endpoint, options: ConnectOptions) => Promise<ByteStream>) | undefined
}

/** The keys of `ConnectionOptions`. */
export const CONNECTION_KEYS = [
  'tls',
  'resolver',
  'allowAddress',
  'family',
  'localAddress',
  'attemptDelay',
  'system',
  'proxy',
  'connect',
] as const

/** For whom, and for how long. */
export interface OpenCall {
  readonly timeout: ConnectOptions['timeout']
  readonly signal: AbortSignal | undefined
  readonly trace: { parent: number } | undefined
}

/** Opens a connection to an origin. @throws as `connect()` */
export async function openStream(
  { hostname, port, isSecure }: Origin,
  options: ConnectionOptions,
  { timeout, signal, trace }: OpenCall,
): Promise<ByteStream> {
  const { proxy, connect: open = connect, tls, ...rest } = options
  const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined))
  return open(
    { hostname, port },
    {
      ...given,
      ...(isSecure ? { tls: tls ?? true } : {}),
      ...(proxy === undefined || proxy === false ? {} : { proxy: await hopsOf(proxy) }),
      timeout,
      signal,
      trace,
    },
  )
}

/** How requests to an origin travel. */
export interface Route {
  /** Where the connection goes: the origin, or a proxy that forwards. */
  readonly to: Origin
  /** What of the options the connection is opened with. */
  readonly options: ConnectionOptions
  /** Whether requests name the whole URL, as a forwarding proxy wants it (RFC 9112 §3.2.2). */
  readonly isForwarded: boolean
  /** The value of Proxy-Authorization for such a proxy. */
  readonly credentials: string | undefined
}

/**
 * Plans the way. A request in the clear goes to a single HTTP proxy as it is, as every proxy expects it; CONNECT to port
 * 80 is refused by many. Everything else goes through a tunnel, also where addresses are judged: who forwards looks the
 * name up itself, and no rule of ours sees what it finds.
 */
export function planRoute(origin: Origin, options: ConnectionOptions): Route {
  const direct = { to: origin, options, isForwarded: false, credentials: undefined }
  const { proxy, allowAddress } = options
  if (origin.isSecure || allowAddress !== undefined || proxy === undefined || proxy === false)
    return direct
  const [only, second] = Array.isArray(proxy) ? (proxy as readonly ProxyTarget[]) : [proxy]
  const isUrl = typeof only === 'string' || only instanceof URL
  if (!isUrl || second !== undefined || !/^https?:/i.test(String(only))) return direct
  const { url, credentials, ...place } = readProxy(only)
  const to: Origin = { ...place, host: url.host, key: `forward ${url.href}` }
  const { proxy: _, tls: _tls, ...rest } = options
  return { to, options: rest, isForwarded: true, credentials }
}

/** HTTP proxies are hops of ours; the rest `connect()` understands. */
async function hopsOf(
  proxy: ProxyTarget | readonly ProxyTarget[],
): Promise<readonly ProxyTarget[]> {
  const { httpHop } = await import('./tunnel.ts')
  const list = Array.isArray(proxy) ? (proxy as readonly ProxyTarget[]) : [proxy as ProxyTarget]
  return list.map((one) =>
    (typeof one === 'string' || one instanceof URL) && /^https?:/i.test(String(one))
      ? httpHop(one)
      : one,
  )
}
