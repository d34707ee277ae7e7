/**
 * Relative references: which URL a link means, given the URL of the page it stands on (RFC 3986 §5).
 *
 * Theory of operation. Base and reference are split; whatever the reference does not say is taken from the
 * base, from the left: scheme, authority, path, query. The paths are merged (§5.2.3: everything after the
 * last slash of the base is replaced) and the dot segments are worked off (§5.2.4).
 *
 * Where this follows Python rather than the letter of RFC 3986:
 * - A reference with the base's own scheme and no authority (`http:g`) is relative (§5.2.2 calls that
 *   "not strict"; RFC 1808 asked for it).
 * - Schemes without a hierarchy (`mailto`, `data`, any unknown one) cannot be a base: the reference is the
 *   answer, as it is.
 * - Params of RFC 1808 belong to the path they stand on, and an empty reference keeps them.
 */
import { checkOptions, checkText } from './options.ts'
import { parse, USES_NETLOC, unparse } from './split.ts'

/** Schemes whose URLs can be relative to each other. */
const USES_RELATIVE: ReadonlySet<string> = new Set(
  (
    ' ftp http gopher nntp imap wais file https shttp mms prospero rtsp rtsps rtspu sftp svn svn+ssh' +
    ' ws wss'
  ).split(' '),
)

/** Options of `urljoin`. */
export interface JoinOptions {
  /** Whether `#` begins a fragment. Default: `true`. */
  allowFragments?: boolean
}

/**
 * Resolves a reference against a base URL.
 *
 * @param base the URL of the document; empty means that `url` is the answer
 * @param url absolute or relative; empty means that `base` is the answer
 * @param options whether `#` begins a fragment; default yes
 * @throws {SyntaxError} when one of them cannot be split
 * @see RFC 3986 §5.2; Python's urllib.parse.urljoin
 * @example urljoin('http://example.com/a/b?c', '../d') // 'http://example.com/d'
 */
export function urljoin(base: string, url: string, options?: JoinOptions): string {
  checkText('urljoin', base)
  checkText('urljoin', url)
  if (options !== undefined) checkOptions('urljoin', options, ['allowFragments'])
  if (base === '') return url
  if (url === '') return base
  const allowFragments = options?.allowFragments ?? true
  const from = parse(base, '', allowFragments)
  const to = parse(url, from.scheme, allowFragments)

  // §5.2.2: a reference with another scheme stands for itself.
  if (to.scheme !== from.scheme || !USES_RELATIVE.has(to.scheme)) return url
  let { netloc } = to
  if (USES_NETLOC.has(to.scheme)) {
    if (netloc !== '') return to.geturl()
    netloc = from.netloc
  }
  // An empty path means the base's own document, and its query unless another one is given.
  if (to.path === '' && to.params === '') {
    const query = to.query === '' ? from.query : to.query
    return unparse(to.scheme, netloc, from.path, from.params, query, to.fragment)
  }
  const path = resolve(from.path, to.path)
  return unparse(to.scheme, netloc, path, to.params, to.query, to.fragment)
}

/** §5.2.3 and §5.2.4: merges two paths and works off the dot segments. A `..` above the root stays at the root. */
function resolve(base: string, reference: string): string {
  const segments = reference.startsWith('/') ? reference.split('/') : merge(base, reference)
  const resolved: string[] = []
  for (const segment of segments)
    if (segment === '..') resolved.pop()
    else if (segment !== '.') resolved.push(segment)
  const last = segments[segments.length - 1]
  // What ends in a dot segment names a directory.
  if (last === '.' || last === '..') resolved.push('')
  return resolved.join('/') || '/'
}

/** All but the base's last segment, then the reference; empty segments between them are dropped. */
function merge(base: string, reference: string): string[] {
  const parts = base.split('/')
  if (parts[parts.length - 1] !== '') parts.pop()
  const segments = [...parts, ...reference.split('/')]
  const last = segments.length - 1
  return segments.filter((segment, i) => i === 0 || i === last || segment !== '')
}
