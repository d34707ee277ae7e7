import { existsSync, mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Handler, type Server, serve } from '@sluice/http'
import { fetch, isFetchError } from '@sluice/url'
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest'

const folder = mkdtempSync(join(tmpdir(), 'sluice-url-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const open: { close(): unknown }[] = []
afterEach(async () => {
  for (const one of open.splice(0)) await one.close()
})
async function server(handler: Handler): Promise<Server> {
  const made = await serve(handler, { target: '127.0.0.1:0' })
  open.push(made)
  return made
}
/** A peer that answers every connection with these bytes, and then finishes (or not). */
async function raw(answer: string, finish = true): Promise<string> {
  const peer = net.createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => {
      socket.write(answer, 'latin1')
      if (finish) socket.end()
    })
  })
  await new Promise<void>((resolve) => peer.listen(0, '127.0.0.1', resolve))
  open.push(peer)
  return `http://127.0.0.1:${(peer.address() as net.AddressInfo).port}`
}
async function rejection(promise: Promise<unknown>): Promise<Error> {
  return promise.then(
    () => {
      throw new Error('expected a rejection')
    },
    (error: Error) => error,
  )
}

describe('http:', () => {
  test('gives the response, with its URL and without the fragment', async () => {
    const { url } = await server((request) =>
      Response.json({ method: request.method, url: request.url }),
    )
    const response = await fetch(`${url}path?q=1#part`)
    expect(response.url).toBe(`${url}path?q=1`)
    expect(response.status).toBe(200)
    expect(response.redirected).toBe(false)
    expect(response instanceof globalThis.Response).toBe(true)
    expect(await response.json()).toEqual({ method: 'GET', url: `${url}path?q=1` })
  })
  test('sends method, fields and body; takes a platform Request as well', async () => {
    const { url } = await server(async (request) =>
      Response.json([request.method, request.headers.get('x-a'), await request.text()]),
    )
    const first = await fetch(url, { method: 'post', headers: { 'X-A': '1' }, body: 'hello' })
    expect(await first.json()).toEqual(['POST', '1', 'hello'])
    const request = new Request(url, {
      method: 'PUT',
      headers: { 'X-A': '2' },
      body: 'again',
      duplex: 'half',
    } as RequestInit)
    expect(await (await fetch(request)).json()).toEqual(['PUT', '2', 'again'])
  })
  test('an error status is an answer, not an error', async () => {
    const { url } = await server(() => new Response('no', { status: 404 }))
    const response = await fetch(url)
    expect([response.status, response.ok, await response.text()]).toEqual([404, false, 'no'])
  })
})

describe('redirects', () => {
  async function chain(): Promise<Server> {
    return server(async (request) => {
      const { pathname } = new URL(request.url)
      const [, status, next] = /^\/(\d+)(\/.*)$/.exec(pathname) ?? []
      if (status !== undefined && next !== undefined)
        return new Response('elsewhere', { status: Number(status), headers: { Location: next } })
      if (pathname === '/loop')
        return new Response(null, { status: 302, headers: { Location: '/loop' } })
      return Response.json([
        request.method,
        request.headers.get('content-type'),
        await request.text(),
      ])
    })
  }
  test('are followed with the method and body that the status asks for', async () => {
    const { url } = await chain()
    const post = { method: 'POST', body: 'data', headers: { 'Content-Type': 'text/x' } }
    expect(await (await fetch(`${url}301/302/end`)).json()).toEqual(['GET', null, ''])
    expect(await (await fetch(`${url}303/end`, post)).json()).toEqual(['GET', null, ''])
    const kept = await fetch(`${url}307/308/end`, post)
    expect(await kept.json()).toEqual(['POST', 'text/x', 'data'])
    expect(kept.redirected).toBe(true)
    expect(kept.url).toBe(`${url}end`)
  })
  test('manual hands them out, error rejects, loops end', async () => {
    const { url } = await chain()
    expect((await fetch(`${url}302/end`, { redirect: 'manual' })).status).toBe(302)
    expect((await rejection(fetch(`${url}302/end`, { redirect: 'error' }))).message).toContain(
      "and redirect is 'error'",
    )
    const error = await rejection(fetch(`${url}loop`))
    expect(error.message).toContain('redirected more than 20 times (ERR_REDIRECT, phase redirect)')
    expect(error).toBeInstanceOf(TypeError)
  })
  test('share one total: a server can not start it anew', async () => {
    const { url } = await server(async (request) => {
      await new Promise((resolve) => setTimeout(resolve, 60))
      const n = Number(new URL(request.url).pathname.slice(1))
      return new Response(null, { status: 302, headers: { Location: `/${n + 1}` } })
    })
    const error = await rejection(fetch(`${url}0`, { timeout: 150 }))
    expect(isFetchError(error, 'ERR_TIMEOUT')).toBe(true)
    expect(error.message).toContain('phase total')
  })
  test('secrets do not follow to another origin', async () => {
    const seen: (string | null)[] = []
    const other = await server((request) => {
      seen.push(
        request.headers.get('authorization'),
        request.headers.get('cookie'),
        request.headers.get('host') === 'inside' ? 'inside' : null,
        request.headers.get('x-kept'),
      )
      return new Response('ok')
    })
    const { url } = await server(
      () => new Response(null, { status: 302, headers: { Location: other.url } }),
    )
    await (
      await fetch(url, {
        headers: { Authorization: 'Basic x', Cookie: 'a=b', Host: 'inside', 'X-Kept': 'yes' },
      })
    ).text()
    expect(seen).toEqual([null, null, null, 'yes'])
  })
  test('do not lead to a local file', async () => {
    const { url } = await server(
      () => new Response(null, { status: 302, headers: { Location: 'file:///etc/passwd' } }),
    )
    expect((await rejection(fetch(url))).message).toContain(
      'redirected to a file: URL, which is not followed',
    )
  })
})

describe('file:', () => {
  test('streams a file, with its length', async () => {
    const path = join(folder, 'a b.bin')
    const data = Uint8Array.from({ length: 200_000 }, (_, i) => i & 0xff)
    writeFileSync(path, data)
    const response = await fetch(pathToFileURL(path))
    expect(response.headers.get('content-length')).toBe('200000')
    expect(response.url).toBe(pathToFileURL(path).href)
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(data)
    const head = await fetch(pathToFileURL(path), { method: 'HEAD' })
    expect([head.headers.get('content-length'), await head.text()]).toEqual(['200000', ''])
    const given = await fetch(pathToFileURL(path))
    await given.body?.cancel()
  })
  test.each([
    ['missing', 'file:///nowhere/at/all', /: no such file \(ENOENT, phase open\)$/],
    ['a folder', pathToFileURL(tmpdir()).href, /is a directory \(EISDIR, phase open\)/],
    ['a device', 'file:///dev/zero', /not a regular file \(ERR_UNSUPPORTED, phase open\)/],
    ['another machine', 'file://elsewhere/x', /names a file of another machine/],
    ['an escaped slash', 'file:///etc%2Fpasswd', /escaped separator/],
  ])('%s is one sentence', async (_what, url, says) => {
    const error = await rejection(fetch(url))
    expect(error.message).toMatch(says)
    expect(isFetchError(error)).toBe(true)
  })
  /** How many descriptors of ours are open on a file; 0 where nobody tells. */
  const openOn = (path: string): number =>
    existsSync('/proc/self/fd')
      ? readdirSync('/proc/self/fd').filter((fd) => {
          try {
            return readlinkSync(`/proc/self/fd/${fd}`) === path
          } catch {
            return false
          }
        }).length
      : 0
  const closed = (path: string): Promise<void> =>
    vi.waitFor(() => expect(openOn(path)).toBe(0), { timeout: 10_000, interval: 5 })
  test('an abort closes the file', async () => {
    const path = join(folder, 'long.bin')
    writeFileSync(path, new Uint8Array(300_000))
    const controller = new AbortController()
    const response = await fetch(pathToFileURL(path), { signal: controller.signal })
    const reader = response.body?.getReader()
    expect((await reader?.read())?.value?.length).toBeGreaterThan(0)
    if (existsSync('/proc/self/fd')) expect(openOn(path)).toBe(1)
    controller.abort(new Error('enough'))
    await closed(path)
    expect((await rejection(reader?.read() as Promise<unknown>)).message).toBe('enough')
    const late = new AbortController()
    const unread = await fetch(pathToFileURL(path), { signal: late.signal })
    late.abort(new Error('too late'))
    expect((await rejection(unread.text())).message).toBe('too late')
  })
  test('timeout.total ends its body too, and closes the file', async () => {
    const path = join(folder, 'slow.bin')
    writeFileSync(path, new Uint8Array(300_000))
    const response = await fetch(pathToFileURL(path), { timeout: { total: 300 } })
    const reader = response.body?.getReader()
    expect((await reader?.read())?.value?.length).toBeGreaterThan(0)
    await new Promise((resolve) => setTimeout(resolve, 350))
    // Nobody reads: it is the time that closes it.
    await closed(path)
    expect((await rejection(reader?.read() as Promise<unknown>)).message).toMatch(
      /^GET file:.*: no result within 300 ms \(ERR_TIMEOUT, phase total\)$/,
    )
    const late = await fetch(pathToFileURL(path), { timeout: 300 })
    await new Promise((resolve) => setTimeout(resolve, 350))
    expect((await rejection(late.text())).message).toMatch(/ERR_TIMEOUT, phase total/)
  })
  test('a body that nobody reads holds no descriptor', async () => {
    const path = join(folder, 'unread.bin')
    writeFileSync(path, 'not to be read')
    const responses = []
    for (let i = 0; i < 50; i++) responses.push(await fetch(pathToFileURL(path)))
    expect(openOn(path)).toBe(0)
    expect(await responses[0]?.text()).toBe('not to be read')
    expect(openOn(path)).toBe(0)
  })
  test('a file that changed before its body was read is told, since its length was', async () => {
    const path = join(folder, 'changing.bin')
    writeFileSync(path, 'short')
    const response = await fetch(pathToFileURL(path))
    writeFileSync(path, 'longer than it was')
    const error = await rejection(response.text())
    expect(error.message).toMatch(
      /^GET file:.*: the file changed before its body was read \(ERR_CHANGED, phase body\)$/,
    )
    expect(openOn(path)).toBe(0)
  })
  test('can only be read', async () => {
    expect(
      (await rejection(fetch('file:///tmp/x', { method: 'PUT', body: 'x' }))).message,
    ).toContain('can only be read')
  })
})

describe('data:', () => {
  test.each([
    ['data:,Hello%2C%20World!', 'text/plain;charset=US-ASCII', 'Hello, World!'],
    ['data:text/html;base64,PGI+aGk8L2I+', 'text/html', '<b>hi</b>'],
    ['data:,a#b', 'text/plain;charset=US-ASCII', 'a'],
  ])('%s', async (url, type, body) => {
    const response = await fetch(url)
    expect([response.headers.get('content-type'), await response.text()]).toEqual([type, body])
  })
  test('without a comma it is refused', async () => {
    expect((await rejection(fetch('data:nothing'))).message).toMatch(
      /^GET data:nothing: .*comma.*\(ERR_INVALID_URL, phase open\)$/,
    )
  })
})

describe('what goes wrong is one sentence', () => {
  test('a refused connection, with the lower errors kept', async () => {
    const url = await raw('')
    await Promise.all(open.splice(0).map((peer) => peer.close()))
    const error = await rejection(fetch(`${url}/x`))
    expect(error.message).toMatch(
      /^GET http:\/\/127\.0\.0\.1:\d+\/x: connection refused \(ECONNREFUSED, phase connect, \d+ ms\)$/,
    )
    expect(isFetchError(error, 'ECONNREFUSED')).toBe(true)
    expect((error.cause as Error).message).toContain('connect 127.0.0.1:')
  })
  test.each([
    [
      'no URL',
      'no url at all',
      /^GET no url at all: not an absolute URL \(is the scheme missing\?\) \(ERR_INVALID_URL, phase open\)$/,
    ],
    ['a bad URL', 'http://[::1', /^GET http:\/\/\[::1: not a valid URL/],
    [
      'an unknown scheme',
      'gopher://h/',
      /^GET gopher:\/\/h\/: no handler for gopher: URLs; there are http:, https:, ftp:, file:, data:/,
    ],
    [
      'a host without a scheme',
      'localhost:3000/x',
      /for localhost: URLs; .* \(is http:\/\/ missing\?\)/,
    ],
    ['a port that is none', 'http://h:99999/', /not a valid URL/],
    [
      'credentials',
      'http://me:secret@h/',
      /^GET http:\/\/me:\*\*\*@h\/: the URL holds credentials/,
    ],
  ])('%s', async (_what, url, says) => {
    expect((await rejection(fetch(url))).message).toMatch(says)
  })
  test.each([
    ['garbage', 'I am no web server\r\n\r\n', true],
    ['nothing at all', '', true],
    ['half a head', 'HTTP/1.1 200 OK\r\nContent-Le', true],
  ])('a server that answers %s', async (_what, answer, finish) => {
    const error = await rejection(fetch(await raw(answer, finish)))
    expect(isFetchError(error)).toBe(true)
    expect(error.message).toMatch(
      /^GET http:\/\/127\.0\.0\.1:\d+\/: .+ \([A-Z_]+, phase \w+, \d+ ms\)$/,
    )
  })
  test('a body cut short rejects with what was missing', async () => {
    const response = await fetch(await raw('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc'))
    expect((await rejection(response.text())).message).toContain('body ended after 3 of 10 bytes')
  })
  test('a server that stalls ends with the phase that took too long', async () => {
    const error = await rejection(fetch(await raw('', false), { timeout: { headers: 50 } }))
    expect(isFetchError(error, 'ERR_TIMEOUT')).toBe(true)
    const whole = await rejection(fetch(await raw('', false), { timeout: 50 }))
    expect(whole.message).toMatch(/: no result within 50 ms \(ERR_TIMEOUT, phase total/)
    expect(error.message).toMatch(/no complete head within 50 ms \(ERR_TIMEOUT, phase headers/)
  })
  test('an abort rejects with its reason, before and in the middle', async () => {
    const reason = new Error('not any more')
    expect(await rejection(fetch('data:,x', { signal: AbortSignal.abort(reason) }))).toBe(reason)
    const controller = new AbortController()
    const pending = rejection(fetch(await raw('', false), { signal: controller.signal }))
    setTimeout(() => controller.abort(reason), 20)
    expect(await pending).toBe(reason)
  })
  test.each<[what: string, options: unknown, says: string]>([
    ['null for options', null, 'options must be an object, not null'],
    ['a number for options', 5, 'options must be an object, not a number'],
    ['a signal that is none', { signal: {} }, 'signal must be an AbortSignal, not an object'],
    ['a number for a signal', { signal: 1 }, 'signal must be an AbortSignal, not a number'],
    [
      'a controller for a signal',
      { signal: new AbortController() },
      'signal must be an AbortSignal, not an object',
    ],
    ['an empty method', { method: '' }, 'method must be a token such as GET, not ""'],
    ['a method with a blank', { method: 'a b' }, 'method must be a token such as GET, not "a b"'],
    ['a number for a method', { method: 5 }, 'method must be a token such as GET, not a number'],
    ['a connect that is none', { connect: 5 }, 'connect must be a function, not a number'],
  ])('%s is one sentence', async (_what, options, says) => {
    const error = await rejection(fetch('data:,x', options as never))
    expect([error.name, error.message]).toEqual(['TypeError', `fetch: ${says}`])
  })
  test.each([null, undefined, 5, {}])('%j for a URL is one sentence', async (input) => {
    const error = await rejection(fetch(input as never))
    expect(error.message).toMatch(
      /^GET \S.*: not an absolute URL \(is the scheme missing\?\) \(ERR_INVALID_URL, phase open\)$/,
    )
  })
  test('options that make no sense are refused by name; those of browsers are taken', async () => {
    expect((await rejection(fetch('data:,x', { timout: 1 } as never))).message).toContain(
      "there is no option 'timout'",
    )
    expect((await rejection(fetch('data:,x', { body: 'x' }))).message).toContain(
      'a GET request has no body',
    )
    for (const name of ['tls', 'ftp', 'decode'])
      expect((await rejection(fetch('data:,x', { [name]: 5 } as never))).message).toBe(
        `fetch ${name}: options must be an object, not a number`,
      )
    for (const timeout of [-1, Number.NaN, 'x', { total: -1 }, { total: 'x' }])
      expect((await rejection(fetch('data:,x', { timeout } as never))).message).toContain(
        'timeout takes milliseconds, 0 or more',
      )
    expect(
      await (await fetch('data:,x', { mode: 'cors', credentials: 'omit' } as never)).text(),
    ).toBe('x')
  })
})
