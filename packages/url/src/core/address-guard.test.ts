import { describe, expect, test } from 'vitest'
import { planPrivate } from './address-guard.ts'

describe('denyPrivate', () => {
  const allows = planPrivate('fetch', true)
  test.each([
    '127.0.0.1',
    '127.9.9.9',
    '10.0.0.1',
    '172.16.0.1',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
    '224.0.0.1',
    '255.255.255.255',
    '::1',
    '::',
    'fe80::1',
    'fe80::1%eth0',
    'fc00::1',
    '::ffff:127.0.0.1',
    '64:ff9b::7f00:1',
    '2002:7f00:1::1',
    'ff02::1',
  ])('refuses %s', (address) => {
    expect(allows(address)).toBe(false)
  })
  test.each(['93.184.216.34', '8.8.8.8', '2606:2800:220:1:248:1893:25c8:1946', '::ffff:8.8.8.8'])(
    'allows %s',
    (address) => {
      expect(allows(address)).toBe(true)
    },
  )
  test('allows what is excepted', () => {
    const rule = planPrivate('fetch', { except: ['10.1.0.0/16', '::1'] })
    expect(['10.1.2.3', '::1', '10.2.0.1', '::2'].map(rule)).toEqual([true, true, false, false])
    expect(() => planPrivate('fetch', { except: ['10.1'] })).toThrow(SyntaxError)
    expect(() => planPrivate('fetch', { allow: [] } as never)).toThrow(/no option 'allow'/)
  })
})
