import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatDate, parseDate } from './date.ts'

const NOW = Date.UTC(2026, 0, 1)
const SAMPLE = Date.UTC(1994, 10, 6, 8, 49, 37)

describe('parseDate()', () => {
  it.each([
    ['IMF-fixdate', 'Sun, 06 Nov 1994 08:49:37 GMT', SAMPLE],
    ['RFC 850', 'Sunday, 06-Nov-94 08:49:37 GMT', SAMPLE],
    ['asctime', 'Sun Nov  6 08:49:37 1994', SAMPLE],
    [
      'a two-digit year within fifty years',
      'Sunday, 06-Nov-44 08:49:37 GMT',
      Date.UTC(2044, 10, 6, 8, 49, 37),
    ],
    [
      'a two-digit year beyond fifty years',
      'Sunday, 06-Nov-77 08:49:37 GMT',
      Date.UTC(1977, 10, 6, 8, 49, 37),
    ],
    ['a leap second', 'Sat, 31 Dec 2016 23:59:60 GMT', Date.UTC(2016, 11, 31, 23, 59, 59)],
    [
      'the first century',
      'Sun, 06 Nov 0094 08:49:37 GMT',
      new Date('0094-11-06T08:49:37Z').getTime(),
    ],
    ['the 31st of November', 'Sun, 31 Nov 1994 08:49:37 GMT', undefined],
    ['hour 24', 'Sun, 06 Nov 1994 24:00:00 GMT', undefined],
    ['another zone', 'Sun, 06 Nov 1994 08:49:37 CET', undefined],
    ['a day without its zero', 'Sun, 6 Nov 1994 08:49:37 GMT', undefined],
    ['an ISO date', '1994-11-06T08:49:37Z', undefined],
    ['nothing', '', undefined],
  ])('reads %s', (_, text, expected) => {
    expect(parseDate(text, NOW)).toBe(expected)
  })
})

describe('formatDate()', () => {
  it('writes IMF-fixdate', () => {
    expect(formatDate(SAMPLE)).toBe('Sun, 06 Nov 1994 08:49:37 GMT')
  })

  it('agrees with the platform on every date, and with parseDate() on whole seconds', () => {
    fc.assert(
      fc.property(fc.integer({ min: -6e10, max: 2.5e11 }), (seconds) => {
        const text = formatDate(seconds * 1000)
        expect(text).toBe(new Date(seconds * 1000).toUTCString())
        expect(parseDate(text, NOW)).toBe(seconds * 1000)
      }),
    )
  })

  it('refuses what has no four-digit year', () => {
    expect(() => formatDate(Number.NaN)).toThrow(RangeError)
    expect(() => formatDate(8.6e15)).toThrow(RangeError)
  })
})
