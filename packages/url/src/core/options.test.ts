import { describe, expect, it } from 'vitest'
import { checkOptions } from './options.ts'

describe('checkOptions()', () => {
  it('lets known keys pass', () => {
    expect(() => checkOptions('f', { a: 1 }, ['a', 'b'])).not.toThrow()
  })

  it('names the key that nobody reads, and those that are read', () => {
    expect(() => checkOptions('f', { c: 1 }, ['a', 'b'])).toThrow(
      "f: there is no option 'c'; there is a, b",
    )
  })

  it.each([null, 'a', true])('refuses %j, which is no object', (options) => {
    expect(() => checkOptions('f', options as unknown as object, ['a'])).toThrow(TypeError)
  })
})
