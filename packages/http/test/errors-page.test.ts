/**
 * `docs/errors.md` says what is thrown. Each sentence of its tables is provoked here and compared with its row, each
 * provoked error has a row, and no reason or code of the sources is missing.
 */
import { readdirSync, readFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { connect, listen } from '@sluice/socket'
import { toBytes } from '@sluice/socket/bytes'
import { type NetError, REASONS } from '@sluice/socket/errors'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ClientConnection, type Handler, Pool, request, serve } from '../src/index.ts'
import { readMultipart } from '../src/multipart.ts'
import { Http1Machine, type MachineOptions, type ProtocolError } from '../src/parser.ts'
import { readEvents } from '../src/sse.ts'
import { isNode } from './runtime.ts'
import { RawClient, RawServer } from './wire/raw.ts'

const folder = fileURLToPath(new URL('..', import.meta.url))
const page = readFileSync(`${folder}/docs/errors.md`, 'utf8')

/** The rows of the table below a heading, cut into cells without their backticks. */
function rowsBelow(heading: string): string[][] {
  const [, section = ''] = page.split(`\n## ${heading}\n`)
  const lines = section.split('\n## ')[0]?.split('\n') ?? []
  const cells = (line: string): string[] =>
    line
      .slice(1, -1)
      .split(' | ')
      .map((cell) => cell.trim())
  return lines
    .filter((line) => line.startsWith('| '))
    .slice(2)
    .map(cells)
}
const bare = (text = ''): string => text.replaceAll('`', '')

/** What differs from run to run: ports, times. */
const steady = ({ message }: Error): string =>
  message
    .replace(/127\.0\.0\.1:\d+/g, '127.0.0.1:8080')
    .replace(/, \d+(\.\d+)? ms\)/, ')')
    .replace(/ \(caused by.*$/, '')

async function failureOf(run: () => unknown): Promise<NetError> {
  try {
    await run()
  } catch (error) {
    return error as NetError
  }
  throw new Error('nothing was thrown')
}

/** A server that answers every request with these bytes, and then ends or waits. */
async function answering(bytes: string, then: 'end' | 'wait' = 'end'): Promise<string> {
  const server = await RawServer.start((socket) => {
    socket.write(bytes, 'latin1')
    if (then === 'end') socket.end()
  })
  onTestFinished(() => server.close())
  return `${server.url}/`
}

async function serving(handler: Handler, options = {}): Promise<{ url: string; port: number }> {
  const server = await serve(handler, { onError: () => {}, ...options })
  onTestFinished(() => server.close())
  return { url: server.url, port: (server.address as { port: number }).port }
}

const HEAD = 'HTTP/1.1 200 OK\r\n'
const POST = 'POST / HTTP/1.1\r\nHost: a\r\n'
const CHUNKED = `${POST}Transfer-Encoding: chunked\r\n\r\n`
const hello = (): Response => new Response('hello')

/** What the reader of a request's body is told when a client sends these bytes. */
function reading(
  bytes: string,
  options = {},
  read = (of: Request) => of.text() as Promise<unknown>,
) {
  return new Promise<never>((_, reject) => {
    const handler = async (incoming: Request): Promise<Response> => {
      await read(incoming).catch(reject)
      return hello()
    }
    void serving(handler, options).then(({ port }) => {
      const client = new RawClient(port).send(bytes)
      onTestFinished(() => client.destroy())
    })
  })
}

const form = (body: string): string =>
  `POST / HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: ${body.length}\r\n\r\n${body}`
const part = '--b\r\nContent-Disposition: form-data; name="n"\r\n\r\nvalue\r\n'
const readParts = async (incoming: Request): Promise<void> => {
  for await (const each of readMultipart(incoming, { limits: { parts: 1 } })) await each.text()
}

async function connection(url: string): Promise<ClientConnection> {
  const made = new ClientConnection(await connect(new URL(url).host))
  onTestFinished(() => made.destroy())
  return made
}

async function proxied(status: string): Promise<unknown> {
  const proxy = await answering(`HTTP/1.1 ${status}\r\nContent-Length: 0\r\n\r\n`)
  return request('https://a.test/', { proxy })
}

/** One way to each row of the first table. */
const PROVOKED: (() => unknown)[] = [
  async () => request(await answering('SSH-2.0-OpenSSH_9.9\r\n')),
  async () => {
    const headers = { 'Content-Length': '2', 'Transfer-Encoding': 'chunked' }
    await request((await serving(hello)).url, { method: 'POST', headers, body: 'hi' })
  },
  async () => (await request(await answering(`${HEAD}Content-Length: 4096\r\n\r\nabc`))).text(),
  async () =>
    (await request(await answering(`${HEAD}Transfer-Encoding: chunked\r\n\r\n3\r\nabc`))).text(),
  async () =>
    request(await answering(`${HEAD}A: ${'b'.repeat(99)}\r\n\r\n`), { limits: { fieldBytes: 64 } }),
  () => reading(`${CHUNKED}9\r\n123456789\r\n`, { limits: { body: 4 } }),
  async () => {
    const body = gzipSync('x'.repeat(1000)).toString('latin1')
    const url = await answering(`${HEAD}Content-Encoding: gzip\r\n\r\n${body}`)
    await (await request(url, { decode: { decoded: 100 } })).text()
  },
  () => reading(form(`${part}${part}--b--`), {}, readParts),
  async () => {
    const url = await answering(
      `${HEAD}Content-Type: text/event-stream\r\n\r\ndata: ${'x'.repeat(99)}\r\n\r\n`,
    )
    for await (const _ of readEvents(await request(url), { maxEvent: 64 }));
  },
  async () => {
    const url = await answering(`${HEAD}Content-Encoding: gzip\r\n\r\nno gzip`)
    await (await request(url, { decode: true })).text()
  },
  async () => request(await answering('')),
  () => reading(form(part), {}, readParts),
  async () => {
    const one = await connection((await serving(hello)).url)
    await one.close()
    await one.request('/')
  },
  async () => {
    const pool = new Pool()
    await pool.close()
    await pool.request('http://127.0.0.1/')
  },
  async () => {
    const server = await serve((incoming) => {
      caught = failureOf(() => incoming.text())
      void server.close()
      return hello()
    })
    let caught: Promise<NetError> | undefined
    const client = new RawClient((server.address as { port: number }).port)
    onTestFinished(() => client.destroy())
    await client.send(`${POST}Content-Length: 9\r\n\r\n`).closed()
    throw await caught
  },
  async () => {
    const one = await connection(await answering('', 'wait'))
    one.request('/').catch(() => {})
    await one.request('/')
  },
  async () => {
    const pool = new Pool({ limits: { perOrigin: 1, waiting: 0 } })
    onTestFinished(() => pool.close())
    const url = await answering('', 'wait')
    pool.request(url, { signal: AbortSignal.timeout(500) }).catch(() => {})
    await pool.request(url)
  },
  async () => request(await answering('', 'wait'), { timeout: { headers: 20 } }),
  async () =>
    (await request(await answering(`${HEAD}\r\n`, 'wait'), { timeout: { idle: 20 } })).text(),
  async () => {
    // Connected before, as the busy machine may need the 20 ms for that.
    const one = await connection(await answering(`${HEAD}\r\n`, 'wait'))
    await (await one.request('/', { timeout: { total: 20 } })).text()
  },
  () => reading(`${POST}Content-Length: 9\r\n\r\n`, { timeout: { idle: 20 } }),
  () => reading(`${POST}Content-Length: 9\r\n\r\n`, { timeout: { request: 20 } }),
  async () => {
    const sockets: Socket[] = []
    const server = await RawServer.start((socket) => {
      sockets.push(socket)
      socket.write(`${HEAD}\r\n`)
    })
    onTestFinished(() => server.close())
    const response = await request(`${server.url}/`)
    sockets[0]?.resetAndDestroy()
    await response.text()
  },
  async () => {
    const listener = await listen('127.0.0.1:0')
    const { port } = listener.address as { port: number }
    await listener.close()
    await request(`http://127.0.0.1:${port}/`)
  },
  () => proxied('403 Forbidden'),
  () => proxied('407 Proxy Authentication Required'),
  async () => {
    const url = await answering('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n')
    for await (const _ of readEvents(await request(url)));
  },
  () => reading(`${POST}Content-Length: 2\r\n\r\nhi`, {}, readParts),
]

/** A request for each rule that a client can break, and limits that make it short. */
const REQUESTS: [bytes: string, limits?: MachineOptions['limits']][] = [
  ['GET  / HTTP/1.1\r\n'],
  ['G@T / HTTP/1.1\r\n'],
  ['GET /\u0007 HTTP/1.1\r\n'],
  ['GET hello HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['GET * HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['CONNECT / HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['GET / HTTP/one\r\n'],
  ['GET / HTTP/3.0\r\n'],
  ['\r\n\r\n\r\n', { emptyLines: 2 }],
  ['GET / HTTP/1.1\r\n Host: a\r\n'],
  ['GET / HTTP/1.1\r\nHost: a\r\n more\r\n'],
  ['GET / HTTP/1.1\nHost: a\n'],
  ['GET / HTTP/1.1\r\nHost: a\rX: y\r\n'],
  ['GET / HTTP/1.1\r\nHost : a\r\n'],
  ['GET / HTTP/1.1\r\nHo(st: a\r\n'],
  ['GET / HTTP/1.1\r\n: a\r\n'],
  ['GET / HTTP/1.1\r\nHost\r\n'],
  ['GET / HTTP/1.1\r\nHost: a\u0000b\r\n'],
  ['GET / HTTP/1.1\r\nHost: a\r\nA: b\r\n\r\n', { fieldCount: 1 }],
  ['GET / HTTP/1.1\r\n\r\n'],
  ['GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n'],
  ['GET / HTTP/1.1\r\nHost: a b\r\n\r\n'],
  [`${POST}Content-Length: two\r\n\r\n`],
  [`${POST}Content-Length: 2\r\nContent-Length: 2\r\n\r\n`],
  [`${POST}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n`],
  [`${POST}Transfer-Encoding: gzip\r\n\r\n`],
  [`${POST}Transfer-Encoding: gzip, chunked\r\n\r\n`],
  [`${POST}Transfer-Encoding: chunked, chunked\r\n\r\n`],
  [`${POST}Transfer-Encoding: chunked;a=b\r\n\r\n`],
  [`${POST}Transfer-Encoding: "chunked"\r\n\r\n`],
  ['POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n'],
  ['CONNECT a:1 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n'],
  [`${CHUNKED}two\r\n`],
  [`${CHUNKED}12345678901234567\r\n`],
  [`${CHUNKED}2\n`],
  [`${CHUNKED}2 hi\r\n`],
  [`${CHUNKED}2\r\nhiho`],
  ['GET /long HTTP/1.1\r\n', { startLine: 4 }],
  ['GET / HTTP/1.1\r\nHost: a\r\n\r\n', { fieldBytes: 4 }],
  [`${CHUNKED}00002\r\n`, { chunkLine: 4 }],
  [`${CHUNKED}2;a=b\r\n`, { chunkExtensions: 2 }],
  [`${CHUNKED}0\r\nA: b\r\n\r\n`, { trailerBytes: 4 }],
]

/** A response for each rule that only a server can break. */
const RESPONSES: [bytes: string, limits?: MachineOptions['limits']][] = [
  ['HTTP/1.1  200 OK\r\n'],
  ['HTTP/1.1\t200 OK\r\n'],
  ['HTTP/1.1 200 O\u0000K\r\n'],
  ['HTTP/1.1 101 Switching Protocols\r\n\r\n'],
  ['HTTP/1.1 103\r\n\r\nHTTP/1.1 103\r\n\r\n', { interimResponses: 1 }],
  [`${HEAD}Transfer-Encoding: chunked, gzip\r\n\r\n`],
  [`${HEAD}`],
]

async function broken(role: 'server' | 'client', bytes: string, limits: MachineOptions['limits']) {
  const machine = new Http1Machine(role, { limits })
  if (role === 'client') {
    machine.send({ type: 'request', method: 'GET', target: '/', headers: [['Host', 'a']] })
    machine.send({ type: 'end' })
  }
  return (await failureOf(() => {
    machine.receive(toBytes(Buffer.from(bytes, 'latin1')))
    for (const _ of machine.events());
    machine.receive(null)
    for (const _ of machine.events());
  })) as ProtocolError
}

describe.skipIf(!isNode)('docs/errors.md', { timeout: 20_000 }, () => {
  it('has every sentence as it is thrown, with its class, phase and code', async () => {
    const thrown = await Promise.all(PROVOKED.map(failureOf))
    const rows = thrown.map((error) => [error.code, error.name, error.phase, steady(error)])
    const written = rowsBelow('Codes').map((cells) => cells.slice(0, 4).map(bare))
    expect(rows.sort()).toEqual(written.sort())
  })

  it('has every rule that a peer can break, with the status that it is answered with', async () => {
    const found = [
      ...REQUESTS.map(([bytes, limits]) => broken('server', bytes, limits)),
      ...RESPONSES.map(([bytes, limits]) => broken('client', bytes, limits)),
    ]
    const rows = (await Promise.all(found)).map(({ reason, phase, statusHint, code, side }, i) => {
      expect(side).toBe('remote')
      return [reason, phase, i < REQUESTS.length ? String(statusHint) : '-', code]
    })
    const written = rowsBelow('What a peer can break').map((cells) => cells.slice(0, 4).map(bare))
    expect(rows.sort()).toEqual(written.sort())
  })

  const files = ['core', 'io'].flatMap((name) =>
    readdirSync(`${folder}/src/${name}`, { recursive: true })
      .map(String)
      .filter((path) => path.endsWith('.ts') && !/\.test\.ts$|^(?:python|command)\b/.test(path))
      .map((path) => readFileSync(`${folder}/src/${name}/${path}`, 'utf8')),
  )

  it('misses no code of the sources, and has none that nobody throws', () => {
    const codes = files.flatMap((text) =>
      [...text.matchAll(/'(ERR_[A-Z_]+)'/g)].map(([, code]) => code),
    )
    const written = [...page.matchAll(/`(E(?:RR_)?[A-Z_]{3,})`/g)].map(([, code = '']) => code)
    expect(new Set(codes).size).toBeGreaterThan(10)
    for (const code of codes) expect(written).toContain(code)
    for (const code of written)
      expect(codes.includes(code) || Object.hasOwn(REASONS, code), code).toBe(true)
  })

  it('misses no reason that the sources give for a broken rule', () => {
    const text = bare(page)
    const ways = [
      /\breason:\s*(['`])(.+?)\1/g,
      /\b(?:inBody|wrong|tooLong|broken)\(\s*(['`])([^'`\n]+)\1/g,
      /: \[\s*(['`])(.+?)\1,\s*\d{3},?\s*\]/g,
    ]
    const reasons = files.flatMap((source) =>
      // Values of options and routes are refused with what JavaScript has for that.
      /new ProtocolError|FAULTS/.test(source)
        ? ways.flatMap((way) => [...source.matchAll(way)].map(([, , reason = '']) => reason))
        : [],
    )
    expect(reasons.length).toBeGreaterThan(60)
    const missing = reasons.filter((reason) => {
      const parts = reason.split(/\$\{(?:[^{}]|\{[^}]*\})*\}/).map((part) => part.trim())
      return parts.some((part) => part.length > 2 && !text.includes(part))
    })
    expect(missing).toEqual([])
  })
})
