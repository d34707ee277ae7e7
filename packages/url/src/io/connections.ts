/**
 * Which connections a fetch uses: those that its client keeps, unless the call says how its own is to be. What guards
 * addresses is put together here, for both.
 */
import {
  request as httpRequest,
  type Pool,
  type PoolOptions,
  type PoolRequestOptions,
  type RequestOptions,
  type Response,
} from '@sluice/http'
import { type FetchLimits, messageLimits } from '../core/fetch-limits.ts'
import type { Environment } from '../core/proxy-env.ts'
import type { DialOptions, FetchFtpOptions } from './pipeline.ts'
import type { Policies } from './policies.ts'
import { hopFor, proxyFor } from './proxy.ts'

/** How connections are opened: options of the layers below, under their own names. */
export interface ConnectionOptions {
  /** Caps on what a server may send, on the body of its answer, and on redirects. */
  limits?: FetchLimits | undefined
  /** How to speak TLS with `https:` servers, as for `connect()` of `@sluice/socket`. */
  tls?: RequestOptions['tls']
  /** `env` (default): what `http_proxy` and its kin say; a URL, several, or hops; `false` for none. */
  proxy?: RequestOptions['proxy'] | 'env'
  /** Who tells the addresses of names: as for `connect()`. */
  resolver?: RequestOptions['resolver']
  /** Which of them may be used: as for `connect()`; default all. */
  allowAddress?: RequestOptions['allowAddress']
  /** Only addresses of this family: as for `connect()`; default both. */
  family?: RequestOptions['family']
  /** How to speak with the servers of `ftp:` URLs: TLS, active mode, the encoding of names. */
  ftp?: FetchFtpOptions | undefined
  /** Opens connections; for tests and tunnels. */
  connect?: RequestOptions['connect']
}

/** Options that ask for a connection of one's own. */
const OWN = ['tls', 'proxy', 'resolver', 'allowAddress', 'family', 'connect'] as const
/** The keys of `ConnectionOptions`. */
export const CONNECTION_KEYS: readonly (keyof ConnectionOptions)[] = [...OWN, 'limits', 'ftp']

/** What a fetch needs of its client for them. */
export interface ConnectionHost {
  poolFor(url: URL, method: string, id: number): Pick<Pool, 'request'>
  readonly env: Environment
  readonly policies: Policies
}

/** One fetch: what it says, what its client says, what is done besides. */
export interface ConnectionCall {
  readonly host: ConnectionHost
  readonly options: ConnectionOptions
  readonly defaults: ConnectionOptions
  readonly policies: Policies
  readonly id: number
}

/** Makes exchanges over a connection that is kept, or over one for each. */
export function senderOf(
  call: ConnectionCall,
): (url: URL, how: PoolRequestOptions) => Promise<Response> {
  const { host, options, policies, id } = call
  const isShared =
    !asksForOwn(options) &&
    messageLimits(options.limits) === undefined &&
    policies.isAllowed === host.policies.isAllowed
  if (isShared) return (url, how) => host.poolFor(url, how.method ?? 'GET', id).request(url, how)
  const limits = messageLimits({ ...call.defaults.limits, ...options.limits })
  return (url, how) => {
    const { ftp: _, ...own } = dialOptions(call, url)
    return httpRequest(url, { ...own, ...how, limits })
  }
}

/** Whether one of `OWN` is there; by their names, since a look-up by a variable costs many times as much. */
function asksForOwn(options: ConnectionOptions): boolean {
  return (
    options.tls !== undefined ||
    options.proxy !== undefined ||
    options.resolver !== undefined ||
    options.allowAddress !== undefined ||
    options.family !== undefined ||
    options.connect !== undefined
  )
}

/** How a connection of this fetch's own is opened. */
export function dialOptions(
  { host, options, defaults, policies, id }: ConnectionCall,
  url: URL,
): DialOptions {
  const keys = [...OWN, 'ftp'] as const
  const own = Object.fromEntries(keys.map((key) => [key, options[key] ?? defaults[key]]))
  const { proxy, allowAddress, ...rest } = own as Pick<ConnectionOptions, (typeof keys)[number]>
  const guard = guardOf(allowAddress, policies)
  const way = proxyFor(url, proxy, host.env, id)
  return { ...rest, allowAddress: guard, proxy: hopFor(url, way, guard !== undefined) }
}

/** What the connections of a client share. */
export function poolOptions(
  { tls, resolver, allowAddress, family, limits }: ConnectionOptions,
  policies: Policies,
): PoolOptions {
  return {
    tls,
    resolver,
    allowAddress: guardOf(allowAddress, policies),
    family,
    limits: messageLimits(limits),
  }
}

/** Both rules have to allow an address. */
function guardOf(
  allowAddress: ConnectionOptions['allowAddress'],
  { isAllowed }: Policies,
): ConnectionOptions['allowAddress'] {
  if (isAllowed === undefined) return allowAddress
  // What comes of the program's own rule is judged by who dials: `true` alone lets an address pass.
  return (one) => isAllowed(one.address) && (allowAddress === undefined || allowAddress(one))
}
