/**
 * What every server of Python's module `socketserver` does: wait for a request, ask whether it is wanted, have it handled,
 * hear of what was thrown. Every step is a hook of a subclass, and is awaited.
 */
import { systemClock } from '../system.ts'
import type { Address } from './arguments.ts'
import { classAttributes } from './class-attributes.ts'
import { OSError } from './errors.ts'
import { bind, type Given } from './keywords.ts'
import type { socket } from './socket-class.ts'

/** A class whose instances handle requests: those of `BaseRequestHandler`, or anything that is called the same way. */
export type RequestHandlerClass =
  | (new (
      request: never,
      client_address: never,
      server: never,
    ) => object)
  | ((request: never, client_address: never, server: never) => unknown)

/** Exceptions that are no `Exception` in Python: they end a program, and are not for `handle_error`. */
const EXITS = new Set(['SystemExit', 'KeyboardInterrupt', 'GeneratorExit'])

/** What every server does. */
export class Base {
  /** Seconds that `handle_request` waits; null for no limit. */
  static timeout: number | null = null
  declare timeout: number | null
  /** Where it is. */
  server_address: Address
  /** What handles a request. */
  RequestHandlerClass: RequestHandlerClass
  /** Settles once the server listens; rejects when it could not. */
  ready: Promise<void> = Promise.resolve()
  /** @internal Requests that are handled side by side. */
  readonly handling: Set<Promise<void>> = new Set()
  /** Set while `shutdown` waits for `serve_forever` to leave. */
  #isEnding = false
  #wake: AbortController | undefined
  #left: { promise: Promise<void>; resolve: () => void } = oneTime()

  constructor(server_address: Address, RequestHandlerClass: RequestHandlerClass) {
    this.server_address = server_address
    this.RequestHandlerClass = RequestHandlerClass
  }

  /** After binding; for subclasses. */
  server_activate(): unknown {
    return null
  }

  /** Handles requests until `shutdown`. `service_actions` is called in between, every `poll_interval` seconds at least. */
  async serve_forever(...args: Given<[poll_interval?: number]>): Promise<null> {
    const { poll_interval = 0.5 } = bind('serve_forever', ['poll_interval?'], args)
    await this.ready
    this.#left = this.#isEnding ? this.#left : oneTime()
    try {
      while (!this.#isEnding) {
        const isReady = await this.#hasRequest(poll_interval as number)
        if (this.#isEnding) break
        if (isReady) await this.#handleOne()
        await this.service_actions()
      }
    } finally {
      this.#isEnding = false
      this.#left.resolve()
    }
    return null
  }

  /** Makes `serve_forever` leave, and waits until it has. */
  async shutdown(): Promise<null> {
    this.#isEnding = true
    this.#wake?.abort()
    await this.#left.promise
    return null
  }

  /** Between two requests of `serve_forever`; for subclasses. */
  service_actions(): unknown {
    return null
  }

  /** Handles one request, or calls `handle_timeout` when none comes in time. */
  async handle_request(): Promise<null> {
    await this.ready
    const own = this.timeout
    const limit = this.requestSocket.gettimeout() ?? own
    const seconds = limit !== null && own !== null ? Math.min(limit, own) : limit
    if (await this.#hasRequest(seconds)) await this.#handleOne()
    else await this.handle_timeout()
    return null
  }

  /** Nothing came within `timeout`; for subclasses. */
  handle_timeout(): unknown {
    return null
  }

  /** Whether a request is handled; for subclasses. */
  verify_request(_request: unknown, _client_address: unknown): unknown {
    return true
  }

  /** Handles a request; ThreadingMixIn has another one, which does not wait. */
  async process_request(request: unknown, client_address: unknown): Promise<unknown> {
    await this.finish_request(request, client_address)
    await this.shutdown_request(request)
    return null
  }

  /** Lets go of everything. */
  server_close(): unknown {
    return null
  }

  /** Makes a handler, and waits for it. */
  async finish_request(request: unknown, client_address: unknown): Promise<unknown> {
    const Handler = this.RequestHandlerClass as new (...args: unknown[]) => { ready?: unknown }
    const handler = new Handler(request, client_address, this)
    await handler?.ready
    return null
  }

  /** Ends a request in good order. */
  async shutdown_request(request: unknown): Promise<unknown> {
    await this.close_request(request)
    return null
  }

  /** Lets go of a request. */
  close_request(_request: unknown): unknown {
    return null
  }

  /** A handler threw: writes to the standard error what it was. The server goes on. */
  handle_error(_request: unknown, client_address: unknown, error?: unknown): unknown {
    const line = '-'.repeat(40)
    const what = error instanceof Error ? (error.stack ?? error.message) : String(error)
    const head = `Exception occurred during processing of request from ${String(client_address)}`
    process.stderr.write(`${line}\n${head}\n${what}\n${line}\n`)
    return null
  }

  /** Enters a `with` block. */
  __enter__(): this {
    return this
  }

  /** Leaves a `with` block. */
  async __exit__(): Promise<void> {
    await this.server_close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server_close()
  }

  /** The next request and whose it is; for subclasses. */
  get_request(): unknown {
    throw new OSError('get_request() is for subclasses')
  }

  /** @internal The socket that requests come on. */
  get requestSocket(): socket {
    throw new OSError('a server needs a socket')
  }

  /** @internal What `handle_error` of a subclass is told, and then the request's end. */
  async failed(request: unknown, client_address: unknown, error: unknown): Promise<void> {
    const isExit = EXITS.has((error as Error | null)?.name ?? '')
    try {
      if (!isExit) await this.handle_error(...this.#errorArguments(request, client_address, error))
    } finally {
      await this.shutdown_request(request)
    }
    if (isExit) throw error
  }

  /** Python's hook finds the exception elsewhere (`sys.exc_info`); ours is given it as a third argument. */
  #errorArguments(
    request: unknown,
    client_address: unknown,
    error: unknown,
  ): [unknown, unknown, unknown?] {
    const isOurs = this.handle_error === Base.prototype.handle_error
    return isOurs || this.handle_error.length > 2
      ? [request, client_address, error]
      : [request, client_address]
  }

  async #handleOne(): Promise<void> {
    let found: readonly [request: unknown, client_address: unknown]
    try {
      found = (await this.get_request()) as typeof found
    } catch (error) {
      if (error instanceof OSError) return
      throw error
    }
    const [request, client_address] = found
    try {
      if (await this.verify_request(request, client_address))
        await this.process_request(request, client_address)
      else await this.shutdown_request(request)
    } catch (error) {
      await this.failed(request, client_address, error)
    }
  }

  /** @returns false when nothing came within `seconds`, or the wait was ended */
  async #hasRequest(seconds: number | null): Promise<boolean> {
    const wake = new AbortController()
    this.#wake = wake
    const timer =
      seconds === null
        ? undefined
        : systemClock.setTimeout(() => wake.abort(), Math.max(1, seconds * 1_000))
    try {
      await this.requestSocket.description.readable(wake.signal)
      return true
    } catch (error) {
      if (wake.signal.aborted) return false
      throw error
    } finally {
      if (timer !== undefined) systemClock.clearTimeout(timer)
      this.#wake = undefined
    }
  }
}
classAttributes(Base, ['timeout'])

function oneTime(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => {}
  const promise = new Promise<void>((done) => {
    resolve = done
  })
  return { promise, resolve }
}
