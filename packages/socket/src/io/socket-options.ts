/**
 * The options of a socket, by the numbers of the BSD interface: which of them a JavaScript runtime gives access to, and
 * when they take effect.
 *
 * Rules it keeps:
 * - What is set before there is anything to set it on is kept, and goes along when a verb makes it.
 * - An option that the runtime would not hear of is refused, never taken in silence. SO_REUSEADDR on a stream is
 *   the one exception: the runtime sets it on its own, and every program written for BSD sets it, too.
 */
import * as C from '../core/constants.ts'
import type { Connection } from './connection.ts'
import type { UdpSocket } from './udp-socket.ts'

/** What a socket has become, as far as options matter. */
export interface Held {
  connection: Connection | undefined
  datagrams: UdpSocket | undefined
}

/** One option: whether this kind of socket has it, and what setting it does to one that is open. */
interface Option {
  readonly initial: number
  readonly on: 'stream' | 'datagram' | 'both'
  /** Only where an address is bound, or a connection begins: later it is too late. */
  readonly early?: boolean
  apply?(value: number, held: Held): void
}

const key = (level: number, option: number): string => `${level}/${option}`

/** Seconds of silence before the first probe, where TCP_KEEPIDLE says nothing: Linux's and RFC 1122's two hours. */
const KEEP_IDLE = 7_200

const ttl: Option = {
  initial: 64,
  on: 'datagram',
  apply: (v, { datagrams }) => datagrams?.setTtl(v),
}
const groupTtl: Option = {
  initial: 1,
  on: 'datagram',
  apply: (v, { datagrams }) => datagrams?.setMulticastTtl(v),
}
const loopback: Option = {
  initial: 1,
  on: 'datagram',
  apply: (v, { datagrams }) => datagrams?.setMulticastLoopback(v !== 0),
}

const OPTIONS: ReadonlyMap<string, Option> = new Map<string, Option>([
  [key(C.SOL_SOCKET, C.SO_REUSEADDR), { initial: 0, on: 'both' }],
  [key(C.SOL_SOCKET, C.SO_REUSEPORT), { initial: 0, on: 'both', early: true }],
  [key(C.SOL_SOCKET, C.SO_KEEPALIVE), { initial: 0, on: 'stream', early: true }],
  [key(C.IPPROTO_TCP, C.TCP_KEEPIDLE), { initial: KEEP_IDLE, on: 'stream', early: true }],
  [
    key(C.IPPROTO_TCP, C.TCP_NODELAY),
    { initial: 0, on: 'stream', apply: (v, { connection }) => connection?.setNoDelay(v !== 0) },
  ],
  [
    key(C.SOL_SOCKET, C.SO_BROADCAST),
    { initial: 0, on: 'datagram', apply: (v, { datagrams }) => datagrams?.setBroadcast(v !== 0) },
  ],
  [key(C.SOL_SOCKET, C.SO_RCVBUF), { initial: 0, on: 'datagram', early: true }],
  [key(C.SOL_SOCKET, C.SO_SNDBUF), { initial: 0, on: 'datagram', early: true }],
  [key(C.IPPROTO_IPV6, C.IPV6_V6ONLY), { initial: 0, on: 'both', early: true }],
  [key(C.IPPROTO_IP, C.IP_TTL), ttl],
  [key(C.IPPROTO_IPV6, C.IPV6_UNICAST_HOPS), ttl],
  [key(C.IPPROTO_IP, C.IP_MULTICAST_TTL), groupTtl],
  [key(C.IPPROTO_IPV6, C.IPV6_MULTICAST_HOPS), groupTtl],
  [key(C.IPPROTO_IP, C.IP_MULTICAST_LOOP), loopback],
  [key(C.IPPROTO_IPV6, C.IPV6_MULTICAST_LOOP), loopback],
])

/** What was set on one socket. */
export class SocketSettings {
  readonly #isStream: boolean
  readonly #values = new Map<string, number>()

  constructor(type: C.SocketType) {
    this.#isStream = type === C.SOCK_STREAM
  }

  /** @returns false for an option that this socket gives no access to, or no longer */
  set(level: number, option: number, value: number, held: Held): boolean {
    const known = this.#find(level, option)
    const isOpen = held.connection !== undefined || held.datagrams !== undefined
    if (known === undefined || (known.early && isOpen)) return false
    known.apply?.(value, held)
    this.#values.set(key(level, option), value)
    return true
  }

  /** @returns what was set, or what it is from the start; `undefined` as `set` has false */
  get(level: number, option: number, held: Held): number | undefined {
    const known = this.#find(level, option)
    if (known === undefined) return undefined
    if (level === C.SOL_SOCKET && held.datagrams !== undefined) {
      if (option === C.SO_RCVBUF) return held.datagrams.receiveBufferSize
      if (option === C.SO_SNDBUF) return held.datagrams.sendBufferSize
    }
    return this.#values.get(key(level, option)) ?? known.initial
  }

  /** Keeps a value that somebody else has set. */
  note(level: number, option: number, value: number): void {
    this.#values.set(key(level, option), value)
  }

  /** What `connect` takes of it. */
  get forConnect(): { noDelay: boolean; keepAlive?: number } {
    return { noDelay: this.#has(C.IPPROTO_TCP, C.TCP_NODELAY), ...this.#keepAlive }
  }

  /** What `listen` takes of it. */
  get forListen(): { reusePort: boolean; ipv6Only: boolean; keepAlive?: number } {
    return {
      reusePort: this.#has(C.SOL_SOCKET, C.SO_REUSEPORT),
      ipv6Only: this.#has(C.IPPROTO_IPV6, C.IPV6_V6ONLY),
      ...this.#keepAlive,
    }
  }

  /** What `udp` takes of it. */
  get forUdp(): Record<string, boolean | number> {
    const size = (option: number): number | undefined =>
      this.#values.get(key(C.SOL_SOCKET, option)) || undefined
    const [receiveBufferSize, sendBufferSize] = [size(C.SO_RCVBUF), size(C.SO_SNDBUF)]
    return {
      reuseAddress: this.#has(C.SOL_SOCKET, C.SO_REUSEADDR),
      reusePort: this.#has(C.SOL_SOCKET, C.SO_REUSEPORT),
      ipv6Only: this.#has(C.IPPROTO_IPV6, C.IPV6_V6ONLY),
      ...(receiveBufferSize === undefined ? {} : { receiveBufferSize }),
      ...(sendBufferSize === undefined ? {} : { sendBufferSize }),
    }
  }

  /** Gives what was kept to a datagram socket that has just been opened. */
  applyTo(datagrams: UdpSocket): void {
    for (const [name, value] of this.#values)
      OPTIONS.get(name)?.apply?.(value, { datagrams, connection: undefined })
  }

  get #keepAlive(): { keepAlive?: number } {
    if (!this.#has(C.SOL_SOCKET, C.SO_KEEPALIVE)) return {}
    const seconds = this.#values.get(key(C.IPPROTO_TCP, C.TCP_KEEPIDLE)) ?? KEEP_IDLE
    return { keepAlive: seconds * 1_000 }
  }

  #has(level: number, option: number): boolean {
    return (this.#values.get(key(level, option)) ?? 0) !== 0
  }

  #find(level: number, option: number): Option | undefined {
    const known = OPTIONS.get(key(level, option))
    const kind = this.#isStream ? 'stream' : 'datagram'
    return known !== undefined && (known.on === 'both' || known.on === kind) ? known : undefined
  }
}
