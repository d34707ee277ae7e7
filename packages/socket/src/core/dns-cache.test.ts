import { describe, expect, test } from 'vitest'
import { AnswerCache, DEFAULT_CACHE } from './dns-cache.ts'

const answer = (ttl?: number) => ({
  addresses: [{ address: '192.0.2.1', family: 4 as const }],
  ttl,
})
const failure = (code: string) => Object.assign(new Error(code), { code })
const limits = { ...DEFAULT_CACHE, entries: 2 }

describe('time', () => {
  test.each([
    ['its own time', 5_000, 5_000],
    ['the longest there is', 9_999_999, DEFAULT_CACHE.maxTtl],
    ['the default where it says nothing', undefined, DEFAULT_CACHE.defaultTtl],
  ])('an answer is believed for %s', (_title, ttl, until) => {
    const cache = new AnswerCache(limits)
    cache.put('a', answer(ttl), 100)
    expect(cache.get('a', 100 + until - 1)).toEqual({ answer: answer(ttl) })
    expect(cache.get('a', 100 + until)).toBeUndefined()
    expect(cache.size).toBe(0)
  })
  test('an answer without any time is not kept', () => {
    const cache = new AnswerCache(limits)
    cache.put('a', answer(0), 0)
    expect(cache.size).toBe(0)
  })
  test.each([
    ['ENOTFOUND', true],
    ['ENODATA', true],
    ['EAI_AGAIN', false],
    ['ESERVFAIL', false],
    ['ERR_TIMEOUT', false],
  ])('the refusal %s is kept: %s', (code, isKept) => {
    const cache = new AnswerCache(limits)
    const error = failure(code)
    cache.putError('a', error, 0)
    expect(cache.get('a', DEFAULT_CACHE.negativeTtl - 1)).toEqual(isKept ? { error } : undefined)
    expect(cache.get('a', DEFAULT_CACHE.negativeTtl)).toBeUndefined()
  })
})

test('the name that was used longest ago makes room', () => {
  const cache = new AnswerCache(limits)
  cache.put('a', answer(), 0)
  cache.put('b', answer(), 0)
  cache.get('a', 1)
  cache.put('c', answer(), 2)
  expect(['a', 'b', 'c'].filter((key) => cache.get(key, 3) !== undefined)).toEqual(['a', 'c'])
})

test('forgets one name, or all', () => {
  const cache = new AnswerCache(limits)
  cache.put('__proto__', answer(), 0)
  cache.put('b', answer(), 0)
  cache.forget('b')
  expect(cache.size).toBe(1)
  cache.forget()
  expect(cache.size).toBe(0)
})
