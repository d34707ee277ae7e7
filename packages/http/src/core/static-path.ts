/**
 * From the path of a URL to names below a folder, or to nothing. Decided on the text alone; links in the file system are
 * the shell's business (`io/static-files.ts`).
 *
 * What is refused, and why: `..`, which leads out; an encoded slash or backslash, which is one name here and two there; NUL,
 * which ends a path in C; names with a dot in front, unless they are asked for, since `.git` and `.env` were never meant to
 * be served; a second name of a file on Windows (`C:`, `name::$DATA`, a trailing dot).
 */

/** What a path means. */
export interface StaticPath {
  /** Names from the folder down; none for the folder itself. */
  readonly names: readonly string[]
  /** Whether a folder is meant: it ends in a slash. */
  readonly isFolder: boolean
}

/**
 * Reads the path of a URL.
 *
 * @param pathname percent-encoded, beginning with a slash, without query
 * @param allowHidden whether names may begin with a dot; default false
 * @returns `undefined` for a path that leads nowhere that may be served. Never throws
 * @see RFC 3986 §3.3, CWE-22
 */
export function parseStaticPath(pathname: string, allowHidden = false): StaticPath | undefined {
  const names: string[] = []
  for (const segment of pathname.split('/')) {
    if (segment === '' || segment === '.') continue
    const name = decode(segment)
    if (name === undefined || !isName(name) || (!allowHidden && name.startsWith('.')))
      return undefined
    names.push(name)
  }
  return { names, isFolder: pathname.endsWith('/') || /\/\.$/.test(pathname) }
}

function decode(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment)
  } catch {
    return undefined
  }
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: refusing them is the point.
const FORBIDDEN = /[/\\\u0000-\u001f\u007f:]/

function isName(name: string): boolean {
  return !/^\.\.?$/.test(name) && !FORBIDDEN.test(name) && !/[. ]$/.test(name.replace(/^\.+/, 'x'))
}

/**
 * Whether Windows may know a file by this name that has another, longer one: `GIT~1` for `.git`, which would pass for
 * one without a dot in front. Never throws.
 */
export function isShortName(name: string): boolean {
  return /^[^.]{1,6}~\d{1,6}(?:\.[^.]{0,3})?$/.test(name)
}

/**
 * The path of a folder with its slash, for a redirect. Two slashes in front would be another host (CWE-601).
 *
 * @param names the names of the folder
 */
export function folderPath(names: readonly string[]): string {
  return names.length === 0 ? '/' : `/${names.map(encodeURIComponent).join('/')}/`
}
