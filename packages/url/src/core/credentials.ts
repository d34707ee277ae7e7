/**
 * Who somebody says to be: a name and a password, or a token. Read once, bound to one origin, and written as a field value
 * (RFC 7617, RFC 6750).
 */
import { decodeLatin1, encodeUtf8 } from '@sluice/socket/bytes'

/** A name and a password. */
export interface PasswordCredentials {
  /** The name; for Basic without a colon. */
  readonly username: string
  /** The password; may be empty. */
  readonly password: string
  /**
   * `basic` (default) sends them at once, as `curl -u` does, so use it over TLS; `digest` answers challenges and never
   * sends the password; `any` waits to be asked, and takes the strongest that is offered.
   */
  readonly scheme?: 'basic' | 'digest' | 'any' | undefined
  /** Who gets them; default: the origin of the URL that is fetched, or of the client's base. */
  readonly origin?: string | URL | undefined
}

/** A token that stands for everything. */
export interface BearerCredentials {
  /** The token, as it was issued. */
  readonly bearer: string
  /** Who gets it; default: the origin of the URL that is fetched, or of the client's base. */
  readonly origin?: string | URL | undefined
}

/** Credentials of either kind. */
export type Credentials = PasswordCredentials | BearerCredentials

/** RFC 6750 §2.1: b64token. */
const TOKEN68 = /^[\dA-Za-z\-._~+/]+=*$/
// biome-ignore lint/suspicious/noControlCharactersInRegex: RFC 7617 §2 forbids them.
const CONTROL = /[\u0000-\u001f\u007f]/

/**
 * Checks credentials.
 *
 * @param caller the function, for the sentence, which never shows them
 * @throws {TypeError} what makes no sense, or can not be sent
 */
export function checkCredentials(caller: string, given: unknown): Credentials {
  const { username, password, scheme, bearer } = (given ?? {}) as Record<string, unknown>
  if (bearer !== undefined) {
    if (typeof bearer !== 'string' || !TOKEN68.test(bearer))
      throw new TypeError(`${caller}: auth.bearer is no token (letters, digits, -._~+/ and =)`)
    if (username !== undefined || password !== undefined)
      throw new TypeError(`${caller}: auth has a bearer token or a username, not both`)
    return given as BearerCredentials
  }
  if (typeof username !== 'string' || typeof password !== 'string')
    throw new TypeError(`${caller}: auth needs username and password, or bearer, as text`)
  if (scheme !== undefined && scheme !== 'basic' && scheme !== 'digest' && scheme !== 'any')
    throw new TypeError(`${caller}: auth.scheme is 'basic', 'digest' or 'any'`)
  if (CONTROL.test(username) || CONTROL.test(password))
    throw new TypeError(`${caller}: a username or password can hold no control characters`)
  if (/\p{Surrogate}/u.test(username + password))
    throw new TypeError(`${caller}: a username or password with half a character in it`)
  if (username.includes(':') && scheme !== 'digest')
    throw new TypeError(`${caller}: a username of Basic authentication can hold no colon`)
  return given as PasswordCredentials
}

/**
 * Writes Basic credentials: UTF-8 in base64.
 *
 * @see RFC 7617 §2
 */
export function formatBasic({ username, password }: PasswordCredentials): string {
  return `Basic ${btoa(decodeLatin1(encodeUtf8(`${username}:${password}`)))}`
}
