/**
 * What a fetch does beyond asking once: cookies, credentials, asking again. Each is an option of a client and of a fetch, made complete here, and done
 * by a middleware of its own at each hop.
 */
import { Headers } from '@sluice/http'
import { type AddressRule, type PrivateOptions, planPrivate } from '../core/address-guard.ts'
import { checkCredentials } from '../core/credentials.ts'
import {
  DEFAULT_LIMITS,
  type FetchLimits,
  type OwnLimits,
  planLimits,
} from '../core/fetch-limits.ts'
import type { Progress } from '../core/meter.ts'
import { checkCallable } from '../core/options.ts'
import { planRetries, type RetryOptions, type RetryRules } from '../core/retry.ts'
import type { AuthOption } from './authenticator.ts'
import type { CookieJar } from './cookie-jar.ts'
import { type AuthSource, openAuth } from './middleware/auth.ts'
import type { CookieKeeper } from './middleware/cookies.ts'

/** Options of a client and of its fetches; a fetch's own win. */
export interface PolicyOptions {
  /**
   * A jar whose cookies go along at each hop, and which keeps those that come; `true`: a new one. Default: the client's,
   * else no cookies.
   */
  cookies?: CookieKeeper | boolean | undefined
  /**
   * Credentials: `{ username, password }`, `{ bearer }`, `{ netrc: true }`, or a function that has them. They go to one origin
   * and to no other: that of the URL that is fetched, or of a client's `base`, or the one in `origin`. A client without a
   * base needs the last. For `ftp:` URLs they are who logs in, unless the URL says who. `false`: none, whatever the client
   * has. Default: none.
   */
  auth?: AuthOption | false | undefined
  /**
   * Ask again where a failure may pass by itself: how often at most, or all of it. `true`: twice at most. Default: never.
   */
  retry?: number | boolean | RetryOptions | undefined
  /**
   * Refuse addresses that lead inside (loopback, private, link-local ...), and files of this machine, for programs to which
   * strangers give URLs. It sees the address that is dialled, at every hop. `{ except: ['10.1.0.0/16'] }` allows some.
   * Default false.
   */
  denyPrivate?: boolean | PrivateOptions | undefined
  /**
   * Names of fields that are as secret as Authorization: dropped when a redirect leads to another origin. Default: none
   * besides Authorization, Cookie and Proxy-Authorization.
   */
  secretFields?: readonly string[] | undefined
  /**
   * Told a few times a second how much of a body has been taken for sending, and once at its end; anew for each try. A promise
   * is waited for, and what it throws ends the fetch. Default: nobody.
   */
  onUploadProgress?: ((progress: Progress) => void) | undefined
}

/** The keys of `PolicyOptions`. */
export const POLICY_KEYS: readonly (keyof PolicyOptions)[] = [
  'cookies',
  'auth',
  'retry',
  'denyPrivate',
  'secretFields',
  'onUploadProgress',
]

/** The same, complete: a part of each request. */
export interface Policies {
  /** Whose cookies go along, and where new ones go; nothing: no cookies. */
  readonly cookies: CookieKeeper | undefined
  /** Who has credentials; nothing: nobody. */
  readonly auth: AuthSource | undefined
  /** When the same is asked again; nothing: never. */
  readonly retry: RetryRules | undefined
  /** Whether an address may be dialled; nothing: every one. */
  readonly isAllowed: AddressRule | undefined
  /** Names of fields for one origin, beside those that everybody knows. */
  readonly secretFields: readonly string[]
  /** Told how a body goes out. */
  readonly onUploadProgress: ((progress: Progress) => void) | undefined
  /** Caps of the whole. */
  readonly limits: OwnLimits
}

/** A client without options has none. */
export const NO_POLICIES: Policies = {
  cookies: undefined,
  auth: undefined,
  retry: undefined,
  isAllowed: undefined,
  secretFields: [],
  onUploadProgress: undefined,
  limits: DEFAULT_LIMITS,
}

/**
 * Completes options.
 *
 * @param caller the function, for the sentence
 * @param base what is so where the options do not say
 * @param home the origin that credentials are for which name none
 * @throws {TypeError} what makes no sense
 */
export function planPolicies(
  caller: string,
  options: PolicyOptions & { limits?: FetchLimits | undefined },
  base: Policies,
  home: string | undefined,
): Policies {
  const { cookies, auth, retry, denyPrivate, secretFields, limits, onUploadProgress } = options
  checkCallable(caller, 'onUploadProgress', onUploadProgress)
  const isPlain =
    cookies === undefined &&
    auth === undefined &&
    retry === undefined &&
    denyPrivate === undefined &&
    secretFields === undefined &&
    limits === undefined &&
    onUploadProgress === undefined
  if (isPlain) return base
  return {
    cookies: cookies === undefined ? base.cookies : jarOf(caller, cookies),
    auth: auth === undefined ? base.auth : authOf(caller, auth, home),
    retry: retry === undefined ? base.retry : planRetries(caller, retry),
    isAllowed: denyPrivate === undefined ? base.isAllowed : ruleOf(caller, denyPrivate),
    secretFields: secretFields === undefined ? base.secretFields : checkNames(caller, secretFields),
    onUploadProgress: onUploadProgress ?? base.onUploadProgress,
    limits: limits === undefined ? base.limits : planLimits(caller, limits, base.limits),
  }
}

function jarOf(caller: string, option: CookieKeeper | boolean): CookieKeeper | undefined {
  if (option === false) return undefined
  if (option === true) return newJar()
  if (typeof option?.header !== 'function' || typeof option.set !== 'function')
    throw new TypeError(`${caller}: cookies must be a CookieJar, true or false`)
  return option
}

function ruleOf(caller: string, option: boolean | PrivateOptions): AddressRule | undefined {
  return option === false ? undefined : planPrivate(caller, option)
}

function checkNames(caller: string, names: readonly string[]): readonly string[] {
  if (!Array.isArray(names)) throw new TypeError(`${caller}: secretFields must be an array`)
  // A name that is none would never be found, and what it stands for would be sent on.
  new Headers(names.map((name) => [name, '']))
  return names
}

function authOf(
  caller: string,
  option: AuthOption | false,
  home: string | undefined,
): AuthSource | undefined {
  if (option === false) return undefined
  if (typeof option === 'function') return openAuth(option, home)
  if (typeof option !== 'object' || option === null)
    throw new TypeError(`${caller}: auth must be an object or a function`)
  if ('netrc' in option) {
    if (option.netrc !== true && typeof option.netrc !== 'string')
      throw new TypeError(`${caller}: auth.netrc is true, or the path of a file`)
    return openAuth(option, home)
  }
  const { origin } = checkCredentials(caller, option)
  if (origin !== undefined && !URL.canParse(String(origin)))
    throw new TypeError(`${caller}: auth.origin is no URL`)
  if (origin === undefined && home === undefined)
    throw new TypeError(
      `${caller}: auth needs an origin, or the client a base, to know whose it is`,
    )
  return openAuth(option, home)
}

/** A jar that is loaded when the first request asks for it. */
function newJar(): CookieKeeper {
  let made: Promise<CookieJar> | undefined
  const jar = (): Promise<CookieJar> => {
    made ??= import('./cookie-jar.ts').then(({ CookieJar }) => new CookieJar())
    return made
  }
  return {
    header: async (url) => (await jar()).header(url),
    set: async (line, url) => (await jar()).set(line, url),
  }
}
