/**
 * `serve`: a handler of requests, listening. Accepts connections up to a cap, keeps them, and lets go of
 * them in good order.
 */
import {
  type Address,
  type ByteStream,
  type Listener,
  type ListenOptions,
  listen,
  systemClock,
  type Target,
} from '@sluice/socket'
import { codeOf, isNetError, NetError } from '@sluice/socket/errors'
import { checkNumber, checkOptions } from '../core/check-options.ts'
import { formatDate } from '../core/date.ts'
import type { ServerExchange } from './exchange.ts'
import { fence } from './fence.ts'
import { planReload, type ReloadOptions, withContext } from './reload.ts'
import type { Request } from './request.ts'
import { normaliseServe, type ServeOptions, type ServePlan } from './serve-options.ts'
import { ServerConnection } from './server-connection.ts'
import { type Handler, type ServerContext, toHandler } from './server-context.ts'
import { type ServerStats, Tally } from './server-stats.ts'
import type { Take } from './takeover.ts'
import { resolutionFor, Ticker } from './ticker.ts'

/**
 * Serves HTTP/1.1.
 *
 * @param handler answers each request; or an object with such a `fetch`, as frameworks export
 * @param options where to listen, timeouts, limits, and who is told of errors
 * @returns the server, listening
 * @throws {NetError} `EADDRINUSE` and the others of `listen`
 * @throws {TypeError | RangeError | SyntaxError} for options that make no sense, or that say twice where to listen
 * @see RFC 9112; RFC 9110 §3.6
 * @example
 * const server = await serve(() => new Response('Hello, World!'), { port: 8080 })
 * console.log(`listening on ${server.url}`)
 */
export async function serve(
  handler: Handler | { fetch: Handler },
  options: ServeOptions = {},
): Promise<Server> {
  const server = new Server(handler, options)
  await server.listen()
  return server
}

/** So many connections above the cap are told so (503); more wait in the listener. Arbitrary. */
const SURPLUS = 64

/** The context with what `reload` exchanges. */
type OpenContext = { -readonly [K in keyof ServerContext]: ServerContext[K] }

/** A running server. Made by `serve()`. */
export class Server implements AsyncDisposable {
  #options: ServeOptions
  readonly #target: Target
  readonly #context: OpenContext
  readonly #connections = new Set<ServerConnection>()
  /** Streams that speak something else by now, and who asked for that; they end with the server. */
  readonly #given = new Map<ByteStream, ServerExchange>()
  readonly #errors = new Map<string, number>()
  #maxConnections: number
  #listener: Listener | undefined
  /** Of the listener that we opened. */
  #tls: ListenOptions['tls']
  #accepted = 0
  /** Bytes of the connections that are gone. */
  #sent = 0
  #received = 0
  #stopping = false
  #room: (() => void) | undefined
  #idle: (() => void) | undefined

  /**
   * @param handler answers each request; or an object with such a `fetch`
   * @param options as for `serve()`
   * @throws {TypeError | RangeError | SyntaxError} for options that make no sense
   */
  constructor(handler: Handler | { fetch: Handler }, options: ServeOptions = {}) {
    const plan = normaliseServe(options)
    const { target, timeouts, limits, maxConnections, maxBody, maxRequests, bodyRate } = plan
    this.#options = options
    this.#target = target
    this.#maxConnections = maxConnections
    this.#context = {
      handler: toHandler(handler),
      limits,
      maxBody,
      maxRequests,
      bodyRate,
      tunnels: options.tunnels ?? false,
      timeouts,
      ticker: new Ticker(options.clock ?? systemClock, resolutionOf(plan), () => this.#setDate()),
      stats: new Tally(),
      dateLine: '',
      origin: 'http://localhost',
      stopped: undefined,
      onError: (error, request) => this.#report(error, request),
      count: (code) => void this.#errors.set(code, (this.#errors.get(code) ?? 0) + 1),
      remove: (connection) => this.#remove(connection),
      handOver: (stream, take, exchange) => this.#handOver(stream, take, exchange),
    }
    this.#setDate()
  }

  /**
   * Begins to listen; `serve()` calls it.
   *
   * @throws {NetError} `EADDRINUSE` and the others of `listen`
   * @throws {TlsError} a certificate and a key that do not fit together
   */
  async listen(): Promise<void> {
    const { listener, listen: how = {}, tls = how.tls } = this.#options
    if (listener === undefined && tls !== undefined) this.#tls = await withContext(tls, how.system)
    this.#listener =
      listener ?? (await listen(this.#target, this.#tls ? { ...how, tls: this.#tls } : how))
    this.#context.origin = this.url.replace(/\/$/, '')
    void this.#acceptAll(this.#listener)
  }

  /**
   * Exchanges the handler, the certificate, limits or times, while connections live on: what is being answered is
   * answered by the old handler. When something of it makes no sense nothing is exchanged.
   *
   * @param options what to exchange; what is left out stays
   * @throws {TypeError | RangeError} for options that make no sense, and for `tls` on a server without
   * @throws {TlsError} a certificate and a key that do not fit together
   * @example
   * const server = await serve(() => new Response('old'), { port: 8080 })
   * server.reload({ handler: () => new Response('new'), limits: { body: 1_000_000 } })
   */
  reload(options: ReloadOptions): void {
    const {
      options: complete,
      plan,
      handler,
    } = planReload(this.#options, options, this.#tls?.context)
    this.#options = complete
    this.#maxConnections = plan.maxConnections
    const { timeouts, limits, maxBody, maxRequests, bodyRate } = plan
    const present = this.#context
    Object.assign(present, { timeouts, limits, maxBody, maxRequests, bodyRate })
    if (handler !== undefined) present.handler = handler
    present.ticker.resolution = resolutionOf(plan)
    this.#room?.()
  }

  /** Where the server listens, with the port that the system chose. */
  get address(): Address {
    if (this.#listener === undefined) throw closed('address')
    return this.#listener.address
  }

  /** The address as a URL: `http://127.0.0.1:8080/`, or `https:` with `tls`. */
  get url(): string {
    const { address } = this
    const scheme = this.#listener?.isSecure ? 'https' : 'http'
    if (address.family === 'Unix') return `${scheme}://localhost/`
    const { family, hostname, port } = address
    return `${scheme}://${family === 'IPv6' ? `[${hostname}]` : hostname}:${port}/`
  }

  /** What was counted so far. Costs nothing until it is asked for. Never throws. */
  stats(): ServerStats {
    let inFlight = 0
    let sent = this.#sent
    let received = this.#received
    const { stats } = this.#context
    for (const connection of this.#connections) {
      inFlight += connection.inFlight
      sent += connection.stream.bytesSent
      received += connection.stream.bytesReceived
    }
    return {
      connections: this.#connections.size,
      accepted: this.#accepted,
      requests: stats.requests,
      responses: stats.responses,
      inFlight,
      outcomes: stats.outcomes,
      bytesReceived: received,
      bytesSent: sent,
      errors: Object.fromEntries(this.#errors),
    }
  }

  /**
   * Serves one stream, wherever it comes from: a memory pair, a tunnel. Never throws.
   *
   * @param stream open, and read by nobody else; closed at once when the server is stopping
   */
  handle(stream: ByteStream): void {
    if (this.#stopping) {
      void stream.close()
      return
    }
    const isSurplus = this.#connections.size >= this.#maxConnections
    const connection = new ServerConnection(stream, this.#context, isSurplus)
    this.#accepted++
    this.#connections.add(connection)
    this.#context.ticker.add(connection)
    connection.start()
  }

  /**
   * Stops in good order: no new connection, idle ones end, requests that are being answered are answered.
   *
   * @param options `grace`: milliseconds after which what is left is cut off; default 10 000
   * @throws {TypeError | RangeError} options that make no sense; nothing is stopped then
   */
  async shutdown(options: { grace?: number } = {}): Promise<void> {
    checkOptions('shutdown', options, ['grace'])
    const grace = checkNumber('shutdown: grace', options.grace ?? 10_000)
    this.#stop()
    for (const connection of this.#connections) connection.finish()
    if (this.#connections.size > 0) await this.#untilIdle(grace)
    await this.close()
  }

  /** Stops now: connections are cut off. Never rejects. */
  async close(): Promise<void> {
    this.#stop()
    const reason = closed('serve')
    for (const connection of this.#connections) connection.destroy(reason)
    for (const stream of this.#given.keys()) stream.destroy()
    this.#context.ticker.stop()
    await this.#listener?.close()
  }

  /** As `shutdown()`, so that `await using` works. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.shutdown()
  }

  #stop(): void {
    this.#stopping = true
    this.#room?.()
    void this.#listener?.close()
    const reason = closed('serve')
    this.#context.stopped ??= reason
    for (const connection of this.#connections) connection.stop(reason)
    for (const exchange of this.#given.values()) exchange.stop(reason)
  }

  #untilIdle(grace: number): Promise<void> {
    return new Promise((resolve) => {
      const clock = this.#options.clock ?? systemClock
      const timer = clock.setTimeout(resolve, grace)
      this.#idle = () => {
        clock.clearTimeout(timer)
        resolve()
      }
    })
  }

  async #acceptAll(listener: Listener): Promise<void> {
    while (!this.#stopping) {
      if (this.#connections.size >= this.#maxConnections + SURPLUS) await this.#untilRoom()
      else
        try {
          this.handle(await listener.accept())
        } catch (error) {
          if (this.#stopping || codeOf(error) === 'ERR_CLOSED') return
          // The system has no file descriptors left, or the like: it will have some again.
          this.#context.count(codeOf(error) ?? 'ERR_ACCEPT')
        }
    }
  }

  #untilRoom(): Promise<void> {
    return new Promise((resolve) => {
      this.#room = resolve
    })
  }

  #remove(connection: ServerConnection): void {
    if (!this.#connections.delete(connection)) return
    this.#context.ticker.delete(connection)
    this.#sent += connection.stream.bytesSent
    this.#received += connection.stream.bytesReceived
    this.#room?.()
    this.#room = undefined
    if (this.#connections.size === 0) this.#idle?.()
  }

  #handOver(stream: ByteStream, take: Take, exchange: ServerExchange): void {
    this.#given.set(stream, exchange)
    void stream.closed.then(() => this.#given.delete(stream))
    const failed = (error: unknown): void => {
      this.#context.count(codeOf(error) ?? 'ERR_HANDLER')
      // What the peer or the network broke is counted; the rest is a mistake that somebody has to see.
      if (!isNetError(error)) this.#report(error, exchange.request)
      stream.destroy()
    }
    fence(() => take(stream), failed)
  }

  #setDate(): void {
    // RFC 9110 §6.6.1: a server with a clock says when it answered.
    this.#context.dateLine = `Date: ${formatDate(Date.now())}\r\n`
  }

  #report(error: unknown, request: Request): void {
    const { onError } = this.#options
    // A report that fails must not become a second failure.
    if (onError !== undefined) fence(() => onError(error, request as unknown as globalThis.Request))
    else fence(() => console.error(`${request.method} ${request.url}:`, error))
  }
}

function resolutionOf({ timeouts }: ServePlan): number {
  return resolutionFor(...Object.values(timeouts))
}

function closed(verb: string): NetError {
  return new NetError({ verb, target: '', code: 'ERR_CLOSED', phase: 'listen' })
}
