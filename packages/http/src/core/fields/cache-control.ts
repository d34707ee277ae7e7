/** Cache-Control: directives for those who keep responses (RFC 9111 §5.2). */
import { checkToken, FieldReader, formatWord } from './grammar.ts'

/** Directives by name in small letters; `true` for those without a value. */
export type CacheControl = ReadonlyMap<string, string | true>

/**
 * Reads the field.
 *
 * @param text the field value
 * @returns the directives; of two alike the first counts; members that can't be read are left out. Never throws
 * @see RFC 9111 §5.2
 * @example parseCacheControl('max-age=60, no-cache="set-cookie"').get('max-age') // '60'
 */
export function parseCacheControl(text: string): CacheControl {
  const found = new Map<string, string | true>()
  const reader = new FieldReader(text)
  while (!reader.isDone) {
    reader.comma()
    const name = reader.token()?.toLowerCase()
    const value = name !== undefined && reader.take('=') ? reader.word() : true
    reader.blanks()
    const isWhole = reader.isDone || reader.text[reader.at] === ','
    if (name !== undefined && value !== undefined && isWhole && !found.has(name))
      found.set(name, value)
    reader.skipMember()
  }
  return found
}

/**
 * Writes the field.
 *
 * @param directives by name, `true` for those without a value
 * @throws {RangeError} a name that is no token, a value that can not stand in a field
 * @see RFC 9111 §5.2
 */
export function formatCacheControl(
  directives: Iterable<readonly [string, string | number | true]>,
): string {
  return Array.from(directives, ([name, value]) =>
    value === true ? checkToken(name) : `${checkToken(name)}=${formatWord(String(value))}`,
  ).join(', ')
}

/**
 * A directive that is a number of seconds.
 *
 * @param control what was read
 * @param name `max-age`, `s-maxage` and others
 * @returns `undefined` where there is none, or none that is a number; at most 2^31 (RFC 9111 §1.2.2). Never throws
 * @see RFC 9111 §1.2.2
 */
export function cacheSeconds(control: CacheControl, name: string): number | undefined {
  const value = control.get(name)
  if (typeof value !== 'string' || !/^\d+$/.test(value)) return undefined
  return Math.min(Number(value), 2_147_483_648)
}
