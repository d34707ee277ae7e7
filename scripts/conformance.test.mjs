import { describe, expect, it } from 'vitest'
import { checkDeviations, checkShare, Missing, runCorpus } from './conformance/corpus.ts'
import { decode, differs, outcomeDiffers } from './conformance/decode.ts'

const lookup = () => undefined
const bytes = (...list) => Uint8Array.from(list)
const thrower = (error) => () => {
  throw error
}

describe('decode()', () => {
  it.each([
    ['null', null, null],
    ['bytes', { $bytes: 'Yf8=' }, bytes(0x61, 0xff)],
    ['a large integer', { $int: '18446744073709551616' }, 18446744073709551616n],
    ['infinity', { $float: '-inf' }, Number.NEGATIVE_INFINITY],
    [
      'a dict as an object',
      {
        $dict: [
          ['b', 1],
          ['a', [2]],
        ],
      },
      { b: 1, a: [2] },
    ],
    ['a dict with other keys as a Map', { $dict: [[1, 'a']] }, new Map([[1, 'a']])],
    [
      'a dict whose order an object loses',
      {
        $dict: [
          ['2', 1],
          ['1', 2],
        ],
      },
      new Map([
        ['2', 1],
        ['1', 2],
      ]),
    ],
  ])('reads %s', (_, written, value) => {
    expect(decode(written, lookup)).toEqual(value)
  })

  it('refuses a kind of value that it does not know', () => {
    expect(() => decode({ $tuple: [] }, lookup)).toThrow(TypeError)
  })
})

describe('differs()', () => {
  it.each([
    [1, 1],
    [undefined, null],
    [bytes(0x61), { $bytes: 'YQ==' }],
    [Number.NaN, { $float: 'nan' }],
    [{ a: [1] }, { $dict: [['a', [1]]] }],
    [new Map([['a', 1]]), { $dict: [['a', 1]] }],
    [
      { 1: 'a', 2: 'b' },
      {
        $dict: [
          ['2', 'b'],
          ['1', 'a'],
        ],
      },
    ],
  ])('takes %o for %j', (actual, written) => {
    expect(differs(actual, written)).toBe(undefined)
  })

  it.each([
    [1, '1'],
    [1, true],
    [0, null],
    ['a', { $bytes: 'YQ==' }],
    [[1], [1, 2]],
    [
      new Map([
        ['b', 2],
        ['a', 1],
      ]),
      {
        $dict: [
          ['a', 1],
          ['b', 2],
        ],
      },
    ],
    [{ a: 1, b: 2 }, { $dict: [['a', 1]] }],
    [{}, { $type: 'Split', fields: {} }],
  ])('does not take %o for %j', (actual, written) => {
    expect(differs(actual, written)).toBeTypeOf('string')
  })
})

describe('outcomeDiffers()', () => {
  const expected = { error: { type: 'RangeError', message: 'x', bases: ['Exception'] } }

  it('takes the type of an error, and no other', () => {
    expect(outcomeDiffers(thrower(new RangeError('y')), expected)).toBe(undefined)
    expect(outcomeDiffers(thrower(new Error('x')), expected)).toContain('instead of RangeError')
    expect(outcomeDiffers(() => 1, expected)).toContain('instead of RangeError')
    expect(outcomeDiffers(thrower(new Error('x')), { value: 1 })).toContain('instead of 1')
  })
})

describe('runCorpus()', () => {
  const names = ['passes', 'fails', 'deviates', 'recovers', 'waits', 'throws']
  const corpus = { path: 'area/file.json', format: 'x', cases: names.map((name) => ({ name })) }
  const deviations = [
    { name: 'deviates', class: 'wrong', reason: 'because' },
    { name: 'recovers', class: 'stricter', reason: 'because' },
  ]
  const handler = ({ name }) => {
    if (name === 'throws') throw new Error('oh')
    if (name === 'waits') return new Missing('m.f')
    return name === 'fails' || name === 'deviates' ? 'wrong' : undefined
  }

  it('counts every case once, and says why one fails', async () => {
    const result = await runCorpus(corpus, handler, deviations)
    expect(result.passed).toBe(1)
    expect(result.failed.map(({ name }) => name)).toEqual(['fails', 'recovers', 'throws'])
    expect(result.deviating.wrong).toEqual(['deviates'])
    expect(result.missing).toEqual({ 'm.f': ['waits'] })
    expect(checkShare([result])).toEqual([
      'area: 1 of 6 cases are called wrong; it must be less than 1 %',
    ])
  })
})

describe('checkDeviations()', () => {
  it.each([
    [
      'a double name',
      [
        { name: 'a', class: 'wrong', reason: 'x' },
        { name: 'a', class: 'wrong', reason: 'x' },
      ],
    ],
    ['an unknown class', [{ name: 'a', class: 'lazy', reason: 'x' }]],
    ['a missing reason', [{ name: 'a', class: 'wrong', reason: '' }]],
  ])('finds %s', (_, deviations) => {
    expect(checkDeviations(deviations)).toHaveLength(1)
  })
})
