import { expect, test } from 'vitest'
import { Meter, RateLimit } from './meter.ts'

test('a meter tells the rate of late, and the time that is left', () => {
  const meter = new Meter(0, 100, 10_100)
  expect(meter.look(0)).toEqual({
    bytes: 100,
    total: 10_100,
    resumedAt: 100,
    rate: 0,
    left: undefined,
  })
  meter.add(1000)
  expect(meter.look(1000)).toEqual({
    bytes: 1100,
    total: 10_100,
    resumedAt: 100,
    rate: 1000,
    left: 9000,
  })
  // A standstill is forgotten as slowly as it came.
  expect(meter.look(2000)).toMatchObject({ rate: 500, left: 18_000 })
  expect(meter.look(6000).rate).toBe(0)
  expect(meter.look(7000).left).toBeUndefined()
  meter.total = undefined
  expect(meter.look(7000).left).toBeUndefined()
})

test('a limit is kept over time, with a little at once', () => {
  const limit = new RateLimit(1000)
  expect(limit.take(250, 0)).toBe(0)
  expect(limit.take(1000, 0)).toBe(1000)
  expect(limit.take(0, 1000)).toBe(0)
  let now = 5000
  let bytes = 0
  while (now < 15_000) {
    bytes += 100
    now += limit.take(100, now)
  }
  expect(bytes).toBeGreaterThan(9_900)
  expect(bytes).toBeLessThan(10_500)
})
