/** How bytes are read in each of the three modes that the suite is run in. */
import net from 'node:net'
import { type Connection, connect, keep, listen } from '@sluice/socket'
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

async function tcpPair(): Promise<[client: Connection, server: Connection]> {
  await using listener = await listen('127.0.0.1:0')
  return await Promise.all([connect(listener.address), listener.accept()])
}

/** 8 MiB in which each 4 bytes are their own number, so that no piece can stand for another. */
const numbered = new Uint8Array(Uint32Array.from({ length: 2 ** 21 }, (_, i) => i).buffer)

describe.each([
  ['client', 0],
  ['server', 1],
] as const)('what a %s keeps of a bulk transfer', (_name, side) => {
  test('stays as it came, whichever way it is read', async () => {
    const pair = await tcpPair()
    const [reader, writer] = [pair[side], pair[1 - side] as Connection]
    const sent = writer.sendAll(numbered).then(() => writer.close())
    const parts: Uint8Array[] = []
    const target = new Uint8Array(100_000)
    let missing = numbered.length
    for (let turn = 0; ; turn++) {
      if (turn % 7 === 5) {
        const count = await reader.recvInto(target)
        if (count === null) break
        parts.push(target.slice(0, count))
        missing -= count
      } else {
        // Reads end where the system says: the last turn of this kind may have less than 8 KiB before it.
        const exactly = turn % 7 === 6 && missing >= 8192
        const part = await (exactly ? reader.recvExactly(8192) : reader.recv())
        if (part === null) break
        parts.push(part)
        missing -= part.length
      }
    }
    await sent
    expect(Buffer.concat(parts).equals(numbered)).toBe(true)
    await reader.close()
  })

  test(`changes hands ${shared ? 'without being copied' : 'as a copy'}`, async () => {
    const pair = await tcpPair()
    const [reader, writer] = [pair[side], pair[1 - side] as Connection]
    let kept: Uint8Array[] = []
    let memory: ArrayBufferLike | undefined
    let given = 0
    let missing = 0
    let onAll = (): void => {}
    reader.attach({
      bytes: (view) => {
        const bytes = keep(view)
        kept.push(bytes)
        memory = view.buffer
        if (bytes.buffer === memory) given++
        missing -= bytes.length
        if (missing === 0) onAll()
        return true
      },
      end: () => {},
      error: () => {},
    })
    async function transfer(data: Uint8Array): Promise<void> {
      kept = []
      missing = data.length
      const all = new Promise<void>((resolve) => {
        onAll = resolve
      })
      await Promise.all([writer.sendAll(data), all])
      expect(Buffer.concat(kept).equals(data)).toBe(true)
      // Nobody can look past the end of what was received.
      for (const bytes of kept) expect(bytes.buffer.byteLength).toBe(bytes.length)
    }
    const small = new Uint8Array(1)

    await transfer(small)
    const ofAll = memory
    await transfer(numbered)
    if (shared) expect(given).toBeGreaterThan(0)
    else expect(given).toBe(0)
    // A connection that waits has no memory of its own to read into.
    await transfer(small)
    await transfer(small)
    if (shared) expect(memory).toBe(ofAll)
    await Promise.all([reader.close(), writer.close()])
  })
})

describe(`a view that outlives its call ${poisoned ? 'is overwritten' : 'may be overwritten'}`, () => {
  test.each([
    ['memory', async () => memoryPair()],
    ['TCP', tcpPair],
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
