/**
 * `docs/errors.md` says what is thrown. Each sentence of its table is provoked here and compared with its row, each provoked
 * error has a row, and no code of the sources is missing.
 */
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { Response } from '@sluice/http'
import { listen } from '@sluice/socket'
import { REASONS } from '@sluice/socket/errors'
import { scriptedServer } from '@sluice/socket/testing'
import { describe, expect, onTestFinished, test } from 'vitest'
import { CookieJar } from '../src/cookies.ts'
import { download } from '../src/download.ts'
import { openFtp } from '../src/ftp.ts'
import { Client, type FetchError, type FetchOptions, fetch } from '../src/index.ts'
import { ftpServer } from '../src/testing.ts'
import { open, server } from './kit.ts'

const isNode = !('Bun' in globalThis || 'Deno' in globalThis)
const source = fileURLToPath(new URL('../src', import.meta.url))
const page = readFileSync(new URL('../docs/errors.md', import.meta.url), 'utf8')
const rows = page
  .split('\n')
  .filter((line) => /^\| `[A-Z]/.test(line) && line.split(' | ').length === 5)
  .map((line) => line.slice(2).split(' | ').slice(0, 4))
  .map((cells) => cells.map((cell) => cell.replaceAll('`', '').trim()))

/** What differs from run to run: ports, folders, times, the words of a parser. */
const steady = ({ message }: Error): string =>
  message
    .replace(/127\.0\.0\.1:\d+/g, '127.0.0.1:8080')
    .replace(/(file:\/\/)?\/\S*errors-page-[^/\s:]*/g, '$1/tmp')
    .replace(/, \d+ ms\)/, ')')
    // What stands alone is no character of a page.
    .replace(/\p{Surrogate}/gu, '\ufffd')

async function failureOf(run: () => unknown): Promise<FetchError> {
  try {
    await run()
  } catch (error) {
    return error as FetchError
  }
  throw new Error(`nothing was thrown by ${run}`)
}

const folder = (): string => {
  const path = mkdtempSync(join(tmpdir(), 'errors-page-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}
const fileWith = (content: string): string => {
  const path = join(folder(), 'file')
  writeFileSync(path, content)
  return path
}
const text = async (url: string | URL, options?: FetchOptions) => (await fetch(url, options)).text()
const answered = async (make: () => Response): Promise<string> => (await server(make)).url
const nowhere = async (): Promise<string> => {
  await using listener = await listen('127.0.0.1:0')
  return `http://127.0.0.1:${listener.address.port}/`
}
const ftp = async (options: Parameters<typeof ftpServer>[0] = {}): Promise<string> => {
  const made = await ftpServer(options)
  open.push(made)
  return made.url
}
const saying = async (send: string): Promise<string> => {
  const made = await scriptedServer([[{ send }, 'close']])
  open.push(made)
  return `127.0.0.1:${made.address.port}/`
}
const redirecting = (to: string) =>
  answered(() => new Response(null, { status: 302, headers: { Location: to } }))

const BYTES = new Uint8Array(1)

const PROVOKED: (() => unknown)[] = [
  () => fetch('nonsense'),
  () => fetch('http://ada:secret@127.0.0.1:8080/'),
  () => fetch('data:nothing'),
  () => fetch('gopher://127.0.0.1:8080/'),
  () => fetch('data:,x', { method: 'POST' }),
  async () => fetch(await redirecting('/'), { limits: { redirects: 3 } }),
  async () => fetch(await redirecting('file:///etc/passwd')),
  async () => fetch(await redirecting('/'), { redirect: 'error' }),
  async () => {
    const url = await answered(
      () => new Response(null, { status: 401, headers: { 'WWW-Authenticate': 'Basic realm=x' } }),
    )
    const auth = { username: 'ada', password: 'secret', scheme: 'any' } as const
    const body = new Response('x').body as ReadableStream<Uint8Array<ArrayBuffer>>
    return fetch(url, { method: 'POST', body, auth })
  },
  async () => download(await answered(() => new Response(null, { status: 404 })), fileWith('')),
  () => download('data:,hello', fileWith(''), { sha256: '0'.repeat(64) }),
  async () => {
    const path = fileWith('short')
    const response = await fetch(pathToFileURL(path))
    writeFileSync(path, 'longer than it was')
    return response.text()
  },
  () => fetch('http://127.0.0.1:8080/', { denyPrivate: true }),
  () => fetch(pathToFileURL(fileWith('')), { denyPrivate: true }),
  async () => text(await answered(() => new Response('12345')), { limits: { body: 4 } }),
  async () => text(`http://${await saying('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc')}`),
  async () => fetch(await answered(() => new Promise(() => {}) as never), { timeout: 20 }),
  async () => fetch(await nowhere()),
  async () => {
    const client = new Client()
    await client.close()
    return client.fetch('http://127.0.0.1:8080/')
  },
  () => fetch(pathToFileURL(join(folder(), 'file'))),
  () => fetch(pathToFileURL(folder())),
  () => {
    const path = join(folder(), 'file')
    symlinkSync('file', path)
    return download('data:,x', path)
  },
  () => download('data:,x', join(folder(), 'half\ud800')),
  async () => {
    const begun = () => new Response(new ReadableStream({ start: (c) => c.enqueue(BYTES) }))
    const [url, path, quitting] = [await answered(begun), fileWith(''), new AbortController()]
    const first = download(url, path, { signal: quitting.signal }).catch(() => {})
    try {
      await expect.poll(() => existsSync(`${path}.part`)).toBe(true)
      return await download(url, path)
    } finally {
      quitting.abort()
      await first
    }
  },
  () => CookieJar.load(fileWith('no cookies\n')),
  async () => openFtp(`ftp://${await saying('')}`),
  async () => openFtp(`ftp://${await saying('HTTP/1.1 400 Bad Request\r\n')}`),
  async () => text(new URL('nothing', await ftp())),
  async () => openFtp(await ftp(), { tls: true }),
  async () => {
    const refusing = await ftp({ replies: { PASS: '530 Login incorrect.' } })
    return openFtp(refusing.replace('//', '//ada:secret@'))
  },
  async () => text(new URL('file', await ftp({ files: { '/file': 'all of it' }, cutAfter: 3 }))),
]

describe.skipIf(!isNode)('docs/errors.md', () => {
  test('has every sentence as it is thrown, with its class, phase and code', async () => {
    const thrown = await Promise.all(PROVOKED.map(failureOf))
    const found = thrown.map((error) => [error.code, error.name, error.phase, steady(error)])
    expect(found.sort()).toEqual(rows.sort())
  })

  test('misses no code of the sources, and has none that nobody throws', () => {
    const codes = readdirSync(source, { recursive: true })
      .map(String)
      .filter(
        (path) => path.endsWith('.ts') && !/\.test\.ts$|\b(python|command|testing)\b/.test(path),
      )
      .flatMap((path) => [
        ...readFileSync(join(source, path), 'utf8').matchAll(/'(ERR_[A-Z_]+|EISDIR|ELOOP)'/g),
      ])
      .map(([, code = '']) => code)
    const written = [...page.matchAll(/`(E(?:RR_)?[A-Z_]{3,})`/g)].map(([, code = '']) => code)
    expect(new Set(codes).size).toBeGreaterThan(15)
    for (const code of codes) expect(written).toContain(code)
    for (const code of written)
      expect(codes.includes(code) || Object.hasOwn(REASONS, code), code).toBe(true)
  })
})
