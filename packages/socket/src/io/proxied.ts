/**
 * One attempt to connect through proxies: to the first of them, from each to the next, from the last to the target,
 * then TLS with the target. Every failure says which proxy it was.
 *
 * Who looks the name up: a hop that takes names does. Where `allowAddress` judges addresses, the name is looked up here
 * all the same and the proxy is given the address that was judged; else a name would lead past the rule.
 */
import { isIP } from 'node:net'
import { type InetEndpoint, parseTarget } from '../core/address.ts'
import type { ResolvedAddress } from '../core/address-sort.ts'
import { kindOf } from '../core/bytes.ts'
import { Refusal } from '../core/dialogue.ts'
import { reasonOf } from '../core/error-codes.ts'
import { codeOf, NetError, ProxyError, TimeoutError } from '../core/errors.ts'
import type { TimeoutPhase } from '../core/timeouts.ts'
import { Attempt } from './attempt.ts'
import type { connect } from './connect.ts'
import type { ConnectPlan } from './connect-options.ts'
import type { Connection } from './connection.ts'
import { DialogueEnded } from './converse.ts'
import { within } from './deadline.ts'
import type { Hop } from './hops.ts'
import { headerFor } from './proxy-header.ts'
import { nextId, publish, tracing } from './trace.ts'

/** One call of `connect` with `proxy`. */
export class ProxiedAttempt {
  readonly #id = nextId()
  readonly #plan: ConnectPlan
  readonly #connect: typeof connect
  readonly #started: number
  readonly #stop = new AbortController()
  #connection: Connection | undefined

  /** @param dial connects to the first proxy */
  constructor(plan: ConnectPlan, dial: typeof connect) {
    this.#plan = plan
    this.#connect = dial
    this.#started = plan.system.clock.now()
  }

  async run(): Promise<Connection> {
    const { hops, endpoint, tls, proxyProtocol } = this.#plan
    for (const [i, hop] of hops.entries()) {
      if (this.#connection === undefined) this.#connection = await this.#reach(hop)
      const next = hops[i + 1]
      const target = next === undefined ? endpoint : parseTarget(next.target)
      this.#connection = await this.#leadOn(this.#connection, hop, target as InetEndpoint)
    }
    const connection = this.#connection as Connection
    if (proxyProtocol !== undefined) await connection.sendAll(headerFor(connection, proxyProtocol))
    if (tls === undefined) return connection
    const { target, system, timeouts } = this.#plan
    return tls.secureOver(connection, tls.side, system, {
      verb: 'connect',
      target,
      started: this.#started,
      id: this.#id,
      parent: this.#parent,
      limit: timeouts.tls,
      signal: this.#stop.signal,
    })
  }

  /** Ends what is under way. */
  giveUp(): void {
    this.#stop.abort()
    this.#connection?.destroy()
  }

  tooLate(phase: TimeoutPhase): TimeoutError {
    return new TimeoutError({ ...this.#facts(), phase, limit: this.#plan.timeouts[phase] })
  }

  /** The connection to the first proxy. */
  async #reach(hop: Hop): Promise<Connection> {
    const { options, timeouts } = this.#plan
    const { proxy: _p, proxyProtocol: _h, allowAddress: _a, tls: _t, ...rest } = options
    try {
      return await this.#connect(hop.target, {
        ...rest,
        ...(hop.tls === undefined ? {} : { tls: hop.tls }),
        timeout: { ...timeouts, total: 0 },
        signal: this.#stop.signal,
        trace: { parent: this.#id },
      })
    } catch (cause) {
      const code = codeOf(cause) ?? 'ERR_PROXY'
      throw this.#failure(hop, code, `can not be reached: ${reasonOf(code)}`, cause)
    }
  }

  async #leadOn(connection: Connection, hop: Hop, to: InetEndpoint): Promise<Connection> {
    if (tracing())
      publish(this.#id, this.#parent, 'hop', { proxy: hop.name, hostname: to.hostname })
    const { timeouts, system } = this.#plan
    const target = await this.#targetFor(hop, to)
    const { signal } = this.#stop
    try {
      const led = await within(system.clock, hop.through(connection, target, { signal }), {
        ms: timeouts.proxy,
        signal,
        onTimeout: () =>
          this.#failure(
            hop,
            'ERR_TIMEOUT',
            `gave no answer within ${timeouts.proxy} ms`,
            undefined,
          ),
        late: (late) => late.destroy(),
      })
      if (typeof led?.recv !== 'function')
        throw new TypeError(`the hop ${hop.name} gave no Connection, but ${kindOf(led)}`)
      return led
    } catch (error) {
      connection.destroy()
      throw this.#explain(hop, error)
    }
  }

  /** What the hop is asked for: the name, or an address that was looked up and judged here. */
  async #targetFor(hop: Hop, to: InetEndpoint): Promise<InetEndpoint> {
    const isLast = to === this.#plan.endpoint
    const mayAskName = hop.takesNames && !(isLast && this.#plan.options.allowAddress)
    if (mayAskName || (isIP(to.hostname) !== 0 && !isLast)) return to
    const { address }: ResolvedAddress = await new Attempt({
      ...this.#plan,
      options: {
        ...this.#plan.options,
        ...(hop.family === undefined ? {} : { family: hop.family }),
        ...(isLast ? {} : { allowAddress: undefined }),
      },
    }).resolve(to, this.#stop.signal)
    return { hostname: address, port: to.port }
  }

  #explain(hop: Hop, error: unknown): unknown {
    if (error instanceof ProxyError || error === this.#stop.signal.reason) return error
    if (error instanceof Refusal) return this.#failure(hop, error.code, error.message, error)
    if (error instanceof DialogueEnded)
      return this.#failure(hop, 'ERR_UNEXPECTED_END', error.message, error)
    if (error instanceof SyntaxError)
      return this.#failure(hop, 'ERR_PROTOCOL', error.message, error)
    if (error instanceof NetError)
      return this.#failure(hop, error.code, `broke the connection: ${reasonOf(error.code)}`, error)
    return error
  }

  #failure(hop: Hop, code: string, reason: string, cause: unknown): ProxyError {
    return new ProxyError({ ...this.#facts(), code, reason, cause, proxy: hop.name })
  }

  get #parent(): number {
    return this.#plan.options.trace?.parent ?? 0
  }

  #facts() {
    const { target, system } = this.#plan
    return { verb: 'connect', target, elapsed: system.clock.now() - this.#started }
  }
}
