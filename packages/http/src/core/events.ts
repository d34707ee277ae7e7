/**
 * What crosses the wire, as values. A machine turns bytes into these, and these into bytes.
 *
 * A head is an object of its own, since the layers above keep it; the other events are small, and where
 * they carry nothing there is one of each for the whole program.
 */
import type { FieldBlock } from './field-block.ts'
import type { Framing } from './framing.ts'

/** A request line and its header section. */
export class RequestHead {
  /** Tells this event from the others. */
  readonly type = 'request'
  /** As it was sent: methods are told apart by case (RFC 9110 §9.1). */
  readonly method: string
  /** The request target as it was sent: origin, absolute, authority or asterisk form. */
  readonly target: string
  /** Minor version as sent: 0 for HTTP/1.0; all from 1 up are treated alike (RFC 9110 §2.5). */
  readonly minor: number
  /** The header section: ordered, names as they were sent. */
  readonly fields: FieldBlock
  /** How the body is framed, and so how long it is (RFC 9112 §6.3). */
  readonly framing: Framing
  /** Whether another request may follow on this connection. */
  readonly keepAlive: boolean

  constructor(
    method: string,
    target: string,
    minor: number,
    fields: FieldBlock,
    framing: Framing,
    keepAlive: boolean,
  ) {
    this.method = method
    this.target = target
    this.minor = minor
    this.fields = fields
    this.framing = framing
    this.keepAlive = keepAlive
  }

  /** The client waits for `100 Continue` before it sends the body; HTTP/1.0 never does (RFC 9110 §10.1.1). */
  get expectsContinue(): boolean {
    return this.fields.expectsContinue && this.minor >= 1 && this.framing !== 'none'
  }

  /** What the client offers to switch to, or `undefined`; HTTP/1.0 offers nothing (RFC 9110 §7.8). */
  get upgrade(): string | undefined {
    return this.fields.connectionUpgrade && this.minor >= 1 ? this.fields.upgrade : undefined
  }
}

/** A status line and its header section; `interim` is one that another response follows. */
export class ResponseHead {
  /** `interim` for 1xx, which another response follows; 101 is final. */
  readonly type: 'response' | 'interim'
  /** Three digits, 100 to 999; classes beyond 5 exist on the wire and in no standard (RFC 9110 §15). */
  readonly status: number
  /** As it was sent; often empty, and never to be relied on. */
  readonly reason: string
  /** Minor version as sent: 0 for HTTP/1.0; all from 1 up are treated alike (RFC 9110 §2.5). */
  readonly minor: number
  /** The header section: ordered, names as they were sent. */
  readonly fields: FieldBlock
  /** How the body is framed, and so how long it is (RFC 9112 §6.3). */
  readonly framing: Framing
  /** Whether the connection can be used for another request. */
  readonly keepAlive: boolean

  constructor(
    type: 'response' | 'interim',
    status: number,
    reason: string,
    minor: number,
    fields: FieldBlock,
    framing: Framing,
    keepAlive: boolean,
  ) {
    this.type = type
    this.status = status
    this.reason = reason
    this.minor = minor
    this.fields = fields
    this.framing = framing
    this.keepAlive = keepAlive
  }
}

/** Some bytes of the body, without chunk framing. `data` is valid until the machine is used again. */
export interface DataEvent {
  /** Tells this event from the others. */
  readonly type: 'data'
  /** A view, never empty; copy what you keep. */
  readonly data: Uint8Array
}

/** The message is complete. */
export interface EndEvent {
  /** Tells this event from the others. */
  readonly type: 'end'
  /** The trailer section of a chunked body, where there was one. */
  readonly trailers: FieldBlock | undefined
}

/** The peer finished sending, between two messages. */
export interface ClosedEvent {
  /** Tells this event from the others. */
  readonly type: 'closed'
}

/** Nothing more can be said until more bytes come. */
export interface NeedDataEvent {
  /** Tells this event from the others. */
  readonly type: 'need-data'
}

/**
 * Nothing more will be read for now, whatever comes: too many answers are awaited or owed, the connection
 * is to close, or it no longer speaks HTTP.
 */
export interface PausedEvent {
  /** Tells this event from the others. */
  readonly type: 'paused'
}

/** What reading gives. */
export type Http1Event =
  | RequestHead
  | ResponseHead
  | DataEvent
  | EndEvent
  | ClosedEvent
  | NeedDataEvent
  | PausedEvent

export const END: EndEvent = { type: 'end', trailers: undefined }
export const CLOSED: ClosedEvent = { type: 'closed' }
export const NEED_DATA: NeedDataEvent = { type: 'need-data' }
export const PAUSED: PausedEvent = { type: 'paused' }

/** Name and value pairs, in the order in which they are to be sent. */
export type FieldList = Iterable<readonly [string, string]>

/** What can be sent. `headers` and `trailers` are pairs, or our `Headers`. */
export type OutgoingEvent =
  | { type: 'request'; method: string; target: string; headers?: FieldList | undefined }
  | {
      type: 'interim'
      status: number
      reason?: string | undefined
      headers?: FieldList | undefined
    }
  | {
      type: 'response'
      status: number
      reason?: string | undefined
      headers?: FieldList | undefined
    }
  | { type: 'data'; data: Uint8Array }
  | { type: 'end'; trailers?: FieldList | undefined }
