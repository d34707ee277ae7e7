/**
 * Query strings: `a=1&b=2` ↔ names and values (HTML's application/x-www-form-urlencoded).
 *
 * Theory of operation. The text is cut at the separator, each piece at its first `=`; `+` is a blank; what is
 * left holds escapes only if it holds a `%`, and is handed back as it is otherwise.
 *
 * Rules this file keeps, and where they come from:
 * - There is one separator, `&` unless the caller says otherwise. Reading both `&` and `;`, as HTML 4 advised,
 *   lets a cache and the server behind it see different fields (CVE-2021-23336).
 * - A name may come several times; order is kept. The mapping is a Map, since `__proto__` is a name like any other.
 * - Blank values are dropped unless asked for, as in Python; `URLSearchParams` keeps them.
 * - `maxNumFields` counts before anything is cut: a limit that works after the work is no limit.
 */
import { checkOptions, checkText } from './options.ts'
import { type Decode, lenientUtf8, quotePlus, unquoteText } from './quote.ts'

/** Options of `parseQs` and `parseQsl`. */
export interface QueryOptions {
  /** Keep fields whose value is empty or missing. Default: `false`. */
  keepBlankValues?: boolean
  /** Refuse a piece without `=` instead of leaving it out. Default: `false`. */
  strictParsing?: boolean
  /** At most this many pieces. Default: no limit. */
  maxNumFields?: number
  /** What stands between two fields, at least one character. Default: `&`. */
  separator?: string
}

/** A value of a query, before it is quoted. */
export type QueryValue = string | number | bigint | boolean | Uint8Array

/** What `urlencode` takes: a mapping, or pairs in order. */
export type QueryInput =
  | Iterable<readonly [QueryValue, QueryValue | Iterable<QueryValue>]>
  | { readonly [name: string]: QueryValue | Iterable<QueryValue> }

/** Options of `urlencode`. */
export interface EncodeOptions {
  /** Write one `name=value` for each element of a value that is a list. Default: `false`. */
  doseq?: boolean
  /** ASCII characters to leave alone, as for `quote`. Default: none. */
  safe?: string
  /** What escapes names and values. Default: `quotePlus`; `quote` writes a blank as `%20`. */
  quoteVia?: (text: string | Uint8Array, safe: string) => string
}

/**
 * Reads a query into a list of names and values, in order.
 *
 * @param query what follows the `?`, without it
 * @param options blank values, strictness, the separator, and how many fields at most
 * @throws {SyntaxError} with `strictParsing`, for a piece without `=`
 * @throws {RangeError} for more than `maxNumFields` pieces, or an empty separator
 * @throws {TypeError} for an unknown option
 * @see Python's urllib.parse.parse_qsl; WHATWG URL §5.1 differs in keeping blank values
 * @example parseQsl('a=1&a=2&b=x+y') // [['a', '1'], ['a', '2'], ['b', 'x y']]
 */
export function parseQsl(query: string, options: QueryOptions = NOTHING): [string, string][] {
  checkText('parseQsl', query)
  if (options !== NOTHING) checkOptions('parseQsl', options, QUERY_OPTIONS)
  return parsePairs(query, options, lenientUtf8)
}

/**
 * Reads a query into a Map from each name to its values, in order.
 *
 * @param query what follows the `?`, without it
 * @param options as for `parseQsl`
 * @throws as `parseQsl`
 * @see Python's urllib.parse.parse_qs
 * @example parseQs('a=1&a=2').get('a') // ['1', '2']
 */
export function parseQs(query: string, options: QueryOptions = {}): Map<string, string[]> {
  checkText('parseQs', query)
  checkOptions('parseQs', options, QUERY_OPTIONS)
  return gather(parsePairs(query, options, lenientUtf8))
}

/**
 * Writes names and values as a query.
 *
 * @param query a Map, pairs or a plain object; strings are encoded as UTF-8, bytes are taken as they are
 * @param options whether lists are written out, what is left alone, and what escapes
 * @throws {SyntaxError} for a lone surrogate
 * @throws {TypeError} for a list without `doseq`, for what has no text, and for an unknown option
 * @see Python's urllib.parse.urlencode
 * @example urlencode({ q: 'a b', page: 2 }) // 'q=a+b&page=2'
 * @example urlencode({ tag: ['a', 'b'] }, { doseq: true }) // 'tag=a&tag=b'
 */
export function urlencode(query: QueryInput, options: EncodeOptions = NO_OPTIONS): string {
  if (options !== NO_OPTIONS) checkOptions('urlencode', options, ENCODE_OPTIONS)
  if (typeof query !== 'object' || query === null || query instanceof Uint8Array)
    throw new TypeError('urlencode: query must be a mapping or a list of pairs')
  let text = ''
  if (!(Symbol.iterator in query)) {
    for (const name of Object.keys(query)) {
      const value = query[name]
      // What nearly all of them are: asked nothing else, and without a call.
      if (options === NO_OPTIONS && typeof value === 'string')
        text = `${behind(text)}${quotePlus(name)}=${quotePlus(value)}`
      else text = withField(text, name, value, options)
    }
    return text
  }
  for (const pair of query) {
    if (!Array.isArray(pair) || pair.length !== 2)
      throw new TypeError('urlencode: every element must be a pair of name and value')
    text = withField(text, pair[0], pair[1], options)
  }
  return text
}

const NOTHING: QueryOptions = {}
const NO_OPTIONS: EncodeOptions = {}
const QUERY_OPTIONS = ['keepBlankValues', 'strictParsing', 'maxNumFields', 'separator']
const ENCODE_OPTIONS = ['doseq', 'safe', 'quoteVia']

/** `parseQsl` with a decoder of the caller's choice for the escapes. */
export function parsePairs(
  query: string,
  options: QueryOptions,
  decode: Decode,
): [string, string][] {
  const { keepBlankValues = false, strictParsing = false, maxNumFields, separator = '&' } = options
  if (separator === '') throw new RangeError('the separator of a query must not be empty')
  const pairs: [string, string][] = []
  if (query === '') return pairs
  if (maxNumFields !== undefined) checkCount(query, separator, maxNumFields)
  const escaped = query.includes('%') || query.includes('+')
  // Where the next "=" is; looked for again only when it was passed, so that the time stays linear.
  let equals = query.indexOf('=')
  for (let start = 0, end = 0; end !== query.length; start = end + separator.length) {
    end = query.indexOf(separator, start)
    if (end === -1) end = query.length
    if (start === end && !strictParsing) continue
    if (equals !== -1 && equals < start) equals = query.indexOf('=', start)
    if (equals === -1 || equals >= end) {
      if (strictParsing)
        throw new SyntaxError(`query field ${JSON.stringify(query.slice(start, end))} has no '='`)
      if (keepBlankValues) pairs.push([plain(query.slice(start, end), decode), ''])
    } else if (keepBlankValues || equals + 1 < end) {
      const name = query.slice(start, equals)
      const value = query.slice(equals + 1, end)
      if (escaped) pairs.push([plain(name, decode), plain(value, decode)])
      else pairs.push([name, value])
    }
  }
  return pairs
}

/** Gathers the values of each name; the names stand in the order of their first appearance. */
export function gather<T>(pairs: readonly (readonly [T, T])[]): Map<T, T[]> {
  const fields = new Map<T, T[]>()
  for (const [name, value] of pairs) {
    const values = fields.get(name)
    if (values === undefined) fields.set(name, [value])
    else values.push(value)
  }
  return fields
}

function plain(piece: string, decode: Decode): string {
  const text = piece.includes('+') ? piece.replaceAll('+', ' ') : piece
  return text.includes('%') ? unquoteText(text, decode) : text
}

function checkCount(query: string, separator: string, limit: number): void {
  let count = 1
  for (let at = query.indexOf(separator); at !== -1; count++)
    at = query.indexOf(separator, at + separator.length)
  if (count > limit)
    throw new RangeError(`a query of ${count} fields; at most ${limit} are allowed`)
}

/** The text with one field more; with one for each element of a list, and so none for an empty one. */
function withField(text: string, name: unknown, value: unknown, options: EncodeOptions): string {
  if (typeof value === 'string' || !isList(value)) return withPair(text, name, value, options)
  if (!options.doseq)
    throw new TypeError(`urlencode: the value of ${String(name)} is a list; set doseq`)
  let longer = text
  for (const element of value) longer = withPair(longer, name, element, options)
  return longer
}

function withPair(text: string, name: unknown, value: unknown, options: EncodeOptions): string {
  const { safe = '', quoteVia = quotePlus } = options
  return `${behind(text)}${quoteVia(toText(name), safe)}=${quoteVia(toText(value), safe)}`
}

/** Fields go to the end of the text piece by piece: one that was put together first would be copied once more. */
function behind(text: string): string {
  return text === '' ? '' : `${text}&`
}

function isList(value: unknown): value is Iterable<unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    !(value instanceof Uint8Array) &&
    Symbol.iterator in value
  )
}

function toText(value: unknown): string | Uint8Array {
  if (typeof value === 'string' || value instanceof Uint8Array) return value
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean')
    return String(value)
  throw new TypeError(`urlencode: ${value === null ? 'null' : `a ${typeof value}`} has no text`)
}
