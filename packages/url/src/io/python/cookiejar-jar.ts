/** The jar of `http.cookiejar`: cookies by domain, path and name; in from responses, out to requests. */
import {
  bind,
  builtins,
  type Call,
  type Callable,
  callable,
  classAttributes,
  type Given,
} from '@sluice/socket/python'
import { Cookie, type CookieObject } from './cookiejar-cookie.ts'
import {
  type CookieRequest,
  eff_request_host,
  escape_path,
  request_path,
  request_port,
} from './cookiejar-domains.ts'
import { DefaultCookiePolicy, type Policy } from './cookiejar-policy.ts'
import { parse_ns_headers, split_header_words, type Word } from './cookiejar-words.ts'
import { intOrNull } from './numbers.ts'

type ByName = Map<string, CookieObject>
type ByPath = Map<string, ByName>

/** What a response must have: `info()` with the fields. */
interface CookieResponse {
  info(): { get_all(name: string, fallback: unknown): readonly string[] }
}

/** What one field of Set-Cookie says. */
interface Told {
  readonly name: string
  readonly value: string | null
  readonly standard: Readonly<Record<string, unknown>>
  readonly rest: Readonly<Record<string, unknown>>
}

const FLAGS = new Set(['discard', 'secure'])
const VALUES = new Set([
  ...['version', 'expires', 'max-age', 'domain', 'path', 'port', 'comment', 'commenturl'],
])
/** Attributes that may stand without a value. */
const BARE = new Set(['port', 'comment', 'commenturl'])

/** A jar. */
export class Jar {
  static non_word_re: RegExp = /[^\p{L}\p{N}_]/u
  static quote_re: RegExp = /(["\\])/g
  static strict_domain_re: RegExp = /\.?[^.]*/
  static domain_re: RegExp = /[^.]*/
  static dots_re: RegExp = /^\.+/
  static magic_re: RegExp = /^#LWP-Cookies-(\d+\.\d+)/
  declare non_word_re: RegExp
  declare quote_re: RegExp
  declare strict_domain_re: RegExp
  declare domain_re: RegExp
  declare dots_re: RegExp
  declare magic_re: RegExp
  _policy: Policy
  _cookies: Map<string, ByPath> = new Map()
  _now = 0

  /** @param policy default `DefaultCookiePolicy()` */
  constructor(...args: Call<[policy?: Policy | null]>) {
    const { policy } = bind('CookieJar', ['policy?'], args)
    this._policy = (policy as Policy | null | undefined) ?? DefaultCookiePolicy()
  }
  set_policy(policy: Policy): void {
    this._policy = policy
  }

  // Out to a request.

  /** Gives a request the cookies that are for it, unless it has some. */
  add_cookie_header(request: CookieRequest): void {
    this.#tick()
    const cookies = this.#cookiesFor(request)
    const attributes = this.#attributesOf(cookies)
    if (attributes.length > 0 && !request.has_header('Cookie'))
      request.add_unredirected_header('Cookie', attributes.join('; '))
    const { rfc2965, hide_cookie2 } = this._policy
    if (rfc2965 && !hide_cookie2 && !request.has_header('Cookie2'))
      if (cookies.some(({ version }) => version !== 1))
        request.add_unredirected_header('Cookie2', '$Version="1"')
    this.clear_expired_cookies()
  }
  #tick(): void {
    this._now = Math.floor(Date.now() / 1000)
    this._policy._now = this._now
  }
  #cookiesFor(request: CookieRequest): CookieObject[] {
    const found: CookieObject[] = []
    for (const [domain, paths] of this._cookies) {
      if (!this._policy.domain_return_ok(domain, request)) continue
      for (const [path, names] of paths)
        if (this._policy.path_return_ok(path, request))
          for (const cookie of names.values())
            if (this._policy.return_ok(cookie, request)) found.push(cookie)
    }
    return found.sort((a, b) => codePoints(b.path) - codePoints(a.path))
  }
  #attributesOf(cookies: readonly CookieObject[]): string[] {
    const parts: string[] = []
    for (const [at, cookie] of cookies.entries()) {
      const { name, value, domain, version } = cookie
      const isNumbered = (version ?? 0) > 0
      if (at === 0 && isNumbered) parts.push(`$Version=${version}`)
      if (value === null) parts.push(name)
      else
        parts.push(
          `${name}=${isNumbered && this.non_word_re.test(value) ? this.#quoted(value) : value}`,
        )
      if (!isNumbered) continue
      if (cookie.path_specified) parts.push(`$Path="${cookie.path}"`)
      if (domain.startsWith('.'))
        parts.push(`$Domain="${cookie.domain_initial_dot ? domain : domain.slice(1)}"`)
      if (cookie.port !== null)
        parts.push(cookie.port_specified ? `$Port="${cookie.port}"` : '$Port')
    }
    return parts
  }
  #quoted(value: string): string {
    return value.replace(this.quote_re, '\\$1')
  }

  // In from a response.

  /** Takes what a response sets and the policy lets in. */
  extract_cookies(response: CookieResponse, request: CookieRequest): void {
    for (const cookie of this.make_cookies(response, request))
      if (this._policy.set_ok(cookie, request)) this.set_cookie(cookie)
  }
  /** What a response sets, whatever the policy thinks. A cookie that ends one is carried out and not listed. */
  make_cookies(response: CookieResponse, request: CookieRequest): CookieObject[] {
    const fields = response.info()
    const newer = [...fields.get_all('Set-Cookie2', [])]
    const older = [...fields.get_all('Set-Cookie', [])]
    this.#tick()
    const { rfc2965, netscape } = this._policy
    const isAny = (newer.length > 0 && rfc2965) || (older.length > 0 && netscape)
    if (!isAny) return []
    const cookies = this.#made(newer, split_header_words, request)
    if (older.length === 0 || !netscape) return cookies
    const others = this.#made(older, parse_ns_headers, request)
    this.#settleVersions(others)
    if (!rfc2965) return [...cookies, ...others]
    const isSame = (a: CookieObject, b: CookieObject): boolean =>
      a.domain === b.domain && a.path === b.path && a.name === b.name
    return [...cookies, ...others.filter((other) => !cookies.some((one) => isSame(one, other)))]
  }
  /** Fields that can't be read set nothing: a server must not be able to stop a program. */
  #made(
    fields: readonly string[],
    parse: (fields: readonly string[]) => Word[][],
    request: CookieRequest,
  ): CookieObject[] {
    try {
      return this.#tell(parse(fields)).flatMap((told) => this.#cookieOf(told, request) ?? [])
    } catch {
      return []
    }
  }
  #tell(fields: readonly Word[][]): Told[] {
    return fields.flatMap((words) => this.#told(words) ?? [])
  }
  #told([first, ...words]: readonly Word[]): Told | undefined {
    const [name, value] = first as [string, string | null]
    const standard: Record<string, unknown> = {}
    const rest: Record<string, unknown> = {}
    let hasAge = false
    for (const [word, said] of words) {
      const lower = word.toLowerCase()
      let key = FLAGS.has(lower) || VALUES.has(lower) ? lower : word
      let what: unknown = said
      if (FLAGS.has(key) && what === null) what = true
      if (Object.hasOwn(standard, key)) continue
      if (key === 'domain') {
        if (what === null) return undefined
        what = (what as string).toLowerCase()
      } else if (key === 'expires') {
        if (hasAge || what === null) continue
      } else if (key === 'max-age') {
        hasAge = true
        if (what === null) throw new TypeError('max-age has no value')
        const age = intOrNull(what)
        if (age === null) return undefined
        key = 'expires'
        what = this._now + age
      }
      if (!FLAGS.has(key) && !VALUES.has(key)) rest[key] = what
      else if (what === null && !BARE.has(key)) return undefined
      else standard[key] = what
    }
    return { name, value, standard, rest }
  }
  #cookieOf(
    { name, value, standard, rest }: Told,
    request: CookieRequest,
  ): CookieObject | undefined {
    const given = standard['version']
    const version = given === undefined || given === null ? null : intOrNull(given)
    if (version === null && given !== undefined && given !== null) return undefined
    const told = standard['path'] as string | undefined
    const path = told ? escape_path(told) : defaultPath(request_path(request), version)
    const domain = standard['domain'] as string | undefined
    const [, effective] = eff_request_host(request)
    const dotted = domain?.startsWith('.') ? domain : `.${domain}`
    const place = domain === undefined ? effective : dotted
    const port = standard['port'] as string | null | undefined
    const ports = port === null ? request_port(request) : (port?.replace(/\s+/g, '') ?? null)
    const expires = standard['expires'] as number | undefined
    if (expires !== undefined && expires <= this._now) {
      this._cookies.get(place)?.get(path)?.delete(name)
      return undefined
    }
    return Cookie(
      ...[version, name, value, ports, port !== null && port !== undefined],
      ...[place, domain !== undefined, domain?.startsWith('.') ?? false],
      ...[path, Boolean(told), standard['secure'] ?? false],
      ...[expires ?? null, expires === undefined ? true : (standard['discard'] ?? false)],
      ...[standard['comment'] ?? null, standard['commenturl'] ?? null, rest],
    )
  }
  /** Set-Cookie with a version: RFC 2109, which most take for Netscape's. */
  #settleVersions(cookies: readonly CookieObject[]): void {
    const { rfc2109_as_netscape: told } = this._policy as { rfc2109_as_netscape?: unknown }
    const isOld = told ?? !this._policy.rfc2965
    for (const cookie of cookies)
      if (cookie.version === 1) {
        cookie.rfc2109 = true
        if (isOld) cookie.version = 0
      }
  }
  set_cookie_if_ok(cookie: CookieObject, request: CookieRequest): void {
    this.#tick()
    if (this._policy.set_ok(cookie, request)) this.set_cookie(cookie)
  }
  set_cookie(cookie: CookieObject): void {
    const paths: ByPath = this._cookies.get(cookie.domain) ?? new Map()
    this._cookies.set(cookie.domain, paths)
    const names: ByName = paths.get(cookie.path) ?? new Map()
    paths.set(cookie.path, names)
    names.set(cookie.name, cookie)
  }

  // Away with them.

  /**
   * All, or those of a domain, of a path there, or one.
   *
   * @throws {KeyError} there is none
   * @throws {ValueError} a path without its domain, a name without both
   */
  clear(
    ...args: Given<[domain?: string | null, path?: string | null, name?: string | null]>
  ): void {
    const given = bind('clear', ['domain?', 'path?', 'name?'], args)
    const [domain, path, name] = ['domain', 'path', 'name'].map(
      (key) => (given[key] as string | null | undefined) ?? null,
    ) as [string | null, string | null, string | null]
    if (name !== null) {
      if (domain === null || path === null)
        throw new builtins.ValueError('domain and path must be given to remove a cookie by name')
      remove(entry(entry(this._cookies, domain), path), name)
    } else if (path !== null) {
      if (domain === null)
        throw new builtins.ValueError('domain must be given to remove cookies by path')
      remove(entry(this._cookies, domain), path)
    } else if (domain !== null) remove(this._cookies, domain)
    else this._cookies = new Map()
  }
  clear_session_cookies(): void {
    this.#clearWhere((cookie) => cookie.discard)
  }
  clear_expired_cookies(): void {
    const now = Date.now() / 1000
    this.#clearWhere((cookie) => cookie.is_expired(now))
  }
  #clearWhere(isOver: (cookie: CookieObject) => boolean): void {
    for (const cookie of [...this])
      if (isOver(cookie)) this.clear(cookie.domain, cookie.path, cookie.name)
  }

  // As a collection.

  *[Symbol.iterator](): Generator<CookieObject, void> {
    for (const paths of [...this._cookies.values()])
      for (const names of [...paths.values()]) yield* [...names.values()]
  }
  get length(): number {
    return [...this].length
  }
  __len__(): number {
    return this.length
  }
  __repr__(): string {
    return this.#written((cookie) => cookie.__repr__())
  }
  toString(): string {
    return this.#written(String)
  }
  #written(one: (cookie: CookieObject) => string): string {
    const name = this.constructor.name
    return `<${name}[${[...this].map(one).join(', ')}]>`
  }
}
classAttributes(Jar, [
  ...['non_word_re', 'quote_re', 'strict_domain_re', 'domain_re', 'dots_re', 'magic_re'],
])
/** Keeps cookies. */
export const CookieJar: Callable<typeof Jar> = callable(Jar, 'CookieJar')

/** The folder of a path: with its slash for RFC 2965, without for Netscape. */
function defaultPath(path: string, version: number | null): string {
  const at = path.lastIndexOf('/')
  const folder = at === -1 ? path : path.slice(0, version === 0 ? at : at + 1)
  return folder || '/'
}

/** Python counts code points. */
function codePoints(text: string): number {
  return [...text].length
}

function entry<V>(map: Map<string, V>, key: string): V {
  const found = map.get(key)
  if (found === undefined) throw new builtins.KeyError(builtins.repr(key))
  return found
}
function remove(map: Map<string, unknown>, key: string): void {
  entry(map, key)
  map.delete(key)
}
