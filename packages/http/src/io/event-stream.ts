/**
 * The sending side of server-sent events: a response whose body is fed event by event.
 *
 * Rules it keeps:
 * - A line of comment goes out when nothing else does, so that proxies do not take silence for the end, and so that a
 *   client that is gone is noticed.
 * - Events that were sent since the last write leave together.
 * - What a client does not take is kept up to a cap; then the stream ends, and the client can come back.
 */
import { type Clock, onAbort, systemClock } from '@sluice/socket'
import { encodeUtf8 } from '@sluice/socket/bytes'
import { type EventFields, formatEvent } from '../core/event-stream.ts'
import { Headers, type HeadersInit } from '../core/headers.ts'
import { Response } from './response.ts'

/** How to send events. */
export interface SendEventsOptions {
  /** Milliseconds of silence after which a comment is sent; 0 turns it off. Default 15 000, as WHATWG advises. */
  keepAlive?: number | undefined
  /** Milliseconds that the client waits before it comes back, told at the beginning; default: its own, 3 to 5 s. */
  retry?: number | undefined
  /** More fields of the response; default: Content-Type, `Cache-Control: no-store`, and what keeps nginx from gathering. */
  headers?: HeadersInit | undefined
  /** Whose clock the silence is measured on; for tests. */
  clock?: Clock | undefined
}

/** How to open a stream of events. */
export interface EventStreamOptions extends SendEventsOptions {
  /** Ends the stream: `request.signal` where the handler has more to clean up. Default: none. */
  signal?: AbortSignal | undefined
  /** `queued`: characters that wait for a client that takes nothing, before the stream ends; default 1 MiB. */
  limits?: { queued?: number | undefined } | undefined
}

/** WHATWG HTML §9.2.7: "every 15 seconds or so". */
const KEEP_ALIVE = 15_000
/** Arbitrary: minutes of a busy stream. */
const QUEUED = 1_048_576

/**
 * Sends the events that an iterable gives, as fast as the client takes them.
 *
 * @param events texts, or events with a name and an id; when it ends the response ends, and a client comes back
 * @param options silence, the time to come back after, more fields
 * @returns the response for a handler to return; when the client is gone the iterable's `return` is called
 * @throws {RangeError} for times that make no sense
 * @see WHATWG HTML §9.2
 * @example
 * async function* ticks() {
 *   for (let i = 0; i < 3; i++) yield { event: 'tick', id: String(i), data: new Date().toISOString() }
 * }
 * const server = await serve(() => sendEvents(ticks()), { port: 8080 })
 */
export function sendEvents(
  events: AsyncIterable<EventFields | string>,
  options: SendEventsOptions = {},
): Response {
  const iterator = events[Symbol.asyncIterator]()
  return respond(
    {
      async next() {
        const { done, value } = await iterator.next()
        return done ? undefined : formatEvent(value)
      },
      return: () => void Promise.resolve(iterator.return?.()).catch(() => {}),
    },
    options,
  )
}

/**
 * A stream of events that a program feeds from wherever it is.
 *
 * @example
 * const streams = new Set<EventStream>()
 * const server = await serve((request) => {
 *   const stream = new EventStream({ retry: 1000 })
 *   streams.add(stream)
 *   void stream.closed.then(() => streams.delete(stream))
 *   return stream.response
 * }, { port: 8080 })
 * for (const stream of streams) stream.send({ event: 'news', data: 'hello' })
 */
export class EventStream {
  /** What the handler returns. */
  readonly response: Response
  /** Settles when the stream is over: closed, given up by the client, or too far behind. Never rejects. */
  readonly closed: Promise<void>
  readonly #limit: number
  #queue = ''
  #isOpen = true
  #wake: ((text: string | undefined) => void) | undefined
  #close: () => void = () => {}

  /**
   * @param options silence, the time to come back after, a signal, a cap
   * @throws {RangeError} for times that make no sense
   */
  constructor(options: EventStreamOptions = {}) {
    const { signal, limits, ...rest } = options
    this.#limit = checked('limits.queued', limits?.queued ?? QUEUED)
    this.closed = new Promise((resolve) => {
      this.#close = resolve
    })
    this.response = respond({ next: () => this.#next(), return: () => this.#end() }, rest)
    if (signal?.aborted) this.#end()
    else if (signal !== undefined) {
      const callOff = onAbort(signal, () => void this.#end())
      void this.closed.then(callOff)
    }
  }

  /** Whether events still go anywhere. */
  get isOpen(): boolean {
    return this.#isOpen
  }

  /** Characters that wait for the client to take them. */
  get queued(): number {
    return this.#queue.length
  }

  /**
   * Sends an event.
   *
   * @param event its fields; a text alone is its data
   * @returns whether it was taken; not when the stream is over. What was taken may still be lost with the connection
   * @throws {TypeError | RangeError} for an event that can't be written, see `formatEvent`
   */
  send(event: EventFields | string): boolean {
    const text = formatEvent(event)
    if (!this.#isOpen) return false
    this.#queue += text
    if (this.#queue.length > this.#limit) {
      // Whoever is so far behind begins again, with the id of what it had last.
      this.#queue = ''
      this.#end()
      return false
    }
    this.#tell()
    return true
  }

  /** Ends the response once what was sent has left; a client comes back, unless it is answered 204 then. Never throws. */
  close(): void {
    this.#end()
  }

  #tell(): void {
    const wake = this.#wake
    if (wake === undefined) return
    this.#wake = undefined
    const text = this.#queue
    this.#queue = ''
    wake(text === '' ? undefined : text)
  }

  #next(): Promise<string | undefined> {
    return new Promise((resolve) => {
      this.#wake = resolve
      if (this.#queue !== '' || !this.#isOpen) this.#tell()
    })
  }

  #end(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#close()
    this.#tell()
  }
}

/** Where the text of a response comes from. */
interface TextSource {
  /** The next text; `undefined` at the end. */
  next(): Promise<string | undefined>
  /** Nobody wants more. */
  return(): void
}

function respond(source: TextSource, options: SendEventsOptions): Response {
  const { retry, keepAlive = KEEP_ALIVE, clock = systemClock } = options
  const headers = new Headers(options.headers)
  const add = (name: string, value: string): void => {
    if (!headers.has(name)) headers.append(name, value)
  }
  add('Content-Type', 'text/event-stream')
  add('Cache-Control', 'no-store')
  add('X-Accel-Buffering', 'no')
  const first = retry === undefined ? '' : formatEvent({ retry })
  const silence = checked('keepAlive', keepAlive)
  const pieces = new AlivePieces(source, first, silence, clock)
  return new Response({ [Symbol.asyncIterator]: () => pieces }, { headers })
}

/** The pieces of a body that is never silent for long. */
class AlivePieces implements AsyncIterator<Uint8Array> {
  readonly #source: TextSource
  readonly #silence: number
  readonly #clock: Clock
  #first: string
  /** Whether the source was asked and has not answered. */
  #isAsked = false
  /** What came of the source, or broke it, while nobody waited. */
  #arrived: Promise<string | undefined> | undefined
  #waiting: ((result: Promise<string | undefined>) => void) | undefined
  #timer: ReturnType<Clock['setTimeout']> | undefined

  constructor(source: TextSource, first: string, silence: number, clock: Clock) {
    this.#source = source
    this.#first = first
    this.#silence = silence
    this.#clock = clock
  }

  async next(): Promise<IteratorResult<Uint8Array>> {
    const text = this.#first === '' ? await this.#text() : this.#first
    this.#first = ''
    return text === undefined
      ? { done: true, value: undefined }
      : { done: false, value: encodeUtf8(text) }
  }

  async return(): Promise<IteratorResult<Uint8Array>> {
    this.#clearTimer()
    this.#source.return()
    return { done: true, value: undefined }
  }

  #text(): Promise<string | undefined> {
    const arrived = this.#arrived
    this.#arrived = undefined
    if (arrived !== undefined) return arrived
    return new Promise((resolve) => {
      this.#waiting = resolve
      if (!this.#isAsked) this.#ask()
      if (this.#silence > 0 && this.#silence !== Number.POSITIVE_INFINITY)
        this.#timer = this.#clock.setTimeout(
          () => this.#tell(Promise.resolve(COMMENT)),
          this.#silence,
        )
    })
  }

  #ask(): void {
    this.#isAsked = true
    const answer = (result: Promise<string | undefined>): void => {
      this.#isAsked = false
      if (this.#waiting !== undefined) this.#tell(result)
      else this.#arrived = result
    }
    const next = this.#source.next()
    next.then(
      () => answer(next),
      () => answer(next),
    )
  }

  #tell(result: Promise<string | undefined>): void {
    this.#clearTimer()
    const waiting = this.#waiting
    this.#waiting = undefined
    waiting?.(result)
  }

  #clearTimer(): void {
    if (this.#timer !== undefined) this.#clock.clearTimeout(this.#timer)
    this.#timer = undefined
  }
}

const COMMENT = ':\n\n'

function checked(name: string, value: number): number {
  if (typeof value !== 'number' || !(value >= 0))
    throw new RangeError(`${name} must be 0 or more, not ${value}`)
  return value
}
