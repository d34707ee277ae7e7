/**
 * Python's `ssl.SSLSocket`: a socket whose bytes go through TLS. The handshake is the core's `startTls`; everything after it
 * is done by the methods of `socket`, since a connection in TLS is a connection.
 */
import { TlsError } from '../../core/errors.ts'
import { socketAround } from '../socket.ts'
import { startTls } from '../tls.ts'
import type { TlsClientOptions, TlsServerOptions } from '../tls-context.ts'
import type { TlsInfo } from '../tls-info.ts'
import type { Address, BytesLike } from './arguments.ts'
import { OSError, ValueError } from './errors.ts'
import { bind, type Callable, type Given } from './keywords.ts'
import { osError, translated } from './os-errors.ts'
import { type PeerCertificateDict, peerCertificate } from './peer-certificate.ts'
import { socket } from './socket-class.ts'
import { CERT_NONE, CERT_OPTIONAL } from './ssl-constants.ts'
import { SSLError, sslErrorOf } from './ssl-errors.ts'

/** What a socket needs of its context. */
interface Context {
  readonly verify_mode: number
  readonly check_hostname: boolean
  readonly sni_callback:
    | ((socket: SSLSocket, name: string | null, context: never) => unknown)
    | null
  clientOptions(serverName: string | null, session: Uint8Array | null): TlsClientOptions
  serverOptions(ask: (name: string) => never): TlsServerOptions
  wrap_socket(...args: unknown[]): Promise<SSLSocket>
}

/** How TLS is put on a socket. */
interface Settings {
  readonly server_side: boolean
  readonly server_hostname: string | null
  readonly do_handshake_on_connect: boolean
  readonly session: Uint8Array | null
}

/** The class under `socket`, which a class can extend without its Proxy. */
const Base: Callable<typeof socket> = socket

/** A socket whose bytes go through TLS. Made by `SSLContext.wrap_socket`. */
export class SSLSocket extends Base {
  /** Its context. */
  context: Context
  /** Which end we are. */
  readonly server_side: boolean
  /** What the server is asked for, and has to prove to be. */
  readonly server_hostname: string | null
  /** Whether `connect` and `accept` do the handshake. */
  readonly do_handshake_on_connect: boolean
  readonly #session: Uint8Array | null
  #info: TlsInfo | undefined
  #isUnwrapped = false

  /** Not for programs: `SSLContext.wrap_socket` makes them. */
  constructor(from: socket, context: Context, settings: Settings) {
    if (settings === undefined)
      throw new TypeError(
        'SSLSocket does not have a public constructor: use SSLContext.wrap_socket',
      )
    const { family, type, proto, timeout } = from
    super(family, type, proto, from.detach())
    this.settimeout(timeout)
    this.context = context
    this.server_side = settings.server_side
    this.server_hostname = settings.server_hostname
    this.do_handshake_on_connect = settings.do_handshake_on_connect
    this.#session = settings.session
  }

  /** What `wrap_socket` does. */
  static async _create(from: socket, context: Context, settings: Settings): Promise<SSLSocket> {
    if (from.type !== 1) throw new OSError('only stream sockets are supported')
    const made = new SSLSocket(from, context, settings)
    if (made.description.connection === undefined || !settings.do_handshake_on_connect) return made
    await made.do_handshake()
    return made
  }

  /** Agrees on keys, and checks the peer. The socket is closed when that fails. */
  async do_handshake(_block = false): Promise<null> {
    const { description, context } = this
    const { connection } = description
    if (connection === undefined) throw osError('ENOTCONN')
    const seconds = this.gettimeout()
    const timeout = seconds === null ? 0 : Math.max(1, seconds * 1_000)
    const options = this.server_side
      ? { side: 'server' as const, ...context.serverOptions((name) => this.#asked(name)) }
      : context.clientOptions(this.server_hostname, this.#session)
    try {
      const secure = await translated(startTls(connection, { ...options, timeout }))
      this.#info = secure.tls
      description.core = socketAround(secure, description.core)
      this.#judge()
      return null
    } catch (error) {
      this.close()
      throw error
    }
  }

  /** Connects, and does the handshake. */
  override async connect(address: Address): Promise<null> {
    await super.connect(address)
    if (this.do_handshake_on_connect) await this.do_handshake()
    return null
  }

  /** The next connection, after its handshake. */
  override async accept(): Promise<[SSLSocket, Address]> {
    const [made, address] = await super.accept()
    const { do_handshake_on_connect } = this
    const wrapped = await this.context.wrap_socket(made, true, do_handshake_on_connect)
    return [wrapped, address]
  }

  /** The peer's certificate: a dict, empty when it was not checked; bytes with `binary_form`; null when there was none. */
  getpeercert(
    ...args: Given<[binary_form?: boolean]>
  ): PeerCertificateDict | Record<string, never> | Uint8Array | null {
    const { binary_form } = bind('getpeercert', ['binary_form?'], args)
    const certificate = this.#agreed.peerCertificate
    if (certificate === undefined) return null
    if (binary_form) return certificate.der
    return this.context.verify_mode === CERT_NONE ? {} : peerCertificate(certificate)
  }

  /** The suite by its standard name, the version, the bits of its key. Null before the handshake. */
  cipher(): [name: string, version: string, bits: number] | null {
    if (this.#info === undefined) return null
    const { cipher, protocol } = this.#info
    return [cipher, protocol, /AES_?128/.test(cipher) ? 128 : 256]
  }

  /** The version: `TLSv1.3`. Null before the handshake. */
  version(): string | null {
    return this.#info?.protocol ?? null
  }

  /** The application protocol that was agreed on, or null. */
  selected_alpn_protocol(): string | null {
    return this.#info?.alpn ?? null
  }

  /** Always null: ALPN has replaced it. */
  selected_npn_protocol(): null {
    return null
  }

  /** Always null: compression gave secrets away (CRIME). */
  compression(): null {
    return null
  }

  /** Always null: no runtime tells. */
  shared_ciphers(): null {
    return null
  }

  /** Bytes that have been decrypted and not been read. */
  pending(): number {
    return this.description.connection?.peek()?.length ?? 0
  }

  /** The session as bytes, for `wrap_socket` of another connection to the same server; null when there is none. */
  get session(): Uint8Array | null {
    return this.#info?.session ?? null
  }

  /** Whether an earlier session was taken up again; null before the handshake. */
  get session_reused(): boolean | null {
    return this.#info?.resumed ?? null
  }

  /** Reads up to `len` bytes, or into a buffer. */
  async read(
    ...args: Given<[len?: number, buffer?: BytesLike | null]>
  ): Promise<Uint8Array | number> {
    const { len = 1024, buffer = null } = bind('read', ['len?', 'buffer?'], args)
    return buffer === null
      ? this.recv(len as number)
      : this.recv_into(buffer as BytesLike, len as number)
  }

  /** Writes; how many bytes were taken. */
  async write(data: BytesLike): Promise<number> {
    return this.send(data)
  }

  /** Ends TLS in good order. The socket that is returned is this one: no runtime goes back to clear text. */
  async unwrap(): Promise<SSLSocket> {
    if (this.#isUnwrapped) throw new ValueError(`No SSL wrapper around ${this.__repr__()}`)
    this.#isUnwrapped = true
    await this.shutdown(1)
    return this
  }

  /** Refused: no runtime offers it. */
  verify_client_post_handshake(): never {
    throw new SSLError('no authentication after the handshake')
  }

  /** Refused: no runtime tells. */
  get_channel_binding(...args: Given<[cb_type?: string]>): never {
    const { cb_type = 'tls-unique' } = bind('get_channel_binding', ['cb_type?'], args)
    throw new ValueError(`${cb_type} channel binding type not implemented`)
  }

  override async recvmsg(): Promise<never> {
    throw new OSError('recvmsg not allowed on instances of SSLSocket')
  }

  override async recvmsg_into(): Promise<never> {
    throw new OSError('recvmsg_into not allowed on instances of SSLSocket')
  }

  override async sendmsg(): Promise<never> {
    throw new OSError('sendmsg not allowed on instances of SSLSocket')
  }

  override __repr__(): string {
    return super.__repr__().replace('socket.socket', 'ssl.SSLSocket')
  }

  get #agreed(): TlsInfo {
    if (this.#info === undefined) throw new ValueError('handshake not done yet')
    return this.#info
  }

  /**
   * Python can check a chain and not the name, which the core never does: it lets everything pass then, and says what a
   * check would have said. A problem with the name is told only where there is none with the chain.
   */
  #judge(): void {
    const { check_hostname, verify_mode } = this.context
    const info = this.#agreed
    if (this.server_side || check_hostname || verify_mode === CERT_NONE) return
    const code = info.authorizationError
    if (code === undefined || code === 'ERR_TLS_CERT_ALTNAME_INVALID') return
    if (code === 'ERR_TLS_NO_CERTIFICATE' && verify_mode === CERT_OPTIONAL) return
    throw sslErrorOf(
      new TlsError({ verb: 'startTls', target: '', code, reason: 'certificate verify failed' }),
    )
  }

  #asked(name: string): never {
    const before = this.context
    const answer = before.sni_callback?.(this, name, before as never)
    const chosen = typeof answer === 'object' && answer !== null ? answer : this.context
    return chosen as never
  }
}
