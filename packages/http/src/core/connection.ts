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
 * Rules it keeps:
 * - Nothing outside this file changes the states of a connection.
 * - A broken rule in what was read is a remote `ProtocolError`; afterwards nothing more is read, and the
 *   same error is thrown again. What it is asked to send wrongly is a local one, before any byte.
 * - Requests and responses are matched by order and by nothing else: a response without a request is never
 *   read as one.
 */
import { concat, copy, EMPTY, type EventOf, encodeLatin1, step } from '@sluice/socket/bytes'
import { ProtocolError, remote } from './errors.ts'
import {
  CLOSED,
  type FieldList,
  type Http1Event,
  NEED_DATA,
  type OutgoingEvent,
  PAUSED,
  type RequestHead,
  type ResponseHead,
} from './events.ts'
import { toOutgoing } from './headers.ts'
import { Input } from './input.ts'
import { type Limits, normaliseLimits } from './limits.ts'
import { MessageReader, type Question } from './message-reader.ts'
import { MessageWriter } from './message-writer.ts'
import { CLIENT, type ClientState, SERVER, type ServerState } from './state.ts'
import { isBodiless, isInterim } from './status.ts'
import { checkTarget } from './target.ts'
import { formatRequestLine, formatStatusLine, type OutgoingFields } from './writers.ts'

/** Which side of the connection this program is. */
export type Role = 'client' | 'server'

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

/** What is remembered of a request until its response is complete. */
interface Awaited extends Question {
  readonly minor: number
}

/** The events of both tables. */
type Step = EventOf<typeof CLIENT> | EventOf<typeof SERVER>

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
  #client: ClientState = 'idle'
  #server: ServerState = 'idle'
  /** Requests that were sent or read and whose response is not complete, oldest first. */
  readonly #awaited: Awaited[] = []
  /** The message that is being read: on a server the request, on a client what the response said. */
  #request: Awaited | undefined
  #response: ResponseHead | undefined
  #error: ProtocolError | undefined
  /** No message begins any more. */
  #lastOne = false
  /** Whether the message that is being sent lets the connection be used again. */
  #sendsOn = true

  constructor(role: Role, options: MachineOptions = {}) {
    if (role !== 'client' && role !== 'server')
      throw new TypeError(`role must be 'client' or 'server', not ${JSON.stringify(role)}`)
    this.role = role
    this.limits = normaliseLimits(options.limits)
    const { checkHost = true } = options
    this.#reader = new MessageReader(this.#input, role === 'server', this.limits, checkHost)
  }

  /** State of the side that asks, and of the one that answers. */
  get clientState(): ClientState {
    return this.#client
  }
  get serverState(): ServerState {
    return this.#server
  }

  /** Requests whose response is not complete. */
  get awaited(): number {
    return this.#awaited.length
  }

  /** Bytes that were received and not read yet. */
  get unread(): number {
    return this.#input.unread
  }

  /** Whether both sides agreed to stop speaking HTTP on this connection. */
  get isSwitched(): boolean {
    return this.#client === 'switched' || this.#server === 'switched'
  }

  /** Whether a message from the peer has begun and is not complete. */
  get isMidMessage(): boolean {
    return this.#reader.isMidMessage
  }

  /** Whether another request can follow once the present ones are complete. */
  get canReuse(): boolean {
    return !this.#lastOne && this.#error === undefined && !this.#input.ended && !this.isSwitched
  }

  /** Whether the message that is being sent has a body at all. */
  get sendsBody(): boolean {
    const { framing } = this.#writer
    return framing !== 'none' && framing !== 'tunnel'
  }

  // Reading.

  /**
   * Takes bytes of the peer; `null` when it has finished. The view is looked at until `next` says
   * `need-data` or `paused`; what is unread then has been copied.
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
      const event = this.#mayRead() ? this.#reader.next(this.#awaited[0]) : this.#whilePaused()
      this.#heard(event)
      return event
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      this.#error = remote(error)
      this.#lastOne = true
      this.#peer('fault')
      throw this.#error
    }
  }

  /** Every event that can be read now, up to the next `need-data` or `paused`; data is copied. */
  *events(): IterableIterator<Http1Event> {
    for (let event = this.next(); event !== NEED_DATA && event !== PAUSED; event = this.next()) {
      yield event.type === 'data' ? { type: 'data', data: copy(event.data) } : event
      if (event === CLOSED) return
    }
  }

  /** Copies what has not been read yet, when the caller stops before `next` said so itself. */
  hold(): void {
    this.#input.keep()
  }

  /** Gives back the bytes that were received and do not belong to HTTP any more: after a switch. */
  takeRest(): Uint8Array {
    const { bytes, at, end } = this.#input
    const rest = copy(bytes.subarray(at, end))
    this.#input.drop()
    return rest
  }

  /** A message that has begun is read to its end; the next one only when it can have a place. */
  #mayRead(): boolean {
    if (!this.#reader.isBetween) return true
    if (this.role === 'client') return this.#server === 'idle' && this.#awaited.length > 0
    return this.#client === 'idle' && this.#awaited.length < this.limits.pipelined
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
        this.#requestBegan(event)
        return
      case 'response':
        this.#response = event
        this.#peer('response')
        return
      case 'interim':
        this.#peer('interim')
        return
      case 'end':
        this.#peer('end')
        if (this.role === 'client') this.#responseRead()
        else this.#requestRead()
        return
      case 'closed':
        this.#lastOne = true
        this.#peer('closed')
    }
  }

  #requestBegan(head: RequestHead): void {
    const { method, minor, keepAlive } = head
    this.#request = { method, minor, keepAlive, upgrade: head.upgrade !== undefined }
    this.#awaited.push(this.#request)
    this.#peer('request')
  }

  #requestRead(): void {
    const request = this.#request as Awaited
    // An offer that was answered before the request had been read to its end is settled already.
    const offers = request.upgrade || request.method === 'CONNECT'
    if (offers && this.#awaited.includes(request)) this.#peer('offer')
    else this.#peer(request.keepAlive && !this.#lastOne ? 'next' : 'last')
  }

  #responseRead(): void {
    const { framing, keepAlive } = this.#response as ResponseHead
    this.#awaited.shift()
    if (framing === 'tunnel') {
      this.#peer('switched')
      this.#client = 'switched'
      return
    }
    if (!keepAlive) this.#lastOne = true
    this.#peer(this.#lastOne ? 'last' : 'next')
    if (this.#client === 'might-switch') this.#ours('denied')
    if (this.#client === 'done') this.#ours(this.#lastOne ? 'last' : 'next')
  }

  // States.

  #peer(event: Step): void {
    this.#step(this.role === 'client' ? 'server' : 'client', event)
  }

  #ours(event: Step): void {
    this.#step(this.role, event)
  }

  #step(side: Role, event: Step): void {
    if (side === 'client') {
      const state = step(CLIENT, this.#client, event as 'request')
      if (state === undefined) throw misplaced(event, side, this.#client)
      this.#client = state as ClientState
    } else {
      const state = step(SERVER, this.#server, event as 'response')
      if (state === undefined) throw misplaced(event, side, this.#server)
      this.#server = state as ServerState
    }
  }

  // Writing.

  /**
   * Turns an event into the bytes to send.
   *
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
   */
  requestHead(
    method: string,
    target: string,
    fields: OutgoingFields,
    length?: number | 'unknown' | undefined,
    more = '',
  ): string {
    const isFree = this.role === 'client' && !this.#lastOne
    if (!isFree || step(CLIENT, this.#client, 'request') === undefined)
      throw misplaced('request', 'client', this.#client)
    if (!fields.host && !more.startsWith('Host: '))
      throw new ProtocolError({ reason: 'a request without Host' })
    const line = formatRequestLine(method, target)
    checkTarget(method, target)
    const framing = this.#planRequest(method, fields, length)
    this.#ours('request')
    this.#sendsOn = !fields.close
    this.#awaited.push({ method, minor: 1, keepAlive: !fields.close, upgrade: fields.upgrade })
    return `${line}${more}${fields.text}${framing}\r\n`
  }

  #planRequest(
    method: string,
    fields: OutgoingFields,
    length: number | 'unknown' | undefined,
  ): string {
    if (length === undefined && !fields.chunked && fields.length === -1) {
      this.#writer.begin('none')
      return ''
    }
    if (method === 'CONNECT') throw new ProtocolError({ reason: 'a CONNECT request with content' })
    return this.#writer.plan(fields, length === 'unknown' ? undefined : length, true)
  }

  /** Writes an interim response. @throws {ProtocolError} no request waits for one, or it speaks HTTP/1.0 */
  interimHead(status: number, reason: string | undefined, fields: OutgoingFields): string {
    if (!isInterim(status)) throw new ProtocolError({ reason: `status ${status} is not interim` })
    // RFC 9110 §15.2: an HTTP/1.0 client would take it for the response.
    if ((this.#awaited[0]?.minor ?? 0) < 1)
      throw new ProtocolError({ reason: 'an interim response that nobody waits for' })
    this.#ours('interim')
    return `${formatStatusLine(status, reason)}${fields.text}\r\n`
  }

  /**
   * Writes the head of a response, and decides how its body is framed.
   *
   * @param length bytes of the body; `undefined` when the fields say it, or nobody knows
   * @param more further lines, complete and checked, such as a cached Date
   * @param close whether the connection shall end with this response
   */
  responseHead(
    status: number,
    reason: string | undefined,
    fields: OutgoingFields,
    length?: number | undefined,
    more = '',
    close = false,
  ): string {
    const request = this.#awaited[0]
    if (this.role !== 'server') throw misplaced('response', 'server', this.#server)
    // Without a request there are two things to say, both of them last words: that what came was no
    // request, and, with `close`, that none will be taken (408, 503).
    if (request === undefined && this.#error === undefined && !close)
      throw misplaced('response', 'server', this.#server)
    if (isInterim(status)) throw new ProtocolError({ reason: `status ${status} is not final` })
    if (status === 101) return this.#switchHead(reason, fields, request)
    const line = formatStatusLine(status, reason)
    const modern = request === undefined || request.minor >= 1
    const framing = this.#planResponse(status, fields, length, request)
    const isTunnel = this.#writer.framing === 'tunnel'
    this.#ours('response')
    this.#sendsOn =
      request?.keepAlive === true &&
      !(close || fields.close || this.#lastOne || this.#writer.framing === 'close')
    let connection = ''
    if (!this.#sendsOn && !isTunnel && !fields.close) connection = 'Connection: close\r\n'
    if (this.#sendsOn && !modern && !fields.keepAlive) connection = 'Connection: keep-alive\r\n'
    // RFC 9112 §6.1: HTTP/1.0 knows no transfer codings, so that a program's wish for one goes unheard.
    const lines = fields.chunked && !modern ? withoutCoding(fields.text) : fields.text
    return `${line}${more}${lines}${framing}${connection}\r\n`
  }

  #planResponse(
    status: number,
    fields: OutgoingFields,
    length: number | undefined,
    request: Awaited | undefined,
  ): string {
    const isTunnel = request?.method === 'CONNECT' && status >= 200 && status < 300
    if (isTunnel || isBodiless(status)) {
      // RFC 9110 §8.6: neither a 204 nor a 2xx to CONNECT says how long its content is; a 304 may.
      if (fields.chunked || (fields.length > 0 && status !== 304))
        throw new ProtocolError({ reason: `status ${status} has no content` })
      this.#writer.begin(isTunnel ? 'tunnel' : 'none')
      return ''
    }
    const framing = this.#writer.plan(fields, length, request === undefined || request.minor >= 1)
    if (request?.method === 'HEAD') this.#writer.begin('none')
    return framing
  }

  #switchHead(
    reason: string | undefined,
    fields: OutgoingFields,
    request: Awaited | undefined,
  ): string {
    if (request?.upgrade !== true || this.#client !== 'might-switch' || this.#awaited.length !== 1)
      throw new ProtocolError({ reason: 'status 101 for a request that offered no upgrade' })
    const line = formatStatusLine(101, reason)
    this.#ours('response')
    this.#writer.begin('tunnel')
    return `${line}${fields.text}\r\n`
  }

  /**
   * Announces `size` bytes of body, which the caller sends next.
   *
   * @returns what goes before them: a chunk size, or nothing; after a chunk size, CRLF follows the bytes
   * @throws {ProtocolError} more than was announced, or a message without a body
   */
  openChunk(size: number): string {
    const state = this.role === 'client' ? this.#client : this.#server
    if (state !== 'body') throw misplaced('data', this.role, state)
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
    this.#ours('end')
    if (this.role === 'client') this.#requestSent()
    else this.#responseSent()
    return last
  }

  #requestSent(): void {
    const request = this.#awaited.at(-1)
    if (request?.method === 'CONNECT' || request?.upgrade) this.#ours('offer')
    else this.#ours(this.#sendsOn ? 'next' : 'last')
  }

  #responseSent(): void {
    this.#awaited.shift()
    if (this.#writer.framing === 'tunnel') {
      this.#ours('switched')
      this.#client = 'switched'
      this.#reader.abandon()
      return
    }
    if (!this.#sendsOn) this.#lastOne = true
    if (this.#client === 'might-switch' && this.#awaited.length === 0) {
      this.#peer('denied')
      this.#peer(this.#lastOne ? 'last' : 'next')
    } else if (this.#lastOne && this.#client === 'idle') {
      // What the client sends from now on is not read.
      this.#client = 'must-close'
    }
    this.#ours(this.#lastOne ? 'last' : 'next')
  }
}

function withoutCoding(lines: string): string {
  return lines.replace(/^transfer-encoding:.*\r\n/im, '')
}

function misplaced(event: string, side: Role, state: string): ProtocolError {
  return new ProtocolError({ reason: `${event} can not be sent while the ${side} is ${state}` })
}
