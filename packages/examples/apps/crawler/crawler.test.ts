/** Pages by tables, the frontier with a clock of its own, and a site full of traps over real connections. */
import { setTimeout as sleep } from 'node:timers/promises'
import { type Handler, serve } from '@sluice/http'
import { describe, expect, test } from 'vitest'
import { growthOfText, LINEAR } from '../../../../scripts/growth.ts'
import { crawl } from './crawl.ts'
import { Frontier, QUERIES_PER_PATH } from './frontier.ts'
import { isPage, LIMITS, linksOf, resolve } from './protocol.ts'
import { lineOf, reportOf, type Visit } from './report.ts'

const PAGE = 'http://site.example/a/b.html'

describe('the links of a page', () => {
  test.each([
    ['<a href="c">', ['http://site.example/a/c']],
    ["<A\n HREF = '/c'>", ['http://site.example/c']],
    ['<a class=x href=c?d=1&amp;e=2>', ['http://site.example/a/c?d=1&e=2']],
    ['<a href="&#x2f;c"> <a href="&#47;d">', ['http://site.example/c', 'http://site.example/d']],
    ['<a href="c#one"><a href="c#two"><a href="c">', ['http://site.example/a/c']],
    ['<a href="//other.example/x">', ['http://other.example/x']],
    ['<a href="http://USER:secret@Site.Example:80/x">', ['http://site.example/x']],
    ['<base href="/z/"><base href="/y/"><a href="c">', ['http://site.example/z/c']],
    ['<iframe src="f"><area href="g">', ['http://site.example/a/f', 'http://site.example/a/g']],
    ['<!-- <a href="c"> --><a href="d">', ['http://site.example/a/d']],
    ['<script>"<a href=\'c\'>"</script><a href="d">', ['http://site.example/a/d']],
    ['<a data-href="c"><abbr href="d"><a>', []],
    [
      '<a href="mailto:a@b"><a href="javascript:alert(1)"><a href="data:,x"><a href="ftp://x/">',
      [],
    ],
    ['<a href="http://[broken"><a href="', []],
    [`<a href="${'x'.repeat(LIMITS.url)}">`, []],
  ])('%s', (html, links) => expect(linksOf(html, PAGE)).toEqual(links))

  test('are bounded', () => {
    const html = Array.from({ length: 3000 }, (_, i) => `<a href="${i}">`).join('')
    expect(linksOf(html, PAGE)).toHaveLength(LIMITS.links)
  })
  test.each([
    ['<a', '<a'],
    ['<a x', 'x'],
    ['<a ', ' '],
    ['<a href=', '"a='],
    ['<!--', '<!--'],
    ['<script', '<script'],
    ['<a href="', '&#'],
  ])('are found in the same time per byte, whatever a page is made of: %j and %j', (head, more) => {
    expect(growthOfText(more, (text) => linksOf(head + text, PAGE))).toBeLessThan(LINEAR)
  })
  test.each([
    ['text/html', true],
    ['Text/HTML; charset=utf-8', true],
    ['application/xhtml+xml', true],
    ['text/htmlx', false],
    ['image/png', false],
    [null, false],
  ])('%s can have some: %s', (type, expected) => expect(isPage(type)).toBe(expected))
  test('a start without a base is a whole address', () => {
    expect(resolve('http://Site.Example', 'about:blank')).toBe('http://site.example/')
    expect(resolve('site.example', 'about:blank')).toBeUndefined()
  })
})

describe('the frontier', () => {
  const bounds = { pages: 100, depth: 3, delay: 0 }
  const frontierOf = (more: Partial<typeof bounds> = {}, isAllowed = (_: string) => true) =>
    new Frontier('http://s/', { ...bounds, ...more }, isAllowed)

  test('gives each page once, and knows who links to it', () => {
    const frontier = frontierOf()
    expect(frontier.take(0)).toEqual({ url: 'http://s/', depth: 0 })
    frontier.add('http://s/a', 1, 'http://s/')
    frontier.add('http://s/a', 2, 'http://s/b')
    frontier.add('http://s/', 2, 'http://s/b')
    expect(frontier.take(0)).toEqual({ url: 'http://s/a', depth: 1 })
    expect(frontier.take(0)).toBeUndefined()
    expect(frontier.linksTo('http://s/a')).toEqual(['http://s/', 'http://s/b'])
  })
  test('lets the delay pass between any two, however many ask', () => {
    const frontier = frontierOf({ delay: 500 })
    frontier.add('http://s/a', 1, '')
    expect(frontier.take(1000)).toMatchObject({ url: 'http://s/' })
    expect([frontier.take(1000), frontier.take(1400)]).toEqual([500, 100])
    expect(frontier.take(1500)).toMatchObject({ url: 'http://s/a' })
  })
  test('ends, although the site does not', () => {
    const frontier = frontierOf({ pages: 1000, depth: 1000 })
    let fetched = 0
    for (let task = frontier.take(0); typeof task === 'object'; task = frontier.take(0)) {
      fetched++
      frontier.add(`http://s/calendar?day=${fetched}`, task.depth + 1, task.url)
    }
    expect(fetched).toBe(1 + QUERIES_PER_PATH)
    expect(frontier.skipped.queries).toBe(1)
  })
  test('keeps out other origins, what is too deep, and what robots.txt forbids', () => {
    const frontier = frontierOf({ depth: 1 }, (url) => !url.includes('private'))
    frontier.add('http://t/', 1, '')
    frontier.add('https://s/', 1, '')
    frontier.add('http://s/deep', 2, '')
    frontier.add('http://s/private', 1, '')
    expect(frontier.skipped).toEqual({ robots: 1, origin: 2, depth: 1, queries: 0 })
    expect(frontier.left).toBe(1)
  })
})

describe('a crawl', () => {
  const html = (body: string, init: ResponseInit = {}) =>
    new Response(body, { ...init, headers: { 'Content-Type': 'text/html', ...init.headers } })

  async function crawling(site: Handler, more: Partial<Parameters<typeof crawl>[1]> = {}) {
    const asked: string[] = []
    await using server = await serve((request, info) => {
      asked.push(new URL(request.url).pathname)
      return site(request, info)
    })
    const visits: Visit[] = []
    const frontier = await crawl(`${server.url}`, {
      pages: 50,
      depth: 5,
      workers: 4,
      delay: 0,
      allowPrivate: true,
      signal: new AbortController().signal,
      onVisit: (visit) => visits.push(visit),
      ...more,
    })
    const paths = visits.map(({ url, status }) => `${status} ${new URL(url).pathname}`).sort()
    return { asked, visits, paths, frontier }
  }

  const pages: Record<string, () => Response> = {
    '/': () =>
      html(
        '<a href="/a">a</a> <a href="/gone">g</a> <a href="/secret/x">s</a> <a href="/moved">m</a> <a href="/photo">p</a> <a href="http://other.example/">o</a> <a href="/huge">h</a>',
      ),
    '/a': () => html('<a href="/">home</a> <a href="/gone">g</a>'),
    '/moved': () => new Response(null, { status: 301, headers: { Location: '/b' } }),
    '/b': () => html('<a href="/loop">l</a>'),
    '/loop': () => new Response(null, { status: 302, headers: { Location: '/loop' } }),
    '/photo': () =>
      new Response(new Uint8Array(5000), { headers: { 'Content-Type': 'image/png' } }),
    '/huge': () => html('x'.repeat(LIMITS.page + 1)),
    '/robots.txt': () => new Response('User-agent: SluiceCrawler\nDisallow: /secret/\n'),
  }
  const site: Handler = (request) =>
    pages[new URL(request.url).pathname]?.() ?? html('not here', { status: 404 })

  test('finds what is there, asks for nothing twice, and says what is broken', async () => {
    const { asked, paths, visits, frontier } = await crawling(site)
    expect(paths).toEqual([
      '0 /huge',
      '200 /',
      '200 /a',
      '200 /b',
      '200 /photo',
      '301 /moved',
      '302 /loop',
      '404 /gone',
    ])
    expect(asked[0]).toBe('/robots.txt')
    expect(new Set(asked).size).toBe(asked.length)
    const report = reportOf(visits, frontier).join('\n')
    expect(report).toContain('8 pages')
    expect(report).toContain('2 broken')
    expect(report).toContain('links not followed: robots 1, origin 1')
    expect(report).toMatch(
      /broken: \S+\/gone \(404\)\n {2}linked from \S+\/\n {2}linked from \S+\/a/,
    )
    expect(report).toMatch(/broken: \S+\/huge \(.*more than 2000000 bytes.*\)/)
    expect(lineOf(visits[0] as Visit)).toMatch(/^200 http:\/\/\S+\/ {2}\d+ bytes, 7 links, \d+ ms$/)
  })

  test('asks for no page where robots.txt can not be had: that means no', async () => {
    await expect(
      crawling(() => new Response(null, { status: 503, headers: { 'Retry-After': '0' } })),
    ).rejects.toThrow('robots.txt forbids it')
  })
  test('does not wait for minutes between pages, and says so', async () => {
    const patient: Handler = () => new Response('User-agent: *\nCrawl-delay: 3600')
    await expect(crawling(patient)).rejects.toThrow('robots.txt asks for 3600 s between pages')
  })
  test('looks at no address of this network unless it is asked to', async () => {
    await expect(crawling(site, { allowPrivate: false })).rejects.toThrow(
      'is on this machine or in a private network; --private allows that',
    )
  })
  test('ends when it is interrupted, with what was found until then', async () => {
    const quitting = new AbortController()
    const endless: Handler = ({ url }) => {
      const { pathname } = new URL(url)
      return pathname === '/robots.txt' ? new Response('') : html(`<a href="${pathname}x/">`)
    }
    const visits: Visit[] = []
    const onVisit = (visit: Visit): void => {
      if (visits.push(visit) === 10) quitting.abort(new Error('enough'))
    }
    await crawling(endless, { depth: 1000, pages: 1000, signal: quitting.signal, onVisit })
    expect(visits).toHaveLength(10)
  })
  test('a server that is lost in the middle is a finding', async () => {
    const { paths, visits } = await crawling((request) => {
      const { pathname } = new URL(request.url)
      if (pathname === '/robots.txt') return new Response(null, { status: 404 })
      if (pathname === '/') return html('<a href="/broken">')
      const body = new ReadableStream({
        start(controller) {
          controller.enqueue(new TextEncoder().encode('half a page'))
        },
        async pull(controller) {
          await sleep(50)
          controller.error(new Error('lost'))
        },
      })
      return new Response(body, {
        headers: { 'Content-Type': 'text/html', 'Content-Length': '100' },
      })
    })
    expect(paths).toEqual(['0 /broken', '200 /'])
    expect(visits[1]?.error).toContain('/broken')
  })
})
