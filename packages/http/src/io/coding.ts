/**
 * Undoes content codings while a body is read: nothing is unfolded before somebody reads, and not more than that at a
 * time. What is allowed is decided in `core/content-coding.ts`.
 */
import { Readable, type Transform } from 'node:stream'
import * as zlib from 'node:zlib'
import { checkNumber } from '../core/check-options.ts'
import {
  type Coding,
  type CodingLimits,
  DEFAULT_CODING,
  excess,
  planDecoding,
} from '../core/content-coding.ts'
import { ProtocolError } from '../core/errors.ts'
import { type Content, type IncomingBody, piecesOf } from './body.ts'

/** What this runtime can undo, as the value of Accept-Encoding. */
function acceptEncoding(): string {
  return 'createZstdDecompress' in zlib ? 'gzip, deflate, br, zstd' : 'gzip, deflate, br'
}

/** Undoes the codings of responses. */
export interface Decoder {
  /** The line that asks for codings. */
  readonly line: string
  /**
   * The body as it was before it was coded, or nothing where it is to be left as it is.
   *
   * @param asked what errors name
   * @throws {ProtocolError} more codings than allowed
   */
  decode(incoming: IncomingBody, field: string | undefined, asked: Asked): Content | undefined
}

/** The request whose answer this is. */
interface Asked {
  readonly method: string
  readonly url: string
}

/** The decoder for an option: one for all who leave the caps as they are. */
export function decoderFor(option: true | Partial<CodingLimits>): Decoder {
  return option === true ? usual : openDecoder(option)
}

const LINE = `Accept-Encoding: ${acceptEncoding()}\r\n`

function openDecoder(given: Partial<CodingLimits>): Decoder {
  const limits = completeCoding(given)
  return {
    line: LINE,
    decode(incoming, field, asked) {
      let codings: Coding[] | undefined
      try {
        codings = planDecoding(field, limits)
      } catch (error) {
        throw broken(asked, (error as Error).message, 'ERR_CONTENT_CODING')
      }
      if (codings === undefined || codings.length === 0 || !codings.every(canDecode))
        return undefined
      return decodedContent(incoming, codings, limits, asked)
    },
  }
}

const usual: Decoder = openDecoder({})

function completeCoding(given: Partial<CodingLimits>): CodingLimits {
  if (typeof given !== 'object') throw new TypeError('decode must be a boolean or an object')
  const limits = { ...DEFAULT_CODING }
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(DEFAULT_CODING, name))
      throw new TypeError(`decode: there is no limit '${name}'; there are codings, decoded, ratio`)
    if (value !== undefined)
      limits[name as keyof CodingLimits] = checkNumber(`decode: ${name}`, value)
  }
  return limits
}

/** Whether this runtime can undo a coding. */
function canDecode(coding: Coding): boolean {
  return coding !== 'zstd' || 'createZstdDecompress' in zlib
}

/**
 * The body as it was before it was coded.
 *
 * @param codings in the order in which they are undone, each of which this runtime can
 * @returns a body whose reading throws a remote ProtocolError: damaged, cut short, or more than the caps allow
 */
function decodedContent(
  incoming: IncomingBody,
  codings: readonly Coding[],
  limits: CodingLimits,
  asked: Asked,
): Content {
  const pieces = decode(incoming, codings, limits, asked)
  return {
    pieces: {
      [Symbol.asyncIterator]: () => ({
        next: () => pieces.next(),
        // A generator that was never begun does not clean up.
        async return() {
          incoming.cancel()
          await pieces.return()
          return { done: true, value: undefined }
        },
      }),
    },
  }
}

async function* decode(
  incoming: IncomingBody,
  codings: readonly Coding[],
  limits: CodingLimits,
  asked: Asked,
): AsyncGenerator<Uint8Array, void, undefined> {
  let arrivalError: unknown
  const source = Readable.from(
    (async function* () {
      try {
        yield* piecesOf({ incoming })
      } catch (error) {
        arrivalError = error
        throw error
      }
    })(),
  )
  const names = codings.join(', ')
  // Counted behind each coding: what unfolds to a million empty files is as dear as what unfolds to a large one.
  async function* within(stage: Readable): AsyncGenerator<Uint8Array, void, undefined> {
    let decoded = 0
    for await (const piece of stage as AsyncIterable<Uint8Array>) {
      decoded += piece.length
      const reason = excess(incoming.received, decoded, limits)
      if (reason !== undefined) throw broken(asked, `the ${names} body ${reason}`, 'ERR_TOO_LONG')
      yield piece
    }
  }
  const [first, ...rest] = codings as [Coding, ...Coding[]]
  try {
    let last = within(await appendDecoder(source, first))
    for (const coding of rest) last = within(await appendDecoder(Readable.from(last), coding))
    yield* last
  } catch (error) {
    if (error instanceof ProtocolError) throw error
    // No bytes are no bytes: many servers say of an answer without any how they would have coded it.
    if (arrivalError === undefined && incoming.received === 0) return
    // What broke on the wire is told as it is.
    throw arrivalError ?? broken(asked, `the ${names} body is damaged`, 'ERR_CONTENT_CODING', error)
  } finally {
    source.destroy()
    incoming.cancel()
  }
}

/** `deflate` is zlib's format by the standard and bare DEFLATE by an old mistake: the first byte tells (RFC 1950 §2.2). */
async function appendDecoder(source: Readable, coding: Coding): Promise<Readable> {
  if (coding !== 'deflate') return pipe(source, unfolding(coding))
  const iterator = source[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>
  const first = await iterator.next()
  const byte = first.done ? undefined : first.value[0]
  const rest = Readable.from(
    (async function* () {
      for (let next = first; !next.done; next = await iterator.next()) yield next.value
    })(),
  )
  const isZlib = byte === undefined || (byte & 0x0f) === 8
  return pipe(rest, isZlib ? zlib.createInflate() : zlib.createInflateRaw())
}

function unfolding(coding: Exclude<Coding, 'deflate'>): Transform {
  if (coding === 'gzip') return zlib.createGunzip()
  if (coding === 'br') return zlib.createBrotliDecompress()
  const { createZstdDecompress } = zlib as typeof zlib & { createZstdDecompress(): Transform }
  return createZstdDecompress()
}

/** As pipe(), and an error of the source ends the decoder too. */
function pipe(source: Readable, decoder: Transform): Readable {
  source.on('error', (error) => decoder.destroy(error))
  return source.pipe(decoder)
}

function broken(
  { method: verb, url: target }: Asked,
  reason: string,
  code: string,
  cause?: unknown,
): ProtocolError {
  return new ProtocolError({ verb, target, reason, code, side: 'remote', phase: 'body', cause })
}
