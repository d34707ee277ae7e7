/** What `connect` takes, and the same made complete and checked before anything is sent. */
import { isIP } from 'node:net'
import {
  checkHost,
  checkPort,
  type Endpoint,
  formatEndpoint,
  isTls,
  isUnix,
  parseTarget,
  type Target,
} from '../core/address.ts'
import type { ResolvedAddress } from '../core/address-sort.ts'
import { kindOf } from '../core/bytes.ts'
import { MIN_ATTEMPT_DELAY } from '../core/happy-eyeballs.ts'
import type { ProxyEnd } from '../core/proxy-protocol.ts'
import { quoted } from '../core/quote.ts'
import { normaliseTimeout, type TimeoutOption, type Timeouts } from '../core/timeouts.ts'
import type { ConnectionOptions } from './connection.ts'
import type { Hop, ProxyTarget } from './hops.ts'
import { checkKeys, checkSignal, checkTimeout, checkTypes, completeLimits } from './options.ts'
import { checkFamily, checkResolver, type Resolver } from './resolve.ts'
import { DEFAULT_BUFFERS } from './stream-engine.ts'
import { system as realSystem, type System } from './system.ts'
import type { TlsClientOptions } from './tls-context.ts'
import { loadTls, type Security } from './tls-load.ts'

/** What to say to a server that expects the PROXY protocol. */
export interface ProxyProtocolOptions {
  /** Which form: a line of text, or binary. */
  version: 1 | 2
  /** The client that is named; default: our end of this connection. */
  source?: ProxyEnd | undefined
  /** Where the client went; default: the peer's end of this connection. */
  destination?: ProxyEnd | undefined
}

/** How to connect. */
export interface ConnectOptions {
  /**
   * Milliseconds per phase: `lookup` 5 000, `connect` 10 000 for each address, `tls` 10 000, `send` 30 000, `idle` and
   * `total` off. A number is `total`, the time until the connection stands.
   */
  timeout?: TimeoutOption | undefined
  /** Ends the attempt; the promise rejects with `signal.reason`. Later it means nothing to the connection. */
  signal?: AbortSignal | undefined
  /**
   * Speak TLS. `true` is the default of a target `tls://`: the certificate has to be for the target's host, and to be
   * vouched for by an issuer that the runtime trusts.
   */
  tls?: boolean | TlsClientOptions | undefined
  /**
   * Proxies to go through, in their order: `socks5://user:password@host:1080`, or hops of other makers. Each may take up
   * to `timeout.proxy`, 10 000 ms. `false` is as good as left out.
   */
  proxy?: ProxyTarget | readonly ProxyTarget[] | false | undefined
  /**
   * Say first whose connection this is, in this version of the PROXY protocol; `source` and `destination` are the
   * client's two ends, default those of this connection.
   */
  proxyProtocol?: 1 | 2 | ProxyProtocolOptions | undefined
  /** Only addresses of this family; 0 or left out: both, or that of `localAddress`. */
  family?: 0 | 4 | 6 | undefined
  /** Who tells the addresses of a name; default: the system's resolver, without a cache. */
  resolver?: Resolver | undefined
  /**
   * Milliseconds until the next address of a name is tried beside those that have not answered yet; default 250
   * (RFC 8305), at least 10. `Infinity`: only once the one before has failed.
   */
  attemptDelay?: number | undefined
  /**
   * Asked before each address is tried; all but `true` refuses it with ERR_BLOCKED. It sees resolved addresses, so that
   * no name leads past it.
   */
  allowAddress?: ((address: ResolvedAddress) => boolean) | undefined
  /** The address to come from; default: the system's choice. */
  localAddress?: string | undefined
  /** The port to come from, 0 to 65535; default: the system's choice. */
  localPort?: number | undefined
  /** Small writes leave at once instead of waiting for company (TCP_NODELAY); default true. */
  noDelay?: boolean | undefined
  /** Probe a silent peer after this many milliseconds (SO_KEEPALIVE); default: never. */
  keepAlive?: number | undefined
  /** Bounds of the connection's buffers. */
  limits?: ConnectionOptions['limits']
  /** Read through the buffer that all sockets share; default true. False for `detach()` to a net.Socket. */
  sharedBuffer?: boolean | undefined
  /** For trace events: the id, one layer up, of what asks for this connection. */
  trace?: { parent: number } | undefined
  /** The machine to do it on; for tests. */
  system?: System | undefined
}

const KEYS = [
  'timeout',
  'signal',
  'tls',
  'proxy',
  'proxyProtocol',
  'family',
  'resolver',
  'attemptDelay',
  'allowAddress',
  'localAddress',
  'localPort',
  'noDelay',
  'keepAlive',
  'limits',
  'sharedBuffer',
  'trace',
  'system',
]

/** Options, complete and checked. */
export interface ConnectPlan {
  readonly endpoint: Endpoint
  /** The endpoint as errors name it. */
  readonly target: string
  readonly options: ConnectOptions
  readonly timeouts: Timeouts
  readonly tls: Security | undefined
  readonly hops: readonly Hop[]
  readonly proxyProtocol: ProxyProtocolOptions | undefined
  readonly system: System
}

/**
 * Completes the options of `connect`.
 *
 * @throws {TypeError | RangeError | SyntaxError} what makes no sense
 */
export async function planConnect(target: Target, options: ConnectOptions): Promise<ConnectPlan> {
  checkKeys('connect', options, KEYS)
  const given = parseTarget(target, ['tcp', 'tls'])
  // No name at all is this machine, as for Python and Go; the name service would be asked for nothing.
  const endpoint = isUnix(given) || given.hostname ? given : { ...given, hostname: 'localhost' }
  checkTypes('connect', options, {
    allowAddress: 'function',
    noDelay: 'boolean',
    sharedBuffer: 'boolean',
    trace: 'object',
    system: 'object',
  })
  checkSignal('connect', options.signal)
  checkFrom(options)
  checkTimeout('connect', options.keepAlive, 'keepAlive')
  checkResolver('connect', options.resolver)
  checkAttemptDelay(options.attemptDelay)
  completeLimits('connect', options.limits, DEFAULT_BUFFERS)
  return {
    endpoint,
    target: formatEndpoint(endpoint),
    options,
    timeouts: normaliseTimeout(options.timeout),
    tls: await securityOf(target, endpoint, options),
    hops: await hopsOf(options.proxy, endpoint),
    proxyProtocol: await proxyProtocolOf(options.proxyProtocol),
    system: options.system ?? realSystem,
  }
}

async function hopsOf(proxy: ConnectOptions['proxy'], endpoint: Endpoint): Promise<readonly Hop[]> {
  if (proxy === undefined || proxy === false) return []
  const { toHop } = await import('./hops.ts')
  const hops = (Array.isArray(proxy) ? proxy : [proxy]).map(toHop)
  if (hops.length > 0 && isUnix(endpoint))
    throw new TypeError('connect: no proxy leads to a Unix socket')
  return hops
}

async function proxyProtocolOf(
  option: ConnectOptions['proxyProtocol'],
): Promise<ProxyProtocolOptions | undefined> {
  if (option === undefined) return undefined
  const { checkProxyProtocol } = await import('./proxy-header.ts')
  return checkProxyProtocol(option)
}

/** Where to come from: the system itself would be asked for it only after the name service. */
function checkFrom({ family, localAddress, localPort }: ConnectOptions): void {
  checkFamily('connect', family)
  if (localAddress !== undefined && isIP(checkHost(localAddress).replace(/%.*$/, '')) === 0)
    throw new SyntaxError(`connect: localAddress ${quoted(localAddress)} is no IP address`)
  if (localPort !== undefined) checkPort(localPort)
}

/** What the option `tls` and the scheme of the target ask for. */
async function securityOf(
  target: Target,
  endpoint: Endpoint,
  options: ConnectOptions,
): Promise<Security | undefined> {
  const tls = options.tls === undefined ? isTls(target) : options.tls
  if (tls === false) {
    if (isTls(target)) throw new TypeError('connect: a target of tls: without tls')
    return undefined
  }
  const host = isUnix(endpoint) ? undefined : endpoint.hostname
  const system = options.system ?? realSystem
  const parts = await loadTls()
  return { ...parts, side: parts.clientSide('connect', tls === true ? {} : tls, host, system) }
}

function checkAttemptDelay(delay: unknown): void {
  if (delay === undefined) return
  if (typeof delay !== 'number')
    throw new TypeError(
      `connect: attemptDelay must be a number of milliseconds, not ${kindOf(delay)}`,
    )
  if (!(delay >= MIN_ATTEMPT_DELAY))
    throw new RangeError(
      `connect: attemptDelay must be at least ${MIN_ATTEMPT_DELAY}, not ${delay}`,
    )
}
