/** Handlers of `urllib.request` for `ftp:`, over `ftplib`. */
import { bind, builtins, type Callable, callable, socket } from '@sluice/socket/python'
import { URLError } from './error.ts'
import * as ftplib from './ftplib.ts'
import { isOSError } from './http-handlers.ts'
import { splitAttributes, splitPassword, splitPort, splitUser, splitValue } from './legacy.ts'
import { messageOf, typeOf } from './local-handlers.ts'
import { BaseHandler } from './opener.ts'
import { unquote } from './parse.ts'
import type { RequestObject } from './request-object.ts'
import { addclosehook, addinfourl, type FileLike } from './response.ts'

/** Whether an error is one of `ftplib.all_errors`. */
function isFtpTrouble(error: unknown): boolean {
  return error instanceof ftplib.Error || error instanceof builtins.EOFError || isOSError(error)
}

/** What answers with a file. */
interface Wrapper {
  retrfile(file: string, type: string): unknown
  close?(): unknown
}

class FtpWrapper implements Wrapper {
  readonly #where: readonly [user: string, passwd: string, host: string, port: number]
  readonly #dirs: readonly string[]
  readonly #timeout: number | null | undefined
  #isBusy = false
  #readers = 0
  #isKept: boolean
  ftp: InstanceType<typeof ftplib.FTP> = ftplib.FTP()
  /** Settles once it is logged in. */
  readonly ready: Promise<void>

  constructor(...args: unknown[]) {
    const parameters = ['user', 'passwd', 'host', 'port', 'dirs', 'timeout?', 'persistent?']
    const given = bind('ftpwrapper', parameters, args)
    this.#where = [
      given['user'] as string,
      given['passwd'] as string,
      given['host'] as string,
      given['port'] as number,
    ]
    this.#dirs = given['dirs'] as string[]
    this.#timeout = given['timeout'] as number | null | undefined
    this.#isKept = (given['persistent'] as boolean | undefined) ?? true
    this.ready = this.init()
    this.ready.catch(() => this.close())
  }
  async init(): Promise<void> {
    const [user, passwd, host, port] = this.#where
    this.#isBusy = false
    this.ftp = ftplib.FTP()
    await (this.#timeout === undefined
      ? this.ftp.connect(host, port)
      : this.ftp.connect(host, port, this.#timeout))
    await this.ftp.login(user, passwd)
    await this.ftp.cwd(this.#dirs.join('/'))
  }
  /** A file or a listing. @throws {URLError} the server said no */
  async retrfile(
    file: string,
    type: string,
  ): Promise<[file: InstanceType<typeof addclosehook>, size: number | null]> {
    await this.ready
    await this.endtransfer()
    const isFolder = type.toUpperCase() === 'D'
    const command = isFolder ? 'TYPE A' : `TYPE ${type}`
    try {
      await this.ftp.voidcmd(command)
    } catch (error) {
      if (!isFtpTrouble(error)) throw error
      await this.init()
      await this.ftp.voidcmd(command)
    }
    const [conn, size] = (isFolder ? undefined : await this.#file(file)) ?? (await this.#list(file))
    this.#isBusy = true
    const made = addclosehook(conn.makefile('rb') as unknown as FileLike, () => this.file_close())
    this.#readers += 1
    conn.close()
    return [made, size]
  }
  async #file(
    file: string,
  ): Promise<Awaited<ReturnType<InstanceType<typeof ftplib.FTP>['ntransfercmd']>> | undefined> {
    if (file === '') return undefined
    try {
      return await this.ftp.ntransfercmd(`RETR ${file}`)
    } catch (error) {
      if (!(error instanceof ftplib.error_perm)) throw error
      if (error.message.startsWith('550')) return undefined
      throw new URLError(`ftp error: ${error.message}`)
    }
  }
  async #list(file: string): ReturnType<InstanceType<typeof ftplib.FTP>['ntransfercmd']> {
    await this.ftp.voidcmd('TYPE A')
    if (file !== '') {
      // Whether it is a folder: some list an empty one for a file that is not there.
      const folder = await this.ftp.pwd()
      try {
        await this.ftp.cwd(file)
      } catch (error) {
        if (!(error instanceof ftplib.error_perm)) throw error
        throw new URLError(`ftp error: ${builtins.repr(error.message)}`)
      } finally {
        await this.ftp.cwd(folder)
      }
    }
    return this.ftp.ntransfercmd(file === '' ? 'LIST' : `LIST ${file}`)
  }
  async endtransfer(): Promise<void> {
    if (!this.#isBusy) return
    this.#isBusy = false
    await orNothing(() => this.ftp.voidresp())
  }
  async close(): Promise<void> {
    this.#isKept = false
    if (this.#readers <= 0) await this.real_close()
  }
  async file_close(): Promise<void> {
    await this.endtransfer()
    this.#readers -= 1
    if (this.#readers <= 0 && !this.#isKept) await this.real_close()
  }
  async real_close(): Promise<void> {
    await this.endtransfer()
    await orNothing(() => this.ftp.close())
  }
}
/** One login, for files one after the other. */
export const ftpwrapper: Callable<typeof FtpWrapper> = callable(FtpWrapper, 'ftpwrapper')

async function orNothing(run: () => Promise<unknown>): Promise<void> {
  try {
    await run()
  } catch (error) {
    if (!isFtpTrouble(error)) throw error
  }
}

class Ftp extends BaseHandler {
  /** @throws {URLError} there is no host, or the server said no */
  async ftp_open(req: RequestObject): Promise<unknown> {
    if (!req.host) throw new URLError('ftp error: no host given')
    const [authority, digits] = splitPort(req.host)
    const port = digits === null ? ftplib.FTP_PORT : Number(digits)
    const [userinfo, name] = splitUser(authority)
    const [user, password] = userinfo ? splitPassword(userinfo) : ['', '']
    let host: string
    try {
      host = await socket.gethostbyname(unquote(name))
    } catch (error) {
      throw isOSError(error) ? new URLError(error) : error
    }
    const [path, attributes] = splitAttributes(req.selector)
    const dirs = path.split('/').map((dir) => unquote(dir) as string)
    const file = dirs.pop() as string
    if (dirs[0] === '') dirs.shift()
    try {
      const wrapper = await this.connect_ftp(user, password ?? '', host, port, dirs, req.timeout)
      const [fp, size] = (await wrapper.retrfile(file, typeOfTransfer(file, attributes))) as [
        unknown,
        number | null,
      ]
      const type = typeOf(new URL(req.full_url).pathname)
      const headers = messageOf({
        ...(type !== null && { 'Content-type': type }),
        ...(size !== null && size !== undefined && size >= 0 && { 'Content-length': size }),
      })
      return addinfourl(fp, headers, req.full_url)
    } catch (error) {
      if (!isFtpTrouble(error)) throw error
      throw error instanceof URLError ? error : new URLError(error)
    }
  }
  connect_ftp(
    user: string,
    passwd: string,
    host: string,
    port: number,
    dirs: string[],
    timeout: number | null | undefined,
  ): Wrapper | Promise<Wrapper> {
    return ftpwrapper(user, passwd, host, port, dirs, timeout, false)
  }
}
/** Asks `ftp:` URLs. */
export const FTPHandler: Callable<typeof Ftp> = callable(Ftp, 'FTPHandler')

function typeOfTransfer(file: string, attributes: readonly string[]): string {
  let type = file === '' ? 'D' : 'I'
  for (const attribute of attributes) {
    const [name, value] = splitValue(attribute)
    if (name.toLowerCase() === 'type' && /^[aid]$/i.test(value ?? ''))
      type = (value as string).toUpperCase()
  }
  return type
}

class CachedFtp extends Ftp {
  cache: Record<string, Wrapper> = {}
  timeout: Record<string, number> = {}
  soonest = 0
  delay = 60
  max_conns = 16

  /** How many seconds a login is kept. */
  setTimeout(t: number): void {
    this.delay = t
  }
  /** How many are kept. */
  setMaxConns(m: number): void {
    this.max_conns = m
  }
  override async connect_ftp(...args: Parameters<Ftp['connect_ftp']>): Promise<Wrapper> {
    const [user, passwd, host, port, dirs, timeout] = args
    const key = JSON.stringify([user, host, port, dirs.join('/'), timeout])
    this.cache[key] ??= ftpwrapper(user, passwd, host, port, dirs, timeout)
    this.timeout[key] = Date.now() / 1000 + this.delay
    const made = this.cache[key] as Wrapper
    await this.check_cache()
    return made
  }
  /** Closes what is too old, and the oldest where there are too many. */
  async check_cache(): Promise<void> {
    const now = Date.now() / 1000
    if (this.soonest <= now)
      for (const [key, end] of Object.entries(this.timeout))
        if (end < now) {
          await this.cache[key]?.close?.()
          this.#forget(key)
        }
    this.soonest = Math.min(...Object.values(this.timeout))
    if (Object.keys(this.cache).length === this.max_conns) {
      const oldest = Object.entries(this.timeout).find(([, end]) => end === this.soonest)
      if (oldest !== undefined) this.#forget(oldest[0])
      this.soonest = Math.min(...Object.values(this.timeout))
    }
  }
  #forget(key: string): void {
    delete this.cache[key]
    delete this.timeout[key]
  }
  async clear_cache(): Promise<void> {
    for (const wrapper of Object.values(this.cache)) await wrapper.close?.()
    this.cache = {}
    this.timeout = {}
  }
}
/** The same; logins are kept for a while. */
export const CacheFTPHandler: Callable<typeof CachedFtp> = callable(CachedFtp, 'CacheFTPHandler')
