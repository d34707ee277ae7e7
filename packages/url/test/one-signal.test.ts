/** Many fetches on one signal: one listener, and none once nobody waits, whatever the scheme and whatever is waited for. */
import { getEventListeners } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { serve } from '@sluice/http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fetch } from '../src/index.ts'

const COUNT = 50
const warnings: Error[] = []
const onWarning = (warning: Error): void => void warnings.push(warning)
beforeAll(() => void process.on('warning', onWarning))
afterAll(() => void process.off('warning', onWarning))

// Bun and Deno do not tell who listens.
const isNode = !('Bun' in globalThis || 'Deno' in globalThis)
const listeners = (signal: AbortSignal): number =>
  isNode ? getEventListeners(signal, 'abort').length : 0
const many = <T>(make: () => Promise<T>): Promise<T>[] => Array.from({ length: COUNT }, make)

async function expectNothingLeft(signal: AbortSignal): Promise<void> {
  // Warnings are told in the turn after.
  await new Promise(setImmediate)
  expect(warnings.map(String)).toEqual([])
  expect(listeners(signal)).toBe(0)
}

describe(`${COUNT} fetches on one signal`, () => {
  test.each([
    ['that wait for an answer', {}, () => new Promise<Response>(() => {})],
    [
      'that wait for their next attempt',
      { retry: { retries: 1, delay: 60_000 } },
      () => new Response(null, { status: 503 }),
    ],
  ])('%s are ended by it', async (_, options, handler) => {
    let asked = 0
    await using server = await serve(() => {
      asked++
      return handler()
    })
    const quitting = new AbortController()
    const { signal } = quitting
    const settled = Promise.allSettled(many(() => fetch(`${server.url}`, { signal, ...options })))
    while (asked < COUNT) await new Promise(setImmediate)
    expect(listeners(signal)).toBeLessThanOrEqual(1)
    const reason = new Error('enough')
    quitting.abort(reason)
    for (const result of await settled) expect(result).toEqual({ status: 'rejected', reason })
    await expectNothingLeft(signal)
    await server.close()
  })

  test('of files leave nothing on it, with a deadline and without', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'one-signal-'))
    try {
      writeFileSync(join(folder, 'a'), 'text')
      const { href } = pathToFileURL(join(folder, 'a'))
      const { signal } = new AbortController()
      for (const timeout of [{}, { total: 60_000 }]) {
        const texts = many(async () => (await fetch(href, { signal, timeout })).text())
        expect(new Set(await Promise.all(texts))).toEqual(new Set(['text']))
      }
      await expectNothingLeft(signal)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
