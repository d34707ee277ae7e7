/**
 * `http.client.HTTPResponse`: a response that is read from a socket's file, as Python reads it: by lines, without a byte
 * beyond its end.
 *
 * Where CPython and RFC 9112 disagree about where a body ends, this is stricter than CPython: a length that is none, lengths
 * that differ, both framings at once, a chunk size in other digits, a chunk without its CRLF are refused. Each of them lets
 * two programs on one connection see different messages.
 */
import { bind, builtins, type Callable, callable, type Given } from '@sluice/socket/python'
import {
  BadStatusLine,
  HTTPException,
  IncompleteRead,
  LineTooLong,
  MAX_LINE,
  RemoteDisconnected,
  ResponseNotReady,
  UnknownProtocol,
} from './client-errors.ts'
import { type FileLike, joinBytes, latin1, type SocketLike } from './file-like.ts'
import { HTTPMessage, readMessage } from './message.ts'

const { repr } = builtins
/** What Python has before `begin()`. Types leave it out, as typeshed does. */
const UNKNOWN = 'UNKNOWN' as never
/** Python's own limit. */
export const MAX_HEADERS = 100
const NOTHING = new Uint8Array(0)

/** A line, its end included. @throws {LineTooLong} */
async function readLine(fp: FileLike, kind: string): Promise<Uint8Array> {
  const line = await fp.readline(MAX_LINE + 1)
  if (line.length > MAX_LINE) throw new LineTooLong(kind)
  return line
}

/** Lines up to the empty one, which is the last of them. */
async function readHeaderLines(fp: FileLike): Promise<string[]> {
  const lines: string[] = []
  for (;;) {
    const line = latin1(await readLine(fp, 'header line'))
    lines.push(line)
    if (lines.length > MAX_HEADERS) throw new HTTPException(`got more than ${MAX_HEADERS} headers`)
    if (line === '\r\n' || line === '\n' || line === '') return lines
  }
}

/**
 * Reads fields from a file: `parse_headers(fp)`.
 *
 * @throws {LineTooLong} a line has more than 65 536 bytes. {HTTPException} more than 100 fields
 */
export async function parse_headers(...args: unknown[]): Promise<InstanceType<typeof HTTPMessage>> {
  const { fp, _class = HTTPMessage } = bind('parse_headers', ['fp', '_class?'], args)
  const lines = await readHeaderLines(fp as FileLike)
  return readMessage(lines, (_class as typeof HTTPMessage)())
}

class Response implements AsyncIterable<Uint8Array> {
  fp: FileLike | null
  debuglevel: number
  _method: string | null
  headers: InstanceType<typeof HTTPMessage> = null as never
  msg: InstanceType<typeof HTTPMessage> = null as never
  /** 10 or 11. */
  version: number = UNKNOWN
  status: number = UNKNOWN
  code: number = UNKNOWN
  reason: string = UNKNOWN
  chunked: boolean = UNKNOWN
  /** Bytes of the present chunk that are to come; `null` between chunks. */
  chunk_left: number | null = UNKNOWN
  /** Bytes of the body that are to come; `null` where nobody knows. */
  length: number | null = UNKNOWN
  will_close: boolean = UNKNOWN
  /** Whether `close()` was called; a body that was read to its end is `isclosed()`. */
  closed = false
  url: string | null = null

  /** `HTTPResponse(sock, debuglevel, method, url)` */
  constructor(...args: unknown[]) {
    const given = bind('HTTPResponse', ['sock', 'debuglevel?', 'method?', 'url?'], args)
    this.fp = (given['sock'] as SocketLike).makefile('rb')
    this.debuglevel = (given['debuglevel'] as number | undefined) ?? 0
    this._method = (given['method'] as string | undefined) ?? null
  }

  /** Version, status and reason of the first line. */
  async _read_status(): Promise<[version: string, status: number, reason: string]> {
    const line = latin1(await readLine(this.fp as FileLike, 'status line'))
    if (this.debuglevel > 0) print('reply:', repr(line))
    if (line === '') throw new RemoteDisconnected('Remote end closed connection without response')
    const [, version = '', code = '', reason = ''] =
      /^[ \t\n\r\f\v]*(\S+)(?:\s+(\S+)(?:\s+(.*))?)?/s.exec(line) ?? []
    if (!version.startsWith('HTTP/') || code === '') {
      if (!version.startsWith('HTTP/')) await this._close_conn()
      throw new BadStatusLine(line)
    }
    if (!/^[1-9]\d\d$/.test(code)) throw new BadStatusLine(line)
    return [version, Number(code), reason]
  }

  /** Reads the head; interim responses are skipped. */
  async begin(): Promise<void> {
    if (this.headers !== null) return
    let [version, status, reason] = await this._read_status()
    while (status === 100) {
      const skipped = await readHeaderLines(this.fp as FileLike)
      if (this.debuglevel > 0) print('headers:', repr(skipped))
      ;[version, status, reason] = await this._read_status()
    }
    this.code = status
    this.status = status
    this.reason = reason.trim()
    if (version === 'HTTP/1.0') this.version = 10
    else if (/^HTTP\/1\.\d$/.test(version)) this.version = 11
    else throw new UnknownProtocol(version)
    const headers = await parse_headers(this.fp)
    if (headers.defects.includes('MissingHeaderBodySeparatorDefect'))
      throw new HTTPException(`a header line without a name: ${repr(headers._payload)}`)
    this.headers = headers
    this.msg = headers
    if (this.debuglevel > 0)
      for (const [name, value] of headers.items()) print('header:', `${name}:`, value)
    this.#frame(headers, status)
  }

  /** RFC 9112 §6.3, with what Python calls its outcome. */
  #frame(headers: InstanceType<typeof HTTPMessage>, status: number): void {
    const coding = headers.get('transfer-encoding')
    const lengths = headers.get_all<string[]>('content-length', []).map((text) => text.trim())
    this.chunked = coding !== null && coding.trim().toLowerCase() === 'chunked'
    this.chunk_left = this.chunked ? null : UNKNOWN
    this.length = null
    const isBodiless =
      status === 204 || status === 304 || (status >= 100 && status < 200) || this._method === 'HEAD'
    if (!isBodiless && !(this._method === 'CONNECT' && status >= 200 && status < 300)) {
      if (coding !== null && lengths.length > 0)
        throw new HTTPException('both Transfer-Encoding and Content-Length')
      const [first, ...others] = lengths
      if (others.some((other) => other !== first))
        throw new HTTPException(`Content-Length values differ: ${lengths.join(', ')}`)
      if (first !== undefined && !/^\d{1,15}$/.test(first))
        throw new HTTPException(`invalid Content-Length ${repr(first)}`)
    }
    if (!this.chunked && lengths.length > 0 && /^\d{1,15}$/.test(lengths[0] as string))
      this.length = Number(lengths[0])
    if (isBodiless) this.length = 0
    this.will_close = this._check_close()
    if (!this.will_close && !this.chunked && this.length === null) this.will_close = true
  }

  _check_close(): boolean {
    const has = (name: string, word: string): boolean =>
      (this.headers?.get(name, '') ?? '').toLowerCase().includes(word)
    if (this.version === 11) return has('connection', 'close')
    if (this.headers?.get('keep-alive')) return false
    return !has('connection', 'keep-alive') && !has('proxy-connection', 'keep-alive')
  }

  async _close_conn(): Promise<void> {
    const { fp } = this
    this.fp = null
    await fp?.close()
  }
  async close(): Promise<void> {
    this.closed = true
    if (this.fp !== null) await this._close_conn()
  }
  async flush(): Promise<void> {
    await this.fp?.flush?.()
  }
  readable(): boolean {
    return true
  }
  writable(): boolean {
    return false
  }
  seekable(): boolean {
    return false
  }
  /** Whether the whole body has been read. */
  isclosed(): boolean {
    return this.fp === null
  }

  // Reading.

  /**
   * The body, or so many bytes of it: less at its end only.
   *
   * @throws {IncompleteRead} the connection ended before the body did
   */
  async read(...args: Given<[amt?: number | null]>): Promise<Uint8Array> {
    const { amt } = bind('read', ['amt?'], args)
    const wanted = amt === undefined || amt === null || (amt as number) < 0 ? null : (amt as number)
    if (this.fp === null) return NOTHING
    if (this._method === 'HEAD') {
      await this._close_conn()
      return NOTHING
    }
    if (this.chunked) return this.#readChunked(wanted)
    const length = this.length as number | null
    if (wanted !== null) {
      const size = length === null ? wanted : Math.min(wanted, length)
      const data = await this.fp.read(size)
      if (data.length === 0 && size > 0) await this._close_conn()
      else await this.#took(data.length)
      return data
    }
    let data: Uint8Array
    if (length === null) data = await this.fp.read()
    else {
      try {
        data = await this.#safeRead(length)
      } catch (error) {
        if (error instanceof IncompleteRead) await this._close_conn()
        throw error
      }
      this.length = 0
    }
    await this._close_conn()
    return data
  }

  /** Reads into a buffer. @returns how many bytes */
  async readinto(...args: Given<[b: Uint8Array]>): Promise<number> {
    const { b } = bind('readinto', ['b'], args) as { b: Uint8Array }
    const data = await this.read(b.length)
    b.set(data)
    return data.length
  }

  /** At most so many bytes, with one read at most. */
  async read1(...args: Given<[n?: number]>): Promise<Uint8Array> {
    const { n = -1 } = bind('read1', ['n?'], args) as { n?: number }
    if (this.fp === null || this._method === 'HEAD') return NOTHING
    if (this.chunked) return this.#read1Chunked(n)
    const length = this.length as number | null
    const wanted = length !== null && (n < 0 || n > length) ? length : n
    const data = await this.fp.read1(wanted)
    if (data.length === 0 && wanted !== 0) await this._close_conn()
    else if (length !== null) this.length = length - data.length
    return data
  }

  /** What is to come, without taking it: at least a byte, unless this is the end. */
  async peek(...args: Given<[n?: number]>): Promise<Uint8Array> {
    const { n = -1 } = bind('peek', ['n?'], args) as { n?: number }
    if (this.fp === null || this._method === 'HEAD') return NOTHING
    if (!this.chunked) return this.fp.peek(n)
    let left: number | null
    try {
      left = await this.#chunkLeft()
    } catch (error) {
      if (error instanceof IncompleteRead) return NOTHING
      throw error
    }
    return left === null ? NOTHING : (await this.fp.peek(left)).subarray(0, left)
  }

  /** A line with its end. */
  async readline(...args: Given<[limit?: number]>): Promise<Uint8Array> {
    const { limit = -1 } = bind('readline', ['limit?'], args) as { limit?: number }
    if (this.fp === null || this._method === 'HEAD') return NOTHING
    if (this.chunked) return this.#lineOfChunks(limit)
    const length = this.length as number | null
    const most = length !== null && (limit < 0 || limit > length) ? length : limit
    const line = await this.fp.readline(most)
    if (line.length === 0 && most !== 0) await this._close_conn()
    else if (length !== null) this.length = length - line.length
    return line
  }
  /** Every line; no more once they have so many bytes. */
  async readlines(...args: Given<[hint?: number]>): Promise<Uint8Array[]> {
    const { hint = -1 } = bind('readlines', ['hint?'], args) as { hint?: number }
    const lines: Uint8Array[] = []
    let size = 0
    for await (const line of this) {
      lines.push(line)
      size += line.length
      if (hint > 0 && size >= hint) break
    }
    return lines
  }
  /** Lines, as Python's iteration has them. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    for (let line = await this.readline(); line.length > 0; line = await this.readline()) yield line
  }

  async #took(size: number): Promise<void> {
    if (this.length === null) return
    this.length = (this.length as number) - size
    if (this.length === 0) await this._close_conn()
  }

  async #safeRead(size: number): Promise<Uint8Array> {
    const data = await (this.fp as FileLike).read(size)
    if (data.length < size) throw new IncompleteRead(data, size - data.length)
    return data
  }

  // Chunks.

  /** Bytes left of the present chunk, or of the next one; `null` at the end of the body. */
  async #chunkLeft(): Promise<number | null> {
    let left = this.chunk_left as number | null
    if (left) return left
    if (left !== null) {
      const end = latin1(await this.#safeRead(2))
      if (end !== '\r\n') throw await this.#broken()
    }
    left = await this.#nextChunkSize()
    if (left === 0) {
      await this.#skipTrailers()
      await this._close_conn()
      left = null
    }
    this.chunk_left = left
    return left
  }
  async #nextChunkSize(): Promise<number> {
    const line = latin1(await readLine(this.fp as FileLike, 'chunk size'))
    const [, digits] = /^([\da-f]{1,16})(?:[ \t]*;[^\r\n]*)?\r\n$/i.exec(line) ?? []
    const size = Number.parseInt(digits ?? '', 16)
    if (!Number.isSafeInteger(size)) throw await this.#broken()
    return size
  }
  async #broken(): Promise<IncompleteRead> {
    await this._close_conn()
    return new IncompleteRead(NOTHING)
  }
  async #skipTrailers(): Promise<void> {
    for (;;) {
      const line = latin1(await readLine(this.fp as FileLike, 'trailer line'))
      if (line === '\r\n' || line === '\n' || line === '') return
    }
  }

  async #readChunked(wanted: number | null): Promise<Uint8Array> {
    const parts: Uint8Array[] = []
    let more = wanted ?? Number.POSITIVE_INFINITY
    try {
      for (;;) {
        const left = await this.#chunkLeft()
        if (left === null) break
        const size = Math.min(left, more)
        parts.push(await this.#safeRead(size))
        this.chunk_left = left - size
        more -= size
        if (more === 0) break
      }
    } catch (error) {
      if (error instanceof IncompleteRead) throw new IncompleteRead(joinBytes(parts))
      throw error
    }
    return joinBytes(parts)
  }
  async #read1Chunked(n: number): Promise<Uint8Array> {
    const left = await this.#chunkLeft()
    if (left === null || n === 0) return NOTHING
    const data = await (this.fp as FileLike).read1(n >= 0 && n <= left ? n : left)
    this.chunk_left = left - data.length
    if (data.length === 0) throw new IncompleteRead(NOTHING)
    return data
  }
  async #lineOfChunks(limit: number): Promise<Uint8Array> {
    const parts: Uint8Array[] = []
    let more = limit < 0 ? Number.POSITIVE_INFINITY : limit
    while (more > 0) {
      const ahead = await this.peek()
      if (ahead.length === 0) break
      const end = ahead.indexOf(10) + 1
      const size = Math.min(end === 0 ? ahead.length : end, more)
      const part = await this.read(size)
      parts.push(part)
      more -= part.length
      if (end > 0 && part.length === end) break
    }
    return joinBytes(parts)
  }

  // Facts.

  fileno(): number {
    return (this.fp as FileLike).fileno()
  }
  /**
   * A field; several of the same name in one text.
   *
   * @throws {ResponseNotReady} before `begin()`
   */
  getheader(name: string): string | null
  getheader<T>(name: string, fallback: T): string | T
  getheader(...args: unknown[]): unknown
  getheader(...args: unknown[]): unknown {
    const { name, default: fallback = null } = bind('getheader', ['name', 'default?'], args)
    if (this.headers === null) throw new ResponseNotReady()
    const found = this.headers.get_all(name as string) ?? fallback
    return Array.isArray(found) ? found.join(', ') : found
  }
  getheaders(): [name: string, value: string][] {
    if (this.headers === null) throw new ResponseNotReady()
    return this.headers.items()
  }
  info(): InstanceType<typeof HTTPMessage> {
    return this.headers
  }
  geturl(): string | null {
    return this.url
  }
  getcode(): number {
    return this.status
  }
  __enter__(): this {
    return this
  }
  async __exit__(): Promise<void> {
    await this.close()
  }
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
/** A response that is being read. */
export const HTTPResponse: Callable<typeof Response> = callable(Response, 'HTTPResponse')

/** Python's `print`. */
export function print(...words: string[]): void {
  process.stdout.write(`${words.join(' ')}\n`)
}
