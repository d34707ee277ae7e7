/** Python's module `nturl2path`: paths of Windows in `file:` URLs, as `urllib.request` reads them there. */
import { builtins } from '@sluice/socket/python'
import { quote, unquote } from './parse.ts'

/** `///C:/a%20b` to `C:\a b`. @throws {OSError} a drive that is none */
export function url2pathname(given: string): string {
  let url = given.replaceAll(':', '|')
  if (!url.includes('|')) {
    // Four slashes begin a host's name, of which two are Windows' own.
    if (url.startsWith('////')) url = url.slice(2)
    return unquote(url.replaceAll('/', '\\')) as string
  }
  const [before = '', after = '', ...more] = url.split('|')
  const letter = before.at(-1) ?? ''
  if (more.length > 0 || !/^[A-Za-z]$/.test(letter)) throw new builtins.OSError(`Bad URL: ${url}`)
  const parts = after.split('/').filter((part) => part !== '')
  const path = [`${letter.toUpperCase()}:`, ...parts.map((part) => unquote(part))].join('\\')
  return path.endsWith(':') && url.endsWith('/') ? `${path}\\` : path
}

/** `C:\a b` to `///C:/a%20b`. @throws {OSError} a drive that is none */
export function pathname2url(given: string): string {
  let path = given
  if (path.startsWith('\\\\?\\')) {
    path = path.slice(4)
    if (/^UNC\\/i.test(path)) path = `\\${path.slice(4)}`
    else if (path[1] !== ':') throw new builtins.OSError(`Bad path: ${path}`)
  }
  if (!path.includes(':')) {
    const whole = path.startsWith('\\\\') ? `\\\\${path}` : path
    return quote(whole.replaceAll('\\', '/')) as string
  }
  const [drive = '', rest = '', ...more] = path.split(':')
  if (more.length > 0 || drive.length > 1) throw new builtins.OSError(`Bad path: ${path}`)
  const parts = rest.split('\\').filter((part) => part !== '')
  return [`///${quote(drive.toUpperCase())}:`, ...parts.map((part) => quote(part))].join('/')
}
