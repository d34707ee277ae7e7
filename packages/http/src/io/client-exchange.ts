/**
 * One request of a client and its response: what is remembered of it, how long it may take, what its errors
 * say, what is told of it to those who trace.
 */

import { type Clock, onAbort } from '@sluice/socket'
import {
  codeOf,
  NetError,
  normaliseTimeout,
  TimeoutError,
  type TimeoutOption,
} from '@sluice/socket/errors'
import { nextId } from '@sluice/socket/trace'
import type { CodingLimits } from '../core/content-coding.ts'
import {
  IncompleteBodyError,
  isIncompleteBodyError,
  isProtocolError,
  ProtocolError,
} from '../core/errors.ts'
import type { EndEvent, ResponseHead } from '../core/events.ts'
import type { Headers, HeadersInit } from '../core/headers.ts'
import { maskFields } from '../core/masked.ts'
import type { Direction, HttpTraceFacts } from '../core/trace-events.ts'
import type { BodyInit, IncomingBody } from './body.ts'
import type { Decoder } from './coding.ts'
import type { Settleable } from './exchange.ts'
import type { Response } from './response.ts'
import { resolutionFor, Ticker, type Timed } from './ticker.ts'
import { publish, tracing } from './trace.ts'

/** Milliseconds; 0 and Infinity turn one off. */
export interface ClientTimeouts {
  /** From the request to the head of its response; default 300 000. */
  headers?: number | undefined
  /** Silence inside a response body; default 300 000. */
  idle?: number | undefined
  /** The whole exchange, body and all; default off. */
  total?: number | undefined
  /** What is left of `total`, where finding the connection took a part of it; default: all of it. */
  left?: number | undefined
}

/** What every request takes, over whichever connection. */
export const REQUEST_KEYS = [
  'method',
  'headers',
  'body',
  'signal',
  'timeout',
  'trace',
  'decode',
  'informational',
] as const

/** One request on a connection. */
export interface ExchangeOptions {
  /** Default GET. */
  method?: string | undefined
  /** With `Expect: 100-continue` the body waits until the server wants it, a second at most. */
  headers?: HeadersInit | undefined
  /** What to send: text, bytes, a Blob, a form, a stream. Default: nothing. */
  body?: BodyInit | null | undefined
  /**
   * Told of each response before the final one: 103 with the Link fields of what will be needed, 102, 100. What it throws
   * ends the exchange.
   */
  informational?: ((status: number, headers: Headers) => void) | undefined
  /** Ends the exchange and its connection; whatever waits rejects with `signal.reason`. */
  signal?: AbortSignal | undefined
  /** Milliseconds until the head is here, of silence in the body, and for the whole. */
  timeout?: ClientTimeouts | undefined
  /** For trace events: the id, one layer up, of what asks. */
  trace?: { parent: number } | undefined
  /**
   * Ask for coded bodies (gzip, deflate, br, zstd where the runtime has it) and undo the coding, with these caps; default
   * false: bodies come as they were sent. The fields of the response stay as they are.
   */
  decode?: boolean | Partial<CodingLimits> | undefined
  /** The value of Host, where it is not that of the connection; default: the connection's. */
  host?: string | undefined
}

/** What an exchange is made with. */
export interface ExchangeFacts {
  readonly method: string
  /** What errors name: the URL. */
  readonly url: string
  /** The stream's number. */
  readonly connection: number
  readonly parent: number
  readonly timeout: ClientTimeouts
  readonly signal: AbortSignal | undefined
  readonly clock: Clock
  readonly decoder: Decoder | undefined
  readonly informational: ExchangeOptions['informational']
  /** Called when the signal aborts, with its reason. */
  readonly aborted: (reason: unknown) => void
  readonly resolve: (response: Response) => void
  readonly reject: (error: unknown) => void
}

/** Node's fetch waits 300 s for each; the user knows better, and says so. */
const PATIENCE = 300_000
/** How long a body waits for `100 Continue` that an old server never sends; curl waits as long. */
const CONTINUE = 1000
/** So much of a body that nobody wants is cheaper to read than another connection: as much as one read brings. */
const DRAIN_BUDGET = 65_536
/** Milliseconds that it may take. Arbitrary: some round trips. */
const DRAIN_TIME = 1000
/** Below this a limit gets a timer that is fine enough for it. */
const COARSE_FROM = 2_000

/** A timeout option, divided between opening and the exchange. */
export interface Timeouts {
  readonly open: Exclude<TimeoutOption, number>
  readonly exchange: { headers: number; idle: number; total: number }
}

export function timeoutsOf(option: TimeoutOption | undefined): Timeouts {
  const { headers, idle, total, ...below } = normaliseTimeout(option)
  const given = typeof option === 'object' ? option : {}
  return {
    open: below,
    exchange: {
      headers: given.headers === undefined ? PATIENCE : headers,
      idle: given.idle === undefined ? PATIENCE : idle,
      total,
    },
  }
}

const tickers = new WeakMap<Clock, Ticker>()

/** One request and its response. */
export class ClientExchange {
  readonly facts: ExchangeFacts
  /** Trace id; 0 while nobody watches. */
  readonly id: number
  body: IncomingBody | undefined
  trailers: Settleable<Headers> | undefined
  /** Bytes of the body as its head says, where the connection goes on behind it; else -1. */
  length = -1
  /** Whether the request has been sent to its end. */
  isSent = false
  /** Tells the source of a body that is on its way that nobody wants the rest. */
  giveUp: ((reason: unknown) => void) | undefined
  readonly #ticker: Ticker
  readonly #timed: Timed
  readonly #limits: Readonly<Record<'headers' | 'idle' | 'total', number>>
  readonly #end: number
  #continue: ((isWanted: boolean) => void) | undefined
  readonly #callOff: (() => void) | undefined
  #isDraining = false
  /** Which limit the deadline stands for. */
  #phase: 'headers' | 'idle' | 'total' = 'headers'

  /** @param timed whose deadline this sets */
  constructor(facts: ExchangeFacts, timed: Timed) {
    const { signal, timeout, clock, aborted } = facts
    this.facts = facts
    this.id = tracing() ? nextId() : 0
    this.#timed = timed
    const headers = limit(timeout.headers, PATIENCE)
    const idle = limit(timeout.idle, PATIENCE)
    const total = limit(timeout.total, Number.POSITIVE_INFINITY)
    const left = Math.min(total, timeout.left ?? total)
    this.#limits = { headers, idle, total }
    this.#ticker = tickerFor(clock, Math.min(headers, idle, left))
    this.#ticker.add(timed)
    this.#end = this.#ticker.after(left)
    if (signal !== undefined) {
      this.#callOff = onAbort(signal, () => aborted(signal.reason))
    }
    this.wait('headers')
  }

  get phase(): 'headers' | 'idle' | 'total' {
    return this.#phase
  }

  /** From now on this is what is waited for. */
  wait(phase: 'headers' | 'idle'): void {
    if (this.#isDraining) return
    const due = this.#ticker.after(this.#limits[phase])
    this.#phase = this.#end < due ? 'total' : phase
    this.#timed.deadline = Math.min(due, this.#end)
  }

  /** Nobody wants the rest. @returns whether it is so little that it is read and dropped, and soon */
  drain(): boolean {
    const left = this.length - (this.body?.received ?? 0)
    this.#isDraining = this.isSent && left >= 0 && left <= DRAIN_BUDGET
    if (this.#isDraining) this.#timed.deadline = Math.min(this.#ticker.after(DRAIN_TIME), this.#end)
    return this.#isDraining
  }

  /** Waits for `100 Continue`, but not for long. @returns whether the body is still to be sent */
  untilContinue(): Promise<boolean> {
    const { clock } = this.facts
    return new Promise((resolve) => {
      const timer = clock.setTimeout(() => this.goOn(true), CONTINUE)
      this.#continue = (isWanted) => {
        clock.clearTimeout(timer)
        resolve(isWanted)
      }
    })
  }

  /** The server wants the body, or has answered without it. */
  goOn(isWanted: boolean): void {
    const tell = this.#continue
    this.#continue = undefined
    tell?.(isWanted)
  }

  /** It is over, well or not: neither a timer nor a listener is left behind, nor a body that nobody wants. */
  settle(reason?: unknown): void {
    this.goOn(false)
    this.#timed.deadline = Number.POSITIVE_INFINITY
    this.#ticker.delete(this.#timed)
    this.#callOff?.()
    if (!this.isSent) this.giveUp?.(reason)
  }

  /** It failed: whoever waits is told. */
  fail(error: unknown): void {
    if (this.id !== 0) this.tell('error', { code: codeOf(error) ?? 'ABORTED' })
    this.settle(error)
    this.facts.reject(error)
    this.trailers?.reject(error)
    this.body?.fail(error)
  }

  timedOut(): TimeoutError {
    const { method: verb, url: target } = this.facts
    return new TimeoutError({ verb, target, phase: this.#phase, limit: this.#limits[this.#phase] })
  }

  error(code: string, reason?: string): NetError {
    const { method: verb, url: target } = this.facts
    const facts = { verb, target, code, phase: 'headers' as const }
    return new NetError(reason === undefined ? facts : { ...facts, reason })
  }

  /** An error of a lower layer, with what was being done. */
  explain(error: unknown): unknown {
    const { method: verb, url: target } = this.facts
    if (isIncompleteBodyError(error)) {
      const { expected, received } = error
      return new IncompleteBodyError({ verb, target, expected, received, side: 'remote' })
    }
    if (isProtocolError(error, 'remote')) {
      const { reason, code, phase } = error
      return new ProtocolError({ verb, target, reason, code, phase, side: 'remote', cause: error })
    }
    const phase = this.body === undefined ? 'headers' : 'body'
    const code = codeOf(error) ?? 'ECONNRESET'
    return new NetError({ verb, target, phase, code, cause: error })
  }

  /** Publishes one event about this exchange; call it only while `id` is not 0. */
  tell<N extends keyof HttpTraceFacts>(
    name: N,
    facts: Omit<HttpTraceFacts[N], 'connection'>,
  ): void {
    const { parent, connection } = this.facts
    publish(this.id, parent, name, { connection, ...facts } as HttpTraceFacts[N])
  }

  traceRequest(count: number, target: string, head: string): void {
    const { method } = this.facts
    if (count > 1) this.tell('reuse', { exchange: count })
    const headers = maskFields(head.slice(head.indexOf('\r\n') + 2))
    this.tell('request-head', { direction: 'sent', method, target, version: '1.1', headers })
  }

  traceResponse({ status, reason, minor, fields, framing }: ResponseHead): void {
    const version = `1.${minor}`
    const headers = maskFields(fields.section)
    this.tell('response-head', { direction: 'received', status, reason, version, headers })
    if (status === 101 || framing === 'tunnel')
      this.tell('upgrade', { protocol: fields.get('upgrade') ?? 'tunnel' })
  }

  tracePiece(direction: Direction, bytes: number): void {
    this.tell('chunk', { direction, bytes })
  }

  traceEnd({ trailers }: EndEvent, keepAlive: boolean): void {
    const direction = 'received'
    const { body } = this
    if (body !== undefined)
      this.tell('body', { direction, bytes: body.received, pieces: body.pieces })
    if (trailers !== undefined) this.tell('trailer', { direction, fields: trailers.count })
    this.tell('end', { keepAlive })
  }
}

/** Long limits share one timer for each clock. */
function tickerFor(clock: Clock, shortest: number): Ticker {
  if (shortest < COARSE_FROM) return new Ticker(clock, resolutionFor(shortest))
  let ticker = tickers.get(clock)
  if (ticker === undefined) {
    ticker = new Ticker(clock)
    tickers.set(clock, ticker)
  }
  return ticker
}

function limit(value: number | undefined, otherwise: number): number {
  if (value === undefined) return otherwise
  if (typeof value !== 'number' || Number.isNaN(value) || value < 0)
    throw new RangeError(`a timeout must be 0 or more milliseconds, not ${value}`)
  return value === 0 ? Number.POSITIVE_INFINITY : value
}
