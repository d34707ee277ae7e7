import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, type Listener, listen, type System, text } from '@sluice/socket'
import { isNetError, isTimeoutError } from '@sluice/socket/errors'
import { FakeClock } from '@sluice/socket/testing'
import { afterEach, describe, expect, test } from 'vitest'
import { fakeSystem, freePort, inetOf, localPath, rejection } from './kit.ts'

const open: Listener[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((listener) => listener.close()))
})
async function server(target = '127.0.0.1:0'): Promise<Listener> {
  const listener = await listen(target)
  open.push(listener)
  return listener
}

test('connects by name, and tells both addresses', async () => {
  const listener = await server()
  const { port } = inetOf(listener.address)
  const client = await connect({ hostname: 'localhost', port }, { family: 4 })
  const accepted = await listener.accept()
  expect(client.remoteAddress).toEqual({ family: 'IPv4', hostname: '127.0.0.1', port })
  expect(client.localAddress).toEqual(accepted.remoteAddress)
  await Promise.all([client.close(), accepted.close()])
})

test('no host at all is this machine, and the name service is asked for its name', async () => {
  const asked: string[] = []
  const resolver = {
    separate: false,
    resolve: async (hostname: string) => {
      asked.push(hostname)
      return { addresses: [{ address: '127.0.0.1', family: 4 as const }] }
    },
  }
  const { port } = inetOf((await server()).address)
  for (const target of [`:${port}`, `tcp://:${port}`, { hostname: '', port }])
    await (await connect(target, { resolver })).close()
  expect(asked).toEqual(['localhost', 'localhost', 'localhost'])
})

test('a refused connection is one sentence, and the lower error is its cause', async () => {
  const port = await freePort()
  const error = await rejection(connect(`127.0.0.1:${port}`))
  expect(isNetError(error, 'ECONNREFUSED')).toBe(true)
  expect(error.message).toMatch(
    /^connect 127\.0\.0\.1:\d+: connection refused \(ECONNREFUSED, phase connect, \d+ ms\)$/,
  )
  expect((error.cause as NodeJS.ErrnoException).code).toBe('ECONNREFUSED')
})

test('each address is tried in its order; the errors of all are kept', async () => {
  const port = await freePort()
  const system = fakeSystem({
    lookup: async () => [
      { address: '127.0.0.2', family: 4 },
      { address: '127.0.0.1', family: 4 },
    ],
  })
  const error = await rejection(connect({ hostname: 'two.test', port }, { system }))
  expect(error.message).toContain(`connect two.test:${port}: connection refused`)
  expect(isNetError(error) && error.errors.map((e) => e.message.split(':')[0])).toEqual([
    'connect 127.0.0.2',
    'connect 127.0.0.1',
  ])
  const listener = await server(`127.0.0.1:${port}`)
  const client = await connect({ hostname: 'two.test', port }, { system })
  expect(client.remoteAddress).toMatchObject({ hostname: '127.0.0.1' })
  await Promise.all([client.close(), (await listener.accept()).close()])
})

test('a host that does not exist is ENOTFOUND in phase lookup', async () => {
  const system = fakeSystem({
    lookup: () =>
      Promise.reject(Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' })),
  })
  const error = await rejection(connect('nowhere.test:80', { system }))
  expect(error.message).toMatch(
    /^connect nowhere\.test:80: no such host \(ENOTFOUND, phase lookup, \d+ ms\)$/,
  )
})

test('an address of the other family than asked for is EAFNOSUPPORT', async () => {
  const error = await rejection(connect('127.0.0.1:9', { family: 6 }))
  expect(isNetError(error, 'EAFNOSUPPORT')).toBe(true)
})

test('a name without addresses is ENODATA', async () => {
  const error = await rejection(
    connect('empty.test:80', { system: fakeSystem({ lookup: async () => [] }) }),
  )
  expect(isNetError(error, 'ENODATA')).toBe(true)
})

describe('time', () => {
  const never = (): Promise<never> => new Promise(() => {})
  /** A socket that never answers. */
  const silent = (): net.Socket => new net.Socket()

  test.each([
    ['lookup', 5_000, { lookup: never }],
    ['connect', 10_000, { connect: silent }],
  ] as const)('phase %s ends after its default of %i ms', async (phase, limit, parts) => {
    const clock = new FakeClock()
    const system = fakeSystem({ clock, ...parts } as Partial<System>)
    const target = phase === 'lookup' ? 'slow.test:80' : '127.0.0.1:80'
    const pending = rejection(connect(target, { system }))
    await clock.advance(limit - 1)
    await clock.advance(501)
    const error = await pending
    expect(isTimeoutError(error, phase)).toBe(true)
    expect(error.message).toContain(`within ${limit} ms (ERR_TIMEOUT, phase ${phase}`)
    expect(clock.pending).toBe(0)
  })
  test('total bounds the whole call', async () => {
    const clock = new FakeClock()
    const system = fakeSystem({ clock, lookup: never })
    const pending = rejection(connect('slow.test:80', { system, timeout: 100 }))
    await clock.advance(100)
    expect(isTimeoutError(await pending, 'total')).toBe(true)
  })
  test('a signal ends the call with its reason, and leaves no listener behind', async () => {
    const system = fakeSystem({ connect: silent })
    const reason = new Error('changed my mind')
    const controller = new AbortController()
    const pending = rejection(connect('127.0.0.1:80', { system, signal: controller.signal }))
    controller.abort(reason)
    expect(await pending).toBe(reason)
    expect(await rejection(connect('127.0.0.1:80', { signal: controller.signal }))).toBe(reason)
  })
  test('10,000 waits on one signal leave no listener and no warning', async () => {
    const warnings: Error[] = []
    const onWarning = (warning: Error): void => void warnings.push(warning)
    process.on('warning', onWarning)
    const listener = await server()
    const { port } = inetOf(listener.address)
    const { signal } = new AbortController()
    let added = 0
    const add = signal.addEventListener.bind(signal)
    const remove = signal.removeEventListener.bind(signal)
    signal.addEventListener = ((...args: Parameters<typeof add>) => {
      added++
      add(...args)
    }) as typeof add
    signal.removeEventListener = ((...args: Parameters<typeof remove>) => {
      added--
      remove(...args)
    }) as typeof remove
    const client = await connect({ hostname: '127.0.0.1', port }, { signal })
    const accepted = await listener.accept({ signal })
    for (let i = 0; i < 10_000; i++) {
      const waiting = client.recv(1, { signal })
      await accepted.sendAll('x', { signal })
      await waiting
    }
    await Promise.all([client.close(), accepted.close()])
    process.off('warning', onWarning)
    expect(added).toBe(0)
    expect(warnings).toEqual([])
  })
})

test('comes from the local address that is asked for', async () => {
  const listener = await server()
  const { port } = inetOf(listener.address)
  const localPort = await freePort()
  const client = await connect(
    { hostname: '127.0.0.1', port },
    { localAddress: '127.0.0.3', localPort },
  )
  expect(client.localAddress).toEqual({ family: 'IPv4', hostname: '127.0.0.3', port: localPort })
  await Promise.all([client.close(), (await listener.accept()).close()])
})

test('an unknown option is refused by name', async () => {
  const error = await rejection(connect('h:1', { timout: 5 } as never))
  expect(error).toBeInstanceOf(TypeError)
  expect(error.message).toContain("connect: there is no option 'timout'")
})

test.each([
  [{ recieveBuffer: 1 }, TypeError, "connect: there is no limit 'recieveBuffer'"],
  [{ receiveBuffer: Number.NaN }, RangeError, 'limits.receiveBuffer must be at least 1, not NaN'],
  [{ sendBuffer: '1' }, TypeError, 'limits.sendBuffer must be a number'],
])('limits %j are refused: they would bound nothing', async (limits, kind, says) => {
  const error = await rejection(connect('127.0.0.1:9', { limits: limits as never }))
  expect(error).toBeInstanceOf(kind)
  expect(error.message).toContain(says)
})

test('a limit that is undefined is the default', async () => {
  const listener = await server()
  const client = await connect(listener.address, { limits: { receiveBuffer: undefined } as never })
  const accepted = await listener.accept()
  let sent = false
  const sending = accepted.sendAll(new Uint8Array(32_000_000)).then(
    () => {
      sent = true
    },
    () => {},
  )
  for (let i = 0; i < 50; i++) await new Promise((resolve) => setImmediate(resolve))
  expect(sent).toBe(false)
  expect(client.bytesReceived).toBeLessThan(1_000_000)
  client.destroy()
  await sending
})

test('a send that fails because the peer reset says so', async () => {
  const listener = await server()
  const client = await connect(listener.address)
  const accepted = await listener.accept()
  // The client reads nothing more, so that it hears of the reset through its writes alone.
  await accepted.send(new Uint8Array(200_000))
  const failing = rejection(client.sendAll(new Uint8Array(64_000_000)))
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve))
  accepted.destroy()
  const error = await failing
  expect(isNetError(error) && ['ECONNRESET', 'EPIPE'].includes(error.code)).toBe(true)
  expect(error.message).toMatch(/^sendAll 127/)
  client.destroy()
})

test('a Unix socket file that is not there is ENOENT, and listening leaves no file behind', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-'))
  const path = localPath(folder, 'a.sock')
  expect((await rejection(connect({ path }))).message).toMatch(
    /^connect unix:.*a\.sock: no such file or socket \(ENOENT/,
  )
  const listener = await listen({ path })
  const client = await connect(`unix:${path}`)
  const accepted = await listener.accept()
  expect(accepted.localAddress).toEqual({ family: 'Unix', path })
  await client.sendAll('hi')
  expect(text(await accepted.recv())).toBe('hi')
  await Promise.all([client.close(), accepted.close(), listener.close()])
  expect(existsSync(path)).toBe(false)
  rmSync(folder, { recursive: true })
})
