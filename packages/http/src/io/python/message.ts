/**
 * Fields of a message as Python's `email.message.Message` has them: in their order, any of them more than once, found by
 * name whatever the case. `http.client` calls it `HTTPMessage`.
 */
import { bind, type Callable, callable } from '@sluice/socket/python'

type Field = [name: string, value: string]

class Message implements Iterable<string> {
  readonly #fields: Field[] = []
  /** What was behind the fields, where there was something. */
  _payload: string | null = null
  /** What was wrong with the fields, by the names that Python has for it. */
  readonly defects: string[] = []

  /** @throws {KeyError} never: Python gives None, too */
  __getitem__(name: string): string | null {
    return this.get(name)
  }
  /** Adds a field; one of the same name stays. */
  __setitem__(name: string, value: unknown): void {
    this.#fields.push([name, String(value)])
  }
  /** Removes every field of a name. */
  __delitem__(name: string): void {
    const folded = name.toLowerCase()
    for (let i = this.#fields.length - 1; i >= 0; i--)
      if ((this.#fields[i] as Field)[0].toLowerCase() === folded) this.#fields.splice(i, 1)
  }
  __contains__(name: unknown): boolean {
    return typeof name === 'string' && this.#all(name).length > 0
  }
  __len__(): number {
    return this.#fields.length
  }
  [Symbol.iterator](): IterableIterator<string> {
    return this.keys()[Symbol.iterator]()
  }
  #all(name: string): string[] {
    const folded = name.toLowerCase()
    return this.#fields.filter(([key]) => key.toLowerCase() === folded).map(([, value]) => value)
  }

  keys(): string[] {
    return this.#fields.map(([name]) => name)
  }
  values(): string[] {
    return this.#fields.map(([, value]) => value)
  }
  items(): [name: string, value: string][] {
    return this.#fields.map(([name, value]) => [name, value])
  }
  /** The first value of a name. */
  get(name: string): string | null
  get<T>(name: string, failobj: T): string | T
  get(...args: unknown[]): unknown
  get(...args: unknown[]): unknown {
    const { name, failobj = null } = bind('get', ['name', 'failobj?'], args)
    return this.#all(name as string)[0] ?? failobj
  }
  /** Every value of a name. */
  get_all(name: string): string[] | null
  get_all<T>(name: string, failobj: T): string[] | T
  get_all(...args: unknown[]): unknown
  get_all(...args: unknown[]): unknown {
    const { name, failobj = null } = bind('get_all', ['name', 'failobj?'], args)
    const found = this.#all(name as string)
    return found.length > 0 ? found : failobj
  }
  /** Adds a field with parameters: `add_header('Content-Disposition', 'attachment', kw({ filename }))`. */
  add_header(
    name: string,
    value: string | null,
    parameters: Readonly<Record<string, unknown>> = {},
  ): void {
    const parts = value === null ? [] : [value]
    for (const [key, content] of Object.entries(parameters)) {
      const shown = key.replaceAll('_', '-')
      parts.push(
        content === null ? shown : `${shown}="${String(content).replace(/[\\"]/g, '\\$&')}"`,
      )
    }
    this.__setitem__(name, parts.join('; '))
  }
  /** Gives the first field of a name another value. */
  replace_header(name: string, value: string): void {
    const found = this.#fields.find(([key]) => key.toLowerCase() === name.toLowerCase())
    if (found !== undefined) found[1] = value
  }

  get_content_type(): string {
    const value = this.get('content-type')
    const type = (value ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
    if (value === null) return this.get_default_type()
    // RFC 2045 §5.2 has this for what is no type.
    return /^[^/]+\/[^/]+$/.test(type) ? type : 'text/plain'
  }
  get_content_maintype(): string {
    return this.get_content_type().split('/')[0] as string
  }
  get_content_subtype(): string {
    return this.get_content_type().split('/')[1] as string
  }
  get_default_type(): string {
    return 'text/plain'
  }
  /** A parameter of a field: `get_param('charset')`. */
  get_param(...args: unknown[]): unknown {
    const given = bind('get_param', ['param', 'failobj?', 'header?', 'unquote?'], args)
    const { param, failobj = null, header = 'content-type', unquote = true } = given
    const wanted = (param as string).toLowerCase()
    for (const [name, value] of parameters(this.get(header as string) ?? '')) {
      if (name === wanted) return unquote ? unquoted(value) : value
      if (name === `${wanted}*`) return extended(value) ?? failobj
    }
    return failobj
  }
  /** A field and its parameters: `[['text/html', ''], ['charset', 'utf-8']]`. */
  get_params(...args: unknown[]): unknown {
    const given = bind('get_params', ['failobj?', 'header?', 'unquote?'], args)
    const { failobj = null, header = 'content-type', unquote = true } = given
    const value = this.get(header as string)
    if (value === null) return failobj
    const [first = ''] = value.split(';', 1)
    return [
      [first.trim(), ''],
      ...parameters(value).map(([name, text]) => [name, unquote ? unquoted(text) : text]),
    ]
  }
  get_content_charset(): string | null
  get_content_charset<T>(failobj: T): string | T
  get_content_charset(failobj: unknown = null): unknown {
    const charset = this.get_param('charset')
    return charset === null ? failobj : (charset as string).toLowerCase()
  }
  get_charset(): null {
    return null
  }
  get_filename(): string | null
  get_filename<T>(failobj: T): string | T
  get_filename(failobj: unknown = null): unknown {
    return (
      this.get_param('filename', null, 'content-disposition') ?? this.get_param('name') ?? failobj
    )
  }
  get_payload(): string | null {
    return this._payload
  }
  is_multipart(): boolean {
    return false
  }
  as_string(): string {
    const fields = this.#fields.map(([name, value]) => `${name}: ${value}\n`).join('')
    return `${fields}\n${this._payload ?? ''}`
  }
  toString(): string {
    return this.as_string()
  }
}

/** The parameters of a field value; a semicolon in quotes ends none. */
function parameters(value: string): [name: string, value: string][] {
  const found: [string, string][] = []
  for (const [, name = '', content = ''] of value.matchAll(
    /;[ \t]*([^=;]+?)[ \t]*(?:=[ \t]*("(?:[^"\\]|\\.)*"|[^;]*))?(?=;|$)/g,
  ))
    found.push([name.toLowerCase(), content.trim()])
  return found
}

/** A value that names its charset: `UTF-8''%e2%82%ac` (RFC 2231). */
function extended(value: string): string | undefined {
  const [, charset = '', text = ''] = /^([^']*)'[^']*'(.*)$/s.exec(unquoted(value)) ?? []
  const bytes = Buffer.from(
    text.replace(/%([\da-f]{2})/gi, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    ),
    'latin1',
  )
  try {
    return new TextDecoder(charset || 'ascii').decode(bytes)
  } catch {
    return undefined
  }
}

function unquoted(value: string): string {
  const [, inside] = /^"(.*)"$/s.exec(value) ?? []
  return inside === undefined ? value : inside.replace(/\\(.)/g, '$1')
}

class Fields extends Message {
  /** Names that begin as `name:` does. Python has kept this since before there was a Message; it finds nothing. */
  getallmatchingheaders(name: string): string[] {
    const start = `${name.toLowerCase()}:`
    return this.keys().filter((key) => key.slice(0, start.length).toLowerCase() === start)
  }
}
/** Fields of a message. */
export const HTTPMessage: Callable<typeof Fields> = callable(Fields, 'HTTPMessage')

/**
 * Reads the lines of fields into a message, as Python's lenient parser of mail does: a line without a colon ends the
 * fields, and what is wrong is noted and left out.
 *
 * @param lines with their ends
 */
export function readMessage<M extends InstanceType<typeof HTTPMessage>>(
  lines: readonly string[],
  message: M,
): M {
  let name = ''
  let value: string | undefined
  const end = (): void => {
    // Folded lines stay as they were, with their ends in between.
    if (value !== undefined) message.__setitem__(name, value.replace(/\r?\n$|\r$/, ''))
    value = undefined
  }
  // A CR alone ends a line of mail, too.
  const pieces = lines.join('').split(/(?<=\n)|(?<=\r)(?!\n)/)
  for (const [at, line] of pieces.entries()) {
    if (/^[ \t]/.test(line) && line.trim() !== '') {
      if (value === undefined) message.defects.push('FirstHeaderLineIsContinuationDefect')
      else value += line
      continue
    }
    end()
    if (/^\r?\n?$/.test(line)) break
    const [, key, rest = ''] = /^([^: \t\n\r\f\v][^:\r\n]*):[ \t]*(.*)$/s.exec(line) ?? []
    if (key !== undefined && !/[ \t]$/.test(key)) {
      name = key
      value = rest
    } else if (line.startsWith(':')) message.defects.push('InvalidHeaderDefect')
    else {
      message.defects.push('MissingHeaderBodySeparatorDefect')
      message._payload = pieces.slice(at).join('')
      break
    }
  }
  end()
  return message
}
