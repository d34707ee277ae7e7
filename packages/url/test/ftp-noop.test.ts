/** NOOP beside a long transfer: when it is said, and whose reply is whose. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { type Connection, connect, listen, text } from '@sluice/socket'
import { FakeClock } from '@sluice/socket/testing'
import { describe, expect, test } from 'vitest'
import { openFtp } from '../src/ftp.ts'
import type { UrlTraceEvent } from '../src/index.ts'
import { FtpControl } from '../src/io/ftp-control.ts'
import { startPulse } from '../src/io/ftp-pulse.ts'
import { type FtpServerOptions, ftpServer } from '../src/testing.ts'
import { open } from './kit.ts'

const MINUTE = 60_000

async function start() {
  const listener = await listen('127.0.0.1:0')
  const stream = await connect(listener.address)
  const server = await listener.accept()
  open.push(listener)
  for (const one of [server, stream]) open.push({ close: () => one.destroy() })
  const facts = { origin: 'ftp://h', id: 0, parent: 0, encoding: 'utf8', patience: 5000 } as const
  return { control: new FtpControl(stream, facts), server, clock: new FakeClock() }
}

const heard = async (server: Connection): Promise<string> => text(await server.recvLine())

describe('while a transfer is under way', () => {
  test('it is said every minute, where the last one was answered', async () => {
    const { control, server, clock } = await start()
    const stop = startPulse(control, undefined, clock)
    await clock.advance(MINUTE - 1)
    expect(server.tryRecv()).toBeUndefined()
    const reply = control.reply('RETR')
    for (let i = 0; i < 2; i++) {
      await clock.advance(MINUTE)
      expect(await heard(server)).toBe('NOOP')
      await server.sendAll('200 Done\r\n')
      // What was sent so far has been read once a later byte has.
      await server.sendAll('150-still\r\n150 here\r\n')
      expect((await (i === 0 ? reply : control.reply('RETR'))).code).toBe(150)
    }
    stop()
  })

  test('it is not said again while the last one is unanswered', async () => {
    const { control, server, clock } = await start()
    const stop = startPulse(control, MINUTE, clock)
    await clock.advance(5 * MINUTE)
    stop()
    await control.send('PWD')
    expect([await heard(server), await heard(server)]).toEqual(['NOOP', 'PWD'])
  })

  test('it leaves no timer, and a short transfer hears nothing of it', async () => {
    const { control, server, clock } = await start()
    startPulse(control, MINUTE, clock)()
    expect(clock.pending).toBe(0)
    for (const never of [0, Number.POSITIVE_INFINITY]) {
      const stop = startPulse(control, never, clock)
      expect(clock.pending).toBe(0)
      stop()
    }
    await clock.advance(MINUTE)
    await control.send('PWD')
    expect(await heard(server)).toBe('PWD')
    await expect(openFtp('ftp://127.0.0.1:1', { noop: -1 })).rejects.toThrow(RangeError)
  })

  test('a connection that is gone is not spoken to, and told by who waits', async () => {
    const { control, server, clock } = await start()
    const stop = startPulse(control, MINUTE, clock)
    const reply = control.reply('RETR').catch((error: { code: string }) => error.code)
    server.destroy()
    expect(await reply).toBe('ECONNRESET')
    await clock.advance(3 * MINUTE)
    stop()
  })

  // What comes after NOOP was said; `|` is where the transfer is over and PWD and TYPE are said.
  test.each<[title: string, script: string, transfer: number[], then: number[]]>([
    ['at once', '200 226|257 200', [226], [257, 200]],
    ['behind the end', '226 200|257 200', [226], [257, 200]],
    ['behind the end, and late', '226|200 257 200', [226], [257, 200]],
    ['never', '226|257 200', [226], [257, 200]],
    ['by one that knows it not, while it sends', '500 226|257 200', [226], [257, 200]],
    ['by one that has no time for it', '226 503|257 200', [226], [257, 200]],
    ['behind a failure', '426 200|257 200', [426], [257, 200]],
    ['after the first of two replies to ABOR', '426 200 226|257 200', [426, 226], [257, 200]],
    ['before both', '200 426 226|257 200', [426, 226], [257, 200]],
    ['after both', '426 226|200 257 200', [426, 226], [257, 200]],
  ])('its answer comes %s, and every reply is whose it is', async (_, script, transfer, then) => {
    const { control, server, clock } = await start()
    const stop = startPulse(control, MINUTE, clock)
    await clock.advance(MINUTE)
    expect(await heard(server)).toBe('NOOP')
    const [during = '', after = ''] = script
      .split('|')
      .map((part) => part.replace(/\d+ ?/g, (code) => `${code.trim()} x\r\n`))
    await server.sendAll(during)
    const codes = async (verbs: readonly string[]): Promise<number[]> => {
      const found: number[] = []
      for (const verb of verbs) found.push((await control.reply(verb)).code)
      return found
    }
    expect(await codes(transfer.map(() => 'RETR'))).toEqual(transfer)
    stop()
    await server.sendAll(after)
    expect(await codes(['PWD', 'TYPE'])).toEqual(then)
  })
})

/** Settles when NOOP is said. */
function noop(): Promise<void> {
  return new Promise((resolve) => {
    const listen = (event: unknown): void => {
      if ((event as UrlTraceEvent & { command?: string }).command !== 'NOOP') return
      unsubscribe('sluice:url', listen)
      resolve()
    }
    subscribe('sluice:url', listen)
  })
}

describe.each([
  ['that listens while it sends', true],
  ['that listens when it has sent', false],
])('with a server %s', (_, listensWhileSending) => {
  async function connected(more: FtpServerOptions) {
    const files = { 'a.bin': new Uint8Array(200_000).fill(7) }
    const server = await ftpServer({ files, listensWhileSending, ...more })
    const ftp = await openFtp(server.url, { noop: 1 })
    for (const one of [server, ftp]) open.push(one)
    return { server, ftp }
  }

  test('a download goes on, and so does the conversation', async () => {
    const said = noop()
    const { ftp, server } = await connected({ pace: () => said })
    expect((await (await ftp.read('a.bin')).bytes()).length).toBe(200_000)
    expect(await ftp.pwd()).toBe('/')
    // TYPE is answered by 200 as NOOP is.
    expect((await (await ftp.read('a.bin', { type: 'ascii' })).bytes()).length).toBe(200_000)
    expect(await ftp.size('a.bin')).toBe(200_000)
    expect(server.commands).toContain('NOOP')
  })

  test('a download that is given up leaves a conversation that goes on', async () => {
    const said = noop()
    let count = 0
    const pace = async (): Promise<void> => {
      await said
      // The rest never comes: the client has to give it up.
      if (count++ === 1) await new Promise((resolve) => setTimeout(resolve, 20))
    }
    const { ftp } = await connected({ pace, files: { 'a.bin': new Uint8Array(20_000_000) } })
    const download = await ftp.read('a.bin')
    await download.recv()
    await download.close()
    expect(await ftp.pwd()).toBe('/')
    expect(await ftp.size('a.bin')).toBe(20_000_000)
  })

  test('an upload goes on', async () => {
    const said = noop()
    const { ftp, server } = await connected({})
    const body = (async function* () {
      yield 'one '
      await said
      yield 'two'
    })()
    expect(await ftp.write('b.txt', body)).toBe(7)
    expect(Buffer.from(server.file('b.txt') ?? []).toString()).toBe('one two')
    expect(await ftp.size('b.txt')).toBe(7)
  })
})
