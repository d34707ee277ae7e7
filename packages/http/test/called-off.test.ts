/** What a program throws while its body is called off ends nothing: nobody waits for it any more. */
import { expect, test } from 'vitest'
import { httpHop, Pool, Response, request } from '../src/index.ts'

test.each([
  [
    'throws',
    () => {
      throw new Error('from return')
    },
  ],
  ['rejects', () => Promise.reject(new Error('from return'))],
])('a body can be cancelled whose iterator %s in return()', async (_, end) => {
  const rejections: unknown[] = []
  const onRejection = (reason: unknown): void => void rejections.push(reason)
  process.on('unhandledRejection', onRejection)
  try {
    const next = async () => ({ done: false as const, value: new Uint8Array([1]) })
    const pieces = { [Symbol.asyncIterator]: () => ({ next, return: end }) }
    const reader = (new Response(pieces).body as ReadableStream<Uint8Array>).getReader()
    expect((await reader.read()).value).toEqual(new Uint8Array([1]))
    await reader.cancel()
    // Rejections are told in the turn after.
    await new Promise(setImmediate)
    expect(rejections).toEqual([])
  } finally {
    process.off('unhandledRejection', onRejection)
  }
})

const PERCENTS = 'its name or password is no UTF-8'

test.each([
  ['http://user:sec/ret@h', 'the text is no URL'],
  ['http://user:secret@h:99999', 'the text is no URL'],
  ['http://user:secret%@h', PERCENTS],
  ['https://us%ffer:secret@h', PERCENTS],
])('a proxy of %s is refused without its password', async (proxy, reason) => {
  // The one that forwards, and the one that tunnels.
  for (const to of ['http://127.0.0.1:1/', 'https://127.0.0.1:1/']) {
    const error = await request(to, { proxy }).catch((e: unknown) => e)
    expect(error).toBeInstanceOf(TypeError)
    expect(String((error as Error).message)).toBe(`proxy: ${reason}`)
    expect(JSON.stringify(Object.getOwnPropertyNames(error))).not.toContain('input')
    await using pool = new Pool({ proxy })
    await expect(pool.request(to)).rejects.toThrow(`proxy: ${reason}`)
  }
  expect(() => httpHop(proxy)).toThrow(`proxy: ${reason}`)
})
