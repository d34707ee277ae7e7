/**
 * Names and addresses in the words of netdb.h: what a program asks before it has a socket. The answers come from the
 * same seam as those of `connect`.
 */
import { checkHost, type Endpoint } from '../core/address.ts'
import { kindOf } from '../core/bytes.ts'
import * as C from '../core/constants.ts'
import { codeOf, NetError } from '../core/errors.ts'
import { isIPv4, isIPv6 } from '../core/ip.ts'
import { printable, quoted } from '../core/quote.ts'
import { type PortProtocol, serviceByName, serviceByPort } from '../core/services.ts'
import { within } from './deadline.ts'
import { checkEnd, checkKeys } from './options.ts'
import { type NetworkInterface, system as realSystem, type System } from './system.ts'

/** Which answers are wanted. */
export interface AddressHints {
  /** AF_INET, AF_INET6, or 0 (AF_UNSPEC) for both; default 0. */
  family?: number | undefined
  /** SOCK_STREAM, SOCK_DGRAM, or 0 for all; default 0. */
  type?: number | undefined
  /** IPPROTO_TCP, IPPROTO_UDP, or 0 for whichever fits; default 0. */
  protocol?: number | undefined
  /** AI_PASSIVE, AI_CANONNAME, AI_NUMERICHOST, AI_NUMERICSERV and others, added up; default 0. */
  flags?: number | undefined
  /** Ends the wait. */
  signal?: AbortSignal | undefined
  /** The machine to do it on; for tests. */
  system?: System | undefined
}

/** How a question may end that has no other options. */
export type NameOptions = Pick<AddressHints, 'signal' | 'system'>

/** One way to reach a service. */
export interface AddressInfo {
  /** AF_INET or AF_INET6. */
  family: typeof C.AF_INET | typeof C.AF_INET6
  /** SOCK_STREAM or SOCK_DGRAM. */
  type: number
  /** IPPROTO_TCP or IPPROTO_UDP. */
  protocol: number
  /** The name's canonical form, on the first answer, with AI_CANONNAME; else empty. */
  canonicalName: string
  /** Where to go. */
  address: Endpoint & { hostname: string; port: number }
}

/** The kinds of sockets that a service can have, in the order in which getaddrinfo(3) tells them. */
const KINDS = [
  { type: C.SOCK_STREAM, protocol: C.IPPROTO_TCP, name: 'tcp' },
  { type: C.SOCK_DGRAM, protocol: C.IPPROTO_UDP, name: 'udp' },
  { type: C.SOCK_RAW, protocol: C.IPPROTO_IP, name: undefined },
] as const

/**
 * Translates a host and a service into addresses: one answer for each address and kind of socket.
 *
 * @param host a name, an address, or `null` for this machine (any address, with AI_PASSIVE)
 * @param service a name (`http`), a port, or `null` for port 0
 * @param hints family, type, protocol and flags that are wanted; default: everything
 * @returns never empty
 * @throws {NetError} `ENOTFOUND`, `EAI_AGAIN`; `EAI_SERVICE` for a service that no wanted kind of socket has;
 *   `EAI_NONAME` for neither host nor service, or a name with AI_NUMERICHOST; `EAI_FAMILY`, `EAI_SOCKTYPE`;
 *   `signal.reason` when aborted
 * @see getaddrinfo(3), RFC 3493 §6.1
 * @example const [first] = await getaddrinfo('localhost', 80, { type: SOCK_STREAM })
 */
export async function getaddrinfo(
  host: string | null,
  service: string | number | null = null,
  hints: AddressHints = {},
): Promise<AddressInfo[]> {
  checkKeys('getaddrinfo', hints, ['family', 'type', 'protocol', 'flags', 'signal', 'system'])
  const { family = 0, type = 0, protocol = 0, flags = 0 } = hints
  const ask = askerOf('getaddrinfo', hints)
  if (host !== null) checkHost(host)
  if (service !== null && typeof service !== 'string' && typeof service !== 'number')
    throw new TypeError(`getaddrinfo: a service is a name or a port, not ${kindOf(service)}`)
  const target = service === null ? (host ?? '') : `${host ?? ''}:${service}`
  const refuse = (code: string): NetError =>
    new NetError({ verb: 'getaddrinfo', target, phase: 'lookup', code })
  if (host === null && service === null) throw refuse('EAI_NONAME')
  if (family !== 0 && family !== C.AF_INET && family !== C.AF_INET6) throw refuse('EAI_FAMILY')
  const kinds = KINDS.filter(
    (kind) =>
      (type === 0 || kind.type === type) &&
      (protocol === 0 || kind.protocol === protocol || kind.type === C.SOCK_RAW),
  )
  if (kinds.length === 0) throw refuse('EAI_SOCKTYPE')
  const ports = kinds.flatMap((kind) => {
    const port = portOf(service, kind.name, flags)
    return port === undefined ? [] : [{ kind, port }]
  })
  if (ports.length === 0) throw refuse('EAI_SERVICE')
  const addresses = await addressesOf(host, family, flags, ask, target)
  const canonicalName = flags & C.AI_CANONNAME ? (host ?? '') : ''
  const answers = addresses.flatMap(({ address, family: found }) =>
    ports.map(({ kind, port }) => ({
      family: found === 6 ? (C.AF_INET6 as typeof C.AF_INET6) : (C.AF_INET as typeof C.AF_INET),
      type: kind.type,
      protocol: kind.type === C.SOCK_RAW ? protocol : kind.protocol,
      canonicalName: '',
      address: { hostname: address, port },
    })),
  )
  return answers.map((answer, i) => (i === 0 ? { ...answer, canonicalName } : answer))
}

function portOf(
  service: string | number | null,
  protocol: PortProtocol | undefined,
  flags: number,
): number | undefined {
  if (service === null) return 0
  if (typeof service === 'number' || /^\d+$/.test(service)) {
    const port = Number(service)
    if (!Number.isInteger(port) || port < 0 || port > 65_535)
      throw new RangeError(
        `getaddrinfo: port must be a whole number from 0 to 65535, not ${printable(String(service))}`,
      )
    return port
  }
  // Raw sockets have no ports, hence no services.
  return flags & C.AI_NUMERICSERV || protocol === undefined
    ? undefined
    : serviceByName(service, protocol)
}

async function addressesOf(
  host: string | null,
  family: number,
  flags: number,
  ask: Asker,
  target: string,
): Promise<readonly { address: string; family: 4 | 6 }[]> {
  const facts = { verb: 'getaddrinfo', target, phase: 'lookup' as const }
  if (host === null || host === '') {
    const any = (flags & C.AI_PASSIVE) !== 0
    const six = { address: any ? '::' : '::1', family: 6 as const }
    const four = { address: any ? '0.0.0.0' : '127.0.0.1', family: 4 as const }
    // glibc tells IPv4 first for the wildcard, IPv6 first for loopback.
    const both = any ? [four, six] : [six, four]
    return both.filter((one) => family === 0 || (family === C.AF_INET6) === (one.family === 6))
  }
  const wanted = family === C.AF_INET6 ? 6 : family === C.AF_INET ? 4 : 0
  const found = isIPv4(host) ? 4 : isIPv6(host.replace(/%.*$/, '')) ? 6 : 0
  if (found !== 0) {
    if (wanted === 0 || wanted === found) return [{ address: host, family: found }]
    throw new NetError({ ...facts, code: 'EAI_ADDRFAMILY' })
  }
  if (flags & C.AI_NUMERICHOST) throw new NetError({ ...facts, code: 'EAI_NONAME' })
  const addresses = await ask(
    (system) => system.lookup(host, wanted),
    (cause) => new NetError({ ...facts, code: codeOf(cause) ?? 'ENOTFOUND', cause }),
  )
  if (addresses.length > 0) return addresses
  throw new NetError({ ...facts, code: 'ENODATA' })
}

/** Asks the machine, until the signal of whoever waits aborts. */
type Asker = <T>(
  question: (system: System) => Promise<T>,
  refused: (cause: unknown) => Error,
) => Promise<T>

/** For those who take nothing else. @throws {TypeError} as `askerOf` */
function namesOf(verb: string, options: NameOptions): Asker {
  checkKeys(verb, options, ['signal', 'system'])
  return askerOf(verb, options)
}

/** @throws {TypeError}; `signal.reason` when aborted already */
function askerOf(verb: string, { signal, system = realSystem }: NameOptions): Asker {
  checkEnd(verb, { signal })
  return (question, refused) => {
    const answer = question(system).catch((cause: unknown) => {
      throw refused(cause)
    })
    // Without end there is no error of one.
    const limits = { ms: Number.POSITIVE_INFINITY, signal, onTimeout: Error }
    return within(system.clock, answer, limits)
  }
}

/**
 * Translates an address into names: who is there, and what the port is for.
 *
 * @param flags NI_NUMERICHOST and NI_NUMERICSERV leave numbers, NI_NAMEREQD makes a missing name an error, NI_DGRAM asks
 *   for the service over UDP; default 0
 * @param address `hostname` an IP address, `port` 0 to 65535
 * @param options `signal` ends the wait
 * @throws {NetError} `ENOTFOUND` with NI_NAMEREQD; `signal.reason` when aborted
 * @throws {SyntaxError} when `hostname` is no address {RangeError} for a port outside 0 to 65535
 * @see getnameinfo(3)
 */
export async function getnameinfo(
  address: { hostname: string; port: number },
  flags = 0,
  options: NameOptions = {},
): Promise<{ host: string; service: string }> {
  const ask = namesOf('getnameinfo', options)
  if (typeof address !== 'object' || address === null)
    throw new TypeError(`getnameinfo takes a hostname and a port, not ${kindOf(address)}`)
  const { hostname, port } = address
  if (!isIPv4(checkHost(hostname)) && !isIPv6(hostname.replace(/%.*$/, '')))
    throw new SyntaxError(`getnameinfo: ${quoted(hostname)} is no IP address`)
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new RangeError(`getnameinfo: port must be a whole number from 0 to 65535, not ${port}`)
  const protocol = flags & C.NI_DGRAM ? 'udp' : 'tcp'
  const known = flags & C.NI_NUMERICSERV ? undefined : serviceByPort(port, protocol)
  const service = known ?? String(port)
  if (flags & C.NI_NUMERICHOST) return { host: hostname, service }
  const isRequired = (flags & C.NI_NAMEREQD) !== 0
  const refused = (cause: unknown): NetError => notFound('getnameinfo', hostname, cause)
  const host = await ask(
    (system) =>
      isRequired
        ? system.reverse(hostname, port)
        : system.reverse(hostname, port).catch(() => hostname),
    refused,
  )
  if (host === hostname && isRequired) throw refused(undefined)
  return { host, service }
}

/** The names and addresses of a host, as `gethostbyname` and `gethostbyaddr` tell them. */
export interface HostEntry {
  /** The canonical name. */
  name: string
  /** Its other names; empty where nobody tells. */
  aliases: string[]
  /** Its IP addresses. */
  addresses: string[]
}

/**
 * The IPv4 addresses of a host: what programs used before getaddrinfo.
 *
 * @param hostname a name or an IPv4 address
 * @param options `signal` ends the wait
 * @throws {NetError} `ENOTFOUND` and others; `signal.reason` when aborted
 * @see gethostbyname(3)
 */
export async function gethostbyname(
  hostname: string,
  options: NameOptions = {},
): Promise<HostEntry> {
  if (hostname === '' || hostname === '<broadcast>') {
    const address = hostname === '' ? '0.0.0.0' : '255.255.255.255'
    return { name: hostname, aliases: [], addresses: [address] }
  }
  const answers = await getaddrinfo(hostname, null, {
    ...options,
    family: C.AF_INET,
    type: C.SOCK_STREAM,
  })
  return { name: hostname, aliases: [], addresses: answers.map(({ address }) => address.hostname) }
}

/**
 * The name of whoever has an address.
 *
 * @param address an IP address, or a name that is looked up first
 * @param options `signal` ends the wait
 * @throws {NetError} `signal.reason` when aborted; `ENOTFOUND` when nobody has it, or has no name
 * @see gethostbyaddr(3)
 */
export async function gethostbyaddr(
  address: string,
  options: NameOptions = {},
): Promise<HostEntry> {
  const [first] = await getaddrinfo(address, null, { ...options, type: C.SOCK_STREAM })
  const hostname = first?.address.hostname ?? address
  const { host } = await getnameinfo({ hostname, port: 0 }, C.NI_NAMEREQD, options)
  return { name: host, aliases: [], addresses: [hostname] }
}

/**
 * The fully qualified name of a host: its first name with a dot in it, else the name itself, also when nobody answers.
 *
 * @param hostname default: this machine's
 * @param options `signal` ends the wait
 * @throws `signal.reason` when aborted; nothing else
 * @see Python's socket.getfqdn
 */
export async function getfqdn(hostname = '', options: NameOptions = {}): Promise<string> {
  namesOf('getfqdn', options)
  const { signal, system = realSystem } = options
  const name = hostname === '' || hostname === '0.0.0.0' ? system.hostname() : hostname
  try {
    const entry = await gethostbyaddr(name, options)
    return [entry.name, ...entry.aliases].find((one) => one.includes('.')) ?? entry.name
  } catch {
    signal?.throwIfAborted()
    return name
  }
}

/**
 * The name of this machine.
 *
 * @param system the machine; for tests
 * @throws {Error} what the system throws, which is hardly ever
 * @see gethostname(2)
 */
export function gethostname(system: System = realSystem): string {
  return system.hostname()
}

/**
 * The network interfaces of this machine that are up.
 *
 * @param system the machine; for tests
 * @throws {Error} what the system throws, which is hardly ever
 * @see if_nameindex(3)
 */
export function networkInterfaces(system: System = realSystem): NetworkInterface[] {
  return system.networkInterfaces()
}

function notFound(verb: string, target: string, cause: unknown): NetError {
  const facts = { verb, target, phase: 'lookup' as const, cause }
  const code = codeOf(cause) ?? 'ENOTFOUND'
  if (code !== 'ENOTFOUND') return new NetError({ ...facts, code })
  return new NetError({ ...facts, code, reason: 'the address has no name' })
}
