/**
 * The result classes of `urllib.parse`: named tuples in Python, classes with fixed fields that can be
 * iterated here. Each comes as a pair, for str and for bytes, and `encode` and `decode` lead from one to the
 * other.
 */
import { bind, builtins, type Call, type Callable, callable, codecs } from '@sluice/socket/python'
import { portText } from '../../core/netloc.ts'
import * as core from '../../core/split.ts'
import { toBytes } from './coerce.ts'

const SPLIT = ['scheme', 'netloc', 'path', 'query', 'fragment'] as const
const PARSE = ['scheme', 'netloc', 'path', 'params', 'query', 'fragment'] as const
const DEFRAG = ['url', 'fragment'] as const

type Bytes = Uint8Array<ArrayBuffer>
type Five<T> = [scheme: T, netloc: T, path: T, query: T, fragment: T]
type Six<T> = [scheme: T, netloc: T, path: T, params: T, query: T, fragment: T]
type Two<T> = [url: T, fragment: T]

/** What `urlsplit` gives for str. */
class SplitResult extends core.SplitResult {
  static override readonly name: string = 'SplitResult'
  static readonly _fields: readonly string[] = SPLIT
  static get _encoded_counterpart(): Callable<typeof SplitResultBytes> {
    return splitResultBytes
  }

  constructor(...args: Call<Five<string>>) {
    super(...fields<Five<string>>('SplitResult', SPLIT, args))
  }

  /** ValueError where the port is no number, or out of range. */
  override get port(): number | null {
    return pythonPort(this.netloc, () => super.port)
  }

  /** The same result for bytes. */
  encode(encoding = 'ascii', errors = 'strict'): SplitResultBytes {
    return new SplitResultBytes(...(encodeAll(this, encoding, errors) as Five<Bytes>))
  }

  /** A copy with some fields replaced: `_replace(kw({ scheme: 'https' }))`. */
  _replace(...args: Call<[]>): SplitResult {
    return new SplitResult(...(replaced(SPLIT, [...this], args) as Five<string>))
  }
}

/** What `urlparse` gives for str. */
class ParseResult extends core.ParseResult {
  static override readonly name: string = 'ParseResult'
  static readonly _fields: readonly string[] = PARSE
  static get _encoded_counterpart(): Callable<typeof ParseResultBytes> {
    return parseResultBytes
  }

  constructor(...args: Call<Six<string>>) {
    super(...fields<Six<string>>('ParseResult', PARSE, args))
  }

  /** ValueError where the port is no number, or out of range. */
  override get port(): number | null {
    return pythonPort(this.netloc, () => super.port)
  }

  /** The same result for bytes. */
  encode(encoding = 'ascii', errors = 'strict'): ParseResultBytes {
    return new ParseResultBytes(...(encodeAll(this, encoding, errors) as Six<Bytes>))
  }

  /** A copy with some fields replaced. */
  _replace(...args: Call<[]>): ParseResult {
    return new ParseResult(...(replaced(PARSE, [...this], args) as Six<string>))
  }
}

/** What `urldefrag` gives for str. */
class DefragResult extends core.DefragResult {
  static override readonly name: string = 'DefragResult'
  static readonly _fields: readonly string[] = DEFRAG
  static get _encoded_counterpart(): Callable<typeof DefragResultBytes> {
    return defragResultBytes
  }

  constructor(...args: Call<Two<string>>) {
    super(...fields<Two<string>>('DefragResult', DEFRAG, args))
  }

  /** The same result for bytes. */
  encode(encoding = 'ascii', errors = 'strict'): DefragResultBytes {
    return new DefragResultBytes(...(encodeAll(this, encoding, errors) as Two<Bytes>))
  }

  /** A copy with some fields replaced. */
  _replace(...args: Call<[]>): DefragResult {
    return new DefragResult(...(replaced(DEFRAG, [...this], args) as Two<string>))
  }
}

/** What the bytes classes with an authority share: every answer is the str class's, encoded. */
abstract class NetlocBytes {
  abstract decode(encoding?: string, errors?: string): SplitResult | ParseResult

  get username(): Bytes | null {
    return this.#ask((result) => result.username)
  }
  get password(): Bytes | null {
    return this.#ask((result) => result.password)
  }
  get hostname(): Bytes | null {
    return this.#ask((result) => result.hostname)
  }
  get port(): number | null {
    return this.decode('ascii', 'surrogateescape').port
  }
  geturl(): Bytes {
    return toBytes(this.decode().geturl())
  }

  // surrogateescape: a byte beyond ASCII goes through unchanged.
  #ask(read: (result: SplitResult | ParseResult) => string | null): Bytes | null {
    const text = read(this.decode('ascii', 'surrogateescape'))
    return text === null ? null : codecs.encode(text, 'ascii', 'surrogateescape')
  }
}

/** What `urlsplit` gives for bytes. */
class SplitResultBytes extends NetlocBytes {
  static override readonly name: string = 'SplitResultBytes'
  static readonly _fields: readonly string[] = SPLIT
  static get _decoded_counterpart(): Callable<typeof SplitResult> {
    return splitResult
  }
  readonly scheme: Bytes
  readonly netloc: Bytes
  readonly path: Bytes
  readonly query: Bytes
  readonly fragment: Bytes

  constructor(...args: Call<Five<Bytes>>) {
    super()
    const given = fields<Five<Bytes>>('SplitResultBytes', SPLIT, args)
    ;[this.scheme, this.netloc, this.path, this.query, this.fragment] = given
  }

  /** The same result for str. */
  override decode(encoding = 'ascii', errors = 'strict'): SplitResult {
    return new SplitResult(...(decodeAll(this, encoding, errors) as Five<string>))
  }

  *[Symbol.iterator](): Generator<Bytes, void, undefined> {
    for (const name of SPLIT) yield this[name]
  }
}

/** What `urlparse` gives for bytes. */
class ParseResultBytes extends NetlocBytes {
  static override readonly name: string = 'ParseResultBytes'
  static readonly _fields: readonly string[] = PARSE
  static get _decoded_counterpart(): Callable<typeof ParseResult> {
    return parseResult
  }
  readonly scheme: Bytes
  readonly netloc: Bytes
  readonly path: Bytes
  readonly params: Bytes
  readonly query: Bytes
  readonly fragment: Bytes

  constructor(...args: Call<Six<Bytes>>) {
    super()
    const given = fields<Six<Bytes>>('ParseResultBytes', PARSE, args)
    ;[this.scheme, this.netloc, this.path, this.params, this.query, this.fragment] = given
  }

  /** The same result for str. */
  override decode(encoding = 'ascii', errors = 'strict'): ParseResult {
    return new ParseResult(...(decodeAll(this, encoding, errors) as Six<string>))
  }

  *[Symbol.iterator](): Generator<Bytes, void, undefined> {
    for (const name of PARSE) yield this[name]
  }
}

/** What `urldefrag` gives for bytes. */
class DefragResultBytes {
  static readonly name: string = 'DefragResultBytes'
  static readonly _fields: readonly string[] = DEFRAG
  static get _decoded_counterpart(): Callable<typeof DefragResult> {
    return defragResult
  }
  readonly url: Bytes
  readonly fragment: Bytes

  constructor(...args: Call<Two<Bytes>>) {
    const given = fields<Two<Bytes>>('DefragResultBytes', DEFRAG, args)
    ;[this.url, this.fragment] = given
  }

  geturl(): Bytes {
    return toBytes(this.decode().geturl())
  }

  /** The same result for str. */
  decode(encoding = 'ascii', errors = 'strict'): DefragResult {
    return new DefragResult(...(decodeAll(this, encoding, errors) as Two<string>))
  }

  *[Symbol.iterator](): Generator<Bytes, void, undefined> {
    for (const name of DEFRAG) yield this[name]
  }
}

/** Programs match the words of this one. */
function pythonPort(netloc: string, read: () => number | null): number | null {
  try {
    return read()
  } catch (error) {
    if (error instanceof RangeError) throw new builtins.ValueError('Port out of range 0-65535')
    const text = builtins.repr(portText(netloc))
    throw new builtins.ValueError(`Port could not be cast to integer value as ${text}`)
  }
}

function fields<T extends unknown[]>(
  name: string,
  names: readonly string[],
  args: readonly unknown[],
): T {
  const bound = bind(name, names, args)
  return names.map((field) => bound[field]) as T
}

function replaced(names: readonly string[], values: readonly unknown[], args: readonly unknown[]) {
  const given = bind('_replace', ['*', ...names.map((name) => `${name}?`)], args)
  return names.map((name, i) => (name in given ? given[name] : values[i]))
}

function encodeAll(result: Iterable<string>, encoding: string, errors: string): Bytes[] {
  return Array.from(result, (text) => codecs.encode(text, encoding, errors))
}

function decodeAll(result: Iterable<Bytes>, encoding: string, errors: string): string[] {
  return Array.from(result, (bytes) => codecs.decode(bytes, encoding, errors))
}

/** Python's `SplitResult`: what `urlsplit` gives for str; called with `new` or without. */
const splitResult: Callable<typeof SplitResult> = callable(SplitResult)
/** Python's `ParseResult`: what `urlparse` gives for str; called with `new` or without. */
const parseResult: Callable<typeof ParseResult> = callable(ParseResult)
/** Python's `DefragResult`: what `urldefrag` gives for str; called with `new` or without. */
const defragResult: Callable<typeof DefragResult> = callable(DefragResult)
/** Python's `SplitResultBytes`: what `urlsplit` gives for bytes; called with `new` or without. */
const splitResultBytes: Callable<typeof SplitResultBytes> = callable(SplitResultBytes)
/** Python's `ParseResultBytes`: what `urlparse` gives for bytes; called with `new` or without. */
const parseResultBytes: Callable<typeof ParseResultBytes> = callable(ParseResultBytes)
/** Python's `DefragResultBytes`: what `urldefrag` gives for bytes; called with `new` or without. */
const defragResultBytes: Callable<typeof DefragResultBytes> = callable(DefragResultBytes)

export {
  defragResult as DefragResult,
  defragResultBytes as DefragResultBytes,
  parseResult as ParseResult,
  parseResultBytes as ParseResultBytes,
  splitResult as SplitResult,
  splitResultBytes as SplitResultBytes,
}
