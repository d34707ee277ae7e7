/**
 * A transport over a socket of node:net: TCP and Unix streams.
 *
 * It reads through one buffer that all sockets of the process share, where the runtime can do that (see
 * `shared-read.ts`): no allocation and no page fault per read, twice the bulk rate of `data` events.
 * Everywhere else, and with `SLUICE_SHARED_READ=0`, it reads by `data` events. Both ways call the same
 * `onBytes`, and poison mode overwrites the bytes after each call in both, so that a view that outlives
 * its call is found by the tests rather than by a customer.
 *
 * No closures per socket: the listeners are functions of this module, and the socket carries a back
 * pointer. A connection costs memory for its state, not for its wiring.
 */
import type { Socket as NodeSocket } from 'node:net'
import type { Address } from '../core/address.ts'
import { decodeLatin1 } from '../core/bytes.ts'
import { handOver, POISON, poison, readThroughSharedBuffer } from './shared-read.ts'
import type { Transport, TransportOwner } from './transport.ts'

const SELF = Symbol('sluice.transport')

type Wired = NodeSocket & { [SELF]?: NodeTransport }

/**
 * Arrays of up to so many bytes live in the engine's own heap (V8, measured). Written as they are, they are first
 * given memory outside of it, which takes longer than a string of the same bytes.
 */
const ON_HEAP = 64

const NOTHING = new Uint8Array(0)

/** Moves the bytes of one Connection through a node:net socket that is connected. */
export class NodeTransport implements Transport {
  readonly socket: NodeSocket
  /** Whether the socket may read through the shared buffer; then it may never emit `data`. */
  readonly sharedBuffer: boolean
  #owner: TransportOwner | undefined
  /** Kept: each ask is a system call, and after the close there is no answer. */
  #local: Address | undefined
  #remote: Address | undefined

  /**
   * @param socket connected
   * @param sharedBuffer whether it may be read through the shared buffer; default true
   */
  constructor(socket: NodeSocket, sharedBuffer = true) {
    this.socket = socket
    this.sharedBuffer = sharedBuffer
    const wired = socket as Wired
    wired[SELF] = this
    socket.on('end', onEnd)
    socket.on('error', onError)
    socket.on('close', onClose)
    // Every error names the peer, also one that comes when there is nobody left to ask.
    this.#remote = this.remoteAddress
  }

  get localAddress(): Address | undefined {
    this.#local ??= addressOf(
      this.socket.localAddress,
      this.socket.localPort,
      this.socket.localFamily,
    )
    return this.#local
  }

  get remoteAddress(): Address | undefined {
    this.#remote ??= addressOf(
      this.socket.remoteAddress,
      this.socket.remotePort,
      this.socket.remoteFamily,
    )
    return this.#remote
  }

  /** Names the address of a Unix socket, which the system does not tell. */
  setUnixAddresses(local: string, remote: string): void {
    this.setAddresses({ family: 'Unix', path: local }, { family: 'Unix', path: remote })
  }

  /** Names both ends, where the socket does not know them itself. */
  setAddresses(local: Address | undefined, remote: Address | undefined): void {
    this.#local = local
    this.#remote = remote
  }

  /** Makes what the owner is told of an error of the socket. */
  translate(error: Error): Error {
    return error
  }

  start(owner: TransportOwner): void {
    this.#owner = owner
    const shared = this.sharedBuffer && readThroughSharedBuffer(this.socket, onSharedBytes)
    if (!shared) this.socket.on('data', onData)
    this.socket.resume()
  }

  write(data: Uint8Array | string): void {
    if (typeof data === 'string') this.socket.write(data, 'latin1')
    else if (data.length <= ON_HEAP) this.socket.write(decodeLatin1(data), 'latin1')
    else this.socket.write(data)
  }

  writeMany(parts: readonly Uint8Array[]): void {
    this.socket.cork()
    for (const part of parts) this.socket.write(part)
    this.socket.uncork()
  }

  get backlog(): number {
    return this.socket.writableLength
  }

  get failure(): Error | null {
    const { errored } = this.socket
    return errored && this.translate(errored)
  }

  get progress(): number {
    // Node counts a chunk until all of it has left; the handle's own queue shrinks with every byte.
    const handle = (this.socket as { _handle?: { writeQueueSize?: number } | null })._handle
    return this.socket.writableLength + (handle?.writeQueueSize ?? 0)
  }

  whenFlushed(callback: (error?: Error | null) => void): void {
    const { socket } = this
    // An empty write is called back in its turn, after all that stands before it.
    if (!socket.writableEnded) socket.write(NOTHING, callback)
    else if (socket.writableFinished) process.nextTick(callback)
    else socket.once('finish', callback)
  }

  pause(): void {
    this.socket.pause()
  }

  resume(): void {
    this.socket.resume()
  }

  finish(): void {
    this.socket.end()
  }

  release(): void {
    this.socket.destroy()
  }

  /** Whether our FIN is on its way: for so long the system refuses a reset, and Node then forgets to close. */
  protected get isFinishing(): boolean {
    const { writableEnded, writableFinished, writableLength } = this.socket
    return writableEnded && !writableFinished && writableLength === 0
  }

  reset(): void {
    // Only TCP has a reset; a Unix socket is let go of.
    if (this.#remote?.family === 'Unix' || this.socket.remoteFamily === undefined)
      this.socket.destroy()
    else if (this.isFinishing) this.socket.destroy()
    else if (typeof this.socket.resetAndDestroy === 'function') this.socket.resetAndDestroy()
    else this.socket.destroy()
  }

  setNoDelay(on: boolean): void {
    this.socket.setNoDelay(on)
  }

  ref(): void {
    this.socket.ref()
  }

  unref(): void {
    this.socket.unref()
  }

  /** Takes all wiring off the socket, for someone else to use it. */
  unwire(): void {
    const wired = this.socket as Wired
    delete wired[SELF]
    this.socket.off('data', onData).off('end', onEnd).off('error', onError).off('close', onClose)
  }

  get owner(): TransportOwner | undefined {
    return this.#owner
  }
}

/** The callback of the shared read buffer, for the `onread` option of an outgoing socket. */
export function onSharedBytes(this: NodeSocket, count: number, buffer: Uint8Array): boolean {
  const owner = (this as Wired)[SELF]?.owner
  return owner === undefined || handOver(owner, count, buffer)
}

function onData(this: NodeSocket, chunk: Uint8Array): void {
  const owner = (this as Wired)[SELF]?.owner
  if (owner === undefined) return
  const more = owner.onBytes(chunk)
  if (POISON) poison(chunk)
  if (!more) this.pause()
}

function onEnd(this: NodeSocket): void {
  ;(this as Wired)[SELF]?.owner?.onEnd()
}

function onError(this: NodeSocket, error: Error): void {
  const transport = (this as Wired)[SELF]
  transport?.owner?.onError(transport.translate(error))
}

function onClose(this: NodeSocket): void {
  ;(this as Wired)[SELF]?.owner?.onClose()
}

/** Both ends of a socket that is connected. */
export function endsOf(socket: NodeSocket): Pick<Transport, 'localAddress' | 'remoteAddress'> {
  const { localAddress, localPort, localFamily } = socket
  const { remoteAddress, remotePort, remoteFamily } = socket
  return {
    localAddress: addressOf(localAddress, localPort, localFamily),
    remoteAddress: addressOf(remoteAddress, remotePort, remoteFamily),
  }
}

function addressOf(
  hostname: string | undefined,
  port: number | undefined,
  family: string | undefined,
): Address | undefined {
  if (hostname === undefined || port === undefined) return undefined
  return { family: family === 'IPv6' ? 'IPv6' : 'IPv4', hostname, port }
}
