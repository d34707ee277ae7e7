/** Python's `ftplib.FTP_TLS`: the same in TLS, by AUTH TLS; files are secret after `prot_p()`. */
import {
  bind,
  builtins,
  type Call,
  type ConnectArguments,
  classAttributes,
  type Given,
  kw,
  type socket,
  ssl,
} from '@sluice/socket/python'
import { type Account, Client, type Offset } from './ftplib-client.ts'
import { error_proto } from './ftplib-replies.ts'

type Socket = InstanceType<typeof socket.socket>
type Context = InstanceType<typeof ssl.SSLContext>

/** A conversation in TLS. */
export class SecureClient extends Client {
  static ssl_version: number = ssl.PROTOCOL_TLS_CLIENT
  declare ssl_version: number
  keyfile: string | null
  certfile: string | null
  context: Context
  _prot_p = false

  /** `FTP_TLS(host, user, passwd, acct, keyfile, certfile, context, timeout, source_address, kw({ encoding }))` */
  constructor(
    ...args: Call<
      [
        ...Account,
        keyfile?: string | null,
        certfile?: string | null,
        context?: Context | null,
        ...ConnectArguments,
      ]
    >
  ) {
    const given = bind(
      'FTP_TLS',
      [
        ...['host?', 'user?', 'passwd?', 'acct?', 'keyfile?', 'certfile?', 'context?'],
        ...['timeout?', 'source_address?', '*', 'encoding?'],
      ],
      args,
    )
    const { keyfile = null, certfile = null, context = null, ...rest } = given
    for (const [name, value] of [
      ['keyfile', keyfile],
      ['certfile', certfile],
    ])
      if (context !== null && value !== null)
        throw new builtins.ValueError(`context and ${name} arguments are mutually exclusive`)
    if (keyfile !== null || certfile !== null)
      process.emitWarning(
        'keyfile and certfile are deprecated, use a custom context instead',
        'DeprecationWarning',
      )
    super(kw(rest))
    this.keyfile = keyfile as string | null
    this.certfile = certfile as string | null
    this.context = (context as Context | null) ?? ssl._create_unverified_context()
    if (context === null && certfile !== null)
      this.context.load_cert_chain(certfile as string, keyfile as string | null)
  }

  /** Logs in, in TLS unless `secure` is false. */
  override async login(
    ...args: Given<[user?: string, passwd?: string, acct?: string, secure?: boolean]>
  ): Promise<string> {
    const given = bind('login', ['user?', 'passwd?', 'acct?', 'secure?'], args)
    const { secure = true, ...rest } = given
    if (secure && !(this.sock instanceof ssl.SSLSocket)) await this.auth()
    return super.login(kw(rest))
  }
  /** Goes over to TLS. @throws {ValueError} it is in TLS already */
  async auth(): Promise<string> {
    if (this.sock instanceof ssl.SSLSocket) throw new builtins.ValueError('Already using TLS')
    const resp = await this.voidcmd(this.ssl_version >= ssl.PROTOCOL_TLS ? 'AUTH TLS' : 'AUTH SSL')
    this.sock = (await this.context.wrap_socket(
      this.sock as never,
      kw({ server_hostname: this.host }),
    )) as unknown as Socket
    this.file = this.sock.makefile('r', kw({ encoding: this.encoding })) as never
    return resp
  }
  /** Goes back to plain text. */
  async ccc(): Promise<string> {
    if (!(this.sock instanceof ssl.SSLSocket)) throw new builtins.ValueError('not using TLS')
    const resp = await this.voidcmd('CCC')
    this.sock = (await this.sock.unwrap()) as unknown as Socket
    return resp
  }
  /** From now on files are secret. */
  async prot_p(): Promise<string> {
    await this.voidcmd('PBSZ 0')
    const resp = await this.voidcmd('PROT P')
    this._prot_p = true
    return resp
  }
  /** From now on files are sent in the clear. */
  async prot_c(): Promise<string> {
    const resp = await this.voidcmd('PROT C')
    this._prot_p = false
    return resp
  }
  override async ntransfercmd(
    ...args: Given<[cmd: string, rest?: Offset]>
  ): Promise<[conn: Socket, size: number | null]> {
    const [conn, size] = await super.ntransfercmd(...args)
    if (!this._prot_p) return [conn, size]
    try {
      const secure = await this.context.wrap_socket(
        conn as never,
        kw({ server_hostname: this.host }),
      )
      return [secure as unknown as Socket, size]
    } catch (error) {
      conn.close()
      throw error
    }
  }
  override async abort(): Promise<string> {
    await this.sock?.sendall(Buffer.from('ABOR\r\n'))
    const resp = await this.getmultiline()
    if (!['426', '225', '226'].includes(resp.slice(0, 3))) throw new error_proto(resp)
    return resp
  }
}
classAttributes(SecureClient, ['ssl_version'])
