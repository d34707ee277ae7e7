import { connect, text, udp } from '@sluice/socket'
import { isNetError } from '@sluice/socket/errors'
import { FakeClock } from '@sluice/socket/testing'
import { describe, expect, test } from 'vitest'
import { fakeSystem, freePort, inetOf, rejection, until } from './kit.ts'

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
  await until(() => b.dropped === 2)
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

describe('addresses', () => {
  test('nobody can be at port 0', async () => {
    await using a = await udp('127.0.0.1:0')
    for (const call of [a.send('x', '127.0.0.1:0'), a.connect('127.0.0.1:0')])
      expect(await rejection(call)).toMatchObject({
        name: 'RangeError',
        message: expect.stringContaining('the port of a peer is 1 to 65535, not 0'),
      })
  })

  test('an IPv6 socket reaches IPv4 by mapped addresses, an IPv4 socket does not reach IPv6', async () => {
    await using six = await udp('[::]:0')
    await using four = await udp('127.0.0.1:0')
    await six.send('mapped', four.address)
    expect(text((await four.recv()).data)).toBe('mapped')
    const error = await rejection(four.send('x', '[::1]:9'))
    expect(error.message).toBe(
      'send [::1]:9: an IPv4 socket can not reach an IPv6 address (EAFNOSUPPORT, phase send)',
    )
  })

  test('a connected socket can be let go of', async () => {
    await using a = await udp('127.0.0.1:0')
    await using b = await udp('127.0.0.1:0')
    await a.connect(b.address)
    a.disconnect()
    expect(a.remoteAddress).toBeUndefined()
    await a.send('again', b.address)
    expect(text((await b.recv()).data)).toBe('again')
    expect(() => a.disconnect()).toThrow('disconnect: not connected (ENOTCONN, phase option)')
  })

  test('a slow lookup ends by signal and by its timeout', async () => {
    const clock = new FakeClock()
    const system = fakeSystem({ clock, lookup: () => new Promise(() => {}) })
    const { signal, abort } = abortable()
    const opening = rejection(udp('slow.test:0', { system, signal }))
    abort()
    expect((await opening).message).toBe('enough')
    const late = rejection(udp('slow.test:0', { system }))
    await clock.advance(5_500)
    expect((await late).message).toBe(
      'bind slow.test:0: no address within 5000 ms (ERR_TIMEOUT, phase lookup)',
    )
    await using a = await udp('127.0.0.1:0', { system })
    for (const call of ['send', 'connect'] as const) {
      const again = abortable()
      const options = { signal: again.signal }
      const waiting =
        call === 'send' ? a.send('x', 'slow.test:9', options) : a.connect('slow.test:9', options)
      const failing = rejection(waiting)
      again.abort()
      expect((await failing).message).toBe('enough')
    }
  })

  test('closing while a send or connect is under way is ERR_CLOSED', async () => {
    let answer = (_: { address: string; family: 4 }[]): void => {}
    const system = fakeSystem({ lookup: () => new Promise((resolve) => (answer = resolve)) })
    for (const call of ['send', 'connect'] as const) {
      const a = await udp('127.0.0.1:0', { system })
      const failing = rejection(
        call === 'send' ? a.send('x', 'name.test:9') : a.connect('name.test:9'),
      )
      void a.close()
      answer([{ address: '127.0.0.1', family: 4 }])
      expect(isNetError(await failing, 'ERR_CLOSED')).toBe(true)
    }
  })

  function abortable() {
    const controller = new AbortController()
    return { signal: controller.signal, abort: () => controller.abort(new Error('enough')) }
  }
})

describe('options', () => {
  test('sizes of the kernel buffers are asked for and told', async () => {
    await using a = await udp('127.0.0.1:0', { receiveBufferSize: 20_000, sendBufferSize: 30_000 })
    expect(a.receiveBufferSize).toBeGreaterThanOrEqual(20_000)
    expect(a.sendBufferSize).toBeGreaterThanOrEqual(30_000)
    expect(await rejection(udp('127.0.0.1:0', { receiveBufferSize: 0 }))).toBeInstanceOf(RangeError)
    expect(await rejection(udp('127.0.0.1:0', { sendBufferSize: '1' as never }))).toBeInstanceOf(
      TypeError,
    )
  })

  test('broadcast needs to be allowed', async () => {
    await using a = await udp('0.0.0.0:0')
    const denied = await rejection(a.send('x', '255.255.255.255:9'))
    // Deno knows no name for it.
    const codes = ['EACCES', 'ENETUNREACH', ...('Deno' in globalThis ? ['UNKNOWN'] : [])]
    expect(isNetError(denied) && codes.includes(denied.code)).toBe(true)
    a.setBroadcast(true)
    a.setTtl(1)
    expect(() => a.setTtl(0)).toThrow(/^setTtl: invalid argument \(EINVAL, phase option\)$/)
    await a.close()
    expect(() => a.setTtl(1)).toThrow('closed by this program (ERR_CLOSED')
  })

  test('reusePort shares a port, or says that it can not', async () => {
    const opening = udp('127.0.0.1:0', { reusePort: true })
    const [major = 0] = process.versions.node.split('.').map(Number)
    const isReal = !('Bun' in globalThis || 'Deno' in globalThis) && major >= 24
    if (!isReal) {
      expect(isNetError(await rejection(opening), 'ERR_UNSUPPORTED')).toBe(true)
      return
    }
    await using a = await opening
    await using b = await udp(a.address, { reusePort: true })
    expect(b.address).toEqual(a.address)
  })
})

// Bun and Deno have multicast, but not on the loopback interface alone.
describe.skipIf('Bun' in globalThis || 'Deno' in globalThis)('multicast', () => {
  const group = '239.255.7.7'

  async function member(options: { source?: string } = {}) {
    const socket = await udp('0.0.0.0:0', { reuseAddress: true })
    socket.joinGroup(group, { ...options, interface: '127.0.0.1' })
    return socket
  }
  async function sender(hostname: string) {
    const socket = await udp(`${hostname}:0`)
    socket.setMulticastInterface('127.0.0.1')
    socket.setMulticastTtl(1)
    socket.setMulticastLoopback(true)
    return socket
  }

  test('members get what is sent to the group, until they leave', async () => {
    await using a = await member()
    await using from = await sender('127.0.0.1')
    const { port } = inetOf(a.address)
    await from.send('hello', { hostname: group, port })
    expect(text((await a.recv()).data)).toBe('hello')
    a.leaveGroup(group, { interface: '127.0.0.1' })
    await from.send('gone', { hostname: group, port })
    await from.send('direct', { hostname: '127.0.0.1', port })
    expect(text((await a.recv()).data)).toBe('direct')
  })

  test('a source filter lets one sender through', async () => {
    await using a = await member({ source: '127.0.0.2' })
    await using wanted = await sender('127.0.0.2')
    await using other = await sender('127.0.0.3')
    const to = { hostname: group, port: inetOf(a.address).port }
    await other.send('not me', to)
    await wanted.send('me', to)
    expect(await a.recv()).toMatchObject({ address: { hostname: '127.0.0.2' } })
    a.leaveGroup(group, { source: '127.0.0.2', interface: '127.0.0.1' })
  })

  test('what is no group, and no interface, is one sentence', async () => {
    await using a = await udp('0.0.0.0:0')
    expect(() => a.joinGroup('10.0.0.1')).toThrow(
      /^joinGroup 10\.0\.0\.1: invalid argument \(EINVAL, phase option\)$/,
    )
    expect(() => a.joinGroup(group, { interface: '192.0.2.1' })).toThrow(
      /^joinGroup 239.*phase option/,
    )
    expect(() => a.leaveGroup(group)).toThrow(/EADDRNOTAVAIL|EINVAL/)
  })
})
