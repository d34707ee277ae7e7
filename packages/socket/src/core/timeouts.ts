/**
 * The phases of a conversation that can take too long, and how long each may.
 *
 * What waits for machinery is finite from the start: a program that forgot about time must not hang
 * because a cable was pulled. What waits for a peer's will (the next line of a chat, the next visitor) is
 * not limited until the user says so, since only the user knows how long silence is normal.
 *
 * Values are milliseconds; `0` and `Infinity` both turn a phase off.
 */
import { kindOf } from './bytes.ts'
import { printable } from './quote.ts'

/** Names a part of a conversation; an error and an option use the same words. */
export type TimeoutPhase =
  | 'lookup'
  | 'connect'
  | 'tls'
  | 'proxy'
  | 'send'
  | 'headers'
  | 'idle'
  | 'total'

/** Milliseconds per phase; a single number is meant for `total`. */
export type TimeoutOption = number | Partial<Record<TimeoutPhase, number>>

/** A complete record: every phase has a number, `Infinity` where it is off. */
export type Timeouts = Readonly<Record<TimeoutPhase, number>>

/**
 * The defaults, and why. curl gives 300 s to connect and Go's Dialer none; both are criticised for it,
 * undici's 10 s is what people set by hand.
 */
export const DEFAULT_TIMEOUTS: Timeouts = {
  /** One resolver retry of glibc is 5 s. */
  lookup: 5_000,
  /** Three SYN (0 s, 1 s, 3 s) are lost before this; a fourth seldom helps. */
  connect: 10_000,
  tls: 10_000,
  proxy: 10_000,
  /** Time without one byte leaving, not the time of the whole send. */
  send: 30_000,
  /** The layer above knows what a head is, and sets its own. */
  headers: Number.POSITIVE_INFINITY,
  idle: Number.POSITIVE_INFINITY,
  total: Number.POSITIVE_INFINITY,
}

const PHASES = Object.keys(DEFAULT_TIMEOUTS) as TimeoutPhase[]

/**
 * Completes a timeout option.
 *
 * @param option what the user gave; a number is `total`
 * @param defaults the record to fill up from
 * @throws {TypeError} for an unknown phase, or for a value that is not a number
 * @throws {RangeError} for a negative value or NaN
 * @see Phases: lookup, connect, tls, proxy, send, headers, idle, total (docs/limits.md)
 */
export function normaliseTimeout(
  option: TimeoutOption | undefined,
  defaults: Timeouts = DEFAULT_TIMEOUTS,
): Timeouts {
  if (option === undefined) return defaults
  const given: unknown = typeof option === 'number' ? { total: option } : option
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw new TypeError(
      `timeout must be a number of milliseconds or an object, not ${kindOf(given)}`,
    )
  const result = { ...defaults } as Record<TimeoutPhase, number>
  for (const [phase, value] of Object.entries(given)) {
    if (!PHASES.includes(phase as TimeoutPhase))
      throw new TypeError(
        `timeout: there is no phase '${printable(phase)}'; the phases are ${PHASES.join(', ')}`,
      )
    if (value === undefined) continue
    result[phase as TimeoutPhase] = limit(phase, value)
  }
  return result
}

function limit(phase: string, value: unknown): number {
  if (typeof value !== 'number')
    throw new TypeError(`timeout.${phase} must be a number of milliseconds`)
  if (Number.isNaN(value) || value < 0)
    throw new RangeError(`timeout.${phase} must be 0 or more, not ${value}`)
  return value === 0 ? Number.POSITIVE_INFINITY : value
}
