import { once } from 'node:events'
import * as zlib from 'node:zlib'
import { connect } from '@sluice/socket'
import type { NetError } from '@sluice/socket/errors'
import { afterEach, describe, expect, it } from 'vitest'
import { ClientConnection, Pool, Response, request, type Server, serve } from '../../src/index.ts'
import { RawServer } from './raw.ts'

const open: { close(): unknown }[] = []
afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.close()
})

const TEXT = 'Hello, World! '.repeat(10_000)

/** A server that sends these bytes with that Content-Encoding. */
async function server(
  encoding: string,
  body: Uint8Array,
): Promise<Server & { asked: (string | null)[] }> {
  const asked: (string | null)[] = []
  const made = await serve((r) => {
    asked.push(r.headers.get('accept-encoding'))
    return new Response(body, { headers: { 'Content-Encoding': encoding } }) as globalThis.Response
  })
  open.push(made)
  return Object.assign(made, { asked })
}

const codings: [string, (text: string | Uint8Array) => Uint8Array][] = [
  ['gzip', zlib.gzipSync],
  ['x-gzip', zlib.gzipSync],
  ['deflate', zlib.deflateSync],
  ['deflate', zlib.deflateRawSync],
  ['br', zlib.brotliCompressSync],
  ['br, gzip', (text) => zlib.gzipSync(zlib.brotliCompressSync(text))],
  ['identity', (text) => Buffer.from(text)],
]
if ('zstdCompressSync' in zlib)
  codings.push([
    'zstd',
    (zlib as unknown as { zstdCompressSync(t: unknown): Uint8Array }).zstdCompressSync,
  ])

describe('decode', () => {
  it.each(codings)(
    '%s is undone, and what comes next is the next response',
    async (encoding, encode) => {
      const { url, asked } = await server(encoding, encode(TEXT))
      const pool = new Pool()
      open.push({ close: () => pool.destroy() })
      for (let i = 0; i < 2; i++) {
        const response = await pool.request(url, { decode: true })
        expect(await response.text()).toBe(TEXT)
        expect(response.headers.get('content-encoding')).toBe(encoding)
      }
      expect(asked[0]).toMatch(/^gzip, deflate, br/)
      expect(pool.stats).toMatchObject({ connections: 1, reused: 1 })
    },
  )

  it.each(['gzip', 'deflate', 'br', 'br, gzip'])(
    '%s of no bytes at all is no bytes, as many servers answer',
    async (encoding) => {
      const { url } = await server(encoding, new Uint8Array(0))
      expect(await (await request(url, { decode: true })).text()).toBe('')
    },
  )

  it('of something that is no option is refused', async () => {
    const { url } = await server('gzip', zlib.gzipSync(TEXT))
    const decode = 5 as unknown as boolean
    await expect(request(url, { decode })).rejects.toThrow('decode must be a boolean or an object')
  })

  it('is not done unless it is asked for, nor for a coding that nobody knows', async () => {
    const coded = zlib.gzipSync(TEXT)
    const plain = await server('gzip', coded)
    expect(Buffer.from(await (await request(plain.url)).arrayBuffer()).equals(coded)).toBe(true)
    expect(plain.asked).toEqual([null])
    const odd = await server('compress', coded)
    expect(
      Buffer.from(await (await request(odd.url, { decode: true })).arrayBuffer()).equals(coded),
    ).toBe(true)
  })

  it('gives pieces as they come, and leaves the rest when it is cancelled', async () => {
    const { url } = await server('gzip', zlib.gzipSync('x'.repeat(50_000_000)))
    const connection = new ClientConnection(await connect(new URL(url).host))
    const response = await connection.request('/', { decode: { ratio: 2000 } })
    const reader = response.body?.getReader()
    expect((await reader?.read())?.value?.length).toBeGreaterThan(0)
    await reader?.cancel()
    const never = await request(url, { decode: true })
    await never.body?.cancel()
    await connection.close()
  })

  it.each([
    [
      'damaged',
      'gzip',
      Buffer.concat([zlib.gzipSync(TEXT).subarray(0, 100), Buffer.alloc(100, 1)]),
      {},
      /the gzip body is damaged \(ERR_CONTENT_CODING, phase body\)/,
    ],
    [
      'cut short',
      'br',
      zlib.brotliCompressSync(TEXT).subarray(0, 20),
      {},
      /the br body is damaged/,
    ],
    ['no such coding at all', 'gzip', Buffer.from('plain text'), {}, /the gzip body is damaged/],
    [
      'a decompression bomb',
      'gzip',
      zlib.gzipSync(Buffer.alloc(50_000_000)),
      {},
      /the gzip body unfolds to more than 200 times its size \(ERR_TOO_LONG/,
    ],
    [
      'larger than allowed',
      'gzip',
      zlib.gzipSync(TEXT),
      { decoded: 1000 },
      /unfolds to more than 1000 bytes/,
    ],
    [
      'a bomb inside, of which nothing comes out',
      'gzip, gzip',
      zlib.gzipSync(Buffer.concat(Array(100_000).fill(zlib.gzipSync('')))),
      { decoded: 1_000_000 },
      /the gzip, gzip body unfolds to more than 1000000 bytes \(ERR_TOO_LONG/,
    ],
    [
      'stacked too high',
      'gzip, gzip, gzip, gzip',
      zlib.gzipSync(''),
      {},
      /4 content codings on top of each other, of at most 3/,
    ],
  ])('%s is refused in one sentence', async (what, encoding, body, decode, says) => {
    // Deno's brotli takes a body that stops in the middle for a whole one, and does not tell.
    if ('Deno' in globalThis && what === 'cut short') return
    const { url } = await server(encoding, body)
    const reading = (async () => (await request(url, { decode })).text())()
    await expect(reading).rejects.toThrow(says)
  })

  it('tells what broke on the wire as it is', async () => {
    const coded = zlib.gzipSync(TEXT)
    const raw = await RawServer.start((socket, heard) => {
      if (!heard.endsWith('\r\n\r\n')) return
      socket.write(
        `HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: ${coded.length}\r\n\r\n`,
      )
      socket.end(coded.subarray(0, 50))
    })
    open.push(raw)
    const response = await request(`http://127.0.0.1:${raw.port}/`, { decode: true })
    await expect(response.text()).rejects.toThrow('body ended after 50 of')
  })

  it('a limit that there is not is refused', async () => {
    const { url } = await server('gzip', zlib.gzipSync(''))
    await expect(request(url, { decode: { size: 1 } as never })).rejects.toThrow("no limit 'size'")
    await expect(request(url, { decode: { ratio: -1 } })).rejects.toThrow(RangeError)
  })

  it.each<[string, string, Uint8Array, object | true, string]>([
    ['damaged', 'gzip', Buffer.from('no gzip'), true, 'the gzip body is damaged'],
    [
      'too large',
      'gzip',
      zlib.gzipSync(TEXT),
      { decoded: 9 },
      'the gzip body unfolds to more than 9 bytes',
    ],
    [
      'wrapped too often',
      'gzip, gzip',
      Buffer.from('x'),
      { codings: 1 },
      '2 content codings on top of each other, of at most 1',
    ],
  ])('a body that is %s is told with the request', async (_, encoding, body, decode, reason) => {
    const { url } = await server(encoding, body)
    const work = request(url, { method: 'POST', body: 'hi', decode }).then((r) => r.text())
    const error = (await work.catch((thrown: unknown) => thrown)) as NetError
    expect(error.message).toMatch(`POST ${url}: ${reason} (ERR_`)
    expect(error).toMatchObject({ verb: 'POST', target: url, phase: 'body', side: 'remote' })
  })
})

it('a request body can be coded by the program itself', async () => {
  const made = await serve(async (r) => {
    const bytes = Buffer.from(await r.arrayBuffer())
    return new Response(zlib.gunzipSync(bytes)) as globalThis.Response
  })
  open.push(made)
  const gzip = zlib.createGzip()
  gzip.end(TEXT)
  await once(gzip, 'readable')
  const response = await request(made.url, {
    method: 'POST',
    headers: { 'Content-Encoding': 'gzip' },
    body: gzip,
  })
  expect(await response.text()).toBe(TEXT)
})
