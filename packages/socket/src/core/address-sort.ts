/**
 * Which of a name's addresses to try first: destination address selection of RFC 6724 §6, rule by rule, with
 * the source address selection of §5 that it leans on, as far as a program can know it.
 *
 * The system's own resolver (getaddrinfo) sorts by these rules already, and knows routes that no program sees;
 * its answers are taken as they come. These rules are for answers that came from the name service directly.
 *
 * What is left out, since nothing in a JavaScript runtime tells it: deprecated addresses (rule 3), home
 * addresses (4) and native transport (7). Rule 9 (longest matching prefix) is for IPv6 alone, as in Go: among
 * IPv4 addresses it would undo the round robin of the name service.
 */
import { AF_INET, AF_INET6 } from './constants.ts'
import { inetPton } from './ip.ts'

/** One address of a name. */
export interface ResolvedAddress {
  /** An IP address, as text. */
  address: string
  /** Which kind. */
  family: 4 | 6
}

/** RFC 6724 §2.1, the default policy table: prefix, its length in bits, precedence, label. */
const POLICY = [
  ['::1', 128, 50, 0],
  ['::ffff:0:0', 96, 35, 4],
  ['2002::', 16, 30, 2],
  ['2001::', 32, 5, 5],
  ['fc00::', 7, 3, 13],
  ['::', 96, 1, 3],
  ['fec0::', 10, 1, 11],
  ['3ffe::', 16, 1, 12],
  ['::', 0, 40, 1],
] as const

/** RFC 4291 §2.7; RFC 6724 §3.1 and §3.2. */
const SCOPE = { interface: 1, link: 2, site: 5, global: 14 } as const

interface Ranked {
  readonly bytes: Uint8Array
  readonly family: 4 | 6
  readonly scope: number
  readonly precedence: number
  readonly label: number
}

/**
 * Sorts destinations so that the one most likely to work, and to work best, comes first.
 *
 * @param destinations IP addresses; a zone (`%eth0`) is looked past
 * @param sources the addresses of this machine; a destination whose family has none goes last
 * @returns a new array; equals keep their order
 * @throws {SyntaxError} for text that is no IP address
 * @see RFC 6724 §6
 * @example sortAddresses([{ address: '192.0.2.1', family: 4 }, { address: '2001:db8::1', family: 6 }], ['2001:db8::2'])
 */
export function sortAddresses(
  destinations: readonly ResolvedAddress[],
  sources: readonly string[],
): ResolvedAddress[] {
  const own = sources.map((address) => rank(address))
  const known = destinations.map((destination) => {
    const ranked = rank(destination.address)
    return { destination, ranked, source: selectSource(ranked, own) }
  })
  // Array.prototype.sort is stable: rule 10.
  known.sort((a, b) => compare(a.ranked, a.source, b.ranked, b.source))
  return known.map(({ destination }) => destination)
}

function compare(
  a: Ranked,
  sourceA: Ranked | undefined,
  b: Ranked,
  sourceB: Ranked | undefined,
): number {
  // Rule 1: avoid unusable destinations.
  if (sourceA === undefined || sourceB === undefined)
    return Number(sourceA === undefined) - Number(sourceB === undefined)
  // Rule 2: prefer matching scope.
  const scope = Number(b.scope === sourceB.scope) - Number(a.scope === sourceA.scope)
  if (scope !== 0) return scope
  // Rule 5: prefer matching label.
  const label = Number(b.label === sourceB.label) - Number(a.label === sourceA.label)
  if (label !== 0) return label
  // Rule 6: prefer higher precedence.
  if (a.precedence !== b.precedence) return b.precedence - a.precedence
  // Rule 8: prefer smaller scope.
  if (a.scope !== b.scope) return a.scope - b.scope
  // Rule 9: longest matching prefix.
  if (a.family !== 6 || b.family !== 6) return 0
  return commonPrefix(b.bytes, sourceB.bytes) - commonPrefix(a.bytes, sourceA.bytes)
}

/** RFC 6724 §5, the rules that need no knowledge of routes: 1, 2, 6, 8. */
function selectSource(destination: Ranked, sources: readonly Ranked[]): Ranked | undefined {
  let best: Ranked | undefined
  for (const source of sources) {
    if (source.family !== destination.family) continue
    if (best === undefined || isBetterSource(source, best, destination)) best = source
  }
  return best
}

function isBetterSource(a: Ranked, b: Ranked, destination: Ranked): boolean {
  const prefixA = commonPrefix(a.bytes, destination.bytes)
  const prefixB = commonPrefix(b.bytes, destination.bytes)
  // Rule 1: prefer same address.
  if (prefixA === 128 || prefixB === 128) return prefixB !== 128
  // Rule 2: prefer appropriate scope.
  if (a.scope < b.scope) return a.scope >= destination.scope
  if (b.scope < a.scope) return b.scope < destination.scope
  // Rule 6: prefer matching label.
  if (a.label !== b.label) return a.label === destination.label
  // Rule 8: use longest matching prefix.
  return prefixA > prefixB
}

function rank(text: string): Ranked {
  const address = text.replace(/%.*$/, '')
  const family = address.includes(':') ? 6 : 4
  const bytes = mapped(address)
  const [, , precedence, label] = policyOf(bytes)
  return { bytes, family, scope: scopeOf(bytes, family), precedence, label }
}

/** An IPv4 address takes part as its IPv4-mapped IPv6 address (RFC 6724 §2). */
function mapped(address: string): Uint8Array {
  if (address.includes(':')) return inetPton(AF_INET6, address)
  const bytes = new Uint8Array(16).fill(0xff, 10, 12)
  bytes.set(inetPton(AF_INET, address), 12)
  return bytes
}

function policyOf(bytes: Uint8Array): (typeof POLICY)[number] {
  // The table is read for the longest match. Sorted by length once, the first match is that.
  longestFirst ??= POLICY.map((row) => ({ prefix: inetPton(AF_INET6, row[0]), row })).sort(
    (a, b) => b.row[1] - a.row[1],
  )
  const found = longestFirst.find(({ prefix, row }) => commonPrefix(bytes, prefix) >= row[1])
  return found?.row as (typeof POLICY)[number]
}

let longestFirst: { prefix: Uint8Array; row: (typeof POLICY)[number] }[] | undefined

function scopeOf(bytes: Uint8Array, family: 4 | 6): number {
  const at = (index: number): number => bytes[index] as number
  if (family === 4) {
    // RFC 6724 §3.2: loopback and auto-configuration addresses have link-local scope.
    const isLink = at(12) === 127 || (at(12) === 169 && at(13) === 254)
    return isLink ? SCOPE.link : SCOPE.global
  }
  if (at(0) === 0xff) return at(1) & 0x0f
  if (at(0) === 0xfe && (at(1) & 0xc0) === 0x80) return SCOPE.link
  if (at(0) === 0xfe && (at(1) & 0xc0) === 0xc0) return SCOPE.site
  // RFC 4007 §4: the loopback address is treated as having link-local scope.
  const isLoopback = at(15) === 1 && bytes.subarray(0, 15).every((byte) => byte === 0)
  return isLoopback ? SCOPE.link : SCOPE.global
}

function commonPrefix(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < 16; i++) {
    const difference = (a[i] as number) ^ (b[i] as number)
    if (difference !== 0) return i * 8 + Math.clz32(difference) - 24
  }
  return 128
}
