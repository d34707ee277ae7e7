/**
 * `TlsContext`: certificate, key, trusted issuers and versions, parsed once and used for many handshakes. On a server
 * its certificate can be exchanged while it listens.
 */
import type { SecureContext, SecureContextOptions } from 'node:tls'
import { codeOf, NetError, TlsError } from '../core/errors.ts'
import { toPem } from '../core/pem.ts'
import {
  type CertificateSource,
  type ClientOptions,
  CONTEXT_KEYS,
  checkContextOptions,
  type ServerOptions,
  sourcesOf,
  type TlsContextOptions,
  type TlsHandshakeOptions,
} from '../core/tls-options.ts'
import { tlsCode, tlsReason } from '../core/tls-reasons.ts'
import { checkKeys } from './options.ts'
import { runtime, runtimeName } from './runtime.ts'
import { system as realSystem, type System } from './system.ts'

/** How a client does its handshake: `connect(target, { tls })`, `startTls`. */
export type TlsClientOptions = ClientOptions<TlsContext>
/** How a server does its handshakes: `listen(target, { tls })`, `startTls`. */
export type TlsServerOptions = ServerOptions<TlsContext>

/**
 * Sessions belong to a context by this name; without one, OpenSSL refuses to resume a session that came with a
 * certificate of the client. The ticket keys are what really keeps contexts apart.
 */
const SESSION_ID_CONTEXT = 'sluice'

/** Who we are and whom we trust, ready for use. Made by `openTlsContext`. */
export class TlsContext {
  #options: TlsContextOptions
  #native: SecureContext
  #ticketless: SecureContext | undefined
  readonly #system: System

  /** @internal */
  constructor(options: TlsContextOptions, system: System) {
    this.#options = options
    this.#system = system
    this.#native = build(options, system)
  }

  /** @internal What the runtime's TLS takes. */
  get native(): SecureContext {
    return this.#native
  }

  /** @internal The same, for a server that resumes no session. */
  get ticketless(): SecureContext {
    this.#ticketless ??= build(this.#options, this.#system, false)
    return this.#ticketless
  }

  /**
   * Exchanges the certificate: handshakes from now on use the new one, connections that stand live on. When it does
   * not fit together nothing is exchanged. Sessions that were begun before are forgotten unless `ticketKeys` were
   * given, since a resumed session does not look at certificates again.
   *
   * @param options new `cert`, `key` and perhaps `passphrase` and `ca`; what is left out stays
   * @throws {TlsError} `ERR_TLS_KEY_MISMATCH`, `ERR_TLS_NO_PEM`, `ERR_TLS_PASSPHRASE`. {TypeError} as openTlsContext
   */
  reload(options: Pick<TlsContextOptions, 'cert' | 'key' | 'passphrase' | 'ca'>): void {
    checkKeys('reload', options, ['cert', 'key', 'passphrase', 'ca'])
    const next = { ...this.#options, ...options }
    checkContextOptions(next)
    this.#native = build(next, this.#system)
    this.#ticketless = undefined
    this.#options = next
  }
}

/**
 * Parses certificate, key and issuers for use in many handshakes.
 *
 * @param options who we are (`cert`, `key`) and whom we trust (`ca`); all of them may be left out by a client
 * @returns a context; it holds no resource that would have to be closed
 * @throws {TlsError} `ERR_TLS_KEY_MISMATCH`, `ERR_TLS_NO_PEM`, `ERR_TLS_PASSPHRASE`, `ERR_TLS_CIPHERS`
 * @throws {TypeError | RangeError} for options that make no sense
 * @see RFC 8446 §4.2 and §4.4.2, for what of it is negotiated and what is shown
 * @example const context = openTlsContext({ minVersion: 'TLSv1.3' })
 */
export function openTlsContext(options: TlsContextOptions & { system?: System }): TlsContext {
  checkKeys('openTlsContext', options, [...CONTEXT_KEYS, 'system'])
  checkContextOptions(options)
  refuseIgnored('openTlsContext', options)
  return new TlsContext(options, options.system ?? realSystem)
}

/** The context of a handshake: the one that is given, or one of the parts that are. */
export function contextOf(options: TlsHandshakeOptions<TlsContext>, system: System): TlsContext {
  if (options.context === undefined) return new TlsContext(options, system)
  if (options.context instanceof TlsContext) return options.context
  throw new TypeError('tls.context must come from openTlsContext')
}

/** Options that a runtime takes and does nothing with (tried out: Bun 1.4, Deno 2.9). */
const IGNORED: Readonly<Record<typeof runtimeName, readonly (keyof TlsClientOptions)[]>> = {
  node: [],
  bun: ['keylog', 'ticketKeys'],
  deno: ['keylog', 'ciphers', 'ticketKeys'],
}

/** @throws {NetError} `ERR_UNSUPPORTED`: who limits the ciphers must not get others in silence */
export function refuseIgnored(verb: string, options: TlsClientOptions | TlsServerOptions): void {
  const name = IGNORED[runtimeName].find((key) => key in options && options[key as 'keylog'])
  if (name === undefined) return
  const reason = `${runtime} does nothing with tls.${name}`
  throw new NetError({ verb, target: '', phase: 'option', code: 'ERR_UNSUPPORTED', reason })
}

function build(options: TlsContextOptions, system: System, tickets = true): SecureContext {
  const { passphrase, minVersion = 'TLSv1.2', maxVersion, ciphers, ticketKeys } = options
  const given: SecureContextOptions = { minVersion, sessionIdContext: SESSION_ID_CONTEXT }
  if (!tickets) given.secureOptions = nodeConstants().SSL_OP_NO_TICKET
  if (options.ca !== undefined) given.ca = sourcesOf(options.ca).map((ca) => certificate('ca', ca))
  if (options.cert !== undefined)
    given.cert = sourcesOf(options.cert)
      .map((cert) => certificate('cert', cert))
      .join('\n')
  if (options.key !== undefined) given.key = privateKey(options.key)
  if (passphrase !== undefined) given.passphrase = passphrase
  if (maxVersion !== undefined) given.maxVersion = maxVersion
  if (ciphers !== undefined) given.ciphers = ciphers
  if (ticketKeys !== undefined) given.ticketKeys = Buffer.from(ticketKeys)
  try {
    return system.createSecureContext(given)
  } catch (cause) {
    const said = tlsCode(codeOf(cause), (cause as Error).message)
    // There is no handshake yet that could have failed: it is what was given that can't be read.
    const code = said === 'ERR_TLS' ? 'ERR_TLS_NO_PEM' : said
    const reason = tlsReason(code) ?? (cause as Error).message
    throw new TlsError({ verb: 'openTlsContext', target: '', code, reason, cause })
  }
}

/** Of node:crypto, which is not loaded for those who need none. */
function nodeConstants(): { SSL_OP_NO_TICKET: number } {
  return process.getBuiltinModule('node:crypto').constants
}

/** Not every runtime looks at a key before the first handshake. */
function privateKey(source: CertificateSource): string {
  const pem = toPem('key', source, 'key')
  if (/-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/.test(pem)) return pem
  const reason = 'tls.key holds no private key, neither PEM nor DER'
  throw new TlsError({ verb: 'openTlsContext', target: '', code: 'ERR_TLS_NO_PEM', reason })
}

/** Trust must not shrink in silence: text without a certificate in it would be no error to the runtime. */
function certificate(name: string, source: CertificateSource): string {
  const pem = toPem(name, source, 'certificate')
  if (/-----BEGIN (X509 |TRUSTED )?CERTIFICATE-----/.test(pem)) return pem
  const code = 'ERR_TLS_NO_PEM'
  const reason = `tls.${name} holds no certificate, neither PEM nor DER`
  throw new TlsError({ verb: 'openTlsContext', target: '', code, reason })
}
