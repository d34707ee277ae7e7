import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseRobots, robotsFor } from './robots.ts'

const FILE = `
User-agent: a
User-agent: b
Allow: /x/y
Disallow: /x
Crawl-delay: 1.5
Request-rate: 3/15m

Sitemap: https://h.test/map.xml

User-agent: *
Disallow: /*.gif$
Crawl-delay: 2
`

describe('RFC 9309', () => {
  const robots = parseRobots(FILE)
  test.each([
    ['a', '/x/y/z', true],
    ['a/1.0', '/x/z', false],
    ['B', 'https://h.test/x', false],
    ['b', '/picture.gif', true],
    ['c', '/picture.gif', false],
    ['c', '/picture.gif?large', true],
    ['c', '/x', true],
    ['', '/picture.gif', false],
  ])('%s and %s: %s', (agent, url, allowed) => {
    expect(robots.isAllowed(agent, url)).toBe(allowed)
  })

  test('a URL as the platform has it', () => {
    const own = parseRobots('User-agent: *\nDisallow: /ä')
    expect(own.isAllowed('x', new URL('https://h.test/%C3%A4'))).toBe(false)
    expect(own.isAllowed('x', new URL('https://h.test/ä/b'))).toBe(false)
  })

  test('times in milliseconds, sitemaps, and the rules that count', () => {
    expect([robots.crawlDelay('a'), robots.crawlDelay('c')]).toEqual([1500, 2000])
    expect(robots.requestRate('b')).toEqual({ requests: 3, period: 900_000 })
    expect(robots.requestRate('c')).toBeUndefined()
    expect(robots.sitemaps).toEqual(['https://h.test/map.xml'])
    expect(String(robots)).toMatch(
      /^User-agent: a\nUser-agent: b\nCrawl-delay: 1.5\nRequest-rate: 3\/900\n/,
    )
  })

  test('a pattern with many stars takes no time to speak of', () => {
    const stars = parseRobots(`User-agent: *\nDisallow: /${'*a'.repeat(2000)}*b$`)
    const began = performance.now()
    expect(stars.isAllowed('x', `/${'a'.repeat(20_000)}`)).toBe(true)
    expect(performance.now() - began).toBeLessThan(200)
  })
})

describe('Python', () => {
  test('the first rule decides, and an empty line ends a group', () => {
    const text = 'User-agent: *\nDisallow: /x\nAllow: /x/y\n\nDisallow: /z'
    expect(parseRobots(text, { semantics: 'python' }).isAllowed('a', '/x/y')).toBe(false)
    expect(parseRobots(text, { semantics: 'python' }).isAllowed('a', '/z')).toBe(true)
    expect(parseRobots(text).isAllowed('a', '/x/y')).toBe(true)
    expect(parseRobots(text).isAllowed('a', '/z')).toBe(false)
  })
})

test.each([
  [200, 'rfc9309', false],
  [404, 'rfc9309', true],
  [401, 'rfc9309', true],
  [401, 'python', false],
  [410, 'python', true],
  [503, 'rfc9309', false],
  [503, 'python', false],
] as const)('an answer of %d by %s allows: %s', (status, semantics, allowed) => {
  const robots = robotsFor({ status, text: 'User-agent: *\nDisallow: /' }, { semantics })
  expect(robots.isAllowed('a', '/')).toBe(allowed)
})

test('what Python raises for is overlooked', () => {
  const robots = parseRobots('User-agent: *\nDisallow: //[x\nDisallow: /\ud800\nDisallow: /y', {
    semantics: 'python',
  })
  expect(['/y', '/x', 'http://[x', '/\ud800'].map((url) => robots.isAllowed('a', url))).toEqual([
    false,
    true,
    false,
    false,
  ])
})

test('options that make no sense are refused', () => {
  expect(() => parseRobots('', { semantics: 'google' as never })).toThrow(/'rfc9309' or 'python'/)
  expect(() => parseRobots('', { mode: 1 } as never)).toThrow(/no option 'mode'/)
})

test('any text is a robots.txt', () => {
  const word = fc.constantFrom(
    'User-agent',
    'Disallow',
    ':',
    '/',
    '*',
    '$',
    '\n',
    ' ',
    '#',
    'a',
    '%e',
    'é',
    '\ud800',
    '\r',
  )
  fc.assert(
    fc.property(fc.array(word), (words) => {
      for (const semantics of ['rfc9309', 'python'] as const) {
        const robots = parseRobots(words.join(''), { semantics })
        expect(typeof robots.isAllowed('a', '/a')).toBe('boolean')
      }
    }),
  )
})
