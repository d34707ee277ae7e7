/**
 * Turns a Response of the platform into one of ours, so that a server knows one kind. A handler may return
 * either; this is the slow way, and reads the body through its stream.
 */
import { Response } from './response.ts'

type Reader = ReadableStreamDefaultReader<Uint8Array>

/**
 * Makes one of our responses of the platform's. A body that is over after its first piece, as every text
 * is, goes whole instead of in chunks.
 *
 * @throws {TypeError} what is no response at all, or one whose body was read
 */
export async function fromPlatform(response: globalThis.Response): Promise<Response> {
  if (typeof response.status !== 'number' || typeof response.headers !== 'object')
    throw new TypeError('the handler returned an object that is not a Response')
  if (response.bodyUsed) throw new TypeError('the body has been read already')
  const { status, statusText, body } = response
  const init = { status, statusText, headers: [...response.headers] as [string, string][] }
  if (body === null) return new Response(null, init)
  const reader: Reader = body.getReader()
  const first = await reader.read()
  if (first.done) return new Response(new Uint8Array(0), init)
  // A text has its end right behind it; a stream that has nothing more to say yet must not be waited for.
  const second = reader.read()
  const early = await Promise.race([second, endOfTurn()])
  if (early?.done) return new Response(first.value, init)
  return new Response(piecesFrom(first.value, second, reader), init)
}

function endOfTurn(): Promise<undefined> {
  return new Promise((resolve) => {
    setImmediate(() => resolve(undefined))
  })
}

async function* piecesFrom(
  first: Uint8Array,
  second: ReturnType<Reader['read']>,
  reader: Reader,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield first
    for (let next = await second; !next.done; next = await reader.read()) yield next.value
  } finally {
    reader.cancel().catch(() => {})
  }
}
