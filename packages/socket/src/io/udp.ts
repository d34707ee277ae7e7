/**
 * `udp` and `UdpSocket`: single datagrams. Each `send` is one packet, each `recv` is one packet, and any of
 * them may be lost, doubled or overtaken.
 *
 * What arrives while nobody waits is queued up to `limits.queue` datagrams; beyond that the newest is
 * dropped and counted, as the kernel itself would do with a full buffer.
 */

import type { Socket as NodeDatagram, RemoteInfo } from 'node:dgram'
import { isIP } from 'node:net'
import {
  type Address,
  formatEndpoint,
  type InetEndpoint,
  isUnix,
  parseTarget,
  type Target,
} from '../core/address.ts'
import { type Bytes, copy, type Data, toBytes } from '../core/bytes.ts'
import { codeOf, NetError, type Phase } from '../core/errors.ts'
import { each, Mailbox } from './mailbox.ts'
import { checkKeys, completeLimits } from './options.ts'
import { runtimeName } from './runtime.ts'
import type { WaitOptions } from './stream.ts'
import { system as realSystem, type System } from './system.ts'
import { nextId, publish, tracing } from './trace.ts'

/** The most that fits into one datagram: 65 535 less the headers (RFC 768, RFC 791; RFC 8200). */
const MAX_DATAGRAM = { 4: 65_507, 6: 65_527 } as const

/** How to open a datagram socket. */
export interface UdpOptions {
  /** `queue`: datagrams held for `recv()`, default 1024. */
  limits?: { queue?: number | undefined } | undefined
  /** Several sockets of this machine may share the port, for multicast; default false. */
  reuseAddress?: boolean | undefined
  /** Refuse IPv4 on an IPv6 socket; default false. */
  ipv6Only?: boolean | undefined
  /** Ends the opening; later it means nothing. */
  signal?: AbortSignal | undefined
  /** The machine to do it on; for tests. */
  system?: System | undefined
}

const KEYS = ['limits', 'reuseAddress', 'ipv6Only', 'signal', 'system']
const QUEUE = 1024

/** One packet, and where it came from. */
export interface Datagram {
  /** The whole of it, possibly empty; yours to keep. */
  data: Bytes
  /** The sender. */
  address: Address
}

/**
 * Opens a UDP socket.
 *
 * @param target where to be: `udp://host:port`, `host:port` or `{hostname, port}`; default a free port on
 *   all IPv4 addresses. An IPv6 address makes an IPv6 socket
 * @throws {NetError} `EADDRINUSE`, `EACCES`, `EADDRNOTAVAIL` and others
 * @throws {SyntaxError | RangeError | TypeError} for a target or options that make no sense
 * @example
 * const socket = await udp('127.0.0.1:0')
 * await socket.send('Hello, World!', '127.0.0.1:8080')
 */
export async function udp(
  target: Target = { hostname: '0.0.0.0', port: 0 },
  options: UdpOptions = {},
): Promise<UdpSocket> {
  checkKeys('udp', options, KEYS)
  const endpoint = inet(parseTarget(target))
  completeLimits('udp', options.limits, { queue: QUEUE })
  options.signal?.throwIfAborted()
  const system = options.system ?? realSystem
  const name = formatEndpoint(endpoint)
  const fail = (cause: unknown): NetError =>
    new NetError({
      verb: 'bind',
      target: name,
      phase: 'bind',
      code: codeOf(cause) ?? 'EINVAL',
      cause,
    })
  const { address, family } = await resolve(system, endpoint, 0, 'bind')
  let socket: NodeDatagram
  try {
    socket = system.createDatagram({
      type: family === 6 ? 'udp6' : 'udp4',
      reuseAddr: options.reuseAddress ?? false,
      ipv6Only: options.ipv6Only ?? false,
      // Addresses are resolved before they come here; Node's own lookup costs a tick and a sixth of the rate.
      lookup: ((
        hostname: string,
        _options: unknown,
        callback: (e: null, a: string, f: number) => void,
      ) => callback(null, hostname, family)) as never,
    })
  } catch (error) {
    throw fail(error)
  }
  const bound = new Promise<UdpSocket>((done, reject) => {
    socket.once('error', (error) => {
      socket.close()
      reject(fail(error))
    })
    socket.bind({ address, port: endpoint.port, exclusive: true }, () => {
      socket.removeAllListeners('error')
      done(new UdpSocket(socket, family, options, system))
    })
  })
  return bound
}

/** A socket for datagrams. Made by `udp()`. */
export class UdpSocket implements AsyncDisposable, AsyncIterable<Datagram> {
  /** Unique in the process; trace events carry it. */
  readonly id: number = nextId()
  readonly #socket: NodeDatagram
  readonly #family: 4 | 6
  readonly #system: System
  readonly #mailbox: Mailbox<Datagram>
  #address: Address | undefined
  #remote: Address | undefined
  #closed: Promise<void> | undefined
  /** An unreachable peer, reported by the system between two calls; the next one gets it. */
  #failure: Error | undefined
  #dropped = 0

  /** @internal */
  constructor(socket: NodeDatagram, family: 4 | 6, options: UdpOptions, system: System) {
    this.#socket = socket
    this.#family = family
    this.#system = system
    this.#mailbox = new Mailbox(system.clock, options.limits?.queue ?? QUEUE)
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
   * @throws {NetError} `EISCONN` when connected already, `ENOTFOUND` and others
   */
  async connect(target: Target): Promise<void> {
    const endpoint = inet(parseTarget(target))
    if (this.#closed !== undefined)
      throw this.#error('connect', formatEndpoint(endpoint), undefined)
    const { address } = await resolve(this.#system, endpoint, this.#family, 'connect')
    await new Promise<void>((done, reject) => {
      try {
        this.#socket.connect(endpoint.port, address, ((error?: Error) => {
          if (error) reject(this.#error('connect', formatEndpoint(endpoint), error))
          else done()
        }) as () => void)
      } catch (error) {
        reject(this.#error('connect', formatEndpoint(endpoint), error, 'EISCONN'))
      }
    })
    this.#address = undefined
    this.#remote = {
      family: this.#family === 6 ? 'IPv6' : 'IPv4',
      hostname: address,
      port: endpoint.port,
    }
  }

  /**
   * Sends one datagram.
   *
   * @param data at most 65 507 bytes over IPv4, 65 527 over IPv6; above about 1 400 it is likely to be cut
   *   into fragments, and lost when one of them is
   * @param to where; left out on a connected socket
   * @returns the number of bytes: all of them. That it left says nothing about whether it arrives
   * @throws {NetError} `EMSGSIZE` before anything is sent; `EDESTADDRREQ` no destination; `ECONNREFUSED` on
   *   a connected socket whose peer is not there; `ERR_CLOSED`
   */
  async send(data: Data, to?: Target): Promise<number> {
    // With an address there is a wait before the bytes leave, and their memory is the caller's.
    const bytes = to === undefined || typeof data === 'string' ? toBytes(data) : copy(toBytes(data))
    const endpoint = to === undefined ? undefined : inet(parseTarget(to))
    const target = endpoint
      ? formatEndpoint(endpoint)
      : this.#remote
        ? formatEndpoint(this.#remote)
        : ''
    if (this.#closed !== undefined) throw this.#error('send', target, undefined)
    const failure = this.#takeFailure()
    if (failure !== undefined) throw this.#error('send', target, failure)
    if (endpoint === undefined && this.#remote === undefined)
      throw this.#error('send', '', undefined, 'EDESTADDRREQ')
    if (endpoint !== undefined && this.#remote !== undefined)
      throw this.#error('send', target, undefined, 'EISCONN')
    if (bytes.length > MAX_DATAGRAM[this.#family])
      throw this.#error('send', target, undefined, 'EMSGSIZE')
    const address =
      endpoint && (await resolve(this.#system, endpoint, this.#family, 'send')).address
    if (tracing()) publish(this.id, 0, 'send', { bytes: bytes.length, data: bytes })
    return new Promise<number>((done, reject) => {
      const sent = (error: Error | null): void => {
        if (error) reject(this.#error('send', target, error))
        else done(bytes.length)
      }
      try {
        if (endpoint === undefined) this.#socket.send(bytes, sent)
        else this.#socket.send(bytes, endpoint.port, address, sent)
      } catch (error) {
        reject(this.#error('send', target, error))
      }
    })
  }

  /**
   * Waits for the next datagram.
   *
   * @param options `signal` ends this wait; `timeout` in milliseconds, default off
   * @returns the whole datagram, also an empty one, and where it came from
   * @throws {NetError} `ERR_CLOSED`; `ERR_TIMEOUT`; `ECONNREFUSED` on a connected socket; `signal.reason`
   */
  recv(options?: WaitOptions): Promise<Datagram> {
    const first = this.#mailbox.tryTake()
    if (first !== undefined) return Promise.resolve(first)
    const failure = this.#takeFailure()
    if (this.#closed !== undefined || failure !== undefined)
      return Promise.reject(this.#error('recv', this.#name, failure))
    return this.#mailbox.take(options, (limit) => this.#tooLate(limit))
  }

  /** Yields datagrams until the socket is closed. */
  [Symbol.asyncIterator](): AsyncGenerator<Datagram, void, undefined> {
    return each(
      () => this.recv(),
      () => this.#closed !== undefined,
    )
  }

  /** Allows sending to broadcast addresses (SO_BROADCAST). */
  setBroadcast(on: boolean): void {
    this.#socket.setBroadcast(on)
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

  #error(verb: string, target: string, cause: unknown, code?: string): NetError {
    const phase: Phase = verb === 'recv' ? 'receive' : verb === 'connect' ? 'connect' : 'send'
    return new NetError({ verb, target, phase, code: code ?? codeOf(cause) ?? 'ERR_CLOSED', cause })
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

/** What the kernel asks of each packet for a connected socket; Deno's sockets let all of them through. */
function isSame(a: Address, b: Address): boolean {
  return formatEndpoint(a) === formatEndpoint(b)
}

function inet(endpoint: ReturnType<typeof parseTarget>): InetEndpoint {
  if (isUnix(endpoint)) throw new TypeError('a datagram socket needs a host and a port, not a path')
  return endpoint
}

async function resolve(
  system: System,
  { hostname, port }: InetEndpoint,
  family: 0 | 4 | 6,
  verb: 'bind' | 'connect' | 'send',
): Promise<{ address: string; family: 4 | 6 }> {
  const literal = isIP(hostname.replace(/%.*$/, ''))
  if (literal !== 0) return { address: hostname, family: literal as 4 | 6 }
  if (hostname === '') return { address: family === 6 ? '::' : '0.0.0.0', family: family || 4 }
  const target = formatEndpoint({ hostname, port })
  try {
    const [first] = await system.lookup(hostname, family || 4)
    if (first !== undefined) return first
  } catch (error) {
    throw new NetError({
      verb,
      target,
      phase: 'lookup',
      code: codeOf(error) ?? 'ENOTFOUND',
      cause: error,
    })
  }
  throw new NetError({ verb, target, phase: 'lookup', code: 'ENODATA' })
}
