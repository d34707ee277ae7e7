/**
 * `memoryPair`: two connected streams without a network. Both are real `Connection`s, so that all that is
 * tested on them is what runs on TCP; only the transport is this file's.
 *
 * It behaves as a kernel socket does where programs can tell: bytes arrive in order and later, never
 * inside the call that sent them; a paused reader fills the peer's buffer (`capacity`) and then holds the
 * writer; a view is valid during its call only (and is overwritten in poison mode); `destroy()` resets.
 */
import type { Address } from '../../core/address.ts'
import { copy, encodeLatin1 } from '../../core/bytes.ts'
import { NetError } from '../../core/errors.ts'
import { Connection, type ConnectionOptions } from '../connection.ts'
import { mustCount } from '../options.ts'
import { POISON, poison } from '../shared-read.ts'
import type { Transport, TransportOwner } from '../transport.ts'

/** How the pair behaves. */
export interface MemoryOptions extends Omit<ConnectionOptions, 'side' | 'parent'> {
  /** Bytes that lie between the two ends before a writer is held; default 65 536. */
  capacity?: number | undefined
  /** Hand bytes over in pieces of at most this many, to find code that believes in messages. */
  chunk?: number | undefined
}

/**
 * Makes two streams that are connected to each other.
 *
 * @param options how much lies between the ends, in which pieces, and what a connection takes
 * @returns both ends; what one sends the other receives
 * @throws {TypeError | RangeError} for an unknown option, or less than a byte
 * @see socketpair(2)
 * @example
 * const [client, server] = memoryPair()
 * await client.sendAll('Hello, World!')
 * console.log(text(await server.recv()))
 */
export function memoryPair(options: MemoryOptions = {}): [Connection, Connection] {
  const { capacity = 65_536, chunk = 65_536, ...rest } = options
  // In pieces of no byte nothing would ever arrive.
  mustCount('capacity', capacity, 1)
  mustCount('chunk', chunk, 1)
  const a = new MemoryTransport('memory:a', 'memory:b', capacity, chunk)
  const b = new MemoryTransport('memory:b', 'memory:a', capacity, chunk)
  a.peer = b
  b.peer = a
  return [
    new Connection(a, { ...rest, side: 'client' }),
    new Connection(b, { ...rest, side: 'server' }),
  ]
}

type Item = Uint8Array | (() => void)

class MemoryTransport implements Transport {
  readonly localAddress: Address
  readonly remoteAddress: Address
  peer: MemoryTransport | undefined
  #owner: TransportOwner | undefined
  readonly #capacity: number
  readonly #chunk: number
  /** What is on its way to the peer: bytes, and marks to call once everything before them is with it. */
  readonly #out: Item[] = []
  #queued = 0
  #delivered = 0
  #paused = false
  #scheduled = false
  #finishing = false
  #finished = false
  #ended = false
  #gone = false

  constructor(local: string, remote: string, capacity: number, chunk: number) {
    this.localAddress = { family: 'Unix', path: local }
    this.remoteAddress = { family: 'Unix', path: remote }
    this.#capacity = capacity
    this.#chunk = chunk
  }

  start(owner: TransportOwner): void {
    this.#owner = owner
    this.peer?.schedule()
  }

  write(data: Uint8Array | string): void {
    if (this.#gone) return
    const { peer } = this
    if (peer === undefined) return
    if (peer.#gone) {
      queueMicrotask(() => this.#fail('EPIPE'))
      return
    }
    const bytes = typeof data === 'string' ? encodeLatin1(data) : copy(data)
    if (bytes.length > 0) {
      this.#out.push(bytes)
      this.#queued += bytes.length
    }
    this.schedule()
  }

  writeMany(parts: readonly Uint8Array[]): void {
    for (const part of parts) this.write(part)
  }

  /** What lies between the ends counts as sent up to `capacity`, as with a kernel's buffer. */
  get backlog(): number {
    return Math.max(0, this.#queued - this.#capacity)
  }

  get progress(): number {
    return this.#delivered
  }

  whenFlushed(callback: (error?: Error | null) => void): void {
    if (this.backlog === 0) queueMicrotask(callback)
    else {
      // Called back when what was queued up to now fits into the capacity.
      const due = this.#delivered + this.backlog
      const wait = (): void => {
        if (this.#gone || this.#delivered >= due) callback()
        else this.#onProgress.push(wait)
      }
      this.#onProgress.push(wait)
    }
  }

  readonly #onProgress: (() => void)[] = []

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    if (!this.#paused) return
    this.#paused = false
    this.peer?.schedule()
  }

  finish(): void {
    if (this.#finishing) return
    this.#finishing = true
    this.#out.push(() => {
      this.#finished = true
      this.peer?.end()
    })
    this.schedule()
  }

  release(): void {
    if (this.#gone) return
    if (!this.#finishing) this.finish()
    // What is on its way still arrives; this end hears nothing any more.
    this.#gone = true
    queueMicrotask(() => this.#owner?.onClose())
  }

  reset(): void {
    if (this.#gone) return
    this.#gone = true
    this.#out.length = 0
    this.#queued = 0
    const { peer } = this
    if (peer !== undefined && !peer.#gone) queueMicrotask(() => peer.#fail('ECONNRESET'))
    queueMicrotask(() => this.#owner?.onClose())
  }

  ref(): void {}
  unref(): void {}

  /** The peer's turn to receive comes after the caller's call is over. */
  schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      this.#deliver()
    })
  }

  #deliver(): void {
    const { peer } = this
    if (peer === undefined) return
    while (this.#out.length > 0) {
      const item = this.#out[0] as Item
      if (typeof item === 'function') {
        this.#out.shift()
        item()
        continue
      }
      if (peer.#gone) {
        // The peer let go with our bytes unread: a kernel would answer with a reset.
        this.#fail('ECONNRESET')
        return
      }
      if (peer.#owner === undefined || peer.#paused) return
      const part = item.subarray(0, this.#chunk)
      if (part.length === item.length) this.#out.shift()
      else this.#out[0] = item.subarray(part.length)
      this.#queued -= part.length
      this.#delivered += part.length
      if (!peer.#owner.onBytes(part)) peer.#paused = true
      if (POISON) poison(part)
      for (const wait of this.#onProgress.splice(0)) wait()
    }
  }

  private end(): void {
    if (this.#gone || this.#ended) return
    this.#ended = true
    this.#owner?.onEnd()
    if (this.#finished) this.#closeBoth()
  }

  /** Both directions have ended: nothing can follow on either side. */
  #closeBoth(): void {
    const { peer } = this
    if (peer === undefined || !peer.#ended) return
    for (const side of [this, peer]) {
      if (side.#gone) continue
      side.#gone = true
      queueMicrotask(() => side.#owner?.onClose())
    }
  }

  #fail(code: string): void {
    if (this.#gone) return
    this.#gone = true
    this.#out.length = 0
    this.#queued = 0
    const error = new NetError({ verb: 'receive', target: 'memory', code, phase: 'receive' })
    this.#owner?.onError(error)
    this.#owner?.onClose()
    for (const wait of this.#onProgress.splice(0)) wait()
  }
}
