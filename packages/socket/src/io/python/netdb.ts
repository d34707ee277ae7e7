/**
 * The functions of Python's module `socket` that ask for names and addresses, services and interfaces. What has to ask the
 * system returns a promise; the answers are those of `io/names.ts`.
 */
import { AF_INET6 } from '../../core/constants.ts'
import { isIPv4, isIPv6 } from '../../core/ip.ts'
import {
  type PortProtocol,
  protocolByName,
  serviceByName,
  serviceByPort,
} from '../../core/services.ts'
import * as names from '../names.ts'
import { type Address, checkFlow, hostOf, intOf, ipv6, typeName, zoneOf } from './arguments.ts'
import { encode } from './codecs.ts'
import * as C from './constants.ts'
import { gaierror, herror, OSError, OverflowError } from './errors.ts'
import { bind, type Call } from './keywords.ts'
import { osError, translated } from './os-errors.ts'

/** One way to reach a service: family, kind, protocol, canonical name, address. */
export type AddressInfoTuple = [
  family: number,
  type: number,
  proto: number,
  canonname: string,
  sockaddr: Address,
]

/** All ways to reach a service. gaierror when there is none. */
export async function getaddrinfo(
  ...args: Call<
    [
      host: string | Uint8Array | null,
      port: string | number | Uint8Array | null,
      family?: number,
      type?: number,
      proto?: number,
      flags?: number,
    ]
  >
): Promise<AddressInfoTuple[]> {
  const parameters = ['host', 'port', 'family?', 'type?', 'proto?', 'flags?']
  const given = bind('getaddrinfo', parameters, args)
  const [family, type, protocol, flags] = ['family', 'type', 'proto', 'flags'].map((name) =>
    intOf(given[name], 0),
  )
  const host = given['host'] === null ? null : hostOf('getaddrinfo() argument 1', given['host'])
  const service = serviceOf(given['port'])
  const hints = { family, type, protocol, flags }
  const found = await translated(names.getaddrinfo(host, service, hints))
  return found.map(({ family: kind, type: sort, protocol: proto, canonicalName, address }) => {
    const { hostname, port } = address
    return [kind, sort, proto, canonicalName, sockaddr(kind, hostname, port)]
  })
}

function sockaddr(family: number, hostname: string, port: number): Address {
  return family === AF_INET6 ? ipv6(hostname, port) : [hostname, port]
}

function serviceOf(port: unknown): string | number | null {
  if (port === null || typeof port === 'number') return port
  if (typeof port === 'bigint') throw new OverflowError('Python int too large to convert to C long')
  if (port instanceof Uint8Array) return Buffer.from(port).toString('latin1')
  if (typeof port !== 'string') throw new OSError('Int or String expected')
  encode(port)
  return port
}

/** Host and service of an address. gaierror for no address, and with NI_NAMEREQD for one without a name. */
export async function getnameinfo(
  sockaddr: readonly unknown[],
  flags: number,
): Promise<[host: string, service: string]> {
  if (!Array.isArray(sockaddr)) throw new TypeError('getnameinfo() argument 1 must be a tuple')
  const [given, port, flow = 0, scope = 0] = sockaddr as readonly unknown[]
  const host = hostOf('getnameinfo() argument 1', given)
  checkFlow('getnameinfo', flow)
  if (!isIPv4(host) && !isIPv6(host.replace(/%.*$/, '')))
    throw new gaierror(C.EAI_NONAME, 'Name or service not known')
  const bare = isIPv4(host) ? host : String(ipv6(host, 0)[0])
  const zone = typeof scope === 'number' && scope > 0 ? zoneOf(scope) : ''
  const where = { hostname: bare + zone, port: intOf(port) }
  const answer = await translated(names.getnameinfo(where, intOf(flags)))
  return [answer.host, answer.service]
}

/** An IPv4 address of a host. gaierror when it has none. */
export async function gethostbyname(hostname: string): Promise<string> {
  const { addresses } = await byName(hostname)
  return addresses[0] as string
}

/** Name, aliases and IPv4 addresses of a host. gaierror when it has none. */
export async function gethostbyname_ex(
  hostname: string,
): Promise<[hostname: string, aliaslist: string[], ipaddrlist: string[]]> {
  const { name, aliases, addresses } = await byName(hostname)
  return [name, aliases, addresses]
}

/** Name, aliases and addresses of whoever has an address. herror when nobody tells. */
export async function gethostbyaddr(
  ip_address: string,
): Promise<[hostname: string, aliaslist: string[], ipaddrlist: string[]]> {
  const address = hostOf('gethostbyaddr() argument 1', ip_address)
  try {
    const entry = await translated(names.gethostbyaddr(address))
    return [entry.name, entry.aliases, entry.addresses]
  } catch (error) {
    const isLiteral = isIPv4(address) || isIPv6(address)
    if (isLiteral && error instanceof gaierror) throw new herror(1, 'Unknown host')
    throw error
  }
}

async function byName(hostname: string): Promise<names.HostEntry> {
  return translated(names.gethostbyname(hostOf('gethostbyname() argument 1', hostname)))
}

/** The full name of a host, default: this machine's. */
export async function getfqdn(...args: Call<[name?: string]>): Promise<string> {
  const { name = '' } = bind('getfqdn', ['name?'], args) as { name?: string }
  return names.getfqdn(name === '::' ? '' : name.trim())
}

/** The name of this machine. */
export function gethostname(): string {
  return names.gethostname()
}

/** The port of a service, from a table of IANA's names. OSError when it has none. */
export function getservbyname(servicename: string, protocolname?: string): number {
  const port = serviceByName(servicename, protocolOf(protocolname))
  if (port === undefined) throw new OSError('service/proto not found')
  return port
}

/** The service of a port. OverflowError outside 0 to 65535, OSError when there is none. */
export function getservbyport(port: number, protocolname?: string): string {
  const number = intOf(port)
  if (number < 0 || number > 65_535) throw new OverflowError('getservbyport: port must be 0-65535.')
  const name = serviceByPort(number, protocolOf(protocolname))
  if (name === undefined) throw new OSError('port/proto not found')
  return name
}

/** The number of a protocol. OSError when there is none of this name. */
export function getprotobyname(protocolname: string): number {
  const number = protocolByName(protocolname)
  if (number === undefined) throw new OSError('protocol not found')
  return number
}

function protocolOf(name: string | undefined): PortProtocol | undefined {
  if (name === undefined || name === 'tcp' || name === 'udp') return name
  throw new OSError('service/proto not found')
}

/** Number and name of each interface that is up. */
export function if_nameindex(): [index: number, name: string][] {
  return names.networkInterfaces().map(({ index, name }) => [index, name])
}

/** The number of an interface. OSError when there is none of this name. */
export function if_nametoindex(if_name: string): number {
  if (typeof if_name !== 'string')
    throw new TypeError(`a bytes-like object is required, not '${typeName(if_name)}'`)
  const found = names.networkInterfaces().find(({ name }) => name === if_name)
  if (found === undefined) throw new OSError('no interface with this name')
  return found.index
}

/** The name of an interface. OSError when there is none of this number. */
export function if_indextoname(if_index: number): string {
  const number = intOf(if_index)
  const found = names.networkInterfaces().find(({ index }) => index === number)
  if (found === undefined) throw osError('ENXIO')
  return found.name
}
