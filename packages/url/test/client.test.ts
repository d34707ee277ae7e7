import { gzipSync } from 'node:zlib'
import { type Handler, Response, type Server, serve } from '@sluice/http'
import { serve as serveSocket } from '@sluice/socket/server'
import { makeAuthority, makeCertificate } from '@sluice/socket/testing'
import { describe, expect, test } from 'vitest'
import { Client, fetch } from '../src/index.ts'
import { client, open } from './kit.ts'

async function server(handler: Handler, options = {}): Promise<Server> {
  const made = await serve(handler, options)
  open.push(made)
  return made
}

const reply = (text: string, init = {}) => new Response(text, init) as globalThis.Response

describe('a client', () => {
  test('resolves against its base, and keeps its connections', async () => {
    const to = await server((request) => reply(new URL(request.url).pathname))
    const one = client({ base: `${to.url}api/` })
    for (const [input, path] of [
      ['users', '/api/users'],
      ['/top', '/top'],
      ['../x', '/x'],
    ] as const)
      expect(await (await one.fetch(input)).text()).toBe(path)
    expect(to.stats()).toMatchObject({ accepted: 1, requests: 3 })
    expect(() => new Client({ base: 'nonsense' })).toThrow(TypeError)
  })

  test('adds its fields, and those of the call win', async () => {
    const to = await server((request) =>
      reply(['a', 'b', 'c'].map((name) => request.headers.get(name)).join('|')),
    )
    const one = client({ headers: { A: 'client', B: 'client' } })
    expect(await (await one.fetch(to.url, { headers: { b: 'call', c: 'call' } })).text()).toBe(
      'client|call|call',
    )
    expect(await (await one.fetch(to.url)).text()).toBe('client|client|')
  })

  test('says what becomes of redirects, also to a Request that does not', async () => {
    const to = await server(() => reply('', { status: 302, headers: { Location: '/' } }))
    const one = client({ redirect: 'manual' })
    expect((await one.fetch(to.url)).status).toBe(302)
    expect((await one.fetch(new globalThis.Request(to.url))).status).toBe(302)
    const own = new globalThis.Request(to.url, { redirect: 'error' })
    await expect(one.fetch(own)).rejects.toMatchObject({ code: 'ERR_REDIRECT' })
  })

  test('speaks https, with its own trust; a fetch of another trust goes its own way', async () => {
    const authority = makeAuthority()
    const leaf = makeCertificate({ name: 'leaf', names: ['127.0.0.1'], issuer: authority })
    const to = await server(() => reply('secret'), { tls: { cert: leaf.cert, key: leaf.key } })
    const one = client({ tls: { ca: authority.cert } })
    for (let i = 0; i < 2; i++) expect(await (await one.fetch(to.url)).text()).toBe('secret')
    expect(await (await fetch(to.url, { tls: { ca: authority.cert } })).text()).toBe('secret')
    await expect(fetch(to.url)).rejects.toThrow(
      /^GET https:\/\/127\.0\.0\.1:\d+\/: .*(issuer|signed)/,
    )
    expect(to.stats().requests).toBe(3)
  })

  test('undoes content codings, unless it is not to', async () => {
    const coded = gzipSync('unfolded')
    const to = await server(
      () => new Response(coded, { headers: { 'Content-Encoding': 'gzip' } }) as globalThis.Response,
    )
    expect(await (await fetch(to.url)).text()).toBe('unfolded')
    const raw = await (await fetch(to.url, { decode: false })).arrayBuffer()
    expect(Buffer.from(raw).equals(coded)).toBe(true)
  })

  test('goes through the proxy of its environment, and past it where that says so', async () => {
    const seen: string[] = []
    const proxy = await serveSocket(async (connection) => {
      const head = Buffer.from((await connection.recvUntil('\r\n\r\n')) ?? []).toString()
      seen.push(head.split('\r\n', 1)[0] ?? '')
      await connection.sendAll('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nproxy')
      await connection.recv()
    })
    open.push(proxy)
    const { port } = proxy.address as { port: number }
    const one = client({ env: { http_proxy: `127.0.0.1:${port}`, no_proxy: 'direct.test' } })
    expect(await (await one.fetch('http://far.test/x?y')).text()).toBe('proxy')
    await expect(one.fetch('http://direct.test:1/')).rejects.toThrow(
      /ENOTFOUND|EAI_AGAIN|ECONNREFUSED/,
    )
    const to = await server(() => reply('direct'))
    expect(await (await one.fetch(to.url)).text()).toBe('direct')
    await expect(one.fetch('http://far.test:1/', { proxy: false })).rejects.toThrow(
      /ENOTFOUND|EAI_AGAIN/,
    )
    expect(seen).toEqual(['GET http://far.test/x?y HTTP/1.1'])
  })

  test.each([
    'http://[bad',
    'http://127.0.0.1:99999',
    'ftp://127.0.0.1:1',
    'socks9://127.0.0.1:1',
    'http://a b/',
    'http://me%zz:secret@127.0.0.1:1',
    '127.0.0.1:1\r\nX: y',
  ])('says who named a proxy that is none: %j', async (proxy) => {
    const env = { http_proxy: proxy }
    const told = {
      code: 'ERR_INVALID_URL',
      message: expect.stringMatching(/^proxy for .*is no URL/),
    }
    const failed = await client({ env })
      .fetch('http://a.test/')
      .catch((error) => error)
    expect(failed).toMatchObject(told)
    expect(failed.message).toContain('http_proxy says')
    expect(failed.message).not.toContain('secret')
    await expect(client({ proxy }).fetch('https://a.test/')).rejects.toMatchObject(told)
    await expect(client({}).fetch('http://a.test/', { proxy })).rejects.toMatchObject(told)
  })

  test('is finished after close()', async () => {
    const to = await server(() => reply('x'))
    const one = client({})
    await (await one.fetch(to.url)).text()
    await one.close()
    const own = { allowAddress: () => true }
    for (const [url, options] of [
      [to.url, {}],
      [to.url, own],
      ['data:,Hello', {}],
      [import.meta.url, {}],
      ['ftp://127.0.0.1:1/', {}],
    ] as const)
      await expect(one.fetch(url, options)).rejects.toMatchObject({ code: 'ERR_CLOSED' })
  })

  test.each([[{ timeout: -1 }], [{ bases: 'x' }], [{ method: 'GET' }], [{ signal: 1 }]])(
    'options %j are refused',
    (options) => {
      expect(() => new Client(options as never)).toThrow(
        /^Client: (there is no option|timeout takes)/,
      )
    },
  )
})
