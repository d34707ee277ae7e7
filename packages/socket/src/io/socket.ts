/**
 * `socket()` and `Socket`: the BSD verbs as they are taught. A `Socket` is unconnected until a verb tells
 * what it is to be; from then on it holds a `Connection`, a `Listener` or a `UdpSocket` and passes the
 * verbs on: one implementation, two doors.
 *
 * Where node:net is no kernel socket (the tested table is in the README):
 * - `bind` on a stream takes the port at once by listening on it without handing anything out, so that
 *   `getsockname()` tells the port before `listen()`; a `connect()` afterwards gives it back first.
 * - `listen(backlog)` is a hint once `bind` has taken the port.
 * - `setsockopt` remembers what was set before the socket exists and applies it then.
 */
import { isIP } from 'node:net'
import { type Address, isUnix, type Target } from '../core/address.ts'
import type { Bytes, Data } from '../core/bytes.ts'
import { kindOf } from '../core/bytes.ts'
import * as C from '../core/constants.ts'
import { NetError, type Phase } from '../core/errors.ts'
import { quoted } from '../core/quote.ts'
import { type EventOf, SOCKET, type StateOf, step } from '../core/state.ts'
import type { TimeoutOption } from '../core/timeouts.ts'
import { connect } from './connect.ts'
import type { Connection } from './connection.ts'
import { listen } from './listen.ts'
import type { Listener } from './listener.ts'
import { checkEnd, checkKeys, mustCount, wrongWait } from './options.ts'
import { runtime } from './runtime.ts'
import { type Held, SocketSettings } from './socket-options.ts'
import type { ShutdownHow, WaitOptions } from './stream.ts'
import type { System } from './system.ts'
import { udp } from './udp.ts'
import type { UdpSocket } from './udp-socket.ts'

/** An address as the BSD verbs take it: `[host, port]`, or a path for AF_UNIX. */
export type SocketAddress = readonly [host: string, port: number] | string

/** What a socket is made with, beyond the three numbers. */
export interface SocketOptions {
  /** Milliseconds per phase, as for `connect`. */
  timeout?: TimeoutOption | undefined
  /** The machine to do it on; for tests. */
  system?: System | undefined
}

/** A `Socket` of SOCK_STREAM. What no stream has does not compile: it has one peer, and sends to no other. */
export type StreamSocket = Socket & { readonly sendto: never }

/** A `Socket` of SOCK_DGRAM. What no datagram socket has does not compile: nobody connects to it, and it has no end. */
export type DatagramSocket = Socket & {
  readonly accept: never
  readonly listen: never
  readonly shutdown: never
}

/**
 * Makes a socket, as socket(2) does.
 *
 * @param family AF_INET (default), AF_INET6 or AF_UNIX
 * @param type SOCK_STREAM (default) or SOCK_DGRAM
 * @param protocol 0, or the number of the only one that each type has: IPPROTO_TCP, 17 for datagrams
 * @param options timeouts for all that this socket waits for
 * @returns the socket; its type knows which verbs a stream and which a datagram socket has, where `type` is known when it is
 *   compiled
 * @throws {RangeError} for numbers that are not among these
 * @throws {NetError} `ERR_UNSUPPORTED` for AF_UNIX datagrams, which no JavaScript runtime offers
 * @see socket(2)
 * @example
 * const s = socket(AF_INET, SOCK_STREAM)
 * await s.connect(['127.0.0.1', 8080])
 */
export function socket(
  family?: C.AddressFamily,
  type?: typeof C.SOCK_STREAM,
  protocol?: number,
  options?: SocketOptions,
): StreamSocket
export function socket(
  family: C.AddressFamily,
  type: typeof C.SOCK_DGRAM,
  protocol?: number,
  options?: SocketOptions,
): DatagramSocket
export function socket(
  family?: C.AddressFamily,
  type?: C.SocketType,
  protocol?: number,
  options?: SocketOptions,
): Socket
export function socket(
  family: C.AddressFamily = C.AF_INET,
  type: C.SocketType = C.SOCK_STREAM,
  protocol = 0,
  options: SocketOptions = {},
): Socket {
  return new Socket(family, type, protocol, options)
}

/** What a socket holds now, and a socket around a connection that stands: for the Python door, where TLS is put on it. */
export let heldBy: (socket: Socket) => Held & { listener: Listener | undefined }
/** A socket of the same kind around another connection. */
export let socketAround: (connection: Connection, like: Socket) => Socket

/** A socket with the BSD verbs. Made by `socket()`. */
export class Socket implements AsyncDisposable, AsyncIterable<Bytes> {
  /** AF_INET, AF_INET6 or AF_UNIX. */
  readonly family: C.AddressFamily
  /** SOCK_STREAM or SOCK_DGRAM. */
  readonly type: C.SocketType
  /** What it was made with; 0, since family and type say it all. */
  readonly protocol: number
  readonly #options: SocketOptions
  #state: StateOf<typeof SOCKET> = 'new'
  #connection: Connection | undefined
  #listener: Listener | undefined
  #datagrams: UdpSocket | undefined
  /** The bind of a datagram socket that nobody has bound, while it is under way. */
  #implicit: Promise<void> | undefined
  /** Options as they were set; what is not open yet gets them when it is. */
  readonly #settings: SocketSettings
  /** Ends a `connect` that is under way when the socket is closed. */
  #connecting: AbortController | undefined

  static {
    heldBy = (socket) => socket.#held
    socketAround = (connection, like) => Socket.#around(connection, like)
  }

  /**
   * @param options timeouts for all that this socket waits for
   * @throws {RangeError} a family or type that there is not; NetError: `ERR_UNSUPPORTED` datagrams over AF_UNIX
   */
  constructor(
    family: C.AddressFamily = C.AF_INET,
    type: C.SocketType = C.SOCK_STREAM,
    protocol = 0,
    options: SocketOptions = {},
  ) {
    checkKeys('socket', options, ['timeout', 'system'])
    if (family !== C.AF_INET && family !== C.AF_INET6 && family !== C.AF_UNIX)
      throw new RangeError(
        `socket: family must be AF_INET, AF_INET6 or AF_UNIX, not ${String(family)}`,
      )
    if (type !== C.SOCK_STREAM && type !== C.SOCK_DGRAM)
      throw new RangeError(`socket: type must be SOCK_STREAM or SOCK_DGRAM, not ${String(type)}`)
    const own = type === C.SOCK_STREAM ? C.IPPROTO_TCP : C.IPPROTO_UDP
    if (protocol !== 0 && (protocol !== own || family === C.AF_UNIX))
      throw new RangeError(
        `socket: protocol must be 0${family === C.AF_UNIX ? '' : ` or ${own}`} here, not ${quoted(protocol)}`,
      )
    this.family = family
    this.type = type
    this.protocol = protocol
    this.#options = options
    this.#settings = new SocketSettings(type)
    if (family === C.AF_UNIX && type === C.SOCK_DGRAM)
      throw this.#error(
        'socket',
        'ERR_UNSUPPORTED',
        'open',
        `${runtime} has no Unix datagram sockets`,
      )
  }

  /** A socket around a connection that exists: what `accept()` gives. */
  static #around(connection: Connection, like: Socket): Socket {
    const made = new Socket(like.family, like.type, like.protocol, like.#options)
    made.#connection = connection
    // Listeners set it on what they accept, see `bind`.
    made.#settings.note(C.IPPROTO_TCP, C.TCP_NODELAY, 1)
    made.#step('accepted', 'accept')
    return made
  }

  /**
   * Takes an address. Port 0 lets the system choose, `getsockname()` tells what it chose; an empty host is
   * every address of this machine.
   *
   * @param address `[host, port]`, for AF_UNIX a path
   * @param options `signal` ends the wait
   * @throws {NetError} `EADDRINUSE`, `EACCES`, `EADDRNOTAVAIL`; `EAFNOSUPPORT` an address of the other family; `EINVAL`
   *   when bound already; `ERR_CLOSED`
   * @see bind(2)
   */
  async bind(address: SocketAddress, options: Pick<WaitOptions, 'signal'> = {}): Promise<void> {
    checkEnd('bind', options)
    this.#step('bind', 'bind')
    try {
      const target = this.#target(address, true)
      const { system, timeout } = this.#options
      const how = { system, timeout, ...options }
      if (this.type === C.SOCK_DGRAM) {
        const opened = await udp(target, { ...how, ...this.#settings.forUdp })
        this.#datagrams = this.#keep('bind', opened)
        this.#settings.applyTo(opened)
      } else {
        const family = FAMILIES[this.family]
        const opened = await listen(target, { ...how, family, ...this.#settings.forListen })
        this.#listener = this.#keep('bind', opened)
      }
    } catch (error) {
      if (this.#state === 'bound') this.#step('failed', 'bind')
      throw error
    }
  }

  /**
   * Begins to take connections; a second call changes nothing.
   *
   * @param backlog connections that the kernel may hold; a hint, capped by the system; default 4096
   * @throws {NetError} `EDESTADDRREQ` when not bound; `EINVAL` for datagrams or a connected socket
   * @see listen(2)
   */
  async listen(backlog: number = C.SOMAXCONN): Promise<void> {
    mustCount('backlog', backlog, 0)
    if (this.type === C.SOCK_DGRAM)
      throw this.#error('listen', 'EINVAL', 'listen', 'datagrams have no connections')
    if (this.#state === 'new' && this.family === C.AF_UNIX)
      throw this.#error('listen', 'EDESTADDRREQ', 'listen', 'bind to a path first')
    if (this.#state === 'new') await this.bind(this.family === C.AF_INET6 ? ['::', 0] : ['', 0])
    this.#step('listen', 'listen')
  }

  /**
   * Waits for the next connection.
   *
   * @param options `signal` and `timeout` (ms) of this wait
   * @returns a socket for it, and the peer's address
   * @throws {NetError} `EINVAL` when not listening; `ERR_CLOSED`
   * @see accept(2)
   */
  async accept(options?: WaitOptions): Promise<[Socket, SocketAddress]> {
    if (this.#state !== 'listening' || this.#listener === undefined)
      throw this.#refusal('accept', 'accept', 'EINVAL', 'not listening')
    const connection = await this.#listener.accept(options)
    return [Socket.#around(connection, this), tuple(connection.remoteAddress)]
  }

  /**
   * Connects to a peer. On datagrams it names the one peer, also in the place of another one, and nothing is sent.
   *
   * @param address `[host, port]`, for AF_UNIX a path
   * @param options `signal` ends the attempt
   * @throws as `connect()` of the main door; `EISCONN` when a stream is connected already
   * @see connect(2)
   */
  async connect(address: SocketAddress, options: Pick<WaitOptions, 'signal'> = {}): Promise<void> {
    checkEnd('connect', options)
    const target = this.#target(address, false)
    if (this.type === C.SOCK_DGRAM) {
      const datagrams = await this.#datagram('connect')
      if (datagrams.remoteAddress) datagrams.disconnect()
      return datagrams.connect(target, options)
    }
    const local = this.#listener?.address
    this.#step('connect', 'connect')
    try {
      await this.#listener?.close()
      this.#listener = undefined
      const from =
        local === undefined || isUnix(local)
          ? {}
          : { localAddress: local.hostname, localPort: local.port }
      const { system, timeout } = this.#options
      this.#connecting = new AbortController()
      const closed = this.#connecting.signal
      const signal = options.signal ? AbortSignal.any([options.signal, closed]) : closed
      const family = FAMILIES[this.family]
      const how = { ...from, family, signal, system, timeout, ...this.#settings.forConnect }
      const connection = await connect(target, how)
      // Closed in the moment between the connection and us.
      if (closed.aborted) connection.destroy()
      this.#connection = connection
      this.#step('connected', 'connect')
    } catch (error) {
      if ((this.#state as string) === 'closed')
        throw this.#error('connect', 'ERR_CLOSED', 'connect')
      this.#step('failed', 'connect')
      throw error
    } finally {
      this.#connecting = undefined
    }
  }

  /**
   * Sends bytes; on datagrams one datagram to the connected peer.
   *
   * @param data a string becomes UTF-8
   * @param options `signal` and `timeout` (ms) of this wait
   * @returns the number of bytes taken
   * @throws as `Connection.send` and `UdpSocket.send`; `ENOTCONN`
   * @see send(2)
   */
  send(data: Data, options?: WaitOptions): Promise<number> {
    if (this.#datagrams !== undefined) {
      const wrong = wrongWait('send', options)
      if (wrong !== undefined) return Promise.reject(wrong)
      return this.#datagrams.send(data, undefined, { signal: options?.signal })
    }
    return this.#stream('send', (connection) => connection.send(data, options))
  }

  /**
   * Sends everything and waits until the system has it.
   *
   * @param data a string becomes UTF-8; parts leave in one write
   * @param options `signal` and `timeout` (ms) of this wait
   * @throws as `Connection.sendAll`; `ENOTCONN`
   * @see send(2), until all is gone
   */
  sendAll(data: Data | readonly Data[], options?: WaitOptions): Promise<void> {
    return this.#stream('sendAll', (connection) => connection.sendAll(data, options))
  }

  /**
   * Sends one datagram to an address.
   *
   * @param data a string becomes UTF-8
   * @param address `[host, port]`, for AF_UNIX a path
   * @param options `signal` ends the lookup of a name
   * @throws as `UdpSocket.send`; `EISCONN` on a stream
   * @see sendto(2)
   */
  async sendto(
    data: Data,
    address: SocketAddress,
    options: Pick<WaitOptions, 'signal'> = {},
  ): Promise<number> {
    if (this.type === C.SOCK_STREAM)
      throw this.#error('sendto', 'EISCONN', 'send', 'a stream has one peer: use send')
    return (await this.#datagram('sendto')).send(data, this.#target(address, false), options)
  }

  /**
   * Receives up to `max` bytes; waits until at least one is there. On datagrams the next datagram, cut to
   * `max` bytes as recv(2) does.
   *
   * @param max bytes, at least 1; default 65 536
   * @param options `signal` and `timeout` (ms) of this wait
   * @returns bytes, or `null` once the peer has finished sending (streams only)
   * @throws as `Connection.recv` and `UdpSocket.recv`; `ENOTCONN`
   * @see recv(2)
   */
  async recv(max = 65_536, options?: WaitOptions): Promise<Bytes | null> {
    if (this.#datagrams !== undefined) {
      mustCount('max', max, 1)
      return (await this.#datagrams.recv(options)).data.subarray(0, max)
    }
    return this.#stream('recv', (connection) => connection.recv(max, options))
  }

  /**
   * Receives into memory of the caller; the number of bytes, or `null` at the end.
   *
   * @param target at least one byte long
   * @param options `signal` and `timeout` (ms) of this wait
   * @throws as `recv`
   * @see Python's socket.recv_into
   */
  recvInto(target: Uint8Array, options?: WaitOptions): Promise<number | null> {
    return this.#stream('recvInto', (connection) => connection.recvInto(target, options))
  }

  /**
   * Receives exactly `count` bytes.
   *
   * @param count bytes, at least 1
   * @param options `signal` and `timeout` (ms) of this wait
   * @throws as `Connection.recvExactly`; `ENOTCONN`
   * @see recv(2), flag MSG_WAITALL
   */
  recvExactly(count: number, options?: WaitOptions): Promise<Bytes | null> {
    return this.#stream('recvExactly', (connection) => connection.recvExactly(count, options))
  }

  /**
   * Receives up to and including `mark`.
   *
   * @param mark at least one byte; a string becomes UTF-8
   * @param max bytes with the mark; default 65 536
   * @param options `signal` and `timeout` (ms) of this wait
   * @throws as `Connection.recvUntil`; `ENOTCONN`
   */
  recvUntil(mark: Data, max?: number, options?: WaitOptions): Promise<Bytes | null> {
    return this.#stream('recvUntil', (connection) => connection.recvUntil(mark, max, options))
  }

  /**
   * Receives one line without its end.
   *
   * @param max bytes; default 65 536
   * @param options `signal` and `timeout` (ms) of this wait
   * @throws as `Connection.recvLine`; `ENOTCONN`
   */
  recvLine(max?: number, options?: WaitOptions): Promise<Bytes | null> {
    return this.#stream('recvLine', (connection) => connection.recvLine(max, options))
  }

  /**
   * Receives one datagram and tells where it came from; on a stream, bytes and the peer.
   *
   * @param max bytes, at least 1; default 65 536
   * @param options `signal` and `timeout` (ms) of this wait
   * @throws as `recv`
   * @see recvfrom(2)
   */
  async recvfrom(max = 65_536, options?: WaitOptions): Promise<[Bytes | null, SocketAddress]> {
    if (this.type === C.SOCK_STREAM) return [await this.recv(max, options), this.getpeername()]
    mustCount('max', max, 1)
    const { data, address } = await (await this.#datagram('recvfrom')).recv(options)
    return [data.subarray(0, max), tuple(address)]
  }

  /**
   * Ends one direction or both.
   *
   * @param how `read`, `write` or `both`, or SHUT_RD, SHUT_WR, SHUT_RDWR
   * @throws as `Connection.shutdown`; `ENOTCONN`
   * @see shutdown(2)
   */
  shutdown(how: ShutdownHow): Promise<void> {
    return this.#stream('shutdown', (connection) => connection.shutdown(how))
  }

  /** Closes the socket, whatever it is. Never rejects, need not be awaited. @see close(2) */
  close(): Promise<void> {
    this.#step('close', 'close')
    this.#connecting?.abort()
    const held = this.#connection ?? this.#listener ?? this.#datagrams
    return held === undefined ? Promise.resolve() : held.close()
  }

  /** Our own address. @throws {NetError} `EINVAL` while there is none @see getsockname(2) */
  getsockname(): SocketAddress {
    const address =
      this.#connection?.localAddress ?? this.#listener?.address ?? this.#datagrams?.address
    if (address === undefined)
      throw this.#error('getsockname', 'EINVAL', 'open', 'no address yet: bind or connect first')
    return tuple(address)
  }

  /** The peer's address. @throws {NetError} `ENOTCONN` @see getpeername(2) */
  getpeername(): SocketAddress {
    const address = this.#connection?.remoteAddress ?? this.#datagrams?.remoteAddress
    if (address === undefined) throw this.#error('getpeername', 'ENOTCONN', 'open')
    return tuple(address)
  }

  /**
   * Sets an option. What is set before the socket is open is kept and takes effect then. SO_REUSEADDR on a stream
   * succeeds and changes nothing: the runtime sets it on its own.
   *
   * @param level SOL_SOCKET, IPPROTO_TCP, IPPROTO_IP or IPPROTO_IPV6; all names are in `@sluice/socket/constants`
   * @param option on both kinds SO_REUSEADDR, SO_REUSEPORT, IPV6_V6ONLY; on a stream TCP_NODELAY, and until it is open
   *   SO_KEEPALIVE, TCP_KEEPIDLE; on datagrams SO_BROADCAST, IP_TTL, IP_MULTICAST_TTL, IP_MULTICAST_LOOP, those of
   *   IPv6 under their names, and until it is open SO_RCVBUF, SO_SNDBUF
   * @param value a number, or 0 and 1 for off and on
   * @throws {NetError} `ERR_UNSUPPORTED` for an option that the runtime gives no access to, or not any more
   * @throws {TypeError | RangeError} for a value that is no whole number of at least 0
   * @see setsockopt(2)
   */
  setsockopt(level: number, option: number, value: number): void {
    mustCount('setsockopt: value', value, 0)
    if (!this.#settings.set(level, option, value, this.#held))
      throw this.#noAccess('setsockopt', level, option)
  }

  /**
   * Reads an option: what was set, and what the runtime tells.
   *
   * @param level as for `setsockopt`
   * @param option SO_TYPE, SO_ERROR, SO_ACCEPTCONN, and what `setsockopt` knows
   * @throws as `setsockopt`
   * @see getsockopt(2)
   */
  getsockopt(level: number, option: number): number {
    if (level === C.SOL_SOCKET && option === C.SO_TYPE) return this.type
    if (level === C.SOL_SOCKET && option === C.SO_ERROR) return 0
    if (level === C.SOL_SOCKET && option === C.SO_ACCEPTCONN)
      return Number(this.#state === 'listening')
    const value = this.#settings.get(level, option, this.#held)
    if (value === undefined) throw this.#noAccess('getsockopt', level, option)
    return value
  }

  /** Yields what arrives until the peer has finished. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Bytes, void, undefined> {
    for (let bytes = await this.recv(); bytes !== null; bytes = await this.recv()) yield bytes
  }

  /** As `close()`, so that `await using` works. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #stream<T>(verb: string, call: (connection: Connection) => Promise<T>): Promise<T> {
    if (this.#connection !== undefined) return call(this.#connection)
    return Promise.reject(this.#refusal(verb, /^recv/.test(verb) ? 'receive' : 'send', 'ENOTCONN'))
  }

  /** The datagram socket, bound to a free port if nobody has bound it. */
  async #datagram(verb: string): Promise<UdpSocket> {
    if (this.#state === 'closed') throw this.#error(verb, 'ERR_CLOSED', 'open')
    if (this.#datagrams === undefined) {
      // Two verbs at once on a fresh socket wait for the same address.
      this.#implicit ??= this.bind(this.family === C.AF_INET6 ? ['::', 0] : ['', 0])
      await this.#implicit.finally(() => {
        this.#implicit = undefined
      })
    }
    return this.#datagrams as UdpSocket
  }

  /** What was opened while somebody closed this socket is closed with it. */
  #keep<T extends { close(): Promise<void> }>(verb: string, opened: T): T {
    if (this.#state !== 'closed') return opened
    void opened.close()
    throw this.#error(verb, 'ERR_CLOSED', 'open')
  }

  #target(address: SocketAddress, binding: boolean): Target {
    if (this.family === C.AF_UNIX) {
      if (typeof address === 'string') return { path: address }
      throw new TypeError(`an AF_UNIX address is a path, not ${kindOf(address)}`)
    }
    if (!Array.isArray(address))
      throw new TypeError(`an address is [host, port], not ${kindOf(address)}`)
    const [host, port] = address as readonly [string, number]
    // Else the runtime makes a socket of the other family. Those who connect and send look at it themselves.
    if (binding && ![0, FAMILIES[this.family]].includes(isIP(String(host).replace(/%.*$/, ''))))
      throw this.#error('bind', 'EAFNOSUPPORT', 'bind', `${quoted(host)} is of the other family`)
    if (host !== '' || !binding) return { hostname: host, port }
    return { hostname: this.family === C.AF_INET6 ? '::' : '0.0.0.0', port }
  }

  get #held(): Held & { listener: Listener | undefined } {
    return {
      connection: this.#connection,
      datagrams: this.#datagrams,
      listener: this.#state === 'listening' ? this.#listener : undefined,
    }
  }

  #noAccess(verb: string, level: number, option: number): NetError {
    const reason = `${runtime} gives no access to option ${level}/${option}`
    return this.#error(verb, 'ERR_UNSUPPORTED', 'option', reason)
  }

  #step(event: EventOf<typeof SOCKET>, verb: string): void {
    const next = step(SOCKET, this.#state, event)
    if (next === undefined)
      throw this.#refusal(verb, 'open', this.#state === 'open' ? 'EISCONN' : 'EINVAL')
    this.#state = next
  }

  #refusal(verb: string, phase: Phase, code: string, reason?: string): NetError {
    if (this.#state === 'closed') return this.#error(verb, 'ERR_CLOSED', phase)
    const because = code === 'EINVAL' ? (reason ?? `the socket is ${this.#state}`) : reason
    return this.#error(verb, code, phase, because)
  }

  #error(verb: string, code: string, phase: Phase, reason?: string): NetError {
    const facts = { verb, target: '', code, phase }
    return new NetError(reason === undefined ? facts : { ...facts, reason })
  }
}

/** @throws {TypeError | RangeError} what is no number of bytes */

/** The family of addresses that a name is asked for. */
const FAMILIES = { [C.AF_INET]: 4, [C.AF_INET6]: 6, [C.AF_UNIX]: 0 } as const

function tuple(address: Address | undefined): SocketAddress {
  if (address === undefined) return ''
  return isUnix(address) ? address.path : [address.hostname, address.port]
}
