/**
 * The body of a Request that is fetched. It is a stream, whatever it was made of; but a text is over right behind its first
 * piece, and then it has a length, and can be sent again. Loaded when a Request has a body.
 */
import type { BodyInit } from '@sluice/http'

type Reader = ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>
type Read = Awaited<ReturnType<Reader['read']>>

/** @returns the whole, where it is here at once; else what gives it piece by piece */
export async function bodyOf(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<BodyInit> {
  // What somebody reads is refused by who sends it.
  if (stream.locked) return stream
  const reader = stream.getReader()
  const first = reader.read()
  const begun = await inThisTurn(first)
  if (begun?.done) return new Uint8Array()
  if (begun === undefined) return piecesFrom([first], reader)
  const second = reader.read()
  const ended = await inThisTurn(second)
  return ended?.done ? begun.value : piecesFrom([first, second], reader)
}

/** A stream that has nothing to say yet must not be waited for: the head of the request goes out before it. */
function inThisTurn(read: Promise<Read>): Promise<Read | undefined> {
  const over = new Promise<undefined>((resolve) => setImmediate(() => resolve(undefined)))
  // What fails is told where it is read.
  return Promise.race([read.catch(() => undefined), over])
}

/** No generator: `return` must reach a source that has nothing more to say, and not wait until it has. */
function piecesFrom(reads: Promise<Read>[], reader: Reader): AsyncIterable<Uint8Array> {
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
