import { type Connection, connect, listen, text } from '@sluice/socket'
import { isTimeoutError } from '@sluice/socket/errors'
import { formatProxyHeader, type Hop, isProxyError, socksHop } from '@sluice/socket/proxy'
import { serve } from '@sluice/socket/server'
import { FakeClock, scriptedServer } from '@sluice/socket/testing'
import { describe, expect, test } from 'vitest'
import { makeAuthority, makeCertificate } from './certificates.ts'
import { fakeSystem, freePort, inetOf, rejection, until } from './kit.ts'

/** What SOCKS 5 says when it has led on: to nowhere in particular. */
const GRANTED = Uint8Array.of(5, 0, 0, 1, 0, 0, 0, 0, 0, 0)
const GREETING = Uint8Array.of(5, 1, 0)
const NO_PROOF = Uint8Array.of(5, 0)

/** A SOCKS 5 proxy as small as can be: without a password, for IPv4 and names. */
async function proxyServer(seen: string[] = []) {
  return serve(async (client) => {
    await client.recvExactly(3)
    await client.sendAll(NO_PROOF)
    const [, , , type = 0] = (await client.recvExactly(4)) ?? []
    const [length = 0] = type === 3 ? ((await client.recvExactly(1)) ?? []) : [4]
    const address = (await client.recvExactly(length)) ?? new Uint8Array()
    const [high = 0, low = 0] = (await client.recvExactly(2)) ?? []
    const host = type === 3 ? text(address) : address.join('.')
    seen.push(`${host}:${high * 256 + low}`)
    const hostname = host.endsWith('.test') ? '127.0.0.1' : host
    const upstream = await connect({ hostname, port: high * 256 + low })
    await client.sendAll(GRANTED)
    await Promise.all([pipe(client, upstream), pipe(upstream, client)])
    await upstream.close()
  })
}

async function pipe(from: Connection, to: Connection): Promise<void> {
  for await (const bytes of from) await to.sendAll(bytes)
  await to.shutdown('write')
}

async function echoServer(options: Parameters<typeof serve>[1] = {}) {
  return serve(async (connection) => {
    for await (const bytes of connection) await connection.sendAll(bytes)
  }, options)
}

async function ask(connection: Connection): Promise<string> {
  await connection.sendAll('hello')
  const answer = text(await connection.recvExactly(5))
  await connection.close()
  return answer
}

describe('through a SOCKS proxy', () => {
  test.each([
    ['socks5h', 'name.test'],
    ['socks5', '127.0.0.1'],
  ] as const)('%s asks for %s', async (kind, asked) => {
    const seen: string[] = []
    await using proxy = await proxyServer(seen)
    await using target = await echoServer()
    const { port } = inetOf(target.address)
    const system = fakeSystem({ lookup: async () => [{ address: '127.0.0.1', family: 4 }] })
    const through = `${kind}://127.0.0.1:${inetOf(proxy.address).port}`
    expect(
      await ask(await connect({ hostname: 'name.test', port }, { proxy: through, system })),
    ).toBe('hello')
    expect(seen).toEqual([`${asked}:${port}`])
  })

  test('several of them, in their order', async () => {
    const seen: string[] = []
    await using first = await proxyServer(seen)
    await using second = await proxyServer(seen)
    await using target = await echoServer()
    const ports = [first, second, target].map(({ address }) => inetOf(address).port)
    const proxy = ports.slice(0, 2).map((port) => `socks5h://127.0.0.1:${port}`)
    expect(await ask(await connect(`127.0.0.1:${ports[2]}`, { proxy }))).toBe('hello')
    expect(seen).toEqual(ports.slice(1).map((port) => `127.0.0.1:${port}`))
  })

  test('TLS is spoken with the target, and its certificate is the target’s', async () => {
    const authority = makeAuthority()
    const { cert, key } = makeCertificate({ name: 'leaf', names: ['name.test'], issuer: authority })
    await using proxy = await proxyServer()
    await using target = await echoServer({ listen: { tls: { cert, key } } })
    const { port } = inetOf(target.address)
    const through = `socks5h://127.0.0.1:${inetOf(proxy.address).port}`
    const good = await connect(`tls://name.test:${port}`, {
      proxy: through,
      tls: { ca: authority.cert },
    })
    expect(good.tls?.protocol).toBe('TLSv1.3')
    expect(await ask(good)).toBe('hello')
    const wrong = connect(`tls://other.test:${port}`, {
      proxy: through,
      tls: { ca: authority.cert },
    })
    expect((await rejection(wrong)).message).toMatch(/^connect other\.test:\d+: .*name\.test/)
  })

  test.each([
    [
      'says no',
      [
        { expect: GREETING },
        { send: NO_PROOF },
        { expectUntil: Uint8Array.of(0, 80) },
        { send: Uint8Array.of(5, 5, 0, 1, 0, 0, 0, 0, 0, 0) },
      ],
      'ECONNREFUSED',
      'answered: connection refused',
    ],
    [
      'wants a password',
      [{ expect: GREETING }, { send: Uint8Array.of(5, 255) }],
      'ERR_PROXY_AUTH',
      'wants credentials',
    ],
    [
      'speaks something else',
      [{ expect: GREETING }, { send: 'HTTP/1.1 400 Bad Request\r\n\r\n' }],
      'ERR_PROTOCOL',
      'answers in version 72 of SOCKS',
    ],
    [
      'ends in the middle',
      [{ expect: GREETING }, { send: Uint8Array.of(5) }, 'finish'],
      'ERR_UNEXPECTED_END',
      'ended the connection in the middle of its answer',
    ],
    [
      'resets',
      [{ expect: GREETING }, 'reset'],
      'ECONNRESET',
      'broke the connection: connection reset by the peer',
    ],
  ] as const)('one that %s is one sentence, with its name', async (_what, script, code, says) => {
    await using proxy = await scriptedServer([script])
    const name = `socks5h://127.0.0.1:${inetOf(proxy.address).port}`
    const error = await rejection(connect('name.test:80', { proxy: name }))
    expect(isProxyError(error, code)).toBe(true)
    expect(error.message).toMatch(/^connect name\.test:80: the proxy socks5h:\/\/127\.0\.0\.1:\d+ /)
    expect(error.message).toContain(says)
    expect(error).toMatchObject({ phase: 'proxy', proxy: name, target: 'name.test:80' })
  })

  test('one that is not there, one that is silent, and one whose wait is aborted', async () => {
    const nobody = await freePort()
    const refused = await rejection(
      connect('name.test:80', { proxy: `socks5h://127.0.0.1:${nobody}` }),
    )
    expect(isProxyError(refused, 'ECONNREFUSED')).toBe(true)
    expect(refused.message).toContain('can not be reached: connection refused')

    await using silent = await scriptedServer([['stall'], ['stall']])
    const proxy = `socks5h://127.0.0.1:${inetOf(silent.address).port}`
    const late = await rejection(connect('name.test:80', { proxy, timeout: { proxy: 30 } }))
    expect(isProxyError(late, 'ERR_TIMEOUT')).toBe(true)
    expect(late.message).toContain('gave no answer within 30 ms')
    const controller = new AbortController()
    const aborted = rejection(connect('name.test:80', { proxy, signal: controller.signal }))
    controller.abort(new Error('enough'))
    expect((await aborted).message).toBe('enough')
  })

  test('a name does not lead past allowAddress: it is looked up and judged here', async () => {
    const seen: string[] = []
    await using proxy = await proxyServer(seen)
    await using target = await echoServer()
    const { port } = inetOf(target.address)
    const through = `socks5h://127.0.0.1:${inetOf(proxy.address).port}`
    const system = fakeSystem({ lookup: async () => [{ address: '127.0.0.1', family: 4 }] })
    const options = { proxy: through, system }
    const denied = connect(
      { hostname: 'rebound.test', port },
      { ...options, allowAddress: () => false },
    )
    expect(await rejection(denied)).toMatchObject({ code: 'ERR_BLOCKED' })
    expect(seen).toEqual([])
    const allowed = connect(
      { hostname: 'fine.test', port },
      { ...options, allowAddress: () => true },
    )
    expect(await ask(await allowed)).toBe('hello')
    expect(seen).toEqual([`127.0.0.1:${port}`])
  })

  test.each([
    ['http://127.0.0.1:80', SyntaxError, 'is a hop of @sluice/http'],
    ['ftp://h', SyntaxError, "no scheme 'ftp' here"],
    ['nonsense with secret', SyntaxError, 'the text is no URL'],
    ['socks5://', SyntaxError, 'names no host'],
    ['socks5://h/path', SyntaxError, 'has a path'],
    ['socks5://u%zz@h', SyntaxError, 'percent sign'],
    [{}, TypeError, 'must be a URL or a hop'],
  ])('proxy %j is refused', async (proxy, kind, says) => {
    const error = await rejection(connect('a.test:1', { proxy: proxy as never }))
    expect(error).toBeInstanceOf(kind)
    expect(error.message).toContain(says)
    expect(error.message).not.toContain('secret')
  })

  test('a password is in no sentence', async () => {
    const proxy = `socks5h://user:hunter2@127.0.0.1:${await freePort()}`
    const error = await rejection(connect('a.test:1', { proxy }))
    expect(JSON.stringify([error.message, error])).not.toContain('hunter2')
  })

  test('no proxy leads to a Unix socket', async () => {
    expect(await rejection(connect('unix:/tmp/x', { proxy: 'socks5://h' }))).toBeInstanceOf(
      TypeError,
    )
  })

  test('a hop of another maker', async () => {
    await using target = await echoServer()
    const { port } = inetOf(target.address)
    const asked: string[] = []
    const hop: Hop = {
      name: 'mine',
      target: target.address,
      takesNames: true,
      async through(connection, to) {
        asked.push(`${to.hostname}:${to.port}`)
        return connection
      },
    }
    expect(await ask(await connect({ hostname: 'deep.test', port }, { proxy: hop }))).toBe('hello')
    expect(asked).toEqual([`deep.test:${port}`])
    const lost: Hop = { ...hop, through: async () => 7 as never }
    const error = await rejection(connect({ hostname: 'deep.test', port }, { proxy: lost }))
    expect(error).toEqual(new TypeError('the hop mine gave no Connection, but a number'))
    expect(() => socksHop('socks6' as never, { hostname: 'h', port: 1 })).toThrow(
      'no kind "socks6"',
    )
  })
})

describe('the PROXY protocol', () => {
  const trusted = { proxyProtocol: { from: ['127.0.0.1'] } }
  const ends = {
    source: { hostname: '203.0.113.7', port: 50_000 },
    destination: { hostname: '198.51.100.1', port: 443 },
  }

  test.each([1, 2] as const)(
    'version %i tells who the client is, and its bytes follow',
    async (version) => {
      await using listener = await listen('127.0.0.1:0', trusted)
      const client = await connect(listener.address, { proxyProtocol: { version, ...ends } })
      await client.sendAll('hello')
      const accepted = await listener.accept()
      expect(accepted.remoteAddress).toEqual({ family: 'IPv4', ...ends.source })
      expect(accepted.localAddress).toEqual({ family: 'IPv4', ...ends.destination })
      expect(accepted.proxied).toMatchObject({ version, command: 'proxied' })
      expect(text(await accepted.recvExactly(5))).toBe('hello')
      await Promise.all([client.close(), accepted.close()])
    },
  )

  test('our own ends, when none are given; and a connection of the balancer itself', async () => {
    await using listener = await listen('127.0.0.1:0', trusted)
    const client = await connect(listener.address, { proxyProtocol: 2 })
    const accepted = await listener.accept()
    expect(accepted.remoteAddress).toEqual(client.localAddress)
    const check = await connect(listener.address)
    await check.sendAll(formatProxyHeader(2))
    const local = await listener.accept()
    expect(local.proxied?.command).toBe('local')
    expect(local.remoteAddress).toEqual(check.localAddress)
    await Promise.all([client, accepted, check, local].map((c) => c.close()))
  })

  test('TLS begins after it, on both sides', async () => {
    const authority = makeAuthority()
    const { cert, key } = makeCertificate({ name: 'leaf', names: ['name.test'], issuer: authority })
    await using listener = await listen('127.0.0.1:0', { ...trusted, tls: { cert, key } })
    const tls = { ca: authority.cert, serverName: 'name.test' }
    const [client, accepted] = await Promise.all([
      connect(listener.address, { tls, proxyProtocol: { version: 1, ...ends } }),
      listener.accept(),
    ])
    expect(accepted.remoteAddress).toEqual({ family: 'IPv4', ...ends.source })
    expect(accepted.proxied?.version).toBe(1)
    await client.sendAll('secret')
    expect(text(await accepted.recvExactly(6))).toBe('secret')
    await Promise.all([client.close(), accepted.close()])
  })

  test('nobody else may claim an address: the header is bytes like any others', async () => {
    await using listener = await listen('127.0.0.1:0', { proxyProtocol: { from: ['10.0.0.0/8'] } })
    const client = await connect(listener.address)
    await client.sendAll(formatProxyHeader(1, ends))
    const accepted = await listener.accept()
    expect(accepted.remoteAddress).toEqual(client.localAddress)
    expect(accepted.proxied).toBeUndefined()
    expect(text(await accepted.recvLine())).toContain('PROXY TCP4 203.0.113.7')
    await Promise.all([client.close(), accepted.close()])
  })

  test('who is to send one and does not is closed and counted, at once or after its time', async () => {
    const clock = new FakeClock()
    await using listener = await listen('127.0.0.1:0', {
      ...trusted,
      system: fakeSystem({ clock }),
    })
    const rude = await connect(listener.address)
    await rude.sendAll('GET / HTTP/1.1\r\n')
    await rejection(rude.recv())
    const ended = await connect(listener.address)
    await ended.sendAll('PROX')
    await ended.shutdown('write')
    await ended.recv().catch(() => {})
    const silent = await connect(listener.address)
    await until(() => listener.handshakes > 0)
    await clock.advance(10_500)
    expect((await rejection(silent.recv())).message).toContain('ECONNRESET')
    expect([listener.failedHandshakes, listener.handshakes, listener.pending]).toEqual([3, 0, 0])
    ended.destroy()
  })

  test.each([
    [{ proxyProtocol: 3 }, RangeError],
    [{ proxyProtocol: { version: 1, sauce: 1 } }, TypeError],
  ])('connect with %j is refused', async (options, kind) => {
    expect(await rejection(connect('a.test:1', options as never))).toBeInstanceOf(kind)
  })
  test.each([
    [{ proxyProtocol: {} }, TypeError],
    [{ proxyProtocol: { from: ['nowhere'] } }, SyntaxError],
  ])('listen with %j is refused', async (options, kind) => {
    expect(await rejection(listen('127.0.0.1:0', options as never))).toBeInstanceOf(kind)
  })
})

test('total bounds the way through all of them', async () => {
  await using silent = await scriptedServer([['stall']])
  const proxy = `socks5h://127.0.0.1:${inetOf(silent.address).port}`
  const error = await rejection(connect('a.test:1', { proxy, timeout: 30 }))
  expect(isTimeoutError(error, 'total')).toBe(true)
})
