/**
 * The options of TLS: their shapes, and the checks that tell a wrong one before anything is sent. Most are optional
 * in the strict sense: a client without any option verifies by the runtime's roots, a server needs a certificate.
 *
 * What is parsed once and used for many connections is a `TlsContext`: either the options name its parts, or they
 * hand over a ready one as `context`.
 */
import { kindOf } from './bytes.ts'
import { isIPv4, isIPv6 } from './ip.ts'
import { isWhole, quoted } from './quote.ts'
import { decodeSession } from './tls-session.ts'

/** PEM, or the bytes of PEM or DER. */
export type CertificateSource = string | Uint8Array

/** Versions of TLS; older ones are broken (RFC 8996). */
export type TlsVersion = 'TLSv1.2' | 'TLSv1.3'

/** Who we are and whom we trust. */
export interface TlsContextOptions {
  /** Trusted issuers, in place of those of the runtime. */
  ca?: CertificateSource | readonly CertificateSource[] | undefined
  /** Our certificate, then those between it and the root, in one text or several. */
  cert?: CertificateSource | readonly CertificateSource[] | undefined
  /** The private key of `cert`. */
  key?: CertificateSource | undefined
  /** Opens an encrypted `key`. */
  passphrase?: string | undefined
  /** The oldest version that is accepted; default TLSv1.2. */
  minVersion?: TlsVersion | undefined
  /** The newest; default TLSv1.3. */
  maxVersion?: TlsVersion | undefined
  /** Suites in the notation of OpenSSL, `:` between them; default: the runtime's. */
  ciphers?: string | undefined
  /**
   * For servers: 48 bytes that seal session tickets. Processes that share them resume each other's sessions. Default:
   * random ones; then `reload` forgets all sessions, too.
   */
  ticketKeys?: Uint8Array | undefined
}

/** What both sides of a handshake can be told; `C` is the class of contexts, which lives in `io/`. */
export interface TlsHandshakeOptions<C> extends TlsContextOptions {
  /** A ready one, instead of the options that it is made of. */
  context?: C | undefined
  /** Is called with each line of an NSS key log: whoever has them can read the connection. For debugging. */
  keylog?: ((line: string) => void) | undefined
}

/** The client's side. */
export interface ClientOptions<C> extends TlsHandshakeOptions<C> {
  /** Application protocols, best first (ALPN). */
  alpn?: readonly string[] | undefined
  /** What the server is asked for and has to prove to be; default: the host that was connected to. */
  serverName?: string | undefined
  /**
   * False takes any certificate. The connection is then private against listeners only, and `tls.authorized` says
   * what a check would have said. Default true.
   */
  verify?: boolean | undefined
  /** SHA-256 of public keys in base64. One of the certificates, up from the server's own, must have one of them. */
  pins?: readonly string[] | undefined
  /**
   * A session that `onSession` gave: the handshake is shorter if the server remembers it. Name, dates and pins are looked at
   * anew; the issuers are those that were trusted when it began, whatever `ca` says now.
   */
  session?: Uint8Array | undefined
  /** Is called with each session that the server offers, which may be after the first bytes of a conversation. */
  onSession?: ((session: Uint8Array) => void) | undefined
}

/** The server's side. */
export interface ServerOptions<C> extends TlsHandshakeOptions<C> {
  /** Ask clients for a certificate: `request` takes those without one, too; `require` does not. Default: not asked. */
  clientCertificate?: 'request' | 'require' | undefined
  /** Application protocols, best first; or a function that picks one of those offered, `undefined` to refuse. */
  alpn?:
    | readonly string[]
    | ((offered: readonly string[], serverName: string | undefined) => string | undefined)
    | undefined
  /** Picks the context for the name that a client asks for; `undefined` is the default one. */
  sni?: ((serverName: string) => C | undefined | PromiseLike<C | undefined>) | undefined
}

export const CONTEXT_KEYS = [
  'ca',
  'cert',
  'key',
  'passphrase',
  'minVersion',
  'maxVersion',
  'ciphers',
  'ticketKeys',
] as const
const BOTH = [...CONTEXT_KEYS, 'context', 'alpn', 'keylog']
export const CLIENT_KEYS: readonly string[] = [
  ...BOTH,
  'serverName',
  'verify',
  'pins',
  'session',
  'onSession',
]
export const SERVER_KEYS: readonly string[] = [...BOTH, 'clientCertificate', 'sni']

const VERSIONS = ['TLSv1.2', 'TLSv1.3']
/** RFC 7301 §3.1: one byte of length. */
const LONGEST_PROTOCOL = 255
const TICKET_KEYS = 48

/** @throws {TypeError | RangeError} what can not be a part of a context */
export function checkContextOptions(options: TlsContextOptions): void {
  const { minVersion, maxVersion, ticketKeys } = options
  for (const name of ['ca', 'cert'] as const)
    for (const source of sourcesOf(options[name])) checkSource(name, source)
  if (options.key !== undefined) checkSource('key', options.key)
  for (const name of ['passphrase', 'ciphers'] as const) checkType(name, options[name], 'string')
  checkCiphers(options.ciphers)
  if (!isWhole(options.passphrase ?? ''))
    throw new SyntaxError('tls.passphrase holds half a character')
  for (const [name, version] of [
    ['minVersion', minVersion],
    ['maxVersion', maxVersion],
  ])
    if (version !== undefined && !VERSIONS.includes(version))
      throw new TypeError(`tls.${name} must be ${VERSIONS.join(' or ')}, not ${quoted(version)}`)
  if (minVersion === 'TLSv1.3' && maxVersion === 'TLSv1.2')
    throw new RangeError('tls.maxVersion is older than tls.minVersion')
  if (options.cert !== undefined && options.key === undefined)
    throw new TypeError('tls.cert needs tls.key')
  if (options.key !== undefined && options.cert === undefined)
    throw new TypeError('tls.key needs tls.cert')
  if (
    ticketKeys !== undefined &&
    !(ticketKeys instanceof Uint8Array && ticketKeys.length === TICKET_KEYS)
  )
    throw new TypeError(`tls.ticketKeys must be ${TICKET_KEYS} bytes`)
}

/** @throws {TypeError | RangeError} for what makes no sense on the client's side */
export function checkClientOptions(options: ClientOptions<unknown>): void {
  checkBoth(options)
  const { serverName, verify, pins, session, alpn } = options
  if (serverName !== undefined) checkHostname('tls.serverName', serverName)
  checkType('verify', verify, 'boolean')
  checkType('onSession', options.onSession, 'function')
  if (alpn !== undefined) checkProtocols(alpn)
  if (session !== undefined && !(session instanceof Uint8Array))
    throw new TypeError(`tls.session must be bytes, not ${kindOf(session)}`)
  if (session !== undefined) decodeSession(session)
  if (pins === undefined) return
  if (!Array.isArray(pins) || pins.length === 0)
    throw new TypeError('tls.pins must be a list of at least one pin')
  // 32 bytes in base64; curl writes `sha256//` before them.
  for (const pin of pins)
    if (typeof pin !== 'string' || !/^(sha256\/\/?)?[A-Za-z0-9+/]{43}=$/.test(pin))
      throw new TypeError(`tls.pins: ${quoted(pin)} is not a SHA-256 in base64`)
}

/** @throws {TypeError | RangeError} for what makes no sense on the server's side */
export function checkServerOptions(options: ServerOptions<unknown>): void {
  checkBoth(options)
  const { clientCertificate, alpn } = options
  checkType('sni', options.sni, 'function')
  if (alpn !== undefined && typeof alpn !== 'function') checkProtocols(alpn)
  if (clientCertificate !== undefined && !['request', 'require'].includes(clientCertificate))
    throw new TypeError(
      `tls.clientCertificate must be 'request' or 'require', not ${quoted(clientCertificate)}`,
    )
  if (options.context === undefined && options.cert === undefined && options.sni === undefined)
    throw new TypeError('tls: a server needs cert and key, a context, or sni')
}

/**
 * Checks a name that goes into the handshake and into comparisons.
 *
 * @throws {TypeError} for no text. {SyntaxError} for what no host is called: a CR, LF or NUL would cut it in half for
 *   whoever reads it as C does
 */
function checkHostname(what: string, name: unknown): void {
  if (typeof name !== 'string') throw new TypeError(`${what} must be a string, not ${kindOf(name)}`)
  if (name === '' || name.length > LONGEST_NAME || NOT_IN_A_NAME.test(name))
    throw new SyntaxError(`${what}: ${quoted(name)} is not the name of a host`)
}

/** RFC 1035 §2.3.4; what is longer, the record layer leaves out in silence. */
const LONGEST_NAME = 255
/** Controls, halves of characters, and what ends a name in a URL or a list. */
const NOT_IN_A_NAME = /[^\x21-\x7e\u{a1}-\u{d7ff}\u{e000}-\u{10ffff}]|[/\\@?#,\u{2028}\u{2029}]/u

/**
 * A list in the notation of OpenSSL, which reads up to a NUL: what stands behind one would be left out in silence.
 *
 * @see openssl-ciphers(1)
 */
function checkCiphers(ciphers: string | undefined): void {
  if (ciphers !== undefined && !/^[\w:,+\-!@=. ]{0,4096}$/.test(ciphers))
    throw new SyntaxError(`tls.ciphers: ${quoted(ciphers)} is no list of ciphers`)
}

/** The name that is asked for by SNI: none for an address (RFC 6066 §3), and without a final dot. */
export function sniOf(serverName: string): string | undefined {
  const bare = serverName.replace(/^\[(.*)\]$/, '$1').replace(/%.*$/, '')
  return isIPv4(bare) || isIPv6(bare) ? undefined : serverName.replace(/\.$/, '')
}

/** One or many, as a list. */
export function sourcesOf(
  given: CertificateSource | readonly CertificateSource[] | undefined,
): readonly CertificateSource[] {
  if (given === undefined) return []
  return Array.isArray(given) ? given : [given as CertificateSource]
}

function checkBoth(options: TlsHandshakeOptions<unknown>): void {
  checkType('keylog', options.keylog, 'function')
  if (options.context === undefined) {
    checkContextOptions(options)
    return
  }
  const twice = CONTEXT_KEYS.find((name) => options[name] !== undefined)
  if (twice !== undefined)
    throw new TypeError(`tls.${twice} belongs to tls.context, which is given`)
}

function checkProtocols(alpn: unknown): void {
  if (!Array.isArray(alpn)) throw new TypeError(`tls.alpn must be a list, not ${kindOf(alpn)}`)
  for (const protocol of alpn) {
    if (typeof protocol !== 'string')
      throw new TypeError(`tls.alpn: a protocol must be a string, not ${kindOf(protocol)}`)
    if (protocol === '' || protocol.length > LONGEST_PROTOCOL || /[^\0-\xff]/.test(protocol))
      throw new RangeError(`tls.alpn: ${quoted(protocol)} is not 1 to 255 bytes`)
  }
}

function checkSource(name: string, source: unknown): void {
  if (typeof source !== 'string' && !(source instanceof Uint8Array))
    throw new TypeError(`tls.${name} must be PEM text or bytes, not ${kindOf(source)}`)
  if (source.length === 0) throw new TypeError(`tls.${name} is empty`)
}

function checkType(name: string, value: unknown, type: 'string' | 'boolean' | 'function'): void {
  if (value !== undefined && typeof value !== type)
    throw new TypeError(`tls.${name} must be a ${type}, not ${kindOf(value)}`)
}
