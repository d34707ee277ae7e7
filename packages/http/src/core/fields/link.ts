/** Link: relations of a resource (RFC 8288). */
import { checkToken, FieldReader, formatQuoted, formatWord } from './grammar.ts'

/** One link. */
export interface Link {
  /** As it was sent, often relative. */
  readonly target: string
  /** The relation types, in small letters where they are registered names. */
  readonly rel: readonly string[]
  /** The others, names in small letters. */
  readonly parameters: ReadonlyMap<string, string>
}

// No URL has `<` in it (RFC 3986 §2); to look beyond the next one would be to look at the same again and again.
const TARGET_AT = /<([^<>]*)>/y

/**
 * Reads the field.
 *
 * @param text the field value
 * @returns the links in their order; what can't be read is left out. Never throws
 * @see RFC 8288 §3
 * @example parseLink('<https://example.org/?page=2>; rel="next"')[0]?.target
 */
export function parseLink(text: string): Link[] {
  const found: Link[] = []
  const reader = new FieldReader(text)
  while (!reader.isDone) {
    reader.comma()
    const target = reader.match(TARGET_AT)?.[1]
    const parameters = target === undefined ? undefined : reader.parameters()
    reader.skipMember()
    if (target === undefined || parameters === undefined) continue
    const rel = (parameters.get('rel') ?? '').split(/\s+/).filter((one) => one !== '')
    parameters.delete('rel')
    found.push({
      target,
      rel: rel.map((one) => (one.includes(':') ? one : one.toLowerCase())),
      parameters,
    })
  }
  return found
}

/**
 * Writes the field.
 *
 * @param links in their order
 * @throws {RangeError} a target with `>` or a control character, a relation with one, a name that is no token
 * @see RFC 8288 §3
 */
export function formatLink(links: readonly Link[]): string {
  return links
    .map(({ target, rel, parameters }) => {
      if (!/^[\x21-\x3b\x3d\x3f-\x7e]*$/.test(target))
        throw new RangeError(`${JSON.stringify(target)} can not be the target of a link`)
      const more = Array.from(
        parameters,
        ([name, value]) => `; ${checkToken(name)}=${formatWord(value)}`,
      )
      return `<${target}>; rel=${formatQuoted(rel.join(' '))}${more.join('')}`
    })
    .join(', ')
}
