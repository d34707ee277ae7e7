import { describe, expect, test } from 'vitest'
import { REASONS, reasonOf } from './error-codes.ts'
import {
  codeOf,
  isNetError,
  isTimeoutError,
  NetError,
  TimeoutError,
  UnexpectedEndError,
} from './errors.ts'

describe('the sentence', () => {
  test('has verb, target, reason, code, phase and time', () => {
    const error = new NetError({
      verb: 'connect',
      target: '127.0.0.1:8080',
      code: 'ECONNREFUSED',
      phase: 'connect',
      elapsed: 3.4,
    })
    expect(error.message).toBe(
      'connect 127.0.0.1:8080: connection refused (ECONNREFUSED, phase connect, 3 ms)',
    )
  })
  test('leaves out a target that is not known, and takes a better reason', () => {
    const error = new NetError({
      verb: 'recv',
      target: '',
      code: 'EINVAL',
      phase: 'receive',
      reason: 'not now',
    })
    expect(error.message).toBe('recv: not now (EINVAL, phase receive)')
  })
  test('of a timeout names the limit', () => {
    const error = new TimeoutError({ verb: 'recv', target: 'a:1', phase: 'idle', limit: 50 })
    expect(error.message).toBe('recv a:1: no byte within 50 ms (ERR_TIMEOUT, phase idle)')
    expect(error.code).toBe('ERR_TIMEOUT')
    expect(error).toBeInstanceOf(NetError)
  })
})

test('facts stay on the error; the lower error is the cause', () => {
  const cause = new Error('below')
  const errors = [new Error('one')]
  const error = new NetError({
    verb: 'v',
    target: 't',
    code: 'EPIPE',
    phase: 'send',
    bytesSent: 1,
    bytesReceived: 2,
    attempt: 3,
    cause,
    errors,
  })
  expect(error).toMatchObject({
    bytesSent: 1,
    bytesReceived: 2,
    attempt: 3,
    cause,
    errors,
    name: 'NetError',
  })
  expect('cause' in new NetError({ verb: 'v', target: '', code: 'EPIPE', phase: 'send' })).toBe(
    false,
  )
})

describe('guards', () => {
  const refused = new NetError({ verb: 'v', target: 't', code: 'ECONNREFUSED', phase: 'connect' })
  const late = new TimeoutError({ verb: 'v', target: 't', phase: 'send', limit: 1 })
  test('isNetError() looks at the brand and the code', () => {
    expect(isNetError(refused)).toBe(true)
    expect(isNetError(refused, 'ECONNREFUSED')).toBe(true)
    expect(isNetError(refused, 'EPIPE')).toBe(false)
    expect(isNetError(Object.assign(new Error('x'), { code: 'ECONNREFUSED' }))).toBe(false)
    expect(isNetError(null)).toBe(false)
  })
  test('isNetError() knows the errors of another copy of the package', () => {
    const foreign = Object.assign(new Error('x'), {
      code: 'EPIPE',
      [Symbol.for('sluice.NetError')]: true,
    })
    expect(isNetError(foreign, 'EPIPE')).toBe(true)
  })
  test('isTimeoutError() looks at the phase', () => {
    expect(isTimeoutError(late)).toBe(true)
    expect(isTimeoutError(late, 'send')).toBe(true)
    expect(isTimeoutError(late, 'idle')).toBe(false)
    expect(isTimeoutError(refused)).toBe(false)
  })
  test('codeOf() reads any code that is text', () => {
    expect(codeOf(refused)).toBe('ECONNREFUSED')
    expect(codeOf({ code: 7 })).toBeUndefined()
    expect(codeOf(undefined)).toBeUndefined()
  })
})

test('an unexpected end carries what came', () => {
  const partial = Uint8Array.of(1)
  const error = new UnexpectedEndError({ verb: 'v', target: '', phase: 'receive', partial })
  expect(error).toMatchObject({ partial, code: 'ERR_UNEXPECTED_END' })
})

test('the code table has plain words for every code, and passes unknown ones on', () => {
  for (const [code, reason] of Object.entries(REASONS)) {
    expect(code).toMatch(/^E[A-Z_0-9]+$/)
    expect(reason).toMatch(/^[a-z].*[^.]$/)
  }
  expect(reasonOf('EWEIRD')).toBe('EWEIRD')
  expect(reasonOf('toString')).toBe('toString')
})
