/** Fields by tables, the log with events made by hand, and real exchanges through real connections. */
import { type Handler, request, serve } from '@sluice/http'
import { connect, text } from '@sluice/socket'
import { describe, expect, test } from 'vitest'
import { LIMITS, Log, previewOf } from './log.ts'
import { openPage } from './page.ts'
import { isOwnHost, placeOf, requestFields, responseFields } from './protocol.ts'
import { openProxy } from './proxy.ts'

describe('what goes on', () => {
  const asking = { from: '127.0.0.1', host: 'localhost:8081' }
  test('are the fields of the message, not those of one connection', () => {
    const fields: [string, string][] = [
      ['Host', 'localhost:8081'],
      ['Connection', 'keep-alive, X-Private'],
      ['X-Private', 'secret'],
      ['TE', 'trailers'],
      ['Transfer-Encoding', 'chunked'],
      ['Upgrade', 'websocket'],
      ['Accept', '*/*'],
      ['Cookie', 'a=1'],
    ]
    expect(requestFields(fields, asking)).toEqual([
      ['Accept', '*/*'],
      ['Cookie', 'a=1'],
      ['Forwarded', 'for=127.0.0.1;host="localhost:8081";proto=http'],
      ['Via', '1.1 sluice-inspector'],
    ])
    expect(requestFields([], { ...asking, from: '::1' })?.[0]?.[1]).toContain('for="[::1]"')
  })
  test('is nothing that was here before', () => {
    expect(requestFields([['via', '1.0 a, 1.1 sluice-inspector']], asking)).toBeUndefined()
    expect(requestFields([['Via', '1.1 other']], asking)).toBeDefined()
  })
  test.each([
    ['http://t:1/next', 'http://own/next'],
    ['http://t:1', 'http://own'],
    ['/next', '/next'],
    ['http://t:12/', 'http://t:12/'],
    ['https://elsewhere/', 'https://elsewhere/'],
  ])('a redirect to %s leads to %s', (location, expected) =>
    expect(responseFields([['Location', location]], 'http://t:1', 'http://own')[0]?.[1]).toBe(
      expected,
    ),
  )
  test.each([
    ['/a?b=/c', 'http://t:1/a?b=/c'],
    ['//evil.example/', 'http://t:1//evil.example/'],
    ['http://evil.example/a', 'http://t:1/a'],
    ['http://evil.example', 'http://t:1/'],
    ['http://evil.example?x', 'http://t:1/?x'],
    ['/http://evil.example/', 'http://t:1/http://evil.example/'],
    ['*', undefined],
    ['evil.example:80', undefined],
  ])('a request for %s goes to %s', (target, place) => {
    expect(placeOf(target, 'http://t:1')).toBe(place)
    if (place !== undefined) expect(new URL(place).host).toBe('t:1')
  })
  test.each([
    ['localhost:8082', true],
    ['127.0.0.1', true],
    ['[::1]:8082', true],
    ['localhost.evil.example', false],
    ['127.0.0.1.evil.example:8082', false],
    [null, false],
  ])('the page is shown to who calls it %s: %s', (host, shown) =>
    expect(isOwnHost(host)).toBe(shown),
  )
})

describe('the log', () => {
  test('holds so many exchanges, and so much of a body', () => {
    const log = new Log()
    for (let id = 1; id <= LIMITS.exchanges + 5; id++) log.begin(id, 'GET', `/${id}`, 0)
    expect([log.get(5), log.get(6)?.target]).toEqual([undefined, '/6'])
    for (let i = 0; i < 10; i++) log.pass(6, 'down', new Uint8Array(1000).fill(0x61))
    expect(log.get(6)).toMatchObject({
      received: 10_000,
      bodies: { down: 'a'.repeat(LIMITS.preview) },
    })
  })
  test('tells what is new, once', () => {
    const log = new Log()
    log.begin(1, 'GET', '/', 0)
    const { revision, lines } = log.since(0)
    expect(lines).toMatchObject([{ id: 1, status: 0, elapsed: -1 }])
    expect(log.since(revision).lines).toEqual([])
    log.end(1, 200, 5)
    expect(log.since(revision).lines).toMatchObject([{ id: 1, status: 200, elapsed: 5 }])
  })
  test('passes over what is about somebody else', () => {
    const log = new Log()
    log.begin(1, 'GET', '/', 0)
    const { revision } = log.since(0)
    log.tell({ layer: 'http', name: 'end', id: 9, parent: 8, t: 1, connection: 7, keepAlive: true })
    log.tell({ layer: 'socket', name: 'end', id: 7, parent: 0, t: 1 })
    log.pass(3, 'up', new Uint8Array(1))
    log.end(3, 200, 1)
    expect(log.since(revision).lines).toEqual([])
  })
  test.each([
    [Buffer.from('h\u00e9llo\r\n\t'), 'h\u00e9llo\r\n\t'],
    [Buffer.from('h\u00e9').subarray(0, 2), 'h'],
    [Buffer.from([0x89, 0x50]), expect.stringMatching(/^89 50 /)],
    [Buffer.from([0x61, 0x00]), expect.stringMatching(/^61 00 /)],
    [Buffer.from(''), ''],
  ])('shows %j as what it is', (bytes, shown) => expect(previewOf(bytes)).toEqual(shown))
})

describe('a proxy', () => {
  const place = { hostname: '127.0.0.1', port: 0 }

  async function inspecting(
    handler: Handler,
    use: (facts: { url: string; log: Log; origin: string }) => Promise<void>,
  ) {
    await using server = await serve(handler)
    const log = new Log()
    const { origin } = new URL(`${server.url}`)
    await using proxy = await openProxy(new URL(origin), log, place)
    await use({ url: `${proxy.server.url}`, log, origin })
  }
  const only = (log: Log) => {
    const { lines } = log.since(0)
    expect(lines).toHaveLength(1)
    return log.get(lines[0]?.id as number)
  }

  test('passes a request and its answer on, as they are, and has seen both', async () => {
    const seen: string[] = []
    await inspecting(
      async (asked, info) => {
        seen.push(asked.method, info.target, await asked.text(), `${asked.headers.get('Via')}`)
        return new Response('answer', {
          status: 201,
          headers: { 'X-Odd': 'yes', 'Set-Cookie': 'a=secret' },
        })
      },
      async ({ url, log }) => {
        const headers = { Authorization: 'Bearer secret' }
        const response = await request(`${url}a%2fb?c=d`, {
          method: 'POST',
          body: 'question',
          headers,
        })
        expect([response.status, response.headers.get('X-Odd'), await response.text()]).toEqual([
          201,
          'yes',
          'answer',
        ])
        expect(seen).toEqual(['POST', '/a%2fb?c=d', 'question', '1.1 sluice-inspector'])
        const exchange = only(log)
        expect(exchange).toMatchObject({
          method: 'POST',
          target: '/a%2fb?c=d',
          status: 201,
          sent: 8,
          received: 6,
          bodies: { up: 'question', down: 'answer' },
          failure: '',
        })
        expect(exchange?.heads[0]).toMatch(/^POST \/a%2fb\?c=d HTTP\/1\.1\n/)
        expect(exchange?.heads[1]).toMatch(/^HTTP\/1\.1 201 /)
        expect(JSON.stringify(exchange)).not.toContain('secret')
        // From the connection up to the end of the exchange.
        const told =
          exchange?.steps.map(({ layer, text }) => `${layer} ${text.split(' ')[0]}`) ?? []
        expect(told).toEqual(
          expect.arrayContaining([
            'http request-head',
            'socket send',
            'socket receive',
            'http response-head',
            'http end',
          ]),
        )
      },
    )
  })
  test('lets a body through while it is made, and holds no more of it than the page shows', async () => {
    const size = 20_000_000
    let left = size
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.enqueue(new Uint8Array(1_000_000))
        left -= 1_000_000
        if (left === 0) controller.close()
      },
    })
    await inspecting(
      () => new Response(body),
      async ({ url, log }) => {
        const response = await request(url)
        let bytes = 0
        for await (const piece of response.body as unknown as AsyncIterable<Uint8Array>)
          bytes += piece.length
        expect(bytes).toBe(size)
        expect(only(log)?.received).toBe(size)
      },
    )
  })
  test('says what went wrong: nobody there, a redirect, itself', async () => {
    const log = new Log()
    await using proxy = await openProxy(new URL('http://127.0.0.1:1/'), log, place)
    const response = await request(`${proxy.server.url}`)
    expect(response.status).toBe(502)
    expect(await response.text()).toMatch(/connection refused \(ECONNREFUSED, phase connect/)
    expect(only(log)?.failure).toContain('ECONNREFUSED')
    await inspecting(
      ({ url }) => Response.redirect(new URL('/next', url), 302),
      async ({ url }) => {
        const moved = await request(url)
        expect(moved.headers.get('Location')).toBe(`${url}next`)
      },
    )
  })
  test('goes to its server and nowhere else, whatever is asked for', async () => {
    const seen: string[] = []
    await inspecting(
      (_, { target }) => {
        seen.push(target)
        return new Response('ok')
      },
      async ({ url }) => {
        for (const target of ['//127.0.0.2/', 'http://127.0.0.2:9/x']) {
          const { port, hostname } = new URL(url)
          await using client = await connect({ hostname, port: Number(port) })
          await client.sendAll(
            `GET ${target} HTTP/1.1\r\nHost: ${hostname}\r\nConnection: close\r\n\r\n`,
          )
          expect(text(await client.recvLine())).toContain('200')
        }
        expect(seen).toEqual(['//127.0.0.2/', '/x'])
      },
    )
  })

  test('has a page that shows it, to this machine', async () => {
    const log = new Log()
    log.begin(1, 'GET', '/<script>', 0)
    await using page = await openPage(log, place)
    const html = await request(`${page.url}`)
    expect(html.headers.get('Content-Security-Policy')).toContain("default-src 'none'")
    expect(await html.text()).not.toContain('innerHTML')
    expect(await (await request(`${page.url}exchanges/1`)).json()).toMatchObject({
      target: '/<script>',
    })
    expect((await request(`${page.url}exchanges/2`)).status).toBe(404)
    const events = await request(`${page.url}events`)
    const reader = (events.body as ReadableStream<Uint8Array>).getReader()
    expect(new TextDecoder().decode((await reader.read()).value)).toContain('"target":"/<script>"')
    await reader.cancel()
    // A name that leads here by somebody else's DNS.
    const rebound = await request(`${page.url}`, { host: 'evil.example' })
    expect([rebound.status, await rebound.text()]).toEqual([403, 'this page is for this machine\n'])
  })
})
