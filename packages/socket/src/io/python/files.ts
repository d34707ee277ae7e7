/**
 * File objects over a socket, as Python's module `io` has them: `SocketIO` reads and writes the socket itself,
 * `BufferedFile` reads ahead and collects what is written. Text is in `text-file.ts`.
 *
 * Methods that may have to wait return promises. A loop over lines is `for await`.
 */
import { concat, EMPTY } from '../../core/bytes.ts'
import { type BytesLike, bytesOf } from './arguments.ts'
import { numberOf } from './descriptors.ts'
import { OSError, TimeoutError, UnsupportedOperation, ValueError } from './errors.ts'
import { errnoOf } from './os-errors.ts'

/** What a file object needs of a socket. */
export interface FileSocket {
  _io_refs: number
  fileno(): number
  recv(size: number, flags?: number): Promise<Uint8Array>
  send(data: Uint8Array): Promise<number>
  _decref_socketios(): void
}

/** What is under a buffer: reads and writes as much as there is. */
export interface RawFile {
  readonly mode: string
  readonly name: number
  readonly closed: boolean
  /** Up to `size` bytes, empty at the end, null where it does not wait and there is nothing. */
  readSome(size: number): Promise<Uint8Array | null>
  write(data: BytesLike): Promise<number | null>
  fileno(): number
  close(): void
}

const LF = 0x0a
const MSG_PEEK = 2
/** The size of a buffer, io.DEFAULT_BUFFER_SIZE. */
export const DEFAULT_BUFFER_SIZE = 8_192

/** What all file objects of bytes share: everything that can be told by reading and writing. */
export abstract class ByteFile implements AsyncIterable<Uint8Array> {
  abstract readonly closed: boolean
  abstract read(size?: number | null): Promise<Uint8Array | null>
  abstract readline(size?: number | null): Promise<Uint8Array>
  abstract write(data: BytesLike): Promise<number | null>
  abstract flush(): unknown
  abstract close(): unknown

  /** All lines until the end, or until `hint` bytes are here. */
  async readlines(hint: number | null = -1): Promise<Uint8Array[]> {
    const lines: Uint8Array[] = []
    let size = 0
    for await (const line of this) {
      lines.push(line)
      size += line.length
      if (hint !== null && hint > 0 && size >= hint) break
    }
    return lines
  }

  /** Writes one after the other. */
  async writelines(lines: Iterable<BytesLike>): Promise<null> {
    for (const line of lines) await this.write(line)
    return null
  }

  /** Never: a stream has no positions. */
  seekable(): boolean {
    this._checkClosed()
    return false
  }

  /** Never a terminal. */
  isatty(): boolean {
    this._checkClosed()
    return false
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    for (let line = await this.readline(); line.length > 0; line = await this.readline()) yield line
  }

  /** Enters a `with` block. */
  __enter__(): this {
    this._checkClosed()
    return this
  }

  /** Leaves a `with` block. */
  async __exit__(): Promise<void> {
    await this.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /** @throws {ValueError} once it is closed */
  _checkClosed(): void {
    if (this.closed) throw new ValueError('I/O operation on closed file.')
  }
}

/** The socket itself as a file: no buffer. */
export class SocketIO extends ByteFile implements RawFile {
  readonly #mode: string
  readonly #reads: boolean
  readonly #writes: boolean
  #socket: FileSocket | undefined
  /** A read took too long: what came meanwhile is lost, so there is no going on. */
  #timedOut = false

  constructor(socket: FileSocket, mode: string) {
    super()
    if (!['r', 'w', 'rw', 'rb', 'wb', 'rwb'].includes(mode))
      throw new ValueError(`invalid mode: '${mode}'`)
    this.#mode = mode.includes('b') ? mode : `${mode}b`
    this.#reads = mode.includes('r')
    this.#writes = mode.includes('w')
    this.#socket = socket
  }

  /** `rb`, `wb` or `rwb`. */
  get mode(): string {
    return this.#mode
  }

  /** The descriptor; -1 once it is closed. */
  get name(): number {
    return this.#socket?.fileno() ?? -1
  }

  /** Whether it was closed. */
  get closed(): boolean {
    return this.#socket === undefined
  }

  /** Whether it can be read. */
  readable(): boolean {
    this._checkClosed()
    return this.#reads
  }

  /** Whether it can be written. */
  writable(): boolean {
    this._checkClosed()
    return this.#writes
  }

  /** The descriptor of the socket. */
  fileno(): number {
    return this.#open.fileno()
  }

  /** Reads once, into memory of the caller; null where it does not wait and there is nothing. */
  async readinto(buffer: BytesLike): Promise<number | null> {
    const target = bytesOf(buffer)
    const data = await this.readSome(target.length)
    if (data !== null) target.set(data)
    return data?.length ?? null
  }

  /** Up to `size` bytes, or everything until the end. */
  async read(size: number | null = -1): Promise<Uint8Array | null> {
    return size === null || size < 0 ? this.readall() : this.readSome(size)
  }

  /** Everything until the end; null where it does not wait and there is nothing. */
  async readall(): Promise<Uint8Array | null> {
    const parts: Uint8Array[] = []
    for (;;) {
      const part = await this.readSome(DEFAULT_BUFFER_SIZE)
      if (part === null && parts.length === 0) return null
      if (part === null || part.length === 0) return concat(parts)
      parts.push(part)
    }
  }

  /** One line with its end. Nothing behind it is taken from the socket. */
  async readline(size: number | null = -1): Promise<Uint8Array> {
    const parts: Uint8Array[] = []
    let left = size === null || size < 0 ? Number.POSITIVE_INFINITY : size
    while (left > 0) {
      const seen = await this.#take((socket) =>
        socket.recv(Math.min(left, DEFAULT_BUFFER_SIZE), MSG_PEEK),
      )
      if (seen === null || seen.length === 0) break
      const end = seen.indexOf(LF) + 1
      const part = (await this.readSome(end || seen.length)) ?? EMPTY
      parts.push(part)
      left -= part.length
      if (end > 0) break
    }
    return concat(parts)
  }

  async readSome(size: number): Promise<Uint8Array | null> {
    return this.#take((socket) => socket.recv(size))
  }

  /** Writes what the socket takes; how many bytes, or null where it does not wait and takes none. */
  async write(data: BytesLike): Promise<number | null> {
    const socket = this.#open
    if (!this.#writes) throw new UnsupportedOperation('File or stream is not writable.')
    const bytes = bytesOf(data)
    return orNull(() => socket.send(bytes))
  }

  /** Does nothing: there is no buffer. */
  flush(): void {
    this._checkClosed()
  }

  /** Lets go of the socket, which is closed with the last file once the program has closed it. */
  close(): void {
    const socket = this.#socket
    this.#socket = undefined
    socket?._decref_socketios()
  }

  get #open(): FileSocket {
    this._checkClosed()
    return this.#socket as FileSocket
  }

  async #take(read: (socket: FileSocket) => Promise<Uint8Array>): Promise<Uint8Array | null> {
    const socket = this.#open
    if (!this.#reads) throw new UnsupportedOperation('File or stream is not readable.')
    if (this.#timedOut) throw new OSError('cannot read from timed out object')
    try {
      return await orNull(() => read(socket))
    } catch (error) {
      if (error instanceof TimeoutError) this.#timedOut = true
      throw error
    }
  }
}

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

  /** Exactly `size` bytes, or everything until the end; fewer only at the end. */
  async read(size: number | null = -1): Promise<Uint8Array | null> {
    this._checkClosed()
    const wanted = size === null || size < 0 ? Number.POSITIVE_INFINITY : size
    while (this.#ahead.length < wanted) {
      const part = await this.#more(wanted)
      if (part === null && this.#ahead.length === 0) return null
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
    const data = await this.read(target.length)
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

/** Runs something that may refuse to wait: then it gives null, as files do. */
async function orNull<T>(run: () => Promise<T>): Promise<T | null> {
  try {
    return await run()
  } catch (error) {
    if (numberOf(error) === errnoOf('EAGAIN')) return null
    throw error
  }
}

/** Bytes in memory as a file: what a datagram's handler reads and writes. */
export class BytesIO extends ByteFile {
  #bytes: Uint8Array
  #at = 0
  #isClosed = false

  constructor(initial: BytesLike = EMPTY) {
    super()
    this.#bytes = bytesOf(initial).slice()
  }

  /** Whether it was closed. */
  get closed(): boolean {
    return this.#isClosed
  }

  /** All of it, wherever reading is. */
  getvalue(): Uint8Array {
    this._checkClosed()
    return this.#bytes.slice()
  }

  /** Up to `size` bytes, or everything until the end. */
  async read(size: number | null = -1): Promise<Uint8Array> {
    this._checkClosed()
    const wanted = size === null || size < 0 ? this.#bytes.length : size
    const data = this.#bytes.slice(this.#at, this.#at + wanted)
    this.#at += data.length
    return data
  }

  /** One line with its end; empty at the end. */
  async readline(size: number | null = -1): Promise<Uint8Array> {
    const end = this.#bytes.indexOf(LF, this.#at) + 1 || this.#bytes.length
    const most = size === null || size < 0 ? end : Math.min(end, this.#at + size)
    return this.read(most - this.#at)
  }

  /** Writes where reading is, over what is there. */
  async write(data: BytesLike): Promise<number> {
    this._checkClosed()
    const bytes = bytesOf(data)
    this.#bytes = concat([
      this.#bytes.subarray(0, this.#at),
      bytes,
      this.#bytes.subarray(this.#at + bytes.length),
    ])
    this.#at += bytes.length
    return bytes.length
  }

  /** Does nothing: there is nobody behind it. */
  flush(): void {
    this._checkClosed()
  }

  /** Lets go of the bytes. */
  close(): void {
    this.#isClosed = true
    this.#bytes = EMPTY
  }
}
