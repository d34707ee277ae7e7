/**
 * A server for days: what happens when descriptors run out, how several processes and threads share a port, that no
 * event of a socket ends the process, and that waits leave nothing on the signal that they were given.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import dgram from 'node:dgram'
import { getEventListeners, once } from 'node:events'
import { existsSync } from 'node:fs'
import net from 'node:net'
import type { Duplex } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { type Connection, connect, listen, type Target, text, udp } from '@sluice/socket'
import type { ServeStats } from '@sluice/socket/server'
import { memoryPair } from '@sluice/socket/testing'
import { startTls } from '@sluice/socket/tls'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { programFile } from '../../../scripts/program.ts'
import { LOCAL_NAMES, makeAuthority, makeCertificate } from './certificates.ts'
import { fakeSystem, inetOf, rejection } from './kit.ts'

const isNode = !('Bun' in globalThis || 'Deno' in globalThis)
const program = await programFile(new URL('programs/serve.ts', import.meta.url))
const root = fileURLToPath(new URL('../../..', import.meta.url))
/** Enough to start with. */
const DESCRIPTORS = 256
/** The first that has SO_REUSEPORT is 23.1. */
const newest = `${root}tools/runtimes/node_modules/node26/bin/node`
const [major = 0] = process.versions.node.split('.').map(Number)
const sharing = major >= 24 ? process.execPath : existsSync(newest) ? newest : undefined

const children: ChildProcess[] = []
afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
})

/** Starts the program, and waits for the line that it begins with. */
async function start(
  how: string,
  { node = process.execPath, port = 0, descriptors = 0 } = {},
): Promise<{ child: ChildProcess; line: string; port: number }> {
  const flags = [program, how, String(port)]
  const stdio = ['ignore', 'pipe', 'inherit', 'ipc'] as const
  const limited = `ulimit -n ${descriptors} && exec "$0" "$@"`
  const child =
    descriptors === 0
      ? spawn(node, flags, { stdio: [...stdio], cwd: root })
      : spawn('sh', ['-c', limited, node, ...flags], { stdio: [...stdio], cwd: root })
  children.push(child)
  let said = ''
  for await (const chunk of child.stdout ?? []) {
    said += String(chunk)
    if (said.includes('\n')) break
  }
  const line = said.trim()
  return { child, line, port: Number(line.replace('port ', '')) }
}

/** When a stream that was destroyed is closed; `once` of node:events would mind its error. */
function gone(stream: Duplex): Promise<void> {
  return new Promise((resolve) => void stream.once('close', resolve))
}

async function ask(connection: Connection): Promise<string> {
  await connection.sendAll('who?')
  return text(await connection.recvLine())
}

/** Who answers so many visitors. */
async function answers(target: Target, visitors: number): Promise<Set<string>> {
  const connections = await Promise.all(Array.from({ length: visitors }, () => connect(target)))
  const told = await Promise.all(connections.map(ask))
  for (const connection of connections) connection.destroy()
  return new Set(told)
}

// Node's own, as its `process.send`; `ulimit` is the shell's.
describe.runIf(isNode && process.platform === 'linux')('when descriptors run out', () => {
  test('open connections are not touched, and accepting goes on once there are some again', {
    timeout: 20_000,
  }, async () => {
    const { child, port } = await start('alone', { descriptors: DESCRIPTORS })
    const target = { hostname: '127.0.0.1', port }
    const stats = async (): Promise<ServeStats> => {
      child.send('stats')
      return (await once(child, 'message'))[0] as ServeStats
    }
    const served = await Promise.all([1, 2, 3].map(() => connect(target)))
    const who = await Promise.all(served.map(ask))
    // More than it can take: some wait in the kernel, some are closed at once.
    const crowd = await Promise.allSettled(
      Array.from({ length: 2 * DESCRIPTORS }, () => connect(target)),
    )
    expect(await Promise.all(served.map(ask))).toEqual(who)
    const { connections } = await stats()
    expect(connections).toBeLessThan(DESCRIPTORS)
    for (const one of crowd) if (one.status === 'fulfilled') one.value.destroy()
    // The crowd has to be seen to be gone before a newcomer finds room.
    for (let i = 0; (await stats()).connections > served.length && i < 500; i++);
    const late = await connect(target)
    expect(await ask(late)).toBe(who[0])
    expect(await Promise.all(served.map(ask))).toEqual(who)
    expect((await stats()).accepted).toBeGreaterThan(connections)
    for (const connection of [...served, late]) connection.destroy()
  })
})

describe.runIf(isNode)('one port for several', () => {
  test('processes, by node:cluster', { timeout: 20_000 }, async () => {
    const { port } = await start('cluster')
    expect((await answers({ hostname: '127.0.0.1', port }, 12)).size).toBe(3)
  })

  test.runIf(sharing !== undefined && process.platform === 'linux')(
    'processes, by reusePort',
    { timeout: 20_000 },
    async () => {
      const first = await start('reuse', { node: sharing as string })
      const { port } = first
      await start('reuse', { node: sharing as string, port })
      // The kernel draws lots by the visitor's port: all forty to one of two is one in 2^39.
      expect((await answers({ hostname: '127.0.0.1', port }, 40)).size).toBe(2)
    },
  )

  test.runIf(sharing !== undefined && process.platform === 'linux')(
    'threads, by reusePort',
    { timeout: 20_000 },
    async () => {
      const { port } = await start('threads', { node: sharing as string })
      const told = [...(await answers({ hostname: '127.0.0.1', port }, 60))]
      expect(told.filter((who) => who.startsWith('thread'))).toHaveLength(2)
      expect(told).toHaveLength(3)
    },
  )

  test.runIf(major < 23)('where the runtime would only pretend, it says so', async () => {
    for (const opening of [
      listen('127.0.0.1:0', { reusePort: true }),
      udp('127.0.0.1:0', { reusePort: true }),
    ])
      expect((await rejection(opening)).message).toMatch(
        /^(listen|bind) 127\.0\.0\.1:0: node [\d.]+ has no reusePort; Node has it from 23\.1 on \(ERR_UNSUPPORTED, phase \w+\)$/,
      )
  })
})

describe('an error event that nobody waits for', () => {
  const authority = makeAuthority()
  const { cert, key } = makeCertificate({ name: 'server', issuer: authority, names: LOCAL_NAMES })
  const late = (): Error => Object.assign(new Error('late'), { code: 'ECONNRESET' })
  const strays: Error[] = []
  const onStray = (error: Error): void => {
    strays.push(error)
  }
  beforeAll(() => void process.on('uncaughtException', onStray))
  afterAll(() => {
    process.off('uncaughtException', onStray)
    expect(strays).toEqual([])
  })

  /** Both ends, and all sockets of the system that were made for them. */
  async function pair(secure: boolean, sharedBuffer = true) {
    const made: net.Socket[] = []
    const noting = fakeSystem({
      connect: (options) => {
        const socket = net.connect(options)
        made.push(socket)
        return socket
      },
      createServer: (options) => {
        const server = net.createServer(options)
        server.on('connection', (socket) => made.push(socket))
        return server
      },
    })
    const listener = await listen('127.0.0.1:0', {
      system: noting,
      sharedBuffer,
      ...(secure ? { tls: { cert, key } } : {}),
    })
    const [client, server] = await Promise.all([
      connect(listener.address, {
        system: noting,
        sharedBuffer,
        ...(secure ? { tls: { ca: authority.cert } } : {}),
      }),
      listener.accept(),
    ])
    await listener.close()
    return { client, server, made }
  }

  test.each([
    ['in the clear', false],
    ['in TLS', true],
  ])('after close, %s', async (_, secure) => {
    const { client, server, made } = await pair(secure)
    await Promise.all([client.close(), server.close()])
    for (const socket of made) socket.emit('error', late())
    expect(made).toHaveLength(2)
  })

  test.each([
    ['a view', false, true],
    ['the bare socket', false, false],
    ['a view of TLS', true, true],
  ])('after detach, of %s', async (_, secure, sharedBuffer) => {
    const { client, server, made } = await pair(secure, sharedBuffer)
    const streams = [client.detach(), server.detach()]
    for (const stream of streams) stream.destroy(late())
    for (const socket of made) {
      socket.destroy()
      socket.emit('error', late())
    }
    await Promise.all(streams.map(gone))
    for (const stream of streams) stream.emit('error', late())
  })

  test('of a pair in memory that was handed over', async () => {
    const [a, b] = memoryPair()
    const stream = a.detach()
    b.destroy()
    await gone(stream)
    stream.emit('error', late())
  })

  test('after startTls has taken the socket, and failed', async () => {
    const { client, server, made } = await pair(false)
    server.destroy()
    await rejection(startTls(client, { ca: authority.cert, serverName: 'localhost' }))
    for (const socket of made) socket.emit('error', late())
  })

  test('while a connection waits to be accepted', async () => {
    const arrived: net.Socket[] = []
    const system = fakeSystem({
      createServer: (options) => {
        const server = net.createServer(options)
        server.on('connection', (socket) => arrived.push(socket))
        return server
      },
    })
    const listener = await listen('127.0.0.1:0', { system })
    const clients = await Promise.all([connect(listener.address), connect(listener.address)])
    while (arrived.length < 2) await new Promise(setImmediate)
    expect(listener.pending).toBe(2)
    const [first] = arrived
    first?.destroy(late())
    await gone(first as net.Socket)
    expect(listener.pending).toBe(1)
    first?.emit('error', late())
    await listener.close()
    for (const socket of arrived) socket.emit('error', late())
    for (const client of clients) client.destroy()
  })

  test('of a server, before, between and after', async () => {
    let server: net.Server | undefined
    const system = fakeSystem({ createServer: (options) => (server = net.createServer(options)) })
    const listener = await listen('127.0.0.1:0', { system })
    server?.emit('error', late())
    const accepting = rejection(listener.accept())
    server?.emit('error', late())
    expect((await accepting).message).toMatch(/^accept .* \(ECONNRESET, phase accept\)$/)
    await listener.close()
    server?.emit('error', late())
    await rejection(listen('192.0.2.1:0', { system }))
    server?.emit('error', late())
    const aborting = AbortSignal.abort(new Error('enough'))
    await rejection(listen('127.0.0.1:0', { system, signal: aborting }))
    server?.emit('error', late())
  })

  test('of a datagram socket', async () => {
    let socket: dgram.Socket | undefined
    const system = fakeSystem({
      createDatagram: (options) => (socket = dgram.createSocket(options)),
    })
    const opened = await udp('127.0.0.1:0', { system })
    socket?.emit('error', late())
    expect((await rejection(opened.recv())).message).toContain('(ECONNRESET, phase receive)')
    await opened.close()
    socket?.emit('error', late())
    // In the very moment in which it is bound, and before anybody has it.
    const hasty = fakeSystem({
      createDatagram: (options) => {
        socket = dgram.createSocket(options)
        socket.once('listening', () => queueMicrotask(() => socket?.emit('error', late())))
        return socket
      },
    })
    await (await udp('127.0.0.1:0', { system: hasty })).close()
    socket?.emit('error', late())
  })

  test('between the connection and its PROXY header', async () => {
    await using listener = await listen('127.0.0.1:0')
    const system = fakeSystem({
      connect: (options) => {
        const socket = net.connect(options)
        socket.once('connect', () => queueMicrotask(() => socket.destroy(late())))
        return socket
      },
    })
    const failing = rejection(connect(listener.address, { system, proxyProtocol: 1 }))
    expect((await failing).message).toMatch(/\(ECONNRESET, phase connect/)
  })
})

describe('ten thousand waits on one signal leave nothing on it', () => {
  const TIMES = 10_000
  const warnings: Error[] = []
  const onWarning = (warning: Error): void => void warnings.push(warning)
  beforeAll(() => void process.on('warning', onWarning))
  afterAll(() => void process.off('warning', onWarning))

  async function expectClean(signal: AbortSignal): Promise<void> {
    // Warnings are told in the turn after.
    await new Promise(setImmediate)
    // Bun and Deno do not tell who listens.
    if (isNode) expect(getEventListeners(signal, 'abort')).toHaveLength(0)
    expect(warnings.map(String)).toEqual([])
  }

  test('connect', async () => {
    const { signal } = new AbortController()
    const refuse = (): never => {
      throw Object.assign(new Error('no'), { code: 'ECONNREFUSED' })
    }
    const addresses = [
      { address: '::1', family: 6 as const },
      { address: '127.0.0.1', family: 4 as const },
    ]
    const system = fakeSystem({ connect: refuse, lookup: async () => addresses })
    for (let batch = 0; batch < 10; batch++) {
      const failing = Array.from({ length: TIMES / 10 }, (_, i) =>
        connect(i % 2 ? 'name.test:1' : '127.0.0.1:1', { system, signal }).catch(() => 'failed'),
      )
      expect(new Set(await Promise.all(failing))).toEqual(new Set(['failed']))
    }
    // And some that succeed.
    await using listener = await listen('127.0.0.1:0')
    for (let i = 0; i < 50; i++) {
      const connection = await connect(listener.address, { signal })
      connection.destroy()
    }
    await expectClean(signal)
  })

  test('accept, recv and send', async () => {
    const { signal } = new AbortController()
    const [a, b] = memoryPair()
    for (let i = 0; i < TIMES; i++) {
      const [got] = await Promise.all([b.recv(10, { signal }), a.sendAll('x', { signal })])
      if (got?.length !== 1) throw new Error('not what was sent')
    }
    a.destroy()
    b.destroy()
    let server: net.Server | undefined
    const system = fakeSystem({ createServer: (options) => (server = net.createServer(options)) })
    await using listener = await listen('127.0.0.1:0', { system, signal })
    for (let i = 0; i < TIMES; i++) {
      const accepting = listener.accept({ signal })
      server?.emit('connection', new net.Socket())
      ;(await accepting).destroy()
    }
    await expectClean(signal)
  })

  test('datagrams', async () => {
    const { signal } = new AbortController()
    let socket: dgram.Socket | undefined
    const system = fakeSystem({
      createDatagram: (options) => (socket = dgram.createSocket(options)),
    })
    await using opened = await udp('127.0.0.1:0', { system, signal })
    const from = { family: 'IPv4', address: '127.0.0.1', port: 9, size: 1 }
    const data = Buffer.from('x')
    for (let i = 0; i < TIMES; i++) {
      const receiving = opened.recv({ signal })
      socket?.emit('message', data, from)
      await receiving
    }
    const waiting = Array.from({ length: 1_000 }, () => opened.recv({ signal }))
    for (const _ of waiting) socket?.emit('message', data, from)
    await Promise.all(waiting)
    for (let i = 0; i < 1_000; i++) await opened.send('x', inetOf(opened.address), { signal })
    await expectClean(signal)
  })
})
