import { describe, expect, it } from 'vitest'
import { checkNetloc, hostOf, portText } from './netloc.ts'

describe('checkNetloc()', () => {
  it.each(['[::1]', 'u:p@[::1]:80', '[::1]:', '[fe80::1%en0]', '[v1f.a:b!]', 'bücher.example'])(
    'lets %s pass',
    (netloc) => {
      expect(() => checkNetloc(netloc)).not.toThrow()
    },
  )

  it.each([
    '[::]',
    '[1::]',
    '[1:2:3:4:5:6:7:8]',
    '[1:2:3:4:5:6:7::]',
    '[::2:3:4:5:6:7:8]',
    '[1:2:3::5:6:7:8]',
    '[0001:ABCD:ef::]',
    '[1:2:3:4:5:6:127.0.0.1]',
    '[::127.0.0.1]',
    '[1:2:3:4:5::127.0.0.1]',
    '[::1:2:3:4:5:255.255.255.255]',
  ])('finds the address of RFC 3986 §3.2.2 in %s', (netloc) => {
    expect(() => checkNetloc(netloc)).not.toThrow()
  })

  it.each([
    '[:]',
    '[1]',
    '[1:]',
    '[:1]',
    '[:1::]',
    '[1::2:]',
    '[:::]',
    '[1:::2]',
    '[1::2::3]',
    '[1:2:3:4:5:6:7]',
    '[1:2:3:4:5:6:7:8:9]',
    '[1:2:3:4:5:6:7:8::]',
    '[::1:2:3:4:5:6:7:8]',
    '[12345::]',
    '[g::]',
    '[1:2:3:4:5:6:7:127.0.0.1]',
    '[1:2:3:4:5:127.0.0.1]',
    '[1:2:3:4:5:6::127.0.0.1]',
    '[127.0.0.1::]',
    '[::127.0.0.1:1]',
    '[::127.0.0]',
    '[::127.0.0.1.1]',
    '[::127.0.0.1.]',
    '[::127.0.0.256]',
    '[::127.0.0.01]',
  ])('finds none in %s', (netloc) => {
    expect(() => checkNetloc(netloc)).toThrow('is not an IPv6 address')
  })

  it.each([
    '[',
    ']',
    '][',
    '[]',
    '[::1',
    '[[::1]]',
    '[::1]]',
    '[::1]x',
    'x[::1]',
    '[::1]@h',
    '[x@::1]',
    '[::1%]',
    '[::1%a%b]',
    '[v.a]',
    '[v1.]',
    '[v1.é]',
    '[1.2.3.4]',
    '[::1/x]',
  ])('refuses %s for its brackets', (netloc) => {
    expect(() => checkNetloc(netloc)).toThrow(SyntaxError)
  })

  it.each(['h／', 'h？x', 'h＃x', 'u＠h', 'h：80', 'h℀'])(
    'refuses %s for its NFKC form',
    (netloc) => {
      expect(() => checkNetloc(netloc)).toThrow('NFKC')
    },
  )
})

describe('hostOf() and portText()', () => {
  it.each<[netloc: string, host: string | null, port: string]>([
    ['H:80', 'h', '80'],
    [':80', null, '80'],
    ['[::A]', '::a', ''],
    ['[::a%En0]:1', '::a%En0', '1'],
    ['h:1:2', 'h', '1:2'],
  ])('find the host and the port of %s', (netloc, host, port) => {
    expect([hostOf(netloc), portText(netloc)]).toEqual([host, port])
  })

  it('look for the port behind the userinfo', () => {
    expect([portText('u:1@h'), portText('u:1@h:2'), portText('[::1')]).toEqual(['', '2', ''])
  })
})
