/**
 * The README's table "Where this is not a kernel socket", row by row: what each says is shown here on real sockets. A row
 * without a test fails, and so does a test without a row.
 */
import { readFileSync } from 'node:fs'
import {
  AF_INET,
  AF_UNIX,
  connect,
  IPPROTO_TCP,
  listen,
  SO_REUSEADDR,
  SOCK_DGRAM,
  SOCK_STREAM,
  SOL_SOCKET,
  type Socket,
  socket,
  TCP_NODELAY,
  text,
} from '@sluice/socket'
import { SO_ACCEPTCONN, SO_ERROR, SO_KEEPALIVE, SO_RCVBUF, SO_TYPE } from '@sluice/socket/constants'
import { describe, expect, onTestFinished, test } from 'vitest'
import { rejection, until } from './kit.ts'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
const [, section = ''] = readme.split('\n## Where this is not a kernel socket\n')
const names = [...(section.split('\n## ')[0] ?? '').matchAll(/^\| (.+?) +\| /gm)]
  .map(([, name = '']) => name.replaceAll('`', ''))
  .filter((name) => name !== 'verb' && !name.startsWith('--'))

/** What is closed when the test is over. */
function kept<T extends { close(): Promise<void> }>(thing: T): T {
  // Each would wait for the other to say goodbye.
  onTestFinished(() => void thing.close())
  return thing
}
const stream = (): Socket => kept(socket(AF_INET, SOCK_STREAM))

async function bound(): Promise<Socket> {
  const server = stream()
  await server.bind(['127.0.0.1', 0])
  return server
}

async function connected(server: Socket): Promise<Socket> {
  const client = stream()
  await client.connect(server.getsockname())
  return client
}

async function accepted(server: Socket): Promise<Socket> {
  const [peer] = await server.accept()
  return kept(peer)
}

const ROWS: Record<string, () => Promise<void>> = {
  'bind on a stream': async () => {
    const server = await bound()
    expect(server.getsockname()[1]).toBeGreaterThan(0)
    const client = await connected(server)
    expect(await rejection(server.accept())).toMatchObject({ code: 'EINVAL' })
    await server.listen()
    expect((await accepted(server)).getpeername()).toEqual(client.getsockname())

    const other = await bound()
    const from = other.getsockname()
    await other.connect(server.getsockname())
    expect(other.getsockname()).toEqual(from)
  },

  'listen(backlog)': async () => {
    const server = await bound()
    await server.listen(1)
    // A kernel that was told 1 holds two, and lets the others wait.
    const clients = await Promise.all(Array.from({ length: 8 }, () => connected(server)))
    const peers = await Promise.all(clients.map(() => accepted(server)))
    expect(new Set(peers.map((peer) => peer.getpeername()[1])).size).toBe(8)
  },

  accept: async () => {
    const server = await bound()
    await server.listen()
    const [first, second] = [await connected(server), await connected(server)]
    // More than the system holds of a stream that nobody reads.
    const size = 32 * 1024 * 1024
    let isSent = false
    const sending = first.sendAll(new Uint8Array(size)).then(() => {
      isSent = true
    })
    await second.sendAll('Hello, World!')
    const peer = await accepted(server)
    const other = await accepted(server)
    expect([peer.getpeername(), other.getpeername()]).toEqual(
      [first, second].map((client) => client.getsockname()),
    )
    expect(text(await other.recvExactly(13))).toBe('Hello, World!')
    expect(isSent).toBe(false)
    for (let left = size; left > 0; ) left -= (await peer.recv())?.length ?? left
    await sending
  },

  'surplus connections': async () => {
    const listener = kept(await listen('127.0.0.1:0', { limits: { pending: 1 } }))
    const held = kept(await connect(listener.address))
    await until(() => listener.pending === 1)
    const surplus = kept(await connect(listener.address))
    // An end or a reset, as the system tells it.
    expect(await surplus.recv().catch(() => null)).toBeNull()
    expect([listener.pending, listener.refused]).toEqual([1, 1])
    const peer = kept(await listener.accept())
    expect(peer.remoteAddress).toEqual(held.localAddress)
  },

  "shutdown('read')": async () => {
    const server = await bound()
    await server.listen()
    const client = await connected(server)
    const peer = await accepted(server)
    await peer.shutdown('read')
    await client.sendAll(new Uint8Array(4 * 1024 * 1024))
    expect(await peer.recv()).toBeNull()
    await peer.sendAll('still here')
    expect(text(await client.recvExactly(10))).toBe('still here')
    await client.sendAll('and still')
  },

  peek: async () => {
    const listener = kept(await listen('127.0.0.1:0'))
    const client = kept(await connect(listener.address))
    await client.sendAll('Hello, World!')
    const peer = kept(await listener.accept())
    // The kernel has all of it, and we have not asked yet.
    expect(peer.peek()).toBeUndefined()
    expect(text(await peer.recvExactly(5))).toBe('Hello')
    expect(text(peer.peek() ?? null)).toBe(', World!')
    expect(text(await peer.recvExactly(8))).toBe(', World!')
  },

  setsockopt: async () => {
    const server = await bound()
    await server.listen()
    const client = stream()
    client.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
    client.setsockopt(SOL_SOCKET, SO_KEEPALIVE, 1)
    await client.connect(server.getsockname())
    expect(client.getsockopt(IPPROTO_TCP, TCP_NODELAY)).toBe(1)
    client.setsockopt(IPPROTO_TCP, TCP_NODELAY, 0)
    expect(() => client.setsockopt(SOL_SOCKET, SO_KEEPALIVE, 0)).toThrow('ERR_UNSUPPORTED')
    expect(client.getsockopt(SOL_SOCKET, SO_KEEPALIVE)).toBe(1)
  },

  getsockopt: async () => {
    const server = await bound()
    expect(server.getsockopt(SOL_SOCKET, SO_ACCEPTCONN)).toBe(0)
    await server.listen()
    expect(server.getsockopt(SOL_SOCKET, SO_ACCEPTCONN)).toBe(1)
    expect(server.getsockopt(SOL_SOCKET, SO_TYPE)).toBe(SOCK_STREAM)
    expect(server.getsockopt(SOL_SOCKET, SO_KEEPALIVE)).toBe(0)

    const lost = stream()
    const address = server.getsockname()
    await server.close()
    expect(await rejection(lost.connect(address))).toMatchObject({ code: 'ECONNREFUSED' })
    expect(lost.getsockopt(SOL_SOCKET, SO_ERROR)).toBe(0)

    const datagrams = kept(socket(AF_INET, SOCK_DGRAM))
    expect(datagrams.getsockopt(SOL_SOCKET, SO_RCVBUF)).toBe(0)
    await datagrams.bind(['127.0.0.1', 0])
    expect(datagrams.getsockopt(SOL_SOCKET, SO_RCVBUF)).toBeGreaterThan(0)
  },

  'SO_REUSEADDR on a stream': async () => {
    const server = await bound()
    await server.listen()
    const address = server.getsockname()
    // The port is not shared by it ...
    const second = stream()
    second.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
    expect(second.getsockopt(SOL_SOCKET, SO_REUSEADDR)).toBe(1)
    expect(await rejection(second.bind(address))).toMatchObject({ code: 'EADDRINUSE' })

    // ... and without it, a port whose connections are in TIME_WAIT on this side is free.
    const client = await connected(server)
    const peer = await accepted(server)
    await peer.shutdown('write')
    expect(await client.recv()).toBeNull()
    await Promise.all([client.close(), peer.close(), server.close()])
    const heir = stream()
    expect(heir.getsockopt(SOL_SOCKET, SO_REUSEADDR)).toBe(0)
    await heir.bind(address)
  },

  'anything else': async () => {
    const SO_LINGER = 13
    const sentence = /(node|bun|deno) \S+ gives no access to option 1\/13 \(ERR_UNSUPPORTED/
    expect(() => stream().setsockopt(SOL_SOCKET, SO_LINGER, 1)).toThrow(sentence)
    expect(() => stream().getsockopt(SOL_SOCKET, SO_LINGER)).toThrow(sentence)
    expect(() => socket(AF_UNIX, SOCK_DGRAM)).toThrow('has no Unix datagram sockets')
  },
}

describe('where this is not a kernel socket', () => {
  test('every row of the table is shown here', () => {
    expect(names.sort()).toEqual(Object.keys(ROWS).sort())
  })
  test.each(Object.entries(ROWS))('%s', (_, shows) => shows())
})
