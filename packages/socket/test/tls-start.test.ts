/**
 * STARTTLS: a connection in the clear goes on in TLS. What arrives too early is part of the handshake or breaks it, and
 * is never taken for plain text afterwards.
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { type Connection, connect, listen, type System, text } from '@sluice/socket'
import { isNetError, isTimeoutError, isTlsError } from '@sluice/socket/errors'
import { memoryPair } from '@sluice/socket/testing'
import { startTls, type TlsClientOptions, type TlsServerOptions } from '@sluice/socket/tls'
import type { SocketTraceEvent } from '@sluice/socket/trace'
import { describe, expect, test } from 'vitest'
import { LOCAL_NAMES, makeAuthority, makeCertificate } from './certificates.ts'
import { fakeSystem, rejection } from './kit.ts'

const ca = makeAuthority()
const { cert, key } = makeCertificate({ name: 'server', issuer: ca, names: LOCAL_NAMES })
const trust: TlsClientOptions = { ca: ca.cert, serverName: 'localhost' }
const show: TlsServerOptions & { side: 'server' } = { side: 'server', cert, key }

async function plainPair(sharedBuffer = true): Promise<[Connection, Connection]> {
  const listener = await listen('127.0.0.1:0', { sharedBuffer })
  const pair = await Promise.all([connect(listener.address, { sharedBuffer }), listener.accept()])
  void listener.close()
  return pair
}

async function memory(): Promise<[Connection, Connection]> {
  return memoryPair()
}

describe.each([
  ['TCP', () => plainPair()],
  ['TCP without the shared buffer', () => plainPair(false)],
  ['memory', memory],
])('over %s', (what, open) => {
  test('both sides go on in TLS after words in the clear', async () => {
    const [a, b] = await open()
    await a.sendAll('STARTTLS\r\n')
    expect(text(await b.recvLine())).toBe('STARTTLS')
    await b.sendAll('220 go ahead\r\n')
    const accepted = startTls(b, show)
    expect(text(await a.recvLine())).toBe('220 go ahead')
    const [x, y] = await Promise.all([startTls(a, trust), accepted])
    expect(isNetError(await rejection(a.recv()))).toBe(true)
    expect(x.tls).toMatchObject({ authorized: true, serverName: 'localhost' })
    await x.sendAll('EHLO\r\n')
    expect(text(await y.recvLine())).toBe('EHLO')
    await y.sendAll('250 hello\r\n')
    expect(text(await x.recvLine())).toBe('250 hello')
    expect([x.remoteAddress, y.localAddress]).toEqual([a.remoteAddress, b.localAddress])
    await Promise.all([x.close(), y.close()])
  })

  test('a handshake that arrives before the server has begun is not lost', async () => {
    const [a, b] = await open()
    const client = startTls(a, trust)
    // All of the client's first flight is in the buffer of the connection in the clear.
    while (b.peek() === undefined) await new Promise(setImmediate)
    const [x, y] = await Promise.all([client, startTls(b, show)])
    await x.sendAll('early')
    expect(text(await y.recv())).toBe('early')
    await Promise.all([x.close(), y.close()])
  })

  // Deno's TLS over what is no socket throws into the void when it fails at once.
  const broken = 'Deno' in globalThis && what === 'memory'
  test.skipIf(broken)('a command slipped in before the handshake breaks it', async () => {
    const [a, b] = await open()
    await a.sendAll('STARTTLS\r\nDELETE everything\r\n')
    expect(text(await b.recvLine())).toBe('STARTTLS')
    const error = await rejection(startTls(b, show))
    expect(isTlsError(error, 'ERR_TLS_NOT_TLS')).toBe(true)
    expect(error.message).toMatch(/^startTls.*: the peer does not speak TLS \(/)
    expect(await rejection(b.recv())).toMatchObject({ code: 'ERR_CLOSED' })
    a.destroy()
  })

  // Bun drops what was there before: it is not taken for plain text either, but nothing tells of it.
  test.skipIf('Bun' in globalThis)(
    'an answer slipped in before the handshake breaks it on the client, too',
    async () => {
      const [a, b] = await open()
      await b.sendAll('220 go ahead\r\n250 injected, and long enough for a record\r\n')
      expect(text(await a.recvLine())).toBe('220 go ahead')
      expect(isTlsError(await rejection(startTls(a, trust)), 'ERR_TLS_NOT_TLS')).toBe(true)
      b.destroy()
    },
  )

  test('what was sent before leaves before the handshake', async () => {
    const [a, b] = await open()
    const megabyte = new Uint8Array(1_000_000).fill(65)
    void a.sendAll(megabyte).catch(() => {})
    const client = startTls(a, trust)
    const got = await b.recvExactly(megabyte.length)
    expect(got?.every((byte) => byte === 65)).toBe(true)
    const [x, y] = await Promise.all([client, startTls(b, show)])
    await Promise.all([x.close(), y.close()])
  })
})

describe('startTls', () => {
  test('goes inside of TLS once more', async () => {
    const [a, b] = await plainPair()
    const [x, y] = await Promise.all([startTls(a, trust), startTls(b, show)])
    const [inner, outer] = await Promise.all([startTls(x, trust), startTls(y, show)])
    await inner.sendAll('deep')
    expect(text(await outer.recv())).toBe('deep')
    await Promise.all([inner.close(), outer.close()])
  })

  test('is refused while a reader waits, and the connection stays', async () => {
    const [a, b] = await plainPair()
    const reading = a.recv()
    expect(isNetError(await rejection(startTls(a, trust)), 'ERR_BUSY')).toBe(true)
    await b.sendAll('x')
    expect(text(await reading)).toBe('x')
    a.destroy()
    b.destroy()
  })

  test('is refused on a connection that is closed', async () => {
    const [a, b] = await plainPair()
    b.destroy()
    await a.close()
    expect(isNetError(await rejection(startTls(a, trust)), 'ERR_CLOSED')).toBe(true)
  })

  test.each([
    [true, ''],
    [true, 'not TLS'],
    [false, ''],
    [false, 'not TLS'],
  ])(
    'hears at once that the peer has finished, shared buffer %s, after %j',
    async (shared, last) => {
      const [client, server] = await plainPair(shared)
      await client.sendAll(`${last}.`)
      await client.shutdown('write')
      for (let all = ''; all !== `${last}.`; ) all += text(await server.recv())
      expect(await server.recv()).toBeNull()
      server.unread(new TextEncoder().encode(last))
      const error = await rejection(startTls(server, show))
      expect(error.message).toContain('the peer closed the connection during the handshake')
      await client.close()
    },
  )

  test('wants to know whom to expect', async () => {
    const [a, b] = await plainPair()
    expect((await rejection(startTls(a, { ca: ca.cert }))).message).toMatch(/needs serverName/)
    expect(a.isOpen).toBe(true)
    const wrong = rejection(startTls(a, { ...trust, side: 'both' as never }))
    expect((await wrong).message).toMatch(/'client' or 'server'/)
    const [x, y] = await Promise.all([startTls(a, { verify: false }), startTls(b, show)])
    expect(x.tls?.authorized).toBe(false)
    await Promise.all([x.close(), y.close()])
  })

  test('ends with its timeout', async () => {
    const [a, b] = await plainPair()
    const error = await rejection(startTls(a, { ...trust, timeout: 20 }))
    expect(isTimeoutError(error, 'tls')).toBe(true)
    expect(error.message).toMatch(/^startTls 127\.0\.0\.1:\d+: no TLS session within 20 ms/)
    // The peer sees the first flight and the end.
    while ((await b.recv().catch(() => null)) !== null);
    b.destroy()
  })

  test('ends with its signal', async () => {
    const [a, b] = await plainPair()
    const controller = new AbortController()
    const tried = rejection(startTls(a, { ...trust, signal: controller.signal }))
    await b.recv()
    controller.abort(new Error('enough'))
    expect((await tried).message).toBe('enough')
    b.destroy()
  })

  test('tells of a handshake, and of one that failed', async () => {
    const events: SocketTraceEvent[] = []
    const listener = (event: unknown): void => void events.push(event as SocketTraceEvent)
    subscribe('sluice:socket', listener)
    try {
      const [a, b] = await plainPair()
      const [x, y] = await Promise.all([startTls(a, trust), startTls(b, show)])
      expect(events.find(({ id, name }) => name === 'tls' && id === x.id)).toMatchObject({
        protocol: 'TLSv1.3',
        resumed: false,
      })
      await Promise.all([x.close(), y.close()])
      const [c, d] = await plainPair()
      const tried = startTls(d, show)
      await c.sendAll('hello, anybody there?\r\n')
      await rejection(tried)
      expect(events.find(({ name }) => name === 'tlsFailed')).toMatchObject({
        code: 'ERR_TLS_NOT_TLS',
      })
      c.destroy()
    } finally {
      unsubscribe('sluice:socket', listener)
    }
  })
})

describe('the machine fails', () => {
  const failure = (): never => {
    throw Object.assign(new Error('system: ENOMEM'), { code: 'ENOMEM' })
  }
  const faults: [keyof System, (system: System) => Promise<unknown>][] = [
    ['createSecureContext', (system) => connect('127.0.0.1:9', { tls: true, system })],
    [
      'connectTls',
      async (system) => {
        const [a, b] = await plainPair()
        try {
          return await startTls(a, { ...trust, system })
        } finally {
          expect(a.isOpen).toBe(false)
          expect(await b.recv().catch(() => null)).toBeNull()
          b.destroy()
        }
      },
    ],
    [
      'acceptTls',
      async (system) => {
        const [a, b] = await plainPair()
        try {
          return await startTls(b, { ...show, system })
        } finally {
          expect(await a.recv().catch(() => null)).toBeNull()
          a.destroy()
        }
      },
    ],
  ]

  test.each(faults)('%s', async (call, use) => {
    const error = await rejection(use(fakeSystem({ [call]: failure })))
    expect(isTlsError(error, 'ENOMEM')).toBe(true)
    expect((error.cause as Error).message).toBe('system: ENOMEM')
  })

  test('acceptTls of a listener: that handshake failed, the next is served', async () => {
    let count = 0
    const real = fakeSystem({})
    const system = fakeSystem({
      acceptTls: (stream, options) => (count++ === 0 ? failure() : real.acceptTls(stream, options)),
    })
    const listener = await listen('127.0.0.1:0', { tls: { cert, key }, system })
    const error = await rejection(connect(listener.address, { tls: { ca: ca.cert } }))
    expect(isTlsError(error, 'ECONNRESET')).toBe(true)
    const [a, b] = await Promise.all([
      connect(listener.address, { tls: { ca: ca.cert } }),
      listener.accept(),
    ])
    expect(listener.failedHandshakes).toBe(1)
    await Promise.all([a.close(), b.close(), listener.close()])
  })
})
