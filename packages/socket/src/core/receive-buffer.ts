/**
 * What has arrived and was not taken yet. Chunks are kept as they came; taking joins only what is asked
 * for, so a download handed on chunk by chunk is never copied, and a line that spans three chunks is
 * copied once.
 *
 * Rules it keeps:
 * - `append` takes ownership; `appendCopy` is for bytes that live in somebody's read buffer. It gathers
 *   small pieces in one block, so that a peer who sends single bytes does not cost an object for each.
 * - A search remembers how far it came. A peer that sends a long line byte by byte costs O(n), not O(n²):
 *   the classic way to burn a server's processor with one slow connection.
 * - Nothing is ever returned empty: "not yet" is `undefined`.
 */
import { type Bytes, concat, copy, EMPTY, indexOf } from './bytes.ts'

/** Pieces up to half of a block are gathered in blocks of this size. */
const BLOCK = 4096

/** A first-in, first-out store of bytes, taken at most, exactly, or until a mark. */
export class ReceiveBuffer {
  /** Bytes that can be taken. */
  length = 0
  #chunks: Uint8Array[] = []
  /** Taken chunks at the front of the array are dropped in bulk, not shifted one by one. */
  #head = 0
  /** How much of the first chunk is already taken. */
  #offset = 0
  /** Bytes from the front that are known not to hold the start of `#sought`. */
  #searched = 0
  #sought: Uint8Array = EMPTY
  /** The block that small pieces are gathered in, and how much of it is used. */
  #block: Bytes = EMPTY
  #blockUsed = 0

  /**
   * Puts bytes at the end, without copying: they now belong to the buffer. Nothing happens for none. Never throws.
   *
   * @param bytes nobody may change them any more
   */
  append(bytes: Uint8Array): void {
    if (bytes.length === 0) return
    this.#chunks.push(bytes)
    this.length += bytes.length
  }

  /**
   * Puts a copy of bytes at the end. Never throws.
   *
   * @param view may change afterwards
   */
  appendCopy(view: Uint8Array): void {
    const { length } = view
    if (length > BLOCK / 2) {
      this.append(copy(view))
      return
    }
    if (this.#blockUsed + length > this.#block.length) {
      this.#block = new Uint8Array(BLOCK)
      this.#blockUsed = 0
    }
    const start = this.#blockUsed
    this.#block.set(view, start)
    this.#blockUsed += length
    const last = this.#chunks.at(-1)
    if (
      last?.buffer === this.#block.buffer &&
      last.byteOffset + last.length === start &&
      this.#head < this.#chunks.length
    ) {
      this.#chunks[this.#chunks.length - 1] = this.#block.subarray(last.byteOffset, this.#blockUsed)
      this.length += length
    } else this.append(this.#block.subarray(start, this.#blockUsed))
  }

  /**
   * Puts bytes back in front of everything else, without copying: they now belong to the buffer. Never throws.
   *
   * @param bytes nobody may change them any more
   */
  unread(bytes: Uint8Array): void {
    if (bytes.length === 0) return
    this.#compact()
    if (this.#offset > 0) {
      this.#chunks[0] = this.#first().subarray(this.#offset)
      this.#offset = 0
    }
    this.#chunks.unshift(bytes)
    this.length += bytes.length
    this.#searched = 0
  }

  /**
   * Takes what is there, up to `max` bytes; at most one chunk, so that it never has to join. Never throws.
   *
   * @param max at least 1
   * @returns 1 to `max` bytes, or `undefined` when the buffer is empty
   */
  takeSome(max: number): Bytes | undefined {
    if (this.length === 0) return undefined
    const first = this.#first()
    const available = first.length - this.#offset
    const bytes = first.subarray(this.#offset, this.#offset + Math.min(max, available))
    this.#drop(bytes.length)
    return bytes as Bytes
  }

  /**
   * Takes up to `max` bytes, joining chunks; `undefined` when the buffer is empty. Never throws.
   *
   * @param max at least 1
   */
  takeAtMost(max: number): Bytes | undefined {
    return this.length === 0 ? undefined : this.takeExactly(Math.min(max, this.length))
  }

  /**
   * Takes exactly `count` bytes, or nothing: `undefined` until that many are there. Never throws.
   *
   * @param count 0 or more
   */
  takeExactly(count: number): Bytes | undefined {
    if (this.length < count) return undefined
    if (count === 0) return EMPTY
    const first = this.#first()
    if (first.length - this.#offset >= count) return this.takeSome(count)
    const parts: Uint8Array[] = []
    for (let missing = count; missing > 0; ) {
      const part = this.takeSome(missing) as Bytes
      parts.push(part)
      missing -= part.length
    }
    return concat(parts)
  }

  /** Takes everything; an empty array when there is nothing. Never throws. */
  takeAll(): Bytes {
    return this.takeAtMost(this.length) ?? EMPTY
  }

  /**
   * Copies as much as fits into `target` and takes it. Never throws.
   *
   * @param target memory of the caller
   * @returns how many bytes; 0 when empty
   */
  takeInto(target: Uint8Array): number {
    let at = 0
    while (at < target.length) {
      const part = this.takeSome(target.length - at)
      if (part === undefined) break
      target.set(part, at)
      at += part.length
    }
    return at
  }

  /**
   * Takes everything up to and including the first `mark`, or nothing while it has not arrived.
   * Successive calls with the same mark go on where the last one stopped. Never throws.
   *
   * @param mark at least one byte; the same object as before goes on with the search
   */
  takeUntil(mark: Uint8Array): Bytes | undefined {
    const end = this.find(mark)
    return end === -1 ? undefined : this.takeExactly(end + mark.length)
  }

  /**
   * Looks for a mark without taking anything. Never throws.
   *
   * @param mark at least one byte; the same object as before goes on with the search
   * @returns where the first `mark` begins, counted from the front, or -1
   */
  find(mark: Uint8Array): number {
    if (this.#sought !== mark) {
      this.#sought = mark
      this.#searched = 0
    }
    if (this.length - this.#searched < mark.length) return -1
    const at =
      this.#chunks.length - this.#head === 1 ? this.#findInFirst(mark) : this.#findAcross(mark)
    // The mark may have begun in the last bytes that are here.
    if (at === -1) this.#searched = Math.max(0, this.length - mark.length + 1)
    return at
  }

  /**
   * Copies up to `max` bytes from the front without taking them; `undefined` when empty. Never throws.
   *
   * @param max at least 1
   */
  peek(max: number): Bytes | undefined {
    if (this.length === 0) return undefined
    const parts: Uint8Array[] = []
    let missing = Math.min(max, this.length)
    let from = this.#offset
    for (let i = this.#head; missing > 0; i++) {
      const part = (this.#chunks[i] as Uint8Array).subarray(from, from + missing)
      parts.push(part)
      missing -= part.length
      from = 0
    }
    return parts.length === 1 ? copy(parts[0] as Uint8Array) : concat(parts)
  }

  #findInFirst(mark: Uint8Array): number {
    const at = indexOf(this.#first(), mark, this.#offset + this.#searched)
    return at === -1 ? -1 : at - this.#offset
  }

  /** Joins only what was not searched yet, from the end: a long wait copies each byte once. */
  #findAcross(mark: Uint8Array): number {
    const parts: Uint8Array[] = []
    let missing = this.length - this.#searched
    for (let i = this.#chunks.length - 1; missing > 0; i--) {
      const chunk = this.#chunks[i] as Uint8Array
      const from = Math.max(i === this.#head ? this.#offset : 0, chunk.length - missing)
      parts.push(chunk.subarray(from))
      missing -= chunk.length - from
    }
    const at = indexOf(concat(parts.reverse()), mark)
    return at === -1 ? -1 : this.#searched + at
  }

  #first(): Uint8Array {
    return this.#chunks[this.#head] as Uint8Array
  }

  #drop(count: number): void {
    this.length -= count
    this.#searched = Math.max(0, this.#searched - count)
    this.#offset += count
    if (this.#offset < this.#first().length) return
    this.#chunks[this.#head] = EMPTY
    this.#head++
    this.#offset = 0
    if (this.#head === this.#chunks.length || this.#head >= 64) this.#compact()
  }

  #compact(): void {
    if (this.#head === 0) return
    this.#chunks.splice(0, this.#head)
    this.#head = 0
  }
}
