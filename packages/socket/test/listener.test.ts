import net from 'node:net'
import { AF_INET, connect, listen, SOCK_STREAM, socket, text } from '@sluice/socket'
import type { ResolvedAddress } from '@sluice/socket/dns'
import { isNetError } from '@sluice/socket/errors'
import { FakeClock } from '@sluice/socket/testing'
import { describe, expect, test } from 'vitest'
import { fakeSystem, inetOf, rejection, until } from './kit.ts'

test('a port in use is one sentence', async () => {
  await using listener = await listen('127.0.0.1:0')
  const { port } = inetOf(listener.address)
  const error = await rejection(listen(`127.0.0.1:${port}`))
  expect(error.message).toBe(
    `listen 127.0.0.1:${port}: address already in use (EADDRINUSE, phase listen)`,
  )
})

test('an address of another machine is EADDRNOTAVAIL', async () => {
  // Deno passes on another code; the sentence is ours all the same.
  const code = 'Deno' in globalThis ? 'EINVAL' : 'EADDRNOTAVAIL'
  expect(isNetError(await rejection(listen('192.0.2.1:0')), code)).toBe(true)
})

test('connections that nobody accepted wait, unread, and lose nothing', async () => {
  await using listener = await listen('127.0.0.1:0')
  const clients = await Promise.all([1, 2, 3].map(() => connect(listener.address)))
  await Promise.all(clients.map((client, i) => client.sendAll(`I am ${i}`)))
  await until(() => listener.pending === 3)
  expect(listener.pending).toBe(3)
  const words: string[] = []
  for (let i = 0; i < 3; i++) {
    const accepted = await listener.accept()
    words.push(text(await accepted.recv()))
    void accepted.close()
  }
  expect(words.sort()).toEqual(['I am 0', 'I am 1', 'I am 2'])
  await Promise.all(clients.map((client) => client.close()))
})

test('surplus connections are closed and counted', async () => {
  await using listener = await listen('127.0.0.1:0', { limits: { pending: 2 } })
  const clients = await Promise.all([1, 2, 3, 4].map(() => connect(listener.address)))
  await until(() => listener.refused === 2)
  expect([listener.pending, listener.refused]).toEqual([2, 2])
  for (const client of clients) client.destroy()
})

test('a pending connection that breaks is forgotten', async () => {
  await using listener = await listen('127.0.0.1:0')
  const client = await connect(listener.address)
  await until(() => listener.pending === 1)
  const accepted = await listener.accept()
  client.destroy()
  expect(isNetError(await rejection(accepted.recv()), 'ECONNRESET')).toBe(true)
})

test('a signal and a timeout end one accept; the next gets the connection', async () => {
  const clock = new FakeClock()
  await using listener = await listen('127.0.0.1:0', { system: fakeSystem({ clock }) })
  const controller = new AbortController()
  const aborted = rejection(listener.accept({ signal: controller.signal }))
  controller.abort(new Error('no'))
  expect((await aborted).message).toBe('no')
  const late = rejection(listener.accept({ timeout: 1000 }))
  await clock.advance(1000)
  expect((await late).message).toContain('no connection within 1000 ms (ERR_TIMEOUT, phase accept)')
  const accepting = listener.accept()
  const client = await connect(listener.address)
  expect((await accepting).isOpen).toBe(true)
  client.destroy()
})

test('close() ends the loop, fails the waiting accept and keeps what was accepted', async () => {
  const listener = await listen('127.0.0.1:0')
  const seen: string[] = []
  const loop = (async () => {
    for await (const connection of listener) {
      await connection.sendAll('welcome')
      seen.push('one')
    }
  })()
  const client = await connect(listener.address)
  expect(text(await client.recv())).toBe('welcome')
  void listener.close()
  await loop
  expect(seen).toEqual(['one'])
  expect(isNetError(await rejection(listener.accept()), 'ERR_CLOSED')).toBe(true)
  expect(client.isOpen).toBe(true)
  client.destroy()
  await listener.close()
})

test('an error of the machine while accepting reaches accept(), and accepting goes on', async () => {
  let server: net.Server | undefined
  const system = fakeSystem({
    createServer: (options) => {
      server = net.createServer(options)
      return server
    },
  })
  await using listener = await listen('127.0.0.1:0', { system })
  const waiting = rejection(listener.accept())
  server?.emit('error', Object.assign(new Error('accept EMFILE'), { code: 'EMFILE' }))
  expect((await waiting).message).toMatch(
    /^accept 127\.0\.0\.1:0: too many open files in this process \(EMFILE/,
  )
  const accepting = listener.accept()
  const client = await connect(listener.address)
  expect((await accepting).isOpen).toBe(true)
  client.destroy()
})

describe('listening on a name', () => {
  const answering = (addresses: ResolvedAddress[]) => {
    const asked: [string, number][] = []
    const resolve = async (hostname: string, { family }: { family: number }) => {
      asked.push([hostname, family])
      return { addresses }
    }
    return { asked, resolver: { separate: false, resolve } }
  }
  const four = { address: '127.0.0.1', family: 4 as const }
  /** A machine that knows no name, and whose servers are told addresses only. */
  const hosts: unknown[] = []
  const system = fakeSystem({
    lookup: () => Promise.reject(Object.assign(new Error('no'), { code: 'ENOTFOUND' })),
    createServer: (options) => {
      const server = net.createServer(options)
      const listen = server.listen.bind(server) as (...args: unknown[]) => net.Server
      server.listen = ((where: net.ListenOptions, ...rest: unknown[]) => {
        hosts.push(where.host)
        return listen(where, ...rest)
      }) as never
      return server
    },
  })

  test('asks the resolver, and gives node:net an address', async () => {
    const { asked, resolver } = answering([four])
    await using listener = await listen('here.test:0', { resolver, family: 4, system })
    expect(listener.address).toMatchObject({ family: 'IPv4', hostname: '127.0.0.1' })
    expect(asked).toEqual([['here.test', 4]])
    expect(hosts).toEqual(['127.0.0.1'])
  })

  test('asks the system where there is no resolver: its seam, with our sentence', async () => {
    expect((await rejection(listen('here.test:0', { system }))).message).toMatch(
      /^listen here\.test:0: .*\(ENOTFOUND, phase lookup\)$/,
    )
  })

  test('an address is not looked up', async () => {
    const { asked, resolver } = answering([])
    await using listener = await listen('127.0.0.1:0', { resolver, system })
    expect([asked, listener.pending]).toEqual([[], 0])
  })

  test('ends with its signal and its timeout', async () => {
    const clock = new FakeClock()
    const machine = fakeSystem({ clock, lookup: () => new Promise(() => {}) })
    const controller = new AbortController()
    const aborted = rejection(listen('here.test:0', { system: machine, signal: controller.signal }))
    const late = rejection(listen('here.test:0', { system: machine, timeout: { lookup: 1_000 } }))
    await new Promise(setImmediate)
    const reason = new Error('enough')
    controller.abort(reason)
    await clock.advance(1_000)
    expect(await aborted).toBe(reason)
    expect(await late).toMatchObject({ code: 'ERR_TIMEOUT', phase: 'lookup' })
  })

  test('a socket binds to a name by its own family', async () => {
    const asked: number[] = []
    const lookup = async (_name: string, family: 0 | 4 | 6) => {
      asked.push(family)
      return [four]
    }
    const bound = socket(AF_INET, SOCK_STREAM, 0, { system: fakeSystem({ lookup }) })
    await bound.bind(['here.test', 0])
    expect([asked, bound.getsockname()[0]]).toEqual([[4], '127.0.0.1'])
    bound.close()
  })
})
