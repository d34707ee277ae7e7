import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Cookie } from './cookie.ts'
import { formatNetscape, fromJson, parseNetscape, toJson } from './cookie-file.ts'

const NOW = Date.UTC(2026, 0, 1)
const cookie: Cookie = {
  name: 'id',
  value: 'a b"\xe4',
  domain: 'example.com',
  hostOnly: false,
  path: '/',
  secure: true,
  httpOnly: true,
  sameSite: undefined,
  expires: NOW + 1000,
  created: NOW,
  lastUsed: NOW,
}
const session: Cookie = {
  ...cookie,
  hostOnly: true,
  secure: false,
  httpOnly: false,
  expires: undefined,
}

test('the file of Netscape, as curl writes it', () => {
  expect(formatNetscape([cookie, session]).split('\n').slice(3)).toEqual([
    `#HttpOnly_.example.com\tTRUE\t/\tTRUE\t${NOW / 1000 + 1}\tid\ta b"\xe4`,
    'example.com\tFALSE\t/\tFALSE\t0\tid\ta b"\xe4',
    '',
  ])
  expect(parseNetscape(formatNetscape([cookie, session]), NOW)).toEqual([cookie, session])
})

test('what curl, Python and browsers write is read', () => {
  const text = [
    '# Netscape HTTP Cookie File',
    '# http://curl.haxx.se/rfc/cookie_spec.html',
    '',
    '.acme.com\tTRUE\t/\tFALSE\t\tempty\t',
    'acme.com\tFALSE\t/\tfalse\t1767225600.25\tfraction\t1',
    'acme.com\tFALSE\t/\tFALSE\t-1\tno-value',
  ].join('\r\n')
  expect(
    parseNetscape(text, NOW).map(({ name, value, expires }) => [name, value, expires]),
  ).toEqual([
    ['empty', '', undefined],
    ['fraction', '1', 1_767_225_600_250],
    ['no-value', '', undefined],
  ])
})

describe('a line that is none', () => {
  test.each([
    [
      'spaces for tabs',
      'h.test FALSE / FALSE 0 a b',
      'line 2 has 1 fields with tabs between them; a cookie has 7',
    ],
    ['a flag', 'h.test\tyes\t/\tFALSE\t0\ta\tb', /line 2: the second and fourth field/],
    ['a time', 'h.test\tFALSE\t/\tFALSE\tsoon\ta\tb', /line 2: the fifth field/],
    ['a path', 'h.test\tFALSE\tx\tFALSE\t0\ta\tb', /line 2: its path/],
    ['a domain', 'a b\tFALSE\t/\tFALSE\t0\ta\tb', /line 2: its domain/],
    ['no name', 'h.test\tFALSE\t/\tFALSE\t0\t\tb', /line 2: its name/],
    ['a value', 'h.test\tFALSE\t/\tFALSE\t0\ta\tb;secret', /line 2: its value/],
  ])('%s is told by its number, and not shown', (_, line, message) => {
    expect(() => parseNetscape(`# head\n${line}`, NOW)).toThrow(message)
    expect(() => parseNetscape(`# head\n${line}`, NOW)).not.toThrow(/secret/)
  })
})

test('JSON has all of it', () => {
  const whole: Cookie = { ...cookie, sameSite: 'lax', lastUsed: NOW + 5 }
  expect(fromJson(JSON.parse(JSON.stringify(toJson([whole, session]))))).toEqual([whole, session])
})

test.each([
  [null, /no list/],
  [{ cookies: [1] }, /cookie 1 is no object/],
  [{ cookies: [{ ...toJson([cookie]).cookies[0], value: 1 }] }, /cookie 1: value is no text/],
  [{ cookies: [{ ...toJson([cookie]).cookies[0], value: 'a\nb' }] }, /cookie 1: its value/],
  [{ cookies: [{ ...toJson([cookie]).cookies[0], created: 'x' }] }, /cookie 1: created is no date/],
  [{ cookies: [{ ...toJson([cookie]).cookies[0], secure: 'yes' }] }, /cookie 1: secure is neither/],
  [{ cookies: [{ ...toJson([cookie]).cookies[0], sameSite: 'x' }] }, /cookie 1: sameSite/],
])('%j is none of it', (json, message) => {
  expect(() => fromJson(json)).toThrow(message)
  expect(() => fromJson(json)).toThrow(SyntaxError)
})

test('a time that no date has is the last one', () => {
  const [read] = parseNetscape(`a.test\tFALSE\t/\tFALSE\t${'9'.repeat(99)}\ta\tb`, NOW)
  expect(read?.expires).toBe(8.64e15)
  expect(fromJson(toJson([read as Cookie]))).toEqual([read])
})

test.each(['#a.test', 'a\0.test', 'a%00.test', 'a@b', 'a b'])('%j is no domain', (domain) => {
  expect(() => parseNetscape(`.${domain}\tTRUE\t/\tFALSE\t0\ta\tb`, NOW)).toThrow(
    'line 1: its domain is no host name',
  )
})

test('any text is a file of cookies, or a SyntaxError', () => {
  const word = fc.constantFrom(
    'h.test',
    '\t',
    '\n',
    'TRUE',
    'FALSE',
    '/',
    '0',
    'a',
    '#',
    '#HttpOnly_',
    '.',
    '\x00',
  )
  fc.assert(
    fc.property(
      fc.array(word).map((words) => words.join('')),
      (text) => {
        try {
          const cookies = parseNetscape(text, NOW)
          expect(parseNetscape(formatNetscape(cookies), NOW)).toEqual(cookies)
        } catch (error) {
          if (!(error instanceof SyntaxError)) throw error
        }
      },
    ),
  )
})
