/**
 * `Pool`: connections that are kept for the next request. Give it URLs; it finds or opens a connection to each origin,
 * hands it from one request to the next, and lets go of it before the server does.
 *
 * Rules it keeps:
 * - Two requests share a connection only if everything that decides about it is the same: origin, proxy, TLS.
 * - A connection serves one request at a time. What comes while all are busy waits in order, up to `limits.waiting`.
 * - A request that met the goodbye of a connection that had waited is made once more on another one, where
 *   `mayReplay` allows it.
 * - Bytes that nobody asked for end their connection (`ClientConnection`); they are nobody's response.
 * - A connection that waits does not keep the process alive.
 */
import { type Clock, onAbort, systemClock } from '@sluice/socket'
import { codeOf, NetError, TimeoutError, type TimeoutOption } from '@sluice/socket/errors'
import { checkNumber, checkOptions } from '../core/check-options.ts'
import { Headers } from '../core/headers.ts'
import type { Limits } from '../core/limits.ts'
import { normaliseMethod } from '../core/methods.ts'
import { type Origin, parseRequestUrl } from '../core/origin.ts'
import { IDLE, mayReplay } from '../core/pool-plan.ts'
import { isRepeatable, orLetGo } from './body.ts'
import { ClientConnection, loadingOf } from './client-connection.ts'
import {
  type ClientTimeouts,
  type ExchangeOptions,
  REQUEST_KEYS,
  type Timeouts,
  timeoutsOf,
} from './client-exchange.ts'
import {
  CONNECTION_KEYS,
  type ConnectionOptions,
  openStream,
  planRoute,
  type Route,
} from './open.ts'
import type { Response } from './response.ts'

/** Bounds of a pool, besides those of each response. */
export interface PoolLimits extends Limits {
  /** Connections to one origin; default 64. Browsers have 6, Go no limit. */
  perOrigin: number
  /** Connections in all; default 512. */
  connections: number
  /** Requests that wait for a connection; default 10 000. */
  waiting: number
}

/** What a pool is made with. */
export interface PoolOptions extends ConnectionOptions {
  /** Milliseconds per phase, as for `request`; each request may set its own. */
  timeout?: TimeoutOption | undefined
  /** Bounds of the pool and of each response; each has its default. */
  limits?: { [K in keyof PoolLimits]?: PoolLimits[K] | undefined } | undefined
  /** Milliseconds that a connection waits where the server does not say; default 4 000, 0 keeps none. */
  keepAlive?: number | undefined
  /** Whose clock the times run on; for tests. */
  clock?: Clock | undefined
}

/** One request of a pool. */
export interface PoolRequestOptions extends Omit<ExchangeOptions, 'timeout'> {
  /** Milliseconds per phase; default: the pool's. */
  timeout?: TimeoutOption | undefined
}

/** What a pool has counted. */
export interface PoolStats {
  /** Connections that are open. */
  connections: number
  /** Those of them that wait for a request. */
  idle: number
  /** Requests that wait for a connection. */
  waiting: number
  /** Requests so far. */
  requests: number
  /** Those on a connection that had been used before. */
  reused: number
  /** Those that were made once more. */
  replayed: number
}

const KEYS: readonly string[] = [...CONNECTION_KEYS, 'timeout', 'limits', 'keepAlive', 'clock']
const NOTHING: PoolRequestOptions = {}
const PER_ORIGIN = 64
const CONNECTIONS = 512
const WAITING = 10_000
/** How often waiting connections are looked at. */
const SWEEP = 500

interface Idle {
  readonly connection: ClientConnection
  readonly until: number
}

/** A request that looks for its connection, and the time that it has for all that it does. */
class Search {
  readonly method: string
  readonly url: string | URL
  readonly timeout: Timeouts
  readonly options: PoolRequestOptions
  readonly #clock: Clock
  readonly #began: number

  constructor(
    method: string,
    url: string | URL,
    timeout: Timeouts,
    options: PoolRequestOptions,
    clock: Clock,
  ) {
    this.method = method
    this.url = url
    this.timeout = timeout
    this.options = options
    this.#clock = clock
    // Most have all the time that there is, and need not look at the clock.
    this.#began = timeout.exchange.total === Number.POSITIVE_INFINITY ? 0 : clock.now()
  }

  /** Milliseconds that are left of `total`. */
  get left(): number {
    const { total } = this.timeout.exchange
    return total === Number.POSITIVE_INFINITY ? total : total - (this.#clock.now() - this.#began)
  }

  tooLate(): TimeoutError {
    const { total: limit } = this.timeout.exchange
    const facts = { verb: this.method, target: String(this.url), phase: 'total' } as const
    return new TimeoutError({ ...facts, limit })
  }

  /** The times of an exchange that begins now. */
  get exchange(): ClientTimeouts {
    const { exchange } = this.timeout
    if (exchange.total === Number.POSITIVE_INFINITY) return exchange
    return { ...exchange, left: this.left }
  }
}

interface Waiter {
  readonly group: Group
  give(connection: ClientConnection | undefined): void
}

/** Connections that are alike. */
interface Group {
  readonly key: string
  readonly route: Route
  /** Those that wait, the one used last at the end: the others grow old and go. */
  readonly idle: Idle[]
  open: number
}

/**
 * Keeps connections.
 *
 * @example
 * const pool = new Pool()
 * const response = await pool.request('http://127.0.0.1:8080/')
 * console.log(response.status, await response.text())
 * await pool.close()
 */
export class Pool implements AsyncDisposable {
  readonly #options: ConnectionOptions
  readonly #timeout: Timeouts
  readonly #limits: Partial<Limits>
  readonly #bounds: { perOrigin: number; connections: number; waiting: number }
  readonly #keepAlive: number
  readonly #clock: Clock
  readonly #groups = new Map<string, Group>()
  readonly #waiters: Waiter[] = []
  readonly #all = new Set<ClientConnection>()
  readonly #counts = { requests: 0, reused: 0, replayed: 0 }
  /** Connections that are open or being opened. */
  #open = 0
  #sweeper: ReturnType<Clock['setTimeout']> | undefined
  #closed = false
  #emptied: (() => void) | undefined

  /**
   * @param options bounds, timeouts and how connections are opened
   * @throws {TypeError | RangeError} for an option or limit that there is not, or that makes no sense
   */
  constructor(options: PoolOptions = {}) {
    checkOptions('Pool', options, KEYS)
    const { timeout, limits = {}, keepAlive = IDLE, clock = systemClock, ...connection } = options
    const { perOrigin = PER_ORIGIN, connections = CONNECTIONS, waiting = WAITING, ...rest } = limits
    this.#options = connection
    this.#timeout = timeoutsOf(timeout)
    this.#bounds = {
      perOrigin: checkNumber('Pool: perOrigin', perOrigin, 1),
      connections: checkNumber('Pool: connections', connections, 1),
      waiting: checkNumber('Pool: waiting', waiting, 0),
    }
    this.#limits = rest as Partial<Limits>
    this.#keepAlive = checkNumber('Pool: keepAlive', keepAlive, 0)
    this.#clock = clock
  }

  /** What was counted so far. Never throws. */
  get stats(): PoolStats {
    let idle = 0
    for (const group of this.#groups.values()) idle += group.idle.length
    return { connections: this.#all.size, idle, waiting: this.#waiters.length, ...this.#counts }
  }

  /**
   * Makes one request.
   *
   * @param url an `http:` or `https:` URL; its fragment stays here
   * @param options method, fields, body, timeouts
   * @returns the response as soon as its head is here. Read its body, or cancel it: the connection is free after that
   * @throws {NetError} `ERR_BUSY` more than `limits.waiting` requests wait; `ERR_CLOSED` the pool is closed
   * @throws what `request()` throws
   * @see RFC 9112 §9.3
   */
  request(url: string | URL, options: PoolRequestOptions = NOTHING): Promise<Response> {
    const work = this.#request(url, options)
    const body = options?.body
    return isRepeatable(body) ? work : orLetGo(body, work)
  }

  async #request(url: string | URL, options: PoolRequestOptions): Promise<Response> {
    if (options !== NOTHING) checkOptions('request', options, REQUEST_KEYS)
    const { origin, target } = parseRequestUrl(url)
    const { signal, trace, body } = options
    signal?.throwIfAborted()
    const method = normaliseMethod(options.method ?? 'GET')
    const timeout = options.timeout === undefined ? this.#timeout : timeoutsOf(options.timeout)
    const search = new Search(method, url, timeout, options, this.#clock)
    this.#counts.requests++
    const loading = loadingOf(options.decode)
    if (loading !== undefined) await loading
    for (let again = false; ; again = true) {
      if (this.#closed) throw this.#error('ERR_CLOSED')
      // Looked for each time: the last connection of a group takes it along.
      const group = this.#groupFor(origin)
      const waiting = again ? undefined : this.#idleOf(group)
      const connection = waiting ?? (await this.#take(group, search))
      const isReused = connection.exchanges > 0
      if (isReused) this.#counts.reused++
      try {
        const { isForwarded } = group.route
        const response = await connection.request(isForwarded ? `${origin.key}${target}` : target, {
          method,
          headers: withCredentials(options.headers, group.route),
          body,
          signal,
          trace,
          timeout: search.exchange,
          host: origin.host,
          decode: options.decode,
          informational: options.informational,
        })
        // Nobody can take the stream from here.
        if (response.status === 101) connection.destroy()
        return response
      } catch (error) {
        // Refused before it was sent, so that the connection is as good as it was.
        if (connection.isReusable) this.#release(group, connection)
        const code = signal?.aborted ? undefined : codeOf(error)
        const hasAnswer = connection.stream.bytesReceived > connection.received
        const failed = { method, isReused, hasAnswer, isRepeatable: isRepeatable(body), code }
        if (again || !mayReplay(failed)) throw error
        this.#counts.replayed++
      }
    }
  }

  /** Takes no more requests, lets those under way end, and closes every connection. Never rejects. */
  async close(): Promise<void> {
    this.#stop()
    if (this.#all.size > 0)
      await new Promise<void>((resolve) => {
        this.#emptied = resolve
      })
  }

  /** Ends everything now; requests under way fail with `ERR_CLOSED`. Never throws. */
  destroy(): void {
    this.#stop()
    for (const connection of this.#all) connection.destroy()
  }

  /** As `close()`, so that `await using` works. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #stop(): void {
    this.#closed = true
    if (this.#sweeper !== undefined) this.#clock.clearTimeout(this.#sweeper)
    for (const waiter of this.#waiters.splice(0)) waiter.give(undefined)
    for (const group of this.#groups.values())
      for (const { connection } of group.idle.splice(0)) {
        // Somebody may wait for the end of it, and the process for them.
        connection.stream.ref()
        void connection.close()
      }
  }

  #groupFor(origin: Origin): Group {
    const { proxy } = this.#options
    const isDirect = proxy === undefined || proxy === false
    const known = isDirect ? this.#groups.get(origin.key) : undefined
    return known ?? this.#groupOf(planRoute(origin, this.#options))
  }

  #groupOf(route: Route): Group {
    const { key } = route.to
    let group = this.#groups.get(key)
    if (group === undefined) {
      group = { key, route, idle: [], open: 0 }
      this.#groups.set(key, group)
    }
    return group
  }

  /** A connection for one request where none waits: a new one, or the next that becomes free. */
  async #take(group: Group, search: Search): Promise<ClientConnection> {
    if (group.open < this.#bounds.perOrigin && this.#makeRoom()) this.#reserve(group)
    else {
      const free = await this.#wait(group, search)
      if (free !== undefined) return free
    }
    return this.#connect(group, search)
  }

  #idleOf(group: Group): ClientConnection | undefined {
    const now = this.#clock.now()
    for (let idle = group.idle.pop(); idle !== undefined; idle = group.idle.pop()) {
      const { connection, until } = idle
      if (until > now && connection.isReusable) {
        connection.stream.ref()
        return connection
      }
      void connection.close()
    }
    return undefined
  }

  /** @returns whether one more connection may be opened, if need be in the place of one that waits */
  #makeRoom(): boolean {
    if (this.#open < this.#bounds.connections) return true
    for (const group of this.#groups.values()) {
      const oldest = group.idle.shift()
      if (oldest === undefined) continue
      oldest.connection.destroy()
      return true
    }
    return false
  }

  /** Whoever is to open a connection has its place from now on. */
  #reserve(group: Group): void {
    group.open++
    this.#open++
  }

  async #connect(group: Group, search: Search): Promise<ClientConnection> {
    const { to, options } = group.route
    try {
      // 0 would be no limit.
      const open = { ...search.timeout.open, total: Math.max(1, search.left) }
      const { signal, trace } = search.options
      const stream = await openStream(to, options, { timeout: open, signal, trace })
      const connection: ClientConnection = new ClientConnection(stream, {
        host: to.host,
        limits: this.#limits,
        clock: this.#clock,
        keepAlive: this.#keepAlive,
        onIdle: () => this.#release(group, connection),
        onClose: () => this.#gone(group, connection),
      })
      this.#all.add(connection)
      if (this.#closed) {
        connection.destroy()
        throw this.#error('ERR_CLOSED')
      }
      return connection
    } catch (error) {
      this.#left(group)
      throw error
    }
  }

  #wait(group: Group, search: Search): Promise<ClientConnection | undefined> {
    if (this.#waiters.length >= this.#bounds.waiting) {
      this.#forget(group)
      throw this.#error('ERR_BUSY', `${this.#bounds.waiting} requests wait already`)
    }
    const { signal } = search.options
    return new Promise((resolve, reject) => {
      const late = search.left
      const timer =
        late === Number.POSITIVE_INFINITY
          ? undefined
          : this.#clock.setTimeout(() => {
              leave()
              reject(search.tooLate())
            }, late)
      const leave = (): void => {
        if (timer !== undefined) this.#clock.clearTimeout(timer)
        callOff?.()
        const at = this.#waiters.indexOf(waiter)
        if (at !== -1) this.#waiters.splice(at, 1)
        this.#forget(group)
      }
      const waiter: Waiter = {
        group,
        give: (connection) => {
          leave()
          if (this.#closed) reject(this.#error('ERR_CLOSED'))
          else resolve(connection)
        },
      }
      const callOff =
        signal &&
        onAbort(signal, () => {
          leave()
          reject(signal.reason)
        })
      this.#waiters.push(waiter)
    })
  }

  /** A connection has done its work. */
  #release(group: Group, connection: ClientConnection): void {
    if (this.#closed) {
      void connection.close()
      return
    }
    const next = this.#waiters.find((waiter) => waiter.group === group)
    if (next !== undefined) {
      next.give(connection)
      return
    }
    // What waits here takes the place that somebody else waits for.
    const ms = this.#nextForPlace() === undefined ? connection.idleLimit : 0
    if (ms === 0) {
      void connection.close()
      return
    }
    // What waits for the next request must not keep a finished program from ending.
    connection.stream.unref()
    group.idle.push({ connection, until: this.#clock.now() + ms })
    this.#sweeper ??= this.#schedule()
  }

  #gone(group: Group, connection: ClientConnection): void {
    if (!this.#all.delete(connection)) return
    const at = group.idle.findIndex((idle) => idle.connection === connection)
    if (at !== -1) group.idle.splice(at, 1)
    this.#left(group)
    if (this.#all.size === 0) this.#emptied?.()
  }

  /** There is room for a new connection: whoever has waited longest and may have one gets it. */
  #left(group: Group): void {
    group.open--
    this.#open--
    const next = this.#open < this.#bounds.connections ? this.#nextForPlace() : undefined
    if (next !== undefined) {
      this.#reserve(next.group)
      next.give(undefined)
    }
    this.#forget(group)
  }

  /** Who has waited longest for a connection of their own, and may have one. */
  #nextForPlace(): Waiter | undefined {
    return this.#waiters.find(({ group }) => group.open < this.#bounds.perOrigin)
  }

  /** A group without connections, for which nobody waits, is none. */
  #forget({ key, open }: Group): void {
    if (open === 0 && !this.#waiters.some(({ group }) => group.key === key))
      this.#groups.delete(key)
  }

  #schedule(): ReturnType<Clock['setTimeout']> {
    const timer = this.#clock.setTimeout(() => this.#sweep(), SWEEP)
    timer.unref?.()
    return timer
  }

  #sweep(): void {
    this.#sweeper = undefined
    const now = this.#clock.now()
    let left = 0
    for (const { idle } of this.#groups.values()) {
      const over = idle.filter(({ until }) => until <= now)
      for (const { connection } of over) void connection.close()
      left += idle.length - over.length
    }
    if (left > 0) this.#sweeper = this.#schedule()
  }

  #error(code: string, reason?: string): NetError {
    const facts = { verb: 'request', target: '', code, phase: 'connect' as const }
    return new NetError(reason === undefined ? facts : { ...facts, reason })
  }
}

function withCredentials(
  headers: PoolRequestOptions['headers'],
  { credentials }: Route,
): PoolRequestOptions['headers'] {
  if (credentials === undefined) return headers
  const all = new Headers(headers)
  if (!all.has('proxy-authorization')) all.append('Proxy-Authorization', credentials)
  return all
}
