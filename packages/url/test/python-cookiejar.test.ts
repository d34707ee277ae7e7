/** The usual programs with http.cookiejar, with `await` added. */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Server, serve } from '@sluice/http'
import { builtins } from '@sluice/socket/python'
import { afterEach, describe, expect, test } from 'vitest'
import { http, kw, urllib } from '../src/python.ts'

const { cookiejar } = http
const { build_opener, HTTPCookieProcessor, Request } = urllib.request
const open: (() => unknown)[] = []
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close()
})

/** Sets what the query says, and answers with the cookies that came. */
async function echo(): Promise<Server> {
  const server = await serve((request) => {
    const headers = new Headers()
    for (const value of new URL(request.url).searchParams.getAll('set'))
      headers.append('set-cookie', value)
    return new Response(request.headers.get('cookie') ?? 'none', { headers })
  })
  open.push(() => server.close())
  return server
}
function place(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-cookiejar-'))
  open.push(() => rmSync(folder, { recursive: true }))
  return join(folder, 'cookies.txt')
}
type Opener = ReturnType<typeof build_opener>
async function read(opener: Opener, url: string): Promise<string> {
  const response = (await opener.open(url)) as { read(): Promise<Uint8Array> }
  return Buffer.from(await response.read()).toString()
}
const LASTING = 'a=1; Max-Age=1000'

describe('a jar beside an opener', () => {
  test('keeps what a server sets and takes it along', async () => {
    const { url } = await echo()
    const jar = cookiejar.CookieJar()
    const opener = build_opener(HTTPCookieProcessor(jar))
    expect(await read(opener, `${url}/x/?set=spam=1%3B%20path=/&set=eggs=2`)).toBe('none')
    expect(await read(opener, `${url}/`)).toBe('spam=1')
    expect(await read(opener, `${url}/x/y`)).toBe('eggs=2; spam=1')
    expect([...jar].map(({ name }) => name)).toEqual(['spam', 'eggs'])
    expect(jar.length).toBe(2)
  })

  test('is made by the processor where none is given', async () => {
    const { url } = await echo()
    const opener = build_opener(HTTPCookieProcessor())
    await read(opener, `${url}/?set=spam=1`)
    expect(await read(opener, `${url}/`)).toBe('spam=1')
  })

  test('asks a policy of the program', async () => {
    const { url } = await echo()
    class Picky extends cookiejar.DefaultCookiePolicy {
      override set_ok(
        ...given: Parameters<InstanceType<typeof cookiejar.CookiePolicy>['set_ok']>
      ): boolean {
        return given[0].name !== 'spam' && super.set_ok(...given)
      }
    }
    const jar = cookiejar.CookieJar(new Picky())
    const opener = build_opener(HTTPCookieProcessor(jar))
    await read(opener, `${url}/?set=spam=1&set=eggs=2`)
    expect(await read(opener, `${url}/`)).toBe('eggs=2')
  })

  test('is not stopped by a field that nobody can read', async () => {
    const { url } = await echo()
    const opener = build_opener(HTTPCookieProcessor())
    expect(await read(opener, `${url}/?set=a=1%3B%20max-age`)).toBe('none')
    expect(await read(opener, `${url}/`)).toBe('none')
  })

  test('forgets', () => {
    const jar = cookiejar.CookieJar()
    expect(() => jar.clear('nowhere')).toThrow(builtins.KeyError)
    expect(() => jar.clear(kw({ path: '/' }))).toThrow(builtins.ValueError)
    expect(() => jar.clear(kw({ name: 'a' }))).toThrow(builtins.ValueError)
    expect(() => jar.clear()).not.toThrow()
  })
})

describe.each([
  ['LWPCookieJar', cookiejar.LWPCookieJar],
  ['MozillaCookieJar', cookiejar.MozillaCookieJar],
])('%s', (_name, Jar) => {
  test('gives back what it has written, to its owner alone', async () => {
    const { url } = await echo()
    const path = place()
    const jar = Jar(pathToFileURL(path))
    await read(build_opener(HTTPCookieProcessor(jar)), `${url}/?set=${encodeURIComponent(LASTING)}`)
    await jar.save()
    if (process.platform !== 'win32') expect(statSync(path).mode & 0o777).toBe(0o600)
    const again = Jar(path)
    await again.load()
    const request = Request(url)
    again.add_cookie_header(request)
    expect(request.get_header('Cookie')).toBe('a=1')
  })

  test('is as it was after a revert that failed', async () => {
    const { url } = await echo()
    const path = place()
    const jar = Jar()
    await read(build_opener(HTTPCookieProcessor(jar)), `${url}/?set=a=1`)
    await expect(jar.revert(path)).rejects.toBeInstanceOf(builtins.FileNotFoundError)
    writeFileSync(path, 'oops\n')
    await expect(jar.revert(path)).rejects.toThrow(/does not look like/)
    expect(jar.length).toBe(1)
    expect(readFileSync(path, 'utf8')).toBe('oops\n')
  })

  test('names what it wants', async () => {
    await expect(Jar().save()).rejects.toBeInstanceOf(builtins.ValueError)
    expect(() => Jar(5 as never)).toThrow('expected str, bytes or os.PathLike object, not number')
  })
})
