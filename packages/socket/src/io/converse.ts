/** Speaks a dialogue of `core/dialogue.ts` on a stream: sends what it says, receives what it waits for. */
import { EMPTY } from '../core/bytes.ts'
import type { Dialogue } from '../core/dialogue.ts'
import type { ByteStream, WaitOptions } from './stream.ts'

/** The peer ended the stream in the middle of a dialogue. */
export class DialogueEnded extends Error {}

/**
 * Speaks a dialogue to its end. Nothing beyond it is read.
 *
 * @param stream open, and read by nobody else
 * @param dialogue what to say and to wait for, such as `socks5()`
 * @param options `signal` and `timeout` (ms) of this wait
 * @throws {Refusal | SyntaxError} what the dialogue throws; `DialogueEnded`; what breaks the stream
 * @see RFC 1928, the dialogue that it was made for
 */
export async function converse<T>(
  stream: ByteStream,
  dialogue: Dialogue<T>,
  options?: WaitOptions,
): Promise<T> {
  for (let step = dialogue.next(); ; ) {
    if (step.done) return step.value
    if ('send' in step.value) {
      await stream.sendAll(step.value.send, options)
      step = dialogue.next(EMPTY)
      continue
    }
    const { receive } = step.value
    const bytes = receive === 0 ? EMPTY : await receiveAll(stream, receive, options)
    step = dialogue.next(bytes)
  }
}

async function receiveAll(stream: ByteStream, count: number, options?: WaitOptions) {
  try {
    const bytes = await stream.recvExactly(count, options)
    if (bytes !== null) return bytes
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ERR_UNEXPECTED_END') throw error
  }
  throw new DialogueEnded('ended the connection in the middle of its answer')
}
