// What the parser is fed: two good requests, and one for each rule that a request can break.

/** Two requests, one behind the other, as a client may send them. */
export const message: string =
  'POST /hello HTTP/1.1\r\nHost: example\r\nContent-Length: 2\r\n\r\nhi' +
  'GET /bye HTTP/1.1\r\nHost: example\r\nConnection: close\r\n\r\n'

const HEAD = 'POST / HTTP/1.1\r\nHost: a\r\n'
const CHUNKED = `${HEAD}Transfer-Encoding: chunked\r\n\r\n`

/** Requests that no server should take. The peer that sends one is broken, or up to something. */
export const malformed: readonly string[] = [
  // The request line.
  'GET  / HTTP/1.1\r\nHost: a\r\n\r\n',
  'G@T / HTTP/1.1\r\nHost: a\r\n\r\n',
  'GET /\u0007 HTTP/1.1\r\nHost: a\r\n\r\n',
  'GET hello HTTP/1.1\r\nHost: a\r\n\r\n',
  'GET * HTTP/1.1\r\nHost: a\r\n\r\n',
  'CONNECT / HTTP/1.1\r\nHost: a\r\n\r\n',
  'GET / HTTP/one\r\nHost: a\r\n\r\n',
  'GET / HTTP/3.0\r\nHost: a\r\n\r\n',
  // The field lines.
  'GET / HTTP/1.1\r\n Host: a\r\n\r\n',
  'GET / HTTP/1.1\r\nHost: a\r\n and more\r\n\r\n',
  'GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n',
  'GET / HTTP/1.1\r\nHost: a\rX: y\r\n\r\n',
  'GET / HTTP/1.1\r\nHost : a\r\n\r\n',
  'GET / HTTP/1.1\r\nHo(st: a\r\n\r\n',
  'GET / HTTP/1.1\r\n: a\r\n\r\n',
  'GET / HTTP/1.1\r\nHost\r\n\r\n',
  'GET / HTTP/1.1\r\nHost: a\u0000b\r\n\r\n',
  // The fields that decide something.
  'GET / HTTP/1.1\r\n\r\n',
  'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n',
  'GET / HTTP/1.1\r\nHost: a b\r\n\r\n',
  `${HEAD}Content-Length: two\r\n\r\nhi`,
  `${HEAD}Content-Length: 2\r\nContent-Length: 3\r\n\r\nhi`,
  `${HEAD}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  `${HEAD}Transfer-Encoding: gzip\r\n\r\n`,
  `${HEAD}Transfer-Encoding: gzip, chunked\r\n\r\n`,
  `${HEAD}Transfer-Encoding: chunked, chunked\r\n\r\n`,
  'POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n',
  'CONNECT a:1 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi',
  // The body.
  `${CHUNKED}two\r\nhi\r\n`,
  `${CHUNKED}12345678901234567\r\nhi\r\n`,
  `${CHUNKED}2\nhi\r\n`,
  `${CHUNKED}2 hi\r\nhi\r\n`,
  `${CHUNKED}2\r\nhiho\r\n`,
]
