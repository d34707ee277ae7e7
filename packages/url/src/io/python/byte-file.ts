/** A file of bytes that comes in pieces, with what Python's files have for reading. */
import { builtins } from '@sluice/socket/python'

/** Where bytes come from; empty at the end. */
export interface ByteSource {
  next(): Promise<Uint8Array>
  close(): Promise<void>
  readonly fd?: number
}

const EMPTY = new Uint8Array(0)

/** A file that is read. */
export class ByteFile implements AsyncIterable<Uint8Array> {
  closed = false
  readonly #source: ByteSource
  #rest: Uint8Array = EMPTY
  #isAtEnd = false

  constructor(source: ByteSource) {
    this.#source = source
  }

  /** A file of what is in memory. */
  static of(bytes: Uint8Array): ByteFile {
    let rest = bytes
    const next = async (): Promise<Uint8Array> => {
      const all = rest
      rest = EMPTY
      return all
    }
    return new ByteFile({ next, close: async () => {} })
  }

  /** All of it, or so many bytes: less at its end only. */
  async read(size?: number | null): Promise<Uint8Array> {
    this.#check()
    const most = size === undefined || size === null || size < 0 ? Number.POSITIVE_INFINITY : size
    while (this.#rest.length < most && (await this.#more()));
    return this.#take(Math.min(most, this.#rest.length))
  }
  async read1(size = -1): Promise<Uint8Array> {
    this.#check()
    if (this.#rest.length === 0) await this.#more()
    return this.#take(size < 0 ? this.#rest.length : Math.min(size, this.#rest.length))
  }
  /** A line with its end. */
  async readline(limit = -1): Promise<Uint8Array> {
    this.#check()
    const most = limit < 0 ? Number.POSITIVE_INFINITY : limit
    for (let from = 0; ; ) {
      const end = this.#rest.indexOf(10, from) + 1
      if (end > 0 || this.#rest.length >= most) return this.#take(Math.min(end || most, most))
      from = this.#rest.length
      if (!(await this.#more())) return this.#take(this.#rest.length)
    }
  }
  async readlines(hint = -1): Promise<Uint8Array[]> {
    const lines: Uint8Array[] = []
    let size = 0
    for await (const line of this) {
      lines.push(line)
      size += line.length
      if (hint > 0 && size >= hint) break
    }
    return lines
  }
  async readinto(buffer: Uint8Array): Promise<number> {
    const data = await this.read(buffer.length)
    buffer.set(data)
    return data.length
  }
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    for (let line = await this.readline(); line.length > 0; line = await this.readline()) yield line
  }
  readable(): boolean {
    return true
  }
  fileno(): number {
    if (this.#source.fd === undefined) throw new builtins.UnsupportedOperation('fileno')
    return this.#source.fd
  }
  async close(): Promise<void> {
    if (this.closed) return
    this.closed = true
    await this.#source.close()
  }

  #check(): void {
    if (this.closed) throw new builtins.ValueError('I/O operation on closed file')
  }
  async #more(): Promise<boolean> {
    if (this.#isAtEnd) return false
    const piece = await this.#source.next()
    this.#isAtEnd = piece.length === 0
    this.#rest = this.#rest.length === 0 ? piece : Buffer.concat([this.#rest, piece])
    return !this.#isAtEnd
  }
  #take(size: number): Uint8Array {
    const part = this.#rest.subarray(0, size)
    this.#rest = this.#rest.subarray(size)
    return part
  }
}
