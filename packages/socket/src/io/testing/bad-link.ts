/**
 * `linkPair`: two connected streams with a bad line between them, for tests of what a program does when the network
 * is as it is.
 */
import { Link, type LinkOptions } from '../../core/link.ts'
import type { Connection } from '../connection.ts'
import { forward } from '../forward.ts'
import { checkTypes } from '../options.ts'
import { type Clock, systemClock } from '../system.ts'
import { memoryPair } from './memory.ts'

/** What lies between the two ends. */
export interface LinkPairOptions extends LinkOptions {
  /** Only from the first end to the second; default both ways the same. */
  oneWay?: boolean | undefined
  /** Whose clock the delays run on; default: the system's. */
  clock?: Clock | undefined
}

/**
 * Makes two streams that are connected by a line with latency, loss, a rate, or a black hole.
 *
 * @param options latency, loss, rate and the rest of the line, and whose clock
 * @returns both ends; destroying one resets the other, as soon as something reads
 * @throws {TypeError | RangeError} as `LinkOptions` say
 * @see tc-netem(8), which does the same to a real line
 * @example
 * const [client, server] = linkPair({ latency: 50, rate: 100_000, chunk: 1 })
 */
export function linkPair(options: LinkPairOptions = {}): [Connection, Connection] {
  const { oneWay = false, clock = systemClock, ...link } = options
  checkTypes('linkPair', options, { oneWay: 'boolean', clock: 'object' })
  const up = new Link(link)
  const down = new Link(oneWay ? {} : link)
  const [a, nearA] = memoryPair({ clock })
  const [nearB, b] = memoryPair({ clock })
  // Each end is told of the other's by its own reader; nobody waits for the line itself.
  forward(clock, nearA, nearB, up).catch(() => {})
  forward(clock, nearB, nearA, down).catch(() => {})
  return [a, b]
}
