import { expect, it } from 'vitest'
import { maskFields } from './masked.ts'

it.each([
  ['Authorization: Basic YTpi', 'Authorization: Basic ***'],
  ['authorization:Bearer a.b.c', 'authorization:Bearer ***'],
  ['Proxy-Authorization: Digest username="a", response="b"', 'Proxy-Authorization: Digest ***'],
  ['Authorization: a-token-alone', 'Authorization: ***'],
  ['Cookie: a=1; b=2; c', 'Cookie: a=***; b=***; ***'],
  ['Set-Cookie: a=1; Path=/; Secure', 'Set-Cookie: a=***; Path=/; Secure'],
  ['WWW-Authenticate: Basic realm="x"', 'WWW-Authenticate: Basic realm="x"'],
  ['X-Cookie: a=1', 'X-Cookie: a=1'],
])('%s', (line, expected) => {
  expect(maskFields(`A: b\r\n${line}\r\nC: d\r\n\r\n`)).toBe(`A: b\r\n${expected}\r\nC: d\r\n\r\n`)
})
