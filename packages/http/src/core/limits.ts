/**
 * Every cap of the HTTP layer, its default and what others chose. Each is a defence: without it a peer
 * decides how much memory or time this program spends. `docs/limits.md` is this table.
 *
 * Units are bytes or counts. `Infinity` turns a cap off.
 */

import { checkNumber } from './check-options.ts'

/** Caps on what a peer may send. */
export interface Limits {
  /** Bytes of a request line or status line with its CRLF. */
  startLine: number
  /** Bytes of a header section without its start line. */
  fieldBytes: number
  /** Field lines in a header section. */
  fieldCount: number
  /** Bytes of one chunk-size line with its extensions. */
  chunkLine: number
  /** Bytes of all chunk extensions of one body. */
  chunkExtensions: number
  /** Bytes of a trailer section. */
  trailerBytes: number
  /** Field lines in a trailer section. */
  trailerCount: number
  /** Interim responses (1xx) before the final one. */
  interimResponses: number
  /** Empty lines before a request line, which RFC 9112 §2.2 asks a server to overlook. */
  emptyLines: number
  /** Requests that are read ahead of their answers. */
  pipelined: number
}

/** The caps that hold where a program names none; each with its precedent. */
export const DEFAULT_LIMITS: Readonly<Limits> = {
  /** RFC 9112 §3 recommends at least 8000; nginx 8 KiB, Apache 8190, Node 16 KiB for the whole head. */
  startLine: 16_384,
  /** Node 16 KiB, Apache 8 KiB a line and 100 lines, nginx 32 KiB, Go 1 MiB, Chrome takes 256 KiB. */
  fieldBytes: 65_536,
  /** Apache and Python's http.client 100; hyper 100, Node 2000 quietly dropped. */
  fieldCount: 256,
  /** Go 4096, hyper and Node 16 KiB. A size has at most 16 digits, the rest is extensions. */
  chunkLine: 16_384,
  /** Node 16 KiB since CVE-2024-22019: extensions without end cost a server its processor for no body. */
  chunkExtensions: 16_384,
  /** hyper 16 KiB, Go 4 KiB; Node counts trailers as headers. The same room as for a whole head would be generous. */
  trailerBytes: 16_384,
  /** hyper 100. */
  trailerCount: 64,
  /** Arbitrary; Go 5, Python's http.client had none (CVE-2021-3737, an endless loop). */
  interimResponses: 16,
  /** Arbitrary: browsers of the nineties sent one after a POST. */
  emptyLines: 64,
  /** Arbitrary: wrk and proxies send up to 16 or 32 at once; more wait in the kernel. */
  pipelined: 32,
}

const COMPLETE = new WeakSet<object>()

/**
 * Completes limits.
 *
 * @throws {TypeError} for an unknown name, or a value that is not a number
 * @throws {RangeError} for a value below 0 or NaN
 */
export function normaliseLimits(
  given: Partial<Limits> | undefined,
  defaults: Readonly<Limits> = DEFAULT_LIMITS,
): Readonly<Limits> {
  if (given === undefined || given === defaults) return defaults
  // A server checks its limits once; each of its connections has the same ones, not a copy of them.
  if (COMPLETE.has(given)) return given as Readonly<Limits>
  const result: Limits = { ...defaults }
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(DEFAULT_LIMITS, name))
      throw new TypeError(
        `limits: there is no limit '${name}'; the limits are ${Object.keys(DEFAULT_LIMITS).join(', ')}`,
      )
    if (value !== undefined) result[name as keyof Limits] = checkNumber(`limits.${name}`, value)
  }
  COMPLETE.add(Object.freeze(result))
  return result
}
