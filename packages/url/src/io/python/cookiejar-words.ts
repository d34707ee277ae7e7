/** Fields of cookies as `http.cookiejar` takes them apart: words by RFC 2965, and Netscape's own way. */
import { bind } from '@sluice/socket/python'
import { http2time } from './cookiejar-time.ts'

/** A name, and a value where there is one. */
export type Word = [name: string, value: string | number | null]

const TOKEN = /^\s*([^=\s;,]+)/
const QUOTED = /^\s*=\s*"([^"\\]*(?:\\.[^"\\]*)*)"/s
const VALUE = /^\s*=\s*([^\s;,]*)/

/** `a="b"; c, d` to lists of words. */
export function split_header_words(...args: unknown[]): Word[][] {
  const { header_values } = bind('split_header_words', ['header_values'], args)
  if (typeof header_values === 'string')
    throw new TypeError('header_values must be a list of texts')
  const found: Word[][] = []
  for (const field of header_values as Iterable<string>) {
    let text = field
    let words: Word[] = []
    const end = (): void => {
      if (words.length > 0) found.push(words)
      words = []
    }
    while (text !== '') {
      const [taken, name] = TOKEN.exec(text) ?? []
      if (taken !== undefined && name !== undefined) {
        text = text.slice(taken.length)
        const quoted = QUOTED.exec(text)
        const plain = quoted === null ? VALUE.exec(text) : null
        text = text.slice((quoted ?? plain)?.[0].length ?? 0)
        const value = quoted?.[1]?.replace(/\\(.)/gs, '$1') ?? plain?.[1]?.trimEnd() ?? null
        words.push([name, value])
      } else if (text.trimStart().startsWith(',')) {
        text = text.trimStart().slice(1)
        end()
      } else text = text.replace(/^[=\s;]*/, '')
    }
    end()
  }
  return found
}

/** The other way. */
export function join_header_words(...args: unknown[]): string {
  const { lists } = bind('join_header_words', ['lists'], args)
  const fields: string[] = []
  for (const words of lists as Iterable<Iterable<Word>>) {
    const parts = [...words].map(([name, value]) => {
      if (value === null) return name
      const text = String(value)
      return `${name}=${/^[\p{L}\p{N}_]+$/u.test(text) ? text : `"${text.replace(/["\\]/g, '\\$&')}"`}`
    })
    if (parts.length > 0) fields.push(parts.join('; '))
  }
  return fields.join(', ')
}

/** A text without a quote at either end. */
export function strip_quotes(text: string): string {
  return text.replace(/^"/, '').replace(/"$/, '')
}

const KNOWN = new Set(['expires', 'domain', 'path', 'secure', 'version', 'port', 'max-age'])

/** Set-Cookie as Netscape had it: names with their attributes. `version` is 0 where there is none. */
export function parse_ns_headers(...args: unknown[]): Word[][] {
  const { ns_headers } = bind('parse_ns_headers', ['ns_headers'], args)
  const found: Word[][] = []
  for (const field of ns_headers as Iterable<string>) {
    const words: Word[] = []
    let hasVersion = false
    for (const [at, part] of field.split(';').entries()) {
      const [before = '', after] = part.trim().split(/=(.*)/s)
      let key = before.trim()
      if (key === '') {
        if (at === 0) break
        continue
      }
      let value: string | number | null = after === undefined ? null : after.trim()
      if (at !== 0) {
        if (KNOWN.has(key.toLowerCase())) key = key.toLowerCase()
        if (key === 'version') {
          if (value !== null) value = strip_quotes(value)
          hasVersion = true
        } else if (key === 'expires' && value !== null) value = http2time(strip_quotes(value))
      }
      words.push([key, value])
    }
    if (words.length === 0) continue
    if (!hasVersion) words.push(['version', '0'])
    found.push(words)
  }
  return found
}
