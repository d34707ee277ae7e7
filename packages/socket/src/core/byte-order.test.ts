import { describe, expect, it } from 'vitest'
import { htonl, htons, ntohl, ntohs } from './byte-order.ts'

describe('htons() and ntohs()', () => {
  it.each([
    [0, 0],
    [1, 256],
    [80, 20480],
    [0x1234, 0x3412],
    [0xffff, 0xffff],
  ])('swap the bytes of %i', (host, network) => {
    expect([htons(host), ntohs(network)]).toEqual([network, host])
  })
})

describe('htonl() and ntohl()', () => {
  it.each([
    [0, 0],
    [1, 0x0100_0000],
    [0x1234_5678, 0x7856_3412],
    [0x80, 0x8000_0000],
    [0xffff_ffff, 0xffff_ffff],
  ])('swap the bytes of %i, and stay positive', (host, network) => {
    expect([htonl(host), ntohl(network)]).toEqual([network, host])
  })
})

describe.each([
  ['htons', htons, 0x1_0000],
  ['ntohs', ntohs, 0x1_0000],
  ['htonl', htonl, 0x1_0000_0000],
  ['ntohl', ntohl, 0x1_0000_0000],
])('%s()', (name, swap, tooLarge) => {
  it('refuses what does not fit', () => {
    expect(() => swap(-1)).toThrow(`${name}: -1 is outside`)
    expect(() => swap(tooLarge)).toThrow(RangeError)
  })

  it.each([1.5, Number.NaN, '1', null])('refuses %j, which is no integer', (value) => {
    expect(() => swap(value as number)).toThrow(TypeError)
  })
})
