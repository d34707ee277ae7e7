/**
 * Python's `ftplib.FTP`: commands as texts, replies as texts, callbacks for what is transferred. A shim over Python's sockets,
 * since that is what programs reach into; `@sluice/url/ftp` is the client of this package.
 */
import {
  bind,
  builtins,
  type Call,
  type ConnectArguments,
  classAttributes,
  codecs,
  type Given,
  kw,
  socket,
  ssl,
} from '@sluice/socket/python'
import {
  error_perm,
  error_proto,
  error_reply,
  error_temp,
  FtpError,
  parse150,
  parse227,
  parse229,
  parse257,
} from './ftplib-replies.ts'

const { repr } = builtins
/** The port of FTP. */
export const FTP_PORT = 21
/** The longest line that is read. */
export const MAXLINE = 8192

type Socket = InstanceType<typeof socket.socket>
type TextFile = { readline(limit: number): Promise<string> | string; close(): unknown }
/** Whose server, and who asks. */
export type Account = [host?: string, user?: string, passwd?: string, acct?: string]
/** Where in a file a transfer begins. */
export type Offset = number | string | null
type Callback<T> = ((value: T) => unknown) | null | undefined
/** A file that is read: one of ours, one of Python's. */
interface Source {
  read(size: number): unknown
  readline(limit: number): unknown
}

/** A conversation with a server. */
export class Client {
  static debugging = 0
  static host = ''
  static port: number = FTP_PORT
  static maxline: number = MAXLINE
  static passiveserver: boolean | number = true
  static trust_server_pasv_ipv4_address = false
  declare debugging: number
  declare host: string
  declare port: number
  declare maxline: number
  /** Whether data connections are opened by us. */
  declare passiveserver: boolean | number
  /** Whether PASV may lead to another host, as it could before it was abused. */
  declare trust_server_pasv_ipv4_address: boolean
  sock: Socket | null = null
  file: TextFile | null = null
  welcome: string | null = null
  lastresp = ''
  encoding: string
  source_address: readonly [string, number] | null
  /** Seconds; null for none; undefined for that of `socket.setdefaulttimeout`. */
  timeout: number | null | undefined
  af: number = socket.AF_INET
  /** Settles once it is connected and logged in, where a host was given. */
  readonly ready: Promise<void>

  /** `FTP(host, user, passwd, acct, timeout, source_address, kw({ encoding }))` */
  constructor(...args: Call<[...Account, ...ConnectArguments]>) {
    const parameters = ['host?', 'user?', 'passwd?', 'acct?', 'timeout?', 'source_address?']
    const given = bind('FTP', [...parameters, '*', 'encoding?'], args)
    this.encoding = (given['encoding'] as string | undefined) ?? 'utf-8'
    this.source_address = (given['source_address'] as [string, number] | undefined) ?? null
    this.timeout = given['timeout'] as number | null | undefined
    // A subclass's own fields are set by the time this begins.
    this.ready = Promise.resolve().then(async () => {
      if (!given['host']) return
      await this.connect(given['host'] as string)
      const { user, passwd, acct } = given as Record<string, string>
      if (user) await this.login(user, passwd, acct)
    })
    this.ready.catch(() => {})
  }

  __enter__(): this {
    return this
  }
  async __exit__(): Promise<void> {
    if (this.sock === null) return
    try {
      await this.quit()
    } catch (error) {
      if (!(error instanceof builtins.OSError) && !(error instanceof builtins.EOFError)) throw error
    } finally {
      await this.close()
    }
  }
  [Symbol.asyncDispose](): Promise<void> {
    return this.__exit__()
  }

  /** Connects, and hears the greeting. */
  async connect(
    ...args: Given<[host?: string, port?: number, ...ConnectArguments]>
  ): Promise<string> {
    const given = bind('connect', ['host?', 'port?', 'timeout?', 'source_address?'], args)
    if (given['host']) this.host = given['host'] as string
    if ((given['port'] as number) > 0) this.port = given['port'] as number
    if ('timeout' in given && given['timeout'] !== -999)
      this.timeout = given['timeout'] as number | null
    if (this.timeout === 0)
      throw new builtins.ValueError('Non-blocking socket (timeout=0) is not supported')
    if (given['source_address']) this.source_address = given['source_address'] as [string, number]
    this.sock = await this.#open([this.host, this.port])
    this.af = this.sock.family
    this.file = this.sock.makefile('r', kw({ encoding: this.encoding })) as unknown as TextFile
    this.welcome = await this.getresp()
    return this.welcome
  }
  #open(address: readonly [string, number]): Promise<Socket> {
    const { timeout, source_address } = this
    return socket.create_connection(address, kw({ timeout, source_address }))
  }

  getwelcome(): string | null {
    if (this.debugging) this.#print('*welcome*', this.welcome ?? '')
    return this.welcome
  }
  /** 0 tells nothing, 1 commands and replies, 2 every line. */
  set_debuglevel(level: number): void {
    this.debugging = level
  }
  debug(level: number): void {
    this.set_debuglevel(level)
  }
  set_pasv(val: boolean | number): void {
    this.passiveserver = val
  }
  /** A line as it may be shown: without the password. */
  sanitize(s: string): string {
    const [, verb, secret = '', end = ''] = /^(pass |PASS )(.*?)([\r\n]*)$/s.exec(s) ?? []
    return repr(verb === undefined ? s : `${verb}${'*'.repeat(secret.length)}${end}`)
  }
  #print(what: string, line: string): void {
    process.stdout.write(`${what} ${this.sanitize(line)}\n`)
  }

  // Commands and replies.

  /** Sends a line. @throws {ValueError} CR or LF in it */
  async putline(line: string): Promise<void> {
    if (/[\r\n]/.test(line))
      throw new builtins.ValueError('an illegal newline character should not be contained')
    if (this.debugging > 1) this.#print('*put*', `${line}\r\n`)
    await this.#sock.sendall(encode(`${line}\r\n`, this.encoding))
  }
  async putcmd(line: string): Promise<void> {
    if (this.debugging) this.#print('*cmd*', line)
    await this.putline(line)
  }
  get #sock(): Socket {
    if (this.sock === null)
      throw new builtins.AttributeError("'NoneType' object has no attribute 'sendall'")
    return this.sock
  }
  /** @throws {EOFError} the connection ended. {Error} the line is too long */
  async getline(): Promise<string> {
    if (this.file === null)
      throw new builtins.AttributeError("'NoneType' object has no attribute 'readline'")
    const line = await this.file.readline(this.maxline + 1)
    if (line.length > this.maxline) throw new FtpError(`got more than ${this.maxline} bytes`)
    if (this.debugging > 1) this.#print('*get*', line)
    if (line === '') throw new builtins.EOFError()
    return line.replace(/\r\n$|[\r\n]$/, '')
  }
  async getmultiline(): Promise<string> {
    let lines = await this.getline()
    if (lines[3] !== '-') return lines
    const code = lines.slice(0, 3)
    for (;;) {
      const line = await this.getline()
      lines += `\n${line}`
      if (line.startsWith(code) && line[3] !== '-') return lines
    }
  }
  /** @throws {error_temp} 4xx. {error_perm} 5xx. {error_proto} what is no reply */
  async getresp(): Promise<string> {
    const resp = await this.getmultiline()
    if (this.debugging) this.#print('*resp*', resp)
    this.lastresp = resp.slice(0, 3)
    if (/^[123]/.test(resp)) return resp
    if (resp.startsWith('4')) throw new error_temp(resp)
    if (resp.startsWith('5')) throw new error_perm(resp)
    throw new error_proto(resp)
  }
  /** @throws {error_reply} a reply that does not begin with 2 */
  async voidresp(): Promise<string> {
    const resp = await this.getresp()
    if (!resp.startsWith('2')) throw new error_reply(resp)
    return resp
  }
  /** Breaks a transfer off. The byte that TCP marks as urgent can't be sent here. */
  async abort(): Promise<string> {
    if (this.debugging > 1) this.#print('*put urgent*', 'ABOR\r\n')
    await this.#sock.sendall(encode('ABOR\r\n', this.encoding))
    const resp = await this.getmultiline()
    if (!['426', '225', '226'].includes(resp.slice(0, 3))) throw new error_proto(resp)
    return resp
  }
  async sendcmd(cmd: string): Promise<string> {
    await this.putcmd(cmd)
    return this.getresp()
  }
  async voidcmd(cmd: string): Promise<string> {
    await this.putcmd(cmd)
    return this.voidresp()
  }

  // Data connections.

  sendport(host: string, port: number): Promise<string> {
    const bytes = [...host.split('.'), port >> 8, port & 255]
    return this.voidcmd(`PORT ${bytes.join(',')}`)
  }
  async sendeprt(host: string, port: number): Promise<string> {
    const family = this.af === socket.AF_INET ? 1 : this.af === socket.AF_INET6 ? 2 : 0
    if (family === 0) throw new error_proto('unsupported address family')
    return this.voidcmd(`EPRT |${family}|${host}|${port}|`)
  }
  /** Listens for the server, and tells it where. */
  async makeport(): Promise<Socket> {
    const made = await socket.create_server(['', 0], kw({ family: this.af, backlog: 1 }))
    try {
      const [, port] = made.getsockname() as [string, number]
      const [host] = this.#sock.getsockname() as [string, number]
      await (this.af === socket.AF_INET ? this.sendport(host, port) : this.sendeprt(host, port))
      if (this.timeout !== undefined) made.settimeout(this.timeout)
      return made
    } catch (error) {
      made.close()
      throw error
    }
  }
  /** Asks where to connect to. */
  async makepasv(): Promise<[host: string, port: number]> {
    const peer = this.#sock.getpeername() as unknown as [string, number]
    if (this.af !== socket.AF_INET) return parse229(await this.sendcmd('EPSV'), peer)
    const [host, port] = parse227(await this.sendcmd('PASV'))
    // A server that names another host has us connect to whom it likes.
    return [this.trust_server_pasv_ipv4_address ? host : peer[0], port]
  }
  /** Begins a transfer. @returns the connection for data, and its size where the server tells one */
  async ntransfercmd(
    ...args: Given<[cmd: string, rest?: Offset]>
  ): Promise<[conn: Socket, size: number | null]> {
    const { cmd, rest } = bind('ntransfercmd', ['cmd', 'rest?'], args) as {
      cmd: string
      rest?: Offset
    }
    let conn: Socket | undefined
    const listener = this.passiveserver ? undefined : await this.makeport()
    try {
      if (listener === undefined) conn = await this.#open(await this.makepasv())
      if (rest !== undefined && rest !== null) await this.sendcmd(`REST ${rest}`)
      let resp = await this.sendcmd(cmd)
      // Some servers say 200 before they say 150.
      if (resp.startsWith('2')) resp = await this.getresp()
      if (!resp.startsWith('1')) throw new error_reply(resp)
      if (conn === undefined) {
        ;[conn] = await (listener as Socket).accept()
        if (this.timeout !== undefined) (conn as Socket).settimeout(this.timeout)
      }
      return [conn as Socket, resp.startsWith('150') ? parse150(resp) : null]
    } catch (error) {
      conn?.close()
      throw error
    } finally {
      listener?.close()
    }
  }
  async transfercmd(...args: Given<[cmd: string, rest?: Offset]>): Promise<Socket> {
    const [conn] = await this.ntransfercmd(...args)
    return conn
  }

  /** Logs in; without a user as `anonymous`. */
  async login(...args: Given<[user?: string, passwd?: string, acct?: string]>): Promise<string> {
    const given = bind('login', ['user?', 'passwd?', 'acct?'], args)
    const user = (given['user'] as string) || 'anonymous'
    let passwd = (given['passwd'] as string) || ''
    if (user === 'anonymous' && (passwd === '' || passwd === '-')) passwd += 'anonymous@'
    let resp = await this.sendcmd(`USER ${user}`)
    if (resp.startsWith('3')) resp = await this.sendcmd(`PASS ${passwd}`)
    if (resp.startsWith('3')) resp = await this.sendcmd(`ACCT ${given['acct'] || ''}`)
    if (!resp.startsWith('2')) throw new error_reply(resp)
    return resp
  }

  // Transfers.

  /** Reads a file: `retrbinary('RETR name', callback, blocksize, rest)`. */
  async retrbinary(
    ...args: Given<[cmd: string, callback: Callback<Uint8Array>, blocksize?: number, rest?: Offset]>
  ): Promise<string> {
    const given = bind('retrbinary', ['cmd', 'callback', 'blocksize?', 'rest?'], args)
    const { callback, blocksize = 8192 } = given
    const { cmd, rest } = given as { cmd: string; rest?: Offset }
    await this.voidcmd('TYPE I')
    await this.#with(await this.transfercmd(cmd, rest), async (conn) => {
      for (;;) {
        const data = await conn.recv(blocksize as number)
        if (data.length === 0) return
        await (callback as (data: Uint8Array) => unknown)(data)
      }
    })
    return this.voidresp()
  }
  /** Reads lines: `retrlines('LIST', callback)`; without a callback they are printed. */
  async retrlines(
    ...args: Given<[cmd: string, callback?: Callback<string> | null]>
  ): Promise<string> {
    const given = bind('retrlines', ['cmd', 'callback?'], args)
    const callback = (given['callback'] as Callback<string>) ?? print_line
    await this.sendcmd('TYPE A')
    await this.#with(await this.transfercmd(given['cmd'] as string), async (conn) => {
      const file = conn.makefile('r', kw({ encoding: this.encoding })) as unknown as TextFile
      try {
        for (;;) {
          const line = await file.readline(this.maxline + 1)
          if (line.length > this.maxline) throw new FtpError(`got more than ${this.maxline} bytes`)
          if (this.debugging > 2) process.stdout.write(`*retr* ${repr(line)}\n`)
          if (line === '') return
          await callback(line.replace(/\r?\n$/, ''))
        }
      } finally {
        await file.close()
      }
    })
    return this.voidresp()
  }
  /** Writes a file: `storbinary('STOR name', fp, blocksize, callback, rest)`. */
  async storbinary(
    ...args: Given<
      [
        cmd: string,
        fp: Source,
        blocksize?: number,
        callback?: Callback<Uint8Array> | null,
        rest?: Offset,
      ]
    >
  ): Promise<string> {
    const parameters = ['cmd', 'fp', 'blocksize?', 'callback?', 'rest?']
    const given = bind('storbinary', parameters, args)
    const { blocksize = 8192, callback } = given
    const { cmd, rest } = given as { cmd: string; rest?: Offset }
    await this.voidcmd('TYPE I')
    await this.#with(await this.transfercmd(cmd, rest), async (conn) => {
      for (;;) {
        const data = bytesOf(await (given['fp'] as Source).read(blocksize as number))
        if (data.length === 0) return
        await conn.sendall(data)
        await (callback as Callback<Uint8Array>)?.(data)
      }
    })
    return this.voidresp()
  }
  /** Writes lines: `storlines('STOR name', fp, callback)`; they end in CR LF on the wire. */
  async storlines(
    ...args: Given<[cmd: string, fp: Source, callback?: Callback<Uint8Array> | null]>
  ): Promise<string> {
    const given = bind('storlines', ['cmd', 'fp', 'callback?'], args)
    await this.voidcmd('TYPE A')
    await this.#with(await this.transfercmd(given['cmd'] as string), async (conn) => {
      for (;;) {
        const line = bytesOf(await (given['fp'] as Source).readline(this.maxline + 1))
        if (line.length > this.maxline) throw new FtpError(`got more than ${this.maxline} bytes`)
        if (line.length === 0) return
        const data = withCrLf(line)
        await conn.sendall(data)
        await (given['callback'] as Callback<Uint8Array>)?.(data)
      }
    })
    return this.voidresp()
  }
  /** Closes the connection for data, whatever happens; in TLS it says goodbye first. */
  async #with(conn: Socket, work: (conn: Socket) => Promise<void>): Promise<void> {
    try {
      await work(conn)
      if (conn instanceof ssl.SSLSocket) await conn.unwrap()
    } finally {
      conn.close()
    }
  }

  // Files and folders.

  acct(password: string): Promise<string> {
    return this.voidcmd(`ACCT ${password}`)
  }
  /** Names in a folder. */
  async nlst(...args: string[]): Promise<string[]> {
    const names: string[] = []
    await this.retrlines(['NLST', ...args].join(' '), (line: string) => names.push(line))
    return names
  }
  /** Lists a folder for people; a function in last place gets the lines. */
  async dir(...args: unknown[]): Promise<void> {
    const last = args.at(-1)
    const callback = args.length > 0 && typeof last !== 'string' ? args.pop() : undefined
    await this.retrlines(['LIST', ...args.filter(Boolean)].join(' '), callback as Callback<string>)
  }
  /** Lists a folder for programs: names and their facts. */
  async *mlsd(
    ...args: Given<[path?: string, facts?: readonly string[]]>
  ): AsyncGenerator<[name: string, facts: Record<string, string>], void, undefined> {
    const { path = '', facts = [] } = bind('mlsd', ['path?', 'facts?'], args) as {
      path?: string
      facts?: string[]
    }
    if (facts.length > 0) await this.sendcmd(`OPTS MLST ${facts.join(';')};`)
    const lines: string[] = []
    await this.retrlines(path ? `MLSD ${path}` : 'MLSD', (line: string) => lines.push(line))
    for (const line of lines) yield parseMlsd(line)
  }
  async rename(fromname: string, toname: string): Promise<string> {
    const resp = await this.sendcmd(`RNFR ${fromname}`)
    if (!resp.startsWith('3')) throw new error_reply(resp)
    return this.voidcmd(`RNTO ${toname}`)
  }
  async delete(filename: string): Promise<string> {
    const resp = await this.sendcmd(`DELE ${filename}`)
    if (!/^2[05]0/.test(resp)) throw new error_reply(resp)
    return resp
  }
  async cwd(dirname: string): Promise<string> {
    if (dirname === '..') {
      try {
        return await this.voidcmd('CDUP')
      } catch (error) {
        if (!(error instanceof error_perm) || !error.message.startsWith('500')) throw error
      }
    }
    return this.voidcmd(`CWD ${dirname === '' ? '.' : dirname}`)
  }
  async size(filename: string): Promise<number | null> {
    const resp = await this.sendcmd(`SIZE ${filename}`)
    return resp.startsWith('213') ? Number(resp.slice(3)) : null
  }
  async mkd(dirname: string): Promise<string> {
    const resp = await this.voidcmd(`MKD ${dirname}`)
    return resp.startsWith('257') ? parse257(resp) : ''
  }
  rmd(dirname: string): Promise<string> {
    return this.voidcmd(`RMD ${dirname}`)
  }
  async pwd(): Promise<string> {
    const resp = await this.voidcmd('PWD')
    return resp.startsWith('257') ? parse257(resp) : ''
  }
  async quit(): Promise<string> {
    const resp = await this.voidcmd('QUIT')
    await this.close()
    return resp
  }
  /** Closes the connection, without a word. */
  async close(): Promise<void> {
    const { file, sock } = this
    this.file = null
    this.sock = null
    try {
      await file?.close()
    } finally {
      sock?.close()
    }
  }
}
classAttributes(Client, [
  ...['debugging', 'host', 'port', 'maxline', 'passiveserver'],
  'trust_server_pasv_ipv4_address',
])

/** A line of MLSD: everything behind the first space is the name. */
function parseMlsd(line: string): [name: string, facts: Record<string, string>] {
  const text = line.replace(/[\r\n]+$/, '')
  const space = text.indexOf(' ')
  const section = space === -1 ? text : text.slice(0, space)
  const facts: Record<string, string> = {}
  for (const fact of section.slice(0, -1).split(';')) {
    const [key = '', value = ''] = fact.split(/=(.*)/s)
    Object.defineProperty(facts, key.toLowerCase(), {
      value,
      enumerable: true,
      writable: true,
      configurable: true,
    })
  }
  return [space === -1 ? '' : text.slice(space + 1), facts]
}

function encode(text: string, encoding: string): Uint8Array {
  return codecs.encode(text, encoding)
}

/** @throws {TypeError} for text, which a file in text mode gives */
function bytesOf(data: unknown): Uint8Array {
  if (data instanceof Uint8Array) return data
  if (data === null || data === undefined) return new Uint8Array(0)
  throw new TypeError(`a bytes-like object is required, not '${typeof data}'`)
}

function withCrLf(line: Uint8Array): Uint8Array {
  const text = Buffer.from(line)
  const [end, before] = [text.at(-1), text.at(-2)]
  if (end === 10 && before === 13) return line
  const body = end === 10 || end === 13 ? text.subarray(0, -1) : text
  return Buffer.concat([body, Buffer.from('\r\n')])
}

/** Prints a line; what `retrlines` and `dir` do without a callback. */
export function print_line(line: string): void {
  process.stdout.write(`${line}\n`)
}
