/**
 * The URL of a fetch: read as the standard reads it, and refused where a filter and a fetcher would read two different
 * ones. Those that were asked for last are kept, so that a program that asks a thousand times for the same few does not
 * have them read a thousand times.
 */
import { FetchError } from './errors.ts'
import { maskText } from './mask-text.ts'

/** How many are kept. */
const KEPT = 256
/** A longer one costs more to keep than to read. */
const LONGEST = 1024

/** What the URL standard removes or replaces in silence. */
const SILENT = /[\0\t\n\r]|\p{Surrogate}/u

/** Reads the URLs of one client. */
export class UrlReader {
  readonly #base: string | undefined
  readonly #kept: Map<string, URL> | undefined

  /**
   * @param base what relative ones are relative to
   * @param keeps whether fetches may share an object: a URL can be changed, and what a stage of a stranger's does to it is to
   *   concern its own fetch alone
   * @throws {TypeError} a base that is no URL
   */
  constructor(base: string | URL | undefined, keeps: boolean) {
    this.#base = base === undefined ? undefined : new URL(base).href
    this.#kept = keeps ? new Map() : undefined
  }

  /** @throws {FetchError} `ERR_INVALID_URL` */
  read(input: string | URL, method: string): URL {
    if (typeof input !== 'string') return readUrl(input, method, this.#base)
    const known = this.#kept?.get(input)
    if (known !== undefined) return known
    const url = readUrl(input, method, this.#base)
    if (this.#kept === undefined || input.length > LONGEST) return url
    if (this.#kept.size >= KEPT) this.#kept.clear()
    this.#kept.set(input, url)
    return url
  }
}

function readUrl(input: string | URL, method: string, base: string | undefined): URL {
  // Without the engine's error, which has all of the text.
  const refuse = (reason: string): FetchError => {
    const text = maskText(String(input))
    const shown = text.length > 80 ? `${text.slice(0, 77)}...` : text
    return new FetchError({ method, url: shown, code: 'ERR_INVALID_URL', phase: 'open', reason })
  }
  if (typeof input === 'string' && SILENT.test(input))
    throw refuse('the URL has a line end, a tab, NUL or half a character in it')
  let url: URL
  try {
    url = new URL(input, base)
  } catch {
    const hasScheme = /^[a-z][a-z0-9+.-]*:/i.test(String(input))
    throw refuse(hasScheme ? 'not a valid URL' : 'not an absolute URL (is the scheme missing?)')
  }
  // FTP has no other place for them.
  if ((url.username === '' && url.password === '') || url.protocol === 'ftp:') return url
  // Fetch §5.4: credentials in a URL end in logs and referrers; they go into a field.
  const reason = 'the URL holds credentials; send them in an Authorization header'
  throw new FetchError({ method, url: url.href, code: 'ERR_INVALID_URL', phase: 'open', reason })
}
