import { describe, expect, test } from 'vitest'
import { planRedirect, type RedirectFacts } from './redirect.ts'

const facts: RedirectFacts = {
  status: 302,
  locations: ['/b'],
  method: 'GET',
  url: new URL('http://a.test/x/y?q#frag'),
  replayable: true,
  followed: 0,
  limit: 20,
}
const plan = (change: Partial<RedirectFacts>) => planRedirect({ ...facts, ...change })

describe('the answer itself', () => {
  test.each([200, 204, 300, 304, 305, 306, 400, 500])('status %i', (status) => {
    expect(plan({ status })).toEqual({ kind: 'final' })
  })
  test('a redirect without Location', () => {
    expect(plan({ locations: [] })).toEqual({ kind: 'final' })
  })
})

test.each([
  // status, method, method then, body dropped
  [301, 'GET', 'GET', false],
  [301, 'POST', 'GET', true],
  [301, 'PUT', 'PUT', false],
  [302, 'POST', 'GET', true],
  [302, 'HEAD', 'HEAD', false],
  [303, 'POST', 'GET', true],
  [303, 'PUT', 'GET', true],
  [303, 'HEAD', 'HEAD', false],
  [303, 'GET', 'GET', false],
  [307, 'POST', 'POST', false],
  [308, 'PUT', 'PUT', false],
])('%i after %s goes on as %s', (status, method, then, dropBody) => {
  expect(plan({ status, method })).toMatchObject({ kind: 'follow', method: then, dropBody })
})

test.each([
  ['/b', 'http://a.test/b#frag'],
  ['c#own', 'http://a.test/x/c#own'],
  ['//b.test/', 'http://b.test/#frag'],
  ['https://a.test/x', 'https://a.test/x#frag'],
  // é and ü in UTF-8, as a field has them; and é in latin-1.
  ['/\xc3\xa9?\xc3\xa9', 'http://a.test/%C3%A9?%C3%A9#frag'],
  ['/\xe9', 'http://a.test/%E9#frag'],
  ['http://b\xc3\xbccher.test/', 'http://xn--bcher-kva.test/#frag'],
])('Location %s leads to %s', (location, href) => {
  const next = plan({ locations: [location] })
  expect(next.kind === 'follow' && next.url.href).toBe(href)
})

test.each([
  ['/same', false],
  ['http://a.test:80/same', false],
  ['http://a.test:81/', true],
  ['https://a.test/', true],
  ['http://b.test/', true],
])('secrets on the way to %s are dropped: %s', (location, dropSecrets) => {
  expect(plan({ locations: [location] })).toMatchObject({ dropSecrets })
})

test.each([
  ['file:///etc/passwd', 'redirected to a file: URL, which is not followed'],
  ['data:,x', 'redirected to a data: URL, which is not followed'],
  ['http://[', 'redirected to "http://[", which is no URL'],
  ['http://me:pw@[', 'redirected to "http://me:***@[", which is no URL'],
  ['http://me:pw@h/', 'redirected to a URL with credentials in it, which is not followed'],
])('Location %s is refused', (location, reason) => {
  expect(plan({ locations: [location] })).toMatchObject({ kind: 'refuse', reason })
})

test('the limit and a body that is gone are refused', () => {
  expect(plan({ followed: 20 })).toMatchObject({ reason: 'redirected more than 20 times' })
  expect(plan({ status: 307, method: 'POST', replayable: false })).toMatchObject({
    reason: 'redirected, and the body can be sent only once',
  })
  expect(plan({ status: 303, method: 'POST', replayable: false })).toMatchObject({ kind: 'follow' })
})

test('two Locations are refused, unless they say the same', () => {
  expect(plan({ locations: ['/b', '/c'] })).toMatchObject({
    kind: 'refuse',
    reason: 'redirected to 2 places at once, which is not followed',
  })
  expect(plan({ locations: ['/b', '/b'] })).toMatchObject({ kind: 'follow' })
})
