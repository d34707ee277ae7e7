/**
 * Python's `ssl.SSLContext`: who we are, whom we trust, what we speak. It collects what the core's `openTlsContext` and its
 * options for a handshake are made of; files are read at once, as in Python, since nothing else is under way when
 * a program sets itself up.
 */
import { appendFileSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { toBase64 } from '../../core/pem.ts'
import type { CertificateSource, TlsContextOptions, TlsVersion } from '../../core/tls-options.ts'
import { parseCertificate } from '../certificates.ts'
import { nodeTls } from '../system.ts'
import {
  openTlsContext,
  type TlsClientOptions,
  type TlsContext,
  type TlsServerOptions,
} from '../tls-context.ts'
import { bytesOf, typeName } from './arguments.ts'
import { decode } from './codecs.ts'
import { OSError, ValueError } from './errors.ts'
import { bind, type Callable, callable, type Given, kw } from './keywords.ts'
import { translate } from './os-errors.ts'
import { type PeerCertificateDict, peerCertificate } from './peer-certificate.ts'
import type { socket } from './socket-class.ts'
import * as S from './ssl-constants.ts'
import { SSLError } from './ssl-errors.ts'
import { SSLSocket } from './ssl-socket.ts'

/** What a context is for. */
export const Purpose: {
  readonly SERVER_AUTH: { readonly shortname: string; readonly oid: string }
  readonly CLIENT_AUTH: { readonly shortname: string; readonly oid: string }
} = {
  SERVER_AUTH: { shortname: 'serverAuth', oid: '1.3.6.1.5.5.7.3.1' },
  CLIENT_AUTH: { shortname: 'clientAuth', oid: '1.3.6.1.5.5.7.3.2' },
}

/** Versions by name. */
export const TLSVersion: Readonly<Record<string, number>> = {
  MINIMUM_SUPPORTED: -2,
  SSLv3: 768,
  TLSv1: 769,
  TLSv1_1: 770,
  TLSv1_2: 771,
  TLSv1_3: 772,
  MAXIMUM_SUPPORTED: -1,
}

/** The two that are spoken; older ones as a minimum are met by these. */
const VERSIONS: Readonly<Record<number, TlsVersion>> = { 771: 'TLSv1.2', 772: 'TLSv1.3' }

/** Who we are, whom we trust, what we speak. */
class Context {
  /** PROTOCOL_TLS, PROTOCOL_TLS_CLIENT or PROTOCOL_TLS_SERVER. */
  readonly protocol: number
  /** OP_… that are on; they are kept, and change nothing here. */
  options: number = S.OP_ALL | S.OP_NO_SSLv3 | S.OP_NO_COMPRESSION
  /** VERIFY_… that are on; they are kept, and change nothing here. */
  verify_flags: number = S.VERIFY_X509_TRUSTED_FIRST
  /** Always false: a common name is no name of a host (RFC 9525). */
  hostname_checks_common_name = false
  /** Kept; there is no authentication after the handshake here. */
  post_handshake_auth = false
  /** A file for the keys of connections, for debugging. */
  keylog_filename: string | null = null
  /** What `wrap_socket` makes. */
  sslsocket_class: typeof SSLSocket = SSLSocket
  /**
   * A server's function for the name that a client asks for: `(socket, name, context)`. It returns another context, or null;
   * in Python it sets `socket.context`, which is done here, too.
   */
  sni_callback: SniCallback | null = null
  #verifyMode: number
  #checkHostname: boolean
  #minimum = -2
  #maximum = -1
  #alpn: readonly string[] | undefined
  #ciphers: string | undefined
  #own: Pick<TlsContextOptions, 'cert' | 'key' | 'passphrase'> = {}
  readonly #trusted: CertificateSource[] = []
  #trustsDefault = false
  #made: TlsContext | undefined

  constructor(...args: Given<[protocol?: number]>) {
    const given = bind('SSLContext', ['protocol?'], args)
    const protocol = (given['protocol'] ?? S.PROTOCOL_TLS) as number
    const known = [S.PROTOCOL_TLS, S.PROTOCOL_TLS_CLIENT, S.PROTOCOL_TLS_SERVER, 5]
    if (!known.includes(protocol)) throw new ValueError('invalid or unsupported protocol version')
    this.protocol = protocol
    const isClient = protocol === S.PROTOCOL_TLS_CLIENT
    this.#verifyMode = isClient ? S.CERT_REQUIRED : S.CERT_NONE
    this.#checkHostname = isClient
  }

  /** CERT_NONE, CERT_OPTIONAL or CERT_REQUIRED. ValueError for CERT_NONE while names are checked. */
  get verify_mode(): number {
    return this.#verifyMode
  }

  set verify_mode(mode: number) {
    if (![S.CERT_NONE, S.CERT_OPTIONAL, S.CERT_REQUIRED].includes(mode))
      throw new ValueError('invalid value for verify_mode')
    if (mode === S.CERT_NONE && this.#checkHostname)
      throw new ValueError('Cannot set verify_mode to CERT_NONE when check_hostname is enabled.')
    this.#verifyMode = mode
  }

  /** Whether a client compares names; true makes CERT_NONE CERT_REQUIRED. */
  get check_hostname(): boolean {
    return this.#checkHostname
  }

  set check_hostname(check: boolean) {
    this.#checkHostname = Boolean(check)
    if (this.#checkHostname && this.#verifyMode === S.CERT_NONE) this.#verifyMode = S.CERT_REQUIRED
  }

  /** The oldest version that is spoken, one of TLSVersion. */
  get minimum_version(): number {
    return this.#minimum
  }

  set minimum_version(version: number) {
    this.#minimum = version
    this.#made = undefined
  }

  /** The newest version that is spoken, one of TLSVersion. ValueError for what is not spoken at all. */
  get maximum_version(): number {
    return this.#maximum
  }

  set maximum_version(version: number) {
    if (version !== -1 && !(version in VERSIONS))
      throw new ValueError('no version before TLS 1.2 is spoken here')
    this.#maximum = version
    this.#made = undefined
  }

  /** Our certificate with those above it, and its key, from files. SSLError when they do not fit together. */
  load_cert_chain(
    ...args: Given<[certfile: string, keyfile?: string | null, password?: unknown]>
  ): null {
    const given = bind('load_cert_chain', ['certfile', 'keyfile?', 'password?'], args)
    const cert = read(given['certfile'])
    const key = (given['keyfile'] ?? null) === null ? cert : read(given['keyfile'])
    const passphrase = passwordOf(given['password'] ?? null)
    const own = { cert, key, ...(passphrase === undefined ? {} : { passphrase }) }
    translate(() => openTlsContext(own))
    this.#own = own
    this.#made = undefined
    return null
  }

  /** Trusts the certificates of a file, a folder, or data. */
  load_verify_locations(
    ...args: Given<
      [cafile?: string | null, capath?: string | null, cadata?: string | Uint8Array | null]
    >
  ): null {
    const given = bind('load_verify_locations', ['cafile?', 'capath?', 'cadata?'], args)
    const [file, folder, data] = ['cafile', 'capath', 'cadata'].map((name) => given[name] ?? null)
    if (file === null && folder === null && data === null)
      throw new TypeError('cafile, capath and cadata cannot be all omitted')
    const added: CertificateSource[] = []
    if (file !== null) added.push(read(file))
    if (folder !== null) added.push(...readAll(String(folder)))
    if (data !== null) added.push(typeof data === 'string' ? data : bytesOf(data))
    if (file !== null || data !== null) translate(() => openTlsContext({ ca: added }))
    this.#trusted.push(...added)
    this.#made = undefined
    return null
  }

  /** Trusts what the runtime trusts. */
  load_default_certs(...args: Given<[purpose?: unknown]>): null {
    bind('load_default_certs', ['purpose?'], args)
    this.#trustsDefault = true
    this.#made = undefined
    return null
  }

  /** As `load_default_certs`. */
  set_default_verify_paths(): null {
    return this.load_default_certs()
  }

  /** Application protocols, best first. */
  set_alpn_protocols(alpn_protocols: readonly string[]): null {
    for (const protocol of alpn_protocols)
      if (protocol.length === 0 || protocol.length > 255)
        throw new SSLError('ALPN protocols must be 1 to 255 bytes')
    this.#alpn = [...alpn_protocols]
    return null
  }

  /** Suites in the notation of OpenSSL. SSLError when none of them exists. */
  set_ciphers(ciphers: string): null {
    translate(() => openTlsContext({ ciphers }))
    this.#ciphers = ciphers
    this.#made = undefined
    return null
  }

  /** The certificates that were loaded: what Python's `getpeercert` shows, or bytes. */
  get_ca_certs(...args: Given<[binary_form?: boolean]>): (PeerCertificateDict | Uint8Array)[] {
    const { binary_form } = bind('get_ca_certs', ['binary_form?'], args)
    const certificates = this.#trusted.flatMap(certificatesIn).map((one) => parseCertificate(one))
    return certificates.map((one) => (binary_form ? one.der : peerCertificate(one)))
  }

  /** How many certificates were loaded. */
  cert_store_stats(): { x509: number; crl: number; x509_ca: number } {
    const all = this.#trusted.flatMap(certificatesIn).map((one) => parseCertificate(one))
    return { x509: all.length, crl: 0, x509_ca: all.filter(({ isCa }) => isCa).length }
  }

  /** Names `sni_callback`. */
  set_servername_callback(callback: SniCallback | null): null {
    this.sni_callback = callback
    return null
  }

  /**
   * Puts TLS on a socket. The old object is closed, its descriptor lives on in the new one. With `do_handshake_on_connect`,
   * the default, the promise settles after the handshake, when the socket is connected.
   */
  async wrap_socket(
    ...args: Given<
      [
        sock: socket,
        server_side?: boolean,
        do_handshake_on_connect?: boolean,
        suppress_ragged_eofs?: boolean,
        server_hostname?: string | null,
        session?: unknown,
      ]
    >
  ): Promise<SSLSocket> {
    const parameters = ['sock', 'server_side?', 'do_handshake_on_connect?']
    const rest = ['suppress_ragged_eofs?', 'server_hostname?', 'session?']
    const given = bind('wrap_socket', [...parameters, ...rest], args)
    const server_side = Boolean(given['server_side'])
    const server_hostname = (given['server_hostname'] ?? null) as string | null
    if (this.protocol === S.PROTOCOL_TLS_SERVER && !server_side)
      throw new SSLError('Cannot create a client socket with a PROTOCOL_TLS_SERVER context')
    if (this.protocol === S.PROTOCOL_TLS_CLIENT && server_side)
      throw new SSLError('Cannot create a server socket with a PROTOCOL_TLS_CLIENT context')
    if (server_side && server_hostname !== null)
      throw new ValueError('server_hostname can only be specified in client mode')
    if (!server_side && this.#checkHostname && !server_hostname)
      throw new ValueError('check_hostname requires server_hostname')
    return this.sslsocket_class._create(given['sock'] as socket, this, {
      server_side,
      server_hostname,
      do_handshake_on_connect: (given['do_handshake_on_connect'] ?? true) as boolean,
      session: (given['session'] ?? null) as Uint8Array | null,
    })
  }

  /** @internal What a client's handshake takes; the chain is judged by the caller where names are not checked. */
  clientOptions(serverName: string | null, session: Uint8Array | null): TlsClientOptions {
    return {
      context: this.#context,
      verify: this.#checkHostname,
      ...(serverName === null ? {} : { serverName }),
      ...(this.#alpn === undefined ? {} : { alpn: this.#alpn }),
      ...(session === null ? {} : { session }),
      ...this.#keylog,
    }
  }

  /** @internal What a server's handshake takes. `ask` is called with the name that a client asks for. */
  serverOptions(ask: (name: string) => Context | undefined): TlsServerOptions {
    const modes = [undefined, 'request', 'require'] as const
    return {
      context: this.#context,
      clientCertificate: modes[this.#verifyMode],
      ...(this.#alpn === undefined ? {} : { alpn: this.#pickProtocol(this.#alpn) }),
      ...(this.sni_callback === null
        ? {}
        : { sni: (name: string) => Context.#contextOf(ask(name)) }),
      ...this.#keylog,
    }
  }

  static #contextOf(context: Context | undefined): TlsContext | undefined {
    return context === undefined ? undefined : context.#context
  }

  get #context(): TlsContext {
    this.#made ??= translate(() => openTlsContext(this.#contextOptions))
    return this.#made
  }

  get #contextOptions(): TlsContextOptions {
    const minVersion = VERSIONS[this.#minimum]
    const maxVersion = VERSIONS[this.#maximum]
    return {
      ...this.#own,
      ...this.#ca,
      ...(minVersion === undefined ? {} : { minVersion }),
      ...(maxVersion === undefined ? {} : { maxVersion }),
      ...(this.#ciphers === undefined ? {} : { ciphers: this.#ciphers }),
    }
  }

  /** None for what the runtime trusts, an empty list for nobody. */
  get #ca(): Pick<TlsContextOptions, 'ca'> {
    if (this.#trustsDefault && this.#trusted.length === 0) return {}
    const roots = this.#trustsDefault ? nodeTls().rootCertificates : []
    return { ca: [...roots, ...this.#trusted] }
  }

  get #keylog(): { keylog?: (line: string) => void } {
    const file = this.keylog_filename
    return file === null ? {} : { keylog: (line) => appendFileSync(file, `${line.trimEnd()}\n`) }
  }

  /** OpenSSL as Python sets it up: the first of ours that is offered, and no protocol when none is. */
  #pickProtocol(ours: readonly string[]): TlsServerOptions['alpn'] {
    return (offered) => ours.find((protocol) => offered.includes(protocol))
  }
}

/** What a server does with the name that a client asks for. */
type SniCallback = (socket: SSLSocket, server_name: string | null, context: Context) => unknown

/** Who we are, whom we trust, what we speak. */
export const SSLContext: Callable<typeof Context> = callable(Context)

/**
 * A context with the settings that a program should have: `create_default_context(Purpose.SERVER_AUTH, kw({ cafile }))` for
 * a client, which checks certificate and name; Purpose.CLIENT_AUTH for a server.
 */
export function create_default_context(...args: unknown[]): Context {
  const parameters = ['purpose?', '*', 'cafile?', 'capath?', 'cadata?']
  const given = bind('create_default_context', parameters, args)
  const purpose = given['purpose'] ?? Purpose.SERVER_AUTH
  const isServer = (purpose as { oid?: string }).oid === Purpose.CLIENT_AUTH.oid
  const context = new Context(isServer ? S.PROTOCOL_TLS_SERVER : S.PROTOCOL_TLS_CLIENT)
  const { purpose: _, ...sources } = given
  if (Object.values(sources).some((source) => (source ?? null) !== null))
    context.load_verify_locations(kw(sources))
  else if (context.verify_mode !== S.CERT_NONE) context.load_default_certs(purpose)
  context.keylog_filename = process.env['SSLKEYLOGFILE'] || null
  return context
}

/** A context that takes any certificate: private against listeners only. */
export function _create_unverified_context(): Context {
  const context = new Context(S.PROTOCOL_TLS_CLIENT)
  context.check_hostname = false
  context.verify_mode = S.CERT_NONE
  return context
}

function read(file: unknown): Uint8Array {
  if (typeof file !== 'string')
    throw new TypeError(`a path should be string, not ${typeName(file)}`)
  return translate(() => readFileSync(file))
}

function readAll(folder: string): Uint8Array[] {
  const names = translate(() => readdirSync(folder))
  return names
    .filter((name) => /\.(\d+|pem|crt|cer)$/.test(name))
    .map((name) => read(join(folder, name)))
}

function passwordOf(password: unknown): string | undefined {
  const given = typeof password === 'function' ? (password as () => unknown)() : password
  if (given === null || given === undefined) return undefined
  if (typeof given === 'string') return given
  if (given instanceof Uint8Array) return decode(given)
  throw new OSError('password should be a string or a function')
}

/** Each certificate of a source, by itself. */
function certificatesIn(source: CertificateSource): (string | Uint8Array)[] {
  const text = typeof source === 'string' ? source : Buffer.from(source).toString('latin1')
  const found = text.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g)
  if (found !== null) return found
  return [typeof source === 'string' ? toBase64(Buffer.from(source)) : source]
}
