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
  const size = await sizeOf(given)
  if (size !== undefined && !headers.has('content-length'))
    headers.set('Content-Length', String(size))
  const total = Number(headers.get('content-length') ?? Number.NaN)
  const meter = new Meter(performance.now(), 0, Number.isNaN(total) ? undefined : total)
  const body = made.body === null ? null : counted(made.body, meter, tell)
  return next({ ...request, headers, body })
}

/** The same bytes, counted when they are taken. Giving it up gives up what they come from, also while a piece is awaited. */
function counted(
  body: ReadableStream<Uint8Array>,
  meter: Meter,
  tell: (progress: Progress) => void,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const reader = body.getReader()
  let told = 0
  let rest: Uint8Array = new Uint8Array(0)
  let handedOut = 0
  return new ReadableStream(
    {
      async pull(controller) {
        // Whoever asks for the next piece has taken the last one.
        meter.add(handedOut)
        const now = performance.now()
        if (handedOut > 0 && now - told >= TELL_EVERY) {
          told = now
          await tell(meter.look(now))
        }
        while (rest.length === 0) {
          const { done, value } = await reader.read()
          if (done) {
            await tell(meter.look(performance.now()))
            controller.close()
            return
          }
          rest = value
        }
        const piece = rest.subarray(0, PIECE)
        rest = rest.subarray(PIECE)
        handedOut = piece.length
        controller.enqueue(piece as Uint8Array<ArrayBuffer>)
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  )
}

/** Bytes of a body, where it tells. */
function sizeOf(body: BodyInit): number | undefined | Promise<number> {
  if (typeof body === 'string') return encodeUtf8(body).length
  if (body instanceof ArrayBuffer || ArrayBuffer.isView(body)) return body.byteLength
  if (body instanceof Blob) return body.size
  if (body instanceof FormData) return sizeOfForm(body)
  return body instanceof URLSearchParams ? encodeUtf8(String(body)).length : undefined
}

/** What stands between the files is written to be measured; what is in them is not read for it. */
async function sizeOfForm(form: FormData): Promise<number> {
  const bare = new FormData()
  let ofFiles = 0
  for (const [name, value] of form)
    if (typeof value === 'string') bare.append(name, value)
    else {
      bare.append(name, new Blob([], { type: value.type }), value.name)
      ofFiles += value.size
    }
  return (await new Response(bare).arrayBuffer()).byteLength + ofFiles
}
