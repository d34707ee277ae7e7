import { type ConnectOptions, connect, type Endpoint } from '@sluice/socket'
import { isNetError } from '@sluice/socket/errors'
import { isProxyError } from '@sluice/socket/proxy'
import { serve as serveSocket } from '@sluice/socket/server'
import {
  FakeClock,
  makeAuthority,
  makeCertificate,
  type ScriptStep,
  scriptedServer,
} from '@sluice/socket/testing'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { parseRequestUrl } from '../../src/core/origin.ts'
import {
  type Handler,
  type Headers,
  httpHop,
  Pool,
  type PoolOptions,
  Response,
  request,
  type Server,
  serve,
} from '../../src/index.ts'
import { type ConnectionOptions, planRoute } from '../../src/io/open.ts'

const open: { close(): unknown }[] = []
afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.close()
})

async function server(handler: Handler, options = {}): Promise<Server> {
  const made = await serve(handler, options)
  open.push(made)
  return made
}

function pool(options: PoolOptions = {}): Pool {
  const made = new Pool(options)
  open.push({ close: () => made.destroy() })
  return made
}

const hello = () => new Response('hello') as globalThis.Response

const REQUEST: ScriptStep = { expectUntil: '\r\n\r\n' }
const answer = (body: string, fields = ''): ScriptStep => ({
  send: `HTTP/1.1 200 OK\r\n${fields}Content-Length: ${body.length}\r\n\r\n${body}`,
})
const urlOf = (address: { port?: number }): string => `http://127.0.0.1:${address.port}/`

async function scripts(...all: (ScriptStep | 'finish')[][]) {
  const made = await scriptedServer(all)
  open.push(made)
  return { url: urlOf(made.address as { port: number }), done: made.done }
}

/** Lets what is on its way arrive. */
async function turns(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve))
}

describe('a pool', () => {
  it('tells of informational responses', async () => {
    const { url } = await server((_request, info) => {
      info.informational(103, { Link: '</style.css>; rel=preload' })
      return hello()
    })
    const heard: string[] = []
    const informational = (status: number, headers: Headers) =>
      void heard.push(`${status} ${headers.get('link')}`)
    for (const ask of [request, pool().request.bind(pool())])
      expect(await (await ask(url, { informational })).text()).toBe('hello')
    expect(heard).toEqual(Array(2).fill('103 </style.css>; rel=preload'))
    const fails = () => {
      throw new Error('no hints, please')
    }
    await expect(request(url, { informational: fails })).rejects.toThrow('no hints, please')
  })

  it('ends with what an async function for informational responses rejects with', async () => {
    let answered = (): void => {}
    const { url } = await server(async (_request, info) => {
      info.informational(103)
      await new Promise<void>((resolve) => (answered = resolve))
      return hello()
    })
    const informational = async (): Promise<void> => {
      throw new Error('no hints, please')
    }
    await expect(request(url, { informational })).rejects.toThrow('no hints, please')
    answered()
  })

  it('keeps what it opened in the place of its last connection', async () => {
    const closing: ScriptStep[] = [REQUEST, answer('1', 'Connection: close\r\n')]
    const { url } = await scripts([...closing, 'finish'], [REQUEST, answer('2')])
    const one = pool({ limits: { perOrigin: 1 } })
    const both = [1, 2].map(async () => (await one.request(url)).text())
    expect(await Promise.all(both)).toEqual(['1', '2'])
    expect(one.stats).toMatchObject({ connections: 1, idle: 1 })
    await one.close()
    expect(one.stats.connections).toBe(0)
  })

  it('keeps what it opened in the place of one that had gone', async () => {
    const { url } = await scripts([REQUEST, answer('1'), REQUEST, 'finish'], [REQUEST, answer('2')])
    const one = pool()
    expect(await (await one.request(url)).text()).toBe('1')
    expect(await (await one.request(url)).text()).toBe('2')
    expect(one.stats).toMatchObject({ connections: 1, idle: 1, replayed: 1 })
    await one.close()
  })

  it('lets nobody wait for a place that an idle connection takes', async () => {
    const { url } = await scripts([REQUEST, answer('1', 'Keep-Alive: timeout=600\r\n')])
    const { url: other } = await scripts([REQUEST, answer('2')])
    const one = pool({ limits: { connections: 1 } })
    const both = [url, other].map(async (each) => (await one.request(each)).text())
    expect(await Promise.all(both)).toEqual(['1', '2'])
    expect(one.stats).toMatchObject({ connections: 1, idle: 1 })
  })

  it('opens no more connections than it may, whoever waits', async () => {
    const urls = await Promise.all([1, 2, 3, 4].map(async () => (await server(hello)).url))
    const one = pool({ limits: { connections: 2, perOrigin: 1 } })
    let most = 0
    const all = Array.from({ length: 40 }, async (_, i) => {
      const text = await (await one.request(urls[i % 4] as string)).text()
      most = Math.max(most, one.stats.connections)
      return text
    })
    expect(await Promise.all(all)).toEqual(Array(40).fill('hello'))
    expect(most).toBeLessThanOrEqual(3)
  })

  it('gives nobody a connection that has more to say than its answer', async () => {
    const { url } = await scripts(
      [REQUEST, { send: 'HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 200 OK\r\n\r\nevil' }],
      [REQUEST, answer('good')],
    )
    const one = pool({ limits: { perOrigin: 1 } })
    const both = [1, 2].map(async () => (await one.request(url, { method: 'PATCH' })).text())
    expect(await Promise.all(both)).toEqual(['', 'good'])
  })

  it('closes a connection that nobody can take over', async () => {
    const switched: ScriptStep[] = [REQUEST, { send: 'HTTP/1.1 101 Switching\r\n\r\nbytes' }]
    const { url } = await scripts(switched, switched)
    const one = pool({ limits: { perOrigin: 1 } })
    const headers = { Connection: 'Upgrade', Upgrade: 'x' }
    for (let i = 0; i < 2; i++) expect((await one.request(url, { headers })).status).toBe(101)
    await one.close()
    expect(one.stats.connections).toBe(0)
  })

  it('makes one request after the other on one connection', async () => {
    const { url, stats } = await server(hello)
    const one = pool()
    for (let i = 0; i < 5; i++) expect(await (await one.request(url)).text()).toBe('hello')
    expect(one.stats).toEqual({
      connections: 1,
      idle: 1,
      waiting: 0,
      requests: 5,
      reused: 4,
      replayed: 0,
    })
    expect(stats).toBeTypeOf('function')
  })

  it('opens as many as it may, and the rest waits in order', async () => {
    let most = 0
    let now = 0
    const { url } = await server(async () => {
      most = Math.max(most, ++now)
      await turns()
      now--
      return hello()
    })
    const one = pool({ limits: { perOrigin: 3 } })
    const texts = await Promise.all(
      Array.from({ length: 20 }, async () => (await one.request(url)).text()),
    )
    expect(texts).toEqual(Array(20).fill('hello'))
    expect(most).toBe(3)
    expect(one.stats).toMatchObject({ connections: 3, idle: 3, waiting: 0, reused: 17 })
  })

  it('in all, too: one that waits makes room for another origin', async () => {
    const [a, b] = [await server(hello), await server(hello)]
    const one = pool({ limits: { connections: 1 } })
    for (const { url } of [a, b, a]) expect(await (await one.request(url)).text()).toBe('hello')
    await turns()
    expect(one.stats.connections).toBe(1)
  })

  it('refuses what would wait too long in line', async () => {
    const { url } = await server(() => new Promise(() => {}))
    const one = pool({ limits: { perOrigin: 1, waiting: 1 } })
    void one.request(url).catch(() => {})
    await turns()
    void one.request(url).catch(() => {})
    await expect(one.request(url)).rejects.toThrow('1 requests wait already (ERR_BUSY')
  })

  it('a wait in line ends by its signal', async () => {
    const { url } = await server(() => new Promise(() => {}))
    const one = pool({ limits: { perOrigin: 1 } })
    void one.request(url).catch(() => {})
    await turns()
    const controller = new AbortController()
    const waiting = one.request(url, { signal: controller.signal })
    await turns()
    controller.abort(new Error('enough'))
    await expect(waiting).rejects.toThrow('enough')
    expect(one.stats.waiting).toBe(0)
  })

  it('a wait in line is a part of timeout.total, and so is what comes after it', async () => {
    const clock = new FakeClock()
    const answers: (() => void)[] = []
    const { url } = await server(async () => {
      await new Promise<void>((resolve) => answers.push(resolve))
      return hello()
    })
    const timeout = 5_000
    const one = pool({
      ...{ clock, limits: { perOrigin: 1 } },
      connect: (to: Endpoint, { timeout: _, ...how }: ConnectOptions) => connect(to, how),
    })
    const first = one.request(url).then((response) => response.text())
    await vi.waitFor(() => expect(answers).toHaveLength(1))
    const outcome = (asked: Promise<unknown>) => asked.then(String, String)
    const late = `Error: GET ${url}: no result within ${timeout} ms (ERR_TIMEOUT, phase total`

    const waits = outcome(one.request(url, { timeout }))
    await clock.advance(2_000)
    const waitsAndIsServed = outcome(one.request(url, { timeout }))
    await clock.advance(3_000)
    expect(await waits).toContain(late)
    expect(one.stats.waiting).toBe(1)

    answers[0]?.()
    expect(await first).toBe('hello')
    await vi.waitFor(() => expect(answers).toHaveLength(2))
    // Two seconds are left, and the clock of an exchange goes by half seconds.
    await clock.advance(2_500)
    expect(await waitsAndIsServed).toContain(late)
    expect(clock.pending).toBeLessThan(3)
  })

  it('gives a connection up before the server does', async () => {
    const clock = new FakeClock()
    const { url } = await scripts(
      [REQUEST, answer('1', 'Keep-Alive: timeout=3\r\n'), { expectEnd: true }],
      [REQUEST, answer('2')],
    )
    const one = pool({
      clock,
      connect: (to: Endpoint, { timeout: _, ...how }: ConnectOptions) => connect(to, how),
    })
    expect(await (await one.request(url)).text()).toBe('1')
    await clock.advance(2_000)
    expect(await (await one.request(url)).text()).toBe('2')
    expect(one.stats.reused).toBe(0)
  })

  it('keeps none where nothing is to be kept', async () => {
    const { url } = await server(hello)
    const one = pool({ keepAlive: 0 })
    await (await one.request(url)).text()
    await vi.waitFor(() => expect(one.stats.connections).toBe(0))
  })

  it('a response that is not read keeps its connection busy; cancelling gives it up', async () => {
    const { url } = await server(() => new Response('x'.repeat(1_000_000)) as globalThis.Response)
    const one = pool()
    const response = await one.request(url)
    expect(one.stats).toMatchObject({ connections: 1, idle: 0 })
    await response.body?.cancel()
    await turns()
    expect(one.stats.connections).toBe(0)
  })
})

describe('a body that nobody wants', () => {
  const head = (length: number) => `HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\n`

  it('is read and dropped when only a little of it is left', async () => {
    const { url } = await scripts([
      ...[REQUEST, { send: `${head(65_546)}0123456789` }],
      ...[{ send: 'x'.repeat(65_536) }, REQUEST, answer('next')],
    ])
    const one = pool()
    const unread = await one.request(url)
    await unread.body?.cancel()
    await vi.waitFor(() => expect(one.stats.idle).toBe(1))
    expect(await (await one.request(url)).text()).toBe('next')
    expect(one.stats).toMatchObject({ connections: 1, reused: 1 })
  })

  it.each([
    ['much is left', `${head(65_547)}0123456789`],
    [
      'nobody knows how much is left',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n',
    ],
    ['the connection is over behind it', head(9).replace('\r\n', '\r\nConnection: close\r\n')],
  ])('ends its connection when %s', async (_, send) => {
    const { url } = await scripts([REQUEST, { send }, { expectEnd: true }])
    const one = pool()
    await (await one.request(url)).body?.cancel()
    await vi.waitFor(() => expect(one.stats.connections).toBe(0))
  })

  it('is not waited for when the little does not come', async () => {
    const clock = new FakeClock()
    const { url } = await scripts([REQUEST, { send: head(9) }, { expectEnd: true }])
    const one = pool({
      ...{ clock },
      connect: (to: Endpoint, { timeout: _, ...how }: ConnectOptions) => connect(to, how),
    })
    await (await one.request(url)).body?.cancel()
    await clock.advance(999)
    expect(one.stats).toMatchObject({ connections: 1, idle: 0 })
    await clock.advance(1_001)
    await vi.waitFor(() => expect(one.stats.connections).toBe(0))
  })
})

describe('a request that meets the goodbye of its connection', () => {
  const first: ScriptStep[] = [REQUEST, answer('1')]

  it.each([
    ['an end', 'finish'],
    ['a reset', 'reset'],
  ] as const)('by %s is made once more', async (_how, goodbye) => {
    // The goodbye comes when the second request is here: nobody could have seen it coming.
    const { url } = await scripts([...first, REQUEST, goodbye], [REQUEST, answer('2')])
    const one = pool()
    expect(await (await one.request(url)).text()).toBe('1')
    expect(await (await one.request(url)).text()).toBe('2')
    expect(one.stats).toMatchObject({ replayed: 1 })
  })

  it('is not, when it was a POST', async () => {
    const { url } = await scripts([...first, REQUEST, 'reset'], [REQUEST, answer('never')])
    const one = pool()
    await (await one.request(url)).text()
    await expect(one.request(url, { method: 'POST', body: 'x' })).rejects.toThrow('ECONNRESET')
  })

  it('is not, when half an answer had come', async () => {
    const half: ScriptStep = { send: 'HTTP/1.1 200 OK\r\nContent-' }
    const { url } = await scripts([...first, REQUEST, half, 'finish'], [REQUEST, answer('never')])
    const one = pool()
    await (await one.request(url)).text()
    await expect(one.request(url)).rejects.toThrow(/^GET http/)
    expect(one.stats.replayed).toBe(0)
  })

  it('is not, on a fresh connection, and not twice', async () => {
    const { url } = await scripts([REQUEST, 'finish'])
    await expect(pool().request(url)).rejects.toThrow('ERR_UNEXPECTED_END')
    const again = await scripts(
      [...first, REQUEST, 'finish'],
      [REQUEST, 'finish'],
      [REQUEST, answer('never')],
    )
    const one = pool()
    await (await one.request(again.url)).text()
    await expect(one.request(again.url)).rejects.toThrow('ERR_UNEXPECTED_END')
  })

  it('bytes that nobody asked for are nobody’s answer', async () => {
    const { url } = await scripts(
      [REQUEST, answer('1'), answer('poison'), { expectEnd: true }],
      [REQUEST, answer('2')],
    )
    const one = pool()
    expect(await (await one.request(url)).text()).toBe('1')
    await turns()
    expect(await (await one.request(url)).text()).toBe('2')
  })
})

describe('https', () => {
  const authority = makeAuthority()
  const leaf = makeCertificate({ name: 'leaf', names: ['127.0.0.1'], issuer: authority })
  const tls = { cert: leaf.cert, key: leaf.key }

  it('by request and by pool, with the certificate checked', async () => {
    const { url } = await server((r) => new Response(r.url) as globalThis.Response, { tls })
    expect(url).toMatch(/^https:\/\/127\.0\.0\.1:\d+\/$/)
    const response = await request(url, { tls: { ca: authority.cert } })
    expect(await response.text()).toBe(url)
    const one = pool({ tls: { ca: authority.cert } })
    for (let i = 0; i < 2; i++) expect(await (await one.request(url)).text()).toBe(url)
    expect(one.stats).toMatchObject({ connections: 1, reused: 1 })
    await expect(request(url)).rejects.toThrow(/issuer|signed/)
  })
})

describe('who shares connections', () => {
  const keyOf = (url: string, options: ConnectionOptions = {}) =>
    planRoute(parseRequestUrl(url).origin, options).to.key
  const proxy = 'http://u:p@proxy:3128'
  it.each<[string, boolean, [string, ConnectionOptions?], [string, ConnectionOptions?]]>([
    ['one origin, however it is written', true, ['http://A.test/x'], ['HTTP://a.test:80/y?z']],
    ['two schemes', false, ['http://a.test:443/'], ['https://a.test/']],
    ['two ports', false, ['http://a.test/'], ['http://a.test:81/']],
    ['two names', false, ['http://a.test/'], ['http://b.test/']],
    [
      'two origins behind a proxy that forwards',
      true,
      ['http://a.test/', { proxy }],
      ['http://b.test/', { proxy }],
    ],
    ['with and without a proxy', false, ['http://a.test/', { proxy }], ['http://a.test/']],
    [
      'two credentials for a proxy',
      false,
      ['http://a.test/', { proxy }],
      ['http://a.test/', { proxy: 'http://u:q@proxy:3128' }],
    ],
    [
      'in the clear and in TLS to a proxy',
      false,
      ['http://a.test/', { proxy }],
      ['http://a.test/', { proxy: 'https://u:p@proxy:3128' }],
    ],
    [
      'two origins behind a tunnel',
      false,
      ['https://a.test/', { proxy }],
      ['https://b.test/', { proxy }],
    ],
  ])('%s: %s', (_, together, [a, one], [b, other]) => {
    expect(keyOf(a, one) === keyOf(b, other)).toBe(together)
  })

  it('nobody does of two pools, since each has its own TLS options and proxies', async () => {
    const made = await server(hello)
    for (const one of [pool(), pool({ tls: {} })]) await (await one.request(made.url)).text()
    expect(made.stats().accepted).toBe(2)
  })
})

describe('through a proxy', () => {
  /** A proxy that does CONNECT, and forwards requests that name a whole URL. */
  async function proxy(seen: string[]) {
    const made = await serveSocket(async (client) => {
      const head = Buffer.from((await client.recvUntil('\r\n\r\n')) ?? []).toString()
      seen.push(head.split('\r\n')[0] ?? '')
      if (!/proxy-authorization: Basic dTpw/i.test(head)) {
        await client.sendAll('HTTP/1.1 407 Who are you\r\nContent-Length: 0\r\n\r\n')
        return
      }
      const [, authority = ''] =
        /^CONNECT (\S+)/.exec(head) ?? /^\w+ http:\/\/([^/]+)/.exec(head) ?? []
      const upstream = await connect(authority)
      if (head.startsWith('CONNECT')) await client.sendAll('HTTP/1.1 200 Go on\r\n\r\n')
      else
        await upstream.sendAll(
          head.replace(/http:\/\/[^/]+/, '').replace(/proxy-authorization.*\r\n/i, ''),
        )
      const pipe = async (from: typeof client, to: typeof client) => {
        for await (const bytes of from) await to.sendAll(bytes)
        await to.shutdown('write')
      }
      await Promise.all([pipe(client, upstream), pipe(upstream, client)])
      await upstream.close()
    })
    open.push(made)
    return `http://u:p@127.0.0.1:${(made.address as { port: number }).port}`
  }

  it('in the clear the whole URL is named; https goes through a tunnel', async () => {
    const seen: string[] = []
    const authority = makeAuthority()
    const leaf = makeCertificate({ name: 'leaf', names: ['127.0.0.1'], issuer: authority })
    const plain = await server(hello)
    const secure = await server(hello, { tls: { cert: leaf.cert, key: leaf.key } })
    const way = await proxy(seen)
    expect(await (await request(plain.url, { proxy: way })).text()).toBe('hello')
    expect(
      await (await request(secure.url, { proxy: way, tls: { ca: authority.cert } })).text(),
    ).toBe('hello')
    const one = pool({ proxy: way, tls: { ca: authority.cert } })
    expect(await (await one.request(secure.url)).text()).toBe('hello')
    const host = new URL(secure.url).host
    expect(seen).toEqual([
      `GET ${plain.url} HTTP/1.1`,
      `CONNECT ${host} HTTP/1.1`,
      `CONNECT ${host} HTTP/1.1`,
    ])
  })

  it('no rule about addresses is walked around: what would be forwarded is tunnelled, if it may', async () => {
    const seen: string[] = []
    const way = await proxy(seen)
    const plain = await serve(() => new Response('hello'))
    open.push(plain)
    const url = plain.url.replace('127.0.0.1', 'localhost')
    for (const one of [way, [way]])
      await expect(
        request(url, { proxy: one, allowAddress: ({ address }) => address === '192.0.2.1' }),
      ).rejects.toThrow(/allowAddress|not allowed|refused|blocked/i)
    expect(seen).toEqual([])
    expect(
      await (await request(url, { proxy: way, allowAddress: () => true, family: 4 })).text(),
    ).toBe('hello')
    expect(seen[0]).toMatch(/^CONNECT 127\.0\.0\.1:\d+ /)
  })

  it('that says no is one sentence', async () => {
    const way = (await proxy([])).replace('u:p@', '')
    const error = await request('https://127.0.0.1:1/', { proxy: way }).catch((e: Error) => e)
    expect(isProxyError(error, 'ERR_PROXY_AUTH')).toBe(true)
    expect((error as Error).message).toMatch(
      /^connect 127\.0\.0\.1:1: the proxy http:\/\/127\.0\.0\.1:\d+ answered: 407 Who are you \(/,
    )
    expect((await request('http://127.0.0.1:1/', { proxy: way })).status).toBe(407)
  })

  it('as a hop of connect()', async () => {
    const plain = await server(hello)
    const way = await proxy([])
    const connection = await connect(new URL(plain.url).host, { proxy: httpHop(way) })
    await connection.sendAll('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
    expect(Buffer.from((await connection.recvLine()) ?? []).toString()).toBe('HTTP/1.1 200 OK')
    connection.destroy()
    expect(() => httpHop('ftp://x')).toThrow(TypeError)
    expect(() => httpHop('nonsense')).toThrow(TypeError)
  })
})

describe('a proxy that asks for proof', () => {
  const ASKS =
    'HTTP/1.1 407 Who\r\nProxy-Authenticate: Custom x="1"\r\nContent-Length: 4\r\n\r\nwho?'

  it('gets what authorize gives, first with nothing and then with its challenge', async () => {
    const { url, done } = await scripts([
      { expectUntil: '\r\n\r\n' },
      { send: ASKS },
      { expectUntil: 'Proxy-Authorization: second\r\n' },
      { expectUntil: '\r\n' },
      { send: 'HTTP/1.1 200 OK\r\n\r\nhi' },
    ])
    const asked: unknown[] = []
    const authorize = (target: string) => (challenge: string | undefined) => {
      asked.push([target, challenge])
      return challenge === undefined ? 'first' : 'second'
    }
    const connection = await connect('a.test:443', { proxy: httpHop(url, { authorize }) })
    expect(Buffer.from((await connection.recv()) ?? []).toString()).toBe('hi')
    expect(asked).toEqual([
      ['a.test:443', undefined],
      ['a.test:443', 'Custom x="1"'],
    ])
    connection.destroy()
    await done
  })

  it.each([
    ['gives nothing', () => undefined],
    ['gives the same again', () => 'same'],
  ])('is told when authorize %s', async (_, answer) => {
    const { url } = await scripts([{ expectUntil: '\r\n\r\n' }, { send: ASKS }])
    const proxy = httpHop(url, { authorize: () => answer })
    await expect(connect('a.test:443', { proxy })).rejects.toMatchObject({ code: 'ERR_PROXY_AUTH' })
  })
})

describe('the end of a pool', () => {
  it('close() lets requests end, and takes no more', async () => {
    let finish: (() => void) | undefined
    const { url } = await server(async () => {
      await new Promise<void>((resolve) => (finish = resolve))
      return hello()
    })
    const one = pool()
    const pending = one.request(url)
    await vi.waitFor(() => expect(finish).toBeDefined())
    const closing = one.close()
    await expect(one.request(url)).rejects.toThrow('ERR_CLOSED')
    finish?.()
    expect(await (await pending).text()).toBe('hello')
    await closing
    expect(one.stats.connections).toBe(0)
  })

  it.each([
    ['a field', { headers: [['a b', 'c']] as [string, string][] }],
    ['a method', { method: 'A B' }],
    ['a body', { method: 'POST', headers: { 'Content-Length': '9' }, body: 'x' }],
    ['a length without a body', { headers: { 'Content-Length': '9' } }],
    ['an option', { timeout: { headers: -1 } }],
  ])('%s that can not be sent costs no connection', async (_what, wrong) => {
    const { url } = await server(hello)
    const one = pool({ limits: { perOrigin: 1 } })
    for (let i = 0; i < 3; i++) {
      await expect(one.request(url, wrong)).rejects.toThrow()
      expect(await (await one.request(url)).text()).toBe('hello')
    }
    expect(one.stats).toMatchObject({ connections: 1, idle: 1, waiting: 0 })
  })

  it('destroy() ends them', async () => {
    const { url } = await server(() => new Promise(() => {}))
    const one = pool()
    const pending = one.request(url).catch((error: unknown) => error)
    await turns()
    one.destroy()
    expect(isNetError(await pending)).toBe(true)
  })

  it.each([
    [{ limit: 1 }, TypeError],
    [{ limits: { perOrigin: 0 } }, RangeError],
    [{ keepAlive: -1 }, RangeError],
    [{ limits: { connections: 'x' } }, TypeError],
  ])('options %j are refused', (options, kind) => {
    expect(() => new Pool(options as never)).toThrow(kind)
  })
})
