import { expect, test } from 'vitest'
import { sortAddresses } from './address-sort.ts'

const at = (address: string) => ({ address, family: address.includes(':') ? 6 : 4 }) as const

// RFC 6724 §10.2, all but the rows whose rule a program has no knowledge for (deprecated, home, native transport).
test.each([
  [
    'rule 2, prefer matching scope',
    ['2001:db8:1::1', '198.51.100.121'],
    ['2001:db8:1::2', 'fe80::1', '169.254.13.78'],
    ['2001:db8:1::1', '198.51.100.121'],
  ],
  [
    'rule 2, the other way round',
    ['2001:db8:1::1', '198.51.100.121'],
    ['fe80::1', '198.51.100.117'],
    ['198.51.100.121', '2001:db8:1::1'],
  ],
  [
    'rule 6, prefer higher precedence',
    ['2001:db8:1::1', '10.1.2.3'],
    ['2001:db8:1::2', 'fe80::1', '10.1.2.4'],
    ['2001:db8:1::1', '10.1.2.3'],
  ],
  [
    'rule 8, prefer smaller scope',
    ['2001:db8:1::1', 'fe80::1'],
    ['2001:db8:1::2', 'fe80::2'],
    ['fe80::1', '2001:db8:1::1'],
  ],
  [
    'rule 9, longest matching prefix',
    ['2001:db8:1::1', '2001:db8:3ffe::1'],
    ['2001:db8:1::2', '2001:db8:3f44::2', 'fe80::2'],
    ['2001:db8:1::1', '2001:db8:3ffe::1'],
  ],
  [
    'rule 5, prefer matching label',
    ['2002:c633:6401::1', '2001:db8:1::1'],
    ['2002:c633:6401::2', 'fe80::2'],
    ['2002:c633:6401::1', '2001:db8:1::1'],
  ],
  [
    'rule 6 with 6to4',
    ['2002:c633:6401::1', '2001:db8:1::1'],
    ['2002:c633:6401::2', '2001:db8:1::2', 'fe80::2'],
    ['2001:db8:1::1', '2002:c633:6401::1'],
  ],
  [
    'rule 1, a family without a source goes last',
    ['2001:db8::1', '192.0.2.1'],
    ['192.0.2.9'],
    ['192.0.2.1', '2001:db8::1'],
  ],
  [
    'rule 10, equals keep their order',
    ['192.0.2.200', '192.0.2.1'],
    ['192.0.2.2'],
    ['192.0.2.200', '192.0.2.1'],
  ],
  [
    'loopback comes first from loopback',
    ['127.0.0.1', '::1'],
    ['127.0.0.1', '::1', '192.0.2.9'],
    ['::1', '127.0.0.1'],
  ],
  [
    'a zone is looked past',
    ['2001:db8:1::1', 'fe80::1%eth0'],
    ['2001:db8:1::2', 'fe80::2%eth0'],
    ['fe80::1%eth0', '2001:db8:1::1'],
  ],
])('%s', (_title, destinations, sources, expected) => {
  expect(sortAddresses(destinations.map(at), sources)).toEqual(expected.map(at))
  // The order of the question never decides, but among equals.
  if (!_title.startsWith('rule 10'))
    expect(sortAddresses(destinations.toReversed().map(at), sources)).toEqual(expected.map(at))
})

test('text that is no address is refused', () => {
  expect(() => sortAddresses([at('name.test')], [])).toThrow(SyntaxError)
})
