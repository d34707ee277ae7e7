/**
 * `@sluice/url/cookies`: a jar for cookies, and its file.
 */
export type { Cookie, CookieContext, PublicSuffixRule } from './core/cookie.ts'
export { parseCookieDate } from './core/cookie-date.ts'
export type { CookieJson, CookiesJson } from './core/cookie-file.ts'
export type { CookieLimits, CookieOutcome } from './core/cookie-jar.ts'
export {
  CookieJar,
  type CookieJarOptions,
  type LoadOptions,
  type SaveOptions,
} from './io/cookie-jar.ts'
