import { describe, expect, it } from 'vitest'
import { AF_INET, AF_INET6 } from './constants.ts'
import { inetAton, inetNtoa, inetNtop, inetPton, isIPv4, isIPv6 } from './ip.ts'

const hex = (bytes: Uint8Array) =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')

describe('inetPton() for IPv4', () => {
  it.each([
    ['0.0.0.0', '00000000'],
    ['127.0.0.1', '7f000001'],
    ['255.255.255.255', 'ffffffff'],
  ])('reads %s', (text, bytes) => {
    expect(hex(inetPton(AF_INET, text))).toBe(bytes)
    expect(isIPv4(text)).toBe(true)
    expect(inetNtop(AF_INET, inetPton(AF_INET, text))).toBe(text)
  })

  it.each<[why: string, text: string]>([
    ['nothing', ''],
    ['three numbers', '1.2.3'],
    ['five numbers', '1.2.3.4.5'],
    ['a number above 255', '256.1.1.1'],
    ['a leading zero', '01.2.3.4'],
    ['octal', '0177.0.0.1'],
    ['hexadecimal', '0x7f.0.0.1'],
    ['one number', '2130706433'],
    ['an empty part', '1..2.3'],
    ['a sign', '+1.2.3.4'],
    ['a blank', ' 1.2.3.4'],
    ['a line feed', '1.2.3.4\n'],
    ['digits of another script', '١.2.3.4'],
    ['IPv6', '::1'],
  ])('refuses %s: %j', (_, text) => {
    expect(() => inetPton(AF_INET, text)).toThrow(SyntaxError)
    expect(isIPv4(text)).toBe(false)
  })
})

describe('inetPton() for IPv6', () => {
  it.each([
    ['::', '0'.repeat(32)],
    ['::1', `${'0'.repeat(31)}1`],
    ['1::', `0001${'0'.repeat(28)}`],
    ['1:2:3:4:5:6:7:8', '00010002000300040005000600070008'],
    ['1:2:3:4:5:6:7::', '00010002000300040005000600070000'],
    ['::2:3:4:5:6:7:8', '00000002000300040005000600070008'],
    ['FE80::abCD', `fe80${'0'.repeat(24)}abcd`],
    ['::ffff:1.2.3.4', '00000000000000000000ffff01020304'],
    ['1:2:3:4:5:6:1.2.3.4', '00010002000300040005000601020304'],
    ['::1.2.3.4', `${'0'.repeat(24)}01020304`],
  ])('reads %s', (text, bytes) => {
    expect(hex(inetPton(AF_INET6, text))).toBe(bytes)
    expect(isIPv6(text)).toBe(true)
  })

  it.each([
    '',
    ':',
    ':::',
    '1',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4::5:6:7:8',
    '1::2::3',
    ':1::2',
    '1::2:',
    '1:2:3:4:5:6:7:',
    '12345::',
    'g::',
    '1.2.3.4',
    '1.2.3.4::',
    '::1.2.3.4:5',
    '::1.2.3',
    '1:2:3:4:5:6:7:1.2.3.4',
    '::ffff:01.2.3.4',
    '[::1]',
    '::1%en0',
    ' ::1',
    `${'0'.repeat(100)}::`,
  ])('refuses %j', (text) => {
    expect(() => inetPton(AF_INET6, text)).toThrow(SyntaxError)
    expect(isIPv6(text)).toBe(false)
  })
})

describe('inetNtop()', () => {
  // RFC 5952 §4 and §5.
  it.each([
    ['2001:0db8:0:0:0:0:2:1', '2001:db8::2:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['0:0:0:0:0:0:0:0', '::'],
    ['0:0:0:0:0:0:0:1', '::1'],
    ['1:0:0:0:0:0:0:0', '1::'],
    ['2001:DB8::A', '2001:db8::a'],
    ['::ffff:102:304', '::ffff:1.2.3.4'],
    ['::102:304', '::1.2.3.4'],
  ])('writes %s as %s', (text, short) => {
    expect(inetNtop(AF_INET6, inetPton(AF_INET6, text))).toBe(short)
  })

  it('refuses a wrong length and an unknown family', () => {
    expect(() => inetNtop(AF_INET, new Uint8Array(16))).toThrow('has 4 bytes, not 16')
    expect(() => inetNtop(AF_INET6, new Uint8Array(4))).toThrow(RangeError)
    expect(() => inetNtop(7, new Uint8Array(4))).toThrow(RangeError)
    expect(() => inetPton(7, '1.2.3.4')).toThrow('neither AF_INET nor AF_INET6')
    expect(() => inetNtoa(new Uint8Array(5))).toThrow(RangeError)
  })
})

describe('inetAton(), the reader of 1983', () => {
  it.each([
    ['127.0.0.1', '127.0.0.1'],
    ['127.1', '127.0.0.1'],
    ['1.2.3', '1.2.0.3'],
    ['1.2.65535', '1.2.255.255'],
    ['2130706433', '127.0.0.1'],
    ['0x7f000001', '127.0.0.1'],
    ['017700000001', '127.0.0.1'],
    ['0177.0.0.1', '127.0.0.1'],
    ['0X7F.0.0.01', '127.0.0.1'],
    ['4294967295', '255.255.255.255'],
    ['1.2.3.4 \n', '1.2.3.4'],
  ])('reads %j as %s', (text, plain) => {
    expect(inetNtoa(inetAton(text))).toBe(plain)
  })

  it.each([
    '',
    ' ',
    '.',
    '1.',
    '.1',
    '1..2',
    '256.1.1.1',
    '1.2.65536',
    '1.16777216',
    '4294967296',
    '1.2.3.4.5',
    '08.1.1.1',
    '0x.1.1.1',
    '0xg.1.1.1',
    '-1.2.3.4',
    '1.2.3.4 x',
    'localhost',
  ])('refuses %j', (text) => {
    expect(() => inetAton(text)).toThrow(SyntaxError)
  })
})
