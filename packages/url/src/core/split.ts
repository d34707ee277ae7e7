/**
 * URL text ↔ its parts, the way Python's `urllib.parse` sees them.
 *
 * Theory of operation. A URL has five parts and four marks that end them (RFC 3986 §3):
 *
 *     scheme ":" "//" netloc path "?" query "#" fragment
 *
 * `urlsplit` looks for the marks from the left and cuts; it decodes nothing, resolves nothing and adds
 * nothing, so that what it gives back can be put together again. Everything that costs more than a cut
 * (user, password, host, port) is worked out of `netloc` when it is asked for. `new URL` is the other way
 * to read a URL (the WHATWG standard, what browsers do): it rewrites the text while it reads. Which one
 * you need depends on whether you want to look at a URL or to follow it.
 *
 * What is dropped or refused, and why:
 * - C0 controls and blanks before the URL, and tab, CR, LF anywhere in it, are dropped (WHATWG URL §4.4).
 *   A browser drops them too, and a filter that sees `java\nscript:` differently from the browser is a hole.
 * - Brackets and characters in an authority that two readers would understand differently (netloc.ts).
 *
 * Left to others: relative references (join.ts), percent-encoding (quote.ts), queries (query.ts).
 */
import { checkNetloc, hostOf, portText } from './netloc.ts'
import { checkOptions, checkText } from './options.ts'

/** Options of `urlsplit` and `urlparse`. */
export interface SplitOptions {
  /** The scheme to assume where the URL names none. Default: the empty string. */
  scheme?: string
  /** Whether `#` begins a fragment; `false` leaves it in the part where it stands. Default: `true`. */
  allowFragments?: boolean
}

/** Schemes whose last path segment may carry `;params`: those that RFC 1808 and RFC 2396 gave them. */
const USES_PARAMS: ReadonlySet<string> = new Set(
  ' ftp hdl prospero http imap https shttp rtsp rtsps rtspu sip sips mms sftp tel'.split(' '),
)

/** Schemes that have an authority, so that an empty one is still written: `file:///etc/hosts`. */
export const USES_NETLOC: ReadonlySet<string> = new Set(
  (
    ' ftp http gopher nntp telnet imap wais file mms https shttp snews prospero rtsp rtsps rtspu' +
    ' rsync svn svn+ssh sftp nfs git git+ssh ws wss'
  ).split(' '),
)

const DROPPED = /[\t\n\r]/
/** What asks for a closer look at an authority. */
const UNUSUAL = /[[\]\u0080-\uffff]/

const BLANK = 0x20
const SLASH = 0x2f
const COLON = 0x3a
const AT = 0x40
const PERCENT = 0x25
const OPEN = 0x5b

/** What `SplitResult` and `ParseResult` share: the authority, taken apart when asked. */
abstract class NetlocResult {
  // Set by the constructors below: one of its own here would cost each result a call.
  /** In lower case; empty where the URL named none. */
  abstract readonly scheme: string
  /** The authority as it was written: `user:password@host:port`. */
  abstract readonly netloc: string

  /** The text before the first `:` of the userinfo, still percent-encoded; `null` without userinfo. */
  get username(): string | null {
    const at = this.netloc.lastIndexOf('@')
    if (at === -1) return null
    const colon = this.netloc.indexOf(':')
    return this.netloc.slice(0, colon === -1 || colon > at ? at : colon)
  }

  /** The text after the first `:` of the userinfo, still percent-encoded; `null` where there is none. */
  get password(): string | null {
    const at = this.netloc.lastIndexOf('@')
    const colon = this.netloc.indexOf(':')
    return at === -1 || colon === -1 || colon > at ? null : this.netloc.slice(colon + 1, at)
  }

  /** The host in lower case, brackets taken off, an IPv6 zone left as written; `null` where it is empty. */
  get hostname(): string | null {
    const { netloc } = this
    let start = 0
    let end = netloc.length
    let plain = true
    // One pass settles nearly every host: small letters, perhaps userinfo before it and a port behind.
    for (let i = 0; i < netloc.length; i++) {
      const code = netloc.charCodeAt(i)
      if (code === AT) {
        start = i + 1
        end = netloc.length
        plain = true
      } else if (code === COLON && end === netloc.length) end = i
      else if ((code >= 0x41 && code <= OPEN) || code === PERCENT || code > 127) plain = false
    }
    if (!plain) return hostOf(netloc.slice(start))
    return start === end ? null : netloc.slice(start, end)
  }

  /**
   * The port as a number; `null` where none is written, also after a bare `:`.
   *
   * @throws {SyntaxError} when it is not decimal ASCII digits
   * @throws {RangeError} when it is above 65535
   */
  get port(): number | null {
    if (!this.netloc.includes(':')) return null
    const text = portText(this.netloc)
    if (text === '') return null
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i)
      if (code < 48 || code > 57)
        throw new SyntaxError(`port ${JSON.stringify(text)} is not a decimal number`)
    }
    const port = Number(text)
    if (port > 65535) throw new RangeError(`port ${text} is out of range 0-65535`)
    return port
  }

  /** The URL put together again; equal to what was split, but for marks that nothing followed. Never throws. */
  abstract geturl(): string

  /** The same as `geturl()`. Never throws. */
  toString(): string {
    return this.geturl()
  }
}

/**
 * A URL in five parts. Iterating gives them in order, so that it can be destructured as in Python.
 *
 * @example const [scheme, netloc, path] = urlsplit('http://example.com/a')
 */
export class SplitResult extends NetlocResult {
  override readonly scheme: string
  override readonly netloc: string
  /** From the first `/` after the authority, or all that is neither scheme, query nor fragment. */
  readonly path: string
  /** What stands between `?` and `#`, without either. */
  readonly query: string
  /** What follows the `#`. */
  readonly fragment: string

  constructor(scheme: string, netloc: string, path: string, query: string, fragment: string) {
    super()
    this.scheme = scheme
    this.netloc = netloc
    this.path = path
    this.query = query
    this.fragment = fragment
  }

  override geturl(): string {
    return unsplit(this.scheme, this.netloc, this.path, this.query, this.fragment)
  }

  /** The parts in their order, as Python's tuple has them. */
  *[Symbol.iterator](): Generator<string, void, undefined> {
    yield this.scheme
    yield this.netloc
    yield this.path
    yield this.query
    yield this.fragment
  }
}

/** A URL in six parts: `SplitResult` with the `;params` of the last path segment apart. */
export class ParseResult extends NetlocResult {
  override readonly scheme: string
  override readonly netloc: string
  /** The path, without the parameters of its last segment. */
  readonly path: string
  /** What follows the first `;` of the last path segment, in schemes that have such a thing. */
  readonly params: string
  /** What stands between `?` and `#`, without either. */
  readonly query: string
  /** What follows the `#`. */
  readonly fragment: string

  constructor(
    scheme: string,
    netloc: string,
    path: string,
    params: string,
    query: string,
    fragment: string,
  ) {
    super()
    this.scheme = scheme
    this.netloc = netloc
    this.path = path
    this.params = params
    this.query = query
    this.fragment = fragment
  }

  override geturl(): string {
    return unparse(this.scheme, this.netloc, this.path, this.params, this.query, this.fragment)
  }

  /** The parts in their order, as Python's tuple has them. */
  *[Symbol.iterator](): Generator<string, void, undefined> {
    yield this.scheme
    yield this.netloc
    yield this.path
    yield this.params
    yield this.query
    yield this.fragment
  }
}

/** A URL without its fragment, and the fragment. */
export class DefragResult {
  /** All of it but the fragment. */
  readonly url: string
  /** What follows the `#`; empty where there was none. */
  readonly fragment: string

  constructor(url: string, fragment: string) {
    this.url = url
    this.fragment = fragment
  }

  /** Both put together again. Never throws. */
  geturl(): string {
    return this.fragment === '' ? this.url : `${this.url}#${this.fragment}`
  }

  /** The same as `geturl()`. Never throws. */
  toString(): string {
    return this.geturl()
  }

  /** The two in their order. */
  *[Symbol.iterator](): Generator<string, void, undefined> {
    yield this.url
    yield this.fragment
  }
}

/**
 * Splits a URL into scheme, netloc, path, query and fragment. Nothing is decoded; user, password, host and
 * port are read off the result when asked for.
 *
 * @param url absolute or relative
 * @param options the scheme to assume, and whether `#` begins a fragment
 * @throws {SyntaxError} for brackets that hold no address, or a netloc that NFKC turns into another one
 * @throws {TypeError} when `url` is not a string, or for an unknown option
 * @see RFC 3986 §3; Python's urllib.parse.urlsplit
 * @example urlsplit('http://user@Example.com:8080/a?b#c').hostname // 'example.com'
 */
export function urlsplit(url: string, options?: SplitOptions): SplitResult {
  checkText('urlsplit', url)
  if (options === undefined) return split(url, '', true)
  checkOptions('urlsplit', options, SPLIT_OPTIONS)
  return split(url, options.scheme ?? '', options.allowFragments ?? true)
}

/**
 * Splits a URL into scheme, netloc, path, params, query and fragment.
 *
 * RFC 3986 lets every segment carry parameters and gives them no place of their own: `urlsplit` is the
 * one to use, unless you talk to something that still reads RFC 1808.
 *
 * @param url absolute or relative
 * @param options as for `urlsplit`
 * @throws {SyntaxError} as `urlsplit`
 * @throws {TypeError} as `urlsplit`
 * @see RFC 1808 §2.1; Python's urllib.parse.urlparse
 * @example urlparse('ftp://example.com/file;type=a').params // 'type=a'
 */
export function urlparse(url: string, options?: SplitOptions): ParseResult {
  checkText('urlparse', url)
  if (options === undefined) return parse(url, '', true)
  checkOptions('urlparse', options, SPLIT_OPTIONS)
  return parse(url, options.scheme ?? '', options.allowFragments ?? true)
}

/**
 * Puts a split URL together. The text may differ from the one that was split: an empty query or fragment
 * loses its mark.
 *
 * @param parts scheme, netloc, path, query and fragment: a `SplitResult`, or any five strings
 * @throws {TypeError} when there are not five
 * @see RFC 3986 §5.3; Python's urllib.parse.urlunsplit
 * @example urlunsplit(['http', 'example.com', '/a', '', '']) // 'http://example.com/a'
 */
export function urlunsplit(parts: Iterable<string>): string {
  const [scheme, netloc, path, query, fragment] = take('urlunsplit', parts, 5)
  return unsplit(scheme, netloc, path, query, fragment)
}

/**
 * Puts a parsed URL together.
 *
 * @param parts scheme, netloc, path, params, query and fragment: a `ParseResult`, or any six strings
 * @throws {TypeError} when there are not six
 * @see Python's urllib.parse.urlunparse
 * @example urlunparse(['ftp', 'example.com', '/file', 'type=a', '', '']) // 'ftp://example.com/file;type=a'
 */
export function urlunparse(parts: Iterable<string>): string {
  const [scheme, netloc, path, params, query, fragment] = take('urlunparse', parts, 6)
  return unparse(scheme, netloc, path, params, query, fragment)
}

/**
 * Takes the fragment off a URL.
 *
 * @param url absolute or relative
 * @returns the URL without it, and the fragment: empty where there was none
 * @throws {SyntaxError} as `urlsplit`, for a URL with a fragment
 * @see RFC 3986 §3.5
 * @example urldefrag('http://example.com/a#b').url // 'http://example.com/a'
 */
export function urldefrag(url: string): DefragResult {
  checkText('urldefrag', url)
  if (!url.includes('#')) return new DefragResult(url, '')
  const { scheme, netloc, path, params, query, fragment } = parse(url, '', true)
  return new DefragResult(unparse(scheme, netloc, path, params, query, ''), fragment)
}

/** The parts as an array of the right length: a wrong one means that some other kind of result was passed. */
function take(
  caller: string,
  parts: Iterable<string>,
  count: 5,
): [string, string, string, string, string]
function take(
  caller: string,
  parts: Iterable<string>,
  count: 6,
): [string, string, string, string, string, string]
function take(caller: string, parts: Iterable<string>, count: number): string[] {
  const list = [...parts]
  if (list.length !== count)
    throw new TypeError(`${caller}: ${count} parts are needed, not ${list.length}`)
  return list
}

const SPLIT_OPTIONS = ['scheme', 'allowFragments']

/** `urlsplit` with its options as arguments: what the rest of the core calls. */
export function split(url: string, scheme: string, allowFragments: boolean): SplitResult {
  const text = url.charCodeAt(0) <= BLANK || DROPPED.test(url) ? clean(url) : url

  // §3.1: the scheme ends at the first colon, if all before it may stand in a scheme.
  const colon = schemeEnd(text)
  const own = colon === -1 ? clean(scheme, true) : text.slice(0, colon).toLowerCase()
  let at = colon + 1
  const hash = text.indexOf('#', at)
  const question = text.indexOf('?', at)

  // §3.2: the authority, from "//" to the next "/", "?" or "#".
  let netloc = ''
  if (text.charCodeAt(at) === SLASH && text.charCodeAt(at + 1) === SLASH) {
    const start = at + 2
    at = text.indexOf('/', start)
    if (at === -1) at = text.length
    if (question !== -1 && question < at) at = question
    if (hash !== -1 && hash < at) at = hash
    netloc = text.slice(start, at)
    if (UNUSUAL.test(netloc)) checkNetloc(netloc)
  }

  // §3.5, then §3.4: a "?" inside the fragment begins no query.
  const end = hash === -1 || !allowFragments ? text.length : hash
  const pathEnd = question === -1 || question > end ? end : question
  const query = pathEnd === end ? '' : text.slice(pathEnd + 1, end)
  const fragment = end === text.length ? '' : text.slice(end + 1)
  return new SplitResult(own, netloc, text.slice(at, pathEnd), query, fragment)
}

/** `urlparse` with its options as arguments. */
export function parse(url: string, defaultScheme: string, allowFragments: boolean): ParseResult {
  const { scheme, netloc, path, query, fragment } = split(url, defaultScheme, allowFragments)
  const mark = path.indexOf(';', path.lastIndexOf('/') + 1)
  if (mark === -1 || !USES_PARAMS.has(scheme))
    return new ParseResult(scheme, netloc, path, '', query, fragment)
  return new ParseResult(scheme, netloc, path.slice(0, mark), path.slice(mark + 1), query, fragment)
}

/** `urlunsplit` with its parts as arguments. */
export function unsplit(
  scheme: string,
  netloc: string,
  path: string,
  query: string,
  fragment: string,
): string {
  let url = path
  if (netloc !== '' || (scheme !== '' && USES_NETLOC.has(scheme) && !path.startsWith('//'))) {
    if (path !== '' && !path.startsWith('/')) url = `/${path}`
    url = `//${netloc}${url}`
  }
  if (scheme !== '') url = `${scheme}:${url}`
  if (query !== '') url += `?${query}`
  if (fragment !== '') url += `#${fragment}`
  return url
}

/** `urlunparse` with its parts as arguments. */
export function unparse(
  scheme: string,
  netloc: string,
  path: string,
  params: string,
  query: string,
  fragment: string,
): string {
  return unsplit(scheme, netloc, params === '' ? path : `${path};${params}`, query, fragment)
}

/** Drops what WHATWG URL §4.4 drops: C0 controls and blanks in front (and behind, for a scheme), tab, CR, LF. */
function clean(url: string, behind = false): string {
  let start = 0
  while (url.charCodeAt(start) <= BLANK) start++
  let end = url.length
  if (behind) while (end > start && url.charCodeAt(end - 1) <= BLANK) end--
  const text = start === 0 && end === url.length ? url : url.slice(start, end)
  // Three searches by the engine are faster than one pass of ours, and nearly always find nothing.
  if (!text.includes('\n') && !text.includes('\r') && !text.includes('\t')) return text
  return text.replaceAll('\n', '').replaceAll('\r', '').replaceAll('\t', '')
}

/** @returns where the colon after the scheme stands, or -1: RFC 3986 §3.1, ALPHA *( ALPHA / DIGIT / "+" / "-" / "." ) */
function schemeEnd(url: string): number {
  for (let i = 0; i < url.length; i++) {
    const code = url.charCodeAt(i)
    const letter = code | 0x20
    if (letter >= 0x61 && letter <= 0x7a) continue
    if (code === COLON) return i > 0 ? i : -1
    if (
      i > 0 &&
      ((code >= 0x30 && code <= 0x39) || code === 0x2b || code === 0x2d || code === 0x2e)
    )
      continue
    return -1
  }
  return -1
}
