/**
 * Happy Eyeballs version 2 (RFC 8305) as a schedule: which address to try, and when. It knows no clock and no
 * socket: answers of the name service, failures of attempts and the time come in, "try this", "wait until
 * then" and "it is over" go out.
 *
 * Theory of operation. A name has IPv6 and IPv4 addresses, one of the families may lead nowhere, and a packet
 * that leads nowhere gets no answer for seconds. So attempts overlap: each begins a little after the one before,
 * or at once when that has failed. An attempt that is slow is never given up because a later one has begun; the
 * first that stands wins, and only then are the others let go of.
 *
 * Rules it keeps:
 * - §3: nothing begins before the IPv6 answer is here, or the IPv4 answer has been here for the resolution delay.
 *   An answer that comes later joins what is still to be tried.
 * - §4: families alternate, beginning with that of the first address in the order given by `sort`.
 * - §5: the next attempt begins one attempt delay after the last one began, or as soon as the last one failed.
 */
import type { ResolvedAddress } from './address-sort.ts'

/** How long the IPv4 answer waits for the IPv6 one; RFC 8305 §8 recommends 50 ms. */
export const RESOLUTION_DELAY = 50
/** How long an attempt is alone; RFC 8305 §8 recommends 250 ms, as Node and Chromium use it. Go waits 300. */
export const ATTEMPT_DELAY = 250
/** RFC 8305 §8: "MUST NOT be less than 10 milliseconds", else it is a flood and no race. */
export const MIN_ATTEMPT_DELAY = 10

/** What a race is held with. */
export interface RaceRules {
  /** Milliseconds between the beginnings of two attempts. */
  attemptDelay: number
  /** Milliseconds that an IPv4 answer waits for the IPv6 answer. */
  resolutionDelay: number
  /** Orders the addresses that are known and untried, best first. */
  sort: (addresses: readonly ResolvedAddress[]) => readonly ResolvedAddress[]
}

/** What is to be done now. */
export type RaceStep =
  | { do: 'try'; address: ResolvedAddress }
  /** Nothing before an answer, a failure, or this time. `Infinity`: the time alone changes nothing. */
  | { do: 'wait'; until: number }
  /** Every address was tried and failed, or there was none. */
  | { do: 'give-up' }

/** One race for one name. */
export class Race {
  readonly #rules: RaceRules
  readonly #awaited: Set<4 | 6>
  #untried: ResolvedAddress[] = []
  /** When the first address came that may have to wait for better ones. */
  #firstAnswer: number | undefined
  #last: ResolvedAddress | undefined
  #nextStart = Number.NEGATIVE_INFINITY
  #tried = 0
  #running = 0

  /** @param families those whose answers will come, each once */
  constructor(rules: RaceRules, families: readonly (4 | 6)[]) {
    this.#rules = rules
    this.#awaited = new Set(families)
  }

  /** The addresses of one family have come; none, when the name service said no. */
  answered(family: 4 | 6, addresses: readonly ResolvedAddress[], now: number): void {
    this.#awaited.delete(family)
    if (addresses.length === 0) return
    this.#firstAnswer ??= now
    this.#untried.push(...addresses)
    this.#untried = interleave(this.#rules.sort(this.#untried), this.#last?.family)
  }

  /** An attempt ended without a connection. */
  failed(address: ResolvedAddress, now: number): void {
    this.#running--
    // An older attempt's end says nothing about the one that is under way.
    if (address === this.#last || this.#running === 0) this.#nextStart = now
  }

  /** What to do at this time. After 'try' ask again: more may be due. */
  next(now: number): RaceStep {
    const start = this.#startTime()
    if (start > now) return { do: 'wait', until: start }
    const address = this.#untried.shift()
    if (address === undefined) {
      const isOver = this.#running === 0 && this.#awaited.size === 0
      return isOver ? { do: 'give-up' } : { do: 'wait', until: Number.POSITIVE_INFINITY }
    }
    this.#tried++
    this.#running++
    this.#last = address
    this.#nextStart = now + this.#rules.attemptDelay
    return { do: 'try', address }
  }

  #startTime(): number {
    if (this.#untried.length === 0) return Number.NEGATIVE_INFINITY
    // §3: the first attempt may have to wait for the IPv6 answer; the later ones wait for nobody.
    const mayWait = this.#tried === 0 && this.#awaited.has(6)
    return mayWait ? (this.#firstAnswer as number) + this.#rules.resolutionDelay : this.#nextStart
  }
}

/** §4: one of each family in turn; within a family the order stays. */
function interleave(
  sorted: readonly ResolvedAddress[],
  last: 4 | 6 | undefined,
): ResolvedAddress[] {
  const first = sorted[0] as ResolvedAddress
  const lead = last === undefined ? first.family : last === 6 ? 4 : 6
  const leading = sorted.filter(({ family }) => family === lead)
  const others = sorted.filter(({ family }) => family !== lead)
  const result: ResolvedAddress[] = []
  for (let i = 0; i < Math.max(leading.length, others.length); i++)
    result.push(...leading.slice(i, i + 1), ...others.slice(i, i + 1))
  return result
}
