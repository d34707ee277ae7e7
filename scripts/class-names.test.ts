import { expect, test } from 'vitest'
import { restoreNames } from './class-names.ts'

test('a class that speaks of itself gets its name back, everywhere', () => {
  const built = [
    'var Response = class _Response extends Link {',
    '  static error() {',
    '    return new _Response();',
    '  }',
    '};',
  ].join('\n')
  expect(restoreNames(built)).toBe(built.replaceAll('_Response', 'Response'))
})

test('nothing else is touched', () => {
  const built = [
    // Another class of that name: what it calls Response is not itself.
    'var Response2 = class _Response {',
    '  make() { return [new _Response(), new Response()] }',
    '};',
    'var A = class _A { #_A; b = this._A; _A2 = $_A };',
  ].join('\n')
  expect(restoreNames(built)).toBe(built.replace('class _A ', 'class A '))
})
