/**
 * What has passed: a bounded list of exchanges, made of the events that the layers tell. Pure: it is given events, and asked.
 *
 * Heads come from the events as they were on the wire, with `***` for credentials and cookies. Of bodies the beginning is kept.
 */
import type { HttpTraceEvent } from '@sluice/http/trace'
import type { SocketTraceEvent } from '@sluice/socket/trace'
import { hexLines } from '@sluice/socket/trace'

/** Bounds: a list that is looked at by people, in the memory of a program that runs all day. */
export const LIMITS = { exchanges: 200, preview: 4096, steps: 200 }

/** A line of the time axis. */
interface Step {
  /** Milliseconds since the request came. */
  at: number
  layer: string
  text: string
}

/** One request, its answer, and how it went. */
export interface Exchange {
  id: number
  method: string
  target: string
  status: number
  /** Milliseconds until it was over; -1 while it is not. */
  elapsed: number
  sent: number
  received: number
  failure: string
  steps: Step[]
  heads: string[]
  bodies: Record<Direction, string>
}

/** `up` to the server, `down` from it. */
export type Direction = 'up' | 'down'

interface Entry extends Exchange {
  began: number
  changed: number
  /** The connection that carries it. */
  connection: number
  previews: Record<Direction, Uint8Array>
}

/** The list. */
export class Log {
  readonly #entries = new Map<number, Entry>()
  #revision = 0

  /** A request came. */
  begin(id: number, method: string, target: string, now: number): void {
    const none = { up: new Uint8Array(0), down: new Uint8Array(0) }
    const counts = { status: 0, elapsed: -1, sent: 0, received: 0, failure: '', connection: 0 }
    const texts = { steps: [], heads: [], bodies: { up: '', down: '' } }
    const entry = {
      id,
      method,
      target,
      ...counts,
      ...texts,
      began: now,
      changed: 0,
      previews: none,
    }
    this.#entries.set(id, entry)
    this.#touch(entry)
    for (const old of this.#entries.keys()) {
      if (this.#entries.size <= LIMITS.exchanges) break
      this.#entries.delete(old)
    }
  }

  /** A layer told something. What is about other conversations of this process is passed over. */
  tell(event: HttpTraceEvent | SocketTraceEvent): void {
    const entry =
      event.layer === 'http'
        ? this.#entries.get(event.parent)
        : this.#carriedBy(event.id, event.parent)
    if (entry === undefined) return
    if (event.layer === 'http') {
      entry.connection = event.connection
      if (event.name === 'request-head')
        entry.heads[0] = `${event.method} ${event.target} HTTP/${event.version}\n${plain(event.headers)}`
      else if (event.name === 'response-head' && event.status >= 200)
        entry.heads[1] = `HTTP/${event.version} ${event.status} ${event.reason}\n${plain(event.headers)}`
    }
    if (entry.steps.length < LIMITS.steps)
      entry.steps.push({ at: event.t - entry.began, layer: event.layer, text: sentenceOf(event) })
    this.#touch(entry)
  }

  /** A piece of a body passed. */
  pass(id: number, direction: Direction, bytes: Uint8Array): void {
    const entry = this.#entries.get(id)
    if (entry === undefined) return
    entry[direction === 'up' ? 'sent' : 'received'] += bytes.length
    const kept = entry.previews[direction]
    const room = LIMITS.preview - kept.length
    if (room > 0) {
      const more = new Uint8Array(kept.length + Math.min(room, bytes.length))
      more.set(kept)
      more.set(bytes.subarray(0, room), kept.length)
      entry.previews[direction] = more
    }
    this.#touch(entry)
  }

  /** It is over. */
  end(id: number, status: number, now: number, failure = ''): void {
    const entry = this.#entries.get(id)
    if (entry === undefined) return
    Object.assign(entry, { status, failure, elapsed: now - entry.began })
    this.#touch(entry)
  }

  /** @returns what there is to know about one; nothing when it is forgotten */
  get(id: number): Exchange | undefined {
    const entry = this.#entries.get(id)
    if (entry === undefined) return undefined
    const { began: _, changed: __, connection: ___, previews, ...exchange } = entry
    return { ...exchange, bodies: { up: previewOf(previews.up), down: previewOf(previews.down) } }
  }

  /** @returns a line for each that changed since, and from where to ask next time */
  since(revision: number) {
    const changed = [...this.#entries.values()].filter((entry) => entry.changed > revision)
    const lines = changed.map(({ id, method, target, status, elapsed, received }) => ({
      id,
      method,
      target,
      status,
      elapsed,
      received,
    }))
    return { revision: this.#revision, lines }
  }

  #touch(entry: Entry): void {
    entry.changed = ++this.#revision
  }

  /** Which exchange the event of a connection belongs to: the last one that it carries. */
  #carriedBy(connection: number, parent: number): Entry | undefined {
    return [...this.#entries.values()]
      .reverse()
      .find(
        (entry) => entry.elapsed < 0 && (entry.connection === connection || entry.id === parent),
      )
  }
}

/** Text where it is text, sixteen bytes a line where it is not. */
export function previewOf(bytes: Uint8Array): string {
  try {
    // The end may stand in the middle of a character.
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true })
    // biome-ignore lint/suspicious/noControlCharactersInRegex: what has them is no text.
    if (!/[\u0000-\u0008\u000e-\u001f]/.test(text)) return text
  } catch {
    // Not UTF-8.
  }
  return hexLines(bytes.subarray(0, 512)).join('\n')
}

function plain(headers: string): string {
  return headers.replaceAll('\r\n', '\n').trimEnd()
}

/** The facts of an event, without those that are numbers of things or texts of their own. */
function sentenceOf({
  id: _,
  parent: __,
  t: ___,
  layer: ____,
  name,
  ...facts
}: HttpTraceEvent | SocketTraceEvent): string {
  const told = Object.entries(facts).filter(
    ([key, value]) =>
      !['headers', 'data', 'connection'].includes(key) && value !== undefined && value !== '',
  )
  return [name, ...told.map(([key, value]) => `${key} ${value}`)].join(' ')
}
