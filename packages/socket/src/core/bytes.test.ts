import { describe, expect, test } from 'vitest'
import {
  concat,
  copy,
  type Data,
  decodeLatin1,
  decodeUtf8,
  encodeLatin1,
  encodeUtf8,
  equal,
  indexOf,
  kindOf,
  text,
  toBytes,
} from './bytes.ts'

const everyByte = Uint8Array.from({ length: 256 }, (_, i) => i)

test('toBytes() takes strings as UTF-8 and views where they lie', () => {
  expect([...toBytes('é€')]).toEqual([0xc3, 0xa9, 0xe2, 0x82, 0xac])
  const { buffer } = Uint8Array.of(1, 2, 3, 4)
  expect([...toBytes(buffer)]).toEqual([1, 2, 3, 4])
  expect([...toBytes(new DataView(buffer, 1, 2))]).toEqual([2, 3])
  const view = new Uint8Array(buffer, 2)
  expect(toBytes(view)).toBe(view)
})

test.each([[7], [null], [undefined], [[1, 2]], [{}]])('toBytes(%j) is a TypeError', (value) => {
  expect(() => toBytes(value as unknown as Data)).toThrow(TypeError)
})

test('text() of the end of a stream is the empty string', () => {
  expect(text(null)).toBe('')
  expect(text(Uint8Array.of(0xff, 0x41))).toBe('\ufffdA')
  expect(text(encodeUtf8('\ufeffx'))).toBe('\ufeffx')
})

describe('latin-1', () => {
  test('every byte comes back as itself, 0x80 to 0x9f among them', () => {
    expect(decodeLatin1(everyByte)).toBe(String.fromCharCode(...everyByte))
    expect(encodeLatin1(decodeLatin1(everyByte))).toEqual(everyByte)
  })
  test('a character above U+00FF is refused, not cut to another one', () => {
    expect(() => encodeLatin1('a\u560d')).toThrow('character 1 (U+560d) is not latin-1')
  })
  test('slices are taken without the rest', () => {
    expect(decodeLatin1(everyByte, 65, 68)).toBe('ABC')
    expect(decodeUtf8(everyByte, 65, 68)).toBe('ABC')
  })
})

test('copy() shares no memory with its source', () => {
  for (const size of [3, 10_000]) {
    const source = new Uint8Array(size).fill(1)
    const kept = copy(source)
    source.fill(2)
    expect(kept).toHaveLength(size)
    expect(kept.buffer.byteLength).toBe(size)
    expect(kept.slice(0, 1).buffer).not.toBe(kept.buffer)
    expect(kept.every((byte) => byte === 1)).toBe(true)
  }
})

test('concat() joins, also nothing', () => {
  expect([...concat([Uint8Array.of(1), Uint8Array.of(), Uint8Array.of(2, 3)])]).toEqual([1, 2, 3])
  expect(concat([])).toHaveLength(0)
})

test('equal() compares length and content', () => {
  expect(equal(Uint8Array.of(1, 2), Uint8Array.of(1, 2))).toBe(true)
  expect(equal(Uint8Array.of(1, 2), Uint8Array.of(1, 3))).toBe(false)
  expect(equal(Uint8Array.of(1), Uint8Array.of(1, 2))).toBe(false)
})

test.each([
  ['abcabd', 'abd', 0, 3],
  ['abcabd', 'abc', 1, -1],
  ['aaab', 'ab', 0, 2],
  ['aaa', 'aaaa', 0, -1],
  ['abc', '', 2, 2],
  ['', 'a', 0, -1],
  ['xx\r\n\r\n', '\r\n\r\n', 0, 2],
])('indexOf(%j, %j, %i) is %i', (haystack, needle, from, at) => {
  expect(indexOf(toBytes(haystack), toBytes(needle), from)).toBe(at)
})

test('kindOf() names a value for a sentence', () => {
  expect([null, undefined, 1, [], {}, () => 1].map(kindOf)).toEqual([
    'null',
    'undefined',
    'a number',
    'an Array',
    'an Object',
    'a function',
  ])
})
