/** The PROXY protocol on a connection: what to say first, and reading what a balancer says. */
import { type Address, isUnix } from '../core/address.ts'
import type { Bytes } from '../core/bytes.ts'
import { formatProxyHeader, type ProxyEnd } from '../core/proxy-protocol.ts'
import type { ProxyProtocolOptions } from './connect-options.ts'

/** The header for a connection: with the ends that are given, else with its own. */
export function headerFor(
  ends: { localAddress: Address | undefined; remoteAddress: Address | undefined },
  {
    version,
    source = endOf(ends.localAddress),
    destination = endOf(ends.remoteAddress),
  }: ProxyProtocolOptions,
): Bytes {
  if (source === undefined || destination === undefined) return formatProxyHeader(version)
  return formatProxyHeader(version, { source, destination })
}

/** A Unix socket has no end that the header could name. */
function endOf(address: Address | undefined): ProxyEnd | undefined {
  return address === undefined || isUnix(address) ? undefined : address
}
