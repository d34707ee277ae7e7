/**
 * One coarse timer for many deadlines. Whoever has one keeps a number and is asked now and then whether it
 * has passed: ten thousand connections cost one timer, and a request sets none.
 *
 * A deadline fires up to one resolution late, never early: `now` is the time of the last tick, so `after`
 * adds one resolution to it. The timer never keeps the process alive.
 */
import { type Clock, systemClock } from '@sluice/socket'

/** Something with a deadline. */
export interface Timed {
  /** When it is due, on the clock of the ticker; `Infinity` while nothing is awaited. */
  deadline: number
  /** Called once it has passed; sets another one, or `Infinity`. */
  onDeadline(): void
}

/** Asks its members, a few times a second, whether their deadline has passed. */
export class Ticker {
  /** Time of the last tick. */
  now: number
  /** Milliseconds between two ticks; a change takes hold with the next one. */
  resolution: number
  readonly #clock: Clock
  readonly #members = new Set<Timed>()
  readonly #onTick: (() => void) | undefined
  #timer: ReturnType<Clock['setTimeout']> | undefined

  /** @param resolution milliseconds between two ticks; half a second suits limits of seconds */
  constructor(clock: Clock = systemClock, resolution = 500, onTick?: () => void) {
    this.#clock = clock
    this.resolution = resolution
    this.#onTick = onTick
    this.now = clock.now()
  }

  add(member: Timed): void {
    this.#members.add(member)
    if (this.#timer === undefined) {
      this.now = this.#clock.now()
      this.#onTick?.()
      this.#schedule()
    }
  }

  delete(member: Timed): void {
    this.#members.delete(member)
  }

  /** The deadline that lies `ms` ahead; `Infinity` stays what it is. */
  after(ms: number): number {
    return this.now + ms + this.resolution
  }

  stop(): void {
    if (this.#timer !== undefined) this.#clock.clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #schedule(): void {
    this.#timer = this.#clock.setTimeout(this.#tick, this.resolution)
    this.#timer.unref?.()
  }

  readonly #tick = (): void => {
    this.#timer = undefined
    this.now = this.#clock.now()
    this.#onTick?.()
    for (const member of this.#members) {
      if (member.deadline > this.now) continue
      member.deadline = Number.POSITIVE_INFINITY
      member.onDeadline()
    }
    if (this.#members.size > 0 && this.#timer === undefined) this.#schedule()
  }
}

/** A resolution that is fine enough for the shortest of some limits, from 10 to 500 ms. */
export function resolutionFor(...limits: number[]): number {
  return Math.min(500, Math.max(10, Math.min(...limits) / 10))
}
