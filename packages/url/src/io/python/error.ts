/** Python's module `urllib.error`. */
import { bind, builtins } from '@sluice/socket/python'
import { ByteFile } from './byte-file.ts'
import { addinfourl, type FileLike, type HTTPMessage } from './response.ts'

const { repr } = builtins

/** Nothing came of a request: the reason is a text, or the error that it was. */
export class URLError extends builtins.OSError {
  reason: string | Error
  override filename: string | null

  constructor(...args: unknown[]) {
    const { reason, filename } = bind('URLError', ['reason', 'filename?'], args)
    super(reason)
    this.reason = reason as string | Error
    this.filename = (filename as string | undefined) ?? null
    this.message = `<urlopen error ${reason instanceof Error ? reason.message : builtins.str(reason)}>`
  }
  __str__(): string {
    return this.message
  }
}

/** A response whose status is no success: an error, and the response that it is. */
export class HTTPError extends URLError {
  code: number
  msg: string
  hdrs: HTTPMessage
  fp: FileLike
  url: string
  readonly #file: InstanceType<typeof addinfourl>

  constructor(...args: unknown[]) {
    const parameters = ['url', 'code', 'msg', 'hdrs', 'fp']
    const given = bind('HTTPError', parameters, args)
    super(given['msg'])
    this.url = given['url'] as string
    this.filename = this.url
    this.code = given['code'] as number
    this.msg = given['msg'] as string
    this.hdrs = given['hdrs'] as HTTPMessage
    this.fp = (given['fp'] as FileLike | null) ?? ByteFile.of(new Uint8Array(0))
    this.#file = addinfourl(this.fp, this.hdrs, this.url, this.code)
    this.message = `HTTP Error ${builtins.str(this.code)}: ${builtins.str(this.msg)}`
    delete (this as { reason?: unknown }).reason
    Object.defineProperty(this, 'reason', {
      get: () => this.msg,
      set: (value) => {
        this.msg = value as string
      },
      configurable: true,
    })
  }
  get headers(): HTTPMessage {
    return this.hdrs
  }
  set headers(headers: HTTPMessage) {
    this.hdrs = headers
  }
  get status(): number {
    return this.code
  }
  get closed(): boolean {
    return this.#file.closed
  }
  info(): HTTPMessage {
    return this.hdrs
  }
  getcode(): number {
    return this.code
  }
  geturl(): string {
    return this.url
  }
  read(...args: unknown[]): Promise<Uint8Array> {
    return this.#file.read(...args)
  }
  readline(...args: unknown[]): Promise<Uint8Array> {
    return this.#file.readline(...args)
  }
  readlines(...args: unknown[]): Promise<Uint8Array[]> {
    return this.#file.readlines(...args)
  }
  close(): Promise<void> {
    return this.#file.close()
  }
  __enter__(): this {
    this.#file.__enter__()
    return this
  }
  async __exit__(): Promise<void> {
    await this.close()
  }
  [Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    return this.#file[Symbol.asyncIterator]()
  }
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
  __repr__(): string {
    return `<HTTPError ${builtins.str(this.code)}: ${repr(this.msg)}>`
  }
}

/** A download ended before its length. */
export class ContentTooShortError extends URLError {
  /** The name of the file, and the fields. */
  content: unknown
  constructor(...args: unknown[]) {
    const { message, content } = bind('ContentTooShortError', ['message', 'content'], args)
    super(message)
    this.content = content
  }
}
