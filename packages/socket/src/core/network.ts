/**
 * Networks in CIDR form, and lists of them: `10.0.0.0/8`, `2001:db8::/32`, a single address.
 *
 * **An IPv4 address has a second name in IPv6** (`::ffff:10.0.0.1`, RFC 4291 §2.5.5.2), and a listener on `::` sees
 * its IPv4 clients under that one. A list that did not know would let everyone past a rule by the other name: both
 * are the same address here.
 */
import { kindOf } from './bytes.ts'
import { AF_INET, AF_INET6 } from './constants.ts'
import { inetNtop, inetPton } from './ip.ts'
import { quoted } from './quote.ts'

/** A block of addresses. */
export interface Network {
  /** Which kind of address. */
  readonly family: 4 | 6
  /** The first address, network order; the bits after the prefix are zero. */
  readonly bytes: Uint8Array<ArrayBuffer>
  /** Length of the prefix in bits. */
  readonly prefix: number
}

/**
 * Reads a network in CIDR form. A single address is a network of one.
 *
 * @param text `address/prefix`, or an address alone
 * @throws {SyntaxError} no address, a prefix that does not fit, or bits after the prefix: `10.0.0.1/8` is more often
 *   a slip than a wish
 * @see RFC 4632 §3.1, RFC 4291 §2.3
 * @example parseNetwork('192.168.0.0/16')
 */
export function parseNetwork(text: string): Network {
  if (typeof text !== 'string')
    throw new TypeError(`a network must be a string, not ${kindOf(text)}`)
  const [, address = text, length] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(text) ?? []
  const whole = parseAddress(address)
  const most = whole.bytes.length * 8
  const prefix = length === undefined ? most : Number(length)
  if (prefix > most)
    throw new SyntaxError(`network ${quoted(text)}: the prefix has 0 to ${most} bits`)
  const bytes = mask(whole.bytes, prefix)
  if (bytes.some((byte, i) => byte !== whole.bytes[i]))
    throw new SyntaxError(
      `network ${quoted(text)}: there are bits after the prefix; the network is ${write(whole.family, bytes)}/${prefix}`,
    )
  return unmap({ family: whole.family, bytes, prefix })
}

/**
 * Writes a network: `10.0.0.0/8`. Never throws.
 *
 * @param options the network, as `parseNetwork` gives it
 * @see RFC 4632 §3.1, RFC 5952 §4
 */
export function formatNetwork({ family, bytes, prefix }: Network): string {
  return `${write(family, bytes)}/${prefix}`
}

/**
 * Tells whether an address lies in a network.
 *
 * @param address text; a zone (`%eth0`) is looked past
 * @param network as `parseNetwork` gives it
 * @throws {SyntaxError} for text that is no IP address
 * @see RFC 4632 §3.1; RFC 4291 §2.5.5.2
 */
export function networkContains(network: Network, address: string): boolean {
  return contains(network, toNetwork(address))
}

/** Addresses and networks to compare with. */
export class NetworkList {
  readonly #networks: readonly Network[]

  /**
   * @param networks each as `parseNetwork` reads it
   * @throws {SyntaxError | TypeError} as `parseNetwork`; no array
   */
  constructor(networks: readonly string[]) {
    if (!Array.isArray(networks))
      throw new TypeError(`a list of networks must be an array, not ${kindOf(networks)}`)
    this.#networks = networks.map(parseNetwork)
  }

  /**
   * Whether one of the networks has the address.
   *
   * @param address text; a zone (`%eth0`) is looked past
   * @throws {SyntaxError} for text that is no IP address
   */
  has(address: string): boolean {
    if (this.#networks.length === 0) return false
    const one = toNetwork(address)
    return this.#networks.some((network) => contains(network, one))
  }
}

/** RFC 4007 §11: what stands behind the address of an interface. Printable, so that nothing hides in it. */
const ZONE = /%[\x21-\x7e]{1,64}$/

/** An address as the network of one that it is, an IPv4-mapped one as IPv4. */
export function toNetwork(address: string): Network {
  if (typeof address !== 'string')
    throw new TypeError(`an address must be a string, not ${kindOf(address)}`)
  const { family, bytes } = parseAddress(address.replace(ZONE, ''))
  return unmap({ family, bytes, prefix: bytes.length * 8 })
}

/** Whether the first is the second or around it. */
export function contains(outer: Network, inner: Network): boolean {
  if (outer.family !== inner.family || outer.prefix > inner.prefix) return false
  const whole = outer.prefix >> 3
  for (let i = 0; i < whole; i++) if (outer.bytes[i] !== inner.bytes[i]) return false
  const rest = outer.prefix & 7
  if (rest === 0) return true
  const difference = (outer.bytes[whole] as number) ^ (inner.bytes[whole] as number)
  return difference >> (8 - rest) === 0
}

function parseAddress(text: string): { family: 4 | 6; bytes: Uint8Array<ArrayBuffer> } {
  return text.includes(':')
    ? { family: 6, bytes: inetPton(AF_INET6, text) }
    : { family: 4, bytes: inetPton(AF_INET, text) }
}

function unmap(network: Network): Network {
  const { family, bytes, prefix } = network
  const isMapped = family === 6 && prefix >= 96 && bytes[10] === 0xff && bytes[11] === 0xff
  if (!isMapped || bytes.subarray(0, 10).some((byte) => byte !== 0)) return network
  return { family: 4, bytes: bytes.slice(12), prefix: prefix - 96 }
}

function mask(bytes: Uint8Array, prefix: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(
    bytes,
    (byte, i) => byte & (0xff00 >> Math.min(8, Math.max(0, prefix - i * 8))) & 0xff,
  )
}

function write(family: 4 | 6, bytes: Uint8Array): string {
  return inetNtop(family === 4 ? AF_INET : AF_INET6, bytes)
}
