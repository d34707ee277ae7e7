import { expect, test } from 'vitest'
import { protocolByName, serviceByName, serviceByPort } from './services.ts'

test.each([
  ['http', undefined, 80],
  ['www', 'tcp', 80],
  ['http', 'udp', undefined],
  ['domain', 'udp', 53],
  ['shell', 'tcp', 514],
  ['syslog', 'udp', 514],
  ['submissions', undefined, 465],
  ['__proto__', undefined, undefined],
  ['', undefined, undefined],
] as const)('the service %s over %s is at port %s', (name, protocol, port) => {
  expect(serviceByName(name, protocol)).toBe(port)
})

test.each([
  [80, 'tcp', 'http'],
  [443, undefined, 'https'],
  [514, 'udp', 'syslog'],
  [1, 'udp', undefined],
  [65_535, undefined, undefined],
] as const)('port %i over %s is %s', (port, protocol, name) => {
  expect(serviceByPort(port, protocol)).toBe(name)
})

test.each([
  ['tcp', 6],
  ['UDP', 17],
  ['ipv6-icmp', 58],
  ['nonsense', undefined],
])('the protocol %s is %s', (name, number) => {
  expect(protocolByName(name)).toBe(number)
})
