/**
 * A file that is being read over FTP: bytes in order, and an end that the server has confirmed.
 */
import type { Bytes } from '@sluice/socket'
import { AsciiDecoder } from '../core/ftp-ascii.ts'
import type { FtpTransfer } from './ftp-transfer.ts'

/** What `FtpClient.read()` gives. Read it to its end or close it: until then the client does nothing else. */
export class FtpDownload implements AsyncIterable<Bytes>, AsyncDisposable {
  /** Bytes that are to come, where the server said so when it began: a hint. */
  readonly size: number | undefined
  readonly #transfer: FtpTransfer
  readonly #signal: AbortSignal | undefined
  readonly #decoder: AsciiDecoder | undefined
  readonly #idle: number
  #isAtEnd = false

  /** @internal */
  constructor(
    transfer: FtpTransfer,
    how: { isText: boolean; idle: number; signal: AbortSignal | undefined },
  ) {
    this.size = transfer.size
    this.#transfer = transfer
    this.#signal = how.signal
    this.#idle = how.idle
    this.#decoder = how.isText ? new AsciiDecoder() : undefined
  }

  /**
   * The next bytes.
   *
   * @param max at most so many; default 65 536
   * @returns 1 to `max` bytes, or `null` once the server has said that this was all
   * @throws {FtpError} the server broke off, and says why. {FetchError} the connection broke, or was silent for too long
   * @throws `signal.reason`, when the signal of `read()` aborted
   * @see RFC 959 §3.4.1
   */
  async recv(max = 65_536): Promise<Bytes | null> {
    while (!this.#isAtEnd) {
      let piece: Bytes | null
      try {
        piece = await this.#transfer.data.recv(max, { signal: this.#signal, timeout: this.#idle })
      } catch (error) {
        this.#isAtEnd = true
        throw await this.#transfer.fail(error)
      }
      if (piece === null) {
        this.#isAtEnd = true
        await this.#transfer.finish()
        piece = this.#decoder?.end() ?? null
      } else if (this.#decoder !== undefined) piece = this.#decoder.push(piece)
      // A piece may have been nothing but a CR.
      if (piece !== null && piece.length > 0) return piece
    }
    return null
  }

  /**
   * The next bytes, into memory of your own: nothing is allocated for them. A text that is converted goes through `recv`.
   *
   * @param target where they go, from its beginning; at least one byte
   * @returns how many there are, at least one; `null` once the server has said that this was all
   * @throws {TypeError} a text, or a target without room. Else as `recv`
   * @see RFC 959 §3.4.1
   */
  async recvInto(target: Uint8Array): Promise<number | null> {
    if (this.#decoder !== undefined)
      throw new TypeError('recvInto is for binary transfers: the bytes of a text are others here')
    if (this.#isAtEnd) return null
    const options = { signal: this.#signal, timeout: this.#idle }
    let count: number | null
    try {
      count = await this.#transfer.data.recvInto(target, options)
    } catch (error) {
      this.#isAtEnd = true
      throw await this.#transfer.fail(error)
    }
    if (count !== null) return count
    this.#isAtEnd = true
    await this.#transfer.finish()
    return null
  }

  /** The pieces, until the server has said that they were all. Leaving the loop early closes it. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Bytes, void, undefined> {
    try {
      for (let piece = await this.recv(); piece !== null; piece = await this.recv()) yield piece
    } finally {
      await this.close()
    }
  }

  /**
   * All of it.
   *
   * @param limit at most so many bytes; default 1 GiB
   * @throws as `recv`; {RangeError} more than `limit`
   */
  async bytes(limit = 1_073_741_824): Promise<Bytes> {
    const parts: Bytes[] = []
    let length = 0
    for await (const piece of this) {
      length += piece.length
      if (length > limit) throw new RangeError(`the file has more than ${limit} bytes`)
      parts.push(piece)
    }
    return joined(parts, length)
  }

  /**
   * All of it, as text in UTF-8.
   *
   * @param limit as for `bytes`
   * @throws as `bytes`
   */
  async text(limit?: number): Promise<string> {
    return new TextDecoder().decode(await this.bytes(limit))
  }

  /** Gives up what has not come yet; the client can go on. Never rejects. */
  async close(): Promise<void> {
    this.#isAtEnd = true
    await this.#transfer.abort()
  }

  /** As `close()`, so that `await using` works. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

function joined(parts: readonly Bytes[], length: number): Bytes {
  const all = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}
