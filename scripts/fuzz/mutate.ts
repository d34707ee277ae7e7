/** Texts with a few changes: pieces doubled, left out, exchanged with another text's, and characters that have made trouble. */

/** A number from 0 up to a limit that is not reached. */
export type Below = (limit: number) => number

/** Marks of some grammar, what is something else on the wire, and what no encoding has. */
const TROUBLE = [
  ...['\r', '\n', '\r\n', '\0', '\t', ' ', '  ', '\u007f', '\u00a0', '\ufeff'],
  ...[...'"\'\\/;:,=&?#@%[]()<>{}|*$+-._~^`!'],
  ...['//', '..', '%00', '%2F', '%0d%0a', '%', '%zz', '%C3', '""', '\\"'],
  ...['0', '9', '65536', '4294967296', '99999999999999999999', '-1', '1e9', 'NaN'],
  ...['\u010a', '\u0d0a', '\ud800', '\udc00', '\u{1f600}', 'é', 'ß', '／', '．', '\u202e', 'İ'],
  ...['__proto__', 'constructor', 'undefined'],
]

/** Makes a text of one of the seeds. */
export function mutate(below: Below, seeds: readonly string[]): string {
  const pick = <T>(list: readonly T[]): T => list[below(list.length)] as T
  let text = pick(seeds)
  for (let changes = below(5); changes > 0; changes--) {
    const at = below(text.length + 1)
    const to = at + below(8)
    const before = text.slice(0, at)
    switch (below(6)) {
      case 0:
        text = before + text.slice(to)
        break
      case 1:
        text = before + text.slice(at, to) + text.slice(at)
        break
      case 2:
        text = before + pick(TROUBLE) + text.slice(to)
        break
      case 3:
        text =
          before + String.fromCharCode(below(below(2) === 0 ? 128 : 65_536)) + text.slice(at + 1)
        break
      case 4: {
        const other = pick(seeds)
        text = before + other.slice(below(other.length + 1))
        break
      }
      default:
        text = before + pick(TROUBLE) + text.slice(at)
    }
  }
  return text
}
