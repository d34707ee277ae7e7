/**
 * From a name to its addresses. A `Resolver` is anything that answers; three are here: the system's own, the name
 * service asked directly, and a cache in front of either.
 *
 * `connect` uses the system's by default, without a cache, as Node, Go and Python do: a name that moves is followed
 * at once. Whoever opens many connections to few hosts puts a `CachingResolver` in front.
 */
import type { promises } from 'node:dns'
import { isIP } from 'node:net'
import { checkHost } from '../core/address.ts'
import { type ResolvedAddress, sortAddresses } from '../core/address-sort.ts'
import { kindOf } from '../core/bytes.ts'
import { type Answer, AnswerCache, type CacheLimits, DEFAULT_CACHE } from '../core/dns-cache.ts'
import { codeOf } from '../core/errors.ts'
import { quoted } from '../core/quote.ts'
import { onAbort } from './abort.ts'
import { within } from './deadline.ts'
import { checkKeys, checkSignal, checkTimeout, checkTypes, completeLimits } from './options.ts'
import {
  type Clock,
  LONGEST_TIMER,
  system as realSystem,
  type System,
  systemClock,
} from './system.ts'

/** How to ask. */
export interface ResolveOptions {
  /** Which addresses; 0: both kinds. */
  family: 0 | 4 | 6
  /** Aborted when nobody waits for the answer any more. */
  signal?: AbortSignal | undefined
}

/** Whatever can tell the addresses of a name. */
export interface Resolver {
  /**
   * True where IPv6 and IPv4 are two questions, whose answers come apart and unsorted: `connect` then asks for each
   * family, begins with what is there (RFC 8305 §3), and sorts by RFC 6724. False for one answer, sorted.
   */
  readonly separate: boolean
  /**
   * Tells the addresses of a name; an empty answer is as good as ENODATA.
   *
   * @param hostname a name, in any case
   * @param options which addresses, and when nobody waits any more
   * @throws an error with a `code`: ENOTFOUND, ENODATA, EAI_AGAIN, …
   */
  resolve(hostname: string, options: ResolveOptions): Promise<Answer>
}

/** @throws {TypeError} what nobody can ask */
export function checkResolver(verb: string, resolver: unknown): void {
  if (resolver !== undefined && typeof (resolver as Resolver | null)?.resolve !== 'function')
    throw new TypeError(`${verb}: resolver must be a Resolver, not ${kindOf(resolver)}`)
}

/** @throws {RangeError} what is no family of addresses */
export function checkFamily(verb: string, family: unknown): void {
  if (family !== undefined && family !== 0 && family !== 4 && family !== 6)
    throw new RangeError(`${verb}: family must be 0, 4 or 6, not ${quoted(family)}`)
}

/**
 * Asks a resolver, which may be of another maker.
 *
 * @throws what it throws; {TypeError} for an answer that is none: a name among the addresses would be looked up by the
 *   system, past every rule
 */
export async function askFor(
  resolver: Resolver,
  hostname: string,
  options: ResolveOptions,
): Promise<Answer> {
  const answer = await resolver.resolve(hostname, options)
  // One that is no list is judged as an address.
  for (const one of [answer?.addresses].flat()) {
    const address: unknown = one?.address
    if (isIP(String(address).replace(/%.*$/, '')) === 0)
      throw new TypeError(`resolver: ${quoted(address)} is not the address of a host`)
  }
  return answer
}

/** @throws {TypeError | RangeError | SyntaxError} what is no question */
function checkQuestion(hostname: string, options: ResolveOptions): void {
  checkHost(hostname)
  checkKeys('resolve', options, ['family', 'signal'])
  checkSignal('resolve', options?.signal)
  if (![0, 4, 6].includes(options?.family))
    throw new RangeError(`resolve: family must be 0, 4 or 6, not ${quoted(options?.family)}`)
}

/** The system's resolver, getaddrinfo(3): knows the hosts file, mDNS and routes, tells no time to live. */
export class SystemResolver implements Resolver {
  readonly separate = false
  readonly #system: System

  /** @param system the machine; for tests */
  constructor(system: System = realSystem) {
    this.#system = system
  }

  async resolve(hostname: string, options: ResolveOptions): Promise<Answer> {
    checkQuestion(hostname, options)
    const { family } = options
    return { addresses: await this.#system.lookup(hostname, family) }
  }
}

/** How to ask the name service directly. */
export interface DnsResolverOptions {
  /** Addresses of name servers, at least one, `192.0.2.1` or `[2001:db8::1]:53`; default: those of the system. */
  servers?: readonly string[] | undefined
  /** Milliseconds for one try, a whole number of at most 2^31 - 1; default 2 000. */
  timeout?: number | undefined
  /** Tries before giving up; default 3. */
  tries?: number | undefined
}

/** Asks the name service itself: true times to live, no hosts file, each family when it answers. */
export class DnsResolver implements Resolver {
  readonly separate = true
  readonly #options: DnsResolverOptions
  readonly #system: System

  /**
   * @param system the machine; for tests
   * @param options which servers, and how long and how often they are asked
   * @throws {TypeError} for an unknown option, a server that is no address, or no server at all
   * @throws {RangeError} for a time or a number of tries out of its range
   * @example new CachingResolver({ resolver: new DnsResolver({ servers: ['192.0.2.53'] }) })
   */
  constructor(options: DnsResolverOptions = {}, system: System = realSystem) {
    checkKeys('DnsResolver', options, ['servers', 'timeout', 'tries'])
    const { servers, timeout, tries } = options
    if (servers !== undefined) checkServers(servers)
    checkTimeout('DnsResolver', timeout)
    if (timeout !== undefined && !(Number.isInteger(timeout) && timeout <= LONGEST_TIMER))
      throw new RangeError(
        `DnsResolver: timeout must be a whole number from 0 to ${LONGEST_TIMER}, not ${timeout}`,
      )
    if (tries !== undefined && !(Number.isInteger(tries) && tries >= 1))
      throw new RangeError(`DnsResolver: tries must be a whole number from 1, not ${quoted(tries)}`)
    this.#system = system
    this.#options = options
    this.#open()
  }

  async resolve(hostname: string, options: ResolveOptions): Promise<Answer> {
    checkQuestion(hostname, options)
    const { family, signal } = options
    signal?.throwIfAborted()
    const resolver = this.#open()
    const callOff = signal && onAbort(signal, () => resolver.cancel())
    try {
      const families = family === 0 ? ([6, 4] as const) : [family]
      const found = await Promise.allSettled(families.map((f) => ask(resolver, hostname, f)))
      const answers = found.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
      const [failed] = found.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []))
      if (answers.length === 0) throw signal?.aborted ? signal.reason : failed
      return {
        addresses: answers.flatMap(({ addresses }) => addresses),
        ttl: Math.min(...answers.map(({ ttl }) => ttl)),
      }
    } finally {
      callOff?.()
    }
  }

  /** One for each question: cancelling ends all that a resolver of node:dns has under way. */
  #open(): promises.Resolver {
    const { servers, timeout = 2_000, tries = 3 } = this.#options
    const resolver = this.#system.createResolver({ timeout, tries })
    if (servers !== undefined) resolver.setServers(servers)
    return resolver
  }
}

/** Before node:dns says so with the text as it is. */
function checkServers(servers: unknown): void {
  if (!Array.isArray(servers))
    throw new TypeError(`DnsResolver: servers must be a list, not ${kindOf(servers)}`)
  if (servers.length === 0) throw new TypeError('DnsResolver: servers must name at least one')
  for (const server of servers) {
    const address =
      /^\[(.*)\](?::\d{1,5})?$/.exec(server)?.[1] ?? /^([\d.]+):\d{1,5}$/.exec(server)?.[1]
    if (typeof server !== 'string' || isIP(address ?? server) === 0)
      throw new TypeError(`DnsResolver: ${quoted(server)} is not the address of a server`)
  }
}

async function ask(
  resolver: promises.Resolver,
  hostname: string,
  family: 4 | 6,
): Promise<{ addresses: ResolvedAddress[]; ttl: number }> {
  const records =
    family === 6
      ? await resolver.resolve6(hostname, { ttl: true })
      : await resolver.resolve4(hostname, { ttl: true })
  return {
    addresses: records.map(({ address }) => ({ address, family })),
    ttl: Math.min(...records.map(({ ttl }) => ttl)) * 1000,
  }
}

/** How to cache. */
export interface CachingResolverOptions {
  /** Who is asked; default: the system's resolver. */
  resolver?: Resolver | undefined
  /** How many answers are kept, and how long. */
  limits?: { [K in keyof CacheLimits]?: CacheLimits[K] | undefined } | undefined
  /** Whose clock the times run on; default: the system's. */
  clock?: Clock | undefined
}

interface Question {
  readonly answer: Promise<Answer>
  readonly controller: AbortController
  waiting: number
}

/**
 * Remembers answers, bounded in number and time, and asks once for all who want to know the same thing at the same
 * time. When the last of them has given up, the question is given up as well.
 *
 * @example
 * const resolver = new CachingResolver()
 * const connection = await connect('tcp://localhost:8080', { resolver })
 */
export class CachingResolver implements Resolver {
  readonly #resolver: Resolver
  readonly #clock: Clock
  readonly #cache: AnswerCache
  readonly #questions = new Map<string, Question>()
  #hits = 0
  #misses = 0

  /**
   * @param options who is asked, and how many answers are kept for how long
   * @throws {TypeError | RangeError} for an unknown option or a limit that is no number of at least 1
   */
  constructor(options: CachingResolverOptions = {}) {
    checkKeys('CachingResolver', options, ['resolver', 'limits', 'clock'])
    checkTypes('CachingResolver', options, { clock: 'object' })
    checkResolver('CachingResolver', options.resolver)
    this.#resolver = options.resolver ?? new SystemResolver()
    this.#clock = options.clock ?? systemClock
    this.#cache = new AnswerCache(completeLimits('CachingResolver', options.limits, DEFAULT_CACHE))
  }

  /** As the resolver behind it. */
  get separate(): boolean {
    return this.#resolver.separate
  }

  /** Answers given from memory, questions asked, names kept. */
  get stats(): { hits: number; misses: number; size: number } {
    return { hits: this.#hits, misses: this.#misses, size: this.#cache.size }
  }

  /**
   * Forgets everything, or what is known of one name.
   *
   * @param hostname the name; left out: all of them
   * @throws {TypeError | SyntaxError | RangeError} for what is not the name of a host
   */
  forget(hostname?: string): void {
    if (hostname !== undefined) checkHost(hostname)
    if (hostname === undefined) this.#cache.forget()
    else for (const family of [0, 4, 6] as const) this.#cache.forget(keyOf(hostname, family))
  }

  /**
   * @param hostname a name, in any case
   * @param options which addresses, and when this caller gives up
   * @throws as the resolver behind it; `signal.reason` when aborted
   */
  async resolve(hostname: string, options: ResolveOptions): Promise<Answer> {
    checkQuestion(hostname, options)
    const { family, signal } = options
    signal?.throwIfAborted()
    const key = keyOf(hostname, family)
    const known = this.#cache.get(key, this.#clock.now())
    if (known !== undefined) {
      this.#hits++
      if ('error' in known) throw known.error
      return known.answer
    }
    const question = this.#questions.get(key) ?? this.#ask(key, hostname, family)
    return this.#wait(key, question, signal)
  }

  #ask(key: string, hostname: string, family: 0 | 4 | 6): Question {
    this.#misses++
    const controller = new AbortController()
    const asked = askFor(this.#resolver, hostname, { family, signal: controller.signal })
    const answer = asked.then(
      (found) => {
        this.#cache.put(key, found, this.#clock.now())
        return found
      },
      (error: Error) => {
        this.#cache.putError(key, error, this.#clock.now())
        throw error
      },
    )
    const question: Question = { answer, controller, waiting: 0 }
    this.#questions.set(key, question)
    const done = (): void => {
      if (this.#questions.get(key) === question) this.#questions.delete(key)
    }
    answer.then(done, done)
    return question
  }

  #wait(key: string, question: Question, signal: AbortSignal | undefined): Promise<Answer> {
    question.waiting++
    // Without end there is no error of one.
    const limits = { ms: Number.POSITIVE_INFINITY, signal, onTimeout: Error }
    return within(this.#clock, question.answer, limits).finally(() => {
      question.waiting--
      if (question.waiting > 0 || this.#questions.get(key) !== question) return
      // Nobody waits any more, and no answer has come: who asks from here on asks anew.
      this.#questions.delete(key)
      question.controller.abort(signal?.reason)
    })
  }
}

/** Names are compared without regard to case (RFC 4343). */
function keyOf(hostname: string, family: 0 | 4 | 6): string {
  return `${family} ${hostname.toLowerCase()}`
}

/** What a name that nobody knows is called: the code of the family whose answer says most. */
export function tellingCode(errors: readonly unknown[]): string {
  const codes = errors.map((error) => codeOf(error) ?? 'ENOTFOUND')
  return codes.find((code) => code !== 'ENODATA') ?? codes[0] ?? 'ENODATA'
}

/** The order of RFC 6724 for this machine. */
export function sorterOf(
  system: System,
): (addresses: readonly ResolvedAddress[]) => readonly ResolvedAddress[] {
  const sources = system.networkInterfaces().flatMap(({ addresses }) => addresses)
  return (addresses) => sortAddresses(addresses, sources)
}
