/**
 * An FTP server for tests: files in memory, what it was asked, and replies of your own in place of its own.
 *
 * It serves one program's tests on loopback, and knows nothing of rights, quotas or attackers: it is no server for others.
 */
import { type Connection, connect, type InetAddress, type Listener, listen } from '@sluice/socket'
import { encodeUtf8 } from '@sluice/socket/bytes'
import { startTls, type TlsServerOptions } from '@sluice/socket/tls'
import { formatFtpTime, parseFtpTime } from '../../core/ftp-time.ts'
import { FileTree, resolvePath } from '../../core/ftp-tree.ts'
import { decodeName } from '../ftp-control.ts'

/** What a server for tests has, and how it behaves. */
export interface FtpServerOptions {
  /** Files by their paths; folders on the way are made. Default: none. */
  files?: Readonly<Record<string, string | Uint8Array>> | undefined
  /** Who may come in; default: everybody, with any password. */
  users?: Readonly<Record<string, string>> | undefined
  /** Certificate and key for AUTH TLS; default: it knows no TLS. */
  tls?: TlsServerOptions | undefined
  /** What FEAT says; default: MLST, REST STREAM, SIZE, MDTM, MFMT, UTF8, EPSV, EPRT. Without MLST there is no MLSD. */
  features?: readonly string[] | undefined
  /**
   * Replies in place of its own, by command (`SIZE`) or whole line (`RETR a.txt`): `'550 No'`. A reply of `''` is none at
   * all: it stays silent. Of a list each is said once, in order, whoever asks, and then its own: `['450 Busy']`. After 421 it
   * hangs up.
   */
  replies?: Readonly<Record<string, string | readonly string[]>> | undefined
  /** The greeting, or a list of them as above; default `220 Ready`. */
  greeting?: string | readonly string[] | undefined
  /** Breaks each download off after so many bytes. */
  cutAfter?: number | undefined
  /**
   * Awaited before each 64 KiB of a download, with the bytes that were sent so far: makes a line slow, or a server wait.
   * Default: as fast as it goes.
   */
  pace?: ((sent: number) => Promise<unknown>) | undefined
  /** Answers what it hears while it sends a file, as some servers do; default false: when it has sent it, as others do. */
  listensWhileSending?: boolean | undefined
  /** The clock of files that are written; default: the moment. */
  now?: (() => Date) | undefined
}

/** A server that runs. */
export interface FtpTestServer extends AsyncDisposable {
  /** `ftp://127.0.0.1:40021/`. */
  readonly url: string
  /** Every command that it heard, in order. */
  readonly commands: readonly string[]
  /** The bytes of a file, as they are now. */
  file(path: string): Uint8Array | undefined
  /** Says something to everybody who is there, `421 Idle for too long`, and hangs up; without words it just hangs up. */
  hangUp(reply?: string): Promise<void>
  /** Ends it, and every connection. Never rejects. */
  close(): Promise<void>
}

/** A server with a `pace` sends so much at a time. */
const PIECE = 65_536
/** No command has this name. */
const GREETING = ''
const FEATURES = [
  'EPRT',
  'EPSV',
  'MDTM',
  'MFMT',
  'MLST type*;size*;modify*;',
  'REST STREAM',
  'SIZE',
  'UTF8',
]

/**
 * Starts an FTP server for tests, on a free port of 127.0.0.1.
 *
 * @param options its files, and how it behaves
 * @throws {NetError} when it cannot listen
 * @see RFC 959
 * @example await using server = await ftpServer({ files: { '/pub/a.txt': 'Hello, World!' } })
 */
export async function ftpServer(options: FtpServerOptions = {}): Promise<FtpTestServer> {
  const tree = new FileTree()
  const now = options.now ?? (() => new Date())
  for (const [path, content] of Object.entries(options.files ?? {})) {
    const whole = resolvePath('/', path)
    tree.makeFolders(resolvePath(whole, '..'))
    tree.write(whole, typeof content === 'string' ? encodeUtf8(content) : content, now())
  }
  const listener = await listen('127.0.0.1:0')
  const commands: string[] = []
  const visitors = new Set<Visitor>()
  const script = new Script(options)
  void (async () => {
    for await (const connection of listener) {
      const visitor = new Visitor(connection, tree, { ...options, now }, script, commands)
      visitors.add(visitor)
      void visitor.run().finally(() => visitors.delete(visitor))
    }
  })().catch(() => {})
  const close = async (): Promise<void> => {
    await listener.close()
    for (const visitor of visitors) visitor.destroy()
  }
  return {
    url: `ftp://127.0.0.1:${(listener.address as InetAddress).port}/`,
    commands,
    file: (path) => tree.file(resolvePath('/', path))?.bytes,
    hangUp: async (reply = '') => {
      for (const visitor of visitors) await visitor.hangUp(reply)
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

/** What is to be said in place of its own words. */
class Script {
  readonly #left = new Map<string, string | string[]>()

  constructor({ replies = {}, greeting = [] }: FtpServerOptions) {
    for (const [key, said] of Object.entries({ ...replies, [GREETING]: greeting }))
      this.#left.set(key, typeof said === 'string' ? said : [...said])
  }

  /** What to say; nothing where its own words are wanted. */
  next(key: string): string | undefined {
    const said = this.#left.get(key)
    return typeof said === 'string' ? said : said?.shift()
  }
}

type Command = (argument: string) => string | Promise<string>

/** One client's conversation. */
class Visitor {
  #control: Connection
  readonly #tree: FileTree
  readonly #options: FtpServerOptions & { now: () => Date }
  readonly #script: Script
  readonly #heard: string[]
  #user = ''
  #isIn = false
  #folder = '/'
  #offset = 0
  #from: string | undefined
  #isPrivate = false
  #isOver = false
  #isText = true
  #passive: Listener | undefined
  #active: { hostname: string; port: number } | undefined
  #data: Connection | undefined

  constructor(
    control: Connection,
    tree: FileTree,
    options: FtpServerOptions & { now: () => Date },
    script: Script,
    heard: string[],
  ) {
    this.#control = control
    this.#tree = tree
    this.#options = options
    this.#script = script
    this.#heard = heard
  }

  async run(): Promise<void> {
    try {
      await this.#say(this.#script.next(GREETING) ?? '220 Ready')
      await this.#converse()
      // What was said last arrives, which a connection that is broken off does not promise.
      await this.#control.close()
    } catch {
      // The client is gone: nobody is left to be told.
    }
    this.destroy()
  }

  destroy(): void {
    this.#control.destroy()
    this.#data?.destroy()
    void this.#passive?.close()
  }

  /** Answers one command after the other, until one of the two has had enough. */
  async #converse(signal?: AbortSignal): Promise<void> {
    while (!this.#isOver) {
      const line = await this.#hear(signal)
      if (line === undefined) return
      this.#heard.push(line)
      const [verb = '', argument = ''] = /^([^ ]+) ?(.*)$/s.exec(line)?.slice(1) ?? []
      await this.#answer(verb.toUpperCase(), argument, line)
      if (verb.toUpperCase() === 'QUIT') return
    }
  }

  async #hear(signal?: AbortSignal): Promise<string | undefined> {
    const line = await this.#control.recvLine(undefined, { signal })
    return line === null ? undefined : decodeName(line, 'utf8')
  }

  async #say(reply: string): Promise<void> {
    if (reply !== '') await this.#control.sendAll(`${reply}\r\n`)
    // RFC 959 §5.4: it closes the connection.
    this.#isOver ||= reply.startsWith('421')
  }

  /** Says a last word, unasked. */
  async hangUp(reply: string): Promise<void> {
    try {
      await this.#say(reply)
      await this.#control.close()
    } catch {
      // The client is gone already.
    }
  }

  async #answer(verb: string, argument: string, line: string): Promise<void> {
    const canned = this.#script.next(line) ?? this.#script.next(verb)
    if (canned !== undefined) return this.#say(canned)
    const command = Object.hasOwn(this.#commands, verb) ? this.#commands[verb] : undefined
    if (command === undefined) return this.#say(`502 ${verb} is not known here`)
    if (!this.#isIn && !/^(?:USER|PASS|AUTH|PBSZ|PROT|FEAT|QUIT|NOOP)$/.test(verb))
      return this.#say('530 Log in first')
    await this.#say(await command(argument))
    if (verb === 'AUTH') await this.#secure()
  }

  async #secure(): Promise<void> {
    const { tls } = this.#options
    if (tls !== undefined) this.#control = await startTls(this.#control, { ...tls, side: 'server' })
  }

  readonly #commands: Readonly<Record<string, Command>> = {
    USER: (name) => {
      this.#user = name
      return '331 And the password?'
    },
    PASS: (password) => {
      const { users } = this.#options
      this.#isIn =
        users === undefined || (Object.hasOwn(users, this.#user) && users[this.#user] === password)
      return this.#isIn ? '230 Welcome' : '530 Login incorrect'
    },
    AUTH: () => (this.#options.tls === undefined ? '502 There is no TLS here' : '234 Go on in TLS'),
    PBSZ: () => '200 0',
    PROT: (level) => {
      this.#isPrivate = level === 'P'
      return '200 Done'
    },
    FEAT: () => {
      const features = this.#options.features ?? FEATURES
      return features.length === 0
        ? '502 No features'
        : `211-Features\r\n ${features.join('\r\n ')}\r\n211 End`
    },
    OPTS: () => '200 Done',
    NOOP: () => '200 Done',
    SYST: () => '215 UNIX Type: L8',
    QUIT: () => '221 Goodbye',
    ABOR: () => '226 Nothing is under way',
    TYPE: (type) => {
      this.#isText = type.startsWith('A')
      return '200 Done'
    },
    PWD: () => `257 "${this.#folder.replaceAll('"', '""')}"`,
    CWD: (path) => {
      const folder = resolvePath(this.#folder, path)
      if (!this.#tree.isFolder(folder)) return '550 No such folder'
      this.#folder = folder
      return '250 Done'
    },
    CDUP: () => this.#commands['CWD']?.('..') as string,
    SIZE: (path) => {
      const file = this.#tree.file(resolvePath(this.#folder, path))
      return file === undefined || this.#isText ? '550 No size of that' : `213 ${file.bytes.length}`
    },
    MDTM: (path) => {
      const file = this.#tree.file(resolvePath(this.#folder, path))
      return file === undefined ? '550 No such file' : `213 ${formatFtpTime(file.modified)}`
    },
    MFMT: (argument) => {
      const [stamp = '', path = ''] = argument.split(/ (.*)/s)
      const file = this.#tree.file(resolvePath(this.#folder, path))
      const modified = parseFtpTime(stamp)
      if (file === undefined || modified === undefined) return '550 No such file'
      file.modified = modified
      return `213 Modify=${stamp}; ${path}`
    },
    REST: (offset) => {
      this.#offset = Number(offset)
      return '350 From there'
    },
    RNFR: (path) => {
      this.#from = resolvePath(this.#folder, path)
      const isThere = this.#tree.file(this.#from) !== undefined || this.#tree.isFolder(this.#from)
      return isThere ? '350 To what?' : '550 No such file'
    },
    RNTO: (path) => {
      const done = this.#tree.rename(this.#from ?? '', resolvePath(this.#folder, path))
      return done ? '250 Done' : '553 Not possible'
    },
    DELE: (path) =>
      this.#tree.remove(resolvePath(this.#folder, path)) ? '250 Done' : '550 No such file',
    MKD: (path) => {
      const folder = resolvePath(this.#folder, path)
      return this.#tree.makeFolder(folder)
        ? `257 "${folder.replaceAll('"', '""')}"`
        : '550 Not possible'
    },
    RMD: (path) =>
      this.#tree.removeFolder(resolvePath(this.#folder, path)) ? '250 Done' : '550 Not possible',
    EPSV: async () => `229 Here (|||${await this.#openPassive()}|)`,
    PASV: async () => {
      const port = await this.#openPassive()
      return `227 Here (127,0,0,1,${port >> 8},${port & 255})`
    },
    PORT: (argument) => {
      const numbers = argument.split(',').map(Number)
      const [high = 0, low = 0] = numbers.slice(4)
      this.#active = { hostname: numbers.slice(0, 4).join('.'), port: high * 256 + low }
      return '200 Done'
    },
    EPRT: (argument) => {
      const [, , hostname = '', port = ''] = argument.split(argument[0] ?? '|')
      this.#active = { hostname, port: Number(port) }
      return '200 Done'
    },
    RETR: (path) => {
      const file = this.#tree.file(resolvePath(this.#folder, path))
      return file === undefined ? '550 No such file' : this.#send(file.bytes)
    },
    LIST: (path) => this.#list(path, (name, file) => unixLine(name, file)),
    NLST: (path) => this.#list(path, (name) => name),
    MLSD: (path) =>
      this.#hasFacts ? this.#list(path, (name, file) => factsLine(name, file)) : '502 Not known',
    MLST: (path) => {
      const whole = resolvePath(this.#folder, path)
      const file = this.#tree.file(whole)
      if (!this.#hasFacts) return '502 Not known'
      if (file === undefined && !this.#tree.isFolder(whole)) return '550 No such file'
      return `250-Facts\r\n ${factsLine(whole, file)}\r\n250 End`
    },
    STOR: (path) => this.#receive(path, this.#offset),
    APPE: (path) => {
      const file = this.#tree.file(resolvePath(this.#folder, path))
      return this.#receive(path, file?.bytes.length ?? 0)
    },
  }

  get #hasFacts(): boolean {
    return (this.#options.features ?? FEATURES).some((feature) => feature.startsWith('MLST'))
  }

  #list(
    path: string,
    line: (name: string, file: { bytes: Uint8Array; modified: Date } | undefined) => string,
  ): string | Promise<string> {
    const folder = resolvePath(this.#folder, path)
    const names = this.#tree.names(folder)
    if (names === undefined) return '550 No such folder'
    const lines = names.map(
      (name) => `${line(name, this.#tree.file(resolvePath(folder, name)))}\r\n`,
    )
    return this.#send(encodeUtf8(lines.join('')))
  }

  async #openPassive(): Promise<number> {
    await this.#passive?.close()
    this.#passive = await listen('127.0.0.1:0')
    return (this.#passive.address as InetAddress).port
  }

  async #open(): Promise<Connection> {
    await this.#say('150 Here it comes')
    const { tls } = this.#options
    const plain =
      this.#active === undefined
        ? await (this.#passive as Listener).accept()
        : await connect(this.#active)
    this.#active = undefined
    this.#data =
      tls !== undefined && this.#isPrivate
        ? await startTls(plain, { ...tls, side: 'server' })
        : plain
    return this.#data
  }

  async #send(bytes: Uint8Array): Promise<string> {
    const { cutAfter = Number.POSITIVE_INFINITY, listensWhileSending } = this.#options
    const rest = bytes.subarray(this.#offset)
    this.#offset = 0
    const enough = new AbortController()
    let listening: Promise<void> | undefined
    try {
      const data = await this.#open()
      if (listensWhileSending) listening = this.#converse(enough.signal).catch(() => {})
      await this.#sendSlowly(data, rest.subarray(0, cutAfter))
      await data.close()
      return cutAfter < rest.length ? '426 The connection broke' : '226 That was all'
    } catch {
      return '426 The connection broke'
    } finally {
      enough.abort()
      await listening
    }
  }

  async #sendSlowly(data: Connection, bytes: Uint8Array): Promise<void> {
    const { pace } = this.#options
    if (pace === undefined) return data.sendAll(bytes)
    for (let at = 0; at < bytes.length; at += PIECE) {
      await pace(at)
      await data.sendAll(bytes.subarray(at, at + PIECE))
    }
  }

  async #receive(path: string, offset: number): Promise<string> {
    const whole = resolvePath(this.#folder, path)
    this.#offset = 0
    const before = this.#tree.file(whole)?.bytes.subarray(0, offset) ?? new Uint8Array(0)
    const parts: Uint8Array[] = [before]
    try {
      const data = await this.#open()
      for await (const piece of data) parts.push(piece)
      await data.close()
    } catch {
      return '426 The connection broke'
    }
    const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
    let at = 0
    for (const part of parts) {
      bytes.set(part, at)
      at += part.length
    }
    return this.#tree.write(whole, bytes, this.#options.now())
      ? '226 It is here'
      : '553 There is no such folder'
  }
}

function factsLine(name: string, file: { bytes: Uint8Array; modified: Date } | undefined): string {
  if (file === undefined) return `type=dir; ${name}`
  return `type=file;size=${file.bytes.length};modify=${formatFtpTime(file.modified)}; ${name}`
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

function unixLine(name: string, file: { bytes: Uint8Array; modified: Date } | undefined): string {
  if (file === undefined) return `drwxr-xr-x 2 ftp ftp 4096 Jan  1  2026 ${name}`
  const { bytes, modified } = file
  const day = String(modified.getUTCDate()).padStart(2)
  const date = `${MONTHS[modified.getUTCMonth()]} ${day}  ${modified.getUTCFullYear()}`
  return `-rw-r--r-- 1 ftp ftp ${bytes.length} ${date} ${name}`
}
