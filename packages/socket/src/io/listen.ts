/**
 * `listen`: from a target to a listener that listens. What comes then is in `listener.ts`.
 */
import { isIP, type Server } from 'node:net'
import {
  formatEndpoint,
  type InetEndpoint,
  isTls,
  isUnix,
  parseTarget,
  type Target,
} from '../core/address.ts'
import { SOMAXCONN } from '../core/constants.ts'
import { codeOf, NetError } from '../core/errors.ts'
import { NetworkList } from '../core/network.ts'
import { normaliseTimeout, type TimeoutOption } from '../core/timeouts.ts'
import { within } from './deadline.ts'
import { Listener } from './listener.ts'
import {
  checkKeys,
  checkSignal,
  checkTimeout,
  checkTypes,
  completeLimits,
  mustCount,
} from './options.ts'
import { drop } from './reception.ts'
import { checkFamily, checkResolver, type Resolver, SystemResolver } from './resolve.ts'
import { checkReusePort } from './runtime.ts'
import { type BufferLimits, DEFAULT_BUFFERS } from './stream-engine.ts'
import { system as realSystem, type System } from './system.ts'
import type { TlsServerOptions } from './tls-context.ts'
import { loadTls, type Security } from './tls-load.ts'
import { lookupOne } from './udp-lookup.ts'

/** How to listen. */
export interface ListenOptions {
  /** How many connections the kernel may hold before we see them; a hint, capped by the system; default 4096. */
  backlog?: number | undefined
  /**
   * `lookup`, of the name to listen on (default 5 000). For the connections that are accepted: `idle` (default off),
   * `send` (default 30 000), `tls`, the handshake, and `proxy`, the PROXY header (default 10 000 each), in ms.
   */
  timeout?: TimeoutOption | undefined
  /**
   * `pending`: connections held for `accept()`, default 1024; `handshakes`, of TLS and PROXY headers, at a time, default 1024; the others
   * bound each connection's buffers.
   */
  limits?: (Partial<BufferLimits> & { pending?: number; handshakes?: number }) | undefined
  /** Speak TLS, with this certificate. A handshake is done before `accept()` hears of a connection. */
  tls?: TlsServerOptions | undefined
  /**
   * Balancers whose connections begin with a PROXY header, v1 or v2: from these networks it is required, from all others
   * it is not looked for, since whoever may send one may claim any address. On a Unix socket it is required of all.
   */
  proxyProtocol?: { from: readonly string[] } | undefined
  /**
   * Several processes or worker threads listen on the port, and the kernel shares connections out (SO_REUSEPORT);
   * default false. `ERR_UNSUPPORTED` where the runtime would only pretend.
   */
  reusePort?: boolean | undefined
  /** Which address of a name; 0 or left out: the first that the resolver tells, of either family. */
  family?: 0 | 4 | 6 | undefined
  /** Who tells the addresses of a name; default: the system's resolver, without a cache. */
  resolver?: Resolver | undefined
  /** Accept IPv6 only on an IPv6 address; default false: `::` takes both. */
  ipv6Only?: boolean | undefined
  /** Small writes leave at once (TCP_NODELAY); default true. */
  noDelay?: boolean | undefined
  /** Probe silent peers after this many milliseconds; default: never. */
  keepAlive?: number | undefined
  /** Read through the buffer that all sockets share; default true. */
  sharedBuffer?: boolean | undefined
  /** Ends the start of listening; later it means nothing. */
  signal?: AbortSignal | undefined
  /** The machine to do it on; for tests. */
  system?: System | undefined
}

const KEYS = [
  'backlog',
  'timeout',
  'limits',
  'tls',
  'proxyProtocol',
  'reusePort',
  'family',
  'resolver',
  'ipv6Only',
  'noDelay',
  'keepAlive',
  'sharedBuffer',
  'signal',
  'system',
]
const PENDING = 1024
/** As arbitrary as that of `pending`. */
const HANDSHAKES = 1024
const BOUNDS = { ...DEFAULT_BUFFERS, pending: PENDING, handshakes: HANDSHAKES }

/**
 * Listens on a TCP port or a Unix socket.
 *
 * @param target as for `connect`; port 0 lets the system choose, see `address`
 * @param options backlog, limits, TLS, timeouts and what each connection takes
 * @returns a listener that is listening; close it
 * @throws {NetError} `EADDRINUSE`, `EACCES`, `EADDRNOTAVAIL` and others; phase `lookup`, `ENOTFOUND` and others, for a
 *   name; `signal.reason` when aborted
 * @throws {SyntaxError | RangeError | TypeError} for a target or options that make no sense
 * @see bind(2), listen(2)
 * @example
 * const listener = await listen('tcp://127.0.0.1:8080')
 * for await (const connection of listener) void serveOne(connection)
 */
export async function listen(target: Target, options: ListenOptions = {}): Promise<Listener> {
  checkKeys('listen', options, KEYS)
  const endpoint = parseTarget(target, ['tcp', 'tls'])
  checkTypes('listen', options, {
    tls: 'object',
    proxyProtocol: 'object',
    reusePort: 'boolean',
    ipv6Only: 'boolean',
    noDelay: 'boolean',
    sharedBuffer: 'boolean',
    system: 'object',
  })
  checkSignal('listen', options.signal)
  checkTimeout('listen', options.keepAlive, 'keepAlive')
  checkResolver('listen', options.resolver)
  checkFamily('listen', options.family)
  if (options.backlog !== undefined) mustCount('backlog', options.backlog, 0)
  const timeouts = normaliseTimeout(options.timeout)
  const limits = completeLimits('listen', options.limits, BOUNDS)
  const system = options.system ?? realSystem
  if (options.tls === undefined && isTls(target))
    throw new TypeError('listen: a target of tls: needs the option tls, with cert and key')
  const tls = options.tls && (await securityOf(options.tls, system))
  const balancers = balancersOf(options.proxyProtocol)
  options.signal?.throwIfAborted()
  const name = formatEndpoint(endpoint)
  if (options.reusePort) checkReusePort({ verb: 'listen', target: name, phase: 'listen' })
  const fail = (error: unknown): NetError =>
    new NetError({
      verb: 'listen',
      target: name,
      phase: 'listen',
      code: codeOf(error) ?? 'EINVAL',
      cause: error,
    })
  const host = isUnix(endpoint) ? '' : await hostOf(endpoint, options, system, timeouts.lookup)
  let server: Server
  try {
    const { noDelay = true } = options
    server = system.createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay })
  } catch (error) {
    throw fail(error)
  }
  // Whatever it reports, before, after and in between, is no reason to end the process.
  server.on('error', drop)
  const { noDelay: _, ...rest } = options
  const listener = new Listener(server, { ...rest, name, system, timeouts, limits, tls, balancers })
  const started = new Promise<Listener>((resolve, reject) => {
    const onError = (error: unknown): void => reject(fail(error))
    server.once('error', onError)
    const where = isUnix(endpoint)
      ? { path: endpoint.path }
      : { host, port: endpoint.port, ipv6Only: options.ipv6Only ?? false }
    const { backlog = SOMAXCONN, reusePort } = options
    server.listen({ ...where, backlog, ...(reusePort ? { reusePort } : {}) }, () => {
      server.off('error', onError)
      listener.started(isUnix(endpoint) ? endpoint.path : undefined)
      resolve(listener)
    })
  })
  return within(system.clock, started, {
    ms: Number.POSITIVE_INFINITY,
    signal: options.signal,
    onTimeout: () => fail(undefined),
    late: (late) => void late.close(),
  }).catch((error: unknown) => {
    server.close()
    throw error
  })
}

/** The address to listen on. Left to node:net, a name would be looked up past the resolver, without a limit of time. */
async function hostOf(
  endpoint: InetEndpoint,
  { family = 0, resolver, signal }: ListenOptions,
  system: System,
  ms: number,
): Promise<string> {
  const { hostname } = endpoint
  if (hostname === '' || isIP(hostname.replace(/%.*$/, '')) !== 0) return hostname
  const limits = {
    resolver: resolver ?? new SystemResolver(system),
    clock: system.clock,
    ms,
    signal,
  }
  return (await lookupOne('listen', endpoint, family, limits)).address
}

async function securityOf(tls: TlsServerOptions, system: System): Promise<Security> {
  const parts = await loadTls()
  return { ...parts, side: parts.serverSide('listen', tls, system) }
}

function balancersOf(option: ListenOptions['proxyProtocol']): NetworkList | undefined {
  if (option === undefined) return undefined
  checkKeys('listen: proxyProtocol', option, ['from'])
  if (!Array.isArray(option.from))
    throw new TypeError('listen: proxyProtocol.from must be a list of networks')
  return new NetworkList(option.from)
}
