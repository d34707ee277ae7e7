/** Structured fields: what is read, what is written, and that one undoes the other. */
import { describe, expect, test } from 'vitest'
import { chooseCoding, chooseLanguage, chooseMediaType, parseAccept } from './accept.ts'
import { cacheSeconds, formatCacheControl, parseCacheControl } from './cache-control.ts'
import {
  formatContentDisposition,
  parseContentDisposition,
  safeFilename,
} from './content-disposition.ts'
import { formatContentRange, parseContentRange } from './content-range.ts'
import { formatContentType, parseContentType } from './content-type.ts'
import { formatCookie, parseCookie } from './cookie.ts'
import { formatETag, parseETag, parseETagList } from './etag.ts'
import { formatForwarded, parseForwarded } from './forwarded.ts'
import { formatLink, parseLink } from './link.ts'
import { parseRange, planRanges } from './range.ts'
import { formatRetryAfter, parseRetryAfter } from './retry-after.ts'
import { formatSetCookie, parseSetCookie } from './set-cookie.ts'
import { addVary, parseVary } from './vary.ts'

describe('Content-Type', () => {
  test.each([
    ['text/html', 'text/html'],
    ['Text/HTML; Charset="utf-8"', 'text/html; charset=utf-8'],
    ['multipart/form-data; boundary="a b"', 'multipart/form-data; boundary="a b"'],
    ['text/plain;;a=1; a=2 ;', 'text/plain; a=1'],
    ['text/plain; q="\\"x\\\\"', 'text/plain; q="\\"x\\\\"'],
  ])('%s is %s', (text, written) => {
    const parsed = parseContentType(text)
    expect(parsed && formatContentType(parsed)).toBe(written)
    expect(parseContentType(written)).toEqual(parsed)
  })
  test.each([
    '',
    'text',
    'text/',
    '/html',
    'text/html x',
    'text/html; a',
    'text/html; a="b',
    'a b/c',
  ])('%j is none', (text) => {
    expect(parseContentType(text)).toBeUndefined()
  })
  test('what can not stand in a field is not written', () => {
    expect(() => formatContentType({ type: 'a b', subtype: 'c' })).toThrow(RangeError)
    expect(() =>
      formatContentType({ type: 'a', subtype: 'b', parameters: new Map([['c', 'd\r\n']]) }),
    ).toThrow(RangeError)
  })
})

describe('Content-Disposition', () => {
  test.each([
    ['attachment', undefined],
    ['attachment; filename=a.txt', 'a.txt'],
    ['attachment; filename="a \\"b\\".txt"', 'a "b".txt'],
    ["attachment; filename=x; filename*=UTF-8''na%C3%AFve.txt", 'naïve.txt'],
    ["attachment; filename*=iso-8859-1''na%EFve.txt", 'naïve.txt'],
    ["attachment; filename=x; filename*=UTF-8''%FF", 'x'],
    ["attachment; filename=x; filename*=UTF-8''%EF%BF%BD", '\ufffd'],
    ["attachment; filename=x; filename*=UTF-16''a", 'x'],
    ["attachment; filename=x; filename*=UTF-8''%zz", 'x'],
  ])('%s has the name %s', (text, filename) => {
    expect(parseContentDisposition(text)).toMatchObject({ type: 'attachment', filename })
  })
  test('a name may be as long as it likes', () => {
    const text = `attachment; filename*=ISO-8859-1''${'%E4'.repeat(200_000)}`
    expect(parseContentDisposition(text)?.filename).toBe('ä'.repeat(200_000))
  })
  test.each(['a.txt', 'a b.txt', 'naïve "x".txt', '100%.txt', '日本.txt', "it's.txt"])(
    '%s survives the way there and back',
    (name) => {
      expect(parseContentDisposition(formatContentDisposition('attachment', name))?.filename).toBe(
        name,
      )
    },
  )
  test.each([
    ['../../etc/passwd', 'passwd'],
    ['C:\\windows\\x.exe', 'x.exe'],
    ['.htaccess', 'htaccess'],
    [' .htaccess', 'htaccess'],
    ['. \u00a0.htaccess', 'htaccess'],
    ['x.\u00a0', 'x'],
    ['COM¹', undefined],
    ['..', undefined],
    ['a\u0000b\n.txt', 'a_b_.txt'],
    ['evil\u202etxt.exe', 'evil_txt.exe'],
    ['CON.txt', undefined],
    ['x. . ', 'x'],
    ['', undefined],
  ])('%j is safe as %s', (name, safe) => {
    expect(safeFilename(name)).toBe(safe)
  })
  test('a long name is cut to what a file system takes', () => {
    expect(new TextEncoder().encode(safeFilename('ä'.repeat(300)))).toHaveLength(254)
    expect(safeFilename(`${'a'.repeat(254)}.txt`)).toBe('a'.repeat(254))
  })
})

describe('Cache-Control', () => {
  test('directives with and without values, the first of each', () => {
    const control = parseCacheControl(
      'Max-Age=60, no-cache="a, b", private,, max-age=5, bad = x, x="',
    )
    expect([...control]).toEqual([
      ['max-age', '60'],
      ['no-cache', 'a, b'],
      ['private', true],
    ])
    expect(cacheSeconds(control, 'max-age')).toBe(60)
    expect(cacheSeconds(control, 'private')).toBeUndefined()
    expect(cacheSeconds(parseCacheControl('max-age=99999999999'), 'max-age')).toBe(2_147_483_648)
  })
  test('is written as it is read', () => {
    const text = formatCacheControl([
      ['max-age', 60],
      ['no-cache', 'a, b'],
      ['private', true],
    ])
    expect(text).toBe('max-age=60, no-cache="a, b", private')
    expect(formatCacheControl(parseCacheControl(text))).toBe(text)
  })
})

describe('the Accept family', () => {
  test('wishes with weights; what can not be read is left out', () => {
    const wishes = parseAccept('text/html, */*;q=0.5, a b, text/x;q=2, text/y;level=1;q=0.25')
    expect(wishes.map(({ value, weight }) => [value, weight])).toEqual([
      ['text/html', 1],
      ['*/*', 0.5],
      ['text/y', 0.25],
    ])
    expect(wishes[2]?.parameters.get('level')).toBe('1')
  })
  test.each([
    ['application/json', ['text/html', 'application/json'], 'application/json'],
    ['text/*;q=0.5, application/json', ['text/html', 'application/json'], 'application/json'],
    ['text/*, text/html;q=0', ['text/html', 'text/plain'], 'text/plain'],
    ['*/*', ['text/html', 'application/json'], 'text/html'],
    [null, ['text/html'], 'text/html'],
    ['image/png', ['text/html'], undefined],
  ])('Accept: %s among %j is %s', (accept, offers, choice) => {
    expect(chooseMediaType(accept, offers)).toBe(choice)
  })
  test.each([
    ['gzip, br', ['br', 'gzip', 'identity'], 'br'],
    ['gzip;q=1, br;q=0.5', ['br', 'gzip', 'identity'], 'gzip'],
    ['x-gzip', ['gzip', 'identity'], 'gzip'],
    ['*', ['br', 'identity'], 'br'],
    ['', ['br', 'identity'], 'identity'],
    [null, ['br', 'identity'], 'identity'],
    ['br;q=0', ['br', 'identity'], 'identity'],
    ['identity;q=0', ['identity'], undefined],
    ['*;q=0', ['br', 'identity'], undefined],
  ])('Accept-Encoding: %s among %j is %s', (accept, offers, choice) => {
    expect(chooseCoding(accept, offers)).toBe(choice)
  })
  test.each([
    ['de', ['en', 'de-CH'], 'de-CH'],
    ['de-CH, en;q=0.5', ['en', 'de'], 'de'],
    ['fr', ['en'], undefined],
    ['*', ['en'], 'en'],
  ])('Accept-Language: %s among %j is %s', (accept, offers, choice) => {
    expect(chooseLanguage(accept, offers)).toBe(choice)
  })
})

describe('ETag', () => {
  test.each(['"a"', 'W/"a"', '""', '"a,b"', '"ä"'])(
    '%s survives the way there and back',
    (text) => {
      const tag = parseETag(text)
      expect(tag && formatETag(tag)).toBe(text)
    },
  )
  test.each(['a', '"a', 'w/"a"', '"a"b"', 'W/ "a"', ''])('%j is none', (text) => {
    expect(parseETag(text)).toBeUndefined()
  })
  test('lists', () => {
    expect(parseETagList('"a", W/"b,c" ,, "d"')).toHaveLength(3)
    expect(parseETagList(' * ')).toBe('*')
    expect(parseETagList('"a", b')).toBeUndefined()
    expect(() => formatETag({ value: 'a"b', isWeak: false })).toThrow(RangeError)
  })
})

describe('ranges', () => {
  test('what overlaps is read once, what is too much is the whole', () => {
    expect(planRanges('bytes=0-9,5-20,30-40', 100)).toEqual({
      status: 206,
      ranges: [
        [0, 20],
        [30, 40],
      ],
    })
    expect(planRanges('bytes=50-59,0-9', 100)).toEqual({
      status: 206,
      ranges: [
        [50, 59],
        [0, 9],
      ],
    })
    const many = Array.from({ length: 60 }, (_, i) => `${i * 10}-${i * 10}`).join(',')
    expect(planRanges(`bytes=${many}`, 1000)).toEqual({ status: 200 })
    expect(planRanges(`bytes=${'0-,'.repeat(40)}`, 1000)).toEqual({
      status: 206,
      ranges: [[0, 999]],
    })
    expect(planRanges(`bytes=${'0-,'.repeat(900)}`, 1000)).toEqual({ status: 200 })
    expect(parseRange(`bytes=${'0-,'.repeat(2000)}`)).toBeUndefined()
  })
  test('Content-Range survives the way there and back', () => {
    for (const text of ['bytes 0-9/10', 'bytes 0-9/*', 'bytes */10']) {
      const parsed = parseContentRange(text)
      expect(parsed && formatContentRange(parsed)).toBe(text)
    }
    expect(parseContentRange('bytes */99999999999999999999')).toBeUndefined()
    expect(parseContentRange('bytes 1-99999999999999999999/*')).toBeUndefined()
    expect(() => formatContentRange({ range: undefined, length: undefined })).toThrow(RangeError)
  })
})

describe('Link', () => {
  test('relations, and parameters of their own', () => {
    const text = '</a>; rel="next Prefetch"; title="a, b", <https://x/>; rel="https://Rel/X"'
    const links = parseLink(`${text}, nonsense, <y`)
    expect(links.map(({ target, rel }) => [target, rel])).toEqual([
      ['/a', ['next', 'prefetch']],
      ['https://x/', ['https://Rel/X']],
    ])
    expect(parseLink(formatLink(links))).toEqual(links)
    const quoted = [{ target: '/', rel: ['a"b\\'], parameters: new Map() }]
    expect(parseLink(formatLink(quoted))).toEqual(quoted)
    expect(() => formatLink([{ target: '/', rel: ['a\r\nB: c'], parameters: new Map() }])).toThrow(
      RangeError,
    )
    expect(() => formatLink([{ target: 'a>b', rel: [], parameters: new Map() }])).toThrow(
      RangeError,
    )
  })
})

describe('Forwarded', () => {
  test('hops from far to near', () => {
    const text = 'for=192.0.2.43;proto=http, for="[2001:db8::1]:80";by=unknown'
    const hops = parseForwarded(text)
    expect(hops?.map((hop) => hop.get('for'))).toEqual(['192.0.2.43', '[2001:db8::1]:80'])
    expect(formatForwarded(hops ?? [])).toBe(text)
  })
  test.each(['for', 'for=', 'for=a;for=b', 'for=a b', 'for="a'])(
    '%s says nothing at all',
    (text) => {
      expect(parseForwarded(text)).toBeUndefined()
    },
  )
})

describe('Retry-After and Vary', () => {
  const now = Date.UTC(1994, 10, 6, 8, 49, 37)
  test.each([
    ['120', 120_000],
    ['Sun, 06 Nov 1994 08:50:37 GMT', 60_000],
    ['Sun, 06 Nov 1994 08:40:37 GMT', 0],
    ['99999999999999999999', 2 ** 31 * 1000],
    ['-1', undefined],
    ['soon', undefined],
  ])('Retry-After: %s is %s ms', (text, ms) => {
    expect(parseRetryAfter(text, now)).toBe(ms)
  })
  test('both are written', () => {
    expect([formatRetryAfter(1500), formatRetryAfter(new Date(now))]).toEqual([
      '2',
      'Sun, 06 Nov 1994 08:49:37 GMT',
    ])
    expect(() => formatRetryAfter(-1)).toThrow(RangeError)
    expect(parseVary('Accept, accept , X y, A')).toEqual(['accept', 'a'])
    expect([
      addVary(null, 'Origin'),
      addVary('Accept', 'origin'),
      addVary('ORIGIN', 'Origin'),
      addVary('*', 'Origin'),
    ]).toEqual(['Origin', 'Accept, origin', 'ORIGIN', '*'])
  })
})

describe('cookies', () => {
  test('Cookie is pairs in their order', () => {
    expect(parseCookie('a=1; b = "2 3" ;; c; a=4')).toEqual([
      ['a', '1'],
      ['b', '"2 3"'],
      ['', 'c'],
      ['a', '4'],
    ])
    expect(
      formatCookie([
        ['a', '1'],
        ['b', '"x"'],
      ]),
    ).toBe('a=1; b="x"')
    for (const value of ['a b', 'a;b', 'a\r\nb', 'a,b', 'ä', 'a"b'])
      expect(() => formatCookie([['a', value]])).toThrow(RangeError)
    expect(() => formatCookie([['a b', '']])).toThrow(RangeError)
  })
  test.each([
    ['a=1', { name: 'a', value: '1' }],
    [
      'a=1; Path=/x; Domain=.Example.ORG; Secure; HttpOnly; SameSite=Lax; Max-Age=60; Expires=Sun, 06 Nov 1994 08:49:37 GMT',
      {
        name: 'a',
        value: '1',
        path: '/x',
        domain: 'example.org',
        secure: true,
        httpOnly: true,
        sameSite: 'lax',
        maxAge: 60,
        expires: 'Sun, 06 Nov 1994 08:49:37 GMT',
      },
    ],
    ['a=b=c; path=relative; max-age=soon; strange=1', { name: 'a', value: 'b=c', path: undefined }],
    ['a=1; path=/x; path=/y', { name: 'a', value: '1', path: '/y' }],
    ['value only', { name: '', value: 'value only' }],
    ['=', undefined],
    ['', undefined],
    ['a=\u0001', undefined],
  ])('Set-Cookie: %j', (text, cookie) => {
    expect(parseSetCookie(text)).toEqual(cookie)
  })
  test('Set-Cookie is written to the letter', () => {
    const cookie = {
      name: 'id',
      value: 'x',
      path: '/',
      secure: true,
      httpOnly: true,
      sameSite: 'lax',
      maxAge: 60,
    }
    expect(formatSetCookie(cookie)).toBe('id=x; Max-Age=60; Path=/; Secure; HttpOnly; SameSite=Lax')
    expect(parseSetCookie(formatSetCookie(cookie))).toEqual(cookie)
    for (const bad of [
      { path: '/;x' },
      { name: '__Host-a', domain: 'x' },
      { name: '__Secure-a', secure: false },
    ])
      expect(() => formatSetCookie({ ...cookie, ...bad })).toThrow(RangeError)
  })
})
