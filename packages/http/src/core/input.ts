/**
 * The bytes that a machine reads: a view of the caller's while everything in it is used up at once, our
 * own memory as soon as something is left over.
 *
 * Rules it keeps:
 * - A view is never kept. `keep` copies what is unread, and is called before the caller gets control back.
 * - Our own memory grows by doubling: a head that comes byte by byte is copied a few times, not n times.
 * - A search for a line feed remembers how far it came: a line that comes byte by byte costs O(n).
 */
import { copy, EMPTY } from '@sluice/socket/bytes'

const LF = 0x0a

/** What was received and not read yet, from `at` to `end` of `bytes`. */
export class Input {
  bytes: Uint8Array = EMPTY
  at = 0
  end = 0
  /** The peer has finished: nothing follows. */
  ended = false
  /** Whether `bytes` is ours. */
  #own = false
  /** Bytes from `at` on in which there is no line feed. */
  #searched = 0

  get unread(): number {
    return this.end - this.at
  }

  /** Takes bytes of the peer; `null` when it has finished. */
  receive(view: Uint8Array | null): void {
    if (view === null) this.ended = true
    else if (this.end > this.at) this.#append(view)
    else {
      this.bytes = view
      this.at = 0
      this.end = view.length
      this.#own = false
    }
  }

  /** Goes on by `count` bytes. */
  skip(count: number): void {
    this.at += count
    this.#searched = 0
  }

  /** @returns where the next line feed is, or -1; `from` counts from the beginning of `bytes` */
  lineFeed(from: number = this.at + this.#searched): number {
    const found = this.bytes.indexOf(LF, from)
    return found < this.end ? found : -1
  }

  /** There is no line feed yet: the next search begins behind what is here. */
  noLineFeed(): void {
    this.#searched = this.end - this.at
  }

  /** Copies what is unread, so that the caller's view can die. */
  keep(): void {
    if (this.at === this.end) this.drop()
    else if (!this.#own) {
      this.bytes = copy(this.bytes.subarray(this.at, this.end))
      this.end -= this.at
      this.at = 0
      this.#own = true
    }
  }

  /** Forgets everything; an idle connection holds no memory for its next message. */
  drop(): void {
    this.bytes = EMPTY
    this.at = 0
    this.end = 0
    this.#own = false
    this.#searched = 0
  }

  #append(view: Uint8Array): void {
    this.keep()
    const size = this.unread + view.length
    if (this.at + size > this.bytes.length) {
      const grown = new Uint8Array(Math.max(256, size * 2))
      grown.set(this.bytes.subarray(this.at, this.end))
      this.bytes = grown
      this.end -= this.at
      this.at = 0
    }
    this.bytes.set(view, this.end)
    this.end += view.length
  }
}
