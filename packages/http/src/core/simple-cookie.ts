/**
 * Cookies as Python's `http.cookies` reads and writes them: `a=b; Path=/; c=d`, values in quotes with octal escapes.
 *
 * It is older than RFC 6265 and another thing: attributes follow their cookie in one text, and one illegal piece makes all
 * of it worthless. `core/fields/cookie.ts` has what is spoken on the web.
 *
 * Rules it keeps:
 * - One pass: CPython's own pattern takes quadratic time for `a====...`, which a stranger may send.
 * - Control characters never leave: CPython since 2026 refuses them, too.
 */

/** A cookie or an attribute, in the order in which they stand. */
export type CookiePiece =
  | { readonly kind: 'cookie'; readonly key: string; readonly value: string }
  | { readonly kind: 'attribute'; readonly key: string; readonly value: string | true }

/** Attributes as they are written, by what they are called inside. */
export const RESERVED: Readonly<Record<string, string>> = {
  expires: 'expires',
  path: 'Path',
  comment: 'Comment',
  domain: 'Domain',
  'max-age': 'Max-Age',
  secure: 'Secure',
  httponly: 'HttpOnly',
  version: 'Version',
  samesite: 'SameSite',
}
/** Attributes that need no value. */
export const FLAGS: ReadonlySet<string> = new Set(['secure', 'httponly'])

const LEGAL = /^[\w!#$%&'*+\-.^`|~:]+$/
// Python escapes what is no letter, digit or one of these; characters beyond latin-1 it leaves as they are.
const ESCAPED = /[^\w!#$%&'*+\-.^`|~: ()/<=>?@[\]{}\u0100-\u{10ffff}]/gu

const SPACE = ' \t\n\r\f\v'
const KEY = /[\w!#%&'~`><@,:/$*+\-.^|)(?}{=]+/y
const QUOTED = /"(?:[^\\"]|\\.)*"/y
const DATE = /\w{3},[ \t\n\r\f\v][\w \t\n\r\f\v-]{9,11}[ \t\n\r\f\v][\d:]{8}[ \t\n\r\f\v]GMT/y
const PLAIN = /[\w!#%&'~`><@,:/$*+\-.^|)(?}{=[\]]*/y

/** Whether a text may name a cookie. */
export function isLegalKey(key: string): boolean {
  return LEGAL.test(key)
}

/** Whether a text has a character that no field can hold. */
export function hasControl(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
  return /[\0-\x1f\x7f]/.test(text)
}

/** A value as it is sent: in quotes where it needs them. */
export function quoteCookie(value: string): string {
  if (LEGAL.test(value)) return value
  const inside = value.replace(ESCAPED, (c) =>
    c === '"' || c === '\\'
      ? `\\${c}`
      : `\\${(c.codePointAt(0) as number).toString(8).padStart(3, '0')}`,
  )
  return `"${inside}"`
}

/** A value as it was meant: without quotes and escapes. */
export function unquoteCookie(value: string): string {
  if (value.length < 2 || !value.startsWith('"') || !value.endsWith('"')) return value
  return value
    .slice(1, -1)
    .replace(/\\(?:([0-3][0-7][0-7])|(.))/g, (_, octal: string | undefined, plain: string) =>
      octal === undefined ? plain : String.fromCharCode(Number.parseInt(octal, 8)),
    )
}

/**
 * Reads a text of cookies.
 *
 * @param text `Customer="WILE_E_COYOTE"; Version=1; Path=/acme`
 * @returns the pieces; none at all where one of them is illegal, as in CPython
 */
export function parseCookies(text: string): CookiePiece[] {
  const pieces: CookiePiece[] = []
  for (let at = 0; at < text.length; ) {
    const found = readPair(text, skip(text, at))
    if (found === undefined) break
    at = found.end
    const { key, value } = found
    const hasCookie = pieces.length > 0
    if (key.startsWith('$')) {
      // RFC 2965; before the first cookie they speak of all of them, and are not kept.
      if (hasCookie) pieces.push({ kind: 'attribute', key: key.slice(1), value: value ?? '' })
    } else if (Object.hasOwn(RESERVED, key.toLowerCase())) {
      if (!hasCookie) return []
      if (value === undefined && !FLAGS.has(key.toLowerCase())) return []
      const read = value === undefined ? true : unquoteCookie(value)
      pieces.push({ kind: 'attribute', key, value: read })
    } else if (value === undefined) return []
    else pieces.push({ kind: 'cookie', key, value })
  }
  return pieces
}

interface Pair {
  readonly key: string
  readonly value: string | undefined
  readonly end: number
}

/** A key, perhaps `=` and a value, and what ends them. */
function readPair(text: string, start: number): Pair | undefined {
  const last = matchEnd(KEY, text, start)
  if (last === undefined) return undefined
  // `=` may belong to keys, too: the first one that leads to something counts, and all but the last lead to the same.
  const first = text.indexOf('=', start + 1)
  if (first !== -1 && first < last) {
    const found = readValue(text, start, first)
    if (found !== undefined) return found
    const final = text.lastIndexOf('=', last - 1)
    if (final > first) return readValue(text, start, final)
    return undefined
  }
  const after = skip(text, last)
  if (text[after] === '=') return readValue(text, start, last, after)
  const end = terminator(text, last)
  return end === undefined ? undefined : { key: text.slice(start, last), value: undefined, end }
}

function readValue(text: string, start: number, keyEnd: number, equals = keyEnd): Pair | undefined {
  const from = skip(text, equals + 1)
  const key = text.slice(start, keyEnd)
  for (const pattern of [QUOTED, DATE, PLAIN]) {
    const to = matchEnd(pattern, text, from)
    const end = to === undefined ? undefined : terminator(text, to)
    if (end !== undefined) return { key, value: text.slice(from, to), end }
  }
  return undefined
}

/** Where a piece ends: at white space, a semicolon or the end. @returns where the next begins */
function terminator(text: string, at: number): number | undefined {
  const after = skip(text, at)
  if (text[after] === ';') return after + 1
  return after > at || after === text.length ? after : undefined
}

function matchEnd(pattern: RegExp, text: string, at: number): number | undefined {
  pattern.lastIndex = at
  return pattern.test(text) ? pattern.lastIndex : undefined
}

function skip(text: string, from: number): number {
  let at = from
  while (at < text.length && SPACE.includes(text[at] as string)) at++
  return at
}
