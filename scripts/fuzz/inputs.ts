/** Inputs that are nearly HTTP: good messages, and what dice make of them. */
import type { Input } from './readers.ts'

const HOST = 'Host: h\r\n'
const GET = `GET / HTTP/1.1\r\n${HOST}`
const POST = `POST /a?b=c HTTP/1.1\r\n${HOST}`
const CHUNKS = '3\r\nabc\r\n5;x="y"\r\nhello\r\n0\r\n\r\n'

const REQUESTS = [
  `${GET}\r\n`,
  `${GET}Connection: close\r\n\r\n`,
  `${GET}X: y\r\nAccept: */*\r\n\r\n`,
  `${POST}Content-Length: 5\r\n\r\nhello`,
  `${POST}Content-Length: 0\r\n\r\n`,
  `${POST}Transfer-Encoding: chunked\r\n\r\n${CHUNKS}`,
  `${POST}Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nT: u\r\n\r\n`,
  `${POST}Expect: 100-continue\r\nContent-Length: 2\r\n\r\nhi`,
  'GET / HTTP/1.0\r\n\r\n',
  `GET / HTTP/1.0\r\n${HOST}Connection: keep-alive\r\n\r\n`,
  `GET http://h/ HTTP/1.1\r\n${HOST}\r\n`,
  `OPTIONS * HTTP/1.1\r\n${HOST}\r\n`,
  'CONNECT h:1 HTTP/1.1\r\nHost: h:1\r\n\r\n',
  `${GET}Connection: upgrade\r\nUpgrade: x\r\n\r\n`,
]
const OK = 'HTTP/1.1 200 OK\r\n'
const RESPONSES = [
  `${OK}Content-Length: 5\r\n\r\nhello`,
  `${OK}Transfer-Encoding: chunked\r\n\r\n${CHUNKS}`,
  `${OK}Transfer-Encoding: gzip, chunked\r\n\r\n${CHUNKS}`,
  `${OK}\r\nuntil the end`,
  `${OK}X: y\r\n folded\r\nContent-Length: 0\r\n\r\n`,
  'HTTP/1.1 204 No Content\r\n\r\n',
  'HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n',
  `HTTP/1.1 100 Continue\r\n\r\n${OK}Content-Length: 2\r\n\r\nhi`,
  'HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nhi',
  'HTTP/1.1 404\r\nContent-Length: 0\r\n\r\n',
]
const PIECES = [
  ...[
    '\r\n',
    '\n',
    '\r',
    '\r\n\r\n',
    ' ',
    '\t',
    ':',
    ';',
    ',',
    '=',
    '"',
    '\\',
    '\0',
    '\x7f',
    '\x80',
  ],
  ...['0', '1', '3', 'a', 'F', '+', '-', '0x', '/', '?', '#', '*', '%', '@', '[::1]', 'h:80'],
  ...[
    'Host: h\r\n',
    'Host: g\r\n',
    'Host:\r\n',
    'X: y\r\n',
    'X:\r\n',
    ' folded\r\n',
    '\tfolded\r\n',
  ],
  ...['3', '5', '0', '+5', '5, 5', '5,6', '-5', '0x5', '5 5', ' 5 ', '99999999999999999999'].map(
    (length) => `Content-Length: ${length}\r\n`,
  ),
  'Content-Length : 5\r\n',
  ...['chunked', 'Chunked', 'xchunked', 'gzip, chunked', 'chunked, gzip', 'chunked, chunked'].map(
    (coding) => `Transfer-Encoding: ${coding}\r\n`,
  ),
  ...['Transfer-Encoding : chunked\r\n', 'Transfer-Encoding:\x0bchunked\r\n', 'TE: trailers\r\n'],
  ...[
    '3\r\nabc\r\n',
    '0\r\n\r\n',
    '3;x=y\r\nabc\r\n',
    '3 \r\nabc\r\n',
    '3;\r\nabc\r\n',
    '00\r\n\r\n',
  ],
  ...[
    'HTTP/1.1',
    'HTTP/1.0',
    'HTTP/1.2',
    'HTTP/2.0',
    'http/1.1',
    'GET',
    'HEAD',
    '200',
    '204',
    '101',
  ],
]

/** Dice: a whole number from 0 up to below the limit. */
type Dice = (limit: number) => number

/** Makes an input: a good message or two, with up to four changes. */
export function makeInput(below: Dice): Input {
  const asked = below(3) === 0 ? (below(4) === 0 ? 'HEAD' : 'GET') : undefined
  const from = asked === undefined ? REQUESTS : RESPONSES
  let text = from[below(from.length)] as string
  while (asked === undefined && below(3) === 0 && text.length < 400)
    text += from[below(from.length)] as string
  for (let changes = below(5); changes > 0; changes--) text = changed(text, below)
  return { text, bytes: Buffer.from(text, 'latin1'), asked }
}

function changed(text: string, below: Dice): string {
  const at = below(text.length + 1)
  const to = Math.min(text.length, at + 1 + below(8))
  switch (below(6)) {
    case 0:
      return text.slice(0, at) + text.slice(to)
    case 1:
      return text.slice(0, to) + text.slice(at)
    case 2:
      return text.slice(0, at) + String.fromCharCode(below(256)) + text.slice(at + 1)
    case 3:
      return text.slice(0, at) + piece(below) + text.slice(at)
    default: {
      // At the beginning of a line, where most of them mean something.
      const line = text.indexOf('\n', at) + 1
      return text.slice(0, line) + piece(below) + text.slice(line)
    }
  }
}

function piece(below: Dice): string {
  return PIECES[below(PIECES.length)] as string
}
