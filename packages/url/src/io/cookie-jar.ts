/**
 * `CookieJar`: cookies between requests, and in a file between programs. The rules are in `core/`; this gives them a
 * clock and a disk.
 */
import { readFile } from 'node:fs/promises'
import { parseSetCookie, type SetCookie } from '@sluice/http/cookies'
import {
  type Cookie,
  type CookieContext,
  type PublicSuffixRule,
  SINGLE_LABEL,
} from '../core/cookie.ts'
import {
  type CookiesJson,
  formatNetscape,
  fromJson,
  parseNetscape,
  toJson,
} from '../core/cookie-file.ts'
import {
  COOKIE_LIMITS,
  type CookieLimits,
  type CookieOutcome,
  CookieTable,
  isExpired,
} from '../core/cookie-jar.ts'
import { FetchError } from '../core/errors.ts'
import { checkCallable, checkOptions } from '../core/options.ts'
import { writeWhole } from './atomic-file.ts'

/** What a jar is made with. */
export interface CookieJarOptions {
  /**
   * Tells whether everybody can register a name under this one, as under `co.uk`: no cookie is stored for it. Default: names
   * of one label, and no others; give it a package that knows the public suffix list where sites that do not trust one
   * another share a jar. It has to know at once: an async one is a `TypeError` where it is asked.
   */
  isPublicSuffix?: PublicSuffixRule | undefined
  /** How many are kept; default 180 a domain, 10 000 in all. The longest unused go first. */
  limits?: { [K in keyof CookieLimits]?: CookieLimits[K] | undefined } | undefined
  /** Milliseconds since 1970; default `Date.now`. */
  now?: (() => number) | undefined
}

/** How a file of cookies is written. */
export interface SaveOptions {
  /** Default: `json` for a name that ends in `.json`, else the form that curl, wget and Python read. */
  format?: 'json' | 'netscape' | undefined
  /** Cookies that end with the session, too; default true. */
  session?: boolean | undefined
}

/** How a file of cookies is read. */
export interface LoadOptions extends CookieJarOptions {
  /** A file that is not there is an empty jar; default false. */
  create?: boolean | undefined
}

const KEYS = ['isPublicSuffix', 'limits', 'now']

/**
 * Keeps cookies as a browser does: by domain and path, until they expire, within bounds.
 *
 * @see RFC 6265bis
 * @example
 * const jar = new CookieJar()
 * jar.set('id=1; Path=/; Secure', 'https://example.com/')
 * jar.header('https://example.com/account') // 'id=1'
 */
export class CookieJar implements Iterable<Cookie> {
  readonly #table: CookieTable
  readonly #now: () => number
  /** Where it came from, for `save()`. */
  #path: string | undefined

  /**
   * @param options public suffixes, bounds, clock
   * @throws {TypeError | RangeError} an option that there is not, or that makes no sense
   */
  constructor(options: CookieJarOptions = {}) {
    checkOptions('CookieJar', options, KEYS)
    const { isPublicSuffix = SINGLE_LABEL, limits = {}, now = Date.now } = options
    checkCallable('CookieJar', 'isPublicSuffix', isPublicSuffix)
    checkCallable('CookieJar', 'now', now)
    checkOptions('CookieJar limits', limits, Object.keys(COOKIE_LIMITS))
    const { perDomain = COOKIE_LIMITS.perDomain, total = COOKIE_LIMITS.total } = limits
    for (const [name, value] of Object.entries({ perDomain, total }))
      if (!(Number.isInteger(value) && value > 0) && value !== Number.POSITIVE_INFINITY)
        throw new RangeError(`CookieJar: ${name} must be a whole number of 1 or more`)
    this.#now = inTime('now', now)
    this.#table = new CookieTable({ perDomain, total }, inTime('isPublicSuffix', isPublicSuffix))
  }

  /** How many are kept; some of them may have expired since. */
  get size(): number {
    return this.#table.size
  }

  /**
   * Stores a cookie that a URL answered with.
   *
   * @param cookie a Set-Cookie line, or what it would say
   * @param url where it came from
   * @param context who asked, for SameSite; default: nobody but the user
   * @returns the cookie as it is kept, or the reason why it is not
   * @throws {TypeError} a URL that is none
   * @see RFC 6265bis §5.6, §5.7
   * @example new CookieJar().set('a=1; Domain=other.test', 'http://example.com/').reason
   */
  set(cookie: string | SetCookie, url: string | URL, context?: CookieContext): CookieOutcome {
    const set = typeof cookie === 'string' ? parseSetCookie(cookie) : cookie
    if (set === undefined)
      return { cookie: undefined, reason: 'it holds a control character, or nothing' }
    return this.#table.set(set, toUrl(url), this.#now(), context)
  }

  /**
   * The cookies for a request, in the order in which they are sent.
   *
   * @param url where the request goes
   * @param context who asks, for SameSite; default: nobody but the user
   * @throws {TypeError} a URL that is none
   * @see RFC 6265bis §5.8.3
   */
  get(url: string | URL, context?: CookieContext): Cookie[] {
    return this.#table.get(toUrl(url), this.#now(), context)
  }

  /**
   * The value of the Cookie field for a request; the empty text where there is none.
   *
   * @param url where the request goes
   * @param context who asks, for SameSite; default: nobody but the user
   * @throws {TypeError} a URL that is none
   * @see RFC 6265bis §5.8.3
   */
  header(url: string | URL, context?: CookieContext): string {
    return this.get(url, context)
      .map(({ name, value }) => `${name}=${value}`)
      .join('; ')
  }

  /**
   * Takes cookies away: all of them, or those of a domain, a path, a name.
   *
   * @param which what they have in common; `session: true` means those that end with the session
   * @returns how many
   * @throws {TypeError} a key that means nothing
   * @example new CookieJar().clear({ domain: 'example.com' })
   */
  clear(
    which: {
      domain?: string | undefined
      path?: string | undefined
      name?: string | undefined
      session?: boolean | undefined
    } = {},
  ): number {
    checkOptions('clear', which, ['domain', 'path', 'name', 'session'])
    const { domain, path, name, session } = which
    return this.#table.removeIf(
      (cookie) =>
        (domain === undefined || cookie.domain === domain) &&
        (path === undefined || cookie.path === path) &&
        (name === undefined || cookie.name === name) &&
        (session === undefined || session === (cookie.expires === undefined)),
    )
  }

  /** Takes away those that have expired. @returns how many. Never throws */
  clearExpired(): number {
    const now = this.#now()
    return this.#table.removeIf((cookie) => isExpired(cookie, now))
  }

  /** The cookies that have not expired, the oldest first. */
  [Symbol.iterator](): Iterator<Cookie> {
    return this.#table.all(this.#now())[Symbol.iterator]()
  }

  /** What `JSON.stringify` writes, and `CookieJar.fromJSON` reads. Secrets are in it. Never throws. */
  toJSON(): CookiesJson {
    return toJson(this)
  }

  /**
   * A jar from what `toJSON` gave.
   *
   * @param json the value, or its text
   * @param options as for a new jar
   * @throws {SyntaxError} what is none of it
   * @example CookieJar.fromJSON(JSON.stringify(new CookieJar())).size // 0
   */
  static fromJSON(json: unknown, options: CookieJarOptions = {}): CookieJar {
    const jar = new CookieJar(options)
    return jar.#fill(fromJson(typeof json === 'string' ? JSON.parse(json) : json))
  }

  /**
   * A jar from a file, in either form.
   *
   * @param path of the file
   * @param options as for a new jar, and `create`
   * @throws {FetchError} the file can't be read: `ENOENT`, `EACCES` ...; `ERR_PROTOCOL` it is no file of cookies, and
   *   which line says so
   * @see https://curl.se/docs/http-cookies.html
   */
  static async load(path: string, options: LoadOptions = {}): Promise<CookieJar> {
    const { create = false, ...rest } = options
    const jar = new CookieJar(rest)
    jar.#path = path
    try {
      const bytes = await readFile(path)
      const text = bytes.toString('utf8').replace(/^\ufeff/, '')
      if (/^\s*\{/.test(text)) return jar.#fill(fromJson(JSON.parse(text)))
      // Cookies are bytes: what curl wrote comes back as it was.
      return jar.#fill(
        parseNetscape(bytes.toString('latin1').replace(/^\xef\xbb\xbf/, ''), jar.#now()),
      )
    } catch (cause) {
      if (create && (cause as NodeJS.ErrnoException).code === 'ENOENT') return jar
      const facts = { method: 'read cookies', url: path, phase: 'read', cause }
      throw new FetchError(
        cause instanceof SyntaxError
          ? { ...facts, code: 'ERR_PROTOCOL', reason: `no file of cookies: ${told(cause)}` }
          : facts,
      )
    }
  }

  /**
   * Writes the jar to a file that only its owner may read (mode 0600), in one step: it is the old one or the new one,
   * whenever the program is killed.
   *
   * @param path default: where it was loaded from
   * @param options the form, and whether cookies of the session are written
   * @throws {FetchError} the file can't be written; the old one is untouched
   * @throws {TypeError} no path, and it was not loaded from a file
   */
  async save(path?: string, options: SaveOptions = {}): Promise<void> {
    checkOptions('save', options, ['format', 'session'])
    const target = path ?? this.#path
    if (target === undefined) throw new TypeError('save: this jar came from no file; name one')
    const { format = target.endsWith('.json') ? 'json' : 'netscape', session = true } = options
    if (format !== 'json' && format !== 'netscape')
      throw new TypeError(`save: format is 'json' or 'netscape', not ${JSON.stringify(format)}`)
    const cookies = [...this].filter(({ expires }) => session || expires !== undefined)
    const text =
      format === 'json'
        ? Buffer.from(`${JSON.stringify(toJson(cookies), null, 1)}\n`)
        : Buffer.from(formatNetscape(cookies), 'latin1')
    await writeWhole(target, text, 'write cookies')
  }

  #fill(cookies: readonly Cookie[]): this {
    const now = this.#now()
    for (const cookie of cookies) this.#table.put(cookie, now)
    return this
  }
}

/** A promise would count as yes, every name as a public suffix; and nobody would hear of its rejection but the process. */
function inTime<A extends unknown[], R>(
  name: string,
  answer: (...args: A) => R,
): (...args: A) => R {
  return (...args) => {
    const given = answer(...args)
    const { then } = Object(given) as Partial<PromiseLike<unknown>>
    if (typeof then !== 'function') return given
    then.call(given, undefined, () => {})
    throw new TypeError(`CookieJar: ${name} must answer at once: it gave a promise`)
  }
}

function toUrl(url: string | URL): URL {
  return url instanceof URL ? url : new URL(url)
}

/** The engine's sentence about JSON quotes what it found, which may be a secret. */
function told(error: SyntaxError): string {
  return /JSON|Unexpected|Unterminated|Bad /.test(error.message) ? 'broken JSON' : error.message
}
