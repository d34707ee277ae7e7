/**
 * A conversation with one FTP server: login, TLS, one thing at a time, and what has to be said before a transfer.
 *
 * Rules it keeps:
 * - FTP has one conversation. Calls wait for each other in their order; while a file is being read there is ERR_BUSY, since
 *   waiting for a reader might be for ever.
 * - What is set once is not set again: the type of transfers, and what the server did not know.
 * - Who is left by the server logs in again where that is wanted, and only where nothing can be done twice by that: before a
 *   call has said anything, or when 421 was the first reply that it got (RFC 959 §5.4: the command was not carried out).
 */
import { type Connection, connect as connectTcp, type TlsClientOptions } from '@sluice/socket'
import { nextId } from '@sluice/socket/trace'
import { FetchError } from '../core/errors.ts'
import { formatCommand } from '../core/ftp-command.ts'
import { isFtpError } from '../core/ftp-errors.ts'
import { type FtpSession, login } from '../core/ftp-login.ts'
import type { FtpPlace } from '../core/ftp-place.ts'
import { type FtpReply, parsePath } from '../core/ftp-reply.ts'
import { checkOptions } from '../core/options.ts'
import { explainNet, FtpControl } from './ftp-control.ts'
import { FtpDataOpener } from './ftp-data.ts'
import type { FtpOptions, FtpTransferOptions } from './ftp-options.ts'
import { startPulse } from './ftp-pulse.ts'
import { FtpTransfer } from './ftp-transfer.ts'

/** Long enough for a server that has to wake a tape robot, as some do (RFC 1123 §4.1.3.2 wants minutes). */
const PATIENCE = 60_000
const KEEP_ALIVE = 30_000

/** One conversation. */
export class FtpConversation {
  readonly place: FtpPlace
  /** Milliseconds without a byte of a file. */
  readonly idle: number
  /** The transfer under way, if any: set by who hands it out to be read. */
  reading: FtpTransfer | undefined
  readonly #options: FtpOptions
  readonly #tls: TlsClientOptions | undefined
  readonly #id = nextId()
  readonly #patience: number
  /** The proxies, as hops. */
  #way: FtpOptions['proxy']
  #control: FtpControl | undefined
  #data: FtpDataOpener | undefined
  #session: FtpSession | undefined
  #tlsSession: Uint8Array | undefined
  #type = ''
  /** Where we are; nothing before anybody went elsewhere, null where nobody knows. */
  #folder: string | undefined | null
  #queue: Promise<unknown> = Promise.resolve()
  #isClosed = false

  constructor(place: FtpPlace, options: FtpOptions) {
    this.place = place
    this.#options = options
    checkFtp(place, options)
    const { tls, timeout, noop = 0 } = options
    if (!(noop >= 0))
      throw new RangeError(`openFtp: noop takes milliseconds, 0 or more, not ${noop}`)
    this.#tls = tls === true ? {} : tls || undefined
    const { headers = PATIENCE, idle = PATIENCE } = typeof timeout === 'object' ? timeout : {}
    this.#patience = headers
    this.idle = idle
  }

  /** What is known since the login. */
  get session(): FtpSession {
    return this.#session as FtpSession
  }

  get isSecure(): boolean {
    return this.#control?.stream.tls !== undefined
  }

  /** Connects, and logs in; a server that says "in a moment" again and again has no more time than one that says nothing. */
  async login(signal: AbortSignal | undefined): Promise<void> {
    const { timeout } = this.#options
    const url = new URL(`${this.place.origin}/`)
    const started = performance.now()
    const { deadlineOf } = await import('./handlers/deadline.ts')
    const deadline = deadlineOf({ method: 'open', url, timeout, signal, started })
    try {
      await this.#login(deadline.signal)
    } finally {
      deadline.stop()
    }
  }

  async #login(signal: AbortSignal | undefined): Promise<void> {
    const { hostname, port, origin, user, password } = this.place
    const { account, dataTls = true, encoding = 'utf8', mode = 'passive', proxy } = this.#options
    const parent = this.#options.trace?.parent ?? 0
    const facts = { origin, id: this.#id, parent, encoding, patience: this.#patience }
    let stream: Connection
    try {
      this.#way = await wayBy(`${origin}/`, proxy)
      stream = await this.#connect(
        { hostname, port },
        signal,
        this.#options.keepAlive ?? KEEP_ALIVE,
      )
    } catch (error) {
      throw signal?.aborted && error === signal.reason
        ? error
        : explainNet({ method: 'open', url: `${origin}/` }, error)
    }
    const control = new FtpControl(stream, facts)
    this.#control = control
    const isSecure = this.#tls !== undefined
    const steps = login({ user, password, account, isSecure, isDataSecure: isSecure && dataTls })
    try {
      let reply: FtpReply | undefined
      for (let step = steps.next(); ; step = steps.next(reply as FtpReply)) {
        if (step.done) {
          this.#session = step.value
          break
        }
        const { value } = step
        if ('greeting' in value) reply = await control.reply('', signal)
        else if ('secure' in value) await this.#secureControl(control, signal)
        else {
          await control.send(value.verb, value.argument, signal)
          reply = await control.reply(value.verb, signal)
        }
      }
    } catch (error) {
      control.destroy()
      throw control.explain('', undefined, error, signal)
    }
    this.#data = new FtpDataOpener(control, {
      mode,
      hostname,
      isProxied: proxy !== undefined && proxy !== false,
      connect: (to, s) => this.#connect(to, s),
      patience: this.#patience,
    })
  }

  #connect(
    to: { hostname: string; port: number },
    signal?: AbortSignal,
    keepAlive?: number,
  ): Promise<Connection> {
    const { connect = connectTcp, timeout, ...options } = this.#options
    const { resolver, allowAddress, family, localAddress } = options
    const trace = { parent: this.#id }
    return connect(to, {
      proxy: this.#way,
      resolver,
      allowAddress,
      family,
      localAddress,
      timeout,
      signal,
      keepAlive,
      trace,
    })
  }

  async #secureControl(control: FtpControl, signal: AbortSignal | undefined): Promise<void> {
    const given = this.#tls as TlsClientOptions
    await control.secure(
      {
        serverName: this.place.hostname,
        ...given,
        onSession: (session) => {
          this.#tlsSession = session
          given.onSession?.(session)
        },
      },
      undefined,
      signal,
    )
    this.#tlsSession ??= control.stream.tls?.session
  }

  async #secureData(connection: Connection, signal: AbortSignal | undefined): Promise<Connection> {
    if (this.#tls === undefined || this.#options.dataTls === false) return connection
    const { startTls } = await import('@sluice/socket/tls')
    const { hostname } = this.place
    const { onSession: _, ...given } = this.#tls
    return startTls(connection, {
      serverName: hostname,
      ...given,
      session: this.#tlsSession,
      signal,
    })
  }

  /** One thing at a time, and none after the end. */
  alone<T>(
    verb: string,
    work: (control: FtpControl) => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T> {
    const run = async (): Promise<T> => {
      const isReading = this.reading !== undefined && !this.reading.isOver
      if (!isReading && this.#mayReturn && this.#control?.isLeft) await this.#return(signal)
      const control = this.#control as FtpControl
      if (this.#isClosed || control.broken !== undefined)
        throw this.error(verb, 'ERR_CLOSED', 'closed', control.broken)
      if (isReading)
        throw this.error(verb, 'ERR_BUSY', 'a file is being read: read it to its end, or close it')
      const before = control.replies
      try {
        return await work(control)
      } catch (error) {
        const isUndone = isFtpError(error, 421) && control.replies === before + 1
        if (!isUndone || !this.#mayReturn) throw error
      }
      await this.#return(signal)
      return work(this.#control as FtpControl)
    }
    const result = this.#queue.then(run)
    this.#queue = result.catch(() => {})
    return result
  }

  get #mayReturn(): boolean {
    return this.#options.reconnect === true && !this.#isClosed && this.#folder !== null
  }

  /** Logs in again, and goes to where we were. */
  async #return(signal: AbortSignal | undefined): Promise<void> {
    this.#control?.destroy()
    this.#type = ''
    this.#tlsSession = undefined
    await this.login(signal)
    const folder = this.#folder
    if (typeof folder !== 'string') return
    const control = this.#control as FtpControl
    try {
      await control.command('CWD', folder, ['completion'], signal)
    } catch (error) {
      // In another folder the next call would do what nobody wants.
      control.destroy()
      throw error
    }
  }

  /** We went elsewhere: asks where that is, for when we have to come back. */
  async moved(control: FtpControl, signal: AbortSignal | undefined): Promise<void> {
    if (this.#options.reconnect !== true) return
    this.#folder = null
    await control.send('PWD', undefined, signal)
    this.#folder = parsePath((await control.reply('PWD', signal)).text) ?? null
  }

  /** Says how files are transferred from now on. */
  async setType(type: 'binary' | 'ascii', signal: AbortSignal | undefined): Promise<void> {
    if (this.#type === type) return
    const control = this.#control as FtpControl
    await control.command('TYPE', type === 'ascii' ? 'A' : 'I', ['completion'], signal)
    this.#type = type
  }

  /** Begins a transfer, with the data connection that it needs. */
  async begin(
    verb: string,
    argument: string,
    { offset = 0, signal }: FtpTransferOptions,
    type?: 'binary' | 'ascii',
  ): Promise<FtpTransfer> {
    if (!Number.isSafeInteger(offset) || offset < 0)
      throw new RangeError(`offset must be 0 or more bytes, not ${offset}`)
    formatCommand(verb, argument, this.#options.encoding)
    if (type !== undefined) await this.setType(type, signal)
    const control = this.#control as FtpControl
    const pending = await (this.#data as FtpDataOpener).open(signal).catch((error: unknown) => {
      throw control.explain(verb, argument, error, signal)
    })
    const secure = (connection: Connection): Promise<Connection> =>
      this.#secureData(connection, signal)
    const facts = { verb, argument, offset, signal, secure }
    let stop = (): void => {}
    const transfer = await FtpTransfer.begin(control, pending, facts, () => {
      this.reading = undefined
      stop()
    })
    stop = startPulse(control, this.#options.noop)
    return transfer
  }

  /** Says goodbye once what is under way has ended. Never rejects. */
  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    await this.reading?.abort()
    await this.#queue
    const control = this.#control
    if (control === undefined || control.broken !== undefined) return
    try {
      await control.send('QUIT')
      await control.reply('QUIT', undefined, 1_000)
    } catch {
      // It is gone, which is what we want.
    }
    await control.stream.close()
  }

  destroy(): void {
    this.#isClosed = true
    this.reading?.data.destroy()
    this.#control?.destroy()
  }

  /** What the server or the caller did wrong, as an error. */
  error(verb: string, code: string, reason: string, cause?: unknown, path = ''): FetchError {
    const url = `${this.place.origin}/${path}`
    return new FetchError({ method: verb, url, code, phase: 'reply', reason, cause })
  }
}

/** @throws {TypeError | RangeError} what makes no sense, or could not be said at the login */
function checkFtp({ user, password }: FtpPlace, options: FtpOptions): void {
  const { mode = 'passive', encoding = 'utf8', account, tls = false, limits = {} } = options
  if (mode !== 'passive' && mode !== 'active')
    throw new TypeError("openFtp: mode is 'passive' or 'active'")
  if (encoding !== 'utf8' && encoding !== 'latin1')
    throw new TypeError("openFtp: encoding is 'utf8' or 'latin1'")
  if (typeof tls !== 'boolean' && (typeof tls !== 'object' || tls === null))
    throw new TypeError('openFtp: tls is true, false, or options of TLS')
  checkOptions('openFtp limits', limits, ['listing'])
  if (limits.listing !== undefined && !(limits.listing >= 0))
    throw new RangeError('openFtp: limits.listing must be bytes, 0 or more')
  for (const [verb, text] of Object.entries({ USER: user, PASS: password, ACCT: account }))
    formatCommand(verb, text, encoding)
}

/** An HTTP proxy is a hop of another package, loaded where there is one. */
async function wayBy(url: string, proxy: FtpOptions['proxy']): Promise<FtpOptions['proxy']> {
  const isOfHttp = (one: unknown): boolean =>
    (typeof one === 'string' || one instanceof URL) && /^https?:/i.test(String(one))
  if (!(Array.isArray(proxy) ? proxy : [proxy]).some(isOfHttp)) return proxy
  const { hopFor } = await import('./proxy.ts')
  return hopFor(new URL(url), proxy, false)
}
