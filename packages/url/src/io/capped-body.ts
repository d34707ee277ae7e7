/** Ends a body that is longer than it may be. Loaded when there is a cap. */
import { Response } from '@sluice/http'
import { FetchError } from '../core/errors.ts'
import { located, nameOf } from './handlers/local.ts'
import type { PlannedRequest } from './pipeline.ts'

/** It has no body, whatever a server frames (RFC 9110 §15.3.6); a `Response` of this status can't be made with one. */
const RESET_CONTENT = 205
/** Of those that a `Response` can be made with. */
const HIGHEST_STATUS = 599

/** The response, with a body that ends in an error where it would have more bytes than `most`. */
export async function cap(
  request: PlannedRequest,
  response: Response,
  most: number,
): Promise<Response> {
  const { body, status, statusText, headers } = response
  if (body === null) return response
  if (status === RESET_CONTENT) {
    await body.cancel()
    return located(new Response(null, { status, statusText, headers }), request)
  }
  const tooLong = (): FetchError =>
    new FetchError({
      method: request.method,
      url: nameOf(request.url),
      code: 'ERR_TOO_LONG',
      phase: 'body',
      reason: `the body has more than ${most} bytes, which is all that this program takes`,
    })
  const isCoded = headers.has('content-encoding')
  if (!isCoded && Number(headers.get('content-length') ?? 0) > most) {
    await body.cancel()
    throw tooLong()
  }
  let came = 0
  const counted = (body as ReadableStream<Uint8Array>).pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(piece, controller) {
        came += piece.length
        if (came > most) throw tooLong()
        controller.enqueue(piece)
      },
    }),
  )
  const isKnown = status <= HIGHEST_STATUS
  const init = { status: isKnown ? status : HIGHEST_STATUS, statusText, headers }
  const capped = new Response(counted as ReadableStream<Uint8Array<ArrayBuffer>>, init)
  // What may come and may not be made: some say 999 to robots.
  if (!isKnown) Object.defineProperty(capped, 'status', { value: status })
  return located(capped, request)
}
