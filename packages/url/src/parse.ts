/**
 * `@sluice/url/parse`: URLs, queries and percent-encoding, with no I/O behind them. Loads in any JavaScript
 * runtime.
 */
export { type CurlRequest, formatCurl } from './core/curl-command.ts'
export { type DataUrl, parseDataUrl } from './core/data-url.ts'
export { FetchError, type FetchErrorFacts, isFetchError, maskUrl } from './core/errors.ts'
export { explain, type UrlExplanation, type UrlReading } from './core/explain.ts'
export { fileUrlToPath, type PathRule, POSIX, pathToFileUrl, WINDOWS } from './core/file-path.ts'
export { type JoinOptions, urljoin } from './core/join.ts'
export {
  type EncodeOptions,
  parseQs,
  parseQsl,
  type QueryInput,
  type QueryOptions,
  type QueryValue,
  urlencode,
} from './core/query.ts'
export {
  quote,
  quoteFromBytes,
  quotePlus,
  type UnquoteOptions,
  unquote,
  unquotePlus,
  unquoteToBytes,
} from './core/quote.ts'
export {
  DefragResult,
  ParseResult,
  type SplitOptions,
  SplitResult,
  urldefrag,
  urlparse,
  urlsplit,
  urlunparse,
  urlunsplit,
} from './core/split.ts'
