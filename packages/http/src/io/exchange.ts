/**
 * One request on a server's connection, until its response has been sent: where `Request` finds its parts,
 * and what the connection remembers.
 */

import { nextId } from '@sluice/socket/trace'
import type { RequestHead } from '../core/events.ts'
import type { FieldBlock } from '../core/field-block.ts'
import { Headers } from '../core/headers.ts'
import { maskFields } from '../core/masked.ts'
import type { Direction, HttpTraceFacts } from '../core/trace-events.ts'
import type { IncomingBody } from './body.ts'
import type { Sent } from './outgoing.ts'
import { Request, RequestSource } from './request.ts'
import type { Response } from './response.ts'
import { publish } from './trace.ts'

/** Whoever answered: our light class, or the platform's. */
export type AnyResponse = Response | globalThis.Response

/** One request and its response. */
export class ServerExchange extends RequestSource {
  readonly head: RequestHead
  readonly body: IncomingBody | null
  readonly #defaultOrigin: string
  /** The answer, while it waits for those before it. */
  response: AnyResponse | undefined
  /** Bytes of the response's body that were handed to the system. */
  bytesSent = 0
  /** Whether all of the request has been read. */
  isRead = false
  /** Trace id; 0 while nobody watches. */
  id = 0
  #request: Request | undefined
  #abort: AbortController | undefined
  #shutdown: AbortController | undefined
  #lost: unknown
  #trailers: Settleable<Headers> | undefined
  #completion: Settleable<void> | undefined
  #isComplete = false

  constructor(head: RequestHead, body: IncomingBody | null, defaultOrigin: string) {
    super()
    this.head = head
    this.body = body
    this.#defaultOrigin = defaultOrigin
  }

  get request(): Request {
    this.#request ??= new Request(this)
    return this.#request
  }

  /** RFC 9112 §3.3: the authority is that of Host, else the server's own address. */
  get origin(): string {
    const { host } = this.head.fields
    if (host === undefined || host === '') return this.#defaultOrigin
    return this.#defaultOrigin.startsWith('https') ? `https://${host}` : `http://${host}`
  }

  openSignal(): AbortSignal {
    this.#abort ??= new AbortController()
    if (this.#lost !== undefined) this.#abort.abort(this.#lost)
    return this.#abort.signal
  }

  /** @param stopped why the server stops, if it does already */
  openShutdown(stopped: Error | undefined): AbortSignal {
    this.#shutdown ??= new AbortController()
    if (stopped !== undefined) this.#shutdown.abort(stopped)
    return this.#shutdown.signal
  }

  /** The server stops: whoever asked for that is told. */
  stop(reason: Error): void {
    this.#shutdown?.abort(reason)
  }

  /** The fields behind the body; made when somebody asks. */
  get trailers(): Promise<Headers> {
    if (this.#trailers === undefined) {
      this.#trailers = settleable()
      if (this.isRead) this.#trailers.resolve(new Headers(this.#received))
      else if (this.#lost !== undefined) this.#trailers.reject(this.#lost)
    }
    return this.#trailers.promise
  }

  /** Settles with the response; made when somebody asks. */
  get completed(): Promise<void> {
    if (this.#completion === undefined) {
      this.#completion = settleable()
      if (this.#isComplete) this.#completion.resolve()
      else if (this.#lost !== undefined) this.#completion.reject(this.#lost)
    }
    return this.#completion.promise
  }

  /** The request has been read to its end. */
  read(trailers: FieldBlock | undefined): void {
    this.isRead = true
    this.#received = trailers
    this.#trailers?.resolve(new Headers(trailers))
  }
  #received: FieldBlock | undefined

  /** The response has been handed to the system. */
  complete(): void {
    this.#isComplete = true
    this.#completion?.resolve()
  }

  /** Publishes one event about this exchange; call it only while `id` is not 0. */
  tell<N extends keyof HttpTraceFacts>(
    connection: number,
    name: N,
    facts: Omit<HttpTraceFacts[N], 'connection'>,
  ): void {
    publish(this.id, connection, name, { connection, ...facts } as HttpTraceFacts[N])
  }

  traceRequest(connection: number, count: number): void {
    const { method, target: sent, minor, fields } = this.head
    // A whole URL may hold a password, although it is refused for that.
    const target = sent.startsWith('/') ? sent : maskFields(sent)
    const version = `1.${minor}`
    this.id = nextId()
    if (count > 1) this.tell(connection, 'reuse', { exchange: count })
    const headers = maskFields(fields.section)
    const direction = 'received'
    this.tell(connection, 'request-head', { direction, method, target, version, headers })
  }

  traceResponse(connection: number, status: number, head: string): void {
    const end = head.indexOf('\r\n')
    // Behind `HTTP/1.1 200 `.
    const reason = head.slice(13, end)
    const headers = maskFields(head.slice(end + 2))
    const direction = 'sent'
    this.tell(connection, 'response-head', { direction, status, reason, version: '1.1', headers })
  }

  /** The last head of HTTP on this connection. */
  traceSwitch(connection: number, status: number, head: string): void {
    this.traceResponse(connection, status, head)
    const [, protocol = 'tunnel'] = /^upgrade: *(.*)\r$/im.exec(head) ?? []
    this.tell(connection, 'upgrade', { protocol })
  }

  tracePiece(connection: number, direction: Direction, bytes: number): void {
    this.tell(connection, 'chunk', { direction, bytes })
  }

  traceSent(connection: number, { bytes, pieces, trailers }: Sent): void {
    const direction = 'sent'
    this.tell(connection, 'body', { direction, bytes, pieces })
    if (trailers > 0) this.tell(connection, 'trailer', { direction, fields: trailers })
  }

  /** The client is gone: whoever watches the signal is told. */
  lose(reason: unknown): void {
    this.#lost = reason
    this.#abort?.abort(reason)
    this.#completion?.reject(reason)
    if (!this.isRead) this.#trailers?.reject(reason)
    this.body?.fail(reason)
  }
}

/** A promise, and how to settle it. */
export interface Settleable<T> {
  readonly promise: Promise<T>
  resolve(value: T): void
  reject(error: unknown): void
}

/** @returns a promise that nobody needs to watch */
export function settleable<T>(): Settleable<T> {
  let resolve: (value: T) => void = () => {}
  let reject: (error: unknown) => void = () => {}
  const promise = new Promise<T>((yes, no) => {
    resolve = yes
    reject = no
  })
  promise.catch(() => {})
  return { promise, resolve, reject }
}
