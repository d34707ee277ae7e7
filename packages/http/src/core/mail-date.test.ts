import { describe, expect, test } from 'vitest'
import { formatMailDate, formatOffset, type MailDate, parseMailDate } from './mail-date.ts'

const NOON: MailDate = {
  year: 1994,
  month: 11,
  day: 6,
  hour: 8,
  minute: 49,
  second: 37,
  offset: 0,
}

describe('a date of mail', () => {
  test.each<[text: string, differs: Partial<MailDate>]>([
    ['Sun, 06 Nov 1994 08:49:37 GMT', {}],
    ['Sun,06 Nov 1994 08:49:37 gmt', {}],
    ['Sun 6 november 1994 08:49:37 UT', {}],
    ['6 Nov 94 08:49:37 Z', {}],
    ['Sunday, 06-Nov-94 08:49:37 GMT', {}],
    ['Sun Nov  6 08:49:37 1994', { offset: undefined }],
    ['Nov 6, 1994, 08:49:37, GMT', {}],
    ['Sun, 06 Nov 1994 08:49 GMT', { second: 0 }],
    ['Sun, 06 Nov 1994 08.49.37 GMT', {}],
    ['Sun, 06 Nov 1994 8.49 GMT', { second: 0 }],
    ['Sun, 06 Nov 1994 08:49:37 -0530', { offset: -19_800 }],
    ['Sun, 06 Nov 1994 08:49:37+0100', { offset: 3600 }],
    ['Sun, 06 Nov 1994 08:49:37 PDT', { offset: -25_200 }],
    ['Sun, 06 Nov 1994 08:49:37 -0000', { offset: undefined }],
    ['Sun, 06 Nov 1994 08:49:37 A', { offset: undefined }],
    ['Sun, 06 Nov 1994 08:49:37 GMT (a comment)', {}],
    ['Sun, 06 Nov 68 08:49:37 GMT', { year: 2068 }],
    ['Sun, 06 Nov 69 08:49:37 GMT', { year: 1969 }],
    ['Sun, 06 Nov GMT 08:49:37 1994', {}],
    ['Thu, 30 Feb 1994 24:60:60 GMT', { month: 2, day: 30, hour: 24, minute: 60, second: 60 }],
  ])('%s', (text, differs) => {
    expect(parseMailDate(text)).toEqual({ ...NOON, ...differs })
  })

  test.each([
    '',
    ' ',
    'x',
    'Sun,',
    '06 Nov 1994',
    'Sun, 06 Foo 1994 08:49:37 GMT',
    'Sun, 06 Nov , 08:49:37 GMT',
    'Sun, 06 Nov 1994 08:49:37:11 GMT',
    'Sun, 06 Nov 1994 08 GMT',
    'Sun, 06 Nov 1994 ab:cd GMT',
    'Sun, 6th Nov 1994 08:49:37 GMT',
    'Sun, 06 Nov AD 08:49:37 GMT',
    'Friday, 19-Nov- 16:14:55 EST',
    '1994-11-06T08:49:37Z',
    'Sun, \u0666 Nov 1994 08:49:37 GMT',
  ])('%j is none', (text) => {
    expect(parseMailDate(text)).toBeUndefined()
  })
})

describe('is written', () => {
  test.each([
    [0, 'GMT', 'Thu, 01 Jan 1970 00:00:00 GMT'],
    [784_111_777, '-0000', 'Sun, 06 Nov 1994 08:49:37 -0000'],
    [-62_135_596_800, 'GMT', 'Mon, 01 Jan 0001 00:00:00 GMT'],
  ])('%d %s', (seconds, zone, text) => {
    expect(formatMailDate(seconds, zone)).toBe(text)
  })

  test('in the years 1 to 9999', () => {
    expect(() => formatMailDate(-62_135_596_801, 'GMT')).toThrow(RangeError)
    expect(() => formatMailDate(253_402_300_800, 'GMT')).toThrow(RangeError)
    expect(() => formatMailDate(Number.NaN, 'GMT')).toThrow(RangeError)
  })

  test.each([
    [0, '+0000'],
    [19_800, '+0530'],
    [-12_600, '-0330'],
  ])('with the offset of %d s: %s', (seconds, text) => {
    expect(formatOffset(seconds)).toBe(text)
  })
})
