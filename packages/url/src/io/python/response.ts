/** Python's module `urllib.response`: a file with the facts of a response. */
import type { http } from '@sluice/http/python'
import { bind, builtins, type Callable, callable } from '@sluice/socket/python'

/** The fields of a response. */
export type HTTPMessage = InstanceType<typeof http.client.HTTPMessage>

/** What is wrapped: any file of Python, ours or a program's own. */
export interface FileLike {
  readonly closed?: boolean
  read(size?: number | null): unknown
  readline?(limit?: number): unknown
  close(): unknown
}

/** What `urlopen` gives: a response of `http.client`, or an `addinfourl` where no HTTP was spoken. */
export interface UrlResponse extends AsyncIterable<Uint8Array>, AsyncDisposable {
  /** Of HTTP; null for a file. */
  readonly status: number
  readonly code: number
  /** Of HTTP. */
  readonly reason?: string
  /** Where it came from, after redirects. */
  readonly url: string
  readonly headers: HTTPMessage
  readonly closed: boolean
  read(size?: number | null): Promise<Uint8Array>
  read1(size?: number): Promise<Uint8Array>
  readinto(buffer: Uint8Array): Promise<number>
  readline(limit?: number): Promise<Uint8Array>
  readlines(hint?: number): Promise<Uint8Array[]>
  info(): HTTPMessage
  geturl(): string
  getcode(): number
  close(): Promise<void>
}

class Base implements AsyncIterable<Uint8Array> {
  fp: FileLike

  constructor(...args: unknown[]) {
    const { fp } = bind('addbase', ['fp'], args)
    this.fp = fp as FileLike
  }
  /** The same under the name that it has in `tempfile`. */
  get file(): FileLike {
    return this.fp
  }
  get closed(): boolean {
    return Boolean(this.fp.closed)
  }
  read(...args: unknown[]): Promise<Uint8Array> {
    return this.#ask('read', args)
  }
  read1(...args: unknown[]): Promise<Uint8Array> {
    return this.#ask('read1', args)
  }
  readline(...args: unknown[]): Promise<Uint8Array> {
    return this.#ask('readline', args)
  }
  readlines(...args: unknown[]): Promise<Uint8Array[]> {
    return this.#ask('readlines', args)
  }
  readinto(...args: unknown[]): Promise<number> {
    return this.#ask('readinto', args)
  }
  fileno(): number {
    return this.#ask('fileno', [])
  }
  flush(): unknown {
    return null
  }
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    for (;;) {
      const line = await this.readline()
      if (line.length === 0) return
      yield line
    }
  }
  async close(): Promise<void> {
    await this.fp.close()
  }
  __enter__(): this {
    if (this.closed) throw new builtins.ValueError('I/O operation on closed file')
    return this
  }
  async __exit__(): Promise<void> {
    await this.close()
  }
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
  __repr__(): string {
    return `<${this.constructor.name} whose fp = ${String(this.fp)}>`
  }
  /** A file of a program's own may answer at once. */
  #ask(name: string, args: unknown[]): never {
    const method = (this.fp as unknown as Record<string, unknown>)[name]
    if (typeof method !== 'function')
      throw new builtins.AttributeError(`the file has no attribute '${name}'`)
    return Reflect.apply(method, this.fp, args) as never
  }
}
/** A file, and nothing more. */
export const addbase: Callable<typeof Base> = callable(Base, 'addbase')

class CloseHook extends Base {
  closehook: ((...args: unknown[]) => unknown) | null
  hookargs: unknown[] | null

  constructor(fp: unknown, closehook: (...args: unknown[]) => unknown, ...hookargs: unknown[]) {
    super(fp)
    this.closehook = closehook
    this.hookargs = hookargs
  }
  override async close(): Promise<void> {
    const { closehook, hookargs } = this
    this.closehook = null
    this.hookargs = null
    try {
      if (closehook) await closehook(...(hookargs ?? []))
    } finally {
      await super.close()
    }
  }
}
/** A file, and what is to be done when it is closed. */
export const addclosehook: Callable<typeof CloseHook> = callable(CloseHook, 'addclosehook')

class Info extends Base {
  headers: HTTPMessage

  constructor(...args: unknown[]) {
    const { fp, headers } = bind('addinfo', ['fp', 'headers'], args)
    super(fp)
    this.headers = headers as HTTPMessage
  }
  info(): HTTPMessage {
    return this.headers
  }
}
/** A file, and its fields. */
export const addinfo: Callable<typeof Info> = callable(Info, 'addinfo')

class InfoUrl extends Info {
  url: string
  code: number | null
  msg: string | null = null

  constructor(...args: unknown[]) {
    const given = bind('addinfourl', ['fp', 'headers', 'url', 'code?'], args)
    super(given['fp'], given['headers'])
    this.url = given['url'] as string
    this.code = (given['code'] as number | undefined) ?? null
  }
  get status(): number | null {
    return this.code
  }
  getcode(): number | null {
    return this.code
  }
  geturl(): string {
    return this.url
  }
}
/** A file, its fields, where it came from, and a status. */
export const addinfourl: Callable<typeof InfoUrl> = callable(InfoUrl, 'addinfourl')
