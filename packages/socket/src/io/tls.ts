/**
 * TLS around connections: what `connect`, `listen` and `startTls` make of their options, and `startTls` itself.
 */

import type { Duplex } from 'node:stream'
import { domainToASCII } from 'node:url'
import { kindOf } from '../core/bytes.ts'
import { quoted } from '../core/quote.ts'
import {
  CLIENT_KEYS,
  checkClientOptions,
  checkServerOptions,
  SERVER_KEYS,
} from '../core/tls-options.ts'
import { Connection, engineOf } from './connection.ts'
import { NodeTransport } from './node-transport.ts'
import { checkKeys, checkSignal, checkTimeout } from './options.ts'
import type { StreamEngine } from './stream-engine.ts'
import { system as realSystem, type System } from './system.ts'
import {
  contextOf,
  refuseIgnored,
  type TlsClientOptions,
  type TlsServerOptions,
} from './tls-context.ts'
import { type HandshakeCall, type HandshakeSide, handshake } from './tls-socket.ts'

interface StartTlsCommon {
  /** Ends the handshake; the promise rejects with `signal.reason`, and the connection is closed. */
  signal?: AbortSignal | undefined
  /** Milliseconds for the handshake; default: the connection's `timeout.tls`, 10 000. */
  timeout?: number | undefined
  /** The machine to do it on; for tests. */
  system?: System | undefined
}

/** How to go on in TLS. */
export type StartTlsOptions =
  | (StartTlsCommon & TlsClientOptions & { side?: 'client' | undefined })
  | (StartTlsCommon & TlsServerOptions & { side: 'server' })

/**
 * Goes on in TLS on a connection in the clear, as SMTP, IMAP, FTP and others do after STARTTLS. The old connection is
 * not to be used any more, whatever happens; what it had received and nobody had read goes to the handshake, where it is part of
 * TLS or breaks it. So a command that an attacker slipped in before the handshake is never taken for one that came
 * after it (CVE-2011-0411).
 *
 * @param connection open, with no reader waiting
 * @param options as for `connect` or, with `side: 'server'`, for `listen`. A client has to give `serverName`, unless
 *   `verify` is false
 * @returns the connection in TLS
 * @throws {TlsError} with the reason. {TimeoutError} phase `tls`. {NetError} `ERR_CLOSED`, `ERR_BUSY`
 * @throws {TypeError | RangeError | SyntaxError} for options that make no sense; then the connection is as it was
 * @see RFC 3207, RFC 2595, RFC 4217
 */
export async function startTls(
  connection: Connection,
  options: StartTlsOptions,
): Promise<Connection> {
  if (!(connection instanceof Connection))
    throw new TypeError(`startTls takes a Connection, not ${kindOf(connection)}`)
  if (typeof options !== 'object' || options === null)
    throw new TypeError(`startTls: options must be an object, not ${kindOf(options)}`)
  const { signal, timeout, system = realSystem, side: which, ...tls } = options
  checkSignal('startTls', signal)
  checkTimeout('startTls', timeout)
  if (which !== undefined && which !== 'client' && which !== 'server')
    throw new TypeError(`startTls: side must be 'client' or 'server', not ${quoted(which)}`)
  const side =
    which === 'server'
      ? serverSide('startTls', tls as TlsServerOptions, system)
      : clientSide('startTls', tls as TlsClientOptions, undefined, system)
  signal?.throwIfAborted()
  const { target, parent, id, options: how } = engineOf(connection)
  const started = system.clock.now()
  const limit = timeout === 0 ? Number.POSITIVE_INFINITY : (timeout ?? how.timeouts.tls)
  const call = { verb: 'startTls', target, started, id, parent, limit, signal }
  return secureOver(connection, side, system, call)
}

/** Does a handshake on a connection; what it was is over, whatever happens. */
export async function secureOver(
  connection: Connection,
  side: HandshakeSide,
  system: System,
  call: HandshakeCall,
): Promise<Connection> {
  const engine = engineOf(connection)
  const stream = await takeOver(connection, engine)
  const { localAddress, remoteAddress } = engine.transport
  const { timeouts: timeout, limits, clock } = engine.options
  return handshake(system, stream, side, call, (transport) => {
    transport.setAddresses(localAddress, remoteAddress)
    const how = { timeout, limits, clock, side: side.side, parent: call.parent }
    const secure = new Connection(transport, how)
    engineOf(secure).proxied = engine.proxied
    return secure
  })
}

/**
 * Checks the options of a client, and makes ready what they stand for.
 *
 * @param host what was connected to, where that is known
 */
export function clientSide(
  verb: string,
  options: TlsClientOptions,
  host: string | undefined,
  system: System,
): HandshakeSide & { side: 'client' } {
  checkKeys(`${verb}: tls`, options, CLIENT_KEYS)
  checkClientOptions(options)
  refuseIgnored(verb, options)
  const name = options.serverName ?? host
  if (name === undefined && options.verify !== false)
    throw new TypeError(`${verb}: tls needs serverName to know whom to expect, or verify: false`)
  const serverName = name === undefined ? undefined : toAscii(name)
  return { side: 'client', options, context: contextOf(options, system), serverName }
}

/** Checks the options of a server, and makes ready what they stand for. */
export function serverSide(
  verb: string,
  options: TlsServerOptions,
  system: System,
): HandshakeSide & { side: 'server' } {
  checkKeys(`${verb}: tls`, options, SERVER_KEYS)
  checkServerOptions(options)
  refuseIgnored(verb, options)
  return { side: 'server', options, context: contextOf(options, system) }
}

/** Takes the socket out of a connection once everything sent has left; what was not read goes back in front. */
async function takeOver(connection: Connection, engine: StreamEngine): Promise<Duplex> {
  const over = (): void => {
    if (!connection.isOpen) throw engine.failed('startTls')
  }
  over()
  await engine.outbound.flushed('startTls')
  over()
  const { transport } = engine
  if (!(transport instanceof NodeTransport)) return connection.detach()
  const unread = engine.inbound.surrender('startTls')
  const { socket } = transport
  transport.unwire()
  engine.surrender()
  socket.pause()
  // One that has told its end takes nothing back, and is refused right after this.
  if (unread.length > 0 && !socket.readableEnded) socket.unshift(unread)
  return socket
}

/** Names of certificates and of SNI are in ASCII (RFC 5890). */
function toAscii(name: string): string {
  if (!/[^\0-\x7f]/.test(name)) return name
  const ascii = domainToASCII(name)
  if (ascii === '')
    throw new SyntaxError(`tls.serverName: ${quoted(name)} is not the name of a host`)
  return ascii
}
