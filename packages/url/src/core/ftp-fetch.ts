/**
 * A fetch of an ftp: URL, in the words of HTTP: what is asked of the server, and what its answers mean as a response.
 *
 * Rules it keeps:
 * - GET reads a file or lists a folder, HEAD looks at it, PUT writes a file. Whatever else FTP can do has no method; that is
 *   the business of `openFtp`.
 * - One range is one REST. It is answered with 206 where the size is known, for without it there is no Content-Range;
 *   several ranges, a text, and a file that has changed since `If-Range` are answered with the whole.
 */
import { formatContentRange, formatDate, parseDate, planRanges } from '@sluice/http/headers'
import { type FtpTarget, planFtpPath } from './ftp-path.ts'

/** What to do. */
export interface FtpFetchPlan extends FtpTarget {
  readonly action: 'read' | 'list' | 'look' | 'write'
}

/** What the server knows of a file. */
export interface FtpFileFacts {
  readonly size: number | undefined
  readonly modified: Date | undefined
}

/** How a file is answered with. */
export interface FtpAnswer {
  readonly status: 200 | 206 | 416
  readonly headers: Readonly<Record<string, string>>
  /** The first byte that is wanted. */
  readonly offset: number
  /** How many bytes from there; to the end where that is not known. */
  readonly length: number | undefined
}

/** What folders are listed as: lines, as the server's system writes them. */
export const LISTING_TYPE = 'text/plain; charset=utf-8'

/**
 * Decides what a method means for a path.
 *
 * @param pathname as in `URL.pathname`
 * @throws {RangeError} with the reason: another method. {TypeError} a folder that would be written, a path that can't be sent
 * @see RFC 1738 §3.2
 */
export function planFtpFetch(method: string, pathname: string): FtpFetchPlan {
  const target = planFtpPath(pathname)
  const isFolder = target.name === '' || target.type === 'list'
  switch (method) {
    case 'GET':
      return { ...target, action: isFolder ? 'list' : 'read' }
    case 'HEAD':
      return { ...target, action: 'look' }
    case 'PUT':
      if (isFolder) throw new TypeError('the URL names a folder, and a file is to be written')
      return { ...target, action: 'write' }
    default:
      throw new RangeError('ftp: URLs can be read (GET, HEAD) and written (PUT)')
  }
}

/**
 * Decides how a file is answered with.
 *
 * @param facts what is known of it, and its media type
 * @param wish the fields Range and If-Range, and the time by which dates of two digits are read
 */
export function answerWithFile(
  { size, modified, isText, mediaType }: FtpFileFacts & { isText: boolean; mediaType: string },
  wish: { range: string | null; ifRange: string | null; now: number },
): FtpAnswer {
  const headers: Record<string, string> = { 'Content-Type': mediaType }
  if (modified !== undefined) headers['Last-Modified'] = formatDate(modified.getTime())
  const whole: FtpAnswer = { status: 200, headers, offset: 0, length: undefined }
  // With other line ends it has another length, which nobody knows before the end.
  if (size === undefined || isText) return whole
  headers['Accept-Ranges'] = 'bytes'
  const plan = isCurrent(wish, modified) ? planRanges(wish.range, size) : ({ status: 200 } as const)
  if (plan.status === 416)
    return {
      status: 416,
      headers: { 'Content-Range': formatContentRange({ range: undefined, length: size }) },
      offset: 0,
      length: 0,
    }
  if (plan.status === 206 && plan.ranges.length === 1) {
    const [first, last] = plan.ranges[0] as readonly [number, number]
    const length = last - first + 1
    headers['Content-Range'] = formatContentRange({ range: [first, last], length: size })
    headers['Content-Length'] = String(length)
    return { status: 206, headers, offset: first, length }
  }
  headers['Content-Length'] = String(size)
  return whole
}

/** Whether a file is still the one that If-Range speaks of; there are no entity tags here (RFC 9110 §13.1.5). */
function isCurrent(
  { ifRange, now }: { ifRange: string | null; now: number },
  modified: Date | undefined,
): boolean {
  if (ifRange === null) return true
  if (modified === undefined) return false
  return parseDate(ifRange, now) === Math.trunc(modified.getTime() / 1000) * 1000
}
