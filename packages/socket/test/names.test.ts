import { SOCK_DGRAM, SOCK_STREAM } from '@sluice/socket'
import {
  getaddrinfo,
  getfqdn,
  gethostbyaddr,
  gethostbyname,
  gethostname,
  getnameinfo,
  type NameOptions,
  networkInterfaces,
} from '@sluice/socket/dns'
import { isNetError } from '@sluice/socket/errors'
import { describe, expect, test } from 'vitest'
import * as C from '../src/core/constants.ts'
import { fakeSystem, rejection } from './kit.ts'

const system = fakeSystem({
  lookup: async (hostname, family) => {
    if (hostname !== 'two.test') throw Object.assign(new Error('no'), { code: 'ENOTFOUND' })
    const both = [
      { address: '2001:db8::1', family: 6 as const },
      { address: '192.0.2.1', family: 4 as const },
    ]
    return both.filter((one) => family === 0 || one.family === family)
  },
  reverse: async (address) => (address === '192.0.2.1' ? 'two.test' : address),
})

describe('getaddrinfo', () => {
  test('an answer for each address and kind of socket', async () => {
    const answers = await getaddrinfo('two.test', 'http', { system, flags: C.AI_CANONNAME })
    expect(
      answers.map(({ family, type, protocol, canonicalName, address }) => [
        family,
        type,
        protocol,
        canonicalName,
        address,
      ]),
    ).toEqual([
      [C.AF_INET6, SOCK_STREAM, 6, 'two.test', { hostname: '2001:db8::1', port: 80 }],
      [C.AF_INET, SOCK_STREAM, 6, '', { hostname: '192.0.2.1', port: 80 }],
    ])
    expect(await getaddrinfo('two.test', 'domain', { system, family: C.AF_INET })).toHaveLength(2)
    expect(await getaddrinfo('two.test', 80, { system, type: SOCK_DGRAM })).toHaveLength(2)
    expect(
      await getaddrinfo('two.test', null, { system, protocol: C.IPPROTO_UDP, type: SOCK_DGRAM }),
    ).toHaveLength(2)
  })

  test.each([
    [null, 80, 0, ['::1', '127.0.0.1']],
    [null, 80, C.AI_PASSIVE, ['0.0.0.0', '::']],
    ['127.0.0.1', 80, C.AI_NUMERICHOST, ['127.0.0.1']],
    ['fe80::1%eth0', '80', 0, ['fe80::1%eth0']],
  ])('host %s, service %s, flags %i: %j', async (host, service, flags, expected) => {
    const answers = await getaddrinfo(host, service, { flags, type: SOCK_STREAM, system })
    expect(answers.map(({ address }) => address.hostname)).toEqual(expected)
  })

  test.each([
    [null, null, {}, 'EAI_NONAME'],
    ['two.test', 'nonsense', {}, 'EAI_SERVICE'],
    ['two.test', 'http', { type: SOCK_DGRAM }, 'EAI_SERVICE'],
    ['two.test', 'http', { flags: C.AI_NUMERICSERV }, 'EAI_SERVICE'],
    ['two.test', 80, { flags: C.AI_NUMERICHOST }, 'EAI_NONAME'],
    ['two.test', 80, { family: 99 }, 'EAI_FAMILY'],
    ['two.test', 80, { type: 99 }, 'EAI_SOCKTYPE'],
    ['127.0.0.1', 80, { family: C.AF_INET6 }, 'EAI_ADDRFAMILY'],
    ['no.test', 80, {}, 'ENOTFOUND'],
  ])('host %s, service %s, %j: %s', async (host, service, hints, code) => {
    const error = await rejection(getaddrinfo(host, service, { ...hints, system }))
    expect(isNetError(error, code)).toBe(true)
    expect(error.message).toMatch(/^getaddrinfo( [\w.]*(:\w+)?)?: .+, phase lookup\)$/)
  })

  test('a port out of range is a RangeError', async () => {
    expect(await rejection(getaddrinfo('two.test', 65_536, { system }))).toBeInstanceOf(RangeError)
  })
})

test.each([
  [{ hostname: '192.0.2.1', port: 443 }, 0, { host: 'two.test', service: 'https' }],
  [
    { hostname: '192.0.2.1', port: 443 },
    C.NI_NUMERICHOST | C.NI_NUMERICSERV,
    { host: '192.0.2.1', service: '443' },
  ],
  [{ hostname: '192.0.2.2', port: 514 }, C.NI_DGRAM, { host: '192.0.2.2', service: 'syslog' }],
])('getnameinfo of %j with flags %i', async (address, flags, expected) => {
  expect(await getnameinfo(address, flags, { system })).toEqual(expected)
})

test('a name that has to be there and is not is ENOTFOUND', async () => {
  const failing = getnameinfo({ hostname: '192.0.2.2', port: 1 }, C.NI_NAMEREQD, { system })
  expect((await rejection(failing)).message).toBe(
    'getnameinfo 192.0.2.2: the address has no name (ENOTFOUND, phase lookup)',
  )
  expect(await rejection(getnameinfo({ hostname: 'name', port: 1 }))).toBeInstanceOf(SyntaxError)
  expect(await rejection(getnameinfo({ hostname: '::1', port: -1 }))).toBeInstanceOf(RangeError)
})

test('gethostbyname and gethostbyaddr', async () => {
  expect(await gethostbyname('two.test', { system })).toEqual({
    name: 'two.test',
    aliases: [],
    addresses: ['192.0.2.1'],
  })
  expect((await gethostbyname('', { system })).addresses).toEqual(['0.0.0.0'])
  expect(await gethostbyaddr('192.0.2.1', { system })).toMatchObject({ name: 'two.test' })
  expect(isNetError(await rejection(gethostbyaddr('192.0.2.2', { system })), 'ENOTFOUND')).toBe(
    true,
  )
  expect(await getfqdn('no.test', { system })).toBe('no.test')
  expect(await getfqdn('', { system })).toBe('here.test')
})

test('this machine has a name, and a loopback interface', () => {
  expect(gethostname()).toMatch(/./)
  const loopback = networkInterfaces().find(({ isLoopback }) => isLoopback)
  expect(loopback?.addresses).toContain('127.0.0.1')
})

test('a name without a service is told as it is', async () => {
  const error = await rejection(getaddrinfo('no.test', null, { system }))
  expect(error.message).toMatch(/^getaddrinfo no\.test: /)
})

describe('a signal ends', () => {
  const never = fakeSystem({
    lookup: () => new Promise(() => {}),
    reverse: () => new Promise(() => {}),
  })
  test.each<[string, (options: NameOptions) => Promise<unknown>]>([
    ['getaddrinfo', (options) => getaddrinfo('two.test', null, options)],
    [
      'getnameinfo',
      (options) => getnameinfo({ hostname: '192.0.2.1', port: 80 }, C.NI_NAMEREQD, options),
    ],
    ['gethostbyname', (options) => gethostbyname('two.test', options)],
    ['gethostbyaddr', (options) => gethostbyaddr('192.0.2.1', options)],
    ['getfqdn', (options) => getfqdn('two.test', options)],
  ])('%s, before it and while it waits', async (_name, ask) => {
    const reason = new Error('enough')
    const controller = new AbortController()
    const asked = rejection(ask({ signal: controller.signal, system: never }))
    await new Promise(setImmediate)
    controller.abort(reason)
    expect(await asked).toBe(reason)
    expect(await rejection(ask({ signal: controller.signal, system: never }))).toBe(reason)
    expect(await rejection(ask({ signal: 1 as never, system: never }))).toBeInstanceOf(TypeError)
  })
})
