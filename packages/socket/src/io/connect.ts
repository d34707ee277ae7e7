/**
 * `connect`: from a target to a connection. Look the name up, try its addresses in order, give the first
 * that answers. Every attempt's error is kept; a wait that ends leaves nothing behind.
 */
import type { NetConnectOpts, Socket as NodeSocket } from 'node:net'
import { isIP } from 'node:net'
import { type Endpoint, formatEndpoint, isUnix, parseTarget, type Target } from '../core/address.ts'
import { codeOf, NetError, type Phase, TimeoutError } from '../core/errors.ts'
import {
  normaliseTimeout,
  type TimeoutOption,
  type TimeoutPhase,
  type Timeouts,
} from '../core/timeouts.ts'
import { Connection, type ConnectionOptions } from './connection.ts'
import { within } from './deadline.ts'
import { NodeTransport, onSharedBytes } from './node-transport.ts'
import { checkKeys, completeLimits } from './options.ts'
import { sharedReadOption } from './shared-read.ts'
import { DEFAULT_BUFFERS } from './stream-engine.ts'
import { type ResolvedAddress, system as realSystem, type System } from './system.ts'
import { nextId, publish, tracing } from './trace.ts'

/** How to connect. */
export interface ConnectOptions {
  /**
   * Milliseconds per phase: `lookup` 5 000, `connect` 10 000 for each address, `send` 30 000, `idle` and
   * `total` off. A number is `total`, the time until the connection stands.
   */
  timeout?: TimeoutOption | undefined
  /** Ends the attempt; the promise rejects with `signal.reason`. Later it means nothing to the connection. */
  signal?: AbortSignal | undefined
  /** Only addresses of this family; 0 or left out: both. */
  family?: 0 | 4 | 6 | undefined
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
  'family',
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
 * @param target `tcp://host:port`, `host:port`, `unix:/path`, `{hostname, port}` or `{path}`
 * @returns an open connection; close it
 * @throws {NetError} `ENOTFOUND`, `ECONNREFUSED` and others; with several addresses `errors` has one error
 *   for each. {TimeoutError} with the phase that took too long. `signal.reason` when aborted
 * @throws {SyntaxError | RangeError | TypeError} for a target or options that make no sense
 * @example const connection = await connect('tcp://127.0.0.1:8080')
 */
export async function connect(target: Target, options: ConnectOptions = {}): Promise<Connection> {
  checkKeys('connect', options, KEYS)
  const endpoint = parseTarget(target)
  const timeouts = normaliseTimeout(options.timeout)
  completeLimits('connect', options.limits, DEFAULT_BUFFERS)
  options.signal?.throwIfAborted()
  const attempt = new Attempt(endpoint, options, timeouts)
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
  readonly #errors: Error[] = []
  #socket: NodeSocket | undefined
  #over = false

  constructor(endpoint: Endpoint, options: ConnectOptions, timeouts: Timeouts) {
    this.system = options.system ?? realSystem
    this.#endpoint = endpoint
    this.#options = options
    this.#timeouts = timeouts
    this.#target = formatEndpoint(endpoint)
    this.#started = this.system.clock.now()
  }

  get #parent(): number {
    return this.#options.trace?.parent ?? 0
  }

  async run(): Promise<Connection> {
    const endpoint = this.#endpoint
    if (isUnix(endpoint)) return this.#open({ path: endpoint.path }, this.#target)
    const addresses = await this.#lookup(endpoint.hostname)
    for (const { address, family } of addresses) {
      if (this.#over) break
      const target = formatEndpoint({ hostname: address, port: endpoint.port })
      try {
        return await this.#open({ host: address, port: endpoint.port, family }, target)
      } catch (error) {
        this.#errors.push(error as Error)
      }
    }
    throw this.#summary()
  }

  /** Ends what is under way; its socket is destroyed, whatever it still brings is dropped. */
  giveUp(): void {
    this.#over = true
    this.#socket?.destroy()
  }

  tooLate(phase: TimeoutPhase, target: string = this.#target): TimeoutError {
    const limit = this.#timeouts[phase]
    return new TimeoutError({ ...this.#facts(phase, target), phase, limit, errors: this.#errors })
  }

  async #lookup(hostname: string): Promise<readonly ResolvedAddress[]> {
    const family = isIP(hostname.replace(/%.*$/, ''))
    const wanted = this.#options.family ?? 0
    if (family !== 0 && wanted !== 0 && family !== wanted)
      throw new NetError({ ...this.#facts('lookup', this.#target), code: 'EAFNOSUPPORT' })
    if (family !== 0) return [{ address: hostname, family: family as 4 | 6 }]
    if (tracing()) publish(this.#id, this.#parent, 'lookup', { hostname })
    const work = this.system.lookup(hostname, this.#options.family ?? 0).catch((error: unknown) => {
      throw this.#failure('lookup', this.#target, error)
    })
    const addresses = await within(this.system.clock, work, {
      ms: this.#timeouts.lookup,
      signal: undefined,
      onTimeout: () => this.tooLate('lookup'),
    })
    if (tracing()) {
      const found = addresses.map(({ address }) => address)
      publish(this.#id, this.#parent, 'resolved', { hostname, addresses: found })
    }
    if (addresses.length > 0) return addresses
    throw new NetError({ ...this.#facts('lookup', this.#target), code: 'ENODATA' })
  }

  /** One address, one socket. */
  #open(where: object, target: string): Promise<Connection> {
    const { system } = this
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
      ...(sharedBuffer ? sharedReadOption(onSharedBytes) : {}),
      noDelay,
      allowHalfOpen: true,
      autoSelectFamily: false,
    } as NetConnectOpts
    const work = new Promise<Connection>((resolve, reject) => {
      const fail = (error: unknown): void => {
        if (tracing())
          publish(this.#id, this.#parent, 'failed', { target, code: codeOf(error) ?? '' })
        reject(this.#failure('connect', target, error))
      }
      let socket: NodeSocket
      try {
        socket = system.connect(options)
      } catch (error) {
        fail(error)
        return
      }
      this.#socket = socket
      socket.once('error', fail)
      socket.once('connect', () => {
        socket.off('error', fail)
        this.#socket = undefined
        resolve(this.#wrap(socket, sharedBuffer))
      })
    })
    return within(system.clock, work, {
      ms: this.#timeouts.connect,
      signal: undefined,
      onTimeout: () => {
        // Its error event may still come: nobody waits for it, and it must not end the process.
        this.#socket?.on('error', () => {}).destroy()
        return this.tooLate('connect', target)
      },
      late: (connection) => connection.destroy(),
    })
  }

  #wrap(socket: NodeSocket, sharedBuffer: boolean): Connection {
    const transport = new NodeTransport(socket, sharedBuffer)
    if (isUnix(this.#endpoint)) transport.setUnixAddresses('', this.#endpoint.path)
    const { timeout, limits } = this.#options
    return new Connection(transport, {
      timeout,
      limits,
      clock: this.system.clock,
      side: 'client',
      parent: this.#parent,
    })
  }

  #summary(): Error {
    const [first] = this.#errors
    if (this.#errors.length === 1 && isIP((this.#endpoint as { hostname: string }).hostname))
      return first as Error
    const code = codeOf(first) ?? 'ECONNREFUSED'
    const phase: Phase = 'connect'
    return new NetError({
      ...this.#facts(phase, this.#target),
      code,
      attempt: this.#errors.length,
      errors: this.#errors,
      cause: first,
    })
  }

  #failure(phase: Phase, target: string, cause: unknown): NetError {
    return new NetError({
      ...this.#facts(phase, target),
      code: codeOf(cause) ?? 'ECONNREFUSED',
      cause,
    })
  }

  #facts(phase: Phase, target: string) {
    return { verb: 'connect', target, phase, elapsed: this.system.clock.now() - this.#started }
  }
}
