import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { listen } from '@sluice/socket'
import { makeCertificate } from '@sluice/socket/testing'
import { afterAll, describe, expect, test } from 'vitest'
import { programFile, Run } from '../../../scripts/program.ts'
import { parseBasic, sameText } from '../src/core/basic-auth.ts'
import { request } from '../src/index.ts'

const bin = await programFile(new URL('../src/bin.ts', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'sluice-http-'))
writeFileSync(join(folder, 'hello.txt'), 'Hello, World!')
writeFileSync(join(folder, 'page.html'), 'page')
// Compressible, and still some hundred bytes.
writeFileSync(
  join(folder, 'big.txt'),
  Array.from({ length: 60_000 }, (_, i) =>
    i % 100 === 0 ? String((((i / 100) ** 2 * 7919) % 9973) % 10) : 'x',
  ).join(''),
)
afterAll(() => rmSync(folder, { recursive: true }))

/** Those that a failed test has left behind. */
const running = new Set<Run>()
afterAll(() => Promise.all([...running].map((run) => run.stop())))

/** The command, as a person starts it. */
function start(...args: readonly string[]): Run {
  const run = new Run(bin, args)
  running.add(run)
  void run.done.then(() => running.delete(run))
  return run
}

const urlOf = async (run: Run): Promise<string> => (await run.says(/https?:\/\/\S+\//))[0]

describe.concurrent('sluice-http', { timeout: 60_000 }, () => {
  test('serves a folder, logs, and ends clean at Ctrl-C', async () => {
    const run = start(folder, '-p', '0', '--cors', '--cache', '60')
    const url = await urlOf(run)
    const response = await request(`${url}hello.txt`, { headers: { 'User-Agent': 'te"st' } })
    expect(await response.text()).toBe('Hello, World!')
    expect(response.headers.get('access-control-allow-origin')).toBe('*')
    expect(response.headers.get('cache-control')).toBe('max-age=60')
    expect(await (await request(url)).text()).toContain('hello.txt')
    expect(await run.stop()).toBe(0)
    expect(run.stdout).toMatch(
      /^127\.0\.0\.1 - - \[\d\d\/\w{3}\/\d{4}:[\d:]{8} \+0000\] "GET \/hello\.txt HTTP\/1\.1" 200 13 "-" "te\\"st"\n/,
    )
  })

  test('asks for a password over TLS, and falls back to a page', async () => {
    const { cert, key } = makeCertificate({ name: 'here', names: ['127.0.0.1'] })
    const file = join(folder, '.both.pem')
    writeFileSync(file, key + cert)
    const run = start(
      folder,
      '-p',
      '0',
      '--tls-cert',
      file,
      '--auth',
      'me:secret',
      '--spa',
      'page.html',
      '--no-listing',
      '--log',
      'json',
    )
    const url = await urlOf(run)
    expect(url).toMatch(/^https:/)
    const tls = { ca: cert }
    expect((await request(url, { tls })).status).toBe(401)
    const headers = { Authorization: `Basic ${btoa('me:secret')}` }
    expect(await (await request(`${url}app/users`, { tls, headers })).text()).toBe('page')
    expect((await request(`${url}.both.pem`, { tls, headers })).status).toBe(404)
    expect(await run.stop()).toBe(0)
    expect(
      run.stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).status),
    ).toEqual([401, 200, 404])
  })

  test('several processes serve, at the speed of a slow line, compressed, with another index', async () => {
    const run = start(
      ...[folder, '-p', '0', '--workers', '2', '--rate', '1k', '--compress'],
      ...['--index', 'page.html', '--log', 'none'],
    )
    const url = await urlOf(run)
    expect(await (await request(url)).text()).toBe('page')
    const began = performance.now()
    const big = await request(`${url}big.txt`, { decode: true })
    expect(big.headers.get('content-encoding')).toBe('br')
    expect(await big.text()).toHaveLength(60_000)
    // Some thousand bytes by then: a second.
    expect(performance.now() - began).toBeGreaterThan(500)
    expect(await run.stop()).toBe(0)
    expect(run.stderr.match(/serving/g)).toHaveLength(1)
  })

  test('shows an exchange as curl -v does, without the password', async () => {
    const run = start(folder, '-p', '0', '--log', 'none')
    const url = await urlOf(run)
    const shown = start('request', 'GET', `${url}hello.txt`, '-H', 'Authorization: Basic c2VjcmV0')
    expect(await shown.done).toBe(0)
    expect(shown.stdout).toBe('Hello, World!')
    expect(shown.stderr).toMatch(
      /^\* trying .*\n\* connection .*\n> GET \/hello\.txt HTTP\/1\.1\n[\s\S]*> Authorization: Basic \*\*\*\n[\s\S]*\n>\n< HTTP\/1\.1 200 OK\n/,
    )
    expect(await run.stop()).toBe(0)
  })

  test('what goes wrong is one sentence with curl’s number', async () => {
    await using taken = await listen('127.0.0.1:0')
    const { port } = taken.address as { port: number }
    const rows: [string[], number, RegExp][] = [
      [[join(folder, 'nowhere')], 2, /there is no folder/],
      [[join(folder, 'hello.txt')], 2, /is no folder/],
      [[folder, '-p', String(port)], 45, /address already in use/],
      [[folder, '-p', 'x'], 2, /--port must be a number/],
      [[folder, '-p', '70000'], 2, /--port must be 0 to 65535/],
      [[folder, '--rate', 'fast'], 2, /--rate must be bytes a second/],
      [[folder, '--tls-key', 'x'], 2, /--tls-key needs --tls-cert/],
      [[folder, '-p', String(port), '--workers', '2'], 45, /address already in use/],
      [[folder, '--auth', 'x'], 2, /--auth needs USER:PASS/],
      [[folder, '--nonsense'], 2, /Unknown option '--nonsense'/],
      [['request', 'GET'], 2, /request takes METHOD and URL/],
      [[folder, '--workers', '0'], 2, /--workers must be 1 to 256, not 0/],
      [[folder, '--workers', '999999'], 2, /--workers must be 1 to 256/],
      [[folder, '--spa', 'none.html'], 2, /--spa: there is no file "none\.html"/],
      [[folder, '--tls-cert', 'none.pem'], 26, /--tls-cert: "none\.pem" can't be read \(ENOENT\)/],
      [['request', 'GET', 'nonsense'], 3, /request: 'nonsense' is no URL/],
      [['request', 'GET', '\u001b[31m\u009b'], 3, /request: '\\x1b\[31m\\x9b' is no URL/],
      [['request', 'GET', 'http://user:secret@'], 3, /request: the text is no URL/],
      [['request', 'G@T', 'http://127.0.0.1:1/'], 3, /method/],
      [['request', 'GET', 'http://127.0.0.1:1/'], 7, /connection refused/],
      [['request', 'GET', `http://127.0.0.1:${port}/`, '--max-time', '0.2'], 28, /within 200 ms/],
    ]
    for (const [args, status, says] of rows) {
      const run = start(...args)
      expect([args, await run.done]).toEqual([args, status])
      const sentences = run.stderr.split('\n').filter((line) => line !== '' && !/^[>*]/.test(line))
      expect(sentences).toHaveLength(1)
      expect(sentences[0]).toMatch(/^sluice-http: /)
      expect(sentences[0]).toMatch(says)
    }
  })
})

describe('sluice-http, when nobody reads', { timeout: 60_000 }, () => {
  /** Closed before the program says its first word. */
  const unread = (run: Run, ...outputs: ('stdout' | 'stderr')[]): Run => {
    for (const output of outputs) run.child[output].destroy()
    return run
  }

  test('its error output, makes its request and serves', async () => {
    const server = start(folder, '-p', '0')
    const url = await urlOf(server)
    unread(server, 'stderr')
    const asking = unread(start('request', 'GET', `${url}hello.txt`), 'stderr')
    expect([await asking.done, asking.stdout]).toEqual([0, 'Hello, World!'])
    expect(await unread(start('request', 'GET', 'http://127.0.0.1:1/'), 'stderr').done).toBe(7)
    expect(await unread(start('--nonsense'), 'stderr').done).toBe(2)
    expect(await server.stop()).toBe(0)
  })

  test('any output, ends with curl’s status for that', async () => {
    const server = start(folder, '-p', '0')
    const asking = start('request', 'GET', `${await urlOf(server)}big.txt`)
    expect(await unread(asking, 'stdout', 'stderr').done).toBe(23)
    expect(asking.stderr).toBe('')
    expect(await server.stop()).toBe(0)
  })
})

test.each([
  ['Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==', { username: 'Aladdin', password: 'open sesame' }],
  [`basic ${Buffer.from('ü:a:b').toString('base64')}`, { username: 'ü', password: 'a:b' }],
  ['Bearer x', undefined],
  ['Basic ???', undefined],
  [`Basic ${btoa('nocolon')}`, undefined],
  [null, undefined],
])('Authorization: %s is %j', (field, expected) => {
  expect(parseBasic(field)).toEqual(expected)
})

test('texts are compared whole', () => {
  expect([
    sameText('a', 'a'),
    sameText('a', 'b'),
    sameText('', ''),
    sameText('a', ''),
    sameText('', 'a'),
    sameText('ab', 'a'),
  ]).toEqual([true, false, true, false, false, false])
})
