import { describe, expect, test } from 'vitest'
import { CONNECTION, SOCKET, step, type Transitions } from './state.ts'

const tables: [name: string, table: Transitions][] = [
  ['SOCKET', SOCKET],
  ['CONNECTION', CONNECTION],
]

describe.each(tables)('%s', (_name, table) => {
  const states = Object.keys(table)
  const events = [...new Set(states.flatMap((state) => Object.keys(table[state] ?? {})))]
  const cells = states.flatMap((state) => events.map((event) => [state, event] as const))

  test.each(cells)('in %s, %s leads where the table says, or nowhere', (state, event) => {
    const expected = table[state]?.[event]
    expect(step(table, state, event)).toBe(expected)
    if (expected !== undefined) expect(states).toContain(expected)
  })
  test('every state can be reached, and closed can be reached from every state', () => {
    const reach = (from: string): Set<string> => {
      const seen = new Set([from])
      for (const state of seen) for (const next of Object.values(table[state] ?? {})) seen.add(next)
      return seen
    }
    expect(reach(states[0] as string).size).toBe(states.length)
    for (const state of states) expect(reach(state)).toContain('closed')
  })
  test('nothing leads out of closed', () => {
    expect(new Set(Object.values(table['closed'] ?? {}))).toEqual(new Set(['closed']))
  })
})

test('names of Object.prototype are no events', () => {
  expect(step(SOCKET as Transitions, 'new', 'toString')).toBeUndefined()
  expect(step(SOCKET as Transitions, '__proto__', 'bind')).toBeUndefined()
})
