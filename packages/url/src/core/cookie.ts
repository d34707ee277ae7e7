/**
 * One cookie: what a Set-Cookie line becomes, where it may be stored and where it is sent (RFC 6265bis §5). Facts in,
 * decision out; who keeps them is `cookie-jar.ts`.
 *
 * What a program without windows can't know is taken the plain way: a request has no site that started it unless the
 * caller names one (`initiator`), so SameSite keeps nothing back before that.
 */
import type { SetCookie } from '@sluice/http/cookies'
import { classifyAddress, isIPv4, isIPv6 } from '@sluice/socket/ip'
import { parseCookieDate } from './cookie-date.ts'

/** A cookie as a jar keeps it. */
export interface Cookie {
  /** Case counts; never empty. */
  readonly name: string
  /** As the server wrote it. */
  readonly value: string
  /** The host it belongs to, in small letters and ASCII; with `hostOnly` that host alone, else all below it, too. */
  readonly domain: string
  /** Whether the server named no domain. */
  readonly hostOnly: boolean
  /** Begins with a slash; the cookie is sent for all below it. */
  readonly path: string
  /** Only sent to secure origins. */
  readonly secure: boolean
  /** Not for scripts of a page; means nothing here, and is kept. */
  readonly httpOnly: boolean
  /** What the server said; nothing where it said nothing. */
  readonly sameSite: 'strict' | 'lax' | 'none' | undefined
  /** When it ends, in milliseconds since 1970; nothing: with the session. */
  readonly expires: number | undefined
  /** When a cookie of this name, domain and path first came, in milliseconds since 1970. */
  readonly created: number
  /** When it was last sent, or came, in milliseconds since 1970. */
  readonly lastUsed: number
}

/** Tells whether under a name everybody can register: `com`, `co.uk`. */
export type PublicSuffixRule = (domain: string) => boolean

/** Who asks, for SameSite. */
export interface CookieContext {
  /** The page or site that started the request; default: none, as when somebody types an address. */
  readonly initiator?: string | URL | undefined
  /** The request's method; default GET. */
  readonly method?: string | undefined
  /** Whether the answer becomes the page itself; then Lax cookies go along with a safe method. Default false. */
  readonly topLevel?: boolean | undefined
}

/** RFC 6265bis §5.5: no cookie lives longer than 400 days from when it was set. */
export const LONGEST: number = 400 * 86_400_000
/** RFC 6265bis §5.6: name and value together. */
const LONGEST_PAIR = 4096
/** RFC 6265bis §5.6: an attribute that is longer is left out. */
const LONGEST_ATTRIBUTE = 1024
// biome-ignore lint/suspicious/noControlCharactersInRegex: what must not reach a field or a line of a file.
const UNFIT = /[\u0000-\u001f\u007f;]|[^\u0000-\u00ff]/

/** Without a list of public suffixes, the names of one label are one: no site can have `Domain=com`. */
export const SINGLE_LABEL: PublicSuffixRule = (domain) => !domain.includes('.')

/** What a Set-Cookie line becomes: a cookie, or why it is refused. */
export type CookiePlan =
  | { readonly cookie: Cookie; readonly reason?: undefined }
  | { readonly cookie?: undefined; readonly reason: string }

/**
 * Decides what becomes of a cookie that a URL answered with.
 *
 * @param set the line, taken apart
 * @param url where it came from
 * @param now milliseconds since 1970
 * @param isPublicSuffix names under which everybody can register
 */
export function planCookie(
  set: SetCookie,
  url: URL,
  now: number,
  isPublicSuffix: PublicSuffixRule,
  context: CookieContext = {},
): CookiePlan {
  const { name, value } = set
  const host = url.hostname
  const isSecureNow = isSecureOrigin(url)
  const refuse = (reason: string): CookiePlan => ({ reason })
  // §5.6: what can not be a cookie at all.
  if (host === '') return refuse('the URL has no host')
  // RFC 6265 §5.2 step 5, as curl and tough-cookie; RFC 6265bis lets a value stand alone since browsers do, and has to
  // forbid values that look like `__Host-a=b` for it.
  if (name === '') return refuse('it has no name')
  if (name.length + value.length > LONGEST_PAIR)
    return refuse(`name and value have more than ${LONGEST_PAIR} bytes`)
  const unfit = unfitPart(name, value)
  if (unfit !== undefined) return refuse(unfit)
  // §5.7, steps 8 to 10: the domain.
  let domain = set.domain !== undefined && !isTooLong(set.domain) ? set.domain : ''
  if (domain !== '') {
    const ascii = toAscii(domain)
    if (ascii === undefined) return refuse('its domain is no host name')
    const isPublic = isPublicSuffix(ascii)
    if (isPublic && ascii !== host) return refuse(`its domain ${ascii} is a public suffix`)
    if (!domainMatches(host, ascii)) return refuse(`its domain ${ascii} is not that of ${host}`)
    domain = isPublic ? '' : ascii
  }
  const hostOnly = domain === ''
  // Step 11: the path.
  const given = set.path !== undefined && !isTooLong(set.path) ? set.path : undefined
  const path = given ?? defaultPath(url.pathname)
  if (UNFIT.test(path)) return refuse('its path has a character that can not stand there')
  // Step 12, and the prefixes of §5.4 and of its successor (draft-ietf-httpbis-layered-cookies §4.1.3: `__Http-` and
  // `__Host-Http-` say that a server set it, and no script); in any case: some servers fold names.
  const secure = set.secure === true
  if (secure && !isSecureNow) return refuse('it is secure, and the origin is not')
  if (!secure && /^__(secure|host|http)-/i.test(name)) return refuse('its name asks for Secure')
  if (set.httpOnly !== true && /^__(host-)?http-/i.test(name))
    return refuse('its name asks for HttpOnly')
  if (!(hostOnly && given === '/') && /^__host-/i.test(name))
    return refuse('its name asks for Path=/ and no Domain')
  // Steps 17 and 18: SameSite.
  const sameSite = sameSiteOf(set.sameSite)
  if (sameSite === 'none') {
    if (!secure) return refuse('SameSite=None asks for Secure')
  } else if (sameSite && !context.topLevel && isCrossSite(url, context, isPublicSuffix))
    return refuse(`it is SameSite=${sameSite}, and another site asked for it`)
  return {
    cookie: {
      name,
      value,
      domain: hostOnly ? host : domain,
      hostOnly,
      path,
      secure,
      httpOnly: set.httpOnly === true,
      sameSite,
      expires: expiryOf(set, now),
      created: now,
      lastUsed: now,
    },
  }
}

/** What in a name or value can not be sent, or not be kept in a file of lines. */
export function unfitPart(name: string, value: string): string | undefined {
  // Not trim(): that would take the last byte of a UTF-8 sequence for a space.
  const isPadded = (text: string): boolean => text.startsWith(' ') || text.endsWith(' ')
  if (UNFIT.test(name) || name.includes('=') || isPadded(name) || name === '')
    return 'its name has a character that can not stand there'
  if (UNFIT.test(value) || isPadded(value))
    return 'its value has a character that can not stand there'
  return undefined
}

/** RFC 6265bis §5.6.1, §5.6.2: Max-Age before Expires, both capped; nothing for a cookie of the session. */
function expiryOf({ maxAge, expires }: SetCookie, now: number): number | undefined {
  if (maxAge !== undefined)
    return maxAge <= 0 ? Number.NEGATIVE_INFINITY : Math.min(now + maxAge * 1000, now + LONGEST)
  if (expires === undefined || isTooLong(expires)) return undefined
  const at = parseCookieDate(expires)
  return at === undefined ? undefined : Math.min(at, now + LONGEST)
}

function sameSiteOf(text: string | undefined): Cookie['sameSite'] {
  return text === 'strict' || text === 'lax' || text === 'none' ? text : undefined
}

function isTooLong(attribute: string): boolean {
  return attribute.length > LONGEST_ATTRIBUTE
}

/** As a URL has it: small letters, ASCII (UTS 46). */
function toAscii(domain: string): string | undefined {
  if (/[\s/?#@:\\%]/.test(domain)) return undefined
  try {
    return new URL(`http://${domain}/`).hostname
  } catch {
    return undefined
  }
}

/**
 * Whether a host is a domain, or below it.
 *
 * @see RFC 6265bis §5.1.3
 */
export function domainMatches(host: string, domain: string): boolean {
  if (host === domain) return true
  return host.endsWith(`.${domain}`) && !isAddress(host)
}

/**
 * Whether a path is another one, or below it.
 *
 * @see RFC 6265bis §5.1.4
 */
export function pathMatches(path: string, cookiePath: string): boolean {
  if (!path.startsWith(cookiePath)) return false
  return (
    path.length === cookiePath.length || cookiePath.endsWith('/') || path[cookiePath.length] === '/'
  )
}

/**
 * The folder of a path, without its slash: where a cookie belongs that names none.
 *
 * @see RFC 6265bis §5.1.4
 */
export function defaultPath(path: string): string {
  const slash = path.lastIndexOf('/')
  return slash <= 0 ? '/' : path.slice(0, slash)
}

/** Over TLS, or to this machine: as browsers and curl have it, so that a server can be tried out without a certificate. */
export function isSecureOrigin({ protocol, hostname }: URL): boolean {
  if (protocol === 'https:' || protocol === 'wss:') return true
  if (/(?:^|\.)localhost$/.test(hostname)) return true
  const address = hostname.replace(/^\[(.*)\]$/, '$1')
  return isAddress(hostname) && classifyAddress(address) === 'loopback'
}

export function isAddress(host: string): boolean {
  return isIPv4(host) || (host.startsWith('[') && isIPv6(host.slice(1, -1)))
}

/** Whether SameSite lets a cookie go along (RFC 6265bis §5.8.3). */
export function sameSiteAllows(
  cookie: Pick<Cookie, 'sameSite'>,
  url: URL,
  context: CookieContext,
  isPublicSuffix: PublicSuffixRule,
): boolean {
  if (cookie.sameSite === 'none' || !isCrossSite(url, context, isPublicSuffix)) return true
  if (cookie.sameSite === 'strict') return false
  return context.topLevel === true && /^(?:get|head|options|trace)$/i.test(context.method ?? 'GET')
}

/** RFC 6265bis §5.2: another scheme, or another name that somebody registered. */
function isCrossSite(
  url: URL,
  { initiator }: CookieContext,
  isPublicSuffix: PublicSuffixRule,
): boolean {
  if (initiator === undefined) return false
  const from = new URL(initiator)
  return (
    from.protocol !== url.protocol || siteOf(from, isPublicSuffix) !== siteOf(url, isPublicSuffix)
  )
}

/** The part of a host that somebody registered: a public suffix and one label. */
function siteOf({ hostname }: URL, isPublicSuffix: PublicSuffixRule): string {
  if (isAddress(hostname)) return hostname
  let site = hostname
  while (!isPublicSuffix(site)) {
    const above = site.slice(site.indexOf('.') + 1)
    if (above === site || isPublicSuffix(above)) return site
    site = above
  }
  return hostname
}
