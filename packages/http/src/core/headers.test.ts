import { describe, expect, it } from 'vitest'
import { Headers } from './headers.ts'

describe('Headers', () => {
  it('keeps order and case in raw(), and looks up without regard to case', () => {
    const headers = new Headers([
      ['X-B', '1'],
      ['x-a', '2'],
      ['x-b', '3'],
    ])
    expect(headers.raw()).toEqual([
      ['X-B', '1'],
      ['x-a', '2'],
      ['x-b', '3'],
    ])
    expect(headers.get('X-b')).toBe('1, 3')
    expect(headers.get('nothing')).toBeNull()
  })

  it('iterates as the web has it: sorted, small letters, Set-Cookie apart', () => {
    const pairs: [string, string][] = [
      ['Z', '1'],
      ['Set-Cookie', 'a=1'],
      ['A', '2'],
      ['set-cookie', 'b=2'],
      ['z', '3'],
    ]
    // As Fetch, "sort and combine", has it; Bun's own Headers puts Set-Cookie last.
    const sorted = [
      ['a', '2'],
      ['set-cookie', 'a=1'],
      ['set-cookie', 'b=2'],
      ['z', '1, 3'],
    ]
    expect([...new Headers(pairs)]).toEqual(sorted)
    expect([...new Headers(pairs).keys()]).toEqual(['a', 'set-cookie', 'set-cookie', 'z'])
    expect([...new Headers(pairs).values()]).toEqual(['2', 'a=1', 'b=2', '1, 3'])
    expect(new Headers(pairs).getSetCookie()).toEqual(['a=1', 'b=2'])
  })

  it('treats __proto__ and constructor as names like any other', () => {
    const headers = new Headers([['__proto__', 'x']])
    expect(headers.get('__proto__')).toBe('x')
    expect(headers.has('constructor')).toBe(false)
    expect(({} as Record<string, unknown>)['x']).toBeUndefined()
  })

  it('set() replaces the first and removes the others; delete() removes all', () => {
    const headers = new Headers([
      ['a', '1'],
      ['b', '2'],
      ['A', '3'],
    ])
    headers.set('A', '9')
    expect(headers.raw()).toEqual([
      ['a', '9'],
      ['b', '2'],
    ])
    headers.delete('A')
    expect(headers.raw()).toEqual([['b', '2']])
  })

  it.each([
    ['a CRLF in a value', 'x', 'a\r\nSet-Cookie: b'],
    ['a NUL in a value', 'x', 'a\0b'],
    ['a character whose low byte is CR', 'x', 'a\u560db'],
    ['a DEL in a value', 'x', 'a\x7f'],
    ['a space in a name', 'x y', 'v'],
    ['a colon in a name', 'x:', 'v'],
    ['an empty name', '', 'v'],
    ['a line end in a name', 'x\n', 'v'],
  ])('refuses %s', (_, name, value) => {
    expect(() => new Headers([[name, value]])).toThrow(TypeError)
    expect(() => new Headers().set(name, value)).toThrow(TypeError)
  })

  it('cuts white space around a value', () => {
    expect(new Headers({ x: ' \t a b \r\n' }).get('x')).toBe('a b')
  })

  it('is an instance of the platform class, and can fill one', () => {
    const headers = new Headers({ a: '1' })
    expect(headers).toBeInstanceOf(globalThis.Headers)
    expect(new globalThis.Headers([...headers]).get('a')).toBe('1')
  })

  it('refuses what is no list of pairs', () => {
    expect(() => new Headers([['a']])).toThrow(TypeError)
    expect(() => new Headers(5 as never)).toThrow(TypeError)
  })
})
