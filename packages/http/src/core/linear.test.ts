/** What a stranger may send takes time in proportion to its length, whatever it is made of: CWE-1333. */
import { expect, test } from 'vitest'
import { growthOfText, LINEAR } from '../../../../scripts/growth.ts'
import { Http1Machine } from './connection.ts'
import { chooseCoding } from './fields/accept.ts'
import { parseCacheControl } from './fields/cache-control.ts'
import { safeFilename } from './fields/content-disposition.ts'
import { parseLink } from './fields/link.ts'
import { planRanges } from './fields/range.ts'
import { parseSetCookie } from './fields/set-cookie.ts'
import { Headers } from './headers.ts'
import { maskFields } from './masked.ts'

const LIMITS = { fieldBytes: Number.POSITIVE_INFINITY, trailerBytes: Number.POSITIVE_INFINITY }
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

function readRequest(message: string): void {
  const machine = new Http1Machine('server', { limits: LIMITS })
  machine.receive(bytes(message))
  expect([...machine.events()].at(-1)?.type).toBe('end')
}

function readResponse(message: string): void {
  const machine = new Http1Machine('client', { limits: LIMITS })
  machine.send({ type: 'request', method: 'GET', target: '/', headers: [['Host', 'h']] })
  machine.send({ type: 'end' })
  machine.receive(bytes(message))
  expect([...machine.events()].at(-1)?.type).toBe('end')
}

const CHUNKED = 'Transfer-Encoding: chunked\r\n\r\n0\r\n'

test.each<[what: string, piece: string, read: (text: string) => unknown]>([
  [
    'blanks in a trailer of a request',
    ' ',
    (text) => readRequest(`POST / HTTP/1.1\r\nHost: h\r\n${CHUNKED}X: a${text}b\r\n\r\n`),
  ],
  [
    'blanks in a trailer of a response',
    '\t',
    (text) => readResponse(`HTTP/1.1 200 OK\r\n${CHUNKED}X: a${text}b\r\n\r\n`),
  ],
  [
    'blanks in a field that is folded',
    ' ',
    (text) => readResponse(`HTTP/1.1 200 OK\r\nX: a${text}b\r\n c\r\nContent-Length: 0\r\n\r\n`),
  ],
  ['blanks in the value of a field', ' ', (text) => new Headers([['x', ` a${text}b`]])],
  ['blanks in Range', ' ', (text) => planRanges(`bytes=1${text}-2`, 10)],
  ['blanks in Set-Cookie', ' ', (text) => parseSetCookie(`a=1${text}2; path=/${text}x`)],
  ['quotes in Accept-Encoding', '\\"', (text) => chooseCoding(`"${text}`, ['identity'])],
  ['members in Accept-Encoding', '\\",', (text) => chooseCoding(`"${text}`, ['identity'])],
  ['quotes in Cache-Control', '\\"', (text) => parseCacheControl(`a="${text}`)],
  ['brackets in Link', '<,', parseLink],
  ['authorities in a field that is shown', '//a:', (text) => maskFields(`Link: ${text}`)],
  ['names in an authority that is shown', ':a', (text) => maskFields(`Location: http://${text}`)],
  ['dots in a file name', '.', (text) => safeFilename(`a${text}b`)],
  ['letters in a file name', 'ä', (text) => safeFilename(text)],
])('%s take linear time', (_, piece, read) => {
  expect(growthOfText(piece, read)).toBeLessThan(LINEAR)
})
