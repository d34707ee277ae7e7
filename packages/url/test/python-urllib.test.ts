/** The usual programs with urllib.request, with `await` added. */
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Server, serve } from '@sluice/http'
import { afterEach, describe, expect, test } from 'vitest'
import { kw, netrc, urllib } from '../src/python.ts'
import { ftpServer } from '../src/testing.ts'

const { request, error } = urllib
const open: (() => unknown)[] = []
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close()
})

async function server(
  handler: (request: Request) => Response | Promise<Response>,
): Promise<Server> {
  const made = await serve(handler)
  open.push(() => made.close())
  return made
}
const textOf = async (response: { read(): unknown }): Promise<string> =>
  Buffer.from((await response.read()) as Uint8Array).toString()
/** Where a descriptor leads, or nothing: the one that lists them is gone again. */
function linkOf(descriptor: string): string | undefined {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`)
  } catch {
    return undefined
  }
}
const folder = (): string => {
  const path = mkdtempSync(join(tmpdir(), 'sluice-urllib-'))
  open.push(() => rmSync(path, { recursive: true }))
  return path
}

describe('urlopen', () => {
  test('reads a page, and tells what is known of it', async () => {
    const { url } = await server(() => new Response('spam', { headers: { 'X-Eggs': '2' } }))
    const response = (await request.urlopen(url)) as InstanceType<typeof urllib.response.addinfourl>
    expect(response.status).toBe(200)
    expect(response.geturl()).toBe(url)
    expect((response.info() as { get(name: string): string }).get('x-eggs')).toBe('2')
    expect(await textOf(response)).toBe('spam')
  })

  test('posts data', async () => {
    const { url } = await server(async (asked) => new Response(await asked.text()))
    const data = Buffer.from(urllib.parse.urlencode({ spam: 1 }) as string)
    expect(await textOf(await request.urlopen(url, data))).toBe('spam=1')
    await expect(request.urlopen(url, 'text' as never)).rejects.toBeInstanceOf(TypeError)
  })

  test('an error status is an error, and a response', async () => {
    const { url } = await server(() => new Response('no such spam', { status: 404 }))
    const caught = await request.urlopen(url).catch((thrown: unknown) => thrown)
    expect(caught).toBeInstanceOf(error.HTTPError)
    const failed = caught as InstanceType<typeof error.HTTPError>
    expect([failed.code, failed.reason, failed.message]).toEqual([
      404,
      'Not Found',
      'HTTP Error 404: Not Found',
    ])
    expect(await textOf(failed)).toBe('no such spam')
    await failed.close()
  })

  test('nobody there is a URLError', async () => {
    await expect(request.urlopen('http://127.0.0.1:1/')).rejects.toThrow(
      /^<urlopen error .*refused/,
    )
    await expect(request.urlopen('spam://host/')).rejects.toThrow(
      '<urlopen error unknown url type: spam>',
    )
    await expect(request.urlopen('no url')).rejects.toThrow("unknown url type: 'no url'")
  })

  test('data:, file: and ftp: URLs', async () => {
    const path = join(folder(), 'a b.txt')
    writeFileSync(path, 'from a file')
    expect(await textOf(await request.urlopen('data:,from%20the%20url'))).toBe('from the url')
    const at = `file://${request.pathname2url(path)}`
    const file = await request.urlopen(at)
    expect(await textOf(file)).toBe('from a file')
    // Nobody has closed it, and nothing stays open.
    if (process.platform === 'linux')
      expect(readdirSync('/proc/self/fd').map(linkOf)).not.toContain(path)
    await file.close()
    const ftp = await ftpServer({ files: { 'pub/a.txt': 'from ftp' } })
    open.push(() => ftp.close())
    expect(await textOf(await request.urlopen(`${ftp.url}pub/a.txt`))).toBe('from ftp')
  })
})

describe('redirects', () => {
  test('are followed, and secrets stay where they belong', async () => {
    const other = await server((asked) => new Response(`${asked.headers.get('authorization')}`))
    const first = await server((asked) =>
      asked.url.endsWith('/same')
        ? new Response(`${asked.headers.get('authorization')}`)
        : Response.redirect(
            asked.url.endsWith('/out') ? other.url : new URL('/same', asked.url),
            302,
          ),
    )
    const ask = async (path: string): Promise<string> =>
      textOf(
        await request.urlopen(
          request.Request(`${first.url}${path}`, kw({ headers: { Authorization: 'Bearer t' } })),
        ),
      )
    expect(await ask('in')).toBe('Bearer t')
    expect(await ask('out')).toBe('null')
  })

  test('in a circle, and to a file, are errors', async () => {
    const round = await server((asked) => Response.redirect(asked.url, 302))
    await expect(request.urlopen(round.url)).rejects.toThrow(/infinite loop/)
    const local = await server(
      () => new Response(null, { status: 302, headers: { Location: 'file:///etc/passwd' } }),
    )
    await expect(request.urlopen(local.url)).rejects.toThrow(/not allowed/)
  })
})

test('a handler of a program comes in its order', async () => {
  const { url } = await server((asked) => new Response(asked.headers.get('x-spam')))
  class Spam extends request.BaseHandler {
    static override handler_order = 100
    http_request(asked: InstanceType<typeof request.Request>) {
      asked.add_header('X-Spam', 'eggs')
      return asked
    }
    memo_open() {
      return urllib.response.addinfourl(
        { read: () => Buffer.from('memo'), close: () => {} },
        {},
        'memo:',
        200,
      )
    }
  }
  const opener = request.build_opener(Spam)
  expect(await textOf((await opener.open(url)) as never)).toBe('eggs')
  expect(await textOf((await opener.open('memo:x')) as never)).toBe('memo')
})

test('Basic and Digest prove who asks', async () => {
  const { url } = await server((asked) => {
    const given = asked.headers.get('authorization')
    if (
      asked.url.includes('digest') ? given?.startsWith('Digest ') : given === 'Basic bWU6c2VjcmV0'
    )
      return new Response('welcome')
    const challenge = asked.url.includes('digest')
      ? 'Digest realm="r", nonce="n", qop="auth"'
      : 'Basic realm="r"'
    return new Response(null, { status: 401, headers: { 'WWW-Authenticate': challenge } })
  })
  const passwords = request.HTTPPasswordMgrWithDefaultRealm()
  passwords.add_password(null, url, 'me', 'secret')
  const opener = request.build_opener(
    request.HTTPBasicAuthHandler(passwords),
    request.HTTPDigestAuthHandler(passwords),
  )
  expect(await textOf((await opener.open(url)) as never)).toBe('welcome')
  expect(await textOf((await opener.open(`${url}digest`)) as never)).toBe('welcome')
})

test('what names a proxy is taken apart, and exceptions are heard', () => {
  expect(request._parse_proxy('http://me:pw@proxy:3128/')).toEqual([
    'http',
    'me',
    'pw',
    'proxy:3128',
  ])
  expect(request.proxy_bypass_environment('a.example.org:80', { no: '.example.org' })).toBe(true)
  expect(request.proxy_bypass_environment('example.com', { no: '.example.org' })).toBe(false)
})

test('urlretrieve copies into a file, and reports', async () => {
  const { url } = await server(
    () => new Response(new Uint8Array(20_000), { headers: { 'Content-Length': '20000' } }),
  )
  const path = join(folder(), 'copy')
  const seen: number[][] = []
  const [name] = await request.urlretrieve(url, path, (...args: number[]) => seen.push(args))
  expect(name).toBe(path)
  expect(readFileSync(path)).toHaveLength(20_000)
  expect(seen[0]).toEqual([0, 8192, 20_000])
  expect(seen.at(-1)?.[0]).toBeGreaterThanOrEqual(3)
})

test('netrc tells who to be', () => {
  const path = join(folder(), 'netrc')
  writeFileSync(path, 'machine h login me password "a b"\ndefault login you password x\n')
  const file = netrc.netrc(path)
  expect(file.authenticators('h')).toEqual(['me', '', 'a b'])
  expect(file.authenticators('other')).toEqual(['you', '', 'x'])
  writeFileSync(path, 'machine h spam')
  expect(() => netrc.netrc(path)).toThrow(/bad follower token 'spam' \(.*, line 1\)/)
})
