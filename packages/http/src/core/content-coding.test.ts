import { expect, test } from 'vitest'
import { DEFAULT_CODING, excess, planDecoding } from './content-coding.ts'

test.each([
  [undefined, []],
  ['', []],
  ['identity', []],
  ['gzip', ['gzip']],
  ['x-gzip', ['gzip']],
  [' GZip ,br', ['br', 'gzip']],
  ['gzip, identity,, deflate', ['deflate', 'gzip']],
  ['gzip, compress', undefined],
  ['__proto__', undefined],
])('Content-Encoding: %j is undone as %j', (field, expected) => {
  expect(planDecoding(field)).toEqual(expected)
})

test('too many of them are refused', () => {
  expect(() => planDecoding('gzip, gzip, gzip, gzip')).toThrow(RangeError)
})

test.each([
  [1, 1_000_000, undefined],
  [1, 17_000_000, 'unfolds to more than 200 times its size'],
  [1_000_000, 100_000_000, undefined],
  [1e9, 2e9, 'unfolds to more than 1073741824 bytes'],
])('%i bytes in and %i out: %s', (received, decoded, expected) => {
  expect(excess(received, decoded, DEFAULT_CODING)).toBe(expected)
})
