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
])('%s is one sentence', (line, says) => {
  expect(() => plan(line)).toThrow(UsageError)
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
test.each([
  [new NetError({ ...facts, code: 'ENOTFOUND', phase: 'lookup' }), 6],
  [new NetError({ ...facts, code: 'ECONNREFUSED', phase: 'connect' }), 7],
  [new NetError({ ...facts, code: 'EADDRINUSE', phase: 'listen' }), 45],
  [new NetError({ ...facts, code: 'EPIPE', phase: 'send' }), 55],
  [new NetError({ ...facts, code: 'ECONNRESET', phase: 'receive' }), 56],
  [new TimeoutError({ ...facts, phase: 'connect', limit: 1 }), 28],
  [new TlsError({ ...facts, code: 'CERT_HAS_EXPIRED', reason: 'x' }), 60],
  [new TlsError({ ...facts, code: 'ERR_TLS', reason: 'x' }), 35],
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
