/**
 * `@sluice/url`: URLs the way Python splits, joins and quotes them, and a `fetch` over `http:`, `https:`,
 * `ftp:`, `file:` and `data:` that shows every step.
 */

export type { PrivateOptions } from './core/address-guard.ts'
export type { Challenge } from './core/challenge.ts'
export type { BearerCredentials, Credentials, PasswordCredentials } from './core/credentials.ts'
export { FetchError, isFetchError } from './core/errors.ts'
export type { FetchLimits } from './core/fetch-limits.ts'
export { urljoin } from './core/join.ts'
export type { Progress } from './core/meter.ts'
export { parseQs, parseQsl, urlencode } from './core/query.ts'
export {
  quote,
  quoteFromBytes,
  quotePlus,
  unquote,
  unquotePlus,
  unquoteToBytes,
} from './core/quote.ts'
export type { RetryOptions } from './core/retry.ts'
export {
  type DefragResult,
  type ParseResult,
  type SplitResult,
  urldefrag,
  urlparse,
  urlsplit,
  urlunparse,
  urlunsplit,
} from './core/split.ts'
export type { UrlTraceEvent, UrlTraceFacts } from './core/trace-events.ts'
export type { AuthOption, AuthRequest } from './io/authenticator.ts'
export { Client, type ClientOptions } from './io/client.ts'
export { fetch } from './io/fetch.ts'
export type { CookieKeeper } from './io/middleware/cookies.ts'
export { historyOf, type RedirectStep } from './io/middleware/redirect.ts'
export type {
  DialOptions,
  FetchFtpOptions,
  Handler,
  Middleware,
  PlannedRequest,
} from './io/pipeline.ts'
export type { FetchInput, FetchOptions } from './io/run-fetch.ts'
