/**
 * What kind of address it is: the special-purpose registries of IANA (RFC 6890 and what came after it) as a table.
 *
 * `global` is the only class that leads to the internet. Whoever fetches URLs of strangers asks for that, and not for
 * "not private": the list of what else leads inside is longer than one remembers.
 *
 * An address that carries another one inside is judged by the one inside: IPv4-mapped (RFC 4291 §2.5.5.2), NAT64
 * (RFC 6052), 6to4 (RFC 3056). Otherwise `64:ff9b::7f00:1` would be a way to 127.0.0.1 past the rule.
 */
import { contains, type Network, parseNetwork, toNetwork } from './network.ts'

/** Where an address leads. */
export type AddressClass =
  | 'global'
  | 'loopback'
  | 'private'
  | 'link-local'
  | 'shared'
  | 'unspecified'
  | 'multicast'
  | 'broadcast'
  | 'documentation'
  | 'benchmarking'
  | 'reserved'

/** The first row that has the address decides, so that exceptions stand before what they are an exception of. */
const TABLE: readonly (readonly [network: string, is: AddressClass])[] = [
  // IPv4: iana-ipv4-special-registry
  ['0.0.0.0/32', 'unspecified'],
  ['0.0.0.0/8', 'reserved'],
  ['10.0.0.0/8', 'private'],
  ['100.64.0.0/10', 'shared'],
  ['127.0.0.0/8', 'loopback'],
  ['169.254.0.0/16', 'link-local'],
  ['172.16.0.0/12', 'private'],
  ['192.0.0.9/32', 'global'],
  ['192.0.0.10/32', 'global'],
  ['192.0.0.0/24', 'reserved'],
  ['192.0.2.0/24', 'documentation'],
  ['192.88.99.0/24', 'reserved'],
  ['192.168.0.0/16', 'private'],
  ['198.18.0.0/15', 'benchmarking'],
  ['198.51.100.0/24', 'documentation'],
  ['203.0.113.0/24', 'documentation'],
  ['224.0.0.0/4', 'multicast'],
  ['255.255.255.255/32', 'broadcast'],
  ['240.0.0.0/4', 'reserved'],
  ['0.0.0.0/0', 'global'],
  // IPv6: iana-ipv6-special-registry
  ['::/128', 'unspecified'],
  ['::1/128', 'loopback'],
  ['64:ff9b:1::/48', 'private'],
  ['100::/64', 'reserved'],
  ['2001:1::1/128', 'global'],
  ['2001:1::2/128', 'global'],
  ['2001:2::/48', 'benchmarking'],
  ['2001:3::/32', 'global'],
  ['2001:4:112::/48', 'global'],
  ['2001:20::/28', 'global'],
  ['2001:30::/28', 'global'],
  ['2001::/23', 'reserved'],
  ['2001:db8::/32', 'documentation'],
  ['3fff::/20', 'documentation'],
  ['5f00::/16', 'reserved'],
  ['fc00::/7', 'private'],
  ['fe80::/10', 'link-local'],
  ['fec0::/10', 'private'],
  ['ff00::/8', 'multicast'],
  ['2000::/3', 'global'],
  ['::/0', 'reserved'],
]

/** Networks whose addresses carry an IPv4 address, with the byte where it begins. */
const CARRIERS = [
  ['64:ff9b::/96', 12],
  ['2002::/16', 2],
  // IPv4-compatible (RFC 4291 §2.5.5.1): deprecated, and some stacks still send it where it says.
  ['::/96', 12],
] as const

/** The tables as networks, made when the first address comes: nothing happens at import. */
let tables: ReturnType<typeof readTables> | undefined

function readTables() {
  const rows = TABLE.map(([text, is]) => ({ network: parseNetwork(text), is }))
  const carriers = CARRIERS.map(([text, at]) => ({ network: parseNetwork(text), at }))
  return { rows, carriers }
}

/**
 * Classifies an address.
 *
 * @param address IPv4 or IPv6 text, without brackets; a zone is looked past
 * @throws {SyntaxError} for text that is no IP address: also for `0177.0.0.1`, which some would call one
 * @see RFC 6890; the registries of IANA, 2025
 * @example classifyAddress('::ffff:10.0.0.1') // 'private'
 */
export function classifyAddress(address: string): AddressClass {
  tables ??= readTables()
  const { rows, carriers } = tables
  const one = toNetwork(address)
  const own = classify(rows, one)
  if (own === 'unspecified' || own === 'loopback') return own
  const carrier = carriers.find(({ network }) => contains(network, one))
  if (carrier === undefined) return own
  return classify(rows, {
    family: 4,
    bytes: one.bytes.slice(carrier.at, carrier.at + 4),
    prefix: 32,
  })
}

type Rows = ReturnType<typeof readTables>['rows']

function classify(rows: Rows, one: Network): AddressClass {
  return rows.find(({ network }) => contains(network, one))?.is ?? 'reserved'
}
