import { encodeUtf8 } from '@sluice/socket/bytes'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { growth, LINEAR } from '../../../../scripts/growth.ts'
import { isProtocolError } from './errors.ts'
import { type EventMessage, EventStreamParser, formatEvent, planReconnect } from './event-stream.ts'

interface Told {
  events: EventMessage[]
  lastEventId: string
  retry: number | undefined
}

function read(pieces: readonly Uint8Array[]): Told {
  const parser = new EventStreamParser()
  const events = pieces.flatMap((piece) => {
    // A view dies with the call.
    const view = piece.slice()
    const found = parser.receive(view)
    view.fill(0xdd)
    return found
  })
  const { lastEventId, retry } = parser
  return { events, lastEventId, retry }
}

/** Whole, byte by byte, and split in two at every place. */
function everyWay(bytes: Uint8Array): Uint8Array[][] {
  const ways = [[bytes], Array.from(bytes, (_, i) => bytes.slice(i, i + 1))]
  for (let i = 1; i < bytes.length; i++) ways.push([bytes.slice(0, i), bytes.slice(i)])
  return ways
}

const message = (data: string, lastEventId = '', type = 'message'): EventMessage => ({
  type,
  data,
  lastEventId,
})

// Many of these are the cases of web-platform-tests, eventsource/format-*.
const rows: [title: string, text: string, events: EventMessage[], more?: Partial<Told>][] = [
  ['one line', 'data: hello\n\n', [message('hello')]],
  ['two lines', 'data:one\ndata:two\n\n', [message('one\ntwo')]],
  ['lines that end with CR', 'data:one\rdata:two\r\r', [message('one\ntwo')]],
  ['lines that end with CR LF', 'data:one\r\ndata:two\r\n\r\n', [message('one\ntwo')]],
  [
    'all three line ends',
    'data:a\r\rdata:b\n\ndata:c\r\n\r\n',
    [message('a'), message('b'), message('c')],
  ],
  ['CR CR LF, which are two lines', 'data:a\r\r\ndata:b\n\n', [message('a'), message('b')]],
  ['a byte order mark in front', '\ufeffdata:a\n\n', [message('a')]],
  [
    'two byte order marks, of which the second is text',
    '\ufeff\ufeffdata:a\n\ndata:b\n\n',
    [message('b')],
  ],
  ['a byte order mark later', 'data:a\n\n\ufeffdata:b\n\n', [message('a')]],
  ['no space, one, two', 'data:a\ndata: b\ndata:  c\n\n', [message('a\nb\n c')]],
  ['a tab, which is no space', 'data:\ta\n\n', [message('\ta')]],
  ['a field without a colon', 'data\n\ndata\ndata\n\n', [message(''), message('\n')]],
  ['comments', ': nothing\n:\ndata:a\n: more\n\n', [message('a')]],
  ['only a comment', ':\n\n', []],
  ['colons in the value', 'data:a:b: c\n\n', [message('a:b: c')]],
  ['NUL in data', 'data:a\0b\n\n', [message('a\0b')]],
  ['unknown fields', 'justsometext\ndata :x\nDATA:x\n data:x\ndata:a\n\n', [message('a')]],
  ['a name', 'event: tick\ndata: 1\n\ndata: 2\n\n', [message('1', '', 'tick'), message('2')]],
  ['an empty name', 'event:a\nevent:\ndata:1\n\n', [message('1')]],
  ['a name without data', 'event: tick\n\ndata: 1\n\n', [message('1')]],
  [
    'an id that stays',
    'id: 7\ndata: 1\n\ndata: 2\n\n',
    [message('1', '7'), message('2', '7')],
    { lastEventId: '7' },
  ],
  [
    'an id that is reset',
    'id: 7\ndata: 1\n\nid\ndata: 2\n\n',
    [message('1', '7'), message('2')],
    { lastEventId: '' },
  ],
  [
    'an id with NUL, which is passed over',
    'id: 7\nid: a\0b\ndata: 1\n\n',
    [message('1', '7')],
    { lastEventId: '7' },
  ],
  ['an id without data', 'id: 7\n\ndata: 1\n\n', [message('1', '7')], { lastEventId: '7' }],
  [
    'an id whose event is not complete',
    'id: 7\ndata: 1\n\nid: 8\ndata: 2\n',
    [message('1', '7')],
    { lastEventId: '7' },
  ],
  ['an id beyond ASCII', 'id: …\ndata: 1\n\n', [message('1', '…')], { lastEventId: '…' }],
  ['a retry', 'retry: 1500\n\n', [], { retry: 1500 }],
  [
    'a retry that is none',
    'retry: 1500\nretry: 3x\nretry: -1\nretry: 1.5\nretry:\nretry\n\n',
    [],
    { retry: 1500 },
  ],
  ['an event without its end', 'data:a\n\ndata:b\n', [message('a')]],
  ['a line without its end', 'data:a\n\ndata:b', [message('a')]],
  ['UTF-8', 'data: ok…\ud83d\ude00\n\n', [message('ok…\ud83d\ude00')]],
  ['no event at all', '', []],
]

describe('an event stream', () => {
  it.each(rows)('with %s is read, however it is cut', (_, text, events, more) => {
    const expected = { events, lastEventId: '', retry: undefined, ...more }
    for (const way of everyWay(encodeUtf8(text))) expect(read(way)).toEqual(expected)
  })

  it('with bytes that are no UTF-8 has U+FFFD in their place', () => {
    const bytes = Uint8Array.of(0x64, 0x61, 0x74, 0x61, 0x3a, 0xff, 0x61, 0xc3, 0x0a, 0x0a)
    for (const way of everyWay(bytes)) expect(read(way).events).toEqual([message('\ufffda\ufffd')])
  })

  it('begins with the id of an earlier connection', () => {
    const parser = new EventStreamParser({ lastEventId: '3' })
    expect(parser.receive(encodeUtf8('data:a\n\n'))).toEqual([message('a', '3')])
  })

  it.each([
    ['a line', 'data: 0123456789'],
    ['an event', 'data:0123\ndata:0123\n'],
    ['lines that add up', 'data\n'.repeat(20)],
  ])('ends with an error at %s over the cap', (_, text) => {
    for (const way of everyWay(encodeUtf8(text))) {
      const parser = new EventStreamParser({ maxEvent: 9 })
      let error: unknown
      try {
        for (const piece of way) parser.receive(piece)
      } catch (caught) {
        error = caught
      }
      expect(isProtocolError(error, 'remote') && error.code).toBe('ERR_TOO_LONG')
    }
  })

  it('of one line that comes byte by byte costs linear time', () => {
    const byte = encodeUtf8('a')
    const prepare = (length: number) => {
      const parser = new EventStreamParser()
      parser.receive(encodeUtf8('data:'))
      return () => {
        for (let i = 0; i < length; i++) parser.receive(byte)
      }
    }
    expect(growth(prepare)).toBeLessThan(LINEAR)
  })

  it('is what was written', () => {
    const line = fc.string({ unit: 'grapheme' }).map((text) => text.replace(/[\r\n\0]/g, ''))
    const event = fc.record(
      {
        data: fc.string({ unit: 'grapheme' }),
        event: line,
        id: line,
        retry: fc.nat(),
        comment: fc.string(),
      },
      { requiredKeys: ['data'] },
    )
    fc.assert(
      fc.property(
        fc.array(event, { maxLength: 4 }),
        fc.integer({ min: 1, max: 9 }),
        (events, size) => {
          const bytes = encodeUtf8(events.map((one) => formatEvent(one)).join(''))
          const cut: Uint8Array[] = []
          for (let at = 0; at < bytes.length; at += size) cut.push(bytes.slice(at, at + size))
          let id = ''
          const expected = events.map((one) => {
            id = one.id ?? id
            return message(one.data.replace(/\r\n?|\n/g, '\n'), id, one.event || 'message')
          })
          expect(read(cut).events).toEqual(expected)
        },
      ),
    )
  })
})

describe('formatEvent()', () => {
  it.each<[Parameters<typeof formatEvent>[0], string]>([
    ['hello', 'data: hello\n\n'],
    ['', 'data: \n\n'],
    ['a\nb\r\nc\rd', 'data: a\ndata: b\ndata: c\ndata: d\n\n'],
    [
      { event: 'tick', id: '7', data: 'x', retry: 10 },
      'event: tick\nid: 7\nretry: 10\ndata: x\n\n',
    ],
    [{ id: '' }, 'id: \n\n'],
    [{ comment: 'still here\nreally' }, ': still here\n: really\n\n'],
    [{}, '\n'],
  ])('writes %j', (event, text) => {
    expect(formatEvent(event)).toBe(text)
  })

  it.each<[Parameters<typeof formatEvent>[0], RegExp]>([
    [{ event: 'a\ndata: injected' }, /the event of an event is one line/],
    [{ id: 'a\rb' }, /the id of an event is one line/],
    [{ id: 'a\0' }, /no NUL/],
    [{ retry: -1 }, /whole number of milliseconds/],
    [{ retry: 0.5 }, /whole number of milliseconds/],
  ])('refuses %j', (event, says) => {
    expect(() => formatEvent(event)).toThrow(says)
  })
})

describe('planReconnect()', () => {
  const lost = { status: undefined, failures: 1, retry: undefined, retryAfter: undefined }
  it.each<[title: string, Partial<Parameters<typeof planReconnect>[0]>, number | undefined]>([
    ['a connection that was lost', {}, 3000],
    ['what the server says', { retry: 10 }, 10],
    ['a server that says 0', { retry: 0 }, 0],
    ['a server that said 0, and brings nothing', { retry: 0, failures: 2 }, 100],
    ['a server that said 0, and has been gone for long', { retry: 0, failures: 99 }, 60_000],
    ['a second failure', { failures: 2 }, 6000],
    ['many failures', { failures: 1000 }, 60_000],
    ['a server that wants more than a minute', { retry: 90_000, failures: 3 }, 90_000],
    ['another status', { status: 404 }, undefined],
    ['a response of another type', { status: 200 }, undefined],
    ['503 without a time', { status: 503 }, undefined],
    ['503 with one', { status: 503, retryAfter: 7000 }, 7000],
    ['429 with one', { status: 429, retryAfter: 0 }, 0],
    ['404 with one', { status: 404, retryAfter: 7000 }, undefined],
  ])('after %s', (_, end, wait) => {
    expect(planReconnect({ ...lost, ...end })).toBe(wait)
  })
})
