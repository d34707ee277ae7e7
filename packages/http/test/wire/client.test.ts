import { performance } from 'node:perf_hooks'
import { PassThrough, Readable } from 'node:stream'
import { connect } from '@sluice/socket'
import { encodeUtf8 } from '@sluice/socket/bytes'
import { afterEach, describe, expect, it } from 'vitest'
import {
  type BodyInit,
  ClientConnection,
  isIncompleteBodyError,
  isProtocolError,
  Response,
  request,
  serve,
} from '../../src/index.ts'
import { RawServer } from './raw.ts'

const open: { close(): unknown }[] = []

async function answer(script: Parameters<typeof RawServer.start>[0]): Promise<RawServer> {
  const server = await RawServer.start(script)
  open.push(server)
  return server
}

/** Answers each complete head without a body with the same text. */
const always = (text: string) =>
  answer((socket, heard) => heard.endsWith('\r\n\r\n') && socket.write(text, 'latin1'))

async function dial(server: RawServer): Promise<ClientConnection> {
  const connection = new ClientConnection(await connect(`tcp://127.0.0.1:${server.port}`))
  open.push(connection)
  return connection
}

afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.close()
})

describe('a body that is read late', () => {
  // Around the marks at which a connection pauses: then the end lies in the connection when the reader comes.
  const sizes = [65_535, 65_536, 65_537, 70_000, 131_072, 150_000, 300_000]
  const later = () => new Promise((resolve) => setTimeout(resolve, 20))

  it.each(sizes)('of a response: %d bytes, at once and by pieces', async (size) => {
    const server = await serve(() => new Response(new Uint8Array(size)))
    open.push(server)
    const whole = await request(server.url)
    const pieces = await request(server.url)
    await later()
    expect((await whole.arrayBuffer()).byteLength).toBe(size)
    let read = 0
    for await (const piece of pieces.body as unknown as AsyncIterable<Uint8Array>)
      read += piece.length
    expect(read).toBe(size)
  })

  it.each(sizes)('of a request: %d bytes', async (size) => {
    const server = await serve(async (r) => {
      await later()
      return new Response(String((await r.arrayBuffer()).byteLength))
    })
    open.push(server)
    const response = await request(server.url, { method: 'POST', body: new Uint8Array(size) })
    expect(await response.text()).toBe(String(size))
  })
})

describe('request()', () => {
  it('gives a response that can be cloned, once at each time, before its body is read', async () => {
    const server = await always('HTTP/1.1 201 Made\r\nContent-Length: 2\r\nX: y\r\n\r\nhi')
    const response = await request(`${server.url}/a`)
    const [first, second] = [response.clone(), response.clone()]
    for (const copy of [first, second]) {
      expect(copy).toMatchObject({ status: 201, statusText: 'Made', url: `${server.url}/a` })
      expect([copy.headers.get('x'), await copy.text()]).toEqual(['y', 'hi'])
    }
    expect([response.bodyUsed, await response.text(), response.bodyUsed]).toEqual([
      false,
      'hi',
      true,
    ])
    expect(() => response.clone()).toThrow('the body has been read already')
    const made = new Response('text')
    expect([await made.clone().text(), await made.text()]).toEqual(['text', 'text'])
    expect(new Response().clone()).toMatchObject({ body: null, url: '' })
  })

  it('sends a head and reads a body', async () => {
    let heard = ''
    const server = await answer((socket, text) => {
      heard = text
      if (text.endsWith('\r\n\r\n'))
        socket.end('HTTP/1.1 200 Fine\r\nContent-Length: 2\r\nX: y\r\n\r\nhi')
    })
    const response = await request(`${server.url}/a?b#c`, { headers: { 'X-Q': 'z' } })
    expect(heard).toBe(
      `GET /a?b HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\nX-Q: z\r\nConnection: close\r\n\r\n`,
    )
    expect(response).toMatchObject({
      status: 200,
      statusText: 'Fine',
      ok: true,
      url: `${server.url}/a?b`,
    })
    expect(response.headers.get('x')).toBe('y')
    expect(await response.text()).toBe('hi')
    expect(response.bodyUsed).toBe(true)
    expect(response instanceof globalThis.Response).toBe(true)
  })

  it('sends small bodies with their head in one piece, and streams in chunks', async () => {
    const pieces: string[] = []
    const server = await answer((socket, heard) => {
      pieces.push(heard)
      if (/\r\n\r\nabc$|0\r\n\r\n$/.test(heard)) socket.end('HTTP/1.1 204 No\r\n\r\n')
    })
    await request(server.url, { method: 'POST', body: 'abc' })
    expect(pieces).toHaveLength(1)
    expect(pieces[0]).toContain('Content-Type: text/plain;charset=UTF-8\r\n')
    expect(pieces[0]).toMatch(/Content-Length: 3\r\n\r\nabc$/)
    const body = (async function* () {
      yield new TextEncoder().encode('ab')
      yield new TextEncoder().encode('c')
    })()
    await request(server.url, { method: 'PUT', body })
    expect(pieces.at(-1)).toMatch(
      /Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n$/,
    )
  })

  const form = new FormData()
  form.append('a', 'b')
  const text = 'naïve'
  const bytes = encodeUtf8(text)
  it.each<[string, () => BodyInit, type: RegExp | null, length: number | null]>([
    ['a string', () => text, /^text\/plain;charset=UTF-8$/, 6],
    ['bytes', () => bytes, null, 6],
    ['an ArrayBuffer', () => bytes.slice().buffer, null, 6],
    ['a DataView', () => new DataView(bytes.slice().buffer), null, 6],
    ['a Blob', () => new Blob([text], { type: 'text/x' }), /^text\/x$/, 6],
    ['FormData', () => form, /^multipart\/form-data; boundary=/, 141],
    [
      'URLSearchParams',
      () => new URLSearchParams({ a: text }),
      /^application\/x-www-form-urlencoded;charset=UTF-8$/,
      12,
    ],
    ['a web stream', () => new Blob([text]).stream(), null, null],
    ['a Node stream', () => Readable.from([bytes.slice(0, 2), bytes.slice(2)]), null, null],
    [
      'an async iterable',
      async function* () {
        yield bytes
      } as () => AsyncGenerator<Uint8Array>,
      null,
      null,
    ],
  ])('sends a body from %s', async (_, body, type, length) => {
    const server = await serve(async (incoming) => {
      const fields = ['content-type', 'content-length'].map((name) => incoming.headers.get(name))
      return Response.json([...fields, await incoming.text()]) as never
    })
    open.push(server)
    const response = await request(server.url, { method: 'POST', body: body() })
    const [givenType, givenLength, given] = (await response.json()) as string[]
    if (type === null) expect(givenType).toBeNull()
    else expect(givenType).toMatch(type)
    expect(givenLength).toBe(length === null ? null : String(length))
    expect(given).toMatch(/name="a"\r\n\r\nb\r\n|^naïve$|^a=na%C3%AFve$/)
  })

  it('says Content-Length: 0 for a POST without a body', async () => {
    let heard = ''
    const server = await answer((socket, text) => {
      heard = text
      socket.end('HTTP/1.1 204 No\r\n\r\n')
    })
    await request(server.url, { method: 'post' })
    expect(heard).toMatch(/^POST \/ HTTP\/1\.1\r\n[\s\S]*Content-Length: 0\r\n/)
  })

  it('reads chunks and trailers', async () => {
    const server = await always(
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 7\r\n\r\n',
    )
    const response = await request(server.url)
    expect(await response.text()).toBe('abc')
    expect((await response.trailers).get('x-sum')).toBe('7')
  })

  it('reads a body until the end of the connection', async () => {
    const server = await answer((socket) => socket.end('HTTP/1.0 200 OK\r\n\r\nall of it'))
    expect(await (await request(server.url)).text()).toBe('all of it')
  })

  it('overlooks interim responses', async () => {
    const server = await always(
      'HTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx',
    )
    expect(await (await request(server.url)).text()).toBe('x')
  })

  it('says how much of a body came before the connection ended', async () => {
    const server = await answer((socket) =>
      socket.end('HTTP/1.1 200 OK\r\nContent-Length: 4096\r\n\r\nabc'),
    )
    const response = await request(`${server.url}/big`)
    const error: unknown = await response.text().catch((caught: unknown) => caught)
    expect(isIncompleteBodyError(error) && [error.expected, error.received]).toEqual([4096, 3])
    expect(String(error)).toContain(
      `GET ${server.url}/big: body ended after 3 of 4096 bytes (ERR_INCOMPLETE_BODY`,
    )
  })

  it.each([
    ['garbage', 'nonsense\r\n\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab'],
    ['a switch nobody offered', 'HTTP/1.1 101 Switching Protocols\r\n\r\n'],
  ])('refuses %s as a remote ProtocolError', async (_, text) => {
    const server = await always(text)
    const error: unknown = await request(server.url).catch((caught: unknown) => caught)
    expect(isProtocolError(error, 'remote')).toBe(true)
    expect(String(error)).toContain(`GET ${server.url}/`)
  })

  it('fails when the server closes without an answer, and when it resets', async () => {
    const silent = await answer((socket) => socket.end())
    await expect(request(silent.url)).rejects.toMatchObject({
      code: 'ERR_UNEXPECTED_END',
      verb: 'GET',
    })
    const rude = await answer((socket) => socket.resetAndDestroy())
    await expect(request(rude.url)).rejects.toMatchObject({ code: 'ECONNRESET' })
  })

  it('gives up after timeout.headers, timeout.idle and timeout.total', async () => {
    const mute = await answer(() => {})
    await expect(request(mute.url, { timeout: { headers: 40 } })).rejects.toMatchObject({
      phase: 'headers',
    })
    await expect(request(mute.url, { timeout: 40 })).rejects.toMatchObject({ phase: 'total' })
    const half = await answer((socket) =>
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx'),
    )
    const response = await request(half.url, { timeout: { idle: 40 } })
    await expect(response.text()).rejects.toMatchObject({ code: 'ERR_TIMEOUT', phase: 'idle' })
  })

  it('ends with signal.reason, before and inside the body', async () => {
    const mute = await answer(() => {})
    const first = new AbortController()
    const waiting = request(mute.url, { signal: first.signal })
    setTimeout(() => first.abort(new Error('enough')), 10)
    await expect(waiting).rejects.toThrow('enough')
    const half = await answer((socket) =>
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx'),
    )
    const second = new AbortController()
    const response = await request(half.url, { signal: second.signal })
    second.abort(new Error('later'))
    await expect(response.text()).rejects.toThrow('later')
    await expect(
      request(half.url, { signal: AbortSignal.abort(new Error('never')) }),
    ).rejects.toThrow('never')
  })

  it('sends nothing that a header or target could smuggle', async () => {
    const server = await always('HTTP/1.1 204 No\r\n\r\n')
    await expect(request(server.url, { headers: { x: 'a\r\nb: c' } })).rejects.toThrow(TypeError)
    await expect(request(server.url, { method: 'GET /\r\n' })).rejects.toThrow(TypeError)
    const connection = await dial(server)
    await expect(connection.request('/a b')).rejects.toMatchObject({ side: 'local' })
    expect(connection.isReusable).toBe(true)
  })

  it('refuses other schemes and userinfo, and options that it does not know', async () => {
    await expect(request('ftp://localhost/')).rejects.toThrow(TypeError)
    await expect(request('http://u:p@localhost/')).rejects.toThrow(TypeError)
    await expect(request('http://localhost/', { redirect: 'follow' } as never)).rejects.toThrow(
      /no option 'redirect'/,
    )
  })

  it.each([
    ['that is answered without', { Expect: '100-continue' }, undefined],
    ['whose rest is not wanted', {}, undefined],
    ['whose request is given up', {}, 'enough'],
  ])('lets go of a stream of Node’s %s', async (_, headers, reason) => {
    let hear: () => void = () => {}
    const heard = new Promise<void>((resolve) => (hear = resolve))
    const server = await answer((socket) => {
      hear()
      if (reason === undefined) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
    })
    const body = new PassThrough()
    const closed = new Promise((resolve) => body.once('close', resolve))
    if (!('Expect' in headers)) body.write('a beginning')
    const controller = new AbortController()
    const options = { method: 'POST', headers, body, signal: controller.signal }
    const asked = request(server.url, options).then((response) => response.text())
    if (reason !== undefined) {
      await heard
      controller.abort(new Error(reason))
      await expect(asked).rejects.toThrow(reason)
    } else expect(await asked).toBe('')
    await closed
  })

  it('paces a server whose body nobody reads', async () => {
    let sent = 0
    const server = await answer((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 50000000\r\n\r\n')
      const piece = Buffer.alloc(1_000_000, 120)
      const more = () => {
        while (sent < 50) {
          sent++
          if (!socket.write(piece)) return void socket.once('drain', more)
        }
      }
      more()
    })
    const response = await request(server.url)
    await new Promise((resolve) => setTimeout(resolve, 60))
    expect(sent).toBeLessThan(30)
    let total = 0
    for await (const piece of response.body as unknown as AsyncIterable<Uint8Array>)
      total += piece.length
    expect(total).toBe(50_000_000)
  })
})

describe('ClientConnection', () => {
  it('makes one request after the other on one connection', async () => {
    let connections = 0
    let last = 0
    const server = await answer((socket, heard) => {
      const count = heard.split('\r\n\r\n').length - 1
      if (count === 1) connections++
      if (count === last) return
      last = count
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n${count}`)
    })
    const connection = await dial(server)
    for (const expected of ['1', '2', '3'])
      expect(await (await connection.request('/')).text()).toBe(expected)
    expect([connections, connection.exchanges, connection.isReusable]).toEqual([1, 3, true])
  })

  it('is busy until the body has been read', async () => {
    const server = await answer((socket) =>
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nx'),
    )
    const connection = await dial(server)
    await connection.request('/')
    await expect(connection.request('/')).rejects.toMatchObject({ code: 'ERR_BUSY' })
  })

  it('is not used again after Connection: close, HTTP/1.0, or bytes that nobody asked for', async () => {
    for (const text of [
      'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n',
      'HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n',
      'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n',
    ]) {
      const connection = await dial(await always(text))
      await (await connection.request('/')).text()
      expect(connection.isReusable).toBe(false)
      await expect(connection.request('/')).rejects.toMatchObject({ code: 'ERR_CLOSED' })
    }
  })

  it('reads nothing after a response to HEAD', async () => {
    const server = await always('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n')
    const connection = await dial(server)
    const response = await connection.request('/', { method: 'HEAD' })
    expect([response.headers.get('content-length'), response.body, await response.text()]).toEqual([
      '10',
      null,
      '',
    ])
    expect(connection.isReusable).toBe(true)
  })

  it('takes an answer that comes before the request is sent', async () => {
    const server = await answer((socket) =>
      socket.write('HTTP/1.1 413 No\r\nContent-Length: 0\r\n\r\n'),
    )
    const connection = await dial(server)
    let stop = false
    const body = (async function* () {
      while (!stop) {
        yield new Uint8Array(1000)
        await new Promise((resolve) => setTimeout(resolve, 2))
      }
    })()
    const response = await connection.request('/', { method: 'POST', body })
    expect(response.status).toBe(413)
    await response.text()
    stop = true
    expect(connection.isReusable).toBe(false)
  })

  it('gives the stream back after a switch, with what came behind it', async () => {
    const server = await answer((socket, heard) => {
      if (heard.endsWith('\r\n\r\n'))
        socket.write(
          'HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: upgrade\r\n\r\nfirst',
        )
    })
    const connection = await dial(server)
    const response = await connection.request('/', {
      headers: { Connection: 'upgrade', Upgrade: 'echo' },
    })
    expect(response.status).toBe(101)
    const stream = connection.detach()
    expect(new TextDecoder().decode((await stream.recv()) as Uint8Array)).toBe('first')
    await stream.close()
  })
})

describe('Expect: 100-continue', () => {
  const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n'
  const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
  const headers = { Expect: '100-continue' }
  async function* pieces(): AsyncGenerator<Uint8Array> {
    yield encodeUtf8('bo')
    yield encodeUtf8('dy')
  }

  it.each([
    ['a whole body', () => 'body', 'body'],
    ['a streamed body', pieces, '2\r\nbo\r\n2\r\ndy\r\n0\r\n\r\n'],
  ])('holds %s back until the server wants it', async (_, body, wire) => {
    const heads: string[] = []
    const server = await answer((socket, heard) => {
      if (heard.endsWith('\r\n\r\n') && heads.length === 0) {
        heads.push(heard)
        socket.write(CONTINUE)
      } else if (heard === heads[0] + wire) socket.write(OK)
    })
    const connection = await dial(server)
    const response = await connection.request('/', { method: 'POST', headers, body: body() })
    expect(await response.text()).toBe('ok')
    expect(connection.isReusable).toBe(true)
  })

  it('does not send a body that the server has answered without', async () => {
    let all = ''
    const server = await answer((socket, heard) => {
      all = heard
      if (heard.endsWith('\r\n\r\n'))
        socket.write('HTTP/1.1 417 Expectation Failed\r\nContent-Length: 2\r\n\r\nno')
    })
    const connection = await dial(server)
    const response = await connection.request('/', { method: 'POST', headers, body: 'body' })
    expect([response.status, await response.text()]).toEqual([417, 'no'])
    expect(connection.isReusable).toBe(false)
    expect(all).toMatch(/\r\n\r\n$/)
  })

  it('sends the body after a second of silence, since old servers say nothing', async () => {
    const server = await answer((socket, heard) => heard.endsWith('body') && socket.write(OK))
    const waits: number[] = []
    const clock = {
      now: () => performance.now(),
      setTimeout: (run: () => void, ms: number) => {
        waits.push(ms)
        return setTimeout(run, ms === 1000 ? 1 : ms)
      },
      clearTimeout: (timer: unknown) => clearTimeout(timer as NodeJS.Timeout),
    }
    const stream = await connect(`tcp://127.0.0.1:${server.port}`)
    const connection = new ClientConnection(stream, { clock })
    open.push(connection)
    const response = await connection.request('/', { method: 'POST', headers, body: 'body' })
    expect(await response.text()).toBe('ok')
    expect(waits).toContain(1000)
  })

  it('is understood by our own server, and a request without a body waits for nothing', async () => {
    const server = await serve(async (request) => new Response(await request.text()) as never)
    const said = await request(server.url, { method: 'POST', headers, body: 'body' })
    expect(await said.text()).toBe('body')
    const empty = await request(server.url, { method: 'POST', headers })
    expect(await empty.text()).toBe('')
    await server.close()
  })
})
