/**
 * `connect`: from a target to a connection. Look the name up, race its addresses (RFC 8305), give the first
 * that answers. Every attempt's error is kept; a wait that ends leaves nothing behind.
 */
import type { NetConnectOpts, Socket as NodeSocket } from 'node:net'
import { isIP } from 'node:net'
import {
  type Endpoint,
  formatEndpoint,
  type InetEndpoint,
  isTls,
  isUnix,
  parseTarget,
  type Target,
} from '../core/address.ts'
import type { ResolvedAddress } from '../core/address-sort.ts'
import { codeOf, NetError, type Phase, TimeoutError } from '../core/errors.ts'
import { ATTEMPT_DELAY, MIN_ATTEMPT_DELAY, RESOLUTION_DELAY } from '../core/happy-eyeballs.ts'
import {
  normaliseTimeout,
  type TimeoutOption,
  type TimeoutPhase,
  type Timeouts,
} from '../core/timeouts.ts'
import { Connection, type ConnectionOptions } from './connection.ts'
import { within } from './deadline.ts'
import { type Dial, dial, failedDial } from './dial.ts'
import { NodeTransport, onSharedBytes } from './node-transport.ts'
import { checkKeys, completeLimits } from './options.ts'
import { type RaceHost, RunningRace } from './race.ts'
import { type Resolver, SystemResolver, sorterOf, tellingCode } from './resolve.ts'
import { sharedReadOption } from './shared-read.ts'
import { DEFAULT_BUFFERS } from './stream-engine.ts'
import { system as realSystem, type System } from './system.ts'
import { clientSide } from './tls.ts'
import type { TlsClientOptions } from './tls-context.ts'
import { type HandshakeSide, handshake } from './tls-socket.ts'
import { nextId, publish, tracing } from './trace.ts'

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
   * Asked before each address is tried; false refuses it with ERR_BLOCKED. It sees resolved addresses, so that no
   * name leads past it.
   */
  allowAddress?: ((address: ResolvedAddress) => boolean) | undefined
  /** The address and port to come from; default: the system's choice. */
  localAddress?: string | undefined
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

/**
 * Connects to a TCP port or a Unix socket.
 *
 * @param target `tcp://host:port`, `tls://host:port`, `host:port`, `unix:/path`, `{hostname, port}` or `{path}`
 * @returns an open connection; close it
 * @throws {NetError} `ENOTFOUND`, `ECONNREFUSED` and others; with several addresses `errors` has one error
 *   for each. {TimeoutError} with the phase that took too long. `signal.reason` when aborted
 * @throws {TlsError} with `tls`, why the handshake or the certificate failed
 * @throws {SyntaxError | RangeError | TypeError} for a target or options that make no sense
 * @see RFC 8305, for the order and the timing of attempts
 * @example const connection = await connect('tcp://127.0.0.1:8080')
 */
export async function connect(target: Target, options: ConnectOptions = {}): Promise<Connection> {
  checkKeys('connect', options, KEYS)
  const endpoint = parseTarget(target, ['tcp', 'tls'])
  checkAttemptDelay(options.attemptDelay)
  const timeouts = normaliseTimeout(options.timeout)
  completeLimits('connect', options.limits, DEFAULT_BUFFERS)
  const tls = tlsSide(target, endpoint, options)
  options.signal?.throwIfAborted()
  const attempt = new Attempt(endpoint, options, timeouts, tls)
  const { clock } = attempt.system
  return within(clock, attempt.run(), {
    ms: timeouts.total,
    signal: options.signal,
    onTimeout: () => attempt.tooLate('total'),
    late: (connection) => connection.destroy(),
  }).catch((error: unknown) => {
    attempt.giveUp()
    throw error
  })
}

/** One call of `connect`: what it tries, and what it has tried. */
class Attempt {
  readonly system: System
  readonly #id = nextId()
  readonly #endpoint: Endpoint
  readonly #options: ConnectOptions
  readonly #timeouts: Timeouts
  readonly #target: string
  readonly #started: number
  readonly #tls: HandshakeSide | undefined
  readonly #errors: Error[] = []
  /** Ends what is under way. */
  #stop = (): void => {}

  constructor(
    endpoint: Endpoint,
    options: ConnectOptions,
    timeouts: Timeouts,
    tls: HandshakeSide | undefined,
  ) {
    this.#tls = tls
    this.system = options.system ?? realSystem
    this.#endpoint = endpoint
    this.#options = options
    this.#timeouts = timeouts
    this.#target = formatEndpoint(endpoint)
    this.#started = this.system.clock.now()
  }

  async run(): Promise<Connection> {
    const socket = await this.#open()
    if (this.#tls === undefined) {
      const { sharedBuffer = true } = this.#options
      return this.#wrap(new NodeTransport(socket, sharedBuffer))
    }
    return this.#secure(socket, this.#tls)
  }

  /** Ends what is under way; its sockets are destroyed, whatever they still bring is dropped. */
  giveUp(): void {
    this.#stop()
  }

  tooLate(phase: TimeoutPhase, target: string = this.#target): TimeoutError {
    const limit = this.#timeouts[phase]
    return new TimeoutError({ ...this.#facts(phase, target), phase, limit, errors: this.#errors })
  }

  async #open(): Promise<NodeSocket> {
    const endpoint = this.#endpoint
    if (isUnix(endpoint)) return this.#only({ path: endpoint.path })
    const wanted = this.#family()
    const family = isIP(endpoint.hostname.replace(/%.*$/, ''))
    if (family !== 0 && wanted !== 0 && family !== wanted)
      throw new NetError({ ...this.#facts('lookup', this.#target), code: 'EAFNOSUPPORT' })
    if (family === 0) return this.#race(endpoint, wanted)
    const address = { address: endpoint.hostname, family: family as 4 | 6 }
    this.#checkAllowed(address)
    return this.#only({ host: endpoint.hostname, port: endpoint.port, family })
  }

  #family(): 0 | 4 | 6 {
    const { family = 0, localAddress = '' } = this.#options
    return family === 0 ? (isIP(localAddress.replace(/%.*$/, '')) as 0 | 4 | 6) : family
  }

  /** The one address that there is. */
  async #only(where: object): Promise<NodeSocket> {
    const dial = this.#dial(where, this.#target)
    this.#stop = () => dial.cancel()
    try {
      return await dial.done
    } catch (error) {
      throw this.#attemptError(this.#target, error)
    }
  }

  /** All addresses of a name. */
  #race(endpoint: InetEndpoint, wanted: 0 | 4 | 6): Promise<NodeSocket> {
    const { resolver = new SystemResolver(this.system), attemptDelay = ATTEMPT_DELAY } =
      this.#options
    const families = wanted === 0 ? ([6, 4] as const) : ([wanted] as const)
    const race = new RunningRace({
      clock: this.system.clock,
      rules: {
        attemptDelay,
        resolutionDelay: RESOLUTION_DELAY,
        sort: resolver.separate ? sorterOf(this.system) : (addresses) => addresses,
      },
      questions: resolver.separate ? families.map((family) => [family]) : [families],
      ask: (asked, signal) => this.#lookup(resolver, endpoint.hostname, asked, signal),
      dial: ({ address, family }) => {
        try {
          this.#checkAllowed({ address, family })
        } catch (error) {
          return failedDial(error)
        }
        const where = { host: address, port: endpoint.port, family }
        return this.#dial(where, formatEndpoint({ hostname: address, port: endpoint.port }))
      },
      attemptFailed: ({ address }, error) => {
        const target = formatEndpoint({ hostname: address, port: endpoint.port })
        this.#errors.push(this.#attemptError(target, error))
      },
      lost: (lookupErrors) => this.#summary(lookupErrors),
    } satisfies RaceHost)
    this.#stop = () => race.stop()
    return race.done
  }

  async #lookup(
    resolver: Resolver,
    hostname: string,
    families: readonly (4 | 6)[],
    signal: AbortSignal,
  ): Promise<readonly ResolvedAddress[]> {
    if (tracing()) publish(this.#id, this.#parent, 'lookup', { hostname })
    const family = families.length === 1 ? (families[0] as 4 | 6) : 0
    const work = resolver.resolve(hostname, { family, signal }).catch((cause: unknown) => {
      const code = codeOf(cause) ?? 'ENOTFOUND'
      throw new NetError({ ...this.#facts('lookup', this.#target), code, cause })
    })
    const { addresses } = await within(this.system.clock, work, {
      ms: this.#timeouts.lookup,
      signal,
      onTimeout: () => this.tooLate('lookup'),
    })
    if (tracing()) {
      const found = addresses.map(({ address }) => address)
      publish(this.#id, this.#parent, 'resolved', { hostname, addresses: found })
    }
    return addresses
  }

  /** One address, one socket. */
  #dial(where: object, target: string): Dial {
    const {
      localAddress,
      localPort,
      noDelay = true,
      keepAlive,
      sharedBuffer = true,
    } = this.#options
    if (tracing()) publish(this.#id, this.#parent, 'attempt', { target })
    const options = {
      ...where,
      ...(localAddress === undefined ? {} : { localAddress }),
      ...(localPort === undefined ? {} : { localPort }),
      ...(keepAlive === undefined ? {} : { keepAlive: true, keepAliveInitialDelay: keepAlive }),
      // With TLS it is the record layer that reads.
      ...(sharedBuffer && this.#tls === undefined ? sharedReadOption(onSharedBytes) : {}),
      noDelay,
      allowHalfOpen: true,
      autoSelectFamily: false,
    } as NetConnectOpts
    const { clock } = this.system
    const tooLate = (): Error => this.tooLate('connect', target)
    return dial(clock, (o) => this.system.connect(o), options, this.#timeouts.connect, tooLate)
  }

  /** The handshake, on the one socket that won. */
  #secure(socket: NodeSocket, side: HandshakeSide): Promise<Connection> {
    const attempt = new AbortController()
    this.#stop = () => attempt.abort()
    const call = {
      verb: 'connect',
      target: this.#target,
      started: this.#started,
      id: this.#id,
      parent: this.#parent,
      limit: this.#timeouts.tls,
      signal: attempt.signal,
    }
    return handshake(this.system, socket, side, call, (transport) => this.#wrap(transport))
  }

  #wrap(transport: NodeTransport): Connection {
    const { timeout, limits } = this.#options
    if (isUnix(this.#endpoint)) transport.setUnixAddresses('', this.#endpoint.path)
    return new Connection(transport, {
      timeout,
      limits,
      clock: this.system.clock,
      side: 'client',
      parent: this.#parent,
    })
  }

  /** @throws {NetError} ERR_BLOCKED, also when the rule itself throws: what can't be judged is not allowed */
  #checkAllowed(address: ResolvedAddress): void {
    const { allowAddress } = this.#options
    if (allowAddress === undefined) return
    const facts = { ...this.#facts('connect', this.#target), code: 'ERR_BLOCKED' }
    const reason = `address ${address.address} is refused by a rule of this program`
    let allowed: boolean
    try {
      allowed = allowAddress(address)
    } catch (cause) {
      throw new NetError({ ...facts, reason, cause })
    }
    if (!allowed) throw new NetError({ ...facts, reason })
  }

  #attemptError(target: string, error: unknown): Error {
    if (tracing()) publish(this.#id, this.#parent, 'failed', { target, code: codeOf(error) ?? '' })
    if (error instanceof NetError) return error
    const code = codeOf(error) ?? 'ECONNREFUSED'
    return new NetError({ ...this.#facts('connect', target), code, cause: error })
  }

  /** Why nobody won: what the attempts say, or, where there was nothing to attempt, the name service. */
  #summary(lookupErrors: readonly unknown[]): unknown {
    if (this.#errors.length === 0) {
      const [first] = lookupErrors
      if (lookupErrors.length === 1 || first instanceof TimeoutError) return first
      const facts = { ...this.#facts('lookup', this.#target), code: tellingCode(lookupErrors) }
      return new NetError({ ...facts, cause: first, errors: lookupErrors as Error[] })
    }
    const telling = this.#errors.find((error) => !HERE.has(codeOf(error) ?? '')) ?? this.#errors[0]
    if (telling instanceof TimeoutError) return this.tooLate('connect')
    return new NetError({
      ...this.#facts('connect', this.#target),
      code: codeOf(telling) ?? 'ECONNREFUSED',
      attempt: this.#errors.length,
      errors: this.#errors,
      cause: telling,
    })
  }

  get #parent(): number {
    return this.#options.trace?.parent ?? 0
  }

  #facts(phase: Phase, target: string) {
    return { verb: 'connect', target, phase, elapsed: this.system.clock.now() - this.#started }
  }
}

/** Codes that speak of this machine (no IPv6, say) and hide what the other addresses answered. */
const HERE = new Set(['ENETUNREACH', 'EADDRNOTAVAIL', 'EAFNOSUPPORT', 'EINVAL', 'ERR_BLOCKED'])

/** What the option `tls` and the scheme of the target ask for. */
function tlsSide(
  target: Target,
  endpoint: Endpoint,
  options: ConnectOptions,
): HandshakeSide | undefined {
  const tls = options.tls ?? isTls(target)
  if (tls === false) {
    if (isTls(target)) throw new TypeError('connect: a target of tls: without tls')
    return undefined
  }
  const host = isUnix(endpoint) ? undefined : endpoint.hostname
  const system = options.system ?? realSystem
  return clientSide('connect', tls === true ? {} : tls, host, system)
}

function checkAttemptDelay(delay: unknown): void {
  if (delay === undefined) return
  if (typeof delay !== 'number')
    throw new TypeError('connect: attemptDelay must be a number of milliseconds')
  if (!(delay >= MIN_ATTEMPT_DELAY))
    throw new RangeError(
      `connect: attemptDelay must be at least ${MIN_ATTEMPT_DELAY}, not ${delay}`,
    )
}
