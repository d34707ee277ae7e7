/** Basic authentication: a name and a password in the clear, so for TLS or a local network (RFC 7617). */
import { decodeUtf8, encodeUtf8 } from '@sluice/socket/bytes'

/**
 * Reads an Authorization field.
 *
 * @param field the field value
 * @returns name and password, or `undefined` for another scheme or what can't be read. Never throws
 * @see RFC 7617 §2
 * @example parseBasic('Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==') // { username: 'Aladdin', password: 'open sesame' }
 */
export function parseBasic(
  field: string | null | undefined,
): { username: string; password: string } | undefined {
  const [, coded] = /^basic +([A-Za-z\d+/=]+) *$/i.exec(field ?? '') ?? []
  if (coded === undefined) return undefined
  let text: string
  try {
    text = decodeUtf8(Uint8Array.from(atob(coded), (character) => character.charCodeAt(0)))
  } catch {
    return undefined
  }
  const at = text.indexOf(':')
  return at === -1 ? undefined : { username: text.slice(0, at), password: text.slice(at + 1) }
}

/** Compares two texts in a time that does not tell where they differ. Never throws. */
export function sameText(a: string, b: string): boolean {
  const [first, second] = [encodeUtf8(a), encodeUtf8(b)]
  let difference = first.length ^ second.length
  for (let i = 0; i < first.length; i++)
    difference |= (first[i] as number) ^ (second[i % Math.max(1, second.length)] ?? 0)
  return difference === 0
}
