/**
 * The server's side, without its socket: datagrams in, datagrams out. Pure: it is told the time, and given chance.
 *
 * Rules it keeps:
 * - The server alone says what is so. A player sends what they want to do, never where they are.
 * - Who wants to join gets a cookie first and has to bring it back: only then it is known that they can be reached where they
 *   say. Until then nothing is remembered, so that a million of those who can't costs no memory.
 * - A move is applied once, in its order, one a tick: repeating it, which is how loss is borne, wins nothing.
 * - Who is silent for too long has left. Nobody says goodbye when their line breaks.
 */
import { formatToPlayer, type Move, parseToServer, type ToServer } from './protocol.ts'
import { World } from './world.ts'

/** Milliseconds. */
export const TIMES = { tick: 50, silence: 5000 }

/** Moves of one player that wait for their tick. */
const QUEUE = 8

/** Bytes for one address. */
export interface Outgoing {
  to: string
  bytes: Uint8Array
}

/** What the world outside has to give. */
export interface Outside {
  random(): number
  /** 8 bytes that only this server could have made for that address, at about that time. */
  cookie(address: string, now: number): Uint8Array
}

interface Session {
  readonly number: number
  readonly id: number
  seen: number
  applied: number
  readonly queue: Move[]
}

/** One game, from the first player on. */
export class Match {
  readonly world: World
  readonly #outside: Outside
  /** By address: who knows a session's number and sends from elsewhere is somebody else. */
  readonly #sessions = new Map<string, Session>()
  #tick = 0

  constructor(outside: Outside) {
    this.#outside = outside
    this.world = new World(() => outside.random())
  }

  get players(): number {
    return this.#sessions.size
  }

  /** @returns what to answer */
  receive(bytes: Uint8Array, from: string, now: number): Uint8Array | undefined {
    const message = parseToServer(bytes)
    if (message === undefined) return undefined
    if (message.kind === 'join') return this.#join(message, from, now)
    const session = this.#sessions.get(from)
    if (session === undefined || session.number !== message.session) return undefined
    session.seen = now
    if (message.kind === 'leave') this.#leave(from, session)
    else this.#queue(session, message)
    return undefined
  }

  /** Lets time go on by one tick. @returns a snapshot for everybody */
  tick(now: number): Outgoing[] {
    this.#tick++
    for (const [from, session] of this.#sessions)
      if (now - session.seen > TIMES.silence) this.#leave(from, session)
    for (const session of this.#sessions.values()) {
      const move = session.queue.shift()
      if (move === undefined) continue
      this.world.move(session.id, move)
      session.applied++
    }
    const pieces = [...this.world.pieces.values()]
    const { coins } = this.world
    return [...this.#sessions].map(([to, { applied }]) => ({
      to,
      bytes: formatToPlayer({ kind: 'snapshot', tick: this.#tick, applied, pieces, coins }),
    }))
  }

  #join({ cookie, name }: ToServer & { kind: 'join' }, from: string, now: number): Uint8Array {
    const known = this.#sessions.get(from)
    // Our welcome was lost: once more.
    if (known !== undefined)
      return formatToPlayer({ kind: 'welcome', session: known.number, id: known.id })
    const expected = this.#outside.cookie(from, now)
    if (!isEqual(cookie, expected) && !isEqual(cookie, this.#outside.cookie(from, now - 30_000)))
      return formatToPlayer({ kind: 'challenge', cookie: expected })
    const piece = this.world.enter(name)
    if (piece === undefined) return formatToPlayer({ kind: 'refused', reason: 'the board is full' })
    const number = Math.floor(this.#outside.random() * 2 ** 32)
    this.#sessions.set(from, { number, id: piece.id, seen: now, applied: 0, queue: [] })
    return formatToPlayer({ kind: 'welcome', session: number, id: piece.id })
  }

  /** Takes the moves that are new; those that find no room come again. */
  #queue({ applied, queue }: Session, { first, moves }: ToServer & { kind: 'input' }): void {
    for (const [i, move] of moves.entries())
      if (first + i === applied + queue.length && queue.length < QUEUE) queue.push(move)
  }

  #leave(from: string, { id }: Session): void {
    this.#sessions.delete(from)
    this.world.leave(id)
  }
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  let difference = a.length ^ b.length
  for (let i = 0; i < b.length; i++) difference |= (a[i] ?? 0) ^ (b[i] as number)
  return difference === 0
}
