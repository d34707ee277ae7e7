/**
 * `openFtp` and `FtpClient`: files of an FTP server. Commands are asked for as methods; how they are said, over which
 * connections, and what the replies mean is the business of the files that are imported here.
 *
 * Rules it keeps:
 * - What is specified is asked for first (MLSD, MLST), what people read only of servers that know nothing else.
 * - Paths are the server's: they are neither joined nor resolved here.
 */
import type { FetchError } from '../core/errors.ts'
import { AsciiEncoder } from '../core/ftp-ascii.ts'
import { formatCommand } from '../core/ftp-command.ts'
import { parseFacts } from '../core/ftp-facts.ts'
import { type FtpEntry, parseListLine } from '../core/ftp-list.ts'
import { type FtpPlace, planFtpPlace } from '../core/ftp-place.ts'
import { type FtpReply, parsePath, type ReplyKind } from '../core/ftp-reply.ts'
import { formatFtpTime, parseFtpTime } from '../core/ftp-time.ts'
import { checkOptions } from '../core/options.ts'
import { decodeName, type FtpControl } from './ftp-control.ts'
import { FtpConversation } from './ftp-conversation.ts'
import { FtpDownload } from './ftp-download.ts'
import {
  FTP_KEYS,
  type FtpCallOptions,
  type FtpOptions,
  type FtpTransferOptions,
  type FtpWriteOptions,
} from './ftp-options.ts'

/** Some hundred thousand entries. */
const MAX_LISTING = 67_108_864

/** A listing: its entries, and the lines that are none. */
export type FtpListing = FtpEntry[] & {
  /** Lines that no dialect knows; `total 12` is not among them. */
  unread: string[]
}

/**
 * Connects to an FTP server, and logs in.
 *
 * @param target `ftp://user:password@host:21`, a URL, or a host with or without a port
 * @param options who asks, how, and how long that may take
 * @returns a client; close it
 * @throws {FtpError} the server said no: `ERR_FTP_LOGIN`, `ERR_FTP_NO_TLS`, `ERR_FTP_REPLY`
 * @throws {FetchError} it could not be reached, or speaks no FTP. {TypeError | RangeError} for options that make no sense
 * @see RFC 959, RFC 2228, RFC 2389, RFC 2428, RFC 3659, RFC 4217
 * @example
 * await using ftp = await openFtp('ftp://127.0.0.1:2121')
 * for (const { name, size } of await ftp.list('pub')) console.log(name, size)
 */
export async function openFtp(target: string | URL, options: FtpOptions = {}): Promise<FtpClient> {
  checkOptions('openFtp', options, FTP_KEYS)
  const place = planFtpPlace(target, options)
  const client = new FtpClient(place, options)
  await client.login(options.signal)
  return client
}

/** Files of an FTP server. Made by `openFtp`. */
export class FtpClient implements AsyncDisposable {
  readonly #talk: FtpConversation
  readonly #options: FtpOptions

  /** @internal */
  constructor(place: FtpPlace, options: FtpOptions) {
    this.#talk = new FtpConversation(place, options)
    this.#options = options
  }

  /** Connects, and logs in. @internal */
  login(signal: AbortSignal | undefined): Promise<void> {
    return this.#talk.login(signal)
  }

  /** What the server can do beyond RFC 959, by its own words: names in capitals, `MLST` with the facts it knows. */
  get features(): ReadonlyMap<string, string> {
    return this.#talk.session.features
  }

  /** What the server said when we came. */
  get greeting(): FtpReply {
    return this.#talk.session.greeting
  }

  /** Whether the control connection is in TLS. */
  get isSecure(): boolean {
    return this.#talk.isSecure
  }

  // Files.

  /**
   * Reads a file.
   *
   * @param path as the server writes it; relative to `pwd()`
   * @param options where to begin, and whether it is a text
   * @returns its bytes as they come; read them to the end or close it
   * @throws {FtpError} the server said no: 550 is no such file, or not for us. {FetchError} the connection broke
   * @see RFC 959 §4.1.3 (RETR, REST)
   * @example console.log(await (await ftp.read('welcome.txt')).text())
   */
  async read(path: string, options: FtpTransferOptions = {}): Promise<FtpDownload> {
    checkOptions('read', options, ['offset', 'type', 'signal'])
    const { type = 'binary', signal } = options
    return this.#talk.alone(
      'RETR',
      async () => {
        const transfer = await this.#talk.begin('RETR', path, options, type)
        this.#talk.reading = transfer
        return new FtpDownload(transfer, {
          isText: type === 'ascii',
          idle: this.#talk.idle,
          signal,
        })
      },
      signal,
    )
  }

  /**
   * Writes a file, in place of one that may be there.
   *
   * @param path as the server writes it
   * @param body text, bytes, or pieces of them
   * @param options where to begin, whether it is a text, whether to append
   * @returns how many bytes were sent
   * @throws {FtpError} the server said no: 552 is no room. What had arrived may be there
   * @throws {FetchError} the connection broke. Whatever `body` throws
   * @see RFC 959 §4.1.3 (STOR, APPE)
   * @example await ftp.write('notes.txt', 'Hello, World!\n')
   */
  async write(
    path: string,
    body: string | Uint8Array | AsyncIterable<Uint8Array | string> | Iterable<Uint8Array>,
    options: FtpWriteOptions = {},
  ): Promise<number> {
    checkOptions('write', options, ['offset', 'type', 'signal', 'append', 'onProgress'])
    const { type = 'binary', append = false, onProgress } = options
    const verb = append ? 'APPE' : 'STOR'
    return this.#talk.alone(
      verb,
      async () => {
        const transfer = await this.#talk.begin(verb, path, options, type)
        const encoder = type === 'ascii' ? new AsciiEncoder() : undefined
        const pieces = typeof body === 'string' || body instanceof Uint8Array ? [body] : body
        let sent = 0
        try {
          for await (const piece of pieces) {
            const bytes = typeof piece === 'string' ? new TextEncoder().encode(piece) : piece
            const wire = encoder?.push(bytes) ?? bytes
            await transfer.send(wire, this.#talk.idle)
            sent += wire.length
            await onProgress?.(sent)
          }
        } catch (error) {
          // What the caller's own code threw is told as it is.
          await transfer.abort()
          throw error
        }
        await transfer.finish()
        return sent
      },
      options.signal,
    )
  }

  /**
   * Lists a folder: by MLSD where the server knows it, else by LIST.
   *
   * @param path default: the current folder
   * @param options a signal that ends the call
   * @returns entries without the folder itself and the one above it; `unread` has the lines that no dialect knows
   * @throws {FtpError} the server said no. {FetchError} `ERR_TOO_LONG` more than `limits.listing`
   * @see RFC 3659 §7, RFC 959 §4.1.3 (LIST)
   */
  async list(path = '', options: FtpCallOptions = {}): Promise<FtpListing> {
    checkOptions('list', options, ['signal'])
    const isExact = this.features.has('MLST') || this.features.has('MLSD')
    const lines = await this.lines(isExact ? 'MLSD' : 'LIST', path, options)
    const now = new Date()
    const listing: FtpListing = Object.assign([], { unread: [] as string[] })
    for (const line of lines) {
      const entry = isExact ? parseFacts(line) : parseListLine(line, now)
      if (entry === undefined) {
        if (!/^(?:total [0-9]+|)$/i.test(line)) listing.unread.push(line)
      } else if (entry.type !== 'self' && entry.type !== 'parent') listing.push(entry)
    }
    return listing
  }

  /**
   * The names in a folder, and nothing about them.
   *
   * @param path default: the current folder
   * @param options a signal that ends the call
   * @throws as `list`; some servers say 550 of a folder that is empty
   * @see RFC 959 §4.1.3 (NLST)
   */
  async names(path = '', options: FtpCallOptions = {}): Promise<string[]> {
    checkOptions('names', options, ['signal'])
    const lines = await this.lines('NLST', path, options)
    // Some tell the folder itself and the one above it, too.
    return lines.filter((line) => line !== '' && !/(?:^|\/)\.\.?$/.test(line))
  }

  /**
   * The lines of a listing, as the server writes them.
   *
   * @param verb who is to list: `LIST` for people, `MLSD` for programs, `NLST` nothing but names
   * @param path default: the current folder
   * @param options a signal that ends the call
   * @returns lines without their ends
   * @throws {FtpError} the server said no. {FetchError} `ERR_TOO_LONG` more than `limits.listing`
   * @see RFC 959 §4.1.3, RFC 3659 §7
   * @example for (const line of await ftp.lines('LIST')) console.log(line)
   */
  async lines(
    verb: 'LIST' | 'MLSD' | 'NLST',
    path = '',
    options: FtpCallOptions = {},
  ): Promise<string[]> {
    checkOptions('lines', options, ['signal'])
    if (!['LIST', 'MLSD', 'NLST'].includes(verb))
      throw new TypeError(`lines: verb is LIST, MLSD or NLST, not ${JSON.stringify(verb)}`)
    return this.#lines(verb, path, options.signal)
  }

  /**
   * What is known of a file or folder: by MLST where the server knows it, else by SIZE and MDTM.
   *
   * @param path as the server writes it
   * @param options a signal that ends the call
   * @throws {FtpError} the server said no: 550 is no such file
   * @see RFC 3659 §7
   */
  async stat(
    path: string,
    options: FtpCallOptions = {},
  ): Promise<Pick<FtpEntry, 'size' | 'modified'> & Partial<FtpEntry>> {
    checkOptions('stat', options, ['signal'])
    if (!this.features.has('MLST'))
      return { size: await this.size(path, options), modified: await this.modified(path, options) }
    const { lines } = await this.send('MLST', path, options)
    const entry = parseFacts((lines[1] ?? '').replace(/^[0-9]{3}-/, ''))
    if (entry === undefined) throw this.#odd('MLST', path, 'the facts of a file')
    return entry
  }

  /**
   * The size of a file in bytes.
   *
   * @param path as the server writes it
   * @param options a signal that ends the call
   * @throws {FtpError} 550: no such file, or a folder.
   * @see RFC 3659 §4
   */
  async size(path: string, options: FtpCallOptions = {}): Promise<number> {
    checkOptions('size', options, ['signal'])
    formatCommand('SIZE', path, this.#options.encoding)
    return this.#talk.alone(
      'SIZE',
      async (control) => {
        // In ASCII it would be the size with other line ends, which servers refuse to count.
        await this.#talk.setType('binary', options.signal)
        const { text } = await control.command('SIZE', path, ['completion'], options.signal)
        if (!/^[0-9]{1,15}$/.test(text.trim())) throw this.#odd('SIZE', path, 'a size')
        return Number(text)
      },
      options.signal,
    )
  }

  /**
   * When a file was changed.
   *
   * @param path as the server writes it
   * @param options a signal that ends the call
   * @throws {FtpError} 550: no such file, or a folder.
   * @see RFC 3659 §3
   */
  async modified(path: string, options: FtpCallOptions = {}): Promise<Date> {
    checkOptions('modified', options, ['signal'])
    const { text } = await this.send('MDTM', path, options)
    const time = parseFtpTime(text.trim())
    if (time === undefined) throw this.#odd('MDTM', path, 'a time')
    return time
  }

  /**
   * Sets when a file was changed, to the second.
   *
   * @param path as the server writes it
   * @param time when; its milliseconds are lost
   * @param options a signal that ends the call
   * @throws {FtpError} 500: the server knows no MFMT.
   * @see draft-somers-ftp-mfxx
   */
  async setModified(path: string, time: Date, options: FtpCallOptions = {}): Promise<void> {
    await this.send('MFMT', `${formatFtpTime(time)} ${path}`, options)
  }

  /**
   * Removes a file.
   *
   * @param path as the server writes it
   * @param options a signal that ends the call
   * @throws {FtpError} the server said no.
   * @see RFC 959 §4.1.3 (DELE)
   */
  async remove(path: string, options: FtpCallOptions = {}): Promise<void> {
    await this.send('DELE', path, options)
  }

  /**
   * Gives a file or folder another name.
   *
   * @param from its name now
   * @param to its name then; what a server does where there is one already is its own choice
   * @param options a signal that ends the call
   * @throws {FtpError} the server said no.
   * @see RFC 959 §4.1.3 (RNFR, RNTO)
   */
  async rename(from: string, to: string, options: FtpCallOptions = {}): Promise<void> {
    checkOptions('rename', options, ['signal'])
    formatCommand('RNTO', to, this.#options.encoding)
    await this.#talk.alone(
      'RNFR',
      async (control) => {
        await control.command('RNFR', from, ['intermediate'], options.signal)
        await control.command('RNTO', to, ['completion'], options.signal)
      },
      options.signal,
    )
  }

  // Folders.

  /**
   * The current folder.
   *
   * @param options a signal that ends the call
   * @throws {FtpError} the server said no.
   * @see RFC 959 §4.1.3 (PWD)
   */
  async pwd(options: FtpCallOptions = {}): Promise<string> {
    const path = parsePath((await this.send('PWD', '', options)).text)
    if (path === undefined) throw this.#odd('PWD', '', 'a path')
    return path
  }

  /**
   * Goes into a folder.
   *
   * @param path as the server writes it; `..` for the folder above
   * @param options a signal that ends the call
   * @throws {FtpError} 550: no such folder.
   * @see RFC 959 §4.1.1 (CWD, CDUP)
   */
  async cd(path: string, options: FtpCallOptions = {}): Promise<void> {
    if (path === '..') await this.send('CDUP', '', options)
    else await this.send('CWD', path, options)
  }

  /**
   * Makes a folder.
   *
   * @param path as the server writes it
   * @param options a signal that ends the call
   * @returns its path, as the server says, else as given.
   * @throws {FtpError} 550: it is there already, or not for us.
   * @see RFC 959 §4.1.3 (MKD)
   */
  async mkdir(path: string, options: FtpCallOptions = {}): Promise<string> {
    return parsePath((await this.send('MKD', path, options)).text) ?? path
  }

  /**
   * Removes a folder that is empty.
   *
   * @param path as the server writes it
   * @param options a signal that ends the call
   * @throws {FtpError} 550: it is not.
   * @see RFC 959 §4.1.3 (RMD)
   */
  async rmdir(path: string, options: FtpCallOptions = {}): Promise<void> {
    await this.send('RMD', path, options)
  }

  // The conversation.

  /**
   * Sends a command that has no transfer.
   *
   * @param verb `NOOP`, `SITE`
   * @param argument what belongs to it; default nothing
   * @param options a signal that ends the call
   * @returns the reply: done (2xx), or something more is wanted (3xx)
   * @throws {FtpError} 4xx, 5xx. {TypeError} CR, LF or NUL, before anything is sent
   * @see RFC 959 §5.3
   */
  async send(verb: string, argument = '', options: FtpCallOptions = {}): Promise<FtpReply> {
    checkOptions('send', options, ['signal'])
    const wanted: ReplyKind[] = ['completion', 'intermediate']
    const { signal } = options
    const work = async (control: FtpControl): Promise<FtpReply> => {
      const reply = await control.command(verb, argument, wanted, signal)
      if (/^(?:CWD|CDUP|XCWD|XCUP)$/i.test(verb)) await this.#talk.moved(control, signal)
      return reply
    }
    return this.#talk.alone(verb, work, signal)
  }

  /** Says goodbye once what is under way has ended; a file that is being read is given up. Never rejects. */
  close(): Promise<void> {
    return this.#talk.close()
  }

  /** Ends everything now. Never throws. */
  destroy(): void {
    this.#talk.destroy()
  }

  /** As `close()`, so that `await using` works. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #lines(verb: string, path: string, signal: AbortSignal | undefined): Promise<string[]> {
    return this.#talk.alone(
      verb,
      async () => {
        // A name that begins with a hyphen would be taken for options of ls.
        const transfer = await this.#talk.begin(verb, path.startsWith('-') ? `./${path}` : path, {
          signal,
        })
        const lines: string[] = []
        const most = this.#options.limits?.listing ?? MAX_LISTING
        let failure: unknown
        try {
          for (;;) {
            const line = await transfer.data.recvLine(8192, { signal, timeout: this.#talk.idle })
            if (line === null) break
            if (transfer.data.bytesReceived > most) throw new RangeError(`more than ${most} bytes`)
            lines.push(decodeName(line, this.#options.encoding ?? 'utf8'))
          }
        } catch (error) {
          failure = error
        }
        if (failure instanceof RangeError) {
          await transfer.abort()
          throw this.#talk.error(verb, 'ERR_TOO_LONG', `the listing has ${failure.message}`)
        }
        if (failure !== undefined) throw await transfer.fail(failure)
        await transfer.finish()
        return lines
      },
      signal,
    )
  }

  #odd(verb: string, path: string, what: string): FetchError {
    return this.#talk.error(
      verb,
      'ERR_PROTOCOL',
      `the reply does not hold ${what}`,
      undefined,
      path,
    )
  }
}
