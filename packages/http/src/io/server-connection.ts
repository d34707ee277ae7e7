/**
 * One connection of a server: bytes in, requests to the handler, responses out in order.
 *
 * Theory of operation. The stream pushes each read into `bytes`. The machine is asked for events until it
 * runs dry; each request goes to the handler at once; answers are appended to one string, and when the
 * read is used up the string leaves in one write. Sixteen pipelined requests cost one read and one write,
 * which is where the speed is.
 *
 * Rules it keeps:
 * - Responses leave in the order of the requests. Handlers run side by side only for requests that are
 *   safe and have no body (RFC 9112 §9.3.2); any other waits until everything before it is answered.
 * - Answers that become ready in the same turn leave together: the write waits for the end of the turn as
 *   long as more of them are on the way.
 * - Reading stops while a body has no reader, while the client does not take our bytes, and while a request
 *   has to wait its turn.
 * - A body that the handler did not read is read and dropped up to a budget, so that the connection can be
 *   used again; beyond, it is closed (RFC 9112 §9.3).
 * - Whatever a handler throws is one 500 and one report; it never reaches the process.
 */
import type { Attachment, ByteStream, Receiver } from '@sluice/socket'
import { codeOf, isNetError, NetError } from '@sluice/socket/errors'
import { nextId } from '@sluice/socket/trace'
import { Http1Machine } from '../core/connection.ts'
import { isProtocolError, ProtocolError } from '../core/errors.ts'
import type { RequestHead } from '../core/events.ts'
import { Headers, outgoingFields } from '../core/headers.ts'
import { methodFacts } from '../core/methods.ts'
import { reasonPhrase } from '../core/status.ts'
import { type BodySource, type Content, cancelContent, IncomingBody } from './body.ts'
import { type AnyResponse, ServerExchange } from './exchange.ts'
import { Outbox, type OutboxOwner } from './outbox.ts'
import { sendPieces, type WholeBody, wholeBody } from './outgoing.ts'
import { fromPlatform } from './platform-response.ts'
import { Response, type ResponseParts, takeResponse } from './response.ts'
import type { Info, ServerContext } from './server.ts'
import type { Timed } from './ticker.ts'
import { tracing } from './trace.ts'

/** What is dropped of a body that nobody read, before the connection is given up: as much as one read brings. */
const DRAIN_BUDGET = 65_536

const NO_FIELDS = outgoingFields(new Headers())

/** One connection of a server. */
export class ServerConnection implements Receiver, BodySource, OutboxOwner, Timed {
  readonly stream: ByteStream
  readonly info: Info
  deadline: number
  readonly #server: ServerContext
  readonly #machine: Http1Machine
  /** Requests whose response is not complete, oldest first. */
  readonly #exchanges: ServerExchange[] = []
  #attachment: Attachment | undefined
  /** A request that has to wait until those before it are answered. */
  #waiting: ServerExchange | undefined
  /** The request whose body is being read. */
  #reading: ServerExchange | undefined
  /** The request that was told to go on with its body. */
  #continued: ServerExchange | undefined
  readonly #outbox: Outbox
  #pumping = false
  /** A body has no reader: nothing is read. */
  #bodyFull = false
  /** A head has begun: its deadline counts from there, and no byte that drips in moves it. */
  #inHead = false
  /** A response with a streamed body is on its way. */
  #streaming = false
  #fault: ProtocolError | undefined
  #drained = 0
  #count = 0
  #closing = false
  #over = false

  constructor(stream: ByteStream, server: ServerContext) {
    this.stream = stream
    this.#server = server
    this.#machine = new Http1Machine('server', { limits: server.limits })
    this.#outbox = new Outbox(stream, this)
    this.info = {
      id: stream.id,
      remoteAddress: stream.remoteAddress,
      localAddress: stream.localAddress,
    }
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
    return this.#exchanges.length + (this.#waiting === undefined ? 0 : 1)
  }

  /** No further request: an idle connection ends now, a busy one after its responses. */
  finish(): void {
    this.#closing = true
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
    return !this.#isPaused()
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
    this.#outbox.add(this.#machine.interimHead(100, undefined, NO_FIELDS))
    if (!this.#pumping) this.#outbox.flush()
  }

  resume(): void {
    if (!this.#bodyFull) return
    this.#bodyFull = false
    this.#goOn()
  }

  abandon(): void {
    this.resume()
  }

  onDeadline(): void {
    if (this.#over) return
    const half = this.inFlight === 0 && this.#reading === undefined && this.#machine.isMidMessage
    this.#server.count('ERR_TIMEOUT')
    if (!half) {
      if (this.#reading === undefined) this.#close()
      else this.destroy(tooSlow())
      return
    }
    // RFC 9110 §15.5.9.
    this.#answerPlain(408)
    this.#close()
  }

  // Reading.

  #isPaused(): boolean {
    return this.#bodyFull || this.#outbox.isFull || this.#waiting !== undefined
  }

  /** Goes on after a pause: first with what the machine still has, then with the stream. */
  #goOn(): void {
    if (this.#over || this.#pumping) return
    this.#pump()
    if (!this.#isPaused()) this.#attachment?.resume()
  }

  #pump(): void {
    if (this.#pumping) return
    this.#pumping = true
    try {
      while (!this.#over && !this.#isPaused() && this.#readOne());
    } finally {
      this.#pumping = false
    }
    if (this.#over) return
    this.#machine.hold()
    if (this.#fault !== undefined && this.inFlight === 0) this.#answerFault(this.#fault)
    this.#flush()
    this.#setDeadline()
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
        this.#requestEnded()
        return true
      case 'closed':
        // The client finished sending; it may still be waiting for answers.
        this.#closing = true
        if (this.inFlight === 0) this.#close()
        return false
      default:
        return false
    }
  }

  #begin(head: RequestHead): void {
    this.#count++
    this.#server.stats.requests++
    const bodied = head.framing === 'length' || head.framing === 'chunked'
    const body = bodied ? new IncomingBody(this) : null
    const exchange = new ServerExchange(head, body, this.#server.origin)
    this.#reading = exchange
    this.#drained = 0
    if (tracing()) this.#traceRequest(exchange)
    const refusal = this.#refusal(head)
    if (refusal !== 0) {
      exchange.response = this.#plain(refusal)
      body?.discard()
    }
    const alone = this.#exchanges.length === 0
    if (alone || (body === null && methodFacts(head.method).safe && this.#onlySafe()))
      this.#run(exchange)
    else this.#waiting = exchange
  }

  /** @returns the status of a request that no handler gets, or 0 */
  #refusal({ method, target, fields }: RequestHead): number {
    if (fields.contentLength > this.#server.maxBody) return 413
    // No tunnels here; and a handler that answered 200 would have opened one.
    if (method === 'CONNECT') return 501
    if (target.charCodeAt(0) !== 0x2f && target !== '*' && !URL.canParse(target)) return 400
    return 0
  }

  #onlySafe(): boolean {
    for (const { head, body } of this.#exchanges)
      if (body !== null || !methodFacts(head.method).safe) return false
    return true
  }

  #data(view: Uint8Array): void {
    const exchange = this.#reading
    const body = exchange?.body
    if (exchange === undefined || body === undefined || body === null) return
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
    this.#closing = true
    exchange.isRead = true
    if (this.inFlight === 0) this.#close()
  }

  #requestEnded(): void {
    const exchange = this.#reading
    this.#reading = undefined
    if (exchange === undefined) return
    exchange.isRead = true
    exchange.body?.end()
    if (exchange.body !== null && exchange.id !== 0) {
      const { received: bytes, pieces } = exchange.body
      exchange.tell(this.stream.id, 'body', { direction: 'received', bytes, pieces })
    }
    if (this.#closing && this.inFlight === 0) this.#close()
  }

  /** The client broke a rule. Whoever reads the body is told; the answer comes when it is its turn. */
  #broken(error: ProtocolError): void {
    this.#server.count(error.code)
    this.#closing = true
    const reading = this.#reading
    this.#reading = undefined
    if (reading !== undefined && !reading.isRead) {
      reading.body?.fail(error)
      if (this.inFlight === 0) this.#close()
    } else this.#fault = error
  }

  // Answering.

  #run(exchange: ServerExchange): void {
    this.#exchanges.push(exchange)
    if (exchange.response !== undefined) {
      this.#ready(exchange, exchange.response)
      return
    }
    let result: AnyResponse | Promise<AnyResponse>
    try {
      result = this.#server.handler(exchange.request as unknown as globalThis.Request, this.info)
    } catch (error) {
      this.#ready(exchange, this.#failed(error, exchange))
      return
    }
    if (result instanceof Response) this.#ready(exchange, result)
    else if (typeof (result as Promise<AnyResponse> | undefined)?.then === 'function')
      (result as Promise<AnyResponse>).then(
        (response) => this.#safely(() => this.#settled(exchange, response)),
        (error: unknown) =>
          this.#safely(() => this.#settled(exchange, this.#failed(error, exchange))),
      )
    else this.#ready(exchange, result as AnyResponse)
  }

  /** A handler answered later than its call. */
  #settled(exchange: ServerExchange, response: AnyResponse): void {
    if (this.#over) {
      if (response instanceof Response) cancelContent(contentOf(response))
      return
    }
    this.#ready(exchange, response)
    if (this.#over || this.#pumping) return
    if (this.#fault !== undefined && this.inFlight === 0) this.#answerFault(this.#fault)
    this.#flush()
    this.#setDeadline()
  }

  #ready(exchange: ServerExchange, response: AnyResponse): void {
    exchange.response = isObject(response)
      ? response
      : this.#failed(new TypeError(`the handler returned ${response}, not a Response`), exchange)
    if (this.#exchanges[0] === exchange) this.#advance()
  }

  /** Sends what is ready, in order, until an answer is missing or streams. */
  #advance(): void {
    while (!this.#over && !this.#streaming) {
      const exchange = this.#exchanges[0]
      if (exchange?.response === undefined) break
      const { response } = exchange
      if (response instanceof Response) this.#send(exchange, response)
      else this.#convert(exchange, response)
    }
    this.#runWaiting()
  }

  #runWaiting(): void {
    const waiting = this.#waiting
    if (waiting === undefined || this.#exchanges.length > 0 || this.#over) return
    this.#waiting = undefined
    this.#run(waiting)
    // The machine holds what came behind it.
    if (!this.#pumping) queueMicrotask(() => this.#safely(() => this.#goOn()))
  }

  #send(exchange: ServerExchange, response: Response): void {
    let parts: ResponseParts
    let body: WholeBody | undefined
    let head: string
    try {
      parts = takeResponse(response)
      if (parts.status < 200)
        throw new TypeError(`the handler returned a response with status ${parts.status}`)
      const { content } = parts
      body = content === null ? EMPTY_BODY : wholeBody(content)
      head = this.#head(exchange, parts, body?.length ?? content?.length)
    } catch (error) {
      if (this.#machine.serverState !== 'idle') {
        this.destroy(error as Error)
        return
      }
      this.#send(exchange, this.#failed(error, exchange))
      return
    }
    if (exchange.id !== 0) this.#traceResponse(exchange, parts.status, head)
    if (body === undefined) this.#stream(exchange, head, parts.content as Content)
    else this.#sendWhole(exchange, head, body)
  }

  #head(exchange: ServerExchange, parts: ResponseParts, length: number | undefined): string {
    const { fields } = parts
    const date = fields.date ? '' : this.#server.dateLine
    const close = this.#closing || this.#mustClose(exchange)
    return this.#machine.responseHead(parts.status, parts.reason, fields, length, date, close)
  }

  /** Whether so much of the request is unread, and unwanted, that another connection is cheaper. */
  #mustClose({ head, body, isRead }: ServerExchange): boolean {
    if (isRead || body === null || body.isWanted || body.isOver) return false
    // It waits for a 100 that will not come, and may or may not send its body after all (RFC 9110 §10.1.1).
    if (head.expectsContinue && body.received === 0) return true
    return head.fields.contentLength - body.received > DRAIN_BUDGET
  }

  #sendWhole(exchange: ServerExchange, head: string, body: WholeBody): void {
    const machine = this.#machine
    this.#outbox.add(head)
    if (machine.sendsBody && body.length > 0) {
      const before = machine.openChunk(body.length)
      const after = before === '' ? '' : '\r\n'
      this.#outbox.add(before + (body.text ?? ''))
      if (body.bytes === undefined) this.#outbox.add(after)
      else this.#outbox.addBytes(body.bytes, after)
    }
    this.#outbox.add(machine.finish())
    if (exchange.id !== 0) this.#traceSent(exchange, body.length, 1)
    this.#done(exchange)
  }

  #stream(exchange: ServerExchange, head: string, content: Content): void {
    this.#outbox.add(head)
    this.#outbox.flush()
    this.#streaming = true
    const { sendsBody } = this.#machine
    if (!sendsBody) cancelContent(content)
    sendPieces(this.stream, this.#machine, sendsBody ? content : {}, () => this.#over).then(
      ({ bytes, pieces }) => {
        this.#streaming = false
        if (this.#over) return
        if (exchange.id !== 0) this.#traceSent(exchange, bytes, pieces)
        this.#done(exchange)
        this.#safely(() => this.#afterStream())
      },
      (error: unknown) => {
        this.#streaming = false
        if (this.#over) return
        // What breaks on the way is the client's doing or the network's; the rest is the handler's.
        if (isNetError(error)) this.#server.count(error.code)
        else this.#server.onError(error, exchange.request)
        // The head is out: a broken connection is the only way left to say that the body is not whole.
        this.destroy(error as Error)
      },
    )
  }

  #afterStream(): void {
    if (this.#over) return
    this.#advance()
    this.#goOn()
  }

  /** What a promise calls back has no receiver around it that would catch: a fault of ours ends here too. */
  #safely(run: () => void): void {
    try {
      run()
    } catch (error) {
      this.#server.count('ERR_INTERNAL')
      this.destroy(error as Error)
    }
  }

  /** The platform's Response: read through its stream. */
  #convert(exchange: ServerExchange, response: globalThis.Response): void {
    this.#streaming = true
    void fromPlatform(response)
      .catch((error: unknown) => this.#failed(error, exchange))
      .then((converted) => {
        this.#streaming = false
        exchange.response = converted
        this.#safely(() => this.#afterStream())
      })
  }

  /** The response is complete. */
  #done(exchange: ServerExchange): void {
    this.#exchanges.shift()
    this.#continued = undefined
    this.#server.stats.responses++
    if (exchange.id !== 0)
      exchange.tell(this.stream.id, 'end', { keepAlive: this.#machine.canReuse })
    if (!this.#machine.canReuse) this.#closing = true
    if (exchange.isRead || exchange.body === null) return
    // Nobody will read the rest: make room, count, and give up when it is too much.
    exchange.body.discard()
    this.#bodyFull = false
    if (!this.#pumping) queueMicrotask(() => this.#safely(() => this.#goOn()))
  }

  #failed(error: unknown, exchange: ServerExchange): Response {
    // The client's own mistake, met while its body was read, is no failure of the handler.
    if (isProtocolError(error, 'remote')) return this.#plain(error.statusHint)
    this.#server.count(codeOf(error) ?? 'ERR_HANDLER')
    this.#server.onError(error, exchange.request)
    return this.#plain(500)
  }

  #plain(status: number): Response {
    return new Response(`${status} ${reasonPhrase(status)}\n`, { status })
  }

  #answerPlain(status: number): void {
    const { fields, content } = takeResponse(this.#plain(status))
    const body = wholeBody(content as Content) as WholeBody
    const head = this.#machine.responseHead(
      status,
      '',
      fields,
      body.length,
      this.#server.dateLine,
      true,
    )
    this.#machine.openChunk(body.length)
    this.#outbox.add(`${head}${body.text}${this.#machine.finish()}`)
    this.#closing = true
  }

  #answerFault(fault: ProtocolError): void {
    this.#fault = undefined
    if (fault.code !== 'ERR_INCOMPLETE_BODY' && this.#machine.serverState === 'idle')
      this.#answerPlain(fault.statusHint)
  }

  // Writing.

  /** What is ready leaves now, or together with answers that are on the way in this turn. */
  #flush(): void {
    if (this.#exchanges.length > 0 && !this.#streaming && !this.#outbox.isEmpty)
      this.#outbox.later()
    else {
      this.#outbox.flush()
      this.#closeIfDone()
    }
  }

  flushed(): void {
    if (!this.#over) this.#closeIfDone()
  }

  room(): void {
    this.#safely(() => this.#goOn())
  }

  // The end.

  #closeIfDone(): void {
    if (this.#closing && this.inFlight === 0 && this.#fault === undefined && !this.#streaming)
      this.#close()
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
    const code = codeOf(reason) ?? 'ECONNRESET'
    for (const exchange of this.#exchanges) {
      exchange.lose(reason)
      this.#server.count(code)
      if (exchange.id !== 0) exchange.tell(this.stream.id, 'error', { code })
      if (exchange.response instanceof Response) cancelContent(contentOf(exchange.response))
    }
    this.#waiting?.lose(reason)
    this.#reading?.body?.fail(reason)
    this.#server.remove(this)
  }

  #setDeadline(): void {
    if (this.#over) return
    const { ticker, timeouts } = this.#server
    // A client that we keep waiting, or that keeps us waiting while it reads, has its own limits.
    if (this.#reading !== undefined && !this.#bodyFull) this.deadline = ticker.after(timeouts.idle)
    else if (this.inFlight > 0) this.deadline = Number.POSITIVE_INFINITY
    else if (!this.#machine.isMidMessage)
      this.deadline = ticker.after(this.#count === 0 ? timeouts.headers : timeouts.keepAlive)
    else if (!this.#inHead) this.deadline = ticker.after(timeouts.headers)
    this.#inHead = this.inFlight === 0 && this.#reading === undefined && this.#machine.isMidMessage
  }
  // Tracing.

  #traceRequest(exchange: ServerExchange): void {
    const { id: connection } = this.stream
    const { method, target, fields } = exchange.head
    exchange.id = nextId()
    if (this.#count > 1) exchange.tell(connection, 'reuse', { exchange: this.#count })
    const headers = fields.section
    exchange.tell(connection, 'request-head', { direction: 'received', method, target, headers })
  }

  #traceResponse(exchange: ServerExchange, status: number, head: string): void {
    const headers = head.slice(head.indexOf('\r\n') + 2)
    exchange.tell(this.stream.id, 'response-head', { direction: 'sent', status, headers })
  }

  #traceSent(exchange: ServerExchange, bytes: number, pieces: number): void {
    exchange.tell(this.stream.id, 'body', { direction: 'sent', bytes, pieces })
  }
}

const EMPTY_BODY: WholeBody = { length: 0, text: '', bytes: undefined }

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null
}

function tooSlow(): NetError {
  const reason = 'the client sent no more of the body'
  return new NetError({ verb: 'serve', target: '', code: 'ERR_TIMEOUT', phase: 'idle', reason })
}

function contentOf(response: Response): Content | null {
  try {
    return takeResponse(response).content
  } catch {
    return null
  }
}
