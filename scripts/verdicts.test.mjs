import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { classOf, formatCase, formatSummary, markOf, summarise } from './verdicts/compare.ts'
import { readNode, readOurs, UndiciReader } from './verdicts/readers.ts'

const message = (target, body = '') => ({ method: 'GET', target, body })
const test = (more) => ({
  name: 'set/about-1/x',
  kind: 'request',
  bytes: '',
  options: {},
  expect: 'accept',
  messages: [message('/a')],
  end: 'complete',
  remaining: 0,
  reason: 'why',
  ...more,
})
const seen = (...targets) => targets.map((what) => ({ what, body: '' }))
const accepts = (...targets) => ({ verdict: 'accepts', seen: seen(...targets) })
const rejects = (...targets) => ({ verdict: 'rejects', seen: seen(...targets), why: 'NO' })
const waits = { verdict: 'waits', seen: [] }

describe('markOf()', () => {
  it.each([
    ['what is as it should be', {}, accepts('/a'), 'right'],
    ['a rejection of what must be accepted', {}, rejects(), 'wrongly rejected'],
    ['another message', {}, accepts('/b'), 'misread'],
    ['one message more', {}, accepts('/a', '/b'), 'misread'],
    ['no message', {}, waits, 'misread'],
    ['what must be rejected', { expect: 'reject' }, rejects(), 'right'],
    ['what must be rejected, accepted', { expect: 'reject' }, accepts('/a'), 'wrongly accepted'],
    ['what must be rejected, so far unjudged', { expect: 'reject' }, waits, 'right'],
    ['a choice, rejected', { expect: 'either' }, rejects(), 'right'],
    ['a choice, accepted', { expect: 'either' }, accepts('/a'), 'right'],
    ['a choice, accepted as something else', { expect: 'either' }, accepts('/b'), 'misread'],
    ['an eager rejection', { earlyRejectAllowed: true }, rejects(), 'right'],
    ['a complaint of what follows the last message', { remaining: 3 }, rejects('/a'), 'right'],
    ['a complaint before it', { remaining: 3 }, rejects(), 'wrongly rejected'],
    [
      'the one message that was asked for, of two',
      { messages: [message('/a'), message('/b')] },
      { ...accepts('/a'), asked: 1 },
      'right',
    ],
    ['interim responses', { messages: [{ status: 103, body: '' }] }, waits, 'right'],
  ])('judges %s', (_, more, reading, mark) => {
    expect(markOf(test(more), reading)).toBe(mark)
  })
})

it('takes variants for one class', () => {
  const names = ['smuggling/tecl-obf/x', 'smuggling/tecl/y', 'smuggling/host10/z', 'h11/io']
  expect(names.map((name) => classOf({ name }))).toEqual([
    'smuggling/tecl',
    'smuggling/tecl',
    'smuggling/host',
    'h11/io',
  ])
})

it('counts by class, and leaves out who was not asked', () => {
  const rows = [
    { test: test({ name: 'a/b/1' }), readings: { ours: accepts('/a'), node: rejects() } },
    { test: test({ name: 'a/c/1' }), readings: { ours: accepts('/b'), undici: accepts('/a') } },
  ]
  const lines = formatSummary(summarise(rows)).split('\n')
  expect(lines.map((line) => line.trim().split(/ +/).join(' '))).toEqual([
    'class cases ours -acc -rej -mis node -acc -rej -mis undici -acc -rej -mis',
    'a/b 1 1 . . . 1 . 1 .',
    'a/c 1 1 . . 1 1 . . .',
    'all 2 2 . . 1 1 . 1 . 1 . . .',
  ])
  expect(formatCase(rows[0])).toBe(
    'a/b/1\n' +
      '  RFC    accept: why\n' +
      '  ours   accepts\n' +
      '  node   rejects NO  <- wrongly rejected',
  )
})

describe('the readers', () => {
  const undici = new UndiciReader()
  beforeAll(() => undici.open())
  afterAll(() => undici.close())
  const bytes = (text) => Buffer.from(text, 'latin1').toString('base64')
  const response = (text, more) =>
    test({ kind: 'response', bytes: bytes(text), options: { eof: true }, ...more })

  it('agree about a good request and a bad one', () => {
    const good = test({ bytes: bytes('GET /a HTTP/1.1\r\nHost: h\r\n\r\n') })
    const bad = test({ bytes: bytes('GET /a HTTP/1.1\r\nHost : h\r\n\r\n') })
    for (const read of [readOurs, readNode]) {
      expect(read(good)).toMatchObject(accepts('/a'))
      expect(read(bad).verdict).toBe('rejects')
    }
  })

  it('agree about a good response and a bad one', async () => {
    const good = response('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi')
    const bad = response('HTTP/1.1 200 OK\r\nContent-Length: 2, 3\r\n\r\nhi')
    for (const read of [readOurs, readNode, (each) => undici.read(each)]) {
      expect(await read(good)).toMatchObject({ seen: [{ what: '200', body: 'aGk=' }] })
      expect((await read(bad)).verdict).toBe('rejects')
    }
    expect(await undici.read(test())).toBe(undefined)
  })

  it('take an end that comes too early for no refusal', async () => {
    const cut = response('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhi')
    for (const read of [readOurs, readNode, (each) => undici.read(each)])
      expect((await read(cut)).verdict).toBe('waits')
  })
})

describe('npm run verdicts', () => {
  const run = (...options) =>
    spawnSync(
      process.execPath,
      [...'--conditions=@sluice/source --import tsx scripts/verdicts.ts'.split(' '), ...options],
      { cwd: fileURLToPath(new URL('..', import.meta.url)), encoding: 'utf8' },
    )

  it('finds nothing wrong with ours, and counts what the others do', () => {
    const { status, stdout } = run()
    expect(status).toBe(0)
    expect(stdout).toMatch(/^all +(\d+) +\1 +\. +\. +\. +\1(?: +[\d.]+){3} +\d+/m)
  })

  it('knows its options', () => {
    const { status, stderr } = run('--some')
    expect([status, stderr]).toEqual([
      2,
      'verdicts: there is no option --some; there are --all and --wrong.\n',
    ])
  })
})
