import { once } from 'node:events'
import { Readable } from 'node:stream'
import { Request as OurRequest, Response, type Server, serve } from '@sluice/http'
import { describe, expect, test } from 'vitest'
import { type FetchOptions, fetch, type Progress } from '../src/index.ts'
import { ftpServer } from '../src/testing.ts'
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

  test('tells of a form with files, whose length is known as without it', async () => {
    const form = new FormData()
    form.append('ü "1"', 'é')
    form.append('file', new Blob(['x'.repeat(200_000)], { type: 'a/b' }), 'a "ü".bin')
    const { url } = await server()
    const send = async (options: FetchOptions): Promise<string> =>
      (await fetch(url, { method: 'POST', body: form, ...options })).text()
    const [length, announced] = (await send({})).split(' ')
    const told: Progress[] = []
    const counted = await send({ onUploadProgress: (progress) => told.push(progress) })
    expect(counted.split(' ').slice(0, 2)).toEqual([length, announced])
    expect(announced).toBe(length)
    expect(told.at(-1)).toMatchObject({ bytes: Number(length), total: Number(length) })
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

describe('the body of a Request', () => {
  const post = { method: 'POST' }

  test.each<[string, string | URLSearchParams, string]>([
    ['a text', 'é'.repeat(100_000), '200000 200000 text/plain;charset=UTF-8'],
    ['no text', '', '0 0 text/plain;charset=UTF-8'],
    [
      'a form',
      new URLSearchParams({ a: 'b' }),
      '3 3 application/x-www-form-urlencoded;charset=UTF-8',
    ],
  ])('has a length where it is here at once, and is read once: %s', async (_, body, told) => {
    const { url } = await server()
    const request = new Request(url, { ...post, body })
    const said = await (await fetch(request)).text()
    // A text in a Request of Bun's own has no type, and a long one comes in pieces.
    if ('Bun' in globalThis && typeof body === 'string')
      expect(said).toMatch(new RegExp(`^${told.split(' ')[0]} \\d* $`))
    else expect(said).toBe(told)
    expect(request.bodyUsed).toBe(true)
    await expect(fetch(request)).rejects.toThrow(TypeError)
    const ours = new OurRequest(url, { ...post, body: body as string })
    expect(await (await fetch(ours as unknown as Request)).text()).toBe(told)
    const other = new Request(url, { ...post, body })
    expect(await (await fetch(other, { body: 'other' })).text()).toMatch(/^5 5 /)
    expect(other.bodyUsed).toBe(false)
  })

  test('is sent again where a redirect or a retry asks for it', async () => {
    const { url } = await server([503])
    const retry = { retries: 2, delay: 1, methods: ['POST'] }
    const request = () => new Request(`${url}again`, { ...post, body: 'hello' })
    expect(await (await fetch(request(), { retry })).text()).toMatch(/^5 5 /)
    const away = await serve(() => Response.redirect(url, 307) as unknown as globalThis.Response)
    open.push(away)
    expect(await (await fetch(new Request(away.url, { ...post, body: 'hello' }))).text()).toMatch(
      /^5 5 /,
    )
  })

  test('goes out as it comes where it takes its time', async () => {
    const { url } = await server()
    let give: ReadableStreamDefaultController<Uint8Array> | undefined
    const stream = (begin: string[]) =>
      new ReadableStream<Uint8Array>({
        start(controller) {
          for (const text of begin) controller.enqueue(new TextEncoder().encode(text))
          give = controller
        },
      })
    for (const begin of [[], ['a'], ['a', 'b']]) {
      const init = { ...post, body: stream(begin), duplex: 'half' } as RequestInit
      const answer = fetch(new Request(url, init))
      await new Promise((resolve) => setTimeout(resolve, 20))
      give?.enqueue(new TextEncoder().encode('end'))
      give?.close()
      expect(await (await answer).text()).toBe(`${begin.length + 3}  `)
    }
  })

  test('that breaks off ends the fetch with its own error, and one that is not wanted is told', async () => {
    const { url } = await server()
    const broken = new ReadableStream({
      pull: (controller) => controller.error(new Error('no more')),
    })
    const init = (body: ReadableStream) => ({ ...post, body, duplex: 'half' }) as RequestInit
    await expect(fetch(new Request(url, init(broken)))).rejects.toThrow('no more')
    let told = false
    const open = new ReadableStream({
      cancel: () => {
        told = true
      },
    })
    await expect(fetch(new Request('http://127.0.0.1:1/', init(open)))).rejects.toThrow('refused')
    expect(told).toBe(true)
  })
})

describe('a body that is not sent is let go of', () => {
  /** One of the platform's, and whether it was told. */
  const webStream = () => {
    let tell = (): void => {}
    const told = new Promise<void>((resolve) => {
      tell = resolve
    })
    const pull = (): Promise<void> => new Promise(() => {})
    const stream = new ReadableStream<Uint8Array<ArrayBuffer>>(
      { pull, cancel: () => tell() },
      { highWaterMark: 0 },
    )
    return { stream, told }
  }
  const nodeStream = (): Readable => new Readable({ read() {} })

  test.each<[title: string, url: string, options?: FetchOptions]>([
    ['nobody listens', 'http://127.0.0.1:1/'],
    ['nobody listens, and it was to be counted', 'http://127.0.0.1:1/', { onUploadProgress() {} }],
    ['nobody listens over FTP', 'ftp://127.0.0.1:1/a'],
    ['a rule refuses the address', 'http://127.0.0.1:1/', { denyPrivate: true }],
    ['the URL can only be read', 'data:,x'],
    ['nobody knows the scheme', 'memo:1'],
    ['it was aborted before', 'http://127.0.0.1:1/', { signal: AbortSignal.abort() }],
  ])('where %s', async (_, url, options) => {
    const [ofNode, ofWeb] = [nodeStream(), webStream()]
    const closed = once(ofNode, 'close')
    for (const body of [ofNode, ofWeb.stream])
      await expect(fetch(url, { ...options, method: 'PUT', body: body as never })).rejects.toThrow()
    await Promise.all([closed, ofWeb.told])
    // What makes a body makes it for nothing.
    const made = webStream()
    if (url.startsWith('http:') && !options?.signal) {
      const body = () => made.stream
      await expect(fetch(url, { ...options, method: 'PUT', body })).rejects.toThrow()
      await made.told
    }
  })

  test('and what is no body takes the place of no other error', async () => {
    const body = Promise.resolve('x') as unknown as string
    const to = await server()
    for (const given of [body, () => () => 'x'])
      await expect(fetch(to.url, { method: 'PUT', body: given as string })).rejects.toThrow(
        /^a body is no (?:promise|function): give what it gives$/,
      )
    expect(to.stats().requests).toBe(0)
    await expect(fetch('memo:1', { method: 'PUT', body })).rejects.toMatchObject({
      code: 'ERR_UNSUPPORTED',
    })
  })

  test('where an FTP server refuses the file', async () => {
    await using server = await ftpServer({ replies: { STOR: '553 No' } })
    const { stream: body, told } = webStream()
    const upload = fetch(`${server.url}a`, { method: 'PUT', body: () => body })
    await expect(upload).rejects.toMatchObject({ reply: { code: 553 } })
    await told
  })

  test.each([
    ['as it is', {}],
    ['counted', { onUploadProgress() {} }],
  ])('where the fetch is aborted while it waits for more (%s)', async (_, options) => {
    const { url } = await server()
    const { stream: body, told } = webStream()
    const given = new AbortController()
    const { signal } = given
    const upload = fetch(url, { ...options, method: 'PUT', body, signal })
    given.abort(new Error('enough'))
    await expect(upload).rejects.toThrow('enough')
    await told
  })
})
