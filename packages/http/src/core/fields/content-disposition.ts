/**
 * Content-Disposition: whether a body is to be saved, and under which name (RFC 6266). Names beyond ASCII travel as
 * `filename*` (RFC 8187).
 *
 * **A file name from a stranger is a request, not a path.** `safeFilename` takes what is left of it when everything that
 * leads out of a folder is gone.
 */
import { decodeLatin1, decodeUtf8, encodeLatin1, encodeUtf8 } from '@sluice/socket/bytes'
import { trimOws } from '../abnf.ts'
import { checkToken, FieldReader, formatWord } from './grammar.ts'

/** What a body is to its receiver. */
export interface ContentDisposition {
  /** `inline`, `attachment`, `form-data`, in small letters. */
  readonly type: string
  /** `filename*` where it can be read, else `filename`. As it was sent: see `safeFilename`. */
  readonly filename: string | undefined
  /** All of them, names in small letters. */
  readonly parameters: ReadonlyMap<string, string>
}

/**
 * Reads the field.
 *
 * @param text the field value
 * @returns `undefined` for what can't be read. Never throws
 * @see RFC 6266 §4, RFC 8187 §3.2
 * @example parseContentDisposition("attachment; filename*=UTF-8''na%C3%AFve.txt")?.filename // 'naïve.txt'
 */
export function parseContentDisposition(text: string): ContentDisposition | undefined {
  const reader = new FieldReader(text.trim())
  const type = reader.token()?.toLowerCase()
  const parameters = type === undefined ? undefined : reader.parameters()
  reader.blanks()
  if (type === undefined || parameters === undefined || !reader.isDone) return undefined
  const extended = parameters.get('filename*')
  const filename = (extended && decodeExtended(extended)) ?? parameters.get('filename')
  return { type, filename, parameters }
}

/**
 * Writes the field: `filename` for all, and `filename*` beside it where the name is not ASCII.
 *
 * @param type `attachment`, `inline` or another token
 * @param filename default: none
 * @throws {RangeError} a type that is no token
 * @see RFC 6266 §5, appendix D
 * @example formatContentDisposition('attachment', 'naïve.txt')
 */
export function formatContentDisposition(type: string, filename?: string): string {
  const head = checkToken(type)
  if (filename === undefined) return head
  const plain = filename.replace(/[^\x20-\x7e]/g, '_')
  const first = `${head}; filename=${formatWord(plain)}`
  // A percent sign is decoded by some who should not (appendix D).
  if (plain === filename && !filename.includes('%')) return first
  return `${first}; filename*=UTF-8''${encodeExtended(filename)}`
}

/**
 * What may be used as the name of a file in a folder.
 *
 * @param filename as it was sent
 * @returns the last part of the path without control characters and without what Windows takes for something else; at
 *   most 255 bytes; `undefined` where nothing is left. Never throws
 * @see RFC 6266 §4.3, CWE-22
 */
export function safeFilename(filename: string): string | undefined {
  const last = filename.split(/[/\\]/).pop() ?? ''
  const plain = last
    // biome-ignore lint/suspicious/noControlCharactersInRegex: taking them out is the point.
    .replace(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069<>:"|?*]/g, '_')
  const whole = bare(plain)
  if (whole === '' || /^(?:con|prn|aux|nul|com[\d¹²³]|lpt[\d¹²³])(?:\.|$)/i.test(whole))
    return undefined
  let name = whole.slice(0, 255)
  while (encodeUtf8(name).length > 255) name = name.slice(0, -1)
  return bare(name)
}

/** Without dots and white space around it: a name with a dot in front is hidden, and Windows leaves out those at its end. */
function bare(name: string): string {
  return trimOws(name, (code) => code === 0x2e || String.fromCharCode(code).trim() === '')
}

/** RFC 8187 §3.2: `charset'language'percent-encoded`. ISO-8859-1 is read, since some still send it. */
export function decodeExtended(text: string): string | undefined {
  const [, charset = '', coded = ''] =
    /^([^']*)'[^']*'([!#$&+\-.^_`|~\dA-Za-z%]*)$/.exec(text) ?? []
  if (/%(?![\da-f]{2})/i.test(coded)) return undefined
  const bytes = coded.replace(/%([\da-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  )
  if (/^iso-8859-1$/i.test(charset)) return bytes
  if (!/^utf-8$/i.test(charset)) return undefined
  const decoded = decodeUtf8(encodeLatin1(bytes))
  // What is no UTF-8 is replaced by U+FFFD, which a name may hold as well.
  return decodeLatin1(encodeUtf8(decoded)) === bytes ? decoded : undefined
}

function encodeExtended(text: string): string {
  return Array.from(encodeUtf8(text), (byte) => {
    const character = String.fromCharCode(byte)
    const isPlain = byte < 0x80 && /[!#$&+\-.^_`|~\dA-Za-z]/.test(character)
    return isPlain ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }).join('')
}
