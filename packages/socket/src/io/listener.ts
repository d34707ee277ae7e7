/**
 * `listen` and `Listener`: connections that others open to us, one `accept()` at a time.
 *
 * Where node:net differs from the kernel's queue: connections arrive whether or not anyone accepts.
 * Surplus ones are held paused, unread, up to `limits.pending`; beyond that they are closed and counted
 * in `refused`, since a queue without a bound is an open door.
 *
 * With `tls` the handshake comes first, of all newcomers side by side, each within `timeout.tls` and at most
 * `limits.handshakes` at a time. Who fails it, a client that speaks plain text among them, is closed and counted in
 * `failedHandshakes`, and nobody who accepts hears of it.
 */
import type { Socket as NodeSocket, Server } from 'node:net'
import {
  type Address,
  formatEndpoint,
  isTls,
  isUnix,
  parseTarget,
  type Target,
} from '../core/address.ts'
import { kindOf } from '../core/bytes.ts'
import { SOMAXCONN } from '../core/constants.ts'
import { codeOf, NetError } from '../core/errors.ts'
import { normaliseTimeout, type TimeoutOption, type Timeouts } from '../core/timeouts.ts'
import { Connection } from './connection.ts'
import { within } from './deadline.ts'
import { each, Mailbox } from './mailbox.ts'
import { NodeTransport } from './node-transport.ts'
import { checkKeys, completeLimits } from './options.ts'
import type { WaitOptions } from './stream.ts'
import { type BufferLimits, DEFAULT_BUFFERS } from './stream-engine.ts'
import { system as realSystem, type System } from './system.ts'
import { serverSide } from './tls.ts'
import type { TlsServerOptions } from './tls-context.ts'
import { type HandshakeSide, handshake } from './tls-socket.ts'
import { TlsTransport } from './tls-transport.ts'
import { nextId, publish, tracing } from './trace.ts'

/** How to listen. */
export interface ListenOptions {
  /** How many connections the kernel may hold before we see them; a hint, capped by the system; default 4096. */
  backlog?: number | undefined
  /**
   * For the connections that are accepted: `idle` (default off), `send` (default 30 000) and `tls`, the handshake
   * (default 10 000), in ms.
   */
  timeout?: TimeoutOption | undefined
  /**
   * `pending`: connections held for `accept()`, default 1024; `handshakes` of TLS at a time, default 1024; the others
   * bound each connection's buffers.
   */
  limits?: (Partial<BufferLimits> & { pending?: number; handshakes?: number }) | undefined
  /** Speak TLS, with this certificate. A handshake is done before `accept()` hears of a connection. */
  tls?: TlsServerOptions | undefined
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
 * @returns a listener that is listening; close it
 * @throws {NetError} `EADDRINUSE`, `EACCES`, `EADDRNOTAVAIL` and others; `signal.reason` when aborted
 * @throws {SyntaxError | RangeError | TypeError} for a target or options that make no sense
 * @example
 * const listener = await listen('tcp://127.0.0.1:8080')
 * for await (const connection of listener) void serveOne(connection)
 */
export async function listen(target: Target, options: ListenOptions = {}): Promise<Listener> {
  checkKeys('listen', options, KEYS)
  const endpoint = parseTarget(target, ['tcp', 'tls'])
  normaliseTimeout(options.timeout)
  completeLimits('listen', options.limits, BOUNDS)
  const system = options.system ?? realSystem
  if (options.tls === undefined && isTls(target))
    throw new TypeError('listen: a target of tls: needs the option tls, with cert and key')
  const tls = options.tls === undefined ? undefined : serverSide('listen', options.tls, system)
  options.signal?.throwIfAborted()
  const name = formatEndpoint(endpoint)
  const fail = (error: unknown): NetError =>
    new NetError({
      verb: 'listen',
      target: name,
      phase: 'listen',
      code: codeOf(error) ?? 'EINVAL',
      cause: error,
    })
  let server: Server
  try {
    const { noDelay = true } = options
    server = system.createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay })
  } catch (error) {
    throw fail(error)
  }
  const listener = new Listener(server, name, options, system, tls)
  const started = new Promise<Listener>((resolve, reject) => {
    const onError = (error: unknown): void => reject(fail(error))
    server.once('error', onError)
    const where = isUnix(endpoint)
      ? { path: endpoint.path }
      : { host: endpoint.hostname, port: endpoint.port, ipv6Only: options.ipv6Only ?? false }
    server.listen({ ...where, backlog: options.backlog ?? SOMAXCONN }, () => {
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

/** Takes connections from others. Made by `listen()`. */
export class Listener implements AsyncDisposable, AsyncIterable<Connection> {
  /** Unique in the process; trace events carry it. */
  readonly id: number = nextId()
  readonly #server: Server
  readonly #name: string
  readonly #options: ListenOptions
  readonly #system: System
  readonly #mailbox: Mailbox<Arrival>
  readonly #tls: HandshakeSide | undefined
  readonly #timeouts: Timeouts
  readonly #handshakes = new Set<AbortController>()
  #failedHandshakes = 0
  #address: Address | undefined
  #closed: Promise<void> | undefined
  #refused = 0

  /** @internal */
  constructor(
    server: Server,
    name: string,
    options: ListenOptions,
    system: System,
    tls: HandshakeSide | undefined,
  ) {
    this.#tls = tls
    this.#timeouts = normaliseTimeout(options.timeout)
    this.#server = server
    this.#name = name
    this.#options = options
    this.#system = system
    this.#mailbox = new Mailbox(system.clock, options.limits?.pending ?? PENDING)
    server.on('connection', (socket: NodeSocket) => {
      if (this.#tls === undefined) this.#arrived(socket)
      else this.#secure(socket, this.#tls)
    })
  }

  /** @internal Listening has begun. */
  started(path: string | undefined): void {
    const address = this.#server.address()
    if (path !== undefined) this.#address = { family: 'Unix', path }
    else if (address !== null && typeof address === 'object')
      this.#address = {
        family: address.family === 'IPv6' ? 'IPv6' : 'IPv4',
        hostname: address.address,
        port: address.port,
      }
    // After the start an error of the server is one of accept(): EMFILE and its kin. The queue goes on.
    this.#server.on('error', (error) => this.#mailbox.fail(() => this.#error(error)))
    if (tracing()) publish(this.id, 0, 'listen', { local: formatEndpoint(this.address) })
  }

  /** Where we listen, with the port that the system chose. */
  get address(): Address {
    if (this.#address === undefined) throw this.#error(undefined)
    return this.#address
  }

  /** Connections that wait for `accept()`. */
  get pending(): number {
    return this.#mailbox.size
  }

  /** Connections that were closed at once because `limits.pending` or `limits.handshakes` was reached. */
  get refused(): number {
    return this.#refused
  }

  /** Handshakes under way; 0 without `tls`. */
  get handshakes(): number {
    return this.#handshakes.size
  }

  /** Handshakes that failed: wrong certificates, no common version, plain text, silence. */
  get failedHandshakes(): number {
    return this.#failedHandshakes
  }

  /**
   * Waits for the next connection.
   *
   * @param options `signal` ends this wait; `timeout` in milliseconds, default off
   * @throws {NetError} `ERR_CLOSED` once the listener is closed; `ERR_TIMEOUT`; `signal.reason`
   */
  async accept(options?: WaitOptions): Promise<Connection> {
    options?.signal?.throwIfAborted()
    const pending = this.#mailbox.tryTake()
    if (pending !== undefined) return this.#wrap(pending)
    if (this.#closed !== undefined) throw this.#error(undefined)
    // It stays paused until it is wrapped, so nothing of it is lost on the way here.
    return this.#wrap(await this.#mailbox.take(options, (limit) => this.#tooLate(limit)))
  }

  /** Yields connections until the listener is closed. */
  [Symbol.asyncIterator](): AsyncGenerator<Connection, void, undefined> {
    return each(
      () => this.accept(),
      () => this.#closed !== undefined,
    )
  }

  /**
   * Stops listening. Connections that were accepted live on; those still pending are closed. Never
   * rejects, need not be awaited.
   */
  close(): Promise<void> {
    if (this.#closed !== undefined) return this.#closed
    this.#closed = new Promise((resolve) => {
      this.#server.close(() => resolve())
      // The callback waits for every connection; listening has ended at once.
      if (!this.#server.listening) resolve()
    })
    for (const arrival of this.#mailbox.empty(() => this.#error(undefined)))
      socketOf(arrival).destroy()
    for (const attempt of this.#handshakes) attempt.abort()
    return this.#closed
  }

  /** Keeps the process alive while listening (the default). */
  ref(): void {
    this.#server.ref()
  }

  /** Lets the process end although this listens. */
  unref(): void {
    this.#server.unref()
  }

  /** As `close()`, so that `await using` works. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #secure(socket: NodeSocket, side: HandshakeSide): void {
    socket.on('error', drop)
    const most = this.#options.limits?.handshakes ?? HANDSHAKES
    if (this.#handshakes.size >= most) {
      this.#refused++
      socket.destroy()
      return
    }
    const attempt = new AbortController()
    this.#handshakes.add(attempt)
    const call = {
      verb: 'accept',
      target: remoteOf(socket) || this.#name,
      started: this.#system.clock.now(),
      id: this.id,
      parent: 0,
      limit: this.#timeouts.tls,
      signal: attempt.signal,
    }
    handshake(this.#system, socket, side, call, (transport) => {
      this.#handshakes.delete(attempt)
      if (this.#closed === undefined) this.#arrived(transport)
      else transport.socket.destroy()
    }).catch(() => {
      this.#handshakes.delete(attempt)
      this.#failedHandshakes++
    })
  }

  #arrived(arrival: Arrival): void {
    const socket = socketOf(arrival)
    socket.on('error', drop)
    const before = this.pending
    if (!this.#mailbox.put(arrival)) {
      this.#refused++
      socket.destroy()
    } else if (this.pending > before) {
      // It may break while it waits: then nobody has to accept it any more.
      socket.once('close', () => this.#mailbox.remove(arrival))
    }
  }

  #wrap(arrival: Arrival): Connection {
    const socket = socketOf(arrival)
    socket.off('error', drop)
    const {
      timeout,
      limits: { pending: _pending, handshakes: _handshakes, ...limits } = {},
      keepAlive,
      sharedBuffer = true,
    } = this.#options
    if (keepAlive !== undefined) socket.setKeepAlive(true, keepAlive)
    const transport =
      arrival instanceof TlsTransport ? arrival : new NodeTransport(arrival, sharedBuffer)
    if (this.#address !== undefined && isUnix(this.#address))
      transport.setUnixAddresses(this.#address.path, '')
    return new Connection(transport, {
      timeout,
      limits,
      clock: this.#system.clock,
      side: 'server',
      parent: this.id,
    })
  }

  #error(cause: unknown): NetError {
    const code = codeOf(cause) ?? 'ERR_CLOSED'
    return new NetError({ verb: 'accept', target: this.#name, phase: 'accept', code, cause })
  }

  #tooLate(limit: number): NetError {
    const reason = `no connection within ${limit} ms`
    return new NetError({
      verb: 'accept',
      target: this.#name,
      phase: 'accept',
      code: 'ERR_TIMEOUT',
      reason,
    })
  }
}

/** What waits to be accepted: a socket as it came, or one whose handshake is done. */
type Arrival = NodeSocket | TlsTransport

function socketOf(arrival: Arrival): NodeSocket {
  return arrival instanceof TlsTransport ? arrival.socket : arrival
}

function remoteOf({ remoteAddress, remotePort }: NodeSocket): string {
  if (remoteAddress === undefined || remotePort === undefined) return ''
  return formatEndpoint({ hostname: remoteAddress, port: remotePort })
}

function drop(): void {}

/** @throws {RangeError | TypeError} what is not a backlog */
export function checkBacklog(backlog: unknown): number {
  if (typeof backlog !== 'number')
    throw new TypeError(`backlog must be a number, not ${kindOf(backlog)}`)
  if (!Number.isInteger(backlog) || backlog < 0)
    throw new RangeError(`backlog must be 0 or more, not ${backlog}`)
  return backlog
}
