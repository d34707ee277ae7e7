/**
 * What is `_socket.socket` in CPython, over the core's `Socket`: the verbs. What is said in them is Python's (arguments,
 * seconds, flags, exceptions, empty bytes at the end), what happens is the core's. What Python itself has in Python is in
 * `socket-class.ts`.
 *
 * Where Python would wait, a promise is returned. `close()` is the exception: what was sent still leaves, and nobody has
 * to wait for it.
 */
import { EMPTY } from '../../core/bytes.ts'
import * as C from '../../core/constants.ts'
import { Socket } from '../socket.ts'
import { systemClock } from '../system.ts'
import {
  type Address,
  type BytesLike,
  bytesOf,
  fromCore,
  intOf,
  secondsOf,
  sizeOf,
  toCore,
} from './arguments.ts'
import {
  MSG_DONTWAIT,
  MSG_PEEK,
  MSG_TRUNC,
  MSG_WAITALL,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
} from './constants.ts'
import { Description } from './description.ts'
import { describe, numberOf, register, release } from './descriptors.ts'
import { OSError, TimeoutError, ValueError } from './errors.ts'
import { bind, type Call, type Given } from './keywords.ts'
import { checkAncillary, checkFileno, iterableOf, orElse, piecesOf } from './message-arguments.ts'
import { osError, timedOut, translate, translated } from './os-errors.ts'
import { getOption, setOption } from './socket-options.ts'

/** Where to receive into. */
type Into = Given<[buffer: BytesLike, nbytes?: number, flags?: number]>

/** The sender on a stream. */
const NOBODY = null as never

/** What `setdefaulttimeout` has set, in seconds. */
let defaultTimeout: number | null = null

/** Seconds that new sockets wait, or null for no limit. */
export function getdefaulttimeout(): number | null {
  return defaultTimeout
}

/** Sets how long new sockets wait, in seconds; null for no limit. ValueError for a negative number. */
export function setdefaulttimeout(timeout: number | null): void {
  defaultTimeout = secondsOf(timeout)
}

/** The verbs of a socket. */
export class RawSocket {
  /** The number, or -1 once it is closed or detached. */
  #fd: number
  readonly #family: number
  readonly #type: number
  readonly #proto: number
  #timeout: number | null = defaultTimeout

  constructor(
    ...args: Call<[family?: number, type?: number, proto?: number, fileno?: number | null]>
  ) {
    const given = bind('socket', ['family?', 'type?', 'proto?', 'fileno?'], args)
    const fileno = given['fileno'] ?? null
    const known = fileno === null ? undefined : describe(checkFileno(fileno))
    this.#family = orElse(given['family'], known?.kind.family ?? C.AF_INET)
    const type = orElse(given['type'], known?.kind.type ?? C.SOCK_STREAM)
    this.#type = type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC)
    this.#proto = orElse(given['proto'], known?.kind.proto ?? 0)
    if (type & SOCK_NONBLOCK) this.#timeout = 0
    if (known !== undefined) this.#fd = fileno as number
    else this.#fd = register(open(this.#family, this.#type, this.#proto))
  }

  /** The address family, a number. */
  get family(): number {
    return this.#family
  }

  /** The kind of socket, a number, without SOCK_NONBLOCK and SOCK_CLOEXEC. */
  get type(): number {
    return this.#type
  }

  /** The protocol, a number. */
  get proto(): number {
    return this.#proto
  }

  /** What `settimeout` has set. */
  get timeout(): number | null {
    return this.#timeout
  }

  /** @internal What stands behind the number. @throws {OSError} EBADF */
  get description(): Description {
    return describe(this.#fd)
  }

  /** Takes an address. */
  async bind(address: Address): Promise<null> {
    const where = toCore('bind', this.#family, address)
    await translated(this.description.core.bind(where))
    return null
  }

  /** Begins to take connections. A negative backlog counts as 0. */
  async listen(backlog: number = C.SOMAXCONN): Promise<null> {
    const count = Math.max(intOf(backlog), 0)
    await translated(this.description.core.listen(count))
    return null
  }

  /** As `accept`, with a descriptor instead of a socket. */
  async _accept(): Promise<[number, Address]> {
    const { description } = this
    const [core, address] = await translated(description.accept(this.#patience(0)))
    return [register(new Description(core, description.kind)), fromCore(this.#family, address)]
  }

  /** Connects. A socket that does not wait raises BlockingIOError with EINPROGRESS, and tells of the end by SO_ERROR. */
  async connect(address: Address): Promise<null> {
    const where = toCore('connect', this.#family, address)
    const { description } = this
    if (description.connecting !== undefined) throw osError('EALREADY')
    const seconds = this.#timeout ?? Number.POSITIVE_INFINITY
    if (seconds === 0 || !Number.isFinite(seconds)) {
      const work = translated(description.core.connect(where))
      if (seconds === 0 && this.#type === C.SOCK_STREAM) {
        description.connectInBackground(work)
        throw osError('EINPROGRESS')
      }
      await work
      return null
    }
    const limit = new AbortController()
    const work = translated(description.core.connect(where, { signal: limit.signal }))
    const wait = Math.max(1, seconds * 1_000)
    const timer = systemClock.setTimeout(() => limit.abort(timedOut()), wait)
    await work.finally(() => systemClock.clearTimeout(timer))
    return null
  }

  /** As `connect`; the number of the error instead of an exception, 0 for none. */
  async connect_ex(address: Address): Promise<number> {
    try {
      await this.connect(address)
      return 0
    } catch (error) {
      if (error instanceof TimeoutError) return numberOf(osError('EAGAIN'))
      if (error instanceof OSError && error.errno !== null) return numberOf(error)
      throw error
    }
  }

  /** Waits for up to `bufsize` bytes; empty once the peer has finished. */
  async recv(bufsize: number, flags = 0): Promise<Uint8Array> {
    const [data] = await this.#receive(sizeOf('recv', bufsize), intOf(flags))
    return data
  }

  /** As `recv`, into memory of the caller; how many bytes. */
  async recv_into(...args: Into): Promise<number> {
    const [count] = await this.#into('recv_into', args)
    return count
  }

  /** As `recv`, and the sender of a datagram; null on a stream, which the types leave out. */
  async recvfrom(bufsize: number, flags = 0): Promise<[Uint8Array, Address]> {
    const [data, , address] = await this.#receive(sizeOf('recvfrom', bufsize), intOf(flags))
    return [data, address]
  }

  /** As `recvfrom`, into memory of the caller. */
  async recvfrom_into(...args: Into): Promise<[number, Address]> {
    return this.#into('recvfrom_into', args)
  }

  /** As `recvfrom`, with ancillary data, of which there is none here, and flags: MSG_TRUNC for a datagram that was cut. */
  async recvmsg(
    ...args: [bufsize: number, ancbufsize?: number, flags?: number]
  ): Promise<[Uint8Array, never[], number, Address]> {
    const { bufsize, ancbufsize, flags } = bind(
      'recvmsg',
      ['bufsize', 'ancbufsize?', 'flags?'],
      args,
    )
    if (typeof bufsize !== 'number') intOf(bufsize)
    const size = sizeOf('recvmsg', bufsize)
    sizeOf('recvmsg ancillary data', ancbufsize, 0)
    const [data, isCut, address] = await this.#receive(size, intOf(flags, 0))
    return [data, [], isCut ? MSG_TRUNC : 0, address]
  }

  /** As `recvmsg`, into several pieces of memory, one after the other; how many bytes. */
  async recvmsg_into(
    ...args: [buffers: Iterable<BytesLike>, ancbufsize?: number, flags?: number]
  ): Promise<[number, never[], number, Address]> {
    const { buffers, ancbufsize, flags } = bind(
      'recvmsg_into',
      ['buffers', 'ancbufsize?', 'flags?'],
      args,
    )
    const targets = piecesOf('recvmsg_into', buffers)
    sizeOf('recvmsg_into ancillary data', ancbufsize, 0)
    const size = targets.reduce((sum, target) => sum + target.length, 0)
    const [data, isCut, address] = await this.#receive(size, intOf(flags, 0))
    let at = 0
    for (const target of targets) {
      const part = data.subarray(at, at + target.length)
      target.set(part)
      at += part.length
    }
    return [data.length, [], isCut ? MSG_TRUNC : 0, address]
  }

  /** Sends; how many bytes were taken. */
  async send(data: BytesLike, flags = 0): Promise<number> {
    const bytes = bytesOf(data)
    const patience = this.#patience(intOf(flags))
    return translated(this.description.send(bytes, patience))
  }

  /** Sends everything. */
  async sendall(data: BytesLike, flags = 0): Promise<null> {
    const bytes = bytesOf(data)
    const patience = this.#patience(intOf(flags))
    const { description } = this
    if (patience !== 0 && this.#type === C.SOCK_STREAM)
      await translated(description.core.sendAll(bytes, { timeout: patience }))
    else
      for (let at = 0; at < bytes.length; )
        at += await translated(description.send(bytes.subarray(at), patience))
    return null
  }

  /** Sends a datagram to an address: `sendto(data, address)` or `sendto(data, flags, address)`. */
  async sendto(
    ...args:
      | [data: BytesLike, address: Address]
      | [data: BytesLike, flags: number, address: Address]
  ): Promise<number> {
    if (args.length !== 2 && args.length !== 3)
      throw new TypeError(`sendto() takes 2 or 3 arguments (${(args as unknown[]).length} given)`)
    const bytes = bytesOf(args[0])
    if (args.length === 3) intOf(args[1])
    const { description } = this
    const address = args.at(-1)
    const where = toCore('sendto', this.#family, address)
    if (this.#type === C.SOCK_STREAM) return translated(description.core.send(bytes))
    return translated(description.core.sendto(bytes, where))
  }

  /** Sends several pieces as one message. Ancillary data is a matter of system calls: any raises OSError. */
  async sendmsg(
    ...args: [
      buffers: Iterable<BytesLike>,
      ancdata?: Iterable<unknown>,
      flags?: number,
      address?: Address | null,
    ]
  ): Promise<number> {
    const given = bind('sendmsg', ['buffers', 'ancdata?', 'flags?', 'address?'], args)
    const parts = piecesOf('sendmsg', given['buffers'])
    const ancillary = [...iterableOf('sendmsg', given['ancdata'] ?? [])]
    const flags = intOf(given['flags'], 0)
    for (const item of ancillary) checkAncillary(item)
    if (ancillary.length > 0)
      throw osError('EOPNOTSUPP', 'no JavaScript runtime sends ancillary data')
    const bytes = Buffer.concat(parts)
    const address = (given['address'] ?? null) as Address | null
    return address === null ? this.send(bytes, flags) : this.sendto(bytes, flags, address)
  }

  /** Ends one direction or both: SHUT_RD, SHUT_WR, SHUT_RDWR. */
  async shutdown(how: number): Promise<null> {
    const direction = intOf(how)
    if (direction < 0 || direction > 2) throw osError('EINVAL')
    await translated(this.description.core.shutdown(direction as 0 | 1 | 2))
    return null
  }

  /** Closes it. What was sent still leaves. */
  close(): void {
    const fd = this.detach()
    if (fd !== -1) release(fd)
  }

  /** Gives the descriptor away; this object is closed then, what stands behind it is not. */
  detach(): number {
    const fd = this.#fd
    this.#fd = -1
    return fd
  }

  /** The descriptor, a number that means something to this door alone; -1 once it is closed. */
  fileno(): number {
    return this.#fd
  }

  /** Our own address; that of nobody while there is none. */
  getsockname(): Address {
    const { core } = this.description
    const isNone = core.family === C.AF_UNIX ? '' : ([anyOf(this.#family), 0] as const)
    const address = isBound(core) ? translate(() => core.getsockname()) : isNone
    return fromCore(this.#family, address)
  }

  /** The peer's address. OSError with ENOTCONN when there is none. */
  getpeername(): Address {
    const { core } = this.description
    return fromCore(
      this.#family,
      translate(() => core.getpeername()),
    )
  }

  /** Reads an option: a number, or with `buflen` that many bytes. */
  getsockopt(level: number, optname: number, buflen = 0): number | Uint8Array {
    return getOption(this.description, intOf(level), intOf(optname), intOf(buflen))
  }

  /** Sets an option to a number, or to bytes of a C structure. */
  setsockopt(level: number, optname: number, value: number | BytesLike | null, optlen = 0): void {
    setOption(this.description, intOf(level), intOf(optname), value, optlen)
  }

  /** How long the methods that wait may do so, in seconds: 0 to not wait, null for no limit. */
  settimeout(value: number | null): void {
    this.#timeout = secondsOf(value)
  }

  /** What `settimeout` has set. */
  gettimeout(): number | null {
    return this.#timeout
  }

  /** `settimeout(null)` or `settimeout(0)`. */
  setblocking(flag: boolean | number): void {
    this.#timeout = flag ? null : 0
  }

  /** Whether it waits. */
  getblocking(): boolean {
    return this.#timeout !== 0
  }

  /** Milliseconds that something may take. */
  #patience(flags: number): number {
    if (this.#timeout === 0 || flags & MSG_DONTWAIT) return 0
    return this.#timeout === null
      ? Number.POSITIVE_INFINITY
      : Math.max(1, Math.ceil(this.#timeout * 1_000))
  }

  async #receive(size: number, flags: number): Promise<[Uint8Array, boolean, Address]> {
    const { description } = this
    const patience = this.#patience(flags)
    if (this.#type === C.SOCK_DGRAM) {
      const datagram = await translated(description.receiveDatagram(patience))
      if (flags & MSG_PEEK) description.unread(datagram)
      const { data, address } = datagram
      const from = 'path' in address ? address.path : ([address.hostname, address.port] as const)
      return [data.subarray(0, size), data.length > size, fromCore(this.#family, from)]
    }
    if (size === 0) return [EMPTY, false, NOBODY]
    if (flags & MSG_PEEK) return [await translated(description.peek(size, patience)), false, NOBODY]
    const parts = [await translated(description.receive(size, patience))]
    if (flags & MSG_WAITALL) await this.#rest(parts, size, patience)
    return [parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts), false, NOBODY]
  }

  /** The rest of what MSG_WAITALL asks for, or less where the peer finishes before. */
  async #rest(parts: Uint8Array[], size: number, patience: number): Promise<void> {
    let missing = size - (parts[0]?.length ?? 0)
    while (missing > 0 && parts.at(-1)?.length !== 0) {
      const part = await translated(this.description.receive(missing, patience))
      parts.push(part)
      missing -= part.length
    }
  }

  async #into(verb: string, args: Into): Promise<[number, Address]> {
    const { buffer, nbytes, flags } = bind(verb, ['buffer', 'nbytes?', 'flags?'], args)
    const target = bytesOf(buffer as BytesLike)
    const wanted = intOf(nbytes ?? 0)
    if (wanted < 0) throw new ValueError(`negative buffersize in ${verb}`)
    if (wanted > target.length)
      throw new ValueError('nbytes is greater than the length of the buffer')
    const size = wanted === 0 ? target.length : wanted
    const [data, , address] = await this.#receive(size, intOf(flags ?? 0))
    target.set(data)
    return [data.length, address]
  }
}

function open(family: number, type: number, proto: number): Description {
  if (family !== C.AF_INET && family !== C.AF_INET6 && family !== C.AF_UNIX)
    throw osError('EAFNOSUPPORT')
  if (type !== C.SOCK_STREAM && type !== C.SOCK_DGRAM) throw osError('EPROTONOSUPPORT')
  const own = type === C.SOCK_STREAM ? C.IPPROTO_TCP : C.IPPROTO_UDP
  if (proto !== 0 && (proto !== own || family === C.AF_UNIX)) throw osError('EPROTONOSUPPORT')
  const timeout = { lookup: 0, connect: 0, send: 0 }
  const core = translate(() => new Socket(family, type, proto, { timeout }))
  return new Description(core, { family, type, proto })
}

function isBound(core: Socket): boolean {
  try {
    core.getsockname()
    return true
  } catch {
    return false
  }
}

const anyOf = (family: number): string => (family === C.AF_INET6 ? '::' : '0.0.0.0')
