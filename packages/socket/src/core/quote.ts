/**
 * How a sentence shows what somebody handed in: on one line, without control characters, and not all of a megabyte.
 * An error is written to logs and terminals, and text of a stranger must not begin a line of its own there, nor turn
 * the rest of it around.
 */
import { kindOf } from './bytes.ts'

/** What a terminal or a log acts on: C0, DEL, C1, soft space, halves of characters, line and direction marks. */
const UNPRINTABLE =
  /[^\x20-\x7e\u{a1}-\u{d7ff}\u{e000}-\u{10ffff}]|[\u{2028}-\u{202e}\u{2066}-\u{2069}]/gu
/** The same in what JSON.stringify has written: it escapes C0 and lone surrogates itself. */
const LEFT_BY_JSON = /[\u{7f}-\u{a0}\u{2028}-\u{202e}\u{2066}-\u{2069}]/gu
/** Half of a character that has two. As UTF-8 it is U+FFFD: it would arrive as something else. */
const LONE_SURROGATE = /\p{Surrogate}/u

/** As long as people still read it. */
const SHOWN = 80

/**
 * Text of a stranger, fit for a sentence: `?` for what is not printable.
 *
 * @param most characters; default 100
 */
export function printable(text: string, most = 100): string {
  const some = text.length > most ? `${text.slice(0, most)}...` : text
  return some.replace(UNPRINTABLE, '?')
}

/** A value as an error shows it: text in quotes with escapes, other simple values as they are, objects by their kind. */
export function quoted(value: unknown): string {
  if (typeof value === 'object' || typeof value === 'function') return kindOf(value)
  if (typeof value !== 'string') return String(value)
  const some = value.length > SHOWN ? `${value.slice(0, SHOWN - 3)}...` : value
  return JSON.stringify(some).replace(LEFT_BY_JSON, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}

/** Whether text can be written as UTF-8 and read back the same. */
export function isWhole(text: string): boolean {
  return !LONE_SURROGATE.test(text)
}
