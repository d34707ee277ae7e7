/**
 * Bytes and text: the only file that turns one into the other, and the only one that knows that some
 * runtimes have a faster way (the global Buffer's native slices) than the language offers.
 *
 * Rules it keeps:
 * - Public bytes are `Uint8Array` over an `ArrayBuffer`; input may be a string (UTF-8), any view, or an
 *   ArrayBuffer. Nothing public relies on Buffer's methods, though the runtime may hand out Buffers.
 * - latin-1 is the real one, byte n ↔ U+00nn. `TextDecoder('latin1')` is windows-1252 (WHATWG Encoding
 *   §4.2), which turns 0x80 into '€' and would let two readers of one header disagree.
 * - A copy is asked for by name (`copy`, `concat`); everything else here looks at the bytes where they lie.
 */

/** What may be sent: bytes of any view, or text that is sent as UTF-8. */
export type Data = string | Uint8Array | ArrayBuffer | DataView

/** Bytes as this library hands them out. */
export type Bytes = Uint8Array<ArrayBuffer>

/** The part of Node's Buffer that is faster than what the language has. */
interface NativeSlices {
  latin1Slice(start: number, end: number): string
  utf8Slice(start: number, end: number): string
}
interface NativeBuffer {
  readonly prototype: NativeSlices
}

const slices = (globalThis as { Buffer?: NativeBuffer }).Buffer?.prototype
const nativeLatin1 = typeof slices?.latin1Slice === 'function' ? slices.latin1Slice : undefined
const nativeUtf8 = typeof slices?.utf8Slice === 'function' ? slices.utf8Slice : undefined

const utf8Encoder = new TextEncoder()
const utf8Decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/** No bytes. Shared, since nothing can be written into it. */
export const EMPTY: Bytes = new Uint8Array(0)

/**
 * Takes data as bytes, without copying where it already is bytes.
 *
 * @param data a string becomes UTF-8; a view or ArrayBuffer is looked at where it lies
 * @throws {TypeError} for anything else
 * @see Python's bytes(); WHATWG Encoding §9.2 (encode)
 */
export function toBytes(data: Data): Uint8Array {
  if (typeof data === 'string') return encodeUtf8(data)
  if (data instanceof Uint8Array) return data
  if (data instanceof ArrayBuffer) return new Uint8Array(data)
  if (ArrayBuffer.isView(data))
    return new Uint8Array((data as DataView).buffer, data.byteOffset, data.byteLength)
  throw new TypeError(
    `data must be a string, a Uint8Array, an ArrayBuffer or a DataView, not ${kindOf(data)}`,
  )
}

/**
 * Decodes UTF-8, the idiom for Python's `data.decode()`. Malformed bytes become U+FFFD; a leading byte
 * order mark stays, since it is part of what was sent. Never throws.
 *
 * @param bytes what `recv()` gave; `null`, the end of the stream, is the empty string
 * @see WHATWG Encoding §6 (UTF-8 decode without BOM); Python's bytes.decode('utf-8', 'replace')
 * @example const greeting = text(await connection.recv())
 */
export function text(bytes: Uint8Array | null): string {
  return bytes === null ? '' : decodeUtf8(bytes, 0, bytes.length)
}

/**
 * Encodes text as UTF-8; lone surrogates become U+FFFD. Never throws.
 *
 * @param text any string
 * @see WHATWG Encoding §9.2; RFC 3629 §3
 */
export function encodeUtf8(text: string): Bytes {
  return utf8Encoder.encode(text)
}

/**
 * Decodes UTF-8 from `start` to `end`; malformed bytes become U+FFFD. Never throws.
 *
 * @param bytes UTF-8, or what should be
 * @param start the first byte; default 0
 * @param end behind the last byte; default all
 * @see WHATWG Encoding §9.1; RFC 3629 §3
 */
export function decodeUtf8(bytes: Uint8Array, start = 0, end: number = bytes.length): string {
  if (nativeUtf8) return nativeUtf8.call(bytes as unknown as NativeSlices, start, end)
  return utf8Decoder.decode(bytes.subarray(start, end))
}

/**
 * Encodes text as latin-1, a byte a character.
 *
 * @param text characters up to U+00FF
 * @throws {RangeError} for a character above U+00FF: it would be cut to another one, the way in which
 *   `\u560d` once became a carriage return inside a header
 * @see ISO/IEC 8859-1; RFC 9110 §5.5
 */
export function encodeLatin1(text: string): Bytes {
  const bytes = new Uint8Array(text.length)
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code > 0xff)
      throw new RangeError(
        `character ${i} (U+${code.toString(16).padStart(4, '0')}) is not latin-1`,
      )
    bytes[i] = code
  }
  return bytes
}

/**
 * Decodes latin-1, a character for every byte. Never throws.
 *
 * @param bytes any
 * @param start the first byte; default 0
 * @param end behind the last byte; default all
 * @returns one character for every byte
 * @see ISO/IEC 8859-1; RFC 9110 §5.5
 */
export function decodeLatin1(bytes: Uint8Array, start = 0, end: number = bytes.length): string {
  if (nativeLatin1) return nativeLatin1.call(bytes as unknown as NativeSlices, start, end)
  let text = ''
  // String.fromCharCode takes its characters as arguments, of which engines allow some ten thousand.
  for (let at = start; at < end; at += 8192)
    text += String.fromCharCode(...bytes.subarray(at, Math.min(end, at + 8192)))
  return text
}

/**
 * Copies bytes that are to be kept: a view of a shared read buffer dies with its call.
 *
 * Memory of its own, not a piece of Buffer's pool, although that is a third of a microsecond cheaper for a few
 * hundred bytes: whoever looks at `.buffer` of a pooled copy sees what other connections received, and
 * Buffer's `slice()` would give a view where every other Uint8Array gives a copy. Never throws.
 *
 * @param view the bytes as they are now
 * @returns new memory that nobody else writes into
 * @see decisions/0005-own-memory-for-received-bytes.md
 */
export function copy(view: Uint8Array): Bytes {
  return new Uint8Array(view)
}

/**
 * Joins parts. Never throws.
 *
 * @param parts in their order; they are copied
 * @returns new bytes; empty for no parts
 * @see Node's Buffer.concat
 */
export function concat(parts: readonly Uint8Array[]): Bytes {
  let length = 0
  for (const part of parts) length += part.length
  const joined = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    joined.set(part, at)
    at += part.length
  }
  return joined
}

/**
 * Compares two byte sequences. Not for secrets: the time it takes tells where they differ. Never throws.
 *
 * @param a any bytes
 * @param b any bytes
 * @returns whether length and content are the same
 * @see memcmp(3)
 */
export function equal(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

/**
 * Finds the first place at or after `from` where `needle` begins. Never throws.
 *
 * @param haystack where to look
 * @param needle what to look for
 * @param from the first place that counts; default 0
 * @returns its index, or -1; an empty needle is found at `from`
 * @see memmem(3); Python's bytes.find
 */
export function indexOf(haystack: Uint8Array, needle: Uint8Array, from = 0): number {
  const first = needle[0]
  if (first === undefined) return from
  const last = haystack.length - needle.length
  // The engine's own search for the first byte does nearly all of the work.
  for (
    let at = haystack.indexOf(first, from);
    at !== -1 && at <= last;
    at = haystack.indexOf(first, at + 1)
  ) {
    let i = 1
    while (i < needle.length && haystack[at + i] === needle[i]) i++
    if (i === needle.length) return at
  }
  return -1
}

/** What a value is, for an error sentence: `null`, `an Array`, `a number`. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  const name = typeof value === 'object' ? (value.constructor?.name ?? 'object') : typeof value
  return /^[aeiou]/i.test(name) ? `an ${name}` : `a ${name}`
}
