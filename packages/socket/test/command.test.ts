import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, listen, text, udp } from '@sluice/socket'
import { serve } from '@sluice/socket/server'
import { scriptedServer } from '@sluice/socket/testing'
import { afterAll, describe, expect, test } from 'vitest'
import { programFile, Run } from '../../../scripts/program.ts'
import { makeCertificate } from './certificates.ts'
import { freePort, inetOf } from './kit.ts'

const bin = await programFile(new URL('../src/bin.ts', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'sluice-command-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** The command, as a person starts it. */
const start = (...args: readonly string[]): Run => new Run(bin, args)

const portOf = async (run: Run): Promise<number> =>
  Number((await run.says(/(?:listening on|relaying) \S*:(\d+)/))[1])

/** What it has said with `--json`. */
const objectsOf = (run: Run): Record<string, unknown>[] =>
  run.stderr
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))

const echo = () =>
  serve(async (connection) => {
    for await (const bytes of connection) await connection.sendAll(bytes)
  })

describe.concurrent('sluice-socket', { timeout: 20_000 }, () => {
  test('connect: input goes out, the end of it is our end, what comes back is written', async () => {
    await using server = await serve(async (connection) => {
      let all = ''
      for await (const bytes of connection) all += text(bytes)
      await connection.sendAll(all.toUpperCase())
    })
    const run = start('connect', '127.0.0.1', String(inetOf(server.address).port), '--crlf')
    run.child.stdin.end('hello\nworld\n')
    expect(await run.done).toBe(0)
    expect(run.stdout).toBe('HELLO\r\nWORLD\r\n')
    expect(run.stderr).toBe('')
  })

  test('listen: one connection, then it ends; a port in use is 45', async () => {
    const run = start('listen', '127.0.0.1:0')
    const port = await portOf(run)
    const second = start('listen', String(port))
    expect(await second.done).toBe(45)
    expect(second.stderr).toMatch(
      /^sluice-socket: listen 127\.0\.0\.1:\d+: address already in use \(EADDRINUSE, phase listen\)\n$/,
    )
    const client = await connect(`127.0.0.1:${port}`)
    run.child.stdin.end('from the server')
    await client.sendAll('from the client')
    await client.shutdown('write')
    expect(text(await client.recvExactly(15))).toBe('from the server')
    await client.close()
    expect(await run.done).toBe(0)
    expect(run.stdout).toBe('from the client')
  })

  test('listen --keep: one after the other, with one input; what breaks one ends no other', async () => {
    const run = start('listen', '-k', '127.0.0.1:0')
    const target = `127.0.0.1:${await portOf(run)}`
    for (const word of ['one', 'two']) {
      const client = await connect(target)
      run.child.stdin.write(word)
      expect(text(await client.recvExactly(3))).toBe(word)
      await client.sendAll(word)
      await client.close()
    }
    const rude = await connect(target)
    run.child.stdin.write('x')
    await rude.recv()
    rude.destroy()
    await run.says(/^sluice-socket: recv \S+: connection reset by the peer/m)
    const last = await connect(target)
    run.child.stdin.end('last')
    expect(text(await last.recvExactly(4))).toBe('last')
    expect(await last.recv()).toBeNull()
    await last.close()
    const late = await connect(target)
    expect(await late.recv()).toBeNull()
    await late.close()
    run.child.kill('SIGINT')
    expect(await run.done).toBe(130)
    expect(run.stdout).toBe('onetwo')
  })

  test('listen --echo serves any number, and ends clean at Ctrl-C', async () => {
    const run = start('listen', '--echo', '0')
    const port = await portOf(run)
    for (const word of ['one', 'two']) {
      const client = await connect(`127.0.0.1:${port}`)
      await client.sendAll(word)
      expect(text(await client.recvExactly(3))).toBe(word)
      await client.close()
    }
    run.child.kill('SIGINT')
    expect(await run.done).toBe(0)
  })

  test('listen --exec gives a connection to a program', async () => {
    const run = start('listen', '127.0.0.1:0', '-e', 'tr a-z A-Z')
    const client = await connect(`127.0.0.1:${await portOf(run)}`)
    await client.sendAll('quiet')
    await client.shutdown('write')
    let answer = ''
    for await (const bytes of client) answer += text(bytes)
    expect(answer).toBe('QUIET')
    await client.close()
    run.child.kill('SIGTERM')
    expect(await run.done).toBe(0)
  })

  test('TLS on both sides, and a certificate that is not trusted is 60', async () => {
    const { cert, key } = makeCertificate({ name: 'here', names: ['localhost', '127.0.0.1'] })
    const file = join(folder, 'both.pem')
    writeFileSync(file, `${key}${cert}`)
    const run = start('listen', '--echo', '--cert', file, '127.0.0.1:0')
    const port = await portOf(run)
    const trusting = start('connect', `tls://127.0.0.1:${port}`, '--ca', file)
    trusting.child.stdin.end('secret')
    expect(await trusting.done).toBe(0)
    expect(trusting.stdout).toBe('secret')
    const strict = start('connect', '--tls', `127.0.0.1:${port}`)
    expect(await strict.done).toBe(60)
    expect(strict.stderr).toMatch(
      /^sluice-socket: connect 127\.0\.0\.1:\d+: the certificate .+phase tls.+\n$/,
    )
    run.child.kill()
    await run.done
  })

  test('relay: forwards, slows down, shows the bytes and records them', async () => {
    await using server = await echo()
    const file = join(folder, 'record.jsonl')
    const to = `127.0.0.1:${inetOf(server.address).port}`
    const run = start('relay', '127.0.0.1:0', to, '--latency', '40', '-v', '--record', file)
    const client = await connect(`127.0.0.1:${await portOf(run)}`)
    const from = performance.now()
    await client.sendAll('ping')
    expect(text(await client.recvExactly(4))).toBe('ping')
    expect(performance.now() - from).toBeGreaterThan(75)
    await client.close()
    await run.says(/70 69 6e 67 +ping/)
    run.child.kill('SIGINT')
    expect(await run.done).toBe(0)
    const lines = readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines.map(({ direction, bytes }) => [direction, atob(bytes)])).toEqual([
      ['up', 'ping'],
      ['down', 'ping'],
    ])
  })

  test('datagrams both ways', async () => {
    const run = start('listen', '-u', '--echo', '127.0.0.1:0')
    const port = await portOf(run)
    await using socket = await udp('127.0.0.1:0')
    await socket.send('hello', `127.0.0.1:${port}`)
    expect(text((await socket.recv({ timeout: 5000 })).data)).toBe('hello')
    const client = start('connect', '-u', `127.0.0.1:${port}`, '--timeout', '1')
    client.child.stdin.end('datagram')
    expect(await client.done).toBe(28)
    expect(client.stdout).toBe('datagram')
    run.child.kill()
    expect(await run.done).toBe(130)
  })

  test('output that nobody reads any more ends it without a word', async () => {
    await using server = await serve(async (connection) => {
      for (;;) await connection.sendAll(new Uint8Array(65_536))
    })
    const run = start('connect', `127.0.0.1:${inetOf(server.address).port}`)
    run.child.stdout.once('data', () => run.child.stdout.destroy())
    expect(await run.done).toBe(23)
    expect(run.stderr).toBe('')
  })

  test('the same for datagrams', async () => {
    await using socket = await udp('127.0.0.1:0')
    const run = start('connect', '-u', `127.0.0.1:${inetOf(socket.address).port}`)
    run.child.stdin.write('hello')
    const { address } = await socket.recv()
    run.child.stdout.once('data', () => run.child.stdout.destroy())
    // Which of them finds nobody, the system decides.
    const sending = setInterval(() => void socket.send('again', inetOf(address)), 5)
    expect(await run.done).toBe(23)
    clearInterval(sending)
    expect(run.stderr).toBe('')
  })

  test('and for the error output', async () => {
    const run = start('listen', '--echo', '-v', '127.0.0.1:0')
    const port = await portOf(run)
    run.child.stderr.destroy()
    const client = await connect(`127.0.0.1:${port}`)
    await client.close()
    expect(await run.done).toBe(23)
  })

  test('connect -u: input is cut into datagrams, and Ctrl-C ends the wait', async () => {
    await using socket = await udp('127.0.0.1:0')
    const run = start('connect', '-u', `127.0.0.1:${inetOf(socket.address).port}`, '--crlf')
    run.child.stdin.end('x'.repeat(40_000))
    for (let left = 40_000; left > 0; ) {
      const { data } = await socket.recv()
      expect(data.length).toBeLessThanOrEqual(16_384)
      left -= data.length
    }
    run.child.kill('SIGINT')
    expect(await run.done).toBe(130)
    expect(run.stderr).toBe('')
  })

  test('Ctrl-C while connected is 130, and the peer is told', async () => {
    const listener = await listen('127.0.0.1:0')
    const run = start('connect', `127.0.0.1:${inetOf(listener.address).port}`)
    const accepted = await listener.accept()
    run.child.kill('SIGINT')
    expect(await run.done).toBe(130)
    expect(await accepted.recv().catch((error) => error.code)).toBe('ECONNRESET')
    await listener.close()
  })

  test('what goes wrong is one sentence, on the error output, with the number', async () => {
    const nobody = await freePort()
    await using rude = await scriptedServer([[{ expect: 'x' }, 'reset']])
    const rows: [args: string[], status: number, says: RegExp][] = [
      [['connect', `127.0.0.1:${nobody}`], 7, /connection refused \(ECONNREFUSED, phase connect/],
      [['connect', 'no-such-host.invalid', '80'], 6, /phase lookup/],
      [['connect', 'nonsense'], 3, /expected host:port/],
      [['connect', 'h', '65536'], 3, /port must be a whole number from 0 to 65535/],
      [['connect', '-u', '--tls', 'h:1'], 2, /--udp and --tls do not go together/],
      [['connect', '--tlz', 'h:1'], 2, /there is no option --tlz/],
      [
        ['connect', '-x', `socks5h://127.0.0.1:${nobody}`, 'h:1'],
        97,
        /the proxy socks5h.+can not be reached/,
      ],
      [['connect', '--ca', join(folder, 'none.pem'), 'tls://h:1'], 26, /ENOENT/],
      [['connect', `127.0.0.1:${inetOf(rude.address).port}`], 56, /ECONNRESET/],
      [['listen', '--cert', bin, '127.0.0.1:0'], 58, /holds no certificate/],
    ]
    for (const [args, status, says] of rows) {
      const run = start(...args)
      run.child.stdin.on('error', () => {}).write('x')
      expect([args, await run.done]).toEqual([args, status])
      expect(run.stderr).toMatch(/^sluice-socket: [^\n]+\n$/)
      expect(run.stderr).toMatch(says)
      expect(run.stdout).toBe('')
    }
    const json = start('connect', '--json', `127.0.0.1:${nobody}`)
    expect(await json.done).toBe(7)
    expect(objectsOf(json).at(-1)).toMatchObject({
      code: 'ECONNREFUSED',
      phase: 'connect',
      status: 7,
    })
  })

  test('with --json the error output is JSON alone, also at Ctrl-C', async () => {
    await using server = await echo()
    const to = `127.0.0.1:${inetOf(server.address).port}`
    const run = start('relay', '--json', '127.0.0.1:0', to)
    const [, port] = await run.says(/"local":"127\.0\.0\.1:(\d+)"/)
    const client = await connect(`127.0.0.1:${port}`)
    await client.sendAll('ping')
    await client.recvExactly(4)
    run.child.kill('SIGINT')
    expect(await run.done).toBe(0)
    client.destroy()
    const events = objectsOf(run)
    expect(events.map(({ name }) => name)).toContain('listen')
    expect(events.filter(({ error }) => error !== undefined)).toEqual([])
  })
})
