import { connect, listen, text } from '@sluice/socket'
import { memoryPair } from '@sluice/socket/testing'
import { expect, test } from 'vitest'
import { rejection } from './kit.ts'

const bug = new Error('bug')
const quiet = { bytes: () => true, end: () => {}, error: () => {} }

test('an async receiver that rejects closes its stream, and says why', async () => {
  const [a, b] = memoryPair()
  a.attach({
    ...quiet,
    bytes: (async () => {
      throw bug
    }) as never,
  })
  await b.sendAll('x')
  await a.closed
  expect(await rejection(a.sendAll('y'))).toMatchObject({ code: 'ERR_RECEIVER', cause: bug })
  expect(await rejection(b.recv())).toMatchObject({ code: 'ECONNRESET' })
})

test('so does one whose end() is async', async () => {
  const [a, b] = memoryPair()
  a.attach({
    ...quiet,
    end: async () => {
      throw bug
    },
  })
  await b.shutdown('write')
  await a.closed
  expect(await rejection(a.sendAll('y'))).toMatchObject({ code: 'ERR_RECEIVER', cause: bug })
  b.destroy()
})

test('one whose error() is async has nothing left to close, and the process goes on', async () => {
  const [a, b] = memoryPair()
  const told = new Promise<Error>((resolve) => {
    a.attach({
      ...quiet,
      error: async (error) => {
        resolve(error)
        throw bug
      },
    })
  })
  b.destroy()
  expect(await told).toMatchObject({ code: 'ECONNRESET' })
  await new Promise(setImmediate)
  expect(await rejection(a.recv())).toMatchObject({ code: 'ERR_RECEIVER', cause: bug })
})

test('a promise pauses nothing, also one of false', async () => {
  const [a, b] = memoryPair()
  let count = 0
  const ended = new Promise<void>((resolve) => {
    a.attach({
      ...quiet,
      bytes: ((view: Uint8Array) => {
        count += view.length
        return Promise.resolve(false)
      }) as never,
      end: resolve,
    })
  })
  await b.sendAll(new Uint8Array(300_000))
  await b.shutdown('write')
  await ended
  expect(count).toBe(300_000)
  await Promise.all([a.close(), b.close()])
})

/** Newer than the library that this is compiled with. */
interface Resizable extends ArrayBuffer {
  resize(bytes: number): void
}
const Resizable = ArrayBuffer as unknown as new (
  n: number,
  o: { maxByteLength: number },
) => Resizable

test.each<[string, (memory: Resizable) => void]>([
  ['given away', (memory) => structuredClone(memory, { transfer: [memory] })],
  ['shrunk', (memory) => memory.resize(2)],
])(
  'recvInto fails alone when its memory was %s meanwhile, and loses no byte',
  async (_how, spoil) => {
    await using listener = await listen('127.0.0.1:0')
    const [client, server] = await Promise.all([connect(listener.address), listener.accept()])
    const [a, b] = memoryPair()
    const pairs = [
      [client, server],
      [a, b],
    ] as const
    for (const [near, far] of pairs) {
      const memory = new Resizable(8, { maxByteLength: 8 })
      const waiting = rejection(near.recvInto(new Uint8Array(memory, 1, 6)))
      spoil(memory)
      await far.sendAll('hello')
      expect(await waiting).toSatisfy((e) => e instanceof TypeError || e instanceof RangeError)
      expect(text(await near.recvExactly(5))).toBe('hello')
      near.destroy()
      far.destroy()
    }
  },
)
