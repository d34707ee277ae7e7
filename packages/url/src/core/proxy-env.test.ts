import { describe, expect, test } from 'vitest'
import { chooseProxy } from './proxy-env.ts'

const P = 'http://proxy.test:3128'
const Q = 'socks5h://other.test:1080'

describe('the variable', () => {
  test.each([
    ['none is set', 'http://a.test/', {}, undefined, undefined],
    ['that of the scheme', 'http://a.test/', { http_proxy: P }, P, 'http_proxy'],
    ['not that of another scheme', 'https://a.test/', { http_proxy: P }, undefined, undefined],
    ['https has its own', 'https://a.test/', { https_proxy: Q, http_proxy: P }, Q, 'https_proxy'],
    ['one for all', 'ftp://a.test/', { all_proxy: Q }, Q, 'all_proxy'],
    ['small letters win', 'http://a.test/', { http_proxy: P, HTTP_PROXY: Q }, P, 'http_proxy'],
    ['capitals count', 'https://a.test/', { HTTPS_PROXY: Q }, Q, 'HTTPS_PROXY'],
    [
      'but not HTTP_PROXY under CGI',
      'http://a.test/',
      { HTTP_PROXY: Q, REQUEST_METHOD: 'GET' },
      undefined,
      undefined,
    ],
    [
      'the small one does, under CGI',
      'http://a.test/',
      { http_proxy: P, REQUEST_METHOD: 'GET' },
      P,
      'http_proxy',
    ],
    ['empty is not set', 'http://a.test/', { http_proxy: '', all_proxy: Q }, Q, 'all_proxy'],
    [
      'a bare host is an HTTP proxy',
      'http://a.test/',
      { http_proxy: 'proxy.test:3128' },
      P,
      'http_proxy',
    ],
    [
      'this machine is reached directly',
      'http://127.0.0.1:8080/',
      { http_proxy: P },
      undefined,
      'loopback',
    ],
    ['under its name too', 'http://localhost/', { http_proxy: P }, undefined, 'loopback'],
    ['and over IPv6', 'http://[::1]/', { http_proxy: P }, undefined, 'loopback'],
  ])('%s', (_title, url, env, proxy, because) => {
    expect(chooseProxy(new URL(url), env)).toEqual({ proxy, because })
  })
})

describe('no_proxy', () => {
  test.each([
    ['a.test', 'http://a.test/', true],
    ['a.test', 'http://www.a.test/', true],
    ['a.test', 'http://ba.test/', false],
    ['.a.test', 'http://a.test/', true],
    ['*.a.test', 'http://x.a.test/', true],
    ['A.Test', 'http://a.test/', true],
    ['a.test.', 'http://a.test/', false],
    ['other.test, a.test', 'http://a.test/', true],
    ['other.test a.test', 'http://a.test/', true],
    ['*', 'http://a.test/', true],
    ['a.test:80', 'http://a.test/', true],
    ['a.test:8080', 'http://a.test/', false],
    ['a.test:8080', 'http://a.test:8080/', true],
    ['10.0.0.0/8', 'http://10.1.2.3/', true],
    ['10.0.0.0/8', 'http://11.1.2.3/', false],
    ['10.1.2.3', 'http://10.1.2.3/', true],
    ['10.1.2.3:80', 'http://10.1.2.3/', true],
    ['2001:db8::/32', 'http://[2001:db8::1]/', true],
    ['[2001:db8::1]:80', 'http://[2001:db8::1]/', true],
    ['10.0.0.1/8', 'http://10.0.0.1/', false],
    ['2.3', 'http://10.1.2.3/', false],
    ['', 'http://a.test/', false],
    ['*:8080', 'http://a.test:8080/', true],
    ['*:8080', 'http://a.test/', false],
    ['*:8080', 'http://10.1.2.3:8080/', true],
    ['[2001:db8::]/32', 'http://[2001:db8::1]/', true],
    ['[2001:db8::]/32:80', 'http://[2001:db8::1]/', true],
    ['[2001:db8::]/32:81', 'http://[2001:db8::1]/', false],
    ['[2001:db8::]/32', 'http://[2001:db9::1]/', false],
    ['bücher.test', 'http://bücher.test/', true],
    ['.Bücher.test', 'http://www.bücher.test/', true],
    ['xn--bcher-kva.test', 'http://bücher.test/', true],
    ['ü', 'http://bücher.test/', false],
  ])('%j excepts %s: %s', (list, url, isExcepted) => {
    const { proxy, because } = chooseProxy(new URL(url), { http_proxy: P, no_proxy: list })
    expect(proxy).toBe(isExcepted ? undefined : P)
    expect(because).toBe(isExcepted ? 'no_proxy' : 'http_proxy')
  })
})
