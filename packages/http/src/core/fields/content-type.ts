/** Content-Type: a media type and its parameters (RFC 9110 §8.3). */
import { checkToken, FieldReader, formatParameters } from './grammar.ts'

/** A media type. */
export interface MediaType {
  /** In small letters: `text`. */
  readonly type: string
  /** In small letters: `html`. */
  readonly subtype: string
  /** Names in small letters; values as they were sent. */
  readonly parameters: ReadonlyMap<string, string>
}

/**
 * Reads a media type.
 *
 * @param text the field value
 * @returns `undefined` for what is none. Never throws
 * @see RFC 9110 §8.3.1
 * @example parseContentType('text/html; charset=UTF-8')?.parameters.get('charset') // 'UTF-8'
 */
export function parseContentType(text: string): MediaType | undefined {
  const reader = new FieldReader(text.trim())
  const type = reader.token()?.toLowerCase()
  if (type === undefined || !reader.take('/')) return undefined
  const subtype = reader.token()?.toLowerCase()
  const parameters = subtype === undefined ? undefined : reader.parameters()
  reader.blanks()
  if (subtype === undefined || parameters === undefined || !reader.isDone) return undefined
  return { type, subtype, parameters }
}

/**
 * Writes a media type.
 *
 * @param options the media type: type, subtype and parameters
 * @throws {RangeError} a name that is no token, a value that can not stand in a field
 * @see RFC 9110 §8.3.1
 */
export function formatContentType({
  type,
  subtype,
  parameters = new Map(),
}: Omit<MediaType, 'parameters'> & Partial<Pick<MediaType, 'parameters'>>): string {
  return `${checkToken(type)}/${checkToken(subtype)}${formatParameters(parameters)}`
}
