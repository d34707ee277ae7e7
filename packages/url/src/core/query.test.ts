import { describe, expect, it } from 'vitest'
import { parseQs, parseQsl, type QueryInput, type QueryOptions, urlencode } from './query.ts'
import { quote } from './quote.ts'

describe('parseQsl()', () => {
  const blank: QueryOptions = { keepBlankValues: true }
  it.each<[query: string, options: QueryOptions, pairs: [string, string][]]>([
    ['', {}, []],
    ['&', blank, []],
    [
      'a=1&b=2',
      {},
      [
        ['a', '1'],
        ['b', '2'],
      ],
    ],
    [
      'a=1&a=2',
      {},
      [
        ['a', '1'],
        ['a', '2'],
      ],
    ],
    ['a=&b&=c', {}, [['', 'c']]],
    [
      'a=&b&=c&=',
      blank,
      [
        ['a', ''],
        ['b', ''],
        ['', 'c'],
        ['', ''],
      ],
    ],
    ['a=b=c', {}, [['a', 'b=c']]],
    ['a+b=c+d', {}, [['a b', 'c d']]],
    ['%3D=%26%2B', {}, [['=', '&+']]],
    [
      'a=%C3%A9&b=%FF',
      {},
      [
        ['a', 'é'],
        ['b', '\ufffd'],
      ],
    ],
    ['a=1;b=2', {}, [['a', '1;b=2']]],
    [
      'a=1;b=2',
      { separator: ';' },
      [
        ['a', '1'],
        ['b', '2'],
      ],
    ],
    [
      'a=1&&b=2&',
      { separator: '&&' },
      [
        ['a', '1'],
        ['b', '2&'],
      ],
    ],
    ['a&b=1', {}, [['b', '1']]],
    [
      'a=1&b=2',
      { maxNumFields: 2 },
      [
        ['a', '1'],
        ['b', '2'],
      ],
    ],
  ])('reads %j with %j', (query, options, pairs) => {
    expect(parseQsl(query, options)).toEqual(pairs)
  })

  it.each<[title: string, query: string, options: QueryOptions, error: ErrorConstructor]>([
    ['a piece without "="', 'a=1&b', { strictParsing: true }, SyntaxError],
    ['an empty piece', 'a=1&&b=2', { strictParsing: true }, SyntaxError],
    ['too many pieces', 'a&b&c', { maxNumFields: 2 }, RangeError],
    ['an empty separator', 'a=1', { separator: '' }, RangeError],
    ['an unknown option', 'a=1', { doseq: true } as object, TypeError],
  ])('refuses %s', (_, query, options, error) => {
    expect(() => parseQsl(query, options)).toThrow(error)
  })

  it('takes time in proportion to the query, also without a single "="', () => {
    const started = performance.now()
    parseQsl('a&'.repeat(500_000))
    expect(performance.now() - started).toBeLessThan(2000)
  })
})

describe('parseQs()', () => {
  it('gathers the values of a name in order', () => {
    expect([...parseQs('b=1&a=2&b=3')]).toEqual([
      ['b', ['1', '3']],
      ['a', ['2']],
    ])
  })

  it('takes __proto__ for a name like any other', () => {
    expect(parseQs('__proto__=1').get('__proto__')).toEqual(['1'])
  })
})

describe('urlencode()', () => {
  it.each<[title: string, input: QueryInput, query: string]>([
    ['takes an object', { a: 'b c', d: 1 }, 'a=b+c&d=1'],
    ['takes a Map', new Map([['a', true]]), 'a=true'],
    [
      'takes pairs',
      [
        ['a', 1n],
        ['a', 2],
      ],
      'a=1&a=2',
    ],
    ['takes nothing', {}, ''],
    ['escapes names', { 'a&=': 'é' }, 'a%26%3D=%C3%A9'],
    ['takes bytes as they are', { a: Uint8Array.of(0xff) }, 'a=%FF'],
  ])('%s', (_, input, query) => {
    expect(urlencode(input)).toBe(query)
  })

  it('writes a list as several fields when asked to, and refuses it otherwise', () => {
    expect(urlencode({ a: ['1', 2], b: 'cd', e: [] }, { doseq: true })).toBe('a=1&a=2&b=cd')
    expect(() => urlencode({ a: ['1'] })).toThrow('set doseq')
  })

  it('escapes in another way when told how', () => {
    expect(urlencode({ a: 'b c/' }, { quoteVia: quote, safe: '/' })).toBe('a=b%20c/')
  })

  it.each<[title: string, input: unknown]>([
    ['text', 'a=1'],
    ['null', null],
    ['a pair of one', [['a']]],
    ['a value without text', { a: null }],
  ])('refuses %s', (_, input) => {
    expect(() => urlencode(input as QueryInput)).toThrow(TypeError)
  })
})
