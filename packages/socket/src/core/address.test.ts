import { describe, expect, test } from 'vitest'
import { type Endpoint, formatEndpoint, parseTarget, type Target } from './address.ts'

const good: [target: Target, endpoint: Endpoint][] = [
  ['tcp://127.0.0.1:8080', { hostname: '127.0.0.1', port: 8080 }],
  ['TCP://example.com:80/', { hostname: 'example.com', port: 80 }],
  ['udp://[::1]:53', { hostname: '::1', port: 53 }],
  ['localhost:0', { hostname: 'localhost', port: 0 }],
  ['[fe80::1%eth0]:65535', { hostname: 'fe80::1%eth0', port: 65535 }],
  [':80', { hostname: '', port: 80 }],
  ['unix:/tmp/a b.sock', { path: '/tmp/a b.sock' }],
  ['unix:///tmp/a.sock', { path: '/tmp/a.sock' }],
  ['unix:relative.sock', { path: 'relative.sock' }],
  [
    { hostname: 'h', port: 1 },
    { hostname: 'h', port: 1 },
  ],
  [{ path: '\0abstract' }, { path: '\0abstract' }],
  [{ path: `/${'x'.repeat(106)}` }, { path: `/${'x'.repeat(106)}` }],
  [{ path: `\0${'x'.repeat(107)}` }, { path: `\0${'x'.repeat(107)}` }],
  [{ path: `\\\\.\\pipe\\${'x'.repeat(200)}` }, { path: `\\\\.\\pipe\\${'x'.repeat(200)}` }],
]
test.each(good)('parseTarget(%j)', (target, endpoint) => {
  expect(parseTarget(target)).toEqual(endpoint)
})

const bad: [target: unknown, kind: ErrorConstructor, says: string][] = [
  ['', SyntaxError, 'expected host:port'],
  ['localhost', SyntaxError, 'expected host:port'],
  ['localhost:', SyntaxError, 'expected host:port'],
  ['localhost:http', SyntaxError, 'expected host:port'],
  ['::1:80', SyntaxError, 'expected host:port'],
  ['http://h:80', SyntaxError, "no scheme 'http' here"],
  ['tcp://user@h:80', SyntaxError, 'expected host:port'],
  ['tcp://h:80/path', SyntaxError, 'expected host:port'],
  ['h:65536', RangeError, 'from 0 to 65535'],
  ['unix:', SyntaxError, 'must not be empty'],
  ['a\nb:80', SyntaxError, 'control character'],
  [{ hostname: 'a b', port: 1 }, SyntaxError, 'control character or a space'],
  [{ hostname: 'h', port: 1.5 }, RangeError, 'whole number'],
  [{ hostname: 'h', port: '80' }, TypeError, 'must be a number, not a string'],
  [{ hostname: 1, port: 80 }, TypeError, 'hostname must be a string'],
  [{ path: 'a\0b' }, SyntaxError, 'NUL byte'],
  [{ path: 7 }, TypeError, 'path must be a string'],
  [null, TypeError, 'not null'],
  [80, TypeError, 'not a number'],
]
test.each(bad)('parseTarget(%j) is refused in one sentence', (target, kind, says) => {
  const parse = (): Endpoint => parseTarget(target as Target)
  expect(parse).toThrow(kind)
  expect(parse).toThrow(says)
})

test.each([
  ['http://user:secret@h:80', '"***@h:80"'],
  ['tcp://user:sec/ret@h:80', '"***@h:80"'],
  ['user:secret@h:80', '"***@h:80"'],
  ['user:secret@://h', '"***@://h"'],
])('a password in %j is in no sentence', (target, shown) => {
  expect(() => parseTarget(target)).toThrow(`target ${shown}:`)
  expect(() => parseTarget(target)).not.toThrow('secret')
})

test.each([
  [`/${'x'.repeat(107)}`, 108, 107],
  [`/${'ä'.repeat(54)}`, 109, 107],
  [`\0${'x'.repeat(108)}`, 109, 108],
])('a path of a Unix socket that does not fit is refused: %j', (path, has, fit) => {
  for (const target of [{ path }, `unix:${path}`])
    expect(() => parseTarget(target)).toThrow(
      expect.objectContaining({
        code: 'ENAMETOOLONG',
        message: `open unix:${path.replace('\0', '@')}: the path has ${has} bytes, and ${fit} fit into an address (ENAMETOOLONG, phase open)`,
      }),
    )
})

describe('formatEndpoint()', () => {
  test.each([
    [{ hostname: '127.0.0.1', port: 80 }, '127.0.0.1:80'],
    [{ hostname: '::1', port: 80 }, '[::1]:80'],
    [{ path: '/tmp/a' }, 'unix:/tmp/a'],
    [{ path: '\0a' }, 'unix:@a'],
  ])('%j is %s', (endpoint, text) => {
    expect(formatEndpoint(endpoint)).toBe(text)
  })
})
