import { decodeLatin1, encodeLatin1 } from '@sluice/socket/bytes'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Http1Machine, type MachineOptions } from './connection.ts'
import { isIncompleteBodyError, isProtocolError, type ProtocolError } from './errors.ts'
import type { Http1Event, OutgoingEvent } from './events.ts'

/** An event as text, short enough for a table. */
function show(event: Http1Event): string {
  switch (event.type) {
    case 'request':
      return `${event.method} ${event.target} 1.${event.minor} ${event.framing}${event.keepAlive ? '' : ' close'}`
    case 'response':
    case 'interim':
      return `${event.type} ${event.status} ${event.framing}${event.keepAlive ? '' : ' close'}`
    case 'data':
      return `data ${decodeLatin1(event.data)}`
    case 'end':
      return event.trailers ? `end ${JSON.stringify([...event.trailers])}` : 'end'
    default:
      return event.type
  }
}

/** Reads everything; pieces of a body are joined, so that the result does not depend on how bytes came. */
function feed(machine: Http1Machine, parts: Iterable<Uint8Array>): string[] {
  const seen: string[] = []
  const drain = () => {
    try {
      for (const event of machine.events()) {
        const text = show(event)
        const last = seen.at(-1)
        if (text.startsWith('data ') && last?.startsWith('data '))
          seen[seen.length - 1] = last + text.slice(5)
        else seen.push(text)
      }
      return true
    } catch (error) {
      if (!isProtocolError(error, 'remote')) throw error
      seen.push(`${isIncompleteBodyError(error) ? 'incomplete' : 'error'} ${error.statusHint}`)
      return false
    }
  }
  for (const part of parts) {
    const view = Uint8Array.from(part)
    machine.receive(view)
    if (!drain()) break
    view.fill(0xdd)
  }
  return seen
}

function* cuts(bytes: Uint8Array): Generator<Uint8Array[]> {
  yield [bytes]
  yield Array.from(bytes, (_, i) => bytes.subarray(i, i + 1))
  for (let i = 1; i < bytes.length; i++) yield [bytes.subarray(0, i), bytes.subarray(i)]
}

const H = 'Host: h\r\n'

describe('a server reads', () => {
  it.each<[string, string, string[], MachineOptions?]>([
    ['a request without a body', `GET / HTTP/1.1\r\n${H}\r\n`, ['GET / 1.1 none', 'end']],
    [
      'a body of a length',
      `POST / HTTP/1.1\r\n${H}Content-Length: 5\r\n\r\nhello`,
      ['POST / 1.1 length', 'data hello', 'end'],
    ],
    [
      'a body of no length',
      `POST / HTTP/1.1\r\n${H}Content-Length: 0\r\n\r\n`,
      ['POST / 1.1 length', 'end'],
    ],
    [
      'a chunked body with extensions and trailers',
      `POST / HTTP/1.1\r\n${H}Transfer-Encoding: chunked\r\n\r\n5;a="b"\r\nhello\r\n1\r\n!\r\n0\r\nX: y\r\n\r\n`,
      ['POST / 1.1 chunked', 'data hello!', 'end [["X","y"]]'],
    ],
    [
      'two pipelined requests',
      `GET /1 HTTP/1.1\r\n${H}\r\nGET /2 HTTP/1.1\r\n${H}\r\n`,
      ['GET /1 1.1 none', 'end', 'GET /2 1.1 none', 'end'],
    ],
    [
      'a body, then another request',
      `POST /1 HTTP/1.1\r\n${H}Content-Length: 2\r\n\r\nabGET /2 HTTP/1.1\r\n${H}\r\n`,
      ['POST /1 1.1 length', 'data ab', 'end', 'GET /2 1.1 none', 'end'],
    ],
    [
      'empty lines before a request',
      `\r\n\r\nGET / HTTP/1.1\r\n${H}\r\n`,
      ['GET / 1.1 none', 'end'],
    ],
    ['HTTP/1.0', 'GET / HTTP/1.0\r\n\r\nGET / HTTP/1.0\r\n\r\n', ['GET / 1.0 none close', 'end']],
    [
      'HTTP/1.0 with keep-alive',
      'GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n',
      ['GET / 1.0 none', 'end'],
    ],
    [
      'nothing after Connection: close',
      `GET / HTTP/1.1\r\n${H}Connection: close\r\n\r\nGET`,
      ['GET / 1.1 none close', 'end'],
    ],
    [
      'nothing after CONNECT',
      `CONNECT h:1 HTTP/1.1\r\n${H}\r\nraw`,
      ['CONNECT h:1 1.1 tunnel', 'end'],
    ],
    ['OPTIONS *', `OPTIONS * HTTP/1.1\r\n${H}\r\n`, ['OPTIONS * 1.1 none', 'end']],
    ['absolute form', `GET http://x/ HTTP/1.1\r\n${H}\r\n`, ['GET http://x/ 1.1 none', 'end']],
    ['a method of its own', `BREW /pot HTTP/1.1\r\n${H}\r\n`, ['BREW /pot 1.1 none', 'end']],
    ['no Host', 'GET / HTTP/1.1\r\n\r\n', ['error 400']],
    ['two Hosts', `GET / HTTP/1.1\r\n${H}${H}\r\n`, ['error 400']],
    ['a Host that is none', 'GET / HTTP/1.1\r\nHost: a/b\r\n\r\n', ['error 400']],
    [
      'no Host when it need not look',
      'GET / HTTP/1.1\r\n\r\n',
      ['GET / 1.1 none', 'end'],
      { checkHost: false },
    ],
    [
      'no Host after HTTP/1.0, with the very same fields',
      'GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET / HTTP/1.1\r\nConnection: keep-alive\r\n\r\n',
      ['GET / 1.0 none', 'end', 'error 400'],
    ],
    ['a bare LF', `GET / HTTP/1.1\n${H}\r\n`, ['error 400']],
    ['HTTP/2', `GET / HTTP/2.0\r\n${H}\r\n`, ['error 505']],
    ['HTTP/0.9', 'GET /\r\n', ['error 400']],
    ['a TLS hello', '\x16\x03\x01\x02\x00', ['error 400']],
    [
      'a chunk size with a sign',
      `POST / HTTP/1.1\r\n${H}Transfer-Encoding: chunked\r\n\r\n+5\r\nhello\r\n`,
      ['POST / 1.1 chunked', 'error 400'],
    ],
    [
      'chunk data that is too long',
      `POST / HTTP/1.1\r\n${H}Transfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n`,
      ['POST / 1.1 chunked', 'data ab', 'error 400'],
    ],
    [
      'a start line over its limit',
      `GET /${'a'.repeat(40)} HTTP/1.1\r\n${H}\r\n`,
      ['error 414'],
      { limits: { startLine: 40 } },
    ],
    [
      'an unfinished start line over its limit',
      `GET /${'a'.repeat(60)}`,
      ['error 414'],
      { limits: { startLine: 40 } },
    ],
    [
      'a header section over its limit',
      `GET / HTTP/1.1\r\n${H}X: ${'a'.repeat(40)}\r\n\r\n`,
      ['error 431'],
      { limits: { fieldBytes: 40 } },
    ],
    [
      'too many fields',
      `GET / HTTP/1.1\r\n${H}A: 1\r\nB: 2\r\n\r\n`,
      ['error 431'],
      { limits: { fieldCount: 2 } },
    ],
    [
      'too many empty lines',
      `\r\n\r\n\r\nGET / HTTP/1.1\r\n${H}\r\n`,
      ['error 400'],
      { limits: { emptyLines: 2 } },
    ],
    [
      'a chunk line over its limit',
      `POST / HTTP/1.1\r\n${H}Transfer-Encoding: chunked\r\n\r\n1;${'a'.repeat(30)}\r\n`,
      ['POST / 1.1 chunked', 'error 413'],
      { limits: { chunkLine: 20 } },
    ],
    [
      'chunk extensions over their limit',
      `POST / HTTP/1.1\r\n${H}Transfer-Encoding: chunked\r\n\r\n1;aaaa\r\nx\r\n1;bbbb\r\ny\r\n0\r\n\r\n`,
      ['POST / 1.1 chunked', 'data x', 'error 413'],
      { limits: { chunkExtensions: 8 } },
    ],
    [
      'trailers over their limit',
      `POST / HTTP/1.1\r\n${H}Transfer-Encoding: chunked\r\n\r\n0\r\nX: aaaaaaaaaa\r\n\r\n`,
      ['POST / 1.1 chunked', 'error 413'],
      { limits: { trailerBytes: 10 } },
    ],
    [
      'no more than it may read ahead',
      `GET /1 HTTP/1.1\r\n${H}\r\nGET /2 HTTP/1.1\r\n${H}\r\n`,
      ['GET /1 1.1 none', 'end'],
      { limits: { pipelined: 1 } },
    ],
  ])('%s', (_, text, expected, options) => {
    for (const parts of cuts(encodeLatin1(text))) {
      expect(feed(new Http1Machine('server', options), parts)).toEqual(expected)
    }
  })

  const chunked = `POST / HTTP/1.1\r\n${H}Transfer-Encoding: chunked\r\n\r\n`
  it.each<[string, string, MachineOptions['limits'], phase: string, code: string]>([
    ['the start line', 'GET /long', { startLine: 4 }, 'headers', 'ERR_TOO_LONG'],
    ['the fields', `GET / HTTP/1.1\r\n${H}\r\n`, { fieldBytes: 4 }, 'headers', 'ERR_TOO_LONG'],
    ['field lines', `GET / HTTP/1.1\r\n${H}\r\n`, { fieldCount: 0 }, 'headers', 'ERR_TOO_LONG'],
    ['empty lines', '\r\n\r\n', { emptyLines: 1 }, 'headers', 'ERR_TOO_LONG'],
    ['a chunk-size line', `${chunked}00002\r\n`, { chunkLine: 4 }, 'body', 'ERR_TOO_LONG'],
    ['chunk extensions', `${chunked}2;a=b\r\n`, { chunkExtensions: 2 }, 'body', 'ERR_TOO_LONG'],
    ['trailers', `${chunked}0\r\nA: b\r\n\r\n`, { trailerBytes: 4 }, 'body', 'ERR_TOO_LONG'],
    ['unfinished trailers', `${chunked}0\r\nA: bcdef`, { trailerBytes: 4 }, 'body', 'ERR_TOO_LONG'],
    [
      'lines of trailers',
      `${chunked}0\r\nA: b\r\n\r\n`,
      { trailerCount: 0 },
      'body',
      'ERR_TOO_LONG',
    ],
    ['no trailer', `${chunked}0\r\nA b\r\n\r\n`, {}, 'body', 'ERR_PROTOCOL'],
  ])(
    'and tells the phase and the code of what is wrong with %s',
    (_, text, limits, phase, code) => {
      for (const parts of cuts(encodeLatin1(text))) {
        const machine = new Http1Machine('server', { limits })
        const read = (): void => {
          for (const part of parts) {
            machine.receive(part)
            for (const _event of machine.events());
          }
        }
        expect(read).toThrow(expect.objectContaining({ phase, code, side: 'remote' }))
      }
    },
  )

  it('the same header section again, byte for byte, without parsing it again', () => {
    const machine = new Http1Machine('server')
    const heads: Http1Event[] = []
    for (const target of ['/1', '/2', '/3']) {
      machine.receive(
        encodeLatin1(
          `GET ${target} HTTP/1.1\r\nHost: h\r\nX: ${target === '/3' ? 'z' : 'y'}\r\n\r\n`,
        ),
      )
      heads.push(machine.next())
      machine.next()
      machine.next()
    }
    const [first, second, third] = heads as { fields: unknown; target: string }[]
    expect(second?.fields).toBe(first?.fields)
    expect(third?.fields).not.toBe(first?.fields)
    expect(heads.map(show)).toEqual(['GET /1 1.1 none', 'GET /2 1.1 none', 'GET /3 1.1 none'])
  })

  it('says what is missing when the peer finishes inside a body', () => {
    const machine = new Http1Machine('server')
    machine.receive(
      encodeLatin1(`POST / HTTP/1.1\r\n${H}Content-Length: 4096\r\n\r\n${'x'.repeat(1024)}`),
    )
    expect([...machine.events()]).toHaveLength(2)
    machine.receive(null)
    expect(() => machine.next()).toThrow(
      /body ended after 1024 of 4096 bytes \(ERR_INCOMPLETE_BODY/,
    )
  })

  it('tells the end between two messages apart from one inside a head', () => {
    const idle = new Http1Machine('server')
    idle.receive(null)
    expect(idle.next().type).toBe('closed')
    const half = new Http1Machine('server')
    half.receive(encodeLatin1('GET / HT'))
    expect(half.next().type).toBe('need-data')
    half.receive(null)
    expect(() => half.next()).toThrow(/ended inside a head/)
  })

  it('hands over what follows a switch', () => {
    const machine = new Http1Machine('server')
    machine.receive(
      encodeLatin1(`GET / HTTP/1.1\r\n${H}Connection: Upgrade\r\nUpgrade: echo\r\n\r\nraw bytes`),
    )
    expect([...machine.events()].map(show)).toEqual(['GET / 1.1 none', 'end'])
    expect(machine.clientState).toBe('might-switch')
    const head = machine.send({
      type: 'response',
      status: 101,
      headers: [
        ['Upgrade', 'echo'],
        ['Connection', 'Upgrade'],
      ],
    })
    expect(decodeLatin1(head)).toBe(
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n',
    )
    machine.send({ type: 'end' })
    expect(machine.isSwitched).toBe(true)
    expect(decodeLatin1(machine.takeRest())).toBe('raw bytes')
  })

  it('goes on with HTTP when an upgrade is not taken up', () => {
    const machine = new Http1Machine('server')
    machine.receive(
      encodeLatin1(
        `GET / HTTP/1.1\r\n${H}Connection: Upgrade\r\nUpgrade: h2c\r\n\r\nGET /2 HTTP/1.1\r\n${H}\r\n`,
      ),
    )
    expect([...machine.events()].map(show)).toEqual(['GET / 1.1 none', 'end'])
    machine.send({ type: 'response', status: 200, headers: [['Content-Length', '0']] })
    machine.send({ type: 'end' })
    expect([...machine.events()].map(show)).toEqual(['GET /2 1.1 none', 'end'])
  })
})

describe('a client reads', () => {
  const ask = (machine: Http1Machine, ...methods: string[]) => {
    for (const method of methods) {
      const target = method === 'CONNECT' ? 'h:1' : '/'
      machine.send({ type: 'request', method, target, headers: [['Host', 'h']] })
      machine.send({ type: 'end' })
    }
  }

  it.each<[string, string[], string, string[]]>([
    [
      'a body of a length',
      ['GET'],
      'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi',
      ['response 200 length', 'data hi', 'end'],
    ],
    [
      'interim responses',
      ['GET'],
      'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 204 No\r\n\r\n',
      ['interim 100 none', 'interim 103 none', 'response 204 none', 'end'],
    ],
    [
      'a response to HEAD',
      ['HEAD', 'GET'],
      'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx',
      ['response 200 none', 'end', 'response 200 length', 'data x', 'end'],
    ],
    [
      'nothing that was not asked for',
      ['GET'],
      'HTTP/1.1 204 No\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n',
      ['response 204 none', 'end'],
    ],
    ['a tunnel', ['CONNECT'], 'HTTP/1.1 200 OK\r\n\r\nraw', ['response 200 tunnel', 'end']],
    ['101 without an offer', ['GET'], 'HTTP/1.1 101 Switching\r\n\r\n', ['error 400']],
    [
      'a folded field',
      ['GET'],
      'HTTP/1.1 200 OK\r\nX: a\r\n  b\r\nContent-Length: 0\r\n\r\n',
      ['response 200 length', 'end'],
    ],
    [
      'endless interim responses',
      ['GET'],
      'HTTP/1.1 100 C\r\n\r\n'.repeat(17),
      [...Array(16).fill('interim 100 none'), 'error 400'],
    ],
    [
      'no reason phrase',
      ['GET'],
      'HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n',
      ['response 200 length', 'end'],
    ],
    [
      'HTTP/1.0',
      ['GET'],
      'HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n',
      ['response 200 length close', 'end'],
    ],
  ])('%s', (_, methods, text, expected) => {
    for (const parts of cuts(encodeLatin1(text))) {
      const machine = new Http1Machine('client')
      ask(machine, ...methods)
      expect(feed(machine, parts)).toEqual(expected)
    }
  })

  it('a body that lasts until the end of the connection', () => {
    const machine = new Http1Machine('client')
    ask(machine, 'GET')
    machine.receive(encodeLatin1('HTTP/1.1 200 OK\r\n\r\nall of'))
    expect([...machine.events()].map(show)).toEqual(['response 200 close close', 'data all of'])
    machine.receive(null)
    expect(machine.next().type).toBe('end')
    expect(machine.canReuse).toBe(false)
  })

  it('a folded value with one space', () => {
    const machine = new Http1Machine('client')
    ask(machine, 'GET')
    machine.receive(encodeLatin1('HTTP/1.1 200 OK\r\nX: a \r\n\t b\r\nContent-Length: 0\r\n\r\n'))
    expect(machine.next()).toMatchObject({ status: 200 })
    machine.next()
  })
})

describe('what is sent', () => {
  const text = (machine: Http1Machine, ...events: OutgoingEvent[]) =>
    events.map((event) => decodeLatin1(machine.send(event))).join('')
  const asked = (head: string) => {
    const machine = new Http1Machine('server')
    machine.receive(encodeLatin1(head))
    for (const _ of machine.events());
    return machine
  }
  const data = { type: 'data', data: encodeLatin1('hello') } as const

  it.each<[string, string, OutgoingEvent[], string]>([
    [
      'a length that the caller gave',
      `GET / HTTP/1.1\r\n${H}\r\n`,
      [
        { type: 'response', status: 200, headers: [['Content-Length', '5']] },
        data,
        { type: 'end' },
      ],
      'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello',
    ],
    [
      'chunks when nobody knows the length',
      `GET / HTTP/1.1\r\n${H}\r\n`,
      [{ type: 'response', status: 200 }, data, { type: 'end' }],
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
    ],
    [
      'trailers',
      `GET / HTTP/1.1\r\n${H}\r\n`,
      [
        { type: 'response', status: 200 },
        { type: 'end', trailers: [['X', 'y']] },
      ],
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: y\r\n\r\n',
    ],
    [
      'until the end, to HTTP/1.0',
      'GET / HTTP/1.0\r\n\r\n',
      [{ type: 'response', status: 200 }, data, { type: 'end' }],
      'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello',
    ],
    [
      'no chunks to HTTP/1.0, whatever the program says',
      'GET / HTTP/1.0\r\n\r\n',
      [
        {
          type: 'response',
          status: 200,
          headers: [
            ['X', 'y'],
            ['Transfer-Encoding', 'chunked'],
          ],
        },
        data,
        { type: 'end' },
      ],
      'HTTP/1.1 200 OK\r\nX: y\r\nConnection: close\r\n\r\nhello',
    ],
    [
      'keep-alive to HTTP/1.0 that asks for it',
      'GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n',
      [{ type: 'response', status: 200, headers: [['Content-Length', '0']] }, { type: 'end' }],
      'HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n',
    ],
    [
      'close when the client said so',
      `GET / HTTP/1.1\r\n${H}Connection: close\r\n\r\n`,
      [{ type: 'response', status: 204 }, { type: 'end' }],
      'HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n',
    ],
    [
      'no body to HEAD, and its length',
      `HEAD / HTTP/1.1\r\n${H}\r\n`,
      [{ type: 'response', status: 200, headers: [['Content-Length', '5']] }, { type: 'end' }],
      'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n',
    ],
    [
      '100 Continue',
      `POST / HTTP/1.1\r\n${H}Expect: 100-continue\r\nContent-Length: 1\r\n\r\n`,
      [{ type: 'interim', status: 100 }],
      'HTTP/1.1 100 Continue\r\n\r\n',
    ],
  ])('%s', (_, head, events, expected) => {
    expect(text(asked(head), ...events)).toBe(expected)
  })

  it.each<[string, OutgoingEvent[], RegExp]>([
    [
      'more than the length',
      [{ type: 'response', status: 200, headers: [['Content-Length', '4']] }, data],
      /1 bytes more/,
    ],
    [
      'less than the length',
      [
        { type: 'response', status: 200, headers: [['Content-Length', '6']] },
        data,
        { type: 'end' },
      ],
      /ended 1 bytes before/,
    ],
    ['data before a head', [data], /data can not be sent/],
    [
      'two responses',
      [{ type: 'response', status: 204 }, { type: 'end' }, { type: 'response', status: 204 }],
      /can not be sent/,
    ],
    ['a body with 204', [{ type: 'response', status: 204 }, data], /without content/],
    [
      'both framings',
      [
        {
          type: 'response',
          status: 200,
          headers: [
            ['Content-Length', '4'],
            ['Transfer-Encoding', 'chunked'],
          ],
        },
      ],
      /both/,
    ],
    [
      'a coding that is not chunked',
      [{ type: 'response', status: 200, headers: [['Transfer-Encoding', 'gzip']] }],
      /only chunked/,
    ],
    ['101 without an offer', [{ type: 'response', status: 101 }], /offered no upgrade/],
    ['an interim status as a response', [{ type: 'response', status: 103 }], /not final/],
    [
      'trailers without chunks',
      [
        { type: 'response', status: 200, headers: [['Content-Length', '0']] },
        { type: 'end', trailers: [['X', 'y']] },
      ],
      /trailers/,
    ],
    ['a reason with a line end', [{ type: 'response', status: 200, reason: 'a\r\nb' }], /reason/],
    ['a status of two digits', [{ type: 'response', status: 99 }], /three digits/],
  ])('is refused: %s', (_, events, message) => {
    const machine = asked(`GET / HTTP/1.1\r\n${H}\r\n`)
    let error: ProtocolError | undefined
    try {
      for (const event of events) machine.send(event)
    } catch (thrown) {
      error = thrown as ProtocolError
    }
    expect(error?.message).toMatch(message)
    expect(isProtocolError(error, 'local')).toBe(true)
  })

  it.each([
    ['a target with a space', 'GET', '/a b'],
    ['a target with a line end', 'GET', '/a\r\nX: y'],
    ['a target beyond ASCII', 'GET', '/\u00e9'],
    ['a fragment', 'GET', '/a#b'],
    ['a method with a space', 'GET /x', '/'],
    ['a target without form', 'GET', 'x'],
    ['CONNECT to a path', 'CONNECT', '/'],
  ])('is refused in a request: %s', (_, method, target) => {
    const machine = new Http1Machine('client')
    expect(() =>
      machine.send({ type: 'request', method, target, headers: [['Host', 'h']] }),
    ).toThrow()
    expect(machine.clientState).toBe('idle')
  })
})

describe('any input', () => {
  const pieces = fc.array(
    fc.oneof(
      fc.constantFrom(
        'GET / HTTP/1.1\r\n',
        'POST /x HTTP/1.1\r\n',
        'HTTP/1.1 200 OK\r\n',
        'HTTP/1.1 100 C\r\n',
        'Host: h\r\n',
        'Content-Length: 3\r\n',
        'Transfer-Encoding: chunked\r\n',
        '\r\n',
        '3\r\nabc\r\n',
        '0\r\n\r\n',
        'X: y\r\n',
        ' z\r\n',
        'Connection: upgrade\r\nUpgrade: x\r\n',
        'abc',
        '\r',
        '\n',
        ';',
        ':',
        '\0',
        'HTTP/1.1 101 S\r\n',
      ),
      fc.string({
        unit: fc.integer({ min: 0, max: 255 }).map((c) => String.fromCharCode(c)),
        maxLength: 6,
      }),
    ),
    { maxLength: 14 },
  )

  it.each(['server', 'client'] as const)(
    'gives a %s events or a remote ProtocolError, the same however it is cut',
    (role) => {
      fc.assert(
        fc.property(pieces, fc.boolean(), fc.nat(), (parts, end, seed) => {
          const bytes = encodeLatin1(parts.join(''))
          const run = (cut: Uint8Array[]) => {
            const machine = new Http1Machine(role)
            if (role === 'client') {
              machine.send({
                type: 'request',
                method: 'GET',
                target: '/',
                headers: [['Host', 'h']],
              })
              machine.send({ type: 'end' })
            }
            const seen = feed(machine, cut)
            if (end && !seen.at(-1)?.startsWith('error')) {
              machine.receive(null)
              seen.push(...feed(machine, [new Uint8Array(0)]))
            }
            return seen
          }
          const at = bytes.length === 0 ? 0 : seed % bytes.length
          const whole = run([bytes])
          expect(run(Array.from(bytes, (_, i) => bytes.subarray(i, i + 1)))).toEqual(whole)
          expect(run([bytes.subarray(0, at), bytes.subarray(at)])).toEqual(whole)
        }),
        { numRuns: 1000 },
      )
    },
  )

  it('survives a round trip through both roles', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 5 }),
        fc.boolean(),
        (chunks, chunked) => {
          const total = chunks.reduce((sum, chunk) => sum + chunk.length, 0)
          const client = new Http1Machine('client')
          const server = new Http1Machine('server')
          const framing: [string, string] = chunked
            ? ['Transfer-Encoding', 'chunked']
            : ['Content-Length', `${total}`]
          const parts = [
            client.send({
              type: 'request',
              method: 'POST',
              target: '/',
              headers: [['Host', 'h'], framing],
            }),
          ]
          for (const chunk of chunks) parts.push(client.send({ type: 'data', data: chunk }))
          parts.push(client.send({ type: 'end' }))
          const seen = feed(server, parts)
          const body = chunks.map((chunk) => decodeLatin1(chunk)).join('')
          expect(seen).toEqual([
            `POST / 1.1 ${chunked ? 'chunked' : 'length'}`,
            ...(body ? [`data ${body}`] : []),
            'end',
          ])
        },
      ),
    )
  })
})

describe('a server that answers before it has read to the end', () => {
  it('goes on with the next request', () => {
    const machine = new Http1Machine('server')
    const request = 'POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nab'
    machine.receive(encodeLatin1(request + request))
    expect(machine.next().type).toBe('request')
    machine.send({ type: 'response', status: 204 })
    machine.send({ type: 'end' })
    expect([...machine.events()].map(show)).toEqual([
      'data ab',
      'end',
      'POST / 1.1 length',
      'data ab',
      'end',
    ])
  })

  it('settles an offer of an upgrade with it', () => {
    const machine = new Http1Machine('server')
    const request = 'GET / HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n'
    machine.receive(encodeLatin1(request))
    expect(machine.next().type).toBe('request')
    machine.send({ type: 'response', status: 204 })
    machine.send({ type: 'end' })
    expect(machine.next().type).toBe('end')
    expect(machine.clientState).toBe('idle')
  })
})

describe('a client that has finished sending', () => {
  it('is answered all that it asked, and told which answer is the last', () => {
    const machine = new Http1Machine('server')
    machine.receive(encodeLatin1(`GET /1 HTTP/1.1\r\n${H}\r\nGET /2 HTTP/1.1\r\n${H}\r\n`))
    for (const _ of machine.events());
    machine.receive(null)
    expect([...machine.events()]).toEqual([{ type: 'closed' }])
    const answer = (): string => {
      const headers: [string, string][] = [['Content-Length', '0']]
      const head = machine.send({ type: 'response', status: 200, headers })
      return decodeLatin1(head) + decodeLatin1(machine.send({ type: 'end' }))
    }
    expect([answer(), answer()]).toEqual([
      'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n',
      'HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n',
    ])
    expect(answer).toThrow(/can not be sent/)
  })
})

describe('a status line that is too short', () => {
  it.each(['HTTP/1.1 \r\n', 'HTTP/1.1 2\r\n', 'HTTP/1.1 2\b\nand more', 'HTTP/1.1\r\n'])(
    '%j is refused once its line is complete, however it is cut',
    (text) => {
      for (const parts of cuts(encodeLatin1(text))) {
        const machine = new Http1Machine('client')
        machine.send({ type: 'request', method: 'GET', target: '/', headers: [['Host', 'h']] })
        machine.send({ type: 'end' })
        const read = (): void => {
          for (const part of parts) {
            machine.receive(part)
            for (const _ of machine.events());
          }
        }
        expect(read).toThrow(/the status/)
      }
    },
  )
})
