/**
 * A file that is being downloaded: `NAME.part` holds what is here, `NAME.part.json` what is known of it, and only when all
 * is here and on the disk it gets its name, in one step.
 *
 * Whoever is killed at any moment leaves a part and a record that fit one another: before a part begins anew it is made
 * anew, then the record is written, and only then comes the first byte.
 *
 * Two that download to the same place do not mix what they have: within a program the second one is refused. Of two
 * programs the one that begins anew does so in a file of its own; the other finds its part gone, and says so.
 */
import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, open, readFile, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { FetchError } from '../core/errors.ts'
import { factsOfWriting } from '../core/file-reason.ts'
import { type PartialRecord, parseRecord } from '../core/resume.ts'
import { placeOf, refusal, writeWhole } from './atomic-file.ts'

/**
 * Pieces are written together once they are so many bytes: a system call and a thread for each would cost more than they.
 * They are read straight into one of two buffers: memory of their own for each would be a collection of the whole heap for
 * every few dozen, which costs more than everything else together.
 */
const BATCH = 524_288
/** As much as a connection brings at a time: with less room the rest of it would have to wait in memory of its own. */
const LEAST_ROOM = 65_536
/** The longest name of most file systems, in bytes. */
const LONGEST_NAME = 255

// O_NOFOLLOW: nobody else's link decides where the bytes go.
const FLAGS = constants.O_RDWR | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0)
/** Parts that this program is writing. */
const underWay = new Set<string>()

/** The part, open. */
export class PartialFile {
  /** Where the file is to be. */
  readonly place: string
  /** What is known of what is here; nothing where that is nothing. */
  record: PartialRecord | undefined
  readonly #path: string
  readonly #part: string
  #handle: FileHandle
  #size: number
  /** The one that is filled, and the one that is being written. */
  #buffer = new Uint8Array(BATCH)
  #other = new Uint8Array(BATCH)
  #waiting = 0
  #writing: Promise<void> = Promise.resolve()

  private constructor(path: string, place: string, handle: FileHandle, size: number) {
    this.#path = path
    this.place = place
    this.#part = partOf(place)
    this.#handle = handle
    this.#size = size
  }

  /** @throws {FetchError} the place can't be written to, which is told before anything is asked for */
  static async open(path: string): Promise<PartialFile> {
    let place = path
    let claimed: string | undefined
    try {
      place = await placeOf(path)
      const part = partOf(place)
      if (underWay.has(part)) throw refusal('ERR_BUSY', 'another download to it is under way')
      underWay.add(part)
      claimed = part
      const handle = await open(part, FLAGS, 0o666)
      const { size } = await handle.stat()
      const file = new PartialFile(path, place, handle, size)
      if (size > 0) file.record = parseRecord(await textOf(noteOf(place)))
      return file
    } catch (error) {
      if (claimed !== undefined) underWay.delete(claimed)
      const facts = factsOfWriting(explained(error, partOf(place)))
      throw new FetchError({ method: 'write', url: path, phase: 'open', ...facts })
    }
  }

  /** Bytes that are here, those among them that wait to be written. */
  get size(): number {
    return this.#size + this.#waiting
  }

  /** Begins anew, in a file that no other program has open. */
  async start(record: PartialRecord): Promise<void> {
    await this.#try(async () => {
      await this.#checkOurs()
      // Before it loses its name: Windows keeps that until nobody has the file open.
      await this.#handle.close()
      await rm(this.#part)
      this.#handle = await open(this.#part, FLAGS | constants.O_EXCL, 0o666).catch(taken)
      this.#size = 0
    })
    await this.note(record)
  }

  /** Writes down what is known. */
  async note(record: PartialRecord): Promise<void> {
    await this.#try(() => this.#checkOurs())
    this.record = record
    await this.#write(record)
  }

  #write(record: PartialRecord): Promise<void> {
    return writeWhole(noteOf(this.place), Buffer.from(JSON.stringify(record)), 'write', false)
  }

  /**
   * Has the next bytes read to where they wait to be written; waits itself while as much as there is room for is being
   * written.
   *
   * @param read puts bytes into what it is given. @returns how many, or `null` at the end
   * @returns the bytes, valid until the next call; `null` at the end
   */
  async take(read: (target: Uint8Array) => Promise<number | null>): Promise<Uint8Array | null> {
    if (BATCH - this.#waiting < LEAST_ROOM) await this.#handOver()
    const room = this.#buffer.subarray(this.#waiting)
    const count = await read(room)
    if (count === null) return null
    this.#waiting += count
    return room.subarray(0, count)
  }

  /** Waits until everything is written. */
  async flush(): Promise<void> {
    await this.#handOver()
    await this.#writing
  }

  /** The full buffer goes to the disk once the other one is there. */
  async #handOver(): Promise<void> {
    await this.#writing
    const bytes = this.#buffer.subarray(0, this.#waiting)
    const at = this.#size
    ;[this.#buffer, this.#other] = [this.#other, this.#buffer]
    this.#size += bytes.length
    this.#waiting = 0
    this.#writing = this.#try(async () => {
      // A disk that is nearly full takes less than all; the next call says why.
      for (let done = 0; done < bytes.length; ) {
        const rest = bytes.length - done
        const { bytesWritten } = await this.#handle.write(bytes, done, rest, at + done)
        done += bytesWritten
      }
    })
    // Whoever hands over next hears of it.
    this.#writing.catch(() => {})
  }

  /** Reads what is here, in order. */
  async *read(): AsyncGenerator<Uint8Array> {
    const buffer = new Uint8Array(1_048_576)
    for (let at = 0; at < this.#size; ) {
      const { bytesRead } = await this.#handle.read(buffer, 0, buffer.length, at)
      if (bytesRead === 0) return
      yield buffer.subarray(0, bytesRead)
      at += bytesRead
    }
  }

  /** Gives the file its name, last of all: a file that has its name has nothing beside it. */
  async finish(): Promise<void> {
    await this.flush()
    await this.#try(async () => {
      await this.#checkOurs()
      await this.#handle.sync()
      await this.#handle.close()
      await rm(noteOf(this.place), { force: true })
    })
    try {
      await this.#try(() => rename(this.#part, this.place))
    } catch (error) {
      // What is here is still of use.
      if (this.record !== undefined) await this.#write(this.record).catch(() => {})
      throw error
    }
    underWay.delete(this.#part)
  }

  /** Stops; what is here stays, and nothing where that is nothing. Never rejects. */
  async stop(keep = true): Promise<void> {
    await this.flush().catch(() => {})
    const isOurs = await this.#isOurs().catch(() => false)
    await this.#handle.close().catch(() => {})
    if (isOurs && !(keep && this.#size > 0))
      for (const path of [this.#part, noteOf(this.place)])
        await rm(path, { force: true }).catch(() => {})
    underWay.delete(this.#part)
  }

  /** Whether what has the name of the part is what is open here. */
  async #isOurs(): Promise<boolean> {
    // Numbers of files on Windows do not fit into a double.
    const [there, here] = await Promise.all([
      stat(this.#part, { bigint: true }).catch(() => undefined),
      this.#handle.stat({ bigint: true }),
    ])
    return there?.ino === here.ino && there.dev === here.dev
  }

  /** @throws another program has taken the part away, or given it its name */
  async #checkOurs(): Promise<void> {
    if (!(await this.#isOurs()))
      throw refusal('ERR_BUSY', `${basename(this.#part)} was replaced by another download`)
  }

  async #try(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (cause) {
      const place = { method: 'write', url: this.#path, phase: 'write' }
      throw new FetchError({ ...place, ...factsOfWriting(cause) })
    }
  }
}

/** A link in the place of the part is refused by the system in words that are about something else. */
function explained(error: unknown, part: string): unknown {
  const { code, reason } = error as { code?: string; reason?: string }
  if (code !== 'ELOOP' || reason !== undefined) return error
  return refusal('ELOOP', `${basename(part)} beside it is a link, and might lead anywhere`)
}

/** The name was free a moment ago: another program has made the file meanwhile, or Windows keeps it for one that reads it. */
function taken(error: unknown): never {
  const { code = '' } = error as { code?: string }
  throw /^(EEXIST|EPERM|EBUSY)$/.test(code)
    ? refusal('ERR_BUSY', 'another program has its part open')
    : error
}

/** The name of the part; where that were too long, one that is made from it. */
function partOf(place: string): string {
  const name = basename(place)
  const isLong = Buffer.byteLength(name) + '.part.json'.length > LONGEST_NAME
  const stem = isLong ? createHash('sha256').update(name).digest('hex').slice(0, 32) : name
  return join(dirname(place), `${stem}.part`)
}

function noteOf(place: string): string {
  return `${partOf(place)}.json`
}

async function textOf(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '')
}
