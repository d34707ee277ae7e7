/**
 * Conditional requests: whether what a client has is still good, and whether it may change what it thinks it changes
 * (RFC 9110 §13). The preconditions are evaluated in the order of §13.2.2, each step by its number.
 */
import { parseDate } from '../date.ts'
import { type EntityTag, parseETag, parseETagList, sameETag } from './etag.ts'

/** What is known of the resource, as its fields would say it. */
export interface Validators {
  /** The value of ETag. */
  readonly etag?: string | null | undefined
  /** The value of Last-Modified. */
  readonly lastModified?: string | null | undefined
  /** Whether there is a representation at all; default true. */
  readonly exists?: boolean | undefined
}

/** Something that fields can be asked of. */
export interface FieldLookup {
  /** The value of a field by its name in small letters; nothing where it is missing. */
  get(name: string): string | null | undefined
}

/** What to do: serve it (200), tell that nothing has changed (304), or refuse (412). */
export type Precondition = 200 | 304 | 412

/**
 * Evaluates the preconditions of a request.
 *
 * @param method of the request
 * @param fields of the request
 * @param resource the validators of what there is
 * @param now milliseconds since 1970, for dates with two digits of the year
 * @returns what to do; If-Range is not among them, see `rangeApplies`. Never throws
 * @see RFC 9110 §13.2.2
 */
export function evaluatePreconditions(
  method: string,
  fields: FieldLookup,
  resource: Validators,
  now: number,
): Precondition {
  const isSafe = method === 'GET' || method === 'HEAD'
  const tag = resource.etag ? parseETag(resource.etag) : undefined
  const modified = resource.lastModified ? parseDate(resource.lastModified, now) : undefined
  const exists = resource.exists ?? true
  const ifMatch = fields.get('if-match')
  const ifNoneMatch = fields.get('if-none-match')

  // 1. If-Match, by strong comparison.
  if (ifMatch !== null && ifMatch !== undefined) {
    if (!matches(ifMatch, tag, exists, 'strong')) return 412
  } else {
    // 2. Else If-Unmodified-Since.
    const since = dateOf(fields, 'if-unmodified-since', now)
    if (since !== undefined && modified !== undefined && modified > since) return 412
  }
  // 3. If-None-Match, by weak comparison.
  if (ifNoneMatch !== null && ifNoneMatch !== undefined) {
    if (matches(ifNoneMatch, tag, exists, 'weak')) return isSafe ? 304 : 412
    return 200
  }
  // 4. Else, for GET and HEAD, If-Modified-Since.
  if (!isSafe) return 200
  const since = dateOf(fields, 'if-modified-since', now)
  return since !== undefined && modified !== undefined && modified <= since ? 304 : 200
}

/**
 * Whether a Range field counts: step 5, If-Range.
 *
 * @param ifRange the field value; nothing for none
 * @param options the validators of what there is
 * @param now milliseconds since 1970
 * @returns true without the field; a tag must match strongly, a date exactly. Never throws
 * @see RFC 9110 §13.1.5
 */
export function rangeApplies(
  ifRange: string | null | undefined,
  { etag, lastModified }: Validators,
  now: number,
): boolean {
  if (ifRange === null || ifRange === undefined) return true
  const wanted = parseETag(ifRange)
  const tag = etag ? parseETag(etag) : undefined
  if (wanted !== undefined) return tag !== undefined && sameETag(wanted, tag, 'strong')
  const date = parseDate(ifRange, now)
  return date !== undefined && date === (lastModified ? parseDate(lastModified, now) : undefined)
}

/** A field that can't be read matches nothing. */
function matches(
  field: string,
  tag: EntityTag | undefined,
  exists: boolean,
  kind: 'strong' | 'weak',
): boolean {
  const wanted = parseETagList(field)
  if (wanted === '*') return exists
  if (wanted === undefined || tag === undefined) return false
  return wanted.some((one) => sameETag(one, tag, kind))
}

/** A date that is none is no condition (§13.1.3). */
function dateOf(fields: FieldLookup, name: string, now: number): number | undefined {
  const text = fields.get(name)
  return text ? parseDate(text, now) : undefined
}
