/**
 * `http.server.SimpleHTTPRequestHandler`: answers GET and HEAD with files of a folder, as `python -m http.server` does. Names
 * that are no UTF-8 are served, too. Links that lead out of the folder are followed, as in Python; `@sluice/http/static`
 * does not.
 */
import { opendirSync } from 'node:fs'
import { type FileHandle, lstat, open, readdir, stat } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { bind, classAttributes, codecs } from '@sluice/socket/python'
import { parseDate } from '../../core/date.ts'
import { mimeType } from '../../core/mime-types.ts'
import { escapeHtml, quotePath, unquotePath } from './percent.ts'
import { RequestHandler } from './request-handler.ts'

const CHUNK = 65_536

/** Where Python's table has another answer than ours. */
const PYTHON_TYPES: Readonly<Record<string, string>> = {
  '.c': 'text/x-csrc',
  '.ico': 'image/vnd.microsoft.icon',
  '.tgz': 'application/x-tar',
  '.xml': 'application/xml',
}

/** What `copyfile` copies: a file, or a page in memory. */
export interface SourceFile {
  read(size?: number): Promise<Uint8Array>
  close(): Promise<void>
}

class DiskFile implements SourceFile {
  readonly #handle: FileHandle
  constructor(handle: FileHandle) {
    this.#handle = handle
  }
  async read(size: number = CHUNK): Promise<Uint8Array> {
    const { bytesRead, buffer } = await this.#handle.read(new Uint8Array(size), 0, size)
    return buffer.subarray(0, bytesRead)
  }
  close(): Promise<void> {
    return this.#handle.close()
  }
  fileno(): number {
    return this.#handle.fd
  }
}

class Page implements SourceFile {
  #rest: Uint8Array
  constructor(bytes: Uint8Array) {
    this.#rest = bytes
  }
  async read(size: number = this.#rest.length): Promise<Uint8Array> {
    const part = this.#rest.subarray(0, size)
    this.#rest = this.#rest.subarray(part.length)
    return part
  }
  async close(): Promise<void> {}
}

/** A path as the system has it: Python hides bytes that are no UTF-8 in surrogates. */
function onDisk(path: string): Buffer {
  return Buffer.from(codecs.encode(path, 'utf-8', 'surrogateescape'))
}

/** Answers with files; `SimpleHTTPRequestHandler(request, client_address, server, kw({ directory }))`. */
export class FileRequestHandler extends RequestHandler {
  static override server_version = 'SimpleHTTP/0.6'
  /** Media types by ending, before those that are known otherwise. */
  static extensions_map: Readonly<Record<string, string>> = {
    '.gz': 'application/gzip',
    '.Z': 'application/octet-stream',
    '.bz2': 'application/x-bzip2',
    '.xz': 'application/x-xz',
  }
  /** What a folder is answered with, where it is there. */
  static index_pages: readonly string[] = ['index.html', 'index.htm']
  declare extensions_map: Readonly<Record<string, string>>
  declare index_pages: readonly string[]
  /** The folder. */
  directory: string

  constructor(...args: unknown[]) {
    const given = bind(
      'SimpleHTTPRequestHandler',
      ['request', 'client_address', 'server', '*', 'directory?'],
      args,
    )
    super(given['request'], given['client_address'], given['server'])
    const directory = given['directory'] as string | { __fspath__(): string } | null | undefined
    this.directory =
      directory === null || directory === undefined
        ? process.cwd()
        : typeof directory === 'string'
          ? directory
          : directory.__fspath__()
  }

  async do_GET(): Promise<void> {
    const file = await this.send_head()
    if (!file) return
    try {
      await this.copyfile(file, this.wfile as unknown as { write(data: Uint8Array): unknown })
    } finally {
      await file.close()
    }
  }
  async do_HEAD(): Promise<void> {
    await (await this.send_head())?.close()
  }

  /** Sends the head of the answer. @returns what follows it, or nothing */
  async send_head(): Promise<SourceFile | null> {
    let path = this.translate_path(this.path)
    const facts = await stat(onDisk(path)).catch(() => undefined)
    if (facts?.isDirectory()) {
      const [, before = '', after = ''] = /^([^?#]*)(.*)$/s.exec(this.path) ?? []
      if (!before.endsWith('/')) {
        this.send_response(301)
        this.send_header('Location', `${before}/${after}`)
        this.send_header('Content-Length', '0')
        await this.end_headers()
        return null
      }
      const index = await this.#indexOf(path)
      if (index === undefined) return this.list_directory(path)
      path = index
    }
    return this.#sendFile(path)
  }
  async #indexOf(folder: string): Promise<string | undefined> {
    for (const name of this.index_pages) {
      const path = join(folder, name)
      if ((await stat(onDisk(path)).catch(() => undefined))?.isFile()) return path
    }
    return undefined
  }
  async #sendFile(path: string): Promise<SourceFile | null> {
    const type = this.guess_type(path)
    const handle = path.endsWith('/') ? undefined : await open(onDisk(path)).catch(() => undefined)
    if (handle === undefined) {
      await this.send_error(404, 'File not found')
      return null
    }
    try {
      const facts = await handle.stat()
      const modified = Math.trunc(facts.mtimeMs / 1000)
      if (!facts.isFile()) {
        await handle.close()
        await this.send_error(404, 'File not found')
        return null
      }
      if (this.#isKnown(modified)) {
        this.send_response(304)
        await this.end_headers()
        await handle.close()
        return null
      }
      this.send_response(200)
      this.send_header('Content-type', type)
      this.send_header('Content-Length', String(facts.size))
      this.send_header('Last-Modified', this.date_time_string(modified))
      await this.end_headers()
      return new DiskFile(handle)
    } catch (error) {
      await handle.close()
      throw error
    }
  }
  /** Whether the client has a copy that is as new (RFC 9110 §13.1.3). */
  #isKnown(modified: number): boolean {
    const since = this.headers.get('If-Modified-Since')
    if (since === null || this.headers.__contains__('If-None-Match')) return false
    const time = parseDate(since, Date.now())
    return time !== undefined && modified * 1000 <= time
  }

  /** Answers with the names in a folder. */
  async list_directory(path: string): Promise<SourceFile | null> {
    let names: string[]
    try {
      opendirSync(onDisk(path) as unknown as string).closeSync()
      const entries = await readdir(onDisk(path), { encoding: 'buffer' })
      names = entries.map((name) => codecs.decode(name, 'utf-8', 'surrogateescape'))
    } catch {
      await this.send_error(404, 'No permission to list directory')
      return null
    }
    const byName = (a: string, b: string): number =>
      a.toLowerCase() < b.toLowerCase() ? -1 : a.toLowerCase() > b.toLowerCase() ? 1 : 0
    const title = `Directory listing for ${escapeHtml(unquotePath(this.path))}`
    const lines = [
      '<!DOCTYPE HTML>',
      '<html lang="en">',
      '<head>',
      '<meta charset="utf-8">',
      `<title>${title}</title>\n</head>`,
      `<body>\n<h1>${title}</h1>`,
      '<hr>\n<ul>',
    ]
    for (const name of names.sort(byName)) {
      const full = onDisk(join(path, name))
      const isFolder = (await stat(full).catch(() => undefined))?.isDirectory() ?? false
      const isLink = (await lstat(full).catch(() => undefined))?.isSymbolicLink() ?? false
      const slash = isFolder ? '/' : ''
      const shown = escapeHtml(isLink ? `${name}@` : `${name}${slash}`)
      lines.push(`<li><a href="${quotePath(`${name}${slash}`)}">${shown}</a></li>`)
    }
    lines.push('</ul>\n<hr>\n</body>\n</html>\n')
    const page = codecs.encode(lines.join('\n'), 'utf-8', 'surrogateescape')
    this.send_response(200)
    this.send_header('Content-type', 'text/html; charset=utf-8')
    this.send_header('Content-Length', String(page.length))
    await this.end_headers()
    return new Page(page)
  }

  /** The path of a file for that of a URL; it never leads out of the folder by `..`. */
  translate_path(...args: unknown[]): string {
    const { path } = bind('translate_path', ['path'], args) as { path: string }
    const [text = ''] = path.split(/[?#]/, 1)
    const isFolder = text.trimEnd().endsWith('/')
    const words: string[] = []
    for (const word of unquotePath(text).split('/')) {
      if (word === '..') words.pop()
      else if (word !== '' && word !== '.' && !isUnsafe(word)) words.push(word)
    }
    return [this.directory, ...words].reduce((at, word) => join(at, word)) + (isFolder ? '/' : '')
  }
  /** Copies a file to the client. */
  async copyfile(source: SourceFile, output: { write(data: Uint8Array): unknown }): Promise<void> {
    for (let piece = await source.read(CHUNK); piece.length > 0; piece = await source.read(CHUNK))
      await output.write(piece)
  }
  /** The media type for a path, by its ending. */
  guess_type(...args: unknown[]): string {
    const { path } = bind('guess_type', ['path'], args) as { path: string }
    const ending = extname(path)
    const type = this.extensions_map[ending] ?? this.extensions_map[ending.toLowerCase()]
    if (type !== undefined) return type
    if (ending === '') return 'application/octet-stream'
    // Python tells no charset, and neither do those who compare.
    return PYTHON_TYPES[ending.toLowerCase()] ?? (mimeType(path).split(';')[0] as string)
  }
}
classAttributes(FileRequestHandler, ['server_version', 'extensions_map', 'index_pages'])

/** What is more than one name: a drive or a separator of Windows. */
function isUnsafe(word: string): boolean {
  return process.platform === 'win32' && /[\\:]/.test(word)
}
