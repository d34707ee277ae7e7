/** `npm start`, as a user without a terminal sees it, and everything that a URL of theirs can do wrong. */
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { serve } from '@sluice/http'
import { connect, type Listener, listen } from '@sluice/socket'
import { afterEach, describe, expect, test } from 'vitest'
import { has, start } from '../lib/children.ts'
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
  for (const way of ['UDP, two datagrams', 'a Unix socket', 'memory'])
    expect(out).toMatch(new RegExp(`   ${way} +Hello, World! {2}in [0-9.]+ ms\\n`))
  const digests = ['our fetch']
  if (has('curl') || process.env['REQUIRE_PEERS']) digests.push('curl')
  if (has('python3') || process.env['REQUIRE_PEERS']) {
    digests.push('python3 urllib')
    expect(out).toMatch(/Python's client, our server +Hello, World!\n/)
    expect(out).toMatch(/our client, Python's server +Hello, World!\n/)
  }
  for (const who of digests) expect(out).toMatch(new RegExp(`   ${who} +[0-9a-f]{64}  the same\\n`))
  for (const sentence of [
    /sluice +GET http:\S+: connection refused \(ECONNREFUSED, phase connect, \d+ ms\)\n/,
    /sluice +GET http:\S+slow: no complete head within 400 ms \(ERR_TIMEOUT, phase headers, \d+ ms\)\n/,
    /sluice +GET http:\S+big: body ended after 1024 of 4096 bytes \(ERR_INCOMPLETE_BODY, phase body\)\n/,
    /sluice +GET http:\S+: no such host \(ENOTFOUND, phase lookup, \d+ ms\)\n/,
    /sluice +GET http:\S+: not a valid URL \(ERR_INVALID_URL, phase open\)\n/,
  ])
    expect(out).toMatch(sentence)
  expect(out.match(/^ {5}platform {2}\w+Error: /gm)).toHaveLength(5)
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

test('an act that throws is one sentence, and the others play', { timeout: 30_000 }, async () => {
  // Too long a path for a Unix socket.
  const folder = mkdtempSync(join(tmpdir(), `sluice-${'long'.repeat(25)}-`))
  try {
    const { status, out, err } = await run('tour/main.ts', [], undefined, { TMPDIR: folder })
    expect(err).toMatch(
      /^ {3}open unix:\S+: the path has \d+ bytes, [^\n]+\(ENAMETOOLONG, [^\n]+\n$/,
    )
    expect(out).toContain('This act did not go as it should.')
    expect(out).toContain('0 processes, 0 sockets, 0 files: nothing')
    expect(status).toBe(1)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

/** Plays the tour on a terminal that Python makes, and presses a key wherever it waits, at most so many times. */
const TERMINAL = `
import os, pty, sys
key, presses = sys.argv[1].encode().decode('unicode_escape').encode(), 0
pid, fd = pty.fork()
if pid == 0:
    os.execvp(sys.argv[2], sys.argv[2:])
out, seen = b'', 0
while True:
    try:
        piece = os.read(fd, 65536)
    except OSError:
        break
    if not piece:
        break
    out += piece
    while out.find(b'Enter for the next act', seen) >= 0:
        seen = out.find(b'Enter for the next act', seen) + 1
        presses += 1
        os.write(fd, key)
_, status = os.waitpid(pid, 0)
print(out.decode('utf-8', 'replace').replace('\\r\\n', '\\n'), end='')
print(f'pressed {presses} times, status {os.waitstatus_to_exitcode(status)}')
`

describe.skipIf(!has('python3'))('on a terminal', () => {
  test.each<[what: string, key: string, args: string[], says: RegExp, ends: string]>([
    [
      'waits for Enter before each act',
      '\\r',
      [],
      /6\. What was left/,
      'pressed 5 times, status 0',
    ],
    ['runs through with --yes', '\\r', ['--yes'], /6\. What was left/, 'pressed 0 times, status 0'],
    ['ends with Ctrl-C', '\\x03', [], /The tour was interrupted/, 'pressed 1 times, status 130'],
  ])('%s', { timeout: 30_000 }, async (_what, key, args, says, ends) => {
    const main = fileURLToPath(new URL('../tour/main.ts', import.meta.url))
    const node = [process.execPath, '--conditions=@sluice/source', '--import', 'tsx', main]
    const child = start('python3', ['-c', TERMINAL, key, ...node, ...args])
    await child.ended
    expect(child.err()).toBe('')
    expect(child.out()).toMatch(says)
    expect(child.out().trim().split('\n').at(-1)).toBe(ends)
    expect(leftFiles()).toEqual([])
  })
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
