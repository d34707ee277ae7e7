import { describe, expect, it } from 'vitest'
import {
  quote,
  quoteFromBytes,
  quotePlus,
  unquote,
  unquotePlus,
  unquoteText,
  unquoteToBytes,
} from './quote.ts'

describe('quote()', () => {
  it.each<[title: string, text: string, safe: string, quoted: string]>([
    ['leaves the unreserved alone', 'AZaz09_.-~', '', 'AZaz09_.-~'],
    ['leaves what is safe alone', '/a:b', '/:', '/a:b'],
    ['escapes a percent sign', '%41', '/', '%2541'],
    ['ignores safe characters beyond ASCII', 'é', 'é', '%C3%A9'],
    ['writes two bytes', '\u0080\u07ff', '', '%C2%80%DF%BF'],
    ['writes three bytes', '\u0800\uffff', '', '%E0%A0%80%EF%BF%BF'],
    ['writes four bytes', '😀\u{10ffff}', '', '%F0%9F%98%80%F4%8F%BF%BF'],
    ['escapes controls', '\0\n\x7f', '', '%00%0A%7F'],
  ])('%s', (_, text, safe, quoted) => {
    expect(quote(text, safe)).toBe(quoted)
  })

  it('leaves slashes alone unless told otherwise, and everything that encodeURIComponent knows equals it', () => {
    expect(quote('/a b')).toBe('/a%20b')
    for (let code = 0; code < 0x11000; code += 7) {
      const text = String.fromCodePoint(code)
      if (code < 0xd800 || code > 0xdfff)
        expect(quote(text, "!'()*")).toBe(encodeURIComponent(text))
    }
  })

  it.each(['\ud800', 'a\udc00', '\ud800a', '\udc00\ud800'])(
    'refuses the lone surrogate in %j',
    (text) => {
      expect(() => quote(text)).toThrow(SyntaxError)
    },
  )

  it('takes bytes as they are', () => {
    expect(quote(Uint8Array.of(0x61, 0xff, 0x2f))).toBe('a%FF/')
    expect(quoteFromBytes(Uint8Array.of(0x20, 0x7e), ' ')).toBe(' ~')
    expect(() => quoteFromBytes('a' as unknown as Uint8Array)).toThrow(TypeError)
  })
})

describe('quotePlus()', () => {
  it.each([
    ['a b', 'a+b'],
    ['a+b', 'a%2Bb'],
    ['/ ', '%2F+'],
  ])('writes %j as %s', (text, quoted) => {
    expect(quotePlus(text)).toBe(quoted)
  })

  it('writes a blank as "+" also when it is called safe, and in bytes', () => {
    expect(quotePlus('a b/', ' /')).toBe('a+b/')
    expect(quotePlus(Uint8Array.of(0x61, 0x20, 0xff))).toBe('a+%FF')
  })
})

describe('unquote()', () => {
  it.each<[title: string, text: string, plain: string]>([
    ['gives text without escapes back', 'a+b', 'a+b'],
    ['reads both cases', '%c3%A9', 'é'],
    ['reads a sequence once', '%2541', '%41'],
    ['leaves a bare percent sign', '100%', '100%'],
    ['leaves half an escape', '%4', '%4'],
    ['leaves what is not hexadecimal', '%G1%1G% 1', '%G1%1G% 1'],
    ['leaves digits of other scripts', '%１１', '%１１'],
    ['finds an escape after a percent sign', '%%41', '%A'],
    ['keeps a byte order mark', '%EF%BB%BFa', '\ufeffa'],
    ['keeps characters beyond ASCII', 'é%C3%A9é', 'ééé'],
    ['reads four bytes', '%F0%9F%98%80', '😀'],
    ['replaces a byte that begins nothing', 'a%FFb', 'a\ufffdb'],
    ['replaces a sequence cut short', '%E2%82', '\ufffd'],
    ['replaces a sequence that text interrupts', '%C3é%A9', '\ufffdé\ufffd'],
    ['replaces each byte of an overlong form', '%C0%AF', '\ufffd\ufffd'],
    ['replaces each byte of a surrogate', '%ED%A0%80', '\ufffd\ufffd\ufffd'],
    ['replaces what is beyond Unicode', '%F4%90%80%80', '\ufffd\ufffd\ufffd\ufffd'],
    ['replaces an overlong form of three bytes', '%E0%80%AF', '\ufffd\ufffd\ufffd'],
  ])('%s: %s', (_, text, plain) => {
    expect(unquote(text)).toBe(plain)
  })

  it('reads everything that encodeURIComponent writes', () => {
    for (let code = 0; code < 0x11000; code += 7) {
      const text = `a${String.fromCodePoint(code)}b`
      if (code < 0xd800 || code > 0xdfff) expect(unquote(encodeURIComponent(text))).toBe(text)
    }
  })

  it('refuses what is no UTF-8 when asked to', () => {
    expect(unquote('%C3%A9', { fatal: true })).toBe('é')
    expect(() => unquote('%C3', { fatal: true })).toThrow('the escapes are not well-formed UTF-8')
    expect(() => unquote('a', { errors: 'strict' } as object)).toThrow("no option 'errors'")
  })

  it('takes bytes as well', () => {
    expect(unquote(new TextEncoder().encode('%41é'))).toBe('Aé')
  })
})

describe('unquotePlus(), unquoteToBytes() and unquoteText()', () => {
  it('reads "+" as a blank, and an escaped one as itself', () => {
    expect(unquotePlus('a+b%2B')).toBe('a b+')
  })

  it('gives bytes without asking what they mean', () => {
    expect([...unquoteToBytes('a%ff%zé')]).toEqual([0x61, 0xff, 0x25, 0x7a, 0xc3, 0xa9])
    expect([...unquoteToBytes(Uint8Array.of(0x25, 0x34, 0x31))]).toEqual([0x41])
    expect(() => unquoteToBytes('\ud800')).toThrow(SyntaxError)
    expect(() => unquoteToBytes(1 as unknown as string)).toThrow(TypeError)
  })

  it('hands runs of ASCII to a decoder of the caller, one after another', () => {
    const seen: string[] = []
    const text = unquoteText('é%41b%E9è%FFü', (bytes) => {
      seen.push(bytes.join(' '))
      return '_'
    })
    expect(text).toBe('é_è_ü')
    expect(seen).toEqual(['65 98 233', '255'])
  })
})
