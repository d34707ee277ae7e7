import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import {
  checkDeviations,
  checkShare,
  checkStale,
  Missing,
  runCorpus,
} from './conformance/corpus.ts'
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

describe('checkStale()', () => {
  const corpora = [{ path: 'area/file.json', cases: [{ name: 'a' }] }]
  const deviation = (name, file) => ({ name, class: 'stricter', reason: 'x', file })

  it('finds a deviation without a case, in any file or in the one that it names', () => {
    expect(checkStale([deviation('a'), deviation('a', 'area/file.json')], corpora)).toEqual([])
    expect(checkStale([deviation('b')], corpora)).toEqual([
      'b is listed, but there is no such case',
    ])
    expect(checkStale([deviation('a', 'area/other.json')], corpora)).toEqual([
      'a is listed, but there is no such case in area/other.json',
    ])
  })
})

describe('npm run conformance -- --dir', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-cases-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  const file = (name, content) => {
    const path = join(folder, name)
    mkdirSync(path, { recursive: true })
    writeFileSync(join(path, 'x.json'), content)
    return path
  }
  const run = (dir, ...options) =>
    spawnSync(
      process.execPath,
      [
        ...['--conditions=@sluice/source', '--import', 'tsx', 'scripts/conformance/run.ts'],
        ...['--dir', dir, ...options],
      ],
      { cwd: fileURLToPath(new URL('..', import.meta.url)), encoding: 'utf8' },
    )

  it.each([
    ['broken JSON', () => file('broken', '{"format": '), /broken\/x\.json is no file of cases: /],
    [
      'JSON of another kind',
      () => file('other', 'null'),
      /other\/x\.json is no file of cases: it needs/,
    ],
    [
      'a wrong count',
      () => file('count', '{"format": "x", "count": 2, "cases": [{"name": "a"}]}'),
      /count\/x\.json is damaged: 2 cases announced, 1 found, 1 names/,
    ],
    ['a file', () => join(file('file', '{}'), 'x.json'), /file\/x\.json is no folder/],
    ['nothing', () => join(folder, 'nowhere'), /nowhere is no folder/],
  ])('answers %s with one sentence that names it, and 2', (_what, make, says) => {
    const { status, stdout, stderr } = run(make())
    expect(stderr).toMatch(/^conformance: .+\n$/)
    expect(stderr).toMatch(says)
    expect([status, stdout]).toEqual([2, ''])
  })

  it('names the deviating cases of a class: all of them, or where they are few', () => {
    const cases = fileURLToPath(new URL('../packages/url/test/conformance/cases', import.meta.url))
    const few = run(cases).stdout
    expect(few).toContain('  stricter urldefrag/HTTP://x_::1_/a_b?#a_b/619e42ce90a7\n')
    expect(few).toMatch(/ {2}stricter: \d+ cases, by name with --names\n/)
    expect(run(cases, '--names').stdout).not.toContain('by name with')
  })
})
