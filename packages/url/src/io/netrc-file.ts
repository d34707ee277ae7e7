/** The file `.netrc`: where it lies, and whether it may be believed. */
import { readFile, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { FetchError } from '../core/errors.ts'
import { type Netrc, parseNetrc } from '../core/netrc.ts'

/**
 * Reads it.
 *
 * @param path default: what `NETRC` says, else `.netrc` in the home folder; one that is not there is empty
 * @throws {FetchError} a file that can't be read, or is none; the default one when others could read or write it, as
 *   Python and ftp(1) have it
 */
export async function readNetrc(path?: string): Promise<Netrc> {
  const place = path ?? process.env['NETRC'] ?? join(homedir(), '.netrc')
  const facts = { method: 'read', url: place, phase: 'open' }
  try {
    const text = await readFile(place, 'utf8')
    const netrc = parseNetrc(text)
    const hasSecret = [...netrc.hosts.values()].some(({ login }) => login !== 'anonymous')
    if (path === undefined && hasSecret && process.platform !== 'win32') await checkOwner(place)
    return netrc
  } catch (cause) {
    if (cause instanceof FetchError) throw cause
    if (path === undefined && (cause as NodeJS.ErrnoException).code === 'ENOENT')
      return parseNetrc('')
    // The parser's sentence has the word that it did not expect, which may be a password.
    if (cause instanceof SyntaxError) {
      const line = (cause as { line?: number }).line
      const reason = `no .netrc: line ${line} has a word that means nothing there`
      throw new FetchError({ ...facts, code: 'ERR_PROTOCOL', reason })
    }
    throw new FetchError({ ...facts, cause })
  }
}

async function checkOwner(place: string): Promise<void> {
  const { uid, mode } = await stat(place)
  const isOurs = process.getuid === undefined || uid === process.getuid()
  if (isOurs && (mode & 0o077) === 0) return
  const reason = isOurs
    ? 'others may read its passwords (chmod 600 helps)'
    : 'it belongs to another user'
  throw new FetchError({ method: 'read', url: place, phase: 'open', code: 'ERR_BLOCKED', reason })
}
