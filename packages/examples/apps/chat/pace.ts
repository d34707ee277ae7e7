/**
 * How fast somebody may talk: a bucket that fills with time. Pure: it is told what time it is.
 *
 * Whoever is too fast is not answered with an error. Their next line is read later; their lines wait in the system's
 * buffers, at last in their own, and their program waits in `send`. That is back-pressure, and nobody had to write it.
 */

/** So many lines at once, and so many a second after that. */
export const PACE = { burst: 8, perSecond: 2 }

/** The lines that one member may still say. */
export class Bucket {
  #left = PACE.burst
  #at: number

  /** @param now milliseconds, from any origin */
  constructor(now: number) {
    this.#at = now
  }

  /** Takes one. @returns how many milliseconds to wait before it may be used; 0 for none */
  take(now: number): number {
    this.#left = Math.min(PACE.burst, this.#left + ((now - this.#at) * PACE.perSecond) / 1000)
    this.#at = now
    this.#left--
    return this.#left >= 0 ? 0 : Math.ceil((-this.#left * 1000) / PACE.perSecond)
  }
}
