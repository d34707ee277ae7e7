/** Bodies that are read whole: gathered in place where their length is known and believed, in pieces where not. */
import type { Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { isIncompleteBodyError, Response, request, serve } from '../../src/index.ts'
import { RawServer } from './raw.ts'

const open: { close(): unknown }[] = []
afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.close()
})

const bodyOf = (size: number): Uint8Array<ArrayBuffer> =>
  Uint8Array.from({ length: size }, (_, i) => (i * 31 + (i >> 8)) % 256)

describe.each([1, 65_536, 65_537, 300_000, 1_048_576, 1_048_577])('a body of %i bytes', (size) => {
  const body = bodyOf(size)

  it('comes whole, both ways, in memory of its own length', async () => {
    const lengths: number[] = []
    const server = await serve(async (incoming) => {
      const read = await incoming.arrayBuffer()
      lengths.push(read.byteLength)
      return new Response(read)
    })
    open.push(server)
    const answer = await request(server.url, { method: 'POST', body })
    const read = await answer.arrayBuffer()
    expect(lengths).toEqual([size])
    expect([read.byteLength, Buffer.compare(new Uint8Array(read), body)]).toEqual([size, 0])
  })

  it('comes whole where some of it was here before anybody asked', async () => {
    const sockets: Socket[] = []
    const server = await RawServer.start((socket) => {
      sockets.push(socket)
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`)
      socket.write(body.subarray(0, size >> 1))
    })
    open.push(server)
    const answer = await request(`${server.url}/`)
    // So that what was sent is here.
    await new Promise((resolve) => setTimeout(resolve, 5))
    const reading = answer.bytes()
    sockets[0]?.end(body.subarray(size >> 1))
    const read = await reading
    expect([read.length, Buffer.compare(read, body)]).toEqual([size, 0])
    expect(read.buffer.byteLength).toBe(size)
  })

  it('that breaks off is told, with what came of it', async () => {
    const server = await RawServer.start((socket) => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`)
      socket.end(body.subarray(1))
    })
    open.push(server)
    const answer = await request(`${server.url}/`)
    const error = await answer.bytes().catch((reason: unknown) => reason)
    expect(isIncompleteBodyError(error) && [error.expected, error.received]).toEqual([
      size,
      size - 1,
    ])
  })
})
