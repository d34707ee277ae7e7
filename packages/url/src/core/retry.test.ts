import { describe, expect, test } from 'vitest'
import { planRetries, planRetry, type RetryFacts, type RetryRules, replyIn } from './retry.ts'

const NOW = Date.UTC(2026, 0, 1)
const RULES = planRetries('fetch', { retries: 3, delay: 100, maxDelay: 300 }) as RetryRules
const FACTS: RetryFacts = {
  method: 'GET',
  attempts: 1,
  status: 503,
  replayable: true,
  left: Number.POSITIVE_INFINITY,
}
const plan = (facts: Partial<RetryFacts>, chance = 0) =>
  planRetry({ ...FACTS, ...facts }, RULES, NOW, chance)
const failed = (code: string, phase = 'headers') => ({ status: undefined, code, phase })

describe('asks again', () => {
  test.each([
    ['a status that says so', {}, 100, '503'],
    ['the second time after twice as long', { attempts: 2 }, 200, '503'],
    ['no longer than the longest', { attempts: 3 }, 300, '503'],
    ['a connection that broke', failed('ECONNRESET'), 100, 'ECONNRESET'],
    ['a reply of FTP that says so', { ...failed('ERR_FTP_REPLY'), reply: 450 }, 100, '450'],
    [
      'a POST of which nothing has left',
      { method: 'POST', ...failed('ECONNREFUSED', 'connect') },
      100,
      'ECONNREFUSED',
    ],
    ['when the server wants it, in seconds', { retryAfter: '7' }, 7000, '503'],
    [
      'when the server wants it, by date',
      { retryAfter: 'Thu, 01 Jan 2026 00:00:09 GMT' },
      9000,
      '503',
    ],
    [
      'at once, when the date has passed',
      { retryAfter: 'Wed, 31 Dec 2025 00:00:00 GMT' },
      0,
      '503',
    ],
    ['as usual, when that is no time', { retryAfter: 'soon' }, 100, '503'],
  ])('%s', (_, facts, ms, because) => {
    expect(plan(facts)).toEqual({ kind: 'wait', ms, because })
  })

  test('with a half of the wait left to chance', () => {
    expect(plan({}, 0.5)).toMatchObject({ ms: 75 })
    expect(plan({}, 0.999)).toMatchObject({ ms: 50 })
    expect(plan({ retryAfter: '1' }, 0.9)).toMatchObject({ ms: 1000 })
  })
})

describe('does not ask again', () => {
  test.each<[string, Partial<RetryFacts>]>([
    ['too often', { attempts: 4 }],
    ['what was an answer', { status: 200 }],
    ['what will stay so', { status: 404 }],
    ['a reply of FTP that will stay so', { ...failed('ERR_FTP_REPLY'), reply: 550 }],
    ['a name that does not exist', failed('ENOTFOUND', 'lookup')],
    ['a certificate that is wrong', failed('ERR_TLS_CERT', 'tls')],
    ['what has no code', { status: undefined }],
    ['when all the time is over', failed('ERR_TIMEOUT', 'total')],
    ['a POST that may have arrived', { method: 'POST', ...failed('ECONNRESET') }],
    ['a POST that was answered', { method: 'POST' }],
    ['what can be sent once', { method: 'PUT', replayable: false }],
    ['later than it may wait', { retryAfter: '61' }],
    ['later than it has time', { left: 100 }],
  ])('%s', (_, facts) => {
    expect(plan(facts)).toEqual({ kind: 'stop' })
  })
})

test.each([
  [Object.assign(new Error(), { reply: { code: 421 } }), 421],
  [new Error(), undefined],
  [undefined, undefined],
  [{ reply: 'none' }, undefined],
])('the reply in an error: %o', (error, code) => {
  expect(replyIn(error)).toBe(code)
})

describe('the option', () => {
  test('is a number, true, or all of it', () => {
    expect(planRetries('fetch', 5)?.retries).toBe(5)
    expect(planRetries('fetch', true)?.retries).toBe(2)
    expect(planRetries('fetch', false)).toBeUndefined()
    expect(planRetries('fetch', 0)).toBeUndefined()
    expect(planRetries('fetch', { replies: [530] })?.replies.has(450)).toBe(false)
    expect(planRetries('fetch', { methods: ['post'] })?.methods.has('POST')).toBe(true)
  })
  test.each([
    [-1, /whole number/],
    [1.5, /whole number/],
    ['3', /must be an object/],
    [{ retry: 1 }, /fetch retry: there is no option 'retry'/],
    [{ delay: -1 }, /retry.delay takes milliseconds/],
    [{ maxRetryAfter: '1s' }, /retry.maxRetryAfter takes milliseconds/],
    [{ statuses: 503 }, /retry.statuses must be an array/],
  ])('%j is refused', (option, message) => {
    expect(() => planRetries('fetch', option as never)).toThrow(message)
  })
})
