/**
 * A field of a form as a command line has it: curl's `-F`.
 *
 *     name=text            name=@FILE            name=<FILE
 *     name=text;type=a/b   name=@FILE;type=a/b;filename=x
 *
 * Rules it keeps:
 * - What begins with `"` and ends so is taken out of its quotes, in which `\"` and `\\` stand for themselves: how to send a
 *   text with `;type=` in it, or with `@` before it.
 * - `type` goes on to the next word of ours, since a media type has semicolons, too.
 * - Any other `;` is text. curl warns, and cuts it off.
 */

/** One part of a form, as it was asked for. */
export interface FormField {
  readonly name: string
  /** The text itself, a file to be sent as one, or a file whose content is the text. */
  readonly kind: 'text' | 'file' | 'content'
  /** The text, or the path. */
  readonly value: string
  readonly type: string | undefined
  readonly filename: string | undefined
}

const WORD = /;\s*(type|filename|headers|encoder)=/i
const QUOTED = /^"((?:[^"\\]|\\.)*)"\s*(?=;\s*(?:type|filename|headers|encoder)=|$)/is
const MEDIA_TYPE = /^[\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+\s*(?:;[ -~]*)?$/
/** What stands in no field name and no file name. */
const UNSENDABLE = /\0|\p{Surrogate}/u

/** @throws {SyntaxError} what can't be meant, or can't be sent */
export function parseFormField(field: string): FormField {
  const at = field.indexOf('=')
  if (at < 1) throw new SyntaxError(`is 'name=text' or 'name=@file', not '${field}'`)
  const mark = field[at + 1]
  const kind = mark === '@' ? 'file' : mark === '<' ? 'content' : 'text'
  let { word: value, rest } = takeWord(field.slice(at + (kind === 'text' ? 1 : 2)))
  let type: string | undefined
  let filename: string | undefined
  while (rest !== '') {
    const [begin = '', key = ''] = WORD.exec(rest) ?? []
    const next = takeWord(rest.slice(begin.length))
    if (/^type$/i.test(key)) type = next.word
    else if (/^filename$/i.test(key)) filename = next.word
    else throw new SyntaxError(`takes type and filename behind a ';', not ${key}`)
    rest = next.rest
  }
  if (type !== undefined && !MEDIA_TYPE.test(type))
    throw new SyntaxError(`takes a media type such as text/html, not '${type}'`)
  const name = field.slice(0, at)
  if (UNSENDABLE.test(name + (filename ?? '')))
    throw new SyntaxError("can't send NUL or half a character in a name")
  return { name, kind, value, type, filename }
}

/** Up to the next word of ours. */
function takeWord(text: string): { word: string; rest: string } {
  const [all = '', quoted] = QUOTED.exec(text) ?? []
  if (quoted !== undefined)
    return { word: quoted.replace(/\\(["\\])/g, '$1'), rest: text.slice(all.length) }
  const end = text.search(WORD)
  return end === -1 ? { word: text, rest: '' } : { word: text.slice(0, end), rest: text.slice(end) }
}
