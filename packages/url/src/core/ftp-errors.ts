/**
 * What goes wrong in FTP: the server says no, or says what is no FTP.
 *
 *     RETR ftp://127.0.0.1/nope: the server said 550 No such file (ERR_FTP_REPLY, phase reply)
 */
import { FetchError, type FetchErrorFacts } from './errors.ts'
import { type FtpReply, kindOfReply } from './ftp-reply.ts'
import { shown } from './shown.ts'

// Symbol.for: the same mark in every copy of the package.
const BRAND = Symbol.for('sluice.FtpError')

/** The server refused a command: `reply` says with which code. */
export class FtpError extends FetchError {
  override readonly name: string = 'FtpError'
  /** What the server said. */
  readonly reply: FtpReply
  /** Whether the same may succeed later (RFC 959 §4.2.1: the reply begins with 4). */
  readonly isTransient: boolean

  /** @param facts as of a `FetchError`, and the reply */
  constructor(facts: FetchErrorFacts & { reply: FtpReply }) {
    super({ phase: 'reply', ...facts })
    this.reply = facts.reply
    this.isTransient = kindOfReply(facts.reply) === 'transient'
    Object.defineProperty(this, BRAND, { value: true })
  }
}

/**
 * Tells whether a value is an `FtpError`, from whichever copy of the package.
 *
 * @param value anything that was caught
 * @param replyCode when given, the server must have said this
 * @example if (isFtpError(error, 550)) console.log('no such file, or not for us')
 */
export function isFtpError(value: unknown, replyCode?: number): value is FtpError {
  if (!(value instanceof Error) || (value as { [BRAND]?: unknown })[BRAND] !== true) return false
  return replyCode === undefined || (value as FtpError).reply.code === replyCode
}

/** The same where nobody knows yet of whom it is said: thrown by the core, told by the shell. */
export class FtpRefusal extends Error {
  override readonly name = 'FtpRefusal'
  readonly verb: string
  readonly reply: FtpReply
  readonly code: string

  /** @param verb the command that was refused; empty for the greeting */
  constructor(verb: string, reply: FtpReply, code = 'ERR_FTP_REPLY') {
    super(refusalReason(verb, reply))
    this.verb = verb
    this.reply = reply
    this.code = code
  }
}

/** As it stands in a sentence. */
export function refusalReason(verb: string, { code, text }: FtpReply): string {
  const said = text === '' ? '' : ` ${shown(text).slice(1, -1)}`
  return `the server said ${code}${said}${verb === '' ? '' : ` to ${verb}`}`
}
