/**
 * Python's convention of `urllib.parse` for str and bytes: a function takes either, never both, and answers
 * in the kind it was asked in. Bytes are read as ASCII, so that text beyond it is never guessed at.
 */
import { builtins, codecs } from '@sluice/socket/python'

/** Python's str or bytes. */
export type Text = string | Uint8Array

/** Arguments as strings, and whether the answer has to be bytes. */
export interface Coerced {
  readonly texts: readonly string[]
  readonly bytes: boolean
}

/**
 * Turns arguments into strings.
 *
 * @param args the first decides the kind; `null` and empty ones fit either
 * @throws {TypeError} when both kinds are mixed
 */
export function coerce(...args: unknown[]): Coerced {
  const bytes = typeof args[0] !== 'string'
  for (const arg of args.slice(1))
    if (isFilled(arg) && (typeof arg !== 'string') !== bytes)
      throw new TypeError('Cannot mix str and non-str arguments')
  return { texts: args.map((arg) => (isFilled(arg) ? toText(arg) : '')), bytes }
}

/** Text as the answer in the kind of the question. */
export function answer(text: string, bytes: boolean): Text {
  return bytes ? toBytes(text) : text
}

/** Bytes of ASCII text. UnicodeEncodeError for any other. */
export function toBytes(text: string): Uint8Array<ArrayBuffer> {
  return codecs.encode(text, 'ascii')
}

function toText(value: unknown): string {
  if (typeof value === 'string') return value
  if (value instanceof Uint8Array) return codecs.decode(value, 'ascii')
  throw new builtins.AttributeError(`'${typeof value}' object has no attribute 'decode'`)
}

/** What Python takes for true, among the things that may stand here. */
function isFilled(value: unknown): boolean {
  return value instanceof Uint8Array ? value.length > 0 : Boolean(value)
}
