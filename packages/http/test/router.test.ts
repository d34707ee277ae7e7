import { describe, expect, expectTypeOf, it } from 'vitest'
import { growth, LINEAR } from '../../../scripts/growth.ts'
import { matchPattern, parsePattern, pathOf } from '../src/core/route.ts'
import { type PathParams, Router } from '../src/handlers.ts'
import { type Info, Response } from '../src/index.ts'
import { staticFiles } from '../src/static.ts'
import { connectionPair, inject } from '../src/testing.ts'

describe('a pattern', () => {
  it.each<[pattern: string, path: string, params: Record<string, string> | undefined]>([
    ['/', '/', {}],
    ['/', '/a', undefined],
    ['/a', '/a', {}],
    ['/a', '/A', undefined],
    ['/a', '/a/', undefined],
    ['/a/', '/a', undefined],
    ['/a/', '/a/', {}],
    ['/a/b', '/a', undefined],
    ['/users/:id', '/users/7', { id: '7' }],
    ['/users/:id', '/users/', undefined],
    ['/users/:id', '/users/7/8', undefined],
    ['/users/:id', '/users/a%20b%2Fc', { id: 'a b/c' }],
    ['/users/:id', '/users/%ff', { id: '%ff' }],
    ['/:a/:b', '/1/2', { a: '1', b: '2' }],
    ['/v:major/x', '/v2/x', { major: '2' }],
    ['/v:major/x', '/v/x', undefined],
    ['/:file.json', '/a.b.json', { file: 'a.b' }],
    ['/:file.json', '/.json', undefined],
    ['/a:b.c', '/a.c', undefined],
    ['/:__proto__', '/x', { ['__proto__']: 'x' }],
    ['/café', '/caf%C3%A9', {}],
    ['/a\\:b', '/a:b', {}],
    ['/a\\*', '/a*', {}],
    ['/*', '/', { 0: '' }],
    ['/*', '/a/b', { 0: 'a/b' }],
    ['/files/*', '/files', undefined],
    ['/files/*', '/files/', { 0: '' }],
    ['/files/*', '/files/a/b%20c/', { 0: 'a/b c/' }],
    ['/y/:year?', '/y', {}],
    ['/y/:year?', '/y/2026', { year: '2026' }],
    ['/y/:year?', '/y/', undefined],
    ['/y/:year?', '/y/1/2', undefined],
    ['/d/:path+', '/d', undefined],
    ['/d/:path+', '/d/a', { path: 'a' }],
    ['/d/:path+', '/d/a/b', { path: 'a/b' }],
    ['/d/:path+', '/d/a//b', undefined],
    ['/d/:path*', '/d', {}],
    ['/d/:path*', '/d/a/b', { path: 'a/b' }],
  ])('%s on %s', (pattern, path, params) => {
    const found = matchPattern(parsePattern(pattern), path)
    expect(found && Object.entries(found)).toEqual(params && Object.entries(params))
  })

  it.each([
    ['', /begins with a slash/],
    ['a', /begins with a slash/],
    ['/:', /':' without a name/],
    ['/:1', /':' without a name/],
    ['/:a:b', /two names in one segment/],
    ['/:a/:a', /two names 'a'/],
    ['/*/a', /has '\*' before its end/],
    ['/:a?/b', /has ':a\?' before its end/],
    ['/a*', /has '\*', which has no meaning here/],
    ['/:id(\\d+)', /has '\(', which has no meaning here/],
    ['/{a}?', /has '\{'/],
    ['/x:a+', /has text around ':a\+'/],
  ])('%j is refused in one sentence', (pattern, says) => {
    expect(() => parsePattern(pattern)).toThrow(SyntaxError)
    expect(() => parsePattern(pattern)).toThrow(says)
  })

  it('costs linear time', () => {
    const pattern = parsePattern('/:a.b/:c.d/*')
    const prepare = (length: number) => {
      const path = `/${'x.b'.repeat(length / 6)}/${'.d'.repeat(length / 4)}/`
      return () => {
        for (let i = 0; i < 10; i++) matchPattern(pattern, path)
      }
    }
    // Shorter paths stay in the processor's cache.
    expect(growth(prepare, 262_144)).toBeLessThan(LINEAR)
  })

  it('has the types of its names', () => {
    expectTypeOf<PathParams<'/a/:b/:c.json'>>().toEqualTypeOf<{ b: string; c: string }>()
    expectTypeOf<PathParams<'/:a?'>>().toEqualTypeOf<{ a: string | undefined }>()
    expectTypeOf<PathParams<'/:a+'>>().toEqualTypeOf<{ a: string }>()
    expectTypeOf<PathParams<'/:a*'>>().toEqualTypeOf<{ a: string | undefined }>()
    expectTypeOf<PathParams<'/x/*'>>().toEqualTypeOf<{ 0: string }>()
    // biome-ignore lint/complexity/noBannedTypes: no name, no member.
    expectTypeOf<PathParams<'/x'>>().toEqualTypeOf<{}>()
  })
})

it.each([
  ['http://h', '/'],
  ['http://h/', '/'],
  ['http://h/a?b/c', '/a'],
  ['https://h:1/a/b#c', '/a/b'],
  ['http://h/a//b', '/a//b'],
])('the path of %s is %s', (url, path) => {
  expect(pathOf(url)).toBe(path)
})

describe('a router', () => {
  const say = (text: string) => () => new Response(text) as globalThis.Response
  const router = new Router()
    .get('/', say('home'))
    .get('/users/me', say('me'))
    .get('/users/:id', (_request, { params }) => new Response(`user ${params.id}`) as never)
    .delete('/users/:id', say('deleted'))
    .put('/users/:id', say('put'))
    .patch('/users/:id', say('patched'))
    .post('/users', async (request) => new Response(await request.text(), { status: 201 }) as never)
    .on('PROPFIND', '/dav/*', say('props'))
    .all('/any/*', (request, { params }) => new Response(`${request.method} ${params[0]}`) as never)
    .get('/app/*', { fetch: say('another application') })
    .get('/src/*', staticFiles('packages/http'))

  it.each<[method: string, target: string, status: number, body: string, allow?: string]>([
    ['GET', '/', 200, 'home'],
    ['GET', '/users/me', 200, 'me'],
    ['GET', '/users/7?x=1', 200, 'user 7'],
    ['DELETE', '/users/7', 200, 'deleted'],
    ['PUT', '/users/7', 200, 'put'],
    ['PATCH', '/users/7', 200, 'patched'],
    ['POST', '/users', 201, 'x'],
    ['PROPFIND', '/dav/a', 200, 'props'],
    ['TRACE', '/any/a/b', 200, 'TRACE a/b'],
    ['GET', '/app/x', 200, 'another application'],
    ['GET', '/nowhere', 404, '404 Not Found\n'],
    ['GET', '/users', 405, '405 Method Not Allowed\n', 'OPTIONS, POST'],
    ['POST', '/users/7', 405, '405 Method Not Allowed\n', 'DELETE, GET, HEAD, OPTIONS, PATCH, PUT'],
    ['OPTIONS', '/users/7', 204, '', 'DELETE, GET, HEAD, OPTIONS, PATCH, PUT'],
    ['OPTIONS', '/nowhere', 404, '404 Not Found\n'],
    ['HEAD', '/users/7', 200, ''],
    ['HEAD', '/users', 405, '', 'OPTIONS, POST'],
  ])('%s %s is %i', async (method, target, status, body, allow) => {
    const options = { method, ...(method === 'POST' ? { body: 'x' } : {}) }
    const response = await inject(router, target, options)
    expect([response.status, await response.text(), response.headers.get('allow')]).toEqual([
      status,
      body,
      allow ?? null,
    ])
  })

  it('answers HEAD with the fields of GET', async () => {
    const response = await inject(router, '/users/7', { method: 'HEAD' })
    expect(response.headers.get('content-length')).toBe('6')
  })

  it('hands the info of the server on', async () => {
    const upgrading = new Router().get('/:to', (_request, info) => {
      const { params, target, version, id, localAddress, remoteAddress, tls } = info
      expect([params.to, target, version, tls]).toEqual(['x', '/x', '1.1', undefined])
      expect([typeof id, typeof localAddress, typeof remoteAddress]).toEqual([
        'number',
        'object',
        'object',
      ])
      expect(info.informational(103, { Link: '</a>' })).toBe(true)
      expect([info.bytesSent, info.shutdown, info.completed, info.trailers]).toEqual([
        0,
        expect.any(AbortSignal),
        expect.any(Promise),
        expect.any(Promise),
      ])
      return info.upgrade(async (stream) => void (await stream.sendAll('over')))
    })
    const [client] = connectionPair(upgrading)
    const response = await client.request('/x', {
      headers: { Connection: 'upgrade', Upgrade: 'x' },
    })
    expect(response.status).toBe(101)
    client.destroy()
  })

  it('works without a server, as a fetch handler of any', async () => {
    const response = await router.fetch(new globalThis.Request('http://h/users/7'))
    expect(await response.text()).toBe('user 7')
  })

  it('asks who else may answer', async () => {
    const seen: (Info | undefined)[] = []
    const notFound = (request: globalThis.Request, info: Info) => {
      seen.push(info)
      return new Response(`no ${request.url}`, { status: 404 }) as never
    }
    const response = await inject(new Router({ notFound }), '/x')
    expect([response.status, await response.text()]).toEqual([404, 'no http://localhost/x'])
    expect(seen[0]?.target).toBe('/x')
  })

  it('refuses what is no handler', () => {
    expect(() => new Router().get('/', 1 as never)).toThrow(TypeError)
  })
})
