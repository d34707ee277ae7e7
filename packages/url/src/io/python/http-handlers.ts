/** Handlers of `urllib.request` for HTTP: asking, statuses, redirects, cookies. */
import { http } from '@sluice/http/python'
import {
  bind,
  builtins,
  type Call,
  type Callable,
  callable,
  classAttributes,
  kw,
} from '@sluice/socket/python'
import { CookieJar } from './cookiejar-jar.ts'
import { HTTPError, URLError } from './error.ts'
import { splitHost, splitType } from './legacy.ts'
import { BaseHandler, openAgain } from './opener.ts'
import { quote, urljoin, urlparse, urlunparse } from './parse.ts'
import { capitalize, Request, type RequestObject } from './request-object.ts'
import type { FileLike } from './response.ts'

/** A response, ours or a program's own. */
interface Response extends FileLike {
  code: number
  msg: string
  url: string
  reason: string
  info(): unknown
}

/** A field, or null; fields may be a message or a dict. */
export function fieldOf(headers: unknown, name: string): string | null {
  const { get } = headers as { get?: (name: string) => unknown }
  if (typeof get === 'function') return (get.call(headers, name) as string | null) ?? null
  for (const [key, value] of Object.entries(headers as Record<string, string>))
    if (key.toLowerCase() === name) return value
  return null
}

/** Whether an error is one of the system's, thrown by whoever. */
export function isOSError(error: unknown): boolean {
  for (let at: unknown = error; at; at = Object.getPrototypeOf(at))
    if ((at as object).constructor?.name === 'OSError') return true
  return error instanceof builtins.OSError
}

class ErrorProcessor extends BaseHandler {
  static override handler_order = 1000
  /** Hands what is no success to those who know about it. */
  http_response(request: RequestObject, response: Response): unknown {
    const { code, msg } = response
    if (code >= 200 && code < 300) return response
    return this.parent.error('http', request, response, code, msg, response.info())
  }
  https_response(request: RequestObject, response: Response): unknown {
    return this.http_response(request, response)
  }
}
classAttributes(ErrorProcessor, ['handler_order'])
/** Hands what is no success to those who know about it. */
export const HTTPErrorProcessor: Callable<typeof ErrorProcessor> = callable(
  ErrorProcessor,
  'HTTPErrorProcessor',
)

class DefaultError extends BaseHandler {
  /** Throws what nobody else knew about. */
  http_error_default(
    req: RequestObject,
    fp: unknown,
    code: number,
    msg: string,
    hdrs: unknown,
  ): unknown {
    throw new HTTPError(req.full_url, code, msg, hdrs, fp)
  }
}
/** Throws what nobody else knew about. */
export const HTTPDefaultErrorHandler: Callable<typeof DefaultError> = callable(
  DefaultError,
  'HTTPDefaultErrorHandler',
)

const INFINITE =
  'The HTTP server returned a redirect error that would lead to an infinite loop.\n' +
  'The last 30x error message was:\n'
/** Python's `string.punctuation`. */
const PUNCTUATION = '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~'
/** What is of no use without the body. */
const CONTENT_FIELDS = new Set(['content-length', 'content-type'])
/** What speaks to one host: CPython sends it to the next one, too. */
const SECRET_FIELDS = new Set(['authorization', 'cookie', 'proxy-authorization'])

class Redirects extends BaseHandler {
  /** How often the same URL. */
  static max_repeats = 4
  /** How many in all. */
  static max_redirections = 10
  static inf_msg: string = INFINITE
  declare max_repeats: number
  declare max_redirections: number
  declare inf_msg: string

  /** The next request, or null for none. @throws {HTTPError} a method that can't be sent again */
  redirect_request(
    req: RequestObject,
    fp: unknown,
    code: number,
    msg: string,
    headers: unknown,
    newurl: string,
  ): RequestObject | null {
    const method = req.get_method()
    const isReading = method === 'GET' || method === 'HEAD'
    const canFollow =
      ([301, 302, 303, 307, 308].includes(code) && isReading) ||
      ([301, 302, 303].includes(code) && method === 'POST')
    if (!canFollow) throw new HTTPError(req.full_url, code, msg, headers, fp)
    const url = newurl.replaceAll(' ', '%20')
    const isElsewhere = originOf(url) !== originOf(req.full_url)
    const kept = Object.entries(req.headers).filter(([name]) => {
      const folded = name.toLowerCase()
      return !CONTENT_FIELDS.has(folded) && !(isElsewhere && SECRET_FIELDS.has(folded))
    })
    return Request(
      url,
      kw({
        headers: new Map(kept),
        origin_req_host: req.origin_req_host,
        unverifiable: true,
      }),
    )
  }

  async http_error_302(
    req: RequestObject,
    fp: FileLike,
    code: number,
    msg: string,
    headers: unknown,
  ): Promise<unknown> {
    const location = fieldOf(headers, 'location') ?? fieldOf(headers, 'uri')
    if (location === null) return null
    const parts = urlparse(location) as unknown as Record<string, string>
    if (!['http', 'https', 'ftp', ''].includes(parts['scheme'] as string))
      throw new HTTPError(
        location,
        code,
        `${msg} - Redirection to url '${location}' is not allowed`,
        headers,
        fp,
      )
    const path = !parts['path'] && parts['netloc'] ? '/' : parts['path']
    const { scheme, netloc, params, query, fragment } = parts
    const target = urlunparse([scheme, netloc, path, params, query, fragment] as string[])
    const newurl = urljoin(
      req.full_url,
      quote(target as string, PUNCTUATION, 'iso-8859-1'),
    ) as string
    const next = await this.redirect_request(req, fp, code, msg, headers, newurl)
    if (next === null || next === undefined) return null
    const visited = req.redirect_dict ?? {}
    const isTooOften = (visited[newurl] ?? 0) >= this.max_repeats
    if (isTooOften || Object.keys(visited).length >= this.max_redirections)
      throw new HTTPError(req.full_url, code, `${this.inf_msg}${msg}`, headers, fp)
    visited[newurl] = (visited[newurl] ?? 0) + 1
    req.redirect_dict = visited
    next.redirect_dict = visited
    next.timeout = req.timeout
    await fp.read()
    await fp.close()
    return openAgain(this.parent, next)
  }
  http_error_301(...args: Parameters<Redirects['http_error_302']>): Promise<unknown> {
    return this.http_error_302(...args)
  }
  http_error_303(...args: Parameters<Redirects['http_error_302']>): Promise<unknown> {
    return this.http_error_302(...args)
  }
  http_error_307(...args: Parameters<Redirects['http_error_302']>): Promise<unknown> {
    return this.http_error_302(...args)
  }
  http_error_308(...args: Parameters<Redirects['http_error_302']>): Promise<unknown> {
    return this.http_error_302(...args)
  }
}
classAttributes(Redirects, ['max_repeats', 'max_redirections', 'inf_msg'])
/** Follows redirects. */
export const HTTPRedirectHandler: Callable<typeof Redirects> = callable(
  Redirects,
  'HTTPRedirectHandler',
)

function originOf(url: string): string {
  const { scheme, netloc } = urlparse(url) as unknown as { scheme: string; netloc: string }
  return `${scheme}://${netloc.toLowerCase().replace(/^.*@/, '')}`
}

/** What makes a connection. */
type ConnectionClass = (
  host: string,
  options: unknown,
) => InstanceType<typeof http.client.HTTPConnection>

class AbstractHttp extends BaseHandler {
  _debuglevel: number

  constructor(...args: unknown[]) {
    super()
    const { debuglevel = 0 } = bind('AbstractHTTPHandler', ['debuglevel?'], args)
    this._debuglevel = (debuglevel as number | null) ?? 0
  }
  set_http_debuglevel(level: number): void {
    this._debuglevel = level
  }
  _get_content_length(request: RequestObject): number | null {
    return http.client.HTTPConnection._get_content_length(request.data, request.get_method())
  }

  /** Completes the fields. @throws {URLError} there is no host. {TypeError} a body that is text */
  do_request_(request: RequestObject): RequestObject {
    const { host, data } = request
    if (!host) throw new URLError('no host given')
    if (data !== null && data !== undefined) {
      if (typeof data === 'string')
        throw new TypeError(
          'POST data should be bytes, an iterable of bytes, or a file object. It cannot be of type str.',
        )
      if (!request.has_header('Content-type'))
        request.add_unredirected_header('Content-type', 'application/x-www-form-urlencoded')
      if (!request.has_header('Content-length') && !request.has_header('Transfer-encoding')) {
        const length = this._get_content_length(request)
        if (length === null) request.add_unredirected_header('Transfer-encoding', 'chunked')
        else request.add_unredirected_header('Content-length', String(length))
      }
    }
    const asked = (
      request.has_proxy() ? splitHost(splitType(request.selector)[1])[0] : host
    ) as string
    if (!request.has_header('Host')) request.add_unredirected_header('Host', asked)
    for (const [name, value] of this.parent.addheaders)
      if (!request.has_header(capitalize(name)))
        request.add_unredirected_header(capitalize(name), value)
    return request
  }

  /**
   * Asks over a connection of its own: `do_open(HTTPConnection, request, kw({ … }))`.
   *
   * @throws {URLError} it could not be sent
   */
  async do_open(...args: unknown[]): Promise<unknown> {
    const [http_class, request, options] = args as [
      ConnectionClass,
      RequestObject,
      object | undefined,
    ]
    const { host, timeout } = request
    if (!host) throw new URLError('no host given')
    const how = { ...options, ...(timeout !== undefined && { timeout }) }
    const connection = http_class(host, kw(how))
    connection.set_debuglevel(this._debuglevel)
    const headers = this.#fieldsOf(request)
    if (request._tunnel_host) {
      const tunnel: Record<string, string> = {}
      const name = 'Proxy-Authorization'
      if (headers[name] !== undefined) {
        tunnel[name] = headers[name]
        delete headers[name]
      }
      connection.set_tunnel(request._tunnel_host, kw({ headers: tunnel }))
    }
    let response: Response
    try {
      try {
        const encode_chunked = request.has_header('Transfer-encoding')
        const method = request.get_method()
        const { selector, data } = request
        await connection.request(method, selector, data, headers, kw({ encode_chunked }))
      } catch (error) {
        throw isOSError(error) ? new URLError(error) : error
      }
      response = (await connection.getresponse()) as unknown as Response
    } catch (error) {
      await connection.close()
      throw error
    }
    // The response holds the socket until it has been read.
    const { sock } = connection
    if (sock) {
      await sock.close()
      connection.sock = null
    }
    response.url = request.get_full_url()
    response.msg = response.reason
    return response
  }
  /** As they are sent: `Content-Type`. */
  #fieldsOf(request: RequestObject): Record<string, string> {
    const all = { ...request.headers, ...request.unredirected_hdrs, Connection: 'close' }
    return Object.fromEntries(Object.entries(all).map(titled))
  }
}
/** What asks by HTTP. */
export const AbstractHTTPHandler: Callable<typeof AbstractHttp> = callable(
  AbstractHttp,
  'AbstractHTTPHandler',
)

function titled([name, value]: readonly [string, string]): [string, string] {
  return [
    name
      .toLowerCase()
      .replace(/(^|[^a-z])([a-z])/g, (_, before, letter: string) => before + letter.toUpperCase()),
    value,
  ]
}

class PlainHttp extends AbstractHttp {
  http_open(req: RequestObject): unknown {
    return this.do_open(http.client.HTTPConnection, req)
  }
  http_request(req: RequestObject): RequestObject {
    return this.do_request_(req)
  }
}
/** Asks `http:` URLs. */
export const HTTPHandler: Callable<typeof PlainHttp> = callable(PlainHttp, 'HTTPHandler')

class SecureHttp extends AbstractHttp {
  _context: unknown
  _check_hostname: unknown

  constructor(...args: unknown[]) {
    const given = bind('HTTPSHandler', ['debuglevel?', 'context?', 'check_hostname?'], args)
    super(given['debuglevel'])
    this._context = given['context'] ?? null
    this._check_hostname = given['check_hostname'] ?? null
  }
  https_open(req: RequestObject): unknown {
    const { _context: context, _check_hostname: check_hostname } = this
    return this.do_open(http.client.HTTPSConnection, req, { context, check_hostname })
  }
  https_request(req: RequestObject): RequestObject {
    return this.do_request_(req)
  }
}
/** Asks `https:` URLs. */
export const HTTPSHandler: Callable<typeof SecureHttp> = callable(SecureHttp, 'HTTPSHandler')

/** What keeps cookies, as `http.cookiejar.CookieJar` does. */
interface Jar {
  add_cookie_header(request: unknown): unknown
  extract_cookies(response: unknown, request: unknown): unknown
}

class Cookies extends BaseHandler {
  cookiejar: Jar

  constructor(...args: Call<[cookiejar?: Jar | null]>) {
    super()
    const { cookiejar } = bind('HTTPCookieProcessor', ['cookiejar?'], args)
    this.cookiejar = (cookiejar as Jar | null | undefined) ?? CookieJar()
  }
  async http_request(request: RequestObject): Promise<RequestObject> {
    await this.cookiejar.add_cookie_header(request)
    return request
  }
  async http_response(request: RequestObject, response: unknown): Promise<unknown> {
    await this.cookiejar.extract_cookies(response, request)
    return response
  }
  https_request(request: RequestObject): Promise<RequestObject> {
    return this.http_request(request)
  }
  https_response(request: RequestObject, response: unknown): Promise<unknown> {
    return this.http_response(request, response)
  }
}
/** Sends the cookies of a jar along, and keeps those that come. */
export const HTTPCookieProcessor: Callable<typeof Cookies> = callable(
  Cookies,
  'HTTPCookieProcessor',
)

class Unknown extends BaseHandler {
  unknown_open(req: RequestObject): unknown {
    throw new URLError(`unknown url type: ${req.type}`)
  }
}
/** Refuses schemes that nobody knows. */
export const UnknownHandler: Callable<typeof Unknown> = callable(Unknown, 'UnknownHandler')
