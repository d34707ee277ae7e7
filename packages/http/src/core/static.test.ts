import { describe, expect, test } from 'vitest'
import {
  escapeHtml,
  formatListing,
  formatSize,
  type ListedEntry,
  parseListingQuery,
  sortEntries,
} from './listing.ts'
import { isCompressible, mimeType } from './mime-types.ts'
import { folderPath, isShortName, parseStaticPath } from './static-path.ts'

describe('a path of a URL', () => {
  test.each([
    ['/', [], true],
    ['/a/b.txt', ['a', 'b.txt'], false],
    ['/a//b/', ['a', 'b'], true],
    ['//evil.test/', ['evil.test'], true],
    ['/a/./b', ['a', 'b'], false],
    ['/a/.', ['a'], true],
    ['/%61%20b', ['a b'], false],
    ['/ä', ['ä'], false],
  ])('%s is %j', (path, names, isFolder) => {
    expect(parseStaticPath(path)).toEqual({ names, isFolder })
  })
  test.each([
    '/..',
    '/a/../b',
    '/%2e%2e/x',
    '/a%2fb',
    '/a%5cb',
    '/a\\b',
    '/%00',
    '/.git/config',
    '/%zz',
    '/a:b',
    '/a.',
    '/a%20',
    '/x%0d%0a',
  ])('%s leads nowhere', (path) => {
    expect(parseStaticPath(path)).toBeUndefined()
  })
  test('hidden names only when they are asked for', () => {
    expect(parseStaticPath('/.well-known/x', true)?.names).toEqual(['.well-known', 'x'])
    expect(parseStaticPath('/..', true)).toBeUndefined()
  })
  test('the short names of Windows', () => {
    const short = ['GIT~1', 'ENV~1', 'LONGNA~1.TXT', 'A1B2~12.HTM']
    const plain = ['index.html', 'notes.~1~', '~1', 'a~b', 'draft~1.markdown', 'longername~1.txt']
    expect(short.filter(isShortName)).toEqual(short)
    expect(plain.filter(isShortName)).toEqual([])
  })
  test('a folder’s own path is never another host', () => {
    expect([folderPath([]), folderPath(['evil.test']), folderPath(['a b', 'c'])]).toEqual([
      '/',
      '/evil.test/',
      '/a%20b/c/',
    ])
  })
})

test.each([
  ['index.html', 'text/html; charset=utf-8', true],
  ['A.JS', 'text/javascript; charset=utf-8', true],
  ['x.json', 'application/json; charset=utf-8', true],
  ['x.tar.gz', 'application/gzip', false],
  ['x.png', 'image/png', false],
  ['x.svg', 'image/svg+xml; charset=utf-8', true],
  ['README', 'application/octet-stream', false],
  ['x.__proto__', 'application/octet-stream', false],
])('%s is %s', (name, type, compressible) => {
  expect(mimeType(name)).toBe(type)
  expect(isCompressible(type)).toBe(compressible)
})

describe('a listing', () => {
  const entry = (name: string, size?: number, modified = 0): ListedEntry => ({
    name,
    isFolder: size === undefined,
    size,
    modified,
  })
  const entries = [entry('b10', 1, 3), entry('b9', 2, 2), entry('z'), entry('A', 3, 1)]
  test.each([
    ['', ['z', 'A', 'b9', 'b10']],
    ['sort=name&order=desc', ['z', 'b10', 'b9', 'A']],
    ['sort=size', ['z', 'b10', 'b9', 'A']],
    ['sort=date&order=desc', ['z', 'b10', 'b9', 'A']],
    ['sort=nonsense', ['z', 'A', 'b9', 'b10']],
  ])('?%s is %j', (query, names) => {
    expect(
      sortEntries(entries, parseListingQuery(new URLSearchParams(query))).map(({ name }) => name),
    ).toEqual(names)
  })
  test('names of strangers are text, in elements and in links', () => {
    const bad = `"><script>alert(1)</script>&'.txt`
    const page = formatListing(['<b>'], [entry(bad, 1)], { order: 'name', isDescending: false })
    expect(page).not.toContain('<script>alert')
    expect(page).not.toContain('<b>')
    expect(page).toContain(escapeHtml(bad))
    expect(page).toContain('href="./%22%3E%3Cscript%3E')
    expect(page).toContain('aria-sort="ascending"')
  })
  test.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 kB'],
    [9_949, '9.9 kB'],
    [99_999, '100 kB'],
    [999_600, '1.0 MB'],
    [5e15, '5000 TB'],
  ])('%i bytes are %s', (bytes, text) => {
    expect(formatSize(bytes)).toBe(text)
  })
})
