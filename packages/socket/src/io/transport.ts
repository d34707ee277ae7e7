/**
 * What carries the bytes of a `Connection`: a kernel socket through node:net, TLS over one, two ends in memory,
 * later a tunnel. A transport moves bytes and reports; it decides nothing. All verbs, waits, buffers and
 * errors are the Connection's, so that each of them exists once whatever is underneath.
 */
import type { Address } from '../core/address.ts'
import type { TlsInfo } from './tls-info.ts'

/** The part of a Connection that its transport reports to. */
export interface TransportOwner {
  /** Bytes arrived; `view` dies with the call. @returns false to pause */
  onBytes(view: Uint8Array): boolean
  /** The peer finished sending. */
  onEnd(): void
  /** The transport broke; `onClose` follows. */
  onError(error: Error): void
  /** Nothing will follow, in either direction. */
  onClose(): void
}

/** Moves bytes for one Connection. */
export interface Transport {
  /** Our end, as far as it is known; read once, when the connection opens. */
  readonly localAddress: Address | undefined
  /** The peer's end, as far as it is known; read once, when the connection opens. */
  readonly remoteAddress: Address | undefined
  /** What a handshake agreed on; nothing for a transport in the clear. */
  readonly tls?: TlsInfo | undefined
  /** Names the owner and begins to read. */
  start(owner: TransportOwner): void
  /** Takes bytes, or text of one byte a character. They leave in the order of the calls. */
  write(data: Uint8Array | string): void
  /** Takes several parts as one write. */
  writeMany(parts: readonly Uint8Array[]): void
  /** Bytes taken and not yet with the system. */
  readonly backlog: number
  /** Why nothing leaves any more, from the very write that failed on; `onError` follows. */
  readonly failure?: Error | null | undefined
  /** A number that changes whenever the system has taken some of the backlog. */
  readonly progress: number
  /** Calls back once all that was taken so far is with the system, or can't be sent any more. */
  whenFlushed(callback: (error?: Error | null) => void): void
  /** Reads no more until `resume()`; what is on its way may still arrive. */
  pause(): void
  /** Reads on. */
  resume(): void
  /** Tells the peer that we are done, once the backlog is out. */
  finish(): void
  /** Lets go, without a reset where that is possible. */
  release(): void
  /** Lets go with a reset, where there is such a thing. */
  reset(): void
  /** Whether small writes wait for company; nothing happens where there is no such thing. */
  setNoDelay?(on: boolean): void
  /** Keeps the process alive while this is open (the default). */
  ref(): void
  /** Lets the process end although this is open. */
  unref(): void
}
