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

/** The rate is that of the last five seconds. */
const MEMORY = 5000
/** From fewer milliseconds no rate can be told: what a buffer held comes at once. */
const SHORTEST = 100

/** Counts bytes; it is told what time it is, in milliseconds. */
export class Meter {
  total: number | undefined
  #bytes: number
  readonly #resumedAt: number
  /** How much was here when; the oldest one is as old as the memory goes. */
  readonly #moments: { readonly at: number; readonly bytes: number }[]

  constructor(now: number, resumedAt: number, total: number | undefined) {
    this.#bytes = resumedAt
    this.#resumedAt = resumedAt
    this.#moments = [{ at: now, bytes: resumedAt }]
    this.total = total
  }

  get bytes(): number {
    return this.#bytes
  }

  add(bytes: number): void {
    this.#bytes += bytes
  }

  /** How it stands. */
  look(now: number): Progress {
    const moments = this.#moments
    while (moments.length > 1 && now - (moments[1]?.at ?? now) >= MEMORY) moments.shift()
    const { at, bytes } = moments[0] ?? { at: now, bytes: this.#bytes }
    moments.push({ at: now, bytes: this.#bytes })
    const rate = now - at < SHORTEST ? 0 : ((this.#bytes - bytes) * 1000) / (now - at)
    const { total } = this
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
