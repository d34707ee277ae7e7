/**
 * From the kernel's socket to something that `accept()` can hand out: the PROXY header of a balancer, then the TLS
 * handshake, if there are such. All newcomers are received side by side, each step within its timeout, at most
 * `limits.handshakes` at a time. Who fails is closed and counted, and nobody who accepts hears of it; a client that
 * speaks plain text to a TLS port is such a one.
 */
import type { Socket as NodeSocket } from 'node:net'
import { formatEndpoint } from '../core/address.ts'
import { codeOf } from '../core/errors.ts'
import type { NetworkList } from '../core/network.ts'
import type { TimeoutOption, Timeouts } from '../core/timeouts.ts'
import { Connection } from './connection.ts'
import { NodeTransport } from './node-transport.ts'
import type { BufferLimits } from './stream-engine.ts'
import type { System } from './system.ts'
import type { Security } from './tls-load.ts'
import { publish, tracing } from './trace.ts'
import type { Transport } from './transport.ts'

/** What waits to be accepted: a socket as it came, one whose handshake is done, one that was introduced. */
export type Arrival = NodeSocket | NodeTransport | Connection

/** What a listener was made with, complete. */
export interface ListenPlan {
  readonly name: string
  readonly system: System
  readonly timeout?: TimeoutOption | undefined
  readonly timeouts: Timeouts
  readonly limits: BufferLimits & { pending: number; handshakes: number }
  readonly tls: Security | undefined
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
    const work =
      tls === undefined || isIntroduced
        ? this.#introduce(socket, attempt.signal, arrive)
        : this.#secure(socket, attempt.signal, tls, arrive)
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

  #secure(
    socket: NodeSocket,
    signal: AbortSignal,
    { side, handshake }: Security,
    arrive: (arrival: Arrival) => void,
  ): Promise<void> {
    return handshake(this.#plan.system, socket, side, this.#call(socket, signal), arrive)
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
      const { introduce } = await import('./introduce.ts')
      const { clock } = system
      await introduce(connection, transport, {
        clock,
        name,
        id: this.#id,
        limit: timeouts.proxy,
        signal,
      })
      const call = this.#call(socket, signal)
      arrive(tls ? await tls.secureOver(connection, tls.side, system, call) : connection)
    } catch (error) {
      const code = codeOf(error) ?? 'ERR_PROTOCOL'
      if (tracing()) publish(this.#id, 0, 'failed', { target: name, code })
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

function remoteOf({ remoteAddress, remotePort }: NodeSocket): string {
  if (remoteAddress === undefined || remotePort === undefined) return ''
  return formatEndpoint({ hostname: remoteAddress, port: remotePort })
}

/** For sockets that nobody holds yet: their errors end them, not the process. */
export function drop(): void {}
