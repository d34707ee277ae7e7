/** Tells how a body goes out. Loaded when somebody asks. */
import { type BodyInit, Headers, Response } from '@sluice/http'
import { encodeUtf8 } from '@sluice/socket/bytes'
import { Meter, type Progress } from '../core/meter.ts'
import type { Handler, PlannedRequest } from './pipeline.ts'

/** So often, in milliseconds. */
const TELL_EVERY = 200
/** A body that lies in memory goes out in pieces of this size, so that there is something to tell. */
const PIECE = 65_536

/** Sends a request whose body is counted. */
export async function sendCounted(
  request: PlannedRequest,
  next: Handler,
  tell: (progress: Progress) => void,
): Promise<Response> {
  const given = typeof request.body === 'function' ? await request.body() : request.body
  if (given === null) return next(request)
  const headers = new Headers(request.headers)
  // What a body says of its type is lost with it when it becomes a stream.
  const made = new Response(given)
  const type = made.headers.get('content-type')
  if (type !== null && !headers.has('content-type')) headers.set('Content-Type', type)
  const size = sizeOf(given)
  if (size !== undefined && !headers.has('content-length'))
    headers.set('Content-Length', String(size))
  const total = Number(headers.get('content-length') ?? Number.NaN)
  const meter = new Meter(performance.now(), 0, Number.isNaN(total) ? undefined : total)
  const pieces = counted((made.body ?? []) as AsyncIterable<Uint8Array>, meter, tell)
  return next({ ...request, headers, body: toStream(pieces) })
}

async function* counted(
  pieces: AsyncIterable<Uint8Array>,
  meter: Meter,
  tell: (progress: Progress) => void,
): AsyncGenerator<Uint8Array> {
  let told = 0
  for await (const piece of pieces)
    for (let at = 0; at < piece.length; at += PIECE) {
      const part = piece.subarray(at, at + PIECE)
      yield part
      // Whoever asks for the next piece has taken this one.
      meter.add(part.length)
      const now = performance.now()
      if (now - told < TELL_EVERY) continue
      told = now
      tell(meter.look(now))
    }
  tell(meter.look(performance.now()))
}

function toStream(pieces: AsyncGenerator<Uint8Array>): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream(
    {
      async pull(controller) {
        const { done, value } = await pieces.next()
        if (done) controller.close()
        else controller.enqueue(value as Uint8Array<ArrayBuffer>)
      },
      async cancel() {
        await pieces.return(undefined)
      },
    },
    { highWaterMark: 0 },
  )
}

/** Bytes of a body, where it tells. */
function sizeOf(body: BodyInit): number | undefined {
  if (typeof body === 'string') return encodeUtf8(body).length
  if (body instanceof ArrayBuffer || ArrayBuffer.isView(body)) return body.byteLength
  if (body instanceof Blob) return body.size
  return body instanceof URLSearchParams ? encodeUtf8(String(body)).length : undefined
}
