/**
 * `file:` URLs ↔ paths of this machine (RFC 8089).
 *
 * Theory of operation. A path is bytes between separators; a URL path is escaped text between slashes. Which
 * separator there is, and whether paths begin with a drive, is a fact about the machine and arrives as an
 * argument, `POSIX` or `WINDOWS`: so this file is pure, and both can be tested anywhere.
 *
 * What is refused, and why:
 * - An escaped separator (`%2F`, on Windows also `%5C`) inside a segment, and `%00`: they would let a URL that
 *   was checked segment by segment name another file than the one checked.
 * - Another machine's host, where paths cannot name one. `localhost` and an empty host are this machine (§2).
 *   On Windows a host is the first half of a UNC path (§E.3).
 * - A relative path: what it is relative to is not ours to know.
 *
 * Query and fragment are no part of a path and are left out, as Node's `fileURLToPath` does.
 */
import { checkText } from './options.ts'
import { quote, unquote } from './quote.ts'
import { split } from './split.ts'

/** What a path segment may hold besides the unreserved (RFC 3986 §3.3, pchar); not `;`, which RFC 1808 cuts at. */
const SAFE = "/!$&'()*+,=:@"

/** `C:/` */
const DRIVE = /^[A-Za-z]:\//

/** How a kind of machine writes paths. */
export interface PathRule {
  /** What stands between two segments. */
  readonly separator: '/' | '\\'
  /** Whether a path begins with a drive letter, or with the name of a machine. */
  readonly drives: boolean
}

/** Paths of Linux, macOS and their relatives. */
export const POSIX: PathRule = { separator: '/', drives: false }
/** Paths of Windows: `C:\file`, `\\machine\share\file`. */
export const WINDOWS: PathRule = { separator: '\\', drives: true }

/**
 * Turns a `file:` URL into the path it names.
 *
 * @param rule how this machine writes paths
 * @param url absolute, with the scheme `file`; query and fragment are left out
 * @returns an absolute path, escapes read as UTF-8
 * @throws {SyntaxError} for another scheme, a host that a path cannot name, a missing drive, an escaped
 *   separator or NUL, or escapes that are no UTF-8
 * @see RFC 8089 §2, §E.2, §E.3
 * @example fileUrlToPath('file:///tmp/a%20b', POSIX) // '/tmp/a b'
 * @example fileUrlToPath('file:///C:/a', WINDOWS) // 'C:\\a'
 */
export function fileUrlToPath(url: string, rule: PathRule): string {
  checkText('fileUrlToPath', url)
  const { scheme, netloc, path } = split(url, '', true)
  if (scheme !== 'file') throw new SyntaxError(`${JSON.stringify(url)} is not a file: URL`)
  const forbidden = rule.drives ? /%(00|2f|5c)|\0/i : /%(00|2f)|\0/i
  if (forbidden.test(path) || forbidden.test(netloc))
    throw new SyntaxError(`${JSON.stringify(url)} has an escaped separator or NUL in its path`)
  const host = netloc.toLowerCase() === 'localhost' ? '' : unquote(netloc, { fatal: true })
  if (!path.startsWith('/')) throw new SyntaxError(`${JSON.stringify(url)} has no absolute path`)
  const plain = unquote(path, { fatal: true })
  return rule.drives ? windowsPath(url, host, plain) : posixPath(url, host, plain)
}

/**
 * Turns an absolute path into its `file:` URL.
 *
 * @param rule how this machine writes paths
 * @param path absolute, in the way of writing that `rule` names
 * @throws {SyntaxError} when the path is relative, holds a NUL, or is a Windows device (`\\.\…`)
 * @see RFC 8089 §2, §E.2, §E.3
 * @example pathToFileUrl('/tmp/a b', POSIX) // 'file:///tmp/a%20b'
 * @example pathToFileUrl('\\\\nas\\music', WINDOWS) // 'file://nas/music'
 */
export function pathToFileUrl(path: string, rule: PathRule): string {
  checkText('pathToFileUrl', path)
  if (path.includes('\0')) throw new SyntaxError('a path cannot hold NUL')
  if (!rule.drives) {
    if (!path.startsWith('/')) throw new SyntaxError(`path ${JSON.stringify(path)} is relative`)
    return `file://${quote(path, SAFE)}`
  }
  const slashed = path
    .replaceAll('\\', '/')
    .replace(/^\/\/\?\/(UNC\/)?/i, (_, unc) => (unc ? '//' : ''))
  if (DRIVE.test(slashed)) return `file:///${quote(slashed, SAFE)}`
  const [, host, rest] = /^\/\/([^/]+)(\/.*)$/.exec(slashed) ?? []
  if (host === undefined || rest === undefined || host === '.')
    throw new SyntaxError(`path ${JSON.stringify(path)} is relative, or names a device`)
  return `file://${quote(host, SAFE)}${quote(rest, SAFE)}`
}

function posixPath(url: string, host: string, path: string): string {
  if (host !== '')
    throw new SyntaxError(`${JSON.stringify(url)} names a file of another machine, ${host}`)
  return path
}

function windowsPath(url: string, host: string, path: string): string {
  if (host !== '') return `\\\\${host}${path.replaceAll('/', '\\')}`
  // §E.2: the drive may be written with a bar, as the first browsers did.
  const local = path.slice(1).replace(/^([A-Za-z])\|/, '$1:')
  if (!DRIVE.test(local)) throw new SyntaxError(`${JSON.stringify(url)} names no drive`)
  return local.replaceAll('/', '\\')
}
