/**
 * Set-Cookie as text (RFC 6265 §4.1, §5.2; RFC 6265bis). What becomes of a cookie is a jar's business.
 *
 * Reading and writing differ, as in every browser: a line is taken apart at its semicolons and what is unknown is left out,
 * so that no server is refused for a word of its own; what is *written* follows §4.1.1 to the letter.
 */
import { trimOws } from '../abnf.ts'
import { formatDate } from '../date.ts'
import { checkName, checkValue } from './cookie.ts'

/** What a Set-Cookie line says. */
export interface SetCookie {
  /** Case counts; empty where there was no `=`. */
  readonly name: string
  /** As it was sent, quotes and all. */
  readonly value: string
  /** As it was sent; a jar reads it by RFC 6265 §5.1.1. */
  readonly expires?: string | undefined
  /** Seconds; 0 and less: gone at once. */
  readonly maxAge?: number | undefined
  /** In small letters, without a leading dot; default: the host that sent it, alone. */
  readonly domain?: string | undefined
  /** Begins with a slash; default: the folder of the request. */
  readonly path?: string | undefined
  /** Only over TLS; default false. */
  readonly secure?: boolean | undefined
  /** Not for scripts; default false. */
  readonly httpOnly?: boolean | undefined
  /** In small letters: `strict`, `lax`, `none`. */
  readonly sameSite?: string | undefined
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: a cookie with one is ignored (RFC 6265bis §5.6).
const CONTROL = /[\u0000-\u0008\u000a-\u001f\u007f]/

/**
 * Reads a Set-Cookie line, as user agents do.
 *
 * @param text the field value
 * @returns `undefined` for a line that is to be ignored: no name and no value, or a control character. Never throws
 * @see RFC 6265bis §5.6
 * @example parseSetCookie('id=1; Path=/; Secure')?.path // '/'
 */
export function parseSetCookie(text: string): SetCookie | undefined {
  if (CONTROL.test(text)) return undefined
  const [pair = '', ...pieces] = text.split(';')
  const at = pair.indexOf('=')
  const name = at === -1 ? '' : trimOws(pair.slice(0, at))
  const value = trimOws(at === -1 ? pair : pair.slice(at + 1))
  if (name === '' && value === '') return undefined
  const attributes: Record<string, unknown> = {}
  for (const piece of pieces) {
    const equals = piece.indexOf('=')
    const key = trimOws(equals === -1 ? piece : piece.slice(0, equals)).toLowerCase()
    readAttribute(attributes, key, equals === -1 ? '' : trimOws(piece.slice(equals + 1)))
  }
  return { name, value, ...attributes }
}

/** The last one of a kind counts (§5.6, "cookie-attribute-list"). */
function readAttribute(into: Record<string, unknown>, key: string, value: string): void {
  if (key === 'expires') into['expires'] = value
  else if (key === 'max-age' && /^-?\d+$/.test(value)) into['maxAge'] = Number(value)
  else if (key === 'domain') into['domain'] = value.replace(/^\./, '').toLowerCase()
  else if (key === 'path') into['path'] = value.startsWith('/') ? value : undefined
  else if (key === 'secure') into['secure'] = true
  else if (key === 'httponly') into['httpOnly'] = true
  else if (key === 'samesite') into['sameSite'] = value.toLowerCase()
}

/**
 * Writes a Set-Cookie line.
 *
 * @param cookie `expires` may be a Date
 * @throws {RangeError} a name that is no token; a value, domain or path with a character that can not stand there;
 *   `__Secure-` without Secure, `__Host-` without Secure and `Path=/`, or with Domain
 * @see RFC 6265 §4.1.1, RFC 6265bis §4.1.3
 * @example formatSetCookie({ name: 'id', value: '1', path: '/', secure: true, httpOnly: true, sameSite: 'lax' })
 */
export function formatSetCookie(
  cookie: Omit<SetCookie, 'expires'> & { readonly expires?: string | Date | undefined },
): string {
  const { name, value, expires, maxAge, domain, path, secure, httpOnly, sameSite } = cookie
  checkPrefix(cookie)
  const parts = [`${checkName(name)}=${checkValue(value)}`]
  if (expires !== undefined)
    parts.push(
      `Expires=${expires instanceof Date ? formatDate(expires.getTime()) : checkAttribute(expires)}`,
    )
  if (maxAge !== undefined) parts.push(`Max-Age=${Math.trunc(maxAge)}`)
  if (domain !== undefined) parts.push(`Domain=${checkAttribute(domain)}`)
  if (path !== undefined) parts.push(`Path=${checkAttribute(path)}`)
  if (secure) parts.push('Secure')
  if (httpOnly) parts.push('HttpOnly')
  if (sameSite !== undefined) parts.push(`SameSite=${capital(checkAttribute(sameSite))}`)
  return parts.join('; ')
}

function checkPrefix({
  name,
  secure,
  path,
  domain,
}: Pick<SetCookie, 'name' | 'secure' | 'path' | 'domain'>): void {
  const isHost = /^__host-/i.test(name)
  if ((isHost || /^__secure-/i.test(name)) && !secure)
    throw new RangeError(`Set-Cookie: ${JSON.stringify(name)} has to be secure`)
  if (isHost && (path !== '/' || domain !== undefined))
    throw new RangeError(`Set-Cookie: ${JSON.stringify(name)} needs path / and no domain`)
}

function checkAttribute(value: string): string {
  if (!/^[\x20-\x3a\x3c-\x7e]*$/.test(value))
    throw new RangeError(
      `cookie attribute ${JSON.stringify(value)} holds a character that can not stand there`,
    )
  return value
}

function capital(word: string): string {
  return word.slice(0, 1).toUpperCase() + word.slice(1)
}
