/** Cookie as text (RFC 6265 §4.2, §5.4). What becomes of a cookie is a jar's business. */
import { TOKEN } from '../abnf.ts'

/** RFC 6265 §4.1.1: cookie-octet. */
const COOKIE_VALUE =
  /^(?:[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*|"[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*")$/

/**
 * Reads a Cookie field: names and values in their order, the first of each name first.
 *
 * @param text the field value
 * @returns pairs; a piece without `=` is a value without a name. Never throws
 * @see RFC 6265 §4.2, RFC 6265bis §5.8.3
 * @example new Map(parseCookie('a=1; b=2')).get('b') // '2'
 */
export function parseCookie(text: string): [name: string, value: string][] {
  return text
    .split(';')
    .map((piece) => piece.trim())
    .filter((piece) => piece !== '')
    .map((piece) => {
      const at = piece.indexOf('=')
      return at === -1 ? ['', piece] : [piece.slice(0, at).trim(), piece.slice(at + 1).trim()]
    })
}

/**
 * Writes a Cookie field.
 *
 * @param pairs names and values
 * @throws {RangeError} a name that is no token, a value with a character that can not stand there
 * @see RFC 6265 §4.2.1
 */
export function formatCookie(pairs: Iterable<readonly [string, string]>): string {
  return Array.from(pairs, ([name, value]) => `${checkName(name)}=${checkValue(value)}`).join('; ')
}

/** @throws {RangeError} what is no token */
export function checkName(name: string): string {
  if (!TOKEN.test(name)) throw new RangeError(`cookie name ${JSON.stringify(name)} is no token`)
  return name
}

/** @throws {RangeError} a character that no value has */
export function checkValue(value: string): string {
  if (!COOKIE_VALUE.test(value))
    throw new RangeError(
      `cookie value ${JSON.stringify(value)} holds a character that can not stand there`,
    )
  return value
}
