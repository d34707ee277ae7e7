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
