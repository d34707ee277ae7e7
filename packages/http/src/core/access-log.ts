/** One line for each request: the "combined" form that log tools read since the nineties, or JSON. */

/** What is known of a request once its response has left. */
export interface AccessRecord {
  /** Milliseconds since 1970, when it came. */
  readonly time: number
  /** Where the client is; `-` where that is not known. */
  readonly address: string
  /** The name that was given with Basic authentication and taken; `null` for none. */
  readonly user: string | null
  /** As it was sent. */
  readonly method: string
  /** The version as it was sent: `1.1` or `1.0`. */
  readonly version: string
  /** The request target as it was sent. */
  readonly target: string
  /** Of the response. */
  readonly status: number
  /** Bytes of the body that were handed to the system. */
  readonly bytes: number
  /** Whether the whole response was; otherwise the client was lost. */
  readonly isComplete: boolean
  /** The value of Referer. */
  readonly referer: string | null
  /** The value of User-Agent. */
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
  const { address, user, method, target, version, status, bytes, referer, agent } = record
  const request = quoted(`${method} ${target} HTTP/${version}`)
  const name = user === null ? '-' : plain(user).replaceAll(' ', '\\x20')
  return `${address} - ${name} [${stamp(record.time)}] ${request} ${status} ${bytes || '-'} ${quoted(referer)} ${quoted(agent)}`
}

/**
 * Writes a record as one JSON object.
 *
 * @param record what is known; nothing in it does anything to a terminal. Never throws
 * @see RFC 8259
 */
export function formatJson(record: AccessRecord): string {
  const json = JSON.stringify({ ...record, time: new Date(record.time).toISOString() })
  return json.replace(LEFT_BY_JSON, (character) => escaped(character, 'u', 4))
}

/** What a terminal acts on, and JSON leaves as it is: DEL, C1, line and direction marks. */
const LEFT_BY_JSON = /[\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g

/** `25/Nov/2026:05:00:00 +0000`. */
function stamp(time: number): string {
  const iso = new Date(time).toISOString()
  const [year, month, day] = iso.slice(0, 10).split('-')
  return `${day}/${MONTHS[Number(month) - 1]}/${year}:${iso.slice(11, 19)} +0000`
}

function quoted(text: string | null): string {
  return text === null ? '"-"' : `"${plain(text)}"`
}

/** What can neither end a line nor a quotation. */
function plain(text: string): string {
  return text
    .replace(/["\\]/g, '\\$&')
    .replace(/[^\x20-\x7e]/g, (character) =>
      character > '\xff' ? escaped(character, 'u', 4) : escaped(character, 'x', 2),
    )
}

function escaped(character: string, mark: string, digits: number): string {
  return `\\${mark}${character.charCodeAt(0).toString(16).padStart(digits, '0')}`
}
