import { NetError } from '@sluice/socket/errors'
import { describe, expect, it } from 'vitest'
import { FetchError, HttpStatusError, isFetchError, maskUrl } from './errors.ts'

describe('FetchError', () => {
  it('is a TypeError that says verb, target, reason, code and phase', () => {
    const error = new FetchError({
      method: 'GET',
      url: 'http://u:secret@h/big',
      code: 'ERR_INCOMPLETE_BODY',
      phase: 'body',
      reason: 'body ended after 1024 of 4096 bytes',
      elapsed: 3.2,
    })
    expect(error).toBeInstanceOf(TypeError)
    expect(error.message).toBe(
      'GET http://u:***@h/big: body ended after 1024 of 4096 bytes (ERR_INCOMPLETE_BODY, phase body, 3 ms)',
    )
  })

  it('takes code, phase and counts from the error below, and keeps that', () => {
    const cause = new NetError({
      ...{ verb: 'connect', target: 'h:80', code: 'ECONNREFUSED', phase: 'connect' },
      bytesSent: 7,
    })
    const error = new FetchError({ method: 'GET', url: 'http://h/', cause })
    expect(error.message).toBe('GET http://h/: connection refused (ECONNREFUSED, phase connect)')
    expect([error.code, error.phase, error.bytesSent]).toEqual(['ECONNREFUSED', 'connect', 7])
    expect(error.cause).toBe(cause)
  })

  it('is one line that does nothing to a terminal, whoever wrote parts of it', () => {
    const url = 'http://h/\n\u001b[31m'
    const facts = { method: 'GET', url, status: 404, statusText: '\u009b31mno\u202e' }
    expect(new HttpStatusError(facts).message).toBe(
      'GET http://h/\\u000a\\u001b[31m: the server answered 404 \\u009b31mno\\u202e (ERR_STATUS, phase headers)',
    )
  })

  it('tells an unknown trouble in the words of the error below', () => {
    const error = new FetchError({ method: 'GET', url: 'x:', cause: new Error('no luck') })
    expect(error.message).toBe('GET x:: no luck (ERR_FETCH, phase fetch)')
  })

  it('is told in the words below for a code that no table has, whatever it is called', () => {
    const cause = new Error('words')
    const error = new FetchError({ method: 'GET', url: 'http://h/', code: 'constructor', cause })
    expect(error.message).toContain(': words (constructor, ')
  })

  it('is known by its mark, and by its code', () => {
    const error = new FetchError({ method: 'GET', url: 'http://h/', code: 'ENOTFOUND' })
    expect([isFetchError(error), isFetchError(error, 'ENOTFOUND')]).toEqual([true, true])
    expect([isFetchError(error, 'EPIPE'), isFetchError(new TypeError('x'))]).toEqual([false, false])
  })
})

describe('maskUrl()', () => {
  it.each([
    ['http://h/a:b@c', 'http://h/a:b@c'],
    ['http://u:p@h/', 'http://u:***@h/'],
    ['http://token@h', 'http://***@h'],
    ['http://a@b:c@h?x@y', 'http://a@b:***@h?x@y'],
    ['mailto:a@b', 'mailto:a@b'],
  ])('shows %s as %s', (url, shown) => {
    expect(maskUrl(url)).toBe(shown)
  })
})
