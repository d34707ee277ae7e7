import { createHash, randomBytes } from 'node:crypto'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Response, type Server, serve } from '@sluice/http'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import type { UrlTraceEvent } from '../src/core/trace-events.ts'
import { type DownloadOptions, download, type Progress } from '../src/download.ts'
import { Client, type Handler, isFetchError } from '../src/index.ts'
import { ftpServer } from '../src/testing.ts'
import { open } from './kit.ts'

const root = mkdtempSync(join(tmpdir(), 'sluice-download-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
let folder = root
let path = ''
beforeEach(() => {
  folder = mkdtempSync(join(root, 'x'))
  path = join(folder, 'file')
})
const DATA = randomBytes(300_000)
const SHA256 = createHash('sha256').update(DATA).digest('hex')
const names = () => readdirSync(folder).sort()

type Answer = (request: Request, count: number) => Response | Promise<Response>
async function server(answer: Answer) {
  const asked: (string | null)[] = []
  const made: Server = await serve(
    (request) => {
      asked.push(request.headers.get('range'))
      return answer(request, asked.length) as unknown as globalThis.Response
    },
    { onError: () => {} },
  )
  open.push(made)
  return { url: `${made.url}file`, asked }
}
/** Gives DATA as a server does that knows ranges; the first answers break off after so many bytes. */
const ranged =
  (breaks: number[], { etag = '"a"', data = DATA } = {}): Answer =>
  (request, count) => {
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.get('range') ?? '')?.[1] ?? 0)
    const isPart = from > 0 && request.headers.get('if-range') === etag
    const start = isPart ? from : 0
    if (start >= data.length)
      return new Response(null, {
        status: 416,
        headers: { 'Content-Range': `bytes */${data.length}` },
      })
    const whole = data.subarray(start)
    const most = breaks[count - 1]
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
      async pull(controller) {
        controller.enqueue(new Uint8Array(most === undefined ? whole : whole.subarray(0, most)))
        if (most === undefined) return controller.close()
        await new Promise((resolve) => setTimeout(resolve, 20))
        controller.error(new Error('broken'))
      },
    })
    const headers: Record<string, string> = { 'Content-Length': String(whole.length), ETag: etag }
    if (isPart) headers['Content-Range'] = `bytes ${start}-${data.length - 1}/${data.length}`
    return new Response(body, { status: isPart ? 206 : 200, headers })
  }
const FAST = { retries: 5, delay: 1 }

describe('a download', () => {
  test('is whole, and leaves nothing beside the file', async () => {
    const { url } = await server(ranged([]))
    const told: Progress[] = []
    const result = await download(url, path, {
      onProgress: (one) => told.push(one),
      sha256: SHA256.toUpperCase(),
    })
    expect(result).toEqual({ path, bytes: 300_000, resumedAt: 0, url, sha256: SHA256 })
    expect(readFileSync(path).equals(DATA)).toBe(true)
    expect(names()).toEqual(['file'])
    expect(told.at(-1)).toMatchObject({ bytes: 300_000, total: 300_000, resumedAt: 0 })
  })

  test('that broke off keeps what is here, and goes on from there', async () => {
    const { url, asked } = await server(ranged([100_000, 50_000]))
    await expect(download(url, path)).rejects.toThrow(/^GET .*(ECONNRESET|ERR_INCOMPLETE_BODY)/)
    expect(names()).toEqual(['file.part', 'file.part.json'])
    expect(statSync(`${path}.part.json`).mode & 0o777).toBe(0o600)
    await expect(download(url, path)).rejects.toThrow(/^GET /)
    const result = await download(url, path, { sha256: SHA256 })
    expect(result).toMatchObject({ bytes: 300_000, resumedAt: 150_000, sha256: SHA256 })
    expect(asked).toEqual([null, 'bytes=100000-', 'bytes=150000-'])
    expect(readFileSync(path).equals(DATA)).toBe(true)
    expect(names()).toEqual(['file'])
  })

  test('goes on by itself where it may be tried again', async () => {
    const { url, asked } = await server(ranged([100_000, 100_000, 50_000]))
    const { resumedAt } = await download(url, path, { retry: FAST, sha256: SHA256 })
    expect([asked, resumedAt]).toEqual([
      [null, 'bytes=100000-', 'bytes=200000-', 'bytes=250000-'],
      0,
    ])
    let count = 0
    const busy = await server((request, n) =>
      ++count < 3 ? new Response('', { status: 503 }) : ranged([])(request, n),
    )
    expect(await download(busy.url, path, { retry: FAST })).toMatchObject({ bytes: 300_000 })
  })

  test('begins anew where the file has changed, or is told to', async () => {
    const other = randomBytes(200_000)
    const { url } = await server((request, count) =>
      count === 1
        ? ranged([100_000])(request, count)
        : ranged([], { etag: '"b"', data: other })(request, count),
    )
    await expect(download(url, path)).rejects.toThrow()
    expect(await download(url, path)).toMatchObject({ bytes: 200_000, resumedAt: 0 })
    expect(readFileSync(path).equals(other)).toBe(true)
    const again = await server(ranged([100_000]))
    await expect(download(again.url, path)).rejects.toThrow()
    await download(again.url, path, { resume: false })
    expect(again.asked).toEqual([null, null])
  })

  test('that was complete but for its name gets it', async () => {
    const { url, asked } = await server(ranged([]))
    writeFileSync(`${path}.part`, DATA)
    writeFileSync(
      `${path}.part.json`,
      JSON.stringify({ url, validator: '"a"', length: DATA.length }),
    )
    expect(await download(url, path, { sha256: SHA256 })).toMatchObject({ resumedAt: 300_000 })
    expect(asked).toEqual(['bytes=300000-'])
    expect(names()).toEqual(['file'])
  })
})

describe('an odd server', () => {
  const half = () => {
    writeFileSync(`${path}.part`, DATA.subarray(0, 1000))
  }
  const record = (url: string, more = {}) =>
    writeFileSync(
      `${path}.part.json`,
      JSON.stringify({ url, validator: '"a"', length: DATA.length, ...more }),
    )
  const part = (
    from: number,
    to: number,
    fields: Record<string, string> = {},
    total = DATA.length,
  ) =>
    new Response(new Uint8Array(DATA.subarray(from, to + 1)), {
      status: 206,
      headers: { 'Content-Range': `bytes ${from}-${to}/${total}`, ETag: '"a"', ...fields },
    })
  const whole = () => new Response(new Uint8Array(DATA), { headers: { ETag: '"a"' } })

  test.each<[string, Answer, number]>([
    ['gives another part than was asked for', (_, n) => (n === 1 ? part(0, 5000) : whole()), 0],
    [
      'overlooks If-Range and has another file',
      (_, n) => (n === 1 ? part(1000, 299_999, { ETag: '"b"' }) : whole()),
      0,
    ],
    ['has another length now', (_, n) => (n === 1 ? part(1000, 299_998, {}, 299_999) : whole()), 0],
    [
      'says 206 and not which part',
      (_, n) => (n === 1 ? new Response('x', { status: 206 }) : whole()),
      0,
    ],
    ['refuses the range', (_, n) => (n === 1 ? new Response('', { status: 416 }) : whole()), 0],
    [
      'says that the file has changed',
      (_, n) => (n === 1 ? new Response('', { status: 412 }) : whole()),
      0,
    ],
    ['knows no ranges', () => whole(), 0],
    ['gives the rest in pieces', (_, n) => part(1000 * n, Math.min(1000 * n + 999, 299_999)), 1000],
  ])('that %s', async (_, answer, resumedAt) => {
    const { url } = await server(answer)
    half()
    record(url)
    expect(await download(url, path, { sha256: SHA256 })).toMatchObject({
      resumedAt,
      bytes: 300_000,
    })
  })

  test('that gives a part nobody asked for, or refuses twice, is told', async () => {
    const { url } = await server(() => part(0, 100))
    await expect(download(url, path)).rejects.toThrow(
      /a part \(206\) that nobody asked for \(ERR_PROTOCOL/,
    )
    const never = await server(() => new Response('', { status: 416 }))
    half()
    record(never.url)
    await expect(download(never.url, path)).rejects.toMatchObject({
      code: 'ERR_STATUS',
      status: 416,
    })
    expect(never.asked).toHaveLength(2)
    // What is here may still be of use.
    expect(names()).toEqual(['file.part', 'file.part.json'])
  })

  test('that sends more than its Content-Range says is not trusted', async () => {
    const { url } = await server((_, n) =>
      n === 1
        ? new Response(new Uint8Array(DATA.subarray(1000)), {
            status: 206,
            headers: { 'Content-Range': `bytes 1000-1999/300000` },
          })
        : whole(),
    )
    half()
    record(url)
    await expect(download(url, path)).rejects.toThrow(/longer than its Content-Range/)
    expect(await download(url, path, { sha256: SHA256 })).toMatchObject({ resumedAt: 0 })
  })

  test('that sends less than its Content-Range says is not asked for ever', async () => {
    const { url, asked } = await server(() => {
      const headers = { 'Content-Range': 'bytes 1000-299999/300000', ETag: '"a"' }
      return new Response('', { status: 206, headers })
    })
    half()
    record(url)
    await expect(download(url, path, { retry: { retries: 2, delay: 1 } })).rejects.toThrow(
      `GET ${url}: the part ended at byte 1000, and its Content-Range says 300000 (ERR_INCOMPLETE_BODY`,
    )
    expect(asked).toHaveLength(3)
    expect(names()).toEqual(['file.part', 'file.part.json'])
  })

  test.each([404, 500, 304])('that says %d leaves no file', async (status) => {
    const { url } = await server(() => new Response(null, { status, statusText: 'Odd' }))
    const error = await download(url, path).catch((caught: unknown) => caught)
    expect(error).toMatchObject({ name: 'HttpStatusError', status })
    expect(isFetchError(error, 'ERR_STATUS')).toBe(true)
    expect((error as Error).message).toBe(
      `GET ${url}: the server answered ${status} Odd (ERR_STATUS, phase headers)`,
    )
    expect(names()).toEqual([])
  })

  test('a record of another URL, or of nothing, is not believed', async () => {
    const { url, asked } = await server(ranged([]))
    for (const text of [JSON.stringify({ url: 'http://other/', validator: '"a"' }), '{', 'null']) {
      half()
      writeFileSync(`${path}.part.json`, text)
      await download(url, path, { sha256: SHA256 })
    }
    expect(asked).toEqual([null, null, null])
  })
})

describe('a checksum', () => {
  test('that is wrong gives no file, and says which it was', async () => {
    const { url } = await server(ranged([]))
    const wrong = '0'.repeat(64)
    await expect(download(url, path, { sha256: wrong })).rejects.toThrow(
      `GET ${url}: the file has the SHA-256 ${SHA256}, not ${wrong}; it was removed (ERR_CHECKSUM, phase checksum)`,
    )
    expect(names()).toEqual([])
  })
})

describe('the place', () => {
  test('is looked at before anything is asked for', async () => {
    const { url, asked } = await server(ranged([]))
    mkdirSync(join(folder, 'dir'))
    for (const [where, code] of [
      [join(folder, 'dir'), 'EISDIR'],
      [join(folder, 'none', 'x'), 'ENOENT'],
      [join(folder, 'n'.repeat(300)), 'ENAMETOOLONG'],
      [`${folder}/a\0b`, 'ERR_INVALID_ARG_VALUE'],
      [`${folder}/a\ud800b`, 'ERR_INVALID_ARG_VALUE'],
    ] as const)
      await expect(download(url, where)).rejects.toMatchObject({ code })
    expect(asked).toEqual([])
  })

  test('may be a link, a long name, or a file that is replaced', async () => {
    const { url } = await server(ranged([]))
    symlinkSync('target', path)
    expect(await download(url, path)).toMatchObject({ path: join(folder, 'target') })
    expect(readFileSync(path).equals(DATA)).toBe(true)
    const long = join(folder, 'n'.repeat(250))
    await download(url, long)
    await download(url, long)
    expect(names()).toEqual(['file', 'n'.repeat(250), 'target'])
  })
})

describe('two at once to the same place', () => {
  /** Sends half of its bytes, and the rest when it is told to. */
  function inHalves() {
    let finish = (): void => {}
    const told = new Promise<void>((resolve) => {
      finish = resolve
    })
    const answer = (): Response => {
      const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
        async start(controller) {
          controller.enqueue(new Uint8Array(100_000))
          await told
          controller.enqueue(new Uint8Array(100_000))
          controller.close()
        },
      })
      return new Response(body, { headers: { 'Content-Length': '200000' } })
    }
    return { answer, finish }
  }

  test('in one program: the second is refused, and the first is not harmed', async () => {
    const one = inHalves()
    const { url } = await server(one.answer)
    const first = download(url, path)
    await expect.poll(names).toContain('file.part.json')
    await expect(download(url, path)).rejects.toMatchObject({
      code: 'ERR_BUSY',
      message: expect.stringContaining('another download to it is under way'),
    })
    one.finish()
    expect(await first).toMatchObject({ bytes: 200_000 })
    expect(names()).toEqual(['file'])
    // It is over: the next one may.
    await download('data:,x', path)
    expect(readFileSync(path, 'utf8')).toBe('x')
  })

  test('in two programs: what they have is not mixed, and one of them says so', async () => {
    const one = inHalves()
    const { url } = await server(one.answer)
    const first = download(url, path)
    await expect.poll(names).toContain('file.part.json')
    // As the other program does it that begins anew.
    rmSync(`${path}.part`)
    writeFileSync(`${path}.part`, 'of another')
    one.finish()
    await expect(first).rejects.toMatchObject({
      code: 'ERR_BUSY',
      message: expect.stringContaining('file.part was replaced by another download'),
    })
    expect(readFileSync(`${path}.part`, 'utf8')).toBe('of another')
    expect(names()).not.toContain('file')
  })

  test('a part that is begun anew is not one that another program has open', async () => {
    const { url } = await server(ranged([]))
    writeFileSync(`${path}.part`, 'half of something')
    const theirs = openSync(`${path}.part`, 'r+')
    await download(url, path)
    writeSync(theirs, 'X', 0)
    closeSync(theirs)
    expect(readFileSync(path).equals(DATA)).toBe(true)
  })
})

describe('how', () => {
  test('the total time bounds all of it, however many answers that takes', async () => {
    const { url } = await server((_, count) => {
      const headers = { ETag: '"a"', 'Content-Range': `bytes ${count}-${count}/100000` }
      return new Response('x', { status: 206, headers })
    })
    writeFileSync(`${path}.part`, 'x')
    writeFileSync(`${path}.part.json`, JSON.stringify({ url, validator: '"a"', length: 100_000 }))
    const began = performance.now()
    await expect(download(url, path, { timeout: 100, retry: FAST })).rejects.toMatchObject({
      code: 'ERR_TIMEOUT',
      phase: 'total',
      message: expect.stringContaining('no result within 100 ms'),
    })
    expect(performance.now() - began).toBeLessThan(2000)
    // Some came before.
    expect(statSync(`${path}.part`).size).toBeGreaterThan(1)
  })

  test('the total time of a client bounds all of it, too', async () => {
    const { url, asked } = await server(async (_, count) => {
      // The second answer would have its whole time again.
      await new Promise((resolve) => setTimeout(resolve, 150))
      return new Response('no', { status: count === 1 ? 503 : 200 })
    })
    await using client = new Client({ timeout: 200 })
    const late = download(url, path, { client, retry: { delay: 1 } })
    await expect(late).rejects.toMatchObject({ code: 'ERR_TIMEOUT', phase: 'total' })
    expect(asked.length).toBeLessThanOrEqual(2)
  })

  test.each<[title: string, ofClient: number, options: DownloadOptions, asked: number]>([
    ['of a client', 2, {}, 3],
    ['of a client, and off here', 2, { retry: false }, 1],
    ['of both is that of the download', 2, { retry: { retries: 3, delay: 1 } }, 4],
    ['is for methods of which many are as one', 0, { method: 'POST', retry: FAST }, 1],
  ])('retry %s', async (_, retries, options, times) => {
    const { url, asked } = await server(() => new Response('no', { status: 503 }))
    await using client = new Client({ retry: { retries, delay: 1 } })
    await expect(download(url, path, { client, ...options })).rejects.toThrow('503')
    expect(asked).toHaveLength(times)
  })

  test('that it waits and tries again is told to who watches', async () => {
    const { url } = await server(ranged([100_000]))
    const told: UrlTraceEvent[] = []
    const onEvent = (event: unknown): void => void told.push(event as UrlTraceEvent)
    subscribe('sluice:url', onEvent)
    try {
      await download(url, path, { retry: FAST })
    } finally {
      unsubscribe('sluice:url', onEvent)
    }
    const ours = told.filter(({ name }) => name === 'wait' || name === 'retry')
    expect(ours).toMatchObject([{ name: 'wait' }, { name: 'retry', attempt: 2 }])
    expect(new Set(ours.map(({ id }) => id)).size).toBe(1)
  })

  test('fast, at most', async () => {
    const { url } = await server(() => new Response(new Uint8Array(30_000)))
    const began = performance.now()
    await download(url, path, { limitRate: 60_000 })
    // Half a second, less what comes at once.
    expect(performance.now() - began).toBeGreaterThan(240)
  })

  test('aborted: what is here stays', async () => {
    const { url } = await server(
      () => new Response(new Uint8Array(DATA), { headers: { ETag: '"a"' } }),
    )
    const stop = new AbortController()
    const options: DownloadOptions = {
      limitRate: 100_000,
      signal: stop.signal,
      // Once bytes are here, and while it waits for the next to be due.
      onProgress: () => setTimeout(() => stop.abort(new Error('enough')), 20),
    }
    await expect(download(url, path, options)).rejects.toThrow('enough')
    expect(names()).toEqual(['file.part', 'file.part.json'])
  })

  test('with a client, and what its observers throw ends it', async () => {
    const { url } = await server((request) => new Response(request.headers.get('x')))
    await using client = new Client({ headers: { X: 'mine' } })
    await download(url, path, { client })
    expect(readFileSync(path, 'utf8')).toBe('mine')
    const onProgress = () => {
      throw new Error('mine, too')
    }
    await expect(download(url, path, { client, onProgress })).rejects.toThrow('mine, too')
    expect(readFileSync(path, 'utf8')).toBe('mine')
  })

  test('from a handler that gives a response of the platform', async () => {
    const platform = async () => new globalThis.Response('Hello, World!')
    await using client = new Client({ schemes: { 'memo:': platform as unknown as Handler } })
    expect(await download('memo:x', path, { client })).toMatchObject({ bytes: 13 })
    expect(readFileSync(path, 'utf8')).toBe('Hello, World!')
  })

  test('over FTP, by REST', async () => {
    const changed = new Date('2020-01-01T00:00:00Z')
    const options = { files: { 'big.bin': new Uint8Array(DATA) }, now: () => changed }
    const broken = await ftpServer({ ...options, cutAfter: 100_000 })
    open.push({ close: () => broken[Symbol.asyncDispose]() })
    await expect(download(`${broken.url}big.bin`, path)).rejects.toThrow()
    expect(names()).toEqual(['file.part', 'file.part.json'])
    const size = statSync(`${path}.part`).size
    const whole = await ftpServer(options)
    open.push({ close: () => whole[Symbol.asyncDispose]() })
    // Another port is another URL; the record is what a server on the same one would find.
    const note = readFileSync(`${path}.part.json`, 'utf8').replace(broken.url, whole.url)
    writeFileSync(`${path}.part.json`, note)
    const { resumedAt } = await download(`${whole.url}big.bin`, path, { sha256: SHA256 })
    expect(resumedAt).toBe(size)
    expect(whole.commands.some((line) => line === `REST ${size}`)).toBe(true)
  })

  test('from a file, and from data', async () => {
    await download('data:,hello', path)
    await download(`file://${path}`, `${path}2`)
    expect(readFileSync(`${path}2`, 'utf8')).toBe('hello')
  })

  test.each(['nonsense', 'body', 'decode', 'redirect', 'onprogress'])(
    'an option %s is refused in its own name',
    async (key) => {
      const made = download('http://127.0.0.1:1/', 'never-made', { [key]: undefined })
      await expect(made).rejects.toThrow(
        `download: there is no option '${key}'; there are resume, onProgress, sha256, limitRate, client, method, headers, signal, `,
      )
    },
  )

  test.each([
    [{ resume: 'yes' }, TypeError],
    [{ sha256: 'abc' }, TypeError],
    [{ limitRate: 0 }, RangeError],
    [{ onProgress: 1 }, TypeError],
    [{ body: 'x' }, TypeError],
    [{ nonsense: 1 }, TypeError],
    [{ retry: -1 }, RangeError],
  ])('%j is refused', async (options, kind) => {
    await expect(download('data:,x', path, options as never)).rejects.toThrow(kind)
  })
})
