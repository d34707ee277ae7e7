import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseChallenges } from './challenge.ts'

function read(text: string) {
  return parseChallenges(text).map(({ scheme, token, parameters }) =>
    token === undefined ? [scheme, Object.fromEntries(parameters)] : [scheme, token],
  )
}

test.each([
  ['one', 'Basic realm="x"', [['Basic', { realm: 'x' }]]],
  [
    'the example of RFC 9110',
    'Basic realm="simple", Newauth realm="apps", type=1, title="Login to \\"apps\\""',
    [
      ['Basic', { realm: 'simple' }],
      ['Newauth', { realm: 'apps', type: '1', title: 'Login to "apps"' }],
    ],
  ],
  [
    'a comma in quotes',
    'Digest realm="a, Basic b=c",nonce=n',
    [['Digest', { realm: 'a, Basic b=c', nonce: 'n' }]],
  ],
  [
    'schemes without parameters',
    'Negotiate, NTLM',
    [
      ['Negotiate', {}],
      ['NTLM', {}],
    ],
  ],
  [
    'base64 in one piece',
    'NTLM TlRM==, Basic realm=x',
    [
      ['NTLM', 'TlRM=='],
      ['Basic', { realm: 'x' }],
    ],
  ],
  [
    'blanks around =',
    'Basic realm = "x" ,\tcharset\t=UTF-8',
    [['Basic', { realm: 'x', charset: 'UTF-8' }]],
  ],
  [
    'empty members',
    ' ,, Basic , realm=x,, ,Bearer,',
    [
      ['Basic', { realm: 'x' }],
      ['Bearer', {}],
    ],
  ],
  ['names in any case', 'Basic REALM=x', [['Basic', { realm: 'x' }]]],
  ['the first of two alike', 'Basic realm=x, realm=y', [['Basic', { realm: 'x' }]]],
  [
    'the same scheme twice',
    'Digest a=1, Digest a=2',
    [
      ['Digest', { a: '1' }],
      ['Digest', { a: '2' }],
    ],
  ],
  [
    'a broken one, and those around it',
    'A x=1, B realm="a" b="c", C y=2',
    [
      ['A', { x: '1' }],
      ['C', { y: '2' }],
    ],
  ],
  ['no scheme', '"x", =, Basic realm=y', [['Basic', { realm: 'y' }]]],
  ['a quote that is never closed', 'A x=1, B realm="y, C z=1', [['A', { x: '1' }]]],
  ['nothing', '', []],
])('%s', (_, text, expected) => {
  expect(read(text)).toEqual(expected)
})

test('any text gives challenges, in time that grows with its length', () => {
  const words = fc.constantFrom(
    'Basic',
    ' ',
    ',',
    '=',
    '"',
    '\\',
    'realm',
    'x',
    '\t',
    ';',
    'é',
    '\0',
  )
  fc.assert(
    fc.property(fc.array(words), (parts) => {
      for (const { scheme } of parseChallenges(parts.join(''))) expect(scheme).not.toBe('')
    }),
  )
  for (const text of ['"\\"'.repeat(20_000), `B a=${'"\\'.repeat(30_000)}`, 'a=,'.repeat(20_000)]) {
    const began = performance.now()
    parseChallenges(text)
    expect(performance.now() - began).toBeLessThan(500)
  }
})
