/** `npm start`, as a user without a terminal sees it, and everything that a URL of theirs can do wrong. */
import { existsSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { serve } from '@sluice/http'
import { connect, type Listener, listen } from '@sluice/socket'
import { afterEach, describe, expect, test } from 'vitest'
import { start } from '../lib/children.ts'
import { leftovers } from '../tour/leftovers.ts'
import { run } from './kit.ts'

const open: { close(): unknown }[] = []
afterEach(async () => {
  for (const one of open.splice(0)) await one.close()
})
const leftFiles = (): string[] =>
  readdirSync(tmpdir()).filter((name) => name.startsWith('sluice-tour-'))

/** A peer that says this to every request, nothing at all when undefined, and then finishes or resets. */
async function peer(answer: string | undefined, reset = false): Promise<string> {
  const listener: Listener = await listen('127.0.0.1:0')
  open.push(listener)
  void (async () => {
    for await (const connection of listener) {
      open.push(connection)
      await connection.recv()
      if (answer === undefined) continue
      await connection.sendLatin1(answer)
      if (reset) {
        // Not before the other has it: a reset would overtake it.
        await new Promise((resolve) => setTimeout(resolve, 100))
        connection.destroy()
      } else await connection.close()
    }
  })()
  return `http://127.0.0.1:${listener.address.port}/`
}

test('the tour plays its six acts, ends with 0 and leaves nothing behind', {
  timeout: 30_000,
}, async () => {
  const { status, out, err } = await run('tour/main.ts')
  expect(err).toBe('')
  for (const act of [
    '1. The map',
    '2. Two processes, one TCP connection',
    '3. One fetch, three layers deep',
    '4. Broken on purpose',
    '5. 64 MiB',
    '6. What was left behind',
  ])
    expect(out).toContain(act)
  expect(out).toContain('48 65 6c 6c 6f 2c 20 57 6f 72 6c 64 21')
  expect(out).toMatch(/our fetch +[0-9a-f]{64} {2}the same\n/)
  expect(out).toContain('body ended after 1024 of 4096 bytes (ERR_INCOMPLETE_BODY')
  expect(out).toMatch(/SHA-256 received {2}[0-9a-f]{64} {2}the same\n/)
  expect(out).toContain('0 processes, 0 sockets, 0 files: nothing')
  const [, took] = /The whole tour took (\d+) ms/.exec(out) ?? []
  expect(Number(took)).toBeLessThan(15_000)
  expect(status).toBe(0)
  expect(leftFiles()).toEqual([])
})

test('with port 8080 taken the other acts play, and the status says that one did not', {
  timeout: 30_000,
}, async () => {
  open.push(await listen('127.0.0.1:8080'))
  const { status, out, err } = await run('tour/main.ts')
  expect(err).toMatch(/^ {3}127\.0\.0\.1:8080 is in use here, [^\n]+\n$/)
  expect(out).toContain('a Unix socket')
  expect(out).toContain('6. What was left behind')
  expect(status).toBe(1)
})

test('a Unix socket that is left open is counted', async () => {
  const path = join(tmpdir(), `sluice-left-${process.pid}.sock`)
  const before = leftovers()
  const listener = await listen({ path })
  const connection = await connect({ path })
  expect(leftovers().sockets).toBeGreaterThanOrEqual(before.sockets + 2)
  await connection.close()
  await listener.close()
})

describe('a temporary folder', () => {
  test.each<[when: string, signal: NodeJS.Signals | undefined, status: number]>([
    ['Ctrl-C comes while it is used', 'SIGINT', 130],
    ['its program throws', undefined, 1],
  ])('is gone when %s', async (_when, signal, status) => {
    const args = signal === undefined ? ['throw'] : []
    const interrupt = signal === undefined ? undefined : { signal, when: 'sluice-test-' }
    const ended = await run('test/hold-folder.ts', args, interrupt)
    expect(ended.status).toBe(status)
    const path = ended.out.trim()
    expect(path).toContain('sluice-test-')
    expect(existsSync(path)).toBe(false)
  })
})

test('what a child writes is compared as it came, not as text', async () => {
  const child = start(process.execPath, [
    '-e',
    'process.stdout.write(Buffer.from([0xff, 0xfe, 0]))',
  ])
  expect(await child.ended).toBe(0)
  expect([...child.bytes()]).toEqual([0xff, 0xfe, 0])
})

test('a URL of the user goes through act 3', async () => {
  const server = await serve(() => new Response('of mine'), { target: '127.0.0.1:0' })
  open.push(server)
  const { status, out } = await run('tour/main.ts', [`${server.url}mine`])
  expect(out).toContain('-> GET /mine')
  expect(out).toContain('7 B, SHA-256 ')
  expect(status).toBe(0)
})

describe('what goes wrong is one sentence, a status, and no stack', () => {
  const port = async (): Promise<string> => {
    const listener = await listen('127.0.0.1:0')
    await listener.close()
    return `http://127.0.0.1:${listener.address.port}/`
  }
  test.each<[what: string, url: () => string | Promise<string>, says: RegExp]>([
    ['refused', port, /GET http:\S+: connection refused \(ECONNREFUSED, phase connect, \d+ ms\)/],
    [
      'an unknown host',
      () => `http://${'x'.repeat(64)}.invalid/`,
      /: no such host \(ENOTFOUND, phase lookup/,
    ],
    ['a scheme that nobody handles', () => 'gopher://h/', /no handler for gopher: URLs/],
    ['a malformed URL', () => 'http://[::1/', /not a valid URL \(ERR_INVALID_URL/],
    [
      'a file that is not there',
      () => 'file:///nowhere/at/all',
      /no such file \(ENOENT, phase open/,
    ],
    ['garbage', () => peer('I am no web server\r\n\r\n'), /\(ERR_PROTOCOL, phase/],
    [
      'a body cut short',
      () => peer('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc'),
      /body ended after 3 of 9 bytes/,
    ],
    [
      'never answers',
      () => peer(undefined),
      /GET http:\S+: no complete head within 500 ms \(ERR_TIMEOUT, phase headers, \d+ ms\)/,
    ],
    [
      'falls silent in the body',
      async () => {
        const server = await serve(
          () => new Response(new ReadableStream({ start: (c) => c.enqueue(new Uint8Array(3)) })),
          { target: '127.0.0.1:0' },
        )
        open.push(server)
        return server.url
      },
      /ERR_TIMEOUT, phase idle/,
    ],
    [
      'reset half way',
      () => peer('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc', true),
      /connection reset by the peer \(ECONNRESET, phase/,
    ],
  ])('%s', async (_what, url, says) => {
    const { status, out, err } = await run('tour/main.ts', ['--timeout=0.5', await url()])
    expect(err).toMatch(says)
    expect(err).toMatch(/^ {3}\S[^\n]+\n$/)
    expect(out + err).not.toMatch(/^\s+at /m)
    expect(status).toBe(1)
  })
  test('a server that never answers, and Ctrl-C', async () => {
    const url = await peer(undefined)
    const { status, out } = await run('tour/main.ts', [url], {
      signal: 'SIGINT',
      when: 'three layers deep',
    })
    expect(out).toContain('The tour was interrupted.')
    expect(status).toBe(130)
  })
  test('Ctrl-C in the middle of an act ends the processes of the tour, too', async () => {
    const { status } = await run('tour/main.ts', [], {
      signal: 'SIGINT',
      when: 'watched from outside',
    })
    expect(status).toBe(130)
    await (await listen('127.0.0.1:8080')).close()
    expect(leftFiles()).toEqual([])
  })
  test('options that there are not', async () => {
    const { status, err } = await run('tour/main.ts', ['--fast'])
    expect(err).toContain('There is no option --fast.')
    expect(status).toBe(2)
    expect((await run('tour/main.ts', ['--help'])).out).toContain('npm start [-- OPTIONS] [URL]')
  })
})
