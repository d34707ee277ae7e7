/**
 * The datagrams of the game, as bytes. Pure.
 *
 *     every datagram   'S' 'G', version 1, kind; then by kind:
 *     join             cookie 8, name; filled up to 64 bytes
 *     input            session 4, number of the first move 4, moves 1 each
 *     leave            session 4
 *     challenge        cookie 8
 *     welcome          session 4, player 1
 *     refused          reason
 *     snapshot         tick 4, moves applied 4, players, coins
 *
 * Rules it keeps:
 * - What is no datagram of ours is nothing at all: no error, and no answer either.
 * - Nobody is answered with more bytes than they sent before they have proved to be where they say they are: who asks in
 *   somebody else's name would make the server shout at them.
 * - A snapshot is whole. The one that was lost is not missed; the next one says all of it again.
 */
import { decodeUtf8, encodeUtf8 } from '@sluice/socket/bytes'

/** Bounds of a datagram and of what is in it. */
export const LIMITS = {
  /** Bytes that pass everywhere in one piece (RFC 8085 §3.2). */
  datagram: 1200,
  /** Bytes of a name. */
  name: 12,
  /** Moves that are on their way. */
  moves: 32,
  players: 16,
  coins: 20,
}

const [S, G, VERSION] = [0x53, 0x47, 1] as const
const KIND = { join: 1, input: 2, leave: 3, challenge: 17, welcome: 18, snapshot: 19, refused: 20 }
const HEAD = 4
const COOKIE = 8
/** An answer to somebody unknown is shorter than this. */
const JOIN_SIZE = 64

/** A step: up, right, down, left. */
export type Move = 1 | 2 | 3 | 4

/** What a player sends. */
export type ToServer =
  | { kind: 'join'; cookie: Uint8Array; name: string }
  | { kind: 'input'; session: number; first: number; moves: readonly Move[] }
  | { kind: 'leave'; session: number }

/** Somebody on the board. */
export interface Piece {
  id: number
  x: number
  y: number
  score: number
  name: string
}

/** What the server sends. */
export type ToPlayer =
  | { kind: 'challenge'; cookie: Uint8Array }
  | { kind: 'welcome'; session: number; id: number }
  | { kind: 'refused'; reason: string }
  | Snapshot

/** The world at one moment. */
export interface Snapshot {
  kind: 'snapshot'
  tick: number
  /** How many moves of the receiver are in it. */
  applied: number
  pieces: readonly Piece[]
  coins: readonly { x: number; y: number }[]
}

/** @throws {RangeError} for a name that does not fit */
export function formatToServer(message: ToServer): Uint8Array {
  switch (message.kind) {
    case 'join': {
      const name = checkName(message.name)
      const bytes = head('join', JOIN_SIZE - HEAD)
      bytes.set(message.cookie, HEAD)
      bytes[HEAD + COOKIE] = name.length
      bytes.set(name, HEAD + COOKIE + 1)
      return bytes
    }
    case 'input': {
      const bytes = head('input', 8 + message.moves.length)
      const view = viewOf(bytes)
      view.setUint32(HEAD, message.session)
      view.setUint32(HEAD + 4, message.first)
      bytes.set(message.moves, HEAD + 8)
      return bytes
    }
    case 'leave': {
      const bytes = head('leave', 4)
      viewOf(bytes).setUint32(HEAD, message.session)
      return bytes
    }
  }
}

/** @returns nothing for what is no datagram of a player */
export function parseToServer(bytes: Uint8Array): ToServer | undefined {
  const kind = kindOf(bytes)
  const view = viewOf(bytes)
  if (kind === KIND.join) {
    if (bytes.length !== JOIN_SIZE) return undefined
    const size = bytes[HEAD + COOKIE] as number
    const name = nameOf(bytes.subarray(HEAD + COOKIE + 1, HEAD + COOKIE + 1 + size))
    if (size > LIMITS.name || name === undefined || name === '') return undefined
    return { kind: 'join', cookie: bytes.slice(HEAD, HEAD + COOKIE), name }
  }
  if (kind === KIND.leave)
    return bytes.length === HEAD + 4 ? { kind: 'leave', session: view.getUint32(HEAD) } : undefined
  if (kind !== KIND.input || bytes.length < HEAD + 8) return undefined
  const moves = [...bytes.subarray(HEAD + 8)]
  if (moves.length > LIMITS.moves || moves.some((move) => move < 1 || move > 4)) return undefined
  const session = view.getUint32(HEAD)
  return { kind: 'input', session, first: view.getUint32(HEAD + 4), moves: moves as Move[] }
}

export function formatToPlayer(message: ToPlayer): Uint8Array {
  switch (message.kind) {
    case 'challenge': {
      const bytes = head('challenge', COOKIE)
      bytes.set(message.cookie, HEAD)
      return bytes
    }
    case 'welcome': {
      const bytes = head('welcome', 5)
      viewOf(bytes).setUint32(HEAD, message.session)
      bytes[HEAD + 4] = message.id
      return bytes
    }
    case 'refused': {
      const reason = encodeUtf8(message.reason)
      const bytes = head('refused', reason.length)
      bytes.set(reason, HEAD)
      return bytes
    }
    case 'snapshot':
      return formatSnapshot(message)
  }
}

/** @returns nothing for what is no datagram of a server */
export function parseToPlayer(bytes: Uint8Array): ToPlayer | undefined {
  const kind = kindOf(bytes)
  const { length } = bytes
  if (kind === KIND.challenge && length === HEAD + COOKIE)
    return { kind: 'challenge', cookie: bytes.slice(HEAD) }
  if (kind === KIND.welcome && length === HEAD + 5)
    return {
      kind: 'welcome',
      session: viewOf(bytes).getUint32(HEAD),
      id: bytes[HEAD + 4] as number,
    }
  if (kind === KIND.refused) return { kind: 'refused', reason: decodeUtf8(bytes.subarray(HEAD)) }
  return kind === KIND.snapshot ? parseSnapshot(bytes) : undefined
}

/** @returns the bytes of a name. @throws {RangeError} for one that does not fit, or that a terminal would obey */
export function checkName(name: string): Uint8Array {
  const bytes = encodeUtf8(name)
  if (bytes.length === 0 || bytes.length > LIMITS.name)
    throw new RangeError(`a name has 1 to ${LIMITS.name} bytes, not ${bytes.length}`)
  if (nameOf(bytes) === undefined) throw new RangeError('a name is made of letters and digits')
  return bytes
}

function nameOf(bytes: Uint8Array): string | undefined {
  const name = decodeUtf8(bytes)
  return /^[\p{L}\p{N}_-]*$/u.test(name) ? name : undefined
}

function formatSnapshot({ tick, applied, pieces, coins }: Snapshot): Uint8Array {
  const names = pieces.map(({ name }) => encodeUtf8(name))
  const size = names.reduce((sum, name) => sum + 6 + name.length, 10 + 2 * coins.length)
  const bytes = head('snapshot', size)
  const view = viewOf(bytes)
  view.setUint32(HEAD, tick)
  view.setUint32(HEAD + 4, applied)
  bytes[HEAD + 8] = pieces.length
  bytes[HEAD + 9] = coins.length
  let at = HEAD + 10
  for (const [i, { id, x, y, score }] of pieces.entries()) {
    const name = names[i] as Uint8Array
    bytes.set([id, x, y, score >> 8, score & 0xff, name.length, ...name], at)
    at += 6 + name.length
  }
  for (const { x, y } of coins) {
    bytes.set([x, y], at)
    at += 2
  }
  return bytes
}

function parseSnapshot(bytes: Uint8Array): Snapshot | undefined {
  if (bytes.length < HEAD + 10) return undefined
  const view = viewOf(bytes)
  const [count, coinCount] = [view.getUint8(HEAD + 8), view.getUint8(HEAD + 9)]
  const pieces: Piece[] = []
  let at = HEAD + 10
  for (let i = 0; i < count; i++) {
    const size = bytes[at + 5]
    if (size === undefined || at + 6 + size > bytes.length) return undefined
    const name = nameOf(bytes.subarray(at + 6, at + 6 + size))
    if (name === undefined) return undefined
    const [id, x, y] = bytes.subarray(at, at + 3) as unknown as [number, number, number]
    pieces.push({ id, x, y, score: view.getUint16(at + 3), name })
    at += 6 + size
  }
  if (at + 2 * coinCount !== bytes.length) return undefined
  const coins = Array.from({ length: coinCount }, (_, i) => ({
    x: bytes[at + 2 * i] as number,
    y: bytes[at + 2 * i + 1] as number,
  }))
  const [tick, applied] = [view.getUint32(HEAD), view.getUint32(HEAD + 4)]
  return { kind: 'snapshot', tick, applied, pieces, coins }
}

function head(kind: keyof typeof KIND, size: number): Uint8Array {
  const bytes = new Uint8Array(HEAD + size)
  bytes.set([S, G, VERSION, KIND[kind]])
  return bytes
}

function kindOf(bytes: Uint8Array): number | undefined {
  const isOurs = bytes[0] === S && bytes[1] === G && bytes[2] === VERSION
  return isOurs && bytes.length <= LIMITS.datagram ? bytes[3] : undefined
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength)
}
