/** What an FTP client is told, complete and checked before anything is sent. */
import { FetchError } from './errors.ts'

/** Anonymous users give an address by custom; this one names nobody (RFC 1635, RFC 2606). */
const ANONYMOUS = { user: 'anonymous', password: 'anonymous@example.invalid' } as const
const PORT = 21

/** Where an FTP server is, and who asks. */
export interface FtpPlace {
  readonly hostname: string
  readonly port: number
  readonly user: string
  readonly password: string
  /** Where it is, for sentences: `ftp://127.0.0.1:2121`. */
  readonly origin: string
}

/**
 * Reads where to go and as whom.
 *
 * @param target `ftp://user:password@host:21`, or a host with or without a port
 * @param options win over what the URL says
 * @throws {FetchError} `ERR_INVALID_URL`
 */
export function planFtpPlace(
  target: string | URL,
  options: { user?: string | undefined; password?: string | undefined },
): FtpPlace {
  const text = String(target)
  const url = parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `ftp://${text}`)
  const user = options.user ?? decode(url.username)
  const isAnonymous = user === '' || user === ANONYMOUS.user
  const password = options.password ?? decode(url.password)
  return {
    hostname: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? PORT : Number(url.port),
    user: isAnonymous ? ANONYMOUS.user : user,
    password: isAnonymous && password === '' ? ANONYMOUS.password : password,
    origin: `ftp://${url.host}`,
  }
}

function parse(text: string): URL {
  const refuse = (reason: string, url = text): FetchError =>
    new FetchError({ method: 'open', url, code: 'ERR_INVALID_URL', phase: 'open', reason })
  // Nobody can tell where its password ends, which may hold a slash.
  if (!URL.canParse(text)) throw refuse('not a valid URL', text.replace(/^.*@/s, 'ftp://***@'))
  const url = new URL(text)
  if (url.protocol !== 'ftp:') throw refuse(`an FTP server has an ftp: URL, not ${url.protocol}`)
  if (url.hostname === '') throw refuse('the host is missing')
  return url
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
