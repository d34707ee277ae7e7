import { connect, text, udp } from '@sluice/socket'
import { isNetError } from '@sluice/socket/errors'
import { FakeClock } from '@sluice/socket/testing'
import { describe, expect, test } from 'vitest'
import { fakeSystem, freePort, inetOf, rejection } from './kit.ts'

describe.each([['127.0.0.1'], ['::1']])('over %s', (hostname) => {
  test('each send is one datagram, with its sender', async () => {
    await using a = await udp({ hostname, port: 0 })
    await using b = await udp({ hostname, port: 0 })
    await a.send('one', b.address)
    await a.send('', b.address)
    await a.send(Uint8Array.of(0xff), b.address)
    expect(await b.recv()).toMatchObject({ data: expect.anything(), address: a.address })
    expect((await b.recv()).data).toHaveLength(0)
    expect([...(await b.recv()).data]).toEqual([0xff])
  })
  test('the largest datagram arrives, one byte more is refused before it is sent', async () => {
    await using a = await udp({ hostname, port: 0 })
    await using b = await udp({ hostname, port: 0 })
    const most = hostname === '::1' ? 65_527 : 65_507
    // The default buffers of a loopback socket carry it.
    expect(await a.send(new Uint8Array(most).fill(7), b.address)).toBe(most)
    expect((await b.recv()).data).toHaveLength(most)
    const error = await rejection(a.send(new Uint8Array(most + 1), b.address))
    expect(error.message).toContain('too large for one datagram (EMSGSIZE, phase send)')
  })
})

test('a connected socket needs no address and hears only its peer', async () => {
  await using a = await udp('127.0.0.1:0')
  await using b = await udp('127.0.0.1:0')
  await using stranger = await udp('127.0.0.1:0')
  await a.connect({ hostname: '127.0.0.1', port: inetOf(b.address).port })
  expect(a.remoteAddress).toEqual(b.address)
  await stranger.send('not you', a.address)
  await a.send('hello')
  await b.send('back', (await b.recv()).address)
  expect(text((await a.recv()).data)).toBe('back')
  expect(isNetError(await rejection(a.send('x', '127.0.0.1:9')), 'EISCONN')).toBe(true)
  expect(isNetError(await rejection(a.connect('127.0.0.1:9')), 'EISCONN')).toBe(true)
})

// Deno tells nobody about the "port unreachable" that the kernel has received.
test.skipIf('Deno' in globalThis)('a connected socket learns that nobody is there', async () => {
  await using a = await udp('127.0.0.1:0')
  await a.connect(`127.0.0.1:${await freePort()}`)
  await a.send('anybody?')
  const error = await rejection(a.recv())
  expect(error.message).toMatch(
    /^recv 127\.0\.0\.1:\d+: connection refused \(ECONNREFUSED, phase receive\)$/,
  )
})

test('an unconnected send needs an address', async () => {
  await using a = await udp()
  expect(isNetError(await rejection(a.send('x')), 'EDESTADDRREQ')).toBe(true)
})

test('what nobody takes is bounded and counted', async () => {
  await using a = await udp('127.0.0.1:0')
  await using b = await udp('127.0.0.1:0', { limits: { queue: 2 } })
  for (const word of ['1', '2', '3', '4']) await a.send(word, b.address)
  for (let i = 0; i < 200 && b.dropped < 2; i++) await new Promise((r) => setTimeout(r, 5))
  expect(b.dropped).toBe(2)
  expect(text((await b.recv()).data) + text((await b.recv()).data)).toBe('12')
})

test('a wait ends by signal, timeout and close; bytes that come later are not lost', async () => {
  const clock = new FakeClock()
  const b = await udp('127.0.0.1:0', { system: fakeSystem({ clock }) })
  const controller = new AbortController()
  const aborted = rejection(b.recv({ signal: controller.signal }))
  controller.abort(new Error('no'))
  expect((await aborted).message).toBe('no')
  const late = rejection(b.recv({ timeout: 10 }))
  await clock.advance(10)
  expect(isNetError(await late, 'ERR_TIMEOUT')).toBe(true)
  await using a = await udp('127.0.0.1:0')
  await a.send('x', b.address)
  expect(text((await b.recv()).data)).toBe('x')
  const waiting = rejection(b.recv())
  void b.close()
  expect(isNetError(await waiting, 'ERR_CLOSED')).toBe(true)
  expect(isNetError(await rejection(b.send('x', a.address)), 'ERR_CLOSED')).toBe(true)
  await b.close()
})

test('a port in use, a path and a name are answered clearly', async () => {
  await using a = await udp('127.0.0.1:0')
  const { port } = inetOf(a.address)
  expect((await rejection(udp(`127.0.0.1:${port}`))).message).toBe(
    `bind 127.0.0.1:${port}: address already in use (EADDRINUSE, phase bind)`,
  )
  expect(await rejection(udp('unix:/tmp/x'))).toBeInstanceOf(TypeError)
  const system = fakeSystem({
    lookup: () => Promise.reject(Object.assign(new Error(), { code: 'ENOTFOUND' })),
  })
  await using c = await udp('127.0.0.1:0', { system })
  expect((await rejection(c.send('x', 'nowhere.test:9'))).message).toBe(
    'send nowhere.test:9: no such host (ENOTFOUND, phase lookup)',
  )
  expect(isNetError(await rejection(connect(`127.0.0.1:${port}`)), 'ECONNREFUSED')).toBe(true)
})

test('iterating yields datagrams until the socket is closed', async () => {
  await using a = await udp('127.0.0.1:0')
  const b = await udp('127.0.0.1:0')
  await a.send('1', b.address)
  await a.send('2', b.address)
  const words: string[] = []
  for await (const { data } of b) {
    words.push(text(data))
    if (words.length === 2) void b.close()
  }
  expect(words).toEqual(['1', '2'])
})
