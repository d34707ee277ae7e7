/**
 * A reader of DER (ITU-T X.690): tag, length, content, and nothing else. Certificates and keys are read with it.
 *
 * Strict where a second way of writing the same thing would let two readers disagree: one byte of tag, definite and
 * shortest lengths, nothing after the end. Any input gives elements or a `SyntaxError`.
 */
import { decodeLatin1 } from './bytes.ts'

/** One element; `content` is a view of the input, `whole` has tag and length as well. */
export interface DerElement {
  readonly tag: number
  readonly content: Uint8Array
  readonly whole: Uint8Array
}

export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bits: 0x03,
  octets: 0x04,
  oid: 0x06,
  utf8: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  bmp: 0x1e,
  sequence: 0x30,
  set: 0x31,
} as const

/** Lengths of more than four bytes are longer than anything that anyone holds in memory here. */
const LENGTH_BYTES = 4

/** Reads the elements that stand in `bytes`, one after the other, to its end. @throws {SyntaxError} */
function readAll(bytes: Uint8Array): DerElement[] {
  const elements: DerElement[] = []
  for (let at = 0; at < bytes.length; ) {
    const element = readAt(bytes, at)
    elements.push(element)
    at += element.whole.length
  }
  return elements
}

/** Reads the one element that `bytes` is. @throws {SyntaxError} when it has another tag, or something follows */
export function readOne(bytes: Uint8Array, tag: number): DerElement {
  return expectTag(readAll(bytes), 0, tag, 1)
}

/** The elements inside of a constructed one. @throws {SyntaxError} */
export function inside(element: DerElement): DerElement[] {
  return readAll(element.content)
}

/** The element at a place, which has to have this tag. @throws {SyntaxError} */
export function expectTag(
  elements: readonly DerElement[],
  at: number,
  tag: number,
  most: number = Number.POSITIVE_INFINITY,
): DerElement {
  const element = elements[at]
  if (element === undefined || element.tag !== tag || elements.length > most)
    throw malformed(`tag ${element?.tag ?? 'nothing'} where ${tag} belongs`)
  return element
}

/** The dotted form of an object identifier. @throws {SyntaxError} */
export function oidOf(element: DerElement): string {
  const parts: number[] = []
  let part = 0
  for (const [at, byte] of element.content.entries()) {
    part = part * 128 + (byte & 0x7f)
    if (part > Number.MAX_SAFE_INTEGER) throw malformed('an identifier with a number too large')
    if (byte & 0x80) {
      if (at === element.content.length - 1) throw malformed('an identifier that is cut off')
      continue
    }
    parts.push(part)
    part = 0
  }
  const [first] = parts
  if (first === undefined) throw malformed('an empty identifier')
  const top = Math.min(2, Math.floor(first / 40))
  return [top, first - top * 40, ...parts.slice(1)].join('.')
}

/** Text of any of the string types. */
export function textOf(element: DerElement): string {
  if (element.tag === TAG.utf8) return new TextDecoder().decode(element.content)
  if (element.tag !== TAG.bmp) return decodeLatin1(element.content)
  let text = ''
  for (let at = 0; at + 1 < element.content.length; at += 2)
    text += String.fromCharCode(
      ((element.content[at] as number) << 8) | (element.content[at + 1] as number),
    )
  return text
}

/** UTCTime or GeneralizedTime, in the one form that RFC 5280 §4.1.2.5 allows. @throws {SyntaxError} */
export function dateOf(element: DerElement): Date {
  const text = decodeLatin1(element.content)
  const long = element.tag === TAG.generalizedTime
  if (!(long || element.tag === TAG.utcTime)) throw malformed('a date of an unknown kind')
  const found = (
    long ? /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/ : /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/
  ).exec(text)
  if (found === null) throw malformed(`the date ${JSON.stringify(text)}`)
  const [year = 0, month = 0, ...rest] = found.slice(1).map(Number)
  // Two digits: 50 to 99 are of the last century.
  const full = long ? year : year + (year < 50 ? 2000 : 1900)
  const [day, hour, minute, second] = rest as [number, number, number, number]
  const date = new Date(0)
  date.setUTCFullYear(full, month - 1, day)
  date.setUTCHours(hour, minute, second)
  return date
}

/** Lower-case hexadecimal. */
export function hexOf(bytes: Uint8Array, separator = ''): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(separator)
}

function readAt(bytes: Uint8Array, start: number): DerElement {
  const tag = bytes[start] as number
  if ((tag & 0x1f) === 0x1f) throw malformed('a tag of several bytes')
  const first = bytes[start + 1]
  if (first === undefined) throw malformed('an element that is cut off')
  let length = first
  let at = start + 2
  if (first >= 0x80) {
    const size = first & 0x7f
    if (size === 0 || size > LENGTH_BYTES) throw malformed('a length that DER does not have')
    length = 0
    for (let i = 0; i < size; i++) length = length * 256 + (bytes[at++] ?? Number.NaN)
    if (length < 0x80 || length < 256 ** (size - 1))
      throw malformed('a length that is not the shortest')
  }
  if (!(at + length <= bytes.length)) throw malformed('an element that is cut off')
  return {
    tag,
    content: bytes.subarray(at, at + length),
    whole: bytes.subarray(start, at + length),
  }
}

/** The error for what is not DER, or not what was expected. */
export function malformed(what: string): SyntaxError {
  return new SyntaxError(`not a certificate or key in DER: ${what}`)
}
