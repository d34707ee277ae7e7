import { parseSetCookie, type SetCookie } from '@sluice/http/cookies'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type CookieContext,
  defaultPath,
  domainMatches,
  isSecureOrigin,
  pathMatches,
  planCookie,
  SINGLE_LABEL,
  sameSiteAllows,
} from './cookie.ts'
import { parseCookieDate } from './cookie-date.ts'
import { type CookieLimits, CookieTable } from './cookie-jar.ts'

const NOW = Date.UTC(2026, 0, 1)
const DAY = 86_400_000
const isSuffix = (domain: string): boolean => SINGLE_LABEL(domain) || domain === 'co.uk'

function plan(line: string, url = 'https://www.site.co.uk/a/b', context?: CookieContext) {
  return planCookie(parseSetCookie(line) as SetCookie, new URL(url), NOW, isSuffix, context)
}

describe('what a line becomes', () => {
  test('a cookie of the host alone, for the folder of the request, until the session ends', () => {
    expect(plan('id=1').cookie).toEqual({
      name: 'id',
      value: '1',
      domain: 'www.site.co.uk',
      hostOnly: true,
      path: '/a',
      secure: false,
      httpOnly: false,
      sameSite: undefined,
      expires: undefined,
      created: NOW,
      lastUsed: NOW,
    })
  })

  test.each([
    ['a domain above', 'a=1; Domain=.Site.CO.uk', { domain: 'site.co.uk', hostOnly: false }],
    ['its own domain', 'a=1; Domain=www.site.co.uk', { hostOnly: false }],
    ['an empty domain', 'a=1; Domain=', { hostOnly: true }],
    ['a path', 'a=1; Path=/x', { path: '/x' }],
    ['a path that is none', 'a=1; Path=x', { path: '/a' }],
    [
      'Max-Age before Expires',
      'a=1; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT',
      { expires: NOW + 60_000 },
    ],
    ['400 days at most', 'a=1; Max-Age=99999999999', { expires: NOW + 400 * DAY }],
    ['also by Expires', 'a=1; Expires=Fri, 01 Jan 2100 00:00:00 GMT', { expires: NOW + 400 * DAY }],
    ['a date that is none', 'a=1; Expires=soon', { expires: undefined }],
    ['SameSite', 'a=1; SameSite=Strict', { sameSite: 'strict' }],
    ['a SameSite of no meaning', 'a=1; SameSite=maybe', { sameSite: undefined }],
    ['flags', 'a=1; Secure; HttpOnly', { secure: true, httpOnly: true }],
    ['__Host-', '__Host-a=1; Secure; Path=/', { path: '/', hostOnly: true }],
    ['__Secure-', '__Secure-a=1; Secure; Domain=site.co.uk', { domain: 'site.co.uk' }],
    ['__Http-', '__Http-a=1; Secure; HttpOnly; Domain=site.co.uk', { domain: 'site.co.uk' }],
    ['__Host-Http-', '__Host-Http-a=1; Secure; HttpOnly; Path=/', { path: '/', hostOnly: true }],
    ['__Httpd, which is no prefix', '__Httpd=1', { secure: false, httpOnly: false }],
    ['an attribute that is too long', `a=1; Path=/${'x'.repeat(1024)}`, { path: '/a' }],
    ['a value of 4095 bytes', `a=${'x'.repeat(4095)}`, { name: 'a' }],
  ])('%s', (_, line, expected) => {
    expect(plan(line).cookie).toMatchObject(expected)
  })

  test.each([
    ['a public suffix', 'a=1; Domain=co.uk', 'its domain co.uk is a public suffix'],
    ['a label', 'a=1; Domain=uk', 'its domain uk is a public suffix'],
    [
      'another host',
      'a=1; Domain=other.test',
      'its domain other.test is not that of www.site.co.uk',
    ],
    ['one below', 'a=1; Domain=x.www.site.co.uk', /is not that of/],
    ['no host name', 'a=1; Domain=a/b', 'its domain is no host name'],
    ['__Host- with a domain', '__Host-a=1; Secure; Path=/; Domain=site.co.uk', /asks for Path/],
    ['__Host- without Path', '__Host-a=1; Secure', /asks for Path/],
    ['__host- without Secure', '__host-a=1; Path=/', /asks for Secure/],
    ['__Http- without HttpOnly', '__Http-a=1; Secure', /asks for HttpOnly/],
    ['__HTTP- without Secure', '__HTTP-a=1; HttpOnly', /asks for Secure/],
    ['__Host-Http- without HttpOnly', '__Host-Http-a=1; Secure; Path=/', /asks for HttpOnly/],
    ['__host-http- without Secure', '__host-http-a=1; HttpOnly; Path=/', /asks for Secure/],
    ['__Host-Http- without Path', '__Host-Http-a=1; Secure; HttpOnly', /asks for Path/],
    [
      '__Host-Http- with a domain',
      '__Host-Http-a=1; Secure; HttpOnly; Path=/; Domain=site.co.uk',
      /asks for Path/,
    ],
    ['SameSite=None without Secure', 'a=1; SameSite=None', 'SameSite=None asks for Secure'],
    ['no name', '=1', 'it has no name'],
    ['no equals sign', '__Host-a', 'it has no name'],
    ['4097 bytes', `a=${'x'.repeat(4096)}`, /more than 4096/],
  ])('%s is refused', (_, line, reason) => {
    const outcome = plan(line)
    expect(outcome.cookie).toBeUndefined()
    expect(outcome.reason).toMatch(reason)
  })

  test.each(['http://www.site.co.uk/', 'http://10.0.0.1/'])('Secure from %s is refused', (url) => {
    expect(plan('a=1; Secure', url).reason).toBe('it is secure, and the origin is not')
  })

  test.each([
    ['localhost', 'http://localhost:8080/'],
    ['a loopback address', 'http://127.1.2.3/'],
    ['IPv6', 'http://[::1]/'],
  ])('%s counts as secure', (_, url) => {
    expect(isSecureOrigin(new URL(url))).toBe(true)
    expect(plan('a=1; Secure', url).cookie).toBeDefined()
  })

  test('a host that is a public suffix itself keeps its cookie to itself', () => {
    expect(plan('a=1; Domain=co.uk', 'https://co.uk/').cookie?.hostOnly).toBe(true)
  })

  test.each(['\r', '\n', '\0', ';', 'Ċ', '\ud800', ' '])(
    '%j in a name or value that a program made is refused',
    (bad) => {
      for (const set of [
        { name: `a${bad}`, value: '1' },
        { name: 'a', value: `1${bad}` },
        { name: 'a', value: '1', path: `/${bad === ' ' ? '\n' : bad}` },
      ])
        expect(planCookie(set, new URL('http://h.test/'), NOW, isSuffix).reason).toMatch(
          /stand there/,
        )
    },
  )
})

describe('SameSite', () => {
  const url = new URL('https://www.site.co.uk/')
  test.each([
    ['nobody', undefined, {}, [true, true, true]],
    ['the same site', 'https://shop.site.co.uk/', {}, [true, true, true]],
    ['another name under the suffix', 'https://evil.co.uk/', {}, [false, false, true]],
    ['another scheme', 'http://www.site.co.uk/', {}, [false, false, true]],
    ['another site, to show it', 'https://evil.test/', { topLevel: true }, [false, true, true]],
    [
      'the same by POST',
      'https://evil.test/',
      { topLevel: true, method: 'POST' },
      [false, false, true],
    ],
  ])('asked for by %s', (_, initiator, more, expected) => {
    const context = { initiator, ...more }
    const found = (['strict', 'lax', 'none'] as const).map((sameSite) =>
      sameSiteAllows({ sameSite }, url, context, isSuffix),
    )
    expect(found).toEqual(expected)
    // Nothing said is Lax.
    expect(sameSiteAllows({ sameSite: undefined }, url, context, isSuffix)).toBe(expected[1])
  })

  test('keeps another site from setting a cookie', () => {
    const context = { initiator: 'https://evil.test/' }
    expect(plan('a=1; SameSite=Lax', undefined, context).reason).toMatch(/another site/)
    expect(plan('a=1', undefined, context).cookie).toBeDefined()
  })
})

test.each([
  ['a.b.test', 'b.test', true],
  ['b.test', 'b.test', true],
  ['ab.test', 'b.test', false],
  ['b.test', 'a.b.test', false],
  ['1.2.3.4', '3.4', false],
  ['1.2.3.4', '1.2.3.4', true],
])('%s is in %s: %s', (host, domain, expected) => {
  expect(domainMatches(host, domain)).toBe(expected)
})

test.each([
  ['/', '/', true],
  ['/a', '/', true],
  ['/a/b', '/a', true],
  ['/a/', '/a/', true],
  ['/ab', '/a', false],
  ['/a', '/a/', false],
])('the path %s is in %s: %s', (path, cookiePath, expected) => {
  expect(pathMatches(path, cookiePath)).toBe(expected)
})

test.each([
  ['/', '/'],
  ['/a', '/'],
  ['/a/', '/a'],
  ['/a/b/c', '/a/b'],
  ['', '/'],
])('the folder of %j is %s', (path, expected) => {
  expect(defaultPath(path)).toBe(expected)
})

test('any text is a date or none', () => {
  const word = fc.constantFrom(
    '12',
    '31',
    '2026',
    '70',
    '23:59:60',
    '1:2:3',
    'Feb',
    'may',
    ' ',
    '-',
    ',',
    'é',
    '\0',
    '\ud800',
  )
  fc.assert(
    fc.property(
      fc.array(word).map((words) => words.join('')),
      (text) => {
        const time = parseCookieDate(text)
        return time === undefined || Number.isSafeInteger(time)
      },
    ),
  )
})

describe('the table', () => {
  const LIMITS: CookieLimits = { perDomain: 3, total: 5 }
  function table(limits: CookieLimits = { perDomain: 100, total: 1000 }) {
    const made = new CookieTable(limits, isSuffix)
    const set = (line: string, url = 'https://h.test/', now = NOW) =>
      made.set(parseSetCookie(line) as SetCookie, new URL(url), now)
    const get = (url = 'https://h.test/', now = NOW) =>
      made.get(new URL(url), now).map(({ name, value }) => `${name}=${value}`)
    return { made, set, get }
  }

  test('a dot at the end of a host makes no suffix less public', () => {
    const { made, set, get } = table()
    for (const domain of ['uk.', 'co.uk.'])
      expect(set(`a=1; Domain=${domain}`, 'https://evil.co.uk./').reason).toMatch(/public suffix/)
    expect(
      set('a=1; Domain=bank.co.uk.; SameSite=Strict', 'https://bank.co.uk./').cookie?.domain,
    ).toBe('bank.co.uk.')
    expect(get('https://www.bank.co.uk./')).toEqual(['a=1'])
    const url = new URL('https://bank.co.uk./')
    expect(made.get(url, NOW, { initiator: 'https://evil.co.uk./' })).toEqual([])
  })

  test('sends longer paths first, then older cookies, and a changed one keeps its place', () => {
    const { set, get } = table()
    set('a=1; Path=/')
    set('b=1; Path=/x')
    set('c=1; Path=/')
    set('a=2; Path=/', undefined, NOW + 1)
    expect(get('https://h.test/x/y')).toEqual(['b=1', 'a=2', 'c=1'])
  })

  test('keeps one of a name, a domain and a path, and host-only apart from the rest', () => {
    const { made, set, get } = table()
    set('a=1; Path=/')
    set('a=2; Path=/; Domain=h.test')
    set('a=3; Path=/p')
    set('a=4; Path=/')
    expect(get()).toEqual(['a=4', 'a=2'])
    expect(made.size).toBe(3)
    expect(get('https://sub.h.test/')).toEqual(['a=2'])
  })

  test('lets a server take a cookie away, and expires it at its time', () => {
    const { made, set, get } = table()
    set('a=1; Max-Age=10')
    set('b=1; Max-Age=10')
    set('a=; Max-Age=0')
    expect(get()).toEqual(['b=1'])
    expect(get(undefined, NOW + 10_000)).toEqual([])
    expect(made.size).toBe(0)
  })

  test('sends secure ones to secure origins alone', () => {
    const { set, get } = table()
    set('a=1; Secure; Path=/')
    expect(get('http://h.test/')).toEqual([])
    expect(get('https://h.test/')).toEqual(['a=1'])
  })

  test('lets no insecure origin stand before a secure cookie', () => {
    const { set, get } = table()
    set('a=1; Secure; Path=/; Domain=h.test', 'https://h.test/')
    expect(set('a=2; Path=/', 'http://h.test/').reason).toMatch(/secure cookie has this name/)
    expect(set('a=2; Path=/x', 'http://sub.h.test/').reason).toMatch(/secure cookie/)
    expect(set('b=2; Path=/', 'http://h.test/').cookie).toBeDefined()
    expect(get('https://h.test/')).toEqual(['a=1', 'b=2'])
    set('c=1; Secure; Path=/', 'https://sub.h.test/')
    expect(set('c=2; Path=/; Domain=h.test', 'http://h.test/').reason).toMatch(/secure cookie/)
    expect(set('c=2; Path=/', 'http://h.test/').cookie).toBeDefined()
  })

  test('one domain can not fill it: the longest unused goes, insecure ones first', () => {
    const { made, set, get } = table(LIMITS)
    set('a=1; Secure; Path=/', undefined, NOW)
    set('b=1; Path=/', undefined, NOW + 1)
    set('c=1; Path=/x', undefined, NOW + 2)
    get('https://h.test/', NOW + 3)
    set('d=1; Path=/', undefined, NOW + 4)
    expect(get('https://h.test/x', NOW + 5)).toEqual(['a=1', 'b=1', 'd=1'])
    expect(made.size).toBe(3)
  })

  test('in all there are no more than the limit', () => {
    const { made, set, get } = table(LIMITS)
    for (let i = 0; i < 9; i++) set(`a=${i}`, `https://h${i}.test/`, NOW + i)
    expect(made.size).toBe(5)
    expect(get('https://h3.test/', NOW + 10)).toEqual([])
    expect(get('https://h4.test/', NOW + 10)).toEqual(['a=4'])
  })

  test('expired ones make room first', () => {
    const { made, set, get } = table(LIMITS)
    set('old=1; Path=/', undefined, NOW)
    set('short=1; Max-Age=1; Path=/', undefined, NOW + 1)
    set('x=1; Path=/', undefined, NOW + 2)
    set('y=1; Path=/', undefined, NOW + 5000)
    expect(get(undefined, NOW + 5000)).toEqual(['old=1', 'x=1', 'y=1'])
    expect(made.size).toBe(3)
  })
})
