/**
 * `forward`: carries what one stream says to another one, over a line as bad as `core/link.ts` says. Back-pressure
 * goes through it, the end goes through it, and when one side breaks the other is told by a reset.
 */
import { type Bytes, copy } from '../core/bytes.ts'
import type { Link } from '../core/link.ts'
import type { ByteStream } from './stream.ts'
import type { Clock } from './system.ts'

/** What is on the line at most; then the sender is held back. */
const IN_FLIGHT = 262_144

interface Piece {
  readonly at: number
  /** `null` is the end of the stream. */
  readonly bytes: Bytes | null
}

/**
 * Forwards one direction until its end has arrived.
 *
 * @param from read until its end
 * @param to written, and shut down for writing at the end; neither is closed
 * @param link what lies between them: one for each direction
 * @param seen is shown what arrives, before it does; valid until the call returns
 * @throws what broke either stream; both are destroyed then
 */
export async function forward(
  clock: Clock,
  from: ByteStream,
  to: ByteStream,
  link: Link,
  seen?: (bytes: Uint8Array) => void,
): Promise<void> {
  const line = new Line(clock, link)
  try {
    await Promise.all([fill(line, from, link.chunk), empty(line, to, seen)])
  } catch (error) {
    line.stop()
    from.destroy()
    to.destroy()
    throw error
  }
}

async function fill(line: Line, from: ByteStream, chunk: number): Promise<void> {
  for await (const bytes of from) {
    for (let at = 0; at < bytes.length; at += chunk) line.put(copy(bytes.subarray(at, at + chunk)))
    await line.room()
  }
  line.put(null)
}

async function empty(
  line: Line,
  to: ByteStream,
  seen: ((bytes: Uint8Array) => void) | undefined,
): Promise<void> {
  for (let bytes = await line.take(); bytes !== null; bytes = await line.take()) {
    seen?.(bytes)
    await to.sendAll(bytes)
  }
  await to.shutdown('write')
}

/** What is under way, in order. */
class Line {
  readonly #clock: Clock
  readonly #link: Link
  readonly #pieces: Piece[] = []
  #inFlight = 0
  /** The one who waits for a piece, and the one who waits for room. */
  #arrived: (() => void) | undefined
  #emptied: (() => void) | undefined
  #isStopped = false

  constructor(clock: Clock, link: Link) {
    this.#clock = clock
    this.#link = link
  }

  put(bytes: Bytes | null): void {
    const size = bytes?.length ?? 0
    this.#inFlight += size
    this.#pieces.push({ at: this.#link.piece(this.#clock.now(), size), bytes })
    this.#arrived?.()
  }

  async room(): Promise<void> {
    while (this.#inFlight > IN_FLIGHT && !this.#isStopped)
      await new Promise<void>((resolve) => {
        this.#emptied = resolve
      })
  }

  /** The next piece, once its time has come. */
  async take(): Promise<Bytes | null> {
    while (this.#pieces.length === 0 && !this.#isStopped)
      await new Promise<void>((resolve) => {
        this.#arrived = resolve
      })
    const { at, bytes } = this.#pieces.shift() ?? { at: 0, bytes: null }
    const wait = at - this.#clock.now()
    if (wait > 0) await this.#until(wait)
    this.#inFlight -= bytes?.length ?? 0
    this.#emptied?.()
    return bytes
  }

  /** Lets those go who wait: one of the streams is gone. */
  stop(): void {
    this.#isStopped = true
    this.#arrived?.()
    this.#emptied?.()
    this.#expire?.()
  }

  #expire: (() => void) | undefined

  #until(ms: number): Promise<void> {
    return new Promise((resolve) => {
      // A black hole has no timer: it ends when one of the streams does.
      const timer =
        ms === Number.POSITIVE_INFINITY ? undefined : this.#clock.setTimeout(resolve, ms)
      this.#expire = () => {
        if (timer !== undefined) this.#clock.clearTimeout(timer)
        resolve()
      }
    })
  }
}
