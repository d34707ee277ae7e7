/** Password managers of `urllib.request`: who is who, by realm and by the beginning of a URL. */
import { bind, type Callable, callable, type Given } from '@sluice/socket/python'
import { splitPort } from './legacy.ts'
import { urlsplit } from './parse.ts'

/** Name and password; nothing of both where nobody is known. */
export type UserPassword = [user: string | null, password: string | null]
type Reduced = readonly [authority: string, path: string]
interface Entry {
  readonly uris: readonly Reduced[]
  readonly who: UserPassword
}

const PARAMETERS = ['realm', 'uri', 'user', 'passwd']

class Manager {
  readonly #realms = new Map<string | null, Entry[]>()

  /** `add_password(realm, uri, user, passwd)`; `uri` may be several. */
  add_password(
    ...args: Given<
      [realm: string | null, uri: string | readonly string[], user: string, passwd: string]
    >
  ): void {
    const { realm, uri, user, passwd } = bind('add_password', PARAMETERS, args)
    this.put(realm as string | null, uri as string | string[], [user as string, passwd as string])
  }
  /** @internal */
  protected put(realm: string | null, uri: string | readonly string[], who: UserPassword): void {
    const uris = typeof uri === 'string' ? [uri] : [...uri]
    const entries = this.#realms.get(realm) ?? []
    this.#realms.set(realm, entries)
    for (const withPort of [true, false]) {
      const reduced = uris.map((each) => this.reduce_uri(each, withPort))
      const known = entries.findIndex((entry) => sameUris(entry.uris, reduced))
      // A new password of the same place keeps its turn.
      if (known === -1) entries.push({ uris: reduced, who })
      else entries[known] = { uris: reduced, who }
    }
  }
  find_user_password(...args: unknown[]): UserPassword {
    const { realm, authuri } = bind('find_user_password', ['realm', 'authuri'], args)
    return this.find(realm as string | null, authuri as string)
  }
  /** @internal */
  protected find(realm: string | null, authuri: string): UserPassword {
    for (const withPort of [true, false]) {
      const wanted = this.reduce_uri(authuri, withPort)
      for (const { uris, who } of this.#realms.get(realm) ?? [])
        if (uris.some((uri) => this.is_suburi(uri, wanted))) return who
    }
    return [null, null]
  }
  /** Authority and path; with the port of the scheme where there is none. */
  reduce_uri(uri: string, default_port = true): Reduced {
    const { scheme, netloc, path } = urlsplit(uri) as unknown as Record<string, string>
    if (!netloc) return [uri, '/']
    const [host, port] = splitPort(netloc)
    const number = { http: 80, https: 443 }[scheme as string]
    const isBare = default_port && port === null && number !== undefined
    return [isBare ? `${host}:${number}` : netloc, path || '/']
  }
  /** Whether one is below the other. */
  is_suburi(base: Reduced, test: Reduced): boolean {
    if (base[0] === test[0] && base[1] === test[1]) return true
    if (base[0] !== test[0]) return false
    return test[1].startsWith(base[1].endsWith('/') ? base[1] : `${base[1]}/`)
  }
}
/** Who is who, by realm and URL. */
export const HTTPPasswordMgr: Callable<typeof Manager> = callable(Manager, 'HTTPPasswordMgr')

function sameUris(some: readonly Reduced[], others: readonly Reduced[]): boolean {
  return (
    some.length === others.length &&
    some.every(([authority, path], at) => {
      const [otherAuthority, otherPath] = others[at] as Reduced
      return authority === otherAuthority && path === otherPath
    })
  )
}

class DefaultRealm extends Manager {
  override find_user_password(...args: unknown[]): UserPassword {
    const { realm, authuri } = bind('find_user_password', ['realm', 'authuri'], args)
    const found = this.find(realm as string | null, authuri as string)
    return found[0] === null ? this.find(null, authuri as string) : found
  }
}
/** The same; realm `null` stands for every other. */
export const HTTPPasswordMgrWithDefaultRealm: Callable<typeof DefaultRealm> = callable(
  DefaultRealm,
  'HTTPPasswordMgrWithDefaultRealm',
)

class PriorAuth extends DefaultRealm {
  readonly #authenticated: [uri: Reduced, is: boolean][] = []

  override add_password(...args: unknown[]): void {
    const given = bind('add_password', [...PARAMETERS, 'is_authenticated?'], args)
    const { realm, uri, user, passwd, is_authenticated = false } = given
    this.update_authenticated(uri as string, is_authenticated as boolean)
    const who: UserPassword = [user as string, passwd as string]
    if (realm !== null) this.put(null, uri as string, who)
    this.put(realm as string | null, uri as string, who)
  }
  update_authenticated(...args: unknown[]): void {
    const given = bind('update_authenticated', ['uri', 'is_authenticated?'], args)
    const uris = typeof given['uri'] === 'string' ? [given['uri']] : (given['uri'] as string[])
    for (const withPort of [true, false])
      for (const uri of uris) {
        const reduced = this.reduce_uri(uri, withPort)
        const known = this.#authenticated.find(([other]) => sameUris([other], [reduced]))
        if (known === undefined)
          this.#authenticated.push([reduced, Boolean(given['is_authenticated'])])
        else known[1] = Boolean(given['is_authenticated'])
      }
  }
  /** Whether credentials go along unasked. */
  is_authenticated(authuri: string): boolean | null {
    for (const withPort of [true, false]) {
      const wanted = this.reduce_uri(authuri, withPort)
      for (const [uri, is] of this.#authenticated) if (this.is_suburi(uri, wanted)) return is
    }
    return null
  }
}
/** The same; credentials that were right go along unasked from then on. */
export const HTTPPasswordMgrWithPriorAuth: Callable<typeof PriorAuth> = callable(
  PriorAuth,
  'HTTPPasswordMgrWithPriorAuth',
)
