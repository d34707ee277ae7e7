/** The sender: a server for one guest, who has the ticket. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { type Connection, text } from '@sluice/socket'
import { serve } from '@sluice/socket/server'
import { makeCertificate } from '@sluice/socket/testing'
import { parseCertificate } from '@sluice/socket/tls'
import {
  checkName,
  formatTicket,
  LIMITS,
  type Offer,
  parseMessage,
  parseWant,
  textOf,
} from './protocol.ts'

/** A file and where it lies. */
interface Item extends Offer {
  path: string
}

/** An offer that stands. */
export interface Sending extends AsyncDisposable {
  /** What the receiver has to be told, over a way that nobody else reads. */
  ticket: string
  /** Settles when a guest has everything. One who is lost half-way may come again. */
  done: Promise<void>
}

/**
 * Offers files to whoever has the ticket.
 *
 * @param tell is told what happens, a sentence each
 * @throws {Error} for what is no file, for two of one name, and when nothing can listen there
 */
export async function send(
  paths: readonly string[],
  place: { hostname: string; port: number },
  tell: (sentence: string) => void,
): Promise<Sending> {
  const items = await look(paths)
  // Nobody has to vouch for this certificate: the ticket says which key it must have.
  const { cert, key } = makeCertificate({ name: 'transfer' })
  const token = randomBytes(16).toString('base64url')
  let finished = (): void => {}
  const done = new Promise<void>((resolve) => {
    finished = resolve
  })
  const server = await serve(
    async (guest) => {
      const message = parseMessage(await lineOf(guest))
      if (!isSame(textOf(message, 'token'), token)) {
        tell('somebody came with another ticket, and was sent away')
        return
      }
      for (const item of items) await give(guest, item, tell)
      await guest.sendAll(`${JSON.stringify({ end: true })}\n`)
      // Until they have hung up, our last words may be on their way.
      await guest.recv(1, { timeout: 5000 }).catch(() => {})
      finished()
    },
    {
      ...place,
      listen: { tls: { cert, key } },
      limits: { connections: 8 },
      timeout: { idle: 60_000 },
      onError: (error) => tell(`a guest was lost: ${(error as Error).message}`),
    },
  )
  const { hostname, port } = server.address as { hostname: string; port: number }
  const { spkiSha256: pin } = parseCertificate(cert)
  const close = (): Promise<void> => server.shutdown({ grace: 2000 })
  return {
    ticket: formatTicket({ hostname, port, pin, token }),
    done,
    [Symbol.asyncDispose]: close,
  }
}

async function look(paths: readonly string[]): Promise<Item[]> {
  if (paths.length > LIMITS.files) throw new RangeError(`at most ${LIMITS.files} files at a time`)
  const items: Item[] = []
  for (const path of paths) {
    const found = await stat(path).catch(() => undefined)
    if (!found?.isFile()) throw new Error(`${path}: ${found ? 'not a file' : 'no such file'}`)
    const name = checkName(basename(path))
    if (items.some((item) => item.name === name)) throw new Error(`two files are called ${name}`)
    items.push({ path, name, size: found.size })
  }
  return items
}

/** One file: what they have of it is read and compared, the rest is read and sent; one hash sees all of it. */
async function give(guest: Connection, { path, name, size }: Item, tell: (s: string) => void) {
  await guest.sendAll(`${JSON.stringify({ name, size })}\n`)
  const want = parseWant(parseMessage(await lineOf(guest)), size)
  let hash = createHash('sha256')
  for await (const piece of pieces(path, 0, want.from)) hash.update(piece)
  const from = hash.copy().digest('hex') === want.prefix ? want.from : 0
  if (from === 0) hash = createHash('sha256')
  await guest.sendAll(`${JSON.stringify({ from })}\n`)
  let left = size - from
  for await (const piece of pieces(path, from, size)) {
    hash.update(piece)
    left -= piece.length
    // No faster than they read: a gigabyte on its way takes no more memory than a piece.
    await guest.sendAll(piece)
  }
  if (left !== 0) throw new Error(`${name} became shorter while it was sent`)
  await guest.sendAll(`${JSON.stringify({ sha256: hash.digest('hex') })}\n`)
  const verdict = parseMessage(await lineOf(guest))
  if (verdict['ok'] !== true) throw new Error(`${name} was not taken`)
  tell(`${name}: ${size - from} of ${size} bytes sent, the rest was there`)
}

/** The bytes of a file from one place to another. A read stream would take an end of -1 for none at all. */
async function* pieces(path: string, start: number, end: number): AsyncGenerator<Uint8Array> {
  if (start < end) yield* createReadStream(path, { start, end: end - 1, highWaterMark: 262_144 })
}

async function lineOf(guest: Connection): Promise<string> {
  const line = await guest.recvLine(LIMITS.line, { timeout: 60_000 })
  if (line === null) throw new Error('they hung up in the middle')
  return text(line)
}

/** How long it takes says nothing about how much of it is right. */
function isSame(given: string, secret: string): boolean {
  const [a, b] = [given, secret].map((value) => createHash('sha256').update(value).digest())
  return timingSafeEqual(a as Buffer, b as Buffer)
}
