/**
 * The authority of a URL: what of it may stand, and where its host and port are (RFC 3986 §3.2).
 *
 *     authority = [ userinfo "@" ] host [ ":" port ]
 *
 * Everything up to the last `@` is userinfo, as in every browser: `http://good.example@evil.example/` goes to
 * evil.example. Brackets hold an IPv6 address, whose colons are no marks.
 *
 * Two things are refused, since two readers would understand them differently:
 * - A netloc whose NFKC form grows one of `/?#@:`: `evil.com／.example` would turn into another host when it is
 *   encoded for the DNS (CVE-2019-9636).
 * - Brackets that hold neither an IPv6 address nor an IPvFuture literal, or that do not enclose the whole host
 *   (§3.2.2). CPython 3.11.7 lets `[::1]evil.com` pass; releases after it do not.
 */
import { isIPv6 } from '@sluice/socket/ip'

const BEYOND_ASCII = /[\u0080-\uffff]/

/** Refuses an authority that two readers would understand differently. */
export function checkNetloc(netloc: string): void {
  if (netloc.includes('[') || netloc.includes(']')) checkBrackets(netloc)
  // ASCII is its own NFKC form.
  if (!BEYOND_ASCII.test(netloc)) return
  const bare = netloc.replace(/[@:#?]/g, '')
  const normal = bare.normalize('NFKC')
  if (bare !== normal && /[/?#@:]/.test(normal))
    throw new SyntaxError(
      `netloc ${JSON.stringify(netloc)} holds a character that NFKC turns into one of / ? # @ :`,
    )
}

/** §3.2.2: IPvFuture = "v" 1*HEXDIG "." 1*( unreserved / sub-delims / ":" ); a small v, as in Python. */
const FUTURE = /^v[0-9a-fA-F]+\.[\w.~!$&'()*+,;=:-]+$/

/** One pair of brackets around the whole host: behind the userinfo, before the port. */
const BRACKETED = /^(?:[^[\]]*@)?\[([^[\]@]*)\](?::[^[\]@]*)?$/

/** RFC 3986 §3.2.2: IP-literal = "[" ( IPv6address / IPvFuture ) "]", and brackets nowhere else. */
function checkBrackets(netloc: string): void {
  const literal = BRACKETED.exec(netloc)?.[1]
  if (literal === undefined)
    throw new SyntaxError(`netloc ${JSON.stringify(netloc)} has brackets where none may stand`)
  if (!isAddress(literal) && !FUTURE.test(literal))
    throw new SyntaxError(`${JSON.stringify(literal)} in brackets is not an IPv6 address`)
}

/** An IPv6 address, perhaps with a zone, which is not empty and holds no second `%`: `fe80::1%eth0`. */
function isAddress(literal: string): boolean {
  const percent = literal.indexOf('%')
  if (percent === -1) return isIPv6(literal)
  const zone = literal.slice(percent + 1)
  return zone !== '' && !zone.includes('%') && isIPv6(literal.slice(0, percent))
}

/** The host of `host:port`, brackets and capitals and zones included. */
export function hostOf(text: string): string | null {
  const open = text.indexOf('[')
  const end = text.indexOf(open === -1 ? ':' : ']', open + 1)
  const host = text.slice(open + 1, end === -1 ? text.length : end)
  if (host === '') return null
  // A zone names an interface of this machine, and those are case-sensitive (RFC 6874 §2).
  const zone = host.indexOf('%')
  return zone === -1 ? host.toLowerCase() : host.slice(0, zone).toLowerCase() + host.slice(zone)
}

/** The text after the host's colon, or the empty string. */
export function portText(netloc: string): string {
  const start = netloc.lastIndexOf('@') + 1
  const open = netloc.indexOf('[', start)
  let from = start
  if (open !== -1) {
    const close = netloc.indexOf(']', open)
    if (close === -1) return ''
    from = close + 1
  }
  const colon = netloc.indexOf(':', from)
  return colon === -1 ? '' : netloc.slice(colon + 1)
}
