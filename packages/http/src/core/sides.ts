/**
 * Both sides of one connection: in which state each of them is, and which requests are still to be answered.
 * The tables in `state.ts` say what may follow on one side; this file holds what ties the two together.
 *
 * Rules it keeps:
 * - Nothing outside this file changes the states of a connection.
 * - Requests and responses are matched by order and by nothing else: a response without a request is never
 *   read as one.
 * - A switch of protocols takes both sides at once, and only when one of them offered it and the other took it.
 * - Once a message was the last one (`Connection: close`, RFC 9112 §9.6), no other begins.
 */
import { ProtocolError } from './errors.ts'
import type { RequestHead, ResponseHead } from './events.ts'
import type { Framing } from './framing.ts'
import type { Question } from './message-reader.ts'
import { Queue } from './queue.ts'
import {
  CLIENT,
  type ClientState,
  compile,
  EVENT,
  type Place,
  SERVER,
  type ServerState,
} from './state.ts'

/** Which side of the connection this program is. */
export type Role = 'client' | 'server'

/** What is remembered of a request until its response is complete. */
export interface Awaited extends Question {
  readonly minor: number
}

const CLIENTS = /* @__PURE__ */ compile(CLIENT)
const SERVERS = /* @__PURE__ */ compile(SERVER)

/** The states of one connection. */
export class Sides {
  #client: Place<ClientState> = CLIENTS.idle
  #server: Place<ServerState> = SERVERS.idle
  /** No message begins any more. */
  lastOne = false
  /** Whether the message that is being sent lets the connection be used again. */
  sendsOn = true
  readonly #role: Role
  /** Requests that were sent or read and whose response is not complete, oldest first. */
  readonly #awaited = new Queue<Awaited>()
  /** The message that is being read: on a server the request, on a client what the response said. */
  #request: Awaited | undefined
  #response: ResponseHead | undefined

  constructor(role: Role) {
    this.#role = role
  }

  /** State of the side that asks. */
  get client(): ClientState {
    return this.#client.name
  }

  /** State of the side that answers. */
  get server(): ServerState {
    return this.#server.name
  }

  /** Requests whose response is not complete. */
  get awaited(): number {
    return this.#awaited.length
  }

  /** The request that the next response answers. */
  get oldest(): Awaited | undefined {
    return this.#awaited.first
  }

  /** The side that this program is. */
  get own(): ClientState | ServerState {
    return this.#role === 'client' ? this.client : this.server
  }

  /** Whether the response that is next is the last: the peer sends no more, and nothing waits behind it. */
  get isLastAnswer(): boolean {
    return this.lastOne && this.#awaited.length <= 1
  }

  get isSwitched(): boolean {
    return this.client === 'switched' || this.server === 'switched'
  }

  /** Whether a new message of the peer can have a place: an answer somebody waits for, one request of a few. */
  takesMessage(pipelined: number): boolean {
    if (this.#role === 'client') return this.server === 'idle' && this.#awaited.length > 0
    return this.client === 'idle' && this.#awaited.length < pipelined
  }

  // What was read.

  /** A request has begun. */
  requestBegan(head: RequestHead): void {
    this.#request = head
    this.#awaited.push(head)
    this.#peer(EVENT.request)
  }

  /** A response has begun, or a word before it. */
  responseBegan(head: ResponseHead): void {
    if (head.type === 'response') this.#response = head
    this.#peer(head.type === 'response' ? EVENT.response : EVENT.interim)
  }

  /** The message that was being read is complete. */
  messageRead(): void {
    this.#peer(EVENT.end)
    if (this.#role === 'client') this.#responseRead()
    else this.#requestRead()
  }

  #requestRead(): void {
    const request = this.#request as Awaited
    // An offer that was answered before the request had been read to its end is settled already.
    const offers = request.upgrade !== undefined || request.method === 'CONNECT'
    if (offers && this.#awaited.includes(request)) this.#peer(EVENT.offer)
    else this.#peer(request.keepAlive && !this.lastOne ? EVENT.next : EVENT.last)
  }

  #responseRead(): void {
    const { framing, keepAlive } = this.#response as ResponseHead
    this.#awaited.shift()
    if (framing === 'tunnel') {
      this.#peer(EVENT.switched)
      this.#client = CLIENTS.switched
      return
    }
    if (!keepAlive) this.lastOne = true
    this.#peer(this.lastOne ? EVENT.last : EVENT.next)
    if (this.client === 'might-switch') this.#ours(EVENT.denied)
    if (this.client === 'done') this.#ours(this.lastOne ? EVENT.last : EVENT.next)
  }

  /** The peer finished sending, between two messages; or it broke a rule. */
  peerStopped(event: 'closed' | 'fault'): void {
    this.lastOne = true
    this.#peer(EVENT[event])
  }

  // What is sent.

  /** @throws {ProtocolError} a request can not be sent now */
  checkRequest(): void {
    const isFree = this.#role === 'client' && !this.lastOne
    if (!isFree || this.#client.next[EVENT.request] === undefined)
      throw misplaced('request', 'client', this.client)
  }

  /** A request leaves. */
  requestSends(request: Awaited): void {
    this.#ours(EVENT.request)
    this.sendsOn = request.keepAlive
    this.#awaited.push(request)
  }

  /** An interim or a final response leaves. */
  responseSends(event: 'interim' | 'response'): void {
    this.#ours(event === 'response' ? EVENT.response : EVENT.interim)
  }

  /** The request that was being sent is complete. */
  requestSent(): void {
    this.#ours(EVENT.end)
    const request = this.#awaited.last
    if (request?.method === 'CONNECT' || request?.upgrade) this.#ours(EVENT.offer)
    else this.#ours(this.sendsOn ? EVENT.next : EVENT.last)
  }

  /** The response that was being sent is complete. */
  responseSent(framing: Framing): void {
    this.#ours(EVENT.end)
    this.#awaited.shift()
    if (framing === 'tunnel') {
      this.#ours(EVENT.switched)
      this.#client = CLIENTS.switched
      return
    }
    if (!this.sendsOn) this.lastOne = true
    if (this.client === 'might-switch' && this.#awaited.length === 0) {
      this.#peer(EVENT.denied)
      this.#peer(this.lastOne ? EVENT.last : EVENT.next)
    } else if (this.lastOne && this.client === 'idle') {
      // What the client sends from now on is not read.
      this.#client = CLIENTS['must-close']
    }
    // A peer that finished sending still waits for all that it asked.
    this.#ours(
      !this.sendsOn || (this.lastOne && this.#awaited.length === 0) ? EVENT.last : EVENT.next,
    )
  }

  // Steps.

  #peer(event: number): void {
    if (this.#role === 'client') this.#stepServer(event)
    else this.#stepClient(event)
  }

  #ours(event: number): void {
    if (this.#role === 'client') this.#stepClient(event)
    else this.#stepServer(event)
  }

  #stepClient(event: number): void {
    this.#client = this.#client.next[event] ?? refuse(event, 'client', this.client)
  }

  #stepServer(event: number): void {
    this.#server = this.#server.next[event] ?? refuse(event, 'server', this.server)
  }
}

function refuse(event: number, side: Role, state: string): never {
  throw misplaced(Object.keys(EVENT)[event] as string, side, state)
}

/** An event that has no place in the present state. */
export function misplaced(event: string, side: Role, state: string): ProtocolError {
  return new ProtocolError({ reason: `${event} can not be sent while the ${side} is ${state}` })
}
