/**
 * `@sluice/http/headers`: header fields, the structured ones among them, each read and written by its own pair of
 * functions. Loads in any JavaScript runtime.
 */
export { formatDate, parseDate } from './core/date.ts'
export {
  chooseCoding,
  chooseLanguage,
  chooseMediaType,
  formatAccept,
  type Preference,
  parseAccept,
} from './core/fields/accept.ts'
export {
  type CacheControl,
  cacheSeconds,
  formatCacheControl,
  parseCacheControl,
} from './core/fields/cache-control.ts'
export {
  evaluatePreconditions,
  type FieldLookup,
  type Precondition,
  rangeApplies,
  type Validators,
} from './core/fields/conditional.ts'
export {
  type ContentDisposition,
  formatContentDisposition,
  parseContentDisposition,
  safeFilename,
} from './core/fields/content-disposition.ts'
export {
  type ContentRange,
  formatContentRange,
  parseContentRange,
} from './core/fields/content-range.ts'
export { formatContentType, type MediaType, parseContentType } from './core/fields/content-type.ts'
export {
  type EntityTag,
  formatETag,
  formatETagList,
  parseETag,
  parseETagList,
  sameETag,
} from './core/fields/etag.ts'
export { type ForwardedHop, formatForwarded, parseForwarded } from './core/fields/forwarded.ts'
export { formatLink, type Link, parseLink } from './core/fields/link.ts'
export {
  type ByteRange,
  formatRange,
  parseRange,
  planRanges,
  type RangePlan,
  type RangeSpec,
} from './core/fields/range.ts'
export { formatRetryAfter, parseRetryAfter } from './core/fields/retry-after.ts'
export { addVary, formatVary, parseVary } from './core/fields/vary.ts'
export { Headers, type HeadersInit } from './core/headers.ts'
