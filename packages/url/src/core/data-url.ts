/**
 * `data:` URLs: a whole resource inside its own address (RFC 2397).
 *
 *     data:[<media type>][;base64],<data>
 *
 * Theory of operation, in the order of the Fetch standard's "data: URL processor": the first comma ends what
 * is said about the data; blanks around that are taken off; a trailing `;base64` (blanks allowed before the
 * word) says how the data are written; escapes are read in either case, and Base64 is read forgivingly
 * (blanks ignored, padding optional).
 *
 * A fragment is not part of the resource. Whoever follows a URL takes it off first (`urldefrag`); this file
 * reads what it is given, as Python does.
 */
import { checkText } from './options.ts'
import { unquoteToBytes } from './quote.ts'

/** What a `data:` URL holds. */
export interface DataUrl {
  /**
   * The media type of the body, parameters included. `text/plain;charset=US-ASCII` where the URL names
   * none, or something that is no media type.
   */
  mediaType: string
  /** What the URL says in that place, before it is judged; may be empty. */
  declared: string
  /** The data, with the escapes or the Base64 read. */
  body: Uint8Array<ArrayBuffer>
}

/** RFC 2397 §2. */
const DEFAULT_TYPE = 'text/plain;charset=US-ASCII'

/** RFC 9110 §5.6.2 and §8.3.1: type "/" subtype, then whatever parameters a field can hold. */
const MEDIA_TYPE =
  /^[!#$%&'*+.^_`|~\dA-Za-z-]+\/[!#$%&'*+.^_`|~\dA-Za-z-]+[ \t]*(;[\t\x20-\x7e\x80-\xff]*)?$/

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
/** Value of a Base64 character by its code; 64 for anything else. */
const VALUES: Uint8Array = new Uint8Array(256).fill(64)
for (let value = 0; value < 64; value++) VALUES[ALPHABET.charCodeAt(value)] = value
const EQUALS = 0x3d

/**
 * Reads a `data:` URL.
 *
 * @param url with its scheme, in any case; without fragment, unless that is meant to be data
 * @throws {SyntaxError} when the scheme is another one, the comma is missing, or the data are no Base64
 * @see RFC 2397; Fetch §6
 * @example parseDataUrl('data:text/plain;base64,SGk=').body // the bytes of 'Hi'
 */
export function parseDataUrl(url: string): DataUrl {
  checkText('parseDataUrl', url)
  if (url.slice(0, 5).toLowerCase() !== 'data:') throw new SyntaxError('not a data: URL')
  const comma = url.indexOf(',')
  if (comma === -1) throw new SyntaxError('a data: URL needs a comma before its data')
  const head = url.slice(5, comma).trim()
  const base64 = /; *base64$/i.exec(head)
  const declared = base64 === null ? head : head.slice(0, base64.index)
  const bytes = unquoteToBytes(url.slice(comma + 1))
  return {
    mediaType: judge(declared),
    declared,
    body: base64 === null ? bytes : decodeBase64(bytes),
  }
}

function judge(declared: string): string {
  // §2: "text/plain" may be left out where only a parameter matters.
  const type = declared.startsWith(';') ? `text/plain${declared}` : declared
  return MEDIA_TYPE.test(type) ? type : DEFAULT_TYPE
}

/** Infra's forgiving-base64 decode: ASCII blanks are skipped, `=` may be missing, but not misplaced. */
function decodeBase64(text: Uint8Array): Uint8Array<ArrayBuffer> {
  const digits = text.filter((byte) => !isBlank(byte))
  let end = digits.length
  if (end % 4 === 0)
    for (let padding = 0; padding < 2 && end > 0 && digits[end - 1] === EQUALS; padding++) end--
  if (end % 4 === 1) throw new SyntaxError('the data of a data: URL end inside a Base64 group')
  const bytes = new Uint8Array(Math.floor((end * 3) / 4))
  let length = 0
  let bits = 0
  for (let i = 0; i < end; i++) {
    const value = VALUES[digits[i] as number] as number
    if (value === 64) throw new SyntaxError('the data of a data: URL are not Base64')
    bits = (bits << 6) | value
    if (i % 4 !== 0) bytes[length++] = bits >> (6 - (i % 4) * 2)
  }
  return bytes
}

function isBlank(byte: number): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0c || byte === 0x0d
}
