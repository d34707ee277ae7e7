import { concat, decodeUtf8, encodeLatin1, encodeUtf8 } from '@sluice/socket/bytes'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { growth, LINEAR } from '../../../../scripts/growth.ts'
import { isProtocolError } from './errors.ts'
import { parseFormDisposition } from './form-disposition.ts'
import { escapeFormName, formatPartHead } from './form-name.ts'
import { MultipartMachine, type MultipartOptions } from './multipart.ts'

interface Found {
  name: string
  filename?: string
  type?: string
  content: string
}

/** Everything that a machine tells of a body that comes in these pieces. */
function read(pieces: readonly Uint8Array[], boundary = 'b', options?: MultipartOptions): Found[] {
  const machine = new MultipartMachine(boundary, options)
  const parts: Found[] = []
  let content: Uint8Array[] = []
  let view = new Uint8Array(0)
  const queue: (Uint8Array | null)[] = [...pieces, null]
  for (;;) {
    const event = machine.next()
    if (event.type === 'end') return parts
    if (event.type === 'need-data') {
      const next = queue.shift()
      if (next === undefined) throw new Error('it asks for more than there is')
      // A view is the machine's until it asks for more: what it keeps it must have copied.
      view.fill(0xdd)
      view = next?.slice() ?? view
      machine.receive(next === null ? null : view)
      continue
    }
    if (event.type === 'part') {
      const { name, filename, fields } = event
      const type = new Map([...fields].map(([key, value]) => [key.toLowerCase(), value])).get(
        'content-type',
      )
      parts.push({
        name,
        ...(filename === undefined ? {} : { filename }),
        ...(type === undefined ? {} : { type }),
        content: '',
      })
      content = []
    } else if (event.type === 'data') {
      if (event.data.length === 0) throw new Error('empty data')
      content.push(event.data.slice())
    } else (parts.at(-1) as Found).content = decodeUtf8(concat(content))
  }
}

/** Whole, byte by byte, and split in two at every place. */
function everyWay(bytes: Uint8Array): Uint8Array[][] {
  const ways = [[bytes], Array.from(bytes, (_, i) => bytes.slice(i, i + 1))]
  for (let i = 1; i < bytes.length; i++) ways.push([bytes.slice(0, i), bytes.slice(i)])
  return ways
}

const field = (name: string, content: string): string =>
  `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${content}\r\n`

const rows: [title: string, text: string, parts: Found[], boundary?: string][] = [
  ['one field', `${field('a', '1')}--b--\r\n`, [{ name: 'a', content: '1' }]],
  ['no CR LF behind the last boundary', `${field('a', '1')}--b--`, [{ name: 'a', content: '1' }]],
  ['no part at all', '--b--\r\n', []],
  ['no part, and an epilogue behind a bare LF', '--b--\nx', []],
  ['no part, and nothing but a CR behind it', '--b--\r', []],
  [
    'two fields of one name',
    `${field('a', '1')}${field('a', '2')}--b--`,
    [
      { name: 'a', content: '1' },
      { name: 'a', content: '2' },
    ],
  ],
  ['an empty field', `${field('a', '')}--b--`, [{ name: 'a', content: '' }]],
  [
    'a field without its own CR LF, as RFC 2046 allows for empty ones',
    '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n--b--',
    [{ name: 'a', content: '' }],
  ],
  ['a line end before the first', `\r\n${field('a', '1')}--b--`, [{ name: 'a', content: '1' }]],
  ['an epilogue', `${field('a', '1')}--b--\r\n--b\r\nnothing`, [{ name: 'a', content: '1' }]],
  [
    'blanks behind boundaries',
    '--b \t\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--b  \r\nContent-Disposition: form-data; name="c"\r\n\r\n2\r\n--b--  ',
    [
      { name: 'a', content: '1' },
      { name: 'c', content: '2' },
    ],
  ],
  [
    'content that looks like a boundary',
    `${field('a', '\r\n--\r\n-b\r\n--bx\r\n--b-x\r\n--b--x\r\n--B--\r\n\r\r\n--c')}--b--`,
    [{ name: 'a', content: '\r\n--\r\n-b\r\n--bx\r\n--b-x\r\n--b--x\r\n--B--\r\n\r\r\n--c' }],
  ],
  [
    'a boundary in the middle of a line',
    `${field('a', 'x--b--')}--b--`,
    [{ name: 'a', content: 'x--b--' }],
  ],
  [
    'a boundary behind a bare LF',
    `${field('a', 'x\n--b\n')}--b--`,
    [{ name: 'a', content: 'x\n--b\n' }],
  ],
  [
    'content that is a boundary of another case',
    `${field('a', '--B')}--b--`,
    [{ name: 'a', content: '--B' }],
  ],
  [
    'content of line ends',
    `${field('a', '\r\n\r\n\r\n')}--b--`,
    [{ name: 'a', content: '\r\n\r\n\r\n' }],
  ],
  [
    'a file',
    '--b\r\nContent-Disposition: form-data; name="f"; filename="a.txt"\r\nContent-Type: text/plain\r\n\r\nhello\r\n--b--',
    [{ name: 'f', filename: 'a.txt', type: 'text/plain', content: 'hello' }],
  ],
  [
    'no file chosen',
    '--b\r\nContent-Disposition: form-data; name="f"; filename=""\r\nContent-Type: application/octet-stream\r\n\r\n\r\n--b--',
    [{ name: 'f', filename: '', type: 'application/octet-stream', content: '' }],
  ],
  [
    'names beyond ASCII, as UTF-8',
    '--b\r\nContent-Disposition: form-data; name="größe"; filename="日本.txt"\r\n\r\nü\r\n--b--',
    [{ name: 'größe', filename: '日本.txt', content: 'ü' }],
  ],
  [
    'fields in other case and order, one folded',
    '--b\r\ncontent-type: text/x\r\nCONTENT-DISPOSITION:form-data;\r\n name=a\r\nX-Other: 1\r\n\r\n1\r\n--b--',
    [{ name: 'a', type: 'text/x', content: '1' }],
  ],
  [
    'a boundary of the longest kind',
    `--${'x'.repeat(70)}\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--${'x'.repeat(70)}--`,
    [{ name: 'a', content: '1' }],
    'x'.repeat(70),
  ],
  [
    'a boundary of hyphens',
    '--------\r\nContent-Disposition: form-data; name="a"\r\n\r\n----\r\n----------',
    [{ name: 'a', content: '----' }],
    '------',
  ],
]

describe('a multipart body', () => {
  it.each(rows)('has %s, however it is cut', (_, text, parts, boundary) => {
    const bytes = encodeUtf8(text)
    for (const way of everyWay(bytes)) expect(read(way, boundary)).toEqual(parts)
  })

  it.each<[title: string, text: string, status: number, says: RegExp, options?: MultipartOptions]>([
    ['that is empty', '', 400, /ended before its last boundary/],
    ['without its last boundary', field('a', '1'), 400, /ended before its last boundary/],
    ['that ends in a head', '--b\r\nContent-Disposition: form-data; name="a"', 400, /ended before/],
    [
      'that ends in content',
      '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1',
      400,
      /ended/,
    ],
    ['that ends in a boundary', `${field('a', '1')}--b-`, 400, /ended before its last boundary/],
    ['of another boundary', `${field('a', '1').replace('--b', '--c')}--c--`, 400, /does not begin/],
    ['with text behind a boundary', `--b x\r\n\r\n`, 400, /text behind a boundary/],
    [
      'with text behind its last boundary',
      `${field('a', '1')}--b-- x`,
      400,
      /text behind a boundary/,
    ],
    [
      'with blanks without end behind its last',
      `--b--${' '.repeat(300)}`,
      400,
      /more blanks behind a boundary/,
    ],
    [
      'with text before its only boundary',
      'text\r\n--b--',
      400,
      /does not begin with its boundary/,
    ],
    [
      'whose first boundary begins no line',
      `\r${field('a', '1')}--b--`,
      400,
      /does not begin with its boundary/,
    ],
    ['with a bare CR behind a boundary', `--b\rx`, 400, /text behind a boundary/],
    ['with blanks without end', `--b${' '.repeat(300)}`, 400, /more blanks behind a boundary/],
    ['with a bare LF in a head', '--b\r\nA: b\n\r\n', 400, /ends without CR LF/],
    ['with a head of a bare LF', '--b\r\n\n', 400, /ends without CR LF/],
    ['with a line that is no field', '--b\r\nnonsense\r\n\r\n', 400, /no field/],
    ['with white space before the colon', '--b\r\nA : b\r\n\r\n', 400, /no field/],
    ['with an empty field name', '--b\r\n: b\r\n\r\n', 400, /no field/],
    ['with NUL in a field', '--b\r\nA: \0\r\n\r\n', 400, /no field/],
    ['whose part begins with a folded line', '--b\r\n A: b\r\n\r\n', 400, /no field/],
    ['with a part without a name', '--b\r\n\r\n1\r\n--b--', 400, /without Content-Disposition/],
    [
      'with a part that is an attachment',
      '--b\r\nContent-Disposition: attachment; name="a"\r\n\r\n1\r\n--b--',
      400,
      /without Content-Disposition/,
    ],
    [
      'with two dispositions',
      '--b\r\nContent-Disposition: form-data; name=a\r\nContent-Disposition: form-data; name=b\r\n\r\n',
      400,
      /two Content-Disposition/,
    ],
    [
      'with two names',
      '--b\r\nContent-Disposition: form-data; name="a"; name="b"\r\n\r\n',
      400,
      /without Content-Disposition/,
    ],
    [
      'with too many parts',
      `${field('a', '')}${field('a', '')}--b--`,
      413,
      /more than 1 parts/,
      { limits: { parts: 1 } },
    ],
    [
      'with too long a head',
      `--b\r\nX: ${'x'.repeat(100)}`,
      413,
      /head of more than 64 bytes/,
      { limits: { headerBytes: 64 } },
    ],
    [
      'with too many fields',
      `--b\r\nA: 1\r\nB: 2\r\n\r\n`,
      413,
      /more than 1 fields/,
      { limits: { headerCount: 1 } },
    ],
    [
      'with too long a field',
      `${field('a', '1234')}--b--`,
      413,
      /part of more than 3 bytes/,
      { limits: { fieldSize: 3 } },
    ],
    [
      'with too long a file',
      `--b\r\nContent-Disposition: form-data; name=a; filename=b\r\n\r\n1234\r\n--b--`,
      413,
      /part of more than 3 bytes/,
      { limits: { fileSize: 3 } },
    ],
    [
      'that is too long',
      `${field('a', '1')}--b--`,
      413,
      /longer than 20 bytes/,
      { limits: { total: 20 } },
    ],
    [
      'with a preamble without end',
      'x'.repeat(100),
      400,
      /does not begin with its boundary/,
      { isForm: false, limits: { headerBytes: 64 } },
    ],
  ])('%s is refused, however it is cut', (_, text, status, says, options) => {
    for (const way of everyWay(encodeUtf8(text))) {
      let error: unknown
      try {
        read(way, 'b', options)
      } catch (caught) {
        error = caught
      }
      expect(isProtocolError(error, 'remote') && error.statusHint).toBe(status)
      expect((error as Error).message).toMatch(says)
    }
  })

  it('of another type than form-data needs no names', () => {
    const text =
      '--bx is a preamble\r\n--b\r\n\r\nplain\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>\r\n--b--'
    expect(read([encodeUtf8(text)], 'b', { isForm: false })).toEqual([
      { name: '', content: 'plain' },
      { name: '', type: 'text/html', content: '<p>' },
    ])
  })

  it('that was broken stays broken', () => {
    const machine = new MultipartMachine('b')
    machine.receive(encodeUtf8('--b x\r\n'))
    const errors = [1, 2].map(() => {
      try {
        return machine.next()
      } catch (error) {
        return error
      }
    })
    expect(errors[0]).toBe(errors[1])
    expect(isProtocolError(errors[0])).toBe(true)
  })

  it.each(['', 'x'.repeat(71), 'a ', 'a\r\nb', 'a"b', 'ü'])('has no boundary %j', (boundary) => {
    expect(() => new MultipartMachine(boundary)).toThrow(/boundary that can be none/)
  })

  it.each([
    [{ nonsense: 1 }, "there is no limit 'nonsense'"],
    [{ parts: -1 }, 'limits.parts must be 0 or more, not -1'],
    [{ parts: '1' }, 'limits.parts must be a number'],
  ])('has no limits %j', (limits, says) => {
    expect(() => new MultipartMachine('b', { limits: limits as never })).toThrow(says)
  })

  it('holds back less than a delimiter: content is handed on as it comes', () => {
    const machine = new MultipartMachine('b')
    machine.receive(encodeUtf8('--b\r\nContent-Disposition: form-data; name=a\r\n\r\n'))
    expect(machine.next().type).toBe('part')
    for (const [sent, told] of [
      ['hello', 'hello'],
      ['there\r', 'there'],
      ['\n--', ''],
      ['c', '\r\n--c'],
    ] as const) {
      machine.receive(encodeLatin1(sent))
      let heard = ''
      for (let event = machine.next(); event.type === 'data'; event = machine.next())
        heard += decodeUtf8(event.data)
      expect(heard).toBe(told)
    }
  })

  it('whatever comes, tells events or a remote ProtocolError, and the same however it is cut', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        '--b',
        '\r\n--b',
        '\r\n',
        '--',
        '\r',
        '\n',
        ' ',
        '--b--',
        field('a', 'x'),
        'x',
      ),
      fc.string({ unit: 'binary', maxLength: 4 }),
    )
    const tell = (pieces: Uint8Array[]): unknown => {
      try {
        return read(pieces, 'b', { limits: { headerBytes: 100, fieldSize: 50 } })
      } catch (error) {
        if (!isProtocolError(error, 'remote')) throw error
        return error.message
      }
    }
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 12 }),
        fc.integer({ min: 1, max: 9 }),
        (texts, size) => {
          const bytes = encodeUtf8(texts.join(''))
          const cut: Uint8Array[] = []
          for (let at = 0; at < bytes.length; at += size) cut.push(bytes.slice(at, at + size))
          expect(tell(cut)).toEqual(tell([bytes]))
        },
      ),
      { numRuns: 2000 },
    )
  })

  it.each([
    ['carriage returns', '\r'],
    ['almost boundaries', '\r\n--a'],
    ['boundaries of another', '\r\n--bx'],
    ['boundaries with a hyphen', '\r\n--b-x'],
  ])('of %s costs linear time', (_, unit) => {
    const prepare = (length: number) => {
      const content = unit.repeat(length / unit.length)
      const bytes = encodeUtf8(`${field('a', content)}--b--`)
      // Without looking at the content: to copy it costs what memory costs.
      return () => {
        for (let i = 0; i < 10; i++) {
          const machine = new MultipartMachine('b')
          machine.receive(bytes)
          while (machine.next().type !== 'need-data');
        }
      }
    }
    expect(growth(prepare)).toBeLessThan(LINEAR)
  })
})

describe('Content-Disposition in a form', () => {
  it.each<[text: string, name: string | undefined, filename?: string]>([
    ['form-data; name="a"', 'a'],
    ['form-data; name=a', 'a'],
    ['FORM-DATA ; NAME="a"', 'a'],
    ['form-data; name="a"; filename="b"', 'a', 'b'],
    ['form-data; filename="b"; name="a"', 'a', 'b'],
    ['form-data; name=""', ''],
    ['form-data; name="a;b=c"', 'a;b=c'],
    ['form-data; name="a%22b"', 'a"b'],
    ['form-data; name="a%0D%0Ab"', 'a\r\nb'],
    ['form-data; name="100%25"', '100%25'],
    ['form-data; name="a\\"b"', 'a"b'],
    ['form-data; name="a"; filename="C:\\dir\\file.txt"', 'a', 'C:\\dir\\file.txt'],
    ['form-data; name="a"; filename="dir\\"', 'a', 'dir\\'],
    ['form-data; name="a"; filename="x\\"; y.txt"', undefined],
    ["form-data; name=a; filename*=UTF-8''na%C3%AFve", 'a', 'naïve'],
    ["form-data; name=a; filename=plain; filename*=UTF-8''x", 'a', 'plain'],
    ['form-data', undefined],
    ['form-data; ', undefined],
    ['form-data; name', undefined],
    ['form-data; name="a', undefined],
    ['form-data; name="a"b"', undefined],
    ['form-data; name="a" x', undefined],
    ['form-data; name="a"; name="b"', undefined],
    ['form-datax; name="a"', undefined],
    ['attachment; name="a"', undefined],
    ['', undefined],
  ])('%s', (text, name, filename) => {
    expect(parseFormDisposition(text)).toEqual({ name, filename })
  })

  it('is read as it was written', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (name) => {
        // A form's own escapes can't be told from a text that holds them: WHATWG has it so.
        fc.pre(!/%(?:22|0d|0a)|\\"/i.test(name) && !name.endsWith('\\'))
        const bytes = encodeUtf8(`form-data; name="${escapeFormName(name)}"`)
        const text = Array.from(bytes, (byte) => String.fromCharCode(byte)).join('')
        expect(parseFormDisposition(text).name).toBe(name)
      }),
    )
  })
})

it('the head of a part can not be ended by a name', () => {
  expect(formatPartHead('a"\r\nb')).toBe(
    'Content-Disposition: form-data; name="a%22%0D%0Ab"\r\n\r\n',
  )
  expect(formatPartHead('a', 'x/y', 'n"\n')).toBe(
    'Content-Disposition: form-data; name="a"; filename="n%22%0A"\r\nContent-Type: x/y\r\n\r\n',
  )
})
