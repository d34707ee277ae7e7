/** Proxies of `urllib.request`: from the environment, and by a handler. */
import {
  bind,
  builtins,
  type Call,
  type Callable,
  callable,
  classAttributes,
} from '@sluice/socket/python'
import { splitPassword, splitPort, splitType, splitUser } from './legacy.ts'
import { BaseHandler, openAgain } from './opener.ts'
import { unquote } from './parse.ts'
import type { RequestObject } from './request-object.ts'

/** Proxies by scheme; `no` is the list of exceptions. */
export type Proxies = Record<string, string>

/**
 * Proxies that the environment names: `http_proxy` and its kin, in small letters before capitals. `HTTP_PROXY` is not
 * believed under CGI, where a client sets it.
 */
export function getproxies_environment(): Proxies {
  const proxies: Proxies = {}
  for (const [name, value] of Object.entries(process.env)) {
    const folded = name.toLowerCase()
    if (value && folded.endsWith('_proxy')) proxies[folded.slice(0, -6)] = value
  }
  if ('REQUEST_METHOD' in process.env) delete proxies['http']
  for (const [name, value] of Object.entries(process.env)) {
    if (!name.endsWith('_proxy')) continue
    const scheme = name.toLowerCase().slice(0, -6)
    if (value) proxies[scheme] = value
    else delete proxies[scheme]
  }
  return proxies
}
/** The same: other places are a matter of one system each. */
export function getproxies(): Proxies {
  return getproxies_environment()
}

/** Whether a host is reached without a proxy. */
export function proxy_bypass_environment(...args: unknown[]): boolean {
  const given = bind('proxy_bypass_environment', ['host', 'proxies?'], args)
  const { no } = ((given['proxies'] as Proxies | null | undefined) ??
    getproxies_environment()) as Proxies
  if (no === undefined) return false
  if (no === '*') return true
  const host = (given['host'] as string).toLowerCase()
  const [name] = splitPort(host)
  return no
    .split(',')
    .map((entry) => entry.trim().replace(/^\.+/, '').toLowerCase())
    .some(
      (entry) =>
        entry !== '' &&
        (name === entry ||
          host === entry ||
          name.endsWith(`.${entry}`) ||
          host.endsWith(`.${entry}`)),
    )
}
/** The same: other places are a matter of one system each. */
export function proxy_bypass(...args: unknown[]): boolean {
  return proxy_bypass_environment(...args)
}

/** Scheme, user, password and host of what names a proxy. @throws {ValueError} a URL without a host */
export function _parse_proxy(
  proxy: string,
): [scheme: string | null, user: string | null, password: string | null, host: string] {
  const [scheme, rest] = splitType(proxy)
  let authority = proxy
  if (rest.startsWith('/')) {
    if (!rest.startsWith('//'))
      throw new builtins.ValueError(`proxy URL with no authority: ${builtins.repr(proxy)}`)
    // A password may have slashes in it; they are behind the `@` then that ends it.
    const end = rest.indexOf('/', rest.includes('@') ? rest.indexOf('@') : 2)
    authority = rest.slice(2, end === -1 ? undefined : end)
  }
  const [userinfo, host] = splitUser(authority)
  const [user, password] = userinfo === null ? [null, null] : splitPassword(userinfo)
  return [rest.startsWith('/') ? scheme : null, user, password, host]
}

class Handler extends BaseHandler {
  static override handler_order = 100
  proxies: Proxies

  constructor(...args: Call<[proxies?: Proxies | ReadonlyMap<string, string> | null]>) {
    super()
    const { proxies } = bind('ProxyHandler', ['proxies?'], args)
    const given = (proxies as Proxies | Map<string, string> | null | undefined) ?? getproxies()
    this.proxies = given instanceof Map ? Object.fromEntries(given) : given
    for (const [scheme, url] of Object.entries(this.proxies)) {
      const type = scheme.toLowerCase()
      Object.defineProperty(this, `${type}_open`, {
        value: (req: RequestObject) => this.proxy_open(req, url, type),
        configurable: true,
        enumerable: true,
        writable: true,
      })
    }
  }

  /** Has a proxy asked; nothing where a host is reached without one. */
  async proxy_open(req: RequestObject, proxy: string, _type: string): Promise<unknown> {
    const original = req.type
    const [scheme, user, password, host] = _parse_proxy(proxy)
    const type = scheme ?? original
    if (req.host && proxy_bypass(req.host)) return null
    if (user && password) {
      const pair = `${unquote(user)}:${unquote(password)}`
      req.add_header('Proxy-authorization', `Basic ${Buffer.from(pair).toString('base64')}`)
    }
    req.set_proxy(unquote(host), type)
    // The next handler asks it, unless the proxy speaks another protocol.
    if (original === type || original === 'https') return null
    return openAgain(this.parent, req)
  }
}
classAttributes(Handler, ['handler_order'])
/** Has proxies asked. */
export const ProxyHandler: Callable<typeof Handler> = callable(Handler, 'ProxyHandler')
