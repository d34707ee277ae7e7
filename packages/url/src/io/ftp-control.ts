/**
 * The control connection of FTP: one command at a time, and its replies.
 *
 * Rules it keeps:
 * - Replies belong to commands by their order alone. Whoever gives up waiting for one has lost the count: from then on the
 *   connection is of no use, and is closed.
 * - The answer to a NOOP beside a transfer belongs to nobody. It may come at once, or behind the reply that ends the transfer,
 *   or, from a server that throws away what it hears meanwhile, never; its code tells it from the replies to a transfer.
 * - A line has a limit, a reply a limit of lines, and the wait for it a limit of time.
 * - What goes wrong is told with the command and the server, never with the password.
 */
import type { Connection, TlsClientOptions } from '@sluice/socket'
import { decodeLatin1, encodeLatin1, encodeUtf8 } from '@sluice/socket/bytes'
import { codeOf, isNetError } from '@sluice/socket/errors'
import { FetchError } from '../core/errors.ts'
import { formatCommand, maskCommand } from '../core/ftp-command.ts'
import { FtpError, FtpRefusal, isFtpError, refusalReason } from '../core/ftp-errors.ts'
import { type FtpReply, kindOfReply, type ReplyKind, ReplyReader } from '../core/ftp-reply.ts'
import type { UrlTraceFacts } from '../core/trace-events.ts'
import { publish, tracing } from './trace.ts'

/** Python's ftplib allows as much; RFC 959 says nothing. */
const MAX_LINE = 8192
/** Done, superfluous, unknown (pure-ftpd, while it sends), not here, not now: none of them ends a transfer that has begun. */
const NOOP_ANSWERS: ReadonlySet<number> = new Set([200, 202, 500, 501, 502, 503])

/** How a control connection is used. */
export interface FtpControlFacts {
  /** Where it leads, for sentences. */
  readonly origin: string
  /** The id of this client in trace events, and of what it works for; 0 for nothing. */
  readonly id: number
  readonly parent: number
  /** How names are written. */
  readonly encoding: 'utf8' | 'latin1'
  /** Milliseconds for a reply. */
  readonly patience: number
}

/** Speaks with one server. */
export class FtpControl {
  readonly facts: FtpControlFacts
  #stream: Connection
  readonly #reader = new ReplyReader()
  #broken: unknown
  #replies = 0
  /** Whether an answer to NOOP is still to come. */
  #isOwed = false
  /** Whether a transfer is under way: its replies say nothing about whether that answer will come. */
  isTransferring = false

  constructor(stream: Connection, facts: FtpControlFacts) {
    this.#stream = stream
    this.facts = facts
  }

  get stream(): Connection {
    return this.#stream
  }

  /** Why it can not be used any more; `undefined` while it can. */
  get broken(): unknown {
    return this.#broken ?? (this.#stream.isOpen ? undefined : 'closed')
  }

  /** How many replies have come so far. */
  get replies(): number {
    return this.#replies
  }

  /** Whether the server has ended it while nobody was waiting for a reply: said 421, or closed it. */
  get isLeft(): boolean {
    if (this.broken !== undefined) return true
    const said = this.#stream.tryRecv()
    if (said === undefined) return false
    if (said === null || decodeLatin1(said.subarray(0, 3)) === '421') return true
    this.#stream.unread(said)
    return false
  }

  /**
   * Sends a command, and waits for its reply.
   *
   * @param wanted kinds of reply that are an answer; any other is thrown
   */
  async command(
    verb: string,
    argument: string | undefined,
    wanted: readonly ReplyKind[],
    signal?: AbortSignal,
  ): Promise<FtpReply> {
    await this.send(verb, argument, signal)
    const reply = await this.reply(verb, signal)
    if (!wanted.includes(kindOfReply(reply))) throw this.refusal(verb, argument, reply)
    return reply
  }

  /** Sends a command. */
  async send(verb: string, argument?: string, signal?: AbortSignal): Promise<void> {
    const line = formatCommand(verb, argument, this.facts.encoding)
    signal?.throwIfAborted()
    // The server's last word says more than that it takes no more.
    if (isFtpError(this.#broken)) throw this.#broken
    if (tracing()) this.#tell('command', { command: maskCommand(line) })
    const bytes =
      this.facts.encoding === 'latin1' ? encodeLatin1(`${line}\r\n`) : encodeUtf8(`${line}\r\n`)
    try {
      await this.#stream.sendAll(bytes, { signal })
    } catch (error) {
      throw this.#fail(verb, error, signal)
    }
  }

  /** Waits for the next reply. @param verb what it is waited for, for sentences */
  async reply(
    verb: string,
    signal?: AbortSignal,
    patience: number = this.facts.patience,
  ): Promise<FtpReply> {
    try {
      for (;;) {
        const line = await this.#stream.recvLine(MAX_LINE, { signal, timeout: patience })
        if (line === null) throw new SyntaxError('the server closed the connection')
        const reply = this.#reader.push(decodeName(line, this.facts.encoding))
        if (reply === undefined || this.#isForNoop(reply)) continue
        this.#replies++
        if (tracing()) this.#tell('reply', { code: reply.code, text: reply.text })
        // RFC 959 §5.4: it closes the connection now, whatever was asked.
        if (reply.code === 421) this.#broken ??= this.refusal(verb || 'open', undefined, reply)
        return reply
      }
    } catch (error) {
      const isLate = isNetError(error, 'ERR_TIMEOUT')
      throw this.#fail(verb, isLate ? this.#late(verb, patience, error) : error, signal)
    }
  }

  /** Below it was silence of a stream; here it is a reply that is missing. */
  #late(verb: string, patience: number, cause: unknown): FetchError {
    const place = { method: verb === '' ? 'open' : verb, url: this.#where(undefined) }
    const reason = `no reply within ${patience} ms`
    return new FetchError({ ...place, code: 'ERR_TIMEOUT', phase: 'headers', reason, cause })
  }

  /** Says NOOP, and waits for nothing; not while the last one is unanswered. Never rejects. */
  async noop(): Promise<void> {
    if (this.#isOwed || this.broken !== undefined) return
    this.#isOwed = true
    // Whoever waits for the end of the transfer hears of a failure.
    await this.send('NOOP').catch(() => {})
  }

  #isForNoop({ code }: FtpReply): boolean {
    if (!this.#isOwed) return false
    const isAnswer = NOOP_ANSWERS.has(code)
    // A reply to what was said after it: that answer will not come any more.
    if (isAnswer || !this.isTransferring) this.#isOwed = false
    return isAnswer
  }

  /** Goes on in TLS. */
  async secure(
    tls: TlsClientOptions,
    timeout: number | undefined,
    signal?: AbortSignal,
  ): Promise<void> {
    // Loaded by who asks for it.
    const { startTls } = await import('@sluice/socket/tls')
    try {
      this.#stream = await startTls(this.#stream, { ...tls, timeout, signal })
    } catch (error) {
      throw this.#fail('AUTH', error, signal)
    }
  }

  /** What a reply says no to, as an error. */
  refusal(verb: string, argument: string | undefined, reply: FtpReply, cause?: unknown): FtpError {
    return new FtpError({
      method: verb,
      url: this.#where(argument),
      code: 'ERR_FTP_REPLY',
      reason: refusalReason('', reply),
      reply,
      ...(cause !== undefined && { cause }),
    })
  }

  /** An error of a layer below, told with what was being done. */
  explain(
    verb: string,
    argument: string | undefined,
    error: unknown,
    signal?: AbortSignal,
  ): unknown {
    if (signal?.aborted && error === signal.reason) return error
    if (error instanceof FetchError) return error
    const place = { method: verb === '' ? 'open' : verb, url: this.#where(argument) }
    if (error instanceof FtpRefusal) {
      const { reply, code, message: reason } = error
      return new FtpError({ ...place, code, reason, reply })
    }
    const facts = { ...place, cause: error }
    if (isNetError(error)) return explainNet(place, error)
    if (error instanceof SyntaxError || error instanceof RangeError) {
      const code = /closed the connection/.test(error.message)
        ? 'ERR_UNEXPECTED_END'
        : 'ERR_PROTOCOL'
      return new FetchError({ ...facts, code, phase: 'reply', reason: error.message })
    }
    return codeOf(error) === undefined ? error : new FetchError(facts)
  }

  destroy(reason?: unknown): void {
    this.#broken ??= reason ?? 'closed'
    this.#stream.destroy()
  }

  #tell<N extends 'command' | 'reply'>(name: N, facts: UrlTraceFacts[N]): void {
    publish(this.facts.id, name, facts, this.facts.parent)
  }

  /** After this nobody knows which reply belongs to what. */
  #fail(verb: string, error: unknown, signal: AbortSignal | undefined): unknown {
    const told = this.explain(verb, undefined, error, signal)
    this.destroy(told)
    return told
  }

  #where(argument: string | undefined): string {
    if (argument === undefined || argument === '') return `${this.facts.origin}/`
    const path = argument.split('/').map(encodeURIComponent).join('/')
    return `${this.facts.origin}/${path.replace(/^\//, '%2F')}`
  }
}

/** A failure of the network, told with what was being done: one sentence, not one within another. */
export function explainNet(place: { method: string; url: string }, cause: unknown): unknown {
  if (!isNetError(cause)) return cause
  const { code, phase, errors } = cause
  const reason = /: (.*) \([A-Z_0-9]+, phase /s.exec(cause.message)?.[1]
  const facts = { ...place, code, phase, errors, cause }
  return new FetchError(reason === undefined ? facts : { ...facts, reason })
}

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Names as the server has them: what is no UTF-8 comes from a server that knows none. */
export function decodeName(bytes: Uint8Array, encoding: 'utf8' | 'latin1'): string {
  if (encoding === 'latin1') return decodeLatin1(bytes)
  try {
    return strict.decode(bytes)
  } catch {
    return decodeLatin1(bytes)
  }
}
