/**
 * When a connection is used again, for how long it may wait, and when a request that failed is made once more. Facts in,
 * decisions out; `io/pool.ts` does what is decided.
 *
 * A server closes a connection that waits whenever it likes, and its goodbye and our next request may cross. Two things
 * keep that rare: a connection is given up a little before the server would (`idleLimit`), and a request that fell into
 * the gap is made once more where that can do no harm (`mayReplay`).
 */
import { methodFacts } from './methods.ts'

/** How long a connection waits for the next request where the server does not say; undici has 4 s, Go 90. */
export const IDLE = 4_000
/** The longest, whatever a server promises: middle boxes forget connections after some minutes. */
export const MAX_IDLE = 600_000
/** So much earlier than the server we give a connection up; undici has 1 s, and Node's server adds one for that. */
const MARGIN = 1_000

/**
 * How long a connection may wait.
 *
 * @param keepAlive the value of the response's Keep-Alive field, if it had one: `timeout=5, max=100`
 * @param otherwise milliseconds where the server does not say
 * @returns milliseconds; 0 for not at all
 * @see RFC 2068 §19.7.1.1, draft-thomson-hybi-http-timeout
 */
export function idleLimit(keepAlive: string | null | undefined, otherwise: number = IDLE): number {
  if (keepAlive === undefined || keepAlive === null) return otherwise
  const [, seconds] = /(?:^|[,\s])timeout\s*=\s*"?(\d{1,9})/i.exec(keepAlive) ?? []
  const [, left] = /(?:^|[,\s])max\s*=\s*"?(\d{1,9})/i.exec(keepAlive) ?? []
  if (left !== undefined && Number(left) === 0) return 0
  if (seconds === undefined) return otherwise
  return Math.min(MAX_IDLE, Math.max(0, Number(seconds) * 1000 - MARGIN))
}

/** What is known of a request that got no answer. */
export interface FailedRequest {
  readonly method: string
  /** Whether its connection had answered another request before. */
  readonly isReused: boolean
  /** Whether a byte of a response had come. */
  readonly hasAnswer: boolean
  /** Whether the body can be sent a second time: there is none, or it lies in memory. */
  readonly isRepeatable: boolean
  /** What went wrong. */
  readonly code: string | undefined
}

/** Codes of a connection that was gone before our request came to it. */
const GONE = new Set(['ECONNRESET', 'EPIPE', 'ERR_UNEXPECTED_END', 'ERR_CLOSED'])

/**
 * Whether a request may be made once more, on a new connection.
 *
 * 1. Only on a connection that had been waiting: on a fresh one it is no accident (RFC 9112 §9.3.1).
 * 2. Only if no byte of a response came, so that nobody sees two answers.
 * 3. Only a method for which twice is once (RFC 9110 §9.2.2).
 * 4. Only if all of it can be sent again.
 */
export function mayReplay({
  method,
  isReused,
  hasAnswer,
  isRepeatable,
  code,
}: FailedRequest): boolean {
  if (!isReused || hasAnswer || !isRepeatable) return false
  return methodFacts(method).idempotent && GONE.has(code ?? '')
}
