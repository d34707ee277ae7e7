/** Lists in fields, as `urllib.request` reads them. */
import { builtins } from '@sluice/socket/python'

/** `a="b", c` to its members; a comma in quotes ends none. */
export function parse_http_list(s: string): string[] {
  const found: string[] = []
  let part = ''
  let isQuoted = false
  for (let at = 0; at < s.length; at++) {
    const c = s[at] as string
    if (isQuoted && c === '\\') {
      part += s[++at] ?? ''
      continue
    }
    if (c === '"') isQuoted = !isQuoted
    if (c === ',' && !isQuoted) {
      found.push(part.trim())
      part = ''
    } else part += c
  }
  if (part !== '') found.push(part.trim())
  return found
}

/** `['a="b"', 'c=d']` to a dict. @throws {ValueError} for a member without `=` */
export function parse_keqv_list(l: Iterable<string>): Record<string, string> {
  const parsed: Record<string, string> = {}
  for (const member of l) {
    const at = member.indexOf('=')
    if (at === -1) throw new builtins.ValueError('not enough values to unpack (expected 2, got 1)')
    const value = member.slice(at + 1)
    if (value === '') throw new builtins.IndexError('string index out of range')
    const isQuoted = value.startsWith('"') && value.endsWith('"')
    Object.defineProperty(parsed, member.slice(0, at), {
      value: isQuoted ? value.slice(1, -1) : value,
      enumerable: true,
      writable: true,
      configurable: true,
    })
  }
  return parsed
}
