import { describe, expect, it } from 'vitest'
import { maskTarget, maskText } from './mask-text.ts'

describe('maskText()', () => {
  it.each([
    ['http://u:p/q@h', 'http://u:***@h'],
    ['http://u:p?#q@h', 'http://u:***@h'],
    ['http:///u:p@h:99999', 'http:///u:***@h:99999'],
    ['http:u:p@', 'http:***@'],
    ['u:p@h:80', 'u:***@h:80'],
    ['//u:p@h', '//u:***@h'],
    ['//u:/p@h', '//***@h'],
    ['u@h', '***@h'],
    ['/@scope/name', '/@scope/name'],
    ['http//h', 'http//h'],
  ])('shows %s as %s', (text, shown) => {
    expect(maskText(text)).toBe(shown)
  })
})

it.each([
  ['http://u:p@h/q@r', 'http://u:***@h/q@r'],
  ['http://u:p/q@h', 'http://u:***@h'],
  ['u:p@h', 'u:***@h'],
  ['http:u:p@h', 'http:***@h'],
  ['socks5://u:p@h', 'socks5://u:***@h'],
  ['data:text/plain,a@b', 'data:text/plain,a@b'],
])('maskTarget() shows %s as %s', (text, shown) => {
  expect(maskTarget(text)).toBe(shown)
})
