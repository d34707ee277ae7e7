/** Each structured field, written and read again: whatever can be written is what was meant. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatDate, parseDate } from '../date.ts'
import { formatAccept, parseAccept } from './accept.ts'
import { formatCacheControl, parseCacheControl } from './cache-control.ts'
import { formatContentDisposition, parseContentDisposition } from './content-disposition.ts'
import { formatContentRange, parseContentRange } from './content-range.ts'
import { formatContentType, parseContentType } from './content-type.ts'
import { formatCookie, parseCookie } from './cookie.ts'
import { formatETag, formatETagList, parseETag, parseETagList } from './etag.ts'
import { formatForwarded, parseForwarded } from './forwarded.ts'
import { formatLink, parseLink } from './link.ts'
import { formatRange, parseRange } from './range.ts'
import { formatRetryAfter, parseRetryAfter } from './retry-after.ts'
import { formatSetCookie, parseSetCookie } from './set-cookie.ts'
import { addVary, formatVary, parseVary } from './vary.ts'

const letters = (from: string, minLength = 1) =>
  fc.string({ unit: fc.constantFrom(...from), minLength, maxLength: 8 })
const token = letters("abz019-.!#$%&'*+^_`|~")
/** What stands in quotes, quotes and backslashes too. */
const word = letters('aZ0 ,;="\\/\t\u00e4\u00ff()<>@', 0)
const parameters = fc
  .uniqueArray(fc.tuple(token, word), { selector: ([name]) => name, maxLength: 3 })
  .map((pairs) => new Map(pairs.filter(([name]) => name !== 'q')))
const whole = fc.nat(2_000_000_000)
const tag = fc.record({ value: letters('aZ0,;=/!\u00e4', 0), isWeak: fc.boolean() })
const seconds = fc.integer({ min: 0, max: 253_402_300_799 })
const NOW = Date.UTC(2026, 0, 1)

/** A field: values, how one is written, how the text is read, and what that is to give where it is not the value. */
type Row<T> = [
  field: string,
  values: fc.Arbitrary<T>,
  format: (value: T) => string,
  parse: (text: string) => unknown,
  meant?: (value: T) => unknown,
]
const row = <T>(...all: Row<T>): Row<never> => all as unknown as Row<never>

const ACCEPT = fc.array(
  fc.record({
    value: fc.oneof(
      token,
      fc.tuple(token, token).map((both) => both.join('/')),
    ),
    parameters,
    weight: fc.nat(1000).map((digits) => digits / 1000),
  }),
  { minLength: 1, maxLength: 4 },
)

describe.each([
  ...['Accept', 'Accept-Charset', 'Accept-Encoding', 'Accept-Language'].map((field) =>
    row(field, ACCEPT, formatAccept, parseAccept),
  ),
  row(
    'Cache-Control',
    fc
      .uniqueArray(fc.tuple(token, fc.oneof(word, fc.constant(true as const))), {
        selector: ([name]) => name,
        maxLength: 4,
      })
      .map((pairs) => new Map(pairs)),
    formatCacheControl,
    parseCacheControl,
  ),
  row(
    'Content-Disposition',
    fc.tuple(token, fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 })),
    ([type, filename]) => formatContentDisposition(type, filename),
    (text) => {
      const { type, filename } = parseContentDisposition(text) ?? {}
      return [type, filename]
    },
  ),
  row(
    'Content-Range',
    fc
      .tuple(whole, whole, whole, fc.constantFrom('known', 'unknown', 'none'))
      .map(([first, more, rest, kind]) => ({
        range: kind === 'none' ? undefined : ([first, first + more] as const),
        length: kind === 'unknown' ? undefined : first + more + rest + 1,
      })),
    formatContentRange,
    parseContentRange,
  ),
  row(
    'Content-Type',
    fc.record({ type: token, subtype: token, parameters }),
    formatContentType,
    parseContentType,
  ),
  row(
    'Cookie',
    fc.array(fc.tuple(token, letters("aZ0!#$%&'()*+-./:<=>?@[]^_`{|}~", 0)), { minLength: 1 }),
    formatCookie,
    parseCookie,
  ),
  row(
    'Set-Cookie',
    fc.record(
      {
        name: token,
        value: letters('aZ0=/-', 0),
        expires: seconds.map((at) => formatDate(at * 1000)),
        maxAge: fc.integer({ min: -10, max: 2_000_000_000 }),
        domain: letters('ab0-').map((label) => `${label}.example`),
        path: letters('aZ0/=%').map((path) => `/${path}`),
        secure: fc.constant(true),
        httpOnly: fc.constant(true),
        sameSite: fc.constantFrom('lax', 'strict', 'none'),
      },
      { requiredKeys: ['name', 'value'] },
    ),
    formatSetCookie,
    parseSetCookie,
  ),
  ...['Date', 'Last-Modified', 'If-Modified-Since', 'If-Unmodified-Since'].map((field) =>
    row(
      field,
      seconds.map((at) => at * 1000),
      formatDate,
      (text) => parseDate(text, NOW),
    ),
  ),
  ...['ETag', 'If-Range'].map((field) => row(field, tag, formatETag, parseETag)),
  ...['If-Match', 'If-None-Match'].map((field) =>
    row(
      field,
      fc.oneof(fc.constant('*' as const), fc.array(tag, { minLength: 1, maxLength: 4 })),
      formatETagList,
      parseETagList,
    ),
  ),
  row(
    'Forwarded',
    fc.array(
      fc
        .uniqueArray(fc.tuple(token, word), {
          selector: ([name]) => name,
          minLength: 1,
          maxLength: 3,
        })
        .map((pairs) => new Map(pairs)),
      { minLength: 1, maxLength: 3 },
    ),
    formatForwarded,
    parseForwarded,
  ),
  row(
    'Link',
    fc.array(
      fc.record({
        target: letters('aZ0/:?=,;'),
        rel: fc.array(letters('abz-'), { minLength: 1, maxLength: 2 }),
        parameters: parameters.map(
          (pairs) => new Map([...pairs].filter(([name]) => name !== 'rel')),
        ),
      }),
      { minLength: 1, maxLength: 3 },
    ),
    formatLink,
    parseLink,
  ),
  row(
    'Range',
    fc.array(
      fc.oneof(
        fc.record({ suffix: whole }),
        fc
          .tuple(whole, fc.option(whole, { nil: undefined }))
          .map(([first, more]) => ({ first, last: more === undefined ? undefined : first + more })),
      ),
      { minLength: 1, maxLength: 5 },
    ),
    formatRange,
    parseRange,
  ),
  row(
    'Retry-After',
    fc.oneof(
      fc.nat(100_000).map((after) => after * 1000),
      fc.nat(100_000).map((after) => new Date(NOW + after * 1000)),
    ),
    formatRetryAfter,
    (text) => parseRetryAfter(text, NOW),
    (wait) => (wait instanceof Date ? wait.getTime() - NOW : wait),
  ),
  row(
    'Vary',
    fc.oneof(fc.constant('*' as const), fc.uniqueArray(letters('abz-'), { maxLength: 4 })),
    formatVary,
    parseVary,
  ),
])('%s', (_, values, format, parse, meant = (value) => value) => {
  test('is read as it was written', () => {
    fc.assert(
      fc.property(values, (value) => {
        const text = format(value)
        expect(text).toMatch(/^[\t\x20-\x7e\x80-\xff]*$/)
        expect(parse(text)).toEqual(meant(value))
      }),
    )
  })
})

test.each<[string, () => string]>([
  ['Accept with a weight above 1', () => formatAccept([{ value: 'a', weight: 1.5 }])],
  ['Accept with a weight of four digits', () => formatAccept([{ value: 'a', weight: 0.0004 }])],
  ['Accept with two slashes', () => formatAccept([{ value: 'a/b/c' }])],
  ['Accept with a line end', () => formatAccept([{ value: 'a\r\nb' }])],
  ['If-Match with a quote', () => formatETagList([{ value: '"', isWeak: false }])],
  ['Range of nothing', () => formatRange([])],
  ['Range that ends before it begins', () => formatRange([{ first: 2, last: 1 }])],
  ['Range of half a byte', () => formatRange([{ suffix: 0.5 }])],
  ['Vary with a line end', () => formatVary(['a\r\nb'])],
  ['Vary with a comma', () => addVary(null, 'a,b')],
])('%s is not written', (_, write) => {
  expect(write).toThrow(RangeError)
})
