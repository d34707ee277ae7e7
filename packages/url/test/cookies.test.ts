import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Response, type Server, serve } from '@sluice/http'
import { afterAll, describe, expect, test } from 'vitest'
import { CookieJar } from '../src/cookies.ts'
import { Client, fetch, type UrlTraceEvent } from '../src/index.ts'
import { open } from './kit.ts'

const folder = mkdtempSync(join(tmpdir(), 'sluice-jar-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Sets `n=1` at /set, and says what it was sent. */
async function server(): Promise<Server> {
  const made = await serve((request) => {
    const { pathname, searchParams } = new URL(request.url)
    const headers: [string, string][] = []
    if (pathname === '/set') headers.push(['Set-Cookie', 'a=1; Path=/'], ['Set-Cookie', 'b=2'])
    if (pathname === '/bad') headers.push(['Set-Cookie', 'a=1; Domain=com'])
    const to = searchParams.get('to')
    if (to !== null) headers.push(['Location', to])
    const init = { status: to === null ? 200 : 302, headers }
    return new Response(
      request.headers.get('cookie') ?? 'none',
      init,
    ) as unknown as globalThis.Response
  })
  open.push(made)
  return made
}

describe('a client with a jar', () => {
  test('keeps what comes and sends it, at each hop', async () => {
    const { url } = await server()
    const client = new Client({ cookies: true, base: url })
    open.push(client)
    expect(await (await client.fetch('set?to=/x')).text()).toBe('a=1; b=2')
    expect(await (await client.fetch('y')).text()).toBe('a=1; b=2')
    const other = new Client({ base: url })
    open.push(other)
    expect(await (await other.fetch('y')).text()).toBe('none')
  })

  test('sends nothing of one host to another', async () => {
    const [one, two] = [await server(), await server()]
    const { port } = new URL(two.url)
    const jar = new CookieJar()
    const client = new Client({ cookies: jar })
    open.push(client)
    await (await client.fetch(`${one.url}set`)).text()
    const elsewhere = `${one.url}x?to=http://localhost:${port}/`
    expect(await (await client.fetch(elsewhere)).text()).toBe('none')
    // RFC 6265bis §8.5: cookies know no ports.
    expect(await (await client.fetch(`${one.url}x?to=${two.url}`)).text()).toBe('a=1; b=2')
  })

  test('leaves the fields of the program in front', async () => {
    const { url } = await server()
    const jar = new CookieJar()
    jar.set('a=jar', url)
    jar.set('b=jar', url)
    const response = await fetch(url, { cookies: jar, headers: { Cookie: 'c=mine; a=mine' } })
    expect(await response.text()).toBe('c=mine; a=mine; b=jar')
  })

  test('true is a jar for the redirects of one fetch; false leaves the client’s alone', async () => {
    const { url } = await server()
    expect(await (await fetch(`${url}set?to=/x`, { cookies: true })).text()).toBe('a=1; b=2')
    expect(await (await fetch(url)).text()).toBe('none')
    const client = new Client({ cookies: true })
    open.push(client)
    await (await client.fetch(`${url}set`)).text()
    expect(await (await client.fetch(url, { cookies: false })).text()).toBe('none')
  })

  test('takes any jar that has the two methods, and nothing else', async () => {
    const { url } = await server()
    const lines: string[] = []
    const cookies = { header: async () => 'z=9', set: async (line: string) => lines.push(line) }
    expect(await (await fetch(`${url}set`, { cookies })).text()).toBe('z=9')
    expect(lines).toEqual(['a=1; Path=/', 'b=2'])
    expect(() => new Client({ cookies: 'x' as never })).toThrow(
      /^Client: cookies must be a CookieJar/,
    )
    await expect(fetch(url, { cookies: {} as never })).rejects.toThrow(TypeError)
  })

  test('tells names, and never values', async () => {
    const { url } = await server()
    const jar = new CookieJar()
    jar.set('s=secret', url)
    const events: UrlTraceEvent[] = []
    const listen = (event: unknown) => void events.push(event as UrlTraceEvent)
    subscribe('sluice:url', listen)
    await (await fetch(`${url}set`, { cookies: jar })).text()
    await (await fetch(`${url}bad`, { cookies: jar })).text()
    unsubscribe('sluice:url', listen)
    const told = events.filter(({ name }) => name === 'cookie')
    expect(told).toMatchObject([
      { sent: ['s'], stored: ['a', 'b'], refused: [] },
      { stored: [], refused: ['a: its domain com is a public suffix'] },
    ])
    expect(JSON.stringify(events)).not.toContain('secret')
  })
})

describe('a jar', () => {
  test('is iterable, counted and cleared', () => {
    const jar = new CookieJar({ now: () => 0 })
    jar.set('a=1; Max-Age=10', 'http://one.test/')
    jar.set({ name: 'b', value: '2' }, 'http://two.test/')
    expect([jar.size, [...jar].map(({ name }) => name)]).toEqual([2, ['a', 'b']])
    expect(jar.clear({ session: true })).toBe(1)
    expect(jar.clear({ domain: 'two.test' })).toBe(0)
    expect(jar.clear()).toBe(1)
    expect(() => jar.clear({ host: 'x' } as never)).toThrow(/clear: there is no option 'host'/)
  })

  test.each([
    [{ limit: 1 }, /there is no option 'limit'/],
    [{ limits: { perDomain: 0 } }, /perDomain must be a whole number/],
    [{ limits: { domains: 1 } }, /there is no option 'domains'/],
    [{ isPublicSuffix: true }, /isPublicSuffix must be a function/],
  ])('options %j are refused', (options, message) => {
    expect(() => new CookieJar(options as never)).toThrow(message)
  })
})

describe.each(['cookies.txt', 'cookies.json'])('the file %s', (name) => {
  const path = join(folder, name)

  test('comes back as it was, readable for its owner alone', async () => {
    const jar = new CookieJar()
    jar.set('a=\xe4; Path=/; Max-Age=1000; HttpOnly', 'https://h.test/')
    jar.set('b=2; Secure; Domain=h.test', 'https://sub.h.test/x/y')
    await jar.save(path)
    expect(statSync(path).mode & 0o777).toBe(0o600)
    const again = await CookieJar.load(path)
    expect(again.header('https://sub.h.test/x/')).toBe('b=2')
    expect(again.header('https://h.test/x/')).toBe('b=2; a=\xe4')
    again.set('c=3', 'https://h.test/')
    await again.save()
    expect((await CookieJar.load(path)).size).toBe(3)
    await again.save(path, { session: false })
    expect((await CookieJar.load(path)).size).toBe(1)
    expect(readdirSync(folder).filter((file) => file.endsWith('.tmp'))).toEqual([])
  })

  test('a jar with 10 000 cookies is written and read whole', async () => {
    const jar = new CookieJar()
    for (let i = 0; i < 10_000; i++) jar.set(`a=${i}; Max-Age=1000`, `https://h${i}.test/`)
    await jar.save(path)
    expect((await CookieJar.load(path)).size).toBe(10_000)
  })
})

describe('a place that can not be written', () => {
  test('a folder, one that is not there, a name that is too long', async () => {
    const jar = new CookieJar()
    mkdirSync(join(folder, 'dir'))
    await expect(jar.save(join(folder, 'dir'))).rejects.toMatchObject({ code: 'EISDIR' })
    await expect(jar.save(join(folder, 'none', 'x'))).rejects.toThrow(
      /^write cookies .*none\/x: .*ENOENT/,
    )
    await expect(jar.save(join(folder, 'n'.repeat(300)))).rejects.toMatchObject({
      code: 'ENAMETOOLONG',
    })
    await expect(jar.save(join(folder, 'a\0b'))).rejects.toThrow()
    await expect(jar.save()).rejects.toThrow(/name one/)
    expect(readdirSync(folder).filter((file) => file.endsWith('.tmp'))).toEqual([])
  })

  test('a link stays a link, and leads to the new file', async () => {
    const [link, target] = [join(folder, 'link'), join(folder, 'target')]
    symlinkSync('target', link)
    await new CookieJar().save(link)
    expect(lstatSync(link).isSymbolicLink()).toBe(true)
    expect(lstatSync(target).isFile()).toBe(true)
    symlinkSync('loop', join(folder, 'loop'))
    await expect(new CookieJar().save(join(folder, 'loop'))).rejects.toMatchObject({
      code: 'ELOOP',
    })
  })
})

describe('a file that is none', () => {
  test('is told in one sentence that shows nothing of it', async () => {
    const path = join(folder, 'odd')
    await expect(CookieJar.load(join(folder, 'nothing'))).rejects.toMatchObject({ code: 'ENOENT' })
    expect((await CookieJar.load(join(folder, 'nothing'), { create: true })).size).toBe(0)
    writeFileSync(path, '{"cookies": [secret')
    await expect(CookieJar.load(path)).rejects.toThrow(
      /odd: no file of cookies: broken JSON \(ERR_PROTOCOL/,
    )
    writeFileSync(path, 'secret')
    await expect(CookieJar.load(path)).rejects.toThrow(/no file of cookies: line 1 has 1 fields/)
  })
})
