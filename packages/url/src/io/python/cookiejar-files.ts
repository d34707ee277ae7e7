/** Jars of `http.cookiejar` that are kept in files: Netscape's, as curl and browsers have them, and libwww-perl's. */
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import {
  bind,
  builtins,
  type Call,
  type Callable,
  callable,
  codecs,
  type Given,
} from '@sluice/socket/python'
import { replaceFile } from '../atomic-file.ts'
import { Cookie, type CookieObject } from './cookiejar-cookie.ts'
import { Jar } from './cookiejar-jar.ts'
import type { Policy } from './cookiejar-policy.ts'
import { iso2time, time2isoz } from './cookiejar-time.ts'
import { join_header_words, split_header_words, type Word } from './cookiejar-words.ts'
import { osError } from './os-error.ts'

/** The attribute of cookies that scripts don't see. */
export const HTTPONLY_ATTR = 'HTTPOnly'
/** What stands before their line in a file. */
export const HTTPONLY_PREFIX = '#HttpOnly_'
/** What is said where no file is named. */
export const MISSING_FILENAME_TEXT =
  'a filename was not supplied (nor was the CookieJar instance initialised with one)'
/** The head of a file that is written. */
export const NETSCAPE_HEADER_TEXT =
  '# Netscape HTTP Cookie File\n# http://curl.haxx.se/rfc/cookie_spec.html\n# This is a generated file!  Do not edit.\n\n'
const NETSCAPE_MAGIC = /^#( Netscape)? HTTP Cookie File/

/** A file of another kind. */
export class LoadError extends builtins.OSError {}

/** Which cookies are read or written. */
interface Kept {
  /** Those of the session too. */
  readonly ignore_discard: boolean
  /** Those that are over too. */
  readonly ignore_expires: boolean
}
const PARAMETERS = ['filename?', 'ignore_discard?', 'ignore_expires?']

class Kind extends Jar {
  filename: string | null
  delayload: boolean

  /** @throws {TypeError} a name that is none */
  constructor(
    ...args: Call<[filename?: Place | null, delayload?: boolean, policy?: Policy | null]>
  ) {
    const given = bind('FileCookieJar', ['filename?', 'delayload?', 'policy?'], args)
    super((given['policy'] ?? null) as Policy | null)
    this.filename = given['filename'] == null ? null : pathOf(given['filename'])
    this.delayload = Boolean(given['delayload'])
  }

  /** Writes the jar into a file, whole or not at all, for its owner alone. */
  async save(
    ...args: Given<[filename?: Place | null, ignore_discard?: boolean, ignore_expires?: boolean]>
  ): Promise<void> {
    const [place, kept] = this.#given('save', args)
    const content = new TextEncoder().encode(this._written(kept))
    try {
      await replaceFile(place, content)
    } catch (error) {
      throw osError(error)
    }
  }
  /** Adds what a file holds. @throws {LoadError} it is of another kind; what stood before the bad line is in */
  async load(
    ...args: Given<[filename?: Place | null, ignore_discard?: boolean, ignore_expires?: boolean]>
  ): Promise<void> {
    const [place, kept] = this.#given('load', args)
    const bytes = await readFile(place).catch((error) => {
      throw osError(error)
    })
    const lines = codecs.decode(bytes).split(/\r\n|\r|\n/)
    if (lines.at(-1) === '') lines.pop()
    this._really_load(lines, place, kept)
  }
  /** What a file holds, and nothing else. If that fails, all is as it was. */
  async revert(
    ...args: Given<[filename?: Place | null, ignore_discard?: boolean, ignore_expires?: boolean]>
  ): Promise<void> {
    this.#given('revert', args)
    const before = this._cookies
    this._cookies = new Map()
    try {
      await this.load(...args)
    } catch (error) {
      this._cookies = before
      throw error
    }
  }
  #given(verb: string, args: unknown[]): [place: string, kept: Kept] {
    const given = bind(verb, PARAMETERS, args)
    const filename = given['filename'] == null ? this.filename : pathOf(given['filename'])
    if (filename === null) throw new builtins.ValueError(MISSING_FILENAME_TEXT)
    return [filename, keptOf(given)]
  }
  _written(_kept: Kept): string {
    throw new builtins.PythonError('NotImplementedError')
  }
  _really_load(_lines: readonly string[], _filename: string, _kept: Kept): void {
    throw new builtins.PythonError('NotImplementedError')
  }
  _kept({ ignore_discard, ignore_expires }: Kept): CookieObject[] {
    const now = Date.now() / 1000
    return [...this].filter(
      (cookie) =>
        (ignore_discard || !cookie.discard) && (ignore_expires || !cookie.is_expired(now)),
    )
  }
  /** Reads each line; whatever goes wrong there is the file's fault. */
  _readLines(lines: Iterable<string>, kept: Kept, fault: string, read: LineReader): void {
    const now = Date.now() / 1000
    for (let line of lines) {
      try {
        for (const cookie of read(line, (shorter) => (line = shorter))) {
          if (!kept.ignore_discard && cookie.discard) continue
          if (!kept.ignore_expires && cookie.is_expired(now)) continue
          this.set_cookie(cookie)
        }
      } catch {
        throw new LoadError(`${fault}: ${builtins.repr(line)}`)
      }
    }
  }
}
/** A line to its cookies; `shown` is told what of the line an error names. */
type LineReader = (line: string, shown: (line: string) => void) => Iterable<CookieObject>

/** A jar with a file, for subclasses. */
export const FileCookieJar: Callable<typeof Kind> = callable(Kind, 'FileCookieJar')

const LWP_FLAGS = new Set(['port_spec', 'path_spec', 'domain_dot', 'secure', 'discard'])
const LWP_VALUES = new Set([
  ...['version', 'port', 'path', 'domain', 'expires', 'comment', 'commenturl'],
])

class Lwp extends Kind {
  /** The lines of the jar. */
  as_lwp_str(...args: unknown[]): string {
    const given = bind('as_lwp_str', ['ignore_discard?', 'ignore_expires?'], args)
    const kept = keptOf({ ignore_discard: true, ignore_expires: true, ...given })
    return this._kept(kept)
      .map((cookie) => `Set-Cookie3: ${lwp_cookie_str(cookie)}\n`)
      .join('')
  }
  override _written({ ignore_discard, ignore_expires }: Kept): string {
    return `#LWP-Cookies-2.0\n${this.as_lwp_str(ignore_discard, ignore_expires)}`
  }
  override _really_load(
    [magic = '', ...lines]: readonly string[],
    filename: string,
    kept: Kept,
  ): void {
    const shown = builtins.repr(filename)
    if (!this.magic_re.test(magic))
      throw new LoadError(`${shown} does not look like a Set-Cookie3 (LWP) format file`)
    this._readLines(
      lines,
      kept,
      `invalid Set-Cookie3 format file ${shown}`,
      function* (line, show) {
        if (!line.startsWith('Set-Cookie3:')) return
        const text = line.slice('Set-Cookie3:'.length).trim()
        show(text)
        for (const words of split_header_words([text])) yield lwpCookie(words)
      },
    )
  }
}
/** A jar in libwww-perl's files. */
export const LWPCookieJar: Callable<typeof Lwp> = callable(Lwp, 'LWPCookieJar')

function lwpCookie([first, ...words]: readonly Word[]): CookieObject {
  const [name, value] = first as Word
  const standard: Record<string, unknown> = {}
  const rest: Record<string, unknown> = {}
  for (const [word, said] of words) {
    const lower = word.toLowerCase()
    if (LWP_FLAGS.has(lower)) standard[lower] = said ?? true
    else if (LWP_VALUES.has(lower)) standard[lower] = said
    else rest[word] = said
  }
  const flag = (key: string): unknown => standard[key] ?? false
  const told = (key: string): unknown => standard[key] ?? null
  const expires = told('expires') === null ? null : iso2time(told('expires'))
  const domain = standard['domain'] as string
  return Cookie(
    ...[told('version'), name, value, told('port'), flag('port_spec'), domain],
    ...[domain.startsWith('.'), flag('domain_dot'), told('path'), flag('path_spec')],
    ...[flag('secure'), expires, expires === null ? true : flag('discard')],
    ...[told('comment'), told('commenturl'), rest],
  )
}

/** A cookie as a line of libwww-perl's files has it. */
export function lwp_cookie_str(...args: unknown[]): string {
  const { cookie } = bind('lwp_cookie_str', ['cookie'], args) as { cookie: CookieObject }
  const words: Word[] = [
    [cookie.name, cookie.value],
    ['path', cookie.path],
    ['domain', cookie.domain],
  ]
  if (cookie.port !== null) words.push(['port', cookie.port])
  if (cookie.path_specified) words.push(['path_spec', null])
  if (cookie.port_specified) words.push(['port_spec', null])
  if (cookie.domain_initial_dot) words.push(['domain_dot', null])
  if (cookie.secure) words.push(['secure', null])
  if (cookie.expires) words.push(['expires', time2isoz(cookie.expires)])
  if (cookie.discard) words.push(['discard', null])
  if (cookie.comment) words.push(['comment', cookie.comment])
  if (cookie.comment_url) words.push(['commenturl', cookie.comment_url])
  for (const key of Object.keys(cookie._rest).sort())
    words.push([key, builtins.str(cookie._rest[key])])
  words.push(['version', builtins.str(cookie.version)])
  return join_header_words([words])
}

class Mozilla extends Kind {
  override _written(kept: Kept): string {
    const lines = this._kept(kept).map((cookie) => {
      const { domain, path, secure, expires, name, value } = cookie
      const flag = (is: boolean): string => (is ? 'TRUE' : 'FALSE')
      const shown = cookie.has_nonstandard_attr(HTTPONLY_ATTR) ? HTTPONLY_PREFIX + domain : domain
      const fields = [shown, flag(domain.startsWith('.')), path, flag(secure), expires ?? '']
      return `${[...fields, ...(value === null ? ['', name] : [name, value])].join('\t')}\n`
    })
    return NETSCAPE_HEADER_TEXT + lines.join('')
  }
  override _really_load(
    [magic = '', ...lines]: readonly string[],
    filename: string,
    kept: Kept,
  ): void {
    const shown = builtins.repr(filename)
    if (!NETSCAPE_MAGIC.test(magic))
      throw new LoadError(`${shown} does not look like a Netscape format cookies file`)
    const fault = `invalid Netscape format cookies file ${shown}`
    this._readLines(lines, kept, fault, function* (line, show) {
      const isHidden = line.startsWith(HTTPONLY_PREFIX)
      const text = isHidden ? line.slice(HTTPONLY_PREFIX.length) : line
      show(text)
      if (!/^\s*([#$]|$)/.test(text)) yield mozillaCookie(text, isHidden)
    })
  }
}
/** A jar in Netscape's files, which curl, wget and browsers' tools read. */
export const MozillaCookieJar: Callable<typeof Mozilla> = callable(Mozilla, 'MozillaCookieJar')

function mozillaCookie(line: string, isHidden: boolean): CookieObject {
  const fields = line.split('\t')
  if (fields.length !== 7) throw new builtins.ValueError('a line has seven fields')
  const [domain, below, path, secure, expires, name, value] = fields as [
    ...[string, string, string, string, string, string, string],
  ]
  const isBelow = domain.startsWith('.')
  if ((below === 'TRUE') !== isBelow)
    throw new builtins.ValueError('the domain and its flag disagree')
  return Cookie(
    ...[0, name || value, name === '' ? null : value, null, false, domain, isBelow, isBelow],
    ...[path, false, secure === 'TRUE', expires === '' ? null : expires, expires === ''],
    ...[null, null, isHidden ? { [HTTPONLY_ATTR]: '' } : {}],
  )
}

function keptOf(given: Record<string, unknown>): Kept {
  return {
    ignore_discard: Boolean(given['ignore_discard']),
    ignore_expires: Boolean(given['ignore_expires']),
  }
}

/** Python's `os.fspath`, which here takes `file:` URLs too. */
/** Names a file: Python's `os.PathLike`, too. */
type Place = string | URL | { __fspath__(): string }

function pathOf(name: unknown): string {
  if (typeof name === 'string') return name
  if (name instanceof URL) return fileURLToPath(name)
  const { __fspath__ } = Object(name) as { __fspath__?: unknown }
  if (typeof __fspath__ === 'function') return (name as { __fspath__(): string }).__fspath__()
  throw new TypeError(`expected str, bytes or os.PathLike object, not ${typeof name}`)
}
