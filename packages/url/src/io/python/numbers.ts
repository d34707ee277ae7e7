/** Python's `int()`, for fields and files whose numbers strangers write. */
import { builtins } from '@sluice/socket/python'

/** Python's `int(x)`. @throws {ValueError} for what is no whole number */
export function int(value: unknown): number {
  const text = String(value)
  if (typeof value === 'number') return Math.trunc(value)
  if (!/^\s*[+-]?\d+(_\d+)*\s*$/.test(text))
    throw new builtins.ValueError(`invalid literal for int() with base 10: ${builtins.repr(value)}`)
  return Number(text.replaceAll('_', ''))
}

/** The same, and null for what is no whole number. */
export function intOrNull(value: unknown): number | null {
  try {
    return int(value)
  } catch {
    return null
  }
}
