import { expect, test } from 'vitest'
import { isWhole, printable, quoted } from './quote.ts'

test.each([
  ['plain', '"plain"'],
  ['a\r\nb\0', '"a\\r\\nb\\u0000"'],
  ['\x7f\x9b\u2028\u202e', '"\\u007f\\u009b\\u2028\\u202e"'],
  ['\ud800', '"\\ud800"'],
  ['x'.repeat(65_536), `"${'x'.repeat(77)}..."`],
  [7, '7'],
  [undefined, 'undefined'],
  [null, 'null'],
  [['x'], 'an Array'],
  [{ toString: () => 'a\nb' }, 'an Object'],
  [() => 1, 'a function'],
])('a sentence shows %j as %s', (value, shown) => {
  expect(quoted(value)).toBe(shown)
})

test('text of a stranger is printable, whole characters stay', () => {
  expect(printable('a\r\nb\u202ec')).toBe('a??b?c')
  expect(printable('\ud83d\ude00 \ud800')).toBe('\ud83d\ude00 ?')
  expect(printable('x'.repeat(300))).toHaveLength(103)
  expect(printable('x'.repeat(300), 10)).toHaveLength(13)
})

test('half a character is no text', () => {
  expect(['a', '\ud83d\ude00', '\ud83d', '\ude00\ud83d'].map(isWhole)).toEqual([
    true,
    true,
    false,
    false,
  ])
})
