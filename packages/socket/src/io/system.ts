/**
 * The one seam between this package and the machine: network, name service, clock. Everything that waits
 * goes through a `System`, so that a test can fail its n-th call, turn a clock by hand, or put another
 * network underneath. Nothing else in the package names `node:net`, `node:tls`, `node:dgram` or `node:dns` for
 * more than their types. `node:tls` is loaded when it is first asked for: who speaks plain TCP does not wait for it.
 */
import dgram from 'node:dgram'
import dns from 'node:dns'
import { readFileSync } from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import type { Duplex } from 'node:stream'
import type tls from 'node:tls'

import type { ResolvedAddress } from '../core/address-sort.ts'

/** A timer; told so, it does not keep the process alive. */
export interface Timer {
  /** Keeps the process alive until it fires (the default). */
  ref?(): unknown
  /** Lets the process end before it fires. */
  unref?(): unknown
}

/** Time as this package sees it. */
export interface Clock {
  /** Milliseconds, monotonic, with fractions; only differences mean something. Never throws. */
  now(): number
  /**
   * Calls `run` once, not before `ms` milliseconds have passed. Never throws.
   *
   * @param run what to call
   * @param ms milliseconds, 0 or more
   */
  setTimeout(run: () => void, ms: number): Timer
  /**
   * Calls it off; nothing happens when it has fired. Never throws.
   *
   * @param timer what `setTimeout` gave
   */
  clearTimeout(timer: Timer): void
}

/** A network interface of this machine. */
export interface NetworkInterface {
  /** As the system calls it: `eth0`. */
  name: string
  /** The number by which zones name it; 0 where nobody tells. */
  index: number
  /** Its IP addresses, without zones. */
  addresses: string[]
  /** Its hardware address, `02:00:00:00:00:01`; zeros where it has none. */
  mac: string
  /** Whether only this machine is behind it. */
  isLoopback: boolean
}

/** What this package asks of the machine. */
export interface System {
  /** All time that this package measures, and all its timers. */
  readonly clock: Clock
  /** As net.connect. */
  connect(options: net.NetConnectOpts): net.Socket
  /** As net.createServer, without a listener. */
  createServer(options: net.ServerOpts): net.Server
  /** As dgram.createSocket. */
  createDatagram(options: dgram.SocketOptions): dgram.Socket
  /** All addresses of a name, in the order of the system's own policy. @throws an error with a `code` */
  lookup(hostname: string, family: 0 | 4 | 6): Promise<readonly ResolvedAddress[]>
  /** As new dns.promises.Resolver. */
  createResolver(options: dns.ResolverOptions): dns.promises.Resolver
  /** The name of who has an address, or the address itself. @throws an error with a `code` */
  reverse(address: string, port: number): Promise<string>
  /** The interfaces of this machine that are up. */
  networkInterfaces(): NetworkInterface[]
  /** The name of this machine. */
  hostname(): string
  /** As tls.createSecureContext. */
  createSecureContext(options: tls.SecureContextOptions): tls.SecureContext
  /** As tls.connect, over a stream that is connected. */
  connectTls(options: tls.ConnectionOptions): tls.TLSSocket
  /** As new tls.TLSSocket, for the server's side. */
  acceptTls(stream: Duplex, options: tls.TLSSocketOptions): tls.TLSSocket
}

/** What a timer of the runtimes holds, 25 days: told to wait for longer, it is over at once. Their resolvers refuse it. */
export const LONGEST_TIMER: number = 2 ** 31 - 1

/** A wait in as many legs as it takes; `Infinity` has no last one. */
class LongTimer implements Timer {
  #leg: NodeJS.Timeout

  constructor(run: () => void, ms: number) {
    const next = (left: number): NodeJS.Timeout =>
      setTimeout(
        () => {
          if (left <= LONGEST_TIMER) run()
          else this.#leg = next(left - LONGEST_TIMER)
        },
        Math.min(left, LONGEST_TIMER),
      )
    this.#leg = next(ms)
  }

  ref(): void {
    this.#leg.ref()
  }

  unref(): void {
    this.#leg.unref()
  }

  stop(): void {
    clearTimeout(this.#leg)
  }
}

/**
 * The clock of this process: what every `clock` option is by default. Its timers hold any number of milliseconds, where the
 * runtime's own are over after one when they are given more than 2^31 - 1.
 */
export const systemClock: Clock = {
  now: () => performance.now(),
  setTimeout: (run, ms) => (ms > LONGEST_TIMER ? new LongTimer(run, ms) : setTimeout(run, ms)),
  clearTimeout: (timer) => {
    if (timer instanceof LongTimer) timer.stop()
    else clearTimeout(timer as NodeJS.Timeout)
  },
}

/** The machine that this process runs on. */
export const system: System = {
  clock: systemClock,
  connect: (options) => net.connect(options),
  createServer: (options) => net.createServer(options),
  createDatagram: (options) => dgram.createSocket(options),
  lookup: (hostname, family) =>
    new Promise((resolve, reject) => {
      dns.lookup(
        hostname,
        { all: true, family, order: 'verbatim' } as dns.LookupAllOptions,
        (error, addresses) => {
          if (error) reject(error)
          else resolve(addresses as ResolvedAddress[])
        },
      )
    }),
  createResolver: (options) => new dns.promises.Resolver(options),
  reverse: (address, port) =>
    new Promise((resolve, reject) => {
      dns.lookupService(address, port, (error, hostname) => {
        if (error) reject(error)
        else resolve(hostname)
      })
    }),
  networkInterfaces: () =>
    Object.entries(os.networkInterfaces()).map(([name, list = []]) => ({
      name,
      index: indexOf(name, list),
      addresses: list.map(({ address }) => address),
      mac: list[0]?.mac ?? '',
      isLoopback: list.some(({ internal }) => internal),
    })),
  hostname: () => os.hostname(),
  createSecureContext: (options) => nodeTls().createSecureContext(options),
  connectTls: (options) => nodeTls().connect(options),
  // A TLSSocket takes any Duplex, though its type says net.Socket.
  acceptTls: (stream, options) => new (nodeTls().TLSSocket)(stream as net.Socket, options),
}

/** Linux keeps it in a file; elsewhere a link-local IPv6 address has it as its zone. */
function indexOf(name: string, list: readonly os.NetworkInterfaceInfo[]): number {
  try {
    return Number(readFileSync(`/sys/class/net/${name}/ifindex`, 'utf8'))
  } catch {
    return list.find(({ scopeid }) => scopeid)?.scopeid ?? 0
  }
}

/** The runtime's TLS. */
export function nodeTls(): typeof tls {
  return process.getBuiltinModule('node:tls')
}
