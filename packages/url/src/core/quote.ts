/**
 * Percent-encoding: bytes ↔ text that may stand in a URL (RFC 3986 §2).
 *
 * Theory of operation. A URL is written in a small alphabet. A byte outside it is written as `%` and two
 * hexadecimal digits; a character is first turned into bytes, by UTF-8 (§2.5, RFC 3987). The unreserved
 * characters (§2.3: letters, digits, `-._~`) are never escaped. Whether a reserved one is, depends on whether
 * it is data or a mark, which only the caller knows: that is what `safe` is for.
 *
 * Rules this file keeps:
 * - Escapes are written in upper case (§2.1) and read in either.
 * - A `%` without two digits behind it stands for itself, as in every browser and in Python.
 * - Escapes that are no UTF-8 become U+FFFD, unless `fatal` is asked for; `unquoteToBytes` loses nothing.
 * - Text with a lone surrogate has no UTF-8 and is refused, since writing U+FFFD would name something else.
 *
 * Speed: most text needs nothing done, and is handed back as it is. What does need it is cut at the escapes,
 * with one table per byte, and well-formed UTF-8 is worked out where it stands; `encodeURIComponent` and a
 * replace after it take twice as long, and `decodeURIComponent` throws at what we must read.
 */
import { decodeUtf8 } from '@sluice/socket/bytes'
import { checkOptions, checkText } from './options.ts'

/** Options of `unquote` and `unquotePlus`. */
export interface UnquoteOptions {
  /** Refuse escapes that are no UTF-8, instead of reading them as U+FFFD. Default: `false`. */
  fatal?: boolean
}

/** `%00` to `%FF`. */
const ESCAPES: readonly string[] = Array.from(
  { length: 256 },
  (_, byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`,
)

/** The same, with a blank as `+`. */
const PLUS: readonly string[] = ESCAPES.with(0x20, '+')

/** Value of a hexadecimal digit by its character code, 255 for anything else. */
const HEX: Uint8Array = new Uint8Array(128).fill(255)
for (let value = 0; value < 16; value++) {
  HEX[value.toString(16).charCodeAt(0)] = value
  HEX[value.toString(16).toUpperCase().charCodeAt(0)] = value
}

/** The first code point that needs so many bytes after its first. */
const LEAST: readonly number[] = [0, 0x80, 0x800, 0x10000]

const strictDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const encoder = new TextEncoder()
const PERCENT = 0x25
const LONE_SURROGATE = /[\ud800-\udfff]/u

/** By character code: 1 where it may stand unescaped. */
type SafeTable = Uint8Array

const UNRESERVED = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-~'
const SAFE_NOTHING: SafeTable = table('')
const SAFE_SLASH: SafeTable = table('/')

/**
 * Escapes everything that may not stand in the path of a URL.
 *
 * @param text a string is encoded as UTF-8; bytes are taken as they are
 * @param safe ASCII characters to leave alone besides letters, digits and `-._~`; default `/`
 * @throws {SyntaxError} for a lone surrogate
 * @throws {TypeError} when `text` is neither string nor bytes
 * @see RFC 3986 §2.1; Python's urllib.parse.quote
 * @example quote('/El Niño/') // '/El%20Ni%C3%B1o/'
 */
export function quote(text: string | Uint8Array, safe = '/'): string {
  return typeof text === 'string' ? escapeText(text, tableFor(safe)) : quoteFromBytes(text, safe)
}

/**
 * Escapes for a query, where a blank is written as `+` (HTML's application/x-www-form-urlencoded).
 *
 * @param text a string is encoded as UTF-8; bytes are taken as they are
 * @param safe ASCII characters to leave alone besides letters, digits and `-._~`; default none
 * @throws {SyntaxError} for a lone surrogate
 * @throws {TypeError} when `text` is neither string nor bytes
 * @see Python's urllib.parse.quote_plus; WHATWG URL §5.2
 * @example quotePlus('a b&c') // 'a+b%26c'
 */
export function quotePlus(text: string | Uint8Array, safe = ''): string {
  if (typeof text === 'string') {
    if (safe === '') return escapeText(text, SAFE_NOTHING, PLUS)
    return escapeText(text, tableFor(safe.replaceAll(' ', '')), PLUS)
  }
  return quoteFromBytes(text, `${safe} `).replaceAll(' ', '+')
}

/**
 * Escapes bytes; what `quote` does with the UTF-8 of a string.
 *
 * @param safe ASCII characters to leave alone besides letters, digits and `-._~`; default `/`
 * @param bytes each outside the safe set becomes `%XX`
 * @throws {TypeError} when `bytes` is not a Uint8Array
 * @see RFC 3986 §2.1; Python's urllib.parse.quote_from_bytes
 * @example quoteFromBytes(new Uint8Array([0x61, 0xff])) // 'a%FF'
 */
export function quoteFromBytes(bytes: Uint8Array, safe = '/'): string {
  if (!(bytes instanceof Uint8Array))
    throw new TypeError('quoteFromBytes: bytes must be a Uint8Array')
  const allowed = tableFor(safe)
  let text = ''
  for (const byte of bytes)
    text += byte < 128 && allowed[byte] === 1 ? String.fromCharCode(byte) : ESCAPES[byte]
  return text
}

/**
 * Reads the escapes of a text, as UTF-8.
 *
 * @param text text whose characters beyond ASCII stand for themselves, or bytes
 * @param options `fatal`: refuse what is no UTF-8; default: read it as U+FFFD
 * @throws {SyntaxError} with `fatal`, when the escapes are no UTF-8
 * @throws {TypeError} when `text` is neither string nor bytes
 * @see Python's urllib.parse.unquote
 * @example unquote('/El%20Ni%C3%B1o/') // '/El Niño/'
 */
export function unquote(text: string | Uint8Array, options?: UnquoteOptions): string {
  if (options !== undefined) checkOptions('unquote', options, ['fatal'])
  const decode = options?.fatal ? strictUtf8 : lenientUtf8
  return typeof text === 'string' ? unquoteText(text, decode) : decode(unquoteToBytes(text))
}

/**
 * Reads the escapes of a query's text, where `+` is a blank.
 *
 * @param text text whose characters beyond ASCII stand for themselves
 * @param options `fatal`: refuse what is no UTF-8; default: read it as U+FFFD
 * @throws {SyntaxError} with `fatal`, when the escapes are no UTF-8
 * @see Python's urllib.parse.unquote_plus; WHATWG URL §5.1
 * @example unquotePlus('a+b%26c') // 'a b&c'
 */
export function unquotePlus(text: string, options?: UnquoteOptions): string {
  checkText('unquotePlus', text)
  return unquote(text.includes('+') ? text.replaceAll('+', ' ') : text, options)
}

/**
 * Reads the escapes of a text into bytes, without asking what they mean.
 *
 * @param text characters beyond ASCII become their UTF-8
 * @throws {SyntaxError} for a lone surrogate
 * @throws {TypeError} when `text` is neither string nor bytes
 * @see Python's urllib.parse.unquote_to_bytes; RFC 3986 §2.1
 * @example unquoteToBytes('a%FF') // Uint8Array [0x61, 0xff]
 */
export function unquoteToBytes(text: string | Uint8Array): Uint8Array<ArrayBuffer> {
  const source = typeof text === 'string' ? strictEncode(text) : text
  if (!(source instanceof Uint8Array))
    throw new TypeError('unquoteToBytes: text must be a string or a Uint8Array')
  const bytes = new Uint8Array(source.length)
  let length = 0
  for (let i = 0; i < source.length; i++) {
    const byte = source[i] as number
    const value = byte === PERCENT ? hexAt(source[i + 1] ?? 128, source[i + 2] ?? 128) : -1
    bytes[length++] = value === -1 ? byte : value
    if (value !== -1) i += 2
  }
  return bytes.subarray(0, length)
}

/** Turns the bytes of escapes into text. */
export type Decode = (bytes: Uint8Array) => string

/**
 * Reads the escapes of a text with a decoder of the caller's choice, which is given one run of ASCII after
 * another: a character beyond ASCII stands for itself and ends what the bytes before it may mean.
 */
export function unquoteText(text: string, decode: Decode): string {
  const percent = text.indexOf('%')
  if (percent === -1) return text
  if (decode === lenientUtf8 || decode === strictUtf8) {
    const wellFormed = unquoteWellFormed(text, percent)
    if (wellFormed !== undefined) return wellFormed
  }
  return text.replace(/[^\u0080-\uffff]+/g, (run) => decode(unquoteToBytes(run)))
}

/** UTF-8 with U+FFFD for what is not: the decoder of `unquote`. */
export function lenientUtf8(bytes: Uint8Array): string {
  return decodeUtf8(bytes)
}

/** Reads escapes that are UTF-8 (RFC 3629 §4); `undefined` at the first that are not. */
function unquoteWellFormed(text: string, percent: number): string | undefined {
  let result = ''
  let done = 0
  for (let at = percent; at !== -1; at = text.indexOf('%', at)) {
    const lead = escapeAt(text, at)
    if (lead === -1) {
      at++
      continue
    }
    if (done < at) result += text.slice(done, at)
    const tails = lead < 0x80 ? 0 : lead < 0xc2 ? -1 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3
    if (tails === -1 || lead > 0xf4) return undefined
    let point = tails === 0 ? lead : lead & (0x3f >> tails)
    for (let i = 1; i <= tails; i++) {
      const byte = escapeAt(text, at + 3 * i)
      if (byte >> 6 !== 2) return undefined
      point = (point << 6) | (byte & 0x3f)
    }
    // Longer than needed, a surrogate, or beyond Unicode.
    if (tails > 1 && (point < (LEAST[tails] as number) || point > 0x10ffff || point >> 11 === 0x1b))
      return undefined
    result += point < 0x10000 ? String.fromCharCode(point) : String.fromCodePoint(point)
    at += 3 + 3 * tails
    done = at
  }
  return done === 0 ? text : result + text.slice(done)
}

/** @returns the byte that is escaped at `at`, -1 when there is no escape */
function escapeAt(text: string, at: number): number {
  if (text.charCodeAt(at) !== PERCENT) return -1
  return hexAt(text.charCodeAt(at + 1), text.charCodeAt(at + 2))
}

function strictUtf8(bytes: Uint8Array): string {
  try {
    return strictDecoder.decode(bytes)
  } catch (cause) {
    throw new SyntaxError('the escapes are not well-formed UTF-8', { cause })
  }
}

function strictEncode(text: string): Uint8Array {
  if (LONE_SURROGATE.test(text)) throw loneSurrogate(text)
  return encoder.encode(text)
}

/** @returns the value of two hexadecimal digits, -1 when they are none, or when the text ends before them */
function hexAt(high: number, low: number): number {
  // Written so that NaN, the code of no character, is refused too.
  if (!(high < 128 && low < 128)) return -1
  const first = HEX[high] as number
  const second = HEX[low] as number
  return first > 15 || second > 15 ? -1 : (first << 4) | second
}

/** Escapes a string, from the first character that needs it: most have none, and this much is small enough to be inlined. */
function escapeText(text: string, allowed: SafeTable, escapes = ESCAPES): string {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code >= 0x80 || allowed[code] !== 1) return escapeFrom(i, text, allowed, escapes)
  }
  return text
}

/** UTF-8 is worked out here, character by character, so that no bytes are made in between. */
function escapeFrom(
  first: number,
  text: string,
  allowed: SafeTable,
  escapes: readonly string[],
): string {
  let result = ''
  let done = 0
  for (let i = first; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code < 0x80 && allowed[code] === 1) continue
    if (done < i) result += text.slice(done, i)
    if (code < 0x80) result += escapes[code]
    else if (code < 0x800) result += escape2(code)
    else if (code < 0xd800 || code > 0xdfff) result += escape3(code)
    else {
      const point = text.codePointAt(i) as number
      if (point < 0x10000 || code > 0xdbff) throw loneSurrogate(text)
      result += escape4(point)
      i++
    }
    done = i + 1
  }
  return done < text.length ? result + text.slice(done) : result
}

/** RFC 3629 §3: U+0080 to U+07FF. */
function escape2(code: number): string {
  return `${ESCAPES[0xc0 | (code >> 6)]}${ESCAPES[0x80 | (code & 0x3f)]}`
}

/** RFC 3629 §3: U+0800 to U+FFFF. */
function escape3(code: number): string {
  return `${ESCAPES[0xe0 | (code >> 12)]}${tail(code >> 6)}${tail(code)}`
}

/** RFC 3629 §3: beyond U+FFFF. */
function escape4(point: number): string {
  return `${ESCAPES[0xf0 | (point >> 18)]}${tail(point >> 12)}${tail(point >> 6)}${tail(point)}`
}

function tail(bits: number): string {
  return ESCAPES[0x80 | (bits & 0x3f)] as string
}

function loneSurrogate(text: string): SyntaxError {
  return new SyntaxError(`${JSON.stringify(text)} holds a lone surrogate, which has no UTF-8`)
}

/** The defaults are made once; any other set costs less to make than to look up. */
function tableFor(safe: string): SafeTable {
  if (safe === '/') return SAFE_SLASH
  return safe === '' ? SAFE_NOTHING : table(safe)
}

function table(safe: string): SafeTable {
  const allowed = new Uint8Array(128)
  for (let i = 0; i < UNRESERVED.length; i++) allowed[UNRESERVED.charCodeAt(i)] = 1
  for (let i = 0; i < safe.length; i++) {
    const code = safe.charCodeAt(i)
    if (code < 128) allowed[code] = 1
  }
  return allowed
}
