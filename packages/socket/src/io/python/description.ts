/**
 * What stands behind a descriptor of a Python socket: the core's socket, what was looked at and not taken yet, and a
 * connection that is under way.
 *
 * Rules it keeps:
 * - Nothing that arrived is lost by looking at it: `select()` and MSG_PEEK put a connection or a datagram aside,
 *   and whoever takes next gets that first.
 * - What does not wait still lets the event loop turn once, since data that the system has comes in there. Without that
 *   a program that polls would never see any.
 */

import { EMPTY } from '../../core/bytes.ts'
import { AF_INET6, SOCK_DGRAM } from '../../core/constants.ts'
import { type Connection, engineOf } from '../connection.ts'
import { heldBy, type Socket, type SocketAddress } from '../socket.ts'
import type { WaitOptions } from '../stream.ts'
import type { Datagram, UdpSocket } from '../udp-socket.ts'
import { osError } from './os-errors.ts'

/** How long something may take: milliseconds, 0 to not wait at all. */
export type Patience = number

/** Behind a descriptor. */
export class Description {
  /** The core's socket; another one once TLS has been put on it. */
  core: Socket
  /** Kind and protocol, as they were asked for. */
  readonly kind: { readonly family: number; readonly type: number; readonly proto: number }
  /** Numbers that lead here. */
  count = 0
  /** What became of a connection that nobody waited for: read and forgotten by SO_ERROR. */
  error: OSErrorLike | undefined
  /** Close with a reset: SO_LINGER with a time of 0. */
  abortive = false
  #connecting: Promise<void> | undefined
  readonly #arrivals: [Socket, SocketAddress][] = []
  readonly #datagrams: Datagram[] = []

  constructor(core: Socket, kind: Description['kind']) {
    this.core = core
    this.kind = kind
  }

  /** The stream, once there is one. */
  get connection(): Connection | undefined {
    return heldBy(this.core).connection
  }

  /** The datagram socket, once it is bound. */
  get datagrams(): UdpSocket | undefined {
    return heldBy(this.core).datagrams
  }

  /** A connection that is under way without anyone waiting. */
  get connecting(): Promise<void> | undefined {
    return this.#connecting
  }

  /** Begins a connection; what becomes of it is told by SO_ERROR, and by the socket being writable. */
  connectInBackground(work: Promise<void>): void {
    this.#connecting = work
      .catch((error: OSErrorLike) => {
        this.error = error
      })
      .finally(() => {
        this.#connecting = undefined
      })
  }

  /** The next connection. @throws {BlockingIOError} when there is none and `patience` is 0 */
  async accept(patience: Patience): Promise<[Socket, SocketAddress]> {
    const first = this.#arrivals.shift()
    if (first !== undefined) return first
    const { listener } = heldBy(this.core)
    if (patience === 0 && listener !== undefined) {
      if (listener.pending === 0) await turn()
      if (listener.pending === 0) throw osError('EAGAIN')
    }
    return this.core.accept(waitFor(patience))
  }

  /** The next bytes of a stream; empty at its end. */
  async receive(max: number, patience: Patience): Promise<Uint8Array> {
    const { connection } = this
    if (patience !== 0 || connection === undefined)
      return (await this.core.recv(max, waitFor(patience))) ?? EMPTY
    const bytes = connection.tryRecv(max)
    if (bytes !== undefined) return bytes ?? EMPTY
    await turn()
    const later = connection.tryRecv(max)
    if (later === undefined) throw osError('EAGAIN')
    return later ?? EMPTY
  }

  /** The next datagram. */
  async receiveDatagram(patience: Patience): Promise<Datagram> {
    const first = this.#datagrams.shift()
    if (first !== undefined) return first
    const socket = await this.#bound()
    if (patience !== 0) return socket.recv(waitFor(patience))
    const datagram = socket.tryRecv() ?? (await turn().then(() => socket.tryRecv()))
    if (datagram === undefined) throw osError('EAGAIN')
    return datagram
  }

  /** Puts a datagram back, to be the next. */
  unread(datagram: Datagram): void {
    this.#datagrams.unshift(datagram)
  }

  /** Looks at the next bytes of a stream; empty at its end. */
  async peek(max: number, patience: Patience): Promise<Uint8Array> {
    const { connection } = this
    if (connection === undefined) return this.receive(max, patience)
    if (patience === 0) await turn()
    else await engineOf(connection).inbound.wait('recv', hasBytes, waitFor(patience))
    const seen = connection.peek(max)
    if (seen !== undefined) return seen.slice()
    // The end, or nothing yet, or broken: nothing is taken by asking which.
    return this.receive(max, patience)
  }

  /** Gives bytes away; how many were taken. Without patience only as many as there is room for. */
  async send(data: Uint8Array, patience: Patience): Promise<number> {
    const { connection } = this
    if (this.kind.type === SOCK_DGRAM || connection === undefined || patience !== 0)
      return this.core.send(data, waitFor(patience))
    const room = engineOf(connection).options.limits.sendBuffer
    if (connection.backlog > 0) await turn()
    const part = data.subarray(0, room - connection.backlog)
    if (part.length === 0 && data.length > 0) throw osError('EAGAIN')
    return connection.send(part)
  }

  /** Settles once there is something to read, or an end. Never, for what can not be read. */
  async readable(signal: AbortSignal): Promise<void> {
    if (this.#connecting !== undefined) await unless(signal, this.#connecting)
    const { connection, listener, datagrams } = heldBy(this.core)
    if (this.#arrivals.length > 0 || this.#datagrams.length > 0 || this.error) return
    if (connection !== undefined) await whenReadable(connection, signal)
    else if (listener !== undefined) this.#arrivals.push(await this.core.accept({ signal }))
    else if (datagrams !== undefined) await this.#lookAhead(datagrams, signal)
    else await unless(signal, new Promise<void>(() => {}))
  }

  /** Settles once all that was sent has left, or a connection stands. */
  async writable(signal: AbortSignal): Promise<void> {
    if (this.#connecting !== undefined) await unless(signal, this.#connecting)
    const { connection, listener } = heldBy(this.core)
    if (connection === undefined && (listener !== undefined || this.kind.type !== SOCK_DGRAM))
      if (this.error === undefined) return unless(signal, new Promise<void>(() => {}))
    if (connection === undefined || connection.backlog === 0 || !connection.isOpen) return
    await unless(
      signal,
      engineOf(connection)
        .outbound.flushed('select')
        .catch(() => {}),
    )
  }

  /** Lets go. */
  close(): void {
    for (const [socket] of this.#arrivals.splice(0)) void socket.close()
    if (this.abortive) this.connection?.destroy()
    void this.core.close()
  }

  async #lookAhead(socket: UdpSocket, signal: AbortSignal): Promise<void> {
    try {
      this.#datagrams.push(await socket.recv({ signal }))
    } catch (error) {
      // An unreachable peer is something to read, too: the call that follows tells of it.
      if (signal.aborted) throw error
      this.error = error as OSErrorLike
    }
  }

  /** The datagram socket, bound to a free port if nobody has done that. */
  async #bound(): Promise<UdpSocket> {
    if (this.datagrams === undefined)
      await this.core.bind(this.kind.family === AF_INET6 ? ['::', 0] : ['', 0])
    return this.datagrams as UdpSocket
  }
}

/** An error with a number, as Python has it. */
export interface OSErrorLike extends Error {
  readonly errno?: number | null
}

/** One turn of the event loop: what the system has is delivered in it. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

function waitFor(patience: Patience): WaitOptions {
  return { timeout: patience }
}

/** Content with anything, and takes nothing. */
const hasBytes = (buffer: { readonly length: number }, ended: boolean): true | undefined =>
  buffer.length > 0 || ended ? true : undefined

/** Waits as a reader that takes nothing. A reader that waits already is none of our business: then it is never ready. */
async function whenReadable(connection: Connection, signal: AbortSignal): Promise<void> {
  try {
    await engineOf(connection).inbound.wait('select', hasBytes, { signal, timeout: 0 })
  } catch (error) {
    if (signal.aborted) throw error
    if ((error as { code?: string }).code === 'ERR_BUSY')
      await unless(signal, new Promise<void>(() => {}))
    // Broken: the next call says how.
  }
}

/** A wait that the signal ends; it leaves no listener behind. */
async function unless(signal: AbortSignal, work: Promise<void>): Promise<void> {
  signal.throwIfAborted()
  let stop = (): void => {}
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason)
    signal.addEventListener('abort', stop)
  })
  await Promise.race([work, aborted]).finally(() => signal.removeEventListener('abort', stop))
}
