import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import ts from 'typescript'
import { afterAll, describe, expect, test } from 'vitest'
import { Docblocks } from './docs/docblocks.ts'

const folder = mkdtempSync(join(tmpdir(), 'sluice-docblocks-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** The problems of a door with this text. */
function problems(text, isPython = false) {
  const file = join(folder, 'door.ts')
  writeFileSync(file, text)
  const program = ts.createProgram([file], { noEmit: true, types: [], noLib: true })
  return new Docblocks(program, [{ file, label: 'door', isPython }]).problems
}
const told = '@param a what it is\n * @throws {Error} when\n * @see RFC 1'
const fn = (doc, parameters = 'a: string') =>
  `/**\n * A, or b; c @ d.\n * ${doc}\n */\nexport function f(${parameters}): void {}`

describe('the docblock check fires on', () => {
  test.each([
    ['a name without any', 'export const a = "b"', ['door a: no docblock']],
    ['a parameter that is only hinted at', fn('@throws x\n * @see y'), ['door f: no @param a']],
    [
      'the second of two parameters',
      fn(told, 'a: string, options: object'),
      ['door f: no @param options'],
    ],
    [
      'a parameter whose name begins like one that is told',
      fn(`@param ab what\n * @throws x\n * @see y`),
      ['door f: no @param a'],
    ],
    [
      'a function that does not say how it fails',
      fn('@param a b\n * @see y'),
      ['door f: does not say how it fails'],
    ],
    ['a function without a source', fn('@param a b\n * @throws x'), ['door f: no @see']],
    [
      'a method',
      '/** A. */\nexport class C {\n  /** Does. */\n  m(a: string): void {}\n}',
      ['door C.m: no @param a', 'door C.m: does not say how it fails'],
    ],
    [
      'a constructor',
      '/** A. */\nexport class C {\n  constructor(a: string) {}\n}',
      ['new door C: no @param a'],
    ],
    [
      'a field of an interface, though the one above it has a text',
      '/** A. */\nexport interface I {\n  /** B and c. */\n  b: 1\n  c: 1\n}',
      ['door I.c: no docblock'],
    ],
    [
      'a method that leaves its docblock to an interface of ours, which is silent',
      '/** A. */\nexport interface I {\n  /** M. */\n  m(a: 1): void\n}\n/** B. */\nexport class C implements I {\n  m(a: 1): void {}\n}',
      ['I.m: no @param a', 'I.m: does not say how it fails'],
    ],
  ])('%s', (_title, text, found) => {
    expect(problems(text)).toEqual(found)
  })
  test('a name of a Python door, also inside a module of it', () => {
    expect(problems('export const a = "b"', true)).toEqual(['door a: no docblock'])
  })
})

describe('the docblock check is silent on', () => {
  test.each([
    ['a function that says it all', fn(told)],
    [
      'the words instead of the tag',
      '/** Never throws.\n * @param a b\n * @see c */\nexport function f(a: 1): void {}',
    ],
    ['a constant', 'export const AF_INET = 2'],
    [
      'a guard',
      '/** Tells.\n * @param a b */\nexport function isA(a: unknown): a is string { return true }',
    ],
    [
      'a parameter of a constructor that becomes the member of its name',
      '/** A. */\nexport class C {\n  /** A. */\n  readonly a: 1\n  constructor(a: 1) { this.a = a }\n}',
    ],
    [
      'accessors, ref() and what is private',
      '/** A. */\nexport class C {\n  /** A. */\n  get a(): 1 { return 1 }\n  /** R. */\n  ref(): void {}\n  #b(c: 1): void {}\n  private d(e: 1): void {}\n}',
    ],
    [
      "a method of a user's interface, told by a sentence",
      '/** A. */\nexport interface I {\n  /** M. */\n  m(a: 1): void\n}',
    ],
  ])('%s', (_title, text) => {
    expect(problems(text)).toEqual([])
  })
  test('parameters in a Python door, which are Python’s', () => {
    expect(problems('/** F. */\nexport function f(a: 1): void {}', true)).toEqual([])
  })
})
