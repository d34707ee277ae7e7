/**
 * Reads messages one after the other: start line, fields, body, trailers. It knows where in a message it
 * is and nothing of the connection around it; `connection.ts` decides whether it may read, and moves the
 * states by what it returns.
 *
 * The functions in `readers.ts` look at bytes; this file decides which of them is next, keeps what they
 * noted while a message is unfinished, and holds the peer to the limits.
 */
import { decodeLatin1, encodeLatin1 } from '@sluice/socket/bytes'
import { CHUNK_EXTENSIONS, TCHAR, trimOws } from './abnf.ts'
import { IncompleteBodyError, ProtocolError } from './errors.ts'
import { CLOSED, END, type Http1Event, NEED_DATA, RequestHead, ResponseHead } from './events.ts'
import { type FieldBlock, makeBlock } from './field-block.ts'
import { type Framing, requestFraming, responseFraming } from './framing.ts'
import type { Input } from './input.ts'
import { persists } from './keep-alive.ts'
import type { Limits } from './limits.ts'
import {
  AT,
  FAULT,
  INCOMPLETE,
  raise,
  readChunkSize,
  readFields,
  readRequestLine,
  readStatusLine,
  resetScratch,
  SCRATCH,
} from './readers.ts'
import { isInterim } from './status.ts'
import { checkHost, checkTarget } from './target.ts'

/** What a response answers. */
export interface Question {
  readonly method: string
  /** Whether the request lets the connection be used again. */
  readonly keepAlive: boolean
  /** What the request offers to switch to, or whether it offers anything. */
  readonly upgrade: string | boolean | undefined
}

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

/** The parts of a message that have a limit, and what their limit is called. */
type Part = 'start line' | 'header section' | 'chunk-size line' | 'trailer section'

const CR = 0x0d
const LF = 0x0a
const CRLF: Uint8Array = Uint8Array.of(CR, LF)
const FIRST_OF_STATUS_LINE = 0x48

/** Reads the messages of one peer. */
export class MessageReader {
  readonly #input: Input
  readonly #limits: Readonly<Limits>
  /** Whether requests are read, or responses. */
  readonly #requests: boolean
  readonly #checkHost: boolean
  #phase: Phase = 'start'
  #framing: Framing = 'none'
  #question: Question | undefined
  /** Bytes that are left of a body, a chunk or a CRLF, and those of the body that came. */
  #left = 0
  #received = 0
  #extensions = 0
  #emptyLines = 0
  #interims = 0
  #trailers: FieldBlock | undefined
  /** A line is unfinished: nothing is looked at until its line feed is here. */
  #waiting = false
  /** What the readers had noted when a section stopped in the middle. */
  #saved: Int32Array | undefined
  /** Where the fields of the present head begin, counted from its start. */
  #fieldsAt = 0
  /** The last head and its text, in case that the next one is the same in every byte, or its header section is. */
  #lastHead: RequestHead | ResponseHead | undefined
  #lastText = ''
  #lastFieldsAt = 0
  /** Its bytes, once it has come a second time and is short. */
  #lastBytes: Uint8Array | undefined
  /** The last Host that was looked at and found good. */
  #goodHost: string | undefined

  constructor(input: Input, requests: boolean, limits: Readonly<Limits>, checkHost: boolean) {
    this.#input = input
    this.#requests = requests
    this.#limits = limits
    this.#checkHost = checkHost
  }

  /** Whether the next thing to be read is the start of a message. */
  get isBetween(): boolean {
    return this.#phase === 'start'
  }

  /** Whether a message has begun: some of it is here, or a final response is still to come. */
  get isMidMessage(): boolean {
    return this.#phase !== 'start' || this.#input.unread > 0 || this.#interims > 0
  }

  /** The rest is not HTTP: whatever was being read is over. */
  abandon(): void {
    this.#phase = 'start'
  }

  /**
   * Reads the next event.
   *
   * @param question what the next response answers
   * @throws {ProtocolError} side `local`, since only the caller knows whose bytes these are
   */
  next(question: Question | undefined): Http1Event {
    this.#question = question
    for (;;) {
      const event = this.#step()
      if (event !== undefined) return event
    }
  }

  /** @returns an event, or `undefined` when the phase changed and nothing is to be told */
  #step(): Http1Event | undefined {
    switch (this.#phase) {
      case 'start':
        return this.#readStart()
      case 'fields':
        return this.#readFields()
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

  // The head.

  #readStart(): Http1Event | undefined {
    const input = this.#input
    const limit = this.#limits.startLine
    if (this.#requests && !this.#skipEmptyLines()) return this.#needMore('start line', limit)
    if (input.unread === 0) return input.ended ? CLOSED : NEED_DATA
    // A first byte that begins no message is refused at once: TLS on a plain port need not wait for a LF.
    const first = input.bytes[input.at] as number
    if (this.#requests && TCHAR[first] !== 1) raise(FAULT.badRequestLine)
    if (!this.#requests && first !== FIRST_OF_STATUS_LINE) raise(FAULT.badVersion)
    if (this.#waiting && input.lineFeed() === -1) return this.#needMore('start line', limit)
    const again = this.#requests ? this.#lastHead : undefined
    if (this.#lastBytes !== undefined && this.#hasAgain(this.#lastBytes))
      return this.#begin(again as RequestHead, this.#lastBytes.length)
    const seen = again === undefined ? '' : this.#textLikeLast(this.#lastText.length)
    if (again !== undefined && seen === this.#lastText) {
      if (seen.length <= SHORT) this.#lastBytes = encodeLatin1(seen)
      return this.#begin(again, seen.length)
    }
    resetScratch()
    const read = this.#requests ? readRequestLine : readStatusLine
    const at = read(input.bytes, input.at, input.end)
    if (at < 0 && this.#isUnfinished(at)) return this.#needMore('start line', limit)
    if (at - input.at > limit) throw tooLong('start line')
    this.#fieldsAt = at - input.at
    SCRATCH[AT.line] = this.#fieldsAt
    this.#waiting = false
    this.#phase = 'fields'
    return this.#readFields(seen)
  }

  /**
   * RFC 9112 §2.2: a server overlooks at least one CRLF before a request line.
   * @returns false while a lone CR waits for its LF
   */
  #skipEmptyLines(): boolean {
    const input = this.#input
    while (input.unread > 0) {
      const byte = input.bytes[input.at]
      if (byte === LF) raise(FAULT.bareLf)
      if (byte !== CR) return true
      if (input.unread === 1) return false
      if (input.bytes[input.at + 1] !== LF) raise(FAULT.bareCr)
      if (++this.#emptyLines > this.#limits.emptyLines)
        throw new ProtocolError({
          reason: 'too many empty lines before a request',
          code: 'ERR_TOO_LONG',
        })
      input.skip(2)
    }
    return true
  }

  /** @param seen text from the start of the message, if there is some already */
  #readFields(seen = ''): Http1Event | undefined {
    const input = this.#input
    const { fieldBytes, fieldCount } = this.#limits
    if (this.#saved !== undefined) {
      if (input.lineFeed() === -1) return this.#needMore('header section', fieldBytes)
      SCRATCH.set(this.#saved)
      this.#saved = undefined
    }
    const last = this.#lastHead
    if (last !== undefined && SCRATCH[AT.line] === this.#fieldsAt) {
      const size = this.#fieldsAt + this.#lastText.length - this.#lastFieldsAt
      const text = seen.length === size ? seen : this.#textLikeLast(size)
      if (text.slice(this.#fieldsAt) === this.#lastText.slice(this.#lastFieldsAt))
        return this.#makeHead(text, last.fields, size)
    }
    const at = this.#scanFields(fieldCount)
    if (at === INCOMPLETE) return this.#needMore('header section', fieldBytes)
    const length = at - input.at
    if (length - this.#fieldsAt > fieldBytes) throw tooLong('header section')
    const text = decodeLatin1(input.bytes, input.at, at)
    const folded = SCRATCH[AT.folded] === 1
    const block = folded ? this.#unfold(text) : makeBlock(text, this.#fieldsAt, SCRATCH)
    return this.#makeHead(text, block, length)
  }

  /** Whether some bytes are here once more. For few of them that takes less time than to make a text. */
  #hasAgain(last: Uint8Array): boolean {
    const { bytes, at, end } = this.#input
    if (at + last.length > end) return false
    for (let i = 0; i < last.length; i++) if (bytes[at + i] !== last[i]) return false
    return true
  }

  /**
   * The text of so many bytes, unless some of them tell that they are not the last head, nor its section, once more. Whether
   * they are is then judged by every one, so that what was found holds now.
   *
   * @returns the text, or nothing
   */
  #textLikeLast(length: number): string {
    const { bytes, at, end } = this.#input
    const to = at + length
    if (to > end) return ''
    const last = this.#lastText
    for (let i = PROBED_FROM; i <= PROBED_TO; i++)
      if (bytes[to - i] !== last.charCodeAt(last.length - i)) return ''
    return decodeLatin1(bytes, at, to)
  }

  /** Goes on with a section. @returns where it ends, or INCOMPLETE with everything noted for the next time */
  #scanFields(max: number): number {
    const { bytes, at, end } = this.#input
    const from = at + (SCRATCH[AT.line] as number)
    const found = readFields(bytes, from, end, at, !this.#requests, max)
    if (found >= 0 || !this.#isUnfinished(found)) return found
    this.#saved = SCRATCH.slice()
    return INCOMPLETE
  }

  /** RFC 9112 §5.2: a user agent takes a folded line as a space. The section is read again without folds. */
  #unfold(text: string): FieldBlock {
    const plain = text.slice(0, this.#fieldsAt) + unfolded(text.slice(this.#fieldsAt))
    const bytes = encodeLatin1(plain)
    const ofStartLine = SCRATCH.slice(AT.methodEnd)
    resetScratch()
    const at = readFields(bytes, this.#fieldsAt, bytes.length, 0, false, this.#limits.fieldCount)
    if (at < 0) raise(at)
    SCRATCH.set(ofStartLine, AT.methodEnd)
    return makeBlock(plain, this.#fieldsAt, SCRATCH)
  }

  #makeHead(text: string, fields: FieldBlock, length: number): RequestHead | ResponseHead {
    const head = this.#requests ? this.#requestOf(text, fields) : this.#responseOf(text, fields)
    this.#lastHead = head
    this.#lastText = text
    this.#lastFieldsAt = this.#fieldsAt
    this.#lastBytes = undefined
    return this.#begin(head, length)
  }

  /** The head is complete: what follows is its body, or the next one. */
  #begin<H extends RequestHead | ResponseHead>(head: H, length: number): H {
    this.#input.skip(length)
    this.#waiting = false
    this.#emptyLines = 0
    if (head.type === 'interim') this.#phase = 'start'
    else this.#beginBody(head)
    return head
  }

  #requestOf(text: string, fields: FieldBlock): RequestHead {
    const methodEnd = SCRATCH[AT.methodEnd] as number
    const method = methodEnd === 3 && text.startsWith('GET') ? 'GET' : text.slice(0, methodEnd)
    const target = text.slice(methodEnd + 1, SCRATCH[AT.targetEnd])
    const minor = SCRATCH[AT.minor] as number
    checkTarget(method, target)
    if (this.#checkHost && (fields.hostCount !== 1 || fields.host !== this.#goodHost)) {
      checkHost(fields, minor)
      this.#goodHost = fields.host
    }
    const framing = requestFraming(method, minor, fields)
    const keepAlive = persists(minor, fields, framing)
    return new RequestHead(method, target, minor, fields, framing, keepAlive)
  }

  #responseOf(text: string, fields: FieldBlock): ResponseHead {
    const status = SCRATCH[AT.status] as number
    const reason = text.slice(SCRATCH[AT.reason], this.#fieldsAt - 2)
    const minor = SCRATCH[AT.minor] as number
    if (isInterim(status)) {
      if (++this.#interims > this.#limits.interimResponses)
        throw new ProtocolError({ reason: 'too many interim responses', code: 'ERR_TOO_LONG' })
      return new ResponseHead('interim', status, reason, minor, fields, 'none', true)
    }
    this.#interims = 0
    const { method, upgrade, keepAlive } = this.#question as Question
    if (status === 101 && !upgrade)
      throw new ProtocolError({ reason: 'status 101 for a request that offered no upgrade' })
    const framing = status === 101 ? 'tunnel' : responseFraming(method, status, minor, fields)
    const goesOn = keepAlive && persists(minor, fields, framing)
    return new ResponseHead('response', status, reason, minor, fields, framing, goesOn)
  }

  // The body.

  #beginBody({ framing, fields }: RequestHead | ResponseHead): void {
    this.#framing = framing
    this.#received = 0
    this.#extensions = 0
    this.#left = framing === 'length' ? fields.contentLength : 0
    if (framing === 'chunked') this.#phase = 'size'
    else if (framing === 'close') this.#phase = 'close'
    else this.#phase = this.#left > 0 ? 'length' : 'end'
  }

  #readData(): Http1Event | undefined {
    const input = this.#input
    if (input.unread === 0) return this.#atEnd() ?? NEED_DATA
    const isCounted = this.#phase !== 'close'
    const size = isCounted ? Math.min(input.unread, this.#left) : input.unread
    const data = input.bytes.subarray(input.at, input.at + size)
    input.skip(size)
    this.#received += size
    if (isCounted) this.#left -= size
    if (isCounted && this.#left === 0) this.#phase = this.#phase === 'chunk' ? 'chunk-end' : 'end'
    return { type: 'data', data }
  }

  #readSize(): Http1Event | undefined {
    const input = this.#input
    const { chunkLine } = this.#limits
    const lf = input.lineFeed()
    if (lf === -1) return this.#needMore('chunk-size line', chunkLine)
    if (lf + 1 - input.at > chunkLine) throw tooLong('chunk-size line')
    const size = readChunkSize(input.bytes, input.at, lf)
    const digitsEnd = SCRATCH[AT.line] as number
    // RFC 9112 §2.2 speaks of start lines and fields only: no bare LF here, for anybody.
    if (input.bytes[lf - 1] !== CR) throw inBody('a chunk-size line ends with a bare LF')
    if (digitsEnd < lf - 1) this.#checkExtensions(digitsEnd, lf - 1)
    input.skip(lf + 1 - input.at)
    this.#left = size
    this.#phase = 'chunk'
    if (size > 0) return undefined
    this.#phase = 'trailers'
    this.#waiting = false
    resetScratch()
    this.#saved = SCRATCH.slice()
    return undefined
  }

  #checkExtensions(from: number, to: number): void {
    this.#extensions += to - from
    if (this.#extensions > this.#limits.chunkExtensions) throw tooLong('chunk extensions')
    if (!CHUNK_EXTENSIONS.test(decodeLatin1(this.#input.bytes, from, to)))
      throw inBody('a chunk extension outside the grammar (RFC 9112 §7.1.1)')
  }

  #readChunkEnd(): Http1Event | undefined {
    const input = this.#input
    // `#left` counts what has come of the CRLF.
    for (; this.#left < CRLF.length; this.#left++) {
      if (input.unread === 0) return this.#atEnd() ?? NEED_DATA
      if (input.bytes[input.at] !== CRLF[this.#left])
        throw inBody('chunk data is not followed by CRLF')
      input.skip(1)
    }
    this.#phase = 'size'
    return undefined
  }

  #readTrailers(): Http1Event | undefined {
    const input = this.#input
    const { trailerBytes, trailerCount } = this.#limits
    if (this.#waiting && input.lineFeed() === -1)
      return this.#needMore('trailer section', trailerBytes)
    SCRATCH.set(this.#saved as Int32Array)
    const at = this.#scanFields(trailerCount)
    if (at === INCOMPLETE) return this.#needMore('trailer section', trailerBytes)
    if (at - input.at > trailerBytes) throw tooLong('trailer section')
    this.#saved = undefined
    this.#waiting = false
    if (SCRATCH[AT.count] !== 0) {
      const text = decodeLatin1(input.bytes, input.at, at)
      // No field of a trailer says anything about framing (RFC 9110 §6.5.1): only the text is kept.
      resetScratch()
      this.#trailers = makeBlock(unfolded(text), 0, SCRATCH)
    }
    input.skip(at - input.at)
    this.#phase = 'end'
    return undefined
  }

  #readEnd(): Http1Event {
    const trailers = this.#trailers
    this.#trailers = undefined
    this.#phase = 'start'
    return trailers === undefined ? END : { type: 'end', trailers }
  }

  // Where the bytes end before the message does.

  /** Whether the line in which a reader stopped is not complete; throws what is wrong with one that is. */
  #isUnfinished(code: number): boolean {
    if (code === INCOMPLETE || this.#input.lineFeed(SCRATCH[AT.fault]) === -1) return true
    raise(code, this.#phase === 'trailers' ? 'body' : 'headers')
  }

  /** In the middle of something: too much already, the end of everything, or wait. */
  #needMore(part: Part, limit: number): Http1Event {
    const input = this.#input
    const before = part === 'header section' ? this.#fieldsAt : 0
    if (input.unread - before > limit) throw tooLong(part)
    if (input.ended && (part === 'start line' || part === 'header section'))
      throw new ProtocolError({ reason: 'the connection ended inside a head' })
    if (input.ended) throw this.#incomplete()
    input.noLineFeed()
    this.#waiting = true
    return NEED_DATA
  }

  /** Inside a body: its end if it lasts until the connection ends, a broken promise otherwise. */
  #atEnd(): Http1Event | undefined {
    if (!this.#input.ended) return undefined
    if (this.#framing !== 'close') throw this.#incomplete()
    return this.#readEnd()
  }

  #incomplete(): IncompleteBodyError {
    const received = this.#received
    const expected = this.#framing === 'length' ? received + this.#left : undefined
    return new IncompleteBodyError({ expected, received })
  }
}

/** Heads up to here are compared byte by byte, longer ones as text. */
const SHORT = 64

/** Four bytes are looked at before all are, those before the line ends: what differs mostly does so in its last field. */
const PROBED_FROM = 5
const PROBED_TO = 8

function unfolded(section: string): string {
  return section
    .split(/\r\n(?=[\t ])/)
    .map((piece) => trimOws(piece))
    .join(' ')
}

function inBody(reason: string): ProtocolError {
  return new ProtocolError({ reason, phase: 'body' })
}

// RFC 6585 §5, RFC 9110 §15.5.14 and §15.5.15. What is not named here belongs to the body.
const STATUS_HINTS: Readonly<Record<string, number>> = { 'start line': 414, 'header section': 431 }

function tooLong(part: Part | 'chunk extensions'): ProtocolError {
  return new ProtocolError({
    reason: `${part} longer than the limit`,
    statusHint: STATUS_HINTS[part] ?? 413,
    code: 'ERR_TOO_LONG',
    phase: STATUS_HINTS[part] === undefined ? 'body' : 'headers',
  })
}
