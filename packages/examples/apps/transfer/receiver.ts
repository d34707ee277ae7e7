/**
 * The receiver. What has come lies in `NAME.part`, and gets its name when all of it is there and is what was sent: whoever
 * sees `NAME` sees all of it. Whatever ends the program, the next run goes on with the part.
 */
import { createHash, type Hash } from 'node:crypto'
import { createReadStream, existsSync } from 'node:fs'
import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type Connection, connect } from '@sluice/socket'
import { hashOf, LIMITS, type Offer, parseOffer, parseStart, type Ticket } from './protocol.ts'
import { hear, tell } from './wire.ts'

const GONE = 'the sender hung up; is this its newest ticket?'

/** How far it is. */
export interface Progress extends Offer {
  /** How many of the bytes are here. */
  bytes: number
  /** How many of them were here before. */
  resumedAt: number
}

/**
 * Fetches what the ticket is for into a folder.
 *
 * @param onProgress is told after each piece; `bytes` is `size` when the file has its name
 * @throws {NetError} when the sender can't be reached, has another key than the ticket says, or is lost
 * @throws {Error} when a file of that name is here and differs, or what came is not what was sent
 */
export async function receive(
  { hostname, port, pin, token }: Ticket,
  folder: string,
  onProgress: (progress: Progress) => void,
  signal: AbortSignal,
): Promise<void> {
  const isFolder = await stat(folder).then(
    (found) => found.isDirectory(),
    () => false,
  )
  if (!isFolder) throw new Error(`${folder}: no such folder`)
  await using sender = await connect(
    { hostname, port },
    // No authority is asked, since the ticket names the key itself.
    { tls: { verify: false, pins: [pin] }, timeout: { connect: 10_000, idle: 60_000 }, signal },
  )
  await tell(sender, { token })
  for (let count = 0; count <= LIMITS.files; count++) {
    const offer = parseOffer(await hear(sender, GONE, { signal }))
    if (offer === undefined) return
    await take(sender, offer, folder, onProgress, signal)
  }
  throw new Error(`the sender offers more than ${LIMITS.files} files`)
}

async function take(
  sender: Connection,
  offer: Offer,
  folder: string,
  onProgress: (progress: Progress) => void,
  signal: AbortSignal,
): Promise<void> {
  const { name, size } = offer
  const path = join(folder, name)
  const part = `${path}.part`
  const isHere = existsSync(path)
  const { hash, length } = await known(isHere ? path : part)
  // More than all of it is something else.
  const asked = length > size ? 0 : length
  const prefix = (asked === 0 ? createHash('sha256') : hash.copy()).digest('hex')
  await tell(sender, { from: asked, prefix })
  const from = parseStart(await hear(sender, GONE, { signal }), asked)
  if (isHere && (from !== size || length !== size))
    throw new Error(`${path}: is here already, and is not what is offered`)
  const whole = from === 0 ? createHash('sha256') : hash
  if (!isHere) {
    const file = await open(part, from === 0 ? 'w' : 'r+')
    try {
      const told = (bytes: number): void => onProgress({ ...offer, bytes, resumedAt: from })
      await copy(sender, file, { from, size }, whole, told, signal)
      // What has its name has to survive a power cut, too.
      await file.sync()
    } finally {
      await file.close()
    }
  }
  if (hashOf(await hear(sender, GONE, { signal }), 'sha256') !== whole.digest('hex')) {
    if (!isHere) await rm(part)
    throw new Error(`${name}: what came is not what was sent; it was thrown away`)
  }
  if (!isHere) await rename(part, path)
  onProgress({ ...offer, bytes: size, resumedAt: from })
  await tell(sender, { ok: true })
}

/** From the wire to the disk, through one piece of memory. */
async function copy(
  sender: Connection,
  file: FileHandle,
  { from, size }: { from: number; size: number },
  hash: Hash,
  onBytes: (bytes: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const memory = new Uint8Array(262_144)
  for (let at = from; at < size; ) {
    const room = memory.subarray(0, Math.min(memory.length, size - at))
    const count = await sender.recvInto(room, { signal })
    if (count === null) throw new Error(`the sender hung up after ${at} of ${size} bytes`)
    const piece = room.subarray(0, count)
    hash.update(piece)
    // A disk may take less than it was given.
    for (let done = 0; done < count; )
      done += (await file.write(piece, done, count - done, at + done)).bytesWritten
    at += count
    if (at < size) onBytes(at)
  }
}

/** What is here of a file. */
async function known(path: string): Promise<{ hash: Hash; length: number }> {
  const hash = createHash('sha256')
  let length = 0
  if (existsSync(path))
    for await (const piece of createReadStream(path, { highWaterMark: 262_144 })) {
      hash.update(piece as Uint8Array)
      length += (piece as Uint8Array).length
    }
  return { hash, length }
}
