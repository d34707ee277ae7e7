/**
 * What has been used against HTTP/1.1, class by class, each with its name in a title. The rules themselves are tested beside
 * the files that hold them; here somebody comes with the attack.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Connection } from '@sluice/socket'
import { FakeClock, memoryPair } from '@sluice/socket/testing'
import { afterEach, describe, expect, it } from 'vitest'
import {
  ClientConnection,
  type Handler,
  Response,
  request,
  type ServeOptions,
  Server,
  serve,
} from '../src/index.ts'
import { Http1Machine } from '../src/parser.ts'
import { staticFiles } from '../src/static.ts'
import { RawClient } from './wire/raw.ts'

const open: (() => unknown)[] = []
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close()
})

async function turns(): Promise<void> {
  for (let i = 0; i < 10; i++) await new Promise((resolve) => setImmediate(resolve))
}

/** A client that says what it likes to a server, and what each of the two gets. */
interface Talk {
  readonly client: Connection
  readonly server: Server
  /** Method, target and body of each request that the handler has read to its end. */
  readonly handled: string[]
  /** All that the server has said so far. */
  heard(): string
}

const answerWell = (() => new Response('fine')) as unknown as Handler

function talk(handler: Handler = answerWell, options: ServeOptions = {}): Talk {
  const handled: string[] = []
  const noting = (async (incoming, info) => {
    const response = await handler(incoming, info)
    const text = incoming.bodyUsed ? '' : await incoming.text()
    handled.push(`${incoming.method} ${info.target} ${text}`.trim())
    return response
  }) as Handler
  const server = new Server(noting, { onError: () => {}, ...options })
  const [client, far] = memoryPair()
  server.handle(far)
  let text = ''
  client.attach({
    bytes: (view) => {
      text += Buffer.from(view).toString('latin1')
      return true
    },
    end: () => {},
    error: () => {},
  })
  open.push(
    () => client.destroy(),
    () => server.close(),
  )
  return { client, server, handled, heard: () => text }
}

/** Says something to a server. @returns the status line of its last answer, and what the handler got */
async function say(
  bytes: string,
  options?: ServeOptions,
): Promise<{ status: number; handled: string[] }> {
  const { client, heard, handled } = talk(answerWell, options)
  await client.sendAll(Buffer.from(bytes, 'latin1')).catch(() => {})
  await turns()
  const statuses = [...heard().matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status))
  return { status: statuses.at(-1) ?? 0, handled }
}

/** Makes one request of a server that says this. */
async function answered(bytes: string, options = {}): Promise<string> {
  const [near, far] = memoryPair()
  const client = new ClientConnection(near, { host: 'h' })
  open.push(() => client.destroy())
  const asked = client.request('/', options)
  void far.recv().then(() => far.sendAll(Buffer.from(bytes, 'latin1')))
  return (await asked).text()
}

const GET = (more = '') => `GET / HTTP/1.1\r\nHost: h\r\n${more}\r\n`
const POST = (more: string, body: string) => `POST / HTTP/1.1\r\nHost: h\r\n${more}\r\n${body}`
const CHUNKED = (body: string) => POST('Transfer-Encoding: chunked\r\n', body)
const NEXT = GET('X-Smuggled: yes\r\n')
const CONTROLS = [
  ['CR', '\r'],
  ['LF', '\n'],
  ['CR LF', '\r\n'],
  ['NUL', '\0'],
] as const
/** As bytes of latin-1, cut off, they would be LF, CR, NUL; and one that is a letter. */
const WIDE = ['\u010a', '\u010d', '\u0100', '\u4e00', '\u{1f600}'] as const

describe.each(CONTROLS)('%s', (_, control) => {
  it.each([
    ['a method', `G${control}ET / HTTP/1.1\r\nHost: h\r\n\r\n`],
    ['a target', `GET /a${control}b HTTP/1.1\r\nHost: h\r\n\r\n`],
    ['the name of a field', GET(`X${control}Y: z\r\n`)],
    ['a field', GET(`X: a${control}b\r\n`)],
    ['a trailer', CHUNKED(`0\r\nX: a${control}b\r\n\r\n`)],
  ])('in %s of a request is refused', async (_where, bytes) => {
    const { status, handled } = await say(bytes)
    expect([400, 0], `${status}`).toContain(status)
    expect(handled).toEqual([])
  })

  it.each([
    ['the status text', `HTTP/1.1 200 O${control}K\r\nContent-Length: 2\r\n\r\nhi`],
    ['a field', `HTTP/1.1 200 OK\r\nX: a${control}b\r\nContent-Length: 2\r\n\r\nhi`],
  ])('in %s of a response is refused', async (_where, bytes) => {
    await expect(answered(bytes)).rejects.toMatchObject({ code: 'ERR_PROTOCOL', side: 'remote' })
  })
})

describe.each([
  ...CONTROLS,
  ...WIDE.map((wide) => [`a character above U+00FF (${wide.codePointAt(0)?.toString(16)})`, wide]),
] as [string, string][])('%s', (_, letter) => {
  it.each([
    ['a method', { method: `G${letter}ET` }, '/'],
    ['a target', {}, `/a${letter}b`],
    ['the name of a field', { headers: [[`X${letter}Y`, 'z']] as [string, string][] }, '/'],
    ['a field', { headers: { X: `a${letter}b` } }, '/'],
  ])('in %s is not sent by a client', async (_where, options, target) => {
    const [near, far] = memoryPair()
    const client = new ClientConnection(near, { host: 'h' })
    open.push(() => client.destroy())
    await expect(client.request(target, options)).rejects.toThrow()
    expect(far.bytesReceived).toBe(0)
  })

  it.each<[string, () => unknown]>([
    ['a field', () => new Response('', { headers: { X: `a${letter}b` } })],
    ['the status text', () => new Response('', { statusText: `a${letter}b` })],
    ['a trailer', () => new Response('', { trailers: () => ({ X: `a${letter}b: c` }) as never })],
  ])('in %s is not sent by a server', async (where, answer) => {
    const { client, heard } = talk(answer as Handler)
    await client.sendAll(GET())
    await turns()
    if (where === 'a trailer') expect(heard()).not.toMatch(/0\r\n|X: a/)
    else expect(heard()).toMatch(/^HTTP\/1\.1 500 /)
  })
})

describe('Transfer-Encoding', () => {
  it.each([
    ['with Content-Length', 'Transfer-Encoding: chunked\r\nContent-Length: 5\r\n'],
    ['behind Content-Length', 'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n'],
    ['twice', 'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n'],
    ['twice, once as identity', 'Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n'],
    ...[
      'xchunked',
      'chunked\u000b',
      '\u000cchunked',
      '"chunked"',
      'chunked;a=b',
      'chunked, identity',
      'chu nked',
      'chunked\0',
      ', chunked,,',
      'cow, chunked',
      '',
    ].map((value): [string, string] => [
      `obfuscated as ${JSON.stringify(value)}`,
      `Transfer-Encoding: ${value}\r\n`,
    ]),
    ['obfuscated by a tab before the colon', 'Transfer-Encoding\t: chunked\r\n'],
    ['obfuscated by a fold', 'Transfer-Encoding:\r\n chunked\r\n'],
    ['obfuscated by a line before it', 'X: y\n\rTransfer-Encoding: chunked\r\n'],
  ])('%s is refused', async (_, fields) => {
    const { status, handled } = await say(POST(fields, `0\r\n\r\n${NEXT}`))
    expect([400, 501]).toContain(status)
    expect(handled).toEqual([])
  })
})

describe('a field line', () => {
  it.each([
    ['white space before the colon', 'X : y\r\n', 400],
    ['obs-fold', 'X: y\r\n z\r\n', 400],
    ['a bare CR', 'X: y\rZ: z\r\n', 400],
    ['a bare LF', 'X: y\nZ: z\r\n', 400],
    ['an empty field name', ': y\r\n', 400],
    ['a field name of 64 KiB', `${'x'.repeat(65_536)}: y\r\n`, 431],
    ['a header flood: fields', 'X: y\r\n'.repeat(100_000), 431],
    ['a header flood: bytes', `X: ${'y'.repeat(1_000_000)}\r\n`, 431],
    ['a header flood: without an end', `X: ${'y'.repeat(70_000)}`, 431],
  ])('with %s is refused', async (_, field, expected) => {
    const { status, handled } = await say(`GET / HTTP/1.1\r\nHost: h\r\n${field}\r\n`)
    expect(status).toBe(expected)
    expect(handled).toEqual([])
  })
})

describe('a chunk', () => {
  it.each([
    ['size with a sign: +1', '+1\r\nx\r\n0\r\n\r\n', 400],
    ['size with a sign: -1', '-1\r\nx\r\n0\r\n\r\n', 400],
    ['size with a prefix: 0x1', '0x1\r\nx\r\n0\r\n\r\n', 400],
    ['size that overflows: 2^53', '20000000000000\r\nx\r\n0\r\n\r\n', 413],
    ['size that overflows: 2^63', '8000000000000000\r\nx\r\n0\r\n\r\n', 413],
    ['size that overflows: 2^64', '10000000000000000\r\nx\r\n0\r\n\r\n', 413],
    ['size that overflows: 2^64 + 1', '10000000000000001\r\nx\r\n0\r\n\r\n', 413],
    ['extension flood: one line', `1;${'a'.repeat(20_000)}\r\nx\r\n0\r\n\r\n`, 413],
    ['extension flood: every chunk', `${'1;abcdefgh\r\nx\r\n'.repeat(3_000)}0\r\n\r\n`, 413],
    ['with bytes after its data', '1\r\nxy\r\n0\r\n\r\n', 400],
  ])('%s is refused', async (_, body, expected) => {
    const { client, heard, handled } = talk()
    await client.sendAll(CHUNKED(body + NEXT)).catch(() => {})
    await turns()
    expect(heard()).toMatch(new RegExp(`^HTTP/1\\.1 ${expected} `))
    expect(handled).toEqual([])
  })

  // They can be read, so they are what they say: all that follows is their data.
  it.each([
    ['2^31', '80000000'],
    ['2^32', '100000000'],
    ['2^32 + 1', '100000001'],
    ['2^53 - 1', '1fffffffffffff'],
  ])('size that would overflow elsewhere: %s is not taken for a small one', async (_, size) => {
    const { handled } = await say(CHUNKED(`${size}\r\nx\r\n0\r\n\r\n${NEXT}`))
    expect(handled).toEqual([])
  })
})

describe('Content-Length 2^40 with three bytes', () => {
  const LENGTH = 2 ** 40
  const held = () => process.memoryUsage().arrayBuffers
  it('costs a client three bytes', async () => {
    const before = held()
    const [near, far] = memoryPair()
    const client = new ClientConnection(near, { host: 'h' })
    const asked = client.request('/')
    await far.recv()
    await far.sendAll(`HTTP/1.1 200 OK\r\nContent-Length: ${LENGTH}\r\n\r\nabc`)
    const reading = (await asked).text()
    await turns()
    expect(held() - before).toBeLessThan(50_000_000)
    await far.close()
    await expect(reading).rejects.toMatchObject({
      code: 'ERR_INCOMPLETE_BODY',
      expected: LENGTH,
      received: 3,
    })
  })
  it('is refused by a server, and costs one without a limit three bytes', async () => {
    expect(await say(POST(`Content-Length: ${LENGTH}\r\n`, 'abc'))).toMatchObject({ status: 413 })
    const before = held()
    const limits = { body: Number.POSITIVE_INFINITY }
    const { status, handled } = await say(POST(`Content-Length: ${LENGTH}\r\n`, 'abc'), { limits })
    expect([status, handled]).toEqual([0, []])
    expect(held() - before).toBeLessThan(50_000_000)
  })
})

describe('a client that is slow', () => {
  it('slow headers: a head that drips in is answered 408 in its time', async () => {
    const clock = new FakeClock()
    const { client, heard, server } = talk(answerWell, { clock })
    await client.sendAll('GET / HTTP/1.1\r\nX: ')
    for (let i = 0; i < 32 && client.isOpen; i++) {
      await clock.advance(1_000)
      await client.sendAll('y').catch(() => {})
    }
    await turns()
    expect(heard()).toMatch(/^HTTP\/1\.1 408 /)
    expect(server.stats().errors).toEqual({ ERR_TIMEOUT: 1 })
  })

  it('slow body: see slow-body.test.ts; silence in one ends it, too', async () => {
    const clock = new FakeClock()
    const { client, server } = talk(answerWell, { clock, limits: { bodyRate: 0 } })
    await client.sendAll(POST('Content-Length: 9\r\n', 'abc'))
    await clock.advance(299_000)
    expect(server.stats().connections).toBe(1)
    await clock.advance(3_000)
    expect(server.stats().connections).toBe(0)
  })

  it('slow reader: one that takes nothing of its answer is let go of', async () => {
    const server = await serve(() => new Response(new Uint8Array(50_000_000)) as never, {
      listen: { timeout: { send: 100 } },
    })
    const client = new RawClient((server.address as { port: number }).port)
    open.push(
      () => server.close(),
      () => client.destroy(),
    )
    client.socket.pause()
    client.send(GET())
    await expect.poll(() => server.stats().requests, { timeout: 8_000 }).toBe(1)
    await expect.poll(() => server.stats().connections, { timeout: 8_000 }).toBe(0)
  })
})

describe('responses', () => {
  it('response queue poisoning: a second answer is nobody’s', async () => {
    const [near, far] = memoryPair()
    const client = new ClientConnection(near, { host: 'h' })
    const asked = client.request('/')
    await far.recv()
    const one = 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n'
    await far.sendAll(`${one}one${one}two`)
    expect(await (await asked).text()).toBe('one')
    await expect(client.request('/')).rejects.toMatchObject({ code: 'ERR_CLOSED' })
  })

  it('endless 1xx responses end the exchange', async () => {
    await expect(answered('HTTP/1.1 102 Wait\r\n\r\n'.repeat(1_000))).rejects.toThrow(
      /too many interim responses/,
    )
  })

  it('Expect with a final status: the body stays here, and is no request there', async () => {
    const [near, far] = memoryPair()
    const client = new ClientConnection(near, { host: 'h' })
    const body = NEXT
    const asked = client.request('/', { method: 'POST', headers: { Expect: '100-continue' }, body })
    const head = Buffer.from((await far.recv()) ?? []).toString()
    expect(head).toMatch(/Expect: 100-continue\r\n.*\r\n\r\n$/s)
    await far.sendAll('HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n')
    expect((await asked).status).toBe(417)
    expect(await far.recv()).toBeNull()

    const { client: other, heard } = talk(answerWell, { limits: { body: 1 } })
    await other.sendAll(head)
    await turns()
    expect(heard()).toMatch(/^HTTP\/1\.1 413 .*\r\nConnection: close\r\n/s)
    await other.sendAll(NEXT).catch(() => {})
    await turns()
    expect(heard().match(/HTTP\/1\.1 /g)).toHaveLength(1)
  })
})

describe('Host', () => {
  it.each([
    ['missing', 'GET / HTTP/1.1\r\n\r\n'],
    ['twice', GET('Host: h\r\n')],
    ...[
      'a b',
      'a/b',
      'a@b',
      'a?b',
      'a#b',
      'a:b',
      '[::1',
      // These have the form of a host, and no URL has them.
      'a:99999',
      '1.2.3.4.5',
      'a%zz',
      '[v1.x]',
    ].map((host): [string, string] => [
      `invalid: ${host}`,
      `GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
    ]),
  ])('%s is refused', async (_, bytes) => {
    expect(await say(bytes)).toEqual({ status: 400, handled: [] })
  })
})

describe('a target', () => {
  const located = async (target: string, method = 'GET') => {
    const urls: string[] = []
    const { client, heard } = talk((({ url }: Request) => {
      urls.push(url)
      return new Response('')
    }) as never)
    await client.sendAll(`${method} ${target} HTTP/1.1\r\nHost: h\r\n\r\n`)
    await turns()
    return urls[0] ?? Number(heard().slice(9, 12))
  }
  it.each([
    ['absolute-form', 'http://other/x', 'http://other/x'],
    ['absolute-form of a proxy', 'ftp://user:secret@other/x', 'ftp://user:secret@other/x'],
    ['absolute-form with userinfo', 'http://h@other/x', 400],
    ['absolute-form without a host', 'mailto:a@b', 400],
    ['absolute-form without a host', 'javascript:1', 400],
    ['absolute-form without a host', 'file:///etc/passwd', 400],
    ['absolute-form with a port that is none', 'http://other:99999/', 400],
    ['authority-form', 'other:80', 400],
    ['two slashes in front', '//other/x', 'http://h//other/x'],
  ])('%s: %s is %s', async (_, target, expected) => {
    expect(await located(target)).toBe(expected)
  })
  it('authority-form is CONNECT’s alone, and 501 unless tunnels are asked for', async () => {
    expect(await located('other:80', 'CONNECT')).toBe(501)
    expect(await located('/x', 'CONNECT')).toBe(400)
  })

  it.each(['//evil', '//evil/..//evil', '/%2fevil', '/\\evil', '///evil', '/.//evil'])(
    'open redirect by //: %s leads nowhere else',
    async (target) => {
      const root = mkdtempSync(join(tmpdir(), 'sluice-safety-'))
      open.push(() => rmSync(root, { recursive: true }))
      for (const name of ['evil', 'a']) mkdirSync(join(root, name))
      const { client, heard } = talk(staticFiles(root))
      await client.sendAll(`GET ${target} HTTP/1.1\r\nHost: h\r\n\r\n`)
      await expect.poll(heard).toMatch(/\r\n\r\n/)
      const [, location = '/'] = /^Location: (.*)\r$/m.exec(heard()) ?? []
      expect(new URL(location, 'http://h/').host).toBe('h')
    },
  )
})

it('multipart boundary guessing: no two forms have the same, and none is in what it holds', async () => {
  const seen = new Set<string>()
  const form = new FormData()
  for (let i = 0; i < 200; i++) {
    const response = new Response(form)
    const [, boundary = ''] =
      /boundary=(\S+)$/.exec(response.headers.get('content-type') ?? '') ?? []
    expect(boundary).toMatch(/[0-9a-f]{32}$/)
    expect(seen.has(boundary)).toBe(false)
    seen.add(boundary)
    // What was guessed from the last one stands in the next one as content.
    form.set('guess', `--${boundary}\r\nContent-Disposition: form-data; name="admin"\r\n\r\nyes`)
    const read = await new Response(form).formData()
    expect([...read.keys()]).toEqual(['guess'])
  }
})

describe('throwing callbacks', () => {
  const fail = (what: string) => (): never => {
    throw new Error(what)
  }
  // A connection that is cut off may lose what had left before.
  it.each<[title: string, handler: Handler | (() => unknown), said: RegExp]>([
    ['a handler', fail('handler'), /^HTTP\/1\.1 500 /],
    ['a handler that rejects', async () => fail('handler')(), /^HTTP\/1\.1 500 /],
    ['a handler that gives nothing', () => undefined, /^HTTP\/1\.1 500 /],
    // biome-ignore lint/suspicious/noThenProperty: it is what is looked for.
    ['a promise of its own', () => ({ then: fail('then') }), /^HTTP\/1\.1 500 /],
    ['an object’s getter', () => new Proxy({}, { get: fail('get') }), /^HTTP\/1\.1 500 /],
    [
      'a body stream',
      () => new Response(new ReadableStream({ pull: fail('body') })),
      /^$|^HTTP\/1\.1 200 /,
    ],
    [
      'a body’s iterator',
      () => new Response({ [Symbol.asyncIterator]: fail('iterator') } as never),
      /^$|^HTTP\/1\.1 200 /,
    ],
    ['trailers', () => new Response('', { trailers: fail('trailers') }), /^$|^HTTP\/1\.1 200 /],
    ['an upgrade callback', (_request, info) => info.upgrade(fail('taker')), /^$|^HTTP\/1\.1 101 /],
  ])(
    '%s ends its own exchange, is reported once, and others are served',
    async (_, handler, head) => {
      let reports = 0
      // It throws as well, which nobody hears.
      const onError = (): void => {
        reports++
        throw new Error('report')
      }
      const server = new Server(handler as Handler, { onError })
      open.push(() => server.close())
      for (let i = 1; i < 3; i++) {
        const [client, far] = memoryPair()
        server.handle(far)
        await client.sendAll(GET('Connection: upgrade\r\nUpgrade: x\r\n'))
        const said = Buffer.from((await client.recv().catch(() => null)) ?? []).toString()
        await turns()
        expect(said).toMatch(head)
        expect(reports).toBe(i)
        client.destroy()
      }
      await turns()
      expect(server.stats()).toMatchObject({ connections: 0, inFlight: 0 })
    },
  )

  it('of a client end its own request', async () => {
    const { server } = talk()
    const url = 'http://h/'
    const connect = async () => {
      const [near, far] = memoryPair()
      server.handle(far)
      return near
    }
    const body = new ReadableStream<Uint8Array>({ pull: fail('body') })
    await expect(request(url, { connect, method: 'POST', body })).rejects.toThrow('body')
    await expect(request(url, { connect: fail('connect') })).rejects.toThrow('connect')
    expect(await (await request(url, { connect })).text()).toBe('fine')
  })
})

it('parsers are never told what they did not read: a machine that has refused says the same again', () => {
  const machine = new Http1Machine('server')
  machine.receive(Buffer.from('G\0T / HTTP/1.1\r\n'))
  const [first, second] = [0, 1].map(() => {
    try {
      return machine.next()
    } catch (error) {
      return error
    }
  })
  expect(second).toBe(first)
})
