import { describe, expect, test } from 'vitest'
import { checkServerName, listed, matchesDnsName, normalAddress } from './tls-names.ts'

describe('matchesDnsName: RFC 9525 §6.3', () => {
  test.each([
    ['the same', 'a.test', 'a.test', true],
    ['the same but for case', 'A.Test', 'a.tEST', true],
    ['another', 'a.test', 'b.test', false],
    ['one below', 'a.test', 'x.a.test', false],
    ['a wildcard for one label', '*.a.test', 'x.a.test', true],
    ['a wildcard for two', '*.a.test', 'y.x.a.test', false],
    ['a wildcard for none', '*.a.test', 'a.test', false],
    ['a wildcard for an empty label', '*.a.test', '.a.test', false],
    ['a wildcard alone', '*', 'test', false],
    ['a wildcard in the middle', 'a.*.test', 'a.b.test', false],
    ['a piece of a wildcard', 'f*.a.test', 'foo.a.test', false],
    ['two wildcards', '*.*.test', 'a.b.test', false],
    ['a letter that only looks the same', 'k.test', '\u212a.test', false],
    ['nothing', '', '', false],
  ])('%s', (_, pattern, hostname, matches) => {
    expect(matchesDnsName(pattern, hostname)).toBe(matches)
  })
})

describe('checkServerName', () => {
  const names = { dns: ['a.test', '192.0.2.9'], ip: ['192.0.2.7', '2001:db8::1'] }

  test.each(['a.test', 'A.TEST', 'a.test.', '192.0.2.7', '2001:DB8:0::1', '[2001:db8::1]'])(
    '%s is a name of the certificate',
    (hostname) => expect(checkServerName(names, hostname)).toBeUndefined(),
  )

  test('an address in the place of a DNS name does not count', () => {
    expect(checkServerName(names, '192.0.2.9')).toBe(
      'the certificate is for a.test, 192.0.2.9, 192.0.2.7, 2001:db8::1, not for 192.0.2.9',
    )
  })

  test('a certificate without names says so', () => {
    expect(checkServerName({ dns: [], ip: [] }, 'a.test')).toBe(
      'the certificate has no name of a host, so it is not for a.test',
    )
  })
})

test('names of strangers are fit for a sentence', () => {
  expect(listed(['a\r\nb'])).toBe('a??b')
  expect(listed(['1', '2', '3', '4', '5', '6', '7'])).toBe('1, 2, 3, 4, 5 and 2 more')
})

test('an address has one form for all its spellings', () => {
  expect(normalAddress('::FFFF:192.0.2.1')).toBe(normalAddress('0:0:0:0:0:ffff:c000:201'))
  expect(normalAddress('fe80::1%eth0')).toBe('fe80::1')
  expect(normalAddress('1.2.3')).toBeUndefined()
})
