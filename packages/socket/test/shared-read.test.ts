/** How bytes are read in each of the three modes that the suite is run in. */
import net from 'node:net'
import { connect, listen } from '@sluice/socket'
import { memoryPair } from '@sluice/socket/testing'
import { describe, expect, test } from 'vitest'
import { fakeSystem } from './kit.ts'

const shared =
  process.env['SLUICE_SHARED_READ'] !== '0' && !('Bun' in globalThis) && !('Deno' in globalThis)
const poisoned = process.env['SLUICE_POISON'] === '1'

test(`sockets of both sides are ${shared ? '' : 'not '}read through the shared buffer`, async () => {
  const sockets: net.Socket[] = []
  const system = fakeSystem({
    connect: (options) => {
      const socket = net.connect(options)
      sockets.push(socket)
      return socket
    },
    createServer: (options) => {
      const server = net.createServer(options)
      server.on('connection', (socket) => sockets.push(socket))
      return server
    },
  })
  await using listener = await listen('127.0.0.1:0', { system })
  const [client, server] = await Promise.all([
    connect(listener.address, { system }),
    listener.accept(),
  ])
  expect(sockets.map((socket) => socket.listenerCount('data'))).toEqual(shared ? [0, 0] : [1, 1])
  await Promise.all([client.close(), server.close()])
})

describe(`a view that outlives its call ${poisoned ? 'is overwritten' : 'may be overwritten'}`, () => {
  test.each([
    ['memory', async () => memoryPair()],
    [
      'TCP',
      async () => {
        const listener = await listen('127.0.0.1:0')
        const pair = await Promise.all([connect(listener.address), listener.accept()])
        void listener.close()
        return pair
      },
    ],
  ] as const)('over %s', async (_name, open) => {
    const [a, b] = await open()
    let kept: Uint8Array | undefined
    let during = 0
    await new Promise<void>((resolve) => {
      b.attach({
        bytes: (view) => {
          kept = view
          during = view[0] ?? 0
          setImmediate(resolve)
          return true
        },
        end: () => {},
        error: () => {},
      })
      void a.sendAll('A')
    })
    expect(during).toBe(65)
    if (poisoned) expect(kept?.[0]).toBe(0xdd)
    await Promise.all([a.close(), b.close()])
  })
})
