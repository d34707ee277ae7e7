import { Response } from '@sluice/http'
import { describe, expect, test } from 'vitest'
import { Client, fetch, historyOf, type Middleware } from '../src/index.ts'
import { client, server } from './kit.ts'

const redirect = (status: number, location: string) =>
  new Response(null, { status, headers: { Location: location } })

describe('middleware', () => {
  test('sees each fetch once, the first one outermost, redirects behind it', async () => {
    const to = await server((request) =>
      request.url.endsWith('/a') ? redirect(302, '/b') : new Response(request.headers.get('x')),
    )
    const seen: string[] = []
    const note =
      (name: string): Middleware =>
      async (request, next) => {
        seen.push(`${name} ${request.url.pathname}`)
        const headers = new (request.headers.constructor as typeof Headers)(request.headers)
        headers.append('X', name)
        return next({ ...request, headers: headers as typeof request.headers })
      }
    const one = client({ use: [note('one'), note('two')] })
    expect(await (await one.fetch(`${to.url}a`)).text()).toBe('one, two')
    expect(seen).toEqual(['one /a', 'two /a'])
  })

  test('may answer itself', async () => {
    const one = client({ use: [async () => new Response('mine')] })
    expect(await (await one.fetch('http://127.0.0.1:9/')).text()).toBe('mine')
  })

  test('may change what it is given, for this one fetch', async () => {
    const to = await server(
      (request) => new Response(`${new URL(request.url).pathname} ${request.headers.get('x')}`),
    )
    let calls = 0
    const careless: Middleware = (request, next) => {
      if (++calls === 1) {
        request.url.pathname = '/changed'
        request.headers.set('X', 'secret')
      }
      return next(request)
    }
    const one = client({ use: [careless] })
    expect(await (await one.fetch(`${to.url}a`)).text()).toBe('/changed secret')
    expect(await (await one.fetch(`${to.url}a`)).text()).toBe('/a null')
    expect(await (await fetch(`${to.url}a`)).text()).toBe('/a null')
  })

  test('of a wrong kind is refused when the client is made', () => {
    expect(() => new Client({ use: ['x'] as never })).toThrow(/^Client: use must hold functions$/)
    expect(() => new Client({ use: {} as never })).toThrow(/array/)
  })
})

describe('schemes', () => {
  test('are added, replaced, and taken away', async () => {
    const one = client({
      schemes: {
        'memo:': async ({ url }) => new Response(`memo ${url.pathname}`),
        'file:': null,
        'data:': async () => new Response('replaced'),
      },
    })
    expect(await (await one.fetch('memo:hello')).text()).toBe('memo hello')
    expect(await (await one.fetch('data:,x')).text()).toBe('replaced')
    await expect(one.fetch('file:///etc/hosts')).rejects.toThrow(
      /no handler for file: URLs; there are http:, https:, ftp:, data:, memo:/,
    )
  })

  test('are not led to by a redirect', async () => {
    const to = await server(() => redirect(302, 'memo:secret'))
    const one = client({ schemes: { 'memo:': async () => new Response('no') } })
    await expect(one.fetch(to.url)).rejects.toMatchObject({ code: 'ERR_REDIRECT' })
  })

  test.each([['memo'], ['MEMO:'], ['http://']])('%s is no scheme', (scheme) => {
    expect(() => new Client({ schemes: { [scheme]: null } })).toThrow(/^Client: a scheme/)
  })
})

test('the redirects of a response are told, and its class stays faithful', async () => {
  const to = await server((request) => {
    const { pathname } = new URL(request.url)
    if (pathname === '/1') return redirect(301, '/2')
    return pathname === '/2' ? redirect(307, '/3') : new Response('end')
  })
  const response = await fetch(`${to.url}1`)
  expect(historyOf(response).map(({ status, url }) => [status, url])).toEqual([
    [301, `${to.url}1`],
    [307, `${to.url}2`],
  ])
  expect(historyOf(response)[0]?.headers.get('location')).toBe('/2')
  expect(historyOf(response)[0]?.statusText).toBe('Moved Permanently')
  expect(Object.keys(response)).not.toContain('history')
  await response.body?.cancel()
  expect(historyOf(await fetch('data:,x'))).toEqual([])
})

test('a jar that changes the URL it is asked about changes no fetch', async () => {
  const to = await server((request) => new Response(new URL(request.url).pathname))
  const jar = {
    header(url: URL) {
      url.pathname = '/changed'
      return ''
    },
    set() {},
  }
  const one = client({ cookies: jar })
  for (let i = 0; i < 2; i++) expect(await (await one.fetch(`${to.url}a`)).text()).toBe('/a')
})

test('a function makes the body again for each hop', async () => {
  const got: string[] = []
  const to = await server(async (request) => {
    got.push(await request.text())
    return request.url.endsWith('/a') ? redirect(307, '/b') : new Response('ok')
  })
  let made = 0
  const body = () => new Response(`body ${++made}`).body as ReadableStream<Uint8Array<ArrayBuffer>>
  await (await fetch(`${to.url}a`, { method: 'POST', body })).text()
  expect(got).toEqual(['body 1', 'body 2'])
})
