/**
 * Text over a file object of bytes: Python's TextIOWrapper. Bytes become text as they come; a character that is cut in two
 * waits for its other half.
 */
import { concat, EMPTY } from '../../core/bytes.ts'
import type { BufferedFile } from './buffered-file.ts'
import { decode, encode } from './codecs.ts'
import { UnsupportedOperation, ValueError } from './errors.ts'

/** A file object of text. */
export class TextIOWrapper implements AsyncIterable<string> {
  /** The file of bytes below. */
  readonly buffer: BufferedFile
  /** How characters are written. */
  readonly encoding: string
  /** What is done with what can not be. */
  readonly errors: string
  /** Which ends lines have: null for all of them, given as `\n`. */
  readonly newlines: string | null
  /** As it was asked for. */
  mode = 'r'
  readonly #lineBuffering: boolean
  #text = ''
  /** The beginning of a character whose rest has not come. */
  #rest: Uint8Array = EMPTY
  #ended = false
  /** The last character was a CR; whether a LF follows is not known yet. */
  #carriageReturn = false

  constructor(
    buffer: BufferedFile,
    encoding: string | null = null,
    errors: string | null = null,
    newline: string | null = null,
    lineBuffering = false,
  ) {
    if (newline !== null && !['', '\n', '\r', '\r\n'].includes(newline))
      throw new ValueError(`illegal newline value: ${newline}`)
    this.buffer = buffer
    this.encoding = encoding ?? 'utf-8'
    this.errors = errors ?? 'strict'
    this.newlines = newline
    this.#lineBuffering = lineBuffering
  }

  /** The descriptor. */
  get name(): number {
    return this.buffer.name
  }

  /** Whether it was closed. */
  get closed(): boolean {
    return this.buffer.closed
  }

  /** The descriptor of the socket. */
  fileno(): number {
    return this.buffer.fileno()
  }

  /** Whether it can be read. */
  readable(): boolean {
    return this.buffer.readable()
  }

  /** Whether it can be written. */
  writable(): boolean {
    return this.buffer.writable()
  }

  /** Never: a stream has no positions. */
  seekable(): boolean {
    return this.buffer.seekable()
  }

  /** `size` characters, or everything until the end; fewer only at the end. */
  async read(size: number | null = -1): Promise<string> {
    const wanted = size === null || size < 0 ? Number.POSITIVE_INFINITY : size
    let text = this.#characters(wanted)
    while (text === undefined) {
      await this.#more()
      text = this.#characters(wanted)
    }
    return text
  }

  /** One line with its end; empty at the end of the stream. */
  async readline(size: number | null = -1): Promise<string> {
    const most = size === null || size < 0 ? Number.POSITIVE_INFINITY : size
    for (;;) {
      const end = this.#endOfLine()
      if (end > 0) return this.#cut(Math.min(end, most))
      if (this.#ended || this.#text.length >= most) return this.#cut(most)
      await this.#more()
    }
  }

  /** All lines until the end, or until `hint` characters are here. */
  async readlines(hint: number | null = -1): Promise<string[]> {
    const lines: string[] = []
    let size = 0
    for await (const line of this) {
      lines.push(line)
      size += line.length
      if (hint !== null && hint > 0 && size >= hint) break
    }
    return lines
  }

  /** Writes text; how many characters. */
  async write(text: string): Promise<number> {
    if (typeof text !== 'string') throw new TypeError(`write() argument must be str`)
    if (!this.writable()) throw new UnsupportedOperation('not writable')
    const ends = this.newlines === null || this.newlines === '' ? '\n' : this.newlines
    const translated = ends === '\n' ? text : text.replaceAll('\n', ends)
    await this.buffer.write(encode(translated, this.encoding, this.errors))
    if (this.#lineBuffering && /[\n\r]/.test(text)) await this.flush()
    return text.length
  }

  /** Writes one after the other. */
  async writelines(lines: Iterable<string>): Promise<null> {
    for (const line of lines) await this.write(line)
    return null
  }

  /** Sends what was written. */
  async flush(): Promise<null> {
    return this.buffer.flush()
  }

  /** Sends what was written, and lets go of the socket. */
  async close(): Promise<null> {
    return this.buffer.close()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<string, void, undefined> {
    for (let line = await this.readline(); line !== ''; line = await this.readline()) yield line
  }

  /** Enters a `with` block. */
  __enter__(): this {
    this.buffer.__enter__()
    return this
  }

  /** Leaves a `with` block. */
  async __exit__(): Promise<void> {
    await this.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /** That many characters, if they are here or no more can come. A character is a code point, as in Python. */
  #characters(count: number): string | undefined {
    if (!this.#ended && this.#text.length < count) return undefined
    let units = 0
    for (let n = 0; n < count && units < this.#text.length; n++)
      units += (this.#text.codePointAt(units) as number) > 0xffff ? 2 : 1
    return this.#cut(units)
  }

  #cut(units: number): string {
    const text = this.#text.slice(0, units)
    this.#text = this.#text.slice(units)
    return text
  }

  /** Where the first line ends, behind its end; 0 when it is not all there. */
  #endOfLine(): number {
    const { newlines } = this
    if (newlines !== '') {
      const mark = newlines ?? '\n'
      const at = this.#text.indexOf(mark)
      return at === -1 ? 0 : at + mark.length
    }
    const found = /\r\n|\n|\r(?!$)/.exec(this.#text)
    if (found) return found.index + found[0].length
    return this.#ended && this.#text.endsWith('\r') ? this.#text.length : 0
  }

  async #more(): Promise<void> {
    if (!this.readable()) throw new UnsupportedOperation('not readable')
    const bytes = await this.buffer.read1()
    this.#ended = bytes.length === 0
    const whole = this.#rest.length === 0 ? bytes : concat([this.#rest, bytes])
    const cut = this.#ended ? 0 : unfinished(whole, this.encoding)
    this.#rest = whole.slice(whole.length - cut)
    this.#text += this.#translate(
      decode(whole.slice(0, whole.length - cut), this.encoding, this.errors),
    )
  }

  /** With `newline=None` every end of a line is `\n`. A CR waits: a LF may follow. */
  #translate(text: string): string {
    if (this.newlines !== null) return text
    let joined = this.#carriageReturn ? `\r${text}` : text
    this.#carriageReturn = !this.#ended && joined.endsWith('\r')
    if (this.#carriageReturn) joined = joined.slice(0, -1)
    return joined.replace(/\r\n?/g, '\n')
  }
}

/** How many bytes at the end begin a character that is not all there. */
function unfinished(bytes: Uint8Array, encoding: string): number {
  const name = encoding.toLowerCase().replace(/[ _]/g, '-')
  if (name.startsWith('utf-16') || name === 'utf16') return bytes.length % 2
  if (name !== 'utf-8' && name !== 'utf8') return 0
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] as number
    if (byte < 0x80) return 0
    if (byte >= 0xc0) return back < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? back : 0
  }
  return 0
}
