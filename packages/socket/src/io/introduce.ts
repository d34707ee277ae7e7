/**
 * The PROXY header on a connection that a balancer has opened: read before anything else, within its time, and kept
 * with the connection.
 */
import { type Address, formatEndpoint } from '../core/address.ts'
import { type Bytes, concat } from '../core/bytes.ts'
import { TimeoutError } from '../core/errors.ts'
import { type ProxyEnd, type ProxyHeader, parseProxyHeader } from '../core/proxy-protocol.ts'
import { type Connection, engineOf } from './connection.ts'
import { within } from './deadline.ts'
import type { NodeTransport } from './node-transport.ts'
import type { Clock } from './system.ts'
import { publish, tracing } from './trace.ts'

/** For whom, and for how long. */
export interface Introduction {
  readonly clock: Clock
  /** The balancer, as errors and events name it. */
  readonly name: string
  /** The listener's id. */
  readonly id: number
  /** Milliseconds. */
  readonly limit: number
  readonly signal: AbortSignal
}

/**
 * Reads the header; the addresses of the connection are the client's then, if the header says them.
 *
 * @throws {SyntaxError} there is no such header; {TimeoutError} phase `proxy`; what breaks the connection
 */
export async function introduce(
  connection: Connection,
  transport: NodeTransport,
  { clock, name, id, limit, signal }: Introduction,
): Promise<void> {
  const { source, destination } = await within(clock, readHeader(connection), {
    ms: limit,
    signal,
    onTimeout: () => {
      const reason = `no PROXY header within ${limit} ms`
      return new TimeoutError({ verb: 'accept', target: name, phase: 'proxy', reason, limit })
    },
  })
  if (tracing())
    publish(id, 0, 'proxied', { balancer: name, source: source ? formatEndpoint(source) : '' })
  if (source !== undefined && destination !== undefined)
    transport.setAddresses(addressOf(destination), addressOf(source))
}

/** @throws {SyntaxError} as `parseProxyHeader`, also when the stream ends before the header does */
async function readHeader(connection: Connection): Promise<ProxyHeader> {
  let bytes: Bytes = new Uint8Array(0)
  for (;;) {
    const more = await connection.recv()
    if (more === null) throw new SyntaxError('PROXY header: the peer finished before its end')
    bytes = concat([bytes, more])
    const header = parseProxyHeader(bytes)
    if (header === undefined) continue
    connection.unread(bytes.subarray(header.consumed))
    engineOf(connection).proxied = header
    return header
  }
}

function addressOf({ hostname, port }: ProxyEnd): Address {
  return { family: hostname.includes(':') ? 'IPv6' : 'IPv4', hostname, port }
}
