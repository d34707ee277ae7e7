/**
 * Python's `io.BytesIO`: bytes in memory as a file.
 */
import { concat, EMPTY } from '../../core/bytes.ts'
import { type BytesLike, bytesOf } from './arguments.ts'
import { ByteFile, LF } from './files.ts'

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
