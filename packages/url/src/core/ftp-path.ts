/**
 * Paths of ftp: URLs, and names that a server gives.
 *
 * Rules it keeps:
 * - A path of a URL is relative to where the login leads: each segment is one CWD, the last is the file. `//etc/motd` and
 *   `/%2Fetc/motd` begin at the root (RFC 1738 §3.2.2).
 * - A name in a listing is a stranger's text. It is used for a file of ours only if it is a plain name, on any system.
 */

/** What a URL asks for. */
export interface FtpTarget {
  /** Folders to go into, one after the other. */
  readonly folders: readonly string[]
  /** The file in the last of them; empty for the folder itself. */
  readonly name: string
  /** `;type=`: a text, bytes, or a listing. */
  readonly type: 'ascii' | 'binary' | 'list' | undefined
}

const TYPES = { a: 'ascii', i: 'binary', d: 'list' } as const

/**
 * Reads the path of an ftp: URL.
 *
 * @param pathname as in `URL.pathname`, percent-encoded
 * @throws {TypeError} for CR, LF or NUL in it, or an encoding that is none
 * @see RFC 1738 §3.2.2
 * @example planFtpPath('/pub/a%20b.txt;type=a') // { folders: ['pub'], name: 'a b.txt', type: 'ascii' }
 */
export function planFtpPath(pathname: string): FtpTarget {
  const found = /;type=([aid])$/i.exec(pathname)
  const letter = found?.[1]?.toLowerCase() as keyof typeof TYPES | undefined
  const path = pathname.slice(0, found?.index).replace(/^\//, '')
  const segments = path.split('/').map(decode)
  const name = segments.pop() as string
  // An empty first segment is the root; any other empty one is nothing.
  const folders = segments.map((segment, at) => (segment === '' && at === 0 ? '/' : segment))
  return {
    folders: folders.filter((segment) => segment !== ''),
    name,
    type: letter === undefined ? undefined : TYPES[letter],
  }
}

function decode(segment: string): string {
  let text: string
  try {
    text = decodeURIComponent(segment)
  } catch {
    throw new TypeError(
      `the path has a percent-encoding that is not UTF-8: ${segment.slice(0, 60)}`,
    )
  }
  if (/[\r\n\0]/.test(text)) throw new TypeError('the path has CR, LF or NUL in it')
  return text
}

/** Devices of Windows: a file of such a name is none. */
const DEVICES = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?:\..*)?$/i

/**
 * Whether a name from a server may name a file of ours: no path, no folder above, nothing that a system reads otherwise. Never throws.
 *
 * @param name as in `FtpEntry.name`
 * @see naming files on Windows, whose rules are the narrowest
 * @example isSafeName('../.ssh/authorized_keys') // false
 */
export function isSafeName(name: string): boolean {
  if (name === '' || name === '.' || name === '..' || /[/\\:*?"<>|\p{Cc}]/u.test(name)) return false
  return !DEVICES.test(name) && !/[. ]$/.test(name) && new TextEncoder().encode(name).length <= 255
}
