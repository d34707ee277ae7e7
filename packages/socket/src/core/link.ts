/**
 * A bad line, as arithmetic: when does what was sent now arrive, if it does? Time comes in, times go out; chance
 * comes from a seed, so that a test that failed fails again.
 *
 * Two kinds of traffic cross it. Datagrams may be lost, doubled, or overtaken by later ones. The pieces of a stream
 * may not: TCP hides loss as delay, so a lost piece arrives one retransmission later, and all behind it wait.
 */
import { kindOf } from './bytes.ts'
import { checkKeys } from './keys.ts'

/** How bad. All of it default to a perfect line. */
export interface LinkOptions {
  /** Milliseconds one way. */
  latency?: number | undefined
  /** Milliseconds more, drawn anew for each piece, 0 to this. It reorders datagrams. */
  jitter?: number | undefined
  /** Bytes per second. */
  rate?: number | undefined
  /** Share that is lost, 0 to 1. */
  loss?: number | undefined
  /** Share of datagrams that arrive twice, 0 to 1. */
  duplicate?: number | undefined
  /** Share of datagrams that are held back behind the next ones by one latency, at least 1 ms; 0 to 1. */
  reorder?: number | undefined
  /** Streams arrive in pieces of at most so many bytes. */
  chunk?: number | undefined
  /** After so many bytes nothing arrives any more, and nobody is told. 0: from the start. */
  blackHoleAfter?: number | undefined
  /** Chance; the same seed makes the same line. Default 1. */
  seed?: number | undefined
}

const LINK_KEYS: readonly string[] = [
  'latency',
  'jitter',
  'rate',
  'loss',
  'duplicate',
  'reorder',
  'chunk',
  'blackHoleAfter',
  'seed',
]

/** How long TCP waits before it sends again: RFC 6298 §2.4 gives 1 s, Linux at least 200 ms. */
const RETRANSMISSION = 200

/** One direction of a line. */
export class Link {
  readonly #options: LinkOptions
  readonly #random: () => number
  /** The line is busy until then: what is sent meanwhile stands behind. */
  #busyUntil = 0
  /** Nothing of a stream arrives before what was sent before it. */
  #lastArrival = 0
  #bytes = 0

  /**
   * @param options how bad the line is; default: perfect
   * @throws {TypeError | RangeError} for what is no number, a share outside 0 to 1, a negative time
   */
  constructor(options: LinkOptions = {}) {
    check(options)
    this.#options = options
    this.#random = randomFrom(options.seed ?? 1)
  }

  /** The most bytes in one piece of a stream. */
  get chunk(): number {
    return this.#options.chunk ?? Number.POSITIVE_INFINITY
  }

  /**
   * Sends a datagram. Never throws.
   *
   * @param now milliseconds, never less than in the call before
   * @param size bytes of it, 0 or more
   * @returns when a datagram that is sent now arrives: never, once, or twice
   */
  datagram(now: number, size: number): number[] {
    if (this.#swallows(size)) return []
    const { latency = 0, loss = 0, duplicate = 0, reorder = 0 } = this.#options
    if (this.#happens(loss)) return []
    const arrival = this.#leaves(now, size) + latency + this.#jitter()
    const held = this.#happens(reorder) ? Math.max(1, latency) : 0
    const times = [arrival + held]
    if (this.#happens(duplicate)) times.push(arrival + held + this.#jitter())
    return times
  }

  /**
   * Sends a piece of a stream. Never throws.
   *
   * @param now milliseconds, never less than in the call before
   * @param size bytes of it, 1 or more
   * @returns when a piece of a stream that is sent now arrives; `Infinity` in a black hole
   */
  piece(now: number, size: number): number {
    if (this.#swallows(size)) return Number.POSITIVE_INFINITY
    const { latency = 0, loss = 0 } = this.#options
    const again = this.#happens(loss) ? RETRANSMISSION + 2 * latency : 0
    const arrival = this.#leaves(now, size) + latency + this.#jitter() + again
    this.#lastArrival = Math.max(this.#lastArrival, arrival)
    return this.#lastArrival
  }

  #leaves(now: number, size: number): number {
    const { rate = Number.POSITIVE_INFINITY } = this.#options
    this.#busyUntil = Math.max(now, this.#busyUntil) + (size / rate) * 1000
    return this.#busyUntil
  }

  #swallows(size: number): boolean {
    this.#bytes += size
    return this.#bytes > (this.#options.blackHoleAfter ?? Number.POSITIVE_INFINITY)
  }

  #jitter(): number {
    const { jitter = 0 } = this.#options
    return jitter === 0 ? 0 : this.#random() * jitter
  }

  #happens(share: number): boolean {
    return share > 0 && this.#random() < share
  }
}

function check(options: LinkOptions): void {
  checkKeys('link', options, LINK_KEYS)
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue
    if (typeof value !== 'number')
      throw new TypeError(`link: ${name} must be a number, not ${kindOf(value)}`)
    const least = name === 'chunk' ? 1 : 0
    const most = ['loss', 'duplicate', 'reorder'].includes(name) ? 1 : Number.POSITIVE_INFINITY
    if (!(value >= least && value <= most) || (name === 'rate' && value === 0))
      throw new RangeError(`link: ${name} is ${value}, which makes no sense`)
  }
}

/** mulberry32: 32 bits of state, good enough to be unlucky with. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}
