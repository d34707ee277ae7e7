import { describe, expect, test } from 'vitest'
import { growth, LINEAR } from '../../../../scripts/growth.ts'
import { encodeUtf8, text } from './bytes.ts'
import { ReceiveBuffer } from './receive-buffer.ts'

function filled(...chunks: string[]): ReceiveBuffer {
  const buffer = new ReceiveBuffer()
  for (const chunk of chunks) buffer.append(encodeUtf8(chunk))
  return buffer
}
const str = (bytes: Uint8Array | undefined): string | undefined => (bytes ? text(bytes) : undefined)

test('takeSome() gives at most one chunk, so that it never copies', () => {
  const buffer = filled('abc', 'def')
  expect(str(buffer.takeSome(2))).toBe('ab')
  expect(str(buffer.takeSome(9))).toBe('c')
  expect(str(buffer.takeSome(9))).toBe('def')
  expect(buffer.takeSome(9)).toBeUndefined()
  expect(buffer.length).toBe(0)
})

test('takeAtMost() and takeExactly() join chunks', () => {
  const buffer = filled('ab', 'cd', 'ef')
  expect(str(buffer.takeAtMost(3))).toBe('abc')
  expect(buffer.takeExactly(4)).toBeUndefined()
  expect(str(buffer.takeExactly(3))).toBe('def')
  expect(buffer.takeExactly(0)).toHaveLength(0)
  expect(buffer.takeAtMost(1)).toBeUndefined()
})

test('takeInto() fills what it is given', () => {
  const buffer = filled('ab', 'cde')
  const target = new Uint8Array(4)
  expect(buffer.takeInto(target)).toBe(4)
  expect(text(target)).toBe('abcd')
  expect(buffer.takeInto(target)).toBe(1)
  expect(buffer.takeInto(target)).toBe(0)
})

describe('takeUntil()', () => {
  test('finds a mark that is spread over every possible split', () => {
    const whole = 'head\r\n\r\nbody'
    for (let i = 0; i <= whole.length; i++)
      for (let j = i; j <= whole.length; j++) {
        const buffer = new ReceiveBuffer()
        const mark = encodeUtf8('\r\n\r\n')
        let found: string | undefined
        for (const piece of [whole.slice(0, i), whole.slice(i, j), whole.slice(j)]) {
          buffer.append(encodeUtf8(piece))
          found ??= str(buffer.takeUntil(mark))
        }
        expect(found).toBe('head\r\n\r\n')
        expect(text(buffer.takeAll())).toBe('body')
      }
  })
  test('a second mark is sought from the front again', () => {
    const buffer = filled('a;b,')
    expect(buffer.find(encodeUtf8(','))).toBe(3)
    expect(buffer.find(encodeUtf8(';'))).toBe(1)
  })
  const byte = Uint8Array.of(65)
  test.each([
    ['owned', (buffer: ReceiveBuffer) => buffer.append(byte)],
    ['gathered', (buffer: ReceiveBuffer) => buffer.appendCopy(byte)],
  ])('a long line that comes byte by byte, %s, costs linear time', (_how, add) => {
    const mark = encodeUtf8('\n')
    const prepare = (length: number) => {
      const buffer = new ReceiveBuffer()
      return () => {
        for (let i = 0; i < length; i++) {
          add(buffer)
          buffer.takeUntil(mark)
        }
      }
    }
    expect(growth(prepare, 20_000)).toBeLessThan(LINEAR)
  })
})

test('unread() goes in front, also of a chunk that is half taken', () => {
  const buffer = filled('abc', 'd')
  buffer.takeSome(1)
  buffer.unread(encodeUtf8('xy'))
  expect(buffer.length).toBe(5)
  expect(str(buffer.peek(9))).toBe('xybcd')
  expect(str(buffer.takeExactly(5))).toBe('xybcd')
})

test('unread() makes an earlier search void', () => {
  const buffer = filled('bc')
  const mark = encodeUtf8('ab')
  expect(buffer.takeUntil(mark)).toBeUndefined()
  buffer.unread(encodeUtf8('a'))
  expect(str(buffer.takeUntil(mark))).toBe('ab')
})

test('appendCopy() keeps what its source held, gathered or not', () => {
  const buffer = new ReceiveBuffer()
  let expected = ''
  let got = ''
  const scratch = new Uint8Array(5000)
  for (let i = 0; i < 300; i++) {
    const size = [1, 7, 300, 2048, 2049, 5000][i % 6] as number
    scratch.fill(65 + (i % 26), 0, size)
    expected += String.fromCharCode(65 + (i % 26)).repeat(size)
    buffer.appendCopy(scratch.subarray(0, size))
    scratch.fill(0xdd)
    if (i % 4 === 0) got += str(buffer.takeSome(1000)) ?? ''
    if (i % 50 === 0) buffer.unread(encodeUtf8(''))
  }
  expect(got + text(buffer.takeAll())).toBe(expected)
})

test('peek() takes nothing', () => {
  const buffer = filled('ab', 'cd')
  expect(str(buffer.peek(3))).toBe('abc')
  expect(str(buffer.peek(1))).toBe('a')
  expect(buffer.length).toBe(4)
  expect(new ReceiveBuffer().peek(1)).toBeUndefined()
})

test('many small chunks come out as they went in', () => {
  const buffer = new ReceiveBuffer()
  let expected = ''
  let got = ''
  for (let i = 0; i < 1000; i++) {
    const piece = String(i)
    expected += piece
    buffer.append(encodeUtf8(piece))
    if (i % 3 === 0) got += str(buffer.takeAtMost(5)) ?? ''
  }
  expect(got + text(buffer.takeAll())).toBe(expected)
  expect(buffer.length).toBe(0)
})
