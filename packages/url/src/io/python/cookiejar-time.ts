/** Dates as `http.cookiejar` reads and writes them: whatever servers have sent since 1994. */
import { bind } from '@sluice/socket/python'

/** Names of weekdays, Monday first. */
export const DAYS: readonly string[] = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']
/** Names of months. */
export const MONTHS: readonly string[] = [
  ...['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun'],
  ...['Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'],
]
/** The same in small letters. */
export const MONTHS_LOWER: readonly string[] = MONTHS.map((month) => month.toLowerCase())
/** Years before are no time of a cookie's. */
export const EPOCH_YEAR = 1970

const two = (number: number): string => String(number).padStart(2, '0')
const dateOf = (t: unknown): Date =>
  new Date((t as number | null | undefined) == null ? Date.now() : (t as number) * 1000)
const clock = (date: Date): string =>
  `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}`

/** `2026-11-29 17:00:00Z`. @param t seconds; default now */
export function time2isoz(...args: unknown[]): string {
  const date = dateOf(bind('time2isoz', ['t?'], args)['t'])
  const day = `${two(date.getUTCMonth() + 1)}-${two(date.getUTCDate())}`
  return `${String(date.getUTCFullYear()).padStart(4, '0')}-${day} ${clock(date)}Z`
}
/** `Sun, 29-Nov-2026 17:00:00 GMT`. @param t seconds; default now */
export function time2netscape(...args: unknown[]): string {
  const date = dateOf(bind('time2netscape', ['t?'], args)['t'])
  const weekday = DAYS[(date.getUTCDay() + 6) % 7]
  const year = String(date.getUTCFullYear()).padStart(4, '0')
  return `${weekday}, ${two(date.getUTCDate())}-${MONTHS[date.getUTCMonth()]}-${year} ${clock(date)} GMT`
}

/** Names of no offset. */
export const UTC_ZONES: Readonly<Record<string, null>> = { GMT: null, UTC: null, UT: null, Z: null }

/** Seconds that a zone is ahead, or null. */
export function offset_from_tz_string(tz: string): number | null {
  if (Object.hasOwn(UTC_ZONES, tz)) return 0
  const [, sign, hours, minutes = '0'] = /^([-+])?(\d\d?):?(\d\d)?$/.exec(tz) ?? []
  if (hours === undefined) return null
  const offset = 3600 * Number(hours) + 60 * Number(minutes)
  return sign === '-' ? -offset : offset
}

interface Parts {
  readonly day: string
  readonly month: string
  readonly year: string
  readonly hour?: string | undefined
  readonly minute?: string | undefined
  readonly second?: string | undefined
  readonly zone?: string | undefined
}

/** Seconds of a date, or null. A day beyond its month is in the next, as in Python. */
function seconds(
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
): number | null {
  const isPossible = [
    ...[year >= EPOCH_YEAR, month >= 1, month <= 12, day >= 1, day <= 31],
    ...[hour <= 24, minute <= 59, second <= 61],
  ].every(Boolean)
  return isPossible ? Date.UTC(year, month - 1, day, hour, minute, second) / 1000 : null
}

function str2time(parts: Parts): number | null {
  let year = Number(parts.year)
  if (year > 9999) return null
  let month = MONTHS_LOWER.indexOf(parts.month.toLowerCase()) + 1
  if (month === 0) {
    if (!/^\d+$/.test(parts.month)) return null
    month = Number(parts.month)
  }
  if (year < 1000) year = nearest(year)
  const { day, hour = '0', minute = '0', second = '0' } = parts
  const t = seconds(
    year,
    month,
    ...([day, hour, minute, second].map(Number) as [number, number, number, number]),
  )
  if (t === null) return null
  const offset = offset_from_tz_string((parts.zone ?? 'UTC').toUpperCase())
  return offset === null ? null : t - offset
}

/** A year without its century is that which is within fifty years. */
function nearest(year: number): number {
  const now = new Date().getFullYear()
  const ahead = (now % 100) - year
  const full = year + now - (now % 100)
  if (Math.abs(ahead) <= 50) return full
  return ahead > 0 ? full + 100 : full - 100
}

const S = '[ \\t\\n\\r\\f\\v]'
const STRICT =
  /^[SMTWF][a-z][a-z], (\d\d) ([JFMASOND][a-z][a-z]) (\d\d\d\d) (\d\d):(\d\d):(\d\d) GMT$/
const WEEKDAY = new RegExp(`^(?:Sun|Mon|Tue|Wed|Thu|Fri|Sat)[a-z]*,?${S}*`, 'i')
const LOOSE = new RegExp(
  `^(\\d\\d?)(?:${S}+|[-/])(\\w+)(?:${S}+|[-/])(\\d+)` +
    `(?:(?:${S}+|:)(\\d\\d?):(\\d\\d)(?::(\\d\\d))?)?${S}*` +
    `(?:([-+]?\\d{2,4}|(?![APap][Mm]\\b)[A-Za-z]+)${S}*)?(?:\\(\\w+\\)${S}*)?$`,
)
const ISO = new RegExp(
  `^(\\d{4})[-/]?(\\d\\d?)[-/]?(\\d\\d?)` +
    `(?:(?:${S}+|[-:Tt])(\\d\\d?):?(\\d\\d)(?::?(\\d\\d(?:\\.\\d*)?))?)?${S}*` +
    `(?:([-+]?\\d\\d?:?(?::?\\d\\d)?|Z|z)${S}*)?$`,
)

/** Seconds of a date of HTTP, in any of the ways in which it is written; null for what is none. */
export function http2time(...args: unknown[]): number | null {
  const { text } = bind('http2time', ['text'], args) as { text: string }
  const strict = STRICT.exec(text)?.slice(1)
  if (strict !== undefined) {
    const [day, name = '', year, hour, minute, second] = strict
    const month = MONTHS_LOWER.indexOf(name.toLowerCase()) + 1
    if (month === 0) throw new TypeError(`${name} is not in the list of months`)
    return seconds(Number(year), month, Number(day), Number(hour), Number(minute), Number(second))
  }
  const found = LOOSE.exec(text.trimStart().replace(WEEKDAY, ''))?.slice(1)
  if (found === undefined) return null
  const [day = '', month = '', year = '', hour, minute, second, zone] = found
  return str2time({ day, month, year, hour, minute, second, zone })
}

/** Seconds of a date of ISO 8601; null for what is none. */
export function iso2time(...args: unknown[]): number | null {
  const { text } = bind('iso2time', ['text'], args) as { text: string }
  const found = ISO.exec(text.trimStart())?.slice(1)
  if (found === undefined) return null
  const [year = '', month = '', day = '', hour, minute, second, zone] = found
  return str2time({ day, month, year, hour, minute, second: second?.split('.')[0], zone })
}
