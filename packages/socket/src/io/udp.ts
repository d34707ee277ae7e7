/**
 * `udp`: opens a datagram socket at an address. What it can do then is in `udp-socket.ts`.
 */
import type { SocketOptions as DatagramOptions, Socket as NodeDatagram } from 'node:dgram'
import { formatEndpoint, type Target } from '../core/address.ts'
import { codeOf, NetError } from '../core/errors.ts'
import { normaliseTimeout, type TimeoutOption } from '../core/timeouts.ts'
import { checkKeys, checkSignal, checkTypes, completeLimits, mustCount } from './options.ts'
import { checkResolver, type Resolver, SystemResolver } from './resolve.ts'
import { checkReusePort } from './runtime.ts'
import { system as realSystem, type System } from './system.ts'
import { inetTarget, literal, lookupOne } from './udp-lookup.ts'
import { UdpSocket } from './udp-socket.ts'

/** How to open a datagram socket. */
export interface UdpOptions {
  /** `queue`: datagrams held for `recv()`, default 1024. */
  limits?: { queue?: number | undefined } | undefined
  /** Milliseconds; only `lookup` (default 5 000) means something here. */
  timeout?: TimeoutOption | undefined
  /** Several sockets of this machine may share the port, for multicast (SO_REUSEADDR); default false. */
  reuseAddress?: boolean | undefined
  /**
   * Several sockets share the port, each gets a part of what comes (SO_REUSEPORT); default false.
   * `ERR_UNSUPPORTED` where the runtime would only pretend.
   */
  reusePort?: boolean | undefined
  /** Refuse IPv4 on an IPv6 socket; default false. */
  ipv6Only?: boolean | undefined
  /** Bytes that the kernel holds for us (SO_RCVBUF); default: the system's. */
  receiveBufferSize?: number | undefined
  /** Bytes that the kernel holds from us (SO_SNDBUF); default: the system's. */
  sendBufferSize?: number | undefined
  /** Who tells the addresses of names; default: the system's resolver. */
  resolver?: Resolver | undefined
  /** Ends the opening; later it means nothing. */
  signal?: AbortSignal | undefined
  /** The machine to do it on; for tests. */
  system?: System | undefined
}

const KEYS = [
  'limits',
  'timeout',
  'reuseAddress',
  'reusePort',
  'ipv6Only',
  'receiveBufferSize',
  'sendBufferSize',
  'resolver',
  'signal',
  'system',
]
const QUEUE = 1024

/**
 * Opens a UDP socket.
 *
 * @param target where to be: `udp://host:port`, `host:port` or `{hostname, port}`; default a free port on
 *   all IPv4 addresses. An IPv6 address makes an IPv6 socket, a name prefers IPv4
 * @param options buffers, sharing of the port, timeouts, and who tells addresses
 * @throws {NetError} `EADDRINUSE`, `EACCES`, `EADDRNOTAVAIL` and others; `signal.reason` when aborted
 * @throws {SyntaxError | RangeError | TypeError} for a target or options that make no sense
 * @see RFC 768; socket(2), bind(2)
 * @example
 * const socket = await udp('127.0.0.1:0')
 * await socket.send('Hello, World!', '127.0.0.1:8080')
 */
export async function udp(
  target: Target = { hostname: '0.0.0.0', port: 0 },
  options: UdpOptions = {},
): Promise<UdpSocket> {
  checkKeys('udp', options, KEYS)
  checkTypes('udp', options, {
    reuseAddress: 'boolean',
    reusePort: 'boolean',
    ipv6Only: 'boolean',
    system: 'object',
  })
  checkSignal('udp', options.signal)
  checkResolver('udp', options.resolver)
  const endpoint = inetTarget(target)
  const { queue } = completeLimits('udp', options.limits, { queue: QUEUE })
  const { lookup } = normaliseTimeout(options.timeout)
  const sizes = {
    recvBufferSize: checkSize('receiveBufferSize', options.receiveBufferSize),
    sendBufferSize: checkSize('sendBufferSize', options.sendBufferSize),
  }
  options.signal?.throwIfAborted()
  const system = options.system ?? realSystem
  const resolver = options.resolver ?? new SystemResolver(system)
  const limits = { resolver, clock: system.clock, ms: lookup, signal: options.signal }
  const name = formatEndpoint(endpoint)
  const facts = { verb: 'bind', target: name, phase: 'bind' as const }
  if (options.reusePort) checkReusePort(facts)
  const { address, family } =
    literal('bind', endpoint, 0) ?? (await lookupOne('bind', endpoint, 4, limits))
  const socket = create(system, {
    type: family === 6 ? 'udp6' : 'udp4',
    reuseAddr: options.reuseAddress ?? false,
    ...(options.reusePort ? { reusePort: true } : {}),
    ipv6Only: options.ipv6Only ?? false,
    ...sizes,
  })
  await bound(socket, address, endpoint.port)
  return new UdpSocket(socket, { family, queue, system, resolver, lookupTimeout: lookup })

  function create(machine: System, how: DatagramOptions): NodeDatagram {
    try {
      // Addresses are resolved before they come here; Node's own lookup costs a tick and a sixth of the rate.
      const lookup = ((
        host: string,
        _: unknown,
        callback: (e: null, a: string, f: number) => void,
      ) => callback(null, host, family)) as never
      return machine.createDatagram({ ...how, lookup })
    } catch (error) {
      throw fail(error)
    }
  }

  function bound(opened: NodeDatagram, at: string, port: number): Promise<void> {
    return new Promise((done, reject) => {
      const refuse = (error: unknown): void => {
        opened.removeAllListeners('error').on('error', () => {})
        opened.close()
        reject(fail(error))
      }
      opened.once('error', refuse)
      try {
        opened.bind({ address: at, port, exclusive: true }, () => {
          opened.removeAllListeners('error').on('error', () => {})
          done()
        })
      } catch (error) {
        refuse(error)
      }
    })
  }

  function fail(cause: unknown): NetError {
    return new NetError({ ...facts, code: codeOf(cause) ?? 'EINVAL', cause })
  }
}

function checkSize(name: string, size: unknown): number | undefined {
  if (size === undefined) return undefined
  mustCount(`udp: ${name}`, size, 1)
  return size as number
}
