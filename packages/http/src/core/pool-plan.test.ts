import { expect, test } from 'vitest'
import { IDLE, idleLimit, MAX_IDLE, mayReplay } from './pool-plan.ts'

test.each([
  [null, IDLE],
  ['', IDLE],
  ['timeout=5', 4_000],
  ['timeout=5, max=100', 4_000],
  ['max=100, timeout = "60"', 59_000],
  ['timeout=1', 0],
  ['timeout=0', 0],
  ['timeout=5, max=0', 0],
  ['timeout=999999999', MAX_IDLE],
  ['timeout=x', IDLE],
  ['xtimeout=1', IDLE],
])('Keep-Alive: %j lets a connection wait %i ms', (field, ms) => {
  expect(idleLimit(field)).toBe(ms)
})

const gone = {
  method: 'GET',
  isReused: true,
  hasAnswer: false,
  isRepeatable: true,
  code: 'ECONNRESET',
}

test.each([
  ['a GET on a connection that had waited', {}, true],
  ['a PUT as well', { method: 'PUT' }, true],
  ['its end instead of a reset', { code: 'ERR_UNEXPECTED_END' }, true],
  ['a POST may do harm twice', { method: 'POST' }, false],
  ['an unknown method may do so too', { method: 'FROB' }, false],
  ['a fresh connection is no accident', { isReused: false }, false],
  ['half an answer is an answer', { hasAnswer: true }, false],
  ['a stream can not be read twice', { isRepeatable: false }, false],
  ['too late is too late', { code: 'ERR_TIMEOUT' }, false],
  ['an abort has no code', { code: undefined }, false],
])('%s', (_title, change, expected) => {
  expect(mayReplay({ ...gone, ...change })).toBe(expected)
})
