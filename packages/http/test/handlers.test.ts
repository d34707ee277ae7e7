import * as zlib from 'node:zlib'
import { brotliDecompressSync, createGunzip, gunzipSync } from 'node:zlib'
import { describe, expect, it, vi } from 'vitest'
import {
  type AccessRecord,
  accessLog,
  basicAuth,
  compress,
  cors,
  formatCombined,
  formatJson,
} from '../src/handlers.ts'
import { type Handler, Response, type ResponseInit, Server } from '../src/index.ts'
import { EventStream } from '../src/sse.ts'
import { connectionPair, inject } from '../src/testing.ts'

const LONG = 'Hello, World! '.repeat(1000)
const answer =
  (body: ConstructorParameters<typeof Response>[0], init?: ResponseInit): Handler =>
  () =>
    new Response(body, init) as globalThis.Response
const hasZstd = 'createZstdCompress' in zlib

describe('compress()', () => {
  const ask = (handler: Handler, accept: string | null = 'gzip, br', method = 'GET') =>
    inject(handler, '/', { method, headers: accept === null ? [] : [['Accept-Encoding', accept]] })
  const text = { headers: { 'Content-Type': 'text/plain' } }

  it.each<[accept: string | null, coding: string | null]>([
    ['gzip', 'gzip'],
    ['gzip, br', 'br'],
    ['gzip;q=1, br;q=0.5', 'gzip'],
    ['br;q=0, *', hasZstd ? 'zstd' : 'gzip'],
    ['x-gzip', 'gzip'],
    ['zstd', hasZstd ? 'zstd' : null],
    ['deflate', null],
    ['identity', null],
    ['identity;q=0.5, gzip;q=0.4', null],
    ['gzip;q=0', null],
    ['', null],
    [null, null],
    ['nonsense;;, ,', null],
  ])('Accept-Encoding %j gets %j', async (accept, coding) => {
    const response = await ask(compress(answer(LONG, text)), accept)
    expect(response.headers.get('content-encoding')).toBe(coding)
    expect(response.headers.get('vary')).toBe('Accept-Encoding')
    const bytes = await response.bytes()
    expect(response.headers.get('content-length')).toBe(String(bytes.length))
    if (coding === 'gzip') expect(gunzipSync(bytes).toString()).toBe(LONG)
    else if (coding === 'br') expect(brotliDecompressSync(bytes).toString()).toBe(LONG)
    else if (coding === null) expect(bytes.length).toBe(LONG.length)
  })

  it.each<[title: string, handler: Handler, vary: string | null]>([
    ['a small body', answer('small', text), null],
    ['a picture', answer(LONG, { headers: { 'Content-Type': 'image/png' } }), null],
    ['a body without a type', answer(new TextEncoder().encode(LONG)), null],
    [
      'a body that is coded',
      answer(LONG, { headers: { ...text.headers, 'Content-Encoding': 'br' } }),
      null,
    ],
    [
      'no-transform',
      answer(LONG, { headers: { ...text.headers, 'Cache-Control': 'public, no-transform' } }),
      null,
    ],
    [
      'a range',
      answer(LONG, { status: 206, headers: { ...text.headers, 'Content-Range': 'bytes 0-1/2' } }),
      null,
    ],
    [
      'a body with a digest',
      answer(LONG, { headers: { ...text.headers, 'Content-Digest': 'x' } }),
      null,
    ],
    ['204', answer(null, { status: 204 }), null],
    [
      '304',
      answer(null, { status: 304, headers: { ETag: '"a"', Vary: 'Accept-Encoding' } }),
      'Accept-Encoding',
    ],
    [
      'what gets no smaller',
      answer(crypto.getRandomValues(new Uint8Array(2000)), text),
      'Accept-Encoding',
    ],
    ['no body', answer(null, text), 'Accept-Encoding'],
    ['a redirect of the platform', () => globalThis.Response.redirect('http://h/', 302), null],
  ])('leaves %s alone', async (_, handler, vary) => {
    const plain = await ask(handler)
    const response = await ask(compress(handler))
    const fields = (one: Response) =>
      [...one.headers].filter(([name]) => !/^(?:date|vary)$/.test(name))
    expect(fields(response)).toEqual(fields(plain))
    expect(response.headers.get('vary')).toBe(vary)
    expect([...(await response.bytes())]).toHaveLength((await plain.bytes()).length)
  })

  it('leaves HEAD alone, and says that GET may differ', async () => {
    const response = await ask(compress(answer(LONG, text)), 'gzip', 'HEAD')
    expect([response.headers.get('content-encoding'), response.headers.get('vary')]).toEqual([
      null,
      'Accept-Encoding',
    ])
  })

  it('makes a strong ETag weak, adds to Vary, takes Accept-Ranges back, and keeps the rest', async () => {
    const headers = {
      ...text.headers,
      ETag: '"abc"',
      Vary: 'Origin',
      'Accept-Ranges': 'bytes',
      'X-Mine': '1',
    }
    const response = await ask(compress(answer(LONG, { status: 201, statusText: 'Made', headers })))
    expect(response.status).toBe(201)
    expect(response.statusText).toBe('Made')
    expect(Object.fromEntries(response.headers)).toMatchObject({
      etag: 'W/"abc"',
      vary: 'Origin, Accept-Encoding',
      'x-mine': '1',
    })
    expect(response.headers.has('accept-ranges')).toBe(false)
    const star = await ask(
      compress(answer(LONG, { headers: { ...headers, ETag: 'W/"w"', Vary: '*' } })),
    )
    expect([star.headers.get('etag'), star.headers.get('vary')]).toEqual(['W/"w"', '*'])
  })

  it('codes a streamed body, with its trailers, and the platform’s Response', async () => {
    const body = () => new Blob([LONG]).stream()
    const trailers = () => ({ 'X-After': 'yes' })
    const ours = await ask(
      compress(() => new Response(body(), { ...text, trailers }) as never),
      'gzip',
    )
    expect(gunzipSync(await ours.bytes()).toString()).toBe(LONG)
    expect((await ours.trailers).get('x-after')).toBe('yes')
    expect(ours.headers.get('transfer-encoding')).toBe('chunked')
    const theirs = await ask(
      compress(() => new globalThis.Response(body(), text)),
      'br',
    )
    expect(brotliDecompressSync(await theirs.bytes()).toString()).toBe(LONG)
  })

  it.each(['gzip', 'br', ...(hasZstd ? ['zstd'] : [])])(
    'an event is not held back: %s',
    async (coding) => {
      const events = new EventStream()
      const response = await ask(
        compress(() => events.response as never),
        coding,
      )
      expect(response.headers.get('content-encoding')).toBe(coding)
      const decoder =
        coding === 'gzip'
          ? createGunzip()
          : coding === 'br'
            ? zlib.createBrotliDecompress()
            : (zlib as never as { createZstdDecompress(): zlib.Gunzip }).createZstdDecompress()
      let heard = ''
      decoder.on('data', (bytes) => (heard += bytes))
      void (async () => {
        for await (const bytes of response.body as never as AsyncIterable<Uint8Array>)
          decoder.write(bytes)
        decoder.end()
      })()
      events.send('one')
      await vi.waitFor(() => expect(heard).toBe('data: one\n\n'))
      events.send('two')
      await vi.waitFor(() => expect(heard).toBe('data: one\n\ndata: two\n\n'))
      events.close()
    },
  )

  it('tells a source that its client is gone, and breaks the response when the source breaks', async () => {
    let cancelled: () => void = () => {}
    const gone = new Promise<void>((resolve) => (cancelled = resolve))
    const silent = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(new TextEncoder().encode(LONG)),
      cancel: cancelled,
    })
    const response = await ask(compress(answer(silent, text)))
    const reader = (response.body as ReadableStream<Uint8Array>).getReader()
    await reader.read()
    await reader.cancel()
    await gone
    const onError = vi.fn()
    let fail: () => void = () => {}
    const failing = new Promise<void>((resolve) => (fail = resolve))
    async function* breaks() {
      yield new TextEncoder().encode(LONG)
      await failing
      throw new Error('no more')
    }
    const broken = await inject(compress(answer(breaks(), text)), '/', {
      headers: { 'Accept-Encoding': 'gzip' },
      server: { onError },
    })
    fail()
    await expect(broken.bytes()).rejects.toThrow()
    expect(String(onError.mock.calls[0]?.[0])).toBe('Error: no more')
  })

  it('lets an upgrade pass, and what is no response fail as it would', async () => {
    const upgrading = compress((_request, info) => info.upgrade(() => {}))
    const headers = { Connection: 'upgrade', Upgrade: 'x', 'Accept-Encoding': 'gzip' }
    expect((await inject(upgrading, '/', { headers })).status).toBe(101)
    const onError = vi.fn()
    const nothing = compress((() => undefined) as never)
    expect((await inject(nothing, '/', { server: { onError } })).status).toBe(500)
    expect(onError).toHaveBeenCalledOnce()
  })

  it('takes other codings, sizes and types', async () => {
    const handler = answer('{}', { headers: { 'Content-Type': 'x/y' } })
    const options = {
      minimum: 0,
      types: (type: string) => type === 'x/y',
      codings: ['gzip'] as const,
    }
    const response = await ask(compress({ fetch: handler }, options), 'br, gzip')
    // Two bytes get no smaller: what says that it was tried is Vary.
    expect([response.headers.get('content-encoding'), response.headers.get('vary')]).toEqual([
      null,
      'Accept-Encoding',
    ])
    expect(() => compress(handler, { codings: ['deflate' as never] })).toThrow(
      'there is no coding "deflate"',
    )
    expect(() => compress(handler, { minimum: -1 })).toThrow(RangeError)
    expect(() => compress(handler, { level: 9 } as never)).toThrow("there is no option 'level'")
  })
})

describe('accessLog()', () => {
  const record: AccessRecord = {
    time: Date.UTC(2026, 10, 25, 5),
    address: '::1',
    user: null,
    method: 'GET',
    version: '1.0',
    target: '/"x\n',
    status: 200,
    bytes: 0,
    isComplete: true,
    referer: null,
    agent: 'a\r\nb',
    elapsed: 1,
  }

  it('has a record that can not break out of its line', () => {
    expect(formatCombined(record)).toBe(
      '::1 - - [25/Nov/2026:05:00:00 +0000] "GET /\\"x\\x0a HTTP/1.0" 200 - "-" "a\\x0d\\x0ab"',
    )
    expect(formatCombined({ ...record, user: 'a "b\n', bytes: 5, referer: 'http://h/' })).toBe(
      '::1 - a\\x20\\"b\\x0a [25/Nov/2026:05:00:00 +0000] "GET /\\"x\\x0a HTTP/1.0" 200 5 "http://h/" "a\\x0d\\x0ab"',
    )
    expect(formatCombined({ ...record, user: '€\u009b' })).toContain(' - \\u20ac\\x9b [')
    const json = formatJson({ ...record, agent: '\u001b[\u009b31m\u202e' })
    expect(json).toContain('"agent":"\\u001b[\\u009b31m\\u202e"')
    expect(JSON.parse(json)).toMatchObject({ agent: '\u001b[\u009b31m\u202e' })
    expect(JSON.parse(formatJson(record))).toMatchObject({
      time: '2026-11-25T05:00:00.000Z',
      target: '/"x\n',
    })
  })

  async function logOf(
    handler: Handler,
    ask: (to: Handler) => Promise<unknown>,
  ): Promise<AccessRecord> {
    const records: AccessRecord[] = []
    const format = (one: AccessRecord) => {
      records.push(one)
      return undefined
    }
    await ask(accessLog(handler, { format }))
    await vi.waitFor(() => expect(records).toHaveLength(1))
    return records[0] as AccessRecord
  }
  const get = async (handler: Handler) =>
    (
      await inject(handler, '/a?b', {
        headers: { Referer: 'r', 'User-Agent': 'u' },
        server: { onError: () => {} },
      })
    ).text()

  it.each<[title: string, handler: Handler, expected: Partial<AccessRecord>]>([
    ['a text', answer('hello'), { status: 200, bytes: 5 }],
    ['bytes', answer(new Uint8Array(20_000)), { status: 200, bytes: 20_000 }],
    [
      'a stream',
      () => new Response(new Blob(['abc']).stream()) as never,
      { status: 200, bytes: 3 },
    ],
    ['nothing', answer(null, { status: 204 }), { status: 204, bytes: 0 }],
    [
      'a handler that throws',
      () => {
        throw new Error('no')
      },
      { status: 500, bytes: 26 },
    ],
  ])('tells of %s', async (_, handler, expected) => {
    expect(await logOf(handler, get)).toMatchObject({
      method: 'GET',
      target: '/a?b',
      version: '1.1',
      referer: 'r',
      agent: 'u',
      user: null,
      isComplete: true,
      ...expected,
    })
  })

  it('tells of HEAD that nothing was sent', async () => {
    const head = async (handler: Handler) => inject(handler, '/', { method: 'HEAD' })
    expect(await logOf(answer('hello'), head)).toMatchObject({ status: 200, bytes: 0 })
  })

  it('tells of a client that was lost, and how far it came', async () => {
    const events = new EventStream()
    const leave = async (handler: Handler) => {
      const response = await inject(handler, '/')
      const reader = (response.body as ReadableStream<Uint8Array>).getReader()
      events.send('one')
      await reader.read()
      await reader.cancel()
    }
    expect(await logOf(() => events.response as never, leave)).toMatchObject({
      status: 200,
      bytes: 11,
      isComplete: false,
    })
  })

  it('tells the name that got in, and not the one that did not', async () => {
    const guarded = basicAuth(answer('x'), { users: { ada: 'secret' } })
    const as = (password: string) => async (handler: Handler) =>
      (
        await inject(handler, '/', {
          headers: { Authorization: `Basic ${btoa(`ada:${password}`)}` },
        })
      ).text()
    expect(await logOf(guarded, as('secret'))).toMatchObject({ status: 200, user: 'ada' })
    expect(await logOf(guarded, as('wrong'))).toMatchObject({ status: 401, user: null })
  })

  it('a log that fails is no failure of the server', async () => {
    const failing = () => {
      throw new Error('disk full')
    }
    expect((await inject(accessLog(answer('x'), { write: failing }), '/')).status).toBe(200)
    const lines: string[] = []
    await (await inject(accessLog(answer('x'), { write: (line) => lines.push(line) }), '/')).text()
    await vi.waitFor(() =>
      expect(lines[0]).toMatch(/^- - - \[.*\] "GET \/ HTTP\/1\.1" 200 1 "-" "-"$/),
    )
    expect(() => accessLog(answer('x'), { format: 'apache' as never })).toThrow(
      'format is combined, json or a function, not apache',
    )
    expect(() => accessLog(answer('x'), { nonsense: 1 } as never)).toThrow(
      "there is no option 'nonsense'",
    )
  })
})

describe('cors()', () => {
  const page = 'https://page.example'
  const preflight = {
    Origin: page,
    'Access-Control-Request-Method': 'PUT',
    'Access-Control-Request-Headers': 'x-a, x-b',
  }
  const fields = (response: Response) =>
    Object.fromEntries(
      [...response.headers].filter(([name]) => /^(?:access-control|vary)/.test(name)),
    )

  it.each<
    [
      title: string,
      options: Parameters<typeof cors>[1],
      headers: Record<string, string>,
      method: string,
      expected: Record<string, string>,
    ]
  >([
    ['everybody', {}, { Origin: page }, 'GET', { 'access-control-allow-origin': '*' }],
    ['who says no origin', {}, {}, 'GET', { 'access-control-allow-origin': '*' }],
    [
      'one origin',
      { origin: page },
      { Origin: page },
      'GET',
      { 'access-control-allow-origin': page, vary: 'Origin' },
    ],
    [
      'another origin',
      { origin: page },
      { Origin: 'https://other.example' },
      'GET',
      { vary: 'Origin' },
    ],
    ['no origin where one is named', { origin: page }, {}, 'GET', { vary: 'Origin' }],
    [
      'one of several',
      { origin: ['https://a.example', page] },
      { Origin: page },
      'GET',
      { 'access-control-allow-origin': page, vary: 'Origin' },
    ],
    [
      'who a function knows',
      { origin: (one) => one.endsWith('.example') },
      { Origin: page },
      'GET',
      { 'access-control-allow-origin': page, vary: 'Origin' },
    ],
    [
      'credentials, and fields to read',
      { origin: page, credentials: true, exposed: ['X-A', 'X-B'] },
      { Origin: page },
      'GET',
      {
        'access-control-allow-origin': page,
        'access-control-allow-credentials': 'true',
        'access-control-expose-headers': 'X-A, X-B',
        vary: 'Origin',
      },
    ],
    [
      'a question beforehand',
      {},
      preflight,
      'OPTIONS',
      {
        'access-control-allow-origin': '*',
        'access-control-allow-methods': 'PUT',
        'access-control-allow-headers': 'x-a, x-b',
      },
    ],
    [
      'a question, with rules',
      { methods: ['PUT', 'DELETE'], headers: ['X-A'], maxAge: 60 },
      preflight,
      'OPTIONS',
      {
        'access-control-allow-origin': '*',
        'access-control-allow-methods': 'PUT, DELETE',
        'access-control-allow-headers': 'X-A',
        'access-control-max-age': '60',
      },
    ],
    [
      'a question of another origin',
      { origin: 'https://a.example' },
      preflight,
      'OPTIONS',
      { vary: 'Origin' },
    ],
  ])('answers %s', async (_, options, headers, method, expected) => {
    const next = vi.fn(answer('x'))
    const response = await inject(cors(next, options), '/', { method, headers })
    expect(fields(response)).toEqual(expected)
    expect([response.status, next.mock.calls.length]).toEqual(
      method === 'OPTIONS' ? [204, 0] : [200, 1],
    )
  })

  it('hands an OPTIONS that is no question on', async () => {
    const response = await inject(cors(answer('mine')), '/', {
      method: 'OPTIONS',
      headers: { Origin: page },
    })
    expect(await response.text()).toBe('mine')
  })

  it('refuses credentials for everybody', () => {
    expect(() => cors(answer('x'), { credentials: true })).toThrow(/browsers refuse '\*'/)
  })
})

describe('basicAuth()', () => {
  const as = (pair: string) => ({
    headers: { Authorization: `Basic ${Buffer.from(pair).toString('base64')}` },
  })

  it.each([
    [{ ada: 'secret', bob: 'pass:word' }],
    [
      async (name: string, password: string) =>
        /^(?:ada:secret|bob:pass:word)$/.test(`${name}:${password}`),
    ],
  ])('lets in who knows', async (users) => {
    const handler = basicAuth(answer('in'), { users, realm: 'a "b"' })
    expect((await inject(handler, '/', as('ada:secret'))).status).toBe(200)
    expect((await inject(handler, '/', as('bob:pass:word'))).status).toBe(200)
    for (const wrong of ['ada:', 'ada:pass:word', ':', 'ada', 'eve:secret'])
      expect((await inject(handler, '/', as(wrong))).status).toBe(401)
    const response = await inject(handler, '/')
    expect([response.status, response.headers.get('www-authenticate')]).toEqual([
      401,
      'Basic realm="a \\"b\\"", charset="UTF-8"',
    ])
  })

  it('refuses what makes no sense', () => {
    expect(() => basicAuth(answer('x'), { users: 1 as never })).toThrow(TypeError)
    expect(() => basicAuth(answer('x'), { users: { 'a:b': 'c' } })).toThrow(/a name has no colon/)
    expect(() => basicAuth(answer('x'), { users: {}, realm: 'a\n' })).toThrow(RangeError)
  })
})

it('wrappers nest, and frameworks fit in', async () => {
  const lines: string[] = []
  const server = new Server(
    accessLog(cors(compress({ fetch: answer(LONG) })), { write: (line) => lines.push(line) }),
  )
  const [client] = connectionPair(server)
  const response = await client.request('/', { decode: true })
  expect([await response.text(), response.headers.get('access-control-allow-origin')]).toEqual([
    LONG,
    '*',
  ])
  await vi.waitFor(() => expect(lines).toHaveLength(1))
  await client.close()
})
