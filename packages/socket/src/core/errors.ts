/**
 * The errors of the socket layer. One class tells what kind of trouble it is, one code tells exactly
 * which, one sentence tells a person: verb, target, reason, phase.
 *
 *     connect 127.0.0.1:8080: connection refused (ECONNREFUSED, phase connect, 3 ms)
 *
 * Rules it keeps:
 * - Three troubles stay apart: closed (by this program, ERR_CLOSED), broken (by the peer or the network,
 *   POSIX codes), busy (two callers, one direction, ERR_BUSY).
 * - The lower error is in `cause`, all attempts are in `errors`; nothing is swallowed.
 * - Callers test with guards, not with instanceof: two copies of a package may meet in one program.
 */
import { reasonOf } from './error-codes.ts'
import { printable } from './quote.ts'
import type { TimeoutPhase } from './timeouts.ts'

/** Where in a conversation something happened: a timeout's phase, or what was being done. */
export type Phase =
  | TimeoutPhase
  | 'open'
  | 'bind'
  | 'listen'
  | 'accept'
  | 'receive'
  | 'shutdown'
  | 'body'
  | 'option'

/** What an error is made of. `verb`, `target` and `code` make the sentence; the rest are facts. */
export interface NetErrorFacts {
  /** What was being done: `connect`, `recv`, `GET`. */
  verb: string
  /** To what: `127.0.0.1:8080`, a URL without secrets. Left out of the sentence when empty. */
  target: string
  /** A stable code, see `error-codes.ts`. */
  code: string
  /** Where it happened: `lookup`, `connect`, `receive` ... */
  phase: Phase
  /** Replaces the table's reason where more is known. */
  reason?: string
  /** Milliseconds from the start of the call to the failure. */
  elapsed?: number
  /** Which try this was, from 1, where several are made. */
  attempt?: number
  /** Bytes that had left on the connection. */
  bytesSent?: number
  /** Bytes that had come on the connection. */
  bytesReceived?: number
  /** The lower error. */
  cause?: unknown
  /** Every attempt's error, where several were made. */
  errors?: readonly Error[]
}

// Symbol.for: the same mark in every copy of the package.
const BRAND = Symbol.for('sluice.NetError')

/** Something went wrong between this program and a peer. */
export class NetError extends Error {
  override readonly name: string = 'NetError'
  /** Stable; compare this, never the message. */
  readonly code: string
  /** Where it happened: `lookup`, `connect`, `receive` ... */
  readonly phase: Phase
  /** What was being done: `connect`, `recv`. */
  readonly verb: string
  /** To what: `127.0.0.1:8080`; empty where there is no such thing. */
  readonly target: string
  /** Milliseconds from the start of the call to the failure. */
  readonly elapsed: number | undefined
  /** Which try this was, from 1, where several were made. */
  readonly attempt: number | undefined
  /** Bytes that had left on the connection, where that is known. */
  readonly bytesSent: number | undefined
  /** Bytes that had come on the connection, where that is known. */
  readonly bytesReceived: number | undefined
  /** Every attempt's error, where several were made; else empty. */
  readonly errors: readonly Error[]

  /** @param facts what the sentence is made of, and what else is known */
  constructor(facts: NetErrorFacts) {
    super(sentence(facts), 'cause' in facts ? { cause: facts.cause } : undefined)
    this.code = facts.code
    this.phase = facts.phase
    this.verb = facts.verb
    this.target = facts.target
    this.elapsed = facts.elapsed
    this.attempt = facts.attempt
    this.bytesSent = facts.bytesSent
    this.bytesReceived = facts.bytesReceived
    this.errors = facts.errors ?? []
    Object.defineProperty(this, BRAND, { value: true })
  }
}

/** A phase took longer than its limit. `code` is ERR_TIMEOUT, `phase` names the limit that was hit. */
export class TimeoutError extends NetError {
  override readonly name: string = 'TimeoutError'

  /** @param facts what the sentence is made of; `limit` in milliseconds */
  constructor(facts: Omit<NetErrorFacts, 'code'> & { phase: TimeoutPhase; limit: number }) {
    const { limit, ...rest } = facts
    super({
      reason: `no ${WAITED_FOR[facts.phase]} within ${limit} ms`,
      ...rest,
      code: 'ERR_TIMEOUT',
    })
  }
}

const TLS_BRAND = Symbol.for('sluice.TlsError')

/**
 * TLS said no: a certificate failed its check, or the handshake its agreement. `code` is the name that X.509
 * verification has for it (`CERT_HAS_EXPIRED`), else one of `ERR_TLS…`; the runtime's own error is in `cause`.
 */
export class TlsError extends NetError {
  override readonly name: string = 'TlsError'
  /** The reason alone, without what was being done. */
  readonly reason: string

  /** @param facts what the sentence is made of; the phase is `tls` */
  constructor(facts: Omit<NetErrorFacts, 'phase'> & { reason: string; phase?: Phase }) {
    super({ phase: 'tls', ...facts })
    this.reason = facts.reason
    Object.defineProperty(this, TLS_BRAND, { value: true })
  }
}

const PROXY_BRAND = Symbol.for('sluice.ProxyError')

/** A proxy on the way could not be reached, or did not lead on. `cause` is the error below, where there is one. */
export class ProxyError extends NetError {
  override readonly name: string = 'ProxyError'
  /** Which one, without its secrets: `socks5://127.0.0.1:1080`. */
  readonly proxy: string

  /** @param facts what the sentence is made of, and which proxy */
  constructor(facts: Omit<NetErrorFacts, 'phase'> & { proxy: string; reason: string }) {
    const { proxy, reason, ...rest } = facts
    super({ phase: 'proxy', ...rest, reason: `the proxy ${proxy} ${reason}` })
    this.proxy = proxy
    Object.defineProperty(this, PROXY_BRAND, { value: true })
  }
}

/** The peer finished before all that was asked for had come. */
export class UnexpectedEndError extends NetError {
  override readonly name: string = 'UnexpectedEndError'
  /** What did come: nothing is lost. */
  readonly partial: Uint8Array<ArrayBuffer>

  /** @param facts what the sentence is made of, and what did come */
  constructor(facts: Omit<NetErrorFacts, 'code'> & { partial: Uint8Array<ArrayBuffer> }) {
    super({ ...facts, code: 'ERR_UNEXPECTED_END' })
    this.partial = facts.partial
  }
}

/** What each phase waits for, as a noun. */
const WAITED_FOR: Record<TimeoutPhase, string> = {
  lookup: 'address',
  connect: 'connection',
  tls: 'TLS session',
  proxy: 'answer of the proxy',
  send: 'progress',
  headers: 'complete head',
  idle: 'byte',
  total: 'result',
}

/**
 * Tells whether a value is an error of these layers, from whichever copy of the package. Never throws, whatever was
 * caught: a Proxy and a getter may.
 *
 * @param code when given, the error must carry this code
 * @param value anything that was caught
 * @example if (isNetError(error, 'ECONNREFUSED')) await startServer()
 */
export function isNetError(value: unknown, code?: string): value is NetError {
  try {
    return (
      value instanceof Error &&
      (value as { [BRAND]?: unknown })[BRAND] === true &&
      (code === undefined || (value as { code?: unknown }).code === code)
    )
  } catch {
    return false
  }
}

/**
 * Tells whether a value is a `TimeoutError`, of a given phase if one is named.
 *
 * @param value anything that was caught
 * @param phase when given, this phase must have taken too long
 */
export function isTimeoutError(value: unknown, phase?: TimeoutPhase): value is TimeoutError {
  return isNetError(value, 'ERR_TIMEOUT') && (phase === undefined || value.phase === phase)
}

/**
 * Tells whether a value is a `TlsError`, from whichever copy of the package.
 *
 * @param value anything
 * @param code when given, the error must carry this code
 * @see isNetError
 * @example if (isTlsError(error, 'CERT_HAS_EXPIRED')) console.log('renew it')
 */
export function isTlsError(value: unknown, code?: string): value is TlsError {
  return isNetError(value, code) && (value as { [TLS_BRAND]?: unknown })[TLS_BRAND] === true
}

/**
 * Reads the code of an error. Never throws.
 *
 * @param error anything that was caught
 * @returns the code of any error that has one, ours or the operating system's, else `undefined`
 * @see Node's error.code; errno(3)
 */
export function codeOf(error: unknown): string | undefined {
  try {
    const code = (error as { code?: unknown } | null | undefined)?.code
    return typeof code === 'string' ? code : undefined
  } catch {
    return undefined
  }
}

/**
 * Tells whether a value is a `ProxyError`, with a given code if one is named.
 *
 * @param value anything that was caught
 * @param code when given, the error must carry this code
 */
export function isProxyError(value: unknown, code?: string): value is ProxyError {
  return isNetError(value, code) && (value as { [PROXY_BRAND]?: unknown })[PROXY_BRAND] === true
}

/** A path of a Unix socket has 108 bytes, a host name 253, a URL as many as it likes. */
const TARGET_SHOWN = 300
/** More than the longest reason of ours, which lists five names of a certificate. */
const REASON_SHOWN = 800

function sentence(facts: NetErrorFacts): string {
  const { verb, target, code, phase, elapsed } = facts
  const subject = target === '' ? verb : `${verb} ${printable(target, TARGET_SHOWN)}`
  const reason = printable(facts.reason ?? reasonOf(code), REASON_SHOWN)
  const notes = [code, `phase ${phase}`]
  if (elapsed !== undefined) notes.push(`${Math.round(elapsed)} ms`)
  return `${subject}: ${reason} (${notes.join(', ')})`
}
