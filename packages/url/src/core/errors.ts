/**
 * The errors of the url layer: a fetch that came to nothing, and where it broke off.
 *
 *     GET http://localhost/big: body ended after 1024 of 4096 bytes (ERR_INCOMPLETE_BODY, phase body)
 *
 * Rules it keeps:
 * - `FetchError` is a `TypeError`, since that is what the Fetch standard rejects with and what programs catch.
 * - It adds a noun (the URL) and swallows nothing: the lower error is in `cause`, and lends its code and phase.
 * - A target never shows a password: sentences end in logs.
 * - Callers test with `isFetchError`, not with instanceof: two copies of a package may meet in one program.
 */
import { codeOf, isNetError, type NetErrorFacts, REASONS, reasonOf } from '@sluice/socket/errors'
import { visible } from './shown.ts'

/**
 * What a `FetchError` is made of; `method`, `url` and the reason make the sentence. `reason` is by default what the
 * code means, else the cause's message. The rest is told as by a `NetError`.
 */
export interface FetchErrorFacts
  extends Pick<
    NetErrorFacts,
    'reason' | 'elapsed' | 'attempt' | 'bytesSent' | 'bytesReceived' | 'cause' | 'errors'
  > {
  /** What was being done: `GET`, `RETR`. */
  method: string
  /** To what; a password in it is masked. */
  url: string
  /** A stable code. Default: the cause's own, else `ERR_FETCH`. */
  code?: string
  /** Where it broke off. Default: the cause's own, else `fetch`. */
  phase?: string
}

// Symbol.for: the same mark in every copy of the package.
const BRAND = Symbol.for('sluice.FetchError')

/** A fetch failed before its answer was complete. */
export class FetchError extends TypeError {
  override readonly name: string = 'FetchError'
  /** Stable; compare this, never the message. */
  readonly code: string
  /** Where it broke off: `lookup`, `connect`, `headers`, `body`, `redirect` ... */
  readonly phase: string
  /** What was being done: `GET`. */
  readonly method: string
  /** The URL, its password masked. */
  readonly target: string
  /** Milliseconds from the start of the call to the failure. */
  readonly elapsed: number | undefined
  /** Which try this was, from 1, where several were made. */
  readonly attempt: number | undefined
  /** Bytes that had left on the connection, where that is known. */
  readonly bytesSent: number | undefined
  /** Bytes that had come on the connection, where that is known. */
  readonly bytesReceived: number | undefined
  /** Every attempt's error, where several were made; else empty. */
  readonly errors: readonly Error[]

  /** @param facts what the sentence is made of; code and phase are by default those of `cause` */
  constructor(facts: FetchErrorFacts) {
    const lower = (facts.cause ?? {}) as Partial<Record<keyof FetchErrorFacts, unknown>>
    const code = facts.code ?? codeOf(facts.cause) ?? 'ERR_FETCH'
    const phase = facts.phase ?? (typeof lower.phase === 'string' ? lower.phase : 'fetch')
    // Of the facts, the engine takes the `cause`.
    super(sentence(facts, code, phase), facts)
    this.code = code
    this.phase = phase
    this.method = facts.method
    this.target = maskUrl(facts.url)
    this.elapsed = facts.elapsed
    this.attempt = facts.attempt
    this.bytesSent = facts.bytesSent ?? numberOf(lower.bytesSent)
    this.bytesReceived = facts.bytesReceived ?? numberOf(lower.bytesReceived)
    this.errors = facts.errors ?? []
    Object.defineProperty(this, BRAND, { value: true })
  }
}

/**
 * Tells whether a value is a `FetchError`, from whichever copy of the package.
 *
 * @param code when given, the error must carry this code
 * @param value anything that was caught
 * @example if (isFetchError(error, 'ENOTFOUND')) console.log('is the name right?')
 */
export function isFetchError(value: unknown, code?: string): value is FetchError {
  return (
    value instanceof Error &&
    (value as { [BRAND]?: unknown })[BRAND] === true &&
    (code === undefined || codeOf(value) === code)
  )
}

/**
 * Hides what a URL must not show in a log: the password, or all of a userinfo that has no colon (a token).
 *
 * @param url may be any text, since it is shown when it is no URL, too
 * @returns the text with `***` for the secret; never throws
 * @see RFC 3986 §3.2.1, §7.5
 * @example maskUrl('ftp://me:secret@host/') // 'ftp://me:***@host/'
 */
export function maskUrl(url: string): string {
  return url.replace(/\/\/[^/?#]*/, (authority) =>
    authority.replace(/^\/\/([^:]*:)?.*@/s, '//$1***@'),
  )
}

/** The server answered with a status that is no success, where only a success is of use. */
export class HttpStatusError extends FetchError {
  override readonly name: string = 'HttpStatusError'
  /** 404, 500 ... */
  readonly status: number
  /** What Retry-After said; null where it said nothing. */
  readonly retryAfter: string | null

  /** @param facts method and URL, the status with its words, and Retry-After */
  constructor(facts: {
    method: string
    url: string
    status: number
    statusText: string
    retryAfter?: string | null
  }) {
    const { method, url, status, statusText } = facts
    const reason = `the server answered ${status} ${statusText}`.trimEnd()
    super({ method, url, code: 'ERR_STATUS', phase: 'headers', reason })
    this.status = status
    this.retryAfter = facts.retryAfter ?? null
  }
}

/**
 * One sentence of this layer for an error of one below; anything else stays what it is.
 *
 * @param total what the caller allowed for all of it: below, only what was left of that is known
 * @param elapsed milliseconds since the call
 */
export function explain(
  error: unknown,
  { method, url, total }: { method: string; url: string; total?: number | undefined },
  elapsed: number,
): unknown {
  if (error instanceof FetchError || !isNetError(error)) return error
  const { code, phase, errors } = error
  const isLate = phase === 'total' && total !== undefined
  const reason = isLate ? lateReason(total) : reasonIn(error)
  const facts = { method, url, code, phase, elapsed, errors, cause: error }
  return new FetchError(reason === undefined ? facts : { ...facts, reason })
}

/** What `timeout.total` says, wherever it strikes, of the milliseconds that it allowed. */
export function lateReason(total: number): string {
  return `no result within ${total} ms`
}

/** The reason in the sentence of a lower layer: what stands between target and code. */
export function reasonIn({ message }: Error): string | undefined {
  return /: (.*) \([A-Z_0-9]+, phase /s.exec(message)?.[1]
}

function sentence(facts: FetchErrorFacts, code: string, phase: string): string {
  const notes = [code, `phase ${phase}`]
  if (facts.elapsed !== undefined) notes.push(`${Math.round(facts.elapsed)} ms`)
  const reason = facts.reason ?? reasonFrom(facts.cause, code)
  // It ends in logs and on terminals, and parts of it are written by strangers.
  return visible(`${facts.method} ${maskUrl(facts.url)}: ${reason} (${notes.join(', ')})`)
}

/** The table knows the common codes; anything else is told in the words of the error below. */
function reasonFrom(cause: unknown, code: string): string {
  // The table has sockets in mind, and this layer opens files alone.
  if (code === 'ENOENT') return 'no such file'
  if (Object.hasOwn(REASONS, code)) return reasonOf(code)
  return cause instanceof Error && cause.message !== '' ? cause.message : 'failed'
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined
}
