/**
 * Where cookies are kept: found by host, in the order in which they are sent, within bounds (RFC 6265bis §5.7, §5.8.3).
 * It has no clock; `CookieJar` has one.
 *
 * Cookies lie by domain, so that a request looks at those of its host and of the names above it, and at no others: with
 * ten thousand cookies a request costs what its own cost.
 */
import type { SetCookie } from '@sluice/http/cookies'
import {
  type Cookie,
  type CookieContext,
  domainMatches,
  isAddress,
  isSecureOrigin,
  LONGEST,
  type PublicSuffixRule,
  pathMatches,
  planCookie,
  sameSiteAllows,
} from './cookie.ts'

/** How many are kept. */
export interface CookieLimits {
  /** Of one domain; default 180, as Chromium and Firefox have it (RFC 6265bis asks for 50 at least). */
  readonly perDomain: number
  /** In all; default 10 000: browsers keep some 3 000, and a crawler meets more sites than a person. */
  readonly total: number
}

export const COOKIE_LIMITS: CookieLimits = { perDomain: 180, total: 10_000 }

/** What became of a cookie that was to be stored. */
export interface CookieOutcome {
  /** The cookie as it is kept; nothing where it was refused, or took another one away and ended at once. */
  readonly cookie: Cookie | undefined
  /** Why it was refused; nothing where it was not. */
  readonly reason: string | undefined
}

/** A cookie, and its place in the order of creation. */
interface Entry extends Cookie {
  lastUsed: number
  readonly order: number
}

/** The keeping; every method is told what time it is. */
export class CookieTable {
  readonly #domains = new Map<string, Map<string, Entry>>()
  readonly #limits: CookieLimits
  readonly #isPublicSuffix: PublicSuffixRule
  #size = 0
  #order = 0

  constructor(limits: CookieLimits, isPublicSuffix: PublicSuffixRule) {
    this.#limits = limits
    // A dot at the end of a host makes no other name of it: `com.` is as public as `com`.
    this.#isPublicSuffix = (domain) => isPublicSuffix(domain.replace(/\.+$/, ''))
  }

  /** How many are kept, expired ones among them that nobody has met since. */
  get size(): number {
    return this.#size
  }

  /** Stores what a URL answered with, or tells why not (§5.7). */
  set(set: SetCookie, url: URL, now: number, context?: CookieContext): CookieOutcome {
    const { cookie, reason } = planCookie(set, url, now, this.#isPublicSuffix, context)
    if (cookie === undefined) return { cookie, reason }
    if (!isSecureOrigin(url) && !cookie.secure && this.#hidesSecure(cookie, now)) {
      const secured = `a secure cookie has this name, and the origin is not secure`
      return { cookie: undefined, reason: secured }
    }
    return { cookie: this.put(cookie, now), reason: undefined }
  }

  /** Keeps a cookie as it is; one of the same name, domain and path makes room for it (step 23). */
  put(cookie: Cookie, now: number): Cookie | undefined {
    const own = this.#domains.get(cookie.domain) ?? new Map<string, Entry>()
    const key = keyOf(cookie)
    const old = own.get(key)
    this.#remove(own, key)
    if (isExpired(cookie, now)) return undefined
    const entry: Entry = {
      ...cookie,
      // What a file says is capped, too.
      expires: cookie.expires && Math.min(cookie.expires, now + LONGEST),
      created: old?.created ?? cookie.created,
      order: old?.order ?? this.#order++,
    }
    own.set(key, entry)
    this.#domains.set(cookie.domain, own)
    this.#size++
    if (own.size > this.#limits.perDomain) this.#shrink(own, now)
    if (this.#size > this.#limits.total) this.#shrinkAll(now)
    return own.get(key) === entry ? entry : undefined
  }

  /** What goes along with a request, in order: longer paths first, then older cookies (§5.8.3, step 2). */
  get(url: URL, now: number, context: CookieContext = {}): Cookie[] {
    const { hostname: host, pathname } = url
    const isSecure = isSecureOrigin(url)
    const found: Entry[] = []
    for (const domain of domainsOf(host)) {
      const own = this.#domains.get(domain)
      if (own === undefined) continue
      for (const [key, entry] of own) {
        if (isExpired(entry, now)) this.#remove(own, key)
        else if (
          !(entry.hostOnly && domain !== host) &&
          !(entry.secure && !isSecure) &&
          pathMatches(pathname, entry.path) &&
          sameSiteAllows(entry, url, context, this.#isPublicSuffix)
        )
          found.push(entry)
      }
      if (own.size === 0) this.#domains.delete(domain)
    }
    for (const entry of found) entry.lastUsed = now
    return found.sort((a, b) => b.path.length - a.path.length || a.order - b.order)
  }

  /** Every cookie that has not expired, oldest first. */
  all(now: number): Cookie[] {
    return this.#entries()
      .filter((entry) => !isExpired(entry, now))
      .sort((a, b) => a.order - b.order)
      .map(({ order: _, ...cookie }) => cookie)
  }

  #entries(): Entry[] {
    return [...this.#domains.values()].flatMap((own) => [...own.values()])
  }

  /** Takes away what a test is true of. @returns how many */
  removeIf(test: (cookie: Cookie) => boolean): number {
    const before = this.#size
    for (const [domain, own] of this.#domains) {
      for (const [key, entry] of own) if (test(entry)) this.#remove(own, key)
      if (own.size === 0) this.#domains.delete(domain)
    }
    return before - this.#size
  }

  #remove(own: Map<string, Entry>, key: string): void {
    if (own.delete(key)) this.#size--
  }

  /**
   * Whether a cookie from an insecure origin would stand before a secure one (step 16): same name, a domain above or
   * below, and a path at or below that of the secure one. A host-only cookie meets none of those below.
   */
  #hidesSecure({ name, domain, path, hostOnly }: Cookie, now: number): boolean {
    const around = new Set(domainsOf(domain))
    if (!hostOnly)
      for (const other of this.#domains.keys()) if (domainMatches(other, domain)) around.add(other)
    for (const one of around)
      for (const entry of this.#domains.get(one)?.values() ?? [])
        if (
          entry.secure &&
          entry.name === name &&
          !isExpired(entry, now) &&
          pathMatches(path, entry.path)
        )
          return true
    return false
  }

  /** One too many in a domain: an expired one goes, else the longest unused, those that are not secure first (§5.7). */
  #shrink(own: Map<string, Entry>, now: number): void {
    for (const [key, entry] of own) if (isExpired(entry, now)) this.#remove(own, key)
    if (own.size <= this.#limits.perDomain) return
    const entries = [...own.values()]
    const victim = oldestOf(entries.filter(({ secure }) => !secure)) ?? oldestOf(entries)
    this.#remove(own, keyOf(victim as Entry))
  }

  /** One too many in all: expired ones go, else the longest unused. */
  #shrinkAll(now: number): void {
    this.removeIf((entry) => isExpired(entry, now))
    if (this.#size <= this.#limits.total) return
    const victim = oldestOf(this.#entries())
    this.removeIf((entry) => entry === victim)
  }
}

/** Whether a cookie has ended (§5.3). */
export function isExpired({ expires }: Pick<Cookie, 'expires'>, now: number): boolean {
  return expires !== undefined && expires <= now
}

/** The one that was not used for the longest time; of two, the one that came first. */
function oldestOf(entries: readonly Entry[]): Entry | undefined {
  return entries.reduce<Entry | undefined>(
    (a, b) => (a && (a.lastUsed - b.lastUsed || a.order - b.order) < 0 ? a : b),
    undefined,
  )
}

/** A line end stands in no name, so nothing can be taken for something else. */
function keyOf({ name, path, hostOnly }: Cookie): string {
  return `${hostOnly ? 'host' : 'all'}\n${path}\n${name}`
}

/** A host, and every name above it; an address has none above. */
function* domainsOf(host: string): Generator<string> {
  yield host
  if (isAddress(host)) return
  for (let dot = host.indexOf('.'); dot !== -1; dot = host.indexOf('.', dot + 1))
    yield host.slice(dot + 1)
}
