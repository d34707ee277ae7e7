/**
 * Python's module `selectors` over the readiness of this door's sockets: EVENT_READ is data or an end in the buffer, a
 * connection or a datagram that waits; EVENT_WRITE is that all which was sent has left.
 *
 * Theory of operation. `select` asks every socket to settle once it is ready, and takes those that have by the time the
 * first one does, plus one turn of the event loop: what arrives together is told together. All waits are ended before
 * `select` returns; what a wait has taken out of a queue is put aside for the next call (`description.ts`), so that looking
 * loses nothing.
 */
import { systemClock } from '../system.ts'
import { type Description, turn } from './description.ts'
import { describe } from './descriptors.ts'
import { KeyError, OSError, ValueError } from './errors.ts'
import { bind, type Callable, callable, type Given } from './keywords.ts'

/** There is something to read. */
export const EVENT_READ = 1
/** There is room to write. */
export const EVENT_WRITE = 2

/** A socket, or its descriptor. */
export type FileObj = number | { fileno(): number }

/** What was registered. */
class Key implements Iterable<unknown> {
  /** The socket, as it was registered. */
  readonly fileobj: FileObj
  /** Its descriptor. */
  readonly fd: number
  /** EVENT_READ, EVENT_WRITE, or both. */
  readonly events: number
  /** Whatever the program wants to find again. */
  readonly data: unknown

  constructor(fileobj: FileObj, fd: number, events: number, data: unknown) {
    this.fileobj = fileobj
    this.fd = fd
    this.events = events
    this.data = data
  }

  /** In the order of Python's named tuple. */
  *[Symbol.iterator](): Iterator<unknown> {
    yield* [this.fileobj, this.fd, this.events, this.data]
  }
}

/** What was registered: `fileobj`, `fd`, `events`, `data`. */
export const SelectorKey: Callable<typeof Key> = callable(Key)

/** A key, and which of its events happened. */
export type Ready = [key: Key, events: number]

/** Waits for several sockets at once. */
class Selector implements Disposable {
  #keys: Map<number, Key> | undefined = new Map()

  /** Adds a socket. ValueError for no events, KeyError when it is there already. */
  register(...args: unknown[]): Key {
    const given = bind('register', ['fileobj', 'events', 'data?'], args)
    const events = given['events'] as number
    if (!events || events & ~(EVENT_READ | EVENT_WRITE))
      throw new ValueError(`Invalid events: ${String(events)}`)
    const fileobj = given['fileobj'] as FileObj
    const key = new Key(fileobj, this.#numberOf(fileobj), events, given['data'] ?? null)
    if (this.#map.has(key.fd)) throw new KeyError(`${key.fd} (FD ${key.fd}) is already registered`)
    this.#map.set(key.fd, key)
    return key
  }

  /** Takes a socket out again. KeyError when it is not there. */
  unregister(fileobj: FileObj): Key {
    const key = this.get_key(fileobj)
    this.#map.delete(key.fd)
    return key
  }

  /** Registers it anew. */
  modify(...args: unknown[]): Key {
    const given = bind('modify', ['fileobj', 'events', 'data?'], args)
    const fileobj = given['fileobj'] as FileObj
    this.unregister(fileobj)
    return this.register(fileobj, given['events'], given['data'] ?? null)
  }

  /**
   * Waits until something happens, up to `timeout` seconds.
   *
   * @param timeout null waits without a limit, 0 or less does not wait
   * @returns keys with their events; empty when nothing happened
   */
  async select(...args: Given<[timeout?: number | null]>): Promise<Ready[]> {
    const given = bind('select', ['timeout?'], args)
    const timeout = (given['timeout'] ?? null) as number | null
    const end = new AbortController()
    const ready = new Map<Key, number>()
    let first = (): void => {}
    const something = new Promise<void>((resolve) => {
      first = resolve
    })
    const note = (key: Key, event: number): void => {
      if (!end.signal.aborted) ready.set(key, (ready.get(key) ?? 0) | event)
      first()
    }
    const seconds = timeout ?? Number.POSITIVE_INFINITY
    const timer =
      seconds > 0 && Number.isFinite(seconds)
        ? systemClock.setTimeout(first, seconds * 1_000)
        : undefined
    try {
      for (const key of this.#map.values()) watch(key, end.signal, note)
      if (seconds > 0) await something
      await turn()
    } finally {
      if (timer !== undefined) systemClock.clearTimeout(timer)
      end.abort()
    }
    return [...ready]
  }

  /** Lets go of everything; what was registered stays open. */
  close(): void {
    this.#keys = undefined
  }

  /** The key of a socket. KeyError when it is not there, RuntimeError after `close`. */
  get_key(fileobj: FileObj): Key {
    const key = this.#map.get(this.#numberOf(fileobj))
    if (key === undefined) throw new KeyError(`${String(fileobj)} is not registered`)
    return key
  }

  /** Keys by what was registered; null after `close`. */
  get_map(): Map<FileObj, Key> | null {
    if (this.#keys === undefined) return null
    return new Map([...this.#keys.values()].map((key) => [key.fileobj, key]))
  }

  /** A selector has no descriptor here. */
  fileno(): number {
    throw new OSError('a selector has no descriptor here')
  }

  /** Enters a `with` block. */
  __enter__(): this {
    return this
  }

  /** Leaves a `with` block. */
  __exit__(): void {
    this.close()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  get #map(): Map<number, Key> {
    if (this.#keys === undefined) throw new OSError('Selector is closed')
    return this.#keys
  }

  /** A socket that was closed has no number any more: then it is found as the object that was registered. */
  #numberOf(fileobj: FileObj): number {
    const number = typeof fileobj === 'number' ? fileobj : fileobj.fileno()
    if (number >= 0) return number
    for (const key of this.#map.values()) if (key.fileobj === fileobj) return key.fd
    throw new ValueError(`Invalid file descriptor: ${number}`)
  }
}

function watch(key: Key, signal: AbortSignal, note: (key: Key, event: number) => void): void {
  let description: Description
  try {
    description = describe(key.fd)
  } catch {
    // Closed: as with epoll, nothing is heard of it any more.
    return
  }
  // An error is something to read, too: the call that follows tells of it.
  const tell = (event: number, error?: unknown): void => {
    if (error === undefined || !signal.aborted) note(key, event)
  }
  const wait = (event: number, work: Promise<void>): void => {
    work.then(
      () => tell(event),
      (error: unknown) => tell(event, error),
    )
  }
  if (key.events & EVENT_READ) wait(EVENT_READ, description.readable(signal))
  if (key.events & EVENT_WRITE) wait(EVENT_WRITE, description.writable(signal))
}

class Select extends Selector {}
class Poll extends Selector {}
class Epoll extends Selector {}
class Default extends Epoll {}

/** What every selector does; they all wait the same way here. */
export const BaseSelector: Callable<typeof Selector> = callable(Selector)
/** The best selector there is. */
export const DefaultSelector: Callable<typeof Default> = callable(Default)
/** Named after epoll(7), which the runtime asks on Linux. */
export const EpollSelector: Callable<typeof Epoll> = callable(Epoll)
/** Named after poll(2). */
export const PollSelector: Callable<typeof Poll> = callable(Poll)
/** Named after select(2). */
export const SelectSelector: Callable<typeof Select> = callable(Select)
