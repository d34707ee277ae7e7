import type { Stats } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { FileCache } from './file-cache.ts'

const NOW = 1_000_000
const stats = (changed: Partial<Stats> = {}): Stats =>
  ({ ino: 1, dev: 2, size: 4, mtimeMs: NOW - 9000, ctimeMs: NOW - 9000, ...changed }) as Stats
const file = (place: string, size = 4, changed: Partial<Stats> = {}) => ({
  place,
  path: place,
  stats: stats({ size, ...changed }),
  bytes: new Uint8Array(size),
})

describe('a file that is kept', () => {
  it('is found while all that the system says of it is the same', () => {
    for (const changed of [
      {},
      { ino: 9 },
      { dev: 9 },
      { size: 9 },
      { mtimeMs: 9 },
      { ctimeMs: 9 },
    ]) {
      const cache = new FileCache(100)
      cache.add(file('a'), NOW)
      const isFound = cache.find('a', stats(changed)) !== undefined
      expect(isFound).toBe(Object.keys(changed).length === 0)
      // One that has changed is forgotten.
      expect(cache.has('a')).toBe(isFound)
    }
  })

  it('has lain still for a while, and fits', () => {
    const cache = new FileCache(100)
    cache.add(file('new', 4, { mtimeMs: NOW - 2000 }), NOW)
    cache.add(file('moved', 4, { ctimeMs: NOW - 2000 }), NOW)
    cache.add(file('of the future', 4, { mtimeMs: NOW + 9000 }), NOW)
    cache.add(file('large', 101), NOW)
    for (const place of ['new', 'moved', 'of the future', 'large'])
      expect(cache.has(place)).toBe(false)
    const none = new FileCache(0)
    none.add(file('a'), NOW)
    expect(none.has('a')).toBe(false)
  })

  it('goes when there is no room, the one that was not asked for the longest first', () => {
    const cache = new FileCache(100)
    for (const place of ['a', 'b']) cache.add(file(place, 40), NOW)
    cache.find('a', stats({ size: 40 }))
    cache.add(file('c', 40), NOW)
    expect(['a', 'b', 'c'].map((place) => cache.has(place))).toEqual([true, false, true])
    // The same once more takes no more room.
    cache.add(file('c', 40), NOW)
    cache.add(file('d', 20), NOW)
    expect(['a', 'c', 'd'].map((place) => cache.has(place))).toEqual([true, true, true])
  })
})
