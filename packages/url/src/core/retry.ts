/**
 * Asking again: facts in, decision out. Off unless it is asked for, since whether twice is as good as once only the program
 * knows.
 *
 * 1. So often and no more.
 * 2. Only what may pass by itself: statuses that say so, replies of FTP that say so (RFC 959 §4.2.1: those that begin with 4),
 *    and errors of the connection. A name that does not exist will not exist a second later, and a certificate that is wrong
 *    stays wrong.
 * 3. Only methods of which many are as one (RFC 9110 §9.2.2); any method where nothing of the request has left.
 * 4. Not before the server wants it (Retry-After, RFC 9110 §10.2.3); when that is too long, not at all, since an earlier
 *    try would be refused as well.
 * 5. Not all at once: the wait doubles each time, and a random half of it is left out, so that a thousand clients that
 *    failed together do not come back together.
 */
import { parseRetryAfter } from '@sluice/http/headers'
import { checkOptions } from './options.ts'

/** How to ask again. */
export interface RetryOptions {
  /** How often at most, the first time not counted; default 2. */
  retries?: number | undefined
  /** Which methods; default GET, HEAD, OPTIONS, TRACE, QUERY, PUT, DELETE. */
  methods?: readonly string[] | undefined
  /** Which statuses; default 408, 429, 500, 502, 503, 504. */
  statuses?: readonly number[] | undefined
  /**
   * Which replies of FTP servers, for `ftp:` URLs; default 421, 425, 426, 450, 451, 452. Some say 530 where they mean that too
   * many are there already.
   */
  replies?: readonly number[] | undefined
  /** Which codes of errors; default those of a connection that could not be made, broke or fell silent. */
  codes?: readonly string[] | undefined
  /** Milliseconds before the second try, at most; doubled each time. Default 500. */
  delay?: number | undefined
  /** The longest such wait in milliseconds; default 30 000. */
  maxDelay?: number | undefined
  /** The longest wait that a server may ask for (Retry-After) in milliseconds; more ends it. Default 60 000. */
  maxRetryAfter?: number | undefined
}

/** The same, complete. */
export interface RetryRules {
  readonly retries: number
  readonly methods: ReadonlySet<string>
  readonly statuses: ReadonlySet<number>
  readonly replies: ReadonlySet<number>
  readonly codes: ReadonlySet<string>
  readonly delay: number
  readonly maxDelay: number
  readonly maxRetryAfter: number
}

const METHODS = ['GET', 'HEAD', 'OPTIONS', 'TRACE', 'QUERY', 'PUT', 'DELETE']
/** Those of curl's --retry; ky and got have 413 besides, which does not pass by itself. */
const STATUSES = [408, 429, 500, 502, 503, 504]
/** Those of RFC 959 §4.2.2 that begin with 4: what the server says of itself and may not say a moment later. */
const REPLIES = [421, 425, 426, 450, 451, 452]
const CODES = [
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'ENETDOWN',
  'ENETUNREACH',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'EAI_AGAIN',
  'ERR_TIMEOUT',
  'ERR_UNEXPECTED_END',
]
/** Phases before the first byte of a request leaves. */
const BEFORE: ReadonlySet<string> = new Set(['lookup', 'connect', 'tls', 'proxy'])

const KEYS = [
  'retries',
  'methods',
  'statuses',
  'replies',
  'codes',
  'delay',
  'maxDelay',
  'maxRetryAfter',
]

/**
 * Completes the option.
 *
 * @param caller the function, for the sentence
 * @param option how often, or all of it; `true` is all defaults
 * @returns nothing for `false` and 0
 * @throws {TypeError | RangeError} what makes no sense
 */
export function planRetries(
  caller: string,
  option: boolean | number | RetryOptions,
): RetryRules | undefined {
  if (option === false) return undefined
  const given =
    option === true
      ? {}
      : typeof option === 'number'
        ? { retries: option }
        : (option as RetryOptions)
  checkOptions(`${caller} retry`, given, KEYS)
  const {
    retries = 2,
    methods = METHODS,
    statuses = STATUSES,
    replies = REPLIES,
    codes = CODES,
    delay = 500,
    maxDelay = 30_000,
    maxRetryAfter = 60_000,
  } = given
  if (!Number.isInteger(retries) || retries < 0)
    throw new RangeError(`${caller}: retry takes a whole number of 0 or more, not ${retries}`)
  for (const [name, value] of Object.entries({ delay, maxDelay, maxRetryAfter }))
    if (!(typeof value === 'number' && value >= 0))
      throw new RangeError(`${caller}: retry.${name} takes milliseconds, 0 or more`)
  for (const [name, value] of Object.entries({ methods, statuses, replies, codes }))
    if (!Array.isArray(value)) throw new TypeError(`${caller}: retry.${name} must be an array`)
  if (retries === 0) return undefined
  return {
    retries,
    methods: new Set(methods.map((method) => method.toUpperCase())),
    statuses: new Set(statuses),
    replies: new Set(replies),
    codes: new Set(codes),
    delay,
    maxDelay,
    maxRetryAfter,
  }
}

/** What is known when a try has ended without success, or with an answer that may be none. */
export interface RetryFacts {
  readonly method: string
  /** Tries so far. */
  readonly attempts: number
  /** The status of the answer; nothing where there was an error. */
  readonly status?: number | undefined
  /** What an FTP server said no with; nothing where the error is another one. */
  readonly reply?: number | undefined
  /** Of the error, and where it broke off. */
  readonly code?: string | undefined
  readonly phase?: string | undefined
  /** The value of Retry-After; null where there is none. */
  readonly retryAfter?: string | null | undefined
  /** Whether the body can be sent again. */
  readonly replayable: boolean
  /** Milliseconds that are left of the whole; Infinity for no limit. */
  readonly left: number
}

/** What to do: wait so long and ask again, or take it as it is. */
export type RetryPlan =
  | { readonly kind: 'wait'; readonly ms: number; readonly because: string }
  | { readonly kind: 'stop' }

/**
 * Decides whether to ask again.
 *
 * @param now milliseconds since 1970
 * @param chance 0 to 1, the latter not included
 */
export function planRetry(
  facts: RetryFacts,
  rules: RetryRules,
  now: number,
  chance: number,
): RetryPlan {
  const { method, attempts, status, reply, code, phase, retryAfter, replayable, left } = facts
  const stop = { kind: 'stop' } as const
  // 1
  if (attempts > rules.retries) return stop
  // 2
  const mayPass =
    status !== undefined
      ? rules.statuses.has(status)
      : reply !== undefined
        ? rules.replies.has(reply)
        : code !== undefined && rules.codes.has(code)
  if (!mayPass || phase === 'total') return stop
  // 3
  const isUnsent = phase !== undefined && BEFORE.has(phase)
  if (!replayable || !(rules.methods.has(method.toUpperCase()) || isUnsent)) return stop
  // 4
  const asked = retryAfter == null ? undefined : parseRetryAfter(retryAfter, now)
  if (asked !== undefined && asked > rules.maxRetryAfter) return stop
  // 5
  const longest = Math.min(rules.maxDelay, rules.delay * 2 ** (attempts - 1))
  const ms = Math.round(asked ?? longest * (1 - chance / 2))
  return ms >= left
    ? stop
    : { kind: 'wait', ms, because: (status ?? reply)?.toString() ?? code ?? '' }
}

/** The code of the reply behind an error of FTP; nothing for another error. */
export function replyIn(error: unknown): number | undefined {
  const { reply } = (error ?? {}) as { reply?: { code?: unknown } }
  return typeof reply?.code === 'number' ? reply.code : undefined
}
