/**
 * What a stream of bytes is, for every layer above: the verbs that TCP, Unix sockets, memory pairs and
 * later TLS and tunnels share. `Connection` implements it; `checkStream` (in `testing`) tells whether
 * something else does.
 *
 * One mechanism, three ways to read it, one owner at a time:
 * - pull: `recv` and its relatives wait for what is asked for;
 * - look: `tryRecv` takes what is already here;
 * - push: `attach` hands every byte to a receiver as it arrives, without a copy.
 * A second reader while one waits is `ERR_BUSY`, so that no two callers each get half of a message.
 */

import type { Duplex } from 'node:stream'
import type { Address } from '../core/address.ts'
import type { Bytes, Data } from '../core/bytes.ts'

/** Limits of one wait. It ends that wait only: the stream stays as it is. */
export interface WaitOptions {
  /** Ends the wait; the promise rejects with `signal.reason`. */
  signal?: AbortSignal | undefined
  /** Milliseconds without a byte before the wait ends with a `TimeoutError`; default: the stream's own. */
  timeout?: number | undefined
}

/** Limits of one wait for text to leave, and how long that is waited for at all. */
export interface TextSendOptions extends WaitOptions {
  /** Settle as soon as the text is taken, as `send` does, unless the buffer is full; default: when the system has it. */
  whenTaken?: boolean | undefined
}

/** Takes what arrives, as it arrives: the push way of reading. */
export interface Receiver {
  /**
   * Some bytes arrived. `view` is valid until this call returns: whatever is kept must be copied.
   * Returning `false` pauses the stream until `resume()`. A receiver that throws closes this stream, and
   * no other. An async one is not waited for: its promise pauses nothing, whatever it resolves to, the next bytes come
   * while it still runs, and `view` is gone after its first `await`. What it rejects with is as good as thrown.
   *
   * @param view what arrived; it dies with the call
   * @returns `false` to pause
   * @throws what it likes, at once or as a rejection: that closes this stream, and no other
   */
  // biome-ignore lint/suspicious/noConfusingVoidType: a function that says nothing is declared as `void`, and pauses nothing.
  bytes(view: Uint8Array): boolean | void
  /**
   * The peer finished sending; no more bytes follow.
   *
   * @throws as `bytes`
   */
  end(): void
  /**
   * The stream broke, or was closed by this program (`ERR_CLOSED`); nothing follows.
   *
   * @param error why; a `NetError`
   * @throws as `bytes`
   */
  error(error: Error): void
}

/** The hold of a receiver on a stream. */
export interface Attachment {
  /** Goes on after a `false`; does nothing while not paused. */
  resume(): void
  /** Lets go: what comes next waits in the stream's buffer for the next reader. */
  detach(): void
  /** Puts bytes back that the receiver was given and did not use; call it before `detach`. They are copied. */
  unread(bytes: Uint8Array): void
}

/** Which direction to end: our own words, or the BSD numbers SHUT_RD 0, SHUT_WR 1, SHUT_RDWR 2. */
export type ShutdownHow = 'read' | 'write' | 'both' | 0 | 1 | 2

/** A bidirectional stream of bytes. */
export interface ByteStream extends AsyncDisposable, AsyncIterable<Bytes> {
  /** Unique in the process; the same in trace events. */
  readonly id: number
  /** Bytes that the transport has taken. */
  readonly bytesSent: number
  /** Bytes that the transport has given. */
  readonly bytesReceived: number
  /** Bytes taken by `send` and its relatives that the system does not have yet; 0 when all has left. */
  readonly backlog: number
  /** Where we are, as it was when the stream opened. */
  readonly localAddress: Address | undefined
  /** Where the peer is, as it was when the stream opened. */
  readonly remoteAddress: Address | undefined
  /** Whether the stream can still carry something in at least one direction. */
  readonly isOpen: boolean
  /** Settles when the stream is over, however that comes. Never rejects. */
  readonly closed: Promise<void>

  /** Waits for 1 to `max` bytes (default 65 536); `null` once the peer has finished. */
  recv(max?: number, options?: WaitOptions): Promise<Bytes | null>
  /** As `recv`, into memory of the caller; the count, or `null` once the peer has finished. */
  recvInto(target: Uint8Array, options?: WaitOptions): Promise<number | null>
  /** Waits for exactly `count` bytes; `null` when the peer finished before the first of them. */
  recvExactly(count: number, options?: WaitOptions): Promise<Bytes | null>
  /** Waits for everything up to and including `mark`, at most `max` bytes (default 65 536) with it. */
  recvUntil(mark: Data, max?: number, options?: WaitOptions): Promise<Bytes | null>
  /** Waits for a line and returns it without its LF or CRLF; at most `max` bytes (default 65 536). */
  recvLine(max?: number, options?: WaitOptions): Promise<Bytes | null>
  /** Takes what is here: bytes, `undefined` for nothing yet, `null` once the peer has finished. */
  tryRecv(max?: number): Bytes | undefined | null
  /** Puts bytes back, in front of everything else. They are copied. */
  unread(bytes: Uint8Array): void
  /** Makes `receiver` the reader; what is already here is handed over right after this has returned. */
  attach(receiver: Receiver): Attachment

  /**
   * Sends everything; settles when the system has it all. One write for all parts. When the system takes
   * it at once, the promise is settled and shared: `backlog` is 0 after the call and nobody has to wait.
   */
  sendAll(data: Data | readonly Data[], options?: WaitOptions): Promise<void>
  /** Puts data into the bounded buffer, waiting only while that is full; the number of bytes taken. */
  send(data: Data, options?: WaitOptions): Promise<number>
  /** As `sendAll`, or with `whenTaken` as `send`, for text whose every character is one byte: no detour over UTF-8. */
  sendLatin1(text: string, options?: TextSendOptions): Promise<void>

  /** Hands the stream over to code that wants one of Node's; this object is finished afterwards. */
  detach(): Duplex
  /** Ends one direction or both; what was sent before still leaves. The peer reads the end of the stream. */
  shutdown(how: ShutdownHow): Promise<void>
  /** Sends what is left, says goodbye and lets go, after a short deadline by force. Never rejects. */
  close(): Promise<void>
  /** Lets go at once; the peer sees a reset where the transport has one. Those who wait are told `reason`. */
  destroy(reason?: Error): void
  /** Keeps the process alive while this is open (the default). */
  ref(): void
  /** Lets the process end although this is open. */
  unref(): void
}
