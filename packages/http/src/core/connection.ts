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
 * How it reads. `receive` hands it a view of some bytes; `next` is called until it says `need-data` or
 * `paused`, and copies whatever is unfinished before it says so, because the view may be a shared read
 * buffer that dies with the call. Inside, `next` runs the reader of the present phase (start line, fields,
 * body of a length, chunk size, chunk data, trailers) and moves the state of the peer's side.
 *
 * How it writes. `send` takes events. The functions under it (`responseHead`, `requestHead`, `openChunk`,
 * `finish`) give text instead of bytes and allocate nothing else; a server that answers a million times a
 * second uses those.
 *
 * Rules it keeps:
 * - Nothing outside this file changes the state of a connection.
 * - A broken rule in what was read is a remote `ProtocolError`; afterwards nothing more is read, and the
 *   same error is thrown again. What it is asked to send wrongly is a local one, before any byte.
 * - Requests and responses are matched by order and by nothing else: a response without a request is never
 *   read as one.
 */
import {
  concat,
  copy,
  decodeLatin1,
  EMPTY,
  type EventOf,
  encodeLatin1,
  step,
} from '@sluice/socket/bytes'
import { ABSOLUTE_FORM, AUTHORITY_FORM, CHUNK_EXTENSIONS, HOST, TCHAR } from './abnf.ts'
import { IncompleteBodyError, ProtocolError, remote } from './errors.ts'
import {
  CLOSED,
  END,
  type FieldList,
  type Http1Event,
  NEED_DATA,
  type OutgoingEvent,
  PAUSED,
  RequestHead,
  ResponseHead,
} from './events.ts'
import { type FieldBlock, makeBlock } from './field-block.ts'
import { type Framing, requestFraming, responseFraming } from './framing.ts'
import { toOutgoing } from './headers.ts'
import { persists } from './keep-alive.ts'
import { type Limits, normaliseLimits } from './limits.ts'
import {
  AT,
  INCOMPLETE,
  raise,
  readChunkSize,
  readFields,
  readRequestLine,
  readStatusLine,
  resetScratch,
  SCRATCH,
} from './readers.ts'
import { CLIENT, type ClientState, SERVER, type ServerState } from './state.ts'
import { isBodiless, isInterim } from './status.ts'
import {
  formatChunkSize,
  formatRequestLine,
  formatStatusLine,
  LAST_CHUNK,
  type OutgoingFields,
} from './writers.ts'

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
interface Awaited {
  readonly method: string
  readonly minor: number
  readonly keepAlive: boolean
  readonly upgrade: boolean
}

/** The events of both tables. */
type Step = EventOf<typeof CLIENT> | EventOf<typeof SERVER>

/** What the reader expects next. */
type Phase =
  | 'start'
  | 'fields'
  | 'length'
  | 'close'
  | 'size'
  | 'chunk'
  | 'chunk-end'
  | 'trailers'
  | 'end'

const CR = 0x0d
const LF = 0x0a

/** One side of one HTTP/1.1 connection. */
export class Http1Machine {
  readonly role: Role
  readonly limits: Readonly<Limits>
  readonly #checkHost: boolean
  #client: ClientState = 'idle'
  #server: ServerState = 'idle'
  /** Requests that were sent or read and whose response is not complete, oldest first. */
  readonly #awaited: Awaited[] = []
  /** The request that is being read. */
  #request: Awaited | undefined
  #error: ProtocolError | undefined
  #lastOne = false

  // What is being read. `#bytes` is the caller's view, or our own memory while something is unfinished.
  #bytes: Uint8Array = EMPTY
  #at = 0
  #end = 0
  #own = false
  #ended = false
  #phase: Phase = 'start'
  #framing: Framing = 'none'
  #keepAlive = true
  /** Bytes that are left of a body or chunk, and those that came. */
  #left = 0
  #received = 0
  #extensions = 0
  #emptyLines = 0
  #interims = 0
  #trailers: FieldBlock | undefined
  /** Bytes from `#at` in which there is no line feed; only used while a line is unfinished. */
  #searched = 0
  #waiting = false
  /** What the readers had noted when a section stopped in the middle. */
  #saved: Int32Array | undefined
  #fieldsAt = 0
  #memo: FieldBlock | undefined

  // What is being written.
  #out: Framing = 'none'
  #outLeft = 0
  #outKeepAlive = true

  constructor(role: Role, options: MachineOptions = {}) {
    if (role !== 'client' && role !== 'server')
      throw new TypeError(`role must be 'client' or 'server', not ${JSON.stringify(role)}`)
    this.role = role
    this.limits = normaliseLimits(options.limits)
    this.#checkHost = options.checkHost ?? true
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
    return this.#end - this.#at
  }

  /** Whether both sides agreed to stop speaking HTTP on this connection. */
  get isSwitched(): boolean {
    return this.#client === 'switched' || this.#server === 'switched'
  }

  /** Whether a message from the peer has begun and is not complete. */
  get isMidMessage(): boolean {
    return this.#phase !== 'start' || this.#end > this.#at || this.#interims > 0
  }

  /** Whether another request can follow once the present ones are complete. */
  get canReuse(): boolean {
    return !this.#lastOne && this.#error === undefined && !this.#ended && !this.isSwitched
  }

  // Reading.

  /**
   * Takes bytes of the peer; `null` when it has finished. The view is looked at until `next` says
   * `need-data` or `paused`; what is unfinished then has been copied.
   */
  receive(view: Uint8Array | null): void {
    if (view === null) {
      this.#ended = true
      return
    }
    if (this.#end > this.#at) this.#append(view)
    else {
      this.#bytes = view
      this.#at = 0
      this.#end = view.length
      this.#own = false
    }
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
      const event = this.#read()
      if (event === NEED_DATA || event === PAUSED) this.#keep()
      return event
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      this.#error = error instanceof IncompleteBodyError ? error : remote(error)
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
    this.#keep()
  }

  /** Gives back the bytes that were received and do not belong to HTTP any more: after a switch. */
  takeRest(): Uint8Array {
    const rest = copy(this.#bytes.subarray(this.#at, this.#end))
    this.#drop()
    return rest
  }

  #read(): Http1Event {
    for (;;) {
      const event = this.#readPhase()
      if (event !== undefined) return event
    }
  }

  /** @returns an event, or `undefined` when the phase changed and nothing is to be told */
  #readPhase(): Http1Event | undefined {
    switch (this.#phase) {
      case 'start':
        return this.#readStart()
      case 'fields':
        return this.#readHead()
      case 'length':
      case 'chunk':
      case 'close':
        return this.#readData()
      case 'size':
        return this.#readSize()
      case 'chunk-end':
        return this.#readChunkEnd()
      case 'trailers':
        return this.#readTrailers()
      case 'end':
        return this.#readEnd()
    }
  }

  #mayRead(): boolean {
    if (this.role === 'client') return this.#server === 'idle' && this.#awaited.length > 0
    return this.#client === 'idle' && this.#awaited.length < this.limits.pipelined
  }

  #readStart(): Http1Event | undefined {
    if (this.isSwitched) return PAUSED
    if (!this.#mayRead()) return this.#atEnd() ?? PAUSED
    if (this.role === 'server' && !this.#skipEmptyLines())
      return this.#needMore('head', this.limits.startLine)
    if (this.#at === this.#end) return this.#atEnd() ?? NEED_DATA
    // A first byte that begins no message is refused at once: TLS on a plain port need not wait for a LF.
    const first = this.#bytes[this.#at] as number
    if (this.role === 'server' ? TCHAR[first] !== 1 : first !== 0x48)
      raise(this.role === 'server' ? -14 : -15)
    if (this.#waiting && !this.#lineArrived()) return this.#needMore('head', this.limits.startLine)
    resetScratch()
    const read = this.role === 'server' ? readRequestLine : readStatusLine
    const at = read(this.#bytes, this.#at, this.#end)
    if (at < 0 && this.#unfinished(at)) return this.#needMore('head', this.limits.startLine)
    if (at - this.#at > this.limits.startLine) this.#tooLong('start line')
    this.#fieldsAt = at - this.#at
    SCRATCH[AT.line] = this.#fieldsAt
    this.#waiting = false
    this.#phase = 'fields'
    return this.#readHead()
  }

  /**
   * RFC 9112 §2.2: a server overlooks at least one CRLF before a request line.
   * @returns false while a lone CR waits for its LF
   */
  #skipEmptyLines(): boolean {
    while (this.#at < this.#end) {
      const byte = this.#bytes[this.#at]
      if (byte === LF) raise(-2)
      if (byte !== CR) return true
      if (this.#at + 1 === this.#end) return false
      if (this.#bytes[this.#at + 1] !== LF) raise(-3)
      if (++this.#emptyLines > this.limits.emptyLines)
        throw new ProtocolError({
          reason: `more than ${this.limits.emptyLines} empty lines before a request`,
        })
      this.#at += 2
      this.#searched = 0
    }
    return true
  }

  #readHead(): Http1Event | undefined {
    if (this.#saved !== undefined) {
      if (!this.#lineArrived()) return this.#needMore('fields', this.limits.fieldBytes)
      SCRATCH.set(this.#saved)
      this.#saved = undefined
    }
    const { role, limits } = this
    const base = this.#at
    const known = this.#memo
    if (known !== undefined && SCRATCH[AT.line] === this.#fieldsAt) {
      const text = this.#sameSection(known)
      if (text !== undefined)
        return this.#makeHead(text, known, known.section.length + this.#fieldsAt)
    }
    const from = base + (SCRATCH[AT.line] as number)
    const at = readFields(this.#bytes, from, this.#end, base, role === 'client', limits.fieldCount)
    if (at < 0 && this.#unfinished(at)) {
      this.#saved = SCRATCH.slice()
      return this.#needMore('fields', limits.fieldBytes)
    }
    if (at - base - this.#fieldsAt > limits.fieldBytes) this.#tooLong('header section')
    const text = decodeLatin1(this.#bytes, base, at)
    const block =
      SCRATCH[AT.folded] === 1 ? this.#unfold(text) : makeBlock(text, this.#fieldsAt, SCRATCH)
    this.#memo = block
    return this.#makeHead(text, block, at - base)
  }

  /** @returns the text of the head if its section is byte for byte the one before, else `undefined` */
  #sameSection(known: FieldBlock): string | undefined {
    const start = this.#at + this.#fieldsAt
    const end = start + known.section.length
    if (end > this.#end || this.#bytes[end - 1] !== LF || this.#bytes[end - 3] !== LF)
      return undefined
    const text = decodeLatin1(this.#bytes, this.#at, end)
    return text.slice(this.#fieldsAt) === known.section ? text : undefined
  }

  /** RFC 9112 §5.2: a user agent takes a folded line as a space. The section is read again without folds. */
  #unfold(text: string): FieldBlock {
    const plain = text.slice(0, this.#fieldsAt) + unfolded(text.slice(this.#fieldsAt))
    const bytes = encodeLatin1(plain)
    const keep = SCRATCH.slice(AT.methodEnd)
    resetScratch()
    const at = readFields(bytes, this.#fieldsAt, bytes.length, 0, false, this.limits.fieldCount)
    if (at < 0) raise(at)
    SCRATCH.set(keep, AT.methodEnd)
    return makeBlock(plain, this.#fieldsAt, SCRATCH)
  }

  #makeHead(text: string, fields: FieldBlock, length: number): Http1Event {
    const head =
      this.role === 'server' ? this.#requestOf(text, fields) : this.#responseOf(text, fields)
    this.#at += length
    this.#waiting = false
    this.#searched = 0
    this.#emptyLines = 0
    if (head.type !== 'interim') this.#beginBody(head)
    else this.#phase = 'start'
    return head
  }

  #requestOf(text: string, fields: FieldBlock): RequestHead {
    const methodEnd = SCRATCH[AT.methodEnd] as number
    const method = text.slice(0, methodEnd)
    const target = text.slice(methodEnd + 1, SCRATCH[AT.targetEnd])
    const minor = SCRATCH[AT.minor] as number
    checkTarget(method, target)
    if (this.#checkHost) checkHost(fields, minor)
    const framing = requestFraming(method, minor, fields)
    const keepAlive = persists(minor, fields, framing)
    const head = new RequestHead(method, target, minor, fields, framing, keepAlive)
    this.#peer('request')
    this.#request = { method, minor, keepAlive, upgrade: head.upgrade !== undefined }
    this.#awaited.push(this.#request)
    return head
  }

  #responseOf(text: string, fields: FieldBlock): ResponseHead {
    const status = SCRATCH[AT.status] as number
    const reason = text.slice(SCRATCH[AT.reason], this.#fieldsAt - 2)
    const minor = SCRATCH[AT.minor] as number
    if (isInterim(status)) {
      if (++this.#interims > this.limits.interimResponses)
        throw new ProtocolError({
          reason: `more than ${this.limits.interimResponses} interim responses`,
        })
      this.#peer('interim')
      return new ResponseHead('interim', status, reason, minor, fields, 'none', true)
    }
    const request = this.#awaited[0] as Awaited
    if (status === 101 && !request.upgrade)
      throw new ProtocolError({ reason: 'status 101 for a request that offered no upgrade' })
    const framing =
      status === 101 ? 'tunnel' : responseFraming(request.method, status, minor, fields)
    const keepAlive = persists(minor, fields, framing) && request.keepAlive
    this.#interims = 0
    this.#peer('response')
    return new ResponseHead('response', status, reason, minor, fields, framing, keepAlive)
  }

  #beginBody(head: RequestHead | ResponseHead): void {
    const { framing, fields } = head
    this.#framing = framing
    this.#keepAlive = head.keepAlive
    this.#received = 0
    this.#extensions = 0
    this.#trailers = undefined
    if (framing === 'length') {
      this.#left = fields.contentLength
      this.#phase = this.#left === 0 ? 'end' : 'length'
    } else if (framing === 'chunked') this.#phase = 'size'
    else this.#phase = framing === 'close' ? 'close' : 'end'
  }

  #readData(): Http1Event | undefined {
    const available = this.#end - this.#at
    if (available === 0) return this.#bodyEnded() ?? NEED_DATA
    const until = this.#phase !== 'close'
    const size = until ? Math.min(available, this.#left) : available
    const data = this.#bytes.subarray(this.#at, this.#at + size)
    this.#at += size
    this.#received += size
    if (until) {
      this.#left -= size
      if (this.#left === 0) this.#phase = this.#phase === 'chunk' ? 'chunk-end' : 'end'
    }
    return { type: 'data', data }
  }

  #readSize(): Http1Event | undefined {
    const { limits } = this
    const lf = this.#bytes.indexOf(LF, this.#at + this.#searched)
    if (lf === -1 || lf >= this.#end) {
      this.#searched = this.#end - this.#at
      return this.#needMore('chunk', limits.chunkLine)
    }
    this.#searched = 0
    if (lf + 1 - this.#at > limits.chunkLine) this.#tooLong('chunk-size line')
    const size = readChunkSize(this.#bytes, this.#at, lf)
    const after = SCRATCH[AT.line] as number
    // RFC 9112 §2.2 speaks of start lines and fields only: no bare LF here, for anybody.
    if (this.#bytes[lf - 1] !== CR)
      throw new ProtocolError({ reason: 'a chunk-size line ends with a bare LF', phase: 'body' })
    if (after < lf - 1) this.#checkExtensions(after, lf - 1)
    this.#at = lf + 1
    this.#left = size
    this.#phase = size === 0 ? 'trailers' : 'chunk'
    if (size === 0) {
      resetScratch()
      this.#saved = SCRATCH.slice()
    }
    return undefined
  }

  #checkExtensions(from: number, to: number): void {
    this.#extensions += to - from
    if (this.#extensions > this.limits.chunkExtensions) this.#tooLong('chunk extensions of a body')
    if (!CHUNK_EXTENSIONS.test(decodeLatin1(this.#bytes, from, to)))
      throw new ProtocolError({
        reason: 'a chunk extension outside the grammar (RFC 9112 §7.1.1)',
        phase: 'body',
      })
  }

  #readChunkEnd(): Http1Event | undefined {
    const { length } = CRLF
    // `#left` counts what was seen of the CRLF.
    while (this.#left < length) {
      if (this.#at === this.#end) return this.#bodyEnded() ?? NEED_DATA
      if (this.#bytes[this.#at] !== CRLF[this.#left])
        throw new ProtocolError({ reason: 'chunk data is not followed by CRLF', phase: 'body' })
      this.#at++
      this.#left++
    }
    this.#phase = 'size'
    this.#searched = 0
    return undefined
  }

  #readTrailers(): Http1Event | undefined {
    const { limits, role } = this
    if (this.#waiting && !this.#lineArrived())
      return this.#needMore('trailers', limits.trailerBytes)
    SCRATCH.set(this.#saved as Int32Array)
    const base = this.#at
    const from = base + (SCRATCH[AT.line] as number)
    const at = readFields(
      this.#bytes,
      from,
      this.#end,
      base,
      role === 'client',
      limits.trailerCount,
    )
    if (at < 0 && this.#unfinished(at)) {
      this.#saved = SCRATCH.slice()
      return this.#needMore('trailers', limits.trailerBytes)
    }
    if (at - base > limits.trailerBytes) this.#tooLong('trailer section')
    this.#saved = undefined
    this.#waiting = false
    this.#searched = 0
    if (SCRATCH[AT.count] !== 0) {
      const text = decodeLatin1(this.#bytes, base, at)
      // No field of a trailer says anything about framing (RFC 9110 §6.5.1): only the text is kept.
      resetScratch()
      this.#trailers = makeBlock(unfolded(text), 0, SCRATCH)
    }
    this.#at = at
    this.#phase = 'end'
    return undefined
  }

  #readEnd(): Http1Event {
    const trailers = this.#trailers
    this.#trailers = undefined
    this.#phase = 'start'
    this.#peer('end')
    if (this.role === 'client') this.#responseRead()
    else this.#requestRead()
    return trailers === undefined ? END : { type: 'end', trailers }
  }

  #requestRead(): void {
    const request = this.#request as Awaited
    this.#request = undefined
    // An offer that was answered before the request had been read to its end is settled already.
    const offers = request.upgrade || request.method === 'CONNECT'
    if (offers && this.#awaited.includes(request)) this.#peer('offer')
    else this.#peer(this.#keepAlive && !this.#lastOne ? 'next' : 'last')
  }

  #responseRead(): void {
    this.#awaited.shift()
    if (this.#framing === 'tunnel') {
      this.#peer('switched')
      this.#client = 'switched'
      return
    }
    if (this.#client === 'might-switch') this.#ours('denied')
    if (!this.#keepAlive) this.#lastOne = true
    this.#peer(this.#lastOne ? 'last' : 'next')
    if (this.#client === 'done') this.#ours(this.#lastOne ? 'last' : 'next')
  }

  // Unfinished lines.

  /** Whether the line in which the readers stopped is not complete; throws what is wrong with one that is. */
  #unfinished(code: number): boolean {
    if (code === INCOMPLETE) return true
    const lf = this.#bytes.indexOf(LF, SCRATCH[AT.fault])
    if (lf === -1 || lf >= this.#end) return true
    raise(code)
  }

  /** Whether a line feed has come since the last look. */
  #lineArrived(): boolean {
    const lf = this.#bytes.indexOf(LF, this.#at + this.#searched)
    return lf !== -1 && lf < this.#end
  }

  /** The end of the bytes in the middle of something: too much already, the end of everything, or wait. */
  #needMore(what: 'head' | 'fields' | 'chunk' | 'trailers', limit: number): Http1Event {
    const size = this.#end - this.#at - (what === 'fields' ? this.#fieldsAt : 0)
    if (size > limit) this.#tooLong(LONG_NAMES[what])
    if (this.#ended) {
      if (what === 'head' || what === 'fields')
        throw new ProtocolError({ reason: 'the connection ended inside a head' })
      return this.#bodyEnded() as never
    }
    this.#searched = this.#end - this.#at
    this.#waiting = true
    return NEED_DATA
  }

  #tooLong(what: string): never {
    const statusHint = what === 'start line' ? 414 : what === 'header section' ? 431 : 413
    throw new ProtocolError({
      reason: `${what} longer than the limit`,
      statusHint,
      code: 'ERR_TOO_LONG',
    })
  }

  /** Between two messages: the end of the stream, if it has come. */
  #atEnd(): Http1Event | undefined {
    if (!this.#ended || this.#at < this.#end) return undefined
    this.#lastOne = true
    this.#peer('closed')
    return CLOSED
  }

  /** Inside a body: its end if it lasts until the connection ends, a broken promise otherwise. */
  #bodyEnded(): Http1Event | undefined {
    if (!this.#ended) return undefined
    if (this.#framing === 'close') return this.#readEnd()
    throw new IncompleteBodyError({
      side: 'remote',
      expected: this.#framing === 'length' ? this.#received + this.#left : undefined,
      received: this.#received,
    })
  }

  // The buffer.

  /** Copies what is unread, so that the caller's view can die. */
  #keep(): void {
    if (this.#at === this.#end) this.#drop()
    else if (!this.#own) {
      this.#bytes = copy(this.#bytes.subarray(this.#at, this.#end))
      this.#end -= this.#at
      this.#at = 0
      this.#own = true
    }
  }

  #drop(): void {
    this.#bytes = EMPTY
    this.#at = 0
    this.#end = 0
    this.#own = false
  }

  /** Adds to our own memory, doubling it: a head that comes byte by byte is copied a few times, not n. */
  #append(view: Uint8Array): void {
    this.#keep()
    const size = this.#end - this.#at + view.length
    if (this.#at + size > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(256, size * 2))
      grown.set(this.#bytes.subarray(this.#at, this.#end))
      this.#bytes = grown
      this.#end -= this.#at
      this.#at = 0
    }
    this.#bytes.set(view, this.#end)
    this.#end += view.length
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
        if (event.data.length === 0) return EMPTY
        const before = this.openChunk(event.data.length)
        if (before === '') return event.data
        return concat([encodeLatin1(before), event.data, CRLF])
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
    if (
      this.role !== 'client' ||
      this.#lastOne ||
      step(CLIENT, this.#client, 'request') === undefined
    )
      throw misplaced('request', 'client', this.#client)
    if (!fields.host && !more.startsWith('Host: '))
      throw new ProtocolError({ reason: 'a request without Host' })
    const line = formatRequestLine(method, target)
    checkTarget(method, target)
    const content = length !== undefined || fields.chunked
    if (method === 'CONNECT' && (content || fields.length > 0))
      throw new ProtocolError({ reason: 'a CONNECT request with content' })
    const framing = this.#plan(fields, length === 'unknown' ? undefined : length, true, content)
    this.#ours('request')
    this.#outKeepAlive = !fields.close
    this.#awaited.push({ method, minor: 1, keepAlive: !fields.close, upgrade: fields.upgrade })
    return `${line}${more}${fields.text}${framing}\r\n`
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
    // Without a request there are two things to say, both of them last words: that what came was no
    // request, and, with `close`, that none will be taken (408, 503).
    if (request === undefined && this.#error === undefined && !close)
      throw misplaced('response', 'server', this.#server)
    if (isInterim(status)) throw new ProtocolError({ reason: `status ${status} is not final` })
    if (status === 101) return this.#switchHead(reason, fields, request)
    const line = formatStatusLine(status, reason)
    const modern = request === undefined || request.minor >= 1
    const tunnel = request?.method === 'CONNECT' && status >= 200 && status < 300
    // RFC 9110 §8.6: neither a 204 nor a 2xx to CONNECT says how long its content is.
    const bodiless = isBodiless(status) || tunnel
    if (bodiless && (fields.chunked || (fields.length > 0 && status !== 304)))
      throw new ProtocolError({ reason: `status ${status} has no content` })
    const framing = bodiless ? '' : this.#plan(fields, length, modern, true)
    if (bodiless || request?.method === 'HEAD') this.#out = tunnel ? 'tunnel' : 'none'
    this.#ours('response')
    const keepAlive =
      request?.keepAlive === true &&
      !close &&
      !fields.close &&
      !this.#lastOne &&
      this.#out !== 'close'
    this.#outKeepAlive = keepAlive
    let connection = ''
    if (!keepAlive && !tunnel) connection = fields.close ? '' : 'Connection: close\r\n'
    else if (!modern && !fields.keepAlive) connection = 'Connection: keep-alive\r\n'
    return `${line}${more}${fields.text}${framing}${connection}\r\n`
  }

  #switchHead(
    reason: string | undefined,
    fields: OutgoingFields,
    request: Awaited | undefined,
  ): string {
    if (request?.upgrade !== true || this.#client !== 'might-switch' || this.#awaited.length !== 1)
      throw new ProtocolError({ reason: 'status 101 for a request that offered no upgrade' })
    this.#ours('response')
    this.#out = 'tunnel'
    return `${formatStatusLine(101, reason)}${fields.text}\r\n`
  }

  /** Decides the framing of what is sent. @returns the field line that says so, if the caller did not */
  #plan(
    fields: OutgoingFields,
    length: number | undefined,
    modern: boolean,
    content: boolean,
  ): string {
    if (fields.length !== -1) {
      if (length !== undefined && length !== fields.length)
        throw new ProtocolError({
          reason: `Content-Length says ${fields.length} bytes, the body has ${length}`,
        })
      this.#out = 'length'
      this.#outLeft = fields.length
      return ''
    }
    if (fields.chunked && modern) {
      this.#out = 'chunked'
      return ''
    }
    if (length !== undefined) {
      this.#out = 'length'
      this.#outLeft = length
      return content ? `Content-Length: ${length}\r\n` : ''
    }
    if (!content) {
      this.#out = 'none'
      return ''
    }
    // RFC 9112 §6.1: never chunked to an HTTP/1.0 peer; it reads until the end of the connection.
    this.#out = modern ? 'chunked' : 'close'
    return modern ? 'Transfer-Encoding: chunked\r\n' : ''
  }

  /** Whether the message that is being sent has a body at all. */
  get sendsBody(): boolean {
    return this.#out === 'length' || this.#out === 'chunked' || this.#out === 'close'
  }

  /** Whether what is being sent is chunked: each piece is followed by CRLF. */
  get sendsChunks(): boolean {
    return this.#out === 'chunked'
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
    if (this.#out === 'chunked') return size === 0 ? '' : formatChunkSize(size)
    if (this.#out === 'length' && size > this.#outLeft)
      throw new ProtocolError({
        reason: `the body has ${size - this.#outLeft} bytes more than its Content-Length`,
        phase: 'body',
      })
    if (this.#out === 'none' || this.#out === 'tunnel')
      throw new ProtocolError({ reason: 'a message without content', phase: 'body' })
    this.#outLeft -= size
    return ''
  }

  /**
   * Completes the message that is being sent.
   *
   * @param trailers only a chunked body has them
   * @returns the last chunk where there is one
   * @throws {ProtocolError} fewer bytes than were announced
   */
  finish(trailers?: FieldList | undefined): string {
    if (this.#out === 'length' && this.#outLeft > 0)
      throw new ProtocolError({
        reason: `the body ended ${this.#outLeft} bytes before its Content-Length`,
        phase: 'body',
      })
    const fields = trailers === undefined ? undefined : toOutgoing(trailers)
    if (fields !== undefined && fields.text !== '' && this.#out !== 'chunked')
      throw new ProtocolError({ reason: 'trailers without a chunked body', phase: 'body' })
    if (fields !== undefined && (fields.length !== -1 || fields.chunked || fields.host))
      throw new ProtocolError({
        reason: 'a trailer that belongs into the header section',
        phase: 'body',
      })
    this.#ours('end')
    if (this.role === 'client') this.#requestSent()
    else this.#responseSent()
    if (this.#out !== 'chunked') return ''
    return fields === undefined || fields.text === '' ? LAST_CHUNK : `0\r\n${fields.text}\r\n`
  }

  #requestSent(): void {
    const request = this.#awaited.at(-1)
    if (request?.method === 'CONNECT' || request?.upgrade) this.#ours('offer')
    else this.#ours(this.#outKeepAlive ? 'next' : 'last')
  }

  #responseSent(): void {
    this.#awaited.shift()
    if (this.#out === 'tunnel') {
      this.#ours('switched')
      this.#client = 'switched'
      this.#phase = 'start'
      return
    }
    if (!this.#outKeepAlive) this.#lastOne = true
    if (this.#client === 'might-switch' && this.#awaited.length === 0) {
      this.#peer('denied')
      this.#peer(this.#lastOne || !this.#keepAlive ? 'last' : 'next')
    } else if (this.#lastOne && this.#client === 'idle') {
      // What the client sends from now on is not read.
      this.#client = 'must-close'
    }
    this.#ours(this.#lastOne ? 'last' : 'next')
  }

  /** The method of the request that the next response answers. */
  get answering(): string | undefined {
    return this.#awaited[0]?.method
  }
}

const CRLF: Uint8Array = Uint8Array.of(CR, LF)

const LONG_NAMES = {
  head: 'start line',
  fields: 'header section',
  chunk: 'chunk-size line',
  trailers: 'trailer section',
} as const

function unfolded(section: string): string {
  return section.replace(/[\t ]*\r\n[\t ]+/g, ' ')
}

function misplaced(event: string, side: Role, state: string): ProtocolError {
  return new ProtocolError({ reason: `${event} can not be sent while the ${side} is ${state}` })
}

/** RFC 9112 §3.2: each method takes some forms of target, and no others. */
function checkTarget(method: string, target: string): void {
  if (method === 'CONNECT') {
    if (!AUTHORITY_FORM.test(target))
      throw new ProtocolError({
        reason: 'the target of CONNECT is not host:port (RFC 9112 §3.2.3)',
      })
    return
  }
  if (target.charCodeAt(0) === 0x2f) return
  if (target === '*') {
    if (method !== 'OPTIONS')
      throw new ProtocolError({ reason: 'only OPTIONS has the target * (RFC 9112 §3.2.4)' })
    return
  }
  if (!ABSOLUTE_FORM.test(target))
    throw new ProtocolError({
      reason: 'the request target has none of the four forms (RFC 9112 §3.2)',
    })
}

/** RFC 9112 §3.2: a server answers 400 to a missing, repeated or malformed Host. */
function checkHost(fields: FieldBlock, minor: number): void {
  if (fields.hostCount === 0 && minor === 0) return
  if (fields.hostCount !== 1)
    throw new ProtocolError({
      reason: fields.hostCount === 0 ? 'a request without Host' : 'more than one Host',
    })
  if (!HOST.test(fields.host as string)) throw new ProtocolError({ reason: 'Host is not a host' })
}
