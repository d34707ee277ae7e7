/**
 * How a message leaves: a head with a small body in one string and one write, a large body as parts of
 * one write, a streamed body piece by piece with back-pressure.
 */
import { Buffer } from 'node:buffer'
import type { ByteStream } from '@sluice/socket'
import { decodeLatin1, encodeLatin1, encodeUtf8 } from '@sluice/socket/bytes'
import type { Http1Machine } from '../core/connection.ts'
import type { Headers } from '../core/headers.ts'
import { type Content, piecesOf } from './body.ts'

/** Bodies up to here go into the same string as their head; beyond, one copy more costs more than a vector. */
const INLINE_BODY = 16_384

const CRLF = encodeLatin1('\r\n')

/** A whole body: latin-1 text when it is small, bytes when it is not, nothing when it has to be streamed. */
export interface WholeBody {
  readonly length: number
  readonly text: string | undefined
  readonly bytes: Uint8Array | undefined
}

/** @returns the body with its length, or `undefined` for one that comes in pieces */
export function wholeBody(content: Content): WholeBody | undefined {
  const { text, bytes } = content
  if (text !== undefined) {
    // ASCII has as many bytes as characters, and they are counted many at a time; an expression looks at each.
    if (text.length <= INLINE_BODY && Buffer.byteLength(text) === text.length)
      return { length: text.length, text, bytes: undefined }
    return whole(encodeUtf8(text))
  }
  return bytes === undefined ? undefined : whole(bytes)
}

function whole(bytes: Uint8Array): WholeBody {
  return bytes.length <= INLINE_BODY
    ? { length: bytes.length, text: decodeLatin1(bytes), bytes: undefined }
    : { length: bytes.length, text: undefined, bytes }
}

/**
 * Sends a head with its whole body, and completes the message: one write.
 *
 * @throws {ProtocolError} the body is not as long as the head says
 */
export function sendWhole(
  stream: ByteStream,
  machine: Http1Machine,
  head: string,
  body: WholeBody,
): Promise<void> {
  const before = body.length === 0 ? '' : machine.openChunk(body.length)
  const after = `${before === '' ? '' : '\r\n'}${machine.finish()}`
  const { text, bytes } = body
  if (bytes === undefined) return stream.sendLatin1(head + before + text + after)
  return stream.sendAll([encodeLatin1(head + before), bytes, encodeLatin1(after)])
}

/** What has left of a streamed body. */
export interface Sent {
  bytes: number
  pieces: number
  /** Fields behind it. */
  trailers: number
}

/**
 * Sends the body of a message whose head has been sent, and completes the message.
 *
 * @param isStopped asked before each piece: whether nobody wants the rest
 * @param trailers asked at the end, where the message can have them
 * @param onPiece told how many bytes each piece has
 */
export async function sendPieces(
  stream: ByteStream,
  machine: Http1Machine,
  content: Content,
  isStopped: () => boolean,
  trailers?: () => Promise<Headers>,
  onPiece?: (bytes: number) => void,
): Promise<Sent> {
  const done: Sent = { bytes: 0, pieces: 0, trailers: 0 }
  for await (const piece of piecesOf(content)) {
    if (isStopped()) return done
    if (piece.length === 0) continue
    const before = machine.openChunk(piece.length)
    const sent = stream.sendAll(before === '' ? piece : [encodeLatin1(before), piece, CRLF])
    done.bytes += piece.length
    done.pieces++
    onPiece?.(piece.length)
    await sent
  }
  if (isStopped()) return done
  const fields = machine.sendsTrailers ? await trailers?.() : undefined
  if (isStopped()) return done
  done.trailers = fields === undefined ? 0 : fields.raw().length
  const last = machine.finish(fields)
  if (last !== '') await stream.sendLatin1(last)
  return done
}
