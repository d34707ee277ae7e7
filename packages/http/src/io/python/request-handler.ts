/**
 * `http.server.BaseHTTPRequestHandler`: reads a request and calls `do_GET`, `do_POST` ... of the subclass, which answers
 * with `send_response`, `send_header`, `end_headers` and `wfile`.
 *
 * Where CPython and RFC 9112 disagree about what a request is, this is stricter: versions in other forms, NUL, fields
 * without a colon or with white space before it, and two framings at once are answered with 400.
 */
import { bind, builtins, classAttributes, type Given, socketserver } from '@sluice/socket/python'
import { formatDate } from '../../core/date.ts'
import { HTTPException, LineTooLong, MAX_LINE } from './client-errors.ts'
import { parse_headers } from './client-response.ts'
import { type FileLike, joinBytes, latin1 } from './file-like.ts'
import { HTTPMessage } from './message.ts'
import { escapeHtml, formatText } from './percent.ts'
import { statusEntries } from './status.ts'

const { repr } = builtins

/** The page of `send_error`, in Python's words. */
export const DEFAULT_ERROR_MESSAGE: string = `<!DOCTYPE HTML>
<html lang="en">
    <head>
        <meta charset="utf-8">
        <title>Error response</title>
    </head>
    <body>
        <h1>Error response</h1>
        <p>Error code: %(code)d</p>
        <p>Message: %(message)s.</p>
        <p>Error code explanation: %(code)s - %(explain)s.</p>
    </body>
</html>
`
/** Its type. */
export const DEFAULT_ERROR_CONTENT_TYPE = 'text/html;charset=utf-8'
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** Answers the requests of one connection; for subclasses, which have `do_GET` and the like. */
export class RequestHandler extends socketserver.StreamRequestHandler {
  static sys_version = 'Sluice'
  static server_version = 'BaseHTTP/0.6'
  static error_message_format: string = DEFAULT_ERROR_MESSAGE
  static error_content_type: string = DEFAULT_ERROR_CONTENT_TYPE
  static default_request_version = 'HTTP/0.9'
  /** `HTTP/1.1` keeps connections: every answer has to say how long it is then. */
  static protocol_version = 'HTTP/1.0'
  static MessageClass: typeof HTTPMessage = HTTPMessage
  /** Phrase and explanation by status. */
  static responses: ReadonlyMap<number, readonly [phrase: string, explanation: string]> = new Map(
    statusEntries().map(({ value, phrase, description }) => [value, [phrase, description]]),
  )
  static weekdayname: readonly string[] = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']
  static monthname: readonly (string | null)[] = [null, ...MONTHS]
  declare sys_version: string
  declare server_version: string
  declare error_message_format: string
  declare error_content_type: string
  declare default_request_version: string
  declare protocol_version: string
  declare MessageClass: typeof HTTPMessage
  declare responses: ReadonlyMap<number, readonly [string, string]>
  declare weekdayname: readonly string[]
  declare monthname: readonly (string | null)[]

  declare command: string | null
  declare path: string
  declare request_version: string
  declare requestline: string
  declare raw_requestline: Uint8Array
  declare headers: InstanceType<typeof HTTPMessage>
  declare close_connection: boolean
  declare _headers_buffer: Uint8Array[] | undefined

  /** Reads the request line and the fields. @returns false where that was answered with an error */
  async parse_request(): Promise<boolean> {
    this.command = null
    this.request_version = this.default_request_version
    this.close_connection = true
    this.requestline = latin1(this.raw_requestline).replace(/[\r\n]+$/, '')
    const words = this.requestline.split(/[ \t\n\v\f\r]+/).filter((word) => word !== '')
    if (words.length === 0) return false
    if (this.requestline.includes('\0'))
      return this.#refuse(`Bad request syntax (${repr(this.requestline)})`)
    if (words.length >= 3 && !(await this.#readVersion(words.at(-1) as string))) return false
    if (words.length < 2 || words.length > 3)
      return this.#refuse(`Bad request syntax (${repr(this.requestline)})`)
    const [command, path] = words as [string, string]
    if (words.length === 2) {
      this.close_connection = true
      if (command !== 'GET') return this.#refuse(`Bad HTTP/0.9 request type (${repr(command)})`)
    }
    this.command = command
    // What begins with // would be read as a host in a Location.
    this.path = path.replace(/^\/\/+/, '/')
    return (await this.#readFields()) && this.#readConnection()
  }

  async #refuse(message: string): Promise<boolean> {
    await this.send_error(400, message)
    return false
  }

  async #readVersion(version: string): Promise<boolean> {
    const [, major, minor] = /^HTTP\/(\d)\.(\d)$/.exec(version) ?? []
    if (major === undefined || major === '0')
      return this.#refuse(`Bad request version (${repr(version)})`)
    if (major === '1' && minor !== '0' && this.protocol_version >= 'HTTP/1.1')
      this.close_connection = false
    if (major !== '1') {
      await this.send_error(505, `Invalid HTTP version (${version.slice(5)})`)
      return false
    }
    this.request_version = version
    return true
  }

  async #readFields(): Promise<boolean> {
    try {
      this.headers = await parse_headers(this.rfile, this.MessageClass)
    } catch (error) {
      if (!(error instanceof HTTPException)) throw error
      const message = error instanceof LineTooLong ? 'Line too long' : 'Too many headers'
      await this.send_error(431, message, error.message)
      return false
    }
    const { headers } = this
    if (headers.defects.length > 0) return this.#refuse('Bad header line')
    const lengths = headers.get_all<string[]>('content-length', []).map((text) => text.trim())
    const isFramedTwice = headers.__contains__('transfer-encoding') && lengths.length > 0
    if (isFramedTwice || new Set(lengths).size > 1 || lengths.some((text) => !/^\d+$/.test(text)))
      return this.#refuse('Bad message framing')
    return true
  }

  async #readConnection(): Promise<boolean> {
    const field = (name: string): string => this.headers.get(name, '').toLowerCase()
    const connection = field('Connection')
    const isNew = this.protocol_version >= 'HTTP/1.1'
    if (connection === 'close') this.close_connection = true
    else if (connection === 'keep-alive' && isNew) this.close_connection = false
    const isWaiting =
      field('Expect') === '100-continue' && isNew && this.request_version >= 'HTTP/1.1'
    return isWaiting ? Boolean(await this.handle_expect_100()) : true
  }

  /** Tells a client to send its body; for subclasses, which answer and return false where they want none. */
  async handle_expect_100(): Promise<boolean> {
    this.send_response_only(100)
    await this.end_headers()
    return true
  }

  /** Reads a request and answers it. */
  async handle_one_request(): Promise<void> {
    try {
      this.raw_requestline = await (this.rfile as unknown as FileLike).readline(MAX_LINE + 1)
      if (this.raw_requestline.length > MAX_LINE) {
        this.requestline = ''
        this.request_version = ''
        this.command = ''
        await this.send_error(414)
        return
      }
      if (this.raw_requestline.length === 0) {
        this.close_connection = true
        return
      }
      if (!(await this.parse_request())) return
      const method = (this as unknown as Record<string, unknown>)[`do_${this.command}`]
      if (typeof method !== 'function') {
        await this.send_error(501, `Unsupported method (${repr(this.command)})`)
        return
      }
      await method.call(this)
      await this.wfile.flush()
    } catch (error) {
      if (!(error instanceof builtins.TimeoutError)) throw error
      this.log_error('Request timed out: %r', error)
      this.close_connection = true
    }
  }

  /** Answers one request after the other, while the connection is kept. */
  override async handle(): Promise<void> {
    this.close_connection = true
    await this.handle_one_request()
    while (!this.close_connection) await this.handle_one_request()
  }

  /** Answers with a page that says what was wrong: `send_error(404, message, explain)`. */
  async send_error(
    ...args: Given<[code: number, message?: string | null, explain?: string | null]>
  ): Promise<void> {
    const given = bind('send_error', ['code', 'message?', 'explain?'], args)
    const code = given['code'] as number
    const [phrase, explanation] = this.responses.get(code) ?? ['???', '???']
    const message = (given['message'] as string | null | undefined) ?? phrase
    const explain = (given['explain'] as string | null | undefined) ?? explanation
    this.log_error('code %d, message %s', code, message)
    // A line break in the first line would begin a field of somebody's choice.
    this.send_response(code, message.replace(/[\r\n]+/g, ' '))
    this.send_header('Connection', 'close')
    let body: Uint8Array | undefined
    if (code >= 200 && code !== 204 && code !== 205 && code !== 304) {
      const page = formatText(this.error_message_format, [
        { code, message: escapeHtml(message), explain: escapeHtml(explain) },
      ])
      body = new TextEncoder().encode(page)
      this.send_header('Content-Type', this.error_content_type)
      this.send_header('Content-Length', String(body.length))
    }
    await this.end_headers()
    if (this.command !== 'HEAD' && body !== undefined) await this.wfile.write(body)
  }

  /** Begins an answer: the status line, Server and Date. Nothing leaves before `end_headers`. */
  send_response(...args: Given<[code: number, message?: string | null]>): void {
    const { code, message = null } = bind('send_response', ['code', 'message?'], args) as {
      code: number
      message?: string | null
    }
    this.log_request(code)
    this.send_response_only(code, message)
    this.send_header('Server', this.version_string())
    this.send_header('Date', this.date_time_string())
  }
  /** The status line alone. */
  send_response_only(...args: Given<[code: number, message?: string | null]>): void {
    const { code, message } = bind('send_response_only', ['code', 'message?'], args)
    if (this.request_version === 'HTTP/0.9') return
    const phrase = message ?? this.responses.get(code as number)?.[0] ?? ''
    this.#buffer(`${this.protocol_version} ${code} ${phrase}\r\n`)
  }
  /** A field. @throws {ValueError} a line break in it, or a character beyond latin-1 */
  send_header(...args: Given<[keyword: string, value: string | number]>): void {
    const { keyword, value } = bind('send_header', ['keyword', 'value'], args)
    const [name, text] = [String(keyword), String(value)]
    if (/[\r\n]/.test(name) || /\n(?![ \t])|\r(?![ \t\n])/.test(text))
      throw new builtins.ValueError(`Invalid header ${repr(name)}: ${repr(text)}`)
    if (this.request_version !== 'HTTP/0.9') this.#buffer(`${name}: ${text}\r\n`)
    if (name.toLowerCase() !== 'connection') return
    if (text.toLowerCase() === 'close') this.close_connection = true
    else if (text.toLowerCase() === 'keep-alive') this.close_connection = false
  }
  #buffer(line: string): void {
    if (/[^\0-\xff]/.test(line))
      throw new builtins.UnicodeEncodeError(
        `'latin-1' codec can't encode ${repr(line.trim())}: ordinal not in range(256)`,
      )
    this._headers_buffer ??= []
    this._headers_buffer.push(Buffer.from(line, 'latin1'))
  }
  /** Ends the fields: they leave. */
  async end_headers(): Promise<void> {
    if (this.request_version === 'HTTP/0.9') return
    this.#buffer('\r\n')
    await this.flush_headers()
  }
  async flush_headers(): Promise<void> {
    const lines = this._headers_buffer
    if (lines === undefined) return
    this._headers_buffer = []
    await this.wfile.write(joinBytes(lines))
  }

  /** Tells of a request that was answered. */
  log_request(...args: Given<[code?: number | string, size?: number | string]>): void {
    const { code = '-', size = '-' } = bind('log_request', ['code?', 'size?'], args)
    this.log_message('"%s" %s %s', this.requestline, String(code), String(size))
  }
  /** Tells of a request that failed. */
  log_error(format: string, ...args: unknown[]): void {
    this.log_message(format, ...args)
  }
  /** Writes a line of the log to standard error; control characters in it are shown, not written. */
  log_message(format: string, ...args: unknown[]): void {
    const message = formatText(format, args).replace(
      // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
      /[\0-\x1f\x7f-\x9f\\]/g,
      (c) => (c === '\\' ? '\\\\' : `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`),
    )
    process.stderr.write(
      `${this.address_string()} - - [${this.log_date_time_string()}] ${message}\n`,
    )
  }
  version_string(): string {
    return `${this.server_version} ${this.sys_version}`
  }
  /** A date as fields have it. @param timestamp seconds; default now */
  date_time_string(...args: Given<[timestamp?: number | null]>): string {
    const { timestamp } = bind('date_time_string', ['timestamp?'], args)
    const seconds = (timestamp as number | null | undefined) ?? Date.now() / 1000
    return formatDate(Math.trunc(seconds) * 1000)
  }
  log_date_time_string(): string {
    const now = new Date()
    const two = (number: number): string => String(number).padStart(2, '0')
    const day = `${two(now.getDate())}/${MONTHS[now.getMonth()]}/${now.getFullYear()}`
    return `${day} ${two(now.getHours())}:${two(now.getMinutes())}:${two(now.getSeconds())}`
  }
  address_string(): string {
    return String((this.client_address as readonly unknown[])[0])
  }
}
classAttributes(RequestHandler, [
  ...['sys_version', 'server_version', 'error_message_format', 'error_content_type'],
  ...['default_request_version', 'protocol_version', 'MessageClass', 'responses'],
  ...['weekdayname', 'monthname'],
])
