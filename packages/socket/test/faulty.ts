/**
 * The real machine, of which one call fails: the n-th of all that a program makes, of the seam itself or of the objects
 * that it hands out, with a code that the system could have given, in the way in which the runtime tells of it.
 */
import type dgram from 'node:dgram'
import net from 'node:net'
import type { Duplex } from 'node:stream'
import type { Clock, System, Timer } from '../src/io/system.ts'
import { fakeSystem } from './kit.ts'

/** What can fail, and with which codes. `EWEIRD` is none that we know. */
export const CODES = {
  'connect throws': ['EMFILE', 'EINVAL', 'EWEIRD'],
  'connect fails': [
    'ECONNREFUSED',
    'ETIMEDOUT',
    'EHOSTUNREACH',
    'ENETUNREACH',
    'EADDRNOTAVAIL',
    'EACCES',
  ],
  'breaks once connected': ['ECONNRESET', 'ETIMEDOUT'],
  'breaks after a write': ['ECONNRESET', 'EHOSTUNREACH'],
  'write fails': ['EPIPE', 'ECONNRESET', 'ENOBUFS'],
  'shutdown fails': ['ENOTCONN', 'EPIPE'],
  'createServer throws': ['EMFILE', 'EWEIRD'],
  'listen fails': ['EADDRINUSE', 'EACCES', 'EADDRNOTAVAIL', 'EMFILE', 'EWEIRD'],
  'accept fails': ['EMFILE', 'ENFILE', 'ENOMEM'],
  'createDatagram throws': ['EMFILE', 'EAFNOSUPPORT', 'EWEIRD'],
  'bind fails': ['EADDRINUSE', 'EACCES', 'EADDRNOTAVAIL'],
  'bind throws': ['EINVAL'],
  'datagram send fails': ['ENETUNREACH', 'EPERM', 'ENOBUFS', 'ECONNREFUSED'],
  'datagram connect fails': ['ENETUNREACH', 'EACCES'],
  'a datagram comes back': ['ECONNREFUSED', 'EHOSTUNREACH'],
  'membership throws': ['ENODEV', 'EADDRINUSE', 'ENOBUFS'],
  'option throws': ['EINVAL', 'EBADF'],
  'lookup fails': ['ENOTFOUND', 'EAI_AGAIN', 'EMFILE', 'EWEIRD'],
  'createResolver throws': ['ENOMEM'],
  'resolve4 fails': ['ENOTFOUND', 'ESERVFAIL', 'EREFUSED', 'ETIMEOUT'],
  'resolve6 fails': ['ENODATA', 'ESERVFAIL'],
  'reverse fails': ['ENOTFOUND', 'EAI_AGAIN'],
  'networkInterfaces throws': ['EPERM'],
  'createSecureContext throws': ['ENOMEM', 'EWEIRD'],
  'connectTls throws': ['EMFILE', 'EWEIRD'],
  'connectTls fails': ['EPROTO', 'EPIPE'],
  'acceptTls throws': ['EMFILE', 'EWEIRD'],
  'acceptTls fails': ['EPROTO', 'EPIPE'],
} as const

/** Something that can fail. */
export type Kind = keyof typeof CODES

/** What failed, in the end. */
interface Fault {
  readonly kind: Kind
  readonly code: string
  readonly error: Error
}

/** A machine whose `nth` call fails. */
export interface FaultySystem extends System {
  /** The calls that were made, in order. */
  readonly points: Kind[]
  /** Nothing while no call has failed. */
  readonly fault: Fault | undefined
  /** Timers that would keep the process alive. */
  readonly timers: number
}

/**
 * @param nth which call fails, from 0
 * @param round which of its codes, from 0
 * @param parts what else is not as the real machine is
 */
export function faultySystem(
  nth: number,
  round: number,
  parts: Partial<System> = {},
): FaultySystem {
  const points: Kind[] = []
  let fault: Fault | undefined
  const clock = new CountedClock()
  const base = fakeSystem({ clock, ...parts })

  /** Notes a call; the one whose turn it is gets an error to fail with. */
  const hit = (kind: Kind): Error | undefined => {
    points.push(kind)
    if (points.length - 1 !== nth) return undefined
    const codes: readonly string[] = CODES[kind]
    const code = codes[round % codes.length] as string
    const error = Object.assign(new Error(`${kind}: ${code}`), { code })
    fault = { kind, code, error }
    return error
  }
  const orThrow = (kind: Kind): void => {
    const error = hit(kind)
    if (error !== undefined) throw error
  }

  /** A stream that may fail to write, to end, or at all. */
  const watched = <T extends Duplex>(stream: T): T => {
    const inner = stream as unknown as Record<'_write' | '_writev' | '_final', Method>
    const breaks = (): void => {
      const error = hit('breaks after a write')
      if (error !== undefined) setImmediate(() => stream.destroy(error))
    }
    const failing = (kind: Kind, original: Method | undefined): Method =>
      function (this: unknown, ...args: unknown[]) {
        const error = hit(kind)
        if (error !== undefined) (args.at(-1) as (error: Error) => void)(error)
        else {
          original?.apply(this, args)
          if (kind === 'write fails') breaks()
        }
      }
    const own = { write: inner._write, writev: inner._writev, final: inner._final }
    inner._write = failing('write fails', own.write)
    // Node asks whether there is one.
    if (typeof own.writev === 'function') inner._writev = failing('write fails', own.writev)
    inner._final = failing('shutdown fails', own.final)
    return stream
  }
  const broken = (socket: net.Socket): void => {
    const error = hit('breaks once connected')
    if (error !== undefined) setImmediate(() => socket.destroy(error))
  }

  const system: System = {
    ...base,
    connect(options) {
      orThrow('connect throws')
      const error = hit('connect fails')
      if (error !== undefined) {
        const dead = new net.Socket()
        setImmediate(() => dead.destroy(error))
        return dead
      }
      const socket = watched(base.connect(options))
      socket.once('connect', () => broken(socket))
      return socket
    },
    createServer(options) {
      orThrow('createServer throws')
      const server = base.createServer(options)
      const listen = server.listen.bind(server) as (...args: unknown[]) => net.Server
      server.listen = ((...args: unknown[]) => {
        const error = hit('listen fails')
        if (error === undefined) return listen(...args)
        process.nextTick(() => server.emit('error', error))
        return server
      }) as typeof server.listen
      server.prependListener('connection', (socket: net.Socket) => {
        const error = hit('accept fails')
        // In place of the connection, the system has none to give.
        if (error !== undefined) setImmediate(() => server.emit('error', error))
        watched(socket)
        broken(socket)
      })
      return server
    },
    createDatagram(options) {
      orThrow('createDatagram throws')
      return datagrams(base.createDatagram(options))
    },
    async lookup(hostname, family) {
      orThrow('lookup fails')
      return base.lookup(hostname, family)
    },
    createResolver(options) {
      orThrow('createResolver throws')
      const resolver = base.createResolver(options)
      const { resolve4, resolve6 } = resolver
      const asking = (kind: Kind, original: Method) =>
        async function (this: unknown, ...args: unknown[]) {
          orThrow(kind)
          return original.apply(resolver, args)
        }
      return Object.assign(resolver, {
        resolve4: asking('resolve4 fails', resolve4 as never),
        resolve6: asking('resolve6 fails', resolve6 as never),
      })
    },
    async reverse(address, port) {
      orThrow('reverse fails')
      return base.reverse(address, port)
    },
    networkInterfaces() {
      orThrow('networkInterfaces throws')
      return base.networkInterfaces()
    },
    createSecureContext(options) {
      orThrow('createSecureContext throws')
      return base.createSecureContext(options)
    },
    connectTls(options) {
      orThrow('connectTls throws')
      const socket = watched(base.connectTls(options))
      const error = hit('connectTls fails')
      if (error !== undefined) setImmediate(() => socket.destroy(error))
      return socket
    },
    acceptTls(stream, options) {
      orThrow('acceptTls throws')
      const socket = watched(base.acceptTls(stream, options))
      const error = hit('acceptTls fails')
      if (error !== undefined) setImmediate(() => socket.destroy(error))
      return socket
    },
  }

  function datagrams(socket: dgram.Socket): dgram.Socket {
    const own = {
      bind: socket.bind.bind(socket) as Method,
      send: socket.send.bind(socket) as Method,
      connect: socket.connect.bind(socket) as Method,
    }
    const later = (kind: Kind, original: Method): Method =>
      ((...args: unknown[]) => {
        const error = hit(kind)
        if (error === undefined) original(...args)
        else process.nextTick(args.at(-1) as (error: Error) => void, error)
      }) as Method
    const throwing = (kind: Kind, original: Method): Method =>
      ((...args: unknown[]) => {
        orThrow(kind)
        return original.apply(socket, args)
      }) as Method
    const replaced = {
      bind: (...args: unknown[]) => {
        orThrow('bind throws')
        const error = hit('bind fails')
        if (error === undefined) own.bind(...args)
        else process.nextTick(() => socket.emit('error', error))
        return socket
      },
      send: later('datagram send fails', (...args) => {
        own.send(...args)
        const error = hit('a datagram comes back')
        if (error !== undefined) setImmediate(() => socket.emit('error', error))
      }),
      connect: later('datagram connect fails', own.connect),
    }
    for (const name of ['addMembership', 'addSourceSpecificMembership', 'dropMembership'] as const)
      Object.assign(replaced, { [name]: throwing('membership throws', socket[name] as Method) })
    for (const name of [
      'setBroadcast',
      'setTTL',
      'setMulticastTTL',
      'setMulticastInterface',
    ] as const)
      Object.assign(replaced, { [name]: throwing('option throws', socket[name] as Method) })
    return Object.assign(socket, replaced)
  }

  return Object.defineProperties(system, {
    points: { value: points },
    fault: { get: () => fault },
    timers: { get: () => clock.pending },
  }) as FaultySystem
}

type Method = (this: unknown, ...args: unknown[]) => unknown

/** What the process holds open of the network. */
export class Handles {
  #names: string[] = openHandles()

  /**
   * Whether no more is open than before. Tests share their process: what one before us left to be closed is gone from
   * then on, and does not make room for anything.
   */
  get isClean(): boolean {
    const now = openHandles()
    const before = [...this.#names]
    for (const name of now) {
      const at = before.indexOf(name)
      if (at === -1) return false
      before.splice(at, 1)
    }
    this.#names = now
    return true
  }

  toString(): string {
    return `${openHandles().join(' ')} of ${this.#names.join(' ')}`
  }
}

function openHandles(): string[] {
  return process
    .getActiveResourcesInfo()
    .filter((name) => /TCP|UDP|TLS|AddrInfo|NameInfo|ChannelWrap/.test(name))
    .sort()
}

/**
 * Runs a scenario again and again: each of its calls fails in turn, with every code that fits.
 *
 * @param run with the n-th call failing, with the code of that round; none fails once there is no n-th call
 * @param most calls; a scenario with more of them never ends
 * @returns the kind of each call that failed
 */
export async function everyFault(
  run: (nth: number, round: number) => Promise<FaultySystem>,
  most: number,
): Promise<Kind[]> {
  const whole = await run(Number.POSITIVE_INFINITY, 0)
  if (whole.fault !== undefined) throw new Error('a call fails that should not')
  const failed: Kind[] = []
  for (let nth = 0; nth < most; nth++)
    for (let round = 0; ; round++) {
      const { fault } = await run(nth, round)
      if (fault === undefined) return failed
      failed.push(fault.kind)
      if (round + 1 >= CODES[fault.kind].length) break
    }
  throw new Error('the scenario never ends')
}

/** The clock of this process, and how many of its timers somebody waits for. */
class CountedClock implements Clock {
  readonly #timers = new Set<Timer>()

  get pending(): number {
    return this.#timers.size
  }

  now(): number {
    return performance.now()
  }

  setTimeout(run: () => void, ms: number): Timer {
    const timer = setTimeout(() => {
      this.#timers.delete(handle)
      run()
    }, ms)
    const handle: Timer = {
      ref: () => {
        this.#timers.add(handle)
        timer.ref()
      },
      unref: () => {
        this.#timers.delete(handle)
        timer.unref()
      },
    }
    this.#native.set(handle, timer)
    this.#timers.add(handle)
    return handle
  }

  clearTimeout(timer: Timer): void {
    this.#timers.delete(timer)
    clearTimeout(this.#native.get(timer))
  }

  readonly #native = new WeakMap<Timer, NodeJS.Timeout>()
}
