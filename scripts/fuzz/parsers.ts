/**
 * The parsers of `@sluice/url`, each with texts that it reads, and what has to hold of whatever it is given: it answers or
 * refuses by the error that it documents, and what it answers can be written and read again.
 */
import { strict as assert } from 'node:assert'
import { parseSetCookie } from '../../packages/http/src/cookies.ts'
import { parseChallenges } from '../../packages/url/src/core/challenge.ts'
import { planCookie, SINGLE_LABEL } from '../../packages/url/src/core/cookie.ts'
import { parseCookieDate } from '../../packages/url/src/core/cookie-date.ts'
import {
  formatNetscape,
  fromJson,
  parseNetscape,
  toJson,
} from '../../packages/url/src/core/cookie-file.ts'
import { parseDataUrl } from '../../packages/url/src/core/data-url.ts'
import { chooseDigest } from '../../packages/url/src/core/digest.ts'
import { isFetchError } from '../../packages/url/src/core/errors.ts'
import { explain } from '../../packages/url/src/core/explain.ts'
import {
  fileUrlToPath,
  POSIX,
  pathToFileUrl,
  WINDOWS,
} from '../../packages/url/src/core/file-path.ts'
import { parseFacts } from '../../packages/url/src/core/ftp-facts.ts'
import { type FtpEntry, parseListLine } from '../../packages/url/src/core/ftp-list.ts'
import { isSafeName, planFtpPath } from '../../packages/url/src/core/ftp-path.ts'
import { planFtpPlace } from '../../packages/url/src/core/ftp-place.ts'
import {
  parseExtendedPassive,
  parseFeatures,
  parsePassive,
  parsePath,
  parseTransferSize,
  ReplyReader,
} from '../../packages/url/src/core/ftp-reply.ts'
import { formatFtpTime, parseFtpTime } from '../../packages/url/src/core/ftp-time.ts'
import { urljoin } from '../../packages/url/src/core/join.ts'
import { lookUpNetrc, parseNetrc } from '../../packages/url/src/core/netrc.ts'
import { chooseProxy } from '../../packages/url/src/core/proxy-env.ts'
import { parseQs, parseQsl, urlencode } from '../../packages/url/src/core/query.ts'
import { quote, quotePlus, unquote, unquotePlus } from '../../packages/url/src/core/quote.ts'
import { planRedirect } from '../../packages/url/src/core/redirect.ts'
import { parseRecord } from '../../packages/url/src/core/resume.ts'
import { parseRobots } from '../../packages/url/src/core/robots.ts'
import {
  urldefrag,
  urlparse,
  urlsplit,
  urlunparse,
  urlunsplit,
} from '../../packages/url/src/core/split.ts'
import { parseBytes } from '../../packages/url/src/core/units.ts'
import { fileNameOf } from '../../packages/url/src/core/url-file-name.ts'

/** One of them. */
export interface Parser {
  readonly name: string
  /** Texts to begin with, each of another shape. */
  readonly seeds: readonly string[]
  /** Errors that it documents; others are a find. */
  readonly refuses?: (error: unknown) => boolean
  /** Reads a text. @returns whether it was one; @throws AssertionError where something does not hold */
  readonly read: (text: string) => boolean
}

const PAGE = new URL('https://www.example.com/x/y')
const NOW = Date.UTC(2026, 10, 25)
const isSyntax = (error: unknown): boolean => error instanceof SyntaxError
const isRange = (error: unknown): boolean => error instanceof RangeError
const isType = (error: unknown): boolean => error instanceof TypeError
const isWhole = (text: string): boolean => !/\p{Surrogate}/u.test(text)
const hasNoLineEnd = (text: string): void => assert.match(text, /^[^\r\n\0]*$/)

/** A name that goes into a folder of ours, or is refused; `..` and `a/b` are not to be led out by. */
function checkEntry(entry: FtpEntry | undefined): boolean {
  if (entry === undefined) return false
  assert.notEqual(entry.name, '')
  assert.ok(entry.size === undefined || (Number.isSafeInteger(entry.size) && entry.size >= 0))
  assert.ok(entry.modified === undefined || !Number.isNaN(entry.modified.getTime()))
  assert.ok(entry.mode === undefined || (entry.mode >= 0 && entry.mode <= 0o7777))
  if (isSafeName(entry.name)) {
    assert.doesNotMatch(entry.name, /[/\\\0]/)
    assert.doesNotMatch(entry.name, /^\.{0,2}$/)
  }
  return true
}

const URLS = [
  'http://user:pa%20ss@www.example.com:8080/a/b;p=1?q=1&r=%C3%A9#top',
  'https://[2001:db8::1%25eth0]:443/',
  '//host/path',
  '../up/./down?x#y',
  'mailto:someone@example.com',
  'file:///C:/Program%20Files/x.txt',
  'ftp://ftp.example.com/pub/%2Fetc/file;type=a',
  'http://bücher.example/straße?ü=ö',
  'svn+ssh://host/',
  'HTTP://EXAMPLE.COM',
]

export const PARSERS: readonly Parser[] = [
  {
    name: 'urlsplit',
    seeds: URLS,
    refuses: isSyntax,
    read(text) {
      const parts = urlsplit(text)
      const written = parts.geturl()
      assert.equal(urlunsplit(parts), written)
      // It reads as what it was written from. But for a path that begins with two slashes: CPython 3.11.7 writes it so
      // that it reads as a host, and its recorded answers are what `urlunsplit` is held to.
      if (!parts.path.startsWith('//')) {
        const { scheme, netloc, query, fragment } = urlsplit(written)
        assert.deepEqual(
          [scheme, netloc, query, fragment],
          [parts.scheme, parts.netloc, parts.query, parts.fragment],
        )
      }
      assert.doesNotMatch(parts.scheme, /[^a-z0-9+.-]/)
      assert.doesNotMatch(parts.netloc, /[/?#]/)
      if (parts.hostname !== null) assert.doesNotMatch(parts.hostname, /[@/?#]/)
      try {
        const { port } = parts
        assert.ok(port === null || (Number.isInteger(port) && port >= 0 && port <= 65_535))
      } catch (error) {
        if (!isSyntax(error) && !isRange(error)) throw error
      }
      assert.equal(urlunparse(urlparse(text)), urlparse(text).geturl())
      assert.ok(!urldefrag(text).url.includes('#'))
      return parts.scheme !== ''
    },
  },
  {
    name: 'urljoin',
    seeds: URLS,
    refuses: isSyntax,
    read(text) {
      for (const base of URLS) assert.equal(typeof urljoin(base, text), 'string')
      assert.equal(urljoin(text, ''), text)
      return true
    },
  },
  {
    name: 'explain',
    seeds: URLS,
    read(text) {
      const { warnings, rfc3986, whatwg } = explain(text)
      for (const warning of warnings) hasNoLineEnd(warning)
      return rfc3986.refused === undefined && whatwg.refused === undefined
    },
  },
  {
    name: 'quote, unquote',
    seeds: ['a b/c', '%C3%A9%zz', 'ü+ö', '%', '%E2%82', '~-._'],
    refuses: (error) =>
      isType(error) || isRange(error) || /surrogate|character/i.test(String(error)),
    read(text) {
      assert.equal(typeof unquote(text), 'string')
      if (!isWhole(text)) return false
      assert.match(quote(text), /^[\w.~/%-]*$/)
      assert.equal(unquote(quote(text)), text)
      assert.equal(unquotePlus(quotePlus(text)), text)
      return true
    },
  },
  {
    name: 'parseQsl, urlencode',
    seeds: ['a=1&b=2&a=%C3%A9', 'q=a+b&&=&c', 'a;b=1', '%41=%42'],
    refuses: (error) => isSyntax(error) || isRange(error),
    read(text) {
      const pairs = parseQsl(text, { keepBlankValues: true })
      assert.equal(
        [...parseQs(text, { keepBlankValues: true }).values()].flat().length,
        pairs.length,
      )
      if (pairs.every((pair) => pair.every(isWhole)))
        assert.deepEqual(parseQsl(urlencode(pairs), { keepBlankValues: true }), pairs)
      return pairs.length > 0
    },
  },
  {
    name: 'parseDataUrl',
    seeds: [
      'data:,x',
      'data:text/plain;charset=utf-8;base64,SGVsbG8=',
      'data:image/png;a="b,c",%00%ff',
      'data:;base64, a b c d ',
    ],
    refuses: isSyntax,
    read(text) {
      const { mediaType, body } = parseDataUrl(text)
      hasNoLineEnd(mediaType)
      return body.length > 0
    },
  },
  {
    name: 'fileUrlToPath',
    seeds: [
      'file:///etc/hosts',
      'file:///C:/a%20b',
      'file://host/share/x',
      'file:/a/../b',
      'file:///%e2%82%ac',
    ],
    refuses: isSyntax,
    read(text) {
      const found: string[] = []
      for (const rule of [POSIX, WINDOWS]) {
        try {
          const path = fileUrlToPath(text, rule)
          assert.ok(!path.includes('\0'))
          if (isWhole(path)) assert.equal(fileUrlToPath(pathToFileUrl(path, rule), rule), path)
          found.push(path)
        } catch (error) {
          if (!isSyntax(error)) throw error
        }
      }
      return found.length > 0
    },
  },
  {
    name: 'Set-Cookie',
    seeds: [
      'a=b; Path=/x; Domain=example.com; Secure; HttpOnly; SameSite=Lax',
      '__Host-id=1; Secure; Path=/',
      'a=b; Expires=Wed, 25 Nov 2026 12:00:00 GMT; Max-Age=60',
      'a="b c"; Domain=.example.com',
    ],
    read(text) {
      const set = parseSetCookie(text)
      if (set === undefined) return false
      const { cookie, reason } = planCookie(set, PAGE, NOW, SINGLE_LABEL)
      if (cookie === undefined) {
        assert.notEqual(reason, '')
        return false
      }
      assert.doesNotMatch(
        `${cookie.name}${cookie.value}${cookie.path}`,
        /[^\P{Cc}\t\u0080-\u009f]|;/u,
      )
      assert.notEqual(cookie.name, '')
      assert.ok(`.${PAGE.hostname}`.endsWith(`.${cookie.domain}`))
      assert.ok(cookie.path.startsWith('/'))
      assert.ok(cookie.expires === undefined || cookie.expires <= NOW + 400 * 86_400_000)
      // One that is over already takes another away, and is not kept.
      if (cookie.expires !== undefined && cookie.expires <= NOW) return true
      assert.deepEqual(fromJson(JSON.parse(JSON.stringify(toJson([cookie])))), [cookie])
      const [read] = parseNetscape(formatNetscape([cookie]), NOW - 1e12)
      if (read !== undefined)
        assert.deepEqual(
          [read.name, read.value, read.domain],
          [cookie.name, cookie.value, cookie.domain],
        )
      return true
    },
  },
  {
    name: 'dates of cookies',
    seeds: [
      'Wed, 25 Nov 2026 12:00:00 GMT',
      'Sunday, 06-Nov-94 08:49:37',
      '1 1 70 0:0:0 jan',
      '25 nov 2026 1:2:3',
    ],
    read(text) {
      const date = parseCookieDate(text)
      assert.ok(date === undefined || !Number.isNaN(new Date(date).getTime()))
      return date !== undefined
    },
  },
  {
    name: 'cookies.txt',
    seeds: [
      '# Netscape HTTP Cookie File\n.example.com\tTRUE\t/\tFALSE\t2000000000\ta\tb\n',
      '#HttpOnly_h.test\tFALSE\t/x\tTRUE\t0\tn\tv\n\n# more\n',
    ],
    refuses: isSyntax,
    read(text) {
      const cookies = parseNetscape(text, NOW)
      for (const { name, domain, path } of cookies) {
        assert.ok(`${name}${domain}` !== '' && path.startsWith('/'))
        hasNoLineEnd(`${name}${domain}${path}`)
      }
      assert.deepEqual(fromJson(toJson(cookies)), cookies)
      assert.deepEqual(parseNetscape(formatNetscape(cookies), NOW).length, cookies.length)
      return cookies.length > 0
    },
  },
  {
    name: 'challenges',
    seeds: [
      'Basic realm="a \\"b\\"", charset=UTF-8',
      'Digest realm="r", qop="auth,auth-int", nonce="n", algorithm=SHA-256, Bearer error="x"',
      'Negotiate, NTLM TlRMTVNTUAAC=, Basic realm=x',
    ],
    read(text) {
      const challenges = parseChallenges(text)
      for (const { scheme } of challenges) assert.match(scheme, /^[!#$%&'*+.^_`|~\w-]+$/)
      chooseDigest(challenges, () => true, true)
      return challenges.length > 0
    },
  },
  {
    name: 'netrc',
    seeds: [
      'machine h login l password "p w" account a\n',
      'default login anonymous password \\#x # no\nmacdef init\ncd /pub\n\n',
    ],
    refuses: isSyntax,
    read(text) {
      const file = parseNetrc(text)
      lookUpNetrc(file, 'h')
      for (const { login, account, password } of file.hosts.values())
        for (const word of [login, account, password]) assert.equal(typeof word, 'string')
      return file.hosts.size > 0
    },
  },
  {
    name: 'robots.txt',
    seeds: [
      'User-agent: *\nDisallow: /a*b$\nAllow: /a\nCrawl-delay: 2\nRequest-rate: 3/15\nSitemap: http://h/s\n',
      'User-agent: a\nUser-agent: b\nDisallow: /%C3%A9?x\n\nUser-agent: *\nDisallow:\n',
    ],
    read(text) {
      for (const semantics of ['rfc9309', 'python'] as const) {
        const robots = parseRobots(text, { semantics })
        for (const url of ['/', '/a/b', 'http://h/%c3%a9?x', text.slice(0, 80)])
          assert.equal(typeof robots.isAllowed('a', url), 'boolean')
        const delay = robots.crawlDelay('a')
        assert.ok(delay === undefined || Number.isFinite(delay))
        parseRobots(String(robots), { semantics })
      }
      return /user-agent/i.test(text)
    },
  },
  {
    name: 'replies of FTP',
    seeds: [
      '220-Welcome\n220 ready',
      '227 Entering Passive Mode (127,0,0,1,4,1)',
      '229 Entering Extended Passive Mode (|||6446|)',
      '257 "/a ""b""" is the folder',
      '150 Opening BINARY mode data connection for x (1234 bytes)',
      '211-Features:\n MDTM\n REST STREAM\n211 End',
    ],
    refuses: (error) => isSyntax(error) || isRange(error),
    read(text) {
      const reader = new ReplyReader()
      let found = false
      for (const line of text.split('\n')) {
        const reply = reader.push(line)
        if (reply === undefined) continue
        found = true
        assert.ok(reply.code >= 100 && reply.code <= 599)
        const passive = parsePassive(reply.text)
        const ports = [passive?.port, parseExtendedPassive(reply.text)]
        for (const port of ports) assert.ok(port === undefined || (port >= 1 && port <= 65_535))
        if (passive) assert.match(passive.hostname, /^\d{1,3}(\.\d{1,3}){3}$/)
        const size = parseTransferSize(reply.text)
        assert.ok(size === undefined || (Number.isSafeInteger(size) && size >= 0))
        parsePath(reply.text)
        parseFeatures(reply)
      }
      return found
    },
  },
  {
    name: 'listings of FTP',
    seeds: [
      '-rw-r--r--   1 ftp  ftp  1234 Nov 25 06:59 a b.txt',
      'lrwxrwxrwx 1 0 0 7 Jan 01 2020 link -> target',
      '01-29-97  11:32PM       <DIR>          prog',
      'size=6;modify=20261125065900;type=file;perm=r; a.txt',
      'drwxr-xr-x folder 0 May 26 1995 x',
      'A.TXT;1   1/4   12-NOV-2026 09:10 [USER] (RWED,RWED,RE,)',
      'type=dir;sizd=4096;UNIX.mode=0755;Unix.owner=ftp; d',
    ],
    read: (text) =>
      // Both, whatever the first says.
      [checkEntry(parseListLine(text, new Date(NOW))), checkEntry(parseFacts(text))].includes(true),
  },
  {
    name: 'times of FTP',
    seeds: ['20261125065900', '20261125065900.123', '19700101000000'],
    read(text) {
      const time = parseFtpTime(text)
      if (time === undefined) return false
      assert.equal(
        parseFtpTime(formatFtpTime(time))?.getTime(),
        Math.floor(time.getTime() / 1000) * 1000,
      )
      return true
    },
  },
  {
    name: 'addresses of FTP',
    seeds: [
      'ftp://me:pw@h:2121/a/b;type=i',
      'ftp.example.com',
      'ftp://[::1]/',
      '/pub/%2F/x;type=d',
    ],
    refuses: (error) => isFetchError(error) || isType(error),
    read(text) {
      const { port } = planFtpPlace(text, {})
      assert.ok(port >= 0 && port <= 65_535)
      const { folders, name } = planFtpPath(text)
      for (const segment of [...folders, name]) hasNoLineEnd(segment)
      return true
    },
  },
  {
    name: 'no_proxy',
    seeds: ['a.test,.b.test:80 10.0.0.0/8', '*', '[2001:db8::]/32:443', 'bücher.test', '*:8080'],
    read(text) {
      for (const url of ['http://a.test/', 'http://10.1.2.3/', 'http://[2001:db8::1]:443/'])
        chooseProxy(new URL(url), { http_proxy: 'http://p.test/', no_proxy: text })
      return text !== ''
    },
  },
  {
    name: 'Location',
    seeds: URLS,
    read(text) {
      const plan = planRedirect({
        status: 302,
        locations: [text],
        method: 'GET',
        url: new URL('https://user.test/a/b?c#d'),
        replayable: true,
        followed: 0,
        limit: 5,
      })
      if (plan.kind !== 'follow') return false
      assert.match(plan.url.protocol, /^(https?|ftp):$/)
      assert.deepEqual([plan.url.username, plan.url.password], ['', ''])
      assert.equal(plan.dropSecrets, plan.url.origin !== 'https://user.test')
      hasNoLineEnd(plan.url.href)
      return true
    },
  },
  {
    name: 'names of files',
    seeds: [
      'http://h/a/b.txt',
      'http://h/%2e%2e/%2Fetc',
      'http://h/a%00b',
      'http://h/con',
      'http://h/?x',
    ],
    read(text) {
      const url = URL.canParse(text) ? new URL(text) : undefined
      const name = url && fileNameOf(url)
      if (name === undefined) return false
      assert.doesNotMatch(name, /[/\\\0\r\n]|^\.{0,2}$/)
      return true
    },
  },
  {
    name: 'records of parts',
    seeds: [
      '{"url":"http://h/","validator":"\\"a\\"","length":3}',
      '{"url":"http://h/"}',
      '[]',
      'null',
    ],
    read: (text) => parseRecord(text) !== undefined,
  },
  {
    name: 'numbers of bytes',
    seeds: ['500', '2.5m', '1G', '10 kb', '1e3'],
    read(text) {
      const bytes = parseBytes(text)
      assert.ok(bytes === undefined || bytes >= 0)
      return bytes !== undefined
    },
  },
]
