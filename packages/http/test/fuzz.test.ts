/**
 * Chance at the parsers of this layer: text and bytes of strangers, and good ones with a few bytes changed. Whatever comes,
 * there is an answer or an error that the docblock names; and what two programs read, they read alike. The machine itself
 * is beside its file, a server with its handlers in server-fuzz.
 *
 * The seed is fixed: a failure is the same one tomorrow. `FUZZ_RUNS=100000 FUZZ_SEED=$RANDOM` looks further.
 */
import { createRequire } from 'node:module'
import { decodeLatin1, encodeLatin1, encodeUtf8 } from '@sluice/socket/bytes'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatCookie, formatSetCookie, parseCookie, parseSetCookie } from '../src/cookies.ts'
import { parseListingQuery } from '../src/core/listing.ts'
import { matchPattern, parsePattern } from '../src/core/route.ts'
import { parseStaticPath } from '../src/core/static-path.ts'
import { formatCombined } from '../src/handlers.ts'
import * as fields from '../src/headers.ts'
import { isProtocolError } from '../src/index.ts'
import { MultipartMachine } from '../src/multipart.ts'
import { Http1Machine } from '../src/parser.ts'
import { isNode } from './runtime.ts'

const { FUZZ_RUNS = '400', FUZZ_SEED = '20260101' } = process.env
const RUNS = { seed: Number(FUZZ_SEED), numRuns: Number(FUZZ_RUNS) }
const SLOW = { timeout: 600_000 }

/** Texts that are nearly what a parser wants: made of what means something to it. */
const textOf = (...words: string[]) =>
  fc.oneof(
    fc
      .array(fc.constantFrom(...words, ' ', ',', ';', '=', '"', '\\', '*', 'a', '1'), {
        maxLength: 20,
      })
      .map((parts) => parts.join('')),
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.string({ maxLength: 40 }),
  )

/** What was read, written and read again is the same. */
function roundTrip<T>(
  text: string,
  parse: (text: string) => T | undefined,
  format: (value: T) => string,
): void {
  const value = parse(text)
  if (value === undefined) return
  let written: string
  try {
    written = format(value)
  } catch (error) {
    // What can be read and not be sent: a value beyond the characters of a field.
    if (error instanceof RangeError || error instanceof TypeError) return
    throw error
  }
  expect(parse(written)).toEqual(value)
}

describe('fields', () => {
  test.each<[name: string, words: string[], check: (text: string) => void]>([
    [
      'Accept',
      ['text/', '*/*', 'q=0.5', 'gzip'],
      (text) => {
        for (const { weight } of fields.parseAccept(text))
          expect(weight >= 0 && weight <= 1).toBe(true)
        expect([undefined, 'gzip', 'identity']).toContain(
          fields.chooseCoding(text, ['gzip', 'identity']),
        )
        expect([undefined, 'a/b']).toContain(fields.chooseMediaType(text, ['a/b']))
        expect([undefined, 'de']).toContain(fields.chooseLanguage(text, ['de']))
      },
    ],
    [
      'Cache-Control',
      ['max-age', 'no-cache', '60'],
      (text) =>
        roundTrip(text, fields.parseCacheControl, (value) => fields.formatCacheControl(value)),
    ],
    [
      'Content-Type',
      ['text/html', 'charset=', 'boundary'],
      (text) => roundTrip(text, fields.parseContentType, fields.formatContentType),
    ],
    [
      'Content-Disposition',
      ['attachment', 'filename', "*=UTF-8''", '%41'],
      (text) => {
        const found = fields.parseContentDisposition(text)
        const name = found?.filename === undefined ? undefined : fields.safeFilename(found.filename)
        if (name !== undefined) expect(name).not.toMatch(/[/\\]|^\.|^$/)
      },
    ],
    ['ETag', ['W/', '"a"'], (text) => roundTrip(text, fields.parseETag, fields.formatETag)],
    [
      'Range',
      ['bytes=', '0-', '-5', '99'],
      (text) => {
        const plan = fields.planRanges(text, 100)
        if (plan.status === 206)
          for (const [first, last] of plan.ranges)
            expect(first >= 0 && first <= last && last < 100).toBe(true)
      },
    ],
    [
      'Content-Range',
      ['bytes ', '0-9/', '10'],
      (text) => roundTrip(text, fields.parseContentRange, fields.formatContentRange),
    ],
    [
      'Date',
      ['Sun, ', '06 Nov ', '1994', '08:49:37', ' GMT'],
      (text) =>
        roundTrip(
          text,
          (one) => fields.parseDate(one, 0),
          (time) => fields.formatDate(time),
        ),
    ],
    [
      'Retry-After',
      ['120', 'Sun, 06 Nov 1994 08:49:37 GMT'],
      (text) => expect(fields.parseRetryAfter(text, 0) ?? 0).toBeGreaterThanOrEqual(0),
    ],
    ['Vary', ['Accept', 'Origin'], (text) => void fields.addVary(text, 'Accept')],
    ['Link', ['<http://h/>', 'rel=', 'next'], (text) => void fields.parseLink(text)],
    ['Forwarded', ['for=', 'proto=https', '"[::1]"'], (text) => void fields.parseForwarded(text)],
    [
      'Cookie',
      ['a=b', '; '],
      (text) => {
        const found = parseCookie(text)
        try {
          expect([...parseCookie(formatCookie(found))]).toEqual([...found])
        } catch (error) {
          if (
            !(
              error instanceof TypeError ||
              error instanceof RangeError ||
              error instanceof SyntaxError
            )
          )
            throw error
        }
      },
    ],
    [
      'Set-Cookie',
      ['a=b', '; Path=/', '; Max-Age=', '; Secure'],
      (text) => roundTrip(text, (one) => parseSetCookie(one), formatSetCookie),
    ],
  ])('%s is read or not, and read again as it was written', SLOW, (_, words, check) => {
    fc.assert(
      fc.property(textOf(...words), (text) => void check(text)),
      RUNS,
    )
  })
})

describe('paths', () => {
  const path = textOf('/', '..', '.', '%2e', '%2f', '%5c', '%00', '%', 'C:', '.git').map(
    (text) => `/${text}`,
  )

  test('a path of a folder never leads out of it', SLOW, () => {
    const property = fc.property(path, fc.boolean(), (given, allowHidden) => {
      for (const name of parseStaticPath(given, allowHidden)?.names ?? []) {
        expect(name).not.toMatch(/[/\\\0:]/)
        expect(name === '' || name === '.' || name === '..').toBe(false)
        if (!allowHidden) expect(name.startsWith('.')).toBe(false)
      }
    })
    fc.assert(property, RUNS)
  })

  test('a pattern is one or a SyntaxError, and matches or does not', SLOW, () => {
    const pattern = textOf('/', ':id', ':b', '*', '?', '+', '.json').map((text) => `/${text}`)
    const property = fc.property(pattern, path, (given, on) => {
      try {
        const found = matchPattern(parsePattern(given), on)
        if (found !== undefined)
          expect(Object.values(found).every((one) => typeof one === 'string')).toBe(true)
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error
      }
    })
    fc.assert(property, RUNS)
  })

  test('a listing is sorted by something', SLOW, () => {
    const property = fc.property(textOf('sort=', 'size', 'order=', 'desc', '&'), (query) => {
      expect(['name', 'size', 'date']).toContain(
        parseListingQuery(new URLSearchParams(query)).order,
      )
    })
    fc.assert(property, RUNS)
  })

  test('a line of the log is one line with its six quotes', SLOW, () => {
    const text = textOf('\r\n', '"', ' - ')
    const property = fc.property(text, text, text, text, (target, user, referer, agent) => {
      const facts = { time: 0, address: '-', method: 'GET', version: '1.1', status: 200, bytes: 1 }
      const line = formatCombined({
        ...facts,
        target,
        user,
        referer,
        agent,
        isComplete: true,
        elapsed: 0,
      })
      expect(line).not.toMatch(/[^\x20-\x7e]/)
      expect(line.replace(/\\./g, '').match(/"/g)).toHaveLength(6)
    })
    fc.assert(property, RUNS)
  })
})

/** What a stranger reads of a form: the platform's own parser. */
async function platformReads(
  body: Uint8Array,
): Promise<[string, string, string | undefined][] | undefined> {
  const headers = { 'content-type': 'multipart/form-data; boundary=b' }
  try {
    const form = await new Response(body as Uint8Array<ArrayBuffer>, { headers }).formData()
    return await Promise.all(
      [...form].map(async ([name, value]) =>
        typeof value === 'string'
          ? ([name, value, undefined] as [string, string, undefined])
          : ([name, await value.text(), value.name] as [string, string, string]),
      ),
    )
  } catch {
    return undefined
  }
}

function weRead(body: Uint8Array): [string, string, string | undefined][] | undefined {
  const machine = new MultipartMachine('b')
  const found: [string, string, string | undefined][] = []
  const pieces: (Uint8Array | null)[] = [body, null]
  try {
    for (;;) {
      const event = machine.next()
      if (event.type === 'end') return found
      if (event.type === 'part') found.push([event.name, '', event.filename])
      else if (event.type === 'need-data') machine.receive(pieces.shift() ?? null)
      else if (event.type === 'data')
        (found.at(-1) as [string, string, string | undefined])[1] += decodeLatin1(event.data)
    }
  } catch (error) {
    if (!isProtocolError(error, 'remote')) throw error
    return undefined
  }
}

// Bun's and Deno's parsers have rules of their own.
describe.skipIf(!isNode)('a form', () => {
  test('that we and the platform both read has the same parts for both', SLOW, async () => {
    const piece = fc.oneof(
      fc.constantFrom(
        ...['a', 'b%22', 'c"; filename="f', 'd\\', 'ü'].map(
          (name) => `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\nvalue\r\n`,
        ),
      ),
      fc.constantFrom(
        '--b',
        '\r\n',
        '--',
        '\r\n--b\r\n',
        '--b--\r\n',
        ' ',
        'x',
        '\r',
        '\n',
        '--bx',
      ),
    )
    let both = 0
    const property = fc.asyncProperty(
      fc.array(piece, { maxLength: 12 }),
      fc.boolean(),
      async (pieces, isEnded) => {
        const end = isEnded ? '--b--\r\n' : ''
        const body = encodeUtf8(pieces.join('') + end)
        const [ours, theirs] = [weRead(body), await platformReads(body)]
        if (ours === undefined || theirs === undefined) return
        // Node's takes it for the end; by RFC 2046 §5.1.1 it is content.
        if (/--b--[^\r\n \t]/.test(pieces.join('') + end)) return
        both++
        expect(ours).toEqual(theirs)
      },
    )
    await fc.assert(property, RUNS)
    expect(both).toBeGreaterThan(0)
  })
})

interface Read {
  method: string
  target: string
  fields: string[]
  body: string
}

/** Node's parser, behind its own binding. Its numbers are those of its table of methods. */
function nodeReads(bytes: Uint8Array): Read[] | undefined {
  const { HTTPParser, methods } = createRequire(import.meta.url)('node:_http_common') as {
    // biome-ignore lint/suspicious/noExplicitAny: internal, and in no types.
    HTTPParser: any
    methods: string[]
  }
  const parser = new HTTPParser()
  parser.initialize(HTTPParser.REQUEST, {}, 0, 0)
  const found: Read[] = []
  let isOver = true
  // biome-ignore lint/suspicious/noExplicitAny: its callbacks stand under numbers.
  parser[HTTPParser.kOnHeadersComplete | 0] = (...[, , list, method, target]: any[]) => {
    isOver = false
    const flat = list as string[]
    const pairs = flat.flatMap((name, i) => (i % 2 === 0 ? [`${name}: ${flat[i + 1]}`] : []))
    found.push({ method: methods[method] as string, target, fields: pairs, body: '' })
    return 0
  }
  parser[HTTPParser.kOnBody | 0] = (data: Uint8Array) => {
    ;(found.at(-1) as Read).body += Buffer.from(data).toString('latin1')
  }
  parser[HTTPParser.kOnMessageComplete | 0] = () => {
    isOver = true
  }
  const result = parser.execute(Buffer.from(bytes))
  return result instanceof Error || !isOver ? undefined : found
}

function machineReads(bytes: Uint8Array): Read[] | undefined {
  const machine = new Http1Machine('server')
  const found: Read[] = []
  machine.receive(bytes)
  try {
    for (;;) {
      const event = machine.next()
      if (event.type === 'request') {
        const pairs = [...event.fields].map(([name, value]) => `${name}: ${value}`)
        found.push({ method: event.method, target: event.target, fields: pairs, body: '' })
      } else if (event.type === 'data') (found.at(-1) as Read).body += decodeLatin1(event.data)
      else if (event.type === 'end') {
        machine.send({ type: 'response', status: 204 })
        machine.send({ type: 'end' })
      } else return machine.isMidMessage ? undefined : found
    }
  } catch (error) {
    if (!isProtocolError(error, 'remote')) throw error
    return undefined
  }
}

test('a request that we and Node both read is the same for both', SLOW, () => {
  const piece = fc.constantFrom(
    'GET ',
    'POST ',
    '/',
    '/a?b',
    ' HTTP/1.1',
    ' HTTP/1.0',
    '\r\n',
    '\n',
    '\r',
    ' ',
    '\t',
    ':',
    'Host: h\r\n',
    'X: y\r\n',
    'X:\r\n',
    'Content-Length: 3\r\n',
    'Content-Length: 0\r\n',
    'Content-Length: +3\r\n',
    'Content-Length: 3, 3\r\n',
    'Content-Length : 3\r\n',
    'Transfer-Encoding: chunked\r\n',
    'Transfer-Encoding: gzip, chunked\r\n',
    'Transfer-Encoding: xchunked\r\n',
    'abc',
    '3\r\nabc\r\n',
    '0\r\n\r\n',
    '3;x=y\r\nabc\r\n',
    '0\r\nT: u\r\n\r\n',
    ' folded\r\n',
    'GET /2 HTTP/1.1\r\nHost: h\r\n\r\n',
    '\x80',
  )
  let both = 0
  const property = fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
    const bytes = encodeLatin1(`POST / HTTP/1.1\r\nHost: h\r\n${pieces.join('')}`)
    const ours = machineReads(bytes)
    if (ours === undefined) return
    const theirs = nodeReads(bytes)
    if (theirs === undefined) return
    both++
    expect(ours).toEqual(theirs)
  })
  fc.assert(property, RUNS)
  expect(both).toBeGreaterThan(0)
})
