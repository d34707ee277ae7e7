/**
 * A bounded queue between those who bring and those who wait: connections for `accept()`, datagrams for
 * `recv()`. Whoever waits is served in order; a wait that is given up takes nothing away from the next one.
 */
import { within } from './deadline.ts'
import type { WaitOptions } from './stream.ts'
import type { Clock } from './system.ts'

interface Waiter<T> {
  resolve(value: T): void
  reject(error: unknown): void
}

/** Values that came and were not taken, or takers that wait; never both. */
export class Mailbox<T> {
  readonly #clock: Clock
  readonly #limit: number
  readonly #values: T[] = []
  readonly #waiters: Waiter<T>[] = []

  /** @param limit how many values may wait */
  constructor(clock: Clock, limit: number) {
    this.#clock = clock
    this.#limit = limit
  }

  /** Values that wait to be taken. */
  get size(): number {
    return this.#values.length
  }

  /** Hands a value to the first who waits, or keeps it. @returns false when there is no room */
  put(value: T): boolean {
    const waiter = this.#waiters.shift()
    if (waiter !== undefined) waiter.resolve(value)
    else if (this.#values.length < this.#limit) this.#values.push(value)
    else return false
    return true
  }

  /** Takes a value back out, because it is of no use any more. */
  remove(value: T): void {
    const at = this.#values.indexOf(value)
    if (at !== -1) this.#values.splice(at, 1)
  }

  /** The next value, if one is here. */
  tryTake(): T | undefined {
    return this.#values.shift()
  }

  /**
   * Waits for the next value.
   *
   * @param tooLate builds the error for a wait of `options.timeout` milliseconds
   */
  take(options: WaitOptions | undefined, tooLate: (limit: number) => Error): Promise<T> {
    if (options?.signal?.aborted) return Promise.reject(options.signal.reason)
    let waiter: Waiter<T> | undefined
    const work = new Promise<T>((resolve, reject) => {
      waiter = { resolve, reject }
      this.#waiters.push(waiter)
    })
    if (options === undefined) return work
    const ms = options.timeout || Number.POSITIVE_INFINITY
    const onTimeout = (): Error => tooLate(ms)
    // Given up, yet served in the same breath: the value goes to whoever is next.
    const late = (value: T): void => this.#return(value)
    return within(this.#clock, work, { ms, signal: options.signal, onTimeout, late }).finally(
      () => {
        const at = this.#waiters.indexOf(waiter as Waiter<T>)
        if (at !== -1) this.#waiters.splice(at, 1)
      },
    )
  }

  #return(value: T): void {
    const waiter = this.#waiters.shift()
    if (waiter !== undefined) waiter.resolve(value)
    else this.#values.unshift(value)
  }

  /** Fails the first who waits. @returns false when nobody does */
  fail(error: () => Error): boolean {
    const waiter = this.#waiters.shift()
    waiter?.reject(error())
    return waiter !== undefined
  }

  /** Fails all who wait, and gives up what was kept. */
  empty(error: () => Error): T[] {
    for (const waiter of this.#waiters.splice(0)) waiter.reject(error())
    return this.#values.splice(0)
  }
}

/** Yields one after the other until `isClosed`; an error after that is the end, before it is thrown. */
export async function* each<T>(
  next: () => Promise<T>,
  isClosed: () => boolean,
): AsyncGenerator<T, void, undefined> {
  while (!isClosed()) {
    let value: T
    try {
      value = await next()
    } catch (error) {
      if (isClosed()) return
      throw error
    }
    yield value
  }
}
