import { describe, expect, test } from 'vitest'
import { text, toBytes } from './bytes.ts'
import { isNetError } from './errors.ts'
import { delimited, type Framer, lengthPrefixed, lines } from './framing.ts'
import { ReceiveBuffer } from './receive-buffer.ts'

/** Everything that a framer makes of a stream that arrives in pieces of `size` bytes. */
function messages(framer: Framer, stream: Uint8Array, size: number): string[] {
  const buffer = new ReceiveBuffer()
  const found: string[] = []
  for (let at = 0; at < stream.length; at += size) {
    buffer.append(stream.slice(at, at + size))
    for (let m = framer.take(buffer); m !== undefined; m = framer.take(buffer)) found.push(text(m))
  }
  return found
}

const framers: [name: string, framer: Framer, stream: Uint8Array, expected: string[]][] = [
  ['lines with LF and CRLF', lines(), toBytes('a\r\n\nbc\nrest'), ['a', '', 'bc']],
  ['a delimiter', delimited('||'), toBytes('a|b||||c'), ['a|b', '']],
  [
    'a length of one byte',
    lengthPrefixed({ size: 1 }),
    Uint8Array.of(2, 97, 98, 0, 1, 99, 9),
    ['ab', '', 'c'],
  ],
  ['a length of four bytes', lengthPrefixed(), Uint8Array.of(0, 0, 0, 1, 97, 0), ['a']],
]
describe.each(framers)('%s', (_name, framer, stream, expected) => {
  test.each([1, 2, 3, 100])('in pieces of %i bytes', (size) => {
    expect(messages(framer, stream, size)).toEqual(expected)
  })
  test('frame() makes what take() understands', () => {
    expect(messages(framer, framer.frame('payload'), 3)).toEqual(['payload'])
  })
})

const tooLong: [name: string, framer: Framer, stream: string][] = [
  ['a line without an end', lines({ max: 3 }), 'abcdef'],
  ['a line with a late end', lines({ max: 3 }), 'abcd\n'],
  ['a message without its delimiter', delimited(';', { max: 3 }), 'abcde'],
  ['a length above the limit', lengthPrefixed({ size: 1, max: 3 }), '\u0004abcd'],
]
test.each(tooLong)('%s is ERR_TOO_LONG', (_name, framer, stream) => {
  const buffer = new ReceiveBuffer()
  buffer.append(toBytes(stream))
  let error: unknown
  try {
    framer.take(buffer)
  } catch (e) {
    error = e
  }
  expect(isNetError(error, 'ERR_TOO_LONG')).toBe(true)
})

test('a line of exactly the limit is taken, with LF and with CRLF', () => {
  expect(messages(lines({ max: 3 }), toBytes('abc\nabc\r\n'), 100)).toEqual(['abc', 'abc'])
})

test('what a framing can not carry is refused', () => {
  expect(() => lines().frame('a\nb')).toThrow(RangeError)
  expect(() => delimited(';').frame('a;b')).toThrow(RangeError)
  expect(() => lengthPrefixed({ size: 1 }).frame('x'.repeat(256))).toThrow(RangeError)
  expect(() => delimited('')).toThrow(RangeError)
})
