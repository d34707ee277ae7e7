/** A cookie of `http.cookiejar`. */
import { bind, builtins, type Callable, callable } from '@sluice/socket/python'
import { int } from './numbers.ts'

const NAMES = [
  ...['version', 'name', 'value', 'port', 'port_specified', 'domain', 'domain_specified'],
  ...['domain_initial_dot', 'path', 'path_specified', 'secure', 'expires', 'discard'],
  ...['comment', 'comment_url'],
] as const

/** A cookie. */
export class CookieObject {
  version: number | null
  name: string
  value: string | null
  port: string | null
  port_specified: boolean
  domain: string
  domain_specified: boolean
  domain_initial_dot: boolean
  path: string
  path_specified: boolean
  secure: boolean
  /** Seconds; null for the end of the session. */
  expires: number | null
  discard: boolean
  comment: string | null
  comment_url: string | null
  rfc2109: boolean
  _rest: Record<string, unknown>

  /** `Cookie(version, name, value, port, …)`, as Python has them. @throws {ValueError} a port that is none */
  constructor(...args: unknown[]) {
    const given = bind('Cookie', [...NAMES, 'rest', 'rfc2109?'], args)
    const { version, expires, port = null } = given
    if (port === null && given['port_specified'] === true)
      throw new builtins.ValueError('if port is None, port_specified must be false')
    this.version = version == null ? null : int(version)
    this.name = given['name'] as string
    this.value = (given['value'] as string | null | undefined) ?? null
    this.port = port as string | null
    this.port_specified = given['port_specified'] as boolean
    this.domain = (given['domain'] as string).toLowerCase()
    this.domain_specified = given['domain_specified'] as boolean
    this.domain_initial_dot = given['domain_initial_dot'] as boolean
    this.path = given['path'] as string
    this.path_specified = given['path_specified'] as boolean
    this.secure = given['secure'] as boolean
    this.expires = expires == null ? null : whole(expires)
    this.discard = given['discard'] as boolean
    this.comment = (given['comment'] as string | null | undefined) ?? null
    this.comment_url = (given['comment_url'] as string | null | undefined) ?? null
    this.rfc2109 = (given['rfc2109'] as boolean | undefined) ?? false
    const rest = given['rest'] as Record<string, unknown> | Map<string, unknown>
    this._rest = rest instanceof Map ? Object.fromEntries(rest) : { ...rest }
  }
  has_nonstandard_attr(name: string): boolean {
    return Object.hasOwn(this._rest, name)
  }
  get_nonstandard_attr(...args: unknown[]): unknown {
    const given = bind('get_nonstandard_attr', ['name', 'default?'], args)
    const name = given['name'] as string
    return this.has_nonstandard_attr(name) ? this._rest[name] : (given['default'] ?? null)
  }
  set_nonstandard_attr(name: string, value: unknown): void {
    this._rest[name] = value
  }
  is_expired(...args: unknown[]): boolean {
    const { now } = bind('is_expired', ['now?'], args)
    return (
      this.expires !== null &&
      this.expires <= ((now as number | null | undefined) ?? Date.now() / 1000)
    )
  }
  toString(): string {
    const port = this.port === null ? '' : `:${this.port}`
    const pair = this.value === null ? this.name : `${this.name}=${this.value}`
    return `<Cookie ${pair} for ${this.domain}${port}${this.path}>`
  }
  __repr__(): string {
    const parts = NAMES.map((name) => `${name}=${builtins.repr(this[name])}`)
    parts.push(`rest=${builtins.repr(this._rest)}`, `rfc2109=${builtins.repr(this.rfc2109)}`)
    return `Cookie(${parts.join(', ')})`
  }
}
/** A cookie. */
export const Cookie: Callable<typeof CookieObject> = callable(CookieObject, 'Cookie')

/** Python's `int(float(x))`. @throws {ValueError} for what is no number */
function whole(value: unknown): number {
  const number = typeof value === 'string' && value.trim() === '' ? Number.NaN : Number(value)
  if (!Number.isFinite(number))
    throw new builtins.ValueError(`could not convert string to float: ${builtins.repr(value)}`)
  return Math.trunc(number)
}
