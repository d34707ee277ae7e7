/** Handlers of `urllib.request` that prove who asks: Basic and Digest, to servers and to proxies. */
import { createHash, randomBytes } from 'node:crypto'
import {
  bind,
  builtins,
  type Callable,
  callable,
  classAttributes,
  codecs,
} from '@sluice/socket/python'
import { HTTPError, URLError } from './error.ts'
import { parse_http_list, parse_keqv_list } from './field-lists.ts'
import { fieldOf } from './http-handlers.ts'
import { BaseHandler, openAgain } from './opener.ts'
import { urlparse } from './parse.ts'
import { HTTPPasswordMgr, type UserPassword } from './password-manager.ts'
import type { RequestObject } from './request-object.ts'

/** A manager, ours or a program's own. */
interface Passwords {
  add_password(...args: unknown[]): unknown
  find_user_password(realm: string | null, uri: string): UserPassword
  is_authenticated?(uri: string): boolean | null
  update_authenticated?(uri: string, is: boolean): unknown
}

/** Every value of a field. */
function allOf(headers: unknown, name: string): string[] {
  const { get_all } = headers as { get_all?: (name: string) => string[] | null }
  if (typeof get_all === 'function') return get_all.call(headers, name) ?? []
  const value = fieldOf(headers, name)
  return value === null ? [] : [value]
}

class AbstractBasic extends BaseHandler {
  static auth_header = 'Authorization'
  declare auth_header: string
  passwd: Passwords
  add_password: (...args: unknown[]) => unknown

  constructor(...args: unknown[]) {
    super()
    const { password_mgr } = bind('AbstractBasicAuthHandler', ['password_mgr?'], args)
    this.passwd = ((password_mgr as Passwords | null | undefined) ?? HTTPPasswordMgr()) as Passwords
    const { passwd } = this
    this.add_password = (...given) => passwd.add_password(...given)
  }

  /** Schemes and realms of a challenge. */
  *_parse_realm(header: string): Generator<[scheme: string, realm: string | null]> {
    let isFound = false
    for (const [, scheme = '', quote, realm = ''] of header.matchAll(
      /(?:^|,)[ \t]*([^ \t,]+)[ \t]+realm=(["']?)([^"']*)\2/gi,
    )) {
      if (quote === '') process.emitWarning('Basic Auth Realm was unquoted', 'UserWarning')
      isFound = true
      yield [scheme, realm]
    }
    if (!isFound) yield [header.trim().split(/\s+/)[0] ?? '', null]
  }
  /** @throws {ValueError} nothing but schemes that it does not know */
  async http_error_auth_reqed(
    authreq: string,
    host: string,
    req: RequestObject,
    headers: unknown,
  ): Promise<unknown> {
    let unsupported: string | undefined
    for (const header of allOf(headers, authreq))
      for (const [scheme, realm] of this._parse_realm(header)) {
        if (scheme.toLowerCase() !== 'basic') unsupported = scheme
        else if (realm !== null) return this.retry_http_basic_auth(host, req, realm)
      }
    if (unsupported !== undefined)
      throw new builtins.ValueError(
        `AbstractBasicAuthHandler does not support the following scheme: ${builtins.repr(unsupported)}`,
      )
    return null
  }
  async retry_http_basic_auth(host: string, req: RequestObject, realm: string): Promise<unknown> {
    const [user, password] = await this.passwd.find_user_password(realm, host)
    if (password === null || password === undefined) return null
    const value = basic(user, password)
    // It was refused already.
    if (req.get_header(this.auth_header, null) === value) return null
    req.add_unredirected_header(this.auth_header, value)
    return openAgain(this.parent, req)
  }
  async http_request(req: RequestObject): Promise<RequestObject> {
    const { passwd } = this
    if (!passwd.is_authenticated?.(req.full_url) || req.has_header('Authorization')) return req
    const [user, password] = await passwd.find_user_password(null, req.full_url)
    req.add_unredirected_header('Authorization', basic(user, password))
    return req
  }
  async http_response(req: RequestObject, response: { code: number }): Promise<unknown> {
    if (typeof this.passwd.is_authenticated === 'function')
      await this.passwd.update_authenticated?.(
        req.full_url,
        response.code >= 200 && response.code < 300,
      )
    return response
  }
  https_request(req: RequestObject): Promise<RequestObject> {
    return this.http_request(req)
  }
  https_response(req: RequestObject, response: { code: number }): Promise<unknown> {
    return this.http_response(req, response)
  }
}
classAttributes(AbstractBasic, ['auth_header'])
/** What Basic does for servers and for proxies. */
export const AbstractBasicAuthHandler: Callable<typeof AbstractBasic> = callable(
  AbstractBasic,
  'AbstractBasicAuthHandler',
)

class Basic extends AbstractBasic {
  http_error_401(
    req: RequestObject,
    _fp: unknown,
    _code: number,
    _msg: string,
    headers: unknown,
  ): Promise<unknown> {
    return this.http_error_auth_reqed('www-authenticate', req.full_url, req, headers)
  }
}
/** Basic, for servers. */
export const HTTPBasicAuthHandler: Callable<typeof Basic> = callable(Basic, 'HTTPBasicAuthHandler')

class ProxyBasic extends AbstractBasic {
  static override auth_header = 'Proxy-authorization'
  http_error_407(
    req: RequestObject,
    _fp: unknown,
    _code: number,
    _msg: string,
    headers: unknown,
  ): Promise<unknown> {
    return this.http_error_auth_reqed('proxy-authenticate', req.host, req, headers)
  }
}
classAttributes(ProxyBasic, ['auth_header'])
/** Basic, for proxies. */
export const ProxyBasicAuthHandler: Callable<typeof ProxyBasic> = callable(
  ProxyBasic,
  'ProxyBasicAuthHandler',
)

/** What Basic sends, in UTF-8 as Python has it. */
function basic(user: unknown, password: unknown): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
}

type Hash = (text: string) => string

class AbstractDigest extends BaseHandler {
  static auth_header = 'Authorization'
  static override handler_order = 490
  declare auth_header: string
  passwd: Passwords
  add_password: (...args: unknown[]) => unknown
  retried = 0
  nonce_count = 0
  last_nonce: string | null = null

  constructor(...args: unknown[]) {
    super()
    const { passwd } = bind('AbstractDigestAuthHandler', ['passwd?'], args)
    const manager = ((passwd as Passwords | null | undefined) ?? HTTPPasswordMgr()) as Passwords
    this.passwd = manager
    this.add_password = (...given) => manager.add_password(...given)
  }
  reset_retry_count(): void {
    this.retried = 0
  }
  /** @throws {HTTPError} it was refused too often. {ValueError} a scheme that it does not know */
  async http_error_auth_reqed(
    auth_header: string,
    _host: string,
    req: RequestObject,
    headers: unknown,
  ): Promise<unknown> {
    const challenge = fieldOf(headers, auth_header)
    if (this.retried > 5)
      throw new HTTPError(req.full_url, 401, 'digest auth failed', headers, null)
    this.retried += 1
    if (!challenge) return null
    const scheme = challenge.trim().split(/\s+/)[0] ?? ''
    if (scheme.toLowerCase() === 'digest') return this.retry_http_digest_auth(req, challenge)
    if (scheme.toLowerCase() !== 'basic')
      throw new builtins.ValueError(
        `AbstractDigestAuthHandler does not support the following scheme: '${scheme}'`,
      )
    return null
  }
  async retry_http_digest_auth(req: RequestObject, auth: string): Promise<unknown> {
    const challenge = parse_keqv_list(
      parse_http_list(auth.slice(auth.indexOf(' ') + 1)).filter((item) => item !== ''),
    )
    const proof = await this.get_authorization(req, challenge)
    if (!proof) return null
    const value = `Digest ${proof}`
    if (req.headers[this.auth_header] === value) return null
    req.add_unredirected_header(this.auth_header, value)
    return openAgain(this.parent, req)
  }
  get_cnonce(_nonce: string): string {
    return randomBytes(8).toString('hex')
  }
  /** What follows `Digest`, or null where nobody is known. @throws {URLError} a qop that it does not know */
  async get_authorization(
    req: RequestObject,
    chal: Readonly<Record<string, string>>,
  ): Promise<string | null> {
    const { realm, nonce, qop, algorithm = 'MD5', opaque } = chal
    if (realm === undefined || nonce === undefined) return null
    const [H, KD] = this.get_algorithm_impls(algorithm)
    const [user, password] = await this.passwd.find_user_password(realm, req.full_url)
    if (user === null || user === undefined) return null
    const entdig = req.data === null ? null : this.get_entity_digest(req.data, chal)
    const A1 = H(`${user}:${realm}:${password}`)
    const A2 = H(`${req.get_method()}:${req.selector}`)
    let response: string
    let counted = ''
    if (qop === undefined) response = KD(A1, `${nonce}:${A2}`)
    else if (qop.split(',').includes('auth')) {
      this.nonce_count = nonce === this.last_nonce ? this.nonce_count + 1 : 1
      this.last_nonce = nonce
      const count = this.nonce_count.toString(16).padStart(8, '0')
      const cnonce = this.get_cnonce(nonce)
      response = KD(A1, `${nonce}:${count}:${cnonce}:auth:${A2}`)
      counted = `, qop=auth, nc=${count}, cnonce="${cnonce}"`
    } else throw new URLError(`qop '${qop}' is not supported.`)
    const opaquely = opaque ? `, opaque="${opaque}"` : ''
    const entity = entdig ? `, digest="${entdig}"` : ''
    return (
      `username="${user}", realm="${realm}", nonce="${nonce}", uri="${req.selector}", ` +
      `response="${response}"${opaquely}${entity}, algorithm="${algorithm}"${counted}`
    )
  }
  /** The hash of an algorithm. @throws {ValueError} one that it does not know */
  get_algorithm_impls(algorithm: string): [H: Hash, KD: (secret: string, data: string) => string] {
    const names: Record<string, string> = { MD5: 'md5', SHA: 'sha1' }
    const name = names[algorithm]
    if (name === undefined)
      throw new builtins.ValueError(
        `Unsupported digest authentication algorithm ${builtins.repr(algorithm)}`,
      )
    const H: Hash = (text) => createHash(name).update(codecs.encode(text, 'ascii')).digest('hex')
    return [H, (secret, data) => H(`${secret}:${data}`)]
  }
  get_entity_digest(_data: unknown, _chal: unknown): string | null {
    return null
  }
}
classAttributes(AbstractDigest, ['auth_header', 'handler_order'])
/** What Digest does for servers and for proxies. */
export const AbstractDigestAuthHandler: Callable<typeof AbstractDigest> = callable(
  AbstractDigest,
  'AbstractDigestAuthHandler',
)

class Digest extends AbstractDigest {
  async http_error_401(
    req: RequestObject,
    _fp: unknown,
    _code: number,
    _msg: string,
    headers: unknown,
  ): Promise<unknown> {
    const { netloc } = urlparse(req.full_url) as unknown as { netloc: string }
    const answer = await this.http_error_auth_reqed('www-authenticate', netloc, req, headers)
    this.reset_retry_count()
    return answer
  }
}
/** Digest, for servers. */
export const HTTPDigestAuthHandler: Callable<typeof Digest> = callable(
  Digest,
  'HTTPDigestAuthHandler',
)

class ProxyDigest extends AbstractDigest {
  static override auth_header = 'Proxy-Authorization'
  async http_error_407(
    req: RequestObject,
    _fp: unknown,
    _code: number,
    _msg: string,
    headers: unknown,
  ): Promise<unknown> {
    const answer = await this.http_error_auth_reqed('proxy-authenticate', req.host, req, headers)
    this.reset_retry_count()
    return answer
  }
}
classAttributes(ProxyDigest, ['auth_header'])
/** Digest, for proxies. */
export const ProxyDigestAuthHandler: Callable<typeof ProxyDigest> = callable(
  ProxyDigest,
  'ProxyDigestAuthHandler',
)
