import { describe, expect, it } from 'vitest'
import {
  ParseResult,
  SplitResult,
  urldefrag,
  urlparse,
  urlsplit,
  urlunparse,
  urlunsplit,
} from './split.ts'

describe('urlsplit()', () => {
  it.each<[title: string, url: string, parts: string[]]>([
    ['takes nothing for nothing', '', ['', '', '', '', '']],
    ['finds all five parts', 'http://h:1/p?q#f', ['http', 'h:1', '/p', 'q', 'f']],
    ['lowers the scheme alone', 'HTTP://Host/Path', ['http', 'Host', '/Path', '', '']],
    ['needs a letter in front of a scheme', '1a:b', ['', '', '1a:b', '', '']],
    ['takes plus, minus and dot into a scheme', 'a+b-c.d:e', ['a+b-c.d', '', 'e', '', '']],
    ['sees no scheme before a colon in a path', './a:b', ['', '', './a:b', '', '']],
    ['sees no scheme in nothing', ':a', ['', '', ':a', '', '']],
    ['reads a reference without scheme', '//h/p', ['', 'h', '/p', '', '']],
    ['ends an authority at a question mark', 'http://h?q', ['http', 'h', '', 'q', '']],
    ['ends an authority at a hash', 'http://h#f', ['http', 'h', '', '', 'f']],
    ['leaves a question mark in the fragment', '/a#b?c', ['', '', '/a', '', 'b?c']],
    ['leaves a second question mark in the query', '/a?b?c', ['', '', '/a', 'b?c', '']],
    ['leaves a second hash in the fragment', '/a#b#c', ['', '', '/a', '', 'b#c']],
    ['decodes nothing', '/%41?%42#%43', ['', '', '/%41', '%42', '%43']],
    ['drops controls and blanks in front', '\0 \x1fhttp://h', ['http', 'h', '', '', '']],
    ['keeps a blank behind', 'http://h/ ', ['http', 'h', '/ ', '', '']],
    ['drops tab, CR and LF anywhere', 'ja\tva\r\nscript:x', ['javascript', '', 'x', '', '']],
    ['reads an IPv6 host', 'http://[::1]:80/', ['http', '[::1]:80', '/', '', '']],
    ['reads an IPv6 zone', 'http://[fe80::1%25en0]/', ['http', '[fe80::1%25en0]', '/', '', '']],
    ['reads IPvFuture', 'http://[v1.a:b]/', ['http', '[v1.a:b]', '/', '', '']],
    ['leaves brackets in a path alone', 'http://h/[', ['http', 'h', '/[', '', '']],
    [
      'keeps a host beyond ASCII',
      'http://bücher.example/',
      ['http', 'bücher.example', '/', '', ''],
    ],
  ])('%s: %j', (_, url, parts) => {
    expect([...urlsplit(url)]).toEqual(parts)
  })

  it.each<[why: string, url: string]>([
    ['an open bracket', 'http://[::1/'],
    ['a closing bracket', 'http://::1]/'],
    ['no address in brackets', 'http://[]/'],
    ['a name in brackets', 'http://[example.com]/'],
    ['IPv4 in brackets', 'http://[127.0.0.1]/'],
    ['an empty zone', 'http://[fe80::1%]/'],
    ['nine groups', 'http://[1:2:3:4:5:6:7:8:9]/'],
    ['userinfo in brackets', 'http://[user@::1]/'],
    ['text before the bracket', 'http://evil[::1]/'],
    ['text after the bracket', 'http://[::1]evil/'],
    ['brackets in the userinfo', 'http://[::1]@h/'],
    ['a fullwidth slash (CVE-2019-9636)', 'http://evil.com／.example/'],
    ['a character of two parts', 'http://h℀/'],
    ['a fullwidth colon', 'http://h：80/'],
  ])('refuses %s: %s', (_, url) => {
    expect(() => urlsplit(url)).toThrow(SyntaxError)
  })

  it('takes a scheme for URLs that name none, and can leave the fragment where it is', () => {
    expect(urlsplit('//h/p', { scheme: 'https' }).scheme).toBe('https')
    expect(urlsplit('ftp://h/p', { scheme: 'https' }).scheme).toBe('ftp')
    expect(urlsplit('/a#b', { allowFragments: false }).path).toBe('/a#b')
  })

  it('refuses an option that it does not know', () => {
    const options = { allow_fragments: false } as object
    expect(() => urlsplit('/a', options)).toThrow("there is no option 'allow_fragments'")
  })
})

describe('the authority', () => {
  it.each<
    [
      netloc: string,
      user: string | null,
      password: string | null,
      host: string | null,
      port: number | null,
    ]
  >([
    ['h', null, null, 'h', null],
    ['H:80', null, null, 'h', 80],
    ['h:', null, null, 'h', null],
    [':80', null, null, null, 80],
    ['u@h', 'u', null, 'h', null],
    ['u:p@h:1', 'u', 'p', 'h', 1],
    ['u:@h', 'u', '', 'h', null],
    ['u:p:q@h', 'u', 'p:q', 'h', null],
    ['@h', '', null, 'h', null],
    ['a@b@H:1', 'a@b', null, 'h', 1],
    ['u:p@[::A]:0', 'u', 'p', '::a', 0],
    ['[FE80::1%En0]', null, null, 'fe80::1%En0', null],
    ['h:65535', null, null, 'h', 65535],
  ])('of //%s/ is taken apart when asked', (netloc, user, password, host, port) => {
    const result = urlsplit(`//${netloc}/`)
    expect([result.username, result.password, result.hostname, result.port]).toEqual([
      user,
      password,
      host,
      port,
    ])
  })

  it.each(['x', '1x', '+1', '-1', '1 ', '1.0', '١', '1:2'])(
    'with the port %j throws when it is read',
    (port) => {
      expect(() => urlsplit(`//h:${port}/`).port).toThrow(SyntaxError)
    },
  )

  it('with a port that no machine has throws RangeError', () => {
    expect(() => urlsplit('//h:65536').port).toThrow('port 65536 is out of range 0-65535')
  })
})

describe('urlparse()', () => {
  it.each<[url: string, path: string, params: string]>([
    ['http://h/a;b', '/a', 'b'],
    ['http://h/a;b/c', '/a;b/c', ''],
    ['http://h/a;b/c;d;e', '/a;b/c', 'd;e'],
    [';a', '', 'a'],
    ['mailto:a;b', 'a;b', ''],
  ])('%s has the path %j and the params %j', (url, path, params) => {
    const result = urlparse(url)
    expect([result.path, result.params]).toEqual([path, params])
  })
})

describe('urlunsplit() and urlunparse()', () => {
  it.each<[title: string, parts: string[], url: string]>([
    ['put all parts together', ['http', 'h', '/p', 'q', 'f'], 'http://h/p?q#f'],
    ['put a slash between authority and path', ['http', 'h', 'p', '', ''], 'http://h/p'],
    ['write an empty authority where the scheme has one', ['file', '', '/p', '', ''], 'file:///p'],
    ['write none where it has none', ['mailto', '', 'a@b', '', ''], 'mailto:a@b'],
    ['leave out the marks of empty parts', ['', '', '/p', '', ''], '/p'],
  ])('%s', (_, parts, url) => {
    expect(urlunsplit(parts)).toBe(url)
    expect(urlunparse([...parts.slice(0, 3), '', ...parts.slice(3)])).toBe(url)
  })

  it('write params behind the path', () => {
    expect(urlunparse(['http', 'h', '/p', 'x', '', ''])).toBe('http://h/p;x')
  })

  it('refuse a wrong number of parts', () => {
    expect(() => urlunsplit(urlparse('http://h/'))).toThrow('urlunsplit: 5 parts are needed, not 6')
  })

  it.each([
    'http://u:p@h:1/a;b?c#d',
    'file:///etc/hosts',
    'mailto:a@b.c?subject=x',
    '//h/p',
    'svn+ssh://h/p',
  ])('undo what split %s', (url) => {
    expect(urlsplit(url).geturl()).toBe(url)
    expect(urlparse(url).geturl()).toBe(url)
    expect(`${urlsplit(url)}`).toBe(url)
  })
})

describe('urldefrag()', () => {
  it('gives the URL without its fragment, and the fragment', () => {
    const [url, fragment] = urldefrag('http://h/a?b#c#d')
    expect([url, fragment]).toEqual(['http://h/a?b', 'c#d'])
    expect(urldefrag('http://h/a?b#c#d').geturl()).toBe('http://h/a?b#c#d')
  })

  it('hands back a URL without fragment as it was written', () => {
    expect([...urldefrag('HTTP://h')]).toEqual(['HTTP://h', ''])
  })
})

describe('the result classes', () => {
  it('can be made by hand', () => {
    expect(new SplitResult('http', 'h', '/p', '', '').geturl()).toBe('http://h/p')
    expect(new ParseResult('http', 'h', '/p', 'x', '', '').geturl()).toBe('http://h/p;x')
  })
})
