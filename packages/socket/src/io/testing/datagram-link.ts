/**
 * `datagramLink`: a port in front of a datagram socket, and a bad line between them, on which datagrams get lost, come
 * twice, late, or in another order. What a stream hides, a program that speaks UDP has to bear.
 */
import { type Address, formatEndpoint, type InetEndpoint, type Target } from '../../core/address.ts'
import type { Bytes } from '../../core/bytes.ts'
import { Link, type LinkOptions } from '../../core/link.ts'
import { type Clock, systemClock, type Timer } from '../system.ts'
import type { UdpSocket } from '../udp-socket.ts'

/** What lies in between; the same in both directions, each with chance of its own. */
export interface DatagramLinkOptions extends LinkOptions {
  /** Whose clock the delays run on; default: the system's. */
  clock?: Clock | undefined
}

/** A bad line that is open. */
export interface DatagramLink extends AsyncDisposable {
  /** Where to send to instead. */
  readonly address: Address
  /** Ends it; what is under way is lost. Never rejects. */
  close(): Promise<void>
}

/** Datagrams on the line in one direction; arbitrary, as the queue of a router. More are lost. */
const QUEUE = 1_024

/**
 * Puts a bad line in front of a datagram socket of this machine: what is sent to its address goes on to `to`, and the
 * answers come back by it.
 *
 * @param to `host:port` or `{hostname, port}`
 * @param options latency, jitter, loss, duplicates, reordering and the rest of the line, and whose clock
 * @returns the line; close it
 * @throws {TypeError | RangeError} as `LinkOptions` say. {SyntaxError} for what is no target
 * @see tc-netem(8), which does the same to a real line
 * @example
 * const line = await datagramLink('127.0.0.1:8125', { loss: 0.1, reorder: 0.2, latency: 20 })
 * await line.close()
 */
export async function datagramLink(
  to: Target,
  options: DatagramLinkOptions = {},
): Promise<DatagramLink> {
  const { clock = systemClock, ...link } = options
  const up = new Way(clock, new Link(link))
  const down = new Way(clock, new Link(link))
  // Loaded by who needs it: most tests are of streams.
  const [{ udp }, { inetTarget }] = await Promise.all([
    import('../udp.ts'),
    import('../udp-lookup.ts'),
  ])
  const target = inetTarget(to)
  const isIPv6 = target.hostname.includes(':')
  const front = await udp(isIPv6 ? '[::1]:0' : '127.0.0.1:0')
  /** Each sender has a port of its own behind the line, as behind a router: the answers tell by it for whom they are. */
  const backs = new Map<string, UdpSocket>()
  let isClosed = false
  const close = async (): Promise<void> => {
    isClosed = true
    for (const way of [up, down]) way.close()
    await Promise.all([front, ...backs.values()].map((socket) => socket.close()))
  }
  const backOf = async (sender: Address): Promise<UdpSocket> => {
    const name = formatEndpoint(sender)
    const known = backs.get(name)
    if (known !== undefined) return known
    const back = await udp(isIPv6 ? '[::]:0' : '0.0.0.0:0')
    backs.set(name, back)
    // Opened while the line was closed, it goes with it.
    if (isClosed) await back.close()
    const answer = (late: Bytes): Promise<unknown> => front.send(late, sender as InetEndpoint)
    each(back, (data) => down.send(data, answer)).catch(close)
    return back
  }
  each(front, async (data, sender) => {
    const back = await backOf(sender)
    up.send(data, (late) => back.send(late, target))
  }).catch(close)
  return { address: front.address, close, [Symbol.asyncDispose]: close }
}

/** Takes what comes, until the socket is closed. */
async function each(
  socket: UdpSocket,
  take: (data: Bytes, sender: Address) => void | Promise<void>,
): Promise<void> {
  for await (const { data, address } of socket) await take(data, address)
}

/** One direction: what is on the line. */
class Way {
  readonly #clock: Clock
  readonly #link: Link
  readonly #timers = new Set<Timer>()

  constructor(clock: Clock, link: Link) {
    this.#clock = clock
    this.#link = link
  }

  send(data: Bytes, deliver: (data: Bytes) => Promise<unknown>): void {
    const now = this.#clock.now()
    for (const at of this.#link.datagram(now, data.length)) {
      if (this.#timers.size >= QUEUE) return
      const arrive = (): void => {
        this.#timers.delete(timer)
        // Nobody is told of a datagram that does not arrive.
        deliver(data).catch(() => {})
      }
      const timer = this.#clock.setTimeout(arrive, at - now)
      this.#timers.add(timer)
    }
  }

  close(): void {
    for (const timer of this.#timers) this.#clock.clearTimeout(timer)
  }
}
