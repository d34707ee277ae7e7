import { afterEach, describe, expect, it, vi } from 'vitest'
import {
  type Handler,
  isProtocolError,
  Response,
  request,
  type Server,
  serve,
} from '../src/index.ts'
import { type Part, type ReadMultipartOptions, readMultipart } from '../src/multipart.ts'
import { inject } from '../src/testing.ts'
import { isNode } from './runtime.ts'

const open: Server[] = []
afterEach(async () => {
  for (const server of open.splice(0)) await server.close()
})

interface Shown {
  name: string
  filename: string | undefined
  type: string
  text: string
}

async function show(part: Part): Promise<Shown> {
  const { name, filename, type } = part
  return { name, filename, type, text: await part.text() }
}

const list =
  (options?: ReadMultipartOptions): Handler =>
  async (incoming) => {
    const parts: Shown[] = []
    for await (const part of readMultipart(incoming, options)) parts.push(await show(part))
    return Response.json(parts) as globalThis.Response
  }

function form(): FormData {
  const made = new FormData()
  made.append('plain', 'one\ntwo')
  made.append('na"me\r\n', '')
  made.append('file', new File(['content'], 'größe "1".txt', { type: 'text/x' }))
  made.append('untyped', new Blob([new Uint8Array(3)]), 'bytes')
  return made
}

const expected: Shown[] = [
  { name: 'plain', filename: undefined, type: 'text/plain', text: 'one\r\ntwo' },
  { name: 'na"me\r\n', filename: undefined, type: 'text/plain', text: '' },
  { name: 'file', filename: 'größe "1".txt', type: 'text/x', text: 'content' },
  { name: 'untyped', filename: 'bytes', type: 'application/octet-stream', text: '\0\0\0' },
]

describe('readMultipart()', () => {
  it('reads a form of ours over a socket, and knew its length', async () => {
    let length: string | null = null
    const server = await serve((incoming, info) => {
      length = incoming.headers.get('content-length')
      return list()(incoming, info)
    })
    open.push(server)
    const response = await request(server.url, { method: 'POST', body: form() })
    expect(await response.json()).toEqual(expected)
    expect(Number(length)).toBeGreaterThan(500)
  })

  it('reads a form of the platform, and the platform reads ours', async () => {
    const made = new globalThis.Request('http://h/', { method: 'POST', body: form() })
    expect(await (await inject(list(), made)).json()).toEqual(expected)
    const handler: Handler = async (incoming) => {
      const read = await incoming.formData()
      const shown = await Promise.all(
        [...read].map(async ([name, value]) =>
          typeof value === 'string' ? [name, value] : [name, value.name, await value.text()],
        ),
      )
      return Response.json(shown) as globalThis.Response
    }
    const response = await inject(handler, '/', { method: 'POST', body: form() })
    // Bun and Deno leave what browsers escape as it is.
    expect(await response.json()).toEqual([
      ['plain', 'one\r\ntwo'],
      [isNode ? 'na"me\r\n' : 'na%22me%0D%0A', ''],
      ['file', isNode ? 'größe "1".txt' : 'größe %221%22.txt', 'content'],
      ['untyped', 'bytes', '\0\0\0'],
    ])
  })

  it('passes over what nobody reads, and reads a part in pieces', async () => {
    const big = new FormData()
    big.append('skipped', new Blob(['x'.repeat(300_000)]), 'a')
    big.append('begun', new Blob(['y'.repeat(300_000)]), 'b')
    big.append('read', new Blob(['z'.repeat(300_000)]), 'c')
    const handler: Handler = async (incoming) => {
      const sizes: number[] = []
      for await (const part of readMultipart(incoming)) {
        if (part.name === 'skipped') continue
        let size = 0
        for await (const bytes of part) {
          size += bytes.length
          if (part.name === 'begun') break
        }
        sizes.push(size)
      }
      return Response.json(sizes) as globalThis.Response
    }
    const response = await inject(handler, '/', { method: 'POST', body: big })
    const [begun, read] = (await response.json()) as [number, number]
    expect(begun).toBeGreaterThan(0)
    expect(begun).toBeLessThan(300_000)
    expect(read).toBe(300_000)
  })

  it('gives a part as a web stream', async () => {
    const handler: Handler = async (incoming) => {
      for await (const part of readMultipart(incoming))
        if (part.name === 'file')
          return new Response(await new globalThis.Response(part.body).text()) as never
      return new Response('none') as never
    }
    expect(await (await inject(handler, '/', { method: 'POST', body: form() })).text()).toBe(
      'content',
    )
  })

  it('a part that was passed is gone, and is told so', async () => {
    const message = { headers: new Headers(), body: null as never }
    const made = new Response(form())
    message.headers.set('content-type', made.headers.get('content-type') as string)
    message.body = made.body as never
    const parts = readMultipart(message)
    const first = (await parts.next()).value as Part
    await parts.next()
    await expect(first.text()).rejects.toThrow('the next part was asked for')
    await parts.return()
  })

  it('a reader that is left behind is told so, and takes nothing of the next part', async () => {
    const parts = readMultipart(new Response(form()))
    const first = (await parts.next()).value as Part
    const behind = first.text().catch((error: unknown) => (error as Error).message)
    const second = (await parts.next()).value as Part
    expect(await behind).toMatch('the next part was asked for')
    expect([second.name, await second.text()]).toEqual(['na"me\r\n', ''])
    expect(await show((await parts.next()).value as Part)).toEqual(expected[2])
    await parts.return()
  })

  it('leaving the loop gives the body up', async () => {
    const cancel = vi.fn()
    const head = '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n'
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new TextEncoder().encode(head)),
      cancel,
    })
    const headers = new Headers({ 'content-type': 'multipart/form-data; boundary=b' })
    for await (const part of readMultipart({ headers, body })) {
      expect(part.name).toBe('a')
      break
    }
    expect(cancel).toHaveBeenCalledOnce()
  })

  it.each<
    [
      title: string,
      type: string | undefined,
      body: string,
      status: number,
      options?: ReadMultipartOptions,
    ]
  >([
    ['another type', 'application/json', '{}', 415],
    ['no type', undefined, '', 415],
    ['no boundary', 'multipart/form-data', '', 400],
    ['a boundary that can be none', 'multipart/form-data; boundary=""', '', 400],
    ['an empty body', 'multipart/form-data; boundary=b', '', 400],
    ['half a body', 'multipart/form-data; boundary=b', '--b\r\nContent-Dis', 400],
    [
      'too long a field',
      'multipart/form-data; boundary=b',
      '--b\r\nContent-Disposition: form-data; name=a\r\n\r\n12345',
      413,
      { limits: { fieldSize: 4 } },
    ],
  ])(
    'a handler that catches nothing answers %s with the right status',
    async (_, type, body, status, options) => {
      const onError = vi.fn()
      const response = await inject(list(options), '/', {
        method: 'POST',
        body: new TextEncoder().encode(body),
        headers: type === undefined ? [] : [['Content-Type', type]],
        server: { onError },
      })
      expect(response.status).toBe(status)
      expect(onError).not.toHaveBeenCalled()
    },
  )

  it('a body that breaks off breaks the part with its own error', async () => {
    async function* body() {
      yield new TextEncoder().encode('--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nxx')
      throw new Error('the line is cut')
    }
    const headers = new Headers({ 'content-type': 'multipart/form-data; boundary=b' })
    const parts = readMultipart({ headers, body: body() })
    const part = (await parts.next()).value as Part
    await expect(part.text()).rejects.toThrow('the line is cut')
  })

  it('refuses at once what makes no sense', () => {
    const headers = new Headers({ 'content-type': 'multipart/form-data; boundary=b' })
    expect(() => readMultipart({ headers, body: null }, { limits: { parts: Number.NaN } })).toThrow(
      RangeError,
    )
    let error: unknown
    try {
      readMultipart({ headers: new Headers(), body: null })
    } catch (caught) {
      error = caught
    }
    expect(isProtocolError(error, 'remote') && error.statusHint).toBe(415)
    expect((error as Error).message).toMatch(
      /multipart\/form-data was expected, not a body without a type/,
    )
  })

  it('reads 100 MB without holding it', async () => {
    const piece = new Uint8Array(65_536)
    async function* body() {
      yield new TextEncoder().encode(
        '--b\r\nContent-Disposition: form-data; name="a"; filename="f"\r\n\r\n',
      )
      for (let i = 0; i < 1600; i++) yield piece
      yield new TextEncoder().encode('\r\n--b--\r\n')
    }
    const headers = new Headers({ 'content-type': 'multipart/form-data; boundary=b' })
    let size = 0
    let most = 0
    for await (const part of readMultipart({ headers, body: body() }))
      for await (const bytes of part) {
        size += bytes.length
        most = Math.max(most, bytes.length)
      }
    expect(size).toBe(1600 * 65_536)
    expect(most).toBeLessThanOrEqual(131_072)
  })
})
