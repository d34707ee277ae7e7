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
    const below = this.#below as Duplex & Partial<Pick<NodeSocket, 'resetAndDestroy'>>
    // The TLS socket goes first and takes the one below with it. The other way round, a record that is still being
    // written (a session ticket, say) outlives its socket, and Node dies of that.
    if (typeof below.resetAndDestroy === 'function' && this.remoteAddress?.family !== 'Unix')
      below.destroy = (error) => {
        Reflect.deleteProperty(below, 'destroy')
        try {
          below.resetAndDestroy?.()
        } catch {
          // It is no TCP socket, but TLS itself: it has no reset.
        }
        return below.destroy(error)
      }
    this.socket.destroy()
  }

  override translate(error: Error): Error {
    return translateTlsError(error)
  }

  override whenFlushed(callback: (error?: Error | null) => void): void {
    super.whenFlushed((error) => callback(error ? translateTlsError(error) : error))
  }
}

/** An error of the TLS socket in our terms; one of the network passes as it is. */
function translateTlsError(error: Error): Error {
  if (error instanceof NetError) return error
  const code = tlsCode(codeOf(error), error.message)
  const reason = tlsReason(code)
  if (reason === undefined) return error
  return new TlsError({ verb: 'tls', target: '', code, reason, cause: error })
}
