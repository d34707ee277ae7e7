/**
 * Deadlines: "unless something happens within so many milliseconds, do this".
 *
 * Long ones (two seconds and more) share one coarse timer per clock, which looks at all of them twice a
 * second: ten thousand idle connections cost one timer instead of ten thousand. Such a deadline fires up
 * to half a second late, never early. Short ones are exact. A running deadline keeps the process alive, since
 * somebody waits for it; one that was called off does not.
 */
import { onAbort } from './abort.ts'
import type { Clock, Timer } from './system.ts'

/** From here on a deadline is long. */
const COARSE_FROM = 2_000
/** How often the long ones are looked at. */
const RESOLUTION = 500

/** A running deadline. */
export interface Deadline {
  /** Calls it off; harmless when it has fired or was stopped. */
  stop(): void
}

const NEVER: Deadline = { stop() {} }

/**
 * Starts a deadline.
 *
 * @param ms `Infinity` starts nothing
 * @param fire called once, from a timer
 */
export function startDeadline(clock: Clock, ms: number, fire: () => void): Deadline {
  if (ms === Number.POSITIVE_INFINITY) return NEVER
  return ms >= COARSE_FROM ? wheelOf(clock).add(ms, fire) : exact(clock, ms, fire)
}

function exact(clock: Clock, ms: number, fire: () => void): Deadline {
  const timer = clock.setTimeout(fire, ms)
  return { stop: () => clock.clearTimeout(timer) }
}

const wheels = new WeakMap<Clock, Wheel>()

function wheelOf(clock: Clock): Wheel {
  let wheel = wheels.get(clock)
  if (wheel === undefined) {
    wheel = new Wheel(clock)
    wheels.set(clock, wheel)
  }
  return wheel
}

class Spoke implements Deadline {
  readonly wheel: Wheel
  readonly at: number
  readonly fire: () => void

  constructor(wheel: Wheel, at: number, fire: () => void) {
    this.wheel = wheel
    this.at = at
    this.fire = fire
  }

  stop(): void {
    this.wheel.remove(this)
  }
}

class Wheel {
  readonly #clock: Clock
  readonly #spokes = new Set<Spoke>()
  #timer: Timer | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  add(ms: number, fire: () => void): Deadline {
    const spoke = new Spoke(this, this.#clock.now() + ms, fire)
    this.#spokes.add(spoke)
    if (this.#timer === undefined) this.#schedule()
    else if (this.#spokes.size === 1) this.#timer.ref?.()
    return spoke
  }

  remove(spoke: Spoke): void {
    // The timer runs out by itself: stopping it here would make every request set a timer.
    if (this.#spokes.delete(spoke) && this.#spokes.size === 0) this.#timer?.unref?.()
  }

  #schedule(): void {
    this.#timer = this.#clock.setTimeout(this.#turn, RESOLUTION)
  }

  readonly #turn = (): void => {
    this.#timer = undefined
    const now = this.#clock.now()
    for (const spoke of this.#spokes) {
      if (spoke.at > now) continue
      this.#spokes.delete(spoke)
      spoke.fire()
    }
    if (this.#spokes.size > 0 && this.#timer === undefined) this.#schedule()
  }
}

/**
 * Runs `work` until it settles, `signal` aborts, or `ms` have passed, whichever is first. No listener and
 * no timer is left behind. What `work` gives afterwards goes to `late`, so that a connection that arrives
 * after its deadline is closed instead of lost.
 *
 * @throws `signal.reason` when aborted; what `onTimeout` returns when too late
 */
export function within<T>(
  clock: Clock,
  work: Promise<T>,
  limits: {
    ms: number
    signal: AbortSignal | undefined
    onTimeout: () => Error
    late?: (value: T) => void
  },
): Promise<T> {
  const { ms, signal, onTimeout, late } = limits
  if (ms === Number.POSITIVE_INFINITY && signal === undefined) return work
  return new Promise<T>((resolve, reject) => {
    let over = false
    const finish = (settle: () => void): void => {
      if (over) return
      over = true
      deadline.stop()
      callOff?.()
      settle()
    }
    const aborted = (): void => finish(() => reject(signal?.reason))
    let callOff: (() => void) | undefined
    const deadline = startDeadline(clock, ms, () => finish(() => reject(onTimeout())))
    if (signal?.aborted) aborted()
    else if (signal !== undefined) callOff = onAbort(signal, aborted)
    work.then(
      (value) => {
        if (over) late?.(value)
        else finish(() => resolve(value))
      },
      (error: unknown) => finish(() => reject(error)),
    )
  })
}
