import { describe, expect, it } from 'vitest'
import { urljoin } from './join.ts'

describe('urljoin()', () => {
  // RFC 3986 §5.4.1 and §5.4.2, in the order of the RFC.
  it.each([
    ['g:h', 'g:h'],
    ['g', 'http://a/b/c/g'],
    ['./g', 'http://a/b/c/g'],
    ['g/', 'http://a/b/c/g/'],
    ['/g', 'http://a/g'],
    ['//g', 'http://g'],
    ['?y', 'http://a/b/c/d;p?y'],
    ['g?y', 'http://a/b/c/g?y'],
    ['#s', 'http://a/b/c/d;p?q#s'],
    ['g#s', 'http://a/b/c/g#s'],
    ['g?y#s', 'http://a/b/c/g?y#s'],
    [';x', 'http://a/b/c/;x'],
    ['g;x', 'http://a/b/c/g;x'],
    ['g;x?y#s', 'http://a/b/c/g;x?y#s'],
    ['', 'http://a/b/c/d;p?q'],
    ['.', 'http://a/b/c/'],
    ['./', 'http://a/b/c/'],
    ['..', 'http://a/b/'],
    ['../', 'http://a/b/'],
    ['../g', 'http://a/b/g'],
    ['../..', 'http://a/'],
    ['../../', 'http://a/'],
    ['../../g', 'http://a/g'],
    ['../../../g', 'http://a/g'],
    ['../../../../g', 'http://a/g'],
    ['/./g', 'http://a/g'],
    ['/../g', 'http://a/g'],
    ['g.', 'http://a/b/c/g.'],
    ['..g', 'http://a/b/c/..g'],
    ['./../g', 'http://a/b/g'],
    ['./g/.', 'http://a/b/c/g/'],
    ['g/./h', 'http://a/b/c/g/h'],
    ['g/../h', 'http://a/b/c/h'],
    ['g;x=1/../y', 'http://a/b/c/y'],
    ['g?y/../x', 'http://a/b/c/g?y/../x'],
    ['g#s/../x', 'http://a/b/c/g#s/../x'],
    // §5.2.2, "not strict": what RFC 1808 asked for.
    ['http:g', 'http://a/b/c/g'],
  ])('resolves %j to %s', (reference, url) => {
    expect(urljoin('http://a/b/c/d;p?q', reference)).toBe(url)
  })

  it.each<[title: string, base: string, url: string, joined: string]>([
    ['an empty base is no base', '', 'a', 'a'],
    ['a base without hierarchy is none', 'mailto:a@b', 'c', 'c'],
    ['an unknown scheme is none', 'x-y://h/a', 'b', 'b'],
    ['a bare host gets its slash', 'http://h', 'a', 'http://h/a'],
    ['empty segments of the base are dropped', 'http://h/a//b', 'c', 'http://h/a/c'],
    ['a path without root stays one', 'a/b/c', '../d', 'a/d'],
  ])('%s', (_, base, url, joined) => {
    expect(urljoin(base, url)).toBe(joined)
  })

  it('can leave the fragment in the path', () => {
    expect(urljoin('http://h/a', 'b#c', { allowFragments: false })).toBe('http://h/b#c')
    expect(urljoin('http://h/a#b', '', { allowFragments: false })).toBe('http://h/a#b')
  })
})
