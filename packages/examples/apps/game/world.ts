/** The rules: a board, pieces that step over it, coins that are picked up. Pure: chance is an argument. */
import { LIMITS, type Move, type Piece } from './protocol.ts'

/** The board, in fields. */
export const BOARD = { width: 40, height: 16 }

/** Where a step leads; the edge of the board is a wall. */
export function step<P extends { x: number; y: number }>(from: P, move: Move): P {
  const [dx, dy] = (
    [
      [0, -1],
      [1, 0],
      [0, 1],
      [-1, 0],
    ] as const
  )[move - 1] as [number, number]
  const inside = (value: number, size: number): number => Math.max(0, Math.min(size - 1, value))
  return { ...from, x: inside(from.x + dx, BOARD.width), y: inside(from.y + dy, BOARD.height) }
}

/** All that is on the board. */
export class World {
  readonly pieces = new Map<number, Piece>()
  coins: { x: number; y: number }[] = []
  readonly #random: () => number

  /** @param random from 0 to below 1 */
  constructor(random: () => number) {
    this.#random = random
    while (this.coins.length < LIMITS.coins) this.coins.push(this.#place())
  }

  /** @returns the new piece, or nothing when the board is full */
  enter(name: string): Piece | undefined {
    if (this.pieces.size >= LIMITS.players) return undefined
    let id = 1
    while (this.pieces.has(id)) id++
    const piece = { id, name, score: 0, ...this.#place() }
    this.pieces.set(id, piece)
    return piece
  }

  leave(id: number): void {
    this.pieces.delete(id)
  }

  /** Moves a piece; what lies there is picked up, and lies somewhere else from now on. */
  move(id: number, move: Move): void {
    const piece = this.pieces.get(id)
    if (piece === undefined) return
    const { x, y } = step(piece, move)
    const found = this.coins.some((coin) => coin.x === x && coin.y === y)
    // Two bytes of a datagram: who has more than that has won.
    const score = Math.min(0xffff, piece.score + (found ? 1 : 0))
    this.pieces.set(id, { ...piece, x, y, score })
    if (found)
      this.coins = this.coins.map((coin) => (coin.x === x && coin.y === y ? this.#place() : coin))
  }

  #place(): { x: number; y: number } {
    return {
      x: Math.floor(this.#random() * BOARD.width),
      y: Math.floor(this.#random() * BOARD.height),
    }
  }
}
