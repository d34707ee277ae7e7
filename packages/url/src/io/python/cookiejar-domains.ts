/** Hosts, domains, paths and ports, as `http.cookiejar` compares them (RFC 2965 §1). */
import { bind } from '@sluice/socket/python'
import { quote, urlsplit } from './parse.ts'
import { hostOf } from './request-object.ts'

/** What is asked of a request, of `urllib.request` or a program's own. */
export interface CookieRequest {
  readonly host: string
  readonly type: string
  readonly unverifiable: boolean
  readonly origin_req_host: string
  get_full_url(): string
  get_header(name: string, fallback?: string): unknown
  has_header(name: string): boolean
  add_unredirected_header(name: string, value: string): void
}

/** The port of a request that names none. */
export const DEFAULT_HTTP_PORT = '80'

/** Whether a host is an address: that is how Python tells. */
export const isAddress = (text: string): boolean => /\.\d+$/.test(text)

/** Whether a text is a name of a host with a domain. */
export function is_HDN(...args: unknown[]): boolean {
  const { text } = bind('is_HDN', ['text'], args) as { text: string }
  return !isAddress(text) && text !== '' && !text.startsWith('.') && !text.endsWith('.')
}
/** Whether one host domain-matches another. */
export function domain_match(...args: unknown[]): boolean {
  const given = bind('domain_match', ['A', 'B'], args)
  const [a, b] = [(given['A'] as string).toLowerCase(), (given['B'] as string).toLowerCase()]
  if (a === b) return true
  if (!is_HDN(a)) return false
  const at = a.lastIndexOf(b)
  return at > 0 && b.startsWith('.') && is_HDN(b.slice(1))
}
/** Whether a text may be a name. */
export function liberal_is_HDN(...args: unknown[]): boolean {
  return !isAddress(bind('liberal_is_HDN', ['text'], args)['text'] as string)
}
/** The same for lists of programs: `.example.com` is all below it. */
export function user_domain_match(...args: unknown[]): boolean {
  const given = bind('user_domain_match', ['A', 'B'], args)
  const [a, b] = [(given['A'] as string).toLowerCase(), (given['B'] as string).toLowerCase()]
  if (isAddress(a) || isAddress(b)) return a === b
  return b.startsWith('.') ? a.endsWith(b) : a === b
}
/** The host of a request in small letters, without the port. */
export function request_host(...args: unknown[]): string {
  const { request } = bind('request_host', ['request'], args) as { request: CookieRequest }
  return hostOf(request.get_full_url(), request)
}
/** The same, and with `.local` behind a name without dots. */
export function eff_request_host(...args: unknown[]): [host: string, effective: string] {
  const host = request_host(...args)
  return [host, host.includes('.') || isAddress(host) ? host : `${host}.local`]
}
/** The path of a request. */
export function request_path(...args: unknown[]): string {
  const { request } = bind('request_path', ['request'], args) as { request: CookieRequest }
  const { path } = urlsplit(request.get_full_url()) as unknown as { path: string }
  const escaped = escape_path(path)
  return escaped.startsWith('/') ? escaped : `/${escaped}`
}
/** The port of a request, or null where it is no number. */
export function request_port(...args: unknown[]): string | null {
  const { request } = bind('request_port', ['request'], args) as { request: CookieRequest }
  const { host } = request
  const at = host.indexOf(':')
  if (at === -1) return DEFAULT_HTTP_PORT
  const port = host.slice(at + 1)
  return /^\s*[+-]?\d+\s*$/.test(port) ? port : null
}
/** What stays as it is in a path. */
export const HTTP_PATH_SAFE = "%/;:@&=+$,!~*'()"
/** A path with what must be escaped, in capitals. */
export function escape_path(...args: unknown[]): string {
  const { path } = bind('escape_path', ['path'], args) as { path: string }
  return (quote(path, HTTP_PATH_SAFE) as string).replace(/%[\da-fA-F]{2}/g, (found) =>
    found.toUpperCase(),
  )
}
/** The domain that a host may set cookies for. */
export function reach(...args: unknown[]): string {
  const { h } = bind('reach', ['h'], args) as { h: string }
  const at = h.indexOf('.')
  if (at === -1) return h
  const rest = h.slice(at + 1)
  return is_HDN(h) && (rest.includes('.') || rest === 'local') ? `.${rest}` : h
}
/** Whether a request goes where the user did not. */
export function is_third_party(...args: unknown[]): boolean {
  const { request } = bind('is_third_party', ['request'], args) as { request: CookieRequest }
  return !domain_match(request_host(request), reach(request.origin_req_host))
}
