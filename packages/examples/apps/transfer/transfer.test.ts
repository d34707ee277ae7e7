/** The messages by tables; files over real TLS, broken off at every kind of place. */
import { createHash, randomBytes } from 'node:crypto'
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from '@sluice/socket'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  checkName,
  formatTicket,
  hashOf,
  parseMessage,
  parseOffer,
  parseStart,
  parseTicket,
  parseWant,
} from './protocol.ts'
import { type Progress, receive } from './receiver.ts'
import { send } from './sender.ts'

const PIN = `${'A+/'.repeat(14)}A=`
const TOKEN = 'a-_4'.repeat(5).concat('aa')

describe('tickets', () => {
  test.each([['127.0.0.1'], ['::1'], ['example.org']])(
    'for %s are read as they are written',
    (hostname) => {
      const ticket = { hostname, port: 4000, pin: PIN, token: TOKEN }
      expect(formatTicket(ticket)).toMatch(/^[\w.:[\]#-]+$/)
      expect(parseTicket(formatTicket(ticket))).toEqual(ticket)
    },
  )
  test.each([
    [''],
    ['127.0.0.1:4000'],
    [`127.0.0.1:99999#${'a'.repeat(43)}.${TOKEN}`],
    [`[::1#x.y`],
  ])('%j is none, and is not repeated', (wrong) =>
    expect(() => parseTicket(wrong)).toThrow('that is no ticket; it looks like'),
  )
})

describe('names', () => {
  test.each([['a'], ['a b.txt'], ['图.png'], ['x'.repeat(250)]])('%s', (name) =>
    expect(checkName(name)).toBe(name),
  )
  test.each([
    [''],
    ['.'],
    ['..'],
    ['../a'],
    ['a/b'],
    ['a\\b'],
    ['C:a'],
    ['a:stream'],
    ['.bashrc'],
    ['-rf'],
    ['a '],
    ['a.'],
    ['a\nb'],
    ['a\0'],
    ['\u001b[2J'],
    ['x'.repeat(251)],
    ['图'.repeat(84)],
    ['\ud800'],
  ])('%j is none', (name) => expect(() => checkName(name)).toThrow('is not a name for a file'))
})

describe('messages', () => {
  test.each([['{'], ['[]'], ['null'], ['3'], ['"x"']])('%s is none', (line) =>
    expect(() => parseMessage(line)).toThrow(SyntaxError),
  )
  test.each([
    [() => parseOffer({ name: 'a' })],
    [() => parseOffer({ name: 3, size: 3 })],
    [() => parseOffer({ name: 'a', size: -1 })],
    [() => parseOffer({ name: 'a', size: 1.5 })],
    [() => parseOffer({ name: 'a', size: 2 ** 53 })],
    [() => parseOffer({ name: '../a', size: 1 })],
    [() => parseWant({ from: 11, prefix: '0'.repeat(64) }, 10)],
    [() => parseWant({ from: 1, prefix: 'x' }, 10)],
    [() => parseStart({ from: 5 }, 10)],
    [() => parseStart({ from: 11 }, 10)],
    [() => hashOf({ sha256: 'A'.repeat(64) }, 'sha256')],
  ])('%s is refused', (read) => expect(read).toThrow(SyntaxError))
})

describe('a transfer', () => {
  const never = new AbortController().signal
  const body = randomBytes(1_500_000)
  let here: string
  let there: string
  let path: string
  beforeEach(() => {
    here = mkdtempSync(join(tmpdir(), 'transfer-'))
    there = mkdtempSync(join(tmpdir(), 'transfer-'))
    path = join(here, 'a file.bin')
    writeFileSync(path, body)
  })
  afterEach(() => {
    for (const folder of [here, there]) rmSync(folder, { recursive: true, force: true })
  })

  const offer = (paths: string[], told: string[] = []) =>
    send(paths, { hostname: '127.0.0.1', port: 0 }, (sentence) => told.push(sentence))
  const fetch = async (ticket: string, signal = never): Promise<Progress[]> => {
    const seen: Progress[] = []
    await receive(parseTicket(ticket), there, (progress) => seen.push(progress), signal)
    return seen
  }
  const last = (seen: Progress[]) => seen.at(-1)

  test('brings all files, byte by byte, also one of no bytes', async () => {
    const empty = join(here, 'empty')
    writeFileSync(empty, '')
    await using sending = await offer([path, empty])
    await fetch(sending.ticket)
    await sending.done
    expect(readFileSync(join(there, 'a file.bin')).equals(body)).toBe(true)
    expect(readdirSync(there).sort()).toEqual(['a file.bin', 'empty'])
  })

  test('goes on where it was broken off, and sends no byte twice', async () => {
    const told: string[] = []
    await using sending = await offer([path], told)
    writeFileSync(join(there, 'a file.bin.part'), body.subarray(0, 1_000_000))
    expect(last(await fetch(sending.ticket))).toMatchObject({ resumedAt: 1_000_000 })
    await sending.done
    expect(told).toEqual(['a file.bin: 500000 of 1500000 bytes sent, the rest was there'])
    expect(readFileSync(join(there, 'a file.bin')).equals(body)).toBe(true)
  })

  test.each([
    ['holds other bytes', () => randomBytes(1000)],
    ['is longer than the file', () => Buffer.concat([body, body])],
  ])('begins anew when the part %s', async (_, make) => {
    await using sending = await offer([path])
    writeFileSync(join(there, 'a file.bin.part'), make())
    expect(last(await fetch(sending.ticket))).toMatchObject({ resumedAt: 0 })
    expect(readFileSync(join(there, 'a file.bin')).equals(body)).toBe(true)
  })

  test('ended in the middle it leaves a part and no name, and the next run has the rest', async () => {
    await using sending = await offer([path])
    const quitting = new AbortController()
    const broken = receive(
      parseTicket(sending.ticket),
      there,
      ({ bytes }) => bytes > 300_000 && quitting.abort(new Error('enough')),
      quitting.signal,
    )
    await expect(broken).rejects.toThrow('enough')
    expect(readdirSync(there)).toEqual(['a file.bin.part'])
    expect(last(await fetch(sending.ticket))?.resumedAt).toBeGreaterThan(300_000)
    expect(readFileSync(join(there, 'a file.bin')).equals(body)).toBe(true)
    expect(readdirSync(there)).toEqual(['a file.bin'])
  })

  test('what is here already is not fetched again; what differs is not touched', async () => {
    await using sending = await offer([path])
    await fetch(sending.ticket)
    expect(last(await fetch(sending.ticket))).toMatchObject({ resumedAt: body.length })
    appendFileSync(join(there, 'a file.bin'), 'mine')
    await expect(fetch(sending.ticket)).rejects.toThrow(
      'is here already, and is not what is offered',
    )
    expect(readFileSync(join(there, 'a file.bin'))).toHaveLength(body.length + 4)
  })

  test('a file that shrinks while it is sent does not get its name', async () => {
    const told: string[] = []
    await using sending = await offer([path], told)
    truncateSync(path, 1000)
    await expect(fetch(sending.ticket)).rejects.toThrow(
      'the sender hung up after 1000 of 1500000 bytes',
    )
    expect(existsSync(join(there, 'a file.bin'))).toBe(false)
    expect(told).toEqual(['a guest was lost: a file.bin became shorter while it was sent'])
  })

  test('another key than that of the ticket is refused before the token is sent', async () => {
    const told: string[] = []
    await using sending = await offer([path], told)
    const ticket = parseTicket(sending.ticket)
    const pin = createHash('sha256').update('somebody else').digest('base64')
    await expect(receive({ ...ticket, pin }, there, () => {}, never)).rejects.toMatchObject({
      code: 'ERR_TLS_PIN',
    })
    expect(told.join()).not.toContain('ticket')
  })

  test('another token gets nothing, and the offer stands', async () => {
    const told: string[] = []
    await using sending = await offer([path], told)
    const ticket = parseTicket(sending.ticket)
    await expect(receive({ ...ticket, token: TOKEN }, there, () => {}, never)).rejects.toThrow(
      'the sender hung up; is this its newest ticket?',
    )
    expect(told).toEqual(['somebody came with another ticket, and was sent away'])
    await fetch(sending.ticket)
    await sending.done
  })

  test('a guest who talks nonsense is lost, and the offer stands', async () => {
    const told: string[] = []
    await using sending = await offer([path], told)
    const { hostname, port } = parseTicket(sending.ticket)
    for (const nonsense of ['GET / HTTP/1.1\n', '[]\n', `${'x'.repeat(5000)}`]) {
      const guest = await connect({ hostname, port }, { tls: { verify: false } })
      await guest.sendAll(nonsense)
      expect(await guest.recv()).toBeNull()
      await guest.close()
    }
    expect(told).toHaveLength(3)
    await fetch(sending.ticket)
  })

  test.each([
    [['/nowhere/at/all'], '/nowhere/at/all: no such file'],
    [['.'], '.: not a file'],
  ])('%j can not be sent', async (paths, sentence) => {
    await expect(offer(paths)).rejects.toThrow(sentence)
  })
  test('nor two files of one name', async () => {
    await expect(offer([path, path])).rejects.toThrow('two files are called a file.bin')
  })
  test('a folder that is not there is said before anything is asked for', async () => {
    await using sending = await offer([path])
    await expect(
      receive(parseTicket(sending.ticket), join(there, 'no'), () => {}, never),
    ).rejects.toThrow('/no: no such folder')
  })

  test('the sender is a stranger, too: a name that leads out of the folder is refused', async () => {
    // A liar with the right key: our own sender would not say this.
    const { serve } = await import('@sluice/socket/server')
    const { makeCertificate } = await import('@sluice/socket/testing')
    const { parseCertificate } = await import('@sluice/socket/tls')
    const { cert, key } = makeCertificate({ name: 'liar' })
    await using liar = await serve(
      async (guest) => {
        await guest.recvLine()
        await guest.sendAll('{"name":"../escaped","size":3}\n')
        await guest.recv()
      },
      { hostname: '127.0.0.1', port: 0, listen: { tls: { cert, key } } },
    )
    const { hostname, port } = liar.address as { hostname: string; port: number }
    const ticket = { hostname, port, pin: parseCertificate(cert).spkiSha256, token: TOKEN }
    await expect(receive(ticket, there, () => {}, never)).rejects.toThrow(
      '"../escaped" is not a name for a file',
    )
    expect(readdirSync(there)).toEqual([])
  })
})
