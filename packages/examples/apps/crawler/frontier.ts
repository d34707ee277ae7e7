/**
 * What is to be fetched, and when. Pure: it is told what time it is.
 *
 * Rules it keeps:
 * - A page is fetched once, whoever links to it, and never from another origin than the first.
 * - Between two fetches passes the delay, however many workers there are: it is the server's rest, not the worker's.
 * - It ends. Sites make pages on request (`?day=1`, `?day=2`, …, `/a/a/a/`): there are bounds for the count, for the depth,
 *   and for how often one path is fetched with another query.
 */

/** Bounds of a crawl. */
export interface Bounds {
  pages: number
  depth: number
  /** Milliseconds between two fetches. */
  delay: number
}

/** How often one path is fetched, each time with another query. */
export const QUERIES_PER_PATH = 20

/** A page to be fetched. */
export interface Task {
  url: string
  depth: number
}

/** A queue of pages. */
export class Frontier {
  readonly origin: string
  readonly #bounds: Bounds
  readonly #isAllowed: (url: string) => boolean
  readonly #queue: Task[] = []
  /** Every address that was ever met, and which pages link to it. */
  readonly #met = new Map<string, string[]>()
  readonly #queries = new Map<string, number>()
  #next = 0
  #taken = 0
  /** What robots.txt, the bounds and the origin kept out. */
  readonly skipped: Record<'robots' | 'origin' | 'depth' | 'queries', number> = {
    robots: 0,
    origin: 0,
    depth: 0,
    queries: 0,
  }

  /** @param isAllowed what robots.txt says */
  constructor(start: string, bounds: Bounds, isAllowed: (url: string) => boolean) {
    this.origin = new URL(start).origin
    this.#bounds = bounds
    this.#isAllowed = isAllowed
    this.add(start, 0, '')
  }

  /** @param from the page that links to it; the empty string for the first */
  add(url: string, depth: number, from: string): void {
    const known = this.#met.get(url)
    if (known !== undefined) {
      // For a report a few are as good as all.
      if (known.length < 5 && !known.includes(from)) known.push(from)
      return
    }
    const { origin, pathname, search } = new URL(url)
    const path = origin + pathname
    const queries = this.#queries.get(path) ?? 0
    if (origin !== this.origin) this.skipped.origin++
    else if (depth > this.#bounds.depth) this.skipped.depth++
    else if (search !== '' && queries >= QUERIES_PER_PATH) this.skipped.queries++
    else if (!this.#isAllowed(url)) this.skipped.robots++
    else {
      this.#met.set(url, from === '' ? [] : [from])
      if (search !== '') this.#queries.set(path, queries + 1)
      this.#queue.push({ url, depth })
    }
  }

  /** Which pages link to one. */
  linksTo(url: string): readonly string[] {
    return this.#met.get(url) ?? []
  }

  /** How many wait that will not be fetched any more. */
  get left(): number {
    return this.#queue.length
  }

  /**
   * @param now milliseconds, from any origin
   * @returns a page, or how many milliseconds to wait before asking again, or nothing while there is none
   */
  take(now: number): Task | number | undefined {
    if (this.#queue.length === 0 || this.#taken >= this.#bounds.pages) return undefined
    if (now < this.#next) return Math.ceil(this.#next - now)
    this.#next = now + this.#bounds.delay
    this.#taken++
    return this.#queue.shift()
  }
}
