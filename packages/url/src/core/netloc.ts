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

/** Refuses an authority that two readers would understand differently. Only for those with brackets or beyond ASCII. */
export function checkNetloc(netloc: string): void {
  if (netloc.includes('[') || netloc.includes(']')) checkBrackets(netloc)
  const bare = netloc.replace(/[@:#?]/g, '')
  const normal = bare.normalize('NFKC')
  if (bare !== normal && /[/?#@:]/.test(normal))
    throw new SyntaxError(
      `netloc ${JSON.stringify(netloc)} holds a character that NFKC turns into one of / ? # @ :`,
    )
}

/** RFC 3986 §3.2.2: IP-literal = "[" ( IPv6address / IPvFuture ) "]", and brackets nowhere else. */
function checkBrackets(netloc: string): void {
  const open = netloc.indexOf('[')
  const close = netloc.indexOf(']')
  const after = close + 1 === netloc.length ? ':' : netloc.charAt(close + 1)
  const placed =
    open === netloc.lastIndexOf('@') + 1 &&
    open === netloc.lastIndexOf('[') &&
    close > open &&
    close === netloc.lastIndexOf(']') &&
    after === ':'
  if (!placed)
    throw new SyntaxError(`netloc ${JSON.stringify(netloc)} has brackets where none may stand`)
  const literal = netloc.slice(open + 1, close)
  if (!isFuture(literal) && !isIPv6(literal))
    throw new SyntaxError(`${JSON.stringify(literal)} in brackets is not an IPv6 address`)
}

/** RFC 3986 §3.2.2: IPvFuture = "v" 1*HEXDIG "." 1*( unreserved / sub-delims / ":" ); a small v, as in Python. */
function isFuture(literal: string): boolean {
  return /^v[0-9a-fA-F]+\.[\w.~!$&'()*+,;=:-]+$/.test(literal)
}

/**
 * An IPv6 address, perhaps with a zone (`fe80::1%eth0`). The platform's own parser judges the address; what
 * is handed to it may hold nothing but what addresses are made of, so that it cannot see anything else.
 */
function isIPv6(literal: string): boolean {
  const percent = literal.indexOf('%')
  const address = percent === -1 ? literal : literal.slice(0, percent)
  if (percent !== -1 && !/^[^%]+$/.test(literal.slice(percent + 1))) return false
  return /^[\da-f.:]+$/i.test(address) && URL.canParse(`http://[${address}]/`)
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
