/**
 * `readMultipart`: the parts of a form as they arrive, each with its content as a stream. What is a part is decided in
 * `core/multipart.ts`; this file waits for bytes.
 *
 * Rules it keeps:
 * - One part at a time: the content of a part is read, or passed over, before the next one begins. Nothing of it is kept.
 * - Whoever still reads a part when the next one is asked for is told so, and takes nothing of it.
 * - Whoever leaves the loop gives the body up.
 */
import type { Bytes } from '@sluice/socket/bytes'
import { ProtocolError } from '../core/errors.ts'
import { parseContentType } from '../core/fields/content-type.ts'
import { Headers } from '../core/headers.ts'
import { type MultipartEvent, MultipartMachine, type PartHead } from '../core/multipart.ts'
import type { MultipartLimits } from '../core/multipart-limits.ts'
import { Carrier, piecesOf } from './body.ts'
import { Request, takeBody } from './request.ts'

/** What has parts: a request, a response, or anything else with fields and a body. */
export interface MultipartMessage {
  /** Where Content-Type is. */
  readonly headers: { get(name: string): string | null }
  /** The bytes. */
  readonly body: ReadableStream<Uint8Array> | AsyncIterable<Uint8Array> | null
}

/** How to read parts. */
export interface ReadMultipartOptions {
  /** Caps; each has its default. */
  limits?: Partial<MultipartLimits> | undefined
}

/** One part: a field of a form, or a file. Its content is read once, and before the next part is asked for. */
export class Part implements AsyncIterable<Bytes> {
  /** The field's name; empty where a part of another type than form-data has none. */
  readonly name: string
  /** The file's name as it was sent, `undefined` for a plain field. It is no path: see `safeFilename`. */
  readonly filename: string | undefined
  /** All fields of its head. */
  readonly headers: Headers
  readonly #carrier: Carrier

  /** @internal */
  constructor({ name, filename, fields }: PartHead, pieces: AsyncIterable<Uint8Array>) {
    this.name = name
    this.filename = filename
    this.headers = new Headers(fields)
    this.#carrier = new Carrier({ pieces })
  }

  /** The media type; `text/plain` where none was sent (RFC 7578 §4.4). */
  get type(): string {
    return this.headers.get('content-type') ?? 'text/plain'
  }
  /** The content as a web stream. */
  get body(): ReadableStream<Bytes> {
    return this.#carrier.stream as ReadableStream<Bytes>
  }
  /** Whether somebody has begun to read. */
  get bodyUsed(): boolean {
    return this.#carrier.used
  }

  /** The content as it arrives. */
  [Symbol.asyncIterator](): AsyncIterator<Bytes> {
    const content = this.#carrier.take()
    return piecesOf(content ?? {}) as AsyncGenerator<Bytes>
  }

  /**
   * All of the content as text in UTF-8.
   *
   * @throws {ProtocolError} side `remote`: longer than its cap, or broken off
   * @throws {TypeError} it was read already, or the next part was asked for
   */
  text(): Promise<string> {
    return this.#carrier.text()
  }

  /**
   * All of the content.
   *
   * @throws {ProtocolError} side `remote`: longer than its cap, or broken off
   * @throws {TypeError} it was read already, or the next part was asked for
   */
  bytes(): Promise<Bytes> {
    return this.#carrier.bytes()
  }
}

/**
 * Reads a multipart body part by part, without holding more of it than what is being read.
 *
 * @param message a request, a response, or anything with `headers` and `body`
 * @param options caps on parts, heads and contents
 * @returns the parts in their order; leaving the loop gives the rest up
 * @throws {ProtocolError} side `remote`: `statusHint` 415 for another type, 400 for what is no multipart, 413 above a
 *   cap. A handler that does not catch it answers so
 * @throws {TypeError | RangeError} the body was read already; a limit that makes no sense
 * @see RFC 7578; RFC 2046 §5.1
 * @example
 * const server = await serve(async (request) => {
 *   for await (const part of readMultipart(request, { limits: { fileSize: 10_000_000 } }))
 *     if (part.filename === undefined) console.log(part.name, await part.text())
 *     else for await (const bytes of part) console.log(part.filename, bytes.length)
 *   return new Response('thank you')
 * }, { port: 8080 })
 */
export function readMultipart(
  message: MultipartMessage,
  options: ReadMultipartOptions = {},
): AsyncGenerator<Part, void, undefined> {
  const { boundary, isForm } = boundaryOf(message.headers.get('content-type'))
  const machine = new MultipartMachine(boundary, { limits: options.limits, isForm })
  const content =
    message instanceof Request ? takeBody(message) : { pieces: message.body ?? NOTHING }
  return partsOf(new PartSource(machine, piecesOf(content ?? {})))
}

const NOTHING: AsyncIterable<Uint8Array> = { async *[Symbol.asyncIterator]() {} }

async function* partsOf(source: PartSource): AsyncGenerator<Part, void, undefined> {
  try {
    for (;;) {
      const event = await source.next()
      if (event.type === 'end') return
      const pieces = new PartPieces(source)
      yield new Part(event as PartHead, pieces)
      await pieces.pass()
    }
  } finally {
    await source.close()
  }
}

type PartEvent = Exclude<MultipartEvent, { type: 'need-data' }>

/** The machine, and the bytes that it asks for. */
class PartSource {
  readonly #machine: MultipartMachine
  readonly #pieces: AsyncGenerator<Uint8Array, void, undefined>

  constructor(machine: MultipartMachine, pieces: AsyncGenerator<Uint8Array, void, undefined>) {
    this.#machine = machine
    this.#pieces = pieces
  }

  async next(): Promise<PartEvent> {
    for (;;) {
      const event = this.#machine.next()
      if (event.type !== 'need-data') return event
      const { done, value } = await this.#pieces.next()
      this.#machine.receive(done ? null : value)
    }
  }

  async close(): Promise<void> {
    await this.#pieces.return()
  }
}

/** The content of one part. */
class PartPieces implements AsyncIterable<Bytes> {
  readonly #source: PartSource
  #last: Promise<unknown> = Promise.resolve()
  #isOver = false
  #isPassed = false

  constructor(source: PartSource) {
    this.#source = source
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Bytes, void, undefined> {
    for (;;) {
      if (this.#isPassed) throw new TypeError('the next part was asked for: this one is gone')
      const bytes = await this.#next()
      if (bytes === undefined) return
      yield bytes
    }
  }

  /** Reads what nobody wanted. */
  async pass(): Promise<void> {
    this.#isPassed = true
    while ((await this.#next()) !== undefined);
  }

  /** Who asks later gets what is later. */
  #next(): Promise<Bytes | undefined> {
    const next = this.#last.then(() => this.#read())
    this.#last = next.catch(() => {})
    return next
  }

  async #read(): Promise<Bytes | undefined> {
    if (this.#isOver) return undefined
    const event = await this.#source.next()
    if (event.type === 'data') return event.data as Bytes
    this.#isOver = true
    return undefined
  }
}

function boundaryOf(field: string | null): { boundary: string; isForm: boolean } {
  const media = parseContentType(field ?? '')
  if (media?.type !== 'multipart') {
    const found = field === null ? 'a body without a type' : JSON.stringify(field)
    throw new ProtocolError({
      reason: `multipart/form-data was expected, not ${found}`,
      side: 'remote',
      statusHint: 415,
    })
  }
  const boundary = media.parameters.get('boundary')
  if (boundary === undefined)
    throw new ProtocolError({ reason: 'Content-Type names no boundary', side: 'remote' })
  return { boundary, isForm: media.subtype === 'form-data' }
}
