/**
 * Content-Disposition in the head of a form's part, as browsers write it. It looks like RFC 6266 and is not: WHATWG HTML
 * ("multipart/form-data encoding algorithm") writes UTF-8 as it is, `%22` for a quote, `%0D` and `%0A` for line ends, and
 * a backslash is a backslash (a name of Windows is full of them).
 *
 * What else is out there: curl before 7.81 and Firefox before 93 wrote `\"` for a quote, so that is read where the quote
 * can't be the end of the value; `filename*` (RFC 8187), which RFC 7578 §4.2 forbids and Python's requests sent, is read
 * where there is no `filename`.
 */
import { decodeUtf8, encodeLatin1 } from '@sluice/socket/bytes'
import { decodeExtended } from './fields/content-disposition.ts'

/** What the field says. */
export interface FormDisposition {
  /** `undefined` for another type than form-data, or what can't be read. */
  readonly name: string | undefined
  readonly filename: string | undefined
}

const TYPE = /^form-data[ \t]*(?=;|$)/i
const END = '(?=[ \\t]*(?:;|$))'
/** A parameter: its name, then its value in quotes or bare. A quote inside stands behind a backslash. */
const PARAMETER = new RegExp(
  `;[ \\t]*([!#$%&'*+\\-.^_\`|~\\dA-Za-z]+)[ \\t]*=[ \\t]*(?:"((?:[^"\\\\]|\\\\"(?![ \\t]*(?:;|$))|\\\\)*)"|([^\\s;"]*))${END}[ \\t]*`,
  'y',
)

/**
 * Reads the field.
 *
 * @param text the field value, one character for each byte
 */
export function parseFormDisposition(text: string): FormDisposition {
  const none = { name: undefined, filename: undefined }
  const [type] = TYPE.exec(text) ?? []
  if (type === undefined) return none
  const found = new Map<string, string>()
  PARAMETER.lastIndex = type.length
  while (PARAMETER.lastIndex < text.length) {
    const [, name = '', quoted, bare = ''] = PARAMETER.exec(text) ?? []
    const folded = name.toLowerCase()
    // Two of one name, or text between them: whoever looks next may see another name.
    if (name === '' || found.has(folded)) return none
    found.set(folded, quoted === undefined ? bare : unquoted(quoted))
  }
  const extended = found.get('filename*')
  return {
    name: decoded(found.get('name')),
    filename:
      decoded(found.get('filename')) ??
      (extended === undefined ? undefined : decodeExtended(extended)),
  }
}

function unquoted(text: string): string {
  return text
    .replaceAll('\\"', '"')
    .replace(/%(22|0d|0a)/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}

function decoded(text: string | undefined): string | undefined {
  return text === undefined ? undefined : decodeUtf8(encodeLatin1(text))
}
