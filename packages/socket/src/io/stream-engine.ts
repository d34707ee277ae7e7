/**
 * The life of one stream connection: its state, its two halves, and its end. `Connection` is the public
 * face of this; the transport below reports here.
 *
 * Rules it keeps:
 * - The state changes in `#step` alone, by the table CONNECTION.
 * - Why the stream is over is decided once: closed by this program, or broken by an error. Every later
 *   call is told the same.
 * - `close()` says goodbye properly: what was sent leaves, the peer reads our end, and what it still
 *   sends is read and dropped for a moment, since closing with unread bytes makes the system send a reset
 *   that can destroy our last words on their way (RFC 1122 §4.2.2.13; RFC 9112 §9.6 asks for the same).
 */
import { formatEndpoint } from '../core/address.ts'
import { codeOf, isTlsError, NetError, type Phase, TimeoutError, TlsError } from '../core/errors.ts'
import type { ProxyHeader } from '../core/proxy-protocol.ts'
import { CONNECTION, type EventOf, type StateOf, step } from '../core/state.ts'
import type { Timeouts } from '../core/timeouts.ts'
import { type Deadline, startDeadline } from './deadline.ts'
import { Inbound, type InboundOwner } from './inbound.ts'
import { Outbound, type OutboundOwner } from './outbound.ts'
import type { Clock } from './system.ts'
import { nextId, publish, tracing } from './trace.ts'
import type { Transport, TransportOwner } from './transport.ts'

/** How long `close()` waits for what was sent to leave, and then for the peer's end. */
const CLOSE_DEADLINE = 2_000
const LINGER_DEADLINE = 500

/** Bounds of one connection's buffers, in bytes. */
export interface BufferLimits {
  /** From here on nothing more is read from the system until the program has taken some; default 65 536. */
  receiveBuffer: number
  /** From here on `send` waits; default 65 536. `sendAll` waits for the system in any case. */
  sendBuffer: number
}

export const DEFAULT_BUFFERS: BufferLimits = { receiveBuffer: 65_536, sendBuffer: 65_536 }

/** What a connection is made with, complete. */
export interface EngineOptions {
  clock: Clock
  timeouts: Timeouts
  limits: BufferLimits
  side: 'client' | 'server'
  parent: number
}

/** State and machinery of one stream connection. */
export class StreamEngine implements TransportOwner, InboundOwner, OutboundOwner {
  readonly id: number
  readonly parent: number
  readonly clock: Clock
  readonly transport: Transport
  /** What it was made with, for whatever takes its place. */
  readonly options: EngineOptions
  readonly inbound: Inbound
  readonly outbound: Outbound
  readonly idleTimeout: number
  readonly sendTimeout: number
  /** What a balancer said first. */
  proxied: ProxyHeader | undefined
  bytesSent = 0
  bytesReceived = 0
  #state: StateOf<typeof CONNECTION> = 'open'
  /** What broke the stream; stays undefined when this program closed it. */
  #failure: Error | undefined
  /** The code of a failure that has none: the peer's doing, except for the reason of a `destroy`. */
  #codeless = 'ECONNRESET'
  #closing: Promise<void> | undefined
  #closed: Promise<void> | undefined
  #whenClosed: (() => void) | undefined
  #deadline: Deadline | undefined
  /** The transport is let go of, or someone else's. */
  #released = false
  #peerFinished = false

  /** @param before whose name and counts it takes over, closed from the beginning: see `spent` */
  constructor(transport: Transport, options: EngineOptions, before?: StreamEngine) {
    this.id = before?.id ?? nextId()
    this.transport = transport
    this.options = options
    this.clock = options.clock
    this.parent = options.parent
    this.idleTimeout = options.timeouts.idle
    this.sendTimeout = options.timeouts.send
    this.inbound = new Inbound(this, options.limits.receiveBuffer)
    this.outbound = new Outbound(this, options.limits.sendBuffer)
    if (before !== undefined) {
      this.proxied = before.proxied
      this.#state = 'closed'
      this.#released = true
      this.outbound.abandon()
      this.inbound.onClosed()
      return
    }
    if (tracing()) {
      const local = this.#format(transport.localAddress)
      publish(this.id, this.parent, 'open', { local, remote: this.target, side: options.side })
      if (transport.tls !== undefined) {
        const { protocol, cipher, alpn, resumed } = transport.tls
        publish(this.id, this.parent, 'tls', { protocol, cipher, alpn, resumed })
      }
    }
    transport.start(this)
  }

  get state(): StateOf<typeof CONNECTION> {
    return this.#state
  }

  /** The peer, as error sentences name it. */
  get target(): string {
    return this.#format(this.transport.remoteAddress)
  }

  // ---- what the transport reports

  onBytes(view: Uint8Array): boolean {
    this.bytesReceived += view.length
    if (tracing()) publish(this.id, this.parent, 'receive', { bytes: view.length, data: view })
    return this.inbound.onBytes(view)
  }

  onEnd(): void {
    if (!this.#step('peerFinished')) return
    if (tracing()) publish(this.id, this.parent, 'end', {})
    this.inbound.onEnd()
    if (this.#state !== 'closing') return
    this.#peerFinished = true
    if (this.transport.backlog === 0) this.#release()
  }

  onError(error: Error): void {
    if (this.#state === 'closing' || this.#state === 'closed') return
    this.#break(error)
  }

  onClose(): void {
    if (this.#state === 'closed') return
    if (this.#state !== 'closing' && this.#state !== 'finished') {
      this.#break(new Error('the transport closed without a word'))
      return
    }
    // Both directions ended as they should. What is still in our buffer can be read.
    this.#deadline?.stop()
    this.#step('gone')
    this.#released = true
    this.#end()
  }

  // ---- what the two halves ask for

  pauseTransport(): void {
    this.transport.pause()
  }

  resumeTransport(): void {
    if (!this.#released) this.transport.resume()
  }

  sent(count: number, data: Uint8Array | string): void {
    this.bytesSent += count
    if (tracing()) publish(this.id, this.parent, 'send', { bytes: count, data })
  }

  receiverThrew(error: unknown): void {
    this.#failure = new NetError({
      ...this.#facts('receive', 'receive'),
      code: 'ERR_RECEIVER',
      cause: error,
    })
    this.destroy()
  }

  failed(verb: string, cause?: Error): Error {
    const isOver = this.#state === 'closing' || this.#state === 'closed'
    // The system tells a write of its failure before it tells the stream.
    const failure = this.#failure ?? (isOver ? undefined : cause)
    const phase: Phase = /^(send|shutdown)/.test(verb) ? 'send' : 'receive'
    if (failure === undefined) {
      const half = this.#state === 'we-finished' || this.#state === 'finished'
      const reason = half && phase === 'send' ? 'sending was shut down by this program' : undefined
      const facts = { ...this.#facts(verb, phase), code: 'ERR_CLOSED' }
      return new NetError(reason === undefined ? facts : { ...facts, reason })
    }
    if (failure instanceof NetError && failure.code === 'ERR_RECEIVER') return failure
    const code = codeOf(failure) ?? this.#codeless
    const facts = { ...this.#facts(verb, phase), code, cause: failure }
    return isTlsError(failure)
      ? new TlsError({ ...facts, reason: failure.reason })
      : new NetError(facts)
  }

  busy(verb: string): Error {
    const reason = 'another reader waits on this stream or is attached to it'
    return new NetError({ ...this.#facts(verb, 'receive'), code: 'ERR_BUSY', reason })
  }

  timedOut(verb: string, limit: number): Error {
    const phase = /^(send|shutdown)/.test(verb) ? 'send' : 'idle'
    return new TimeoutError({ ...this.#facts(verb, phase), phase, limit })
  }

  // ---- what the public face does

  shutdown(how: 'read' | 'write' | 'both'): Promise<void> {
    if (this.#closing !== undefined || this.#state === 'closed')
      return Promise.reject(this.failed('shutdown'))
    if (how !== 'write') this.inbound.stopReading()
    if (how === 'read' || !this.#step('weFinished')) return Promise.resolve()
    if (tracing()) publish(this.id, this.parent, 'shutdown', {})
    return this.outbound.finish('shutdown')
  }

  close(): Promise<void> {
    if (this.#closing !== undefined) return this.#closing
    const before = this.#state
    this.#step('close')
    if (before === 'closed') {
      this.inbound.onClosed()
      return Promise.resolve()
    }
    const closing = this.closed
    // A receiver that is told may close or destroy in its turn: it gets this promise, or ends it.
    this.#closing = closing
    this.inbound.onClosed()
    if (this.state === 'closed') return closing
    this.#peerFinished = before === 'peer-finished' || before === 'finished'
    // Nothing left to send and nothing to hear: the system says our goodbye by itself.
    if (this.#peerFinished && this.transport.backlog === 0) this.#release()
    else {
      this.#deadline = startDeadline(this.clock, CLOSE_DEADLINE, () => this.#release())
      this.inbound.discard()
      const weFinished = before === 'we-finished' || before === 'finished'
      const out = weFinished ? this.outbound.flushed('close') : this.outbound.finish('close')
      out.then(
        () => this.#linger(),
        () => this.#release(),
      )
    }
    return closing
  }

  /** Settles at the end of this life, however it comes. */
  get closed(): Promise<void> {
    this.#closed ??= new Promise((resolve) => {
      if (this.#state === 'closed') resolve()
      else this.#whenClosed = resolve
    })
    return this.#closed
  }

  /** @param reason why, for those who wait; without one it is "closed by this program" */
  destroy(reason?: Error): void {
    if (this.#state === 'closed') return
    this.#failure ??= reason
    this.#codeless = 'ERR_CLOSED'
    this.#deadline?.stop()
    this.#step('broke')
    this.#released = true
    this.transport.reset()
    this.#end()
    this.inbound.onClosed()
  }

  /** Hands the transport to someone else: this stream is over, what it carries is not. */
  surrender(): void {
    this.#step('broke')
    this.#released = true
    this.#end()
    this.inbound.onClosed()
  }

  /** What is left in the hands of whoever gave this away: every verb is told that it is closed. */
  spent(): StreamEngine {
    return new StreamEngine(this.transport, this.options, this)
  }

  /** Everything has left. The peer may still be sending: its bytes are read and dropped for a moment. */
  #linger(): void {
    if (this.#state !== 'closing') return
    this.#deadline?.stop()
    if (this.#peerFinished) {
      this.#release()
      return
    }
    this.#deadline = startDeadline(this.clock, LINGER_DEADLINE, () => this.#release())
  }

  #release(): void {
    this.#deadline?.stop()
    if (this.#released) return
    this.#released = true
    this.transport.release()
  }

  /** The stream broke under us. */
  #break(error: Error): void {
    this.#failure = error
    this.#step('broke')
    this.#released = true
    this.transport.release()
    this.#end()
    this.inbound.onBroken()
  }

  /** The one end of every life. */
  #end(): void {
    if (tracing()) {
      const { bytesSent, bytesReceived } = this
      const code =
        this.#failure === undefined ? undefined : (codeOf(this.#failure) ?? this.#codeless)
      publish(this.id, this.parent, 'close', { code, bytesSent, bytesReceived })
    }
    this.outbound.abandon()
    this.#whenClosed?.()
  }

  /** @returns whether the event had a place in the current state */
  #step(event: EventOf<typeof CONNECTION>): boolean {
    const next = step(CONNECTION, this.#state, event)
    if (next === undefined) return false
    this.#state = next
    return true
  }

  #facts(verb: string, phase: Phase) {
    const { bytesSent, bytesReceived, target } = this
    return { verb, target, phase, bytesSent, bytesReceived }
  }

  #format(address: Transport['remoteAddress']): string {
    return address === undefined ? '' : formatEndpoint(address)
  }
}
