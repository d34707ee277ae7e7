import { createHash } from 'node:crypto'
import { type ByteStream, connect, text } from '@sluice/socket'
import { afterEach, describe, expect, it, vi } from 'vitest'
import {
  ClientConnection,
  type Handler,
  type Headers,
  type Info,
  Response,
  request,
  type ServeOptions,
  type Server,
  serve,
} from '../../src/index.ts'
import { RawClient } from './raw.ts'

const open: { close(): unknown }[] = []
afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.close()
})

async function server(handler: Handler, options: ServeOptions = {}): Promise<Server> {
  const made = await serve(handler, options)
  open.push(made)
  return made
}
function raw(to: Server): RawClient {
  const client = new RawClient((to.address as { port: number }).port)
  open.push({ close: () => client.destroy() })
  return client
}
const hello = () => new Response('hello') as globalThis.Response

async function echo(stream: ByteStream): Promise<void> {
  for await (const bytes of stream) await stream.sendAll(bytes)
  await stream.close()
}

const OFFER = 'GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: echo, other\r\n\r\n'

describe('an upgrade', () => {
  it.each([
    ['at once', async (info: Info) => info.upgrade(echo)],
    ['synchronously', (info: Info) => info.upgrade(echo)],
  ])('hands the stream over, with what came behind the request: %s', async (_when, answer) => {
    const to = await server((_request, info) => answer(info) as globalThis.Response)
    const client = raw(to).send(`${OFFER}first`)
    const heard = await client.until((all) => all.endsWith('first'))
    expect(heard).toBe(
      'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nfirst',
    )
    client.send(' second')
    await client.until((all) => all.endsWith('first second'))
    client.socket.end()
    await client.closed()
    expect(to.stats()).toMatchObject({ connections: 0, requests: 1, responses: 1 })
  })

  it('is done by our client, too', async () => {
    const to = await server((_request, info) => info.upgrade(echo))
    const connection = new ClientConnection(await connect(new URL(to.url).host))
    const response = await connection.request('/', {
      headers: { Connection: 'upgrade', Upgrade: 'echo' },
    })
    expect(response.status).toBe(101)
    const stream = connection.detach()
    await stream.sendAll('hello')
    expect(text(await stream.recvExactly(5))).toBe('hello')
    await stream.close()
  })

  it('waits for the answers before it', async () => {
    let finish: (() => void) | undefined
    const to = await server((request, info) => {
      if (new URL(request.url).pathname === '/slow')
        return new Promise((resolve) => (finish = () => resolve(hello())))
      return info.upgrade(echo)
    })
    const client = raw(to).send(`GET /slow HTTP/1.1\r\nHost: x\r\n\r\n${OFFER}tail`)
    await vi.waitFor(() => expect(finish).toBeDefined())
    expect(client.text).toBe('')
    finish?.()
    const heard = await client.until((all) => all.endsWith('tail'))
    expect(heard).toMatch(/^HTTP\/1\.1 200 OK[\s\S]*helloHTTP\/1\.1 101 [\s\S]*\r\n\r\ntail$/)
  })

  it('is told that the server stops, as long as the stream is open', async () => {
    let told: Promise<unknown> | undefined
    const to = await server((_request, info) =>
      info.upgrade(async (stream) => {
        const { shutdown } = info
        told = new Promise((resolve) => shutdown.addEventListener('abort', resolve))
        shutdown.addEventListener('abort', () => void stream.sendAll('goodbye'))
        await stream.recv()
      }),
    )
    const client = raw(to).send(OFFER)
    await client.until((all) => all.endsWith('\r\n\r\n'))
    await vi.waitFor(() => expect(told).toBeDefined())
    await to.shutdown()
    await told
    expect(await client.closed()).toMatch(/\r\n\r\n(goodbye)?$/)
  })

  it('can leave the head to who takes the stream', async () => {
    const to = await server((_request, info) =>
      info.upgrade(
        (stream) =>
          void stream.sendAll(
            'HTTP/1.1 101 Mine\r\nUpgrade: echo\r\nConnection: upgrade\r\n\r\nhi',
          ),
        { head: false },
      ),
    )
    const heard = await raw(to)
      .send(OFFER)
      .until((all) => all.endsWith('hi'))
    expect(heard).toMatch(/^HTTP\/1\.1 101 Mine\r\n/)
  })

  it('that nobody offered is a failed handler', async () => {
    const told: unknown[] = []
    const to = await server((_request, info) => info.upgrade(() => {}), {
      onError: (error) => told.push(error),
    })
    expect((await request(to.url)).status).toBe(500)
    expect(String(told[0])).toContain('the client has offered no other protocol')
  })

  it('ends with the server, and a taker that throws ends its own connection and is reported', async () => {
    const told: string[] = []
    const to = await server(
      (request, info) => {
        const { pathname } = new URL(request.url)
        if (pathname === '/echo') return info.upgrade(echo)
        return info.upgrade((): void | Promise<void> => {
          if (pathname === '/throws') throw new Error('bug')
          return Promise.reject(new Error('late bug'))
        })
      },
      { onError: (error, { url }) => told.push(`${new URL(url).pathname} ${error}`) },
    )
    for (const path of ['/throws', '/rejects'])
      await raw(to).send(OFFER.replace('/', path)).closed()
    expect(told).toEqual(['/throws Error: bug', '/rejects Error: late bug'])
    expect(to.stats().errors).toEqual({ ERR_HANDLER: 2 })
    const client = raw(to).send(OFFER.replace('/', '/echo'))
    await client.until((all) => all.includes('101'))
    await to.close()
    await client.closed()
  })

  it('carries a web socket', async () => {
    // RFC 6455 §1.3 and §5.7: a handshake, and one short text frame each way.
    const to = await server((request, info) => {
      const key = request.headers.get('sec-websocket-key')
      const accept = createHash('sha1')
        .update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
        .digest('base64')
      const headers = {
        Connection: 'Upgrade',
        Upgrade: 'websocket',
        'Sec-WebSocket-Accept': accept,
      }
      return info.upgrade(
        async (stream) => {
          const frame = (await stream.recvExactly(11)) as Uint8Array
          const mask = frame.subarray(2, 6)
          const words = frame.subarray(6).map((byte, i) => byte ^ (mask[i % 4] as number))
          await stream.sendAll([Uint8Array.of(0x81, words.length), words])
        },
        { headers },
      )
    })
    if (typeof WebSocket !== 'function') return
    const socket = new WebSocket(to.url.replace('http', 'ws'))
    socket.onopen = () => socket.send('hello')
    const said = await new Promise((resolve, reject) => {
      socket.onmessage = ({ data }) => resolve(data)
      socket.onerror = reject
    })
    expect(said).toBe('hello')
    socket.close()
  })
})

describe('CONNECT', () => {
  const TUNNEL = 'CONNECT far.test:25 HTTP/1.1\r\nHost: far.test:25\r\n\r\n'

  it('is 501 unless it is asked for', async () => {
    const to = await server(hello)
    expect(
      await raw(to)
        .send(TUNNEL)
        .until((all) => all.includes('\r\n\r\n')),
    ).toMatch(/^HTTP\/1\.1 501 /)
  })

  it('opens a tunnel where the handler grants it, and says no where it does not', async () => {
    const asked: string[] = []
    const granting = await server(
      (_request, info) => {
        asked.push(info.target)
        if (info.target !== 'far.test:25')
          return new Response('no', { status: 403 }) as globalThis.Response
        return info.upgrade(echo)
      },
      { tunnels: true },
    )
    const client = raw(granting).send(`${TUNNEL}early`)
    expect(await client.until((all) => all.endsWith('early'))).toBe('HTTP/1.1 200 OK\r\n\r\nearly')
    const denied = raw(granting).send(TUNNEL.replaceAll('far', 'near'))
    expect(await denied.until((all) => all.endsWith('no'))).toMatch(/^HTTP\/1\.1 403 /)
    expect(asked).toContain('near.test:25')
  })

  it('a plain 200 does not open one', async () => {
    const to = await server(hello, { tunnels: true, onError: () => {} })
    expect(
      await raw(to)
        .send(TUNNEL)
        .until((all) => all.includes('\r\n\r\n')),
    ).toMatch(/^HTTP\/1\.1 500 /)
  })
})

describe('what a handler is told', () => {
  it('sends hints before the response', async () => {
    const to = await server((_request, info) => {
      expect(info.informational(103, { Link: '</style.css>; rel=preload' })).toBe(true)
      expect(() => info.informational(101)).toThrow(RangeError)
      expect(() => info.informational(200)).toThrow(RangeError)
      return hello()
    })
    const heard = await raw(to)
      .send('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
      .until((all) => all.endsWith('hello'))
    expect(heard).toMatch(
      /^HTTP\/1\.1 103 Early Hints\r\nLink: <\/style\.css>; rel=preload\r\n\r\nHTTP\/1\.1 200 OK/,
    )
    const old = await raw(
      await server((_request, info) => {
        expect(info.informational(103)).toBe(false)
        return hello()
      }),
    )
      .send('GET / HTTP/1.0\r\n\r\n')
      .closed()
    expect(old).toMatch(/^HTTP\/1\.1 200 OK/)
  })

  it('knows the trailers, and when the response has left', async () => {
    let trailers: Promise<Headers> | undefined
    let completed: Promise<void> | undefined
    const to = await server(async (request, info) => {
      completed = info.completed
      trailers = info.trailers
      await request.text()
      return hello()
    })
    await raw(to)
      .send(
        'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nChecksum: 7\r\n\r\n',
      )
      .until((all) => all.endsWith('hello'))
    expect((await trailers)?.get('checksum')).toBe('7')
    await completed
  })

  it('hears that the client is gone before the response has left', async () => {
    let completed: Promise<void> | undefined
    const to = await server((_request, info) => {
      completed = info.completed
      return new Promise(() => {})
    })
    const client = raw(to).send('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    for (let i = 0; i < 100 && completed === undefined; i++)
      await new Promise((resolve) => setTimeout(resolve, 2))
    client.socket.resetAndDestroy()
    await expect(completed).rejects.toThrow('ECONNRESET')
  })
})

describe('caps', () => {
  it('above the cap of connections there is 503, with a time to come back', async () => {
    let finish = (): void => {}
    const to = await server(() => new Promise((resolve) => (finish = () => resolve(hello()))), {
      limits: { connections: 1 },
    })
    const first = raw(to).send('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    for (let i = 0; i < 100 && to.stats().inFlight === 0; i++)
      await new Promise((resolve) => setTimeout(resolve, 2))
    const second = await raw(to).send('GET / HTTP/1.1\r\nHost: x\r\n\r\n').closed()
    expect(second).toMatch(
      /^HTTP\/1\.1 503 Service Unavailable\r\n[\s\S]*Retry-After: 1\r\n[\s\S]*Connection: close\r\n/,
    )
    finish()
    await first.until((all) => all.endsWith('hello'))
  })

  it('of requests on one connection: the last one says goodbye', async () => {
    const to = await server(hello, { limits: { requests: 2 } })
    const heard = await raw(to).send('GET / HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(3)).closed()
    expect(heard.match(/hello/g)).toHaveLength(2)
    expect(heard.match(/Connection: close/g)).toHaveLength(1)
  })
})
