import { describe, expect, it } from 'vitest'
import {
  asValueError,
  bind,
  builtins,
  callable,
  codecs,
  isKeywords,
  kw,
  socket,
} from '../src/python.ts'

describe('kw() and bind()', () => {
  const bound = (parameters: string[], ...args: unknown[]) => bind('f', parameters, args)

  it('sort arguments by name, by position and by keyword', () => {
    expect(bound(['a', 'b?', 'c?'], 1, kw({ c: 3 }))).toEqual({ a: 1, c: 3 })
  })

  it('take a plain object in last place for data', () => {
    expect(bound(['a', 'b?'], 1, { c: 3 })).toEqual({ a: 1, b: { c: 3 } })
    expect([isKeywords(kw({})), isKeywords({})]).toEqual([true, false])
  })

  it.each<[title: string, parameters: string[], args: unknown[], message: string]>([
    ['too many', ['a'], [1, 2], 'f() takes 1 positional arguments but 2 were given'],
    ['a missing one', ['a', 'b'], [1], "f() missing required argument: 'b'"],
    ['an unknown keyword', ['a'], [1, kw({ b: 1 })], "unexpected keyword argument 'b'"],
    ['one given twice', ['a'], [1, kw({ a: 1 })], "multiple values for argument 'a'"],
    ['a keyword by position', ['a', '*', 'b?'], [1, 2], 'takes 1 positional arguments'],
  ])('refuse %s', (_, parameters, args, message) => {
    expect(() => bind('f', parameters, args)).toThrow(message)
  })
})

describe('callable()', () => {
  class Plain {
    readonly value: number
    constructor(value: number) {
      this.value = value
    }
  }
  const Point = callable(Plain)

  it('lets a class be called with and without new, and be subclassed', () => {
    expect([Point(1).value, new Point(2).value]).toEqual([1, 2])
    class Sub extends Point {}
    expect(new Sub(3)).toBeInstanceOf(Point)
    expect(new Sub(3)).toBeInstanceOf(Sub)
    expect(Point(1)).toBeInstanceOf(Plain)
  })
})

describe('builtins', () => {
  it('has the exceptions under their names, with their bases', () => {
    const error = new builtins.UnicodeDecodeError('x')
    expect(error).toBeInstanceOf(builtins.ValueError)
    expect([error.name, error.message, error.args]).toEqual(['UnicodeDecodeError', 'x', ['x']])
    expect(new builtins.TimeoutError('x')).toBeInstanceOf(builtins.OSError)
  })

  it('makes an OSError of errno and text', () => {
    const error = new builtins.OSError(2, 'No such file or directory', '/x')
    expect(error.message).toBe("[Errno 2] No such file or directory: '/x'")
    expect([error.errno, error.strerror, error.filename]).toEqual([
      2,
      'No such file or directory',
      '/x',
    ])
    expect(new builtins.OSError('x').errno).toBe(null)
  })

  it.each<[value: unknown, text: string]>([
    [null, 'None'],
    [true, 'True'],
    [1, '1'],
    [1.5, '1.5'],
    [-0, '-0.0'],
    [1e100, '1e+100'],
    [1e-7, '1e-07'],
    [0.0001, '0.0001'],
    [1e16, '1e+16'],
    [Number.NaN, 'nan'],
    [Number.NEGATIVE_INFINITY, '-inf'],
    [12n, '12'],
    ['a\n\'"\u00a0é😀\\', "'a\\n\\'\"\\xa0é😀\\\\'"],
    ["it's", '"it\'s"'],
    [Uint8Array.of(0x61, 0, 0xff, 0x27), 'b"a\\x00\\xff\'"'],
    [[1, ['a']], "[1, ['a']]"],
    [{ k: null }, "{'k': None}"],
    [new Map([[1, 'a']]), "{1: 'a'}"],
  ])('writes %o as %s', (value, text) => {
    expect(builtins.repr(value)).toBe(text)
  })

  it('writes bytes of any number', () => {
    expect(builtins.repr(new Uint8Array(200_000))).toBe(`b'${'\\x00'.repeat(200_000)}'`)
  })

  it('leaves text as it is where Python calls str()', () => {
    expect([builtins.str('a'), builtins.str(1)]).toEqual(['a', '1'])
  })
})

describe('codecs', () => {
  const bytes = (...list: number[]) => Uint8Array.from(list)

  it.each<[text: string, encoding: string, errors: string, encoded: number[]]>([
    ['é😀', 'utf-8', 'strict', [0xc3, 0xa9, 0xf0, 0x9f, 0x98, 0x80]],
    ['é', 'Latin_1', 'strict', [0xe9]],
    ['€', 'cp1252', 'strict', [0x80]],
    ['a€', 'utf-16-le', 'strict', [0x61, 0, 0xac, 0x20]],
    ['€', 'utf-16-be', 'strict', [0x20, 0xac]],
    ['aé', 'ascii', 'ignore', [0x61]],
    ['é', 'ascii', 'replace', [0x3f]],
    ['é', 'ascii', 'xmlcharrefreplace', [...'&#233;'].map((c) => c.charCodeAt(0))],
    ['é', 'ascii', 'backslashreplace', [...'\\xe9'].map((c) => c.charCodeAt(0))],
    ['\udcff', 'utf-8', 'surrogateescape', [0xff]],
    ['\ud800', 'utf-8', 'surrogatepass', [0xed, 0xa0, 0x80]],
    ['\ud800', 'utf-16-le', 'surrogatepass', [0, 0xd8]],
    ['bücher.de', 'idna', 'strict', [...'xn--bcher-kva.de'].map((c) => c.charCodeAt(0))],
  ])('encode %j as %s with %s', (text, encoding, errors, encoded) => {
    expect([...codecs.encode(text, encoding, errors)]).toEqual(encoded)
  })

  it.each<[encoded: number[], encoding: string, errors: string, text: string]>([
    [[0xc3, 0xa9], 'utf-8', 'strict', 'é'],
    [[0xef, 0xbb, 0xbf], 'utf-8', 'strict', '\ufeff'],
    [[0xe9], 'iso-8859-1', 'strict', 'é'],
    [[0x80, 0x93], 'latin-1', 'strict', '\x80\x93'],
    [[0x80], 'cp1252', 'strict', '€'],
    [[0x81], 'cp1252', 'replace', '\ufffd'],
    [[0x3d, 0xd8, 0, 0xde, 0x61], 'utf-16-le', 'replace', '😀\ufffd'],
    [[0xff, 0x61], 'utf-8', 'surrogateescape', '\udcffa'],
    [[0xe2, 0x82, 0x61], 'utf-8', 'backslashreplace', '\\xe2\\x82a'],
    [[0xed, 0xa0, 0x80], 'utf-8', 'replace', '\ufffd\ufffd\ufffd'],
    [[0xc2], 'utf-8', 'ignore', ''],
    [[0x61], 'utf-16-le', 'replace', '\ufffd'],
    [[0x82, 0xa0], 'shift_jis', 'strict', 'あ'],
  ])('decode %j from %s with %s', (encoded, encoding, errors, text) => {
    expect(codecs.decode(bytes(...encoded), encoding, errors)).toBe(text)
  })

  it('refuse what does not fit, in words that name codec, value and position', () => {
    expect(() => codecs.encode('aé', 'ascii')).toThrow(builtins.UnicodeEncodeError)
    expect(() => codecs.encode('a\ud800')).toThrow(
      "'utf-8' codec can't encode character '\\ud800' in position 1: surrogates not allowed",
    )
    expect(() => codecs.decode(bytes(0x61, 0xff))).toThrow(
      "'utf-8' codec can't decode byte 0xff in position 1: invalid start byte",
    )
    expect(() => codecs.decode(bytes(0xff), 'ascii')).toThrow(builtins.UnicodeDecodeError)
    expect(() => codecs.decode(bytes(0x61), 'utf-16-le', 'surrogateescape')).toThrow('truncated')
    for (const name of ['constructor', 'tostring']) {
      expect(() => codecs.decode(bytes(0xff), name)).toThrow(`unknown encoding: ${name}`)
      expect(() => codecs.decode(bytes(0xff), 'utf-8', name)).toThrow(
        `unknown error handler name '${name}'`,
      )
      expect(() => codecs.encode('\ud800', 'utf-8', name)).toThrow(
        `unknown error handler name '${name}'`,
      )
    }
    expect(() => codecs.decode(bytes(), 'x-none')).toThrow(builtins.LookupError)
    expect(() => codecs.encode('é', 'ascii', 'x')).toThrow(builtins.LookupError)
    expect(() => codecs.encode('a..b', 'idna')).toThrow(builtins.UnicodeError)
  })
})

describe('socket', () => {
  it('reads and writes addresses, by position and by keyword', () => {
    expect(socket.inet_ntoa(socket.inet_aton('127.1'))).toBe('127.0.0.1')
    const packed = socket.inet_pton(kw({ address_family: socket.AF_INET6, ip_string: '::1' }))
    expect(socket.inet_ntop(socket.AF_INET6, packed)).toBe('::1')
  })

  it('throws what Python throws', () => {
    expect(() => socket.inet_pton(socket.AF_INET, '1.2.3')).toThrow(builtins.OSError)
    expect(() => socket.inet_pton(99, '1.2.3.4')).toThrow(builtins.OSError)
    expect(() => socket.inet_ntop(99, new Uint8Array(4))).toThrow(builtins.ValueError)
    expect(() => socket.inet_aton('1.2.3.4\0')).toThrow('embedded null character')
    expect(() => socket.htons(65536)).toThrow(builtins.OverflowError)
    expect(socket.error).toBe(builtins.OSError)
    expect(socket.timeout).toBe(builtins.TimeoutError)
    expect(new socket.gaierror(-2, 'x')).toBeInstanceOf(builtins.OSError)
  })
})

describe('asValueError()', () => {
  it('turns wrong text and wrong bounds into ValueError, and nothing else', () => {
    const thrower = (error: Error) => () =>
      asValueError(() => {
        throw error
      })
    expect(thrower(new SyntaxError('x'))).toThrow(builtins.ValueError)
    expect(thrower(new RangeError('x'))).toThrow(builtins.ValueError)
    expect(thrower(new TypeError('x'))).toThrow(TypeError)
  })
})
