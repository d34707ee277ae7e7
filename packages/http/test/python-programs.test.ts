/** The usual Python programs, with `await` added. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { builtins, socket } from '@sluice/socket/python'
import { afterEach, describe, expect, test } from 'vitest'
import { http, kw } from '../src/python.ts'

const { client, server, cookies } = http
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1')

const open: (() => unknown)[] = []
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close()
})

class Quiet extends server.BaseHTTPRequestHandler {
  override log_message(): void {}
}

async function run(Handler: unknown): Promise<number> {
  const made = server.ThreadingHTTPServer(['127.0.0.1', 0], Handler as never)
  await made.ready
  const over = made.serve_forever(0.05)
  open.push(async () => {
    await made.shutdown()
    await over
    await made.server_close()
  })
  return made.server_port
}

function connect(port: number): InstanceType<typeof http.client.HTTPConnection> {
  const made = client.HTTPConnection('127.0.0.1', port, kw({ timeout: 5 }))
  open.push(() => made.close())
  return made
}

class Echo extends Quiet {
  static override protocol_version = 'HTTP/1.1'
  async do_POST(): Promise<void> {
    const length = Number(this.headers.get('content-length'))
    const body = await this.rfile.read(length)
    this.send_response(200, 'Fine')
    this.send_header('Content-Length', body?.length ?? 0)
    this.send_header('X-Path', this.path)
    await this.end_headers()
    await this.wfile.write(body as Uint8Array)
  }
}

describe('a server and a client', () => {
  test('keep their connection', async () => {
    const connection = connect(await run(Echo))
    for (const word of ['one', 'two']) {
      await connection.request('POST', `/${word}`, word, { 'Content-Type': 'text/plain' })
      const response = await connection.getresponse()
      expect([response.status, response.reason, response.version]).toEqual([200, 'Fine', 11])
      expect(response.getheader('x-path')).toBe(`/${word}`)
      expect(text(await response.read())).toBe(word)
      expect(response.isclosed()).toBe(true)
    }
  })

  test('answer step by step, as Python programs of old do', async () => {
    const connection = connect(await run(Echo))
    connection.putrequest('POST', '/steps', kw({ skip_accept_encoding: true }))
    connection.putheader('Content-Length', 5)
    connection.putheader('X-Two', 'a', 'b')
    await connection.endheaders()
    await connection.send(Buffer.from('hello'))
    expect(text(await (await connection.getresponse()).read())).toBe('hello')
  })

  test('say what is not there', async () => {
    const connection = connect(await run(Echo))
    await connection.request('GET', '/')
    const response = await connection.getresponse()
    expect(response.status).toBe(http.HTTPStatus.NOT_IMPLEMENTED)
    expect(text(await response.read())).toMatch(/Unsupported method \('GET'\)/)
  })

  test('a second response is not taken before the first was read', async () => {
    const connection = connect(await run(Echo))
    await connection.request('POST', '/', 'body')
    await connection.getresponse()
    await expect(connection.request('GET', '/')).resolves.toBeUndefined()
    await expect(connection.getresponse()).rejects.toBeInstanceOf(client.ResponseNotReady)
  })
})

describe('what can not be is refused before a byte leaves', () => {
  test.each([
    ['a line break in a field', 'GET', '/', { X: 'a\r\nEvil: 1' }, /Invalid header value/],
    ['a line break in a name', 'GET', '/', { 'X\n': 'a' }, /Invalid header name/],
    ['white space in a target', 'GET', '/a b', {}, /can't contain control characters/],
    ['a line break in a method', 'GET\r\nX', '/', {}, /can't contain control characters/],
    ['a text beyond latin-1', 'GET', '/', { X: '☃' }, /not valid Latin-1/],
  ])('%s', async (_what, method, url, headers, sentence) => {
    const connection = client.HTTPConnection('127.0.0.1', 9)
    await expect(connection.request(method, url, null, headers)).rejects.toThrow(sentence)
    expect(connection.sock).toBeNull()
  })

  test('a host with one, and a port that is none', () => {
    expect(() => client.HTTPConnection('a\nb')).toThrow(client.InvalidURL)
    expect(() => client.HTTPConnection('a:b')).toThrow("nonnumeric port: 'b'")
  })

  test('a field of an answer', async () => {
    class Evil extends Quiet {
      do_GET(): void {
        this.send_response(200)
        expect(() => this.send_header('X', 'a\r\nSet-Cookie: b')).toThrow(/Invalid header/)
        this.close_connection = true
      }
    }
    const connection = connect(await run(Evil))
    await connection.request('GET', '/')
    await expect(connection.getresponse()).rejects.toBeInstanceOf(client.RemoteDisconnected)
  })
})

describe('a message that two programs could read in two ways', () => {
  test.each([
    ['a length that is none', 'Content-Length: +5\r\n\r\nhello', /invalid Content-Length/],
    ['two lengths', 'Content-Length: 5\r\nContent-Length: 3\r\n\r\nhello', /values differ/],
    ['both framings', 'Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n', /both/],
  ])('%s: the response is refused', async (_what, rest, sentence) => {
    const [near, far] = await socket.socketpair()
    await far.sendall(Buffer.from(`HTTP/1.1 200 OK\r\n${rest}`))
    far.close()
    const response = client.HTTPResponse(near)
    await expect(response.begin()).rejects.toThrow(sentence)
    await response.close()
    near.close()
  })

  test.each([
    ['both framings', 'Transfer-Encoding: chunked\r\nContent-Length: 3\r\n'],
    ['two lengths', 'Content-Length: 5\r\nContent-Length: 3\r\n'],
    ['a field without a colon', 'bad\r\n'],
    ['white space before a colon', 'Content-Length : 3\r\n'],
  ])('%s: the request is answered with 400', async (_what, fields) => {
    const port = await run(Echo)
    const near = await socket.create_connection(['127.0.0.1', port], 5)
    await near.sendall(Buffer.from(`POST / HTTP/1.1\r\nHost: a\r\n${fields}\r\n`))
    expect(text(await near.recv(4096))).toMatch(/^HTTP\/1\.1 400 /)
    near.close()
  })

  test.each([
    ['+5\r\nhello\r\n0\r\n\r\n'],
    ['5\nhello\r\n0\r\n\r\n'],
    ['5\r\nhelloXX0\r\n\r\n'],
    ['FFFFFFFFFFFFFFFFF\r\n'],
  ])('chunks: %j', async (body) => {
    const [near, far] = await socket.socketpair()
    await far.sendall(Buffer.from(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${body}`))
    far.close()
    const response = client.HTTPResponse(near)
    await response.begin()
    await expect(response.read()).rejects.toBeInstanceOf(client.IncompleteRead)
    near.close()
  })
})

test('SimpleHTTPRequestHandler serves a folder, and nothing above it', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-python-'))
  open.push(() => rmSync(directory, { recursive: true }))
  writeFileSync(join(directory, 'a b.txt'), 'Hello, World!')
  class Files extends server.SimpleHTTPRequestHandler {
    constructor(request: unknown, client_address: unknown, owner: unknown) {
      super(request, client_address, owner, kw({ directory }))
    }
    override log_message(): void {}
  }
  const connection = connect(await run(Files))
  const get = async (path: string): Promise<[number | string, string]> => {
    await connection.request('GET', path)
    const response = await connection.getresponse()
    return [response.status, text(await response.read())]
  }
  expect(await get('/a%20b.txt')).toEqual([200, 'Hello, World!'])
  expect((await get('/'))[1]).toMatch(/href="a%20b\.txt"/)
  for (const path of ['/../../etc/passwd', '/%2e%2e/%2e%2e/etc/passwd', '/..%2f..%2fetc/passwd'])
    expect((await get(path))[0]).toBe(404)
})

test('cookies are written and read', () => {
  const jar = cookies.SimpleCookie()
  jar.__setitem__('rocky', 'road; "nuts"')
  jar.__getitem__('rocky').__setitem__('path', '/cookie')
  expect(jar.output()).toBe('Set-Cookie: rocky="road\\073 \\"nuts\\""; Path=/cookie')
  expect(cookies.SimpleCookie('rocky="road\\073 \\"nuts\\""').__getitem__('rocky').value).toBe(
    'road; "nuts"',
  )
  expect(() => jar.__getitem__('rocky').__setitem__('path', 'a\r\nb')).toThrow(cookies.CookieError)
  expect(() => jar.__getitem__('none')).toThrow(builtins.KeyError)
})

test('a cookie of a hundred thousand equals signs costs no more than it should', () => {
  const began = performance.now()
  cookies.SimpleCookie(`a${'='.repeat(100_000)}"`)
  cookies.SimpleCookie(`a${' '.repeat(100_000)}b`)
  expect(performance.now() - began).toBeLessThan(1000)
})
