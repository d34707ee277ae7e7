/**
 * `Listener`: connections that others open to us, one `accept()` at a time.
 *
 * Where node:net differs from the kernel's queue: connections arrive whether or not anyone accepts.
 * Surplus ones are held paused, unread, up to `limits.pending`; beyond that they are closed and counted
 * in `refused`, since a queue without a bound is an open door.
 *
 * What comes before `accept()` hears of a connection (PROXY header, TLS) is in `reception.ts`.
 */
import type { Socket as NodeSocket, Server } from 'node:net'
import { type Address, formatEndpoint, isUnix } from '../core/address.ts'
import { codeOf, NetError } from '../core/errors.ts'
import { Connection } from './connection.ts'
import { each, Mailbox } from './mailbox.ts'
import { NodeTransport } from './node-transport.ts'
import { wrongWait } from './options.ts'
import { type Arrival, drop, type ListenPlan, Reception } from './reception.ts'
import type { WaitOptions } from './stream.ts'
import { nextId, publish, tracing } from './trace.ts'

/** Takes connections from others. Made by `listen()`. */
export class Listener implements AsyncDisposable, AsyncIterable<Connection> {
  /** Unique in the process; trace events carry it. */
  readonly id: number = nextId()
  readonly #server: Server
  readonly #plan: ListenPlan
  readonly #mailbox: Mailbox<Arrival>
  readonly #reception: Reception
  #address: Address | undefined
  #closed: Promise<void> | undefined
  #refused = 0

  /** @internal */
  constructor(server: Server, plan: ListenPlan) {
    this.#server = server
    this.#plan = plan
    this.#mailbox = new Mailbox(plan.system.clock, plan.limits.pending)
    this.#reception = new Reception(this.id, plan, {
      arrived: (arrival) => this.#arrived(arrival),
      refused: () => void this.#refused++,
    })
    server.on('connection', (socket: NodeSocket) => this.#reception.receive(socket))
  }

  /** @internal Listening has begun. */
  started(path: string | undefined): void {
    const address = this.#server.address()
    if (path !== undefined) this.#address = { family: 'Unix', path }
    else if (address !== null && typeof address === 'object')
      this.#address = {
        family: address.family === 'IPv6' ? 'IPv6' : 'IPv4',
        hostname: address.address,
        port: address.port,
      }
    // After the start an error of the server is one of accept(): EMFILE and its kin. The queue goes on.
    this.#server.on('error', (error) => this.#mailbox.fail(() => this.#error(error)))
    if (tracing()) publish(this.id, 0, 'listen', { local: formatEndpoint(this.address) })
  }

  /** Where we listen, with the port that the system chose. */
  get address(): Address {
    if (this.#address === undefined) throw this.#error(undefined)
    return this.#address
  }

  /** Whether what it accepts is in TLS. */
  get isSecure(): boolean {
    return this.#plan.tls !== undefined
  }

  /** Connections that wait for `accept()`. */
  get pending(): number {
    return this.#mailbox.size
  }

  /** Connections that were closed at once because `limits.pending` or `limits.handshakes` was reached. */
  get refused(): number {
    return this.#refused
  }

  /** Handshakes under way; 0 without `tls`. */
  get handshakes(): number {
    return this.#reception.underWay
  }

  /** Handshakes that failed: wrong certificates, no common version, plain text, silence. */
  get failedHandshakes(): number {
    return this.#reception.failed
  }

  /**
   * Waits for the next connection.
   *
   * @param options `signal` ends this wait; `timeout` in milliseconds, default off
   * @throws {NetError} `ERR_CLOSED` once the listener is closed; `ERR_TIMEOUT`; `signal.reason`
   */
  async accept(options?: WaitOptions): Promise<Connection> {
    const wrong = wrongWait('accept', options)
    if (wrong !== undefined) throw wrong
    options?.signal?.throwIfAborted()
    const pending = this.#mailbox.tryTake()
    if (pending !== undefined) return this.#wrap(pending)
    if (this.#closed !== undefined) throw this.#error(undefined)
    // It stays paused until it is wrapped, so nothing of it is lost on the way here.
    return this.#wrap(await this.#mailbox.take(options, (limit) => this.#tooLate(limit)))
  }

  /** Yields connections until the listener is closed. */
  [Symbol.asyncIterator](): AsyncGenerator<Connection, void, undefined> {
    return each(
      () => this.accept(),
      () => this.#closed !== undefined,
    )
  }

  /**
   * Stops listening. Connections that were accepted live on; those still pending are closed. Never
   * rejects, need not be awaited.
   */
  close(): Promise<void> {
    if (this.#closed !== undefined) return this.#closed
    this.#closed = new Promise((resolve) => {
      this.#server.close(() => resolve())
      // The callback waits for every connection; listening has ended at once.
      if (!this.#server.listening) resolve()
    })
    for (const arrival of this.#mailbox.empty(() => this.#error(undefined))) letGo(arrival)
    this.#reception.close()
    return this.#closed
  }

  /** Keeps the process alive while listening (the default). */
  ref(): void {
    this.#server.ref()
  }

  /** Lets the process end although this listens. */
  unref(): void {
    this.#server.unref()
  }

  /** As `close()`, so that `await using` works. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #arrived(arrival: Arrival): void {
    if (this.#closed !== undefined) {
      letGo(arrival)
      return
    }
    const before = this.pending
    if (!this.#mailbox.put(arrival)) {
      this.#refused++
      letGo(arrival)
    } else if (this.pending > before) {
      // It may break while it waits: then nobody has to accept it any more.
      whenGone(arrival, () => this.#mailbox.remove(arrival))
    }
  }

  #wrap(arrival: Arrival): Connection {
    if (arrival instanceof Connection) return arrival
    const socket = arrival instanceof NodeTransport ? arrival.socket : arrival
    socket.off('error', drop)
    const { sharedBuffer = true } = this.#plan
    const transport =
      arrival instanceof NodeTransport ? arrival : new NodeTransport(arrival, sharedBuffer)
    if (this.#address !== undefined && isUnix(this.#address))
      transport.setUnixAddresses(this.#address.path, '')
    return this.#reception.wrap(transport)
  }

  #error(cause: unknown): NetError {
    const code = codeOf(cause) ?? 'ERR_CLOSED'
    return new NetError({ verb: 'accept', target: this.#plan.name, phase: 'accept', code, cause })
  }

  #tooLate(limit: number): NetError {
    const reason = `no connection within ${limit} ms`
    return new NetError({
      verb: 'accept',
      target: this.#plan.name,
      phase: 'accept',
      code: 'ERR_TIMEOUT',
      reason,
    })
  }
}

function letGo(arrival: Arrival): void {
  if (arrival instanceof NodeTransport) arrival.socket.destroy()
  else arrival.destroy()
}

function whenGone(arrival: Arrival, run: () => void): void {
  if (arrival instanceof Connection) void arrival.closed.then(run)
  else (arrival instanceof NodeTransport ? arrival.socket : arrival).once('close', run)
}
