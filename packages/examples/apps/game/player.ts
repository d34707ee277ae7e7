/**
 * The player's side, without its socket and its keys: datagrams in, datagrams out. Pure: it is told the time.
 *
 * Rules it keeps:
 * - A key takes effect at once, before the server has heard of it: what is shown is the last snapshot with all moves done
 *   that are not in it yet. When the snapshot comes that has them, nothing jumps.
 * - Nothing is sent again for itself. Every datagram has all moves that are not known to have arrived: the next one brings
 *   what the last one lost.
 * - An old snapshot that comes late is no news.
 */
import {
  formatToServer,
  LIMITS,
  type Move,
  type Piece,
  parseToPlayer,
  type Snapshot,
} from './protocol.ts'
import { step } from './world.ts'

/** Milliseconds without a word from the server. */
export const PATIENCE = 3000

/** What is to be shown. */
export interface View {
  me: number
  pieces: readonly Piece[]
  coins: readonly { x: number; y: number }[]
}

/** One player. */
export class Player {
  readonly #name: string
  #cookie: Uint8Array = new Uint8Array(8)
  #session: number | undefined
  #me = 0
  #heard: number
  #snapshot: Snapshot | undefined
  /** The number of the first of the pending moves. */
  #first = 0
  #pending: Move[] = []

  constructor(name: string, now: number) {
    this.#name = name
    this.#heard = now
  }

  get hasJoined(): boolean {
    return this.#session !== undefined
  }

  /** How many moves are on their way. */
  get pending(): number {
    return this.#pending.length
  }

  /** @throws {Error} when the server refuses */
  receive(bytes: Uint8Array, now: number): void {
    const message = parseToPlayer(bytes)
    if (message === undefined) return
    this.#heard = now
    if (message.kind === 'refused' && !this.hasJoined) throw new Error(`refused: ${message.reason}`)
    if (message.kind === 'challenge') this.#cookie = message.cookie
    else if (message.kind === 'welcome') {
      this.#session = message.session
      this.#me = message.id
    } else if (message.kind === 'snapshot') this.#take(message)
  }

  /** Does a step. @returns false when too many are on their way already */
  press(move: Move): boolean {
    if (this.#pending.length >= LIMITS.moves) return false
    this.#pending.push(move)
    return true
  }

  /** What is to be sent now. @throws {Error} when the server was silent for too long */
  poll(now: number): Uint8Array {
    if (now - this.#heard > PATIENCE)
      throw new Error(`no word from the server for ${PATIENCE / 1000} seconds`)
    if (this.#session === undefined)
      return formatToServer({ kind: 'join', cookie: this.#cookie, name: this.#name })
    const [session, first, moves] = [this.#session, this.#first, this.#pending]
    return formatToServer({ kind: 'input', session, first, moves })
  }

  /** What to say at the end, if there is anybody to say it to. */
  leave(): Uint8Array | undefined {
    if (this.#session === undefined) return undefined
    return formatToServer({ kind: 'leave', session: this.#session })
  }

  /** The world as it will be when the server has heard everything. */
  view(): View | undefined {
    const snapshot = this.#snapshot
    if (snapshot === undefined) return undefined
    const pieces = snapshot.pieces.map((piece) =>
      piece.id === this.#me ? this.#pending.reduce<Piece>(step, piece) : piece,
    )
    return { me: this.#me, pieces, coins: snapshot.coins }
  }

  #take(snapshot: Snapshot): void {
    if (this.#snapshot !== undefined && snapshot.tick <= this.#snapshot.tick) return
    this.#snapshot = snapshot
    const done = Math.max(0, Math.min(this.#pending.length, snapshot.applied - this.#first))
    this.#pending = this.#pending.slice(done)
    this.#first += done
  }
}
