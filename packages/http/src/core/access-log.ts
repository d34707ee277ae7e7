/** One line for each request: the "combined" form that log tools read since the nineties, or JSON. */

/** What is known of a request once its response has left. */
export interface AccessRecord {
  /** Milliseconds since 1970. */
  readonly time: number
  readonly address: string
  readonly method: string
  /** The request target as it was sent. */
  readonly target: string
  readonly status: number
  /** Bytes of the body, where that is known. */
  readonly bytes: number | undefined
  readonly referer: string | null
  readonly agent: string | null
  /** Milliseconds that it took. */
  readonly elapsed: number
}

const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ')

/**
 * Writes a record in Apache's combined form, in UTC.
 *
 * @param record what is known; nothing in it can break out of its quotes or its line. Never throws
 * @see Apache mod_log_config, "combined"
 */
export function formatCombined(record: AccessRecord): string {
  const { address, method, target, status, bytes, referer, agent } = record
  const request = quoted(`${method} ${target} HTTP/1.1`)
  return `${address} - - [${stamp(record.time)}] ${request} ${status} ${bytes ?? '-'} ${quoted(referer)} ${quoted(agent)}`
}

/** Writes a record as one JSON object. Never throws. */
export function formatJson(record: AccessRecord): string {
  return JSON.stringify({ ...record, time: new Date(record.time).toISOString() })
}

/** `25/Nov/2026:05:00:00 +0000`. */
function stamp(time: number): string {
  const iso = new Date(time).toISOString()
  const [year, month, day] = iso.slice(0, 10).split('-')
  return `${day}/${MONTHS[Number(month) - 1]}/${year}:${iso.slice(11, 19)} +0000`
}

function quoted(text: string | null): string {
  if (text === null) return '"-"'
  const safe = text
    .replace(/["\\]/g, '\\$&')
    .replace(
      /[^\x20-\x7e]/g,
      (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
    )
  return `"${safe}"`
}
