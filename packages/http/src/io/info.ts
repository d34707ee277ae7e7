/** What a handler is told besides the request: who is there, and what can be done with the connection. */
import type { Address, ByteStream, Connection } from '@sluice/socket'
import type { Headers, HeadersInit } from '../core/headers.ts'
import type { ServerExchange } from './exchange.ts'
import { switchingResponse, type Take, type UpgradeOptions } from './takeover.ts'

/** What a handler is told besides the request. */
export interface Info {
  /** The connection's number, the same as in trace events. */
  readonly id: number
  /** Where the client is; behind a proxy, where the proxy is, unless it speaks the PROXY protocol to us. */
  readonly remoteAddress: Address | undefined
  /** Our own end of the connection. */
  readonly localAddress: Address | undefined
  /** What the TLS handshake agreed on, the client's certificate among it; `undefined` in the clear. */
  readonly tls: Connection['tls']
  /** The request target as it was sent: with CONNECT, where the client wants to go. */
  readonly target: string
  /** The version of HTTP that the client speaks: `1.1` or `1.0`. */
  readonly version: string
  /** Bytes of the response's body that were handed to the system so far, without their framing. */
  readonly bytesSent: number
  /** The fields behind a chunked body, once it has been read; empty where there are none. Rejects with the body. */
  readonly trailers: Promise<Headers>
  /** Settles when the response has been handed to the system; rejects when the client was lost before. */
  readonly completed: Promise<void>
  /**
   * Aborts when `shutdown()` or `close()` of the server begins, with an `ERR_CLOSED`; made when somebody asks. For an answer
   * that has no end of its own, which ends itself now, before `grace` is over. `request.signal` is another one: it tells
   * that the client is gone. With `upgrade` it goes on for as long as the stream is open.
   *
   * @example
   * const server = await serve((_request, { shutdown }) => {
   *   const events = new EventStream({ signal: shutdown })
   *   return events.response
   * })
   */
  readonly shutdown: AbortSignal
  /**
   * Sends an interim response, such as 103 with the Link fields of what will be needed (RFC 8297).
   *
   * @returns whether it was sent: not when others are answered first, or to HTTP/1.0
   * @throws {TypeError | RangeError} for a status outside 100 to 199, for 101, and for fields that can't be sent
   */
  informational(status: number, headers?: HeadersInit): boolean
  /**
   * Makes the response that ends HTTP on this connection; the handler returns it. `take` gets the stream once it has
   * left, with all that came behind the request.
   *
   * @throws {TypeError} the client has offered no other protocol, and asks for no tunnel
   * @example await serve((_request, info) => info.upgrade((stream) => stream.sendAll('no longer HTTP')))
   */
  upgrade(take: Take, options?: UpgradeOptions): globalThis.Response
}

/** What an exchange's connection does for it. */
export interface InfoHost {
  readonly stream: ByteStream
  /** Why the server stops, once it does. */
  readonly stopped: Error | undefined
  sendInterim(exchange: ServerExchange, status: number, headers: HeadersInit | undefined): boolean
}

/** Looks when it is asked: to know the own address of a connection is a call of the system. */
export class ExchangeInfo implements Info {
  readonly #host: InfoHost
  readonly #exchange: ServerExchange

  constructor(host: InfoHost, exchange: ServerExchange) {
    this.#host = host
    this.#exchange = exchange
  }

  get id(): number {
    return this.#host.stream.id
  }
  get remoteAddress(): Address | undefined {
    return this.#host.stream.remoteAddress
  }
  get localAddress(): Address | undefined {
    return this.#host.stream.localAddress
  }
  get tls(): Connection['tls'] {
    return (this.#host.stream as Partial<Connection>).tls
  }
  get target(): string {
    return this.#exchange.head.target
  }
  get version(): string {
    return `1.${this.#exchange.head.minor}`
  }
  get bytesSent(): number {
    return this.#exchange.bytesSent
  }
  get trailers(): Promise<Headers> {
    return this.#exchange.trailers
  }
  get completed(): Promise<void> {
    return this.#exchange.completed
  }
  get shutdown(): AbortSignal {
    return this.#exchange.openShutdown(this.#host.stopped)
  }

  informational(status: number, headers?: HeadersInit): boolean {
    if (!Number.isInteger(status) || status < 100 || status > 199 || status === 101)
      throw new RangeError(`informational: the status is 100 to 199 without 101, not ${status}`)
    return this.#host.sendInterim(this.#exchange, status, headers)
  }

  upgrade(take: Take, options: UpgradeOptions = {}): globalThis.Response {
    return switchingResponse(this.#exchange, take, options) as unknown as globalThis.Response
  }
}
