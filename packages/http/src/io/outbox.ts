/**
 * What a server's connection is about to send: text that is gathered while a read is worked off, and leaves
 * in one write.
 *
 * Rules it keeps:
 * - Answers that become ready in the same turn leave together: `later` waits for the end of the turn.
 * - A client that takes nothing fills this up to a mark and no further: `isFull` stops the reading.
 */
import type { ByteStream } from '@sluice/socket'
import { encodeLatin1 } from '@sluice/socket/bytes'

/** From here on we wait until the client has taken what we sent. */
const HIGH_WATER = 65_536
/** Nobody waits for each answer by itself: in TLS it has not left before the next turn. */
const WHEN_TAKEN = { whenTaken: true }

/** What an outbox tells its connection. */
export interface OutboxOwner {
  /** The end of the turn, after `later`; the text has left. */
  flushed(): void
  /** There is room again. */
  room(): void
  /** The client takes nothing any more. */
  destroy(reason: Error): void
}

/** Gathers text and sends it. */
export class Outbox {
  /** Whether the client has to take something before we read on. */
  isFull = false
  readonly #stream: ByteStream
  readonly #owner: OutboxOwner
  #text = ''
  #isScheduled = false

  constructor(stream: ByteStream, owner: OutboxOwner) {
    this.#stream = stream
    this.#owner = owner
  }

  get isEmpty(): boolean {
    return this.#text === ''
  }

  add(text: string): void {
    this.#text += text
  }

  /** Sends all text so far and some bytes as one write; `after` is the next text. */
  addBytes(bytes: Uint8Array, after: string): void {
    const before = encoded(this.#text)
    this.#text = after
    this.#watch(this.#stream.sendAll([before, bytes]))
  }

  /** Sends now. */
  flush(): void {
    const text = this.#text
    if (text === '') return
    this.#text = ''
    this.#watch(this.#stream.sendLatin1(text, WHEN_TAKEN))
  }

  /** Sends at the end of the turn. */
  later(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    // Runs when no promise is left to settle: what every handler of this turn answered is here then.
    process.nextTick(flushLater, this)
  }

  /** The end of the turn. */
  static endOfTurn(outbox: Outbox): void {
    outbox.#isScheduled = false
    outbox.flush()
    outbox.#owner.flushed()
  }

  /**
   * Nothing to wait for while there is little under way; what breaks later breaks the stream, and the connection is told of
   * that. It may have failed at once.
   */
  #watch(sent: Promise<void>): void {
    if (this.#stream.backlog <= HIGH_WATER) {
      sent.catch(this.#onUnsent)
      return
    }
    this.isFull = true
    sent.then(this.#onSent, this.#onUnsent)
  }

  readonly #onSent = (): void => {
    if (!this.isFull) return
    this.isFull = false
    this.#owner.room()
  }

  readonly #onUnsent = (error: Error): void => {
    this.#owner.destroy(error)
  }
}

let lastText = ''
let lastBytes = new Uint8Array(0)

/** What stands before bytes is the same for all answers of one length, as long as a second lasts. */
function encoded(text: string): Uint8Array {
  if (text !== lastText) {
    lastText = text
    lastBytes = encodeLatin1(text)
  }
  return lastBytes
}

function flushLater(outbox: Outbox): void {
  Outbox.endOfTurn(outbox)
}
