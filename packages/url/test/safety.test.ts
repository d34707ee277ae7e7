import { rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { Headers, httpHop, Response } from '@sluice/http'
import type { Resolver } from '@sluice/socket/dns'
import { serve as serveSocket } from '@sluice/socket/server'
import { describe, expect, test } from 'vitest'
import { CookieJar } from '../src/cookies.ts'
import { Client, type ClientOptions, type FetchOptions, fetch, type Handler } from '../src/index.ts'
import { ftpServer } from '../src/testing.ts'
import { client, open, server } from './kit.ts'

/** Tells addresses in turn, the last one for ever. */
function resolver(...answers: string[]): Resolver & { asked: number } {
  return {
    separate: false,
    asked: 0,
    async resolve() {
      const address = answers[Math.min(this.asked++, answers.length - 1)] as string
      return { addresses: [{ address, family: address.includes(':') ? 6 : 4 }] }
    },
  }
}

describe('another origin', () => {
  const FROM = 'https://site.test/'
  const SECRETS = {
    Authorization: 'Custom s',
    Cookie: 'c=s',
    'Proxy-Authorization': 'Basic s',
    'X-Api-Key': 's',
    Plain: 'p',
  }

  /** What a redirect from `FROM` to a URL sends there. */
  async function sentTo(to: string, options: FetchOptions): Promise<Headers> {
    let sent = new Headers()
    const answer: Handler = async ({ url, headers }) => {
      if (url.href === FROM) return new Response(null, { status: 302, headers: { Location: to } })
      sent = headers
      return new Response('')
    }
    await client({ schemes: { 'https:': answer, 'http:': answer } }).fetch(FROM, options)
    return sent
  }

  test.each([
    ['the scheme', 'http://site.test/'],
    ['the host', 'https://other.test/'],
    ['the port', 'https://site.test:444/'],
    ['a domain below', 'https://www.site.test/'],
    ['a domain above', 'https://test/'],
    ['the host, with the name of the first in it', 'https://site.test.evil.test/'],
    ['the host, with the first as a user', 'https://evil.test/?@site.test'],
  ])('by %s gets no secrets', async (_, to) => {
    const headers = await sentTo(to, { headers: SECRETS, secretFields: ['x-api-key'] })
    expect([...headers].map(([name]) => name)).toEqual(['plain'])
    for (const auth of [{ username: 'a', password: 'b' }, { bearer: 'b' }, () => ({ bearer: 'b' })])
      expect((await sentTo(to, { auth })).has('authorization')).toBe(false)
    const jar = new CookieJar()
    jar.set('host=only; Secure', FROM)
    expect((await sentTo(to, { cookies: jar })).get('cookie')).toBe(
      to.startsWith('https://site.test:') ? 'host=only' : null,
    )
  })

  const NETRC = join(tmpdir(), `sluice-netrc-${process.pid}`)
  const withNetrc = { auth: { netrc: NETRC } }
  const BASIC = `Basic ${btoa('ada:lovelace')}`

  test.each([
    ['the scheme', 'http://site.test/', null],
    ['the port', 'https://site.test:444/', null],
    ['the host, to one without an entry', 'https://www.site.test/', null],
    ['the host, to one above', 'https://test/', null],
    ['the host and the scheme', 'http://other.test/', null],
    ['nothing', '/again', BASIC],
    // Its own, and not that of the first.
    ['the host, to one with an entry', 'https://other.test/', `Basic ${btoa('o:other')}`],
  ])('by %s gets of a .netrc what is its own', async (_, to, field) => {
    writeFileSync(
      NETRC,
      'machine site.test login ada password lovelace\nmachine other.test login o password other\ndefault login any password x\n',
    )
    open.push({ close: () => rmSync(NETRC) })
    expect((await sentTo(to, withNetrc)).get('authorization')).toBe(field)
  })

  test('the same origin keeps them', async () => {
    const headers = await sentTo('/again', { headers: SECRETS, secretFields: ['x-api-key'] })
    for (const [name, value] of Object.entries(SECRETS)) expect(headers.get(name)).toBe(value)
  })

  test('gets none of what a client has for its base', async () => {
    const { url } = await server(
      (request) =>
        new Response(
          ['authorization', 'x-api-key', 'plain'].map((name) => request.headers.get(name)).join(),
        ),
    )
    const headers = { Authorization: 'a', 'X-Api-Key': 'b', Plain: 'c' }
    const one = client({ base: url, headers, secretFields: ['X-Api-Key'] })
    expect(await (await one.fetch('x')).text()).toBe('a,b,c')
    expect(await (await one.fetch(url.replace('127.0.0.1', 'localhost'))).text()).toBe(',,c')
    // What the call itself says is meant for where it goes.
    const own = await one.fetch(url.replace('127.0.0.1', 'localhost'), { headers })
    expect(await own.text()).toBe('a,b,c')
  })
})

describe('denyPrivate', () => {
  test.each([
    'http://127.0.0.1:1/',
    'http://localhost:1/',
    'http://[::1]:1/',
    'http://2130706433:1/',
    'http://0x7f.1:1/',
    'http://[::ffff:127.0.0.1]:1/',
    'http://0.0.0.0:1/',
    'http://169.254.169.254/latest/meta-data/',
    'ftp://127.0.0.1:1/x',
  ])('refuses %s', async (url) => {
    await expect(fetch(url, { denyPrivate: true, proxy: false })).rejects.toMatchObject({
      code: 'ERR_BLOCKED',
    })
  })

  test('refuses files', async () => {
    await expect(fetch('file:///etc/hosts', { denyPrivate: true })).rejects.toMatchObject({
      code: 'ERR_BLOCKED',
    })
    expect((await fetch('data:,x', { denyPrivate: true })).status).toBe(200)
  })

  test('sees what a redirect leads to', async () => {
    const inside = await server(() => new Response('secret'))
    const there = await serveSocket(
      async (connection) => {
        await connection.recvUntil('\r\n\r\n')
        await connection.sendAll(
          `HTTP/1.1 302 Found\r\nLocation: ${inside.url}\r\nContent-Length: 0\r\n\r\n`,
        )
      },
      { hostname: '127.0.0.2' } as never,
    )
    open.push(there)
    const first = `http://127.0.0.2:${(there.address as { port: number }).port}/`
    await expect(fetch(first, { denyPrivate: { except: ['127.0.0.2'] } })).rejects.toThrow(
      /address 127.0.0.1 is refused by a rule of this program \(ERR_BLOCKED/,
    )
  })

  test('sees the address that is dialled, so that a name that changes its mind leads nowhere', async () => {
    const inside = await server(() => new Response('secret'))
    const { port } = new URL(inside.url)
    const changing = resolver('93.184.216.34', '127.0.0.1')
    // Whoever looks first sees an address of the internet ...
    await changing.resolve('rebind.test', { family: 0 })
    // ... and what is dialled is another one.
    const fetching = fetch(`http://rebind.test:${port}/`, {
      denyPrivate: true,
      resolver: changing,
      proxy: false,
    })
    await expect(fetching).rejects.toMatchObject({ code: 'ERR_BLOCKED' })
    expect(changing.asked).toBe(2)
    expect(inside.stats().accepted).toBe(0)
  })

  test('is a matter of the client or of one fetch, and goes with allowAddress', async () => {
    const inside = await server(() => new Response('in'))
    const guarded = client({ denyPrivate: true })
    await expect(guarded.fetch(inside.url)).rejects.toMatchObject({ code: 'ERR_BLOCKED' })
    expect(await (await guarded.fetch(inside.url, { denyPrivate: false })).text()).toBe('in')
    const open = client({})
    expect(await (await open.fetch(inside.url)).text()).toBe('in')
    await expect(open.fetch(inside.url, { denyPrivate: true })).rejects.toMatchObject({
      code: 'ERR_BLOCKED',
    })
    const both = client({ denyPrivate: { except: ['127.0.0.0/8'] }, allowAddress: () => false })
    await expect(both.fetch(inside.url)).rejects.toMatchObject({ code: 'ERR_BLOCKED' })
  })

  test('asks a proxy for the address that was judged, and does not judge the proxy', async () => {
    const heads: string[] = []
    const proxy = await serveSocket(async (connection) => {
      const head = Buffer.from((await connection.recvUntil('\r\n\r\n')) ?? []).toString()
      heads.push(head.split('\r\n', 1)[0] ?? '')
      await connection.sendAll('HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n')
    })
    open.push(proxy)
    const way = `http://127.0.0.1:${(proxy.address as { port: number }).port}`
    const ask = (address: string, option: ClientOptions['proxy'] = way) =>
      fetch('http://name.test/', { denyPrivate: true, resolver: resolver(address), proxy: option })
    await expect(ask('10.0.0.1')).rejects.toMatchObject({ code: 'ERR_BLOCKED' })
    for (const option of [httpHop(way), [way], [new URL(way)]])
      await expect(ask('10.0.0.1', option)).rejects.toMatchObject({ code: 'ERR_BLOCKED' })
    expect(heads).toEqual([])
    await expect(ask('93.184.216.34')).rejects.toThrow(/403/)
    await expect(ask('93.184.216.34', [way])).rejects.toThrow(/403/)
    const tunnelled = 'CONNECT 93.184.216.34:80 HTTP/1.1'
    expect(heads).toEqual([tunnelled, tunnelled])
  })
})

describe('caps', () => {
  test('on redirects', async () => {
    const { url } = await server(
      () => new Response(null, { status: 302, headers: { Location: '/' } }),
    )
    await expect(fetch(url, { limits: { redirects: 3 } })).rejects.toThrow(
      /redirected more than 3 times/,
    )
    await expect(client({ limits: { redirects: 0 } }).fetch(url)).rejects.toThrow(
      /more than 0 times/,
    )
  })

  test.each([
    ['told beforehand', { 'Content-Length': '2000' }],
    ['that comes in pieces', {}],
  ])('on a body %s', async (_, headers) => {
    const body = () =>
      new ReadableStream<Uint8Array<ArrayBuffer>>({
        start(controller) {
          for (let i = 0; i < 20; i++) controller.enqueue(new Uint8Array(100))
          controller.close()
        },
      })
    const { url } = await server(() => new Response(body(), { headers }))
    const read = async (most: number) =>
      (await (await fetch(url, { limits: { body: most } })).bytes()).length
    expect(await read(2000)).toBe(2000)
    await expect(read(1999)).rejects.toThrow(
      /^GET .*: the body has more than 1999 bytes.*\(ERR_TOO_LONG, phase body\)/,
    )
  })

  test('on a body of whatever scheme, in a sentence that is no longer for it', async () => {
    await using ftp = await ftpServer({ files: { a: 'x'.repeat(2000) } })
    const path = fileURLToPath(import.meta.url)
    for (const url of [`data:,${'x'.repeat(2000)}`, pathToFileURL(path).href, `${ftp.url}a`]) {
      const limits = { body: 1999 }
      const reading = fetch(url, { limits }).then((response) => response.text())
      const error = await reading.catch(String)
      expect(error).toMatch(/^FetchError: GET (?:data|file|ftp):.*more than 1999 bytes/)
      expect(error.length).toBeLessThan(400)
    }
  })

  test('on a body leaves the response as it is', async () => {
    const { url } = await server(() => new Response('x', { status: 201, headers: { A: 'b' } }))
    const response = await fetch(`${url}p#f`, { limits: { body: 10 } })
    expect([
      response.status,
      response.url,
      response.headers.get('a'),
      await response.text(),
    ]).toEqual([201, `${url}p`, 'b', 'x'])
  })

  test.each([
    [205, 'Content-Length: 0\r\n\r\n', ''],
    [205, 'Content-Length: 1\r\n\r\nx', ''],
    [204, '\r\n', ''],
    [999, 'Content-Length: 1\r\n\r\nx', 'x'],
    [600, 'Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n', 'x'],
  ])(
    'on a body takes the status %d, which no Response with a body can be made with',
    async (status, rest, text) => {
      const peer = await serveSocket(async (connection) => {
        await connection.recv()
        await connection.sendAll(`HTTP/1.1 ${status} Odd\r\nX-A: b\r\n${rest}`)
      })
      open.push(peer)
      const { port } = peer.address as { port: number }
      const response = await fetch(`http://127.0.0.1:${port}/p`, { limits: { body: 10 } })
      const { url, statusText, ok, headers } = response
      expect([response.status, statusText, ok, headers.get('x-a'), await response.text()]).toEqual([
        status,
        'Odd',
        status < 300,
        'b',
        text,
      ])
      expect(url).toBe(`http://127.0.0.1:${port}/p`)
    },
  )

  test('of a message hold for a client’s kept connections, too', async () => {
    const { url } = await server(() => new Response('', { headers: { A: 'x'.repeat(2000) } }))
    await expect(client({ limits: { fieldBytes: 1000 } }).fetch(url)).rejects.toMatchObject({
      code: 'ERR_TOO_LONG',
    })
    await expect(fetch(url, { limits: { fieldBytes: 1000 } })).rejects.toMatchObject({
      code: 'ERR_TOO_LONG',
    })
    expect((await fetch(url)).status).toBe(200)
  })

  test.each([
    [{ redirects: -1 }, RangeError],
    [{ body: '1' }, TypeError],
    ['x', TypeError],
  ])('limits %j are refused', (limits, kind) => {
    expect(() => new Client({ limits: limits as never })).toThrow(kind)
  })
})

test.each([
  [{ denyPrivate: 'yes' }, TypeError],
  [{ denyPrivate: { except: ['x'] } }, SyntaxError],
  [{ secretFields: 'X' }, TypeError],
  [{ secretFields: ['a b'] }, TypeError],
])('%j is refused', (options, kind) => {
  expect(() => new Client(options as never)).toThrow(kind)
})
