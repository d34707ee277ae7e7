/**
 * `UdpSocket`: single datagrams. Each `send` is one packet, each `recv` is one packet, and any of them may be
 * lost, doubled or overtaken.
 *
 * What arrives while nobody waits is queued up to `limits.queue` datagrams; beyond that the newest is dropped and
 * counted, as the kernel itself would do with a full buffer.
 *
 * What can't be known: whether a datagram arrived. An unconnected socket never learns that nobody is there (the
 * kernel has nowhere to report it); a connected one is told by ICMP where no firewall drops that, some time after
 * the send that it belongs to: the waiting or the next call rejects with ECONNREFUSED.
 */
import type { Socket as NodeDatagram, RemoteInfo } from 'node:dgram'
import { type Address, formatEndpoint, type InetEndpoint, type Target } from '../core/address.ts'
import { type Bytes, copy, type Data, kindOf, toBytes } from '../core/bytes.ts'
import { codeOf, NetError, type Phase } from '../core/errors.ts'
import { each, Mailbox } from './mailbox.ts'
import { checkEnd, wrongWait } from './options.ts'
import type { Resolver } from './resolve.ts'
import { runtime, runtimeName } from './runtime.ts'
import type { WaitOptions } from './stream.ts'
import type { System } from './system.ts'
import { nextId, publish, tracing } from './trace.ts'
import {
  checkAddress,
  checkDestination,
  checkGroup,
  inetTarget,
  type LookupLimits,
  literal,
  lookupOne,
} from './udp-lookup.ts'

/** The most that fits into one datagram: 65 535 less the headers (RFC 768, RFC 791; RFC 8200). */
const MAX_DATAGRAM = { 4: 65_507, 6: 65_527 } as const

/** One packet, and where it came from. */
export interface Datagram {
  /** The whole of it, possibly empty; yours to keep. */
  data: Bytes
  /** The sender. */
  address: Address
}

/** Which packets of a multicast group are wanted. */
export interface GroupOptions {
  /** Only what this sender sends (source-specific multicast, RFC 4607; IPv4 and IPv6 where the runtime can). */
  source?: string | undefined
  /** On which interface: its IPv4 address, or `::%eth1` for IPv6; default: the system's choice. */
  interface?: string | undefined
}

/** @internal What `udp()` has found out. */
export interface UdpFacts {
  family: 4 | 6
  queue: number
  system: System
  resolver: Resolver
  lookupTimeout: number
}

/** A socket for datagrams. Made by `udp()`. */
export class UdpSocket implements AsyncDisposable, AsyncIterable<Datagram> {
  /** Unique in the process; trace events carry it. */
  readonly id: number = nextId()
  readonly #socket: NodeDatagram
  readonly #facts: UdpFacts
  readonly #mailbox: Mailbox<Datagram>
  #address: Address | undefined
  #remote: Address | undefined
  #closed: Promise<void> | undefined
  /** An unreachable peer, reported by the system between two calls; the next one gets it. */
  #failure: Error | undefined
  #dropped = 0
  #lastHost: string | undefined
  #lastAddress: string | undefined

  /** @internal */
  constructor(socket: NodeDatagram, facts: UdpFacts) {
    this.#socket = socket
    this.#facts = facts
    this.#mailbox = new Mailbox(facts.system.clock, facts.queue)
    socket.on('message', (data: Uint8Array, from: RemoteInfo) => this.#arrived(data, from))
    socket.on('error', (error) => this.#failed(error))
    if (tracing()) publish(this.id, 0, 'listen', { local: formatEndpoint(this.address) })
  }

  /** Where we are, with the port that the system chose. */
  get address(): Address {
    if (this.#address === undefined) {
      const { address, port, family } = this.#socket.address()
      this.#address = { family: family === 'IPv6' ? 'IPv6' : 'IPv4', hostname: address, port }
    }
    return this.#address
  }

  /** The peer of `connect`, if there is one. */
  get remoteAddress(): Address | undefined {
    return this.#remote
  }

  /** Datagrams that were dropped because `limits.queue` were waiting. */
  get dropped(): number {
    return this.#dropped
  }

  /**
   * Names the one peer: `send` needs no address from here on, packets of others are not delivered, and an
   * unreachable peer is reported (ECONNREFUSED) to the waiting or the next call.
   *
   * @param options `signal` ends the lookup of a name
   * @param target `host:port` or `{hostname, port}`
   * @throws {NetError} `EISCONN` when connected already, `ENOTFOUND` and others
   * @throws {RangeError} for port 0
   * @see connect(2)
   */
  async connect(target: Target, options: { signal?: AbortSignal | undefined } = {}): Promise<void> {
    checkEnd('connect', options)
    const endpoint = inetTarget(target)
    const name = formatEndpoint(endpoint)
    checkDestination('connect', endpoint)
    if (this.#closed !== undefined) throw this.#error('connect', name, undefined)
    const { family } = this.#facts
    const { address } =
      literal('connect', endpoint, family) ??
      (await lookupOne('connect', endpoint, family, this.#limits(options.signal)))
    await new Promise<void>((done, reject) => {
      const settle = (error?: Error): void => {
        if (error) reject(this.#error('connect', name, error))
        else done()
      }
      try {
        this.#socket.connect(endpoint.port, address, settle as () => void)
      } catch (error) {
        reject(this.#error('connect', name, error))
      }
    })
    this.#address = undefined
    this.#remote = {
      family: family === 6 ? 'IPv6' : 'IPv4',
      hostname: address,
      port: endpoint.port,
    }
  }

  /** Takes the peer back: `send` needs an address again. @throws {NetError} `ENOTCONN`, `ERR_CLOSED` */
  disconnect(): void {
    if (this.#remote === undefined && this.#closed === undefined)
      throw this.#error('disconnect', '', undefined, 'ENOTCONN')
    this.#set('disconnect', this.#name, () => this.#socket.disconnect())
    this.#remote = undefined
    this.#address = undefined
  }

  /**
   * Sends one datagram.
   *
   * @param data at most 65 507 bytes over IPv4, 65 527 over IPv6; above about 1 400 it is likely to be cut
   *   into fragments, and lost when one of them is
   * @param to where; left out on a connected socket
   * @param options `signal` ends the lookup of a name
   * @returns the number of bytes: all of them. That it left says nothing about whether it arrives
   * @throws {NetError} `EMSGSIZE` before anything is sent; `EDESTADDRREQ` no destination; `ECONNREFUSED` on
   *   a connected socket whose peer is not there; `ERR_CLOSED`
   * @throws {RangeError} for port 0
   */
  send(data: Data, to?: Target, options?: { signal?: AbortSignal | undefined }): Promise<number> {
    try {
      if (options !== undefined) checkEnd('send', options)
      if (to === undefined) return this.#connected(toBytes(data))
      const endpoint = inetTarget(to)
      checkDestination('send', endpoint)
      const bytes = toBytes(data)
      this.#check(endpoint, bytes)
      if (this.#remote !== undefined)
        throw this.#error('send', formatEndpoint(endpoint), undefined, 'EISCONN')
      const known = this.#known(endpoint)
      if (known !== undefined) return this.#write(bytes, endpoint, known)
      // There is a wait before the bytes leave, and their memory is the caller's.
      const kept = copy(bytes)
      return lookupOne('send', endpoint, this.#facts.family, this.#limits(options?.signal)).then(
        ({ address }) => this.#write(kept, endpoint, address),
      )
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /**
   * Waits for the next datagram.
   *
   * @param options `signal` ends this wait; `timeout` in milliseconds, default off
   * @returns the whole datagram, also an empty one, and where it came from
   * @throws {NetError} `ERR_CLOSED`; `ERR_TIMEOUT`; `ECONNREFUSED` on a connected socket; `signal.reason`
   */
  recv(options?: WaitOptions): Promise<Datagram> {
    const wrong = wrongWait('recv', options)
    if (wrong !== undefined) return Promise.reject(wrong)
    const first = this.#mailbox.tryTake()
    if (first !== undefined) return Promise.resolve(first)
    const failure = this.#takeFailure()
    if (this.#closed !== undefined || failure !== undefined)
      return Promise.reject(this.#error('recv', this.#name, failure))
    return this.#mailbox.take(options, (limit) => this.#tooLate(limit))
  }

  /**
   * Takes the next datagram if one is here, without waiting.
   *
   * @returns the datagram, or `undefined` while there is none
   * @throws {NetError} `ECONNREFUSED` as `recv`; `ERR_CLOSED`
   */
  tryRecv(): Datagram | undefined {
    const first = this.#mailbox.tryTake()
    if (first !== undefined) return first
    const failure = this.#takeFailure()
    if (this.#closed === undefined && failure === undefined) return undefined
    throw this.#error('recv', this.#name, failure)
  }

  /** Yields datagrams until the socket is closed. */
  [Symbol.asyncIterator](): AsyncGenerator<Datagram, void, undefined> {
    return each(
      () => this.recv(),
      () => this.#closed !== undefined,
    )
  }

  /**
   * Receives what is sent to a multicast group from here on.
   *
   * @param group its address, `224.0.0.0` to `239.255.255.255` or `ff00::/8`
   * @param options `source`: only what this sender sends; `interface`: where
   * @throws {NetError} `EINVAL` no multicast address; `ENODEV` no such interface; `ERR_UNSUPPORTED`; `ERR_CLOSED`
   * @see RFC 1112, RFC 4607
   */
  joinGroup(group: string, options: GroupOptions = {}): void {
    checkGroup('joinGroup', group, options)
    const { source, interface: where } = options
    this.#set('joinGroup', group, () => {
      if (source === undefined) this.#socket.addMembership(group, where)
      else this.#socket.addSourceSpecificMembership(source, group, where)
    })
  }

  /**
   * Receives no more of what is sent to a group.
   *
   * @param group its address
   * @param options as for `joinGroup`
   * @throws as `joinGroup`; `EADDRNOTAVAIL` when not a member
   */
  leaveGroup(group: string, options: GroupOptions = {}): void {
    checkGroup('leaveGroup', group, options)
    const { source, interface: where } = options
    this.#set('leaveGroup', group, () => {
      if (source === undefined) this.#socket.dropMembership(group, where)
      else this.#socket.dropSourceSpecificMembership(source, group, where)
    })
  }

  /**
   * Allows sending to broadcast addresses (SO_BROADCAST).
   *
   * @param on whether it is allowed
   * @throws {NetError} `ERR_CLOSED`
   */
  setBroadcast(on: boolean): void {
    checkFlag('setBroadcast', on)
    this.#set('setBroadcast', '', () => this.#socket.setBroadcast(on))
  }

  /**
   * How many routers a packet may pass, 1 to 255 (IP_TTL); default 64.
   *
   * @param hops 1 to 255
   * @throws {NetError} `EINVAL`, `ERR_CLOSED`
   */
  setTtl(hops: number): void {
    checkHops('setTtl', hops)
    this.#set('setTtl', '', () => this.#socket.setTTL(hops))
  }

  /**
   * The same for packets to a group, 0 to 255; default 1: the local network.
   *
   * @param hops 0 to 255
   * @throws as `setTtl`
   */
  setMulticastTtl(hops: number): void {
    checkHops('setMulticastTtl', hops)
    this.#set('setMulticastTtl', '', () => this.#socket.setMulticastTTL(hops))
  }

  /**
   * Whether members on this machine get what is sent from here; default true.
   *
   * @param on whether they do
   * @throws {NetError} `ERR_CLOSED`
   */
  setMulticastLoopback(on: boolean): void {
    checkFlag('setMulticastLoopback', on)
    this.#set('setMulticastLoopback', '', () => this.#socket.setMulticastLoopback(on))
  }

  /**
   * The interface that packets to a group leave by, as for `joinGroup`.
   *
   * @param where its IPv4 address, or `::%eth1` for IPv6
   * @throws {NetError} `EADDRNOTAVAIL`
   */
  setMulticastInterface(where: string): void {
    checkAddress('setMulticastInterface', where)
    this.#set('setMulticastInterface', where, () => this.#socket.setMulticastInterface(where))
  }

  /** Bytes that the kernel holds for us. Linux tells twice what was asked for: its own book-keeping counts. */
  get receiveBufferSize(): number {
    return this.#set('receiveBufferSize', '', () => this.#socket.getRecvBufferSize())
  }

  /** Bytes that the kernel holds from us. */
  get sendBufferSize(): number {
    return this.#set('sendBufferSize', '', () => this.#socket.getSendBufferSize())
  }

  /** Closes the socket; waiting readers fail with `ERR_CLOSED`. Never rejects. */
  close(): Promise<void> {
    if (this.#closed !== undefined) return this.#closed
    void this.address
    this.#closed = new Promise((resolve) => this.#socket.close(() => resolve()))
    this.#mailbox.empty(() => this.#error('recv', this.#name, undefined))
    return this.#closed
  }

  /** Keeps the process alive while this is open (the default). */
  ref(): void {
    this.#socket.ref()
  }

  /** Lets the process end although this is open. */
  unref(): void {
    this.#socket.unref()
  }

  /** As `close()`, so that `await using` works. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  get #name(): string {
    return formatEndpoint(this.#remote ?? this.address)
  }

  #limits(signal: AbortSignal | undefined): LookupLimits {
    const { resolver, system, lookupTimeout } = this.#facts
    return { resolver, clock: system.clock, ms: lookupTimeout, signal }
  }

  #connected(bytes: Uint8Array): Promise<number> {
    this.#check(undefined, bytes)
    if (this.#remote === undefined) throw this.#error('send', '', undefined, 'EDESTADDRREQ')
    return this.#write(bytes, undefined, undefined)
  }

  /** The address of a destination that is one; most datagrams go where the last one went. */
  #known(endpoint: InetEndpoint): string | undefined {
    if (endpoint.hostname === this.#lastHost) return this.#lastAddress
    const address = literal('send', endpoint, this.#facts.family)?.address
    this.#lastHost = endpoint.hostname
    this.#lastAddress = address
    return address
  }

  #check(to: InetEndpoint | undefined, bytes: Uint8Array): void {
    const refuse = (cause: unknown, code?: string): NetError =>
      this.#error('send', this.#nameOf(to), cause, code)
    if (this.#closed !== undefined) throw refuse(undefined)
    const failure = this.#takeFailure()
    if (failure !== undefined) throw refuse(failure)
    if (bytes.length > MAX_DATAGRAM[this.#facts.family]) throw refuse(undefined, 'EMSGSIZE')
  }

  /** @param to nothing for the connected peer */
  #write(
    bytes: Uint8Array,
    to: InetEndpoint | undefined,
    address: string | undefined,
  ): Promise<number> {
    if (tracing()) publish(this.id, 0, 'send', { bytes: bytes.length, data: bytes })
    return new Promise((done, reject) => {
      const sent = (error: Error | null): void => {
        if (error) reject(this.#error('send', this.#nameOf(to), error))
        else done(bytes.length)
      }
      try {
        if (to === undefined) this.#socket.send(bytes, sent)
        else this.#socket.send(bytes, to.port, address, sent)
      } catch (error) {
        reject(this.#error('send', this.#nameOf(to), error))
      }
    })
  }

  /** Built for errors alone: a text for every datagram would cost more than the datagram. */
  #nameOf(to: InetEndpoint | undefined): string {
    if (to !== undefined) return formatEndpoint(to)
    return this.#remote === undefined ? '' : this.#name
  }

  #arrived(data: Uint8Array, from: RemoteInfo): void {
    const family = from.family === 'IPv6' ? 'IPv6' : 'IPv4'
    const address: Address = { family, hostname: from.address, port: from.port }
    if (this.#remote !== undefined && runtimeName !== 'node' && !isSame(address, this.#remote))
      return
    if (tracing()) publish(this.id, 0, 'receive', { bytes: data.length, data })
    if (!this.#mailbox.put({ data: copy(data), address })) this.#dropped++
  }

  #failed(error: Error): void {
    if (!this.#mailbox.fail(() => this.#error('recv', this.#name, error))) this.#failure = error
  }

  #takeFailure(): Error | undefined {
    const failure = this.#failure
    this.#failure = undefined
    return failure
  }

  /** Asks the system for something that it may not have, or may refuse. */
  #set<T>(verb: string, target: string, call: () => T): T {
    if (this.#closed !== undefined) throw this.#error(verb, target, undefined)
    try {
      return call()
    } catch (cause) {
      const isAbsent = codeOf(cause) === undefined || codeOf(cause) === 'ERR_NOT_IMPLEMENTED'
      if (cause instanceof RangeError || (cause instanceof TypeError && !isAbsent)) throw cause
      if (!isAbsent) throw this.#error(verb, target, cause)
      const reason = `${runtime} has no ${verb} for datagrams`
      throw this.#error(verb, target, cause, 'ERR_UNSUPPORTED', reason)
    }
  }

  #error(verb: string, target: string, cause: unknown, code?: string, reason?: string): NetError {
    const facts = { verb, target, phase: phaseOf(verb), code: code ?? this.#codeOf(cause), cause }
    return new NetError(reason === undefined ? facts : { ...facts, reason })
  }

  #codeOf(cause: unknown): string {
    const code = codeOf(cause)
    // Node's own codes tell of its life, not of the network's: closed under a call that was under way.
    if (code === undefined || this.#closed !== undefined) return 'ERR_CLOSED'
    return OURS[code] ?? code
  }

  #tooLate(limit: number): NetError {
    const reason = `no datagram within ${limit} ms`
    return new NetError({
      verb: 'recv',
      target: this.#name,
      phase: 'idle',
      code: 'ERR_TIMEOUT',
      reason,
    })
  }
}

/** Codes of node:dgram, and ours for the same thing. */
const OURS: Readonly<Record<string, string>> = {
  ERR_SOCKET_DGRAM_IS_CONNECTED: 'EISCONN',
  ERR_SOCKET_DGRAM_NOT_CONNECTED: 'ENOTCONN',
  ERR_SOCKET_DGRAM_NOT_RUNNING: 'ERR_CLOSED',
}

/** Node takes what is no number for 0. */
function checkHops(verb: string, hops: unknown): void {
  if (typeof hops !== 'number')
    throw new TypeError(`${verb}: hops must be a number, not ${kindOf(hops)}`)
  if (!Number.isInteger(hops) || hops < 0 || hops > 255)
    throw new RangeError(`${verb}: hops must be a whole number from 0 to 255, not ${hops}`)
}

/** Node takes whatever is not false for true. */
function checkFlag(verb: string, on: unknown): void {
  if (typeof on !== 'boolean') throw new TypeError(`${verb} takes true or false, not ${kindOf(on)}`)
}

function phaseOf(verb: string): Phase {
  if (verb === 'recv') return 'receive'
  return verb === 'connect' || verb === 'send' ? verb : 'option'
}

/** What the kernel asks of each packet for a connected socket; Deno's sockets let all of them through. */
function isSame(a: Address, b: Address): boolean {
  return formatEndpoint(a) === formatEndpoint(b)
}
