// Format `http-range`: Range, Content-Range, If-Range and the other conditions, with the answers of RFC 9110 §13 and §14.
import {
  evaluatePreconditions,
  Headers,
  parseContentRange,
  planRanges,
  rangeApplies,
} from '../../packages/http/src/headers.ts'
import type { Case, Verdict } from './corpus.ts'
import { show } from './decode.ts'

/** The dates of the cases are of the last century. */
const NOW = Date.UTC(2026, 0, 1)

interface RangeCase {
  range?: string
  length?: number
  contentRange?: string
  ifRange?: string
  etag?: string | null
  lastModified?: string | null
  method?: string
  headers?: Record<string, string>
  resource?: { etag: string; lastModified: string }
  expect: unknown
}

/** @returns what is wrong, or `undefined` */
export function runHttpRange(test: Case): Verdict {
  const { expect, ...given } = test as unknown as RangeCase
  const found = answer(given)
  const statuses = (expect as { status?: unknown } | null)?.status
  if (Array.isArray(statuses)) {
    const { status } = found as { status: number }
    return statuses.includes(status) ? undefined : `${status} instead of one of ${show(statuses)}`
  }
  const isSame =
    typeof expect === 'object' && expect !== null && !Array.isArray(expect)
      ? Object.entries(expect).every(
          ([key, value]) => show((found as Record<string, unknown>)[key]) === show(value),
        )
      : show(found) === show(expect)
  return isSame ? undefined : `${show(found)} instead of ${show(expect)}`
}

function answer(given: Omit<RangeCase, 'expect'>): unknown {
  const { range, length = 0, contentRange, ifRange, method, headers, resource } = given
  if (range !== undefined) return planRanges(range, length)
  if (contentRange !== undefined) {
    const found = parseContentRange(contentRange)
    if (found === undefined) return null
    return [...(found.range ?? [null, null]), found.length ?? null]
  }
  if (ifRange !== undefined) return { rangeApplies: rangeApplies(ifRange, given, NOW) }
  const status = evaluatePreconditions(method ?? '', new Headers(headers), resource ?? {}, NOW)
  return { status }
}
