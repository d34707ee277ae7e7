/**
 * The handshake, over any stream that is connected. It ends in a `TlsTransport` or in one error; after an error the
 * stream is closed.
 *
 * Rules it keeps:
 * - The check of a certificate is ours (`judge`), also where a runtime would do it: only then a sentence can say
 *   when it expired, and a resumed session is held to its name like any other. Nothing of ours is sent before it.
 * - What the program hands in (`sni`, `alpn`, `keylog`, `onSession`) is called by the record layer of the runtime, where
 *   an exception would end the process. Each is fenced in: it ends this connection.
 * - The transport is made in the very call that reports the end of the handshake, so that no event falls in between.
 * - Bytes that were there before are the caller's business: it puts them back into the stream, and the record layer
 *   reads them first (`startTls`).
 */
import type { Duplex } from 'node:stream'
import type { ConnectionOptions, TLSSocket, TLSSocketOptions } from 'node:tls'
import { concat, encodeLatin1 } from '../core/bytes.ts'
import { type Certificate, readCertificate } from '../core/certificate.ts'
import { reasonOf } from '../core/error-codes.ts'
import { codeOf, NetError, TimeoutError, TlsError } from '../core/errors.ts'
import { quoted } from '../core/quote.ts'
import { checkServerName, listed } from '../core/tls-names.ts'
import { sniOf } from '../core/tls-options.ts'
import { tlsCode, tlsReason } from '../core/tls-reasons.ts'
import { decodeSession, encodeSession, type KeptSession } from '../core/tls-session.ts'
import { within } from './deadline.ts'
import { fence } from './fence.ts'
import type { System } from './system.ts'
import { type TlsClientOptions, TlsContext, type TlsServerOptions } from './tls-context.ts'
import { peerCertificateOf, peerChainOf, sha256, tlsInfoOf } from './tls-info.ts'
import { endByReset, TlsTransport } from './tls-transport.ts'
import { publish, tracing } from './trace.ts'

/** Which side of a handshake we are, with its options and the context that they stand for. */
export type HandshakeSide =
  | {
      side: 'client'
      options: TlsClientOptions
      context: TlsContext
      /** What the server has to prove to be; nothing only where nothing is verified. */
      serverName: string | undefined
    }
  | { side: 'server'; options: TlsServerOptions; context: TlsContext }

/** Whom a handshake is for: how errors and events name it, and how long it may take. */
export interface HandshakeCall {
  readonly verb: string
  readonly target: string
  /** On the system's clock. */
  readonly started: number
  readonly id: number
  readonly parent: number
  /** `Infinity` for no limit. */
  readonly limit: number
  readonly signal: AbortSignal | undefined
}

/**
 * Does a handshake.
 *
 * @param stream connected, read by nobody
 * @param open makes of the transport what the caller wants, within the event that ends the handshake
 * @throws {TlsError} with the reason. {TimeoutError} phase `tls`. `signal.reason` when aborted
 */
export async function handshake<T>(
  system: System,
  stream: Duplex,
  side: HandshakeSide,
  call: HandshakeCall,
  open: (transport: TlsTransport) => T,
): Promise<T> {
  const attempt = new Handshake(system, stream, side, call)
  try {
    call.signal?.throwIfAborted()
    // Who has finished says no more of a handshake, and a socket that has told its end would not tell it again.
    if (stream.readableEnded) throw attempt.closed()
    const work = new Promise<T>((resolve, reject) => {
      attempt.run((transport) => resolve(open(transport)), reject)
    })
    return await within(system.clock, work, {
      ms: call.limit,
      signal: call.signal,
      onTimeout: () => attempt.tooLate(),
    })
  } catch (error) {
    attempt.giveUp()
    if (tracing()) {
      const facts = { target: call.target, code: codeOf(error) ?? 'ERR_ABORTED' }
      publish(call.id, call.parent, 'tlsFailed', facts)
    }
    throw error
  }
}

type Done = (transport: TlsTransport) => void

/** One handshake under way. */
class Handshake {
  readonly #system: System
  readonly #stream: Duplex
  readonly #side: HandshakeSide
  readonly #call: HandshakeCall
  /** The session that is to be resumed. */
  readonly #kept: KeptSession | undefined
  #socket: TLSSocket | undefined
  #fail: (error: Error) => void = () => {}
  /** Succeeded or failed: a function of the program that throws later breaks the connection instead. */
  #over = false
  /** The record layer was content with the peer, and we are not. */
  #isRefused = false

  constructor(system: System, stream: Duplex, side: HandshakeSide, call: HandshakeCall) {
    this.#system = system
    this.#stream = stream
    this.#side = side
    this.#call = call
    if (side.side === 'client' && side.options.session !== undefined)
      this.#kept = decodeSession(side.options.session)
    // The socket below may report what the one above has reported already; that lasts as long as they do.
    stream.on('error', drop)
  }

  run(done: Done, reject: (error: Error) => void): void {
    let socket: TLSSocket
    this.#fail = (error) => {
      if (this.#over) return
      this.#over = true
      reject(error)
    }
    try {
      socket = this.#side.side === 'client' ? this.#connect(this.#side) : this.#accept(this.#side)
    } catch (error) {
      this.#fail(this.#failure(error))
      return
    }
    this.#socket = socket
    const onFailure = (error: Error): void => this.#fail(this.#failure(error))
    const onClose = (): void => this.#fail(this.closed())
    const onSecure = (): void => {
      if (this.#over) return
      let transport: TlsTransport
      try {
        transport = this.#secured(socket)
      } catch (error) {
        this.#isRefused = true
        this.#fail(this.#failure(error))
        return
      }
      this.#over = true
      for (const event of FAILURES) socket.off(event, onFailure)
      socket.off('close', onClose).off('end', onClose).off(secure, onSecure)
      done(transport)
    }
    // A client's socket says `secureConnect` once it has checked the certificate, a server's only `secure`.
    const secure = this.#side.side === 'client' ? 'secureConnect' : 'secure'
    for (const event of FAILURES) socket.on(event, onFailure)
    // A peer that finishes now can't say the rest of its handshake; a half-open socket would wait for it till the timeout.
    socket.on('close', onClose).on('end', onClose).on(secure, onSecure)
    this.#listen(socket)
  }

  giveUp(): void {
    this.#over = true
    // In TLS 1.3 the peer may believe that it is done: to it a quiet end would be that of a stream in good order.
    const isReset = this.#isRefused && endByReset(this.#stream)
    this.#socket?.on('error', drop).destroy()
    if (!isReset) this.#stream.destroy()
  }

  tooLate(): TimeoutError {
    const { limit, ...call } = this.#call
    return new TimeoutError({ ...this.#facts(call), phase: 'tls', limit })
  }

  #connect({ options, context, serverName }: HandshakeSide & { side: 'client' }): TLSSocket {
    const given: ConnectionOptions = {
      socket: this.#stream,
      secureContext: context.native,
      servername: (serverName === undefined ? undefined : sniOf(serverName)) ?? '',
      // Both checks are made in #secured.
      rejectUnauthorized: false,
      checkServerIdentity: () => undefined,
    }
    if (options.alpn?.length) given.ALPNProtocols = protocolsOf(options.alpn)
    if (this.#kept !== undefined) given.session = Buffer.from(this.#kept.native)
    return this.#system.connectTls(given)
  }

  #accept({ options, context }: HandshakeSide & { side: 'server' }): TLSSocket {
    const { alpn, sni, clientCertificate } = options
    // A session knows nothing of the name it began with: whoever is known to one name's issuers could resume it under
    // another's (CVE-2025-23419). So where both depend on the name there is nothing to resume.
    const kind = sni !== undefined && clientCertificate !== undefined ? 'ticketless' : 'native'
    const given: TLSSocketOptions & { ALPNCallback?: AlpnCallback } = {
      isServer: true,
      secureContext: context[kind],
      requestCert: clientCertificate !== undefined,
      // Only whether one must be there; whether it is good is decided in #secured.
      rejectUnauthorized: clientCertificate === 'require',
    }
    if (typeof alpn === 'function')
      given.ALPNCallback = ({ protocols, servername }) =>
        this.#fence('alpn', () =>
          checkChoice(
            this.#fence('alpn', () => alpn(protocols, servername || undefined)),
            protocols,
          ),
        )
    else if (alpn?.length) given.ALPNProtocols = protocolsOf(alpn)
    if (sni !== undefined)
      given.SNICallback = (name, answer) => {
        void this.#askForContext(sni, name)
          .then((found) => found?.[kind])
          .then((native) => {
            if (!this.#over) answer(null, native)
          }, this.#fail)
      }
    return this.#system.acceptTls(this.#stream, given)
  }

  async #askForContext(
    sni: NonNullable<TlsServerOptions['sni']>,
    name: string,
  ): Promise<TlsContext | undefined> {
    let context: TlsContext | undefined
    try {
      context = await sni(name)
      if (context !== undefined && !(context instanceof TlsContext))
        throw new TypeError('tls.sni must give a context of openTlsContext, or undefined')
    } catch (error) {
      throw this.#threw('sni', error)
    }
    const { options } = this.#side
    if (context === undefined && options.context === undefined && options.cert === undefined)
      throw this.#error('ERR_TLS_UNKNOWN_NAME', { host: name })
    return context
  }

  /** What goes on after the handshake as well. */
  #listen(socket: TLSSocket): void {
    const { keylog } = this.#side.options
    if (keylog !== undefined)
      socket.on('keylog', (line) =>
        this.#fence('keylog', () => keylog(line.toString('latin1').trimEnd())),
      )
    if (this.#side.side !== 'client') return
    const { onSession } = this.#side.options
    if (onSession !== undefined)
      socket.on('session', (session) =>
        this.#fence('onSession', () =>
          onSession(encodeSession({ chain: this.#chain(socket), native: session })),
        ),
      )
  }

  /** The record layer is content: are we? @throws {TlsError} */
  #secured(socket: TLSSocket): TlsTransport {
    const certificate = this.#certificate(socket)
    const problem =
      this.#side.side === 'client'
        ? this.#judgeServer(this.#side, socket, certificate)
        : this.#judgeClient(this.#side, socket, certificate)
    const info = tlsInfoOf(socket, {
      certificate,
      serverName: this.#side.side === 'client' ? this.#side.serverName : servernameOf(socket),
      authorizationError: problem?.code,
      chain: () => this.#chain(socket),
    })
    return new TlsTransport(socket, this.#stream, info)
  }

  #certificate(socket: TLSSocket): Certificate | undefined {
    const der = peerCertificateOf(socket) ?? this.#chain(socket)[0]
    try {
      return der && readCertificate(der, sha256)
    } catch (cause) {
      if (this.#side.side === 'client' && this.#side.options.verify === false) return undefined
      const facts = this.#facts(this.#call)
      throw new TlsError({ ...facts, code: 'ERR_TLS', reason: (cause as Error).message, cause })
    }
  }

  /** A resumed handshake shows no certificates: then they are those that the session began with. */
  #chain(socket: TLSSocket): readonly Uint8Array[] {
    if (this.#kept !== undefined && socket.isSessionReused()) return this.#kept.chain
    return peerChainOf(socket)
  }

  /** @returns what is wrong with the server and allowed to be. @throws {TlsError} what is wrong and is not */
  #judgeServer(
    { options, serverName }: HandshakeSide & { side: 'client' },
    socket: TLSSocket,
    certificate: Certificate | undefined,
  ): TlsError | undefined {
    const problem = this.#problem(verdictOf(socket), certificate, serverName)
    if (problem !== undefined && options.verify !== false) throw problem
    if (options.pins !== undefined && !matchesPin(this.#chain(socket), options.pins))
      throw this.#error('ERR_TLS_PIN', { host: serverName })
    return problem
  }

  #problem(
    verdict: string | undefined,
    certificate: Certificate | undefined,
    host: string | undefined,
  ): TlsError | undefined {
    const outdated = certificate && outdatedCode(certificate)
    if (verdict !== undefined) return this.#error(outdated ?? verdict, { certificate, host })
    if (certificate === undefined) return this.#error('ERR_TLS_NO_CERTIFICATE', { host })
    if (outdated !== undefined) return this.#error(outdated, { certificate })
    const reason = host === undefined ? undefined : checkServerName(certificate.names, host)
    if (reason === undefined) return undefined
    const facts = { ...this.#facts(this.#call), code: 'ERR_TLS_CERT_ALTNAME_INVALID', reason }
    return new TlsError(facts)
  }

  #judgeClient(
    { options }: HandshakeSide & { side: 'server' },
    socket: TLSSocket,
    certificate: Certificate | undefined,
  ): undefined {
    const { clientCertificate } = options
    if (clientCertificate === undefined) return
    if (certificate === undefined) {
      if (clientCertificate === 'require') throw this.#error('ERR_TLS_NO_CERTIFICATE', {})
      return
    }
    const verdict = verdictOf(socket)
    if (verdict !== undefined) throw this.#error(verdict, { certificate })
  }

  /** Calls a function of the program; when it throws, this connection ends and nothing else does. */
  #fence<R>(name: string, run: () => R): R | undefined {
    return fence(run, (error) => {
      const failure = this.#threw(name, error)
      if (this.#over) this.#socket?.destroy(failure)
      else this.#fail(failure)
    })
  }

  #threw(name: string, cause: unknown): TlsError {
    const reason = `the function tls.${name} threw`
    return new TlsError({ ...this.#facts(this.#call), code: 'ERR_TLS_CALLBACK', reason, cause })
  }

  /** What the runtime, or we ourselves, said no with. */
  #failure(error: unknown): Error {
    if (error instanceof NetError) return error
    const code = tlsCode(codeOf(error), String((error as Error | undefined)?.message))
    if (code === 'ECONNRESET') return this.closed(error)
    return this.#error(code, { host: this.#host }, error)
  }

  closed(cause?: unknown): TlsError {
    const reason = 'the peer closed the connection during the handshake'
    const facts = { ...this.#facts(this.#call), code: 'ECONNRESET', reason }
    return new TlsError(cause === undefined ? facts : { ...facts, cause })
  }

  #error(code: string, facts: Parameters<typeof tlsReason>[1], cause?: unknown): TlsError {
    const reason = tlsReason(code, { now: Date.now(), ...facts }) ?? reasonOf(code)
    const base = { ...this.#facts(this.#call), code, reason }
    return new TlsError(cause === undefined ? base : { ...base, cause })
  }

  get #host(): string | undefined {
    return this.#side.side === 'client' ? this.#side.serverName : undefined
  }

  #facts({ verb, target, started }: { verb: string; target: string; started: number }) {
    return { verb, target, elapsed: this.#system.clock.now() - started }
  }
}

/** Before the handshake is over, a server's socket reports by an event of its own. */
const FAILURES = ['error', '_tlsError'] as const

type AlpnCallback = (asked: { protocols: string[]; servername: string }) => string | undefined

function drop(): void {}

/**
 * Names of protocols are bytes (RFC 7301 §3.1). Node writes text as UTF-8, and tells what was agreed on as latin-1: what is
 * not ASCII is given in the form that goes over the wire.
 */
function protocolsOf(protocols: readonly string[]): string[] | Uint8Array<ArrayBuffer> {
  if (protocols.every((protocol) => /^[\0-\x7f]*$/.test(protocol))) return [...protocols]
  return concat(protocols.map((one) => concat([Uint8Array.of(one.length), encodeLatin1(one)])))
}

/** @throws {TypeError} what the client did not offer */
function checkChoice(chosen: unknown, offered: readonly string[]): string | undefined {
  if (chosen === undefined || offered.includes(chosen as string))
    return chosen as string | undefined
  throw new TypeError(`tls.alpn must choose one of ${listed(offered)}, not ${quoted(chosen)}`)
}

/** The runtime's verdict on the peer's chain: a code, or nothing when it is good. */
function verdictOf(socket: TLSSocket): string | undefined {
  if (socket.authorized) return undefined
  const error: unknown = socket.authorizationError
  if (error) return tlsCode(codeOf(error) ?? String(error), '')
  // Node fills the two in on a client's socket only; a server's is asked directly, as tls.Server does.
  const handle = (socket as { _handle?: { verifyError?(): unknown } | null })._handle
  if (typeof handle?.verifyError !== 'function') return 'CERT_UNTRUSTED'
  const verdict = handle.verifyError()
  return verdict ? tlsCode(codeOf(verdict), String((verdict as Error).message)) : undefined
}

/**
 * What is wrong with the dates of a certificate. Looked at here as well: a resumed session was checked when it began, and
 * Deno calls all that is wrong an unknown issuer.
 */
function outdatedCode({ validFrom, validTo }: Certificate): string | undefined {
  const now = Date.now()
  if (validTo.getTime() < now) return 'CERT_HAS_EXPIRED'
  return validFrom.getTime() > now ? 'CERT_NOT_YET_VALID' : undefined
}

function servernameOf(socket: TLSSocket): string | undefined {
  const name = (socket as { servername?: string | false | null }).servername
  return name || undefined
}

/** Whether a key of the chain is pinned. */
function matchesPin(chain: readonly Uint8Array[], pins: readonly string[]): boolean {
  // 44 characters of base64; what stands before them only says `sha256`.
  const wanted = new Set(pins.map((pin) => pin.slice(-44)))
  return chain.some((der) => wanted.has(readCertificate(der, sha256).spkiSha256))
}
