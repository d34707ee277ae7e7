/**
 * Where a datagram goes, or where a datagram socket is: one address of one family, from whatever names it. What is
 * an address already needs no wait, so that sending to it costs none.
 */
import { isIP } from 'node:net'
import {
  checkHost,
  formatEndpoint,
  type InetEndpoint,
  isUnix,
  parseTarget,
  type Target,
} from '../core/address.ts'
import type { ResolvedAddress } from '../core/address-sort.ts'
import { codeOf, NetError, TimeoutError } from '../core/errors.ts'
import { quoted } from '../core/quote.ts'
import { within } from './deadline.ts'
import { checkKeys } from './options.ts'
import { askFor, type Resolver } from './resolve.ts'
import type { Clock } from './system.ts'

/** What a lookup may use and how long it may take. */
export interface LookupLimits {
  resolver: Resolver
  clock: Clock
  /** Milliseconds; `Infinity` is off. */
  ms: number
  signal: AbortSignal | undefined
}

/** @throws {TypeError} for a path @throws as `parseTarget` */
export function inetTarget(target: Target): InetEndpoint {
  const endpoint = parseTarget(target, ['udp'])
  if (isUnix(endpoint)) throw new TypeError('a datagram socket needs a host and a port, not a path')
  return endpoint
}

/** @throws {RangeError} nobody can be at port 0 */
export function checkDestination(verb: string, { port }: InetEndpoint): void {
  if (port === 0) throw new RangeError(`${verb}: the port of a peer is 1 to 65535, not 0`)
}

/**
 * Checks an address that the kernel is given as text, which C reads up to a NUL.
 *
 * @throws {TypeError | SyntaxError | RangeError} what is no IP address; a zone may follow it
 */
export function checkAddress(verb: string, address: unknown): void {
  if (isIP(checkHost(address).replace(/%.*$/, '')) === 0)
    throw new SyntaxError(`${verb}: ${quoted(address)} is no IP address`)
}

/** Checks a multicast group and whose packets are wanted. @throws as `checkAddress` */
export function checkGroup(
  verb: string,
  group: string,
  options: { source?: string | undefined; interface?: string | undefined },
): void {
  checkKeys(verb, options, ['source', 'interface'])
  checkAddress(verb, group)
  for (const address of [options.source, options.interface])
    if (address !== undefined) checkAddress(verb, address)
}

/**
 * The address that a host names without anybody being asked: a literal, or nothing for "any".
 *
 * @param family that of the socket; 0 where it has none yet
 * @returns `undefined` for a name
 * @throws {NetError} `EAFNOSUPPORT` for an address that the socket can't reach
 */
export function literal(
  verb: 'bind' | 'connect' | 'send',
  endpoint: InetEndpoint,
  family: 0 | 4 | 6,
): ResolvedAddress | undefined {
  const { hostname } = endpoint
  if (hostname === '') return { address: family === 6 ? '::' : '0.0.0.0', family: family || 4 }
  const found = isIP(hostname.includes('%') ? hostname.replace(/%.*$/, '') : hostname) as 0 | 4 | 6
  if (found === 0) return undefined
  if (family === 0 || family === found) return { address: hostname, family: found }
  // An IPv6 socket reaches IPv4 by mapped addresses (RFC 4291 §2.5.5.2); there is no way back.
  if (family === 6) return { address: `::ffff:${hostname}`, family: 6 }
  const target = formatEndpoint(endpoint)
  const reason = 'an IPv4 socket can not reach an IPv6 address'
  throw new NetError({ verb, target, phase: verb, code: 'EAFNOSUPPORT', reason })
}

/**
 * Asks for the address of a name.
 *
 * @param family 0: whichever comes first
 * @throws {NetError} phase `lookup`; `signal.reason`
 */
export async function lookupOne(
  verb: 'bind' | 'connect' | 'listen' | 'send',
  endpoint: InetEndpoint,
  family: 0 | 4 | 6,
  { resolver, clock, ms, signal }: LookupLimits,
): Promise<ResolvedAddress> {
  const facts = { verb, target: formatEndpoint(endpoint), phase: 'lookup' as const }
  signal?.throwIfAborted()
  const work = askFor(resolver, endpoint.hostname, { family, signal }).catch((cause: unknown) => {
    throw new NetError({ ...facts, code: codeOf(cause) ?? 'ENOTFOUND', cause })
  })
  const onTimeout = (): Error => new TimeoutError({ ...facts, limit: ms })
  const { addresses } = await within(clock, work, { ms, signal, onTimeout })
  const [first] = addresses
  if (first === undefined) throw new NetError({ ...facts, code: 'ENODATA' })
  return first
}
