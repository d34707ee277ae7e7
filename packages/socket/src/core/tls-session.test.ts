import { expect, test } from 'vitest'
import { encodeLatin1 } from './bytes.ts'
import { decodeSession, encodeSession } from './tls-session.ts'

const native = encodeLatin1('session')

test.each([0, 1, 3])('a session with %i certificates is read as it was written', (count) => {
  const chain = Array.from({ length: count }, (_, i) => new Uint8Array(i * 300).fill(i))
  expect(decodeSession(encodeSession({ chain, native }))).toEqual({ chain, native })
})

test('more certificates than any chain has are left out', () => {
  const chain = Array.from({ length: 40 }, () => Uint8Array.of(1))
  expect(decodeSession(encodeSession({ chain, native })).chain).toHaveLength(16)
})

test("what is cut off, or somebody else's, is refused", () => {
  const whole = encodeSession({ chain: [Uint8Array.of(1, 2, 3)], native })
  for (let length = 0; length <= whole.length - native.length; length++)
    expect(() => decodeSession(whole.subarray(0, length))).toThrow(SyntaxError)
  expect(() => decodeSession(native)).toThrow(/not a session that onSession gave/)
})
