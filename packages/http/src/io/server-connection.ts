/**
 * One connection of a server: bytes in, requests to the handler, responses out in order.
 *
 * Theory of operation. The stream pushes each read into `bytes`. The machine is asked for events until it
 * runs dry; each request goes to the handler at once (`answers.ts`); answers are appended to one string
 * (`outbox.ts`), and when the read is used up the string leaves in one write. Sixteen pipelined requests cost
 * one read and one write, which is where the speed is.
 *
 * Rules it keeps:
 * - Answers that become ready in the same turn leave together: the write waits for the end of the turn as
 *   long as more of them are on the way.
 * - Reading stops while a body has no reader, while the client does not take our bytes, and while a request
 *   has to wait its turn, and when as much as one read brings waits for the answers before it.
 * - What was taken is answered, also when no further request is: at a shutdown, at the last of
 *   `limits.requests`, after the client has finished sending.
 * - A body that the handler did not read is read and dropped up to a budget, so that the connection can be
 *   used again; beyond, it is closed (RFC 9112 §9.3).
 */
import type { Attachment, ByteStream, Receiver } from '@sluice/socket'
import { codeOf, isNetError, NetError } from '@sluice/socket/errors'
import { Http1Machine } from '../core/connection.ts'
import { isProtocolError, ProtocolError } from '../core/errors.ts'
import type { EndEvent, RequestHead } from '../core/events.ts'
import { Headers, type HeadersInit, outgoingFields } from '../core/headers.ts'
import type { OutgoingFields } from '../core/writers.ts'
import { Answers, type AnswersOwner, DRAIN_BUDGET, plainResponse } from './answers.ts'
import { type BodySource, IncomingBody } from './body.ts'
import { ServerExchange } from './exchange.ts'
import { Outbox, type OutboxOwner } from './outbox.ts'
import { Response } from './response.ts'
import type { ServerContext } from './server-context.ts'
import type { Take } from './takeover.ts'
import type { Timed } from './ticker.ts'
import { tracing } from './trace.ts'

/** So much is kept of what comes while nothing is looked at: as much as one read brings. */
const READ_AHEAD = 65_536

/** So long a body may take however little it brings; `limits.bodyRate` says where that is from. */
const FIRST = 20_000

const NO_FIELDS = outgoingFields(new Headers())

/** One connection of a server. */
export class ServerConnection implements Receiver, BodySource, OutboxOwner, AnswersOwner, Timed {
  readonly stream: ByteStream
  deadline: number
  readonly #server: ServerContext
  readonly #machine: Http1Machine
  #attachment: Attachment | undefined
  /** The request whose body is being read. */
  #reading: ServerExchange | undefined
  /** Since when its body is being read, without the time in which we did not. */
  #readSince = 0
  /** Since when we do not read it. */
  #pausedAt: number | undefined
  /** The request that was told to go on with its body. */
  #continued: ServerExchange | undefined
  readonly #outbox: Outbox
  readonly #answers: Answers
  #pumping = false
  /** A body has no reader: nothing is read. */
  #bodyFull = false
  /** What has come is not looked at before answers have left. */
  #isAhead = false
  /** A head has begun: its deadline counts from there, and no byte that drips in moves it. */
  #inHead = false
  #fault: ProtocolError | undefined
  #drained = 0
  /** The last Host that was found to be one: a client names the same again and again. */
  #host: string | undefined
  #count = 0
  #over = false
  #take: Take | undefined
  /** The request that took the stream. */
  #taker: ServerExchange | undefined
  /** Comes above the cap: one request, one refusal. */
  readonly #isSurplus: boolean

  constructor(stream: ByteStream, server: ServerContext, isSurplus = false) {
    this.stream = stream
    this.#isSurplus = isSurplus
    this.#server = server
    this.#machine = new Http1Machine('server', { limits: server.limits })
    this.#outbox = new Outbox(stream, this)
    this.#answers = new Answers(this, this.#machine, this.#outbox, server)
    this.deadline = server.ticker.after(server.timeouts.headers)
  }

  /** Begins to read. */
  start(): void {
    this.#attachment = this.stream.attach(this)
    // What was here already has been handled inside attach(); then there was nobody to resume.
    if (!this.#isPaused()) this.#attachment.resume()
  }

  /** Requests that are being answered. */
  get inFlight(): number {
    return this.#answers.inFlight
  }

  /** Whether nothing more is read or sent. */
  get isOver(): boolean {
    return this.#over
  }

  /** Why the server stops, once it does. */
  get stopped(): Error | undefined {
    return this.#server.stopped
  }

  /** The server stops: whoever answers is told, if they asked for that. */
  stop(reason: Error): void {
    this.#answers.stop(reason)
  }

  /** No further request: an idle connection ends now, a busy one after its responses. */
  finish(): void {
    this.#answers.isLast = true
    if (this.inFlight === 0 && this.#reading === undefined) this.#close()
  }

  /** Ends at once; the client sees a reset. */
  destroy(reason: Error): void {
    if (this.#over) return
    this.#lose(reason)
    this.stream.destroy()
  }

  // What the stream tells.

  bytes(view: Uint8Array): boolean {
    if (this.#over) return true
    this.#machine.receive(view)
    this.#pump()
    if (this.#take === undefined) return !this.#isPaused()
    // What is left of the view has to outlive this call.
    this.#machine.hold()
    queueMicrotask(() => this.#handOver())
    return false
  }

  end(): void {
    if (this.#over) return
    this.#machine.receive(null)
    this.#pump()
  }

  error(error: Error): void {
    if (this.#over) return
    if (isNetError(error, 'ERR_RECEIVER')) this.#server.count('ERR_INTERNAL')
    this.#lose(error)
  }

  // What bodies ask for.

  demand(): void {
    const exchange = this.#reading
    if (exchange === undefined || !exchange.head.expectsContinue) return
    const { body } = exchange
    // Too late to be of use: bytes are coming, or the response is on its way.
    if (body === null || body.received > 0 || this.#machine.serverState !== 'idle') return
    if (this.#continued === exchange) return
    this.#continued = exchange
    this.#interim(exchange, 100, NO_FIELDS)
    if (this.#pumping) return
    this.#outbox.flush()
    this.#setDeadline()
  }

  resume(): void {
    if (!this.#bodyFull) return
    this.#bodyFull = false
    this.goOn()
  }

  abandon(): void {
    this.resume()
  }

  onDeadline(): void {
    if (this.#over) return
    const reading = this.#reading
    const isHalf = this.inFlight === 0 && this.#machine.isMidMessage
    // An exchange that is lost counts itself; that nothing more is asked is no error.
    if (reading === undefined ? isHalf || this.#count === 0 : this.inFlight === 0)
      this.#server.count('ERR_TIMEOUT')
    if (reading !== undefined) {
      this.destroy(tooSlow(this.#bodyDue(reading) <= this.#server.ticker.now))
      return
    }
    // RFC 9110 §15.5.9.
    if (isHalf) this.#answers.sayPlain(408)
    this.#close()
  }

  // Reading.

  #isPaused(): boolean {
    if (this.#bodyFull || this.#outbox.isFull || this.#answers.isBlocked) return true
    return this.#isAhead && this.#machine.unread >= READ_AHEAD
  }

  /** Whether the next request may be looked at; one that has begun is read to its end. */
  #takesMore(): boolean {
    this.#isAhead = this.#answers.isLast && this.#reading === undefined
    return !this.#isAhead
  }

  #pump(): void {
    if (this.#pumping) return
    this.#pumping = true
    this.#isAhead = false
    try {
      while (!this.#over && !this.#isPaused() && this.#takesMore() && this.#readOne());
    } finally {
      this.#pumping = false
    }
    if (this.#over) return
    this.#machine.hold()
    this.#turnDone()
  }

  /** @returns whether there may be more */
  #readOne(): boolean {
    let event: ReturnType<Http1Machine['next']>
    try {
      event = this.#machine.next()
    } catch (error) {
      if (!isProtocolError(error, 'remote')) throw error
      this.#broken(error)
      return false
    }
    switch (event.type) {
      case 'request':
        this.#begin(event)
        return true
      case 'data':
        this.#data(event.data)
        return true
      case 'end':
        this.#requestEnded(event.trailers)
        return !this.#over
      case 'closed':
        // The client finished sending; it may still be waiting for answers.
        this.#answers.isLast = true
        if (this.inFlight === 0) this.#close()
        return false
      case 'paused':
        this.#isAhead = true
        return false
      default:
        return false
    }
  }

  #begin(head: RequestHead): void {
    this.#count++
    this.#server.stats.requests++
    const bodied = head.framing === 'length' || head.framing === 'chunked'
    const body = bodied ? new IncomingBody(this, head.fields.contentLength) : null
    const exchange = new ServerExchange(head, body, this.#server.origin)
    this.#reading = exchange
    this.#readSince = this.#server.ticker.now
    this.#pausedAt = undefined
    this.#drained = 0
    if (tracing()) exchange.traceRequest(this.stream.id, this.#count)
    if (this.#isSurplus || this.#count >= this.#server.maxRequests) this.#answers.isLast = true
    const refusal = this.#refusal(head)
    if (refusal !== 0) {
      exchange.response = refusal === 503 ? busyResponse() : plainResponse(refusal)
      body?.discard()
    }
    this.#answers.take(exchange)
  }

  /** @returns the status of a request that no handler gets, or 0 */
  #refusal({ method, target, fields }: RequestHead): number {
    if (fields.contentLength > this.#server.maxBody) return 413
    if (this.#isSurplus) return 503
    // A handler that knows nothing of tunnels would answer 200, and so open one.
    if (method === 'CONNECT') return this.#server.tunnels ? 0 : 501
    return this.#isLocated(target, fields.host) ? 0 : 400
  }

  /** Whether the request has a URL: every handler, and whatever it calls, takes that for granted. */
  #isLocated(target: string, host: string | undefined): boolean {
    if (target.charCodeAt(0) !== 0x2f && target !== '*') return isAbsolute(target)
    if (host === undefined || host === '' || host === this.#host) return true
    if (!URL.canParse(`http://${host}/`)) return false
    this.#host = host
    return true
  }

  #data(view: Uint8Array): void {
    const exchange = this.#reading
    const body = exchange?.body
    if (exchange === undefined || body === undefined || body === null) return
    if (exchange.id !== 0) exchange.tracePiece(this.stream.id, 'received', view.length)
    if (body.isDiscarded) {
      this.#drained += view.length
      if (this.#drained > DRAIN_BUDGET) this.#giveUp(exchange)
      return
    }
    if (body.received + view.length > this.#server.maxBody) {
      this.#broken(
        new ProtocolError({
          reason: `body longer than ${this.#server.maxBody} bytes`,
          side: 'remote',
          statusHint: 413,
          phase: 'body',
          code: 'ERR_TOO_LONG',
        }),
      )
      return
    }
    if (!body.push(view)) this.#bodyFull = true
  }

  /** The client sends more than we are ready to drop. */
  #giveUp(exchange: ServerExchange): void {
    this.#reading = undefined
    this.#answers.isLast = true
    exchange.isRead = true
    if (this.inFlight === 0) this.#close()
  }

  #requestEnded(trailers: EndEvent['trailers']): void {
    const exchange = this.#reading
    this.#reading = undefined
    if (exchange === undefined) return
    exchange.read(trailers)
    exchange.body?.end()
    if (exchange.body !== null && exchange.id !== 0) {
      const { received: bytes, pieces } = exchange.body
      const direction = 'received'
      exchange.tell(this.stream.id, 'body', { direction, bytes, pieces })
      if (trailers !== undefined)
        exchange.tell(this.stream.id, 'trailer', { direction, fields: trailers.count })
    }
    this.#answers.requestEnded(exchange)
    if (this.#answers.isLast && this.inFlight === 0) this.#close()
  }

  /** The client broke a rule. Whoever reads the body is told; the answer comes when it is its turn. */
  #broken(error: ProtocolError): void {
    this.#server.count(error.code)
    this.#answers.isLast = true
    const reading = this.#reading
    this.#reading = undefined
    if (reading !== undefined && !reading.isRead) {
      reading.body?.fail(error)
      if (this.inFlight === 0) this.#close()
    } else this.#fault = error
  }

  // What answers ask for.

  answered(exchange: ServerExchange): void {
    this.#continued = undefined
    if (this.#isAhead) this.goOnLater()
    if (exchange.isRead || exchange.body === null) return
    // Nobody will read the rest: make room, count, and give up when it is too much.
    exchange.body.discard()
    this.#bodyFull = false
    this.goOnLater()
  }

  sendInterim(exchange: ServerExchange, status: number, headers: HeadersInit | undefined): boolean {
    const fields = outgoingFields(new Headers(headers))
    if (this.#over || exchange.head.minor < 1 || !this.#answers.isNext(exchange)) return false
    this.#interim(exchange, status, fields)
    this.#outbox.flush()
    return true
  }

  #interim(exchange: ServerExchange, status: number, fields: OutgoingFields): void {
    const head = this.#machine.interimHead(status, undefined, fields)
    if (exchange.id !== 0) exchange.traceResponse(this.stream.id, status, head)
    this.#outbox.add(head)
  }

  switched(take: Take, exchange: ServerExchange): void {
    this.#outbox.flush()
    this.#over = true
    this.#take = take
    this.#taker = exchange
    this.#server.remove(this)
    if (!this.#pumping) this.#handOver()
  }

  /** Gives the stream away, with all that came behind the last request in front. */
  #handOver(): void {
    const take = this.#take as Take
    const taker = this.#taker as ServerExchange
    const rest = this.#machine.takeRest()
    const attachment = this.#attachment
    this.#attachment = undefined
    if (rest.length > 0) attachment?.unread(rest)
    attachment?.detach()
    this.#server.handOver(this.stream, take, taker)
  }

  ready(): void {
    if (!this.#over && !this.#pumping) this.#turnDone()
  }

  /** Goes on after a pause: first with what the machine still has, then with the stream. */
  goOn(): void {
    if (this.#over || this.#pumping) return
    this.#pump()
    if (!this.#isPaused()) this.#attachment?.resume()
  }

  goOnLater(): void {
    if (!this.#pumping) queueMicrotask(() => this.safely(() => this.goOn()))
  }

  /** What a promise calls back has no receiver around it that would catch: a fault of ours ends here too. */
  safely(run: () => void): void {
    try {
      run()
    } catch (error) {
      this.#server.count('ERR_INTERNAL')
      this.destroy(error as Error)
    }
  }

  // Writing.

  /** A read has been worked off, or an answer has come outside of one. */
  #turnDone(): void {
    if (this.#fault !== undefined && this.inFlight === 0) this.#answerFault(this.#fault)
    this.#flush()
    this.#setDeadline()
  }

  #answerFault(fault: ProtocolError): void {
    this.#fault = undefined
    if (fault.code !== 'ERR_INCOMPLETE_BODY' && this.#machine.serverState === 'idle')
      this.#answers.sayPlain(fault.statusHint)
  }

  /** What is ready leaves now, or together with answers that are on the way in this turn. */
  #flush(): void {
    const { inFlight, isStreaming } = this.#answers
    if (inFlight > 0 && !isStreaming && !this.#outbox.isEmpty) this.#outbox.later()
    else {
      this.#outbox.flush()
      this.#closeIfDone()
    }
  }

  flushed(): void {
    if (!this.#over) this.#closeIfDone()
  }

  room(): void {
    this.safely(() => this.goOn())
  }

  // The end.

  #closeIfDone(): void {
    const { isLast, inFlight, isStreaming } = this.#answers
    if (isLast && inFlight === 0 && this.#fault === undefined && !isStreaming) this.#close()
  }

  /** In good order: what was sent leaves, and the client gets to read it (RFC 9112 §9.6). */
  #close(): void {
    if (this.#over) return
    this.#outbox.flush()
    this.#over = true
    this.#server.remove(this)
    void this.stream.close()
  }

  /** The client is gone. */
  #lose(reason: Error): void {
    this.#over = true
    this.#answers.lose(reason, codeOf(reason) ?? 'ECONNRESET')
    this.#reading?.body?.fail(reason)
    this.#server.remove(this)
  }

  #setDeadline(): void {
    if (this.#over) return
    const { ticker, timeouts } = this.#server
    const due = this.#reading === undefined ? 0 : this.#bodyDue(this.#reading)
    // A client that we keep waiting, or that keeps us waiting while it reads, has its own limits.
    if (this.#reading !== undefined && !this.#bodyFull)
      this.deadline = Math.min(due, ticker.after(timeouts.idle))
    else if (this.inFlight > 0) this.deadline = Number.POSITIVE_INFINITY
    else if (!this.#machine.isMidMessage)
      this.deadline = ticker.after(this.#count === 0 ? timeouts.headers : timeouts.keepAlive)
    else if (!this.#inHead) this.deadline = ticker.after(timeouts.headers)
    this.#inHead = this.inFlight === 0 && this.#reading === undefined && this.#machine.isMidMessage
  }

  /** When a body has to be complete, or to have brought more; what we do not read, or have not asked for, can't be late. */
  #bodyDue(exchange: ServerExchange): number {
    const { ticker, timeouts, bodyRate } = this.#server
    const { now } = ticker
    const received = (exchange.body?.received ?? 0) + this.#drained
    const waits = exchange.head.expectsContinue && this.#continued !== exchange && received === 0
    if (waits || this.#isPaused()) {
      this.#pausedAt ??= now
      return Number.POSITIVE_INFINITY
    }
    this.#readSince += now - (this.#pausedAt ?? now)
    this.#pausedAt = undefined
    const earned = bodyRate === 0 ? Number.POSITIVE_INFINITY : (received / bodyRate) * 1000
    const allowed = Math.min(timeouts.request, FIRST + earned)
    return ticker.after(this.#readSince - now + allowed)
  }
}

/** A URL with a host. What stands in front of that hides where an http: URL leads (RFC 9110 §4.2.4). */
function isAbsolute(target: string): boolean {
  if (!URL.canParse(target)) return false
  const { host, protocol, username, password } = new URL(target)
  return host !== '' && !(/^https?:$/.test(protocol) && username + password !== '')
}

/** RFC 9110 §15.6.4: nobody is served at the cap, and a second later there may be room. */
function busyResponse(): Response {
  const init = { status: 503, headers: [['Retry-After', '1'] as [string, string]] }
  return new Response('503 Service Unavailable\n', init)
}

/** @param isRate whether more came, and too slowly */
function tooSlow(isRate: boolean): NetError {
  const facts = { verb: 'serve', target: '', code: 'ERR_TIMEOUT' } as const
  return isRate
    ? new NetError({ ...facts, phase: 'body', reason: 'the client takes too long over its body' })
    : new NetError({ ...facts, phase: 'idle', reason: 'the client sent no more of the body' })
}
