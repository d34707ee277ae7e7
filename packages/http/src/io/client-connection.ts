/**
 * One connection of a client: requests out, one after the other, responses in.
 *
 * Rules it keeps:
 * - One exchange at a time; the next may begin when the response has been read to its end. A second caller
 *   is `ERR_BUSY`.
 * - Bytes that nobody asked for end the connection: the next request must not get them as its answer.
 * - Giving up on an exchange (abort, timeout, a body that nobody wants) ends the connection with it, since
 *   what is still on its way can not be told apart from the next answer. Where the head has said that only a
 *   little of such a body is left, that is read and dropped.
 */
import {
  type Attachment,
  type ByteStream,
  type Clock,
  type Receiver,
  systemClock,
} from '@sluice/socket'
import { NetError } from '@sluice/socket/errors'
import { Http1Machine } from '../core/connection.ts'
import type { EndEvent, ResponseHead } from '../core/events.ts'
import { Headers, type HeadersInit, outgoingFields } from '../core/headers.ts'
import type { Limits } from '../core/limits.ts'
import { methodFacts, normaliseMethod } from '../core/methods.ts'
import { IDLE, idleLimit } from '../core/pool-plan.ts'
import {
  type BodySource,
  type Content,
  cancelContent,
  cancellable,
  IncomingBody,
  toContent,
} from './body.ts'
import { ClientExchange, type ExchangeFacts, type ExchangeOptions } from './client-exchange.ts'
import { settleable } from './exchange.ts'
import { fence } from './fence.ts'
import { sendPieces, sendWhole, type WholeBody, wholeBody } from './outgoing.ts'
import { type Response, responseFromWire } from './response.ts'
import type { Timed } from './ticker.ts'

/** How a client connection is set up. */
export interface ClientConnectionOptions {
  /** The value of Host; default: where the stream goes. */
  host?: string | undefined
  /** Caps on what the server may send. */
  limits?: Partial<Limits> | undefined
  /** Milliseconds that the connection may wait where the server does not say; default 4 000. See `idleLimit`. */
  keepAlive?: number | undefined
  /** Called whenever another request can be made, from the first response on: for those who keep connections. */
  onIdle?: (() => void) | undefined
  /** Called once, when it is over, however that comes. */
  onClose?: (() => void) | undefined
  /** Whose clock the timeouts run on; for tests. */
  clock?: Clock | undefined
}

/**
 * A connection to a server, for one request after the other.
 *
 * @example
 * const connection = new ClientConnection(await connect('tcp://127.0.0.1:8080'))
 * const first = await (await connection.request('/first')).text()
 * const second = await (await connection.request('/second')).text()
 * await connection.close()
 */
export class ClientConnection implements Receiver, BodySource, Timed, AsyncDisposable {
  /** What it speaks over; read it only after `detach()`. */
  readonly stream: ByteStream
  deadline: number = Number.POSITIVE_INFINITY
  readonly #machine: Http1Machine
  readonly #host: string
  readonly #clock: Clock
  #attachment: Attachment | undefined
  #exchange: ClientExchange | undefined
  #count = 0
  #full = false
  #pumping = false
  #over = false
  #failure: Error | undefined
  /** Bytes that had come when the present exchange began. */
  #received = 0
  #idleLimit: number
  readonly #onIdle: (() => void) | undefined

  /**
   * @param stream open, and read by nobody else
   * @param options caps on what the server may send, and names for errors and events
   */
  constructor(stream: ByteStream, options: ClientConnectionOptions = {}) {
    this.stream = stream
    this.#machine = new Http1Machine('client', { limits: options.limits })
    this.#clock = options.clock ?? systemClock
    this.#host = options.host ?? hostOf(stream)
    // Looked at once here, so that it can be written without a check from then on.
    this.#hostLine = `Host: ${new Headers([['Host', this.#host]]).get('host')}\r\n`
    this.#idleLimit = options.keepAlive ?? IDLE
    this.#keepAlive = this.#idleLimit
    this.#onIdle = options.onIdle
    const { onClose } = options
    if (onClose !== undefined) void stream.closed.then(onClose)
    this.#attachment = stream.attach(this)
  }
  readonly #hostLine: string
  readonly #keepAlive: number

  /** The same number as in trace events. */
  get id(): number {
    return this.stream.id
  }

  /** Whether another request can be made now. */
  get isReusable(): boolean {
    return (
      !this.#over && this.#exchange === undefined && this.#machine.canReuse && this.stream.isOpen
    )
  }

  /** Exchanges that were begun. */
  get exchanges(): number {
    return this.#count
  }

  /** Bytes that had come when the present or last exchange began: more of them are an answer. */
  get received(): number {
    return this.#received
  }

  /** Milliseconds that this connection may wait for its next request, as the last response said. */
  get idleLimit(): number {
    return this.#idleLimit
  }

  /**
   * Makes one request.
   *
   * @param target the request target, usually a path with its query
   * @param options method, fields, body and timeouts of this exchange
   * @returns the response as soon as its head is here; the connection is free once its body has been read
   * @throws {NetError} `ERR_BUSY` an exchange is going on; `ERR_CLOSED` the connection can not be used again;
   *   `ERR_UNEXPECTED_END` the server closed it without an answer; the errors of the stream
   * @throws {ProtocolError} side `remote`: what came is no HTTP; side `local`: this can not be sent
   * @throws {TimeoutError} phase `headers`, `idle` or `total`
   * @throws {TypeError} a method, header or body that is none; `signal.reason` when aborted
   */
  request(target: string, options: ExchangeOptions = {}): Promise<Response> {
    const { decode, signal } = options
    // Before the connection is looked at: it may break while this is waited for.
    const loading = signal?.aborted ? undefined : loadingOf(decode)
    if (loading !== undefined) return loading.then(() => this.request(target, options))
    return new Promise<Response>((resolve, reject) => {
      signal?.throwIfAborted()
      const method = normaliseMethod(options.method ?? 'GET')
      if (this.#exchange !== undefined) throw this.#error(method, target, 'ERR_BUSY')
      if (!this.isReusable) throw this.#failure ?? this.#error(method, target, 'ERR_CLOSED')
      const facts: ExchangeFacts = {
        method,
        url: this.#url(target),
        connection: this.id,
        parent: options.trace?.parent ?? 0,
        timeout: options.timeout ?? {},
        signal,
        clock: this.#clock,
        decoder: decode ? coding?.decoderFor(decode) : undefined,
        informational: options.informational,
        aborted: this.#aborted,
        resolve,
        reject,
      }
      this.#begin(facts, target, options)
    })
  }

  /** Says goodbye; an exchange that is going on fails with `ERR_CLOSED`. Never rejects. */
  close(): Promise<void> {
    this.#end()
    return this.stream.close()
  }

  /** Lets go at once. Never throws. */
  destroy(): void {
    this.#end()
    this.stream.destroy()
  }

  /** As `close()`, so that `await using` works. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /**
   * Gives the stream back after a switch of protocols (101, or 2xx to CONNECT). Bytes that came behind the
   * response are in front of what it reads next.
   *
   * @throws {NetError} `ERR_BUSY` while HTTP is still spoken
   */
  detach(): ByteStream {
    if (!this.#machine.isSwitched) throw this.#error('detach', '', 'ERR_BUSY')
    this.#over = true
    const rest = this.#machine.takeRest()
    const attachment = this.#attachment
    this.#attachment = undefined
    if (rest.length > 0) attachment?.unread(rest)
    attachment?.detach()
    return this.stream
  }

  #begin(facts: ExchangeFacts, target: string, options: ExchangeOptions): void {
    const { method, decoder } = facts
    const content =
      options.body === undefined || options.body === null ? null : toContent(options.body)
    const headers = requestHeaders(options.headers, content?.type)
    const body = content === null ? undefined : wholeBody(content)
    const fields = outgoingFields(headers)
    // A method that usually has content says so when there is none (RFC 9110 §8.6); what the fields say is held against it.
    const none = methodFacts(method).content || fields.length > 0 ? 0 : undefined
    const length = content === null ? none : (body?.length ?? content.length ?? 'unknown')
    let lines = fields.host ? '' : this.#hostLineFor(options.host)
    if (decoder !== undefined && !headers.has('accept-encoding')) lines += decoder.line
    this.#received = this.stream.bytesReceived
    const exchange = new ClientExchange(facts, this)
    let head: string
    try {
      head = this.#machine.requestHead(method, target, fields, length, lines)
    } catch (error) {
      exchange.settle()
      throw error
    }
    this.#exchange = exchange
    this.#count++
    if (exchange.id !== 0) exchange.traceRequest(this.#count, target, head)
    if (content === null) this.#sendHead(exchange, head)
    else if (fields.expects && length !== 0) this.#sendExpecting(exchange, head, body, content)
    else if (body !== undefined) this.#sendWhole(exchange, head, body)
    else this.#sendStream(exchange, head, content)
  }

  /** A forwarding proxy takes requests for many hosts on one connection. */
  #hostLineFor(host: string | undefined): string {
    if (host === undefined || host === this.#host) return this.#hostLine
    return `Host: ${new Headers([['Host', host]]).get('host')}\r\n`
  }

  // Sending.

  #sendHead(exchange: ClientExchange, head: string): void {
    const last = this.#machine.finish()
    exchange.isSent = true
    this.#watch(this.stream.sendLatin1(head + last))
  }

  #sendWhole(exchange: ClientExchange, head: string, body: WholeBody): void {
    let sent: Promise<void>
    try {
      sent = sendWhole(this.stream, this.#machine, head, body)
    } catch (error) {
      this.#giveUp(error)
      return
    }
    exchange.isSent = true
    if (exchange.id !== 0) {
      if (body.length > 0) exchange.tracePiece('sent', body.length)
      exchange.tell('body', { direction: 'sent', bytes: body.length, pieces: 1 })
    }
    this.#watch(sent)
  }

  /** The head alone; the body once the server has said that it wants it, or has said nothing for a while. */
  #sendExpecting(
    exchange: ClientExchange,
    head: string,
    body: WholeBody | undefined,
    content: Content,
  ): void {
    this.#watch(this.stream.sendLatin1(head))
    void exchange.untilContinue().then((isWanted) => {
      if (!isWanted || this.#exchange !== exchange) cancelContent(content)
      else if (body !== undefined) this.#sendWhole(exchange, '', body)
      else this.#sendStream(exchange, '', content)
    })
  }

  #sendStream(exchange: ClientExchange, head: string, content: Content): void {
    if (head !== '') this.#watch(this.stream.sendLatin1(head))
    // The server may answer early, and may not want the rest: then nobody sends it.
    const outgoing = cancellable(content)
    exchange.giveUp = outgoing.cancel
    const isStopped = (): boolean => this.#exchange !== exchange
    const onPiece = exchange.id === 0 ? undefined : exchange.tracePiece.bind(exchange, 'sent')
    sendPieces(this.stream, this.#machine, outgoing.content, isStopped, undefined, onPiece).then(
      ({ bytes, pieces }) => {
        exchange.isSent = true
        if (exchange.id !== 0) exchange.tell('body', { direction: 'sent', bytes, pieces })
      },
      (error: unknown) => {
        if (this.#exchange === exchange) this.#giveUp(error)
      },
    )
  }

  #watch(sent: Promise<void>): void {
    sent.catch(this.#onUnsent)
  }

  readonly #aborted = (reason: unknown): void => this.#giveUp(reason)

  /** An answer may be here although the server took no more: what reading says is better than EPIPE. */
  readonly #onUnsent = (error: unknown): void => {
    setImmediate(() => this.#giveUp(this.#explain(error)))
  }

  // What the stream tells.

  bytes(view: Uint8Array): boolean {
    if (this.#over) return true
    if (this.#machine.isSwitched) {
      // No longer ours to read: it waits for whoever takes the stream.
      this.#machine.receive(view)
      this.#machine.hold()
      return false
    }
    if (this.#exchange === undefined) {
      // Nobody asked: whatever it is, it must not become the answer to the next request.
      this.destroy()
      return true
    }
    this.#machine.receive(view)
    this.#pump()
    return !this.#full
  }

  end(): void {
    if (this.#over) return
    this.#machine.receive(null)
    this.#pump()
    if (this.#over) return
    const exchange = this.#exchange
    if (exchange === undefined) void this.close()
    else if (!this.#full)
      this.#giveUp(exchange.error('ERR_UNEXPECTED_END', 'the server closed without an answer'))
  }

  error(error: Error): void {
    if (!this.#over) this.#giveUp(this.#explain(error))
  }

  demand(): void {}

  resume(): void {
    if (!this.#full) return
    this.#full = false
    if (this.#pumping) return
    this.#pump()
    if (!this.#full) this.#attachment?.resume()
  }

  /** Nobody wants the rest of the body. */
  abandon(): void {
    const exchange = this.#exchange
    if (exchange?.drain()) this.resume()
    else if (exchange !== undefined) this.#giveUp(exchange.error('ERR_CLOSED'))
  }

  onDeadline(): void {
    const exchange = this.#exchange
    if (exchange === undefined) return
    // A body whose reader takes its time is not the server's silence.
    if (exchange.phase === 'idle' && this.#full) exchange.wait('idle')
    else this.#giveUp(exchange.timedOut())
  }

  #pump(): void {
    if (this.#pumping) return
    this.#pumping = true
    try {
      while (!this.#over && !this.#full && this.#readOne());
    } finally {
      this.#pumping = false
    }
    if (this.#over) return
    const { unread, isSwitched } = this.#machine
    if (this.#exchange === undefined && unread > 0 && !isSwitched) this.destroy()
    else this.#machine.hold()
  }

  /** @returns whether there may be more */
  #readOne(): boolean {
    const exchange = this.#exchange
    let event: ReturnType<Http1Machine['next']>
    try {
      event = this.#machine.next()
    } catch (error) {
      this.#giveUp(this.#explain(error))
      return false
    }
    if (exchange === undefined) return false
    switch (event.type) {
      case 'response':
        this.#respond(exchange, event)
        return true
      case 'interim':
        return this.#hear(exchange, event)
      case 'data':
        exchange.wait('idle')
        if (exchange.id !== 0) exchange.tracePiece('received', event.data.length)
        if (exchange.body?.push(event.data) === false) this.#full = true
        return true
      case 'end':
        this.#finish(exchange, event)
        return this.#exchange !== undefined
      default:
        return false
    }
  }

  /** A word before the response. @returns whether there may be more */
  #hear(exchange: ClientExchange, head: ResponseHead): boolean {
    const { status, fields } = head
    if (exchange.id !== 0) exchange.traceResponse(head)
    if (status === 100) exchange.goOn(true)
    const { informational } = exchange.facts
    if (informational !== undefined)
      fence(
        () => informational(status, new Headers(fields)),
        (error) => this.#exchange === exchange && this.#giveUp(error),
      )
    return !this.#over
  }

  #respond(exchange: ClientExchange, head: ResponseHead): void {
    if (exchange.id !== 0) exchange.traceResponse(head)
    // It has answered without the body: nobody waits for that any more (RFC 9110 §10.1.1).
    exchange.goOn(false)
    const empty = head.framing === 'none' || head.framing === 'tunnel'
    const body = empty ? null : new IncomingBody(this, head.fields.contentLength)
    const trailers = head.framing === 'chunked' ? settleable<Headers>() : undefined
    exchange.body = body ?? undefined
    if (head.keepAlive && head.framing === 'length') exchange.length = head.fields.contentLength
    let content: Content | undefined
    try {
      const field = head.fields.get('content-encoding')
      content =
        body === null ? undefined : exchange.facts.decoder?.decode(body, field, exchange.facts)
    } catch (error) {
      this.#giveUp(this.#explain(error))
      return
    }
    exchange.trailers = trailers
    exchange.wait('idle')
    this.#idleLimit = idleLimit(head.fields.get('keep-alive'), this.#keepAlive)
    const { method, url, resolve } = exchange.facts
    resolve(responseFromWire({ head, body, content, method, url, trailers: trailers?.promise }))
  }

  #finish(exchange: ClientExchange, event: EndEvent): void {
    const { body, trailers } = exchange
    if (exchange.id !== 0) exchange.traceEnd(event, this.#machine.canReuse)
    this.#exchange = undefined
    exchange.settle()
    trailers?.resolve(new Headers(event.trailers))
    body?.end()
    if (this.#machine.isSwitched) return
    // A request that was not sent to its end leaves the server waiting for the rest of it; what came behind the response
    // nobody has asked for.
    const { canReuse, unread } = this.#machine
    if (!canReuse || unread > 0 || !exchange.isSent) void this.close()
    else this.#onIdle?.()
  }

  /** The exchange failed, and the connection with it. */
  #giveUp(error: unknown): void {
    if (this.#over) return
    this.#failure ??= error instanceof Error ? error : undefined
    this.#fail(error)
    this.#over = true
    this.stream.destroy()
  }

  #fail(error: unknown): void {
    const exchange = this.#exchange
    this.#exchange = undefined
    exchange?.fail(error)
  }

  #end(): void {
    if (this.#over) return
    const exchange = this.#exchange
    if (exchange !== undefined) this.#fail(exchange.error('ERR_CLOSED'))
    this.#over = true
  }

  #explain(error: unknown): unknown {
    return this.#exchange?.explain(error) ?? error
  }

  #error(verb: string, target: string, code: string): NetError {
    return new NetError({ verb, target: this.#url(target), code, phase: 'headers' })
  }

  #url(target: string): string {
    return target.startsWith('/') ? `http://${this.#host}${target}` : target
  }
}

/** What undoes codings: loaded when it is first asked for. */
let coding: typeof import('./coding.ts') | undefined

async function loadCoding(): Promise<void> {
  coding = await import('./coding.ts')
}

/**
 * What is to be waited for before a connection is taken, where the answer is to be decoded; nothing once it is loaded. A server
 * that speaks first would otherwise be heard by nobody.
 */
export function loadingOf(decode: ExchangeOptions['decode']): Promise<void> | undefined {
  return decode && coding === undefined ? loadCoding() : undefined
}

const NO_HEADERS = new Headers()

/** The fields that a program gives, and the type of its body where it names none; a program's own stay as they are. */
function requestHeaders(given: HeadersInit | undefined, type: string | undefined): Headers {
  if (given === undefined && type === undefined) return NO_HEADERS
  const headers = given instanceof Headers ? given : new Headers(given)
  if (type === undefined || headers.has('content-type')) return headers
  const own = headers === given ? new Headers(given) : headers
  own.append('Content-Type', type)
  return own
}

function hostOf(stream: ByteStream): string {
  const address = stream.remoteAddress
  if (address === undefined || address.family === 'Unix') return 'localhost'
  const { family, hostname, port } = address
  return `${family === 'IPv6' ? `[${hostname}]` : hostname}${port === 80 ? '' : `:${port}`}`
}
