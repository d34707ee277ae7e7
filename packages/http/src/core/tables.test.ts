import { describe, expect, it } from 'vitest'
import { AUTHORITY_FORM, CHUNK_EXTENSIONS, HOST, TARGET_BYTE, TCHAR, trimOws } from './abnf.ts'
import { DEFAULT_LIMITS, normaliseLimits } from './limits.ts'
import { methodFacts, normaliseMethod } from './methods.ts'
import { isBodiless, isInterim, isNullBodyStatus, reasonPhrase } from './status.ts'

describe('the grammar', () => {
  it('has 77 token characters, none of them a separator', () => {
    expect(TCHAR.reduce((sum, entry) => sum + entry, 0)).toBe(77)
    for (const c of '"(),/:;<=>?@[\\]{} \t\r\n\0\x7f\x80') expect(TCHAR[c.charCodeAt(0)]).toBe(0)
  })

  it('lets no control, space, fragment mark or octet above 0x7e into a target', () => {
    for (let i = 0; i < 256; i++)
      expect(TARGET_BYTE[i]).toBe(i > 0x20 && i < 0x7f && i !== 0x23 ? 1 : 0)
  })

  it.each([
    ['h', true],
    ['h:80', true],
    ['h:', true],
    ['', true],
    ['[::1]:80', true],
    ['h_x', true],
    ['h:8a', false],
    ['a b', false],
    ['a/b', false],
    ['u@h', false],
    ['[::1', false],
    ['h, h', false],
  ])('Host %j: %s', (value, expected) => {
    expect(HOST.test(value)).toBe(expected)
  })

  it.each([
    ['h:80', true],
    ['[::1]:443', true],
    ['h', false],
    ['h:', false],
    [':80', false],
    ['/x', false],
    ['u@h:1', false],
  ])('authority form %j: %s', (value, expected) => {
    expect(AUTHORITY_FORM.test(value)).toBe(expected)
  })

  it.each([
    [';a', true],
    [' ; a = b', true],
    [';a="b;\\"c"', true],
    [';', false],
    [' ', false],
    [';a=', false],
    [';a="', false],
  ])('chunk extension %j: %s', (value, expected) => {
    expect(CHUNK_EXTENSIONS.test(value)).toBe(expected)
  })

  it('cuts space and tab, and nothing else', () => {
    expect(trimOws(' \ta\u00a0 ')).toBe('a\u00a0')
  })
})

describe('methods', () => {
  it('promise nothing when unknown', () => {
    expect(methodFacts('BREW')).toEqual({ safe: false, idempotent: false, content: false })
    expect(methodFacts('GET').safe).toBe(true)
  })

  it('are normalised as fetch does it: patch stays patch', () => {
    expect(normaliseMethod('post')).toBe('POST')
    expect(normaliseMethod('patch')).toBe('patch')
    expect(() => normaliseMethod('A B')).toThrow(TypeError)
  })
})

describe('status codes', () => {
  it('know their phrases and what has no body', () => {
    expect(reasonPhrase(404)).toBe('Not Found')
    expect(reasonPhrase(599)).toBe('')
    expect([100, 101, 103, 200].map(isInterim)).toEqual([true, false, true, false])
    expect([101, 204, 205, 304, 200].map(isBodiless)).toEqual([true, true, false, true, false])
    expect([204, 205, 304, 200].map(isNullBodyStatus)).toEqual([true, true, true, false])
  })
})

describe('normaliseLimits()', () => {
  it('fills up from the defaults and refuses unknown names', () => {
    expect(normaliseLimits({ startLine: 10 })).toEqual({ ...DEFAULT_LIMITS, startLine: 10 })
    expect(() => normaliseLimits({ startline: 10 } as never)).toThrow(
      /there is no limit 'startline'/,
    )
    expect(() => normaliseLimits({ startLine: -1 })).toThrow(RangeError)
    expect(() => normaliseLimits({ startLine: '1' as never })).toThrow(TypeError)
  })
})
