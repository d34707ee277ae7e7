/** Policies of `http.cookiejar`: which cookies are taken, and which go along. */
import { bind, builtins, type Callable, callable, classAttributes } from '@sluice/socket/python'
import type { CookieObject } from './cookiejar-cookie.ts'
import {
  type CookieRequest,
  DEFAULT_HTTP_PORT,
  domain_match,
  eff_request_host,
  is_third_party,
  isAddress,
  request_path,
  request_port,
  user_domain_match,
} from './cookiejar-domains.ts'

/** What decides; for subclasses. */
export class Policy {
  netscape: unknown = true
  rfc2965: unknown = false
  hide_cookie2: unknown = false
  /** Seconds, set by the jar before it asks. */
  _now = 0
  set_ok(_cookie: CookieObject, _request: CookieRequest): boolean {
    throw new builtins.PythonError('NotImplementedError')
  }
  return_ok(_cookie: CookieObject, _request: CookieRequest): boolean {
    throw new builtins.PythonError('NotImplementedError')
  }
  domain_return_ok(_domain: string, _request: CookieRequest): boolean {
    return true
  }
  path_return_ok(_path: string, _request: CookieRequest): boolean {
    return true
  }
}
/** What decides; for subclasses. */
export const CookiePolicy: Callable<typeof Policy> = callable(Policy, 'CookiePolicy')

const PARAMETERS = [
  ...['blocked_domains?', 'allowed_domains?', 'netscape?', 'rfc2965?', 'rfc2109_as_netscape?'],
  ...['hide_cookie2?', 'strict_domain?', 'strict_rfc2965_unverifiable?'],
  ...['strict_ns_unverifiable?', 'strict_ns_domain?', 'strict_ns_set_initial_dollar?'],
  ...['strict_ns_set_path?', 'secure_protocols?'],
]

/** Second levels under which countries sell names. */
const SECOND_LEVELS = new Set([
  ...['co', 'ac', 'com', 'edu', 'org', 'net', 'gov', 'mil', 'int', 'aero', 'biz', 'cat'],
  ...['coop', 'info', 'jobs', 'mobi', 'museum', 'name', 'pro', 'travel', 'eu'],
])

class Default extends Policy {
  static DomainStrictNoDots = 1
  static DomainStrictNonDomain = 2
  static DomainRFC2965Match = 4
  static DomainLiberal = 0
  static DomainStrict = 3
  declare DomainStrictNoDots: number
  declare DomainStrictNonDomain: number
  declare DomainRFC2965Match: number
  declare DomainLiberal: number
  declare DomainStrict: number
  rfc2109_as_netscape: unknown
  strict_domain: unknown
  strict_rfc2965_unverifiable: unknown
  strict_ns_unverifiable: unknown
  strict_ns_domain: number
  strict_ns_set_initial_dollar: unknown
  strict_ns_set_path: unknown
  secure_protocols: readonly string[]
  #blocked: readonly string[]
  #allowed: readonly string[] | null

  constructor(...args: unknown[]) {
    super()
    const given = bind('DefaultCookiePolicy', PARAMETERS, args)
    this.netscape = given['netscape'] ?? true
    this.rfc2965 = given['rfc2965'] ?? false
    this.rfc2109_as_netscape = given['rfc2109_as_netscape'] ?? null
    this.hide_cookie2 = given['hide_cookie2'] ?? false
    this.strict_domain = given['strict_domain'] ?? false
    this.strict_rfc2965_unverifiable = given['strict_rfc2965_unverifiable'] ?? true
    this.strict_ns_unverifiable = given['strict_ns_unverifiable'] ?? false
    this.strict_ns_domain = (given['strict_ns_domain'] as number | undefined) ?? 0
    this.strict_ns_set_initial_dollar = given['strict_ns_set_initial_dollar'] ?? false
    this.strict_ns_set_path = given['strict_ns_set_path'] ?? false
    this.secure_protocols = [
      ...((given['secure_protocols'] as string[] | undefined) ?? ['https', 'wss']),
    ]
    this.#blocked = [...((given['blocked_domains'] as string[] | null | undefined) ?? [])]
    const allowed = given['allowed_domains'] as string[] | null | undefined
    this.#allowed = allowed ? [...allowed] : (allowed ?? null)
  }
  blocked_domains(): readonly string[] {
    return this.#blocked
  }
  set_blocked_domains(domains: Iterable<string>): void {
    this.#blocked = [...domains]
  }
  is_blocked(domain: string): boolean {
    return this.#blocked.some((blocked) => user_domain_match(domain, blocked))
  }
  allowed_domains(): readonly string[] | null {
    return this.#allowed
  }
  set_allowed_domains(domains: Iterable<string> | null): void {
    this.#allowed = domains === null ? null : [...domains]
  }
  is_not_allowed(domain: string): boolean {
    return this.#allowed?.every((allowed) => !user_domain_match(domain, allowed)) ?? false
  }

  // Whether a cookie is taken.

  override set_ok(cookie: CookieObject, request: CookieRequest): boolean {
    return (
      this.set_ok_version(cookie, request) &&
      this.set_ok_verifiability(cookie, request) &&
      this.set_ok_name(cookie, request) &&
      this.set_ok_path(cookie, request) &&
      this.set_ok_domain(cookie, request) &&
      this.set_ok_port(cookie, request)
    )
  }
  set_ok_version(cookie: CookieObject, request: CookieRequest): boolean {
    return cookie.version !== null && this.return_ok_version(cookie, request)
  }
  set_ok_verifiability(cookie: CookieObject, request: CookieRequest): boolean {
    if (!request.unverifiable || !is_third_party(request)) return true
    const version = cookie.version ?? 0
    if (version > 0) return !this.strict_rfc2965_unverifiable
    return !(version === 0 && this.strict_ns_unverifiable)
  }
  set_ok_name(cookie: CookieObject, _request: CookieRequest): boolean {
    const isOdd = cookie.version === 0 && this.strict_ns_set_initial_dollar
    return !(isOdd && cookie.name.startsWith('$'))
  }
  set_ok_path(cookie: CookieObject, request: CookieRequest): boolean {
    if (!cookie.path_specified) return true
    const isStrict = (cookie.version ?? 0) > 0 || (cookie.version === 0 && this.strict_ns_set_path)
    return !isStrict || this.path_return_ok(cookie.path, request)
  }
  set_ok_domain(cookie: CookieObject, request: CookieRequest): boolean {
    const { domain } = cookie
    if (this.is_blocked(domain) || this.is_not_allowed(domain)) return false
    if (!cookie.domain_specified) return true
    if (this.strict_domain && isSecondLevel(domain)) return false
    const [host, effective] = eff_request_host(request)
    const bare = domain.replace(/^\./, '')
    if (!bare.includes('.') && !effective.endsWith('.local')) return false
    const version = cookie.version ?? 0
    if (version === 0) {
      const isBelow = effective.endsWith(domain) || effective.endsWith(`${bare}.local`)
      if (!isBelow && !effective.startsWith('.') && !`.${effective}`.endsWith(domain)) return false
    }
    const { strict_ns_domain: strict } = this
    if (version > 0 || strict & this.DomainRFC2965Match)
      if (!domain_match(effective, domain)) return false
    if (version > 0 || strict & this.DomainStrictNoDots) {
      const prefix = host.slice(0, -domain.length)
      if (prefix.includes('.') && !isAddress(host)) return false
    }
    return true
  }
  set_ok_port(cookie: CookieObject, request: CookieRequest): boolean {
    if (!cookie.port_specified) return true
    const wanted = request_port(request) ?? DEFAULT_HTTP_PORT
    for (const port of (cookie.port ?? '').split(',')) {
      if (!/^\s*[+-]?\d+\s*$/.test(port)) return false
      if (port === wanted) return true
    }
    return false
  }

  // Whether a cookie goes along.

  override return_ok(cookie: CookieObject, request: CookieRequest): boolean {
    return (
      this.return_ok_version(cookie, request) &&
      this.return_ok_verifiability(cookie, request) &&
      this.return_ok_secure(cookie, request) &&
      this.return_ok_expires(cookie, request) &&
      this.return_ok_port(cookie, request) &&
      this.return_ok_domain(cookie, request)
    )
  }
  return_ok_version(cookie: CookieObject, _request: CookieRequest): boolean {
    const version = cookie.version ?? 0
    return !((version > 0 && !this.rfc2965) || (version === 0 && !this.netscape))
  }
  return_ok_verifiability(cookie: CookieObject, request: CookieRequest): boolean {
    return this.set_ok_verifiability(cookie, request)
  }
  return_ok_secure(cookie: CookieObject, request: CookieRequest): boolean {
    return !cookie.secure || this.secure_protocols.includes(request.type)
  }
  return_ok_expires(cookie: CookieObject, _request: CookieRequest): boolean {
    return !cookie.is_expired(this._now)
  }
  return_ok_port(cookie: CookieObject, request: CookieRequest): boolean {
    return (
      !cookie.port || cookie.port.split(',').includes(request_port(request) ?? DEFAULT_HTTP_PORT)
    )
  }
  return_ok_domain(cookie: CookieObject, request: CookieRequest): boolean {
    const [, effective] = eff_request_host(request)
    const { domain, version } = cookie
    const dotted = domain !== '' && !domain.startsWith('.') ? `.${domain}` : domain
    if (version === 0) {
      const isStrict = this.strict_ns_domain & this.DomainStrictNonDomain
      if (isStrict && !cookie.domain_specified && domain !== effective) return false
      return `.${effective}`.endsWith(dotted)
    }
    return !((version ?? 0) > 0 && !domain_match(effective, domain))
  }
  override domain_return_ok(domain: string, request: CookieRequest): boolean {
    const hosts = eff_request_host(request).map((host) =>
      host.startsWith('.') ? host : `.${host}`,
    )
    const dotted = domain !== '' && !domain.startsWith('.') ? `.${domain}` : domain
    return (
      hosts.some((host) => host.endsWith(dotted)) &&
      !this.is_blocked(domain) &&
      !this.is_not_allowed(domain)
    )
  }
  override path_return_ok(path: string, request: CookieRequest): boolean {
    const asked = request_path(request)
    if (asked === path) return true
    return asked.startsWith(path) && (path.endsWith('/') || asked[path.length] === '/')
  }
}
classAttributes(Default, [
  ...['DomainStrictNoDots', 'DomainStrictNonDomain', 'DomainRFC2965Match'],
  ...['DomainLiberal', 'DomainStrict'],
])
/** What decides unless told otherwise: Netscape's cookies, with the care that browsers took. */
export const DefaultCookiePolicy: Callable<typeof Default> = callable(
  Default,
  'DefaultCookiePolicy',
)

/** `.co.uk` and its like. */
function isSecondLevel(domain: string): boolean {
  const [, second = '', top = ''] = /^\.([^.]*)\.([^.]*)$/.exec(domain) ?? []
  return top.length === 2 && SECOND_LEVELS.has(second.toLowerCase())
}
