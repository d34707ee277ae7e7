import { expect, it } from 'vitest'
import { maskFields } from './masked.ts'

it.each([
  ['Authorization: Basic YTpi', 'Authorization: Basic ***'],
  ['authorization:Bearer a.b.c', 'authorization:Bearer ***'],
  ['Proxy-Authorization: Digest username="a", response="b"', 'Proxy-Authorization: Digest ***'],
  ['Authorization: a-token-alone', 'Authorization: ***'],
  ['Authorization: a:b c', 'Authorization: ***'],
  ['Authorization:  Basic  YTpi', 'Authorization:  Basic  ***'],
  ['Cookie: a=1; b=2; c', 'Cookie: a=***; b=***; ***'],
  ['cookie:a=1=2;b=;;=c', 'cookie:a=***;b=***;***;=***'],
  ['set-cookie: secret; Path=/', 'set-cookie: ***; Path=/'],
  ['Set-Cookie: a=1; Path=/; Secure', 'Set-Cookie: a=***; Path=/; Secure'],
  ['WWW-Authenticate: Basic realm="x"', 'WWW-Authenticate: Basic realm="x"'],
  ['X-Cookie: a=1', 'X-Cookie: a=1'],
  ['Location: http://me:p@ss:w@host/a@b', 'Location: http://me:***@host/a@b'],
  ['Location: //token@host/?a=//b@c', 'Location: //***@host/?a=//***@c'],
  ['Referer: https://:secret@host', 'Referer: https://:***@host'],
  ['Link: <http://a:b@host/>, <http://c@host>', 'Link: <http://a:***@host/>, <http://***@host>'],
  ['From: me@host', 'From: me@host'],
  ['Location: http://host:80/me@host', 'Location: http://host:80/me@host'],
])('%s', (line, expected) => {
  expect(maskFields(`A: b\r\n${line}\r\nC: d\r\n\r\n`)).toBe(`A: b\r\n${expected}\r\nC: d\r\n\r\n`)
})
