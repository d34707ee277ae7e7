/**
 * Server-sent events as text: the parser of WHATWG HTML §9.2.6, and its opposite.
 *
 * Rules it keeps:
 * - A line ends with CR LF, LF or CR; a CR at the end of what has come ends its line at once, and an LF that follows in the
 *   next piece is part of it.
 * - One byte order mark at the beginning is none of the text. Bytes that are no UTF-8 are U+FFFD, as everywhere on the web.
 * - An event is told when its empty line has come, and never half: what stands behind the last empty line is dropped.
 * - An `id` with NUL and a `retry` that is no number are passed over; so is every field that is unknown.
 * - A line and an event have a cap: a stream that never ends is no reason to keep all of it.
 */
import { copy, decodeUtf8, EMPTY } from '@sluice/socket/bytes'
import { ProtocolError } from './errors.ts'

/** An event that came. */
export interface EventMessage {
  /** What kind of event it is; `message` where the stream does not say. */
  readonly type: string
  /** Its lines, LF between them. */
  readonly data: string
  /** The id of this event, or of the last one that had one; empty before there was any. */
  readonly lastEventId: string
}

/** An event to be sent. Without `data` nobody is told of it, but its `id` and `retry` count. */
export interface EventFields {
  /** The text; its line ends arrive as LF. */
  data?: string | undefined
  /** What kind of event it is; default: `message`. */
  event?: string | undefined
  /** What a client that lost the connection comes back with as Last-Event-ID; default: none. */
  id?: string | undefined
  /** Milliseconds that a client waits before it comes back; default: what it was told before. */
  retry?: number | undefined
  /** A line that means nothing to anybody; default: none. */
  comment?: string | undefined
}

const CR = 0x0d
const LF = 0x0a

/** Bytes of one line and of one event; arbitrary: pictures travel in events by now, films should not. */
export const MAX_EVENT = 16_777_216

/**
 * Reads an event stream.
 *
 * @example
 * const parser = new EventStreamParser()
 * console.log(parser.receive(new TextEncoder().encode('data: hello\n\n'))) // [{ type: 'message', data: 'hello', … }]
 */
export class EventStreamParser {
  /** The id that a client comes back with. */
  lastEventId: string
  /** Milliseconds that the server wants a client to wait before it comes back; `undefined` until it says. */
  retry: number | undefined
  readonly #cap: number
  /** The beginning of a line that is not complete. */
  #rest: Uint8Array = EMPTY
  #isFirst = true
  #afterCr = false
  #type = ''
  #data: string[] = []
  #size = 0
  #id: string

  /**
   * @param options `lastEventId`: of an earlier connection, default none; `maxEvent`: bytes of an event, default 16 MiB
   */
  constructor({
    lastEventId = '',
    maxEvent = MAX_EVENT,
  }: {
    lastEventId?: string
    maxEvent?: number
  } = {}) {
    this.lastEventId = lastEventId
    this.#id = lastEventId
    this.#cap = maxEvent
  }

  /**
   * Takes bytes.
   *
   * @param view what came; it is not kept
   * @returns the events that are complete now
   * @throws {ProtocolError} side `remote`: a line or an event longer than allowed
   * @see WHATWG HTML §9.2.6, "Interpreting an event stream"
   */
  receive(view: Uint8Array): EventMessage[] {
    const events: EventMessage[] = []
    let start = 0
    if (this.#afterCr && view.length > 0) {
      this.#afterCr = false
      if (view[0] === LF) start = 1
    }
    for (let at = start; at < view.length; at++) {
      const byte = view[at]
      if (byte !== LF && byte !== CR) continue
      const event = this.#line(this.#complete(view, start, at))
      if (event !== undefined) events.push(event)
      if (byte === CR) {
        if (at + 1 === view.length) this.#afterCr = true
        else if (view[at + 1] === LF) at++
      }
      start = at + 1
    }
    this.#keep(view.subarray(start))
    return events
  }

  /** @returns a line, with what came of it before */
  #complete(view: Uint8Array, start: number, end: number): string {
    let text: string
    if (this.#length === 0) text = decodeUtf8(view, start, end)
    else {
      this.#keep(view.subarray(start, end))
      text = decodeUtf8(this.#rest, 0, this.#length)
      this.#rest = EMPTY
      this.#length = 0
    }
    const isFirst = this.#isFirst
    this.#isFirst = false
    return isFirst && text.startsWith('\ufeff') ? text.slice(1) : text
  }
  /** How much of `rest` is used. */
  #length = 0

  #keep(view: Uint8Array): void {
    if (view.length === 0) return
    const length = this.#length + view.length
    this.#check(length)
    if (this.#length === 0) this.#rest = copy(view)
    else {
      if (length > this.#rest.length) {
        // By doubling: a line that comes byte by byte is copied a few times, not n times.
        const grown = new Uint8Array(Math.max(256, length * 2))
        grown.set(this.#rest.subarray(0, this.#length))
        this.#rest = grown
      }
      this.#rest.set(view, this.#length)
    }
    this.#length = length
  }

  #line(line: string): EventMessage | undefined {
    if (line === '') return this.#dispatch()
    const colon = line.indexOf(':')
    if (colon === 0) return undefined
    const name = colon === -1 ? line : line.slice(0, colon)
    const from = line.charCodeAt(colon + 1) === 0x20 ? colon + 2 : colon + 1
    const value = colon === -1 ? '' : line.slice(from)
    switch (name) {
      case 'data':
        this.#size += value.length + 1
        this.#check(this.#size)
        this.#data.push(value)
        break
      case 'event':
        this.#type = value
        break
      case 'id':
        if (!value.includes('\0')) this.#id = value
        break
      case 'retry':
        if (/^\d+$/.test(value)) this.retry = Number(value)
    }
    return undefined
  }

  #dispatch(): EventMessage | undefined {
    this.lastEventId = this.#id
    const type = this.#type === '' ? 'message' : this.#type
    const lines = this.#data
    this.#type = ''
    if (lines.length === 0) return undefined
    this.#data = []
    this.#size = 0
    return { type, data: lines.join('\n'), lastEventId: this.#id }
  }

  #check(size: number): void {
    if (size <= this.#cap) return
    throw new ProtocolError({
      reason: `the event stream has an event of more than ${this.#cap} bytes`,
      code: 'ERR_TOO_LONG',
      side: 'remote',
      phase: 'body',
    })
  }
}

/**
 * Writes an event.
 *
 * @param event its fields; a text alone is its data
 * @returns lines, an empty one at the end
 * @throws {TypeError} for a line end in `event` or `id`, and for NUL in `id`: a client would see something else
 * @throws {RangeError} for a `retry` that is no whole number from 0 up
 * @see WHATWG HTML §9.2.5
 * @example formatEvent({ event: 'tick', id: '7', data: 'hello' }) // 'event: tick\nid: 7\ndata: hello\n\n'
 */
export function formatEvent(event: EventFields | string): string {
  const {
    data,
    event: type,
    id,
    retry,
    comment,
  } = typeof event === 'string' ? textEvent(event) : event
  let text = ''
  if (comment !== undefined) text += prefixed(':', comment)
  if (type !== undefined) text += `event: ${oneLine('event', type)}\n`
  if (id !== undefined) {
    if (id.includes('\0')) throw new TypeError('the id of an event can hold no NUL')
    text += `id: ${oneLine('id', id)}\n`
  }
  if (retry !== undefined) {
    if (!Number.isInteger(retry) || retry < 0)
      throw new RangeError(`retry must be a whole number of milliseconds, not ${retry}`)
    text += `retry: ${retry}\n`
  }
  if (data !== undefined) text += prefixed('data:', data)
  return `${text}\n`
}

function textEvent(data: string): EventFields {
  return { data }
}

function prefixed(name: string, text: string): string {
  return text.split(/\r\n?|\n/).reduce((all, line) => `${all}${name} ${line}\n`, '')
}

function oneLine(what: string, value: string): string {
  if (/[\r\n]/.test(value)) throw new TypeError(`the ${what} of an event is one line`)
  return value
}

/** What a connection ended with. */
export interface EventStreamEnd {
  /** The status of the response; `undefined` where there was none, or where the body ended or broke. */
  readonly status: number | undefined
  /** Connections in a row that brought no event. */
  readonly failures: number
  /** What the server said in `retry`, in milliseconds. */
  readonly retry: number | undefined
  /** What the server said in Retry-After, in milliseconds from now. */
  readonly retryAfter: number | undefined
}

/** Chrome and Safari wait 3 s, Firefox 5 s. */
const DEFAULT_RETRY = 3000
const LONGEST_RETRY = 60_000
/** Twice nothing is nothing. Arbitrary. */
const LEAST_DOUBLED = 50

/**
 * Decides whether a client comes back, and when: after a connection that was lost, ended or never stood; not after a
 * response that is no event stream, as browsers do. What WHATWG leaves to the client: the wait doubles with each
 * connection that brings nothing, up to a minute, and a server that names a time in Retry-After is taken at its word.
 *
 * @returns milliseconds to wait, or `undefined` to give up
 * @see WHATWG HTML §9.2.3
 */
export function planReconnect({
  status,
  failures,
  retry = DEFAULT_RETRY,
  retryAfter,
}: EventStreamEnd): number | undefined {
  if (status !== undefined) return status === 429 || status === 503 ? retryAfter : undefined
  // Who said 0 may have gone since: nobody is asked again and again without a pause.
  const wait = Math.max(retry, LEAST_DOUBLED) * 2 ** Math.min(Math.max(0, failures - 1), 16)
  if (failures <= 1) return retry
  return Math.max(retry, Math.min(wait, LONGEST_RETRY))
}
