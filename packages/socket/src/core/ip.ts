/**
 * IP addresses: text ↔ bytes in network order (RFC 4291 §2.2, RFC 5952, inet_pton(3), inet_aton(3)).
 *
 * Theory of operation. There are two readers of IPv4 text, and mixing them up is a classic hole:
 * - `inetPton` takes four decimal numbers and nothing else (RFC 6943 §3.1.1 "strict").
 * - `inetAton` takes what BSD took in 1983: one to four numbers, decimal, octal or hexadecimal, the last one
 *   filling all bytes that are left. To it `0x7f.1` and `017700000001` are 127.0.0.1. A filter that reads
 *   one way and a connect that reads the other lets `0177.0.0.1` through.
 *
 * A leading zero is refused by the strict reader, since octal or decimal is then a matter of taste.
 * Zones (`fe80::1%eth0`) are no part of an address; whoever opens a socket takes them off first.
 */
import { kindOf } from './bytes.ts'
import { AF_INET, AF_INET6 } from './constants.ts'
import { quoted } from './quote.ts'

/**
 * Reads an address of one family, strictly.
 *
 * @param family `AF_INET` or `AF_INET6`
 * @param text without brackets, without zone
 * @returns 4 or 16 bytes, network order
 * @throws {SyntaxError} when the text is no address of that family
 * @throws {RangeError} for another family
 * @see inet_pton(3); RFC 4291 §2.2
 * @example inetPton(AF_INET6, '::1')[15] // 1
 */
export function inetPton(family: number, text: string): Uint8Array<ArrayBuffer> {
  const bytes = reader(family)(checkText(text))
  if (bytes === undefined)
    throw new SyntaxError(`${quoted(text)} is not an IPv${family === AF_INET ? 4 : 6} address`)
  return bytes
}

/**
 * Writes an address.
 *
 * @param family `AF_INET` or `AF_INET6`
 * @param bytes 4 or 16 bytes, network order
 * @returns dotted decimal, or the shortest form of RFC 5952 (small letters, the longest run of zeros as `::`)
 * @throws {RangeError} for another length or family
 * @see inet_ntop(3)
 * @example inetNtop(AF_INET, new Uint8Array([127, 0, 0, 1])) // '127.0.0.1'
 */
export function inetNtop(family: number, bytes: Uint8Array): string {
  reader(family)
  const length = family === AF_INET ? 4 : 16
  if (!(bytes instanceof Uint8Array))
    throw new TypeError(`an address must be bytes, not ${kindOf(bytes)}`)
  if (bytes.length !== length)
    throw new RangeError(`an address of this family has ${length} bytes, not ${bytes.length}`)
  return family === AF_INET ? bytes.join('.') : formatIPv6(bytes)
}

/**
 * Reads IPv4 text the way BSD did: `127.1`, `0x7f000001` and `0177.0.0.1` are all 127.0.0.1.
 * Use `inetPton` for anything a stranger wrote.
 *
 * Blanks may follow. glibc lets anything follow those; here nothing may.
 *
 * @param text one to four numbers between dots; decimal, octal or hexadecimal
 * @returns 4 bytes, network order
 * @throws {SyntaxError} when the text is none of those forms
 * @see inet_aton(3)
 */
export function inetAton(text: string): Uint8Array<ArrayBuffer> {
  const parts = withoutBlanks(checkText(text)).split('.')
  const numbers = parts.map(parseNumber)
  const last = numbers.pop() ?? Number.NaN
  const fits =
    parts.length <= 4 && numbers.every((n) => n <= 255) && last < 256 ** (5 - parts.length)
  if (!fits) throw new SyntaxError(`${quoted(text)} is not an IPv4 address`)
  const bytes = new Uint8Array(4)
  bytes.set(numbers)
  for (let i = 3, rest = last; i >= numbers.length; i--, rest = Math.floor(rest / 256))
    bytes[i] = rest % 256
  return bytes
}

/**
 * Writes an IPv4 address as dotted decimal.
 *
 * @param bytes 4 bytes, network order
 * @throws {RangeError} when there are not 4 bytes
 * @see inet_ntoa(3)
 */
export function inetNtoa(bytes: Uint8Array): string {
  return inetNtop(AF_INET, bytes)
}

/**
 * Whether text is an IPv4 address as `inetPton` reads it. Never throws.
 *
 * @param text any
 * @see RFC 6943 §3.1.1
 */
export function isIPv4(text: string): boolean {
  return parseIPv4(text) !== undefined
}

/**
 * Whether text is an IPv6 address as `inetPton` reads it: without brackets, without zone. Never throws.
 *
 * @param text any
 * @see RFC 4291 §2.2
 */
export function isIPv6(text: string): boolean {
  return readIPv6(text, SCRATCH)
}

/** Where an address goes whose bytes nobody wants. */
const SCRATCH = new Uint8Array(16)

/** Without those at the end. A pattern would look at each blank of a long text once for every other. */
function withoutBlanks(text: string): string {
  let end = text.length
  while (end > 0 && ' \t\n\v\f\r'.includes(text[end - 1] as string)) end--
  return text.slice(0, end)
}

function checkText(text: unknown): string {
  if (typeof text === 'string') return text
  throw new TypeError(`an address must be a string, not ${kindOf(text)}`)
}

function reader(family: number): (text: string) => Uint8Array<ArrayBuffer> | undefined {
  if (family === AF_INET) return parseIPv4
  if (family === AF_INET6) return parseIPv6
  throw new RangeError(`address family ${quoted(family)} is neither AF_INET nor AF_INET6`)
}

/** RFC 3986 §3.2.2, IPv4address: four decimal octets without leading zeros. */
function parseIPv4(text: string): Uint8Array<ArrayBuffer> | undefined {
  // The longest address has 15 characters: a stranger's megabyte is refused before it is cut up.
  if (typeof text !== 'string' || text.length > 15) return undefined
  const parts = text.split('.')
  if (parts.length !== 4) return undefined
  const bytes = new Uint8Array(4)
  for (let i = 0; i < 4; i++) {
    const part = parts[i] as string
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return undefined
    bytes[i] = Number(part)
  }
  return bytes
}

function parseIPv6(text: string): Uint8Array<ArrayBuffer> | undefined {
  const bytes = new Uint8Array(16)
  return readIPv6(text, bytes) ? bytes : undefined
}

/**
 * RFC 4291 §2.2: eight groups of up to four digits; once, `::` stands for one or more groups of zeros; the last two may be
 * an IPv4 address. From left to right, with no text cut out: URL parsers ask this of each host in brackets.
 *
 * @param bytes takes the 16 bytes; after a refusal it holds anything
 */
function readIPv6(text: string, bytes: Uint8Array): boolean {
  if (typeof text !== 'string' || text.length > 45) return false
  let gap = text.startsWith('::') ? 0 : -1
  let at = gap === 0 ? 2 : 0
  let filled = 0
  while (at < text.length) {
    const start = at
    let group = 0
    for (let digit: number; at - start < 4; at++, group = group * 16 + digit) {
      digit = hexDigit(text.charCodeAt(at))
      if (digit === -1) break
    }
    if (at === start || filled === 16) return false
    if (text[at] === '.') {
      const dotted = filled > 12 ? undefined : parseIPv4(text.slice(start))
      if (dotted === undefined) return false
      bytes.set(dotted, filled)
      filled += 4
      break
    }
    bytes[filled++] = group >> 8
    bytes[filled++] = group
    if (at === text.length) break
    // Behind a group stands a colon, and behind that a group, or the one gap.
    if (text[at++] !== ':' || at === text.length) return false
    if (text[at] !== ':') continue
    if (gap !== -1) return false
    gap = filled
    at++
  }
  if (gap === -1) return filled === 16
  if (filled > 14) return false
  let back = 16
  while (filled > gap) bytes[--back] = bytes[--filled] as number
  while (back > gap) bytes[--back] = 0
  return true
}

/** The value of a hexadecimal digit; -1 for any other character, and beyond the end of a text. */
function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30
  const letter = code | 0x20
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1
}

/** RFC 5952 §4 and §5: no leading zeros, the first longest run of zeros shortened, small letters, dots for mapped ones. */
function formatIPv6(bytes: Uint8Array): string {
  const groups = Array.from({ length: 8 }, (_, i) =>
    (((bytes[2 * i] as number) << 8) | (bytes[2 * i + 1] as number)).toString(16),
  )
  const run = longestZeros(groups)
  // §5: `::ffff:1.2.3.4` (mapped), and as the BSDs and glibc do, `::1.2.3.4` (compatible, RFC 4291 §2.5.5.1).
  const mapped = run.start === 0 && (run.length === 6 || (run.length === 5 && groups[5] === 'ffff'))
  if (mapped) groups.splice(6, 2, bytes.subarray(12).join('.'))
  if (run.length < 2) return groups.join(':')
  const front = groups.slice(0, run.start).join(':')
  return `${front}::${groups.slice(run.start + run.length).join(':')}`
}

function longestZeros(groups: readonly string[]): { start: number; length: number } {
  let best = { start: 0, length: 0 }
  for (let start = 0; start < groups.length; start++) {
    let length = 0
    while (groups[start + length] === '0') length++
    if (length > best.length) best = { start, length }
  }
  return best
}

/** C's notation: `0x1f` hexadecimal, `017` octal, else decimal; NaN for anything else. */
function parseNumber(text: string): number {
  if (/^0[xX][\da-fA-F]+$/.test(text)) return Number.parseInt(text.slice(2), 16)
  if (/^0[0-7]*$/.test(text)) return Number.parseInt(text, 8)
  return /^[1-9]\d*$/.test(text) ? Number(text) : Number.NaN
}
