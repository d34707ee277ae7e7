/**
 * File objects over a socket, as Python's module `io` has them: what all of them share, and `SocketIO`, which reads and
 * writes the socket itself. With a buffer: `buffered-file.ts`. Text: `text-file.ts`. Bytes in memory: `bytes-io.ts`.
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

/** The end of a line. */
export const LF = 0x0a
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

/** Runs something that may refuse to wait: then it gives null, as files do. */
async function orNull<T>(run: () => Promise<T>): Promise<T | null> {
  try {
    return await run()
  } catch (error) {
    if (numberOf(error) === errnoOf('EAGAIN')) return null
    throw error
  }
}
