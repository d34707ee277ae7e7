/**
 * What waits in order: the requests of a connection. Nearly always there is one, so that the first has a place of
 * its own: to push into an empty array, and to shift it out again, asks for memory each time.
 */

/** First in, first out. `undefined` is no item. */
export class Queue<T extends object> {
  #first: T | undefined
  readonly #rest: T[] = []

  get length(): number {
    return this.#first === undefined ? 0 : 1 + this.#rest.length
  }

  get first(): T | undefined {
    return this.#first
  }

  get last(): T | undefined {
    return this.#rest.length === 0 ? this.#first : this.#rest.at(-1)
  }

  push(item: T): void {
    if (this.#first === undefined) this.#first = item
    else this.#rest.push(item)
  }

  /** Removes the first; the next one takes its place. */
  shift(): void {
    this.#first = this.#rest.length === 0 ? undefined : this.#rest.shift()
  }

  clear(): void {
    this.#first = undefined
    this.#rest.length = 0
  }

  includes(item: T): boolean {
    return this.#first === item || this.#rest.includes(item)
  }

  *[Symbol.iterator](): IterableIterator<T> {
    if (this.#first === undefined) return
    yield this.#first
    yield* this.#rest
  }
}
