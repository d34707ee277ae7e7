/**
 * How a conversation with an FTP server begins: a generator that yields what to say next and is told the reply, from the
 * greeting to the moment at which files can be asked for. It knows no stream, so that a test plays the server with an array.
 *
 *     220 · [AUTH TLS 234, the handshake] · USER 331 · PASS 230 · [PBSZ 0, PROT P] · FEAT · [OPTS UTF8 ON]
 *
 * Rules it keeps:
 * - TLS that was asked for and refused ends it: no password goes in the clear because a server, or someone before it,
 *   says that it knows no TLS (RFC 4217 §4).
 * - What was said before the handshake is not believed after it: features are asked for behind it.
 * - A server that knows no FEAT is one without features.
 */
import { FtpRefusal } from './ftp-errors.ts'
import { type FtpReply, kindOfReply, parseFeatures } from './ftp-reply.ts'

/** Who logs in, and how. */
export interface FtpLogin {
  readonly user: string
  readonly password: string
  /** For servers that ask for one. */
  readonly account: string | undefined
  /** Whether the control connection goes on in TLS. */
  readonly isSecure: boolean
  /** Whether data connections do, too. */
  readonly isDataSecure: boolean
}

/** What to do next; the answer is a reply, to `secure` the last one again. */
export type LoginStep = { greeting: true } | { verb: string; argument?: string } | { secure: true }

/** What is known once logged in. */
export interface FtpSession {
  /** By FEAT: names in capitals. */
  readonly features: ReadonlyMap<string, string>
  /** The greeting, and the welcome. */
  readonly greeting: FtpReply
  readonly welcome: FtpReply
}

/**
 * Logs in.
 *
 * @throws {FtpRefusal} the server said no
 * @see RFC 959 §5.4, RFC 4217 §4 and §12, RFC 2389 §3, RFC 2640 §2.2
 */
export function* login(who: FtpLogin): Generator<LoginStep, FtpSession, FtpReply> {
  let greeting = yield { greeting: true }
  // 120: ready in some minutes; it says so again when it is.
  while (greeting.code === 120) greeting = yield { greeting: true }
  if (greeting.code !== 220) throw new FtpRefusal('', greeting)
  if (who.isSecure) {
    const reply = yield { verb: 'AUTH', argument: 'TLS' }
    if (reply.code !== 234) throw new FtpRefusal('AUTH', reply, 'ERR_FTP_NO_TLS')
    yield { secure: true }
  }
  const welcome = yield* authenticate(who)
  if (who.isSecure) {
    // The size of a buffer that TLS does not have; PROT must not come without it.
    yield { verb: 'PBSZ', argument: '0' }
    const reply = yield { verb: 'PROT', argument: who.isDataSecure ? 'P' : 'C' }
    if (reply.code !== 200) throw new FtpRefusal('PROT', reply, 'ERR_FTP_NO_TLS')
  }
  const reply = yield { verb: 'FEAT' }
  const features = kindOfReply(reply) === 'completion' ? parseFeatures(reply) : new Map()
  // Some servers take names for latin-1 until they are told. One that says no has been asked.
  if (features.has('UTF8')) yield { verb: 'OPTS', argument: 'UTF8 ON' }
  return { features, greeting, welcome }
}

function* authenticate(who: FtpLogin): Generator<LoginStep, FtpReply, FtpReply> {
  let verb = 'USER'
  let reply = yield { verb, argument: who.user }
  if (reply.code === 331) {
    verb = 'PASS'
    reply = yield { verb, argument: who.password }
  }
  if (reply.code === 332) {
    verb = 'ACCT'
    if (who.account !== undefined) reply = yield { verb, argument: who.account }
  }
  if (kindOfReply(reply) !== 'completion')
    throw new FtpRefusal(
      verb,
      reply,
      // 421 and its like say nothing about the password.
      kindOfReply(reply) === 'transient' ? undefined : 'ERR_FTP_LOGIN',
    )
  return reply
}
