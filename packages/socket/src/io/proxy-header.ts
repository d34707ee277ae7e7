/** The PROXY protocol on a connection: what to say first, and reading what a balancer says. */
import { type Address, isUnix } from '../core/address.ts'
import type { Bytes } from '../core/bytes.ts'
import { checkProxyEnd, formatProxyHeader, type ProxyEnd } from '../core/proxy-protocol.ts'
import { quoted } from '../core/quote.ts'
import type { ConnectOptions, ProxyProtocolOptions } from './connect-options.ts'
import { checkKeys } from './options.ts'

/** Completes the option of `connect`. @throws {TypeError | RangeError | SyntaxError} what makes no sense */
export function checkProxyProtocol(
  option: NonNullable<ConnectOptions['proxyProtocol']>,
): ProxyProtocolOptions {
  const complete = typeof option === 'object' ? option : { version: option }
  checkKeys('connect: proxyProtocol', complete, ['version', 'source', 'destination'])
  if (complete.version !== 1 && complete.version !== 2)
    throw new RangeError(
      `connect: proxyProtocol is version 1 or 2, not ${quoted(complete.version)}`,
    )
  if (complete.source !== undefined) checkProxyEnd(complete.source)
  if (complete.destination !== undefined) checkProxyEnd(complete.destination)
  return complete
}

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
