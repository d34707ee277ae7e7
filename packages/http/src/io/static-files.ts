/**
 * `staticFiles`: a handler that serves a folder. Which path is served is decided in `core/static-path.ts`, what of a file in
 * `core/fields/range.ts` and `conditional.ts`, what a listing looks like in `core/listing.ts`; this file asks the file
 * system.
 *
 * Rules it keeps:
 * - Nothing outside of the folder: also not by a link in it, which is followed and looked at before anything is opened.
 * - A file that is not there, one that is refused and one that may not be read are the same 404: a stranger learns nothing.
 *   Where the process has no descriptor left it is 503, as the file may well be there. Both are found out before the head
 *   of the response leaves.
 * - The file that is sent is the one whose size and date were told: a change in between ends the response.
 */
import { createHash } from 'node:crypto'
import { open, readdir, realpath, stat } from 'node:fs/promises'
import { join, resolve, sep } from 'node:path'
import { checkOptions } from '../core/check-options.ts'
import { formatDate } from '../core/date.ts'
import { chooseCoding } from '../core/fields/accept.ts'
import { evaluatePreconditions, rangeApplies } from '../core/fields/conditional.ts'
import { formatContentRange } from '../core/fields/content-range.ts'
import { type ByteRange, planRanges } from '../core/fields/range.ts'
import { isCompressible, mimeType } from '../core/mime-types.ts'
import { folderPath, isShortName, parseStaticPath, type StaticPath } from '../core/static-path.ts'
import { FileCache, type FoundFile, isSame, SMALL_FILE } from './file-cache.ts'
import { randomBoundary } from './form-content.ts'
import { Response } from './response.ts'
import type { Handler } from './server-context.ts'

/** How to serve a folder. */
export interface StaticOptions {
  /** Files that stand for their folder; default `['index.html']`. */
  index?: readonly string[] | undefined
  /** Whether a folder without such a file is listed; default false: 404. */
  listing?: boolean | undefined
  /** A file, from the folder, that answers for every path without a file of its own and without a dot; default none. */
  fallback?: string | undefined
  /** Whether names with a dot in front are served; default false. */
  hidden?: boolean | undefined
  /** Seconds that a response is fresh (`Cache-Control: max-age`); default: the field is left out. */
  maxAge?: number | undefined
  /** What stands in front of the paths of the folder, for a handler on a route: `/files` for `/files/*`. Default: nothing. */
  prefix?: string | undefined
  /**
   * Bytes of memory for small files (up to 64 KiB each) that were asked for lately; each is asked for its date at every
   * request. Default 8 MiB, 0 for none.
   */
  memory?: number | undefined
  /** Whether `name.br` and `name.gz` are sent in the place of `name` to who takes them; default false. */
  precompressed?: boolean | undefined
}

const KEYS = [
  'index',
  'listing',
  'fallback',
  'hidden',
  'maxAge',
  'prefix',
  'precompressed',
  'memory',
]
const MEMORY = 8_388_608
const WINDOWS = process.platform === 'win32'
/** Codings of files that lie beside the original, the smallest first. */
const SIBLINGS = [
  ['br', '.br'],
  ['gzip', '.gz'],
] as const
const PIECE = 65_536

/**
 * Makes a handler that serves a folder.
 *
 * @param root the folder; relative paths are relative to the working directory
 * @param options index, listing, fallback, caching, what stands in front
 * @returns a handler for GET and HEAD; other methods are 405
 * @throws {TypeError} for an option that there is not, or a prefix that is no path
 * @see RFC 9110 §9.3.1, §13, §14
 * @example const server = await serve(staticFiles('public', { listing: true }), { port: 8000 })
 */
export function staticFiles(root: string, options: StaticOptions = {}): Handler {
  checkOptions('staticFiles', options, KEYS)
  const files = new StaticFiles(resolve(root), options)
  return (request) => files.handle(request) as unknown as Promise<globalThis.Response>
}

class StaticFiles {
  readonly #root: string
  readonly #options: StaticOptions
  /** Without a slash at its end. */
  readonly #prefix: string
  /** The root without links, found by the first request. */
  #real: string | undefined
  readonly #cache: FileCache

  constructor(root: string, options: StaticOptions) {
    this.#root = root
    this.#options = options
    const { prefix = '', memory = MEMORY } = options
    if (typeof memory !== 'number') throw new TypeError('staticFiles: memory must be a number')
    if (!(memory >= 0)) throw new RangeError(`staticFiles: memory must be 0 or more, not ${memory}`)
    this.#cache = new FileCache(memory)
    if (prefix !== '' && !/^\/(?!\/)/.test(prefix))
      throw new TypeError(
        `staticFiles: prefix begins with one slash, not ${JSON.stringify(prefix)}`,
      )
    this.#prefix = prefix.replace(/\/+$/, '')
  }

  async handle(request: globalThis.Request): Promise<Response> {
    const { method, headers } = request
    if (method !== 'GET' && method !== 'HEAD')
      return new Response('405 Method Not Allowed\n', {
        status: 405,
        headers: [['Allow', 'GET, HEAD']],
      })
    const url = new URL(request.url)
    const { hidden = false, fallback, listing = false, index = ['index.html'] } = this.#options
    const prefix = this.#prefix
    // `/files` is the folder `/files/`, and `/filesystem` is something else.
    if (!`${url.pathname}/`.startsWith(`${prefix}/`)) return notFound()
    const path = parseStaticPath(url.pathname.slice(prefix.length), hidden)
    if (path === undefined || (WINDOWS && !hidden && path.names.some(isShortName)))
      return notFound()
    const found = await this.#find(path.names)
    if (found?.stats.isDirectory()) {
      if (!path.isFolder) return redirect(prefix + folderPath(path.names) + url.search)
      for (const name of index) {
        const file = await this.#find([...path.names, name])
        if (file?.stats.isFile()) return this.#file(file, headers, method)
      }
      if (listing) return this.#list(path, url.searchParams)
    } else if (found?.stats.isFile() && !path.isFolder) return this.#file(found, headers, method)
    if (fallback === undefined || /\.[^/]*$/.test(path.names.at(-1) ?? '')) return notFound()
    const page = await this.#find(fallback.split('/').filter((name) => name !== ''))
    return page?.stats.isFile() ? this.#file(page, headers, method) : notFound()
  }

  /** What is there, if it lies in the folder once all links are followed. */
  async #find(names: readonly string[]): Promise<FoundFile | undefined> {
    try {
      this.#real ??= await realpath(this.#root)
      return await this.#look(join(this.#real, ...names))
    } catch {
      return undefined
    }
  }

  async #look(place: string): Promise<FoundFile | undefined> {
    if (this.#cache.has(place)) {
      const kept = this.#cache.find(place, await stat(place))
      if (kept !== undefined) return kept
    }
    const path = await realpath(place)
    const real = this.#real as string
    const below = real.endsWith(sep) ? real : real + sep
    if (path !== real && !path.startsWith(below)) return undefined
    return { place, path, stats: await stat(path) }
  }

  /** The bytes of a small file, read at once and kept. */
  async #read(file: FoundFile): Promise<FoundFile | Response> {
    const now = Date.now()
    const bytes = new Uint8Array(file.stats.size)
    let at = 0
    try {
      for await (const piece of readRanges(file, [{ range: [0, bytes.length - 1] }])) {
        bytes.set(piece, at)
        at += piece.length
      }
    } catch (error) {
      return refusal(error)
    }
    const whole = { ...file, bytes }
    this.#cache.add(whole, now)
    return whole
  }

  async #file(original: FoundFile, asked: globalThis.Headers, method: string): Promise<Response> {
    const type = mimeType(original.path)
    const headers: [string, string][] = [['Content-Type', type]]
    let file = original
    if (this.#options.precompressed && isCompressible(type)) {
      headers.push(['Vary', 'Accept-Encoding'])
      const sibling = await this.#sibling(original, asked.get('accept-encoding'))
      if (sibling !== undefined) {
        file = sibling.file
        headers.push(['Content-Encoding', sibling.coding])
      }
    }
    const { size, mtimeMs } = file.stats
    const etag = `"${size.toString(16)}-${Math.trunc(mtimeMs * 1000).toString(16)}"`
    const lastModified = formatDate(mtimeMs)
    headers.push(['ETag', etag], ['Last-Modified', lastModified], ['Accept-Ranges', 'bytes'])
    const { maxAge } = this.#options
    if (maxAge !== undefined) headers.push(['Cache-Control', `max-age=${maxAge}`])
    const validators = { etag, lastModified }
    const now = Date.now()
    const verdict = evaluatePreconditions(method, asked, validators, now)
    if (verdict !== 200) return new Response(null, { status: verdict, headers })
    const applies = rangeApplies(asked.get('if-range'), validators, now)
    const plan = planRanges(method === 'GET' && applies ? asked.get('range') : undefined, size)
    if (plan.status === 416) {
      const range = formatContentRange({ range: undefined, length: size })
      return new Response(null, { status: 416, headers: [...headers, ['Content-Range', range]] })
    }
    const isHead = method === 'HEAD'
    const isSmall = size > 0 && size <= SMALL_FILE
    if (file.bytes === undefined) {
      const read = isSmall && !isHead ? await this.#read(file) : await openable(file)
      if (read instanceof Response) return read
      file = read
    }
    if (plan.status === 200) return whole(file, headers, isHead)
    return plan.ranges.length === 1
      ? part(file, headers, plan.ranges[0] as ByteRange)
      : parts(file, headers, plan.ranges, type)
  }

  async #sibling(
    { path, stats }: FoundFile,
    accept: string | null,
  ): Promise<{ file: FoundFile; coding: string } | undefined> {
    const there = await Promise.all(
      SIBLINGS.map(async ([coding, ending]) => {
        const file = await this.#look(path + ending).catch(() => undefined)
        // One that is older is of another version.
        const isGood = file?.stats.isFile() === true && file.stats.mtimeMs >= stats.mtimeMs
        return isGood ? { coding, file } : undefined
      }),
    )
    const known = there.filter((one) => one !== undefined)
    const choice = chooseCoding(accept, [...known.map(({ coding }) => coding), 'identity'])
    return known.find(({ coding }) => coding === choice)
  }

  async #list({ names }: StaticPath, params: URLSearchParams): Promise<Response> {
    const { hidden = false } = this.#options
    const folder = await this.#find(names)
    let all: string[] = []
    try {
      if (folder !== undefined) all = await readdir(folder.path)
    } catch (error) {
      if (isShort(error)) return refusal(error)
    }
    const shown = all.filter((name) => hidden || !name.startsWith('.'))
    const entries = await Promise.all(
      shown.map(async (name) => {
        const found = await this.#find([...names, name])
        if (found === undefined) return undefined
        const { stats } = found
        const isFolder = stats.isDirectory()
        return { name, isFolder, size: isFolder ? undefined : stats.size, modified: stats.mtimeMs }
      }),
    )
    // Loaded by the first who wants one.
    const { formatListing, parseListingQuery } = await import('../core/listing.ts')
    const { SCRIPT } = await import('../core/listing-parts.ts')
    const page = formatListing(
      names,
      entries.filter((entry) => entry !== undefined),
      parseListingQuery(params),
    )
    const hash = createHash('sha256').update(SCRIPT).digest('base64')
    const policy = `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${hash}'; base-uri 'none'`
    return new Response(page, {
      headers: [
        ['Content-Type', 'text/html; charset=utf-8'],
        ['Content-Security-Policy', policy],
        ['Cache-Control', 'no-cache'],
      ],
    })
  }
}

/** Whether it is descriptors that are missing, and not the file. */
function isShort(error: unknown): boolean {
  return /^E[MN]FILE$/.test((error as NodeJS.ErrnoException | null)?.code ?? '')
}

/** What is said of a file that can't be read. */
function refusal(error: unknown): Response {
  return isShort(error)
    ? new Response('503 Service Unavailable\n', { status: 503, headers: { 'Retry-After': '1' } })
    : notFound()
}

/** A file whose bytes leave after the head: tried before, and closed again, since nobody has to read a response. */
async function openable(file: FoundFile): Promise<FoundFile | Response> {
  try {
    await (await open(file.path, 'r')).close()
    return file
  } catch (error) {
    return refusal(error)
  }
}

function notFound(): Response {
  return new Response('404 Not Found\n', { status: 404 })
}

function redirect(location: string): Response {
  return new Response(null, { status: 308, headers: [['Location', location]] })
}

function whole(file: FoundFile, headers: [string, string][], isHead: boolean): Response {
  const { size } = file.stats
  const length: [string, string] = ['Content-Length', String(size)]
  if (isHead || size === 0) return new Response(null, { headers: [...headers, length] })
  const body = file.bytes ?? readRanges(file, [{ range: [0, size - 1] }])
  return new Response(body, { headers: [...headers, length] })
}

function part(file: FoundFile, headers: [string, string][], range: ByteRange): Response {
  const contentRange = formatContentRange({ range, length: file.stats.size })
  const length = String(range[1] - range[0] + 1)
  return new Response(readRanges(file, [{ range }]), {
    status: 206,
    headers: [...headers, ['Content-Range', contentRange], ['Content-Length', length]],
  })
}

/** RFC 9110 §15.3.7.2: each part with a head of its own. */
function parts(
  file: FoundFile,
  headers: [string, string][],
  ranges: readonly ByteRange[],
  type: string,
): Response {
  const boundary = randomBoundary()
  const length = file.stats.size
  const pieces: Piece[] = ranges.flatMap((range, i) => [
    {
      text:
        `${i === 0 ? '' : '\r\n'}--${boundary}\r\nContent-Type: ${type}\r\n` +
        `Content-Range: ${formatContentRange({ range, length })}\r\n\r\n`,
    },
    { range },
  ])
  pieces.push({ text: `\r\n--${boundary}--\r\n` })
  const size = pieces.reduce((sum, piece) => sum + sizeOf(piece), 0)
  const others = headers.filter(([name]) => name !== 'Content-Type')
  return new Response(readRanges(file, pieces), {
    status: 206,
    headers: [
      ...others,
      ['Content-Type', `multipart/byteranges; boundary=${boundary}`],
      ['Content-Length', String(size)],
    ],
  })
}

type Piece = { readonly text: string } | { readonly range: ByteRange }

function sizeOf(piece: Piece): number {
  return 'text' in piece ? piece.text.length : piece.range[1] - piece.range[0] + 1
}

/** The bytes of a file: those at hand, else from the disk, opened when the first of them is wanted and closed whatever happens. */
async function* readRanges(
  { path, stats, bytes }: FoundFile,
  pieces: readonly Piece[],
): AsyncGenerator<Uint8Array> {
  if (bytes !== undefined) {
    for (const piece of pieces)
      yield 'text' in piece
        ? Buffer.from(piece.text)
        : bytes.subarray(piece.range[0], piece.range[1] + 1)
    return
  }
  const file = await open(path, 'r')
  try {
    // Also another file in its place, behind a link that leads elsewhere, which may be as long and as old.
    if (!isSame(await file.stat(), stats))
      throw new Error(`${path} has changed since its size was told`)
    for (const piece of pieces) {
      if ('text' in piece) {
        yield Buffer.from(piece.text)
        continue
      }
      const [first, last] = piece.range
      for (let at = first; at <= last; ) {
        const buffer = new Uint8Array(Math.min(PIECE, last - at + 1))
        const { bytesRead } = await file.read(buffer, 0, buffer.length, at)
        if (bytesRead === 0) throw new Error(`${path} has become shorter`)
        at += bytesRead
        yield buffer.subarray(0, bytesRead)
      }
    }
  } finally {
    await file.close()
  }
}
