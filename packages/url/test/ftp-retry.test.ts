/** Asking again over FTP: replies that may not be said a moment later, and logins that the server has ended. */
import { randomBytes } from 'node:crypto'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { download } from '../src/download.ts'
import { type FtpClient, type FtpOptions, isFtpError, openFtp } from '../src/ftp.ts'
import { FetchError, fetch, type UrlTraceEvent } from '../src/index.ts'
import { type FtpServerOptions, type FtpTestServer, ftpServer } from '../src/testing.ts'
import { client, open } from './kit.ts'

const FAST = { retries: 2, delay: 1 }
const FILES = { 'a.txt': 'Hello, World!', 'pub/b.txt': 'there' }

async function server(options: FtpServerOptions = {}): Promise<FtpTestServer> {
  const made = await ftpServer({ files: FILES, ...options })
  open.push(made)
  return made
}

const said = ({ commands }: FtpTestServer, verb: string): string[] =>
  commands.filter((line) => line.startsWith(verb))
const caught = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'it should have failed',
    (error: unknown) => error,
  )

describe('fetch with retry', () => {
  test.each([421, 425, 426, 450, 451, 452])('comes back after %d', async (code) => {
    const ftp = await server({ replies: { RETR: [`${code} Not now`] } })
    const response = await fetch(`${ftp.url}a.txt`, { retry: FAST })
    expect(await response.text()).toBe('Hello, World!')
    // Each time over a login of its own: after 421 there is no other way.
    expect([said(ftp, 'USER').length, said(ftp, 'RETR').length]).toEqual([2, 2])
  })

  test.each(['500 What?', '530 Not for you', '550 No such file', '553 Not that name'])(
    'takes %s for an answer',
    async (reply) => {
      const ftp = await server({ replies: { RETR: reply } })
      const error = await caught(fetch(`${ftp.url}a.txt`, { retry: FAST }))
      expect(isFtpError(error, Number(reply.slice(0, 3)))).toBe(true)
      expect(said(ftp, 'RETR')).toHaveLength(1)
    },
  )

  test('comes back when nobody was let in', async () => {
    const full = await server({ greeting: ['421 Too many are here', '421 Too many are here'] })
    expect(await (await fetch(`${full.url}a.txt`, { retry: FAST })).text()).toBe('Hello, World!')
    const tired = await server({ replies: { PASS: ['421 Not now'] } })
    expect(await (await fetch(`${tired.url}a.txt`, { retry: FAST })).text()).toBe('Hello, World!')
  })

  test('does so for the replies that it is told, and no others', async () => {
    const retry = { ...FAST, replies: [530] }
    const crowded = await server({ replies: { USER: ['530 Too many are here'] } })
    expect(await (await fetch(`${crowded.url}a.txt`, { retry })).text()).toBe('Hello, World!')
    const busy = await server({ replies: { RETR: ['450 Busy'] } })
    expect(isFtpError(await caught(fetch(`${busy.url}a.txt`, { retry })), 450)).toBe(true)
    await expect(fetch(busy.url, { retry: { replies: 450 } as never })).rejects.toThrow(
      'fetch: retry.replies must be an array',
    )
  })

  test('never does so unasked; a client asks for its fetches', async () => {
    const ftp = await server({ replies: { RETR: ['450 Busy', '450 Busy'] } })
    expect(isFtpError(await caught(fetch(`${ftp.url}a.txt`)), 450)).toBe(true)
    const one = client({ retry: FAST })
    expect(await (await one.fetch(`${ftp.url}a.txt`)).text()).toBe('Hello, World!')
  })

  test('writes again, too', async () => {
    const ftp = await server({ replies: { STOR: ['452 No room', '425 No connection'] } })
    const { status } = await fetch(`${ftp.url}new`, { method: 'PUT', body: 'text', retry: FAST })
    expect(status).toBe(204)
    expect(Buffer.from(ftp.file('new') ?? []).toString()).toBe('text')
  })

  test('ends with what was said last, and with all of it', async () => {
    const ftp = await server({ replies: { RETR: ['450 One', '451 Two', '452 Three'] } })
    const events: UrlTraceEvent[] = []
    const listen = (event: unknown): void => void events.push(event as UrlTraceEvent)
    subscribe('sluice:url', listen)
    const error = await caught(fetch(`${ftp.url}a.txt`, { retry: FAST }))
    unsubscribe('sluice:url', listen)
    expect(error).toBeInstanceOf(FetchError)
    const { message, attempt, errors, code } = error as FetchError
    expect(message).toMatch(
      /^GET ftp:\S+a\.txt: the server said 452 Three, tried 3 times \(ERR_FTP_REPLY, phase reply, \d+ ms\)$/,
    )
    expect([attempt, code]).toEqual([3, 'ERR_FTP_REPLY'])
    expect(errors.map((one) => isFtpError(one) && one.reply.code)).toEqual([450, 451, 452])
    const waits = events.filter(({ name }) => name === 'wait')
    expect(waits).toMatchObject([{ because: '450' }, { because: '451' }])
  })
})

test('a download goes on after 426, from where it was', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-ftp-retry-'))
  open.push({ close: () => rmSync(folder, { recursive: true }) })
  const data = new Uint8Array(randomBytes(250_000))
  const changed = new Date('2020-01-01T00:00:00Z')
  const ftp = await server({ files: { 'big.bin': data }, cutAfter: 100_000, now: () => changed })
  const path = join(folder, 'big.bin')
  await download(`${ftp.url}big.bin`, path, { retry: FAST })
  expect(readFileSync(path).equals(data)).toBe(true)
  expect(said(ftp, 'REST')).toEqual(['REST 100000', 'REST 200000'])
})

describe('a login that is kept', () => {
  async function start(
    options: FtpOptions,
    served: FtpServerOptions = {},
  ): Promise<{ ftp: FtpClient; made: FtpTestServer }> {
    const made = await server(served)
    const ftp = await openFtp(made.url, options)
    open.push(ftp)
    return { ftp, made }
  }

  test('and that the server ends with 421 is made again, in the same folder', async () => {
    const { ftp, made } = await start({ reconnect: true })
    await ftp.cd('pub')
    expect(await (await ftp.read('b.txt')).text()).toBe('there')
    await made.hangUp('421 Idle for too long')
    expect(await (await ftp.read('b.txt')).text()).toBe('there')
    expect(said(made, 'USER')).toHaveLength(2)
    expect(said(made, 'CWD')).toEqual(['CWD pub', 'CWD /pub'])
    // Types are a matter of each login.
    expect(said(made, 'TYPE')).toHaveLength(2)
    await ftp.cd('..')
    await made.hangUp('421 Idle for too long')
    expect(await ftp.pwd()).toBe('/')
  })

  test('is made again when 421 is the answer to the first command of a call', async () => {
    const { ftp, made } = await start({ reconnect: true }, { replies: { EPSV: ['421 Bye'] } })
    await ftp.size('a.txt')
    let drawn = 0
    const body = (function* () {
      drawn++
      yield new TextEncoder().encode('new')
    })()
    expect(await ftp.write('c.txt', body)).toBe(3)
    expect([drawn, Buffer.from(made.file('c.txt') ?? []).toString()]).toEqual([1, 'new'])
    expect(said(made, 'USER')).toHaveLength(2)
  })

  test('is not where something was said before 421: it would be done twice', async () => {
    const { ftp, made } = await start({ reconnect: true }, { replies: { RNTO: ['421 Bye'] } })
    expect(isFtpError(await caught(ftp.rename('a.txt', 'z.txt')), 421)).toBe(true)
    expect(said(made, 'USER')).toHaveLength(1)
    // The next call comes back.
    expect(await ftp.pwd()).toBe('/')
    expect(said(made, 'USER')).toHaveLength(2)
  })

  test('is made again when the server has left without a word', async () => {
    const { ftp, made } = await start({ reconnect: true })
    const left = new Promise<void>((resolve) => {
      const listen = (event: unknown): void => {
        if ((event as { name: string }).name !== 'end') return
        unsubscribe('sluice:socket', listen)
        resolve()
      }
      subscribe('sluice:socket', listen)
    })
    await made.hangUp()
    await left
    expect(await ftp.size('a.txt')).toBe(13)
  })

  test('is not when the folder is gone, for the next call would be about another one', async () => {
    const { ftp, made } = await start({ reconnect: true }, { replies: { 'CWD /pub': '550 Gone' } })
    await ftp.cd('pub')
    await made.hangUp('421 Idle for too long')
    expect(isFtpError(await caught(ftp.remove('b.txt')), 550)).toBe(true)
    expect(said(made, 'DELE')).toEqual([])
  })

  test('is not unless it is asked for, nor when it was closed', async () => {
    const { ftp, made } = await start({})
    await made.hangUp('421 Idle for too long')
    expect(isFtpError(await caught(ftp.pwd()), 421)).toBe(true)
    expect(await caught(ftp.pwd())).toMatchObject({ code: 'ERR_CLOSED' })
    const other = await start({ reconnect: true })
    await other.ftp.close()
    expect(await caught(other.ftp.pwd())).toMatchObject({ code: 'ERR_CLOSED' })
    expect(said(other.made, 'USER')).toHaveLength(1)
  })
})
