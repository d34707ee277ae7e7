/** Text of a stranger, fit for a sentence: in quotes, on one line, and not all of a megabyte. */
export function shown(text: string): string {
  const some = text.length > 60 ? `${text.slice(0, 57)}...` : text
  return visible(JSON.stringify(some))
}

const UNSEEN = /[\p{Cc}\xa0\u2028-\u202e\u2066-\u2069]/gu

/**
 * The same as it stands in a line: what a terminal or a log acts on (C0, DEL, C1, soft space, line and direction marks) is
 * written as JSON would, so that JSON stays what it is.
 */
export function visible(text: string): string {
  return text.replace(UNSEEN, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
