import { kw } from '@sluice/socket/python'
import { expect, test } from 'vitest'
import { email } from '../src/python.ts'

const { utils } = email

test('a date of this machine’s clock is the same moment', () => {
  const text = utils.formatdate(784_111_777, kw({ localtime: true }))
  expect(text).toMatch(/^\w{3}, \d\d Nov 1994 \d\d:\d\d:\d\d [+-]\d{4}$/)
  expect(utils.parsedate_to_datetime(text)).toEqual(new Date(784_111_777_000))
  expect(() => utils.formatdate(0, true, true)).toThrow('usegmt option requires a UTC datetime')
})

test('now is a date, too', () => {
  const now = Date.now()
  const read = utils.parsedate_to_datetime(utils.formatdate(kw({ usegmt: true }))).getTime()
  expect(Math.abs(read - now)).toBeLessThan(5000)
})

test('a moment is written in UTC, to the microsecond nearest', () => {
  expect(utils.format_datetime(new Date(1500))).toBe('Thu, 01 Jan 1970 00:00:01 +0000')
  expect(utils.format_datetime(new Date(0), true)).toBe('Thu, 01 Jan 1970 00:00:00 GMT')
  expect(utils.formatdate(0.9999999)).toBe('Thu, 01 Jan 1970 00:00:01 -0000')
  expect(utils.formatdate(-0.5)).toBe('Wed, 31 Dec 1969 23:59:59 -0000')
})

test.each([
  ['nothing', 'Invalid date value or format "nothing"'],
  ['06 Nov 10000 00:00:00 GMT', 'year 10000 is out of range'],
  ['31 Nov 1994 00:00:00 GMT', 'day is out of range for month'],
  ['0 Nov 1994 00:00:00 GMT', 'day is out of range for month'],
  ['06 Nov 1994 24:00:00 GMT', 'hour must be in 0..23'],
  ['06 Nov 1994 00:60:00 GMT', 'minute must be in 0..59'],
  ['06 Nov 1994 00:00:60 GMT', 'second must be in 0..59'],
  ['06 Nov 1994 00:00:00 +2400', 'offset must be a timedelta strictly between'],
])('%s is no moment: %s', (text, message) => {
  expect(() => utils.parsedate_to_datetime(text)).toThrow(
    expect.objectContaining({ name: 'ValueError', message: expect.stringContaining(message) }),
  )
})

test('a year that no date has is a ValueError', () => {
  expect(() => utils.formatdate(1e12)).toThrow(expect.objectContaining({ name: 'ValueError' }))
})
