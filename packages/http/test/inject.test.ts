import { FakeClock } from '@sluice/socket/testing'
import { describe, expect, it, vi } from 'vitest'
import { type Handler, isProtocolError, Response, Server } from '../src/index.ts'
import { connectionPair, inject } from '../src/testing.ts'

const echo: Handler = async (request) =>
  Response.json({
    method: request.method,
    url: request.url,
    type: request.headers.get('content-type'),
    text: await request.text(),
  }) as globalThis.Response

describe('inject()', () => {
  it.each([
    ['a target', '/a?b=1', {}, { method: 'GET', url: 'http://localhost/a?b=1', text: '' }],
    ['a URL', 'http://example.com:81/a', {}, { url: 'http://example.com:81/a' }],
    ['a URL object', new URL('http://example.com/'), {}, { url: 'http://example.com/' }],
    [
      'a body',
      '/',
      { method: 'POST', body: 'x=1', headers: { 'Content-Type': 'text/x' } },
      { method: 'POST', type: 'text/x', text: 'x=1' },
    ],
    [
      'a Request of the platform',
      new globalThis.Request('http://h/p', {
        method: 'PUT',
        body: 'hi',
        headers: { 'Content-Type': 'text/x' },
      }),
      {},
      { method: 'PUT', url: 'http://h/p', text: 'hi', type: 'text/x' },
    ],
    [
      'a Request whose parts are overruled',
      new globalThis.Request('http://h/p', { method: 'PUT', body: 'hi' }),
      { method: 'PATCH' },
      { method: 'PATCH', text: 'hi' },
    ],
  ])('asks with %s', async (_, input, options, expected) => {
    const response = await inject(echo, input, options)
    expect(await response.json()).toMatchObject(expected)
  })

  it('answers what the wire says: length, date, chunks, no body for HEAD', async () => {
    const whole = await inject(() => new Response('hello'), '/')
    expect(whole.headers.raw().map(([name]) => name)).toEqual([
      'Date',
      'Content-Type',
      'Content-Length',
    ])
    const streamed = await inject(() => new Response(new Blob(['a']).stream()), '/')
    expect(streamed.headers.get('transfer-encoding')).toBe('chunked')
    const head = await inject(() => new Response('hello'), '/', { method: 'HEAD' })
    expect([head.headers.get('content-length'), head.body]).toEqual(['5', null])
  })

  it('takes an object with fetch, and a server with its options', async () => {
    expect(await (await inject({ fetch: echo }, '/')).json()).toMatchObject({ method: 'GET' })
    const server = new Server(echo, { limits: { body: 3 } })
    expect((await inject(server, '/', { method: 'POST', body: 'long' })).status).toBe(413)
    expect(server.stats()).toMatchObject({ requests: 1, outcomes: { clientError: 1 } })
    await server.close()
  })

  it('a handler that throws is the 500 of the server, and told to its onError', async () => {
    const onError = vi.fn()
    const fail: Handler = () => {
      throw new Error('no')
    }
    const response = await inject(fail, '/', { server: { onError } })
    expect([response.status, await response.text()]).toEqual([500, '500 Internal Server Error\n'])
    expect(onError).toHaveBeenCalledOnce()
  })

  it('a body can be read while it is made', async () => {
    let go: () => void = () => {}
    const gate = new Promise<void>((resolve) => (go = resolve))
    async function* pieces() {
      yield new TextEncoder().encode('one')
      await gate
      yield new TextEncoder().encode('two')
    }
    const response = await inject(() => new Response(pieces()), '/')
    const reader = (response.body as ReadableStream<Uint8Array>).getReader()
    expect(new TextDecoder().decode((await reader.read()).value)).toBe('one')
    go()
    expect(new TextDecoder().decode((await reader.read()).value)).toBe('two')
    expect((await reader.read()).done).toBe(true)
  })

  it('the handler hears when nobody wants the rest', async () => {
    let aborted: Promise<unknown> | undefined
    const response = await inject((request) => {
      aborted = new Promise((resolve) =>
        request.signal.addEventListener('abort', () => resolve(true)),
      )
      return new Response(new ReadableStream({ pull: (c) => c.enqueue(new Uint8Array(9)) }))
    }, '/')
    await response.body?.cancel()
    expect(await aborted).toBe(true)
  })

  it('lets go of its server when the response has been read', async () => {
    const clock = new FakeClock()
    const response = await inject(echo, '/', { server: { clock } })
    await response.text()
    await vi.waitFor(() => expect(clock.pending).toBe(0), 5000)
  })

  it('ends an upgrade with its head', async () => {
    const response = await inject((_request, info) => info.upgrade(() => {}), '/', {
      headers: { Connection: 'upgrade', Upgrade: 'x' },
    })
    expect([response.status, response.headers.get('upgrade')]).toEqual([101, 'x'])
  })

  it.each([
    ['https://h/', {}, /^inject speaks http: without TLS, not https:$/],
    ['nonsense', {}, /Invalid URL/],
    ['/', { server: { nonsense: 1 } as never }, /there is no option 'nonsense'/],
    ['/', { method: 'G T' }, /G T/],
    ['/', { headers: { a: 'b\r\nc' } }, /can not be sent|field/],
  ])('refuses %s with %j in one sentence', async (input, options, says) => {
    const error = await inject(echo, input, options).catch((reason: unknown) => reason)
    expect((error as Error).message).toMatch(says)
    expect(isProtocolError(error, 'remote')).toBe(false)
  })

  it('refuses options beside a server that has its own', async () => {
    const server = new Server(echo)
    await expect(inject(server, '/', { server: {} })).rejects.toThrow('has its options already')
  })
})

describe('connectionPair()', () => {
  it('carries several requests, in pieces of one byte', async () => {
    const [client, server] = connectionPair(echo, { memory: { chunk: 1 } })
    for (const body of ['a', 'b'])
      expect(await (await client.request('/', { method: 'POST', body })).json()).toMatchObject({
        text: body,
      })
    expect(server.stats()).toMatchObject({ accepted: 1, requests: 2 })
    await client.close()
    await vi.waitFor(() => expect(server.stats().connections).toBe(0))
  })
})
