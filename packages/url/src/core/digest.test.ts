import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { parseChallenges } from './challenge.ts'
import { checkCredentials } from './credentials.ts'
import { chooseDigest, type DigestHash, formatDigest } from './digest.ts'

const hash: DigestHash = (algorithm, bytes) =>
  createHash(algorithm === 'MD5' ? 'md5' : algorithm === 'SHA-256' ? 'sha256' : 'sha512-256')
    .update(bytes)
    .digest('hex')
const choose = (text: string, hasBody = false) =>
  chooseDigest(parseChallenges(text), () => true, hasBody)
const FACTS = {
  username: 'Mufasa',
  password: 'Circle of Life',
  method: 'GET',
  uri: '/dir/index.html',
  count: 1,
  cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
}

describe('which is chosen', () => {
  test.each([
    [
      'the strongest',
      'Digest realm=r, nonce=1, algorithm=MD5, Digest realm=r, nonce=2, algorithm=SHA-256, Digest realm=r, nonce=3, algorithm=SHA-512-256',
      '3',
    ],
    ['the first of equals', 'Digest realm=r, nonce=1, Digest realm=r, nonce=2', '1'],
    [
      'one that can be answered',
      'Digest realm=r, nonce=1, algorithm=SHA-3, Digest realm=r, nonce=2, qop=x, Digest realm=r, nonce=3',
      '3',
    ],
    ['no other scheme', 'Basic realm=r, Bearer', undefined],
    ['none without a nonce', 'Digest realm=r', undefined],
    ['no session without qop', 'Digest realm=r, nonce=1, algorithm=MD5-sess', undefined],
    [
      'no auth-int where the body is not at hand',
      'Digest realm=r, nonce=1, qop=auth-int',
      undefined,
    ],
    ['an empty qop is none', 'Digest realm=r, nonce=1, qop=""', '1'],
  ])('%s', (_, text, nonce) => {
    expect(choose(text)?.nonce).toBe(nonce)
  })

  test('what the runtime can not hash is left out', () => {
    const both = parseChallenges(
      'Digest realm=r, nonce=1, algorithm=SHA-256, Digest realm=r, nonce=2',
    )
    expect(chooseDigest(both, (algorithm) => algorithm === 'MD5', false)?.nonce).toBe('2')
  })

  test('qop auth before auth-int, which needs the body', () => {
    expect(choose('Digest realm=r, nonce=1, qop="auth-int, auth"', true)?.qop).toBe('auth')
    expect(choose('Digest realm=r, nonce=1, qop="auth-int"', true)?.qop).toBe('auth-int')
  })
})

test('the field of RFC 7616 §3.9.1', () => {
  const challenge = choose(
    'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=SHA-256, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"',
  )
  expect(challenge && formatDigest(challenge, FACTS, hash)).toBe(
    'Digest username="Mufasa", realm="http-auth@example.org", nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", uri="/dir/index.html", response="753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1", algorithm=SHA-256, opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS", qop=auth, nc=00000001, cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"',
  )
})

test('quotes and backslashes are escaped, and names beyond ASCII are written as RFC 8187 has it', () => {
  const challenge = choose('Digest realm="a\\"b", nonce=n')
  const field = (username: string) =>
    challenge && formatDigest(challenge, { ...FACTS, username }, hash)
  expect(field('a"b\\c')).toMatch(/^Digest username="a\\"b\\\\c", realm="a\\"b"/)
  expect(field('Jäsøn Doe')).toMatch(/^Digest username\*=UTF-8''J%C3%A4s%C3%B8n%20Doe, /)
})

describe('credentials', () => {
  test.each(['\r', '\n', '\0', '\x7f', '\ud800'])('%j in a name or password is refused', (bad) => {
    for (const auth of [
      { username: `a${bad}`, password: 'b' },
      { username: 'a', password: `b${bad}` },
      { bearer: `a${bad}` },
    ])
      expect(() => checkCredentials('fetch', auth)).toThrow(/^fetch: /)
  })
  test.each([
    [{ username: 'a:b', password: 'x' }, /no colon/],
    [{ username: 'a' }, /needs username and password/],
    [{ username: 'a', password: 'secret', bearer: 't' }, /not both/],
    [{ username: 'a', password: 'secret', scheme: 'ntlm' }, /scheme/],
    [{ bearer: 'a b' }, /no token/],
    [undefined, /needs username/],
  ])('%j is refused, and not shown', (auth, message) => {
    expect(() => checkCredentials('Client', auth)).toThrow(message)
    expect(() => checkCredentials('Client', auth)).not.toThrow(/secret/)
  })
  test('letters beyond ASCII and beyond latin-1 can be sent', () => {
    expect(checkCredentials('x', { username: 'Ċ', password: '日本' })).toBeDefined()
    expect(checkCredentials('x', { username: 'a:b', password: '', scheme: 'digest' })).toBeDefined()
  })
})
