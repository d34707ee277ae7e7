import { describe, expect, it } from 'vitest'
import { ProtocolError } from './errors.ts'
import { FieldBlock } from './field-block.ts'
import { requestFraming, responseFraming } from './framing.ts'
import { persists } from './keep-alive.ts'

function block(facts: Partial<FieldBlock>): FieldBlock {
  return Object.assign(new FieldBlock('\r\n'), facts)
}

describe('requestFraming()', () => {
  it.each([
    ['neither field', 'GET', 1, {}, 'none'],
    ['a length', 'POST', 1, { contentLength: 5 }, 'length'],
    ['a length of zero', 'POST', 1, { contentLength: 0 }, 'length'],
    ['chunked', 'POST', 1, { transferEncoding: 'Chunked' }, 'chunked'],
    ['CONNECT', 'CONNECT', 1, {}, 'tunnel'],
    ['both', 'POST', 1, { contentLength: 5, transferEncoding: 'chunked' }, 400],
    ['chunked in HTTP/1.0', 'POST', 0, { transferEncoding: 'chunked' }, 400],
    ['gzip, then chunked', 'POST', 1, { transferEncoding: 'gzip, chunked' }, 501],
    ['chunked, then gzip', 'POST', 1, { transferEncoding: 'chunked, gzip' }, 400],
    ['chunked twice', 'POST', 1, { transferEncoding: 'chunked, chunked' }, 400],
    ['an empty element', 'POST', 1, { transferEncoding: 'chunked,' }, 400],
    ['a parameter of chunked', 'POST', 1, { transferEncoding: 'chunked;q=1' }, 400],
    ['a no-break space', 'POST', 1, { transferEncoding: 'chunked\u00a0' }, 400],
    ['CONNECT with content', 'CONNECT', 1, { contentLength: 5 }, 400],
  ] as const)('%s', (_, method, minor, facts, expected) => {
    const decide = () => requestFraming(method, minor, block(facts))
    if (typeof expected === 'string') return expect(decide()).toBe(expected)
    expect(decide).toThrow(ProtocolError)
    try {
      decide()
    } catch (error) {
      expect(error).toMatchObject({ side: 'local', statusHint: expected })
    }
  })
})

describe('responseFraming()', () => {
  it.each([
    ['to HEAD', 'HEAD', 200, { contentLength: 5 }, 'none'],
    ['204', 'GET', 204, { transferEncoding: 'chunked' }, 'none'],
    ['304', 'GET', 304, { contentLength: 5 }, 'none'],
    ['2xx to CONNECT', 'CONNECT', 200, { contentLength: 5 }, 'tunnel'],
    ['4xx to CONNECT', 'CONNECT', 407, { contentLength: 5 }, 'length'],
    ['chunked', 'GET', 200, { transferEncoding: 'chunked' }, 'chunked'],
    ['gzip, then chunked', 'GET', 200, { transferEncoding: 'gzip, chunked' }, 'chunked'],
    ['gzip alone', 'GET', 200, { transferEncoding: 'gzip' }, 'close'],
    ['neither field', 'GET', 200, {}, 'close'],
    ['chunked, then gzip', 'GET', 200, { transferEncoding: 'chunked, gzip' }, undefined],
    ['both', 'GET', 200, { contentLength: 5, transferEncoding: 'chunked' }, undefined],
  ] as const)('%s', (_, method, status, facts, expected) => {
    const decide = () => responseFraming(method, status, 1, block(facts))
    if (expected === undefined) expect(decide).toThrow(ProtocolError)
    else expect(decide()).toBe(expected)
  })
})

describe('persists()', () => {
  it.each([
    ['HTTP/1.1', 1, {}, 'none', true],
    ['HTTP/1.1 with close', 1, { close: true }, 'none', false],
    ['HTTP/1.1 with close and keep-alive', 1, { close: true, keepAlive: true }, 'none', false],
    ['a later minor version', 9, {}, 'none', true],
    ['HTTP/1.0', 0, {}, 'none', false],
    ['HTTP/1.0 with keep-alive', 0, { keepAlive: true }, 'length', true],
    ['a body until the end of the connection', 1, {}, 'close', false],
  ] as const)('%s', (_, minor, facts, framing, expected) => {
    expect(persists(minor, block(facts), framing)).toBe(expected)
  })
})
