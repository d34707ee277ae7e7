/**
 * A file object with a buffer, between a program that reads lines and a socket that gives what it has.
 */
import { concat, EMPTY } from '../../core/bytes.ts'
import { type BytesLike, bytesOf } from './arguments.ts'
import { OSError, ValueError } from './errors.ts'
import { ByteFile, DEFAULT_BUFFER_SIZE, LF, type RawFile } from './files.ts'

/** Reads ahead, and collects what is written: Python's BufferedReader, BufferedWriter and BufferedRWPair. */
export class BufferedFile extends ByteFile {
  /** What is under the buffer. */
  readonly raw: RawFile
  readonly #size: number
  #ahead: Uint8Array = EMPTY
  #written: Uint8Array[] = []
  #count = 0

  constructor(raw: RawFile, size: number = DEFAULT_BUFFER_SIZE) {
    super()
    if (size <= 0) throw new ValueError('invalid buffer size')
    this.raw = raw
    this.#size = size
  }

  /** That of the socket. */
  get mode(): string {
    return this.raw.mode
  }

  /** The descriptor. */
  get name(): number {
    return this.raw.name
  }

  /** Whether it was closed. */
  get closed(): boolean {
    return this.raw.closed
  }

  /** The descriptor of the socket. */
  fileno(): number {
    return this.raw.fileno()
  }

  /** Whether it can be read. */
  readable(): boolean {
    this._checkClosed()
    return this.raw.mode.includes('r')
  }

  /** Whether it can be written. */
  writable(): boolean {
    this._checkClosed()
    return this.raw.mode.includes('w')
  }

  /**
   * Exactly `size` bytes, or everything until the end; fewer only at the end. Null where it does not wait and there is
   * nothing, which its type leaves out, as typeshed does.
   */
  async read(size: number | null = -1): Promise<Uint8Array> {
    this._checkClosed()
    const wanted = size === null || size < 0 ? Number.POSITIVE_INFINITY : size
    while (this.#ahead.length < wanted) {
      const part = await this.#more(wanted)
      if (part === null && this.#ahead.length === 0) return null as never
      if (part === null || part.length === 0) break
    }
    return this.#cut(wanted)
  }

  /** What is here, or what comes next: at most one read of the socket. */
  async read1(size: number | null = -1): Promise<Uint8Array> {
    this._checkClosed()
    const wanted = size === null || size < 0 ? this.#size : size
    if (this.#ahead.length === 0 && wanted > 0) await this.#more(wanted)
    return this.#cut(wanted)
  }

  /** As `read`, into memory of the caller. */
  async readinto(buffer: BytesLike): Promise<number | null> {
    const target = bytesOf(buffer)
    const data = (await this.read(target.length)) as Uint8Array | null
    if (data !== null) target.set(data)
    return data?.length ?? null
  }

  /** As `read1`, into memory of the caller. */
  async readinto1(buffer: BytesLike): Promise<number> {
    const target = bytesOf(buffer)
    const data = await this.read1(target.length)
    target.set(data)
    return data.length
  }

  /** Looks at what is here, or comes next, without taking it. */
  async peek(): Promise<Uint8Array> {
    this._checkClosed()
    if (this.#ahead.length === 0) await this.#more(this.#size)
    return this.#ahead.slice()
  }

  /** One line with its end; empty at the end of the stream. */
  async readline(size: number | null = -1): Promise<Uint8Array> {
    this._checkClosed()
    const most = size === null || size < 0 ? Number.POSITIVE_INFINITY : size
    let from = 0
    for (;;) {
      const end = this.#ahead.indexOf(LF, from) + 1
      if (end > 0) return this.#cut(Math.min(end, most))
      if (this.#ahead.length >= most) return this.#cut(most)
      from = this.#ahead.length
      const part = await this.#more(this.#size)
      if (part === null || part.length === 0) return this.#cut(most)
    }
  }

  /** Takes all of it; it leaves once the buffer is full, or with `flush`. */
  async write(data: BytesLike): Promise<number> {
    this._checkClosed()
    const bytes = bytesOf(data).slice()
    this.#written.push(bytes)
    this.#count += bytes.length
    if (this.#count >= this.#size) await this.flush()
    return bytes.length
  }

  /** Sends what was written. */
  async flush(): Promise<null> {
    this._checkClosed()
    let rest: Uint8Array = concat(this.#written.splice(0))
    this.#count = 0
    while (rest.length > 0) {
      const taken = await this.raw.write(rest)
      if (taken === null) {
        this.#written.unshift(rest)
        this.#count = rest.length
        throw new OSError('write could not complete without blocking')
      }
      rest = rest.subarray(taken)
    }
    return null
  }

  /** Sends what was written, and lets go of the socket. */
  async close(): Promise<null> {
    if (this.closed) return null
    try {
      await this.flush()
    } finally {
      this.raw.close()
    }
    return null
  }

  async #more(wanted: number): Promise<Uint8Array | null> {
    const size = Number.isFinite(wanted) ? Math.max(wanted, this.#size) : this.#size
    const part = await this.raw.readSome(size)
    if (part !== null && part.length > 0)
      this.#ahead = this.#ahead.length === 0 ? part : concat([this.#ahead, part])
    return part
  }

  #cut(count: number): Uint8Array {
    const size = Math.min(count, this.#ahead.length)
    const taken = this.#ahead.slice(0, size)
    this.#ahead = this.#ahead.subarray(size)
    return taken
  }
}
