/** The sender: a server for one guest, who has the ticket. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import type { Connection } from '@sluice/socket'
import { serve } from '@sluice/socket/server'
import { makeCertificate } from '@sluice/socket/testing'
import { parseCertificate } from '@sluice/socket/tls'
import { checkName, formatTicket, LIMITS, type Offer, parseWant, textOf } from './protocol.ts'
import { hear, tell } from './wire.ts'

const GONE = 'they hung up in the middle'

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
 * @param report is told what happens, a sentence each
 * @throws {Error} for what is no file, for two of one name, and when nothing can listen there
 */
export async function send(
  paths: readonly string[],
  place: { hostname: string; port: number },
  report: (sentence: string) => void,
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
      const message = await hear(guest, GONE)
      if (!isSame(textOf(message, 'token'), token)) {
        report('somebody came with another ticket, and was sent away')
        return
      }
      for (const item of items) await give(guest, item, report)
      await tell(guest, { end: true })
      // Until they have hung up, our last words may be on their way.
      await guest.recv(1, { timeout: 5000 }).catch(() => {})
      finished()
    },
    {
      ...place,
      listen: { tls: { cert, key } },
      limits: { connections: 8 },
      timeout: { idle: 60_000 },
      onError: (error) => report(`a guest was lost: ${(error as Error).message}`),
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
async function give(guest: Connection, { path, name, size }: Item, report: (s: string) => void) {
  await tell(guest, { name, size })
  const want = parseWant(await hear(guest, GONE), size)
  let hash = createHash('sha256')
  for await (const piece of pieces(path, 0, want.from)) hash.update(piece)
  const from = hash.copy().digest('hex') === want.prefix ? want.from : 0
  if (from === 0) hash = createHash('sha256')
  await tell(guest, { from })
  let left = size - from
  for await (const piece of pieces(path, from, size)) {
    hash.update(piece)
    left -= piece.length
    // No faster than they read: a gigabyte on its way takes no more memory than a piece.
    await guest.sendAll(piece)
  }
  if (left !== 0) throw new Error(`${name} became shorter while it was sent`)
  await tell(guest, { sha256: hash.digest('hex') })
  const verdict = await hear(guest, GONE)
  if (verdict['ok'] !== true) throw new Error(`${name} was not taken`)
  report(`${name}: ${size - from} of ${size} bytes sent, the rest was there`)
}

/** The bytes of a file from one place to another. A read stream would take an end of -1 for none at all. */
async function* pieces(path: string, start: number, end: number): AsyncGenerator<Uint8Array> {
  if (start < end) yield* createReadStream(path, { start, end: end - 1, highWaterMark: 262_144 })
}

/** How long it takes says nothing about how much of it is right. */
function isSame(given: string, secret: string): boolean {
  const [a, b] = [given, secret].map((value) => createHash('sha256').update(value).digest())
  return timingSafeEqual(a as Buffer, b as Buffer)
}
