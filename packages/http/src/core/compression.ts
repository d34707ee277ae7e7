/**
 * Whether a response is compressed on its way, and how (RFC 9110 §8.4, §12.5.3).
 *
 * Left alone is what has a coding already, what says no-transform, a part of something (its ranges are of the bytes as they
 * are), what carries a digest of its bytes, what has no body, and what gets no smaller: pictures, and bodies of a few bytes.
 */
import { chooseCoding } from './fields/accept.ts'
import { parseCacheControl } from './fields/cache-control.ts'
import { formatETag, parseETag } from './fields/etag.ts'
import { addVary } from './fields/vary.ts'
import type { Headers } from './headers.ts'

/** A coding that bodies can be compressed with. */
export type CompressionCoding = 'br' | 'gzip' | 'zstd'

/** What is known of a response. */
export interface CompressionFacts {
  readonly method: string
  readonly status: number
  /** The value of Accept-Encoding. */
  readonly accept: string | null
  readonly headers: Headers
  /** Bytes of the body where they are known; `null` where there is none. */
  readonly length: number | undefined | null
}

/** How to compress. */
export interface CompressionRules {
  /** The best first. */
  readonly codings: readonly CompressionCoding[]
  /** Bytes below which it is not worth it. */
  readonly minimum: number
  /** Whether bodies of a type get smaller. */
  readonly isCompressible: (type: string) => boolean
}

/** What to do. */
export interface CompressionPlan {
  readonly coding: CompressionCoding | undefined
  /** Whether another Accept-Encoding would have brought another response. */
  readonly varies: boolean
}

const AS_IT_IS: CompressionPlan = { coding: undefined, varies: false }

/** Decides. */
export function planCompression(facts: CompressionFacts, rules: CompressionRules): CompressionPlan {
  const { headers, status, length } = facts
  if (status < 200 || status === 204 || status === 205 || status === 206 || status === 304)
    return AS_IT_IS
  const coding = headers.get('content-encoding')
  if (coding !== null && coding.trim().toLowerCase() !== 'identity') return AS_IT_IS
  if (
    ['content-range', 'content-digest', 'repr-digest', 'content-md5'].some((name) =>
      headers.has(name),
    )
  )
    return AS_IT_IS
  if (parseCacheControl(headers.get('cache-control') ?? '').has('no-transform')) return AS_IT_IS
  if (!rules.isCompressible(headers.get('content-type') ?? '')) return AS_IT_IS
  // RFC 9110 §9.3.2: HEAD says what GET would say, and has nothing to compress.
  if (length === null || facts.method === 'HEAD') return { coding: undefined, varies: true }
  if (length !== undefined && length < rules.minimum) return AS_IT_IS
  const choice = chooseCoding(facts.accept, [...rules.codings, 'identity'])
  return {
    coding: choice === 'identity' ? undefined : (choice as CompressionCoding | undefined),
    varies: true,
  }
}

/** Says in the fields that caches have to look at Accept-Encoding. */
export function markVary(headers: Headers): void {
  headers.set('Vary', addVary(headers.get('vary'), 'Accept-Encoding'))
}

/** Says in the fields what became of the body. */
export function markCompressed(headers: Headers, coding: CompressionCoding): void {
  headers.set('Content-Encoding', coding)
  headers.delete('Content-Length')
  // Ranges would be of the coded bytes, which differ each time.
  headers.delete('Accept-Ranges')
  const tag = parseETag(headers.get('etag') ?? '')
  // RFC 9110 §8.8.3: a strong one is a promise about bytes.
  if (tag !== undefined) headers.set('ETag', formatETag({ ...tag, isWeak: true }))
}
