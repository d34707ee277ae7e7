/** Python's module `http.cookies`: `SimpleCookie`, its `Morsel`s, and texts of cookies. */
import { bind, builtins, type Callable, callable } from '@sluice/socket/python'
import { formatDate } from '../../core/date.ts'
import {
  FLAGS,
  hasControl,
  isLegalKey,
  parseCookies,
  quoteCookie,
  RESERVED,
  unquoteCookie,
} from '../../core/simple-cookie.ts'
import { Dict, type DictLike, pairsOf } from './dict.ts'

const { repr, str } = builtins

/** A name or an attribute that can't be. */
export class CookieError extends builtins.PythonError {}

/** Values come from anywhere; texts are looked at. @throws {CookieError} for a control character */
function checked(...values: unknown[]): void {
  for (const value of values)
    if (typeof value === 'string' && hasControl(value))
      throw new CookieError(`Control characters are not allowed in cookies ${repr(value)}`)
}

class PyMorsel extends Dict<string, unknown> {
  /** Attributes by what they are called inside. */
  static readonly _reserved: Readonly<Record<string, string>> = RESERVED
  #key: string | null = null
  #value: string = null as never
  #coded: string | null = null

  constructor() {
    super(Object.entries(RESERVED).map(([key]) => [key, ''] as const))
  }

  get _reserved(): Readonly<Record<string, string>> {
    return RESERVED
  }
  get key(): string | null {
    return this.#key
  }
  /** Text, unless the jar decodes it to something else. */
  get value(): string {
    return this.#value
  }
  get coded_value(): string | null {
    return this.#coded
  }

  /** @throws {CookieError} for an attribute that there is not */
  override __setitem__(key: string, value: unknown): void {
    checked(value)
    this.map.set(this.#attribute(key), value)
  }
  override setdefault(key: string, value: unknown = null): unknown {
    checked(value)
    return super.setdefault(this.#attribute(key), value)
  }
  /** @throws {CookieError} for an attribute that there is not; nothing is changed then */
  override update(...args: [DictLike<string, unknown>]): void {
    const { values } = bind('update', ['values'], args)
    const changes = [...pairsOf(values as DictLike<string, unknown>)].map(
      ([key, value]) => [this.#attribute(key), value] as const,
    )
    for (const [, value] of changes) checked(value)
    for (const [key, value] of changes) this.map.set(key, value)
  }
  #attribute(key: string): string {
    const name = key.toLowerCase()
    if (!Object.hasOwn(RESERVED, name)) throw new CookieError(`Invalid attribute ${repr(name)}`)
    return name
  }

  override __eq__(other: unknown): boolean {
    if (!(other instanceof PyMorsel)) return super.__eq__(other)
    return (
      super.__eq__(other) &&
      this.#value === other.#value &&
      this.#key === other.#key &&
      this.#coded === other.#coded
    )
  }
  copy(): PyMorsel {
    const copy = new Morsel()
    for (const [key, value] of this.map) copy.map.set(key, value)
    copy.#key = this.#key
    copy.#value = this.#value
    copy.#coded = this.#coded
    return copy
  }
  isReservedKey(key: string): boolean {
    return Object.hasOwn(RESERVED, key.toLowerCase())
  }
  /** @throws {CookieError} for a name that is an attribute, or none */
  set(...args: unknown[]): void {
    const { key, val, coded_val } = bind('set', ['key', 'val', 'coded_val'], args)
    const name = key as string
    if (this.isReservedKey(name))
      throw new CookieError(`Attempt to set a reserved key ${repr(name)}`)
    if (!isLegalKey(name)) throw new CookieError(`Illegal key ${repr(name)}`)
    checked(coded_val)
    this.#key = name
    this.#value = val as string
    this.#coded = coded_val as string
  }

  output(...args: unknown[]): string {
    const { attrs, header = 'Set-Cookie:' } = bind('output', ['attrs?', 'header?'], args)
    return `${header} ${this.OutputString(attrs as Iterable<string>)}`
  }
  js_output(...args: unknown[]): string {
    const { attrs } = bind('js_output', ['attrs?'], args)
    const text = this.OutputString(attrs as Iterable<string>).replaceAll('"', '\\"')
    return `
        <script type="text/javascript">
        <!-- begin hiding
        document.cookie = "${text}";
        // end hiding -->
        </script>
        `
  }
  /** The cookie and its attributes. @param attrs which of them; default all */
  OutputString(...args: unknown[]): string {
    const { attrs } = bind('OutputString', ['attrs?'], args)
    const wanted = attrs == null ? undefined : new Set(attrs as Iterable<string>)
    const parts = [`${str(this.#key)}=${str(this.#coded)}`]
    for (const [key, value] of this.items().sort(byKey)) {
      if (value === '' || wanted?.has(key) === false) continue
      const name = RESERVED[key] as string
      if (FLAGS.has(key)) {
        if (isTrue(value)) parts.push(name)
      } else parts.push(`${name}=${attributeText(key, value)}`)
    }
    const text = parts.join('; ')
    checked(text)
    return text
  }
  __repr__(): string {
    return `<${this.constructor.name}: ${this.OutputString()}>`
  }
  override toString(): string {
    return this.output()
  }
}
/** One cookie and its attributes. */
export const Morsel: Callable<typeof PyMorsel> = callable(PyMorsel, 'Morsel')

function byKey([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function isTrue(value: unknown): boolean {
  return Boolean(value) && !(Array.isArray(value) && value.length === 0)
}

function attributeText(key: string, value: unknown): string {
  // A number is so many seconds from now.
  if (key === 'expires' && typeof value === 'number') return formatDate(Date.now() + value * 1000)
  if (key === 'comment' && typeof value === 'string') return quoteCookie(value)
  return str(value)
}

class PyBaseCookie extends Dict<string, PyMorsel> {
  /** @param input a text, or a dict of values */
  constructor(...args: unknown[]) {
    super()
    const { input } = bind('BaseCookie', ['input?'], args)
    if (input) this.load(input as string)
  }
  /** The value that a text stands for, and the text. To be overridden. */
  value_decode(...args: unknown[]): [value: unknown, coded: string] {
    const { val } = bind('value_decode', ['val'], args)
    return [val, val as string]
  }
  /** The value, and the text that stands for it. To be overridden. */
  value_encode(...args: unknown[]): [value: unknown, coded: string] {
    const { val } = bind('value_encode', ['val'], args)
    return [str(val), str(val)]
  }
  override __setitem__(key: string, value: unknown): void {
    if (value instanceof PyMorsel) this.map.set(key, value)
    else this.#set(key, this.value_encode(value))
  }
  #set(key: string, [value, coded]: [unknown, string]): PyMorsel {
    const morsel = this.map.get(key) ?? new Morsel()
    morsel.set(key, value, coded)
    this.map.set(key, morsel)
    return morsel
  }
  output(...args: unknown[]): string {
    const {
      attrs,
      header,
      sep = '\r\n',
    } = bind('output', ['attrs?', 'header?', 'sep?'], args) as { sep?: string } & Record<
      string,
      unknown
    >
    return this.#sorted()
      .map((morsel) => morsel.output(attrs, header))
      .join(sep)
  }
  js_output(...args: unknown[]): string {
    const { attrs } = bind('js_output', ['attrs?'], args)
    return this.#sorted()
      .map((morsel) => morsel.js_output(attrs))
      .join('')
  }
  #sorted(): PyMorsel[] {
    return this.items()
      .sort(byKey)
      .map(([, morsel]) => morsel)
  }
  /**
   * Adds cookies.
   *
   * @param rawdata a text, or a dict of values
   * @throws {CookieError} for a name that is none
   */
  load(...args: [string | DictLike<string, unknown>]): void {
    const { rawdata } = bind('load', ['rawdata'], args)
    if (typeof rawdata !== 'string') {
      for (const [key, value] of pairsOf(rawdata as DictLike<string, unknown>))
        this.__setitem__(key, value)
      return
    }
    let morsel: PyMorsel | undefined
    const pieces = parseCookies(rawdata).map((piece) =>
      piece.kind === 'cookie' ? { ...piece, decoded: this.value_decode(piece.value) } : piece,
    )
    for (const piece of pieces)
      if ('decoded' in piece) morsel = this.#set(piece.key, piece.decoded)
      else morsel?.__setitem__(piece.key, piece.value)
  }
  __repr__(): string {
    const pairs = this.#sorted().map(({ key, value }) => `${key}=${repr(value)}`)
    return `<${this.constructor.name}: ${pairs.join(' ')}>`
  }
  override toString(): string {
    return this.output()
  }
}
/** Cookies by their names; values are sent as they are. */
export const BaseCookie: Callable<typeof PyBaseCookie> = callable(PyBaseCookie, 'BaseCookie')

class PySimpleCookie extends PyBaseCookie {
  override value_decode(...args: unknown[]): [value: unknown, coded: string] {
    const { val } = bind('value_decode', ['val'], args)
    return [unquoteCookie(val as string), val as string]
  }
  override value_encode(...args: unknown[]): [value: unknown, coded: string] {
    const { val } = bind('value_encode', ['val'], args)
    return [str(val), quoteCookie(str(val))]
  }
}
/** Cookies by their names; values are texts, sent in quotes where they need them. */
export const SimpleCookie: Callable<typeof PySimpleCookie> = callable(
  PySimpleCookie,
  'SimpleCookie',
)
