/**
 * A form as a body: multipart/form-data, written as browsers write it (WHATWG HTML, "multipart/form-data encoding
 * algorithm"). Files are read while they are sent; since their sizes are known the whole has a length, which servers that
 * take no chunks ask for.
 */
import { encodeUtf8 } from '@sluice/socket/bytes'
import { formatPartHead } from '../core/form-name.ts'
import type { Content } from './body.ts'

/**
 * Draws a boundary that nobody can guess: who could would write parts of its own into a field's value. Never throws.
 *
 * @see RFC 2046 §5.1.1
 * @example const type = `multipart/form-data; boundary=${randomBoundary()}`
 */
export function randomBoundary(): string {
  const bytes = globalThis.crypto.getRandomValues(new Uint8Array(16))
  return `----sluice${Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')}`
}

const BYTES = 'application/octet-stream'

/** @throws {TypeError} for NUL: how it would stand in a header, nobody has written down */
function checked(kind: string, name: string): string {
  if (name.includes('\0'))
    throw new TypeError(`the form's ${kind} ${JSON.stringify(name)} has NUL in it`)
  return name
}

/**
 * Writes a form. Can be read more than once.
 *
 * @throws {TypeError} a name or file name with NUL in it
 */
export function formContent(form: FormData): Content {
  const boundary = randomBoundary()
  const parts: (Uint8Array | Blob)[] = []
  for (const [name, value] of form) {
    const field = lines(checked('field name', name))
    const [head, content] =
      typeof value === 'string'
        ? [formatPartHead(field), encodeUtf8(lines(value))]
        : [formatPartHead(field, value.type || BYTES, checked('file name', value.name)), value]
    parts.push(encodeUtf8(`--${boundary}\r\n${head}`), content, encodeUtf8('\r\n'))
  }
  parts.push(encodeUtf8(`--${boundary}--\r\n`))
  return {
    pieces: { [Symbol.asyncIterator]: () => piecesFrom(parts) },
    length: parts.reduce((sum, part) => sum + ('size' in part ? part.size : part.length), 0),
    type: `multipart/form-data; boundary=${boundary}`,
  }
}

/** Line ends of a form are CR LF. */
function lines(text: string): string {
  return text.replace(/\r\n?|\n/g, '\r\n')
}

async function* piecesFrom(parts: readonly (Uint8Array | Blob)[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) {
    if (part instanceof Uint8Array) yield part
    else yield* part.stream() as unknown as AsyncIterable<Uint8Array>
  }
}
