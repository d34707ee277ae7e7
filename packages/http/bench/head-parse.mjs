// Claim: reading a request head in JavaScript costs less than crossing into a C parser and back.
import { createRequire } from 'node:module'
import { BROWSER_HEADS } from './servers.mjs'

const SMALL = BROWSER_HEADS.map((_, i) => `GET /${i} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`)

export const claim = {
  what: 'reading request heads without a socket: of browsers (590 bytes), and small ones (40)',
  unit: 'head',
  candidates: {
    'Http1Machine, browser': () => machine(BROWSER_HEADS),
    'llhttp in node, browser': () => llhttp(BROWSER_HEADS),
    'Http1Machine, small': () => machine(SMALL),
    'llhttp in node, small': () => llhttp(SMALL),
  },
  rows: [
    {
      ours: 'Http1Machine, browser',
      theirs: 'llhttp in node, browser',
      goal: { 20: 1.6, 26: 2.3 },
    },
    { ours: 'Http1Machine, small', theirs: 'llhttp in node, small', goal: { 20: 4.5, 26: 6 } },
  ],
}

/** The machine as a server uses it: a request in, a response out, which lets it read the next one. */
async function machine(heads) {
  const { Http1Machine } = await import('@sluice/http/parser')
  const inputs = heads.map((head) => Buffer.from(head))
  const server = new Http1Machine('server')
  const none = { chunked: false, close: false, keepAlive: false, upgrade: false, host: false }
  const fields = { text: '', length: -1, date: false, ...none }
  const pass = () => {
    let sink = 0
    for (const input of inputs) {
      server.receive(input)
      sink += server.next().target.length
      server.next()
      server.hold()
      server.responseHead(204, '', fields, undefined, '', false)
      server.finish()
    }
    return sink
  }
  return { pass, units: inputs.length }
}

/** Node's own parser, reached as node:http reaches it. */
function llhttp(heads) {
  const require = createRequire(import.meta.url)
  const { HTTPParser } = require('node:_http_common')
  const inputs = heads.map((head) => Buffer.from(head))
  const parser = new HTTPParser()
  parser.initialize(HTTPParser.REQUEST, {})
  let sink = 0
  parser[HTTPParser.kOnHeadersComplete | 0] = (_major, _minor, _headers, _method, url) => {
    sink += url.length
    return 0
  }
  const pass = () => {
    sink = 0
    for (const input of inputs) parser.execute(input, 0, input.length)
    return sink
  }
  return { pass, units: inputs.length }
}
