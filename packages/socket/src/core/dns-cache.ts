/**
 * What a name resolved to, and until when that may be believed. Time comes in as an argument.
 *
 * Rules it keeps:
 * - The bound is hard: the entry that was used longest ago makes room for a new one.
 * - An answer is believed for its own time to live, but no longer than `maxTtl`; one that says nothing about it
 *   (the system's resolver never does) for `defaultTtl`.
 * - "No such host" is an answer too (RFC 2308), believed for `negativeTtl`; that the name service did not answer
 *   is none, and is forgotten at once.
 */
import type { ResolvedAddress } from './address-sort.ts'

/** How long answers are kept, in milliseconds, and how many. */
export interface CacheLimits {
  /** Names kept, counted per family; default 1000. */
  entries: number
  /** For answers without a time of their own; default 30 000, as in Java. */
  defaultTtl: number
  /** The longest; default 300 000. A service that moves is found again after that, whatever its records say. */
  maxTtl: number
  /** For names that do not exist; default 10 000, as in Java. */
  negativeTtl: number
}

export const DEFAULT_CACHE: CacheLimits = {
  entries: 1000,
  defaultTtl: 30_000,
  maxTtl: 300_000,
  negativeTtl: 10_000,
}

/** What a name service said. */
export interface Answer {
  /** In its order; never changed once given. */
  readonly addresses: readonly ResolvedAddress[]
  /** Milliseconds for which it holds, where that is known. */
  readonly ttl?: number | undefined
}

/** Codes that say that there is nothing, as opposed to nobody saying anything. */
const NEGATIVE = new Set(['ENOTFOUND', 'ENODATA'])

interface Entry {
  readonly until: number
  readonly answer: Answer | undefined
  readonly error: Error | undefined
}

/** Answers by key, bounded in number and in time. */
export class AnswerCache {
  readonly #limits: CacheLimits
  /** A Map remembers the order of insertion: the first is the one used longest ago. */
  readonly #entries = new Map<string, Entry>()

  constructor(limits: CacheLimits) {
    this.#limits = limits
  }

  /** Names that are kept, also those whose time is over and nobody asked for since. */
  get size(): number {
    return this.#entries.size
  }

  /** What is known at this time: an answer, the error of a name that does not exist, or nothing. */
  get(key: string, now: number): { answer: Answer } | { error: Error } | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    this.#entries.delete(key)
    if (entry.until <= now) return undefined
    this.#entries.set(key, entry)
    return entry.answer ? { answer: entry.answer } : { error: entry.error as Error }
  }

  /** Keeps an answer. */
  put(key: string, answer: Answer, now: number): void {
    const ttl = Math.min(answer.ttl ?? this.#limits.defaultTtl, this.#limits.maxTtl)
    this.#keep(key, { until: now + ttl, answer, error: undefined }, ttl)
  }

  /** Keeps a refusal, if it is one that says something about the name. */
  putError(key: string, error: Error, now: number): void {
    const { negativeTtl } = this.#limits
    if (NEGATIVE.has((error as { code?: string }).code ?? ''))
      this.#keep(key, { until: now + negativeTtl, answer: undefined, error }, negativeTtl)
  }

  /** Forgets one key, or everything. */
  forget(key?: string): void {
    if (key === undefined) this.#entries.clear()
    else this.#entries.delete(key)
  }

  #keep(key: string, entry: Entry, ttl: number): void {
    this.#entries.delete(key)
    if (!(ttl > 0)) return
    this.#entries.set(key, entry)
    if (this.#entries.size <= this.#limits.entries) return
    const [oldest] = this.#entries.keys()
    this.#entries.delete(oldest as string)
  }
}
