import { describe, expect, test } from 'vitest'
import {
  type PartialAnswer,
  type PartialRecord,
  parseRecord,
  planAnswer,
  planAsk,
  strongValidator,
} from './resume.ts'

const NOW = Date.UTC(2026, 0, 2)
const URL = 'https://h.test/f'
const OLD = 'Thu, 01 Jan 2026 00:00:00 GMT'
const RECORD: PartialRecord = { url: URL, validator: '"a"', length: 100 }
const NONE: PartialAnswer = {
  status: 200,
  contentRange: null,
  contentLength: null,
  etag: null,
  lastModified: null,
  date: null,
}

describe('what is asked for', () => {
  test('the rest, if it is of the same', () => {
    expect(planAsk(10, RECORD, URL)).toEqual({
      offset: 10,
      fields: [
        ['Range', 'bytes=10-'],
        ['If-Range', '"a"'],
      ],
    })
  })
  test.each([
    ['nothing is here', 0, RECORD],
    ['nothing is known of it', 10, undefined],
    ['it is of another URL', 10, { ...RECORD, url: 'https://h.test/g' }],
    ['nothing could tell a change', 10, { ...RECORD, validator: undefined }],
  ])('the whole, where %s', (_, size, record) => {
    expect(planAsk(size, record, URL)).toEqual({ offset: 0, fields: [] })
  })
})

describe('what an answer means', () => {
  const plan = (
    answer: Partial<PartialAnswer>,
    size = 10,
    record: PartialRecord | undefined = RECORD,
  ) => planAnswer(planAsk(size, record, URL), record, { ...NONE, ...answer }, URL, NOW)

  test.each([
    [
      '200: the whole, with its validator',
      { etag: '"b"', contentLength: '50' },
      { kind: 'start', record: { url: URL, validator: '"b"', length: 50 } },
    ],
    ['200 of which nothing is known', {}, { kind: 'start', record: { url: URL } }],
    [
      '206 that goes on',
      { status: 206, contentRange: 'bytes 10-99/100', etag: '"a"' },
      { kind: 'append', record: RECORD, end: 100 },
    ],
    [
      '206 with a part of the rest',
      { status: 206, contentRange: 'bytes 10-19/100' },
      { kind: 'append', end: 20 },
    ],
    [
      '206 that does not know the length',
      { status: 206, contentRange: 'bytes 10-19/*' },
      { kind: 'append', record: RECORD },
    ],
    ['206 from elsewhere', { status: 206, contentRange: 'bytes 0-99/100' }, { kind: 'again' }],
    ['206 of another length', { status: 206, contentRange: 'bytes 10-98/99' }, { kind: 'again' }],
    [
      '206 of another file',
      { status: 206, contentRange: 'bytes 10-99/100', etag: '"b"' },
      { kind: 'again' },
    ],
    [
      '206 of a file that is only as good',
      { status: 206, contentRange: 'bytes 10-99/100', etag: 'W/"a"' },
      { kind: 'again' },
    ],
    ['206 without Content-Range', { status: 206 }, { kind: 'again' }],
    [
      '206 that contradicts itself',
      { status: 206, contentRange: 'bytes 10-9/100' },
      { kind: 'again' },
    ],
    ['416 of a shorter file', { status: 416, contentRange: 'bytes */5' }, { kind: 'again' }],
    ['416 that says nothing', { status: 416 }, { kind: 'again' }],
    ['412', { status: 412 }, { kind: 'again' }],
    ['404', { status: 404 }, { kind: 'fail' }],
    ['500', { status: 500 }, { kind: 'fail' }],
  ])('%s', (_, answer, expected) => {
    expect(plan(answer)).toMatchObject(expected)
  })

  test('416 of what is here already', () => {
    expect(plan({ status: 416, contentRange: 'bytes */100' }, 100)).toEqual({ kind: 'complete' })
    const open = { url: URL, validator: '"a"' }
    expect(plan({ status: 416, contentRange: 'bytes */100' }, 100, open)).toEqual({
      kind: 'complete',
    })
    expect(plan({ status: 416, contentRange: 'bytes */90' }, 90)).toMatchObject({ kind: 'again' })
  })

  test('a part that nobody asked for, and a refusal of what was no part, are failures', () => {
    expect(plan({ status: 206, contentRange: 'bytes 0-9/100' }, 0)).toMatchObject({
      kind: 'fail',
      reason: /nobody/,
    })
    expect(plan({ status: 416, contentRange: 'bytes */0' }, 0)).toEqual({ kind: 'fail' })
  })
})

describe('a validator', () => {
  test.each([
    ['a strong tag', { etag: '"a"', lastModified: OLD }, '"a"'],
    ['no weak one, nor a date beside it', { etag: 'W/"a"', lastModified: OLD }, undefined],
    ['no broken one', { etag: 'a', lastModified: OLD }, undefined],
    [
      'a date that is old enough',
      { lastModified: OLD, date: 'Thu, 01 Jan 2026 00:00:01 GMT' },
      OLD,
    ],
    ['no date of the same second', { lastModified: OLD, date: OLD }, undefined],
    ['a date by our own clock', { lastModified: OLD }, OLD],
    ['no date that is none', { lastModified: 'yesterday' }, undefined],
    ['nothing', {}, undefined],
  ])('%s', (_, answer, expected) => {
    expect(strongValidator({ ...NONE, ...answer }, NOW)).toBe(expected)
  })
})

test.each([
  [
    String.raw`{"url":"u","validator":"\"v\"","length":1}`,
    { url: 'u', validator: '"v"', length: 1 },
  ],
  [`{"url":"u","validator":"${OLD}"}`, { url: 'u', validator: OLD }],
  [String.raw`{"url":"u","validator":"W/\"v\""}`, { url: 'u' }],
  [String.raw`{"url":"u","validator":"\"v\"\r\nX: y"}`, { url: 'u' }],
  ['{"url":"u","length":-0.5}', { url: 'u' }],
  ['{"url":1}', undefined],
  ['null', undefined],
  ['{"url":"u"', undefined],
])('the record %s', (text, expected) => {
  expect(parseRecord(text)).toEqual(expected)
})
