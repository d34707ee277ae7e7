/**
 * The date of `Expires`, as user agents read it (RFC 6265 §5.1.1; unchanged in RFC 6265bis).
 *
 * Servers have written it in every way there is, so it isn't read by a grammar of dates: the text is cut at its
 * delimiters, and the first piece that looks like a time, a day, a month or a year is that. Zones mean nothing.
 */

const DELIMITER = /[\t\x20-\x2f\x3b-\x40\x5b-\x60\x7b-\x7e]+/
/** Digits, and then anything that does not begin with one. */
const TIME = /^(\d{1,2}):(\d{1,2}):(\d{1,2})(?:\D|$)/
const DAY = /^(\d{1,2})(?:\D|$)/
const YEAR = /^(\d{2,4})(?:\D|$)/
const MONTHS = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ')

/**
 * Reads the value of an `Expires` attribute.
 *
 * @param text anything
 * @returns milliseconds since 1970, or `undefined` for what is no date; then the attribute means nothing. Never throws
 * @see RFC 6265 §5.1.1
 * @example parseCookieDate('Wed, 09-Dec-09 16:27:23 GMT')
 */
export function parseCookieDate(text: string): number | undefined {
  let time: number[] | undefined
  let day: number | undefined
  let month = -1
  let year: number | undefined
  for (const token of text.split(DELIMITER)) {
    const clock = time === undefined ? TIME.exec(token) : null
    if (clock !== null) time = clock.slice(1).map(Number)
    else if (day === undefined && DAY.test(token)) day = Number.parseInt(token, 10)
    else if (month === -1 && isMonth(token)) month = monthOf(token)
    else if (year === undefined && YEAR.test(token)) year = Number.parseInt(token, 10)
  }
  if (time === undefined || day === undefined || month === -1 || year === undefined)
    return undefined
  // Steps 3 and 4: two digits are of 1970 to 2069.
  if (year >= 70 && year <= 99) year += 1900
  else if (year <= 69) year += 2000
  const [hour = 0, minute = 0, second = 0] = time
  if (year < 1601 || hour > 23 || minute > 59 || second > 59) return undefined
  const date = new Date(Date.UTC(year, month, day, hour, minute, second))
  // Step 6: a date that does not exist is none.
  return date.getUTCMonth() === month && date.getUTCDate() === day ? date.getTime() : undefined
}

function isMonth(token: string): boolean {
  return monthOf(token) !== -1
}

function monthOf(token: string): number {
  return MONTHS.indexOf(token.slice(0, 3).toLowerCase())
}
