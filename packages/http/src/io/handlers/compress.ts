/**
 * `compress`: a handler whose responses are compressed on their way. Whether one is, and how, is decided in
 * `core/compression.ts`; this file turns bytes into fewer.
 *
 * Rules it keeps:
 * - A body that lies in memory is compressed whole, and has a length; one that did not get smaller is sent as it was.
 * - A streamed body is compressed as it comes, and what was said is not held back: when its source has nothing more to say,
 *   what the coder holds is flushed. So server-sent events arrive when they are sent.
 * - Nothing is read before somebody wants it, and a source whose client is gone is told.
 */
import type { Transform } from 'node:stream'
import * as zlib from 'node:zlib'
import { type Bytes, encodeUtf8 } from '@sluice/socket/bytes'
import { checkOptions } from '../../core/check-options.ts'
import {
  type CompressionCoding,
  type CompressionRules,
  markCompressed,
  markVary,
  planCompression,
} from '../../core/compression.ts'
import { isCompressible } from '../../core/mime-types.ts'
import { type BodyInit, type Content, cancellable, piecesOf } from '../body.ts'
import { fromPlatform } from '../platform-response.ts'
import { peekResponse, Response, takeResponse } from '../response.ts'
import { type Handler, toHandler } from '../server-context.ts'

/** How to compress. */
export interface CompressOptions {
  /** Codings, the first breaks ties; default `['br', 'zstd', 'gzip']`, zstd where the runtime has it. */
  codings?: readonly CompressionCoding[] | undefined
  /** Bytes below which a body of known length is sent as it is; default 1024: less fits into one packet anyway. */
  minimum?: number | undefined
  /**
   * Whether bodies of a media type get smaller, where `true` says so and nothing else does; a promise is waited for. Default:
   * text, JSON, events and their like, and no pictures.
   */
  types?: ((type: string) => boolean | Promise<boolean>) | undefined
}

const KEYS = ['codings', 'minimum', 'types']
const CODINGS: readonly CompressionCoding[] = ['br', 'zstd', 'gzip']
const MINIMUM = 1024

/**
 * Wraps a handler so that its responses are compressed for those who take it: by Accept-Encoding with its weights, with Vary,
 * a strong ETag made weak. Left alone is what has a coding, says no-transform, is a range or a picture, or is small; HEAD, 204
 * and 304 too. A page that holds a secret beside what a stranger has sent should not be compressed (BREACH).
 *
 * @param handler a function, or an object with such a `fetch`
 * @param options codings, the least size, which types
 * @returns a handler
 * @throws {TypeError | RangeError} for options that make no sense
 * @see RFC 9110 §8.4, §12.5.3
 * @example const server = await serve(compress(() => new Response('a'.repeat(10_000))), { port: 8080 })
 */
export function compress(
  handler: Handler | { fetch: Handler },
  options: CompressOptions = {},
): Handler {
  checkOptions('compress', options, KEYS)
  const next = toHandler(handler)
  const rules = rulesOf(options)
  const { types } = options
  return async (request, info) => {
    const given = await next(request, info)
    // What has no body may mean more than it says: 101 is a connection that is handed over.
    if (!(given instanceof Response) && given.body === null) return given
    const response = given instanceof Response ? given : await fromPlatform(given)
    const answer = types && (await types(response.headers.get('content-type') ?? '')) === true
    const judged = answer === undefined ? rules : { ...rules, isCompressible: () => answer }
    return (await compressed(response, request, judged)) as unknown as globalThis.Response
  }
}

function rulesOf({ codings = CODINGS, minimum = MINIMUM }: CompressOptions): CompressionRules {
  for (const coding of codings)
    if (!CODINGS.includes(coding))
      throw new TypeError(
        `compress: there is no coding ${JSON.stringify(coding)}; there are ${CODINGS.join(', ')}`,
      )
  if (typeof minimum !== 'number' || !(minimum >= 0))
    throw new RangeError(`compress: minimum must be 0 or more bytes, not ${minimum}`)
  return {
    codings: codings.filter((coding) => coding !== 'zstd' || 'createZstdCompress' in zlib),
    minimum,
    isCompressible: (type) => isCompressible(type) || /^text\/event-stream\b/i.test(type),
  }
}

async function compressed(
  response: Response,
  { method, headers: asked }: globalThis.Request,
  rules: CompressionRules,
): Promise<Response> {
  const content = peekResponse(response)
  const { status, headers } = response
  const whole = content === null ? undefined : wholeBytes(content)
  const told = headers.get('content-length')
  const { coding, varies } = planCompression(
    {
      method,
      status,
      accept: asked.get('accept-encoding'),
      headers,
      length:
        content === null
          ? null
          : (whole?.length ?? content.length ?? (told === null ? undefined : Number(told))),
    },
    rules,
  )
  if (varies) markVary(headers)
  if (coding === undefined || content === null) return response
  const smaller = whole === undefined ? undefined : await encodeWhole(whole, coding)
  if (smaller !== undefined && smaller.length >= (whole as Uint8Array).length) return response
  const { reason, trailers, content: taken } = takeResponse(response)
  markCompressed(headers, coding)
  const body: BodyInit = smaller ?? encoded(taken as Content, coding)
  return new Response(body, { status, statusText: reason, headers, trailers })
}

function wholeBytes({ text, bytes }: Content): Uint8Array | undefined {
  return text === undefined ? bytes : encodeUtf8(text)
}

// Of what is made while somebody waits, speed counts: these are several times as fast as the best, and a tenth larger.
const BROTLI_QUALITY = 4
const brotliOptions = (): zlib.BrotliOptions => ({
  params: { [zlib.constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY },
})

type Done = (error: Error | null, result: Uint8Array) => void
/** What newer types of Node have. */
interface Zstd {
  createZstdCompress(): Coder
  zstdCompress(bytes: Uint8Array, done: Done): void
}
interface Coder extends Transform {
  flush(done: () => void): void
  flush(kind: number, done: () => void): void
}

function encodeWhole(bytes: Uint8Array, coding: CompressionCoding): Promise<Bytes> {
  return new Promise((resolve, reject) => {
    const done: Done = (error, result) => (error ? reject(error) : resolve(result as Bytes))
    if (coding === 'gzip') zlib.gzip(bytes, done)
    else if (coding === 'br') zlib.brotliCompress(bytes, brotliOptions(), done)
    else (zlib as unknown as Zstd).zstdCompress(bytes, done)
  })
}

function openCoder(coding: CompressionCoding): Coder {
  if (coding === 'gzip') return zlib.createGzip()
  if (coding === 'br') return zlib.createBrotliCompress(brotliOptions())
  return (zlib as unknown as Zstd).createZstdCompress()
}

/** A streamed body, coded while it is read. */
function encoded(content: Content, coding: CompressionCoding): AsyncIterable<Uint8Array> {
  const source = cancellable(content)
  let coder: Coder | undefined
  let output: AsyncIterator<Uint8Array> | undefined
  return {
    [Symbol.asyncIterator]: () => ({
      next() {
        if (output === undefined) {
          coder = openCoder(coding)
          output = coder[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>
          feed(coder, source.content, coding).catch((error: Error) => coder?.destroy(error))
        }
        return output.next()
      },
      async return(reason?: unknown) {
        source.cancel(reason)
        coder?.destroy()
        return { done: true, value: undefined }
      },
    }),
  }
}

async function feed(coder: Coder, content: Content, coding: CompressionCoding): Promise<void> {
  const pieces = piecesOf(content)
  let next = pieces.next()
  for (;;) {
    const { done, value } = await next
    if (done) break
    await written(coder, value)
    next = pieces.next()
    if (await isLate(next)) await flushed(coder, coding)
  }
  coder.end()
}

function written(coder: Coder, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    coder.write(bytes, (error) => (error ? reject(error) : resolve()))
  })
}

function flushed(coder: Coder, coding: CompressionCoding): Promise<void> {
  return new Promise((resolve) => {
    // A full flush would forget what was said, and with it most of what there is to save.
    if (coding === 'gzip') coder.flush(zlib.constants.Z_SYNC_FLUSH, resolve)
    else coder.flush(resolve)
  })
}

/** Whether a source has nothing more to say in this turn. */
function isLate(next: Promise<unknown>): Promise<boolean> {
  return Promise.race([
    next.then(() => false),
    new Promise<boolean>((resolve) => {
      setImmediate(() => resolve(true))
    }),
  ])
}
