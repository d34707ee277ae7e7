/**
 * One transfer of FTP, from the command to the reply that ends it.
 *
 *     REST 1024  350 · RETR a.bin  150 · ... the data connection ... · 226
 *
 * Rules it keeps:
 * - The end of the data is not the end of the transfer: a connection that broke looks the same as one that is done. What
 *   counts is the reply; only after it a reader is told that this was all.
 * - A transfer that is given up leaves a conversation that goes on: ABOR, and as many replies as are owed. Where they do
 *   not come, the control connection is closed.
 * - When both connections have something to say about a failure, the server's words are told, and the other is the cause.
 */
import type { Connection } from '@sluice/socket'
import type { FtpReply } from '../core/ftp-reply.ts'
import { kindOfReply, parseTransferSize } from '../core/ftp-reply.ts'
import type { FtpControl } from './ftp-control.ts'
import type { PendingData } from './ftp-data.ts'

/** For the replies to ABOR, and for what a server says after its data connection broke. */
const ABORT_PATIENCE = 5_000

/** What to transfer. */
export interface FtpTransferFacts {
  readonly verb: string
  readonly argument: string | undefined
  /** Where to begin, in bytes. */
  readonly offset: number
  readonly signal: AbortSignal | undefined
  /** Makes a data connection what it has to be: TLS, or nothing. */
  readonly secure: (connection: Connection) => Promise<Connection>
}

/** A transfer under way. */
export class FtpTransfer {
  readonly data: Connection
  /** Bytes, where the server said so when it began. */
  readonly size: number | undefined
  readonly #control: FtpControl
  readonly #facts: FtpTransferFacts
  readonly #onOver: () => void
  #isOver = false

  private constructor(
    data: Connection,
    control: FtpControl,
    facts: FtpTransferFacts,
    begun: FtpReply,
    onOver: () => void,
  ) {
    this.data = data
    this.size = parseTransferSize(begun.text)
    this.#control = control
    this.#facts = facts
    this.#onOver = onOver
  }

  /** Begins. @param onOver is called once, whatever comes of it; not when this throws */
  static async begin(
    control: FtpControl,
    pending: PendingData,
    facts: FtpTransferFacts,
    onOver: () => void,
  ): Promise<FtpTransfer> {
    const { verb, argument, offset, signal, secure } = facts
    // Told where it is awaited below; until then nobody listens.
    pending.connection.catch(() => {})
    try {
      if (offset > 0) await control.command('REST', String(offset), ['intermediate'], signal)
      await control.send(verb, argument, signal)
      // Some servers do the handshake before they say 150, others after.
      const secured = pending.connection.then(secure)
      secured.catch(() => {})
      const begun = await control.reply(verb, signal)
      if (kindOfReply(begun) !== 'preliminary') throw control.refusal(verb, argument, begun)
      const data = await secured.catch((error: unknown) => afterAll(control, facts, error))
      return new FtpTransfer(data, control, facts, begun, onOver)
    } catch (error) {
      pending.cancel()
      throw control.explain(verb, argument, error, signal)
    }
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /** Sends a piece. @throws what the server says about it, else what broke */
  async send(piece: Uint8Array, timeout: number): Promise<void> {
    try {
      await this.data.sendAll(piece, { signal: this.#facts.signal, timeout })
    } catch (error) {
      throw await this.fail(error)
    }
  }

  /** All data has come, or has been sent: waits for the server to say so. */
  async finish(): Promise<FtpReply> {
    const { verb, argument, signal } = this.#facts
    await this.data.close()
    const reply = await this.#control.reply(verb, signal)
    this.#end()
    if (kindOfReply(reply) !== 'completion') throw this.#control.refusal(verb, argument, reply)
    return reply
  }

  /** The data connection broke, or the caller gave up with it. @returns what to throw */
  async fail(error: unknown): Promise<unknown> {
    const { verb, argument, signal } = this.#facts
    this.data.destroy()
    if (signal?.aborted) {
      await this.abort()
      return signal.reason
    }
    try {
      const reply = await this.#control.reply(verb, undefined, ABORT_PATIENCE)
      this.#end()
      if (kindOfReply(reply) !== 'completion')
        return this.#control.refusal(verb, argument, reply, error)
    } catch {
      // It has nothing to say either: what broke first is told.
      this.#end()
    }
    return this.#control.explain(verb, argument, error)
  }

  /** Gives up; the conversation goes on. Never rejects. */
  async abort(): Promise<void> {
    if (this.#isOver) return
    this.data.destroy()
    try {
      await this.#control.send('ABOR')
      // One for the transfer, one for ABOR (RFC 959 §4.1.3).
      for (let owed = 2; owed > 0; owed--)
        await this.#control.reply('ABOR', undefined, ABORT_PATIENCE)
    } catch {
      this.#control.destroy()
    }
    this.#end()
  }

  #end(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#onOver()
  }
}

/** No data connection although the server began: it will say something about it. */
async function afterAll(
  control: FtpControl,
  { verb, argument }: FtpTransferFacts,
  error: unknown,
): Promise<never> {
  const reply = await control.reply(verb, undefined, ABORT_PATIENCE).catch(() => undefined)
  if (reply === undefined || kindOfReply(reply) === 'completion') throw error
  throw control.refusal(verb, argument, reply, error)
}
