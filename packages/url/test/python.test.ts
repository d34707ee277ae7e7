import { builtins } from '@sluice/socket/python'
import { describe, expect, it } from 'vitest'
import { kw, urllib } from '../src/python.ts'

const { parse } = urllib
const bytes = (text: string) => new TextEncoder().encode(text)

describe('urllib.parse', () => {
  it('takes keywords where Python does', () => {
    expect(parse.urlsplit('//h', kw({ scheme: 'https' })).scheme).toBe('https')
    expect(parse.urlparse('/a;b#c', '', false).params).toBe('b#c')
    expect(parse.urljoin('http://h/a', 'b#c', kw({ allow_fragments: false }))).toBe('http://h/b#c')
    expect(parse.urlencode({ a: [1, 2] }, kw({ doseq: true }))).toBe('a=1&a=2')
    expect(parse.quote('a/b', kw({ safe: '' }))).toBe('a%2Fb')
    expect(() => parse.urlsplit('/a', kw({ allowFragments: false }))).toThrow(TypeError)
  })

  it('answers in bytes when asked in bytes', () => {
    const result = parse.urlsplit(bytes('http://u@H:1/p'))
    expect([result.scheme, result.username, result.hostname, result.port]).toEqual([
      bytes('http'),
      bytes('u'),
      bytes('h'),
      1,
    ])
    expect(result.geturl()).toEqual(bytes('http://u@H:1/p'))
    expect(parse.urljoin(bytes('http://h/a'), bytes('b'))).toEqual(bytes('http://h/b'))
    expect(parse.parse_qsl(bytes('a=%41'))).toEqual([[bytes('a'), bytes('A')]])
    expect(parse.parse_qs(bytes('a=1&a=2'))).toEqual(
      new Map([[bytes('a'), [bytes('1'), bytes('2')]]]),
    )
  })

  it('refuses to mix str and bytes', () => {
    const url = bytes('/a') as unknown as string
    expect(() => parse.urljoin('http://h', url)).toThrow('Cannot mix str and non-str arguments')
    expect(() => parse.urlunsplit(['http', url, '', '', ''])).toThrow(TypeError)
  })

  it('gives results that can be called into being, iterated, encoded, decoded and changed', () => {
    const result = parse.SplitResult('http', 'h', '/p', '', '')
    expect([...result]).toEqual(['http', 'h', '/p', '', ''])
    expect(result.encode()).toBeInstanceOf(parse.SplitResultBytes)
    expect(result.encode().decode()).toEqual(result)
    expect(result._replace(kw({ scheme: 'ftp' })).geturl()).toBe('ftp://h/p')
    expect(parse.SplitResult._encoded_counterpart).toBe(parse.SplitResultBytes)
    expect(parse.DefragResultBytes._decoded_counterpart).toBe(parse.DefragResult)
    expect(parse.ParseResult.name).toBe('ParseResult')
  })

  it("throws Python's exceptions", () => {
    expect(() => parse.urlsplit('http://[x')).toThrow(builtins.ValueError)
    expect(() => parse.urlsplit('//h:x').port).toThrow(
      "Port could not be cast to integer value as 'x'",
    )
    expect(() => parse.quote('\ud800')).toThrow(builtins.UnicodeEncodeError)
    expect(() => parse.unquote('%FF', 'utf-8', 'strict')).toThrow(builtins.UnicodeDecodeError)
    expect(() => parse.parse_qsl('a&b', kw({ max_num_fields: 1 }))).toThrow(builtins.ValueError)
    expect(() => parse.quote(1 as unknown as string)).toThrow(TypeError)
    expect(() => parse.urlencode(1)).toThrow('not a valid non-string sequence or mapping object')
  })

  it('knows encodings and error handlers', () => {
    expect(parse.quote('é', kw({ encoding: 'latin-1' }))).toBe('%E9')
    expect(parse.unquote('%E9', kw({ encoding: 'latin-1' }))).toBe('é')
    expect(parse.unquote('%E9', 'utf-8', 'surrogateescape')).toBe('\udce9')
    expect(parse.quote_plus('†', kw({ encoding: 'utf-16-le' }))).toBe('%20%20')
  })

  it('gives a dict that takes __proto__ for a name', () => {
    const dict = parse.parse_qs('__proto__=1&a=2')
    expect(Object.keys(dict)).toEqual(['__proto__', 'a'])
    expect(({} as Record<string, unknown>)['1']).toBe(undefined)
  })

  it("writes values as Python's str() has them", () => {
    expect(parse.urlencode({ a: null, b: true, c: [1, 'x'] })).toBe(
      'a=None&b=True&c=%5B1%2C+%27x%27%5D',
    )
    expect(parse.urlencode({ a: 'b c' }, kw({ quote_via: parse.quote }))).toBe('a=b%20c')
  })

  it('unwraps <URL:...>', () => {
    expect(parse.unwrap(' <URL:http://h/> ')).toBe('http://h/')
  })
})
