/**
 * `serve`: a handler of connections, listening. Accepts up to a cap, keeps what it has accepted in its care until
 * it is over, counts, and lets go in good order.
 *
 * Rules it keeps:
 * - A handler that returns a promise is done when that settles, and the connection is closed then. One that returns
 *   nothing has handed the connection to somebody: it is in the server's care until it closes.
 * - A handler that throws costs its own connection, never another one, never the process.
 * - At the cap nothing is accepted: what comes waits in the listener, paused and unread, up to `limits.pending` of it.
 * - When the system has no file descriptors left, open connections are not touched, and accepting goes on by itself.
 */
import { type Address, isUnix } from '../core/address.ts'
import { kindOf } from '../core/bytes.ts'
import { codeOf, isNetError, NetError, TimeoutError } from '../core/errors.ts'
import { quoted } from '../core/quote.ts'
import { Connection } from './connection.ts'
import { type Deadline, startDeadline } from './deadline.ts'
import { fence } from './fence.ts'
import { listen } from './listen.ts'
import type { Listener } from './listener.ts'
import { checkKeys } from './options.ts'
import { drop } from './reception.ts'
import { planServe, type ServeOptions, type ServePlan } from './serve-options.ts'
import { type Clock, systemClock } from './system.ts'

/** What a handler is told besides the connection. */
export interface ServeInfo {
  /** Aborts when the server begins to shut down: a good moment to say goodbye. */
  readonly signal: AbortSignal
}

/** Serves one connection. */
export type ConnectionHandler = (connection: Connection, info: ServeInfo) => void | Promise<void>

/** What a server has counted. */
export interface ServeStats {
  /** Connections that are open now. */
  connections: number
  /** All connections that there ever were. */
  accepted: number
  /** Closed at once, by `allow` and `deny`. */
  blocked: number
  /** Closed at once, by `limits.perAddress`. */
  crowded: number
  /** Closed at once, because the listener held too many. */
  refused: number
  /** Ended because they were silent, or lived, too long. */
  timedOut: number
  /** Bytes from all connections. */
  bytesReceived: number
  /** Bytes to all connections. */
  bytesSent: number
  /** What handlers threw and what accepting failed of, by code; `ERR_HANDLER` for errors without one. */
  errors: Record<string, number>
}

/**
 * Serves connections.
 *
 * @param handler is given each connection; what happens to it afterwards: see above
 * @param options where to listen, caps, timeouts, lists of networks, and who is told of errors
 * @returns the server, listening
 * @throws {NetError} `EADDRINUSE` and the others of `listen`
 * @throws {TypeError | RangeError | SyntaxError} for options that make no sense, or that say twice where to listen
 * @see listen(2), accept(2)
 * @example
 * const server = await serve(async (connection) => {
 *   for await (const bytes of connection) await connection.sendAll(bytes)
 * })
 * await server.shutdown()
 */
export async function serve(
  handler: ConnectionHandler,
  options: ServeOptions = {},
): Promise<Server> {
  if (typeof handler !== 'function')
    throw new TypeError(`serve takes a function of a connection, not ${kindOf(handler)}`)
  const plan = planServe(options)
  const listener = options.listener ?? (await listen(plan.target, options.listen ?? {}))
  return new Server(handler, options, plan, listener)
}

/** A running server. Made by `serve()`. */
export class Server implements AsyncDisposable {
  readonly #handler: ConnectionHandler
  readonly #options: ServeOptions
  readonly #plan: ServePlan
  readonly #listener: Listener
  readonly #clock: Clock
  readonly #visits = new Set<Visit>()
  readonly #errors = new Map<string, number>()
  readonly #stopping = new AbortController()
  readonly #counts = { accepted: 0, blocked: 0, crowded: 0, timedOut: 0 }
  /** Bytes of the connections that are gone. */
  #sent = 0
  #received = 0
  #room: (() => void) | undefined
  #empty: (() => void) | undefined

  /** @internal */
  constructor(
    handler: ConnectionHandler,
    options: ServeOptions,
    plan: ServePlan,
    listener: Listener,
  ) {
    this.#handler = handler
    this.#options = options
    this.#plan = plan
    this.#listener = listener
    this.#clock = options.clock ?? systemClock
    void this.#acceptAll()
  }

  /** Where the server listens, with the port that the system chose. */
  get address(): Address {
    return this.#listener.address
  }

  /** What was counted so far. Costs nothing until it is asked for. Never throws. */
  stats(): ServeStats {
    let bytesSent = this.#sent
    let bytesReceived = this.#received
    for (const { connection } of this.#visits) {
      bytesSent += connection.bytesSent
      bytesReceived += connection.bytesReceived
    }
    return {
      connections: this.#visits.size,
      ...this.#counts,
      refused: this.#listener.refused,
      bytesReceived,
      bytesSent,
      errors: Object.fromEntries(this.#errors),
    }
  }

  /**
   * Serves one connection, wherever it comes from: a memory pair, a tunnel.
   *
   * @param connection open, and read by nobody else; closed at once when the server is stopping
   * @throws {TypeError} for what is no Connection
   */
  handle(connection: Connection): void {
    if (!(connection instanceof Connection))
      throw new TypeError(`handle takes a Connection, not ${kindOf(connection)}`)
    const { signal } = this.#stopping
    if (signal.aborted) {
      void connection.close()
      return
    }
    const hostname = hostOf(connection)
    const refusal = hostname === undefined ? undefined : this.#plan.admission.enter(hostname)
    if (refusal !== undefined) {
      this.#counts[refusal]++
      connection.destroy()
      return
    }
    this.#counts.accepted++
    const visit = new Visit(connection, hostname)
    this.#visits.add(visit)
    visit.watch(this.#clock, this.#plan.timeouts, () => void this.#counts.timedOut++)
    void connection.closed.then(() => this.#left(visit))
    this.#run(connection, signal)
  }

  /**
   * Stops in good order: takes no new connection, aborts `info.signal`, waits for those that are open, then cuts off
   * what is left. Never rejects.
   *
   * @param options `grace`: milliseconds to wait; default 10 000, 0 waits for nothing
   */
  async shutdown(options: { grace?: number } = {}): Promise<void> {
    checkKeys('shutdown', options, ['grace'])
    const { grace = 10_000 } = options
    if (!(typeof grace === 'number' && grace >= 0))
      throw new RangeError(`shutdown: grace must be 0 milliseconds or more, not ${quoted(grace)}`)
    this.#stop()
    if (this.#visits.size > 0 && grace > 0) await this.#untilEmpty(grace)
    await this.close()
  }

  /** Stops now: connections are cut off. Never rejects. */
  async close(): Promise<void> {
    this.#stop()
    for (const { connection } of this.#visits) connection.destroy()
    await this.#listener.close()
  }

  /** Keeps the process alive while listening (the default). */
  ref(): void {
    this.#listener.ref()
  }

  /** Lets the process end although this listens. */
  unref(): void {
    this.#listener.unref()
  }

  /** As `shutdown()`, so that `await using` works. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.shutdown()
  }

  #stop(): void {
    if (this.#stopping.signal.aborted) return
    const { target, verb, phase } = { target: '', verb: 'serve', phase: 'listen' as const }
    const reason = 'the server is shutting down'
    this.#stopping.abort(new NetError({ verb, target, phase, code: 'ERR_CLOSED', reason }))
    this.#room?.()
    void this.#listener.close()
  }

  #untilEmpty(grace: number): Promise<void> {
    return new Promise((resolve) => {
      const deadline = startDeadline(this.#clock, grace, resolve)
      this.#empty = () => {
        deadline.stop()
        resolve()
      }
    })
  }

  async #acceptAll(): Promise<void> {
    const { signal } = this.#stopping
    while (!signal.aborted) {
      if (this.#visits.size >= this.#plan.connections) await this.#untilRoom()
      else
        try {
          this.handle(await this.#listener.accept())
        } catch (error) {
          if (signal.aborted || codeOf(error) === 'ERR_CLOSED') return
          // The system has no file descriptors left, or the like: it will have some again.
          this.#count(codeOf(error) ?? 'ERR_ACCEPT')
        }
    }
  }

  #untilRoom(): Promise<void> {
    return new Promise((resolve) => {
      this.#room = resolve
    })
  }

  #run(connection: Connection, signal: AbortSignal): void {
    try {
      const result = this.#handler(connection, { signal })
      if (typeof result?.then !== 'function') return
      result.then(
        () => connection.close(),
        (error: unknown) => this.#failed(error, connection),
      )
    } catch (error) {
      this.#failed(error, connection)
    }
  }

  #failed(error: unknown, connection: Connection): void {
    this.#count(codeOf(error) ?? 'ERR_HANDLER')
    // Destroyed, it would be a reset; a peer that did nothing wrong is told the end.
    if (connection.isOpen) void connection.close()
    const { onError } = this.#options
    // A report that fails must not become a second failure: what was thrown may not even bear being printed.
    if (onError !== undefined) fence(() => onError(error, connection), drop)
    else if (!isNetError(error)) fence(() => console.error('serve: the handler threw', error), drop)
  }

  #left(visit: Visit): void {
    this.#visits.delete(visit)
    visit.end()
    if (visit.hostname !== undefined) this.#plan.admission.leave(visit.hostname)
    this.#sent += visit.connection.bytesSent
    this.#received += visit.connection.bytesReceived
    this.#room?.()
    this.#room = undefined
    if (this.#visits.size === 0) this.#empty?.()
  }

  #count(code: string): void {
    this.#errors.set(code, (this.#errors.get(code) ?? 0) + 1)
  }
}

/** One connection in the care of the server. */
class Visit {
  readonly connection: Connection
  readonly hostname: string | undefined
  #idle: Deadline | undefined
  #total: Deadline | undefined
  #bytes = 0

  constructor(connection: Connection, hostname: string | undefined) {
    this.connection = connection
    this.hostname = hostname
  }

  watch(clock: Clock, { idle, total }: ServePlan['timeouts'], onTimeout: () => void): void {
    const finite = (ms: number): boolean => ms !== Number.POSITIVE_INFINITY
    if (finite(total))
      this.#total = startDeadline(clock, total, () => this.#cut('total', total, onTimeout))
    if (finite(idle)) this.#watchIdle(clock, idle, onTimeout)
  }

  end(): void {
    this.#idle?.stop()
    this.#total?.stop()
  }

  /** Looks again after as long as may pass: a byte costs no timer, and the end comes within twice the limit. */
  #watchIdle(clock: Clock, idle: number, onTimeout: () => void): void {
    this.#idle = startDeadline(clock, idle, () => {
      const { bytesSent, bytesReceived } = this.connection
      const bytes = bytesSent + bytesReceived
      if (bytes === this.#bytes) this.#cut('idle', idle, onTimeout)
      else {
        this.#bytes = bytes
        this.#watchIdle(clock, idle, onTimeout)
      }
    })
  }

  #cut(phase: 'idle' | 'total', limit: number, onTimeout: () => void): void {
    const reason =
      phase === 'idle' ? `no byte within ${limit} ms` : `open for longer than ${limit} ms`
    onTimeout()
    const facts = { verb: 'serve', target: this.hostname ?? '', phase, limit, reason }
    this.connection.destroy(new TimeoutError(facts))
  }
}

/** What the lists look at; a Unix socket and a pair in memory have none. */
function hostOf({ remoteAddress }: Connection): string | undefined {
  if (remoteAddress === undefined || isUnix(remoteAddress)) return undefined
  return remoteAddress.hostname
}
