/** Entity tags: names of the states of a resource (RFC 9110 §8.8.3), and lists of them. */
import { FieldReader } from './grammar.ts'

/** An entity tag. */
export interface EntityTag {
  /** Without quotes. */
  readonly value: string
  /** A weak one says "as good as", a strong one "the same bytes". */
  readonly isWeak: boolean
}

/** RFC 9110 §8.8.3: etagc has no quotes and no backslash escapes. */
const TAG_AT = /(W\/)?"([\x21\x23-\x7e\x80-\xff]*)"/y

/**
 * Reads one entity tag.
 *
 * @param text the field value
 * @returns `undefined` for what is none. Never throws
 * @see RFC 9110 §8.8.3
 * @example parseETag('W/"a"') // { value: 'a', isWeak: true }
 */
export function parseETag(text: string): EntityTag | undefined {
  const reader = new FieldReader(text.trim())
  const tag = readTag(reader)
  return reader.isDone ? tag : undefined
}

/**
 * Writes an entity tag.
 *
 * @param options its value and whether it is weak
 * @throws {RangeError} a value with a quote, a blank or a control character
 * @see RFC 9110 §8.8.3
 */
export function formatETag({ value, isWeak }: EntityTag): string {
  if (!/^[\x21\x23-\x7e\x80-\xff]*$/.test(value))
    throw new RangeError(`${JSON.stringify(value)} can not be an entity tag`)
  return `${isWeak ? 'W/' : ''}"${value}"`
}

/**
 * Reads If-Match or If-None-Match.
 *
 * @param text the field value
 * @returns `*`, or the tags; `undefined` where a member is none: the field says nothing then. Never throws
 * @see RFC 9110 §13.1.1, §13.1.2
 */
export function parseETagList(text: string): EntityTag[] | '*' | undefined {
  if (text.trim() === '*') return '*'
  const reader = new FieldReader(text)
  const found: EntityTag[] = []
  for (reader.comma(); !reader.isDone; reader.comma()) {
    const tag = readTag(reader)
    reader.blanks()
    if (tag === undefined || !(reader.isDone || reader.text[reader.at] === ',')) return undefined
    found.push(tag)
  }
  return found
}

/**
 * Writes If-Match or If-None-Match.
 *
 * @param tags the tags, or `*` for whatever there is
 * @throws {RangeError} a value that no tag has
 * @see RFC 9110 §13.1.1, §13.1.2
 */
export function formatETagList(tags: readonly EntityTag[] | '*'): string {
  return tags === '*' ? tags : tags.map(formatETag).join(', ')
}

/**
 * Compares two tags.
 *
 * @param a one
 * @param b the other
 * @param kind `strong`: neither may be weak; `weak`: the values alone count
 * @returns whether they name the same state. Never throws
 * @see RFC 9110 §8.8.3.2
 */
export function sameETag(a: EntityTag, b: EntityTag, kind: 'strong' | 'weak'): boolean {
  return a.value === b.value && (kind === 'weak' || !(a.isWeak || b.isWeak))
}

function readTag(reader: FieldReader): EntityTag | undefined {
  const found = reader.match(TAG_AT)
  return found === undefined ? undefined : { value: found[2] ?? '', isWeak: found[1] !== undefined }
}
