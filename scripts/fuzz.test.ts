/** `npm run fuzz`, for a moment; and that it would notice. */
import { strict as assert } from 'node:assert'
import { describe, expect, it } from 'vitest'
import { makeInput } from './fuzz/inputs.ts'
import { judge } from './fuzz/judge.ts'
import type { Parser } from './fuzz/parsers.ts'
import { type Input, type Reading, readOurs } from './fuzz/readers.ts'
import { readRequests, readResponse } from './fuzz/rfc.ts'
import { fuzzParsers } from './fuzz/url.ts'
import { randomOf } from './soak/random.mjs'

const requests = (text: string): Input => ({
  text,
  bytes: Buffer.from(text, 'latin1'),
  asked: undefined,
})
const accepted = (what: string, fields: string[], body = ''): Reading => ({
  found: [{ what, fields, body }],
  why: undefined,
})

describe('fuzz', () => {
  // `npm run ci` goes on to hundreds of thousands; here it has to end in time on a machine that is busy as well.
  it('finds nothing in fifty thousand texts for the parsers of URLs and what belongs to them', () => {
    expect(fuzzParsers(randomOf(20260102).below, 50_000)).toMatch(/: \d{5} read, \d{4,5} refused/)
  })

  const reads = (read: Parser['read']): Parser[] => [{ name: 'x', seeds: ['a', 'b'], read }]
  it.each<[string, Parser[], RegExp]>([
    ['throws what it does not say', reads((text) => BigInt(text) > 0), /^x, input \d+: "/],
    [
      'loses something',
      reads((text) => assert.equal(text.trim(), text) === undefined),
      /^x, input/,
    ],
  ])('notices a parser that %s', (_, parsers, says) => {
    expect(() => fuzzParsers(randomOf(1).below, 10_000, parsers)).toThrow(says)
  })

  it('finds nothing in twenty thousand inputs', () => {
    const { below } = randomOf(20260101)
    let messages = 0
    let both = 0
    for (let i = 0; i < 20_000; i++) {
      const input = makeInput(below)
      const judgement = judge(input, below(4) === 0 ? [below(input.text.length + 1)] : [])
      messages += judgement.ours.found.length
      both += judgement.both
    }
    expect(messages).toBeGreaterThan(5_000)
    expect(both).toBeGreaterThan(5_000)
  })

  const smuggled =
    'POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'
  const lengths = ['Host: h', 'Content-Length: 3', 'Transfer-Encoding: chunked']
  it.each<[string, string, (input: Input, cuts: readonly number[]) => Reading, RegExp]>([
    ['takes two lengths', smuggled, () => accepted('POST /', lengths), /by us and by the RFC/],
    [
      'loses a byte',
      'POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nab',
      () => accepted('POST /', ['Host: h', 'Content-Length: 2'], 'a'),
      /by us and by the RFC/,
    ],
    [
      'reads pieces otherwise',
      'GET / HTTP/1.1\r\nHost: h\r\n\r\n',
      (input, cuts) => (cuts.length > 0 ? { found: [], why: 'cut' } : readOurs(input, cuts)),
      /whole and in pieces/,
    ],
  ])('notices a reader that %s', (_, text, read, why) => {
    expect(() => judge(requests(text), [4], read)).toThrow(why)
  })

  it.each([
    ['Content-Length: 1, 1\r\n', 'a'],
    ['Content-Length: +1\r\n', 'a'],
    ['Content-Length : 1\r\n', 'a'],
    ['Transfer-Encoding: xchunked\r\n', '0\r\n\r\n'],
    ['Transfer-Encoding: chunked\r\n', '1\na\r\n0\r\n\r\n'],
    ['Transfer-Encoding: chunked\r\n', '1;\r\na\r\n0\r\n\r\n'],
    ['Host: g\r\n', ''],
    ['X: y\n', ''],
    [' folded\r\n', ''],
  ])('has a reader of the RFC that refuses %j', (line, body) => {
    expect(readRequests(`POST / HTTP/1.1\r\nHost: h\r\n${line}\r\n${body}`, 1)).toEqual([])
    expect(readResponse('HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n', 'GET')).toEqual([])
  })
})
