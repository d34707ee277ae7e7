/**
 * Carries out the schedule of `core/happy-eyeballs.ts`: asks the resolver, dials, waits, and lets go of all that
 * did not win. Decides nothing itself.
 */
import type { Socket as NodeSocket } from 'node:net'
import type { ResolvedAddress } from '../core/address-sort.ts'
import { Race, type RaceRules } from '../core/happy-eyeballs.ts'
import { type Deadline, startDeadline } from './deadline.ts'
import type { Dial } from './dial.ts'
import type { Clock } from './system.ts'

/** What a race needs from whoever holds it. */
export interface RaceHost {
  readonly clock: Clock
  readonly rules: RaceRules
  /** The families whose answers count; one question for each group. */
  readonly questions: readonly (readonly (4 | 6)[])[]
  /** Asks one question. @throws what the answer's absence means */
  ask(families: readonly (4 | 6)[], signal: AbortSignal): Promise<readonly ResolvedAddress[]>
  /** Begins one attempt. */
  dial(address: ResolvedAddress): Dial
  /** Makes the error of an attempt. */
  attemptFailed(address: ResolvedAddress, error: unknown): void
  /** The error of a race that nobody won. */
  lost(lookupErrors: readonly unknown[]): unknown
}

/** One race for one name, under way from the moment it is made. */
export class RunningRace {
  /** The first socket that stands. @throws what `lost` makes */
  readonly done: Promise<NodeSocket>
  readonly #host: RaceHost
  readonly #race: Race
  readonly #questions = new AbortController()
  readonly #dials = new Set<Dial>()
  readonly #lookupErrors: unknown[] = []
  #timer: Deadline | undefined
  #over = false
  #resolve!: (socket: NodeSocket) => void
  #reject!: (error: unknown) => void

  constructor(host: RaceHost) {
    this.#host = host
    this.#race = new Race(host.rules, host.questions.flat())
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    for (const families of host.questions) void this.#ask(families)
  }

  /** Ends everything that is under way, but for the winner. */
  stop(): void {
    if (this.#over) return
    this.#over = true
    this.#timer?.stop()
    this.#questions.abort()
    for (const dial of this.#dials) dial.cancel()
    this.#dials.clear()
  }

  async #ask(families: readonly (4 | 6)[]): Promise<void> {
    let addresses: readonly ResolvedAddress[] = []
    try {
      addresses = await this.#host.ask(families, this.#questions.signal)
    } catch (error) {
      this.#lookupErrors.push(error)
    }
    if (this.#over) return
    const now = this.#host.clock.now()
    const of = (family: 4 | 6) => addresses.filter((address) => address.family === family)
    // One answer for both families is one event: IPv6 first, so that nothing waits for it.
    for (const family of families) this.#race.answered(family, of(family), now)
    this.#turn()
  }

  #turn(): void {
    this.#timer?.stop()
    this.#timer = undefined
    while (!this.#over) {
      const now = this.#host.clock.now()
      const step = this.#race.next(now)
      if (step.do === 'try') this.#dial(step.address)
      else if (step.do === 'give-up') this.#lose()
      else {
        this.#timer = startDeadline(this.#host.clock, step.until - now, () => this.#turn())
        return
      }
    }
  }

  #dial(address: ResolvedAddress): void {
    const dial = this.#host.dial(address)
    this.#dials.add(dial)
    dial.done.then(
      (socket) => this.#won(dial, socket),
      (error: unknown) => {
        this.#dials.delete(dial)
        if (this.#over) return
        this.#host.attemptFailed(address, error)
        this.#race.failed(address, this.#host.clock.now())
        this.#turn()
      },
    )
  }

  #won(dial: Dial, socket: NodeSocket): void {
    if (this.#over) {
      socket.destroy()
      return
    }
    this.#dials.delete(dial)
    this.stop()
    this.#resolve(socket)
  }

  #lose(): void {
    this.stop()
    this.#reject(this.#host.lost(this.#lookupErrors))
  }
}
