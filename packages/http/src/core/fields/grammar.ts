/**
 * What the structured fields share: tokens, quoted strings, lists and parameters (RFC 9110 §5.6). A reader stands at a
 * place in a text and takes what is there, so that a comma inside of quotes never ends anything, and a field of a megabyte
 * is gone through once.
 */
import { TOKEN } from '../abnf.ts'

const TOKEN_AT = /[!#$%&'*+\-.^_`|~\dA-Za-z]+/y
const BLANK_AT = /[ \t]*/y
/** RFC 9110 §5.6.4: qdtext and quoted-pair. */
const QUOTED_AT = /"((?:[\t \x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t \x21-\x7e\x80-\xff])*)"/y

/** Reads a field value from left to right. */
export class FieldReader {
  readonly text: string
  at = 0

  constructor(text: string) {
    this.text = text
  }

  get isDone(): boolean {
    return this.at >= this.text.length
  }

  /** Whether `character` comes next; takes it then. */
  take(character: string): boolean {
    if (this.text[this.at] !== character) return false
    this.at++
    return true
  }

  blanks(): void {
    this.match(BLANK_AT)
  }

  token(): string | undefined {
    return this.match(TOKEN_AT)?.[0]
  }

  /** A quoted string, without its quotes and backslashes. */
  quoted(): string | undefined {
    return this.match(QUOTED_AT)?.[1]?.replace(/\\(.)/gs, '$1')
  }

  word(): string | undefined {
    return this.text[this.at] === '"' ? this.quoted() : this.token()
  }

  /** What a sticky pattern finds here; takes it then. */
  match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.at
    const found = pattern.exec(this.text)
    if (found === null) return undefined
    this.at = pattern.lastIndex
    return found
  }

  /** Goes on at the next comma that is in no quotes; quotes that nobody closes hold all that follows. */
  skipMember(): void {
    while (!this.isDone && this.text[this.at] !== ',')
      if (this.text[this.at] !== '"') this.at++
      else if (this.quoted() === undefined) this.at = this.text.length
  }

  /** Takes commas and blanks: empty members of a list mean nothing (§5.6.1.2). */
  comma(): boolean {
    const before = this.at
    for (this.blanks(); this.take(','); this.blanks());
    return this.at > before
  }

  /**
   * Parameters: `; name=value; name="value"` (§5.6.6). Names are folded; of two alike the first counts.
   *
   * @returns `undefined` where one of them is broken
   */
  parameters(): Map<string, string> | undefined {
    const found = new Map<string, string>()
    for (;;) {
      const before = this.at
      this.blanks()
      if (!this.take(';')) {
        this.at = before
        return found
      }
      this.blanks()
      const name = this.token()?.toLowerCase()
      // A semicolon with nothing behind it is allowed (§5.6.6).
      if (name === undefined) continue
      if (!this.take('=')) return undefined
      const value = this.word()
      if (value === undefined) return undefined
      if (!found.has(name)) found.set(name, value)
    }
  }
}

/** Writes a word as a token where it is one, else in quotes. @throws {RangeError} for what can stand in neither */
export function formatWord(value: string): string {
  return TOKEN.test(value) ? value : formatQuoted(value)
}

/** Writes a quoted-string (RFC 9110 §5.6.4). @throws {RangeError} for what can not stand there */
export function formatQuoted(value: string): string {
  if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value))
    throw new RangeError(`${JSON.stringify(value)} can not stand in a field`)
  return `"${value.replace(/["\\]/g, '\\$&')}"`
}

/** Writes parameters, each behind a semicolon. */
export function formatParameters(parameters: Iterable<readonly [string, string]>): string {
  let text = ''
  for (const [name, value] of parameters) text += `; ${checkToken(name)}=${formatWord(value)}`
  return text
}

/** @throws {RangeError} what is no token */
export function checkToken(value: string): string {
  if (!TOKEN.test(value)) throw new RangeError(`${JSON.stringify(value)} is no token`)
  return value
}
