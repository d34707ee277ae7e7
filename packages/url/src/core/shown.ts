/** Text of a stranger, fit for a sentence: in quotes, on one line, and not all of a megabyte. */
export function shown(text: string): string {
  const some = text.length > 60 ? `${text.slice(0, 57)}...` : text
  // What JSON leaves as it is and a terminal acts on: C1, line and direction marks.
  return JSON.stringify(some).replace(
    /[\u{7f}-\u{a0}\u{2028}-\u{202e}\u{2066}-\u{2069}]/gu,
    (c) => {
      return `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`
    },
  )
}
