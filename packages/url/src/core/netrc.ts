/**
 * `.netrc`: which name and password belong to which machine. There is no standard; this reads what Python's `netrc` reads,
 * which is what ftp(1) and curl read, with quotes and backslashes.
 *
 *     machine example.com login ada password "a b"
 *     default login anonymous password me@example.com
 */

/** What is said of one machine; empty text where nothing is. */
export interface NetrcEntry {
  readonly login: string
  readonly account: string
  readonly password: string
}

/** A file, read. */
export interface Netrc {
  /** By name as it is written; `default` is for every other machine. The last of two alike counts. */
  readonly hosts: ReadonlyMap<string, NetrcEntry>
  /** Lines of macros for ftp(1), with their line ends. */
  readonly macros: ReadonlyMap<string, readonly string[]>
}

/** Text that is no such file. */
export class NetrcError extends SyntaxError {
  override readonly name: string = 'NetrcError'
  /** Where, from 1. */
  readonly line: number
  constructor(message: string, line: number) {
    super(message)
    this.line = line
  }
}

/**
 * Reads the file.
 *
 * @param text its content
 * @throws {NetrcError} a word that means nothing there. The sentence has that word: a password in the wrong place may be it
 */
export function parseNetrc(text: string): Netrc {
  const words = new Words(text)
  const hosts = new Map<string, NetrcEntry>()
  const macros = new Map<string, string[]>()
  for (let word = words.next(); word !== ''; word = words.next()) {
    if (word.startsWith('#')) words.skipComment()
    else if (word === 'macdef') macros.set(words.next(), readMacro(words))
    else if (word !== 'machine' && word !== 'default')
      throw new NetrcError(`bad toplevel token ${quoted(word)}`, words.line)
    else {
      const name = word === 'default' ? word : words.next()
      if (name === '') throw new NetrcError("missing 'machine' name", words.line)
      hosts.set(name, readEntry(words))
    }
  }
  return { hosts, macros }
}

/**
 * What the file says of a host: its own entry, else that of `default`.
 */
export function lookUpNetrc({ hosts }: Netrc, host: string): NetrcEntry | undefined {
  return hosts.get(host) ?? hosts.get('default')
}

function readEntry(words: Words): NetrcEntry {
  const entry = { login: '', account: '', password: '' }
  for (;;) {
    const word = words.next()
    if (word.startsWith('#')) words.skipComment()
    else if (word === 'login' || word === 'user') entry.login = words.next()
    else if (word === 'account' || word === 'password') entry[word] = words.next()
    else if (word === '' || word === 'machine' || word === 'default' || word === 'macdef') {
      words.back()
      return entry
    } else throw new NetrcError(`bad follower token ${quoted(word)}`, words.line)
  }
}

/** Up to an empty line. */
function readMacro(words: Words): string[] {
  const lines: string[] = []
  for (let line = words.nextLine(); line !== '\n'; line = words.nextLine()) {
    if (line === '')
      throw new NetrcError('Macro definition missing null line terminator.', words.line)
    lines.push(line)
  }
  return lines
}

function quoted(word: string): string {
  return `'${word}'`
}

/** Words with blanks between them; a word that begins with a quote goes on to the next. */
class Words {
  readonly #text: string
  #at = 0
  #before = 0
  /** Where the last word ended: at a line end, or within a line. */
  #endedLine = false

  constructor(text: string) {
    // As files are read in Python: every line end is one.
    this.#text = text.replace(/\r\n?/g, '\n')
  }

  get line(): number {
    return this.#text.slice(0, this.#at).replace(/\n$/, '').split('\n').length
  }

  next(): string {
    this.#before = this.#at
    const text = this.#text
    while (isBlank(text[this.#at])) this.#at++
    const isQuoted = text[this.#at] === '"'
    if (isQuoted) this.#at++
    let word = ''
    for (; this.#at < text.length; this.#at++) {
      if (isQuoted ? text[this.#at] === '"' : isBlank(text[this.#at])) break
      if (text[this.#at] === '\\') this.#at++
      word += text[this.#at] ?? ''
    }
    this.#endedLine = text[this.#at] === '\n'
    // What ends a word is taken with it.
    if (this.#at < text.length) this.#at++
    return word
  }

  /** Puts the last word back. */
  back(): void {
    this.#at = this.#before
  }

  /** The rest of the line, with its end. */
  nextLine(): string {
    const end = this.#text.indexOf('\n', this.#at)
    const line = this.#text.slice(this.#at, end === -1 ? undefined : end + 1)
    this.#at += line.length
    return line
  }

  /** A comment goes to the end of its line. */
  skipComment(): void {
    if (!this.#endedLine) this.nextLine()
  }
}

function isBlank(character: string | undefined): boolean {
  return character === ' ' || character === '\t' || character === '\n' || character === '\r'
}
