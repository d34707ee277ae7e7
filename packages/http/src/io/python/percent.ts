/** Python's `%` on texts, and what `html.escape` and `urllib.parse.quote` do: as much of them as a server's pages need. */
import { builtins, codecs } from '@sluice/socket/python'

const { repr, str } = builtins

/**
 * `format % args`: `%s`, `%r`, `%d`, `%i`, `%x`, `%%`, and `%(name)s` where there is one mapping.
 *
 * @throws {TypeError} the wrong number of arguments
 */
export function formatText(format: string, args: readonly unknown[]): string {
  let at = 0
  const [mapping] = args
  const text = format.replace(
    /%(?:\((\w+)\))?([-+ 0#]*)(\d*)([srdixXf%])/g,
    (_, name: string | undefined, flags: string, width: string, kind: string) => {
      if (kind === '%') return '%'
      if (name === undefined && at >= args.length)
        throw new TypeError('not enough arguments for format string')
      const value =
        name === undefined ? args[at++] : (mapping as Readonly<Record<string, unknown>>)[name]
      const shown = shownAs(kind, value)
      if (flags.includes('-')) return shown.padEnd(Number(width))
      return shown.padStart(Number(width), flags.includes('0') ? '0' : ' ')
    },
  )
  if (at > 0 && at < args.length)
    throw new TypeError('not all arguments converted during string formatting')
  return text
}

function shownAs(kind: string, value: unknown): string {
  switch (kind) {
    case 'r':
      return repr(value)
    case 'd':
    case 'i':
      return String(Math.trunc(Number(value)))
    case 'x':
      return Number(value).toString(16)
    case 'X':
      return Number(value).toString(16).toUpperCase()
    case 'f':
      return Number(value).toFixed(6)
    default:
      return str(value)
  }
}

/** `html.escape(text, quote=False)`. */
export function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

/** `urllib.parse.quote(text, errors='surrogatepass')`. */
export function quotePath(text: string): string {
  let quoted = ''
  for (const byte of codecs.encode(text, 'utf-8', 'surrogatepass')) {
    const character = String.fromCharCode(byte)
    quoted += /[\w.\-~/]/.test(character)
      ? character
      : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }
  return quoted
}

/** `urllib.parse.unquote(text, errors='surrogatepass')`, and with U+FFFD for what is no text even so. */
export function unquotePath(text: string): string {
  return text.replace(/(?:%[\da-fA-F]{2})+/g, (run) => {
    const bytes = Buffer.from(run.replaceAll('%', ''), 'hex')
    try {
      return codecs.decode(bytes, 'utf-8', 'surrogatepass')
    } catch {
      return bytes.toString('utf8')
    }
  })
}
