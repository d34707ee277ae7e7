/**
 * Frames the messages that are sent, one after the other: which framing a body gets, what goes around its
 * pieces, and whether what was announced is what came. `connection.ts` decides whether anything may be sent
 * at all.
 */
import { ProtocolError } from './errors.ts'
import type { FieldList } from './events.ts'
import type { Framing } from './framing.ts'
import { toOutgoing } from './headers.ts'
import { isBodiless } from './status.ts'
import { flat, formatChunkSize, LAST_CHUNK, type OutgoingFields } from './writers.ts'

/** The body of the message that is being sent. */
export class MessageWriter {
  #framing: Framing = 'none'
  #left = 0

  get framing(): Framing {
    return this.#framing
  }

  /** A message without content, or one that HTTP ends with. */
  begin(framing: 'none' | 'tunnel'): void {
    this.#framing = framing
  }

  /**
   * Decides how a body is framed.
   *
   * @param fields what the caller says about it
   * @param length its bytes, where that is known
   * @param modern whether the peer reads chunks: HTTP/1.0 does not
   * @returns the field line that says so, or nothing when the caller's fields say it already
   * @throws {ProtocolError} the fields and the body contradict each other
   */
  plan(fields: OutgoingFields, length: number | undefined, modern: boolean): string {
    if (fields.length !== -1) {
      if (length !== undefined && length !== fields.length)
        throw new ProtocolError({
          reason: `Content-Length says ${fields.length} bytes, the body has ${length}`,
        })
      this.#framing = 'length'
      this.#left = fields.length
      return ''
    }
    if (fields.chunked && modern) {
      this.#framing = 'chunked'
      return ''
    }
    if (length !== undefined) {
      this.#framing = 'length'
      this.#left = length
      return lengthLine(length)
    }
    // RFC 9112 §6.1: never chunked to an HTTP/1.0 peer; it reads until the end of the connection.
    this.#framing = modern ? 'chunked' : 'close'
    return modern ? 'Transfer-Encoding: chunked\r\n' : ''
  }

  /** As `plan`, for a request. */
  planRequest(
    method: string,
    fields: OutgoingFields,
    length: number | 'unknown' | undefined,
  ): string {
    if (length === undefined && !fields.chunked && fields.length === -1) {
      this.begin('none')
      return ''
    }
    if (method === 'CONNECT') throw new ProtocolError({ reason: 'a CONNECT request with content' })
    return this.plan(fields, length === 'unknown' ? undefined : length, true)
  }

  /** As `plan`, for a response; some have no body whatever the program thinks. */
  planResponse(
    status: number,
    fields: OutgoingFields,
    length: number | undefined,
    method: string | undefined,
    modern: boolean,
  ): string {
    const isTunnel = method === 'CONNECT' && status >= 200 && status < 300
    if (isTunnel || isBodiless(status)) {
      // RFC 9110 §8.6: neither a 204 nor a 2xx to CONNECT says how long its content is; a 304 may.
      if (fields.chunked || (fields.length > 0 && status !== 304))
        throw new ProtocolError({ reason: `status ${status} has no content` })
      this.begin(isTunnel ? 'tunnel' : 'none')
      return ''
    }
    const framing = this.plan(fields, length, modern)
    if (method === 'HEAD') this.begin('none')
    return framing
  }

  /** @returns what goes before `size` bytes of body; after a chunk size, CRLF follows the bytes */
  openChunk(size: number): string {
    if (this.#framing === 'chunked') return size === 0 ? '' : formatChunkSize(size)
    if (this.#framing === 'none' || this.#framing === 'tunnel')
      throw inBody('a message without content')
    if (this.#framing === 'length' && size > this.#left)
      throw inBody(`the body has ${size - this.#left} bytes more than its Content-Length`)
    this.#left -= size
    return ''
  }

  /** @returns the last chunk and trailers, where there are any */
  close(trailers: FieldList | undefined): string {
    if (this.#framing === 'length' && this.#left > 0)
      throw inBody(`the body ended ${this.#left} bytes before its Content-Length`)
    if (trailers === undefined) return this.#framing === 'chunked' ? LAST_CHUNK : ''
    const fields = toOutgoing(trailers)
    if (this.#framing !== 'chunked') {
      if (fields.text !== '') throw inBody('trailers without a chunked body')
      return ''
    }
    // RFC 9110 §6.5.1: what frames or routes a message can't come after it.
    if (fields.length !== -1 || fields.chunked || fields.host)
      throw inBody('a trailer that belongs into the header section')
    return `0\r\n${fields.text}\r\n`
  }
}

const lengthLines: string[] = []
/** Lengths up to here are written once: most answers are short, and this is 100 KB at most. */
const SHORT = 2048

function lengthLine(length: number): string {
  const cached = lengthLines[length]
  if (cached !== undefined) return cached
  const line = flat(`Content-Length: ${length}\r\n`)
  if (length < SHORT) lengthLines[length] = line
  return line
}

function inBody(reason: string): ProtocolError {
  return new ProtocolError({ reason, phase: 'body' })
}
