import { text } from '@sluice/socket'
import { encodeLatin1 } from '@sluice/socket/bytes'
import { memoryPair } from '@sluice/socket/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ClientConnection, type Handler, Response, Server } from '../src/index.ts'

const handlers: Record<string, (request: Request) => unknown> = {
  sync: (request) => new Response(request.method),
  async: async (request) => new Response(request.method),
  echo: async (request) => new Response(await request.text()),
  stream: (request) => new Response(request.body as never),
  platform: () => new globalThis.Response('x'),
  throws: () => {
    throw new Error('no')
  },
}

describe('a server', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      'GET / HTTP/1.1\r\nHost: h\r\n\r\n',
      'HEAD / HTTP/1.1\r\nHost: h\r\n\r\n',
      'POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc',
      'POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n',
      'POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n',
      'GET / HTTP/1.0\r\n\r\n',
      'CONNECT h:1 HTTP/1.1\r\nHost: h\r\n\r\n',
      'GET / HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n',
      'GET htt:p// HTTP/1.1\r\nHost: h\r\n\r\n',
      'a',
      '\r\n',
      'GET / HT',
    ),
    fc.string({ maxLength: 5 }),
  )

  it.each(Object.keys(handlers))(
    'with the handler %s answers or closes, whatever comes',
    async (name) => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(piece, { maxLength: 6 }),
          fc.integer({ min: 1, max: 40 }),
          async (pieces, chunk) => {
            const server = new Server(handlers[name] as Handler, { onError: () => {} })
            const [client, other] = memoryPair({ chunk })
            server.handle(other)
            const sent = pieces.join('').replace(/[^\0-\xff]/g, '?')
            await client.sendAll(encodeLatin1(sent)).catch(() => {})
            await client.shutdown('write').catch(() => {})
            let heard = ''
            try {
              for await (const bytes of client) heard += text(bytes)
            } catch {
              // Reset by a server that was in the middle of a body: also an answer.
            }
            expect(heard === '' || heard.startsWith('HTTP/1.1 ')).toBe(true)
            await client.close()
            await server.close()
            const { connections, inFlight, errors } = server.stats()
            expect({
              connections,
              inFlight,
              ours: errors['ERR_INTERNAL'] ?? errors['ERR_RECEIVER'],
            }).toEqual({
              connections: 0,
              inFlight: 0,
              ours: undefined,
            })
          },
        ),
        { numRuns: 60 },
      )
    },
  )

  it('and a client on a memory pair understand each other however the bytes are cut', async () => {
    const server = new Server(handlers['echo'] as Handler)
    for (const chunk of [1, 2, 7, 1000]) {
      const [client, other] = memoryPair({ chunk })
      server.handle(other)
      const connection = new ClientConnection(client, { host: 'memory' })
      for (const body of ['', 'small', 'x'.repeat(3000)]) {
        const response = await connection.request('/', { method: 'POST', body })
        expect(await response.text()).toBe(body)
      }
      await connection.close()
    }
    await server.close()
  })
})
