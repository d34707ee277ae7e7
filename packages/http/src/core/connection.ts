/**
 * The machine: one HTTP/1.1 connection without a socket. Bytes go in and events come out; events go in
 * and bytes come out. It waits for nothing, and the same class plays both roles.
 *
 *     const server = new Http1Machine('server')
 *     server.receive(encodeUtf8('GET / HTTP/1.1\r\nHost: example\r\n\r\n'))
 *     server.next()                                         // RequestHead { method: 'GET', target: '/' }
 *     server.next()                                         // { type: 'end' }
 *     server.send({ type: 'response', status: 204 })        // HTTP/1.1 204 No Content …
 *     server.send({ type: 'end' })
 *
 * How it reads. `receive` takes a view of some bytes (`input.ts`); `next` asks the reader
 * (`message-reader.ts`) for events until that says `need-data`, or this file says `paused`. Before either is
 * said, what is unread has been copied, since the view may be a shared buffer that dies with the call.
 *
 * How it writes. `send` takes events. The functions under it (`responseHead`, `requestHead`, `openChunk`,
 * `finish`) give text instead of bytes; a server that answers a hundred thousand times a second uses those.
 *
 * Who is in which state, and which request the next response answers, is kept in `sides.ts`; what goes around
 * a body that is sent, in `message-writer.ts`.
 *
 * Rules it keeps:
 * - A broken rule in what was read is a remote `ProtocolError`; afterwards nothing more is read, and the
 *   same error is thrown again. What it is asked to send wrongly is a local one, before any byte.
 */
import { concat, copy, EMPTY, encodeLatin1 } from '@sluice/socket/bytes'
import { ProtocolError, remote } from './errors.ts'
import {
  CLOSED,
  type FieldList,
  type Http1Event,
  NEED_DATA,
  type OutgoingEvent,
  PAUSED,
} from './events.ts'
import { toOutgoing } from './headers.ts'
import { Input } from './input.ts'
import { type Limits, normaliseLimits } from './limits.ts'
import { MessageReader } from './message-reader.ts'
import { MessageWriter } from './message-writer.ts'
import { type Awaited, misplaced, type Role, Sides } from './sides.ts'
import type { ClientState, ServerState } from './state.ts'
import { isInterim } from './status.ts'
import { checkTarget } from './target.ts'
import { flat, formatRequestLine, formatStatusLine, type OutgoingFields } from './writers.ts'

export type { Role } from './sides.ts'

/** How a machine is set up. */
export interface MachineOptions {
  /** Caps on what the peer may send. */
  limits?: Partial<Limits> | undefined
  /**
   * Whether a server refuses a request whose Host is missing, repeated or malformed, as RFC 9112 §3.2
   * asks of it. Default true; a tool that only looks at traffic turns it off.
   */
  checkHost?: boolean | undefined
}

const CRLF: Uint8Array = encodeLatin1('\r\n')

/** One side of one HTTP/1.1 connection. */
export class Http1Machine {
  /** Which side of the connection this program is. */
  readonly role: Role
  /** The caps in force, every one of them. */
  readonly limits: Readonly<Limits>
  readonly #input = new Input()
  readonly #reader: MessageReader
  readonly #writer = new MessageWriter()
  readonly #sides: Sides
  #error: ProtocolError | undefined

  /**
   * @param role whose side this is: `client` or `server`
   * @param options caps on what the peer may send, and whether Host is checked
   * @throws {TypeError} another role, a limit that there is not; {RangeError} a limit out of bounds
   */
  constructor(role: Role, options: MachineOptions = {}) {
    if (role !== 'client' && role !== 'server')
      throw new TypeError(`role must be 'client' or 'server', not ${JSON.stringify(role)}`)
    this.role = role
    this.limits = normaliseLimits(options.limits)
    this.#sides = new Sides(role)
    const { checkHost = true } = options
    this.#reader = new MessageReader(this.#input, role === 'server', this.limits, checkHost)
  }

  /** State of the side that asks. */
  get clientState(): ClientState {
    return this.#sides.client
  }
  /** State of the side that answers. */
  get serverState(): ServerState {
    return this.#sides.server
  }

  /** Requests whose response is not complete. */
  get awaited(): number {
    return this.#sides.awaited
  }

  /** Bytes that were received and not read yet. */
  get unread(): number {
    return this.#input.unread
  }

  /** Whether both sides agreed to stop speaking HTTP on this connection. */
  get isSwitched(): boolean {
    return this.#sides.isSwitched
  }

  /** Whether a message from the peer has begun and is not complete. */
  get isMidMessage(): boolean {
    return this.#reader.isMidMessage
  }

  /** Whether another request can follow once the present ones are complete. */
  get canReuse(): boolean {
    return (
      !this.#sides.lastOne && this.#error === undefined && !this.#input.ended && !this.isSwitched
    )
  }

  /** Whether the message that is being sent has a body at all. */
  get sendsBody(): boolean {
    const { framing } = this.#writer
    return framing !== 'none' && framing !== 'tunnel'
  }

  /** Whether a trailer section can follow the body that is being sent. */
  get sendsTrailers(): boolean {
    return this.#writer.framing === 'chunked'
  }

  // Reading.

  /**
   * Takes bytes of the peer; `null` when it has finished. The view is looked at until `next` says
   * `need-data` or `paused`; what is unread then has been copied.
   * Never throws: what is wrong with the bytes is said by `next`.
   *
   * @param view bytes as they came, in pieces of any size, or `null`; it must not change before `next` says either
   */
  receive(view: Uint8Array | null): void {
    this.#input.receive(view)
  }

  /**
   * Reads the next event.
   *
   * @throws {ProtocolError} side `remote`: the peer broke a rule
   * @throws {IncompleteBodyError} the peer finished inside a body
   */
  next(): Http1Event {
    if (this.#error !== undefined) throw this.#error
    try {
      const event = this.#mayRead() ? this.#reader.next(this.#sides.oldest) : this.#whilePaused()
      this.#heard(event)
      return event
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      this.#error = remote(error)
      this.#sides.peerStopped('fault')
      throw this.#error
    }
  }

  /**
   * Every event that can be read now, up to the next `need-data` or `paused`; data is copied.
   *
   * @throws {ProtocolError | IncompleteBodyError} as `next`
   */
  *events(): IterableIterator<Http1Event> {
    for (let event = this.next(); event !== NEED_DATA && event !== PAUSED; event = this.next()) {
      yield event.type === 'data' ? { type: 'data', data: copy(event.data) } : event
      if (event === CLOSED) return
    }
  }

  /** Copies what has not been read yet, when the caller stops before `next` said so itself. Never throws. */
  hold(): void {
    this.#input.keep()
  }

  /** Gives back the bytes that were received and do not belong to HTTP any more: after a switch. Never throws. */
  takeRest(): Uint8Array {
    const { bytes, at, end } = this.#input
    const rest = copy(bytes.subarray(at, end))
    this.#input.drop()
    return rest
  }

  /** A message that has begun is read to its end; the next one only when it can have a place. */
  #mayRead(): boolean {
    return !this.#reader.isBetween || this.#sides.takesMessage(this.limits.pipelined)
  }

  #whilePaused(): Http1Event {
    return this.#input.ended && this.#input.unread === 0 && !this.isSwitched ? CLOSED : PAUSED
  }

  /** Moves the states by what was read. */
  #heard(event: Http1Event): void {
    switch (event.type) {
      case 'need-data':
      case 'paused':
        this.#input.keep()
        return
      case 'request':
        this.#sides.requestBegan(event)
        return
      case 'response':
      case 'interim':
        this.#sides.responseBegan(event)
        return
      case 'end':
        this.#sides.messageRead()
        return
      case 'closed':
        this.#sides.peerStopped('closed')
    }
  }

  // Writing.

  /**
   * Turns an event into the bytes to send.
   *
   * @param event the next one of a message: a head, data, or its end
   * @throws {ProtocolError} side `local`: this can not be sent, or not now
   * @throws {TypeError} a field name or value that can not be sent
   */
  send(event: OutgoingEvent): Uint8Array {
    switch (event.type) {
      case 'request':
        return encodeLatin1(this.requestHead(event.method, event.target, toOutgoing(event.headers)))
      case 'interim':
        return encodeLatin1(this.interimHead(event.status, event.reason, toOutgoing(event.headers)))
      case 'response':
        return encodeLatin1(
          this.responseHead(event.status, event.reason, toOutgoing(event.headers)),
        )
      case 'data': {
        const before = this.openChunk(event.data.length)
        if (event.data.length === 0) return EMPTY
        return before === '' ? event.data : concat([encodeLatin1(before), event.data, CRLF])
      }
      case 'end':
        return encodeLatin1(this.finish(event.trailers))
    }
  }

  /**
   * Writes the head of a request.
   *
   * @param length bytes of the body, or `unknown` when only its end will tell; left out when there is none,
   *   or the fields say it
   * @param more further lines, complete and checked, such as a cached Host
   * @param method a token, its case kept (RFC 9110 §9.1)
   * @param target in one of the forms of RFC 9112 §3.2
   * @param fields the header section, checked
   * @throws {ProtocolError} side `local`: this can not be sent, or not now
   */
  requestHead(
    method: string,
    target: string,
    fields: OutgoingFields,
    length?: number | 'unknown' | undefined,
    more = '',
  ): string {
    this.#sides.checkRequest()
    if (!fields.host && !more.startsWith('Host: '))
      throw new ProtocolError({ reason: 'a request without Host' })
    const line = formatRequestLine(method, target)
    checkTarget(method, target)
    const framing = this.#writer.planRequest(method, fields, length)
    const { close, upgrade } = fields
    this.#sides.requestSends({ method, minor: 1, keepAlive: !close, upgrade })
    return `${line}${more}${fields.text}${framing}\r\n`
  }

  /**
   * Writes an interim response.
   *
   * @param status 100 to 199, but not 101
   * @param reason the reason phrase; default: the registered one
   * @param fields the header section, checked
   * @throws {ProtocolError} no request waits for one, or it speaks HTTP/1.0
   */
  interimHead(status: number, reason: string | undefined, fields: OutgoingFields): string {
    if (!isInterim(status)) throw new ProtocolError({ reason: `status ${status} is not interim` })
    // RFC 9110 §15.2: an HTTP/1.0 client would take it for the response.
    if ((this.#sides.oldest?.minor ?? 0) < 1)
      throw new ProtocolError({ reason: 'an interim response that nobody waits for' })
    this.#sides.responseSends('interim')
    return `${formatStatusLine(status, reason)}${fields.text}\r\n`
  }

  /**
   * Writes the head of a response, and decides how its body is framed.
   *
   * @param length bytes of the body; `undefined` when the fields say it, or nobody knows
   * @param more further lines, complete and checked, such as a cached Date
   * @param close whether the connection shall end with this response
   * @param status 101, or 200 to 999
   * @param reason the reason phrase; default: the registered one
   * @param fields the header section, checked
   * @throws {ProtocolError} side `local`: this can not be sent, or not now
   */
  responseHead(
    status: number,
    reason: string | undefined,
    fields: OutgoingFields,
    length?: number | undefined,
    more = '',
    close = false,
  ): string {
    const sides = this.#sides
    const request = sides.oldest
    if (this.role !== 'server') throw misplaced('response', 'server', sides.server)
    // Without a request there are two things to say, both of them last words: that what came was no
    // request, and, with `close`, that none will be taken (408, 503).
    if (request === undefined && this.#error === undefined && !close)
      throw misplaced('response', 'server', sides.server)
    if (isInterim(status)) throw new ProtocolError({ reason: `status ${status} is not final` })
    if (status === 101) return this.#switchHead(reason, fields, request)
    const line = formatStatusLine(status, reason)
    const modern = request === undefined || request.minor >= 1
    const framing = this.#writer.planResponse(status, fields, length, request?.method, modern)
    const isTunnel = this.#writer.framing === 'tunnel'
    sides.responseSends('response')
    const goesOn =
      request?.keepAlive === true &&
      !(close || fields.close || sides.isLastAnswer || this.#writer.framing === 'close')
    sides.sendsOn = goesOn
    let connection = ''
    if (!goesOn && !isTunnel && !fields.close) connection = 'Connection: close\r\n'
    if (goesOn && !modern && !fields.keepAlive) connection = 'Connection: keep-alive\r\n'
    // RFC 9112 §6.1: HTTP/1.0 knows no transfer codings, so that a program's wish for one goes unheard.
    const lines = fields.chunked && !modern ? withoutCoding(fields.text) : fields.text
    return joined(begun(line, more, lines), framing + connection)
  }

  #switchHead(
    reason: string | undefined,
    fields: OutgoingFields,
    request: Awaited | undefined,
  ): string {
    const { client, awaited } = this.#sides
    if (!request?.upgrade || client !== 'might-switch' || awaited !== 1)
      throw new ProtocolError({ reason: 'status 101 for a request that offered no upgrade' })
    const line = formatStatusLine(101, reason)
    this.#sides.responseSends('response')
    this.#writer.begin('tunnel')
    return `${line}${fields.text}\r\n`
  }

  /**
   * Announces `size` bytes of body, which the caller sends next.
   *
   * @param size bytes that follow, 0 or more
   * @returns what goes before them: a chunk size, or nothing; after a chunk size, CRLF follows the bytes
   * @throws {ProtocolError} more than was announced, or a message without a body
   */
  openChunk(size: number): string {
    const { own } = this.#sides
    if (own !== 'body') throw misplaced('data', this.role, own)
    return this.#writer.openChunk(size)
  }

  /**
   * Completes the message that is being sent.
   *
   * @param trailers only a chunked body has them
   * @returns the last chunk where there is one
   * @throws {ProtocolError} fewer bytes than were announced
   */
  finish(trailers?: FieldList | undefined): string {
    const last = this.#writer.close(trailers)
    if (this.role === 'client') this.#sides.requestSent()
    else this.#sides.responseSent(this.#writer.framing)
    if (this.role === 'server' && this.#writer.framing === 'tunnel') this.#reader.abandon()
    return last
  }
}

let lastLine = ''
let lastMore = ''
let lastFields = ''
let lastBegun = ''

/** A server says the same status, date and fields again and again: they are joined once. */
function begun(line: string, more: string, fields: string): string {
  if (line !== lastLine || more !== lastMore || fields !== lastFields) {
    lastLine = line
    lastMore = more
    lastFields = fields
    lastBegun = flat(`${line}${more}${fields}`)
  }
  return lastBegun
}

let lastBeginning = ''
let lastEnd = ''
let lastHead = ''

/** And so is the whole, where answers are of one length as well. */
function joined(beginning: string, end: string): string {
  if (beginning !== lastBeginning || end !== lastEnd) {
    lastBeginning = beginning
    lastEnd = end
    lastHead = `${beginning}${end}\r\n`
  }
  return lastHead
}

function withoutCoding(lines: string): string {
  return lines.replace(/^transfer-encoding:.*\r\n/im, '')
}
