import { expect, test } from 'vitest'
import { DEFAULT_TIMEOUTS, normaliseTimeout, type TimeoutOption } from './timeouts.ts'

test('nothing given is the defaults: finite for machinery, off for what waits for a peer', () => {
  expect(normaliseTimeout(undefined)).toEqual({
    lookup: 5_000,
    connect: 10_000,
    tls: 10_000,
    proxy: 10_000,
    send: 30_000,
    headers: Number.POSITIVE_INFINITY,
    idle: Number.POSITIVE_INFINITY,
    total: Number.POSITIVE_INFINITY,
  })
})
test('a number is the total', () => {
  expect(normaliseTimeout(50)).toEqual({ ...DEFAULT_TIMEOUTS, total: 50 })
})
test('phases are filled up; 0 and Infinity turn one off', () => {
  const off = Number.POSITIVE_INFINITY
  expect(normaliseTimeout({ connect: 1, send: 0, lookup: off })).toEqual({
    ...DEFAULT_TIMEOUTS,
    connect: 1,
    send: off,
    lookup: off,
  })
})
test.each([
  [{ conect: 5 }, TypeError, "no phase 'conect'"],
  [{ connect: '5' }, TypeError, 'timeout.connect must be a number'],
  [{ idle: -1 }, RangeError, 'timeout.idle must be 0 or more'],
  [Number.NaN, RangeError, 'timeout.total must be 0 or more'],
])('%j is refused by name', (option, kind, says) => {
  const normalise = (): unknown => normaliseTimeout(option as TimeoutOption)
  expect(normalise).toThrow(kind)
  expect(normalise).toThrow(says)
})
