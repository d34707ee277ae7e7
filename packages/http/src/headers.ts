/**
 * `@sluice/http/headers`: header fields, and the dates in them. Loads in any JavaScript runtime.
 */
export { formatDate, parseDate } from './core/date.ts'
export { Headers, type HeadersInit } from './core/headers.ts'
