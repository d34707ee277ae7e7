/** Content-Range: which part of a body this is (RFC 9110 §14.4). */
import type { ByteRange } from './range.ts'

/** What a Content-Range field says. */
export interface ContentRange {
  /** The part that is here; nothing with 416. */
  readonly range: ByteRange | undefined
  /** Bytes of the whole; nothing where the sender does not know. */
  readonly length: number | undefined
}

/**
 * Reads a Content-Range field.
 *
 * @param text the field value
 * @returns `undefined` for another unit, or what contradicts itself. Never throws
 * @see RFC 9110 §14.4
 * @example parseContentRange('bytes 0-499/1234')
 */
export function parseContentRange(text: string): ContentRange | undefined {
  const [, first, last, whole] = /^bytes (?:(\d+)-(\d+)|\*)\/(\d+|\*)$/i.exec(text) ?? []
  if (whole === undefined) return undefined
  const length = whole === '*' ? undefined : Number(whole)
  // What no number holds exactly would be compared wrongly.
  if (length !== undefined && !Number.isSafeInteger(length)) return undefined
  if (first === undefined) return length === undefined ? undefined : { range: undefined, length }
  const range: ByteRange = [Number(first), Number(last)]
  if (!Number.isSafeInteger(range[1]) || range[1] < range[0]) return undefined
  if (length !== undefined && range[1] >= length) return undefined
  return { range, length }
}

/**
 * Writes a Content-Range field.
 *
 * @param options the part and the whole
 * @throws {RangeError} neither of them is known
 * @see RFC 9110 §14.4
 */
export function formatContentRange({ range, length }: ContentRange): string {
  if (range === undefined && length === undefined)
    throw new RangeError('Content-Range: neither the part nor the whole is known')
  return `bytes ${range === undefined ? '*' : `${range[0]}-${range[1]}`}/${length ?? '*'}`
}
