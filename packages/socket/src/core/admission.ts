/**
 * Whom a server lets in: lists of networks, and a number of connections for each address. Facts in, decision out;
 * the server counts and closes.
 */
import { NetworkList } from './network.ts'

/** The rules. */
export interface AdmissionRules {
  /** Networks that may come, in CIDR form; default: all. */
  allow?: readonly string[] | undefined
  /** Networks that may not, also where `allow` has them; default: none. */
  deny?: readonly string[] | undefined
  /**
   * Connections that one address may hold; default: no limit. Behind a load balancer every client has the same
   * address, and IPv6 gives each of them 2^64: this is no defence by itself.
   */
  perAddress: number
}

/** Why somebody is not let in. */
export type Refusal = 'blocked' | 'crowded'

/** Who is in, by address. */
export class Admission {
  readonly #rules: AdmissionRules
  readonly #allow: NetworkList | undefined
  readonly #deny: NetworkList
  readonly #inside = new Map<string, number>()

  /** @throws {SyntaxError} for a list with something that is no network */
  constructor(rules: AdmissionRules) {
    this.#rules = rules
    this.#allow = rules.allow === undefined ? undefined : new NetworkList(rules.allow)
    this.#deny = new NetworkList(rules.deny === undefined ? [] : rules.deny)
  }

  /** Lets an address in, and counts it, or says why not. */
  enter(address: string): Refusal | undefined {
    if (this.#deny.has(address) || this.#allow?.has(address) === false) return 'blocked'
    if (this.#rules.perAddress === Number.POSITIVE_INFINITY) return undefined
    const inside = this.#inside.get(keyOf(address)) ?? 0
    if (inside >= this.#rules.perAddress) return 'crowded'
    this.#inside.set(keyOf(address), inside + 1)
    return undefined
  }

  /** One connection of an address is over; call it once for each that was let in. */
  leave(address: string): void {
    const inside = this.#inside.get(keyOf(address))
    if (inside === undefined) return
    if (inside === 1) this.#inside.delete(keyOf(address))
    else this.#inside.set(keyOf(address), inside - 1)
  }
}

/** A client of IPv4 is the same one on an IPv6 listener. */
function keyOf(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/, '')
}
