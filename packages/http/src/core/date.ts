/**
 * Dates of HTTP: written in one form, read in three.
 *
 * Source: RFC 9110 §5.6.7. IMF-fixdate is `Sun, 06 Nov 1994 08:49:37 GMT`; a recipient also takes the
 * obsolete forms of RFC 850 and asctime. The time is an argument: core has no clock.
 */

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] as const
const LONG_DAYS = 'Sunday|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday'
const MONTHS = [
  'Jan',
  'Feb',
  'Mar',
  'Apr',
  'May',
  'Jun',
  'Jul',
  'Aug',
  'Sep',
  'Oct',
  'Nov',
  'Dec',
] as const

const SHORT_DAY = DAYS.join('|')
const MONTH = MONTHS.join('|')
const TIME = String.raw`(\d{2}):(\d{2}):(\d{2})`

// IMF-fixdate = day-name "," SP day SP month SP year SP time-of-day SP GMT
const IMF_FIXDATE = new RegExp(`^(?:${SHORT_DAY}), (\\d{2}) (${MONTH}) (\\d{4}) ${TIME} GMT$`)
// rfc850-date = day-name-l "," SP day "-" month "-" 2DIGIT SP time-of-day SP GMT
const RFC850 = new RegExp(`^(?:${LONG_DAYS}), (\\d{2})-(${MONTH})-(\\d{2}) ${TIME} GMT$`)
// asctime-date = day-name SP month SP ( 2DIGIT / ( SP DIGIT ) ) SP time-of-day SP year
const ASCTIME = new RegExp(`^(?:${SHORT_DAY}) (${MONTH}) (\\d{2}| \\d) ${TIME} (\\d{4})$`)

/**
 * Writes a time as IMF-fixdate.
 *
 * @param time milliseconds since 1970 in UTC; fractions of a second are dropped
 * @throws {RangeError} a time outside the years 0 to 9999
 * @see RFC 9110 §5.6.7
 */
export function formatDate(time: number): string {
  const date = new Date(time)
  const year = date.getUTCFullYear()
  if (!(year >= 0 && year <= 9999)) throw new RangeError(`time ${time} is not a date of HTTP`)
  const day = DAYS[date.getUTCDay()]
  const month = MONTHS[date.getUTCMonth()]
  return `${day}, ${two(date.getUTCDate())} ${month} ${String(year).padStart(4, '0')} ${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())} GMT`
}

/**
 * Reads any of the three forms. The name of the day is not compared with the date: RFC 9110 does not ask
 * for it, and nothing is safer for it. Never throws.
 *
 * @param now milliseconds since 1970: a two-digit year that seems more than 50 years ahead of it is past
 * @param text the value of a field; anything
 * @returns milliseconds since 1970, or `undefined` for anything else
 * @see RFC 9110 §5.6.7
 */
export function parseDate(text: string, now: number): number | undefined {
  const imf = IMF_FIXDATE.exec(text)
  if (imf) return toTime(imf[3], imf[2], imf[1], imf[4], imf[5], imf[6])
  const asctime = ASCTIME.exec(text)
  if (asctime) return toTime(asctime[6], asctime[1], asctime[2], asctime[3], asctime[4], asctime[5])
  const rfc850 = RFC850.exec(text)
  if (!rfc850) return undefined
  const thisYear = new Date(now).getUTCFullYear()
  let year = thisYear - (thisYear % 100) + Number(rfc850[3])
  if (year > thisYear + 50) year -= 100
  return toTime(String(year), rfc850[2], rfc850[1], rfc850[4], rfc850[5], rfc850[6])
}

function toTime(...parts: (string | undefined)[]): number | undefined {
  const [year, month, day, hour, minute, second] = parts
  const values = [
    Number(year),
    MONTHS.indexOf(month as 'Jan'),
    Number(day),
    Number(hour),
    Number(minute),
    Number(second),
  ] as const
  const [y, mo, d, h, mi, s] = values
  // A leap second is legal in the grammar and has no place in a count of milliseconds: it becomes :59.
  if (h > 23 || mi > 59 || s > 60) return undefined
  const date = new Date(Date.UTC(2000, mo, d, h, mi, Math.min(s, 59)))
  // Date.UTC takes the years 0 to 99 for 1900 to 1999.
  date.setUTCFullYear(y, mo, d)
  return date.getUTCMonth() === mo && date.getUTCDate() === d ? date.getTime() : undefined
}

function two(value: number): string {
  return value < 10 ? `0${value}` : String(value)
}
