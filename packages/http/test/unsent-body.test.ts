/** Bodies of requests that come to nothing before they are begun. */
import { Readable } from 'node:stream'
import { listen } from '@sluice/socket'
import { describe, expect, it } from 'vitest'
import { Pool, Request, Response, request, serve } from '../src/index.ts'

/** A port on which nobody listens. */
async function nowhere(): Promise<string> {
  const listener = await listen('127.0.0.1:0')
  const { port } = listener.address as { port: number }
  await listener.close()
  return `http://127.0.0.1:${port}/`
}

it.each([[5], ['GET'], [null]])('options that are none are refused: %j', async (options) => {
  const wrong = options as unknown as object
  const sentence = 'request: the options must be an object'
  await expect(request('http://127.0.0.1:1/', wrong)).rejects.toThrow(sentence)
  await using pool = new Pool()
  await expect(pool.request('http://127.0.0.1:1/', wrong)).rejects.toThrow(sentence)
  expect(() => new Pool(wrong)).toThrow('Pool: the options must be an object')
})

it.each([
  ['function', () => 'x'],
  ['function', class Body {}],
  ['promise', Promise.resolve('x')],
])('a %s is no body, and nothing is sent of it', async (kind, given) => {
  const body = given as unknown as string
  const sentence = `a body is no ${kind}: give what it gives`
  await using server = await serve(() => new Response('x') as never)
  await using pool = new Pool()
  const options = { method: 'POST', body }
  await expect(request(server.url, options)).rejects.toThrow(new TypeError(sentence))
  await expect(pool.request(server.url, options)).rejects.toThrow(new TypeError(sentence))
  expect(() => new Request(server.url, options)).toThrow(sentence)
  expect(() => new Response(body)).toThrow(sentence)
  expect(server.stats()).toMatchObject({ requests: 0, bytesReceived: 0 })
})

describe.each(['request', 'Pool'] as const)('%s lets go of what it can not send', (way) => {
  const send = async (url: string, options: object): Promise<unknown> => {
    if (way === 'request') return request(url, { method: 'POST', ...options }).catch((e) => e)
    const pool = new Pool()
    const error = await pool.request(url, { method: 'POST', ...options }).catch((e) => e)
    await pool.close()
    return error
  }

  it.each([
    ['nobody listens', {}],
    ['it is called off', { signal: AbortSignal.abort(new Error('no')) }],
    ['an option is none', { nonsense: true }],
  ])('where %s', async (_, options) => {
    const stream = new Readable({ read: () => {} })
    let why: unknown
    const web = new ReadableStream({
      cancel: (reason) => {
        why = reason ?? 'cancelled'
      },
    })
    let returned = 0
    const pieces = {
      [Symbol.asyncIterator]: () => ({
        next: async () => ({ done: true as const, value: undefined }),
        return: async () => ({ done: true as const, value: returned++ }),
      }),
    }
    const url = await nowhere()
    for (const body of [stream, web, pieces])
      expect(await send(url, { ...options, body })).toBeInstanceOf(Error)
    await new Promise((resolve) => setImmediate(resolve))
    expect([stream.destroyed, why, returned]).toEqual([true, 'cancelled', 1])
  })

  it('but not of a stream that somebody reads', async () => {
    const web = new ReadableStream({ pull: (c) => c.enqueue(new Uint8Array(1)) })
    const reader = web.getReader()
    expect(await send(await nowhere(), { body: web })).toBeInstanceOf(Error)
    expect((await reader.read()).done).toBe(false)
  })
})
