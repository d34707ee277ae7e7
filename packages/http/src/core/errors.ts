/**
 * What can go wrong with a message: the protocol was broken, or a body ended early.
 *
 *     GET http://localhost/big: body ended after 1024 of 4096 bytes (ERR_INCOMPLETE_BODY, phase body)
 *
 * Rules it keeps:
 * - `side` tells whose mistake it was. Pure code throws `local`, since it cannot know where its input came
 *   from; the machine, the one place that reads the peer, turns that into `remote`.
 * - `statusHint` is what a server may answer with; it means nothing to a client.
 */
import { isNetError, NetError, type Phase } from '@sluice/socket/errors'

/** Whose mistake: this program's, or the peer's. */
export type Side = 'local' | 'remote'

/** What a `ProtocolError` is made of. */
export interface ProtocolErrorFacts {
  /** What rule was broken, as the end of a sentence. */
  reason: string
  /** Default `local`. */
  side?: Side
  /** The status that a server may answer with; default 400. */
  statusHint?: number
  /** What was being done; default `http`. */
  verb?: string
  /** To what; empty where only the bytes are known. */
  target?: string
  phase?: Phase
  code?: string
  cause?: unknown
}

/** A message broke the rules of HTTP/1.1, or would have if it had been sent. */
export class ProtocolError extends NetError {
  override readonly name: string = 'ProtocolError'
  /** Whose mistake: `local` is this program's, before a byte left; `remote` is the peer's. */
  readonly side: Side
  /** The status that a server may answer with, 400 to 599; it means nothing to a client. */
  readonly statusHint: number
  /** The broken rule, without verb and target around it. */
  readonly reason: string

  /** @param facts the rule that was broken, by whom, and what a server may answer with */
  constructor(facts: ProtocolErrorFacts) {
    super({
      verb: facts.verb ?? 'http',
      target: facts.target ?? '',
      code: facts.code ?? 'ERR_PROTOCOL',
      phase: facts.phase ?? 'headers',
      reason: facts.reason,
      ...('cause' in facts ? { cause: facts.cause } : undefined),
    })
    this.side = facts.side ?? 'local'
    this.statusHint = facts.statusHint ?? 400
    this.reason = facts.reason
  }
}

/** The connection ended in the middle of a body. `code` is ERR_INCOMPLETE_BODY. */
export class IncompleteBodyError extends ProtocolError {
  override readonly name: string = 'IncompleteBodyError'
  /** Bytes that were announced; `undefined` for a chunked body, which never says. */
  readonly expected: number | undefined
  /** Bytes that did come. */
  readonly received: number

  /** @param facts bytes that were announced, and those that came */
  constructor(
    facts: Omit<ProtocolErrorFacts, 'reason' | 'code' | 'phase'> & {
      expected: number | undefined
      received: number
    },
  ) {
    const { expected, received } = facts
    const of =
      expected === undefined
        ? `${received} bytes, before its last chunk`
        : `${received} of ${expected} bytes`
    super({
      ...facts,
      reason: `body ended after ${of}`,
      code: 'ERR_INCOMPLETE_BODY',
      phase: 'body',
    })
    this.expected = expected
    this.received = received
  }
}

/**
 * Tells whether a value is a `ProtocolError`, from whichever copy of the package.
 *
 * @param side when given, the mistake must have been made on this side
 * @param value anything that was caught
 * @example if (isProtocolError(error, 'remote')) console.log(error.statusHint)
 */
export function isProtocolError(value: unknown, side?: Side): value is ProtocolError {
  if (!isNetError(value)) return false
  const found = (value as { side?: unknown }).side
  return side === undefined ? found === 'local' || found === 'remote' : found === side
}

/**
 * Tells whether a value is an `IncompleteBodyError`, from whichever copy of the package.
 *
 * @param value anything that was caught
 */
export function isIncompleteBodyError(value: unknown): value is IncompleteBodyError {
  return isNetError(value, 'ERR_INCOMPLETE_BODY')
}

/** The same mistake, now known to be the peer's. */
export function remote(error: ProtocolError): ProtocolError {
  if (error instanceof IncompleteBodyError) {
    const { expected, received } = error
    return new IncompleteBodyError({ expected, received, side: 'remote' })
  }
  const { reason, statusHint, verb, target, phase, code } = error
  return new ProtocolError({ reason, statusHint, verb, target, phase, code, side: 'remote' })
}
