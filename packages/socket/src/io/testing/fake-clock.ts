/**
 * A clock that stands still until a test turns it. Timers fire in the order of their times, and at the
 * time that they were set for, so that an hour of silence takes no time at all.
 */
import { checkTimeout } from '../options.ts'
import type { Clock, Timer } from '../system.ts'

interface FakeTimer extends Timer {
  at: number
  order: number
  run: () => void
}

/** Time by hand. */
export class FakeClock implements Clock {
  #now = 0
  #order = 0
  readonly #timers = new Set<FakeTimer>()

  now(): number {
    return this.#now
  }

  setTimeout(run: () => void, ms: number): Timer {
    const timer: FakeTimer = {
      at: this.#now + Math.max(0, ms),
      order: this.#order++,
      run,
      unref: () => timer,
    }
    this.#timers.add(timer)
    return timer
  }

  clearTimeout(timer: Timer): void {
    this.#timers.delete(timer as FakeTimer)
  }

  /** How many timers wait. */
  get pending(): number {
    return this.#timers.size
  }

  /**
   * Turns the clock on by `ms`, firing what falls due on the way. Between timers pending promises get
   * their turn, so that code that sets its next timer after an `await` is in time for it.
   * What a timer throws is what it rejects with.
   *
   * @param ms milliseconds, 0 or more; a timer that is due exactly then fires
   * @throws {TypeError | RangeError} for what is no such number
   */
  async advance(ms: number): Promise<void> {
    checkTimeout('advance', ms ?? Number.NaN, 'ms')
    const end = this.#now + ms
    await settle()
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      this.#now = Math.max(this.#now, next.at)
      this.#timers.delete(next)
      next.run()
      await settle()
    }
    this.#now = end
  }

  #next(end: number): FakeTimer | undefined {
    let first: FakeTimer | undefined
    for (const timer of this.#timers) {
      if (timer.at > end) continue
      if (
        first === undefined ||
        timer.at < first.at ||
        (timer.at === first.at && timer.order < first.order)
      )
        first = timer
    }
    return first
  }
}

/** Lets promises and callbacks that are ready run: one full turn of the event loop. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
