/**
 * `URLopener` and `FancyURLopener`: how Python opened URLs before there were handlers. Deprecated there since 3.3, and gone
 * in 3.14; here they are for programs that still have them, over the handlers.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import {
  bind,
  builtins,
  type Callable,
  callable,
  classAttributes,
  socket,
} from '@sluice/socket/python'
import { HTTPError, URLError } from './error.ts'
import { FTPHandler } from './ftp-handlers.ts'
import { fieldOf, HTTPHandler, HTTPSHandler, isOSError } from './http-handlers.ts'
import { splitAttributes, splitHost, splitType, splitUser, unwrap } from './legacy.ts'
import { DataHandler, FileHandler, url2pathname } from './local-handlers.ts'
import { type BaseHandler, OpenerDirector } from './opener.ts'
import { quote, unquote, urljoin, urlparse } from './parse.ts'
import { getproxies, type Proxies, ProxyHandler } from './proxy-handler.ts'
import { type MessageBody, Request } from './request-object.ts'
import type { HTTPMessage } from './response.ts'
import { addinfourl, type FileLike } from './response.ts'
import { retrieveInto } from './retrieve.ts'

const SAFE = "%/:=&?~#+!$,;'@()*[]|"

/** A file with fields. */
interface Opened extends FileLike {
  info(): HTTPMessage
}

class Opener {
  static version = 'Python-urllib/3.11'
  declare version: string
  proxies: Proxies
  addheaders: [name: string, value: string][]
  type = ''
  readonly #temporary: string[] = []

  /** `URLopener(proxies)` */
  constructor(...args: unknown[]) {
    const given = bind('URLopener', ['proxies?', '*', 'key_file?', 'cert_file?'], args)
    process.emitWarning(
      `${this.constructor.name} style of invoking requests is deprecated. Use newer urlopen functions/methods`,
      'DeprecationWarning',
    )
    this.proxies = (given['proxies'] as Proxies | null | undefined) ?? getproxies()
    this.addheaders = [
      ['User-Agent', this.version],
      ['Accept', '*/*'],
    ]
  }
  close(): void {
    this.cleanup()
  }
  /** Removes files that `retrieve` made. */
  cleanup(): void {
    for (const folder of this.#temporary.splice(0)) rmSync(folder, { recursive: true, force: true })
  }
  addheader(name: string, value: string): void {
    this.addheaders.push([name, value])
  }

  /** Opens a URL: `open(fullurl, data)`. @throws {OSError} a scheme that nobody knows */
  async open(...args: unknown[]): Promise<unknown> {
    const { fullurl, data = null } = bind('open', ['fullurl', 'data?'], args)
    const url = quote(unwrap(fullurl as string), SAFE) as string
    const [scheme, rest] = splitType(url)
    this.type = scheme ?? 'file'
    const name = `open_${this.type}`.replaceAll('-', '_')
    const method = (this as unknown as Record<string, unknown>)[name]
    // `local_file:` would read files past the rule of `file:` (CVE-2019-9948).
    if (typeof method !== 'function' || name === 'open_local_file')
      return this.open_unknown(url, data)
    try {
      return await Reflect.apply(method, this, data === null ? [rest] : [rest, data])
    } catch (error) {
      if (error instanceof URLError || !isOSError(error)) throw error
      throw new builtins.OSError('socket error', error)
    }
  }
  open_unknown(fullurl: string, _data: unknown = null): unknown {
    throw new builtins.OSError('url error', 'unknown url type', splitType(fullurl)[0])
  }

  /** Copies a URL into a file: `retrieve(url, filename, reporthook, data)`. */
  async retrieve(...args: unknown[]): Promise<[filename: string, headers: unknown]> {
    const parameters = ['url', 'filename?', 'reporthook?', 'data?']
    const given = bind('retrieve', parameters, args)
    const url = unwrap(given['url'] as string)
    const [type, rest] = splitType(url)
    if (!given['filename'] && (type === null || type === 'file')) {
      try {
        const local = (await this.open_local_file(rest)) as Opened
        const headers = local.info()
        await local.close()
        return [url2pathname(splitHost(rest)[1]), headers]
      } catch (error) {
        if (!isOSError(error)) throw error
      }
    }
    const opened = (await this.open(url, given['data'] ?? null)) as Opened
    const report = given['reporthook'] as ((...args: number[]) => unknown) | null | undefined
    try {
      const filename = (given['filename'] as string | undefined) || this.#nameFor(rest)
      return await retrieveInto(filename, opened, report)
    } finally {
      await opened.close()
    }
  }
  #nameFor(rest: string): string {
    const [path] = splitAttributes((splitHost(rest)[1].split('?')[0] as string) ?? '')
    const folder = mkdtempSync(join(tmpdir(), 'urlopener-'))
    this.#temporary.push(folder)
    return join(folder, `file${extname(path)}`)
  }

  async #ask(
    handler: InstanceType<typeof BaseHandler>,
    url: string,
    data: unknown,
  ): Promise<unknown> {
    const director = OpenerDirector()
    director.addheaders = [...this.addheaders]
    if (Object.keys(this.proxies).length > 0) director.add_handler(ProxyHandler(this.proxies))
    director.add_handler(handler)
    const request = Request(url, data as MessageBody | null)
    const [userinfo, host] = splitUser(request.host ?? '')
    if (userinfo !== null) {
      request.host = host
      const pair = Buffer.from(unquote(userinfo) as string).toString('base64')
      request.add_unredirected_header('Authorization', `Basic ${pair}`)
    }
    return director.open(request)
  }
  async #askHttp(
    handler: InstanceType<typeof BaseHandler>,
    url: string,
    data: unknown,
  ): Promise<unknown> {
    const [host] = splitHost(url)
    if (!host) throw new builtins.OSError('http error', 'no host given')
    const response = (await this.#ask(handler, `${this.type}:${url}`, data)) as Opened & {
      status: number
      reason: string
    }
    const { status, reason } = response
    const headers = response.info()
    if (status >= 200 && status < 300) return addinfourl(response, headers, `http:${url}`, status)
    return this.http_error(url, response, status, reason, headers, data)
  }
  open_http(url: string, data: unknown = null): Promise<unknown> {
    return this.#askHttp(HTTPHandler(), url, data)
  }
  open_https(url: string, data: unknown = null): Promise<unknown> {
    return this.#askHttp(HTTPSHandler(), url, data)
  }
  async open_ftp(url: string): Promise<unknown> {
    if (!splitHost(url)[0]) throw new URLError('ftp error: no host given')
    return this.#ask(FTPHandler(), `ftp:${url}`, null)
  }
  async open_data(url: string): Promise<unknown> {
    return this.#ask(DataHandler(), `data:${url}`, null)
  }
  /** @throws {ValueError} a file of another machine */
  async open_file(url: string): Promise<unknown> {
    if (url.startsWith('//') && url[2] !== '/' && !/^\/\/localhost\//i.test(url))
      throw new builtins.ValueError('file:// scheme is supported only on localhost')
    return this.open_local_file(url)
  }
  async open_local_file(url: string): Promise<unknown> {
    const [host, path] = splitHost(url)
    const request = Request(`file:${url}`)
    request.selector = path
    request.host = host as string
    try {
      const opened = (await FileHandler().open_local_file(request)) as InstanceType<
        typeof addinfourl
      >
      // A relative name stays one.
      if (!path.startsWith('/')) opened.url = path
      else opened.url = `file://${path}`
      return opened
    } catch (error) {
      const { reason } = error as { reason?: unknown }
      if (reason instanceof builtins.OSError)
        throw new URLError(reason.strerror ?? reason.message, reason.filename)
      throw error
    }
  }

  async http_error(
    url: string,
    fp: FileLike,
    errcode: number,
    errmsg: string,
    headers: unknown,
    data: unknown = null,
  ): Promise<unknown> {
    const method = (this as unknown as Record<string, unknown>)[`http_error_${errcode}`]
    if (typeof method === 'function') {
      const args = [url, fp, errcode, errmsg, headers]
      const answer: unknown = await Reflect.apply(
        method,
        this,
        data === null ? args : [...args, data],
      )
      if (answer) return answer
    }
    return this.http_error_default(url, fp, errcode, errmsg, headers)
  }
  async http_error_default(
    url: string,
    fp: FileLike,
    errcode: number,
    errmsg: string,
    headers: unknown,
  ): Promise<unknown> {
    await fp.close()
    throw new HTTPError(url, errcode, errmsg, headers, null)
  }
}
classAttributes(Opener, ['version'])
/** Opens URLs; deprecated, as in Python. */
export const URLopener: Callable<typeof Opener> = callable(Opener, 'URLopener')

type ErrorArguments = [
  url: string,
  fp: FileLike,
  errcode: number,
  errmsg: string,
  headers: unknown,
  data?: unknown,
]

class FancyOpener extends Opener {
  auth_cache: Record<string, readonly [string, string]> = {}
  tries = 0
  maxtries = 10

  /** An error is a response like any other. */
  override async http_error_default(
    url: string,
    fp: FileLike,
    errcode: number,
    _errmsg: string,
    headers: unknown,
  ): Promise<unknown> {
    return addinfourl(fp, headers, `http:${url}`, errcode)
  }
  async http_error_302(...args: ErrorArguments): Promise<unknown> {
    const [url, fp, , , headers] = args
    this.tries += 1
    try {
      if (this.maxtries && this.tries >= this.maxtries)
        return await this.http_error_default(
          url,
          fp,
          500,
          'Internal Server Error: Redirect Recursion',
          headers,
        )
      return await this.redirect_internal(...args)
    } finally {
      this.tries = 0
    }
  }
  /** @throws {HTTPError} a scheme that is not followed to */
  async redirect_internal(...args: ErrorArguments): Promise<unknown> {
    const [url, fp, errcode, errmsg, headers] = args
    const location = fieldOf(headers, 'location') ?? fieldOf(headers, 'uri')
    if (location === null) return null
    await fp.close()
    const target = urljoin(`${this.type}:${url}`, location) as string
    const { scheme } = urlparse(target) as unknown as { scheme: string }
    if (!['http', 'https', 'ftp', ''].includes(scheme))
      throw new HTTPError(
        target,
        errcode,
        `${errmsg} Redirection to url '${target}' is not allowed.`,
        headers,
        fp,
      )
    return this.open(target)
  }
  http_error_301(...args: ErrorArguments): Promise<unknown> {
    return this.http_error_302(...args)
  }
  http_error_303(...args: ErrorArguments): Promise<unknown> {
    return this.http_error_302(...args)
  }
  http_error_307(...args: ErrorArguments): Promise<unknown> {
    const [url, fp, code, message, headers, data = null] = args
    if (data === null) return this.http_error_302(...args)
    return this.http_error_default(url, fp, code, message, headers)
  }
  http_error_308(...args: ErrorArguments): Promise<unknown> {
    return this.http_error_307(...args)
  }
  /** Asks `prompt_user_passwd` who to be, and opens it again. */
  async http_error_401(...args: ErrorArguments): Promise<unknown> {
    const [url, fp, code, message, headers, data = null] = args
    const challenge = fieldOf(headers, 'www-authenticate') ?? ''
    const [, scheme, realm = ''] = /^[ \t]*([^ \t]+)[ \t]+realm="([^"]*)"/.exec(challenge) ?? []
    const [host, selector] = splitHost(url)
    const bare = splitUser(host ?? '')[1]
    const isTried = bare !== host
    const [user, password] =
      scheme?.toLowerCase() === 'basic' && !isTried
        ? await this.get_user_passwd(bare, realm)
        : [null, null]
    if (!user && !password) return this.http_error_default(url, fp, code, message, headers)
    const who = `${quote(user ?? '', '')}:${quote(password ?? '', '')}`
    return this.open(`${this.type}://${who}@${bare}${selector}`, data)
  }
  async get_user_passwd(
    host: string,
    realm: string,
  ): Promise<readonly [string | null, string | null]> {
    const key = `${realm}@${host.toLowerCase()}`
    const known = this.auth_cache[key]
    if (known !== undefined) return known
    const [user, password] = await this.prompt_user_passwd(host, realm)
    if (user && password) this.auth_cache[key] = [user, password]
    return [user, password]
  }
  /** To be overridden: Python asks at the terminal here, and waits. */
  prompt_user_passwd(
    _host: string,
    _realm: string,
  ): readonly [string | null, string | null] | Promise<readonly [string | null, string | null]> {
    return [null, null]
  }
}
/** The same, with redirects and passwords; deprecated, as in Python. */
export const FancyURLopener: Callable<typeof FancyOpener> = callable(FancyOpener, 'FancyURLopener')

/** The addresses of this machine. */
export async function thishost(): Promise<string[]> {
  try {
    return [...(await socket.gethostbyname_ex(socket.gethostname()))[2]]
  } catch {
    return [...(await socket.gethostbyname_ex('localhost'))[2]]
  }
}
/** The address of `localhost`. */
export function localhost(): Promise<string> {
  return socket.gethostbyname('localhost')
}
