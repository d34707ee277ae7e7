import { describe, expect, test } from 'vitest'
import { classifyAddress } from './address-class.ts'
import { formatNetwork, NetworkList, networkContains, parseNetwork } from './network.ts'

describe('networks', () => {
  test.each([
    ['10.0.0.0/8', '10.255.255.255', true],
    ['10.0.0.0/8', '11.0.0.0', false],
    ['10.0.0.0/8', '::ffff:10.1.2.3', true],
    ['::ffff:10.0.0.0/104', '10.9.9.9', true],
    ['192.0.2.7', '192.0.2.7', true],
    ['192.0.2.7', '192.0.2.8', false],
    ['192.0.2.0/31', '192.0.2.1', true],
    ['192.0.2.0/31', '192.0.2.2', false],
    ['0.0.0.0/0', '255.255.255.255', true],
    ['0.0.0.0/0', '::1', false],
    ['::/0', '10.0.0.1', false],
    ['2001:db8::/33', '2001:db8:7fff::', true],
    ['2001:db8::/33', '2001:db8:8000::', false],
    ['fe80::/10', 'fe80::1%eth0', true],
  ])('%s has %s: %s', (network, address, has) => {
    expect(networkContains(parseNetwork(network), address)).toBe(has)
    expect(new NetworkList(['203.0.113.0/24', network]).has(address)).toBe(has)
  })

  test.each(['10.0.0.0/8', '2001:db8::/32', '::1/128', '0.0.0.0/0'])(
    '%s survives the way there and back',
    (text) => {
      expect(formatNetwork(parseNetwork(text))).toBe(text)
    },
  )

  test.each([
    ['', 'is not an IPv4 address'],
    ['10.0.0.0/33', 'the prefix has 0 to 32 bits'],
    ['::/129', 'the prefix has 0 to 128 bits'],
    ['10.0.0.1/8', 'there are bits after the prefix; the network is 10.0.0.0/8'],
    ['10.0.0.0/-1', '"10.0.0.0/-1" is not an IPv4 address'],
    ['10.0.0.0/8/8', '"10.0.0.0/8/8" is not an IPv4 address'],
    ['10.0.0.0/', '"10.0.0.0/" is not an IPv4 address'],
    ['0177.0.0.1', 'is not an IPv4 address'],
    ['fe80::1%eth0', 'is not an IPv6 address'],
  ])('%s is refused', (text, says) => {
    expect(() => parseNetwork(text)).toThrow(SyntaxError)
    expect(() => parseNetwork(text)).toThrow(says)
  })

  test('an empty list has nothing', () => {
    expect(new NetworkList([]).has('10.0.0.1')).toBe(false)
  })
})

test.each([
  ['8.8.8.8', 'global'],
  ['2606:4700::1111', 'global'],
  ['192.0.0.9', 'global'],
  ['0.0.0.0', 'unspecified'],
  ['0.1.2.3', 'reserved'],
  ['10.0.0.1', 'private'],
  ['172.31.255.255', 'private'],
  ['172.32.0.0', 'global'],
  ['192.168.1.1', 'private'],
  ['100.64.0.1', 'shared'],
  ['100.128.0.1', 'global'],
  ['127.255.0.1', 'loopback'],
  ['169.254.169.254', 'link-local'],
  ['192.0.2.1', 'documentation'],
  ['198.19.0.1', 'benchmarking'],
  ['224.0.0.1', 'multicast'],
  ['255.255.255.255', 'broadcast'],
  ['250.0.0.1', 'reserved'],
  ['::', 'unspecified'],
  ['::1', 'loopback'],
  ['::ffff:127.0.0.1', 'loopback'],
  ['::ffff:8.8.8.8', 'global'],
  ['64:ff9b::7f00:1', 'loopback'],
  ['64:ff9b::808:808', 'global'],
  ['64:ff9b:1::1', 'private'],
  ['2002:7f00:1::', 'loopback'],
  ['2002:a00:1::', 'private'],
  ['::10.0.0.1', 'private'],
  ['fd00::1', 'private'],
  ['fe80::1%eth0', 'link-local'],
  ['ff02::1', 'multicast'],
  ['2001:db8::1', 'documentation'],
  ['2001:20::1', 'global'],
  ['2001:10::1', 'reserved'],
  ['4000::1', 'reserved'],
])('%s is %s', (address, expected) => {
  expect(classifyAddress(address)).toBe(expected)
})

test.each(['127.1', '0x7f000001', '[::1]', 'localhost', ''])('%j is no address', (text) => {
  expect(() => classifyAddress(text)).toThrow(SyntaxError)
})
