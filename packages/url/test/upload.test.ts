import { Response, type Server, serve } from '@sluice/http'
import { describe, expect, test } from 'vitest'
import { fetch, type Progress } from '../src/index.ts'
import { open } from './kit.ts'

/** Says how long a body was, of which type, and how its length was told. */
async function server(statuses: number[] = []): Promise<Server> {
  let count = 0
  const made = await serve(async (request) => {
    const { byteLength: length } = await request.arrayBuffer()
    const told = ['content-length', 'content-type'].map((name) => request.headers.get(name))
    return new Response([length, ...told].join(' '), {
      status: statuses[count++] ?? 200,
    }) as unknown as globalThis.Response
  })
  open.push(made)
  return made
}

describe('onUploadProgress', () => {
  test.each([
    ['text', 'é'.repeat(100_000), '200000 200000 text/plain;charset=UTF-8', 200_000],
    ['bytes', new Uint8Array(200_000), '200000 200000 ', 200_000],
    ['a Blob', new Blob(['x'.repeat(10)], { type: 'a/b' }), '10 10 a/b', 10],
    [
      'a form',
      new URLSearchParams({ a: 'é' }),
      '8 8 application/x-www-form-urlencoded;charset=UTF-8',
      8,
    ],
    ['a function', () => 'hello', '5 5 text/plain;charset=UTF-8', 5],
    [
      'a stream',
      () => new Response('hello').body as ReadableStream<Uint8Array<ArrayBuffer>>,
      '5  ',
      undefined,
    ],
  ])('tells of %s, which stays what it was', async (_, body, expected, total) => {
    const { url } = await server()
    const told: Progress[] = []
    const onUploadProgress = (progress: Progress) => told.push(progress)
    const response = await fetch(url, { method: 'POST', body, onUploadProgress })
    expect(await response.text()).toBe(expected)
    const bytes = Number(expected.split(' ')[0])
    expect(told.at(-1)).toMatchObject({ bytes, total })
  })

  test('tells of each try, and of a field that names the length', async () => {
    const { url } = await server([503])
    const told: number[] = []
    await fetch(url, {
      method: 'PUT',
      body: 'x'.repeat(1000),
      headers: { 'Content-Length': '1000' },
      onUploadProgress: ({ bytes }) => told.push(bytes),
      retry: { delay: 1 },
    })
    expect(told.filter((bytes) => bytes === 1000).length).toBeGreaterThanOrEqual(2)
  })

  test('may end it, and has to be a function', async () => {
    const { url } = await server()
    const onUploadProgress = () => {
      throw new Error('enough')
    }
    await expect(fetch(url, { method: 'POST', body: 'x', onUploadProgress })).rejects.toThrow(
      'enough',
    )
    await expect(fetch(url, { onUploadProgress: 1 as never })).rejects.toThrow(TypeError)
    expect((await fetch(url, { onUploadProgress })).status).toBe(200)
  })
})
