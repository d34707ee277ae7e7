/**
 * The sending half of a connection: what was taken and has not left yet, and who waits for that.
 *
 * Rules it keeps:
 * - Calls leave in order, also those that wait for room behind others.
 * - `sendAll` settles when the system has everything. When it has it at once, which is nearly always, the
 *   one shared settled promise is returned and nothing is allocated.
 * - `send` waits only while the buffer is full (`limit` bytes).
 * - Silence is limited, not the whole: the `send` deadline starts anew whenever something left.
 */
import { concat, copy, type Data, kindOf, toBytes } from '../core/bytes.ts'
import { onAbort } from './abort.ts'
import { type Deadline, startDeadline } from './deadline.ts'
import { wrongWait } from './options.ts'
import type { TextSendOptions, WaitOptions } from './stream.ts'
import type { Clock } from './system.ts'
import type { Transport } from './transport.ts'

/** The settled promise that every immediate send returns. */
const DONE: Promise<void> = Promise.resolve()

/** Parts below this sum are joined: one copy is cheaper than a vector write. */
const JOIN_BELOW = 16_384

/** What the sending half needs of the connection around it. */
export interface OutboundOwner {
  readonly clock: Clock
  readonly sendTimeout: number
  readonly transport: Transport
  /** Builds the error for an operation; `cause` is what the system said to this very write. */
  failed(verb: string, cause?: Error): Error
  timedOut(verb: string, limit: number): Error
  /** Bytes were given to the transport. */
  sent(count: number, data: Uint8Array | string): void
}

/** A sender that waits for room, and what to do once there is some. */
interface Queued {
  write(): void
  fail(error: Error): void
}

/** What of the options is for the wait, where there is any; what makes no sense is left for who looks at that. */
function waitOf(options: TextSendOptions | undefined): WaitOptions | undefined {
  if (typeof options?.whenTaken !== 'boolean') return options
  for (const key in options) {
    if (key === 'whenTaken') continue
    const { whenTaken: _, ...wait } = options
    return wait
  }
  return undefined
}

/** The sending half. */
export class Outbound {
  readonly #owner: OutboundOwner
  readonly #limit: number
  /** Set once nothing more may be sent, by us or because the stream is gone. */
  #over = false
  /** Senders that wait for room; created when the first one does. */
  #queue: Queued[] | undefined
  /** Waits that end with the stream, whatever happens to their bytes. */
  #waits: Set<() => void> | undefined

  constructor(owner: OutboundOwner, limit: number) {
    this.#owner = owner
    this.#limit = limit
  }

  sendAll(verb: string, data: Data | readonly Data[], options?: WaitOptions): Promise<void> {
    const ended = this.#refuse(verb, options)
    if (ended !== undefined) return ended
    if (Array.isArray(data)) {
      const parts = (data as readonly Data[]).map(toBytes)
      return this.#afterQueue(verb, options, () => this.#writeMany(parts))
    }
    const bytes = toBytes(data as Data)
    if (this.#queue !== undefined) return this.#afterQueue(verb, options, () => this.#write(bytes))
    this.#write(bytes)
    return this.#whenOut(verb, options)
  }

  sendLatin1(text: string, options?: TextSendOptions): Promise<void> {
    const { whenTaken = false } = options ?? {}
    if (typeof whenTaken !== 'boolean') {
      const reason = `whenTaken must be a boolean, not ${kindOf(whenTaken)}`
      return Promise.reject(new TypeError(`sendLatin1: ${reason}`))
    }
    const ended = this.#refuse('sendLatin1', waitOf(options))
    if (ended !== undefined) return ended
    if (typeof text !== 'string')
      return Promise.reject(new TypeError(`sendLatin1 takes a string, not ${kindOf(text)}`))
    // Costs nothing where the engine keeps one byte for each character: there is no such character then.
    if (/[^\0-\xff]/.test(text))
      return Promise.reject(new RangeError('sendLatin1: a character of the text is beyond U+00FF'))
    if (this.#queue !== undefined)
      return this.#afterQueue('sendLatin1', options, () => this.#write(text))
    this.#write(text)
    // What breaks later breaks the stream, and is told there.
    const { backlog, failure } = this.#owner.transport
    if (whenTaken && !failure && backlog < this.#limit) return DONE
    return this.#whenOut('sendLatin1', options)
  }

  send(data: Data, options?: WaitOptions): Promise<number> {
    const ended = this.#refuse('send', options)
    if (ended !== undefined) return ended as Promise<never>
    // It settles before the system has the bytes, and then the caller may use their memory again.
    const bytes = typeof data === 'string' ? toBytes(data) : copy(toBytes(data))
    if (this.#queue === undefined && this.#owner.transport.backlog < this.#limit) {
      this.#write(bytes)
      return Promise.resolve(bytes.length)
    }
    return this.#wait('send', options, (done, fail) => {
      const queued: Queued = {
        write: () => {
          this.#write(bytes)
          done(bytes.length)
        },
        fail,
      }
      this.#enqueue(queued)
      return () => this.#forget(queued)
    })
  }

  /** Settles once all that was sent so far is with the system. */
  flushed(verb: string): Promise<void> {
    if (this.#queue === undefined) return this.#whenOut(verb, undefined)
    return this.#wait(verb, undefined, (done, fail) => this.#flush(verb, done, fail))
  }

  /** No more sending: what was taken leaves, then the peer is told. Settles once all of it is out. */
  finish(verb: string): Promise<void> {
    this.#over = true
    return this.#afterQueue(verb, undefined, () => this.#owner.transport.finish())
  }

  /** The stream is gone: whoever waits fails now. */
  abandon(): void {
    this.#over = true
    const waits = this.#waits
    this.#waits = undefined
    this.#queue = undefined
    if (waits !== undefined) for (const fail of waits) fail()
  }

  #refuse(verb: string, options: WaitOptions | undefined): Promise<never> | undefined {
    if (this.#over) return Promise.reject(this.#owner.failed(verb))
    if (options === undefined) return undefined
    const wrong = wrongWait(verb, options)
    if (wrong !== undefined) return Promise.reject(wrong)
    return options.signal?.aborted ? Promise.reject(options.signal.reason) : undefined
  }

  /** Writes now, or behind those who wait for room; settles when the system has it. */
  #afterQueue(verb: string, options: WaitOptions | undefined, write: () => void): Promise<void> {
    if (this.#queue === undefined) {
      write()
      return this.#whenOut(verb, options)
    }
    return this.#wait(verb, options, (done, fail) => {
      const queued: Queued = {
        write: () => {
          write()
          this.#flush(verb, done, fail)
        },
        fail,
      }
      this.#enqueue(queued)
      return () => this.#forget(queued)
    })
  }

  #whenOut(verb: string, options: WaitOptions | undefined): Promise<void> {
    const { backlog, failure } = this.#owner.transport
    if (failure) return Promise.reject(this.#owner.failed(verb, failure))
    if (backlog === 0) return DONE
    return this.#wait(verb, options, (done, fail) => this.#flush(verb, done, fail))
  }

  #write(data: Uint8Array | string): void {
    this.#owner.transport.write(data)
    this.#owner.sent(data.length, data)
  }

  #writeMany(parts: readonly Uint8Array[]): void {
    const length = parts.reduce((sum, part) => sum + part.length, 0)
    if (length < JOIN_BELOW) {
      this.#write(concat(parts))
      return
    }
    this.#owner.transport.writeMany(parts)
    for (const part of parts) this.#owner.sent(part.length, part)
  }

  #flush(verb: string, done: () => void, fail: (error: Error) => void): () => void {
    let wanted = true
    this.#owner.transport.whenFlushed((error) => {
      if (!wanted) return
      if (error) fail(this.#owner.failed(verb, error))
      else done()
    })
    return () => {
      wanted = false
    }
  }

  #enqueue(queued: Queued): void {
    if (this.#queue === undefined) {
      this.#queue = []
      this.#owner.transport.whenFlushed(() => this.#drain())
    }
    this.#queue.push(queued)
  }

  #forget(queued: Queued): void {
    const at = this.#queue?.indexOf(queued) ?? -1
    if (at !== -1) this.#queue?.splice(at, 1)
  }

  /** The backlog is out: those who waited go, as many as there is room for. */
  #drain(): void {
    const queue = this.#queue
    if (queue === undefined) return
    while (queue.length > 0 && this.#owner.transport.backlog < this.#limit) queue.shift()?.write()
    if (queue.length === 0) this.#queue = undefined
    else this.#owner.transport.whenFlushed(() => this.#drain())
  }

  /**
   * One wait, with its deadline and its signal. `start` begins it and returns how to call it off; none of
   * the bytes is taken back by that, since some may have left already.
   */
  #wait<T>(
    verb: string,
    options: WaitOptions | undefined,
    start: (done: (value: T) => void, fail: (error: unknown) => void) => (() => void) | undefined,
  ): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const { transport, clock, sendTimeout } = this.#owner
      const limit = options?.timeout ?? sendTimeout
      const signal = options?.signal
      let deadline: Deadline | undefined
      let cancel: (() => void) | undefined
      let callOff: (() => void) | undefined
      const finish = (settle: () => void): void => {
        this.#waits?.delete(onAbandon)
        deadline?.stop()
        callOff?.()
        settle()
      }
      const fail = (error: unknown): void => finish(() => reject(error))
      const giveUp = (error: unknown): void => {
        cancel?.()
        fail(error)
      }
      const aborted = (): void => giveUp(signal?.reason)
      const onAbandon = (): void => giveUp(this.#owner.failed(verb))
      const watch = (): void => {
        const seen = transport.progress
        deadline = startDeadline(clock, limit === 0 ? Number.POSITIVE_INFINITY : limit, () => {
          if (transport.progress !== seen) watch()
          else giveUp(this.#owner.timedOut(verb, limit))
        })
      }
      if (this.#waits === undefined) this.#waits = new Set()
      this.#waits.add(onAbandon)
      if (signal !== undefined) callOff = onAbort(signal, aborted)
      watch()
      cancel = start((value) => finish(() => resolve(value)), fail)
    })
  }
}
