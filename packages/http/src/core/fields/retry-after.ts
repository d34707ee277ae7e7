/** Retry-After: when to come back, as seconds or as a date (RFC 9110 §10.2.3). */
import { formatDate, parseDate } from '../date.ts'

/** Seconds that stand for all beyond them, as for those of Cache-Control (RFC 9111 §1.2.2). */
const FOREVER = 2_147_483_648

/**
 * Reads the field.
 *
 * @param text the field value
 * @param now milliseconds since 1970
 * @returns milliseconds to wait, 0 for a date that has passed; `undefined` for what is neither. Never throws
 * @see RFC 9110 §10.2.3
 * @example parseRetryAfter('120', Date.now()) // 120000
 */
export function parseRetryAfter(text: string, now: number): number | undefined {
  const value = text.trim()
  if (/^\d+$/.test(value)) return Math.min(Number(value), FOREVER) * 1000
  const date = parseDate(value, now)
  return date === undefined ? undefined : Math.max(0, date - now)
}

/**
 * Writes the field.
 *
 * @param wait milliseconds from now, rounded up to seconds; or a date
 * @throws {RangeError} a negative time
 * @see RFC 9110 §10.2.3
 */
export function formatRetryAfter(wait: number | Date): string {
  if (wait instanceof Date) return formatDate(wait.getTime())
  if (!(wait >= 0)) throw new RangeError(`Retry-After: ${wait} is not 0 or more milliseconds`)
  return String(Math.ceil(wait / 1000))
}
