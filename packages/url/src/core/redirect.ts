/**
 * Following redirects: facts in, decision out (RFC 9110 §15.4; Fetch §4.4, "HTTP-redirect fetch").
 *
 * Rules it keeps:
 * - Only `http:`, `https:` and `ftp:` are followed to, as by Python and curl: a server must not be able to make a client
 *   read a local file (`file:`) or take its words for a resource (`data:`).
 * - 303 turns everything but HEAD into GET; 301 and 302 turn POST into GET, as every browser does since
 *   1995 (§15.4.2 note); 307 and 308 change nothing, and so need a body that can be sent twice.
 * - What was meant for one origin is not told to another: Authorization, Cookie and Proxy-Authorization are
 *   dropped when scheme, host or port change.
 * - Credentials in the new URL are not used: whoever wrote the redirect chose them (Fetch §4.4, step 9).
 * - Bytes beyond ASCII in a Location are asked for as they are, as by Python and curl.
 * - Two Location fields are refused: joined they are a URL that nobody wrote, and who takes which of them differs.
 * - A fragment of the first URL stays, unless the new one has its own (§10.2.2).
 */

import { maskText } from './mask-text.ts'

/** What is known when a response with a redirect status has come. */
export interface RedirectFacts {
  status: number
  /** The Location fields. */
  locations: readonly string[]
  method: string
  /** Where the response came from. */
  url: URL
  /** Whether the body can be sent again; true where there is none. */
  replayable: boolean
  /** How many redirects were followed before this one, and how many may be. */
  followed: number
  limit: number
}

/** What to do. */
export type RedirectPlan =
  /** This is the answer. */
  | { kind: 'final' }
  | {
      kind: 'follow'
      url: URL
      method: string
      /** Drop the body and the fields that describe it. */
      dropBody: boolean
      /** Drop what was meant for the old origin. */
      dropSecrets: boolean
    }
  | { kind: 'refuse'; code: 'ERR_REDIRECT'; reason: string }

/** Browsers and Node's fetch follow 20, curl 50, Python 10. */
export const MAX_REDIRECTS = 20

/** Statuses with a meaning here; 300 and 304 are answers (§15.4.1, §15.4.5). */
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])

/** Whether a status asks to go elsewhere: the others need no look at their fields. */
export function isRedirect(status: number): boolean {
  return REDIRECTS.has(status)
}

/** Schemes that a server may send a client to. */
const TARGETS: ReadonlySet<string> = new Set(['http:', 'https:', 'ftp:'])

/** Fields that describe a body, gone with it (Fetch §4.4, request-body-header names). */
export const BODY_FIELDS: readonly string[] = [
  'Content-Encoding',
  'Content-Language',
  'Content-Length',
  'Content-Location',
  'Content-Type',
]
/** Fields that speak to one origin. */
export const SECRET_FIELDS: readonly string[] = [
  'Authorization',
  'Cookie',
  'Host',
  'Proxy-Authorization',
]

/** Bytes that may not stand there, and do: RFC 9110 §5.5 has them read as latin-1. */
const BEYOND_ASCII = /[\x80-\xff]/g
/** As the byte that it was: most servers mean UTF-8 by it, and some another encoding of their own. */
const escaped = (character: string): string =>
  `%${character.charCodeAt(0).toString(16).toUpperCase()}`

/** Decides what a response with this status means for the request. */
export function planRedirect(facts: RedirectFacts): RedirectPlan {
  const { status, locations, method, url, replayable, followed, limit } = facts
  // 1. No redirect, or one that does not say where to: the response is the answer.
  const [location, ...others] = locations
  if (!isRedirect(status) || location === undefined) return { kind: 'final' }
  // 2. Where to.
  if (others.some((other) => other !== location))
    return refuse(`redirected to ${locations.length} places at once, which is not followed`)
  let target: URL
  try {
    target = new URL(location.replace(BEYOND_ASCII, escaped), url)
  } catch {
    return refuse(`redirected to ${JSON.stringify(maskText(location))}, which is no URL`)
  }
  if (!TARGETS.has(target.protocol))
    return refuse(`redirected to a ${target.protocol} URL, which is not followed`)
  if (target.username !== '' || target.password !== '')
    return refuse('redirected to a URL with credentials in it, which is not followed')
  if (target.hash === '') target.hash = url.hash
  // 3. How often.
  if (followed >= limit) return refuse(`redirected more than ${limit} times`)
  // 4. As what.
  const get =
    status === 303 ? method !== 'GET' && method !== 'HEAD' : status < 303 && method === 'POST'
  if (!get && !replayable) return refuse('redirected, and the body can be sent only once')
  return {
    kind: 'follow',
    url: target,
    method: get ? 'GET' : method,
    dropBody: get,
    dropSecrets: target.origin !== url.origin,
  }
}

function refuse(reason: string): RedirectPlan {
  return { kind: 'refuse', code: 'ERR_REDIRECT', reason }
}
