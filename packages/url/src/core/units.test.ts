import { expect, test } from 'vitest'
import type { Progress } from './meter.ts'
import { formatProgress, formatProgressPlain } from './progress-line.ts'
import { formatBytes, formatTime, parseBytes } from './units.ts'
import { fileNameOf } from './url-file-name.ts'

test.each([
  ['500', 500],
  ['500k', 500_000],
  ['2.5M', 2_500_000],
  ['1G', 1e9],
  ['10kB', 10_000],
  ['', undefined],
  ['k', undefined],
  ['-1', undefined],
  ['1x', undefined],
])('%j is %j bytes', (text, bytes) => {
  expect(parseBytes(text)).toBe(bytes)
})

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1.0 kB'],
  [9949, '9.9 kB'],
  [9951, '10 kB'],
  [999_499, '999 kB'],
  [999_500, '1.0 MB'],
  [1.5e9, '1.5 GB'],
])('%d bytes are %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text)
})

test.each([
  [0, '0:00'],
  [1, '0:01'],
  [61_000, '1:01'],
  [3_599_001, '1:00:00'],
  [3_723_000, '1:02:03'],
])('%d ms are %s', (ms, text) => {
  expect(formatTime(ms)).toBe(text)
})

test('a line of progress fits its terminal', () => {
  const progress: Progress = {
    bytes: 420_000,
    total: 1e6,
    resumedAt: 1000,
    rate: 50_000,
    left: 11_600,
  }
  const bar = '█'.repeat(13) + '░'.repeat(19)
  const facts = '420 kB of 1.0 MB, 50 kB/s, 0:12 left, resumed at 1.0 kB'
  expect(formatProgress('file', progress, 100)).toBe(`file  42% ${bar}  ${facts}`)
  for (let width = 1; width < 120; width++)
    expect(formatProgress('a'.repeat(60), progress, width).length).toBeLessThanOrEqual(width)
  expect(
    formatProgress('file', { ...progress, total: undefined, left: undefined, resumedAt: 0 }, 80),
  ).toBe('file  420 kB, 50 kB/s')
  expect(formatProgressPlain('file', progress)).toBe(
    'file: 42% 420 kB of 1.0 MB, 50 kB/s, 0:12 left, resumed at 1.0 kB',
  )
})

test.each([
  ['http://h/a/b.txt?c#d', 'b.txt'],
  ['http://h/a/', undefined],
  ['http://h', undefined],
  ['http://h/a%20b', 'a b'],
  ['http://h/..%2f..%2fetc%2fpasswd', expect.not.stringContaining('/')],
  ['http://h/%2e%2e', undefined],
  ['http://h/%ff', '%ff'],
])('%s is called %j', (url, name) => {
  expect(fileNameOf(new URL(url))).toEqual(name)
})
