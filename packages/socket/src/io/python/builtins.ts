/**
 * The part of Python's module `builtins` that the Python doors need: the exceptions, and how Python writes a
 * value as text. Programs see the second in every place where Python calls `str()` on what it was given.
 *
 * Rules: null is None; a number without a fraction is an int, unless it is beyond 2^53 or is -0, which only a
 * float can be; an array is a list, since tuples have no twin here; a Map or plain object is a dict.
 */
import { decodeLatin1 } from '../../core/bytes.ts'

export * from './errors.ts'

/** Python's `str(value)`: text as it is, everything else as `repr` has it. */
export function str(value: unknown): string {
  return typeof value === 'string' ? value : repr(value)
}

/** Python's `repr(value)`: the way a value would be written in a program. */
export function repr(value: unknown): string {
  if (value === null || value === undefined) return 'None'
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  if (typeof value === 'number') return number(value)
  if (typeof value === 'string') return quoted(value)
  if (value instanceof Uint8Array) return bytes(value)
  if (Array.isArray(value)) return `[${value.map(repr).join(', ')}]`
  if (value instanceof Map) return dict([...value])
  if (typeof value === 'object' && isPlain(value)) return dict(Object.entries(value))
  return String(value)
}

function dict(entries: readonly (readonly [unknown, unknown])[]): string {
  return `{${entries.map(([key, value]) => `${repr(key)}: ${repr(value)}`).join(', ')}}`
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

/** Python writes an exponent from 1e16 on and below 1e-4, with two digits at least; JavaScript from 1e21 and 1e-7. */
function number(value: number): string {
  if (Object.is(value, -0)) return '-0.0'
  if (Number.isSafeInteger(value)) return String(value)
  if (Number.isNaN(value)) return 'nan'
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf'
  const size = Math.abs(value)
  if (size < 1e16 && size >= 1e-4) return Number.isInteger(value) ? `${value}.0` : String(value)
  const [digits, exponent] = value.toExponential().split('e') as [string, string]
  return `${digits}e${exponent[0]}${exponent.slice(1).padStart(2, '0')}`
}

function quoted(text: string): string {
  const mark = text.includes("'") && !text.includes('"') ? '"' : "'"
  const inside = text.replace(/[\\'\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu, (c) => escaped(c, mark))
  return mark + inside + mark
}

function bytes(data: Uint8Array): string {
  const text = decodeLatin1(data)
  const mark = text.includes("'") && !text.includes('"') ? '"' : "'"
  // biome-ignore lint/suspicious/noControlCharactersInRegex: bytes of any value
  const inside = text.replace(/[\\'\0-\x1f\x7f-\xff]/g, (c) => escaped(c, mark))
  return `b${mark}${inside}${mark}`
}

const SHORT: Readonly<Record<string, string>> = {
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\\': '\\\\',
}

function escaped(character: string, mark: string): string {
  if (character === "'") return mark === "'" ? "\\'" : "'"
  const short = SHORT[character]
  if (short) return short
  const point = character.codePointAt(0) as number
  if (point < 0x100) return `\\x${point.toString(16).padStart(2, '0')}`
  if (point < 0x10000) return `\\u${point.toString(16).padStart(4, '0')}`
  return `\\U${point.toString(16).padStart(8, '0')}`
}
