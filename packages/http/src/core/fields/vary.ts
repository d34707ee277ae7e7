/** Vary: which fields of the request decided about the response (RFC 9110 §12.5.5). */

import { TOKEN } from '../abnf.ts'
import { checkToken } from './grammar.ts'

/**
 * Reads the field.
 *
 * @param text the field value
 * @returns `*`, or the names in small letters, each once; what is no name is left out. Never throws
 * @see RFC 9110 §12.5.5
 * @example parseVary('Accept, accept-encoding') // ['accept', 'accept-encoding']
 */
export function parseVary(text: string): readonly string[] | '*' {
  const names = text.split(',').map((name) => name.trim().toLowerCase())
  if (names.includes('*')) return '*'
  return [...new Set(names.filter((name) => TOKEN.test(name)))]
}

/**
 * Writes the field.
 *
 * @param names names of fields, or `*` for what no request says
 * @throws {RangeError} what is no name
 * @see RFC 9110 §12.5.5
 */
export function formatVary(names: readonly string[] | '*'): string {
  return names === '*' ? names : names.map(checkToken).join(', ')
}

/**
 * Adds a name to a field that may be there already.
 *
 * @param text the present value; nothing for none
 * @param name a field name
 * @returns the new value
 * @throws {RangeError} what is no name
 * @see RFC 9110 §12.5.5
 */
export function addVary(text: string | null | undefined, name: string): string {
  const present = parseVary(text ?? '')
  if (present === '*' || present.includes(checkToken(name).toLowerCase())) return text ?? ''
  return text ? `${text}, ${name}` : name
}
