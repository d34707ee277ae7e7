/** Caps of a fetch as a whole, beside those of one message, which `@sluice/http` has. */
import type { Limits } from '@sluice/http/parser'
import { MAX_REDIRECTS } from './redirect.ts'

/** Caps on what a server may send, and how often it may send us elsewhere. */
export interface FetchLimits extends Partial<Limits> {
  /** Redirects that are followed; default 20. */
  redirects?: number | undefined
  /** Bytes of the body of a response, after its content codings are undone; default: no cap. */
  body?: number | undefined
}

/** The two that are this layer's own. */
export interface OwnLimits {
  readonly redirects: number
  readonly body: number
}

export const DEFAULT_LIMITS: OwnLimits = {
  redirects: MAX_REDIRECTS,
  body: Number.POSITIVE_INFINITY,
}

/**
 * Completes the two.
 *
 * @param caller the function, for the sentence
 * @throws {TypeError | RangeError} what is no number of 0 or more
 */
export function planLimits(caller: string, limits: FetchLimits, base: OwnLimits): OwnLimits {
  if (typeof limits !== 'object' || limits === null)
    throw new TypeError(`${caller}: limits must be an object`)
  const { redirects = base.redirects, body = base.body } = limits
  for (const [name, value] of Object.entries({ redirects, body })) {
    if (typeof value !== 'number') throw new TypeError(`${caller}: limits.${name} must be a number`)
    if (!(value >= 0))
      throw new RangeError(`${caller}: limits.${name} must be 0 or more, not ${value}`)
  }
  return { redirects, body }
}

/** Those of a message; nothing where none of them is set. */
export function messageLimits(limits: FetchLimits | undefined): Partial<Limits> | undefined {
  if (limits === undefined) return undefined
  const { redirects: _, body: _b, ...rest } = limits
  return Object.keys(rest).length === 0 ? undefined : rest
}
