/**
 * Python's module `urllib.parse`: a shim over the core. What it adds is Python's names and argument rules,
 * bytes beside str, encodings beside UTF-8, and Python's exceptions.
 */
import { asValueError, bind, builtins, type Call, codecs } from '@sluice/socket/python'
import { urljoin as coreJoin } from '../../core/join.ts'
import { urlencode as coreUrlencode, gather, parsePairs } from '../../core/query.ts'
import {
  quote as coreQuote,
  type Decode,
  lenientUtf8,
  quoteFromBytes,
  quotePlus,
  unquoteText,
  unquoteToBytes,
} from '../../core/quote.ts'
import { urldefrag as coreDefrag, parse, split, unparse, unsplit } from '../../core/split.ts'
import { answer, coerce, type Text, toBytes } from './coerce.ts'
import * as results from './results.ts'

export {
  DefragResult,
  DefragResultBytes,
  ParseResult,
  ParseResultBytes,
  SplitResult,
  SplitResultBytes,
} from './results.ts'

type Split<T> = T extends string
  ? InstanceType<typeof results.SplitResult>
  : InstanceType<typeof results.SplitResultBytes>
type Parsed<T> = T extends string
  ? InstanceType<typeof results.ParseResult>
  : InstanceType<typeof results.ParseResultBytes>
type Defragged<T> = T extends string
  ? InstanceType<typeof results.DefragResult>
  : InstanceType<typeof results.DefragResultBytes>

const SPLIT = ['url', 'scheme?', 'allow_fragments?']

/** Splits a URL into five parts. ValueError where it cannot be one. */
export function urlsplit<T extends Text>(
  ...args: Call<[url: T, scheme?: T, allow_fragments?: boolean]>
): Split<T> {
  const { url, scheme = '', allow_fragments = true } = bind('urlsplit', SPLIT, args)
  const { texts, bytes } = coerce(url, scheme)
  const [text = '', fallback = ''] = texts
  const parts = asValueError(() => split(text, fallback, Boolean(allow_fragments)))
  const result = new results.SplitResult(
    ...([...parts] as [string, string, string, string, string]),
  )
  return (bytes ? result.encode() : result) as Split<T>
}

/** Splits a URL into six parts. ValueError where it cannot be one. */
export function urlparse<T extends Text>(
  ...args: Call<[url: T, scheme?: T, allow_fragments?: boolean]>
): Parsed<T> {
  const { url, scheme = '', allow_fragments = true } = bind('urlparse', SPLIT, args)
  const { texts, bytes } = coerce(url, scheme)
  const [text = '', fallback = ''] = texts
  const parts = asValueError(() => parse(text, fallback, Boolean(allow_fragments)))
  const result = new results.ParseResult(
    ...([...parts] as [string, string, string, string, string, string]),
  )
  return (bytes ? result.encode() : result) as Parsed<T>
}

/** Puts five parts together. */
export function urlunsplit<T extends Text>(...args: Call<[components: Iterable<T>]>): T {
  const { texts, bytes } = components('urlunsplit', 5, args)
  return answer(unsplit(...(texts as [string, string, string, string, string])), bytes) as T
}

/** Puts six parts together. */
export function urlunparse<T extends Text>(...args: Call<[components: Iterable<T>]>): T {
  const { texts, bytes } = components('urlunparse', 6, args)
  return answer(unparse(...(texts as [string, string, string, string, string, string])), bytes) as T
}

/** Takes the fragment off a URL. */
export function urldefrag<T extends Text>(...args: Call<[url: T]>): Defragged<T> {
  const { texts, bytes } = coerce(bind('urldefrag', ['url'], args)['url'])
  const { url, fragment } = asValueError(() => coreDefrag(texts[0] ?? ''))
  const result = new results.DefragResult(url, fragment)
  return (bytes ? result.encode() : result) as Defragged<T>
}

/** Resolves a reference against a base URL. */
export function urljoin<T extends Text>(
  ...args: Call<[base: T, url: T, allow_fragments?: boolean]>
): T {
  const bound = bind('urljoin', ['base', 'url', 'allow_fragments?'], args)
  const { base, url, allow_fragments = true } = bound
  // Python gives the other one back as it is, of whichever kind.
  if (isEmpty(base)) return url as T
  if (isEmpty(url)) return base as T
  const { texts, bytes } = coerce(base, url)
  const [from = '', to = ''] = texts
  const options = { allowFragments: Boolean(allow_fragments) }
  return answer(
    asValueError(() => coreJoin(from, to, options)),
    bytes,
  ) as T
}

const QUOTE = ['string', 'safe?', 'encoding?', 'errors?']

/** Escapes for the path of a URL. */
export function quote(
  ...args: Call<[string: Text, safe?: Text, encoding?: string | null, errors?: string | null]>
): string {
  const { string, safe = '/', encoding = null, errors = null } = bind('quote', QUOTE, args)
  return quoteValue(string, safeText(safe), encoding, errors)
}

/** Escapes for a query, a blank as `+`. */
export function quote_plus(
  ...args: Call<[string: Text, safe?: Text, encoding?: string | null, errors?: string | null]>
): string {
  const { string, safe = '', encoding = null, errors = null } = bind('quote_plus', QUOTE, args)
  const allowed = safeText(safe)
  // Only a blank of the text becomes "+", not a byte 0x20 that an encoding makes of something else.
  const blank = typeof string === 'string' ? string.includes(' ') : string instanceof Uint8Array
  if (!blank) return quoteValue(string, allowed, encoding, errors)
  if (string instanceof Uint8Array) checkBytesOnly(encoding, errors)
  return quotePlus(encoded(string, encoding, errors), allowed)
}

/** Escapes bytes. */
export function quote_from_bytes(...args: Call<[bs: Uint8Array, safe?: Text]>): string {
  const { bs, safe = '/' } = bind('quote_from_bytes', ['bs', 'safe?'], args)
  if (!(bs instanceof Uint8Array)) throw new TypeError('quote_from_bytes() expected bytes')
  return quoteFromBytes(bs, safeText(safe))
}

const UNQUOTE = ['string', 'encoding?', 'errors?']

/** Reads escapes as text. */
export function unquote(
  ...args: Call<[string: Text, encoding?: string | null, errors?: string | null]>
): string {
  const { string, encoding, errors } = bind('unquote', UNQUOTE, args)
  const decode = decoder(encoding ?? 'utf-8', errors ?? 'replace')
  if (string instanceof Uint8Array) return decode(unquoteToBytes(string))
  return unquoteText(checkStr(string), decode)
}

/** Reads escapes as text, `+` as a blank. */
export function unquote_plus(
  ...args: Call<[string: string, encoding?: string | null, errors?: string | null]>
): string {
  const { string, encoding, errors } = bind('unquote_plus', UNQUOTE, args)
  const text = checkStr(string).replaceAll('+', ' ')
  return unquoteText(text, decoder(encoding ?? 'utf-8', errors ?? 'replace'))
}

/** Reads escapes as bytes. */
export function unquote_to_bytes(...args: Call<[string: Text]>): Uint8Array<ArrayBuffer> {
  const { string } = bind('unquote_to_bytes', ['string'], args)
  if (typeof string === 'string') return unquoteToBytes(codecs.encode(string))
  if (string instanceof Uint8Array) return unquoteToBytes(string)
  throw new builtins.AttributeError(`'${typeof string}' object has no attribute 'split'`)
}

type QueryArguments<T> = Call<
  [
    qs: T,
    keep_blank_values?: boolean,
    strict_parsing?: boolean,
    encoding?: string,
    errors?: string,
    max_num_fields?: number | null,
    separator?: Text,
  ]
>

/** Reads a query into pairs. ValueError for what is refused. */
export function parse_qsl<T extends Text>(...args: QueryArguments<T>): [T, T][] {
  return readQuery('parse_qsl', args).pairs as [T, T][]
}

/** Reads a query into a dict of lists: a plain object for str, a Map for bytes. */
export function parse_qs<T extends Text>(
  ...args: QueryArguments<T>
): T extends string ? Record<string, string[]> : Map<Uint8Array, Uint8Array[]>
export function parse_qs(
  ...args: QueryArguments<Text>
): Record<string, string[]> | Map<Uint8Array, Uint8Array[]> {
  const { texts, bytes } = readQuery('parse_qs', args)
  const fields = gather(texts)
  if (!bytes) {
    // Without a prototype, so that `__proto__` is a name like any other.
    const dict: Record<string, string[]> = Object.create(null)
    for (const [name, values] of fields) dict[name] = values
    return dict
  }
  return new Map([...fields].map(([name, values]) => [toBytes(name), values.map(toBytes)]))
}

const URLENCODE = ['query', 'doseq?', 'safe?', 'encoding?', 'errors?', 'quote_via?']

/** Writes names and values as a query. What is no text is written as Python's `str()` has it. */
export function urlencode(
  ...args: Call<
    [
      query: unknown,
      doseq?: boolean,
      safe?: Text,
      encoding?: string | null,
      errors?: string | null,
      quote_via?: typeof quote,
    ]
  >
): string {
  const bound = bind('urlencode', URLENCODE, args)
  const { query, doseq = false, safe = '', encoding = null, errors = null } = bound
  const quoteVia = (bound['quote_via'] ?? quote_plus) as (...args: unknown[]) => string
  const pairs = pairsOf(query).map(([name, value]): [Text, Text | Text[]] => [
    textOf(name),
    doseq ? elementsOf(value) : textOf(value),
  ])
  return coreUrlencode(pairs, {
    doseq: true,
    quoteVia: (text) =>
      typeof text === 'string' ? quoteVia(text, safe, encoding, errors) : quoteVia(text, safe),
  })
}

/** Takes `<` `>` and `URL:` off, as in `<URL:http://host/>`. */
export function unwrap(...args: Call<[url: string]>): string {
  let url = builtins.str(bind('unwrap', ['url'], args)['url']).trim()
  if (url.startsWith('<') && url.endsWith('>')) url = url.slice(1, -1).trim()
  return url.startsWith('URL:') ? url.slice(4).trim() : url
}

function components(name: string, count: number, args: readonly unknown[]) {
  const given = [...(bind(name, ['components'], args)['components'] as Iterable<unknown>)]
  if (given.length !== count)
    throw new builtins.ValueError(`${count} values are needed, not ${given.length}`)
  return coerce(...given)
}

function isEmpty(value: unknown): boolean {
  return value instanceof Uint8Array ? value.length === 0 : !value
}

function quoteValue(value: unknown, safe: string, encoding: unknown, errors: unknown): string {
  if (typeof value !== 'string') checkBytesOnly(encoding, errors)
  if (value === '') return ''
  return coreQuote(encoded(value, encoding, errors), safe)
}

function checkBytesOnly(encoding: unknown, errors: unknown): void {
  if (encoding !== null) throw new TypeError("quote() doesn't support 'encoding' for bytes")
  if (errors !== null) throw new TypeError("quote() doesn't support 'errors' for bytes")
}

function encoded(value: unknown, encoding: unknown, errors: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value
  if (typeof value !== 'string') throw new TypeError('quote_from_bytes() expected bytes')
  return codecs.encode(value, String(encoding ?? 'utf-8'), String(errors ?? 'strict'))
}

/** Python leaves characters beyond ASCII out of `safe`, without a word. */
function safeText(safe: unknown): string {
  return safe instanceof Uint8Array ? codecs.decode(safe, 'latin-1') : builtins.str(safe)
}

function checkStr(value: unknown): string {
  if (typeof value !== 'string') throw new TypeError(`a str is required, not ${typeof value}`)
  return value
}

function decoder(encoding: unknown, errors: unknown): Decode {
  if (encoding === 'utf-8' && errors === 'replace') return lenientUtf8
  return (bytes) => codecs.decode(bytes, String(encoding), String(errors))
}

const QUERY = [
  'qs',
  'keep_blank_values?',
  'strict_parsing?',
  'encoding?',
  'errors?',
  'max_num_fields?',
  'separator?',
]

function readQuery(name: string, args: readonly unknown[]) {
  const bound = bind(name, QUERY, args)
  const { qs, encoding = 'utf-8', errors = 'replace', max_num_fields = null } = bound
  const { texts, bytes } = coerce(qs)
  const separator = coerce(bound['separator'] ?? '&').texts[0]
  if (!separator) throw new builtins.ValueError('Separator must be of type string or bytes.')
  const options = {
    keepBlankValues: Boolean(bound['keep_blank_values']),
    strictParsing: Boolean(bound['strict_parsing']),
    separator,
    ...(max_num_fields === null ? {} : { maxNumFields: Number(max_num_fields) }),
  }
  const decode = decoder(encoding, errors)
  const found = asValueError(() => parsePairs(texts[0] ?? '', options, decode))
  return {
    texts: found,
    bytes,
    pairs: bytes ? found.map((pair) => pair.map(toBytes)) : found,
  }
}

function pairsOf(query: unknown): [unknown, unknown][] {
  if (query instanceof Map) return [...query]
  if (isDict(query)) return Object.entries(query)
  const sequence = typeof query === 'string' || query instanceof Uint8Array || Array.isArray(query)
  if (!sequence || (query.length > 0 && !Array.isArray(query[0])))
    throw new TypeError('not a valid non-string sequence or mapping object')
  return Array.from(query as unknown[], (pair) => {
    if (!Array.isArray(pair) || pair.length !== 2)
      throw new builtins.ValueError('every element must be a pair (expected 2 values)')
    return pair as [unknown, unknown]
  })
}

function textOf(value: unknown): Text {
  return value instanceof Uint8Array ? value : builtins.str(value)
}

function elementsOf(value: unknown): Text | Text[] {
  if (typeof value === 'string' || value instanceof Uint8Array) return value
  if (isDict(value)) return Object.keys(value)
  if (value instanceof Map) return Array.from(value.keys(), textOf)
  if (Array.isArray(value) || value instanceof Set) return Array.from(value, textOf)
  return textOf(value)
}

function isDict(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
