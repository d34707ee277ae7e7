import { spawnSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable, Writable } from 'node:stream'
import { Response, type Server, serve } from '@sluice/http'
import { listen } from '@sluice/socket'
import { afterAll, describe, expect, test } from 'vitest'
import { programFile, Run } from '../../../scripts/program.ts'
import { main } from '../src/io/command/main.ts'
import { ftpServer } from '../src/testing.ts'
import { open, server as served } from './kit.ts'

const folder = mkdtempSync(join(tmpdir(), 'sluice-url-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const inFolder = (name: string) => join(folder, name)

/** The command, in this process. */
async function run(
  args: string[],
  {
    isTTY = false,
    columns = 80,
    signal = new AbortController().signal,
    stdin = Buffer.from(''),
  } = {},
) {
  let stdout = ''
  let stderr = ''
  const stage = {
    stdin: () => Readable.from([stdin]),
    stdout: new Writable({
      write(piece: Buffer, _, done) {
        stdout += piece.toString('latin1')
        done()
      },
    }),
    stderr: {
      write: (text: string) => {
        stderr += text
      },
      isTTY,
      columns,
    },
    signal,
  }
  const status = await main(args, stage)
  return { status, stdout: Buffer.from(stdout, 'latin1').toString(), stderr }
}

/** The command, as a file to run. */
let built: Promise<string> | undefined
function bin(): Promise<string> {
  built ??= programFile(new URL('../src/bin.ts', import.meta.url))
  return built
}

const DATA = randomBytes(50_000)
const SHA256 = createHash('sha256').update(DATA).digest('hex')

async function server(): Promise<string> {
  const made: Server = await serve(
    async (request) => {
      const { pathname } = new URL(request.url)
      const say = (text: string, init = {}) => new Response(text, init)
      const answers: Record<string, () => Response | Promise<Response>> = {
        '/hello': () =>
          say('Hello, World!', { headers: { 'X-A': 'b', 'Set-Cookie': 'c=1; Max-Age=9' } }),
        '/data.bin': () => new Response(new Uint8Array(DATA), { headers: { ETag: '"a"' } }),
        '/moved': () => new Response('here', { status: 302, headers: { Location: '/hello' } }),
        '/gone': () => new Response(null, { status: 302, headers: { Location: '/missing' } }),
        '/missing': () => say('no such thing', { status: 404, statusText: 'Not Found' }),
        '/robots.txt': () => say('User-agent: *\nDisallow: /private\nCrawl-delay: 2'),
        '/echo': async () =>
          say(
            JSON.stringify([
              request.method,
              request.headers.get('content-type')?.replace(/boundary=.*/, ''),
              request.headers.get('authorization'),
              request.headers.get('cookie'),
              request.headers.get('user-agent'),
              (await request.text()).replace(/-{4,}[^\r\n]*/g, '--'),
            ]),
          ),
      }
      return (await (
        answers[pathname] ?? answers['/missing']
      )?.()) as unknown as globalThis.Response
    },
    { onError: () => {} },
  )
  open.push(made)
  return made.url
}

describe('what is behind URLs', () => {
  test('is printed, with fields where asked', async () => {
    const url = await server()
    expect(await run([`${url}hello`])).toEqual({ status: 0, stdout: 'Hello, World!', stderr: '' })
    const { stdout } = await run(['-i', `${url}hello`, `${url.replace('http://', '')}hello`])
    expect(stdout).toMatch(/^HTTP\/1.1 200 OK\n(.+\n)*X-A: b\n(.+\n)*\nHello, World!HTTP/)
    expect((await run(['-I', `${url}hello`])).stdout).toMatch(/Content-Length: 13\n/)
    expect((await run(['data:,x'])).stdout).toBe('x')
  })

  test('redirects are followed when asked', async () => {
    const url = await server()
    expect((await run([`${url}moved`])).stdout).toBe('here')
    expect((await run(['-L', `${url}moved`])).stdout).toBe('Hello, World!')
    const heads =
      /^HTTP\/1.1 302 Found\n(.+\n)*Location: \/hello\n(.+\n)*\nHTTP\/1.1 200 OK\n(.+\n)*\n/
    expect((await run(['-iL', `${url}moved`])).stdout.replace(heads, '')).toBe('Hello, World!')
    expect((await run(['-IL', `${url}moved`])).stdout.replace(heads, '')).toBe('')
    const file = inFolder('heads.txt')
    expect((await run(['-iL', '-o', file, `${url}moved`])).status).toBe(0)
    expect(readFileSync(file, 'latin1').replace(heads, '')).toBe('Hello, World!')
    expect((await run(['-i', `${url}moved`])).stdout).toMatch(/^HTTP\/1.1 302 .*\n(.+\n)*\nhere$/)
  })

  test('the last one of -4 and -6 holds', async () => {
    const to = await served(() => new Response('four'))
    expect((await run(['-6', '-4', to.url])).stdout).toBe('four')
    expect((await run(['-4', '-6', to.url])).status).toBe(6)
    expect((await run(['--as-curl', '-64', 'h'])).stdout).toMatch(/^curl --ipv4 -H /)
  })

  test('a status is a failure with -f', async () => {
    const url = await server()
    expect(await run([`${url}missing`])).toMatchObject({ status: 0, stdout: 'no such thing' })
    expect((await run(['-f', '-L', `${url}gone`])).stderr).toContain(`GET ${url}missing: `)
    const failed = await run(['-f', `${url}missing`, `${url}hello`])
    expect(failed).toMatchObject({ status: 22, stdout: 'Hello, World!' })
    expect(failed.stderr).toMatch(
      /^sluice-url: GET .*: the server answered 404 Not Found \(ERR_STATUS.*\)\n$/,
    )
  })

  test('method, body, fields and credentials are those of the flags', async () => {
    const url = `${await server()}echo`
    const echo = async (...args: string[]) => JSON.parse((await run([...args, url])).stdout)
    expect(await echo('-d', 'a=1', '-d', 'b=2')).toEqual([
      'POST',
      'application/x-www-form-urlencoded',
      null,
      null,
      'sluice-url',
      'a=1&b=2',
    ])
    expect(await echo('-X', 'PATCH', '-H', 'Content-Type: a/b', '-A', 'me', '-d', 'x')).toEqual([
      'PATCH',
      'a/b',
      null,
      null,
      'me',
      'x',
    ])
    writeFileSync(inFolder('up.txt'), 'line\nline\n')
    expect(await echo('-T', inFolder('up.txt'))).toMatchObject([
      'PUT',
      null,
      null,
      null,
      'sluice-url',
      'line\nline\n',
    ])
    expect((await echo('-d', `@${inFolder('up.txt')}`))[5]).toBe('lineline')
    const from = async (stdin: string, ...args: string[]) =>
      JSON.parse((await run([...args, url], { stdin: Buffer.from(stdin) })).stdout)
    expect((await from('in\n', '-d', '@-'))[5]).toBe('in')
    expect(await from('in\n', '-T', '-')).toMatchObject([
      'PUT',
      null,
      null,
      null,
      'sluice-url',
      'in\n',
    ])
    const form = await echo('-F', 'a=1', '-F', `f=@${inFolder('up.txt')};type=text/plain`)
    expect(form[1]).toBe('multipart/form-data; ')
    expect(form[5]).toMatch(
      /name="a"[\s\S]*name="f"; filename="up.txt"\r\nContent-Type: text\/plain/,
    )
    const parts = ['t="<html>";type=text/html', `c=<${inFolder('up.txt')}`, 'i=@-;filename=i.png']
    const typed = await from('in', ...parts.flatMap((part) => ['-F', part]))
    expect(typed[5].replace(/^--.*\r\n/gm, '| ')).toBe(
      [
        '| Content-Disposition: form-data; name="t"\r\nContent-Type: text/html\r\n\r\n<html>',
        '| Content-Disposition: form-data; name="c"\r\n\r\nline\nline\n',
        '| Content-Disposition: form-data; name="i"; filename="i.png"\r\nContent-Type: image/png\r\n\r\nin',
        '| ',
      ].join('\r\n'),
    )
    expect((await echo('-u', 'ada:love:lace'))[2]).toBe(`Basic ${btoa('ada:love:lace')}`)
    expect((await echo('--bearer', 'token'))[2]).toBe('Bearer token')
    expect((await echo('-b', 'a=1; b=2'))[3]).toBe('a=1; b=2')
    expect((await echo('-b', 'a=1', '-b', 'b=2'))[3]).toBe('a=1; b=2')
    expect((await echo('-A', ''))[4]).toBe(null)
    expect((await echo('-H', 'User-Agent: a', '-H', 'user-agent: b'))[4]).toBe('a, b')
    expect((await echo('-H', 'Cookie: a=1', '-H', 'Cookie:'))[3]).toBe(null)
    expect((await echo('-H', 'User-Agent;'))[4]).toBe('')
    expect((await echo('-fsSL', '-m', '9', '-H', 'User-Agent: a'))[4]).toBe('a')
  })

  test('-d @FILE sends the bytes of the file, whatever they mean', async () => {
    let got: Uint8Array | undefined
    const to = await served(async (request) => {
      got = new Uint8Array(await request.arrayBuffer())
      return new Response('')
    })
    const bytes = Buffer.from([0x61, 0xff, 0x0d, 0x0a, 0xfe, 0xc3, 0xbc])
    writeFileSync(inFolder('bytes'), bytes)
    await run(['-d', `@${inFolder('bytes')}`, '-d', 'b', to.url])
    expect([...(got ?? [])]).toEqual([0x61, 0xff, 0xfe, 0xc3, 0xbc, 0x26, 0x62])
    await run(['-d', '@-', to.url], { stdin: bytes })
    expect([...(got ?? [])]).toEqual([0x61, 0xff, 0xfe, 0xc3, 0xbc])
  })

  test('cookies are kept in a file', async () => {
    const url = await server()
    await run(['--cookie-jar', inFolder('jar'), `${url}hello`])
    expect(readFileSync(inFolder('jar'), 'utf8')).toMatch(/\tc\t1\n$/)
    expect(JSON.parse((await run(['-b', inFolder('jar'), `${url}echo`])).stdout)[3]).toBe('c=1')
    // With what is named beside it; and without a file, between the hops of one command.
    const both = await run(['-b', inFolder('jar'), '-b', 'd=2', `${url}echo`])
    expect(JSON.parse(both.stdout)[3]).toBe('d=2; c=1')
    const alone = await run(['-b', '', `${url}hello`, `${url}echo`])
    expect(JSON.parse(alone.stdout.slice('Hello, World!'.length))[3]).toBe('c=1')
  })

  test('-v shows both sides, without secrets', async () => {
    const url = await server()
    const { stderr } = await run(['-v', '-L', '-u', 'ada:secret', `${url}moved`])
    expect(stderr).toMatch(/^> GET \/moved HTTP\/1.1$/m)
    expect(stderr).toMatch(/^< HTTP\/1.1 302 Found$/m)
    expect(stderr).toMatch(/^\* 302 leads to http/m)
    expect(stderr).toMatch(/^> Authorization: Basic \*\*\*$/m)
    expect(stderr).not.toContain(btoa('ada:secret'))
  })
})

describe('files', () => {
  test('-o and -O, with plain lines, a bar, JSON, or nothing', async () => {
    const url = await server()
    const file = inFolder('o.bin')
    expect(await run(['-o', file, `${url}data.bin`])).toEqual({
      status: 0,
      stdout: '',
      stderr: `${file}: 50 kB\n`,
    })
    expect(readFileSync(file).equals(DATA)).toBe(true)
    expect((await run(['-s', '-o', file, `${url}data.bin`])).stderr).toBe('')
    const bar = await run(['-o', file, `${url}data.bin`], { isTTY: true })
    expect(bar.stderr).toContain(`\r\u001b[K${file}: 50 kB\n`)
    const narrow = await run(['-o', file, `${url}data.bin`], { isTTY: true, columns: 0 })
    expect(narrow.stderr).toContain('█')
    const { stderr } = await run(['--json', '--sha256', SHA256, '-o', file, `${url}data.bin`])
    const events = stderr
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(events.at(-1)).toEqual({
      event: 'done',
      file,
      path: file,
      bytes: 50_000,
      resumedAt: 0,
      url: `${url}data.bin`,
      sha256: SHA256,
    })
    expect(events[0]).toMatchObject({ event: 'progress', total: 50_000 })
  })

  test('-d, -F and -T put the answer into a file, whole or not at all', async () => {
    const url = await server()
    const sent = inFolder('sent.txt')
    writeFileSync(sent, 'text')
    for (const [args, told] of [
      [['-d', 'a=1'], /^\["POST","application\/x-www-form-urlencoded",.*"a=1"\]$/],
      [['-F', 'a=1'], /^\["POST","multipart\/form-data; ".*name=\\"a\\"/],
      [['-T', sent], /^\["PUT",.*"text"\]$/],
    ] as const) {
      const file = inFolder('answer')
      const { status, stdout } = await run([...args, '-s', '-o', file, `${url}echo`])
      expect([status, stdout]).toEqual([0, ''])
      expect(readFileSync(file, 'utf8')).toMatch(told)
      rmSync(file)
      expect((await run([...args, '-o', file, `${url}missing`])).status).toBe(22)
      expect(existsSync(file)).toBe(false)
    }
  })

  test('-i and -I put the head into the file, too', async () => {
    const url = await server()
    const file = inFolder('head')
    for (const [flag, body] of [
      ['-i', 'Hello, World!'],
      ['-I', ''],
    ]) {
      expect((await run([flag as string, '-s', '-o', file, `${url}hello`])).status).toBe(0)
      const [head, rest] = readFileSync(file, 'utf8').split('\n\n')
      expect(head).toMatch(/^HTTP\/1\.1 200 OK\n(?:.*\n)*X-A: b/)
      expect(rest).toBe(body)
    }
  })

  test('-c goes on, and a download that failed leaves no file of that name', async () => {
    const url = await server()
    const file = inFolder('c.bin')
    writeFileSync(`${file}.part`, DATA.subarray(0, 1000))
    writeFileSync(`${file}.part.json`, JSON.stringify({ url: `${url}data.bin`, validator: '"a"' }))
    // This server knows no ranges: all of it comes again, and is right all the same.
    expect((await run(['-c', '-o', file, `${url}data.bin`])).status).toBe(0)
    expect(readFileSync(file).equals(DATA)).toBe(true)
    const bad = await run(['-o', inFolder('bad'), '--sha256', '0'.repeat(64), `${url}data.bin`])
    expect(bad.status).toBe(1)
    expect(bad.stderr).toMatch(/^sluice-url: GET .*: the file has the SHA-256 .*ERR_CHECKSUM/)
    const missing = await run(['-o', inFolder('bad'), `${url}missing`])
    expect([missing.status, existsSync(inFolder('bad')), existsSync(inFolder('bad.part'))]).toEqual(
      [22, false, false],
    )
  })
})

test('-T keeps the name of what it sends to a folder, and only there', async () => {
  const asked: string[] = []
  const { url } = await served((request) => {
    asked.push(`${request.method} ${new URL(request.url).pathname}`)
    return new Response('')
  })
  const path = inFolder('a ü.txt')
  writeFileSync(path, 'x')
  for (const to of [url, `${url}in/?q`, `${url}named`])
    expect((await run(['-T', path, to])).status).toBe(0)
  expect(asked).toEqual(['PUT /a%20%C3%BC.txt', 'PUT /in/a%20%C3%BC.txt', 'PUT /named'])
})

test.skipIf(process.platform !== 'linux')(
  '-o takes a device, and says when it is full',
  async () => {
    expect(await run(['-o', '/dev/null', await server()])).toEqual({
      status: 0,
      stdout: '',
      stderr: '',
    })
    const full = await run(['-o', '/dev/full', 'data:,x'])
    expect([full.status, full.stdout]).toEqual([23, ''])
    expect(full.stderr).toMatch(/^sluice-url: write \/dev\/full: the disk is full \(ENOSPC/)
    const { status, stderr } = spawnSync('sh', [
      '-c',
      '"$0" "$1" data:,x > /dev/full',
      process.execPath,
      await bin(),
    ])
    expect([status, String(stderr)]).toEqual([23, expect.stringMatching(/^sluice-url: .*ENOSPC/)])
  },
)

describe('what goes wrong', () => {
  test.each([
    [[], 2, /no URL/],
    [['--nonsense'], 2, /Unknown option '--nonsense'/],
    [['-o'], 2, /argument missing/],
    [['-o', 'a', '-o', 'b', 'data:,x'], 2, /more -o than URLs/],
    [['-F', 'a=b;type=x', 'data:,x'], 2, /-F takes a media type such as text\/html, not 'x'/],
    [['-F', 'a=@-', '-F', 'b=<-', 'data:,x'], 2, /-F reads what comes in for one field/],
    [['-O', 'http://h/'], 2, /ends in no name/],
    [['-T', '-', 'data:,x', 'data:,y'], 2, /-T - is for one URL/],
    [['-c', 'data:,x'], 2, /--continue needs -o/],
    [['--max-time', 'soon', 'data:,x'], 2, /--max-time must be a number/],
    [['--limit-rate', 'fast', '-o', '/tmp/x', 'data:,x'], 2, /--limit-rate is a number of bytes/],
    [['--limit-rate', 'fast', 'data:,x'], 2, /--limit-rate is a number of bytes/],
    [['-T', '-', '--retry', '1', 'http://h/'], 2, /what comes in can be sent only once/],
    [['-c', '-d', 'a', '-o', 'x', 'http://h/'], 2, /-c goes on with what is asked for by GET/],
    [['-c', '-i', '-o', 'x', 'http://h/'], 2, /-c goes on with a body alone/],
    [['http://%ff:x@h/'], 2, /no UTF-8 behind its percents/],
    [['-H', 'nonsense', 'data:,x'], 2, /-H is 'Name: value'/],
    [['-H', 'a: b\nc: d', 'data:,x'], 2, /can't be sent/],
    [['-d', 'a', '-T', 'b', 'data:,x'], 2, /only one of/],
    [['-o', '', 'data:,x'], 2, /--output needs the name of a file/],
    [['--cookie-jar', '', 'data:,x'], 2, /--cookie-jar needs the name of a file/],
    [['-b', 'a', '-b', 'b', 'data:,x'], 2, /-b takes one file/],
    [['-d', '@/nowhere', 'data:,x'], 26, /read \/nowhere: .*ENOENT/],
    [['-T', '/nowhere', 'data:,x'], 26, /read \/nowhere: .*ENOENT/],
    [['-F', 'a=@/nowhere', 'data:,x'], 26, /read \/nowhere: .*ENOENT/],
    [['-T', '/', 'data:,x'], 26, /read \/: /],
    [['ftp', 'put', '/nowhere', 'ftp://127.0.0.1:1/'], 26, /read \/nowhere: .*ENOENT/],
    [['ftp', 'ls', '--deny-private', 'ftp://127.0.0.1:1/'], 7, /refused by a rule/],
    [['ftp', 'ls', '-x', 'socks5://127.0.0.1:1', 'ftp://h.test/'], 7, /connection refused/],
    [['-x', 'http://127.0.0.1:1', 'https://h.test/'], 7, /the proxy \S+ can not be reached/],
    [['-x', 'http://127.0.0.1:1', 'http://h.test/'], 7, /the proxy \S+ can not be reached/],
    [['-x', 'http://u:p@nowhere.invalid:1', 'http://h.test/'], 5, /the proxy http:\/\/nowhere/],
    [['-x', 'http://nowhere.invalid:1', 'https://h.test/'], 5, /ENOTFOUND|EAI_AGAIN/],
    [['-x', 'http://[bad', 'http://h.test/'], 5, /the option proxy says/],
    [['-u', 'a\n:b', 'http://127.0.0.1:1/'], 2, /control characters/],
    [['http://a b/'], 3, /not a valid URL/],
    [['robots', 'data:,x', 'me', '/'], 2, /'data:,x' is no URL of a site/],
    [['gopher://h/'], 1, /no handler for gopher/],
    [['http://127.0.0.1:1/'], 7, /connection refused/],
    [['http://nowhere.invalid/'], 6, /ENOTFOUND|EAI_AGAIN/],
    [['--deny-private', 'http://127.0.0.1:1/'], 7, /refused by a rule/],
    [['file:///nowhere'], 37, /nowhere: no such file \(ENOENT/],
    [['-o', '/nowhere/x', 'data:,x'], 23, /^sluice-url: write \/nowhere\/x: .*ENOENT/],
    [['-b', '/nowhere', 'data:,x'], 26, /read cookies \/nowhere: no such file \(ENOENT/],
  ])('%j is status %d and one sentence', async (args, status, message) => {
    const result = await run(args as string[])
    expect([result.status, result.stdout]).toEqual([status, ''])
    expect(result.stderr).toMatch(message)
    expect(result.stderr.trimEnd().split('\n')).toHaveLength(1)
  })

  test.each([
    ['http', 56, 'HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n', /407/],
    ['http', 56, 'HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n', /403/],
    ['http', 56, '', /too early/],
    ['socks5h', 97, '\x05\xff', /wants credentials/],
    ['socks5h', 97, '', /in the middle of its answer/],
  ])(
    'a proxy of %s that does not lead on is status %i, as of curl',
    async (scheme, status, answer, words) => {
      const proxy = await listen('tcp://127.0.0.1:0')
      open.push({ close: () => proxy.close() })
      void proxy.accept().then(async (connection) => {
        await connection.recv()
        if (answer !== '') await connection.sendLatin1(answer)
        connection.close()
      })
      const at = `${scheme}://127.0.0.1:${(proxy.address as { port: number }).port}`
      const result = await run(['-x', at, 'https://h.test/'])
      expect(result.status).toBe(status)
      expect(result.stderr).toMatch(words)
    },
  )

  test('--max-time is kept', async () => {
    const made = await serve(() => new Promise(() => {}))
    open.push({ close: () => made.close() })
    expect((await run(['--max-time', '0.1', made.url])).status).toBe(28)
    // Also inside a body, which knows what was left of it, and not what was given.
    const slow = await served(
      () =>
        new Response(
          new ReadableStream({
            start: (controller) => controller.enqueue(new TextEncoder().encode('a')),
          }),
        ),
    )
    expect((await run(['--max-time', '0.2', slow.url])).stderr).toMatch(/no result within 200 ms/)
    // Also by a server that lets everybody in, and then has nothing to say.
    await using silent = await ftpServer({ replies: { MLSD: '' } })
    const { status, stderr } = await run(['--max-time', '0.5', 'ftp', 'ls', silent.url])
    expect([status, stderr]).toEqual([28, expect.stringContaining('ERR_TIMEOUT, phase total')])
  })

  test('--json tells what was printed, and what went wrong', async () => {
    const url = await server()
    const printed = await run(['--json', `${url}hello`])
    expect(printed.stdout).toBe('Hello, World!')
    const done = { event: 'done', url: `${url}hello`, status: 200, bytes: 13 }
    expect(JSON.parse(printed.stderr)).toEqual(done)
    const failed = await run(['--json', '-f', `${url}missing`])
    expect([failed.status, JSON.parse(failed.stderr)]).toEqual([
      22,
      { event: 'failed', url: `${url}missing`, message: expect.stringContaining('404') },
    ])
  })

  test('--limit-rate is kept by what is printed, too', async () => {
    const url = await server()
    const began = performance.now()
    expect((await run(['--limit-rate', '100k', `${url}data.bin`])).status).toBe(0)
    // Half a second, less what comes at once.
    expect(performance.now() - began).toBeGreaterThan(240)
  })

  test('Ctrl-C is 130, and says how to go on', async () => {
    const url = await server()
    const stop = new AbortController()
    const running = run(['--limit-rate', '10k', '-o', inFolder('slow'), `${url}data.bin`], {
      signal: stop.signal,
    })
    setTimeout(() => stop.abort(), 300)
    expect(await running).toMatchObject({
      status: 130,
      stderr: expect.stringContaining('-c goes on from here'),
    })
    expect(existsSync(inFolder('slow.part'))).toBe(true)
  })
})

test('a name and a password in a URL are as good as -u, and not shown', async () => {
  const url = await server()
  const named = url.replace('//', '//ada:love%20lace@')
  const { status, stdout } = await run([`${named}echo`])
  expect([status, JSON.parse(stdout)[2]]).toEqual([0, `Basic ${btoa('ada:love lace')}`])
  const { stderr } = await run(['-f', `${named}missing`])
  expect(stderr).toMatch(/404/)
  expect(stderr).not.toContain('love')
})

test('nothing that a stranger has written moves the cursor', async () => {
  const evil = '\u001b]0;t\u0007\u009b31m\u202e'
  const ftp = await listen({ hostname: '127.0.0.1', port: 0 })
  open.push(ftp)
  const { port } = ftp.address as { port: number }
  const at = encodeURIComponent('\u001b[31m')
  const { url } = await served((request) => {
    if (request.url.endsWith('/moved'))
      return new Response(null, {
        status: 302,
        headers: { Location: `ftp://127.0.0.1:${port}/${at}/` },
      })
    return new Response('', {
      status: 404,
      statusText: 'no\u009b31m',
      headers: { 'X-A': '\u009b31m' },
    })
  })
  const serveOne = async (): Promise<void> => {
    const connection = await ftp.accept()
    await connection.sendAll(`220 hi ${evil}\r\n`)
    for (let line = await connection.recvLine(); line !== null; line = await connection.recvLine())
      await connection.sendAll(`${line[0] === 85 ? '230' : '550'} ${evil}\r\n`)
  }
  for (const args of [
    ['-L', '-v', `${url}moved`],
    ['-L', '--json', `${url}moved`],
    ['-v', 'ftp', 'ls', `ftp://127.0.0.1:${port}/${at}`],
    ['--json', '-f', url],
    ['-v', '-f', url],
    ['-f', url],
    ['-f', '-o', inFolder('evil'), url],
    ['parse', '--json', `http://h/${evil}`],
    ['explain', '--json', `http://h/${evil}`],
    ['join', 'http://h/', evil],
    ['robots', url, 'bot', `/${evil}`],
    [`http://${evil}/`],
    [`${evil}:x`],
  ]) {
    const one = args.some((arg) => arg.startsWith('ftp:') || arg.endsWith('moved'))
    const serving = one ? serveOne() : undefined
    const { stdout, stderr } = await run(args)
    await serving
    expect([args, stdout + stderr]).toEqual([
      args,
      expect.not.stringMatching(/(?!\n)[\p{Cc}\u202e]/u),
    ])
  }
  // What is printed is what came, byte for byte.
  const { stdout } = await run(['-i', url])
  expect(stdout).toContain('X-A: \ufffd31m')
})

describe('without the network', () => {
  test.each([
    [
      ['-x', 'http://u:p@h:1', '--max-time', '5', '--retry', '2', '-k', '--compressed', 'h/x'],
      /^curl --insecure --compressed --max-time 5 --retry 2 -x 'http:\/\/u:\*\*\*@h:1' .*http:\/\/h\/x$/,
    ],
    [['-F', 'a=b', 'h'], /^curl -F a=b -H .*'Accept: \*\/\*' http:\/\/h$/],
    [['-T', 'package.json', 'h/'], /^curl -T package.json -H .* http:\/\/h\/package.json$/],
    [['-u', 'ada:x', '--digest', 'h'], /^curl --digest -u 'ada:\*\*\*' -H .* http:\/\/h$/],
    [['http://ada:x@h/'], /-H 'Authorization: Basic \*\*\*' http:\/\/h\/$/],
    [['-c', '-o', 'f', 'h'], /^curl -o f -C - -L -H .* http:\/\/h$/],
  ])('--as-curl %j says what curl would be told', async (args, line) => {
    const { status, stdout } = await run(['--as-curl', ...args])
    expect([status, stdout.trimEnd()]).toEqual([0, expect.stringMatching(line)])
  })

  test('parse, join, explain', async () => {
    expect((await run(['parse', 'http://u@H.test:80/p?q#f'])).stdout).toBe(
      'scheme    http\nusername  u\nhostname  h.test\nport      80\npath      /p\nquery     q\nfragment  f\n',
    )
    expect((await run(['parse', 'a:b', 'c:\u001b[31m'])).stdout).toBe(
      'scheme    a\npath      b\n\nscheme    c\npath      \\u001b[31m\n',
    )
    expect((await run(['explain', 'http://a/', 'http://b/'])).stdout).toMatch(/\n\n {8}urlsplit/)
    expect(JSON.parse((await run(['parse', '--json', 'a:b'])).stdout)).toMatchObject({
      scheme: 'a',
      path: 'b',
      port: null,
    })
    expect((await run(['join', 'http://h/a/b', '../c', 'd'])).stdout).toBe(
      'http://h/c\nhttp://h/a/d\n',
    )
    expect(await run(['explain', 'https://example.com/'])).toMatchObject({ status: 0 })
    const odd = await run(['explain', 'http://good.example\\@evil.example/'])
    expect(odd.status).toBe(1)
    expect(odd.stdout).toMatch(/^host\s+evil\.example\s+good\.example\s+<- differs$/m)
    expect(odd.stdout).toMatch(
      /^! the host is "evil\.example" to urlsplit and "good\.example" to new URL/m,
    )
    expect((await run(['explain', 'http://a\u001b[31m/'])).stdout).not.toContain('\u001b')
    expect((await run(['parse'])).status).toBe(2)
    expect((await run(['parse', 'http://h:x/'])).status).toBe(2)
  })
})

test('--as-curl asks nobody', async () => {
  const { stdout } = await run([
    '--as-curl',
    '-L',
    '-u',
    'a:secret',
    '-d',
    'x=1',
    'http://nowhere.invalid/',
  ])
  expect(stdout).toMatch(
    /^curl -L -H 'User-Agent: sluice-url' .*-H 'Authorization: Basic \*\*\*' --data-binary x=1 http:/,
  )
})

test('robots asks the site', async () => {
  const url = await server()
  expect(await run(['robots', url, 'Bot', '/public', '/private/x'])).toEqual({
    status: 1,
    stdout: 'allowed /public\ndisallowed /private/x\ncrawl-delay 2 s\n',
    stderr: '',
  })
  expect((await run(['robots', url, 'Bot', '/public'])).status).toBe(0)
  expect((await run(['robots', url, 'Bot'])).status).toBe(2)
})

test('ftp lists, gets and puts', async () => {
  const ftp = await ftpServer({ files: { 'dir/a.txt': 'hello' } } as never)
  open.push(ftp)
  const url = ftp.url.replace(/\/$/, '')
  expect((await run(['ftp', 'ls', `${url}/dir`])).stdout).toMatch(/^file\s+5 B .*a\.txt\n$/)
  expect((await run(['ftp', 'get', `${url}/dir/a.txt`, inFolder('got')])).status).toBe(0)
  expect(readFileSync(inFolder('got'), 'utf8')).toBe('hello')
  writeFileSync(inFolder('put.txt'), 'mine')
  expect(await run(['ftp', 'put', inFolder('put.txt'), `${url}/dir/`])).toMatchObject({ status: 0 })
  expect((await run([`${url}/dir/put.txt`])).stdout).toBe('mine')
  // As of curl: a folder that is not there, a file that is not there, one that is not taken.
  const statusOf = async (...args: string[]) => (await run(args)).status
  expect(await statusOf('ftp', 'ls', `${url}/nope/`)).toBe(9)
  expect(await statusOf('-T', inFolder('put.txt'), `${url}/nope/`)).toBe(9)
  expect(await statusOf(`${url}/dir/nope`)).toBe(78)
  const full = await ftpServer({ replies: { STOR: '552 Full' } })
  open.push(full)
  expect(await statusOf('-T', inFolder('put.txt'), full.url)).toBe(25)
  // What can't be asked is told before anybody is.
  const before = full.commands.length
  for (const path of ['%zz', '%ff/', 'a%0D%0ADELE%20b'])
    expect(await run(['ftp', 'ls', full.url + path])).toMatchObject({
      status: 3,
      stderr: expect.stringMatching(/^sluice-url: GET ftp:.*: the path has .*ERR_INVALID_URL/),
    })
  expect(full.commands.length).toBe(before)
  expect((await run(['ftp', 'sing'])).status).toBe(2)
  const shown = await run(['ftp', 'ls', 'http://ada:secret@h/'])
  expect(shown).toMatchObject({
    status: 2,
    stderr: "sluice-url: 'http://ada:***@h/' is no ftp: URL\n",
  })
  expect((await run(['robots', 'ada:secret@', 'A', '/'])).stderr).not.toContain('secret')
  expect((await run(['-H', 'Authorization Bearer secret', 'h'])).stderr).not.toContain('secret')
})

test('ftp logs in as -u and .netrc say, and as the URL says before them', async () => {
  const users = { ada: 'love:lace' }
  const ftp = await ftpServer({ files: { 'a.txt': 'hello' }, users })
  open.push(ftp)
  const netrc = inFolder('netrc')
  writeFileSync(netrc, 'machine 127.0.0.1 login ada password love:lace\n', { mode: 0o600 })
  const before = process.env['NETRC']
  process.env['NETRC'] = netrc
  try {
    for (const who of [['-u', 'ada:love:lace'], ['-n']]) {
      expect(await run([...who, `${ftp.url}a.txt`])).toMatchObject({ status: 0, stdout: 'hello' })
      expect((await run(['ftp', 'ls', ...who, ftp.url])).stdout).toContain('a.txt')
      expect(await run(['ftp', 'put', ...who, netrc, ftp.url])).toMatchObject({ status: 0 })
      const wrong = ftp.url.replace('//', '//ada:wrong@')
      expect((await run([...who, `${wrong}a.txt`])).status).toBe(67)
    }
  } finally {
    if (before === undefined) delete process.env['NETRC']
    else process.env['NETRC'] = before
  }
  expect((await run([`${ftp.url}a.txt`])).status).toBe(67)
})

test('as a program: help, a page, a file, and then it ends', { timeout: 30_000 }, async () => {
  const program = await bin()
  const outcome = async (...args: string[]) => {
    const started = new Run(program, args)
    const status = await started.done
    return { status, stdout: started.stdout, stderr: started.stderr }
  }
  const help = await outcome('--help')
  expect([help.status, help.stdout.split('\n')[0]]).toEqual([
    0,
    'sluice-url [OPTIONS] URL...                 prints what is behind URLs, or puts it into files',
  ])
  // The server keeps its connections: a command that only waits for them to end does not end itself.
  const { url } = await served(() => new Response('here'))
  const from = performance.now()
  expect(await outcome(url)).toEqual({ status: 0, stdout: 'here', stderr: '' })
  const path = inFolder('program.txt')
  expect(await outcome('-s', '-o', path, url)).toEqual({ status: 0, stdout: '', stderr: '' })
  expect(readFileSync(path, 'utf8')).toBe('here')
  const sent = await served(async (request) => new Response(await request.text()))
  const upload = new Run(program, ['-T', '-', sent.url])
  upload.child.stdin.write('piece ')
  upload.child.stdin.end('by piece')
  expect([await upload.done, upload.stdout]).toEqual([0, 'piece by piece'])
  // What comes in has no end here, and is not waited for once nobody wants it.
  const refused = new Run(program, ['-T', '-', 'http://127.0.0.1:1/'])
  expect(await refused.done).toBe(7)
  expect(performance.now() - from).toBeLessThan(4000)
  expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([])
})

test('as a program that nobody listens to', { timeout: 30_000 }, async () => {
  const program = await bin()
  /** Closed before the program says its first word. */
  const unread = (outputs: ('stdout' | 'stderr')[], ...args: string[]): Run => {
    const run = new Run(program, args)
    for (const output of outputs) run.child[output].destroy()
    return run
  }
  const { url } = await served(() => new Response('x'.repeat(1_000_000)))
  // What it says to people is not what it is for.
  const path = inFolder('unread.txt')
  expect(await unread(['stderr'], '-v', '-o', path, url).done).toBe(0)
  expect(readFileSync(path, 'utf8')).toHaveLength(1_000_000)
  const printed = unread(['stderr'], '-v', url)
  expect([await printed.done, printed.stdout.length]).toEqual([0, 1_000_000])
  expect(await unread(['stderr'], 'http://127.0.0.1:1/').done).toBe(7)
  expect(await unread(['stderr'], '--nonsense').done).toBe(2)
  expect(await unread(['stdout', 'stderr'], '-v', url).done).toBe(23)
})
