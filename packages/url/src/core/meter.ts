/** How fast bytes come: a rate that forgets, the time that is left, and how long to wait for not being too fast. */

/** A moment of a transfer. */
export interface Progress {
  /** Bytes that are here, those of an earlier try among them. */
  readonly bytes: number
  /** Bytes of the whole; nothing where nobody knows. */
  readonly total: number | undefined
  /** Bytes that were here before this try. */
  readonly resumedAt: number
  /** Bytes per second, of the last few seconds. */
  readonly rate: number
  /** Milliseconds that are left at this rate; nothing where nobody knows. */
  readonly left: number | undefined
}

/** The rate of five seconds ago counts for a third. */
const MEMORY = 5000

/** Counts bytes; every method is told what time it is, in milliseconds. */
export class Meter {
  total: number | undefined
  #bytes: number
  readonly #resumedAt: number
  #rate: number | undefined
  #since: number
  #counted = 0

  constructor(now: number, resumedAt: number, total: number | undefined) {
    this.#since = now
    this.#bytes = resumedAt
    this.#resumedAt = resumedAt
    this.total = total
  }

  get bytes(): number {
    return this.#bytes
  }

  add(bytes: number): void {
    this.#bytes += bytes
    this.#counted += bytes
  }

  /** How it stands; the rate is worked out anew. */
  look(now: number): Progress {
    const passed = now - this.#since
    if (passed > 0) {
      const fresh = (this.#counted * 1000) / passed
      const weight = Math.exp(-passed / MEMORY)
      this.#rate = this.#rate === undefined ? fresh : this.#rate * weight + fresh * (1 - weight)
      this.#since = now
      this.#counted = 0
    }
    const { total } = this
    const rate = this.#rate ?? 0
    const isKnown = total !== undefined && rate > 0
    const left = isKnown ? Math.max(0, ((total - this.#bytes) * 1000) / rate) : undefined
    return { bytes: this.#bytes, total, resumedAt: this.#resumedAt, rate, left }
  }
}

/** So much may come at once after a pause. */
const BURST = 250

/** Keeps to so many bytes per second. */
export class RateLimit {
  readonly #rate: number
  /** When what was taken so far is paid for. */
  #paid = Number.NEGATIVE_INFINITY

  /** @param rate bytes per second */
  constructor(rate: number) {
    this.#rate = rate
  }

  /** Takes bytes. @returns milliseconds to wait before taking more */
  take(bytes: number, now: number): number {
    this.#paid = Math.max(this.#paid, now - BURST) + (bytes * 1000) / this.#rate
    return Math.max(0, this.#paid - now)
  }
}
