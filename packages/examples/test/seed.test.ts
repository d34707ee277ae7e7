/**
 * The programs of the founding document, each in a process of its own, with each other and with Python's own.
 * They are written for 127.0.0.1:8080, so the tests of this file run one after the other.
 */
import { listen } from '@sluice/socket'
import { describe, expect, test } from 'vitest'
import { has, type Run, start, startSource } from '../lib/children.ts'
import { run } from './kit.ts'

const seed = (file: string): URL => new URL(`../seed/${file}`, import.meta.url)
const python = (file: string): Run => start('python3', ['-u', seed(file).pathname])
const withPython = has('python3')
if (!withPython && process.env['REQUIRE_PEERS'])
  throw new Error('REQUIRE_PEERS is set, but there is no python3')

async function exchange(server: Run, client: () => Run): Promise<void> {
  await server.says('listening')
  const other = client()
  expect(await Promise.all([server.ended, other.ended])).toEqual([0, 0])
  expect(other.out()).toBe('Hello, World!\n')
  expect(server.out()).toContain('received "Hello, World!" from 127.0.0.1\n')
}

describe('Hello, World! on 127.0.0.1:8080', () => {
  test('between our two programs', () =>
    exchange(startSource(seed('server.ts')), () => startSource(seed('client.ts'))))
  test.skipIf(!withPython)("from Python's client to our server", () =>
    exchange(startSource(seed('server.ts')), () => python('client.py')),
  )
  test.skipIf(!withPython)("from our client to Python's server", () =>
    exchange(python('server.py'), () => startSource(seed('client.ts'))),
  )
})

describe('what goes wrong is one sentence and a status', () => {
  test('a port in use', async () => {
    await using _taken = await listen('127.0.0.1:8080')
    const { status, err } = await run('run.ts', ['seed-server'])
    expect(err).toBe('listen 127.0.0.1:8080: address already in use (EADDRINUSE, phase listen)\n')
    expect(status).toBe(1)
  })
  test('nobody listens: refused, and what to do', async () => {
    const { status, err } = await run('run.ts', ['seed-client'])
    expect(err).toMatch(
      /^connect 127\.0\.0\.1:8080: connection refused \(ECONNREFUSED, phase connect, \d+ ms\)\nStart the server first: npm run example seed-server\n$/,
    )
    expect(status).toBe(1)
  })
  test('a peer that resets half way', async () => {
    const listener = await listen('127.0.0.1:8080')
    const running = run('run.ts', ['seed-client'])
    const connection = await listener.accept()
    await connection.recv()
    connection.destroy()
    const { status, err } = await running
    await listener.close()
    expect(err).toBe(
      'recv 127.0.0.1:8080: connection reset by the peer (ECONNRESET, phase receive)\n',
    )
    expect(status).toBe(1)
  })
  test('an example that does not exist', async () => {
    const { status, out, err } = await run('run.ts', ['nothing'])
    expect(err).toBe("There is no example 'nothing'.\n")
    expect(out).toContain('seed-server')
    expect(status).toBe(2)
  })
  test('Ctrl-C ends the waiting server, and its port is free', async () => {
    const { status, err } = await run('run.ts', ['seed-server'], {
      signal: 'SIGINT',
      when: 'listening',
    })
    expect([status, err]).toEqual([130, 'seed-server was interrupted.\n'])
    await (await listen('127.0.0.1:8080')).close()
  })
})
