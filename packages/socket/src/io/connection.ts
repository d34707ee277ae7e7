/**
 * `Connection`: a stream of bytes to one peer, with the BSD verbs as promises. The public face of
 * `StreamEngine`; nothing is decided here but what the arguments mean.
 */
import type { Duplex } from 'node:stream'
import type { Address } from '../core/address.ts'
import { type Bytes, copy, type Data, encodeLatin1, kindOf, toBytes } from '../core/bytes.ts'
import { NetError, UnexpectedEndError } from '../core/errors.ts'
import type { ProxyHeader } from '../core/proxy-protocol.ts'
import { quoted } from '../core/quote.ts'
import type { ReceiveBuffer } from '../core/receive-buffer.ts'
import { DEFAULT_TIMEOUTS, normaliseTimeout, type TimeoutOption } from '../core/timeouts.ts'
import type { Take } from './inbound.ts'
import { checkCount, checkKeys, completeLimits, mustCount } from './options.ts'
import type {
  Attachment,
  ByteStream,
  Receiver,
  ShutdownHow,
  TextSendOptions,
  WaitOptions,
} from './stream.ts'
import { type BufferLimits, DEFAULT_BUFFERS, StreamEngine } from './stream-engine.ts'
import { toDuplex, toWebStreams, type WebStreams } from './streams.ts'
import { type Clock, systemClock } from './system.ts'
import type { TlsInfo } from './tls-info.ts'
import type { Transport } from './transport.ts'

/** The default of every `max`: what one read from the system brings at most. */
const CHUNK = 65_536
const LF = encodeLatin1('\n')

/** What a connection is made with. */
export interface ConnectionOptions {
  /** Milliseconds per phase; here `idle` (default: off) and `send` (default 30 000) matter. */
  timeout?: TimeoutOption | undefined
  /** Bounds of the two buffers. */
  limits?: Partial<BufferLimits> | undefined
  /** Whose clock the timeouts run on; default: the system's. */
  clock?: Clock | undefined
  /** Which end this is, for trace events; default `client`. */
  side?: 'client' | 'server' | undefined
  /** The id, one layer up, of what this belongs to, for trace events. */
  parent?: number | undefined
}

const KEYS = ['timeout', 'limits', 'clock', 'side', 'parent']

/** The machinery behind a connection, for code of this package that puts something else in its place. */
export let engineOf: (connection: Connection) => StreamEngine

/**
 * A stream of bytes to one peer. `connect()` and `Listener.accept()` make them; `new Connection(transport)`
 * puts the same verbs on a transport of your own.
 *
 * @example
 * const connection = await connect('tcp://127.0.0.1:8080')
 * await connection.sendAll('Hello, World!')
 * console.log(text(await connection.recv()))
 * await connection.close()
 */
export class Connection implements ByteStream {
  /** The stream itself, whoever reads and writes it. */
  readonly #stream: StreamEngine
  /** What this object reads and writes with: the stream, until that is handed over. */
  #engine: StreamEngine

  static {
    engineOf = (connection) => connection.#engine
  }

  /**
   * @param transport connected, and read by nobody else
   * @param options timeouts, limits, and how the connection is called in errors
   * @throws {TypeError | RangeError} for an unknown phase or a wrong number in `options`
   */
  constructor(transport: Transport, options: ConnectionOptions = {}) {
    checkKeys('connection', options, KEYS)
    if (typeof transport?.start !== 'function')
      throw new TypeError(`connection: transport must be a Transport, not ${kindOf(transport)}`)
    this.#stream = new StreamEngine(transport, {
      clock: options.clock ?? systemClock,
      timeouts: normaliseTimeout(options.timeout, DEFAULT_TIMEOUTS),
      limits: completeLimits('connection', options.limits, DEFAULT_BUFFERS),
      side: options.side ?? 'client',
      parent: options.parent ?? 0,
    })
    this.#engine = this.#stream
  }

  /** Unique in the process; trace events carry it. */
  get id(): number {
    return this.#engine.id
  }

  /** Bytes given to the system so far, those of its queue included. */
  get bytesSent(): number {
    return this.#stream.bytesSent
  }

  /** Bytes that have arrived so far, those nobody has taken yet included. */
  get bytesReceived(): number {
    return this.#stream.bytesReceived
  }

  /** Bytes taken by `send` and its relatives that the system does not have yet; 0 when all has left. */
  get backlog(): number {
    return this.#engine.transport.backlog
  }

  /** Our own end, as it was when the connection opened. */
  get localAddress(): Address | undefined {
    return this.#engine.transport.localAddress
  }

  /** The peer's end, as it was when the connection opened. */
  get remoteAddress(): Address | undefined {
    return this.#engine.transport.remoteAddress
  }

  /** What the TLS handshake agreed on; `undefined` on a connection in the clear. */
  get tls(): TlsInfo | undefined {
    return this.#engine.transport.tls
  }

  /**
   * What a balancer said of the client, on a listener with `proxyProtocol`; the addresses above are the client's then,
   * if it said them.
   */
  get proxied(): ProxyHeader | undefined {
    return this.#engine.proxied
  }

  /** False once the stream was closed by us, or broke. */
  get isOpen(): boolean {
    const { state } = this.#engine
    return state !== 'closing' && state !== 'closed'
  }

  /**
   * Receives up to `max` bytes; waits until at least one is there. A stream has no messages: one `send`
   * may arrive in several pieces, or several in one.
   *
   * @param max at least 1; default 65 536
   * @param options `signal` and `timeout` (ms) of this wait
   * @returns 1 to `max` bytes, or `null` once the peer has finished sending (never an empty array)
   * @throws {TimeoutError} phase `idle`, when no byte came for `timeout` ms
   * @throws {NetError} `ECONNRESET` the peer broke it; `ERR_CLOSED` we closed it; `ERR_BUSY` another reader waits
   * @see recv(2); RFC 9293 §3.10.3
   * @example const data = await connection.recv(1024)
   */
  recv(max: number = CHUNK, options?: WaitOptions): Promise<Bytes | null> {
    const wrong = checkCount('max', max, 1)
    if (wrong) return Promise.reject(wrong)
    return this.#engine.inbound.wait('recv', takeSome, options, max)
  }

  /**
   * Receives into memory of the caller: no allocation, the way to move much data.
   *
   * @param target at least one byte long; filled from its beginning
   * @param options `signal` and `timeout` (ms) of this wait
   * @returns how many bytes were written, or `null` once the peer has finished
   * @throws as `recv`
   * @example const count = await connection.recvInto(buffer)
   */
  recvInto(target: Uint8Array, options?: WaitOptions): Promise<number | null> {
    if (!(target instanceof Uint8Array))
      return Promise.reject(new TypeError(`recvInto takes a Uint8Array, not ${kindOf(target)}`))
    const wrong = checkCount('target.length', target.length, 1)
    if (wrong) return Promise.reject(wrong)
    return this.#engine.inbound.wait('recvInto', takeInto, options, target.length, target)
  }

  /**
   * Receives exactly `count` bytes.
   *
   * @param count 0 or more; it bounds the memory, so check what a peer asks for
   * @param options `signal` and `timeout` (ms) of this wait
   * @returns the bytes, or `null` when the peer finished before the first of them
   * @throws {UnexpectedEndError} the peer finished in the middle; `partial` has what came
   * @throws as `recv`
   */
  recvExactly(count: number, options?: WaitOptions): Promise<Bytes | null> {
    const wrong = checkCount('count', count, 0)
    if (wrong) return Promise.reject(wrong)
    const take: Take<Bytes> = (buffer, ended) =>
      buffer.takeExactly(count) ?? this.#short('recvExactly', buffer, ended, `of ${count} bytes`)
    return this.#engine.inbound.wait('recvExactly', take, options)
  }

  /**
   * Receives everything up to and including `mark`.
   *
   * @param mark one byte or more
   * @param max the most bytes to wait for, the mark among them; default 65 536
   * @param options `signal` and `timeout` (ms) of this wait
   * @returns the bytes with the mark, or `null` when the peer finished before the first of them
   * @throws {NetError} `ERR_TOO_LONG`: `max` bytes are here without a mark; they stay, for another call
   * @throws {UnexpectedEndError} the peer finished in the middle; `partial` has what came
   * @throws as `recv`
   */
  recvUntil(mark: Data, max: number = CHUNK, options?: WaitOptions): Promise<Bytes | null> {
    let bytes: Uint8Array
    try {
      bytes = toBytes(mark)
    } catch (error) {
      return Promise.reject(error)
    }
    return this.#until('recvUntil', bytes, max, options)
  }

  /**
   * Receives one line, without its LF or CRLF.
   *
   * @param max the most bytes to wait for, the line's end among them; default 65 536
   * @param options `signal` and `timeout` (ms) of this wait
   * @returns the line, possibly empty, or `null` when the peer finished before the first byte
   * @throws as `recvUntil`
   * @example for (let line; (line = await connection.recvLine()) !== null; ) console.log(text(line))
   */
  async recvLine(max: number = CHUNK, options?: WaitOptions): Promise<Bytes | null> {
    const line = await this.#until('recvLine', LF, max, options)
    if (line === null) return null
    return line.subarray(0, line.at(-2) === 0x0d ? -2 : -1)
  }

  /**
   * Takes what has already arrived, without waiting.
   *
   * @param max bytes, at least 1; default 65 536
   * @returns 1 to `max` bytes, `undefined` for nothing yet, `null` once the peer has finished
   * @throws {NetError} `ERR_BUSY` while a reader waits; `ECONNRESET` and others when the stream broke
   */
  tryRecv(max: number = CHUNK): Bytes | undefined | null {
    mustCount('max', max, 1)
    return this.#engine.inbound.tryTake(max)
  }

  /**
   * Looks at up to `max` bytes of our buffer without taking them; `undefined` when it is empty.
   *
   * @param max bytes, at least 1; default 65 536
   * @throws {TypeError | RangeError} for what is no such number
   */
  peek(max: number = CHUNK): Bytes | undefined {
    mustCount('max', max, 1)
    return this.#engine.inbound.peek(max)
  }

  /**
   * Puts bytes back in front of everything that was not read yet. They are copied.
   *
   * @param bytes in front of the rest; an empty array changes nothing
   * @throws {NetError} `ERR_BUSY` while a reader waits
   */
  unread(bytes: Uint8Array): void {
    this.#engine.inbound.unread(bytes)
  }

  /**
   * Makes `receiver` the reader: every byte is handed to it as it arrives, without a copy. What is already
   * here is handed over right after this has returned, so that the receiver can use the attachment.
   *
   * @param receiver is called until it lets go, or the stream ends
   * @throws {NetError} `ERR_BUSY` while another reader waits or is attached
   */
  attach(receiver: Receiver): Attachment {
    return this.#engine.inbound.attach(receiver)
  }

  /** Yields what arrives until the peer has finished; leaving the loop early keeps the connection open. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Bytes, void, undefined> {
    for (let bytes = await this.recv(); bytes !== null; bytes = await this.recv()) yield bytes
  }

  /**
   * Sends everything, in order, as one write.
   *
   * @param data text goes as UTF-8; several parts leave together
   * @param options `signal` and `timeout` (ms) of this wait
   * @returns a promise that settles when the system has all of it: not when the peer has read it. When the
   *   system took it at once the promise is settled already and `backlog` is 0
   * @throws {TimeoutError} phase `send`, when nothing left for `timeout.send` ms
   * @throws {NetError} `EPIPE`, `ECONNRESET` the peer is gone; `ERR_CLOSED` we closed it. Some, all or none
   *   of the bytes may have left then, and after an abort as well
   * @example await connection.sendAll([head, body])
   */
  sendAll(data: Data | readonly Data[], options?: WaitOptions): Promise<void> {
    try {
      return this.#engine.outbound.sendAll('sendAll', data, options)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /**
   * Puts data into the bounded buffer (`limits.sendBuffer`) and waits only while that is full.
   *
   * @param data text goes as UTF-8
   * @param options `signal` and `timeout` (ms) of this wait
   * @returns the number of bytes taken: always all of them
   * @throws as `sendAll`
   * @see send(2), which may take fewer; here the rest is ours to carry
   */
  send(data: Data, options?: WaitOptions): Promise<number> {
    try {
      return this.#engine.outbound.send(data, options)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /**
   * Sends text whose every character is one byte, such as the head of a message, without a detour over
   * UTF-8.
   *
   * @param text each character from U+0000 to U+00FF
   * @param options `signal` and `timeout` (ms) of this wait; `whenTaken`: not to wait for the system, as `send` does
   * @throws as `sendAll`; {RangeError} for a character beyond U+00FF
   */
  sendLatin1(text: string, options?: TextSendOptions): Promise<void> {
    return this.#engine.outbound.sendLatin1(text, options)
  }

  /**
   * Ends one direction or both. `write` sends what is left, then the peer reads the end of the stream;
   * `read` makes our readers see the end and drops what still arrives: the peer is not told.
   *
   * @param how `read`, `write`, `both`, or SHUT_RD, SHUT_WR, SHUT_RDWR
   * @throws {NetError} `ERR_CLOSED` after `close()`
   * @see shutdown(2)
   */
  shutdown(how: ShutdownHow): Promise<void> {
    const direction = typeof how === 'number' ? (['read', 'write', 'both'] as const)[how] : how
    if (direction !== 'read' && direction !== 'write' && direction !== 'both')
      return Promise.reject(
        new TypeError(`shutdown takes 'read', 'write' or 'both', not ${quoted(how)}`),
      )
    return this.#engine.shutdown(direction)
  }

  /**
   * Lets go in good order: what was sent leaves (for up to 2 s), the peer reads our end, and what it still
   * says is dropped for half a second. Waiting readers fail with `ERR_CLOSED`. Never rejects, need not be
   * awaited; the second call is the first one's promise.
   */
  close(): Promise<void> {
    return this.#engine.close()
  }

  /**
   * Lets go at once; the peer sees a reset where the transport has one, and what was not sent is lost. Never throws.
   *
   * @param reason what those who wait are told, as the `cause`, with its `code`; without a code it is `ERR_CLOSED`
   */
  destroy(reason?: Error): void {
    this.#stream.destroy(reason)
  }

  /** Settles when the connection is over, however that comes: by us, by the peer, by the network. Never rejects. */
  get closed(): Promise<void> {
    return this.#stream.closed
  }

  /**
   * Whether small writes leave at once (TCP_NODELAY); means nothing where there is no such thing.
   *
   * @param on true (the default of this package): at once; false: Nagle waits for company (RFC 896)
   * @throws {TypeError} for anything else
   */
  setNoDelay(on: boolean): void {
    if (typeof on !== 'boolean')
      throw new TypeError(`setNoDelay takes true or false, not ${kindOf(on)}`)
    this.#engine.transport.setNoDelay?.(on)
  }

  /** Keeps the process alive while this is open (the default). */
  ref(): void {
    this.#engine.transport.ref()
  }

  /** Lets the process end although this is open. */
  unref(): void {
    this.#engine.transport.unref()
  }

  /**
   * A view of the connection for code that speaks of web streams. It reads and writes through this object, which
   * lives on; when both directions have ended the connection is closed.
   *
   * @returns `readable`, a byte stream (BYOB readers spare the copy), and `writable`, which takes bytes and text.
   *   Cancelling the one ends reading, closing the other ends writing, aborting it resets the connection
   * @throws {NetError} `ERR_BUSY` from the first read, while another reader waits
   * @example await connection.toWeb().readable.pipeTo(destination)
   */
  toWeb(): WebStreams {
    return toWebStreams(this)
  }

  /**
   * Hands the connection over to code that wants a Node stream. This object is finished afterwards: it reads and sends
   * nothing any more (`ERR_CLOSED`), and `close()` does nothing. What a server needs to keep hold of it stays: with a
   * Duplex, `bytesSent`, `bytesReceived` and `closed` go on to speak of the stream, and `destroy()` cuts it off; a
   * net.Socket that was handed over is its new owner's alone.
   *
   * @returns a Duplex with the same peer; for a connection opened with `sharedBuffer: false`, whose peer has not finished
   *   yet, the bare net.Socket. What was received and not read comes first. An error that nobody listens for ends the stream, and
   *   not the process
   * @throws {NetError} `ERR_BUSY` while a reader waits; `ERR_CLOSED` when there is nothing to hand over
   */
  detach(): Duplex {
    if (!this.isOpen) throw this.#engine.failed('detach')
    const duplex = toDuplex(this.#stream)
    this.#engine = this.#stream.spent()
    return duplex
  }

  /** As `close()`, so that `await using` works. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #until(
    verb: string,
    mark: Uint8Array,
    max: number,
    options?: WaitOptions,
  ): Promise<Bytes | null> {
    const wrong = checkCount('max', max, mark.length) ?? checkCount('mark.length', mark.length, 1)
    if (wrong) return Promise.reject(wrong)
    const take: Take<Bytes> = (buffer, ended) => {
      const at = buffer.find(mark)
      if (at !== -1 && at + mark.length <= max) return buffer.takeExactly(at + mark.length)
      if (at !== -1 || buffer.length >= max) throw this.#tooLong(verb, max)
      return this.#short(verb, buffer, ended, 'before the end of a message')
    }
    return this.#engine.inbound.wait(verb, take, options)
  }

  /** What a reader of a known amount gets when it is not all there. */
  #short(verb: string, buffer: ReceiveBuffer, ended: boolean, wanted: string): null | undefined {
    if (!ended) return undefined
    if (buffer.length === 0) return null
    const partial = copy(buffer.takeAll())
    throw new UnexpectedEndError({
      verb,
      target: this.#engine.target,
      phase: 'receive',
      reason: `the peer finished after ${partial.length} ${wanted.startsWith('of') ? wanted : `bytes, ${wanted}`}`,
      bytesSent: this.bytesSent,
      bytesReceived: this.bytesReceived,
      partial,
    })
  }

  #tooLong(verb: string, max: number): NetError {
    return new NetError({
      verb,
      target: this.#engine.target,
      code: 'ERR_TOO_LONG',
      phase: 'receive',
      reason: `no end of the message within ${max} bytes`,
      bytesReceived: this.bytesReceived,
    })
  }
}

// The two that are called for every read: functions of the module, so that no call makes one of its own.

const takeSome: Take<Bytes> = (buffer, ended, max) => buffer.takeSome(max) ?? nothing(ended)

const takeInto: Take<number> = (buffer, ended, _max, target) =>
  buffer.takeInto(target as Uint8Array) || nothing(ended)

function nothing(ended: boolean): null | undefined {
  return ended ? null : undefined
}
