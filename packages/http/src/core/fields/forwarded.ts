/**
 * Forwarded: what proxies saw (RFC 7239). The last member is that of the proxy next to us; every other one may have been
 * written by anybody.
 */
import { checkToken, FieldReader, formatWord } from './grammar.ts'

/** What one proxy says; names in small letters: `for`, `by`, `host`, `proto`. */
export type ForwardedHop = ReadonlyMap<string, string>

/**
 * Reads the field.
 *
 * @param text the field value
 * @returns one member for each proxy, the farthest first; `undefined` where any of it can't be read: half a chain says the
 *   wrong thing. Never throws
 * @see RFC 7239 §4
 * @example parseForwarded('for=192.0.2.60;proto=http, for="[2001:db8::1]:80"')?.[0]?.get('for')
 */
export function parseForwarded(text: string): ForwardedHop[] | undefined {
  const hops: ForwardedHop[] = []
  const reader = new FieldReader(text)
  for (reader.comma(); !reader.isDone; reader.comma()) {
    const hop = new Map<string, string>()
    do {
      reader.blanks()
      const name = reader.token()?.toLowerCase()
      if (name === undefined || !reader.take('=') || hop.has(name)) return undefined
      const value = reader.word()
      if (value === undefined) return undefined
      hop.set(name, value)
      reader.blanks()
    } while (reader.take(';'))
    if (!reader.isDone && reader.text[reader.at] !== ',') return undefined
    hops.push(hop)
  }
  return hops
}

/**
 * Writes the field.
 *
 * @param hops one member for each proxy
 * @throws {RangeError} a name that is no token, a value that can not stand in a field
 * @see RFC 7239 §4
 */
export function formatForwarded(hops: readonly Iterable<readonly [string, string]>[]): string {
  return hops
    .map((hop) =>
      Array.from(hop, ([name, value]) => `${checkToken(name)}=${formatWord(value)}`).join(';'),
    )
    .join(', ')
}
