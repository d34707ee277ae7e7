import { describe, expect, test } from 'vitest'
import { Link } from './link.ts'

const many = <T>(count: number, give: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => give(i))

test('a perfect line delivers at once, in order, once', () => {
  const link = new Link()
  expect(many(3, (i) => link.datagram(i, 100))).toEqual([[0], [1], [2]])
  expect(many(3, (i) => link.piece(i + 2, 100))).toEqual([2, 3, 4])
})

test('the rate lets one thing pass after the other', () => {
  const link = new Link({ rate: 1000, latency: 10 })
  expect(many(3, () => link.piece(0, 100))).toEqual([110, 210, 310])
})

describe('a stream', () => {
  test('keeps its order, whatever the jitter', () => {
    const link = new Link({ jitter: 100 })
    const times = many(200, (i) => link.piece(i, 1))
    expect(times).toEqual([...times].sort((a, b) => a - b))
  })
  test('loses nothing: a lost piece comes one retransmission later', () => {
    const link = new Link({ loss: 1, latency: 50 })
    expect(link.piece(0, 1)).toBe(350)
  })
})

describe('datagrams', () => {
  test.each([
    ['loss', { loss: 0.3 }, (all: number[][]) => all.filter((times) => times.length === 0).length],
    [
      'duplicate',
      { duplicate: 0.3 },
      (all: number[][]) => all.filter((times) => times.length === 2).length,
    ],
    [
      'reorder',
      { reorder: 0.3, latency: 10 },
      (all: number[][]) => all.filter(([at]) => at === 20).length,
    ],
  ])(
    '%s happens as often as it should, and again the same with the same seed',
    (_what, options, count) => {
      const run = (seed: number) => {
        const link = new Link({ ...options, seed })
        return many(2000, () => link.datagram(0, 1))
      }
      expect(count(run(7))).toBeGreaterThan(500)
      expect(count(run(7))).toBeLessThan(700)
      expect(run(7)).toEqual(run(7))
      expect(run(7)).not.toEqual(run(8))
    },
  )
})

test('a black hole swallows everything after so many bytes', () => {
  const link = new Link({ blackHoleAfter: 10 })
  expect([link.piece(0, 5), link.piece(0, 5), link.piece(0, 1)]).toEqual([
    0,
    0,
    Number.POSITIVE_INFINITY,
  ])
  expect(link.datagram(0, 1)).toEqual([])
})

test.each([
  [{ lose: 1 }, TypeError],
  [{ loss: 1.1 }, RangeError],
  [{ latency: -1 }, RangeError],
  [{ rate: 0 }, RangeError],
  [{ chunk: 0 }, RangeError],
  [{ jitter: '1' }, TypeError],
])('%j is refused', (options, kind) => {
  expect(() => new Link(options as never)).toThrow(kind)
})
