import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterEach, describe, expect, it } from 'vitest'
import { isIncompleteBodyError, Pool, Response, request, serve } from '../../src/index.ts'
import { RawServer } from './raw.ts'

const open: { close(): unknown }[] = []
afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.close()
})

/** A body in which each place has a value of its own. */
const BODY = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 31 + (i >> 8)) % 256)
const ZEROS = new Uint8Array(1_000_000)

/** At once: element by element it takes a second. */
function expectBody(read: Buffer): void {
  expect([read.length, Buffer.compare(read, BODY)]).toEqual([BODY.length, 0])
}

interface Readable {
  readInto(target: Uint8Array): Promise<number | null>
}

/** Reads by targets of the sizes that are given, in turn. */
async function readAll(from: Readable, sizes: readonly number[]): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for (let i = 0; ; i++) {
    const target = new Uint8Array(sizes[i % sizes.length] as number)
    const count = await from.readInto(target)
    if (count === null) return Buffer.concat(parts)
    expect(count).toBeGreaterThan(0)
    // What lies behind the bytes is left alone.
    expect(Buffer.compare(target.subarray(count), ZEROS.subarray(count, target.length))).toBe(0)
    parts.push(target.subarray(0, count))
  }
}

describe.each([
  ['larger than what comes', [1_000_000]],
  ['as large as a read', [65_536]],
  ['smaller', [1000]],
  ['of all sizes', [1, 70_000, 3, 5000]],
])('readInto, with targets %s', (_, sizes) => {
  it('of a response, as it was sent and as it was coded', async () => {
    const server = await serve(({ url }) =>
      url.endsWith('/coded')
        ? new Response(gzipSync(BODY), { headers: { 'Content-Encoding': 'gzip' } })
        : new Response(BODY),
    )
    open.push(server)
    const pool = new Pool()
    open.push({ close: () => pool.destroy() })
    for (const path of ['', 'coded']) {
      const response = await pool.request(`${server.url}${path}`, { decode: true })
      expectBody(await readAll(response, sizes))
      expect(response.bodyUsed).toBe(true)
    }
    // Each was read to its end: its connection served the next.
    expect(pool.stats).toMatchObject({ connections: 1, reused: 1 })
  })

  it('of a request', async () => {
    const server = await serve(async (r) => {
      const read = await readAll(r as unknown as Readable, sizes)
      return new Response(String(Buffer.compare(read, BODY)))
    })
    open.push(server)
    expect(await (await request(server.url, { method: 'POST', body: BODY })).text()).toBe('0')
  })

  it('of what a program made', async () => {
    const pieces = (async function* () {
      for (let at = 0; at < BODY.length; at += 7001) yield BODY.subarray(at, at + 7001)
    })()
    for (const body of [BODY, new Blob([BODY]), pieces])
      expectBody(await readAll(new Response(body), sizes))
    expect(await readAll(new Response('Grüße'), sizes)).toEqual(Buffer.from('Grüße'))
    expect(await readAll(new Response(''), sizes)).toHaveLength(0)
    expect(await readAll(new Response(), sizes)).toHaveLength(0)
  })
})

describe('readInto', () => {
  it('is one of the ways to read, and a body is read in one', async () => {
    const begun = new Response('text')
    await begun.readInto(new Uint8Array(1))
    await expect(begun.text()).rejects.toThrow('read already')
    const read = new Response('text')
    await read.text()
    await expect(read.readInto(new Uint8Array(1))).rejects.toThrow('read already')
  })

  it.each([[new Uint8Array(0)], ['text'], [undefined]])('refuses %s', async (target) => {
    const response = new Response('text')
    await expect(response.readInto(target as never)).rejects.toThrow(
      'readInto takes a Uint8Array with room for one byte or more',
    )
    expect(await response.text()).toBe('text')
  })

  it('tells of a body that breaks off, after what came of it', async () => {
    const head = 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n'
    const server = await RawServer.start((socket, heard) => {
      if (heard.endsWith('\r\n\r\n')) socket.end(`${head}part`)
    })
    open.push(server)
    const response = await request(`http://127.0.0.1:${server.port}/`)
    const target = new Uint8Array(100)
    expect(await response.readInto(target)).toBe(4)
    const error = await response.readInto(target).catch((reason: unknown) => reason)
    expect(isIncompleteBodyError(error) && [error.expected, error.received]).toEqual([9, 4])
  })

  it('holds the server up while nobody reads, and goes on', async () => {
    let peer: Socket | undefined
    const server = createServer((socket) => {
      peer = socket
      socket.on('error', () => {})
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${64 * 1_048_576}\r\n\r\n`)
      for (let i = 0; i < 64; i++) socket.write(Buffer.alloc(1_048_576, i))
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    open.push({ close: () => server.close() })
    const { port } = server.address() as { port: number }
    const response = await request(`http://127.0.0.1:${port}/`)
    const target = new Uint8Array(65_536)
    await response.readInto(target)
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(peer?.writableLength).toBeGreaterThan(16 * 1_048_576)
    let [total, last] = [0, 0]
    for (let n = await response.readInto(target); n !== null; n = await response.readInto(target)) {
      total += n
      last = target[n - 1] as number
    }
    expect([total > 63 * 1_048_576, last]).toEqual([true, 63])
  })
})
