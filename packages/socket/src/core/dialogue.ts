/**
 * A dialogue with a peer, written down as it is spoken: a generator that yields what to do next and is told what came
 * of it. It knows no stream and no clock, so that a test plays the peer with an array, and a reader sees the order of
 * the messages from top to bottom.
 */
import type { Bytes } from './bytes.ts'

/** What a dialogue asks for next. */
export type Step =
  /** Send this. The answer is empty. */
  | { send: Bytes }
  /** Receive exactly so many bytes. The answer has them. */
  | { receive: number }

/** A dialogue that ends in a `T`, or throws a `Refusal` or a `SyntaxError` (the peer broke the protocol). */
export type Dialogue<T> = Generator<Step, T, Bytes>

/** The peer said no, in a way that its protocol has. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  /** Stable: `ERR_PROXY`, `ERR_PROXY_AUTH`, or the code that says the same without a proxy. */
  readonly code: string

  /** @param reason as it stands in a sentence after "the proxy" */
  constructor(code: string, reason: string) {
    super(reason)
    this.code = code
  }
}
