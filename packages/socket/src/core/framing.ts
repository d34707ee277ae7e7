/**
 * Messages on a stream. TCP keeps bytes in order and forgets where each `send` began, so two programs
 * have to agree on a frame. Three agreements cover nearly every protocol: a line, a delimiter, a length
 * in front.
 *
 * A framer holds no state: it takes the next frame out of a ReceiveBuffer, or nothing while it is not
 * complete, and builds a frame around a payload. Each has a limit, since a peer that never sends the end
 * of a line would otherwise fill the memory.
 */
import {
  type Bytes,
  concat,
  type Data,
  EMPTY,
  encodeLatin1,
  indexOf,
  kindOf,
  toBytes,
} from './bytes.ts'
import { NetError } from './errors.ts'
import { quoted } from './quote.ts'
import type { ReceiveBuffer } from './receive-buffer.ts'

/** One agreement about where messages begin and end. */
export interface Framer {
  /**
   * Takes the payload of the next frame.
   *
   * @param buffer what has arrived; only whole frames are taken out of it
   * @returns the payload, possibly empty, or `undefined` while the frame is not complete
   * @throws {NetError} `ERR_TOO_LONG` once it is certain that the frame passes the limit
   */
  take(buffer: ReceiveBuffer): Bytes | undefined
  /**
   * Builds the frame of a payload.
   *
   * @param payload a string becomes UTF-8
   * @throws {RangeError} when this framing can't carry it
   */
  frame(payload: Data): Bytes
}

/** The default limit of a line: 64 KiB, as Go's bufio.Scanner and Python's http.client have it. */
const MAX_LINE = 65_536
/** The default limit of a length-prefixed message: 16 MiB, gRPC's 4 MiB and WebSocket servers' 16 to 100 MiB in mind. */
const MAX_MESSAGE = 16_777_216

const LF: Bytes = encodeLatin1('\n')

/**
 * Lines that end with LF or CRLF; the ending is not part of the payload. `frame` writes LF.
 *
 * @param options `max`: bytes of a line without its end, default 65 536
 * @throws {TypeError | RangeError} for a `max` that is no number of 0 or more
 * @see RFC 5234 §B.1 (CRLF); Python's StreamReader.readline
 */
export function lines({ max = MAX_LINE }: { max?: number } = {}): Framer {
  checkMax(max)
  return {
    take(buffer) {
      // The CR of a CRLF may stand one byte beyond the limit.
      const line = takeDelimited(buffer, LF, max + 1)
      if (line === undefined) return undefined
      const payload = line.at(-1) === 0x0d ? line.subarray(0, -1) : line
      if (payload.length > max) throw tooLong('line', max)
      return payload
    },
    frame(payload) {
      const bytes = toBytes(payload)
      if (bytes.includes(0x0a)) throw new RangeError('a line must not contain a line feed')
      return concat([bytes, LF])
    },
  }
}

/**
 * Messages that end with a mark of one byte or more; the mark is not part of the payload.
 *
 * @param options `max`: bytes of a payload, default 65 536
 * @param mark at least one byte; a string becomes UTF-8
 * @throws {RangeError} for an empty mark
 * @throws {TypeError | RangeError} for a `max` that is no number of 0 or more
 * @see Python's StreamReader.readuntil
 */
export function delimited(mark: Data, { max = MAX_LINE }: { max?: number } = {}): Framer {
  checkMax(max)
  const bytes = toBytes(mark)
  if (bytes.length === 0) throw new RangeError('a delimiter has at least one byte')
  return {
    take: (buffer) => takeDelimited(buffer, bytes, max),
    frame(payload) {
      const body = toBytes(payload)
      if (indexOf(body, bytes) !== -1) throw new RangeError('the payload contains the delimiter')
      return concat([body, bytes])
    },
  }
}

/**
 * Messages with their length in front: an unsigned number of 1, 2 or 4 bytes, most significant first.
 *
 * @param options `size`: bytes of the length, 1, 2 or 4, default 4; `max`: bytes of a payload, default 16 MiB
 * @throws {TypeError | RangeError} for another size, or a `max` that is no number of 0 or more
 * @see RFC 1035 §4.2.2, where two bytes are in front; Python's struct `!I`
 */
export function lengthPrefixed({
  size = 4,
  max = MAX_MESSAGE,
}: {
  size?: 1 | 2 | 4
  max?: number
} = {}): Framer {
  checkMax(max)
  if (size !== 1 && size !== 2 && size !== 4)
    throw new RangeError(`size must be 1, 2 or 4, not ${quoted(size)}`)
  const limit = Math.min(max, 2 ** (8 * size) - 1)
  return {
    take(buffer) {
      const prefix = buffer.peek(size)
      if (prefix === undefined || prefix.length < size) return undefined
      const length = prefix.reduce((sum, byte) => sum * 256 + byte, 0)
      if (length > limit) throw tooLong('message', limit)
      if (buffer.length < size + length) return undefined
      buffer.takeExactly(size)
      return buffer.takeExactly(length) ?? EMPTY
    },
    frame(payload) {
      const bytes = toBytes(payload)
      if (bytes.length > limit)
        throw new RangeError(`a message has at most ${limit} bytes, not ${bytes.length}`)
      const prefix = Uint8Array.from(
        { length: size },
        (_, i) => (bytes.length / 256 ** (size - 1 - i)) & 0xff,
      )
      return concat([prefix, bytes])
    },
  }
}

function takeDelimited(buffer: ReceiveBuffer, mark: Uint8Array, max: number): Bytes | undefined {
  const end = buffer.find(mark)
  if (end > max || (end === -1 && buffer.length >= max + mark.length)) throw tooLong('message', max)
  if (end === -1) return undefined
  return buffer.takeExactly(end + mark.length)?.subarray(0, end)
}

function tooLong(what: string, max: number): NetError {
  return new NetError({
    verb: 'receive',
    target: '',
    code: 'ERR_TOO_LONG',
    phase: 'receive',
    reason: `${what} longer than ${max} bytes`,
  })
}

function checkMax(max: unknown): void {
  if (typeof max !== 'number') throw new TypeError(`max must be a number, not ${kindOf(max)}`)
  if (!(max >= 0)) throw new RangeError(`max must be 0 or more, not ${max}`)
}
