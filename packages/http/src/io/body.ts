/**
 * Bodies: what comes from a wire piece by piece, what a program hands in, and the six ways to read either.
 *
 * - `IncomingBody` is fed by a connection. Until somebody reads, a bounded part is kept and the connection
 *   pauses; a reader that wants all of it gets the pieces joined once; a stream is built only when asked for.
 * - `Content` is a body to be sent, normalised: text, bytes, or something that gives pieces.
 * - `Carrier` is what `Request` and `Response` share: one body, read at most once.
 */
import { keep } from '@sluice/socket'
import { type Bytes, concat, decodeUtf8, EMPTY, encodeUtf8, toBytes } from '@sluice/socket/bytes'
import { formContent } from './form-content.ts'

/** From so many unread bytes on the connection is paused. */
const HIGH_WATER = 65_536

/** Whole bodies between these two are gathered in place. More is not believed before it is here. */
const SMALLEST_WHOLE = 65_536
const LARGEST_WHOLE = 1_048_576

/** What an incoming body asks of its connection. */
export interface BodySource {
  /** Somebody wants the body, for the first time: `100 Continue` may be due. */
  demand(): void
  /** There is room again. */
  resume(): void
  /** Nobody will read the rest. */
  abandon(): void
}

/** A body that arrives. */
export class IncomingBody {
  /** Bytes that have come so far, and in how many pieces. */
  received = 0
  pieces = 0
  readonly #source: BodySource
  #chunks: Bytes[] = []
  #queued = 0
  #ended = false
  #error: unknown
  #failed = false
  #collecting = false
  #discarding = false
  #wanted = false
  #wake: (() => void) | undefined
  /** Where somebody waits for bytes in memory of their own, and how many have been put there. */
  #target: Uint8Array | undefined
  #filled = 0
  /** Bytes that were announced, or -1. */
  readonly #announced: number
  /** What a collector gathers in: each byte is copied once, from where it was read to where it stays. */
  #whole: Bytes | undefined

  constructor(source: BodySource, announced: number) {
    this.#source = source
    this.#announced = announced
  }

  /** Whether all of it has come, or will never come. */
  get isOver(): boolean {
    return this.#ended || this.#failed
  }

  /** Whether somebody has asked for any of it. */
  get isWanted(): boolean {
    return this.#wanted
  }

  get isDiscarded(): boolean {
    return this.#discarding
  }

  /** Takes a piece; the view dies with the call. @returns false when the connection should pause */
  push(view: Uint8Array): boolean {
    this.received += view.length
    this.pieces++
    if (this.#discarding) return true
    if (this.#whole !== undefined) {
      this.#whole.set(view, this.received - view.length)
      return true
    }
    const rest = this.#target === undefined ? view : this.#fill(this.#target, view)
    if (rest.length > 0) {
      this.#chunks.push(keep(rest))
      this.#queued += rest.length
    }
    this.#notify()
    return this.#collecting || this.#queued < HIGH_WATER
  }

  /** Once, from where it lies into where it is wanted. @returns what there was no room for */
  #fill(target: Uint8Array, view: Uint8Array): Uint8Array {
    const part = view.length > target.length ? view.subarray(0, target.length) : view
    target.set(part)
    this.#filled = part.length
    this.#target = undefined
    return view.subarray(part.length)
  }

  /** All of it has come. */
  end(): void {
    this.#ended = true
    this.#notify()
  }

  /** The rest will not come. What came before can still be read. */
  fail(error: unknown): void {
    if (this.isOver) return
    this.#failed = true
    this.#error = error
    this.#notify()
  }

  /** From now on pieces are dropped. */
  discard(): void {
    this.#discarding = true
    this.#whole = undefined
    this.#chunks = []
    this.#queued = 0
  }

  /** Reads all of it. */
  async collect(): Promise<Bytes> {
    this.#collecting = true
    this.#wanted = true
    this.#prepareWhole()
    this.#source.demand()
    while (!this.#ended) {
      if (this.#failed) throw this.#error
      await this.#more()
    }
    if (this.#whole !== undefined) return this.#whole
    const chunks = this.#chunks
    this.#chunks = []
    this.#queued = 0
    if (chunks.length === 0) return EMPTY
    return chunks.length === 1 ? (chunks[0] as Bytes) : concat(chunks)
  }

  /** Makes room for all that was announced, with what is here already in it. */
  #prepareWhole(): void {
    const isFitting = this.#announced > SMALLEST_WHOLE && this.#announced <= LARGEST_WHOLE
    if (!isFitting || this.isOver || this.#queued !== this.received) return
    const whole = unwritten(this.#announced)
    let at = 0
    for (const chunk of this.#chunks) {
      whole.set(chunk, at)
      at += chunk.length
    }
    this.#chunks = []
    this.#queued = 0
    this.#whole = whole
  }

  /** Reads the next pieces; `null` at the end. */
  async pull(): Promise<Bytes | null> {
    this.#wanted = true
    this.#source.demand()
    for (;;) {
      const chunk = this.#chunks.shift()
      if (chunk !== undefined) {
        this.#queued -= chunk.length
        if (this.#queued === 0) this.#source.resume()
        return chunk
      }
      if (this.#ended) return null
      if (this.#failed) throw this.#error
      await this.#more()
    }
  }

  /** Reads the next bytes into memory of the reader's. @returns how many, at least one; `null` at the end */
  async pullInto(target: Uint8Array): Promise<number | null> {
    this.#wanted = true
    this.#source.demand()
    for (;;) {
      const chunk = this.#chunks[0]
      if (chunk !== undefined) {
        const rest = this.#fill(target, chunk)
        if (rest.length === 0) this.#chunks.shift()
        else this.#chunks[0] = rest as Bytes
        this.#queued -= this.#filled
        if (this.#queued === 0) this.#source.resume()
        return this.#filled
      }
      if (this.#ended) return null
      if (this.#failed) throw this.#error
      this.#target = target
      this.#filled = 0
      await this.#more()
      this.#target = undefined
      if (this.#filled > 0) return this.#filled
    }
  }

  /** Nobody will read the rest. */
  cancel(): void {
    if (this.#discarding) return
    this.discard()
    if (!this.isOver) this.#source.abandon()
  }

  #more(): Promise<void> {
    return new Promise((resolve) => {
      // First to wait, then to ask: what lies in the connection already comes during the call, its end too.
      this.#wake = resolve
      this.#source.resume()
    })
  }

  #notify(): void {
    // A collector sleeps until everything is here.
    if (this.#collecting && !this.isOver) return
    const wake = this.#wake
    this.#wake = undefined
    wake?.()
  }
}

/** Not zeroed, as nobody sees it before all of it is written. */
function unwritten(size: number): Bytes {
  const { buffer, byteOffset } = Buffer.allocUnsafeSlow(size)
  return byteOffset === 0 && buffer.byteLength === size
    ? new Uint8Array(buffer as ArrayBuffer)
    : new Uint8Array(size)
}

/** What a program may hand in as a body. */
export type BodyInit =
  | string
  | Uint8Array
  | ArrayBuffer
  | ArrayBufferView
  | URLSearchParams
  | Blob
  | FormData
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array>

/** Pieces that can also be put where somebody wants them, without memory of their own. */
export interface ReadsInto {
  /** @returns how many bytes, 1 or more; `null` at the end */
  readInto(target: Uint8Array): Promise<number | null>
}

/** A body to be sent, normalised. One of `text`, `bytes`, `pieces` and `incoming` is there. */
export interface Content {
  readonly text?: string
  readonly bytes?: Uint8Array
  readonly pieces?: ReadableStream<Uint8Array> | (AsyncIterable<Uint8Array> & Partial<ReadsInto>)
  readonly incoming?: IncomingBody
  /** Bytes, where that is known without reading. */
  readonly length?: number
  /** The Content-Type that goes with it when the program names none. */
  readonly type?: string | undefined
}

/**
 * Normalises a body.
 *
 * @throws {TypeError} for a function, a promise, or a stream that somebody reads already
 */
export function toContent(init: BodyInit): Content {
  if (typeof init === 'string') return { text: init, type: 'text/plain;charset=UTF-8' }
  if (init instanceof ArrayBuffer || ArrayBuffer.isView(init)) {
    const bytes = toBytes(init as DataView)
    return { bytes, length: bytes.length }
  }
  if (init instanceof URLSearchParams)
    return { text: String(init), type: 'application/x-www-form-urlencoded;charset=UTF-8' }
  if (init instanceof Blob)
    return {
      pieces: init.stream() as ReadableStream<Uint8Array>,
      length: init.size,
      type: init.type || undefined,
    }
  if (isForm(init)) return formContent(init)
  if (init instanceof ReadableStream) {
    if (init.locked) throw new TypeError('the body is a stream that is being read already')
    return { pieces: init }
  }
  if (typeof (init as AsyncIterable<Uint8Array> | null)?.[Symbol.asyncIterator] === 'function')
    return { pieces: init as AsyncIterable<Uint8Array> }
  // Text to the web's rules; nobody means to send the source of the one, and the other is an `await` that was forgotten.
  const { then } = init as { then?: unknown }
  if (typeof init === 'function' || typeof then === 'function')
    throw new TypeError(`a body is no ${then ? 'promise' : 'function'}: give what it gives`)
  return { text: String(init), type: 'text/plain;charset=UTF-8' }
}

/** By its tag: the mention of the global would load what most programs never use. */
function isForm(init: BodyInit): init is FormData {
  return (init as object | null)?.[Symbol.toStringTag as never] === 'FormData'
}

/** Yields the pieces of any content, as bytes. */
export async function* piecesOf(content: Content): AsyncGenerator<Uint8Array, void, undefined> {
  if (content.text !== undefined) yield encodeUtf8(content.text)
  else if (content.bytes !== undefined) yield content.bytes
  else if (content.incoming !== undefined) {
    const { incoming } = content
    try {
      for (let piece = await incoming.pull(); piece !== null; piece = await incoming.pull())
        yield piece
    } finally {
      incoming.cancel()
    }
  } else if (content.pieces !== undefined) {
    const pieces = content.pieces as AsyncIterable<unknown>
    for await (const piece of pieces) {
      if (typeof piece === 'string') yield encodeUtf8(piece)
      else if (piece instanceof Uint8Array) yield piece
      else if (piece instanceof ArrayBuffer) yield new Uint8Array(piece)
      else throw new TypeError('a streamed body gives Uint8Array or string')
    }
  }
}

/**
 * Makes content that can be given up while its next piece is waited for: a stream without news would otherwise hear only
 * with its next piece that nobody is there.
 *
 * @returns the content, and what gives it up; that never throws
 */
export function cancellable(content: Content): { content: Content; cancel(reason: unknown): void } {
  const { pieces, incoming } = content
  if (incoming !== undefined) return { content, cancel: () => incoming.cancel() }
  if (pieces === undefined) return { content, cancel: () => {} }
  // Opened when the first piece is wanted: what throws then is the body's failure.
  let iterator: AsyncIterator<Uint8Array> | undefined
  const opened = (): AsyncIterator<Uint8Array> => {
    iterator ??=
      pieces instanceof ReadableStream ? readerOf(pieces) : pieces[Symbol.asyncIterator]()
    return iterator
  }
  return {
    content: { ...content, pieces: { [Symbol.asyncIterator]: opened } },
    cancel: (reason) => {
      if (!destroyed(pieces)) letGo(opened, reason)
    },
  }
}

/** Never throws, whatever an iterator does. */
function letGo(opened: () => AsyncIterator<unknown>, reason?: unknown): void {
  void (async () => opened().return?.(reason))().catch(() => {})
}

/** A stream of Node's lets go of its file at this word alone: its iterator waits for news, and one not begun does nothing. */
function destroyed(pieces: object): boolean {
  const { destroy } = pieces as { destroy?: unknown }
  if (typeof destroy !== 'function') return false
  destroy.call(pieces)
  return true
}

/** A stream as an iterator whose `return` does not wait for the read that is going on. */
function readerOf(stream: ReadableStream<Uint8Array>): AsyncIterator<Uint8Array> {
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined
  return {
    async next() {
      reader ??= stream.getReader()
      return (await reader.read()) as IteratorResult<Uint8Array>
    },
    async return(reason) {
      await (reader ?? stream).cancel(reason)
      return { done: true, value: undefined }
    },
  }
}

/** Whether a body can be sent a second time: there is none, or it lies in memory. */
export function isRepeatable(init: BodyInit | null | undefined): boolean {
  if (init === undefined || init === null || typeof init === 'string') return true
  return (
    init instanceof ArrayBuffer ||
    ArrayBuffer.isView(init) ||
    init instanceof URLSearchParams ||
    init instanceof Blob ||
    isForm(init)
  )
}

/** Lets go of content that will not be sent. */
export function cancelContent(content: Content | null): void {
  if (content === null) return
  content.incoming?.cancel()
  const { pieces } = content
  if (pieces instanceof ReadableStream) {
    if (!pieces.locked) pieces.cancel().catch(() => {})
  } else if (pieces !== undefined && !destroyed(pieces)) {
    letGo(() => pieces[Symbol.asyncIterator]())
  }
}

/**
 * A request that may come to nothing before its body is begun: a stream of Node's holds a file open, and whoever fills one of
 * the platform's waits until it is told.
 */
export async function orLetGo<T>(body: BodyInit | null | undefined, work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    // One that somebody reads is theirs to let go of.
    if (!(body instanceof ReadableStream && body.locked)) cancelContent(toContent(body as BodyInit))
    throw error
  }
}

/** Pieces as they come, copied to where they are wanted; what there is no room for waits. */
function intoFrom(pieces: AsyncIterator<Uint8Array>): ReadsInto['readInto'] {
  let rest: Uint8Array = EMPTY
  return async (target) => {
    while (rest.length === 0) {
      const { done, value } = await pieces.next()
      if (done) return null
      rest = value
    }
    const part = rest.subarray(0, target.length)
    target.set(part)
    rest = rest.subarray(part.length)
    return part.length
  }
}

/** One body that is read at most once: what `Request` and `Response` share. */
export class Carrier {
  #content: Content | null
  #used = false
  #stream: ReadableStream<Bytes> | undefined
  #into: ReadsInto['readInto'] | undefined

  constructor(content: Content | null) {
    this.#content = content
  }

  get content(): Content | null {
    return this.#content
  }

  /** Whether somebody has begun to read. */
  get used(): boolean {
    return this.#used
  }

  /** The body as a web stream; built when first asked for. */
  get stream(): ReadableStream<Bytes> | null {
    const content = this.#content
    if (content === null) return null
    this.#stream ??= this.#open(content)
    return this.#stream
  }

  #open(content: Content): ReadableStream<Bytes> {
    const source = cancellable(content)
    const pieces = piecesOf(source.content)
    return new ReadableStream<Bytes>(
      {
        pull: async (controller) => {
          this.#used = true
          const { done, value } = await pieces.next()
          if (done) controller.close()
          else controller.enqueue(value as Bytes)
        },
        cancel: (reason) => {
          this.#used = true
          source.cancel(reason)
          // What a program throws while it is called off concerns nobody who has called it off.
          pieces.return().catch(() => {})
        },
      },
      { highWaterMark: 0 },
    )
  }

  /** Takes the content in order to send it; afterwards it counts as read. @throws {TypeError} it was read */
  take(): Content | null {
    const content = this.#content
    if (content === null) return null
    this.#claim()
    if (this.#stream === undefined) return content
    return { pieces: this.#stream, type: content.type }
  }

  /** Two of one: a carrier in place of this, and a stream of the same. @throws {TypeError} it was read */
  split(): [Carrier, ReadableStream<Bytes> | null] {
    const { stream } = this
    const content = this.take()
    if (stream === null) return [this, null]
    const [pieces, copy] = stream.tee()
    return [new Carrier({ ...content, pieces }), copy]
  }

  #claim(): void {
    if (this.#used || this.#stream?.locked) throw new TypeError('the body has been read already')
    this.#used = true
  }

  /** All of it, in memory of its own. */
  async bytes(): Promise<Bytes> {
    const bytes = await this.#collect()
    // Small copies lie in a pool that many share: a caller who looks at `.buffer` must not see the rest of
    // it. (`slice()` would not do: Buffer's is a view.)
    return bytes.byteLength === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes)
  }

  async #collect(): Promise<Bytes> {
    const content = this.#content
    if (content === null) return new Uint8Array(0)
    this.#claim()
    if (this.#stream === undefined) {
      if (content.text !== undefined) return encodeUtf8(content.text)
      if (content.bytes !== undefined) return new Uint8Array(content.bytes)
      if (content.incoming !== undefined) return content.incoming.collect()
    }
    const source: Content = this.#stream === undefined ? content : { pieces: this.#stream }
    const parts: Uint8Array[] = []
    for await (const piece of piecesOf(source)) parts.push(piece)
    return concat(parts)
  }

  /** The next bytes, into memory of the reader's. @throws {TypeError} it is being read in another way */
  async readInto(target: Uint8Array): Promise<number | null> {
    if (!(target instanceof Uint8Array) || target.length === 0)
      throw new TypeError('readInto takes a Uint8Array with room for one byte or more')
    this.#into ??= this.#openInto()
    return this.#into(target)
  }

  #openInto(): ReadsInto['readInto'] {
    const content = this.#content
    if (content === null) return async () => null
    this.#claim()
    const { incoming, pieces } = content
    if (this.#stream !== undefined) return intoFrom(piecesOf({ pieces: this.#stream }))
    if (incoming !== undefined) return (target) => incoming.pullInto(target)
    if (pieces !== undefined && 'readInto' in pieces && pieces.readInto !== undefined)
      return (target) => (pieces as ReadsInto).readInto(target)
    return intoFrom(piecesOf(content))
  }

  async text(): Promise<string> {
    if (this.#content?.text !== undefined && this.#stream === undefined) {
      this.#claim()
      return this.#content.text.replace(/^\ufeff/, '')
    }
    const bytes = await this.#collect()
    // WHATWG Encoding, "UTF-8 decode": a leading byte order mark is not part of the text.
    const start = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0
    return decodeUtf8(bytes, start)
  }

  async json(): Promise<unknown> {
    return JSON.parse(await this.text())
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    return (await this.bytes()).buffer
  }

  async blob(type: string): Promise<Blob> {
    return new Blob([await this.#collect()], { type })
  }

  /** Multipart and urlencoded forms: the platform reads them. */
  async formData(type: string): Promise<FormData> {
    const bytes = await this.#collect()
    return new globalThis.Response(bytes, {
      headers: { 'content-type': type },
    }).formData() as Promise<FormData>
  }
}
