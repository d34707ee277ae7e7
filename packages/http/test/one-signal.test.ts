/**
 * Many exchanges on one signal: a program that ends all of them at once has one. Node 20 warns of a leak from the eleventh
 * listener on, so that there is one, and none once nobody waits.
 */
import { getEventListeners } from 'node:events'
import { EventStream } from '@sluice/http/sse'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { request, serve } from '../src/index.ts'
import { Pool } from '../src/io/pool.ts'
import { isNode } from './runtime.ts'

const COUNT = 50
const warnings: Error[] = []
const onWarning = (warning: Error): void => void warnings.push(warning)
beforeAll(() => void process.on('warning', onWarning))
afterAll(() => void process.off('warning', onWarning))

// Bun and Deno do not tell who listens.
const listeners = (signal: AbortSignal): number =>
  isNode ? getEventListeners(signal, 'abort').length : 0

/** Warnings are told in the turn after. */
async function expectNoWarning(): Promise<void> {
  await new Promise(setImmediate)
  expect(warnings.map(String)).toEqual([])
}

describe(`${COUNT} at once on one signal`, () => {
  test.each([
    ['requests', () => request],
    [
      'requests of a pool, most of which wait for a connection',
      () => {
        const pool = new Pool({ limits: { perOrigin: 3 } })
        return pool.request.bind(pool)
      },
    ],
  ])('%s carry one listener, and all are ended by it', async (_, open) => {
    let asked = 0
    await using server = await serve(() => {
      asked++
      return new Promise<Response>(() => {})
    })
    const ask = open()
    const quitting = new AbortController()
    const { signal } = quitting
    const answers = Array.from({ length: COUNT }, () => ask(`${server.url}`, { signal }))
    const settled = Promise.allSettled(answers)
    while (asked < 3) await new Promise(setImmediate)
    expect(listeners(signal)).toBeLessThanOrEqual(1)
    const reason = new Error('enough')
    quitting.abort(reason)
    for (const result of await settled) expect(result).toEqual({ status: 'rejected', reason })
    expect(listeners(signal)).toBe(0)
    await expectNoWarning()
    await server.close()
  })

  test('requests that were answered leave nothing on it', async () => {
    await using server = await serve(() => new Response('answer'))
    await using pool = new Pool()
    const { signal } = new AbortController()
    const texts = Array.from({ length: COUNT }, async () =>
      (await pool.request(`${server.url}`, { signal })).text(),
    )
    expect(new Set(await Promise.all(texts))).toEqual(new Set(['answer']))
    expect(listeners(signal)).toBe(0)
    await expectNoWarning()
  })

  test('streams of events are ended by it, as the shutdown of a server does', async () => {
    const quitting = new AbortController()
    const { signal } = quitting
    const streams = Array.from({ length: COUNT }, () => new EventStream({ signal }))
    expect(listeners(signal)).toBeLessThanOrEqual(1)
    quitting.abort()
    await Promise.all(streams.map(({ closed }) => closed))
    expect(streams.some(({ isOpen }) => isOpen)).toBe(false)
    expect(listeners(signal)).toBe(0)
    await expectNoWarning()
  })
})
