/**
 * One attempt to connect to one endpoint, without anything in between: look the name up, race its addresses
 * (RFC 8305), say the PROXY header and do the TLS handshake on the socket that has won.
 */
import type { NetConnectOpts, Socket as NodeSocket } from 'node:net'
import { isIP } from 'node:net'
import { formatEndpoint, type InetEndpoint, isUnix } from '../core/address.ts'
import type { ResolvedAddress } from '../core/address-sort.ts'
import { codeOf, NetError, type Phase, TimeoutError } from '../core/errors.ts'
import { ATTEMPT_DELAY, RESOLUTION_DELAY } from '../core/happy-eyeballs.ts'
import type { TimeoutPhase } from '../core/timeouts.ts'
import type { ConnectPlan } from './connect-options.ts'
import { Connection } from './connection.ts'
import { within } from './deadline.ts'
import { type Dial, dial, drop, failedDial } from './dial.ts'
import { fence } from './fence.ts'
import { endsOf, NodeTransport, onSharedBytes } from './node-transport.ts'
import { type RaceHost, RunningRace } from './race.ts'
import { askFor, type Resolver, SystemResolver, sorterOf, tellingCode } from './resolve.ts'
import { sharedReadOption } from './shared-read.ts'
import type { Security } from './tls-load.ts'
import { nextId, publish, tracing } from './trace.ts'

/** One call of `connect`: what it tries, and what it has tried. */
export class Attempt {
  readonly id: number = nextId()
  readonly #plan: ConnectPlan
  readonly #started: number
  readonly #errors: Error[] = []
  /** Ends what is under way. */
  #stop = (): void => {}

  constructor(plan: ConnectPlan) {
    this.#plan = plan
    this.#started = plan.system.clock.now()
  }

  async run(): Promise<Connection> {
    const { tls, proxyProtocol, options } = this.#plan
    const socket = await this.#open()
    this.#checkAlive(socket)
    if (proxyProtocol !== undefined) {
      const { headerFor } = await import('./proxy-header.ts')
      this.#checkAlive(socket)
      socket.write(headerFor(endsOf(socket), proxyProtocol))
    }
    if (tls !== undefined) return this.#secure(socket, tls)
    return this.#wrap(new NodeTransport(socket, options.sharedBuffer ?? true))
  }

  /**
   * The first address of a name that is allowed, for those who ask somebody else to connect to it.
   *
   * @throws {NetError} as `run` does
   */
  async resolve(endpoint: InetEndpoint, signal: AbortSignal): Promise<ResolvedAddress> {
    const { hostname } = endpoint
    const family = isIP(hostname.replace(/%.*$/, '')) as 0 | 4 | 6
    const wanted = this.#family()
    if (family !== 0 && wanted !== 0 && family !== wanted)
      throw new NetError({ ...this.#facts('lookup', this.#plan.target), code: 'EAFNOSUPPORT' })
    const families = wanted === 0 ? ([6, 4] as const) : ([wanted] as const)
    const found =
      family === 0
        ? await this.#lookup(this.#resolver, hostname, families, signal)
        : [{ address: hostname, family }]
    const [first] = found
    if (first === undefined) throw this.#summary([])
    this.#checkAllowed(first)
    return first
  }

  /** It may have broken in the very moment in which it was handed here, when nobody listened. */
  #checkAlive(socket: NodeSocket): void {
    if (socket.destroyed) throw this.#attemptError(this.#plan.target, socket.errored ?? GONE)
  }

  get #resolver(): Resolver {
    return this.#plan.options.resolver ?? new SystemResolver(this.#plan.system)
  }

  /** Ends what is under way; its sockets are destroyed, whatever they still bring is dropped. */
  giveUp(): void {
    this.#stop()
  }

  tooLate(phase: TimeoutPhase, target: string = this.#plan.target): TimeoutError {
    const limit = this.#plan.timeouts[phase]
    return new TimeoutError({ ...this.#facts(phase, target), phase, limit, errors: this.#errors })
  }

  async #open(): Promise<NodeSocket> {
    const endpoint = this.#plan.endpoint
    if (isUnix(endpoint)) return this.#only({ path: endpoint.path })
    const wanted = this.#family()
    const family = isIP(endpoint.hostname.replace(/%.*$/, ''))
    if (family !== 0 && wanted !== 0 && family !== wanted)
      throw new NetError({ ...this.#facts('lookup', this.#plan.target), code: 'EAFNOSUPPORT' })
    if (family === 0) return this.#race(endpoint, wanted)
    const address = { address: endpoint.hostname, family: family as 4 | 6 }
    this.#checkAllowed(address)
    return this.#only({ host: endpoint.hostname, port: endpoint.port, family })
  }

  #family(): 0 | 4 | 6 {
    const { family = 0, localAddress = '' } = this.#plan.options
    return family === 0 ? (isIP(localAddress.replace(/%.*$/, '')) as 0 | 4 | 6) : family
  }

  /** The one address that there is. */
  async #only(where: object): Promise<NodeSocket> {
    const dial = this.#dial(where, this.#plan.target)
    this.#stop = () => dial.cancel()
    try {
      return await dial.done
    } catch (error) {
      throw this.#attemptError(this.#plan.target, error)
    }
  }

  /** All addresses of a name. */
  #race(endpoint: InetEndpoint, wanted: 0 | 4 | 6): Promise<NodeSocket> {
    const resolver = this.#resolver
    const { attemptDelay = ATTEMPT_DELAY } = this.#plan.options
    const families = wanted === 0 ? ([6, 4] as const) : ([wanted] as const)
    const race = new RunningRace({
      clock: this.#plan.system.clock,
      rules: {
        attemptDelay,
        resolutionDelay: RESOLUTION_DELAY,
        sort: resolver.separate ? sorterOf(this.#plan.system) : (addresses) => addresses,
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
    if (tracing()) publish(this.id, this.#parent, 'lookup', { hostname })
    const family = families.length === 1 ? (families[0] as 4 | 6) : 0
    const work = askFor(resolver, hostname, { family, signal }).catch((cause: unknown) => {
      const code = codeOf(cause) ?? 'ENOTFOUND'
      throw new NetError({ ...this.#facts('lookup', this.#plan.target), code, cause })
    })
    const { addresses } = await within(this.#plan.system.clock, work, {
      ms: this.#plan.timeouts.lookup,
      signal,
      onTimeout: () => this.tooLate('lookup'),
    })
    if (tracing()) {
      const found = addresses.map(({ address }) => address)
      publish(this.id, this.#parent, 'resolved', { hostname, addresses: found })
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
    } = this.#plan.options
    if (tracing()) publish(this.id, this.#parent, 'attempt', { target })
    const options = {
      ...where,
      ...(localAddress === undefined ? {} : { localAddress }),
      ...(localPort === undefined ? {} : { localPort }),
      ...(keepAlive === undefined ? {} : { keepAlive: true, keepAliveInitialDelay: keepAlive }),
      // With TLS it is the record layer that reads.
      ...(sharedBuffer && this.#plan.tls === undefined ? sharedReadOption(onSharedBytes) : {}),
      noDelay,
      allowHalfOpen: true,
      autoSelectFamily: false,
    } as NetConnectOpts
    const { clock } = this.#plan.system
    const tooLate = (): Error => this.tooLate('connect', target)
    return dial(
      clock,
      (o) => this.#plan.system.connect(o),
      options,
      this.#plan.timeouts.connect,
      tooLate,
    )
  }

  /** The handshake, on the one socket that won. */
  #secure(socket: NodeSocket, { side, handshake }: Security): Promise<Connection> {
    const attempt = new AbortController()
    this.#stop = () => attempt.abort()
    const call = {
      verb: 'connect',
      target: this.#plan.target,
      started: this.#started,
      id: this.id,
      parent: this.#parent,
      limit: this.#plan.timeouts.tls,
      signal: attempt.signal,
    }
    return handshake(this.#plan.system, socket, side, call, (transport) => this.#wrap(transport))
  }

  #wrap(transport: NodeTransport): Connection {
    const { timeout, limits } = this.#plan.options
    transport.socket.off('error', drop)
    if (isUnix(this.#plan.endpoint)) transport.setUnixAddresses('', this.#plan.endpoint.path)
    return new Connection(transport, {
      timeout,
      limits,
      clock: this.#plan.system.clock,
      side: 'client',
      parent: this.#parent,
    })
  }

  /** @throws {NetError} ERR_BLOCKED, also when the rule throws or is async: what can't be judged is not allowed */
  #checkAllowed(address: ResolvedAddress): void {
    const { allowAddress } = this.#plan.options
    if (allowAddress === undefined) return
    const facts = { ...this.#facts('connect', this.#plan.target), code: 'ERR_BLOCKED' }
    const reason = `address ${address.address} is refused by a rule of this program`
    let cause: unknown
    const allowed = fence(
      () => allowAddress(address),
      (error) => {
        cause = error
      },
    )
    if (allowed !== true) throw new NetError({ ...facts, reason, cause })
  }

  #attemptError(target: string, error: unknown): Error {
    if (tracing()) publish(this.id, this.#parent, 'failed', { target, code: codeOf(error) ?? '' })
    if (error instanceof NetError) return error
    const code = codeOf(error) ?? 'ECONNREFUSED'
    return new NetError({ ...this.#facts('connect', target), code, cause: error })
  }

  /** Why nobody won: what the attempts say, or, where there was nothing to attempt, the name service. */
  #summary(lookupErrors: readonly unknown[]): unknown {
    if (this.#errors.length === 0) {
      const [first] = lookupErrors
      if (lookupErrors.length === 1 || first instanceof TimeoutError) return first
      const facts = { ...this.#facts('lookup', this.#plan.target), code: tellingCode(lookupErrors) }
      return new NetError({ ...facts, cause: first, errors: lookupErrors as Error[] })
    }
    // A family that could not be asked for may be the one that would have answered; one without addresses is no failure.
    const unasked = lookupErrors.filter((error) => codeOf(error) !== 'ENODATA') as Error[]
    const telling = this.#errors.find((error) => !HERE.has(codeOf(error) ?? '')) ?? this.#errors[0]
    if (telling instanceof TimeoutError) return this.tooLate('connect')
    return new NetError({
      ...this.#facts('connect', this.#plan.target),
      code: codeOf(telling) ?? 'ECONNREFUSED',
      attempt: this.#errors.length,
      errors: [...this.#errors, ...unasked],
      cause: telling,
    })
  }

  get #parent(): number {
    return this.#plan.options.trace?.parent ?? 0
  }

  #facts(phase: Phase, target: string) {
    return {
      verb: 'connect',
      target,
      phase,
      elapsed: this.#plan.system.clock.now() - this.#started,
    }
  }
}

/** The socket went without a word. */
const GONE = Object.assign(new Error('the connection is gone'), { code: 'ECONNRESET' })

/** Codes that speak of this machine (no IPv6, say) and hide what the other addresses answered. */
const HERE = new Set(['ENETUNREACH', 'EADDRNOTAVAIL', 'EAFNOSUPPORT', 'EINVAL', 'ERR_BLOCKED'])
