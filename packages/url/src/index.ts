/**
 * `@sluice/url`: URLs the way Python splits, joins and quotes them.
 */
export { urljoin } from './core/join.ts'
export { parseQs, parseQsl, urlencode } from './core/query.ts'
export {
  quote,
  quoteFromBytes,
  quotePlus,
  unquote,
  unquotePlus,
  unquoteToBytes,
} from './core/quote.ts'
export { urldefrag, urlparse, urlsplit, urlunparse, urlunsplit } from './core/split.ts'
