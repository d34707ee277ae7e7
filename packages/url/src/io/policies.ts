/**
 * What a fetch does beyond asking once: cookies. Each is an option of a client and of a fetch, made complete here, and done
 * by a middleware of its own at each hop.
 */
import type { CookieJar } from './cookie-jar.ts'
import type { CookieKeeper } from './middleware/cookies.ts'

/** Options of a client and of its fetches; a fetch's own win. */
export interface PolicyOptions {
  /**
   * A jar whose cookies go along at each hop, and which keeps those that come; `true`: a new one. Default: the client's,
   * else no cookies.
   */
  cookies?: CookieKeeper | boolean | undefined
}

/** The keys of `PolicyOptions`. */
export const POLICY_KEYS: readonly (keyof PolicyOptions)[] = ['cookies']

/** The same, complete: a part of each request. */
export interface Policies {
  /** Whose cookies go along, and where new ones go; nothing: no cookies. */
  readonly cookies: CookieKeeper | undefined
}

/** A client without options has none. */
export const NO_POLICIES: Policies = { cookies: undefined }

/**
 * Completes options.
 *
 * @param caller the function, for the sentence
 * @param base what is so where the options do not say
 * @throws {TypeError} what makes no sense
 */
export function planPolicies(caller: string, options: PolicyOptions, base: Policies): Policies {
  const { cookies } = options
  if (POLICY_KEYS.every((key) => options[key] === undefined)) return base
  return { cookies: cookies === undefined ? base.cookies : jarOf(caller, cookies) }
}

function jarOf(caller: string, option: CookieKeeper | boolean): CookieKeeper | undefined {
  if (option === false) return undefined
  if (option === true) return newJar()
  if (typeof option?.header !== 'function' || typeof option.set !== 'function')
    throw new TypeError(`${caller}: cookies must be a CookieJar, true or false`)
  return option
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
