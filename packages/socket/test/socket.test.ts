import { mkdtempSync, rmSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as sluice from '@sluice/socket'
import {
  AF_INET,
  AF_INET6,
  AF_UNIX,
  SOCK_DGRAM,
  SOCK_STREAM,
  type Socket,
  type SocketAddress,
  socket,
  text,
} from '@sluice/socket'
import { isNetError } from '@sluice/socket/errors'
import { describe, expect, test } from 'vitest'
import { fakeSystem, freePort, localPath, rejection } from './kit.ts'

async function greet(server: Socket, address: SocketAddress): Promise<void> {
  await server.bind(address)
  await server.listen(5)
  const client = socket(server.family, SOCK_STREAM)
  const [[accepted, from]] = await Promise.all([
    server.accept(),
    client.connect(server.getsockname()),
  ])
  expect(from).toEqual(accepted.getpeername())
  if (server.family !== AF_UNIX) expect(from).toEqual(client.getsockname())
  expect(await client.send('Hello, World!')).toBe(13)
  expect(text(await accepted.recv(1024))).toBe('Hello, World!')
  await accepted.sendAll(['and ', 'back'])
  await accepted.shutdown(sluice.SHUT_WR)
  expect(text(await client.recvExactly(8))).toBe('and back')
  expect(await client.recv()).toBeNull()
  await Promise.all([client.close(), accepted.close(), server.close()])
}

test('the verbs in their order, over IPv4', () =>
  greet(socket(AF_INET, SOCK_STREAM), ['127.0.0.1', 0]))
test('the verbs in their order, over IPv6', () => greet(socket(AF_INET6, SOCK_STREAM), ['::1', 0]))
test('the verbs in their order, over a Unix socket', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-'))
  await greet(socket(AF_UNIX, SOCK_STREAM), localPath(folder, 's'))
  rmSync(folder, { recursive: true })
})

test('bind to port 0 reserves a port that getsockname() tells, and hands nothing out before listen()', async () => {
  await using server = socket(AF_INET, SOCK_STREAM)
  await server.bind(['', 0])
  const [, port] = server.getsockname() as [string, number]
  expect(port).toBeGreaterThan(0)
  expect(isNetError(await rejection(server.accept()), 'EINVAL')).toBe(true)
  await using client = socket()
  await client.connect(['127.0.0.1', port])
  await server.listen()
  const [accepted] = await server.accept()
  await accepted.send('hi')
  expect(text(await client.recv())).toBe('hi')
  void accepted.close()
})

test('a bound socket connects from its port', async () => {
  await using server = socket()
  await server.bind(['127.0.0.1', 0])
  await server.listen()
  await using client = socket()
  await client.bind(['127.0.0.1', 0])
  const from = client.getsockname()
  await client.connect(server.getsockname())
  expect((await server.accept())[1]).toEqual(from)
  expect(client.getsockname()).toEqual(from)
})

test('datagrams: sendto and recvfrom, connect and send', async () => {
  await using a = socket(AF_INET, SOCK_DGRAM)
  await using b = socket(AF_INET, SOCK_DGRAM)
  await b.bind(['127.0.0.1', 0])
  expect(await a.sendto('hello', b.getsockname())).toBe(5)
  const [data, from] = await b.recvfrom(3)
  expect(text(data)).toBe('hel')
  await b.connect(from)
  await b.send('back')
  expect(text(await a.recv())).toBe('back')
  expect(b.getpeername()).toEqual(from)
})

describe('out of order', () => {
  test.each([
    ['recv', (s: Socket) => s.recv(), 'ENOTCONN'],
    ['send', (s: Socket) => s.send('x'), 'ENOTCONN'],
    ['sendAll', (s: Socket) => s.sendAll('x'), 'ENOTCONN'],
    ['shutdown', (s: Socket) => s.shutdown('write'), 'ENOTCONN'],
    ['accept', (s: Socket) => s.accept(), 'EINVAL'],
    ['sendto', (s: Socket) => s.sendto('x', ['127.0.0.1', 9]), 'EISCONN'],
  ])('%s on a new socket', async (_verb, call, code) => {
    expect(isNetError(await rejection(call(socket())), code)).toBe(true)
  })
  test.each([
    ['recv', (s: Socket) => s.recv()],
    ['bind', (s: Socket) => s.bind(['127.0.0.1', 0])],
    ['connect', (s: Socket) => s.connect(['127.0.0.1', 9])],
    ['listen', (s: Socket) => s.listen()],
    ['accept', (s: Socket) => s.accept()],
  ])('%s after close is ERR_CLOSED', async (_verb, call) => {
    const s = socket()
    await s.close()
    expect(isNetError(await rejection(call(s)), 'ERR_CLOSED')).toBe(true)
  })
  test('a second listen changes nothing', async () => {
    await using server = socket()
    await server.bind(['127.0.0.1', 0])
    await server.listen()
    await server.listen(10)
    await using client = socket()
    await client.connect(server.getsockname())
    const [peer] = await server.accept()
    await peer.close()
  })
  test('a failed connect can be tried again', async () => {
    await using server = socket()
    await server.bind(['127.0.0.1', 0])
    const s = socket()
    expect(isNetError(await rejection(s.connect(['127.0.0.1', 1])), 'ECONNREFUSED')).toBe(true)
    await s.connect(server.getsockname())
    expect(isNetError(await rejection(s.connect(server.getsockname())), 'EISCONN')).toBe(true)
    await s.close()
  })
  test('binding twice is EINVAL, a port in use EADDRINUSE', async () => {
    await using a = socket()
    await a.bind(['127.0.0.1', 0])
    expect((await rejection(a.bind(['127.0.0.1', 0]))).message).toBe(
      'bind: the socket is bound (EINVAL, phase open)',
    )
    await using b = socket()
    expect(isNetError(await rejection(b.bind(a.getsockname())), 'EADDRINUSE')).toBe(true)
    await b.bind(['127.0.0.1', 0])
  })
})

test('close() ends a connect that is under way, with ERR_CLOSED and no socket left', async () => {
  const made: net.Socket[] = []
  const system = fakeSystem({
    connect: () => {
      const silent = new net.Socket()
      made.push(silent)
      return silent
    },
  })
  const s = socket(AF_INET, SOCK_STREAM, 0, { system })
  const failing = rejection(s.connect(['127.0.0.1', 9]))
  await new Promise((resolve) => setImmediate(resolve))
  await s.close()
  expect((await failing).message).toBe(
    'connect: closed by this program (ERR_CLOSED, phase connect)',
  )
  expect(made.map(({ destroyed }) => destroyed)).toEqual([true])
})

test('a name is asked for addresses of the family of the socket alone', async () => {
  const asked: number[] = []
  const system = fakeSystem({
    lookup: async (_hostname, family) => {
      asked.push(family)
      return []
    },
  })
  await rejection(socket(AF_INET, SOCK_STREAM, 0, { system }).connect(['a.test', 1]))
  await rejection(socket(AF_INET6, SOCK_STREAM, 0, { system }).connect(['a.test', 1]))
  expect(asked).toEqual([4, 6])
})

test('what accept() gives has TCP_NODELAY set, and says so', async () => {
  const server = socket()
  await server.bind(['127.0.0.1', 0])
  await server.listen()
  const client = socket()
  const [[accepted]] = await Promise.all([server.accept(), client.connect(server.getsockname())])
  expect(accepted.getsockopt(sluice.IPPROTO_TCP, sluice.TCP_NODELAY)).toBe(1)
  expect(client.getsockopt(sluice.IPPROTO_TCP, sluice.TCP_NODELAY)).toBe(0)
  await Promise.all([client.close(), accepted.close(), server.close()])
})

test('a socket that is closed while it binds stays closed, and leaves nobody listening', async () => {
  const port = await freePort()
  const closing = socket()
  const binding = rejection(closing.bind(['127.0.0.1', port]))
  await closing.close()
  expect(isNetError(await binding, 'ERR_CLOSED')).toBe(true)
  await using other = socket()
  await other.bind(['127.0.0.1', port])
  const busy = socket()
  const failing = rejection(busy.bind(['127.0.0.1', port]))
  await busy.close()
  expect(isNetError(await failing, 'EADDRINUSE')).toBe(true)
  expect(isNetError(await rejection(busy.bind(['127.0.0.1', 0])), 'ERR_CLOSED')).toBe(true)
})

test('a Unix socket has to be bound before it listens', async () => {
  expect(isNetError(await rejection(socket(AF_UNIX).listen()), 'EDESTADDRREQ')).toBe(true)
})

test('two datagram verbs at once on a fresh socket share its address', async () => {
  await using a = socket(AF_INET, SOCK_DGRAM)
  await using b = socket(AF_INET, SOCK_DGRAM)
  await b.bind(['127.0.0.1', 0])
  expect(
    await Promise.all([a.sendto('1', b.getsockname()), a.sendto('2', b.getsockname())]),
  ).toEqual([1, 1])
  expect([text(await b.recv()), text(await b.recv())].sort()).toEqual(['1', '2'])
})

test('arguments that make no sense are refused by name', async () => {
  expect(() => socket(99 as 2)).toThrow('family must be AF_INET, AF_INET6 or AF_UNIX, not 99')
  expect(() => socket(AF_INET, 9 as 1)).toThrow('type must be SOCK_STREAM or SOCK_DGRAM, not 9')
  expect(() => socket(AF_UNIX, SOCK_DGRAM)).toThrow(
    /has no Unix datagram sockets \(ERR_UNSUPPORTED/,
  )
  expect(() => socket(AF_INET, SOCK_STREAM, 17)).toThrow('protocol must be 0 or 6 here, not 17')
  expect(() => socket(AF_UNIX, SOCK_STREAM, 6)).toThrow('protocol must be 0 here, not 6')
  expect(socket(AF_INET6, SOCK_DGRAM, 17).protocol).toBe(17)
  expect((await rejection(socket().bind('127.0.0.1:80'))).message).toBe(
    'an address is [host, port], not a string',
  )
  expect((await rejection(socket().listen(-1))).message).toBe(
    'backlog must be a whole number of at least 0, not -1',
  )
})

test('a datagram socket connects again, to somebody else', async () => {
  await using a = socket(AF_INET, SOCK_DGRAM)
  const peers = [socket(AF_INET, SOCK_DGRAM), socket(AF_INET, SOCK_DGRAM)]
  for (const [i, peer] of peers.entries()) {
    await peer.bind(['127.0.0.1', 0])
    await a.connect(peer.getsockname())
    expect(a.getpeername()).toEqual(peer.getsockname())
    await a.send(`for ${i}`)
    expect(text(await peer.recv())).toBe(`for ${i}`)
  }
  for (const peer of peers) await peer.close()
})

test.each([SOCK_STREAM, SOCK_DGRAM] as const)(
  'bind takes addresses of its own family alone, kind %i',
  async (kind) => {
    for (const [family, host] of [
      [AF_INET, '::1'],
      [AF_INET6, '127.0.0.1'],
    ] as const) {
      const s = socket(family, kind)
      expect((await rejection(s.bind([host, 0]))).message).toBe(
        `bind: "${host}" is of the other family (EAFNOSUPPORT, phase bind)`,
      )
      await s.close()
    }
  },
)

test('a signal that has aborted ends a verb before it begins', async () => {
  const signal = AbortSignal.abort(new Error('enough'))
  await using packets = socket(AF_INET, SOCK_DGRAM)
  await packets.bind(['127.0.0.1', 0])
  const [host, port] = packets.getsockname()
  const verbs = [
    () => socket().bind(['127.0.0.1', 0], { signal }),
    () => socket().connect(['127.0.0.1', 9], { signal }),
    () => packets.sendto('x', [String(host), Number(port)], { signal }),
    () => packets.connect([String(host), Number(port)], { signal }),
    () => packets.send('x', { signal }),
    () => packets.recv(1, { signal }),
  ]
  for (const verb of verbs) expect(await rejection(verb())).toBe(signal.reason)
})

test('options: what is set is remembered, what can not be reached says so', () => {
  const s = socket()
  s.setsockopt(sluice.SOL_SOCKET, sluice.SO_REUSEADDR, 1)
  s.setsockopt(sluice.IPPROTO_TCP, sluice.TCP_NODELAY, 1)
  expect(s.getsockopt(sluice.SOL_SOCKET, sluice.SO_REUSEADDR)).toBe(1)
  expect(s.getsockopt(sluice.IPPROTO_TCP, sluice.TCP_NODELAY)).toBe(1)
  expect(s.getsockopt(sluice.SOL_SOCKET, 3)).toBe(SOCK_STREAM)
  for (const wrong of [true, '1', null, undefined])
    expect(() => s.setsockopt(sluice.SOL_SOCKET, sluice.SO_REUSEADDR, wrong as never)).toThrow(
      'setsockopt: value must be a number, not',
    )
  for (const wrong of [-1, 0.5, Number.NaN])
    expect(() => s.setsockopt(sluice.SOL_SOCKET, sluice.SO_REUSEADDR, wrong)).toThrow(RangeError)
  expect(() => s.setsockopt(sluice.SOL_SOCKET, 13, 1)).toThrow(
    /gives no access to option 1\/13 \(ERR_UNSUPPORTED/,
  )
})

test('TCP_NODELAY reaches the socket, before it is connected and after', async () => {
  const asked: unknown[] = []
  const system = fakeSystem({
    connect: (options) => {
      asked.push((options as net.TcpSocketConnectOpts).noDelay)
      const made = net.connect(options)
      made.setNoDelay = (on) => {
        asked.push(on)
        return made
      }
      return made
    },
  })
  await using server = socket()
  await server.bind(['127.0.0.1', 0])
  await using client = socket(AF_INET, SOCK_STREAM, 0, { system })
  await client.connect(server.getsockname())
  client.setsockopt(sluice.IPPROTO_TCP, sluice.TCP_NODELAY, 1)
  expect(asked.filter((value) => value !== undefined).slice(-2)).toEqual([false, true])
})

test('the main door can be held in the head', () => {
  expect(Object.keys(sluice).length).toBeLessThanOrEqual(25)
})
