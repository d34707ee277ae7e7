/** Python's module `netrc`. The file is read when the object is made, as in Python: a constructor can't wait. */
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { bind, builtins, type Call, type Callable, callable, codecs } from '@sluice/socket/python'
import { NetrcError, parseNetrc } from '../../core/netrc.ts'
import { osError } from './os-error.ts'

/** A file that is none of this kind, or that others may read. */
export class NetrcParseError extends builtins.PythonError {
  readonly msg: string
  readonly filename: string | null
  readonly lineno: number | null

  constructor(msg: string, filename: string | null = null, lineno: number | null = null) {
    super(msg)
    this.msg = msg
    this.filename = filename
    this.lineno = lineno
    this.message = `${msg} (${filename ?? 'None'}, line ${lineno ?? 'None'})`
  }
  __str__(): string {
    return this.message
  }
}

/** Name, account and password. */
export type Authenticator = [login: string, account: string, password: string]

class File {
  /** By machine; `default` is for every other. */
  readonly hosts: Record<string, Authenticator> = Object.create(null)
  /** Lines of macros for ftp(1). */
  readonly macros: Record<string, string[]> = Object.create(null)

  /** @param file default `.netrc` of the home folder, which nobody else may read */
  constructor(...args: Call<[file?: string | null]>) {
    const { file = null } = bind('netrc', ['file?'], args) as { file?: string | null }
    const path = file ?? join(process.env['HOME'] || homedir(), '.netrc')
    const descriptor = openFile(path)
    try {
      const content = parse(textOf(readFileSync(descriptor)), path)
      for (const [host, { login, account, password }] of content.hosts) {
        if (file === null) checkOwner(descriptor, login)
        this.hosts[host] = [login, account, password]
      }
      for (const [name, lines] of content.macros) this.macros[name] = [...lines]
    } finally {
      closeSync(descriptor)
    }
  }

  /** Who to be for a host, or null. */
  authenticators(host: string): Authenticator | null {
    return this.hosts[host] ?? this.hosts['default'] ?? null
  }

  /** The file again. */
  __repr__(): string {
    let text = ''
    for (const [host, [login, account, password]] of Object.entries(this.hosts)) {
      text += `machine ${host}\n\tlogin ${login}\n`
      if (account) text += `\taccount ${account}\n`
      text += `\tpassword ${password}\n`
    }
    for (const [name, lines] of Object.entries(this.macros))
      text += `macdef ${name}\n${lines.join('')}\n`
    return text
  }
  toString(): string {
    return this.__repr__()
  }
}
/** A file of names and passwords. */
export const netrc: Callable<typeof File> = callable(File, 'netrc')

function openFile(path: string): number {
  try {
    return openSync(path, 'r')
  } catch (error) {
    throw osError(error)
  }
}

/** UTF-8, or what it is else. */
function textOf(bytes: Uint8Array): string {
  try {
    return codecs.decode(bytes)
  } catch {
    return codecs.decode(bytes, 'latin-1')
  }
}

function parse(text: string, path: string): ReturnType<typeof parseNetrc> {
  try {
    return parseNetrc(text)
  } catch (error) {
    if (error instanceof NetrcError) throw new NetrcParseError(error.message, path, error.line)
    throw error
  }
}

/** @throws {NetrcParseError} the file is somebody else's, or others may read it */
function checkOwner(descriptor: number, login: string): void {
  if (process.getuid === undefined || login === 'anonymous') return
  const { uid, mode } = fstatSync(descriptor)
  if (uid !== process.getuid())
    throw new NetrcParseError(
      `~/.netrc file owner (uid ${uid}, uid ${process.getuid()}) does not match current user`,
    )
  if ((mode & 0o077) !== 0)
    throw new NetrcParseError(
      '~/.netrc access too permissive: access permissions must restrict access to only the owner',
    )
}
