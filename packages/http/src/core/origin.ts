/**
 * Where a URL leads, and what it asks for there. Kept for the URLs that were asked for last: a program that asks a
 * thousand times for the same few does not read them a thousand times.
 */

/** Where a request goes. */
export interface Origin {
  readonly isSecure: boolean
  /** Without brackets. */
  readonly hostname: string
  readonly port: number
  /** The value of Host: without the default port. */
  readonly host: string
  /** `http://host:port`: equal for what may share connections. */
  readonly key: string
}

/** A URL, taken apart. */
export interface RequestUrl {
  readonly origin: Origin
  /** Path and query: the origin form (RFC 9112 §3.2.1). */
  readonly target: string
}

/** How many URLs are remembered. */
const REMEMBERED = 512
/** A longer one costs more to keep than to read. */
const LONGEST = 1024
const seen = new Map<string, RequestUrl>()

/**
 * Takes a URL apart.
 *
 * @throws {TypeError} no URL, another scheme than http and https, or userinfo, which belongs into a field
 */
export function parseRequestUrl(url: string | URL): RequestUrl {
  const text = typeof url === 'string' ? url : url.href
  const known = seen.get(text)
  if (known !== undefined) return known
  const parsed = read(text)
  if (text.length <= LONGEST) {
    if (seen.size >= REMEMBERED) seen.clear()
    seen.set(text, parsed)
  }
  return parsed
}

function read(text: string): RequestUrl {
  // Without what may be a password.
  if (!URL.canParse(text))
    throw new TypeError(`request: ${text.includes('@') ? 'the text' : `'${text}'`} is no URL`)
  const url = new URL(text)
  const isSecure = url.protocol === 'https:'
  if (!isSecure && url.protocol !== 'http:')
    throw new TypeError(`request: no way to speak ${url.protocol} here`)
  if (url.username !== '' || url.password !== '')
    throw new TypeError('request: a URL with userinfo; send it in an Authorization header')
  const hostname = url.hostname.replace(/^\[(.*)\]$/, '$1')
  const port = url.port === '' ? (isSecure ? 443 : 80) : Number(url.port)
  const origin = { isSecure, hostname, port, host: url.host, key: `${url.protocol}//${url.host}` }
  return { origin, target: `${url.pathname}${url.search}` }
}
