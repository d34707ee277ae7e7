import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { explain } from './explain.ts'

describe('one text, two readings', () => {
  test('of which most are the same', () => {
    for (const url of [
      'https://example.com/a/b?c=d#e',
      'http://example.com',
      'ftp://h:21/x',
      'http://[2606:4700::1]:8080/',
    ]) {
      const { differences, warnings } = explain(url)
      expect([url, differences, warnings]).toEqual([url, [], []])
    }
  })

  test.each([
    [
      'a backslash ends an authority, or does not',
      'http://good.example\\@evil.example/',
      /the host is "evil.example" to urlsplit and "good.example" to new URL/,
    ],
    ['a fullwidth letter', 'http://ｅvil.example/', /the host is/],
    [
      'an address in one number',
      'http://2130706433/',
      /the host is "2130706433" to urlsplit and "127.0.0.1" to new URL/,
    ],
    ['an address that is short', 'http://127.1/', /the host is/],
    ['an escaped host', 'http://%6cocalhost/', /"%6cocalhost" to urlsplit and "localhost"/],
    [
      'dots in a path',
      'http://h.test/public/../private',
      /the path is "\/public\/\.\.\/private" as it is written and "\/private"/,
    ],
    ['escaped dots', 'http://h.test/public/%2e%2e/private', /the path is/],
    ['no slashes', 'http:/h.test/x', /the host is "" to urlsplit and "h.test" to new URL/],
    ['more slashes', 'http:///h.test/x', /the host is "" to urlsplit and "h.test"/],
    ['brackets around nothing', 'http://[]/', undefined],
    ['a port that is none', 'http://h.test:99999/', undefined],
    [
      'what one of them refuses',
      'http://a b/',
      /new URL refuses it, and urlsplit reads the host "a b"/,
    ],
  ])('%s', (_, url, warning) => {
    const { warnings } = explain(url)
    if (warning === undefined) expect(warnings).toEqual([])
    else expect(warnings[0]).toMatch(warning)
  })
})

describe('what is not what it seems', () => {
  test.each([
    [
      'http://good.example@evil.example/',
      /what stands before the @ is a user's name: it leads to "evil.example"/,
    ],
    ['http://10.0.0.1/', /10.0.0.1 is no address of the internet: private/],
    ['http://[::ffff:127.0.0.1]/', /no address of the internet: loopback/],
    ['http://localhost/', /this machine/],
    ['https://bücher.test/', /the name is not ASCII, and stands for "xn--bcher-kva.test"/],
    ['ht\ntp://h.test/', /tabs, line ends/],
    ['file:///etc/hosts', /leads to no server/],
  ])('%j', (url, warning) => {
    expect(explain(url).warnings.join('\n')).toMatch(warning)
  })
})

test('passwords are shown to who asks', () => {
  const url = 'http://a:secret@h.test/'
  expect(JSON.stringify(explain(url))).not.toContain('secret')
  expect(explain(url, { secrets: true }).whatwg.password).toBe('secret')
})

test('the parts, with the port that is meant', () => {
  expect(explain('HTTPS://u@H.test/p;x?q#f').rfc3986).toEqual({
    scheme: 'https',
    username: 'u',
    password: '',
    host: 'h.test',
    port: '443',
    path: '/p;x',
    query: 'q',
    fragment: 'f',
    refused: undefined,
  })
  expect(explain('/relative')).toMatchObject({
    rfc3986: { path: '/relative' },
    whatwg: { refused: 'it is relative' },
    warnings: [],
  })
})

test('any text is explained', () => {
  const word = fc.constantFrom(
    'http',
    ':',
    '/',
    '\\',
    '@',
    '[',
    ']',
    '%',
    '.',
    '1',
    'a',
    '\n',
    '?',
    '#',
    'é',
    '／',
    '\ud800',
    ' ',
  )
  fc.assert(
    fc.property(fc.array(word), (words) => {
      const { warnings } = explain(words.join(''))
      for (const warning of warnings) expect(warning).not.toMatch(/[\n\r]/)
    }),
  )
})

test.each(['constructor', 'hasownproperty', 'tostring'])(
  '%s is a scheme without a port',
  (scheme) => {
    const { rfc3986, whatwg } = explain(`${scheme}://host/%`)
    expect([rfc3986.port, whatwg.port]).toEqual(['', ''])
  },
)
