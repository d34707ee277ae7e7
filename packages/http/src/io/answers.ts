/**
 * The answers of one server connection: requests go to the handler, responses leave in order.
 *
 * Rules it keeps:
 * - Responses leave in the order of the requests. Handlers run side by side only for requests that are
 *   safe and have no body (RFC 9112 §9.3.2); any other waits until everything before it is answered.
 * - Whatever a handler throws is one 500 and one report; it never reaches the process.
 * - A response whose head has left and whose body breaks ends the connection: there is no other way left to
 *   say that it is not whole.
 *
 * It writes into the outbox and leaves it to the connection when that is sent.
 */
import type { ByteStream } from '@sluice/socket'
import { codeOf, isNetError, NetError } from '@sluice/socket/errors'
import type { Http1Machine } from '../core/connection.ts'
import { isProtocolError } from '../core/errors.ts'
import { methodFacts } from '../core/methods.ts'
import { Queue } from '../core/queue.ts'
import { reasonPhrase } from '../core/status.ts'
import { type Content, cancelContent, cancellable } from './body.ts'
import type { AnyResponse, ServerExchange } from './exchange.ts'
import { ExchangeInfo, type InfoHost } from './info.ts'
import type { Outbox } from './outbox.ts'
import { sendPieces, type WholeBody, wholeBody } from './outgoing.ts'
import { fromPlatform } from './platform-response.ts'
import { Response, type ResponseParts, takeResponse } from './response.ts'
import type { ServerContext } from './server-context.ts'
import { type Take, type Takeover, takeoverOf } from './takeover.ts'

/** What is dropped of a body that nobody read, before the connection is given up: as much as one read brings. */
export const DRAIN_BUDGET = 65_536

/** What happens to requests behind an answer that ends the connection. */
const UNANSWERED = { code: 'ERR_CLOSED', phase: 'listen' } as const

const EMPTY_BODY: WholeBody = { length: 0, text: '', bytes: undefined }

/** What answers ask of their connection. */
export interface AnswersOwner extends InfoHost {
  readonly stream: ByteStream
  /** Whether the connection is gone. */
  readonly isOver: boolean
  /** A response is complete. */
  answered(exchange: ServerExchange): void
  /** An answer came later than its call: what is ready has to leave. */
  ready(): void
  /** What was held back can be read: now, or at the end of the turn. */
  goOn(): void
  goOnLater(): void
  /** Runs what a promise calls back, so that a fault of ours ends the connection and not the process. */
  safely(run: () => void): void
  destroy(reason: Error): void
  /** HTTP is over on this connection, in good order: the stream is somebody else's. */
  switched(take: Take, exchange: ServerExchange): void
}

/** The requests of one connection that are not answered yet, and their answers. */
export class Answers {
  /** The response that completes with nothing behind it is the last: no further request is taken. */
  isLast = false
  /** A response with a streamed body is on its way. */
  isStreaming = false
  readonly #owner: AnswersOwner
  readonly #machine: Http1Machine
  readonly #outbox: Outbox
  readonly #server: ServerContext
  /** Requests whose response is not complete, oldest first. */
  readonly #exchanges = new Queue<ServerExchange>()
  /** Tells the source of the body that is on its way that nobody is there any more. */
  #giveUp: ((reason: unknown) => void) | undefined
  /** A request that has to wait until those before it are answered. */
  #waiting: ServerExchange | undefined

  constructor(owner: AnswersOwner, machine: Http1Machine, outbox: Outbox, server: ServerContext) {
    this.#owner = owner
    this.#machine = machine
    this.#outbox = outbox
    this.#server = server
  }

  /** Requests that are being answered. */
  get inFlight(): number {
    return this.#exchanges.length + (this.#waiting === undefined ? 0 : 1)
  }

  /** Whether a request waits for those before it; what comes behind it is not read. */
  get isBlocked(): boolean {
    return this.#waiting !== undefined
  }

  /** Takes a request: it is answered now, or when its turn comes. */
  take(exchange: ServerExchange): void {
    const { first } = this.#exchanges
    // Behind the first one there are none but such.
    if (first === undefined || (isSafe(exchange) && isSafe(first))) this.#run(exchange)
    else this.#waiting = exchange
  }

  /** The server stops: whoever works on an answer and wants to know is told. */
  stop(reason: Error): void {
    for (const exchange of this.#exchanges) exchange.stop(reason)
  }

  /** The client is gone: whoever works on an answer is told. */
  lose(reason: Error, code: string): void {
    this.#giveUp?.(reason)
    this.#giveUp = undefined
    for (const exchange of this.#exchanges) {
      exchange.lose(reason)
      this.#server.count(code)
      this.#server.stats.lost++
      if (exchange.id !== 0) exchange.tell(this.#owner.stream.id, 'error', { code })
      if (exchange.response instanceof Response) cancelContent(contentOf(exchange.response))
    }
    if (this.#waiting === undefined) return
    this.#waiting.lose(reason)
    this.#server.stats.lost++
  }

  /** Answers for the connection itself, with its last words. */
  sayPlain(status: number): void {
    const { fields, content } = takeResponse(plainResponse(status))
    const body = wholeBody(content as Content) as WholeBody
    const { dateLine } = this.#server
    const head = this.#machine.responseHead(status, '', fields, body.length, dateLine, true)
    this.#machine.openChunk(body.length)
    this.#outbox.add(`${head}${body.text}${this.#machine.finish()}`)
    this.isLast = true
  }

  // The handler.

  #run(exchange: ServerExchange): void {
    this.#exchanges.push(exchange)
    if (exchange.response !== undefined) {
      this.#ready(exchange, exchange.response)
      return
    }
    const { handler } = this.#server
    let result: AnyResponse | Promise<AnyResponse>
    try {
      const info = new ExchangeInfo(this.#owner, exchange)
      result = handler(exchange.request as unknown as globalThis.Request, info)
      // What a promise of the program's own throws when it is asked is thrown by the handler.
      if (
        !(result instanceof Response) &&
        typeof (result as Promise<AnyResponse> | undefined)?.then === 'function'
      ) {
        this.#await(exchange, result as Promise<AnyResponse>)
        return
      }
    } catch (error) {
      this.#ready(exchange, this.#failed(error, exchange))
      return
    }
    this.#ready(exchange, result as AnyResponse)
  }

  #await(exchange: ServerExchange, promise: Promise<AnyResponse>): void {
    const owner = this.#owner
    promise.then(
      (response) => owner.safely(() => this.#settled(exchange, response)),
      (error: unknown) =>
        owner.safely(() => this.#settled(exchange, this.#failed(error, exchange))),
    )
  }

  /** A handler answered later than its call. */
  #settled(exchange: ServerExchange, response: AnyResponse): void {
    if (this.#owner.isOver) {
      if (response instanceof Response) cancelContent(contentOf(response))
      return
    }
    this.#ready(exchange, response)
    this.#owner.ready()
  }

  #ready(exchange: ServerExchange, response: AnyResponse): void {
    exchange.response = isObject(response)
      ? response
      : this.#failed(new TypeError(`the handler returned ${response}, not a Response`), exchange)
    if (this.#exchanges.first === exchange) this.#advance()
  }

  #failed(error: unknown, exchange: ServerExchange): Response {
    // The client's own mistake, met while its body was read, is no failure of the handler.
    if (isProtocolError(error, 'remote')) return plainResponse(error.statusHint)
    this.#server.count(codeOf(error) ?? 'ERR_HANDLER')
    this.#server.onError(error, exchange.request)
    return plainResponse(500)
  }

  // In order.

  /** Sends what is ready, in order, until an answer is missing or streams. */
  #advance(): void {
    while (!this.#owner.isOver && !this.isStreaming) {
      const exchange = this.#exchanges.first
      if (exchange?.response === undefined) break
      const { response } = exchange
      // Whether what follows is HTTP is known once the request is complete.
      if (!exchange.isRead && takeoverOf(response, exchange.head) !== undefined) break
      if (response instanceof Response) this.#send(exchange, response)
      else this.#convert(exchange, response)
    }
    if (this.#waiting !== undefined) this.#runWaiting(this.#waiting)
  }

  #runWaiting(waiting: ServerExchange): void {
    if (this.#exchanges.length > 0 || this.#owner.isOver) return
    this.#waiting = undefined
    this.#run(waiting)
    // The machine holds what came behind it.
    this.#owner.goOnLater()
  }

  /** The platform's Response: read through its stream. */
  #convert(exchange: ServerExchange, response: globalThis.Response): void {
    this.isStreaming = true
    void fromPlatform(response)
      .catch((error: unknown) => this.#failed(error, exchange))
      .then((converted) => {
        this.isStreaming = false
        exchange.response = converted
        this.#owner.safely(() => this.#afterStream())
      })
  }

  #afterStream(): void {
    if (this.#owner.isOver) return
    this.#advance()
    this.#owner.goOn()
  }

  /** The response is complete. */
  #done(exchange: ServerExchange): void {
    this.#exchanges.shift()
    exchange.complete()
    this.#server.stats.answered((exchange.response as AnyResponse).status)
    const { canReuse } = this.#machine
    if (exchange.id !== 0) exchange.tell(this.#owner.stream.id, 'end', { keepAlive: canReuse })
    if (!canReuse) this.#isLastDone()
    this.#owner.answered(exchange)
  }

  /** No further request; and where the response has said that it is the last, no further answer (RFC 9112 §9.6). */
  #isLastDone(): void {
    this.isLast = true
    if (this.inFlight === 0 || this.#machine.serverState === 'idle') return
    this.lose(new NetError({ verb: 'serve', target: '', ...UNANSWERED }), UNANSWERED.code)
    this.#exchanges.clear()
    this.#waiting = undefined
  }

  // One response.

  #send(exchange: ServerExchange, response: Response): void {
    let parts: ResponseParts
    let body: WholeBody | undefined
    let head: string
    try {
      parts = takeResponse(response)
      const takeover = takeoverOf(response, exchange.head)
      if (takeover !== undefined) {
        this.#switch(exchange, parts, takeover)
        return
      }
      if (exchange.head.method === 'CONNECT' && parts.status < 300)
        throw new TypeError('a CONNECT that is granted needs info.upgrade')
      if (parts.status < 200)
        throw new TypeError(`the handler returned a response with status ${parts.status}`)
      body = wholeOf(parts)
      head = this.#head(exchange, parts, lengthOf(parts, body, exchange.head.method))
    } catch (error) {
      if (this.#machine.serverState !== 'idle') this.#owner.destroy(error as Error)
      else this.#send(exchange, this.#failed(error, exchange))
      return
    }
    if (exchange.id !== 0) exchange.traceResponse(this.#owner.stream.id, parts.status, head)
    if (body === undefined) this.#stream(exchange, head, parts)
    else this.#sendWhole(exchange, head, body)
  }

  /** The last words of HTTP on this connection. */
  #switch(exchange: ServerExchange, parts: ResponseParts, { take, sendsHead }: Takeover): void {
    const head = this.#machine.responseHead(parts.status, parts.reason, parts.fields)
    const text = head + this.#machine.finish()
    if (exchange.id !== 0) exchange.traceSwitch(this.#owner.stream.id, parts.status, head)
    if (sendsHead) this.#outbox.add(text)
    this.#exchanges.shift()
    this.#server.stats.responses++
    this.#server.stats.switched++
    exchange.complete()
    this.#owner.switched(take, exchange)
  }

  /** Whether an exchange is the one whose response is next. */
  isNext(exchange: ServerExchange): boolean {
    return (
      this.#exchanges.first === exchange && exchange.response === undefined && !this.isStreaming
    )
  }

  /** A request is complete: an answer that had to wait for that may go. */
  requestEnded(exchange: ServerExchange): void {
    const { response } = exchange
    if (
      response !== undefined &&
      this.#exchanges.first === exchange &&
      takeoverOf(response, exchange.head)
    )
      this.#advance()
  }

  #head(exchange: ServerExchange, parts: ResponseParts, length: number | undefined): string {
    const { fields } = parts
    const date = fields.date ? '' : this.#server.dateLine
    // What was taken is answered: the last of it says that it is the last (RFC 9112 §9.6).
    const close = (this.isLast && this.inFlight === 1) || mustClose(exchange)
    return this.#machine.responseHead(parts.status, parts.reason, fields, length, date, close)
  }

  #sendWhole(exchange: ServerExchange, head: string, body: WholeBody): void {
    const machine = this.#machine
    let text = head
    if (machine.sendsBody && body.length > 0) {
      exchange.bytesSent = body.length
      const before = machine.openChunk(body.length)
      const after = before === '' ? '' : '\r\n'
      text += before + (body.text ?? '')
      if (body.bytes === undefined) text += after
      else {
        this.#outbox.add(text)
        this.#outbox.addBytes(body.bytes, after)
        text = ''
      }
    }
    this.#outbox.add(text + machine.finish())
    if (exchange.id !== 0) {
      if (exchange.bytesSent > 0) exchange.tracePiece(this.#owner.stream.id, 'sent', body.length)
      exchange.traceSent(this.#owner.stream.id, { bytes: body.length, pieces: 1, trailers: 0 })
    }
    this.#done(exchange)
  }

  #stream(exchange: ServerExchange, head: string, { content, trailers }: ResponseParts): void {
    const owner = this.#owner
    this.#outbox.add(head)
    this.#outbox.flush()
    this.isStreaming = true
    const { sendsBody } = this.#machine
    if (!sendsBody) cancelContent(content)
    const outgoing = cancellable(sendsBody ? (content ?? {}) : {})
    this.#giveUp = outgoing.cancel
    const isStopped = (): boolean => owner.isOver
    const onPiece = (bytes: number): void => {
      exchange.bytesSent += bytes
      if (exchange.id !== 0) exchange.tracePiece(owner.stream.id, 'sent', bytes)
    }
    sendPieces(owner.stream, this.#machine, outgoing.content, isStopped, trailers, onPiece).then(
      (sent) => {
        this.isStreaming = false
        this.#giveUp = undefined
        if (owner.isOver) return
        if (exchange.id !== 0) exchange.traceSent(owner.stream.id, sent)
        this.#done(exchange)
        owner.safely(() => this.#afterStream())
      },
      (error: unknown) => {
        this.isStreaming = false
        this.#giveUp = undefined
        if (owner.isOver) return
        // What breaks on the way is the client's doing or the network's; the rest is the handler's.
        if (isNetError(error)) this.#server.count(error.code)
        else this.#server.onError(error, exchange.request)
        owner.destroy(error as Error)
      },
    )
  }
}

/** Whether others may be answered beside it. */
function isSafe({ head, body }: ServerExchange): boolean {
  return body === null && methodFacts(head.method).safe
}

/** Whether so much of the request is unread, and unwanted, that another connection is cheaper. */
function mustClose({ head, body, isRead }: ServerExchange): boolean {
  if (isRead || body === null || body.isWanted || body.isOver) return false
  // It waits for a 100 that will not come, and may or may not send its body after all (RFC 9110 §10.1.1).
  if (head.expectsContinue && body.received === 0) return true
  return head.fields.contentLength - body.received > DRAIN_BUDGET
}

/** @returns bytes of the body, where that is known and the fields do not say it instead */
function lengthOf(
  { content, fields, trailers }: ResponseParts,
  body: WholeBody | undefined,
  method: string,
): number | undefined {
  // RFC 9110 §9.3.2: HEAD may say the length of what GET would bring, without having it.
  if (method === 'HEAD' && content === null && fields.length !== -1) return undefined
  // Only chunks have trailers behind them.
  return body?.length ?? (trailers === undefined ? content?.length : undefined)
}

/** @returns the body where it can leave at once with its head; one with trailers goes in chunks */
function wholeOf({ content, trailers }: ResponseParts): WholeBody | undefined {
  if (trailers !== undefined) return undefined
  return content === null ? EMPTY_BODY : wholeBody(content)
}

/** A response that says its status and nothing else. */
export function plainResponse(status: number): Response {
  return new Response(`${status} ${reasonPhrase(status)}\n`, { status })
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null
}

function contentOf(response: Response): Content | null {
  try {
    return takeResponse(response).content
  } catch {
    return null
  }
}
