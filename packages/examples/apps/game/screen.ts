/** The board as text, and keys as steps. Pure. */
import type { View } from './player.ts'
import type { Move } from './protocol.ts'
import { BOARD } from './world.ts'

const KEYS: Readonly<Record<string, Move>> = { A: 1, C: 2, B: 3, D: 4, w: 1, d: 2, s: 3, a: 4 }

/**
 * What keys mean: arrows as a terminal sends them, letters for those who have none, q or Ctrl-C to leave. Several may come
 * at once; what means nothing is passed over.
 */
export function readKeys(keys: string): (Move | 'quit')[] {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a terminal begins the name of a key with ESC.
  const found = keys.matchAll(/\u001b\[([A-D])|\u001b\[?[\d;]*.|([wasd])|([q\u0003])/g)
  return [...found].flatMap(([, arrow, letter, quit]): (Move | 'quit')[] => {
    const move = KEYS[arrow ?? letter ?? '']
    if (quit !== undefined) return ['quit']
    return move === undefined ? [] : [move]
  })
}

/** The board: `$` a coin, `@` you, the others by the first letter of their names, or a digit where that letter is
 * wider than a field; below it, who has how many. */
export function draw({ me, pieces, coins }: View): string {
  const rows = Array.from({ length: BOARD.height }, () => Array<string>(BOARD.width).fill(' '))
  const put = (x: number, y: number, mark: string): void => {
    const row = rows[y]
    if (row !== undefined && x < row.length) row[x] = mark
  }
  for (const { x, y } of coins) put(x, y, '$')
  for (const { id, x, y, name } of pieces)
    put(x, y, /^[!-~]/.test(name) ? (name[0] as string) : String(id % 10))
  for (const { id, x, y } of pieces) if (id === me) put(x, y, '@')
  const edge = `+${'-'.repeat(BOARD.width)}+`
  return [edge, ...rows.map((row) => `|${row.join('')}|`), edge, scores({ me, pieces })].join('\n')
}

/** Who has how many, the best first. */
export function scores({ me, pieces }: Pick<View, 'me' | 'pieces'>): string {
  return [...pieces]
    .sort((a, b) => b.score - a.score || a.id - b.id)
    .map(({ id, name, score }) => `${name}${id === me ? ' (you)' : ''} ${score}`)
    .join('  ')
}
