import { describe, expect, test } from 'vitest'
import { UrlReader } from './fetch-url.ts'

describe('a reader of URLs', () => {
  test('gives the same object for the same text, where it may', () => {
    const reader = new UrlReader(undefined, true)
    const first = reader.read('http://a.test/x', 'GET')
    expect(first.href).toBe('http://a.test/x')
    expect(reader.read('http://a.test/x', 'POST')).toBe(first)
    expect(reader.read('http://a.test/y', 'GET')).not.toBe(first)
  })

  test('gives another object each time, where a stranger could change it', () => {
    const reader = new UrlReader(undefined, false)
    const first = reader.read('http://a.test/x', 'GET')
    expect(reader.read('http://a.test/x', 'GET')).not.toBe(first)
  })

  test('copies a URL of the program, which may change it', () => {
    const reader = new UrlReader(undefined, true)
    const given = new URL('http://a.test/x')
    const read = reader.read(given, 'GET')
    given.pathname = '/y'
    expect(read.href).toBe('http://a.test/x')
    expect(reader.read(given, 'GET').href).toBe('http://a.test/y')
  })

  test('reads relative ones by its own base alone', () => {
    const base = new URL('http://a.test/x/')
    const reader = new UrlReader(base, true)
    expect(reader.read('y', 'GET').href).toBe('http://a.test/x/y')
    expect(new UrlReader('http://b.test/', true).read('y', 'GET').href).toBe('http://b.test/y')
    base.hostname = 'c.test'
    expect(reader.read('z', 'GET').href).toBe('http://a.test/x/z')
  })

  test('keeps no more than so many, and none that is long', () => {
    const reader = new UrlReader(undefined, true)
    const first = reader.read('http://a.test/', 'GET')
    for (let i = 0; i < 256; i++) reader.read(`http://a.test/${i}`, 'GET')
    expect(reader.read('http://a.test/', 'GET')).not.toBe(first)
    const long = `http://a.test/${'x'.repeat(2000)}`
    expect(reader.read(long, 'GET')).not.toBe(reader.read(long, 'GET'))
  })

  test.each([
    ['http://a.test/\n', /line end/],
    ['http://a.test/\ud800', /half a character/],
    ['/x', /scheme missing/],
    ['http://', /not a valid URL/],
    ['http://me@a.test/', /credentials/],
  ])('refuses %j each time', (text, words) => {
    const reader = new UrlReader(undefined, true)
    for (let i = 0; i < 2; i++) expect(() => reader.read(text, 'GET')).toThrow(words)
  })
})
