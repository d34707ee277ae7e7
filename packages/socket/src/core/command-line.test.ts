import { describe, expect, test } from 'vitest'
import { type CommandPlan, linkOf, numberOf, parseCommandLine, UsageError } from './command-line.ts'
import { NetError, ProxyError, TimeoutError, TlsError } from './errors.ts'
import { exitCodeOf } from './exit-codes.ts'

const plan = (line: string): CommandPlan => parseCommandLine(line.split(' ')) as CommandPlan

test.each([
  ['connect h:1', ['h:1'], []],
  ['connect h 80', ['h:80'], []],
  ['connect ::1 80', ['[::1]:80'], []],
  ['connect 8080', ['127.0.0.1:8080'], []],
  [
    'connect -4C h:1 --timeout=2',
    ['h:1'],
    [
      ['ipv4', ['']],
      ['crlf', ['']],
      ['timeout', ['2']],
    ],
  ],
  ['connect -x a -x b h:1', ['h:1'], [['proxy', ['a', 'b']]]],
  [
    'listen -ke cat 8080',
    ['127.0.0.1:8080'],
    [
      ['keep', ['']],
      ['exec', ['cat']],
    ],
  ],
  ['connect -- -h:1', ['-h:1'], []],
  ['connect -k TLS://h:1', ['TLS://h:1'], [['insecure', ['']]]],
  ['relay --ca ca.pem 1 tls://h:2', ['127.0.0.1:1', 'tls://h:2'], [['ca', ['ca.pem']]]],
  ['relay 1 unix:/x', ['127.0.0.1:1', 'unix:/x'], []],
])('%s', (line, operands, flags) => {
  expect(plan(line).operands).toEqual(operands)
  expect([...plan(line).flags]).toEqual(flags)
})

test.each([
  ['frobnicate', "there is no command 'frobnicate'; there are connect, listen, relay"],
  ['connect', 'connect takes TARGET'],
  ['relay a:1', 'relay takes FROM TO'],
  ['connect --tlz h:1', 'connect: there is no option --tlz'],
  ['connect -q h:1', 'connect: there is no option -q'],
  ['connect h:1 --timeout', 'connect: --timeout needs a value: SECONDS'],
  ['connect --tls=yes h:1', 'connect: --tls takes no value'],
  ['connect --__proto__ h:1', 'connect: there is no option --__proto__'],
  ['constructor', "there is no command 'constructor'"],
  ['connect --udp --tls h:1', 'connect: --udp and --tls do not go together'],
  ['connect -u -x socks5://p:1 h:1', 'connect: --udp and --proxy do not go together'],
  ['connect -uz h:1', 'connect: --udp and --scan do not go together'],
  ['connect -46 h:1', 'connect: --ipv4 and --ipv6 do not go together'],
  ['listen -u --cert c.pem 1', 'listen: --udp and --cert do not go together'],
  ['listen --echo -e cat 1', 'listen: --echo and --exec do not go together'],
  ['listen --key k.pem 1', 'listen: --key without --cert'],
  ['connect --ca ca.pem h:1', 'connect: --ca without --tls, or a target tls://'],
  ['connect -k tcp://h:1', 'connect: --insecure without --tls'],
  ['relay --server-name h tls://h:1 h:2', 'relay: --server-name without --tls'],
])('%s is one sentence', (line, says) => {
  expect(() => plan(line)).toThrow(UsageError)
  expect(() => plan(line)).toThrow(says)
})

test.each([
  ['connect nonsense', 'expected host:port'],
  ['connect h 99999', 'port must be a whole number from 0 to 65535, not 99999'],
  ['relay 1 http://h:1', "no scheme 'http' here"],
  ['listen unix:', 'path of a Unix socket must not be empty'],
  [`listen unix:/${'x'.repeat(200)}`, 'the path has 201 bytes, and 107 fit'],
])('%s is no target', (line, says) => {
  expect(() => plan(line)).toThrow(SyntaxError)
  expect(() => plan(line)).toThrow(says)
})

describe('help', () => {
  test.each([[[]], [['help']], [['--help']]])('%j lists the commands', (args) => {
    expect(parseCommandLine(args)).toMatch(/connect TARGET[\s\S]+listen TARGET[\s\S]+relay FROM TO/)
  })
  test('of one command lists its options', () => {
    expect(parseCommandLine(['relay', '--help'])).toMatch(/--latency MS +hold/)
  })
})

test('numbers, and the line of a relay', () => {
  expect(linkOf(plan('relay --latency 50 --loss 0.1 a:1 b:1'))).toEqual({ latency: 50, loss: 0.1 })
  expect(() => numberOf(plan('connect --timeout soon h:1'), 'timeout')).toThrow(
    "connect: --timeout must be a number, not 'soon'",
  )
})

const facts = { verb: 'connect', target: 'h:1' }
test.each<[Error, number]>([
  [new NetError({ ...facts, code: 'ENOTFOUND', phase: 'lookup' }), 6],
  [new NetError({ ...facts, code: 'ECONNREFUSED', phase: 'connect' }), 7],
  [new NetError({ ...facts, code: 'EADDRINUSE', phase: 'listen' }), 45],
  [new NetError({ ...facts, code: 'EPIPE', phase: 'send' }), 55],
  [new NetError({ ...facts, code: 'ECONNRESET', phase: 'receive' }), 56],
  [new TimeoutError({ ...facts, phase: 'connect', limit: 1 }), 28],
  [new TlsError({ ...facts, code: 'CERT_HAS_EXPIRED', reason: 'x' }), 60],
  [new TlsError({ ...facts, code: 'ERR_TLS', reason: 'x' }), 35],
  ...[
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    'INVALID_CA',
    'PATH_LENGTH_EXCEEDED',
    'HOSTNAME_MISMATCH',
    'ERR_TLS_CERT_ALTNAME_INVALID',
    'ERR_TLS_NO_CERTIFICATE',
    'ERR_TLS_PIN',
  ].map((code): [Error, number] => [new TlsError({ ...facts, code, reason: code }), 60]),
  ...['ERR_TLS_ALERT_CERTIFICATE_REQUIRED', 'ERR_TLS_ALERT_UNKNOWN_CA', 'ECONNRESET'].map(
    (code): [Error, number] => [new TlsError({ ...facts, code, reason: code }), 35],
  ),
  [new ProxyError({ ...facts, code: 'ECONNREFUSED', proxy: 'p', reason: 'x' }), 97],
  [new ProxyError({ ...facts, code: 'ENOTFOUND', proxy: 'p', reason: 'x' }), 5],
  [new ProxyError({ ...facts, code: 'ERR_TIMEOUT', proxy: 'p', reason: 'x' }), 28],
  [new SyntaxError('target'), 3],
  [new TypeError('option'), 2],
  [Object.assign(new Error('no file'), { code: 'ENOENT' }), 26],
  [new Error('what?'), 1],
])('%s exits with %i', (error, code) => {
  expect(exitCodeOf(error)).toBe(code)
})
