import { spawnSync } from 'node:child_process'
import { Headers } from '@sluice/http/headers'
import { expect, test } from 'vitest'
import { type CurlRequest, formatCurl } from './curl-command.ts'

test.each<[CurlRequest, string]>([
  [{ url: 'http://h/a' }, 'curl http://h/a'],
  [{ url: new URL('http://h/?a=b&c'), redirect: 'follow' }, "curl -L 'http://h/?a=b&c'"],
  [{ url: 'http://h/', method: 'HEAD' }, 'curl -I http://h/'],
  [{ url: 'http://h/', method: 'POST', body: 'a=1' }, 'curl --data-binary a=1 http://h/'],
  [
    { url: 'http://h/', method: 'PUT', body: "it's" },
    "curl -X PUT --data-binary 'it'\\''s' http://h/",
  ],
  [
    { url: 'http://h/', method: 'POST', body: new Uint8Array(1) },
    'curl --data-binary @body http://h/',
  ],
  [{ url: 'http://h/', method: 'POST', body: '@x' }, 'curl --data-binary @body http://h/'],
  [
    {
      url: 'http://h/',
      headers: [
        ['A', 'b c'],
        ['D', ''],
      ],
    },
    "curl -H 'A: b c' -H 'D;' http://h/",
  ],
  [{ url: 'http://h/', headers: new Headers({ 'X-A': 'b' }) }, "curl -H 'X-A: b' http://h/"],
  [
    {
      url: 'http://u:p@h/',
      headers: [
        ['authorization', 'Bearer x'],
        ['Cookie', 'a=b'],
      ],
    },
    "curl -H 'authorization: Bearer ***' -H 'Cookie: ***' 'http://u:***@h/'",
  ],
])('%j', (request, expected) => {
  expect(formatCurl(request)).toBe(expected)
})

test('secrets are shown to who asks', () => {
  const request = { url: 'http://u:p@h/', headers: [['Authorization', 'Bearer x']] as const }
  expect(formatCurl(request, { secrets: true })).toBe(
    "curl -H 'Authorization: Bearer x' http://u:p@h/",
  )
})

test('a shell reads what was meant', () => {
  const body = '$HOME `id` "x" \'y\' \\ \n !'
  const command = formatCurl({ url: 'http://h/', method: 'POST', body }).replace(
    /^curl/,
    'printf %s\\\\n',
  )
  const { stdout } = spawnSync('sh', ['-c', command], { encoding: 'utf8' })
  expect(stdout).toBe(`--data-binary\n${body}\nhttp://h/\n`)
  expect(() => formatCurl({ url: 'http://h/', body: 'a\0b' })).toThrow(RangeError)
})
