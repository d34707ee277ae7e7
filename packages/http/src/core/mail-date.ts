/**
 * Dates of mail, which is what Python reads dates of HTTP with: RFC 5322 §3.3, its obsolete forms (§4.3), and what else
 * mailers have written since 1982.
 *
 *     Sun, 06 Nov 1994 08:49:37 -0500     the day may be missing, the seconds too
 *     Sunday, 06-Nov-94 08:49:37 GMT      RFC 850
 *     Sun Nov  6 08:49:37 1994            asctime
 *
 * Rules it keeps:
 * - Words decide by what they are: a name is a month wherever it stands, what has a colon is the time. Whoever reads dates of
 *   HTTP alone takes `parseDate`, which is as strict as RFC 9110.
 * - Nothing is compared with a calendar here: 30 February is read, and told by whoever makes a moment of it.
 * - No zone, and -0000, say that nobody knows where that clock hung (RFC 5322 §3.3).
 */

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] as const
const DAY = /^(?:mon|tue|wed|thu|fri|sat|sun)$/i
const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ')
const MONTH =
  /^(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sep(?:tember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)$/i
/** RFC 5322 §4.3. Military letters but Z are no zones: they were specified with the wrong sign (RFC 1123 §5.2.14). */
const ZONES: Readonly<Record<string, number>> = {
  UT: 0,
  UTC: 0,
  GMT: 0,
  Z: 0,
  AST: -400,
  ADT: -300,
  EST: -500,
  EDT: -400,
  CST: -600,
  CDT: -500,
  MST: -700,
  MDT: -600,
  PST: -800,
  PDT: -700,
}
/** POSIX: a year of two digits up to here is of this century. */
const LAST_OF_2000 = 68

/** A date as it is written. */
export interface MailDate {
  readonly year: number
  /** 1 to 12. */
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
  /** Seconds east of Greenwich; nothing where the date does not say. */
  readonly offset: number | undefined
}

/**
 * Reads a date of mail. Never throws.
 *
 * @returns nothing for what is none
 * @see RFC 5322 §3.3, §4.3
 */
export function parseMailDate(text: string): MailDate | undefined {
  const words = fiveWords(text.split(/\s+/).filter((word) => word !== ''))
  if (words === undefined) return undefined
  let [day, month, year, time, zone] = words
  if (day === '' || month === '' || year === '') return undefined
  if (!MONTH.test(month)) [day, month] = [month, day]
  if (!MONTH.test(month)) return undefined
  if (year.indexOf(':') > 0) [year, time] = [time, year]
  year = withoutComma(year)
  if (year === '') return undefined
  if (!/^\p{Nd}/u.test(year)) [year, zone] = [zone, year]
  const clock = clockOf(withoutComma(time))
  const [y, d] = [integerOf(year), integerOf(withoutComma(day))]
  if (clock === undefined || y === undefined || d === undefined) return undefined
  const [hour, minute, second] = clock
  return {
    year: y >= 100 ? y : y > LAST_OF_2000 ? y + 1900 : y + 2000,
    month: MONTHS.findIndex((name) => month.toLowerCase().startsWith(name.toLowerCase())) + 1,
    day: d,
    hour,
    minute,
    second,
    offset: offsetOf(zone.toUpperCase()),
  }
}

type Five = [day: string, month: string, year: string, time: string, zone: string]

/** Day, month, year, time and zone, in whichever order the first four stand. */
function fiveWords(words: string[]): Five | undefined {
  const [first] = words
  if (first === undefined) return undefined
  if (first.endsWith(',') || DAY.test(first)) words.shift()
  else words[0] = first.slice(first.lastIndexOf(',') + 1)
  // 06-Nov-94
  const parts = words.length === 3 ? (words[0] as string).split('-') : []
  if (parts.length === 3) words.splice(0, 1, ...parts)
  if (words.length === 4) {
    // 08:49:37-0500, or no zone at all.
    const time = words[3] as string
    const sign = time.includes('+') ? time.indexOf('+') : time.indexOf('-')
    if (sign > 0) words.splice(3, 1, time.slice(0, sign), time.slice(sign))
    else words.push('')
  }
  return words.length < 5 ? undefined : (words.slice(0, 5) as Five)
}

/** `8:49:37`, `08:49`, or with dots, as some mailers have it. */
function clockOf(text: string): [hour: number, minute: number, second: number] | undefined {
  const parts = text.includes(':') ? text.split(':') : text.split('.')
  if (parts.length !== 2 && parts.length !== 3) return undefined
  const [hour, minute, second] = [...parts, '0'].map(integerOf)
  if (hour === undefined || minute === undefined || second === undefined) return undefined
  return [hour, minute, second]
}

function offsetOf(zone: string): number | undefined {
  const written = Object.hasOwn(ZONES, zone) ? ZONES[zone] : integerOf(zone)
  if (written === undefined || (written === 0 && zone.startsWith('-'))) return undefined
  const size = Math.abs(written)
  const seconds = Math.floor(size / 100) * 3600 + (size % 100) * 60
  return written < 0 ? -seconds : seconds
}

/** Whole numbers as Python's int() takes them: with a sign, and with low lines between digits. */
function integerOf(text: string): number | undefined {
  return /^[+-]?\d+(?:_\d+)*$/.test(text) ? Number(text.replaceAll('_', '')) : undefined
}

function withoutComma(text: string): string {
  return text.endsWith(',') ? text.slice(0, -1) : text
}

/**
 * Writes a date of mail.
 *
 * @param seconds since 1970 by the clock that is to be written: those of UTC, and the offset
 * @param zone `GMT`, `+0200`, `-0000` where nobody knows
 * @throws {RangeError} a time outside the years 1 to 9999
 * @see RFC 5322 §3.3
 */
export function formatMailDate(seconds: number, zone: string): string {
  const date = new Date(seconds * 1000)
  const year = date.getUTCFullYear()
  if (!(year >= 1 && year <= 9999)) throw new RangeError(`year ${year} is out of range`)
  const day = `${DAYS[date.getUTCDay()]}, ${two(date.getUTCDate())} ${MONTHS[date.getUTCMonth()]}`
  const time = [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()].map(two).join(':')
  return `${day} ${String(year).padStart(4, '0')} ${time} ${zone}`
}

/** `+0200`, from seconds east of Greenwich. */
export function formatOffset(seconds: number): string {
  const minutes = Math.floor(Math.abs(seconds) / 60)
  return `${seconds < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}${two(minutes % 60)}`
}

function two(value: number): string {
  return String(value).padStart(2, '0')
}
