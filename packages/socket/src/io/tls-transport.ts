/**
 * A transport over a TLS socket: a socket of node:net with a record layer in it, so nearly everything is
 * `NodeTransport`'s. What differs:
 *
 * - It reads by `data` events. The decrypted bytes are in memory of the runtime anyway, so a shared buffer would
 *   save one allocation a record and nothing of the page faults it was made for.
 * - A reset is one of the socket below: TLS has none.
 * - Errors are told in TLS's own terms.
 *
 * What no runtime tells: whether the peer said goodbye (close_notify) or the cable was cut in good order (FIN alone).
 * Both are the end of the stream here. A protocol that can't tell by itself whether it has everything must not
 * trust the end (RFC 8446 §6.1).
 */
import type { Socket as NodeSocket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import { codeOf, NetError, TlsError } from '../core/errors.ts'
import { tlsCode, tlsReason } from '../core/tls-reasons.ts'
import { NodeTransport } from './node-transport.ts'
import type { TlsInfo } from './tls-info.ts'
import type { TransportOwner } from './transport.ts'

/** Moves the bytes of one Connection through a TLS socket whose handshake is done. */
export class TlsTransport extends NodeTransport {
  readonly tls: TlsInfo
  readonly #below: Duplex
  /** How many writes were made, how many of them the record layer has, and who waits for which. */
  #made = 0
  #done = 0
  readonly #waiting: { made: number; callback: (error?: Error | null) => void }[] = []

  /** @param below what the TLS socket was put on */
  constructor(socket: TLSSocket, below: Duplex, tls: TlsInfo) {
    super(socket, false)
    this.tls = tls
    this.#below = below
  }

  override start(owner: TransportOwner): void {
    super.start(owner)
    // It may have broken while it waited to be accepted; then its events are over.
    if (this.socket.destroyed) process.nextTick(() => owner.onClose())
  }

  override reset(): void {
    if (!this.isFinishing && this.remoteAddress?.family !== 'Unix') endByReset(this.#below)
    this.socket.destroy()
  }

  override translate(error: Error): Error {
    return translateTlsError(error)
  }

  override write(data: Uint8Array | string): void {
    if (data.length === 0) return
    this.#made++
    if (typeof data === 'string') this.socket.write(data, 'latin1', this.#written)
    else this.socket.write(data, this.#written)
  }

  override writeMany(parts: readonly Uint8Array[]): void {
    this.socket.cork()
    for (const part of parts) this.write(part)
    this.socket.uncork()
  }

  // Not by an empty write, as over a plain socket: Deno has an error for a record without content.
  override whenFlushed(callback: (error?: Error | null) => void): void {
    if (this.socket.writableEnded) super.whenFlushed(callback)
    else if (this.#made === this.#done) process.nextTick(callback)
    else this.#waiting.push({ made: this.#made, callback })
  }

  readonly #written = (error?: Error | null): void => {
    this.#done++
    const reason = error ? translateTlsError(error) : error
    while (this.#waiting[0] !== undefined && this.#waiting[0].made <= this.#done)
      this.#waiting.shift()?.callback(reason)
  }
}

/**
 * Has a socket end by a reset when the TLS socket on it ends: that goes first and takes the one below with it. The other way
 * round, a record that is still being written (a session ticket, say) outlives its socket, and Node dies of that.
 *
 * @returns whether it can
 */
export function endByReset(below: Duplex & Partial<Pick<NodeSocket, 'resetAndDestroy'>>): boolean {
  if (typeof below.resetAndDestroy !== 'function') return false
  below.destroy = (error) => {
    Reflect.deleteProperty(below, 'destroy')
    try {
      below.resetAndDestroy?.()
    } catch {
      // It is no TCP socket, but TLS itself: it has no reset.
    }
    return below.destroy(error)
  }
  return true
}

/** An error of the TLS socket in our terms; one of the network passes as it is. */
function translateTlsError(error: Error): Error {
  if (error instanceof NetError) return error
  const code = tlsCode(codeOf(error), error.message)
  const reason = tlsReason(code)
  if (reason === undefined) return error
  return new TlsError({ verb: 'tls', target: '', code, reason, cause: error })
}
