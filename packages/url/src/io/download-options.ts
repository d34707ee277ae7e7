/** How to download: the options, and what they come to. */
import { type Progress, RateLimit } from '../core/meter.ts'
import { checkCallable, checkObject } from '../core/options.ts'
import { planRetries, type RetryRules } from '../core/retry.ts'
import type { Client } from './client.ts'
import { fetch } from './fetch.ts'
import { FETCH_KEYS, type FetchOptions, TAKEN } from './run-fetch.ts'

/** How to download: besides these, the options of `fetch`. */
export interface DownloadOptions extends Omit<FetchOptions, 'body' | 'decode' | 'redirect'> {
  /** Go on where the last try ended, if the server can tell that the file is still the same; default true. */
  resume?: boolean | undefined
  /**
   * Told a few times a second how it stands, and once at the end; a promise is waited for. What it throws ends the
   * download.
   */
  onProgress?: ((progress: Progress) => void) | undefined
  /** The SHA-256 that the file has to have, in hexadecimal digits; another file does not get the name. */
  sha256?: string | undefined
  /** Bytes per second at most; default: as fast as it goes. */
  limitRate?: number | undefined
  /**
   * Whose connections, cookies and credentials to use; default: those of `fetch`. Its `retry` asks again for an answer; the
   * `retry` of a download, which is for the body, too, stands in its place.
   */
  client?: Pick<Client, 'fetch'> | undefined
}

/** The same, complete. */
export interface DownloadPlan {
  readonly resume: boolean
  readonly onProgress: ((progress: Progress) => void) | undefined
  readonly sha256: string | undefined
  readonly limit: RateLimit | undefined
  readonly client: Pick<Client, 'fetch'>
  readonly fetch: FetchOptions
  readonly retry: RetryRules | undefined
}

/** Options of a fetch that a download says itself. */
const NOT_HERE = ['body', 'decode', 'redirect']
const OWN = ['resume', 'onProgress', 'sha256', 'limitRate', 'client']
const KEYS = [...OWN, ...FETCH_KEYS.filter((key) => !NOT_HERE.includes(key))]

/** @throws {TypeError | RangeError} what makes no sense */
export function planDownload(options: DownloadOptions): DownloadPlan {
  checkObject('download', options)
  const {
    resume = true,
    onProgress,
    sha256,
    limitRate,
    client = { fetch },
    retry,
    ...given
  } = options
  checkCallable('download', 'onProgress', onProgress)
  if (typeof client?.fetch !== 'function')
    throw new TypeError('download: client must be a Client, or have its fetch()')
  for (const key of Object.keys(given))
    if (!TAKEN.has(key) || NOT_HERE.includes(key))
      throw new TypeError(`download: there is no option '${key}'; there are ${KEYS.join(', ')}`)
  if (typeof resume !== 'boolean') throw new TypeError('download: resume must be true or false')
  if (sha256 !== undefined && !/^[\da-f]{64}$/i.test(sha256))
    throw new TypeError('download: sha256 must be 64 hexadecimal digits')
  if (limitRate !== undefined && !(typeof limitRate === 'number' && limitRate > 0))
    throw new RangeError('download: limitRate must be bytes per second, more than 0')
  // What a client allows bounds all of it, as if it were said here: else each answer would have that much time anew.
  const timeout = given.timeout ?? (client as Partial<Client>).timeout
  const rest = timeout === undefined ? given : { ...given, timeout }
  return {
    resume: resume && (rest.method ?? 'GET') === 'GET',
    onProgress,
    sha256: sha256?.toLowerCase(),
    limit: limitRate === undefined ? undefined : new RateLimit(limitRate),
    client,
    // One of them asks again, or each try of the one would be several of the other.
    fetch: retry === undefined ? rest : { ...rest, retry: false },
    retry: retry === undefined ? undefined : planRetries('download', retry),
  }
}
