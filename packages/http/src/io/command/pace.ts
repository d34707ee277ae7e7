/** `--rate`: bodies that leave at most so fast, to see a page as somebody with a slow line does. */
import { setTimeout as sleep } from 'node:timers/promises'
import { cancellable, piecesOf } from '../body.ts'
import { peekResponse, Response, takeResponse } from '../response.ts'
import type { Handler } from '../server-context.ts'
import { UsageError } from './stage.ts'

const UNITS: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6, g: 1e9 }

/** Reads `500k`: bytes a second. @throws {UsageError} for what is none */
export function parseRate(text: string): number {
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?)([kmg]?)$/i.exec(text) ?? []
  const rate = Number(digits) * (UNITS[unit.toLowerCase()] ?? Number.NaN)
  if (!(rate >= 1))
    throw new UsageError(`--rate must be bytes a second, like 500k or 2m, not '${text}'`)
  return rate
}

/** Wraps a handler so that each response leaves at `rate` bytes a second. */
export function paced(handler: Handler, rate: number): Handler {
  return async (request, info) => {
    const response = await handler(request, info)
    if (!(response instanceof Response) || peekResponse(response) === null) return response
    const { status, reason, content } = takeResponse(response)
    const { headers } = response
    const source = cancellable(content ?? {})
    const pieces = slowed(piecesOf(source.content), rate)
    const body = {
      [Symbol.asyncIterator]: () => ({
        next: () => pieces.next(),
        async return(why?: unknown) {
          source.cancel(why)
          return { done: true as const, value: undefined }
        },
      }),
    }
    return new Response(body, {
      status,
      statusText: reason,
      headers,
    }) as unknown as globalThis.Response
  }
}

/** Ten pieces a second. */
const STEP = 100

async function* slowed(
  pieces: AsyncIterable<Uint8Array>,
  rate: number,
): AsyncGenerator<Uint8Array> {
  const size = Math.max(1, Math.round((rate * STEP) / 1000))
  for await (const piece of pieces)
    for (let at = 0; at < piece.length; at += size) {
      const part = piece.subarray(at, at + size)
      yield part
      await sleep((part.length * 1000) / rate)
    }
}
