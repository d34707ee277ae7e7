/**
 * Python's codecs and error handlers, for the Python doors: `text.encode('latin-1')` and `data.decode('ascii',
 * 'surrogateescape')` under the names of Python's module `codecs`.
 *
 * Theory of operation. A codec works until it meets something it cannot translate, then asks the error
 * handler what to put there. So each codec is one function from a position to the next one, and the handlers
 * are a table. Codecs here: UTF-8, ASCII, latin-1, cp1252, UTF-16 and idna; any other encoding that the
 * runtime's TextDecoder knows can be decoded. idna follows the platform (UTS 46), not Python's IDNA 2003.
 */
import { domainToASCII, domainToUnicode } from 'node:url'
import { LookupError, UnicodeDecodeError, UnicodeEncodeError, UnicodeError } from './errors.ts'

/** A code point's bytes, or `undefined` where the encoding has none. */
type Encoder = (point: number) => readonly number[] | undefined

interface Codec {
  /** Python's own name for it, used in sentences. */
  readonly name: string
  readonly encode: Encoder
  /** What `surrogatepass` writes for a lone surrogate, where the encoding can. */
  readonly encodeSurrogate?: (point: number) => readonly number[]
  readonly decode: (bytes: Uint8Array, fail: DecodeFailure) => string
}

/** Asks the error handler about the bytes from `start` to `end`; returns what to put in their place. */
type DecodeFailure = (start: number, end: number, reason: string) => string

/**
 * Encodes text; Python's `codecs.encode(text, encoding, errors)` and `str.encode`.
 *
 * @param encoding default `utf-8`
 * @param errors `strict`, `ignore`, `replace`, `xmlcharrefreplace`, `backslashreplace`, `surrogateescape` or
 *   `surrogatepass`; default `strict`
 * @throws {UnicodeEncodeError} with `strict`, where the encoding has no bytes for a character
 * @throws {LookupError} for an unknown encoding or handler
 */
export function encode(
  text: string,
  encoding = 'utf-8',
  errors = 'strict',
): Uint8Array<ArrayBuffer> {
  if (canonical(encoding) === 'idna') return encodeIdna(text)
  const codec = codecFor(encoding)
  const bytes: number[] = []
  for (let i = 0; i < text.length; i++) {
    const point = text.codePointAt(i) as number
    bytes.push(...(codec.encode(point) ?? replaceCharacter(codec, point, i, errors)))
    if (point > 0xffff) i++
  }
  return Uint8Array.from(bytes)
}

/**
 * Decodes bytes; Python's `codecs.decode(data, encoding, errors)` and `bytes.decode`.
 *
 * @param encoding default `utf-8`
 * @param errors `strict`, `ignore`, `replace`, `backslashreplace`, `surrogateescape` or `surrogatepass`; default
 *   `strict`
 * @throws {UnicodeDecodeError} with `strict`, for bytes that are not in the encoding
 * @throws {LookupError} for an unknown encoding or handler
 */
export function decode(data: Uint8Array, encoding = 'utf-8', errors = 'strict'): string {
  if (canonical(encoding) === 'idna') return decodeIdna(data)
  const codec = codecFor(encoding)
  if (errors === 'surrogatepass' && codec === UTF_8) return decodePassing(data, encoding)
  return codec.decode(data, (start, end, reason) => {
    const handler = Object.hasOwn(DECODE_HANDLERS, errors) ? DECODE_HANDLERS[errors] : undefined
    const first = data[start] as number
    // A byte of ASCII has no surrogate to hide in.
    if (handler && !(errors === 'surrogateescape' && first < 0x80))
      return handler(data.subarray(start, end))
    if (!handler && errors !== 'strict' && errors !== 'surrogatepass')
      throw new LookupError(`unknown error handler name '${errors}'`)
    throw new UnicodeDecodeError(
      `'${codec.name}' codec can't decode byte 0x${hex(first, 2)} in position ${start}: ${reason}`,
    )
  })
}

/** UTF-8 in which surrogates have bytes, as `encode` gives them with `surrogatepass`. */
function decodePassing(data: Uint8Array, encoding: string): string {
  let text = ''
  let from = 0
  for (let at = data.indexOf(0xed); at !== -1; at = data.indexOf(0xed, at + 1)) {
    const [, second = 0, third = 0] = data.subarray(at, at + 3)
    if (second < 0xa0 || second > 0xbf || third >> 6 !== 2) continue
    text += decode(data.subarray(from, at), encoding)
    text += String.fromCharCode(0xd000 | ((second & 0x3f) << 6) | (third & 0x3f))
    from = at + 3
  }
  return text + decode(data.subarray(from), encoding)
}

const DECODE_HANDLERS: Readonly<Record<string, (bytes: Uint8Array) => string>> = {
  ignore: () => '',
  replace: () => '\ufffd',
  backslashreplace: (bytes) => Array.from(bytes, (b) => `\\x${hex(b, 2)}`).join(''),
  surrogateescape: (bytes) => Array.from(bytes, (b) => String.fromCharCode(0xdc00 | b)).join(''),
}

/** What an error handler makes of a character that has no bytes; text is encoded in its turn. */
const ENCODE_HANDLERS: Readonly<Record<string, (point: number) => string>> = {
  ignore: () => '',
  replace: () => '?',
  xmlcharrefreplace: (point) => `&#${point};`,
  backslashreplace: (point) =>
    point < 0x100
      ? `\\x${hex(point, 2)}`
      : point < 0x10000
        ? `\\u${hex(point, 4)}`
        : `\\U${hex(point, 8)}`,
}

function replaceCharacter(
  codec: Codec,
  point: number,
  at: number,
  errors: string,
): readonly number[] {
  if (errors === 'surrogateescape' && point >= 0xdc80 && point <= 0xdcff) return [point & 0xff]
  if (errors === 'surrogatepass' && isSurrogate(point) && codec.encodeSurrogate)
    return codec.encodeSurrogate(point)
  const handler = Object.hasOwn(ENCODE_HANDLERS, errors) ? ENCODE_HANDLERS[errors] : undefined
  const text = handler?.(point)
  if (text !== undefined)
    return Array.from(text, (c) => codec.encode(c.charCodeAt(0)) as readonly number[]).flat()
  if (errors !== 'strict' && !errors.startsWith('surrogate'))
    throw new LookupError(`unknown error handler name '${errors}'`)
  throw new UnicodeEncodeError(
    `'${codec.name}' codec can't encode character '\\u${hex(point, 4)}' in position ${at}: ` +
      (isSurrogate(point) ? 'surrogates not allowed' : 'not in the encoding'),
  )
}

function codecFor(encoding: string): Codec {
  const name = canonical(encoding)
  if (Object.hasOwn(CODECS, name)) return CODECS[name] as Codec
  try {
    return platformCodec(name, encoding)
  } catch {
    throw new LookupError(`unknown encoding: ${encoding}`)
  }
}

/** Python folds case and takes blanks, dots and underscores for hyphens. */
function canonical(encoding: string): string {
  return encoding.toLowerCase().replace(/[ _.]/g, '-')
}

const isSurrogate = (point: number): boolean => point >= 0xd800 && point <= 0xdfff
const hex = (value: number, width: number): string => value.toString(16).padStart(width, '0')

const UTF_8: Codec = {
  name: 'utf-8',
  encode: (point) => (isSurrogate(point) ? undefined : utf8(point)),
  encodeSurrogate: utf8,
  decode: decodeUtf8,
}
const ASCII = singleByte('ascii', 0x80, [])
const LATIN_1 = singleByte('latin-1', 0x100, [])
/** What cp1252 has between 0x80 and 0x9f; 0 for the five holes that Windows leaves and Python refuses. */
const CP1252 = singleByte(
  'charmap',
  0x100,
  [
    0x20ac, 0, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160, 0x2039,
    0x0152, 0, 0x017d, 0, 0, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x02dc, 0x2122,
    0x0161, 0x203a, 0x0153, 0, 0x017e, 0x0178,
  ],
)
const CODECS: Readonly<Record<string, Codec>> = {
  'utf-8': UTF_8,
  utf8: UTF_8,
  ascii: ASCII,
  'us-ascii': ASCII,
  'latin-1': LATIN_1,
  latin1: LATIN_1,
  'iso-8859-1': LATIN_1,
  'iso8859-1': LATIN_1,
  cp1252: CP1252,
  'windows-1252': CP1252,
  'utf-16-le': utf16('utf-16-le', 0),
  'utf-16-be': utf16('utf-16-be', 1),
}

function utf8(point: number): number[] {
  if (point < 0x80) return [point]
  const tail = [0x80 | (point & 0x3f)]
  if (point < 0x800) return [0xc0 | (point >> 6), ...tail]
  tail.unshift(0x80 | ((point >> 6) & 0x3f))
  if (point < 0x10000) return [0xe0 | (point >> 12), ...tail]
  return [0xf0 | (point >> 18), 0x80 | ((point >> 12) & 0x3f), ...tail]
}

/** Asks about the longest start of a sequence that could have been one, as Unicode 3.9 (D93b) advises. */
function decodeUtf8(bytes: Uint8Array, fail: DecodeFailure): string {
  let text = ''
  for (let i = 0; i < bytes.length; ) {
    const lead = bytes[i] as number
    const tails = lead < 0x80 ? 0 : lead < 0xc2 ? -1 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3
    if (tails === -1 || lead > 0xf4) {
      text += fail(i, ++i, 'invalid start byte')
      continue
    }
    let point = tails === 0 ? lead : lead & (0x3f >> tails)
    let end = i + 1
    for (; end <= i + tails; end++) {
      const byte = bytes[end]
      if (byte === undefined || !continues(lead, end - i, byte)) break
      point = (point << 6) | (byte & 0x3f)
    }
    const reason = end === bytes.length ? 'unexpected end of data' : 'invalid continuation byte'
    text += end > i + tails ? String.fromCodePoint(point) : fail(i, end, reason)
    i = end
  }
  return text
}

/** Whether a byte may stand at `index` behind `lead` (Unicode table 3-7). */
function continues(lead: number, index: number, byte: number): boolean {
  if (byte >> 6 !== 2) return false
  if (index > 1) return true
  if (lead === 0xe0) return byte >= 0xa0
  if (lead === 0xed) return byte < 0xa0
  if (lead === 0xf0) return byte >= 0x90
  return lead !== 0xf4 || byte < 0x90
}

/** An encoding of one byte per character: Unicode's own numbers below `limit`, but for `upper` from 0x80 on. */
function singleByte(name: string, limit: number, upper: readonly number[]): Codec {
  const end = 0x80 + upper.length
  return {
    name,
    encode(point) {
      if (point < limit && (point < 0x80 || point >= end)) return [point]
      const at = upper.indexOf(point)
      return at === -1 || point === 0 ? undefined : [0x80 + at]
    },
    decode(bytes, fail) {
      let text = ''
      bytes.forEach((byte, i) => {
        const point = byte >= 0x80 && byte < end ? upper[byte - 0x80] : byte
        const known = point !== undefined && byte < limit && (point !== 0 || byte === 0)
        text += known ? String.fromCharCode(point) : fail(i, i + 1, 'ordinal not in range')
      })
      return text
    },
  }
}

/** UTF-16 without a byte order mark; `swap` is 1 where the high byte comes first. */
function utf16(name: string, swap: 0 | 1): Codec {
  const unit = (code: number) => (swap ? [code >> 8, code & 0xff] : [code & 0xff, code >> 8])
  return {
    name,
    encode(point) {
      if (isSurrogate(point)) return undefined
      const units = String.fromCodePoint(point).split('')
      return units.flatMap((character) => unit(character.charCodeAt(0)))
    },
    encodeSurrogate: unit,
    decode(bytes, fail) {
      let text = ''
      const at = (i: number) => ((bytes[i + 1 - swap] as number) << 8) | (bytes[i + swap] as number)
      for (let i = 0; i < bytes.length; i += 2) {
        if (i + 1 === bytes.length) return text + fail(i, i + 1, 'truncated data')
        const code = at(i)
        const low = i + 3 < bytes.length ? at(i + 2) : 0
        if (!isSurrogate(code)) text += String.fromCharCode(code)
        else if (code < 0xdc00 && low >= 0xdc00 && low <= 0xdfff) {
          text += String.fromCharCode(code, low)
          i += 2
        } else text += fail(i, i + 2, 'illegal encoding')
      }
      return text
    },
  }
}

/** Whatever else the runtime can read; it knows U+FFFD and failing, so other handlers are refused there. */
function platformCodec(label: string, name: string): Codec {
  const strict = new TextDecoder(label, { fatal: true, ignoreBOM: true })
  return {
    name,
    encode: () => undefined,
    decode(bytes, fail) {
      try {
        return strict.decode(bytes)
      } catch {
        fail(0, bytes.length, 'illegal sequence')
        return new TextDecoder(label, { ignoreBOM: true }).decode(bytes)
      }
    },
  }
}

/** UTS 46 as the platform does it, with the limits of RFC 3490 §4.1: a label has 1 to 63 bytes. */
function encodeIdna(text: string): Uint8Array<ArrayBuffer> {
  const ascii = /^[\0-\x7f]*$/.test(text) ? text : domainToASCII(text)
  if (ascii === '' && text !== '')
    throw new UnicodeError(`${JSON.stringify(text)} is not a domain name`)
  const labels = ascii.split('.')
  if (labels.length > 1 && labels[labels.length - 1] === '') labels.pop()
  if (ascii !== '' && labels.some((label) => label.length === 0 || label.length > 63))
    throw new UnicodeError(`${JSON.stringify(text)}: label empty or too long`)
  return encode(ascii, 'ascii')
}

/** A label of RFC 3492 that decodes to nothing is refused; anything else that is no IDN stays as it is. */
function decodeIdna(data: Uint8Array): string {
  const labels = decode(data, 'ascii').split('.')
  return labels
    .map((label) => {
      if (!/^xn--/i.test(label)) return label
      const decoded = domainToUnicode(label)
      if (decoded === '' || decoded.toLowerCase().startsWith('xn--'))
        throw new UnicodeError(`${JSON.stringify(label)} is not an encoded label`)
      return decoded
    })
    .join('.')
}
