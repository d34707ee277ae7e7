/**
 * From the kernel's socket to something that `accept()` can hand out: the PROXY header of a balancer, then the TLS
 * handshake, if there are such. All newcomers are received side by side, each step within its timeout, at most
 * `limits.handshakes` at a time. Who fails is closed and counted, and nobody who accepts hears of it; a client that
 * speaks plain text to a TLS port is such a one.
 */
import type { Socket as NodeSocket } from 'node:net'
import { type Address, formatEndpoint } from '../core/address.ts'
import { type Bytes, concat } from '../core/bytes.ts'
import { codeOf, TimeoutError } from '../core/errors.ts'
import type { NetworkList } from '../core/network.ts'
import { type ProxyEnd, type ProxyHeader, parseProxyHeader } from '../core/proxy-protocol.ts'
import type { TimeoutOption, Timeouts } from '../core/timeouts.ts'
import { Connection, engineOf } from './connection.ts'
import { within } from './deadline.ts'
import { NodeTransport } from './node-transport.ts'
import type { BufferLimits } from './stream-engine.ts'
import type { System } from './system.ts'
import { secureOver } from './tls.ts'
import { type HandshakeSide, handshake } from './tls-socket.ts'
import type { TlsTransport } from './tls-transport.ts'
import { publish, tracing } from './trace.ts'
import type { Transport } from './transport.ts'

/** What waits to be accepted: a socket as it came, one whose handshake is done, one that was introduced. */
export type Arrival = NodeSocket | TlsTransport | Connection

/** What a listener was made with, complete. */
export interface ListenPlan {
  readonly name: string
  readonly system: System
  readonly timeout?: TimeoutOption | undefined
  readonly timeouts: Timeouts
  readonly limits: BufferLimits & { pending: number; handshakes: number }
  readonly tls: HandshakeSide | undefined
  /** Who has to begin with a PROXY header. */
  readonly balancers: NetworkList | undefined
  readonly keepAlive?: number | undefined
  readonly sharedBuffer?: boolean | undefined
}

/** Receives newcomers for a listener. */
export class Reception {
  readonly #id: number
  readonly #plan: ListenPlan
  readonly #host: { arrived(arrival: Arrival): void; refused(): void }
  readonly #underWay = new Set<AbortController>()
  #failed = 0

  constructor(
    id: number,
    plan: ListenPlan,
    host: { arrived(arrival: Arrival): void; refused(): void },
  ) {
    this.#id = id
    this.#plan = plan
    this.#host = host
  }

  get underWay(): number {
    return this.#underWay.size
  }

  get failed(): number {
    return this.#failed
  }

  /** Takes a socket that has just connected, paused. */
  receive(socket: NodeSocket): void {
    socket.on('error', drop)
    const { tls, keepAlive } = this.#plan
    if (keepAlive !== undefined) socket.setKeepAlive(true, keepAlive)
    const isIntroduced = this.#isIntroduced(socket)
    if (!isIntroduced && tls === undefined) {
      this.#host.arrived(socket)
      return
    }
    if (this.#underWay.size >= this.#plan.limits.handshakes) {
      this.#host.refused()
      socket.destroy()
      return
    }
    const attempt = new AbortController()
    this.#underWay.add(attempt)
    const arrive = (arrival: Arrival): void => {
      this.#underWay.delete(attempt)
      this.#host.arrived(arrival)
    }
    const work = isIntroduced
      ? this.#introduce(socket, attempt.signal, arrive)
      : handshake(
          this.#plan.system,
          socket,
          tls as HandshakeSide,
          this.#call(socket, attempt.signal),
          arrive,
        )
    work.catch(() => {
      this.#underWay.delete(attempt)
      this.#failed++
    })
  }

  /** Puts the verbs on a transport. */
  wrap(transport: Transport): Connection {
    const { timeout, limits, system } = this.#plan
    const { receiveBuffer, sendBuffer } = limits
    return new Connection(transport, {
      timeout,
      limits: { receiveBuffer, sendBuffer },
      clock: system.clock,
      side: 'server',
      parent: this.#id,
    })
  }

  /** Ends what is under way. */
  close(): void {
    for (const attempt of this.#underWay) attempt.abort()
  }

  #isIntroduced({ remoteAddress }: NodeSocket): boolean {
    const { balancers } = this.#plan
    return balancers !== undefined && (remoteAddress === undefined || balancers.has(remoteAddress))
  }

  /** Reads the header, then goes on in TLS if that is asked for. */
  async #introduce(
    socket: NodeSocket,
    signal: AbortSignal,
    arrive: (arrival: Arrival) => void,
  ): Promise<void> {
    const { tls, system, timeouts, sharedBuffer = true } = this.#plan
    socket.off('error', drop)
    const transport = new NodeTransport(socket, sharedBuffer && tls === undefined)
    const connection = this.wrap(transport)
    const name = remoteOf(socket) || this.#plan.name
    try {
      const header = await within(system.clock, readHeader(connection), {
        ms: timeouts.proxy,
        signal,
        onTimeout: () => {
          const reason = `no PROXY header within ${timeouts.proxy} ms`
          const facts = { verb: 'accept', target: name, reason, limit: timeouts.proxy }
          return new TimeoutError({ ...facts, phase: 'proxy' })
        },
      })
      const { source, destination } = header
      if (tracing()) publish(this.#id, 0, 'proxied', { balancer: name, source: nameOf(source) })
      if (source !== undefined && destination !== undefined)
        transport.setAddresses(addressOf(destination), addressOf(source))
      const call = this.#call(socket, signal)
      arrive(tls === undefined ? connection : await secureOver(connection, tls, system, call))
    } catch (error) {
      if (tracing())
        publish(this.#id, 0, 'failed', { target: name, code: codeOf(error) ?? 'ERR_PROTOCOL' })
      connection.destroy()
      throw error
    }
  }

  #call(socket: NodeSocket, signal: AbortSignal) {
    const { name, system, timeouts } = this.#plan
    return {
      verb: 'accept',
      target: remoteOf(socket) || name,
      started: system.clock.now(),
      id: this.#id,
      parent: 0,
      limit: timeouts.tls,
      signal,
    }
  }
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

function nameOf(end: ProxyEnd | undefined): string {
  return end === undefined ? '' : formatEndpoint(end)
}

function remoteOf({ remoteAddress, remotePort }: NodeSocket): string {
  if (remoteAddress === undefined || remotePort === undefined) return ''
  return formatEndpoint({ hostname: remoteAddress, port: remotePort })
}

/** For sockets that nobody holds yet: their errors end them, not the process. */
export function drop(): void {}
