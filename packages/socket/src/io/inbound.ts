/**
 * The receiving half of a connection: a buffer, one waiting reader or one attached receiver, and the end.
 *
 * Rules it keeps:
 * - One owner at a time. A second reader is `ERR_BUSY`, at once and without disturbing the first.
 * - A view from the transport dies with the call that brought it. Whatever is kept goes through `keep` or the buffer's
 *   `appendCopy`; whoever is given the view itself (a receiver, `recvInto`) uses it during the call.
 * - What arrived before the end, or before the stream broke, is delivered first.
 * - The buffer is bounded: at `limit` bytes the transport pauses, unless a reader waits for more.
 */
import { type Bytes, copy, EMPTY, kindOf } from '../core/bytes.ts'
import { ReceiveBuffer } from '../core/receive-buffer.ts'
import { onAbort } from './abort.ts'
import { type Deadline, startDeadline } from './deadline.ts'
import { ifRejected } from './fence.ts'
import { wrongWait } from './options.ts'
import { FULL_READ, keep } from './shared-read.ts'
import type { Attachment, Receiver, WaitOptions } from './stream.ts'
import type { Clock } from './system.ts'

/**
 * Takes what a reader waits for out of the buffer, or nothing while it is not all there. `ended` is true
 * once no more can come: then it has to decide, `null` for a clean end or a thrown error.
 */
export type Take<T> = (
  buffer: ReceiveBuffer,
  ended: boolean,
  max: number,
  target: Uint8Array | undefined,
) => T | null | undefined

/** What the receiving half needs of the connection around it. */
export interface InboundOwner {
  readonly clock: Clock
  readonly idleTimeout: number
  pauseTransport(): void
  resumeTransport(): void
  /** Builds the error for an operation on this stream. */
  failed(verb: string): Error
  busy(verb: string): Error
  timedOut(verb: string, limit: number): Error
  /** A receiver threw: this connection is lost. */
  receiverThrew(error: unknown): void
}

/** A reader that waits. */
interface Waiter {
  verb: string
  take: Take<unknown>
  /** Where `recvInto` wants its bytes, so that they are copied once, from the view. */
  target: Uint8Array | undefined
  /** How many bytes a plain `recv` wants, so that it can be served from the view; 0 for the others. */
  max: number
  resolve(value: unknown): void
  reject(error: unknown): void
  /** Milliseconds of silence it endures. */
  idle: number
  deadline: Deadline | undefined
  signal: AbortSignal | undefined
  /** Takes it off the signal. */
  callOff: (() => void) | undefined
}

// The functions of the promise that was made last. A wait takes them at once, and makes no closure.
let lastResolve: (value: unknown) => void
let lastReject: (reason: unknown) => void
function capture(resolve: (value: never) => void, reject: (reason: unknown) => void): void {
  lastResolve = resolve as (value: unknown) => void
  lastReject = reject
}

/** The receiving half. */
export class Inbound {
  readonly #owner: InboundOwner
  readonly #limit: number
  readonly #buffer = new ReceiveBuffer()
  #waiter: Waiter | undefined
  #receiver: Receiver | undefined
  #paused = false
  /** The receiver asked for more during the call in which it then said `false`. */
  #resumed = false
  /** The peer finished, we shut reading down, or the stream is gone. */
  #ended = false
  /** Set when the stream did not end well: readers get it after the buffered bytes. */
  #broken = false
  /** After `shutdown('read')`: what still arrives is dropped. */
  #dropping = false

  constructor(owner: InboundOwner, limit: number) {
    this.#owner = owner
    this.#limit = limit
  }

  /** @returns false when the transport should pause */
  onBytes(view: Uint8Array): boolean {
    if (this.#dropping) return true
    if (this.#receiver !== undefined) return this.#push(this.#receiver, view)
    const waiter = this.#waiter
    if (waiter !== undefined && this.#buffer.length === 0 && this.#serve(waiter, view))
      return !this.#paused
    this.#keep(view)
    if (this.#waiter !== undefined) this.#retry(this.#waiter)
    return this.#paceAfterKeeping()
  }

  onEnd(): void {
    if (this.#ended) return
    this.#ended = true
    const receiver = this.#receiver
    if (receiver !== undefined) this.#handOver(receiver)
    else if (this.#waiter !== undefined) this.#retry(this.#waiter)
  }

  /** Nothing more will come, and not because the peer finished. A clean end stays a clean end. */
  onBroken(): void {
    if (this.#ended) return
    this.#ended = true
    this.#broken = true
    const receiver = this.#receiver
    if (receiver !== undefined) this.#handOver(receiver)
    else if (this.#waiter !== undefined) this.#retry(this.#waiter)
  }

  /** This program let go: readers fail at once, what is buffered is dropped. */
  onClosed(): void {
    this.#buffer.takeAll()
    this.#ended = true
    this.#broken = true
    const waiter = this.#waiter
    if (waiter !== undefined) this.#reject(waiter, this.#owner.failed(waiter.verb))
    if (this.#receiver !== undefined) this.#breakReceiver(this.#receiver)
  }

  /** `shutdown('read')`: readers see the end, what arrives is dropped so that the peer is not stalled. */
  stopReading(): void {
    this.#dropping = true
    this.#buffer.takeAll()
    this.onEnd()
    this.#resume()
  }

  /** From now on bytes are read and thrown away: the peer's last words after a close. */
  discard(): void {
    this.#dropping = true
    this.#resume()
  }

  /** Waits until `take` is content. */
  wait<T>(
    verb: string,
    take: Take<T>,
    options?: WaitOptions,
    max = 0,
    target?: Uint8Array,
  ): Promise<T | null> {
    if (this.#waiter !== undefined || this.#receiver !== undefined)
      return Promise.reject(this.#owner.busy(verb))
    if (options !== undefined) {
      const wrong = wrongWait(verb, options)
      if (wrong !== undefined) return Promise.reject(wrong)
      if (options.signal?.aborted) return Promise.reject(options.signal.reason)
    }
    try {
      const value = this.#attempt(verb, take, max, target)
      if (value !== undefined) {
        this.#paceAfterTaking()
        return Promise.resolve(value)
      }
    } catch (error) {
      return Promise.reject(error)
    }
    this.#resume()
    const promise = new Promise<T | null>(capture)
    const waiter: Waiter = {
      verb,
      take,
      target,
      max,
      resolve: lastResolve,
      reject: lastReject,
      idle: Number.POSITIVE_INFINITY,
      deadline: undefined,
      signal: options?.signal,
      callOff: undefined,
    }
    this.#waiter = waiter
    const limit = options?.timeout ?? this.#owner.idleTimeout
    if (limit !== Number.POSITIVE_INFINITY && limit !== 0) this.#startIdle(waiter, limit)
    if (waiter.signal !== undefined) {
      waiter.callOff = onAbort(waiter.signal, () => this.#reject(waiter, waiter.signal?.reason))
    }
    return promise
  }

  /** Takes what is here: bytes, `undefined` for nothing yet, `null` for the end. */
  tryTake(max: number): Bytes | undefined | null {
    if (this.#waiter !== undefined || this.#receiver !== undefined)
      throw this.#owner.busy('tryRecv')
    const bytes = this.#buffer.takeSome(max)
    if (bytes !== undefined) {
      this.#paceAfterTaking()
      return bytes
    }
    if (!this.#ended) {
      this.#resume()
      return undefined
    }
    if (this.#broken) throw this.#owner.failed('tryRecv')
    return null
  }

  /** @param by the receiver that puts back what it was given; anybody else has to wait for it to let go */
  unread(bytes: Uint8Array, by?: Receiver): void {
    if (!(bytes instanceof Uint8Array))
      throw new TypeError(`unread takes a Uint8Array, not ${kindOf(bytes)}`)
    if (this.#waiter !== undefined || this.#receiver !== by) throw this.#owner.busy('unread')
    this.#buffer.unread(copy(bytes))
    // Unless it lets go, it is given them again.
    if (by !== undefined) queueMicrotask(() => this.#handOver(by))
  }

  peek(max: number): Bytes | undefined {
    return this.#buffer.peek(max)
  }

  /** Makes `receiver` the reader; what is already here follows once the caller has its attachment in hand. */
  attach(receiver: Receiver): Attachment {
    for (const name of ['bytes', 'end', 'error'] as const)
      if (typeof receiver?.[name] !== 'function')
        throw new TypeError(`attach: a receiver has the functions bytes, end and error`)
    if (this.#waiter !== undefined || this.#receiver !== undefined) throw this.#owner.busy('attach')
    this.#receiver = receiver
    this.#resume()
    if (this.#buffer.length > 0 || this.#ended) queueMicrotask(() => this.#handOver(receiver))
    return new Hold(this, receiver)
  }

  /** Goes on after the receiver said `false`. */
  resumeReceiver(receiver: Receiver): void {
    if (this.#receiver !== receiver) return
    this.#resumed = true
    if (!this.#paused) return
    this.#resume()
    this.#handOver(receiver)
  }

  detach(receiver: Receiver): void {
    if (this.#receiver !== receiver) return
    this.#receiver = undefined
    this.#resume()
  }

  /** Gives up everything that is buffered: the connection is handed to someone else. */
  surrender(verb = 'detach'): Bytes {
    if (this.#waiter !== undefined || this.#receiver !== undefined) throw this.#owner.busy(verb)
    return this.#buffer.length === 0 ? EMPTY : this.#buffer.takeAll()
  }

  #push(receiver: Receiver, view: Uint8Array): boolean {
    if (this.#buffer.length > 0 || this.#paused) {
      // They were on their way already, or stand behind others: they wait for their turn.
      this.#keep(view)
      return this.#paceAfterKeeping()
    }
    if (this.#give(receiver, view)) return true
    this.#paused = true
    return false
  }

  #handOver(receiver: Receiver): void {
    while (this.#receiver === receiver && !this.#paused && this.#buffer.length > 0) {
      const bytes = this.#buffer.takeSome(this.#buffer.length) as Bytes
      if (!this.#give(receiver, bytes)) this.#pause()
    }
    if (this.#receiver !== receiver || this.#paused || !this.#ended) return
    if (this.#broken) this.#breakReceiver(receiver)
    else {
      this.#receiver = undefined
      try {
        this.#settle(receiver.end())
      } catch (error) {
        this.#owner.receiverThrew(error)
      }
    }
  }

  #breakReceiver(receiver: Receiver): void {
    this.#receiver = undefined
    try {
      this.#settle(receiver.error(this.#owner.failed('receive')))
    } catch (error) {
      this.#owner.receiverThrew(error)
    }
  }

  /** Calls the receiver; if it throws, this connection ends and nothing else does. */
  #give(receiver: Receiver, view: Uint8Array): boolean {
    try {
      this.#resumed = false
      const answer: unknown = receiver.bytes(view)
      if (typeof answer === 'object') this.#settle(answer)
      return answer !== false || this.#resumed
    } catch (error) {
      this.#owner.receiverThrew(error)
      return true
    }
  }

  /** An async receiver: its promise asks for no pause and nobody waits for it, but what it rejects with was thrown. */
  #settle(answer: unknown): void {
    if (typeof answer === 'object') ifRejected(answer, (error) => this.#owner.receiverThrew(error))
  }

  /** Serves a plain `recv` or `recvInto` from the view; false when it has to go through the buffer. */
  #serve(waiter: Waiter, view: Uint8Array): boolean {
    if (waiter.max === 0) return false
    const count = Math.min(waiter.max, view.length)
    const part = count === view.length ? view : view.subarray(0, count)
    let value: unknown
    if (waiter.target === undefined) value = keep(part)
    else {
      try {
        waiter.target.set(part)
      } catch (error) {
        // Its memory was given away, or shrank, while it waited: that is this reader's mistake, and the bytes stay.
        this.#reject(waiter, error)
        return false
      }
      value = count
    }
    if (count < view.length) this.#keep(view.subarray(count))
    this.#resolve(waiter, value)
    return true
  }

  #retry(waiter: Waiter): void {
    let value: unknown
    try {
      value = this.#attempt(waiter.verb, waiter.take, waiter.max, waiter.target)
    } catch (error) {
      this.#reject(waiter, error)
      return
    }
    if (value !== undefined) this.#resolve(waiter, value)
    else if (waiter.deadline !== undefined) {
      // Some bytes came, though not all: it is silence that is limited, not the whole wait.
      waiter.deadline.stop()
      this.#startIdle(waiter, waiter.idle)
    }
  }

  #attempt<T>(
    verb: string,
    take: Take<T>,
    max: number,
    target: Uint8Array | undefined,
  ): T | null | undefined {
    if (!this.#broken) return take(this.#buffer, this.#ended, max, target)
    const value = take(this.#buffer, false, max, target)
    if (value === undefined) throw this.#owner.failed(verb)
    return value
  }

  #resolve(waiter: Waiter, value: unknown): void {
    if (this.#release(waiter)) waiter.resolve(value)
  }

  #reject(waiter: Waiter, reason: unknown): void {
    if (this.#release(waiter)) waiter.reject(reason)
  }

  /** @returns whether it still waited */
  #release(waiter: Waiter): boolean {
    if (this.#waiter !== waiter) return false
    this.#waiter = undefined
    waiter.deadline?.stop()
    waiter.callOff?.()
    return true
  }

  #startIdle(waiter: Waiter, limit: number): void {
    waiter.idle = limit
    waiter.deadline = startDeadline(this.#owner.clock, limit, () =>
      this.#reject(waiter, this.#owner.timedOut(waiter.verb, limit)),
    )
  }

  #keep(view: Uint8Array): void {
    if (view.length === FULL_READ) this.#buffer.append(keep(view))
    else this.#buffer.appendCopy(view)
  }

  #paceAfterKeeping(): boolean {
    if (this.#waiter === undefined && this.#buffer.length >= this.#limit) this.#paused = true
    return !this.#paused
  }

  #paceAfterTaking(): void {
    if (this.#paused && this.#buffer.length < this.#limit) this.#resume()
  }

  #pause(): void {
    if (this.#paused) return
    this.#paused = true
    this.#owner.pauseTransport()
  }

  #resume(): void {
    if (!this.#paused) return
    this.#paused = false
    this.#owner.resumeTransport()
  }
}

/** What a receiver has in its hand: a class, since three closures would cost each connection 270 bytes. */
class Hold implements Attachment {
  readonly #inbound: Inbound
  readonly #receiver: Receiver

  constructor(inbound: Inbound, receiver: Receiver) {
    this.#inbound = inbound
    this.#receiver = receiver
  }

  resume(): void {
    this.#inbound.resumeReceiver(this.#receiver)
  }

  detach(): void {
    this.#inbound.detach(this.#receiver)
  }

  unread(bytes: Uint8Array): void {
    this.#inbound.unread(bytes, this.#receiver)
  }
}
