/**
 * `http.client.HTTPConnection`: requests on one connection, one after the other, in Python's steps: `putrequest`,
 * `putheader`, `endheaders`, `getresponse`.
 *
 * What a field or a target may hold is looked at before a byte is sent, as in CPython: control characters never leave. What
 * CPython takes besides (white space in names, folded values) is taken here, too.
 */
import {
  bind,
  builtins,
  type Call,
  type Callable,
  type ConnectArguments,
  callable,
  classAttributes,
  codecs,
  type Given,
  type Keywords,
  kw,
  socket,
  ssl,
} from '@sluice/socket/python'
import {
  CannotSendHeader,
  CannotSendRequest,
  InvalidURL,
  NotConnected,
  ResponseNotReady,
} from './client-errors.ts'
import { HTTPResponse, print } from './client-response.ts'
import { type FileLike, joinBytes, latin1, type SocketLike } from './file-like.ts'

const { repr, ValueError, OSError, RuntimeError } = builtins

export const HTTP_PORT = 80
export const HTTPS_PORT = 443

const IDLE = 'Idle'
const STARTED = 'Request-started'
const SENT = 'Request-sent'
type State = typeof IDLE | typeof STARTED | typeof SENT

type Context = InstanceType<typeof ssl.SSLContext>

/** Methods that have a body by nature: without one they say so with a length of 0 (RFC 9110 §8.6). */
const EXPECT_BODY = new Set(['PATCH', 'POST', 'PUT'])

const LEGAL_NAME = /^[^: \t\n\r\f\v][^:\r\n]*$/
// A line may be folded; nothing else may break it.
const ILLEGAL_VALUE = /\n(?![ \t])|\r(?![ \t\n])/
const ILLEGAL_TARGET = /[\0-\x20\x7f]/
// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
const ILLEGAL_METHOD = /[\0-\x1f]/

/** A body: text is sent as ISO-8859-1, a file is read to its end. */
export type MessageBody =
  | string
  | Uint8Array
  | ArrayBuffer
  | ArrayBufferView
  | { read(size?: number): unknown }
  | Iterable<Uint8Array>
  | AsyncIterable<Uint8Array>
type Headers = Readonly<Record<string, unknown>> | ReadonlyMap<string, unknown> | MessageLike
/** What is like a dict of fields; names may be bytes. */
interface MessageLike {
  items(): Iterable<readonly [string, unknown]>
}

class Connection {
  static response_class: unknown = HTTPResponse
  static default_port: number = HTTP_PORT
  static auto_open: number | boolean = 1
  static debuglevel = 0
  static _http_vsn = 11
  static _http_vsn_str = 'HTTP/1.1'
  declare response_class: typeof HTTPResponse
  declare default_port: number
  declare auto_open: number | boolean
  declare debuglevel: number
  declare _http_vsn: number
  declare _http_vsn_str: string

  timeout: number | null | undefined
  source_address: readonly [host: string, port: number] | null
  blocksize: number
  sock: SocketLike | null = null
  host: string
  port: number
  _tunnel_host: string | null = null
  _tunnel_port: number | null = null
  _tunnel_headers: Record<string, unknown> | Map<string, unknown> = {}
  _method: string | null = null
  /** Lines that have not been sent, for who looks. */
  _buffer: unknown[] = []
  _create_connection: (...args: never[]) => unknown = socket.create_connection
  #lines: Uint8Array[] = []
  #state: State = IDLE
  #response: InstanceType<typeof HTTPResponse> | null = null

  /** `HTTPConnection(host, port, timeout, source_address, blocksize)` */
  constructor(
    ...args: Call<[host: string, port?: number | null, ...ConnectArguments, blocksize?: number]>
  ) {
    const parameters = ['host', 'port?', 'timeout?', 'source_address?', 'blocksize?']
    const given = bind('HTTPConnection', parameters, args)
    this.timeout = given['timeout'] as number | null | undefined
    this.source_address = (given['source_address'] as [string, number] | undefined) ?? null
    this.blocksize = (given['blocksize'] as number | undefined) ?? 8192
    ;[this.host, this.port] = this._get_hostport(
      given['host'] as string,
      (given['port'] as number | null | undefined) ?? null,
    )
    this._validate_host(this.host)
  }

  static _is_textIO(stream: unknown): boolean {
    return typeof (stream as { encoding?: unknown }).encoding === 'string'
  }
  static _get_content_length(body: unknown, method: string): number | null {
    if (body === null || body === undefined) return EXPECT_BODY.has(method.toUpperCase()) ? 0 : null
    if (hasRead(body)) return null
    if (ArrayBuffer.isView(body) || body instanceof ArrayBuffer) return body.byteLength
    return typeof body === 'string' ? body.length : null
  }

  /** Host and port of `host:port`, `[::1]:80`. @throws {InvalidURL} a port that is none */
  _get_hostport(given: string, port: number | null): [host: string, port: number] {
    let host = given
    let found = port
    if (found === null) {
      const colon = host.lastIndexOf(':')
      if (colon > host.lastIndexOf(']')) {
        const text = host.slice(colon + 1)
        if (!/^\d*$/.test(text)) throw new InvalidURL(`nonnumeric port: ${repr(text)}`)
        found = text === '' ? this.default_port : Number(text)
        host = host.slice(0, colon)
      } else found = this.default_port
    }
    if (host.startsWith('[') && host.endsWith(']')) host = host.slice(1, -1)
    return [host, found]
  }

  /**
   * Asks the server to lead on to another one, by CONNECT; before `connect()`.
   *
   * @throws {RuntimeError} it is connected already
   */
  set_tunnel(...args: Given<[host: string, port?: number | null, headers?: Headers | null]>): void {
    const { host, port, headers } = bind('set_tunnel', ['host', 'port?', 'headers?'], args)
    if (this.sock !== null) throw new RuntimeError("Can't set up tunnel for established connection")
    ;[this._tunnel_host, this._tunnel_port] = this._get_hostport(
      host as string,
      (port as number | null | undefined) ?? null,
    )
    this._tunnel_headers = (headers as Record<string, unknown> | null | undefined) ?? {}
  }
  set_debuglevel(level: number): void {
    this.debuglevel = level
  }

  async _tunnel(): Promise<void> {
    const host = this._tunnel_host as string
    this._validate_host(host)
    const lines = [
      `CONNECT ${host.includes(':') ? `[${host}]` : host}:${this._tunnel_port} HTTP/1.0\r\n`,
    ]
    for (const [name, value] of itemsOf(this._tunnel_headers)) {
      checkField(name, String(value))
      lines.push(`${name}: ${value}\r\n`)
    }
    await this.send(Buffer.from(`${lines.join('')}\r\n`, 'latin1'))
    const response = this.response_class(this.sock, kw({ method: this._method }))
    try {
      const [, status, reason] = await response._read_status()
      if (status !== 200) {
        await this.close()
        throw new OSError(`Tunnel connection failed: ${status} ${reason.trim()}`)
      }
      for (;;) {
        const line = latin1(await (response.fp as FileLike).readline(65_537))
        if (line === '\r\n' || line === '\n' || line === '') break
        if (this.debuglevel > 0) print('header:', line.trimEnd())
      }
    } finally {
      await response.close()
    }
  }

  /** Connects; `request()` does so by itself. */
  async connect(): Promise<void> {
    const create = this._create_connection as (...args: unknown[]) => Promise<SocketLike>
    const rest = this.timeout === undefined ? [] : [this.timeout]
    this.sock = await create(
      [this.host, this.port],
      ...rest,
      ...(this.source_address === null ? [] : sourceOf(this.source_address, rest.length)),
    )
    try {
      await this.sock.setsockopt?.(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    } catch (error) {
      // Not every socket is one of TCP.
      if (!(error instanceof OSError)) throw error
    }
    if (this._tunnel_host) await this._tunnel()
  }

  /** Closes the connection, and the response that is being read from it. */
  async close(): Promise<void> {
    this.#state = IDLE
    const { sock } = this
    const response = this.#response
    this.sock = null
    this.#response = null
    try {
      await sock?.close()
    } finally {
      await response?.close()
    }
  }

  /** Sends bytes, a file, or an iterable of bytes. */
  async send(...args: Given<[data: MessageBody]>): Promise<void> {
    const { data } = bind('send', ['data'], args)
    if (this.sock === null) {
      if (!this.auto_open) throw new NotConnected()
      await this.connect()
    }
    const sock = this.sock as unknown as SocketLike
    if (this.debuglevel > 0) print('send:', repr(data))
    if (hasRead(data)) {
      for await (const block of this.#blocks(data)) await sock.sendall(block)
      return
    }
    const bytes = bytesOf(data)
    if (bytes !== undefined) {
      await sock.sendall(bytes)
      return
    }
    for await (const piece of iterableOf(data, 'data')) await sock.sendall(piece)
  }

  async *#blocks(file: FileLike): AsyncGenerator<Uint8Array, void, undefined> {
    if (this.debuglevel > 0) print('sending a readable')
    for (;;) {
      const block: unknown = await file.read(this.blocksize)
      if (block === null || block === undefined || (block as Uint8Array).length === 0) return
      yield typeof block === 'string' ? encodeLatin1(block, 'data') : (block as Uint8Array)
    }
  }

  #output(line: Uint8Array): void {
    this.#lines.push(line)
    const shown = this._buffer as unknown[] & { append?: (item: unknown) => void }
    if (typeof shown.append === 'function') shown.append(line)
    else shown.push(line)
  }

  async #sendOutput(body: unknown, encodeChunked: boolean): Promise<void> {
    const lines = [...this.#lines, new Uint8Array(0), new Uint8Array(0)]
    this.#lines = []
    if (Array.isArray(this._buffer)) this._buffer = []
    await this.send(joinBytes(lines.flatMap((line, at) => (at === 0 ? [line] : [CRLF, line]))))
    if (body === null || body === undefined) return
    const bytes = bytesOf(body)
    const pieces = hasRead(body)
      ? this.#blocks(body)
      : bytes !== undefined
        ? [bytes]
        : iterableOf(body, 'message_body')
    const isChunked = encodeChunked && this._http_vsn === 11
    for await (const given of pieces) {
      const piece: unknown = given
      if (!(piece instanceof Uint8Array))
        throw new TypeError(`a bytes-like object is required, not '${typeof piece}'`)
      if (piece.length === 0) {
        if (this.debuglevel > 0) print('Zero length chunk ignored')
        continue
      }
      const size = Buffer.from(`${piece.length.toString(16).toUpperCase()}\r\n`)
      await this.send(isChunked ? joinBytes([size, piece, CRLF]) : piece)
    }
    if (isChunked) await this.send(Buffer.from('0\r\n\r\n'))
  }

  /**
   * Begins a request.
   *
   * @throws {CannotSendRequest} another one is under way. {InvalidURL} a target with white space or control characters
   */
  putrequest(
    ...args: Given<
      [method: string, url: string, skip_host?: boolean, skip_accept_encoding?: boolean]
    >
  ): void {
    const parameters = ['method', 'url', 'skip_host?', 'skip_accept_encoding?']
    const given = bind('putrequest', parameters, args)
    const method = given['method'] as string
    const url = (given['url'] as string) || '/'
    if (this.#response?.isclosed()) this.#response = null
    if (this.#state !== IDLE) throw new CannotSendRequest(this.#state)
    this.#state = STARTED
    this._validate_method(method)
    this._method = method
    this._validate_path(url)
    this.#output(this._encode_request(`${method} ${url} ${this._http_vsn_str}`))
    if (this._http_vsn !== 11) return
    if (!given['skip_host']) this.putheader('Host', this.#hostField(url))
    if (!given['skip_accept_encoding']) this.putheader('Accept-Encoding', 'identity')
  }
  #hostField(url: string): string {
    const [, authority] = /^https?:\/\/([^/?#]*)/i.exec(url) ?? []
    if (authority) return withoutZone(toAscii(authority))
    const host = this._tunnel_host ?? this.host
    const port = this._tunnel_host === null ? this.port : this._tunnel_port
    const shown = host.includes(':') ? withoutZone(`[${host}]`) : toAscii(host)
    return port === this.default_port ? shown : `${shown}:${port}`
  }

  _encode_request(request: string): Uint8Array {
    return asciiBytes(request)
  }
  _validate_method(method: string): void {
    const found = ILLEGAL_METHOD.exec(method)
    if (found !== null)
      throw new ValueError(
        `method can't contain control characters. ${repr(method)} (found at least ${repr(found[0])})`,
      )
  }
  _validate_path(url: string): void {
    const found = ILLEGAL_TARGET.exec(url)
    if (found !== null)
      throw new InvalidURL(
        `URL can't contain control characters. ${repr(url)} (found at least ${repr(found[0])})`,
      )
  }
  _validate_host(host: string): void {
    const found = ILLEGAL_TARGET.exec(host)
    if (found !== null)
      throw new InvalidURL(
        `URL can't contain control characters. ${repr(host)} (found at least ${repr(found[0])})`,
      )
  }

  /**
   * Adds a field; several values are folded into lines.
   *
   * @throws {CannotSendHeader} there is no request. {ValueError} a name or a value that can't be
   */
  putheader(header: string | Uint8Array, ...values: unknown[]): void {
    if (this.#state !== STARTED) throw new CannotSendHeader()
    const name = nameOf(header)
    const texts = values.map((value) =>
      value instanceof Uint8Array ? latin1(value) : latin1(encodeLatin1(String(value), 'header')),
    )
    for (const text of texts) checkField(name, text)
    if (texts.length === 0) checkField(name, '')
    this.#output(Buffer.from(`${name}: ${texts.join('\r\n\t')}`, 'latin1'))
  }

  /** Ends the fields, and sends them with a body. */
  async endheaders(...args: Given<[message_body?: MessageBody | null]>): Promise<void> {
    const given = bind('endheaders', ['message_body?', '*', 'encode_chunked?'], args)
    if (this.#state !== STARTED) throw new CannotSendHeader()
    this.#state = SENT
    await this.#sendOutput(given['message_body'], Boolean(given['encode_chunked']))
  }

  /** A whole request: `request(method, url, body, headers, kw({ encode_chunked }))`. */
  async request(
    ...args: Given<[method: string, url: string, body?: MessageBody | null, headers?: Headers]>
  ): Promise<void> {
    const parameters = ['method', 'url', 'body?', 'headers?', '*', 'encode_chunked?']
    const given = bind('request', parameters, args)
    const {
      method,
      url,
      body = null,
      headers = {},
    } = given as {
      method: string
      url: string
      body?: MessageBody | null
      headers?: Headers
    }
    const items = [...itemsOf(headers)]
    const names = new Set(items.map(([name]) => nameOf(name).toLowerCase()))
    const skips: Record<string, unknown> = {}
    if (names.has('host')) skips['skip_host'] = 1
    if (names.has('accept-encoding')) skips['skip_accept_encoding'] = 1
    this.putrequest(method, url, kw(skips))
    let encodeChunked = Boolean(given['encode_chunked'])
    if (names.has('content-length')) encodeChunked = false
    else if (!names.has('transfer-encoding')) {
      const length = Connection._get_content_length(body, method)
      encodeChunked = length === null && body !== null
      if (length !== null) this.putheader('Content-Length', String(length))
      else if (encodeChunked) this.putheader('Transfer-Encoding', 'chunked')
    }
    for (const [name, value] of items) this.putheader(name, value)
    const bytes = typeof body === 'string' ? encodeLatin1(body, 'body') : body
    await this.endheaders(bytes, kw({ encode_chunked: encodeChunked }))
  }

  /**
   * The response to the last request; read it before the next one.
   *
   * @throws {ResponseNotReady} nothing was asked. {BadStatusLine} what came is none. {RemoteDisconnected} nothing came
   */
  async getresponse(): Promise<InstanceType<typeof HTTPResponse>> {
    if (this.#response?.isclosed()) this.#response = null
    if (this.#state !== SENT || this.#response !== null) throw new ResponseNotReady(this.#state)
    const how: Keywords = kw({ method: this._method })
    const response = (
      this.debuglevel > 0
        ? this.response_class(this.sock, this.debuglevel, how)
        : this.response_class(this.sock, how)
    ) as InstanceType<typeof HTTPResponse>
    try {
      try {
        await response.begin()
      } catch (error) {
        if (isConnectionError(error)) await this.close()
        throw error
      }
      this.#state = IDLE
      if (response.will_close) {
        // The response holds the socket until its body has been read.
        await this.close()
      } else this.#response = response
      return response
    } catch (error) {
      await response.close()
      throw error
    }
  }

  __enter__(): this {
    return this
  }
  async __exit__(): Promise<void> {
    await this.close()
  }
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
classAttributes(Connection, [
  'response_class',
  'default_port',
  'auto_open',
  'debuglevel',
  '_http_vsn',
  '_http_vsn_str',
])
/** A connection to a server of HTTP. */
export const HTTPConnection: Callable<typeof Connection> = callable(Connection, 'HTTPConnection')

class SecureConnection extends Connection {
  static override default_port: number = HTTPS_PORT
  key_file: string | null
  cert_file: string | null
  _context: Context

  /** `HTTPSConnection(host, port, key_file, cert_file, timeout, source_address, kw({ context, check_hostname, blocksize }))` */
  constructor(
    ...args: Call<
      [
        host: string,
        port?: number | null,
        key_file?: string | null,
        cert_file?: string | null,
        ...ConnectArguments,
      ]
    >
  ) {
    const given = bind(
      'HTTPSConnection',
      [
        ...['host', 'port?', 'key_file?', 'cert_file?', 'timeout?', 'source_address?', '*'],
        ...['context?', 'check_hostname?', 'blocksize?'],
      ],
      args,
    )
    const { host, port, timeout, source_address, blocksize } = given
    super(host as string, kw({ port, timeout, source_address, blocksize }))
    this.key_file = (given['key_file'] as string | undefined) ?? null
    this.cert_file = (given['cert_file'] as string | undefined) ?? null
    const check = (given['check_hostname'] as boolean | null | undefined) ?? null
    if (this.key_file !== null || this.cert_file !== null || check !== null)
      process.emitWarning(
        'key_file, cert_file and check_hostname are deprecated, use a custom context instead.',
        'DeprecationWarning',
      )
    let context = given['context'] as Context | null | undefined
    if (context === null || context === undefined) {
      context = ssl.create_default_context()
      if (this._http_vsn === 11) context.set_alpn_protocols(['http/1.1'])
      context.post_handshake_auth = true
    }
    if ((check ?? context.check_hostname) && context.verify_mode === ssl.CERT_NONE)
      throw new ValueError(
        'check_hostname needs a SSL context with either CERT_OPTIONAL or CERT_REQUIRED',
      )
    if (this.cert_file !== null || this.key_file !== null) {
      context.load_cert_chain(this.cert_file as string, this.key_file)
      context.post_handshake_auth = true
    }
    if (check !== null) context.check_hostname = check
    this._context = context
  }

  override async connect(): Promise<void> {
    await super.connect()
    this.sock = (await this._context.wrap_socket(
      this.sock as never,
      kw({ server_hostname: this._tunnel_host ?? this.host }),
    )) as unknown as SocketLike
  }
}
classAttributes(SecureConnection, ['default_port'])
/** A connection in TLS. */
export const HTTPSConnection: Callable<typeof SecureConnection> = callable(
  SecureConnection,
  'HTTPSConnection',
)

/** By its name, too: a program's own sockets throw their own errors. */
function isConnectionError(error: unknown): boolean {
  if (error instanceof builtins.ConnectionError) return true
  return error instanceof Error && /^(?:Connection\w*|BrokenPipe)Error$/.test(error.name)
}

const CRLF = Buffer.from('\r\n')

function hasRead(value: unknown): value is FileLike {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as { read?: unknown }).read === 'function'
  )
}

function bytesOf(value: unknown): Uint8Array | undefined {
  if (value instanceof Uint8Array) return value
  if (value instanceof ArrayBuffer) return new Uint8Array(value)
  if (ArrayBuffer.isView(value))
    return new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
  return undefined
}

function iterableOf(
  value: unknown,
  name: string,
): AsyncIterable<Uint8Array> | Iterable<Uint8Array> {
  if (
    typeof value === 'object' &&
    value !== null &&
    (Symbol.iterator in value || Symbol.asyncIterator in value)
  )
    return value as Iterable<Uint8Array>
  throw new TypeError(
    `${name} should be a bytes-like object or an iterable, got ${repr(typeof value)}`,
  )
}

function itemsOf(headers: Headers): Iterable<readonly [string, unknown]> {
  if (headers instanceof Map) return headers
  const { items } = headers as MessageLike
  return typeof items === 'function'
    ? items.call(headers)
    : (Object.entries(headers) as [string, unknown][])
}

/** A name as text; Python takes bytes for one, too. @throws {UnicodeEncodeError} text beyond ASCII */
function nameOf(name: string | Uint8Array): string {
  if (name instanceof Uint8Array) return latin1(name)
  asciiBytes(name)
  return name
}

/** @throws {UnicodeEncodeError} for characters beyond ASCII */
function asciiBytes(text: string): Uint8Array {
  const at = text.search(/[^\0-\x7f]/)
  if (at === -1) return Buffer.from(text, 'latin1')
  throw new builtins.UnicodeEncodeError(
    `'ascii' codec can't encode character ${repr(text[at])} in position ${at}: ordinal not in range(128)`,
  )
}

/** @throws {ValueError} for what would break the head in two */
function checkField(name: string, value: string): void {
  if (!LEGAL_NAME.test(name))
    throw new ValueError(`Invalid header name ${repr(Buffer.from(name, 'latin1'))}`)
  if (ILLEGAL_VALUE.test(value))
    throw new ValueError(`Invalid header value ${repr(Buffer.from(value, 'latin1'))}`)
}

/** @throws {UnicodeEncodeError} for characters beyond latin-1 */
function encodeLatin1(text: string, name: string): Uint8Array {
  const at = text.search(/[^\0-\xff]/)
  if (at === -1) return Buffer.from(text, 'latin1')
  const title = name[0]?.toUpperCase() + name.slice(1)
  throw new builtins.UnicodeEncodeError(
    `'latin-1' codec can't encode character ${repr(text[at])} in position ${at}: ${title} (${repr(text.slice(at, at + 1))}) is not valid Latin-1. Use ${name}.encode('utf-8') if you want to send it encoded in UTF-8.`,
  )
}

function toAscii(host: string): string {
  return /[^\0-\x7f]/.test(host) ? latin1(codecs.encode(host, 'idna')) : host
}

/** The zone of an IPv6 address is nobody's business but ours. */
function withoutZone(host: string): string {
  const [, start] = /^(\[[^\]%]*)%/.exec(host) ?? []
  return start === undefined ? host : `${start}]${host.slice(host.indexOf(']') + 1)}`
}

function sourceOf(source: readonly [string, number], given: number): unknown[] {
  return given === 0 ? [kw({ source_address: source })] : [source]
}
