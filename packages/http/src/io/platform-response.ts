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
  const init = { status, statusText, headers: headersOf(response) }
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

// RFC 9110 §7.6.1: what a connection says about itself is not for the next one.
const HOP_BY_HOP =
  /^(?:connection|keep-alive|proxy-connection|te|trailer|transfer-encoding|upgrade)$/
// What was true of the body before fetch() decoded it.
const OF_THE_CODED_BODY = /^(?:content-encoding|content-length)$/

/** The fields to be sent. Of a response that `fetch()` gave, those of another connection are left out. */
function headersOf(response: globalThis.Response): [string, string][] {
  const all = [...response.headers] as [string, string][]
  if (response.url === '') return all
  const isDecoded = response.headers.has('content-encoding')
  return all.filter(
    ([name]) => !HOP_BY_HOP.test(name) && !(isDecoded && OF_THE_CODED_BODY.test(name)),
  )
}

function endOfTurn(): Promise<undefined> {
  return new Promise((resolve) => {
    setImmediate(() => resolve(undefined))
  })
}

/**
 * The pieces of a stream whose first two reads were made already. No generator: `return` must reach a source that has
 * nothing more to say, and not wait until it has.
 */
function piecesFrom(
  first: Uint8Array,
  second: ReturnType<Reader['read']>,
  reader: Reader,
): AsyncIterable<Uint8Array> {
  const reads = [{ done: false as const, value: first }, second]
  return {
    [Symbol.asyncIterator]: () => ({
      next: async () => (await (reads.shift() ?? reader.read())) as IteratorResult<Uint8Array>,
      async return() {
        reader.cancel().catch(() => {})
        return { done: true, value: undefined }
      },
    }),
  }
}
