/**
 * `MultipartMachine`: the parts of a multipart body, as bytes come in. No I/O: `receive` takes what came, `next` tells
 * what it was.
 *
 * Theory of operation. A body is a preamble, parts, an epilogue, with a delimiter between them: CR LF, two hyphens, the
 * boundary. So there is one search, for the delimiter, and four places to be in: before the first one, in the head of a
 * part, in its content, behind the last one. What might be the beginning of a delimiter at the end of what has come is
 * held back until more is here; everything before it is content, handed on as it came.
 *
 * Rules it keeps:
 * - The delimiter is the whole of a line. `--boundary` with something else behind it is content (RFC 2046 §5.1.1 has
 *   nested bodies whose boundary begins with the outer one); text behind its blanks is an error, since parsers disagree, and
 *   so is text before the only boundary: it may have been meant as a part. A form has no text in front at all; nobody sends
 *   it, and parsers disagree about what it hides.
 * - Lines end with CR LF. A bare LF is no end of a line: what is smuggled past a filter begins with such leniency.
 * - Nothing is kept but the head of the present part and less than a delimiter of content.
 * - Each part, its head, its content and the whole have a cap; going over one is 413, breaking a rule is 400.
 */
import { decodeLatin1, encodeLatin1, indexOf } from '@sluice/socket/bytes'
import { FIELD_VALUE, TOKEN, trimOws } from './abnf.ts'
import { ProtocolError } from './errors.ts'
import type { FieldList } from './events.ts'
import { parseFormDisposition } from './form-disposition.ts'
import { Input } from './input.ts'
import { type MultipartLimits, normaliseMultipart } from './multipart-limits.ts'

/** The head of a part. */
export interface PartHead {
  /** What kind of event this is. */
  readonly type: 'part'
  /** The field's name; empty where a part of another type than form-data has none. */
  readonly name: string
  /** The file's name as it was sent; `undefined` for a plain field. See `safeFilename`. */
  readonly filename: string | undefined
  /** All fields of the head. */
  readonly fields: FieldList
}

/** What `next` tells. */
export type MultipartEvent =
  | PartHead
  /** Content of the part; the view is valid until the machine is used again. */
  | { readonly type: 'data'; readonly data: Uint8Array }
  /** The part is complete. */
  | { readonly type: 'part-end' }
  /** The last part was complete; what follows means nothing. */
  | { readonly type: 'end' }
  /** Nothing more can be told before more is received. */
  | { readonly type: 'need-data' }

/** How a machine is set up. */
export interface MultipartOptions {
  /** Caps; each has its default. */
  limits?: Partial<MultipartLimits> | undefined
  /** Whether it is multipart/form-data, where each part has a name (RFC 7578 §4.2); default true. */
  isForm?: boolean | undefined
}

const CR = 0x0d
const LF = 0x0a
const HYPHEN = 0x2d
const SPACE = 0x20
const TAB = 0x09

const NEED_DATA = { type: 'need-data' } as const
const PART_END = { type: 'part-end' } as const
const END = { type: 'end' } as const
/** RFC 2046 §5.1.1: gateways of the eighties added blanks. Arbitrary. */
const PADDING = 256
/** RFC 2046 §5.1.1: bchars, of which the last is no blank. */
const BOUNDARY = /^[\dA-Za-z'()+_,\-./:=? ]{0,69}[\dA-Za-z'()+_,\-./:=?]$/

/**
 * What stands where a delimiter may be: a part follows, none follows, it is content, it can't be told yet, or it is a
 * mistake: too many blanks, or text behind them.
 */
type Verdict = 'next' | 'last' | 'content' | 'unknown' | 'padded' | 'followed'

/**
 * Takes a multipart body apart.
 *
 * @example
 * const multipart = new MultipartMachine('b')
 * multipart.receive(new TextEncoder().encode('--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--b--'))
 * console.log(multipart.next()) // the head of a part; then its data
 */
export class MultipartMachine {
  readonly #limits: Readonly<MultipartLimits>
  readonly #isForm: boolean
  readonly #input = new Input()
  /** CR LF, two hyphens, the boundary. */
  readonly #delimiter: Uint8Array
  #phase: 'preamble' | 'head' | 'content' | 'part-end' | 'epilogue' = 'preamble'
  /** What the delimiter at the end of this part said. */
  #isLast = false
  /** The line end in front of a delimiter was taken already: at the beginning, and behind a head. */
  #isLineStart = true
  #received = 0
  #parts = 0
  /** Bytes of the present head, or of the content of the present part, or of the preamble. */
  #size = 0
  #cap = 0
  #lines: string[] = []

  /**
   * @param boundary the parameter of Content-Type
   * @param options caps, and whether it is a form
   * @throws {TypeError | RangeError} for a limit that makes no sense
   * @throws {ProtocolError} for a boundary that is none
   */
  constructor(boundary: string, options: MultipartOptions = {}) {
    if (!BOUNDARY.test(boundary)) throw broken('has a boundary that can be none')
    this.#limits = normaliseMultipart(options.limits)
    this.#isForm = options.isForm ?? true
    this.#delimiter = encodeLatin1(`\r\n--${boundary}`)
  }

  /**
   * Takes bytes; `null` at the end of the body. They are not copied before `next` has been asked for everything.
   *
   * @param view what came
   * @throws {ProtocolError} more than `limits.total` bytes
   */
  receive(view: Uint8Array | null): void {
    this.#received += view?.length ?? 0
    if (this.#received > this.#limits.total)
      throw tooLong(`is longer than ${this.#limits.total} bytes`)
    if (this.#phase === 'epilogue') return
    this.#input.receive(view)
  }

  /**
   * Tells what comes next.
   *
   * @throws {ProtocolError} with `statusHint` 400 for a broken rule, 413 for a cap
   */
  next(): MultipartEvent {
    if (this.#failure !== undefined) throw this.#failure
    try {
      for (;;) {
        const event = this.#step()
        if (event !== undefined) return event
      }
    } catch (error) {
      this.#failure = error
      throw error
    }
  }
  /** What was broken stays broken. */
  #failure: unknown

  /** @returns an event, or nothing when only the phase has changed */
  #step(): MultipartEvent | undefined {
    switch (this.#phase) {
      case 'head':
        return this.#head()
      case 'part-end':
        this.#turn()
        return PART_END
      case 'epilogue':
        this.#input.drop()
        return END
      default:
        return this.#content()
    }
  }

  /** Goes on behind a delimiter. */
  #turn(): void {
    this.#phase = this.#isLast ? 'epilogue' : 'head'
    this.#size = 0
    if (this.#isLast) return
    this.#parts++
    if (this.#parts > this.#limits.parts) throw tooLong(`has more than ${this.#limits.parts} parts`)
  }

  // Content, and the preamble, which is content that nobody gets.

  #content(): MultipartEvent | undefined {
    const input = this.#input
    const { at, end } = input
    const found = this.#find()
    if (found > at) return this.#take(found - at)
    if (found === at && this.#verdict !== 'unknown') return this.#delimited()
    if (input.ended) throw unfinished()
    // Whole or in part a delimiter: it is held back.
    if (found === at || end === at) return this.#wait()
    const held = this.#isLineStart ? end - at : this.#tail()
    return held === end - at ? this.#wait() : this.#take(end - at - held)
  }

  #wait(): MultipartEvent {
    this.#input.keep()
    return NEED_DATA
  }

  /**
   * Looks for the next delimiter, over all that only looks like one.
   *
   * @returns where it begins, and its verdict in `#verdict`; -1 where there is none
   */
  #find(): number {
    const { bytes, at, end } = this.#input
    const delimiter = this.#delimiter
    let from = at
    if (this.#isLineStart) {
      const count = Math.min(end - at, delimiter.length - 2)
      let same = 0
      while (same < count && bytes[at + same] === delimiter[2 + same]) same++
      if (same === count) {
        if (count < delimiter.length - 2) return -1
        this.#verdict = this.#judge(at + count)
        if (this.#verdict !== 'content') return at
        from = at + count
      }
      this.#isLineStart = false
    }
    const view = bytes.subarray(0, end)
    for (;;) {
      const found = indexOf(view, delimiter, from)
      if (found === -1) return -1
      from = found + delimiter.length
      this.#verdict = this.#judge(from)
      if (this.#verdict !== 'content') return found
    }
  }
  /** What stands behind the boundary that was found last. */
  #verdict: Verdict = 'unknown'

  /** @returns how many bytes at the end may be the beginning of a delimiter */
  #tail(): number {
    const { bytes, at, end } = this.#input
    const delimiter = this.#delimiter
    for (let start = Math.max(at, end - delimiter.length + 1); start < end; start++) {
      if (bytes[start] !== CR) continue
      let same = 1
      while (start + same < end && bytes[start + same] === delimiter[same]) same++
      if (start + same === end) return end - start
    }
    return 0
  }

  /** @param from behind the boundary */
  #judge(from: number): Verdict {
    const { bytes, end, ended } = this.#input
    if (from >= end) return 'unknown'
    const isLast = bytes[from] === HYPHEN
    if (isLast && from + 1 >= end) return 'unknown'
    if (isLast && bytes[from + 1] !== HYPHEN) return 'content'
    const begin = isLast ? from + 2 : from
    let at = begin
    while (at < end && (bytes[at] === SPACE || bytes[at] === TAB)) at++
    if (at - begin > PADDING) return 'padded'
    if (isLast) {
      // Behind it nothing means anything: how its line ends does not matter.
      this.#skipTo = begin
      if (at >= end) return ended ? 'last' : 'unknown'
      if (bytes[at] === CR || bytes[at] === LF) return 'last'
    } else {
      if (at >= end || (bytes[at] === CR && at + 1 >= end)) return 'unknown'
      this.#skipTo = at + 2
      if (bytes[at] === CR) return bytes[at + 1] === LF ? 'next' : 'followed'
    }
    return at === begin ? 'content' : 'followed'
  }
  /** Behind the delimiter that was found last. */
  #skipTo = 0

  #delimited(): undefined {
    const verdict = this.#verdict
    if (verdict === 'padded') throw broken('has more blanks behind a boundary than anybody sends')
    if (verdict === 'followed') throw broken('has text behind a boundary')
    this.#input.skip(this.#skipTo - this.#input.at)
    this.#isLast = verdict === 'last'
    // Text before the only boundary may have been meant as a part.
    if (this.#phase === 'preamble' && this.#isLast && this.#size > 0)
      throw broken('does not begin with its boundary')
    if (this.#phase === 'preamble') this.#turn()
    else this.#phase = 'part-end'
  }

  #take(count: number): MultipartEvent | undefined {
    const input = this.#input
    const data = input.bytes.subarray(input.at, input.at + count)
    input.skip(count)
    this.#isLineStart = false
    this.#size += count
    if (this.#phase === 'preamble') {
      if (this.#isForm || this.#size > this.#limits.headerBytes)
        throw broken('does not begin with its boundary')
      return undefined
    }
    if (this.#size > this.#cap) throw tooLong(`has a part of more than ${this.#cap} bytes`)
    return { type: 'data', data }
  }

  // The head of a part.

  #head(): MultipartEvent {
    const input = this.#input
    for (;;) {
      const end = input.lineFeed()
      const length = (end === -1 ? input.end : end + 1) - input.at
      if (this.#size + length > this.#limits.headerBytes)
        throw tooLong(`has a part with a head of more than ${this.#limits.headerBytes} bytes`)
      if (end === -1) {
        if (input.ended) throw unfinished()
        input.noLineFeed()
        return this.#wait()
      }
      if (input.bytes[end - 1] !== CR || length < 2)
        throw broken('has a line that ends without CR LF in the head of a part')
      const line = decodeLatin1(input.bytes, input.at, end - 1)
      input.skip(length)
      this.#size += length
      if (line === '') return this.#begin()
      this.#addLine(line)
    }
  }

  #addLine(line: string): void {
    const lines = this.#lines
    // RFC 5322 §2.2.3: a field may go on in the next line.
    if (/^[ \t]/.test(line) && lines.length > 0) lines.push(`${lines.pop()} ${trimOws(line)}`)
    else lines.push(line)
    if (lines.length > this.#limits.headerCount)
      throw tooLong(`has a part with more than ${this.#limits.headerCount} fields`)
  }

  #begin(): PartHead {
    const fields = this.#lines.map(readField)
    this.#lines = []
    const dispositions = fields.filter(([name]) => /^content-disposition$/i.test(name))
    const [own] = dispositions
    if (dispositions.length > 1) throw broken('has a part with two Content-Disposition fields')
    const { name, filename } = own ? parseFormDisposition(own[1]) : NAMELESS
    if (this.#isForm && name === undefined)
      throw broken('has a part without Content-Disposition: form-data and a name')
    const { fileSize, fieldSize } = this.#limits
    this.#cap = filename === undefined ? fieldSize : fileSize
    this.#phase = 'content'
    this.#size = 0
    this.#isLineStart = true
    return { type: 'part', name: name ?? '', filename, fields }
  }
}

const NAMELESS = { name: undefined, filename: undefined }

function readField(line: string): [string, string] {
  const colon = line.indexOf(':')
  const name = line.slice(0, colon)
  const value = trimOws(line.slice(colon + 1))
  if (colon === -1 || !TOKEN.test(name) || !FIELD_VALUE.test(value))
    throw broken('has a part with a line in its head that is no field')
  return [name, value]
}

function broken(reason: string): ProtocolError {
  return new ProtocolError({
    reason: `the multipart body ${reason}`,
    phase: 'body',
    side: 'remote',
  })
}

function unfinished(): ProtocolError {
  const reason = 'the multipart body ended before its last boundary'
  return new ProtocolError({ reason, phase: 'body', side: 'remote', code: 'ERR_UNEXPECTED_END' })
}

function tooLong(what: string): ProtocolError {
  return new ProtocolError({
    reason: `the multipart body ${what}`,
    phase: 'body',
    side: 'remote',
    statusHint: 413,
    code: 'ERR_TOO_LONG',
  })
}
