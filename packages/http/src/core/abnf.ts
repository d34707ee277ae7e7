/**
 * The grammar of HTTP/1.1, each rule under its line from the RFC. Two forms of the same rules: tables of
 * 256 entries for the readers, which look at bytes where they lie, and regular expressions for text that
 * is about to be sent.
 *
 * Rules it keeps:
 * - Nothing here is lenient. Where an RFC lets a recipient repair something, the reader decides, not the
 *   grammar.
 * - Every expression is linear: no two adjacent repeats can match the same character.
 */

/** Builds a table in which the bytes of `members`, and of each inclusive `range`, are 1. */
function table(members: string, ...ranges: readonly (readonly [number, number])[]): Uint8Array {
  const entries = new Uint8Array(256)
  for (let i = 0; i < members.length; i++) entries[members.charCodeAt(i)] = 1
  for (const [first, last] of ranges) entries.fill(1, first, last + 1)
  return entries
}

const DIGITS = [0x30, 0x39] as const
const UPPER = [0x41, 0x5a] as const
const LOWER = [0x61, 0x7a] as const

// RFC 9110 §5.6.2: tchar = "!" / "#" / "$" / "%" / "&" / "'" / "*" / "+" / "-" / "." / "^" / "_" / "`" /
//   "|" / "~" / DIGIT / ALPHA
export const TCHAR: Uint8Array = table("!#$%&'*+-.^_`|~", DIGITS, UPPER, LOWER)

// RFC 9110 §5.5: field-vchar = VCHAR / obs-text, with SP and HTAB between them. Also the reason-phrase of
// RFC 9112 §4.
export const FIELD_BYTE: Uint8Array = table('\t', [0x20, 0x7e], [0x80, 0xff])

// RFC 9112 §3.2 takes the target from RFC 3986, which has no controls, no space, no octet above 0x7e, and
// whose "#" begins a fragment that never travels. Browsers do send `|`, `{`, `}`, `\`, `^`, `"`, so those
// pass: nobody disagrees about where they end.
export const TARGET_BYTE: Uint8Array = table('', [0x21, 0x22], [0x24, 0x7e])

/** RFC 5234 §B.1: HEXDIG, with its value plus one; 0 for everything else. */
export const HEX_VALUE: Uint8Array = hexValues()

function hexValues(): Uint8Array {
  const entries = new Uint8Array(256)
  const digits = '0123456789abcdef'
  for (let i = 0; i < 16; i++) {
    entries[digits.charCodeAt(i)] = i + 1
    entries[digits.toUpperCase().charCodeAt(i)] = i + 1
  }
  return entries
}

// RFC 9110 §5.6.2: token = 1*tchar
export const TOKEN: RegExp = /^[!#$%&'*+\-.^_`|~\dA-Za-z]+$/

// RFC 9110 §5.5: field-value = *field-content. Leading and trailing white space is not part of it.
export const FIELD_VALUE: RegExp = /^[\t\x20-\x7e\x80-\xff]*$/

// RFC 9110 §8.6: Content-Length = 1*DIGIT. Leading zeros are legal; whether the number is exact is checked apart.
export const CONTENT_LENGTH: RegExp = /^\d+$/

// RFC 9112 §3.2: two of the four forms; the origin form begins with a slash, the asterisk form is one. What an
// absolute form means is for RFC 3986; here it has a scheme.
export const ABSOLUTE_FORM: RegExp = /^[A-Za-z][A-Za-z\d+\-.]*:[\x21\x22\x24-\x7e]+$/
export const AUTHORITY_FORM: RegExp =
  /^(?:[A-Za-z\d\-._~!$&'()*+,;=%]+|\[[\dA-Fa-f:.]+\]|\[v[\dA-Fa-f]+\.[A-Za-z\d\-._~!$&'()*+,;=:]+\]):\d{1,5}$/

// RFC 9110 §7.2: Host = uri-host [ ":" port ]; an empty host is legal for a target without authority.
export const HOST: RegExp =
  /^(?:[A-Za-z\d\-._~!$&'()*+,;=%]*|\[[\dA-Fa-f:.]+\]|\[v[\dA-Fa-f]+\.[A-Za-z\d\-._~!$&'()*+,;=:]+\])(?::\d*)?$/

// RFC 9112 §7.1.1: chunk-ext = *( BWS ";" BWS chunk-ext-name [ BWS "=" BWS chunk-ext-val ] )
export const CHUNK_EXTENSIONS: RegExp =
  /^(?:[\t ]*;[\t ]*[!#$%&'*+\-.^_`|~\dA-Za-z]+(?:[\t ]*=[\t ]*(?:[!#$%&'*+\-.^_`|~\dA-Za-z]+|"(?:[\t \x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t\x20-\x7e\x80-\xff])*"))?)*$/

/**
 * Cuts optional white space (RFC 9110 §5.6.3: OWS = *( SP / HTAB )) from both ends. No expression does that in one pass: it
 * looks for the end of the text behind each blank in the middle.
 *
 * @param isBlank what else counts as white space
 */
export function trimOws(text: string, isBlank: (code: number) => boolean = isOws): string {
  let start = 0
  let end = text.length
  while (start < end && isBlank(text.charCodeAt(start))) start++
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--
  return start === 0 && end === text.length ? text : text.slice(start, end)
}

function isOws(code: number): boolean {
  return code === 0x20 || code === 0x09
}

/**
 * Splits a comma-separated list (RFC 9110 §5.6.1) whose elements hold no quoted strings.
 * Empty elements are kept as empty strings, so that a caller can refuse them.
 */
export function splitList(value: string): string[] {
  return value.split(',').map((element) => trimOws(element))
}
