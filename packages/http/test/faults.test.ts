/**
 * The machine fails below HTTP: each call that a client, a pool, a server, or both make of it in turn, with each code that
 * fits, see `faulty.ts` of the socket layer. Whatever fails, whoever asked is told once, with that code; nothing is left open
 * or unheard; and a server goes on serving others.
 *
 * Then the network: it breaks off at each byte of an exchange on either side, gives single bytes, takes none, and has no
 * descriptors left.
 */
import { gzipSync } from 'node:zlib'
import { type ByteStream, type Connection, connect, type System } from '@sluice/socket'
import { encodeLatin1 } from '@sluice/socket/bytes'
import { codeOf, isNetError } from '@sluice/socket/errors'
import { makeAuthority, makeCertificate, memoryPair } from '@sluice/socket/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  everyFault,
  type FaultySystem,
  faultySystem,
  Handles,
  type Kind,
} from '../../../scripts/faulty.ts'
import {
  ClientConnection,
  type Handler,
  Pool,
  Response,
  request,
  type ServeOptions,
  Server,
  serve,
} from '../src/index.ts'
import { readEvents, sendEvents } from '../src/sse.ts'
import { isNode } from './runtime.ts'

const ca = makeAuthority()
const { cert, key } = makeCertificate({
  name: 'server',
  issuer: ca,
  names: ['localhost', '127.0.0.1'],
})
const trust = { ca: ca.cert }
const LARGE = 'x'.repeat(300_000)

/** Answers in every way that there is. */
const handler = (async (incoming, info) => {
  const { pathname } = new URL(incoming.url)
  if (incoming.method === 'CONNECT')
    return info.upgrade(async (stream) => join(stream, await connect(info.target)))
  if (pathname === '/echo') return new Response(await incoming.text())
  if (pathname === '/through') return new Response(incoming.body)
  if (pathname === '/large') return new Response(LARGE)
  if (pathname === '/stream') return new Response(pieces(3))
  if (pathname === '/events') return sendEvents(events())
  if (pathname === '/platform') return new globalThis.Response('hello')
  if (pathname === '/throws') throw new Error('no')
  if (pathname === '/switch') return info.upgrade(switched)
  if (pathname === '/hint') info.informational(103, { Link: '</a>' })
  if (pathname === '/gzip')
    return new Response(gzipSync('hello'), { headers: { 'Content-Encoding': 'gzip' } })
  return new Response('hello')
}) as Handler

async function switched(stream: ByteStream): Promise<void> {
  await stream.sendAll('switched')
  await stream.close()
}

async function* events(): AsyncGenerator<string> {
  yield 'one'
  yield 'two'
}

async function* pieces(count: number): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < count; i++) yield encodeLatin1(`piece ${i}\n`)
}

/** What a tunnel does between its two streams. */
async function join(near: ByteStream, far: Connection): Promise<void> {
  const pipe = async (from: ByteStream, to: ByteStream): Promise<void> => {
    for await (const bytes of from) await to.sendAll(bytes)
    await to.shutdown('write')
  }
  const gone = (): void => far.destroy()
  await Promise.allSettled([pipe(near, far).catch(gone), pipe(far, near).catch(gone)])
  await Promise.all([near.close(), far.close()])
}

/** Strangers that answer, on the machine as it is. */
let plain: Server
let secure: Server
let handles: Handles
let strays = 0
const onStray = (): void => void strays++
let tried = 0
const kinds = new Set<Kind>()
const quiet: ServeOptions = { onError: () => {}, tunnels: true }

beforeAll(async () => {
  process.on('unhandledRejection', onStray).on('uncaughtException', onStray)
  plain = await serve(handler, quiet)
  secure = await serve(handler, { ...quiet, tls: { cert, key } })
  handles = new Handles()
})
afterAll(async () => {
  process.off('unhandledRejection', onStray).off('uncaughtException', onStray)
  await Promise.all([plain.close(), secure.close()])
  console.info(`faults of the machine tried: ${tried}, of ${kinds.size} kinds`)
  if (isNode) expect(tried).toBeGreaterThan(400)
})

const at = (path: string, server = plain): string => new URL(path, server.url).href

interface Scenario {
  run(system: FaultySystem): Promise<unknown>
  /** What may fail without the caller minding; else whatever fails is told. */
  survives?: readonly Kind[]
  parts?: Partial<System>
  /** Whether the call may have failed on the other side: then what is told is what could be seen from here. */
  seenFromAfar?: boolean
}
/** What one side sees of it that the other broke off. */
const AFAR: readonly string[] = ['ECONNRESET', 'EPIPE', 'ERR_UNEXPECTED_END', 'ERR_INCOMPLETE_BODY']

/** The answer is here already, or the goodbye was not heard. */
const CLIENT: readonly Kind[] = ['breaks after a write', 'breaks once connected', 'shutdown fails']
/**
 * Who was lost is counted while an answer is on its way. The last one of a connection has been handed over, as a goodbye
 * has, when writing fails; and a newcomer that fails costs nobody anything.
 */
const SERVER: readonly Kind[] = [...CLIENT, 'write fails', 'accept fails']
const SECURE_SERVER: readonly Kind[] = [...SERVER, 'acceptTls throws', 'acceptTls fails']

/** Asks, reads to the end, and knows what it must have heard. */
async function ask(
  system: System,
  path: string,
  heard: string,
  options: Parameters<typeof request>[1] = {},
): Promise<void> {
  const response = await request(path.startsWith('/') ? at(path) : path, { system, ...options })
  expect(await response.text()).toBe(heard)
}

const families = async (_: string, family: 0 | 4 | 6) =>
  [
    { address: '::1', family: 6 as const },
    { address: '127.0.0.1', family: 4 as const },
  ].filter((one) => family === 0 || one.family === family)

async function withPool<T>(
  options: ConstructorParameters<typeof Pool>[0],
  run: (pool: Pool) => Promise<T>,
): Promise<T> {
  const pool = new Pool(options)
  try {
    return await run(pool)
  } finally {
    pool.destroy()
  }
}

const clients: Record<string, Scenario> = {
  'a request': { run: (system) => ask(system, '/', 'hello') },
  'a request to a name': {
    run: (system) => ask(system, `http://localhost:${portOf(plain)}/`, 'hello', { family: 4 }),
  },
  'a request to a name with two families': {
    run: (system) => ask(system, `http://two.test:${portOf(plain)}/`, 'hello'),
    parts: { lookup: families },
    // The other address answers.
    survives: ['connect throws', 'connect fails'],
  },
  'a request in TLS': {
    run: (system) => ask(system, at('/', secure), 'hello', { tls: trust }),
  },
  'a body there and back': {
    run: (system) => ask(system, '/echo', 'there', { method: 'POST', body: 'there' }),
  },
  'a large body there and back': {
    run: (system) => ask(system, '/echo', LARGE, { method: 'POST', body: LARGE }),
  },
  'a streamed body there and back': {
    run: (system) =>
      ask(system, '/through', 'piece 0\npiece 1\n', { method: 'POST', body: pieces(2) }),
  },
  'a body that waits until it is wanted': {
    run: (system) =>
      ask(system, '/echo', 'wanted', {
        method: 'PUT',
        body: 'wanted',
        headers: { Expect: '100-continue' },
      }),
  },
  'chunks without a length': {
    run: (system) => ask(system, '/stream', 'piece 0\npiece 1\npiece 2\n'),
  },
  'an interim response': { run: (system) => ask(system, '/hint', 'hello') },
  'a coded body': { run: (system) => ask(system, '/gzip', 'hello', { decode: true }) },
  'HEAD, which has no body': {
    run: async (system) => {
      const { status } = await request(at('/large'), { system, method: 'HEAD' })
      expect(status).toBe(200)
    },
  },
  'a body read into memory of the own': {
    run: async (system) => {
      const response = await request(at('/large'), { system })
      const target = new Uint8Array(10_000)
      let total = 0
      for (let n = await response.readInto(target); n !== null; n = await response.readInto(target))
        total += n
      expect(total).toBe(LARGE.length)
    },
  },
  'a body that nobody reads to its end': {
    run: async (system) => {
      const response = await request(at('/large'), { system })
      const reader = response.body?.getReader()
      await reader?.read()
      await reader?.cancel()
    },
  },
  'a stream of events': {
    run: async (system) => {
      const heard: string[] = []
      for await (const { data } of readEvents(await request(at('/events'), { system })))
        heard.push(data)
      expect(heard).toEqual(['one', 'two'])
    },
  },
  'a change of protocol': {
    run: async (system) => {
      const stream = await connect(plain.address, { system })
      const client = new ClientConnection(stream)
      try {
        const headers = { Connection: 'upgrade', Upgrade: 'x' }
        expect((await client.request('/switch', { headers })).status).toBe(101)
        const rest = await client.detach().recvExactly(8)
        expect(rest?.length).toBe(8)
      } finally {
        stream.destroy()
      }
    },
  },
  'a proxy that forwards': {
    run: async (system) => {
      const way = await serve(
        ((incoming) => request(incoming.url).then((r) => new Response(r.body))) as Handler,
        quiet,
      )
      try {
        await ask(system, '/', 'hello', { proxy: way.url })
      } finally {
        await way.close()
      }
    },
  },
  'a tunnel to a server in TLS': {
    run: (system) =>
      ask(system, `https://127.0.0.1:${portOf(secure)}/`, 'hello', {
        proxy: plain.url,
        tls: trust,
      }),
  },
  'two exchanges on one connection': {
    run: (system) =>
      withPool({ system }, async (pool) => {
        for (const path of ['/large', '/'])
          expect((await (await pool.request(at(path))).text()).length).toBeGreaterThan(4)
      }),
    // A connection that broke while it waited was none, and where twice is once the pool has asked again.
    survives: ['write fails'],
  },
  'five exchanges on two connections': {
    run: (system) =>
      withPool({ system, limits: { perOrigin: 2 } }, async (pool) => {
        const asking = ['/', '/stream', '/', '/platform', '/'].map(async (path) =>
          (await pool.request(at(path))).text(),
        )
        // All are heard before one is told.
        const settled = await Promise.allSettled(asking)
        for (const one of settled) if (one.status === 'rejected') throw one.reason
      }),
    survives: ['write fails', 'connect throws', 'connect fails'],
  },
  'a pool in TLS': {
    run: (system) =>
      withPool({ system, tls: trust }, async (pool) => {
        for (const path of ['/', '/echo'])
          await (await pool.request(at(path, secure), { method: 'POST', body: 'x' })).text()
      }),
  },
}

/** A client on the machine as it is: what it heard, or nothing. */
async function visit(
  server: Server,
  path = '/',
  options: Parameters<typeof request>[1] = {},
): Promise<string | undefined> {
  try {
    return await (await request(at(path, server), { tls: trust, ...options })).text()
  } catch {
    // Who serves is told, and not who visits.
    return undefined
  }
}

/** One call fails, and no other: who comes once more is answered. */
async function expectServed(server: Server): Promise<void> {
  const first = await visit(server)
  expect(first === 'hello' ? first : await visit(server), 'others are served').toBe('hello')
}

/** Serves on a machine that fails once: who comes again is answered, and what happened is counted. */
async function serving(
  system: System,
  come: (server: Server) => Promise<unknown>,
  options: ServeOptions = {},
): Promise<void> {
  const server = await serve(handler, { ...quiet, ...options, listen: { system } })
  try {
    await come(server)
    await expectServed(server)
  } finally {
    await server.shutdown({ grace: 1_000 })
  }
  const { errors, connections, inFlight } = server.stats()
  expect({ connections, inFlight }).toEqual({ connections: 0, inFlight: 0 })
  const [counted] = Object.keys(errors).filter((code) => code !== 'ERR_HANDLER')
  if (counted !== undefined) throw Object.assign(new Error(counted), { code: counted })
}

const pipelined = async (server: Server, bytes: string): Promise<void> => {
  const stream = await connect(server.address)
  try {
    await stream.sendAll(bytes)
    await stream.shutdown('write')
    while ((await stream.recv()) !== null);
  } catch {
    // As in visit().
  } finally {
    stream.destroy()
  }
}
const GET = 'GET / HTTP/1.1\r\nHost: h\r\n\r\n'

const servers: Record<string, Scenario> = {
  'serve and close': {
    run: async (system) => (await serve(handler, { ...quiet, listen: { system } })).close(),
  },
  'serve a request': {
    run: (system) => serving(system, (server) => visit(server)),
    survives: SERVER,
  },
  'serve it in TLS': {
    run: (system) => serving(system, (server) => visit(server), { tls: { cert, key } }),
    survives: SECURE_SERVER,
  },
  'serve bodies': {
    run: (system) =>
      serving(system, (server) => visit(server, '/echo', { method: 'POST', body: LARGE })),
    survives: SERVER,
  },
  'serve what it reads while it reads': {
    run: (system) =>
      serving(system, (server) => visit(server, '/through', { method: 'POST', body: pieces(3) })),
    survives: SERVER,
  },
  'serve a stream': {
    run: (system) => serving(system, (server) => visit(server, '/stream')),
    survives: SERVER,
  },
  'serve events': {
    run: (system) => serving(system, (server) => visit(server, '/events')),
    survives: SERVER,
  },
  'serve what the platform made': {
    run: (system) => serving(system, (server) => visit(server, '/platform')),
    survives: SERVER,
  },
  'serve after a handler that throws': {
    run: (system) => serving(system, (server) => visit(server, '/throws')),
    survives: SERVER,
  },
  'serve a body that waits to be wanted': {
    run: (system) =>
      serving(system, (server) =>
        visit(server, '/echo', {
          method: 'PUT',
          body: 'x',
          headers: { Expect: '100-continue' },
        }),
      ),
    survives: SERVER,
  },
  'serve five at once': {
    run: (system) =>
      serving(system, (server) => Promise.all(Array.from({ length: 5 }, () => visit(server)))),
    survives: SERVER,
  },
  'serve pipelined requests': {
    run: (system) => serving(system, (server) => pipelined(server, GET.repeat(3))),
    survives: SERVER,
  },
  'serve what is no request': {
    run: async (system) => {
      // What is counted here is the stranger's mistake, whatever else fails.
      await serving(system, (server) => pipelined(server, 'what?\r\n')).catch((error: unknown) => {
        if (codeOf(error) !== 'ERR_PROTOCOL') throw error
      })
    },
    survives: SERVER,
  },
  'serve another protocol': {
    run: (system) =>
      serving(system, (server) =>
        pipelined(
          server,
          'GET /switch HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n',
        ),
      ),
    survives: SERVER,
  },
}

const both: Record<string, Scenario> = {
  'a request and its server': {
    run: async (system) => {
      const server = await serve(handler, { ...quiet, listen: { system } })
      try {
        await ask(system, at('/echo', server), 'both', { method: 'POST', body: 'both' })
      } finally {
        await expectServed(server)
        await server.shutdown({ grace: 1_000 })
      }
    },
    survives: SERVER,
    seenFromAfar: true,
  },
  'a pool and its server': {
    run: async (system) => {
      const server = await serve(handler, {
        ...quiet,
        listen: { system },
      })
      try {
        await withPool({ system }, async (pool) => {
          for (const path of ['/', '/stream']) await (await pool.request(at(path, server))).text()
        })
      } finally {
        await expectServed(server)
        await server.shutdown({ grace: 1_000 })
      }
    },
    survives: SERVER,
    seenFromAfar: true,
  },
  'a gateway': {
    run: async (system) => {
      await withPool({ system }, async (pool) => {
        let told: unknown
        const gateway = await serve(
          (async ({ url }) => {
            const { pathname } = new URL(url)
            return new Response((await pool.request(at(pathname))).body)
          }) as Handler,
          { listen: { system }, onError: (error) => (told = error) },
        )
        try {
          await visit(gateway, '/stream')
          await expectServed(gateway)
        } finally {
          await gateway.shutdown({ grace: 1_000 })
        }
        if (told !== undefined) throw told
      })
    },
    survives: SERVER,
    seenFromAfar: true,
  },
}

describe.skipIf(!isNode)('the n-th call of the machine fails, for', () => {
  test.each(Object.entries({ ...clients, ...servers, ...both }))('%s', async (_name, scenario) => {
    const failed = await everyFault((nth, round) => runOf(scenario, nth, round), 100)
    tried += failed.length
    for (const kind of failed) kinds.add(kind)
  })
})

/** Runs a scenario with one fault in it, and looks at all that is left afterwards. */
async function runOf(scenario: Scenario, nth: number, round: number): Promise<FaultySystem> {
  const system = faultySystem(nth, round, scenario.parts)
  let settled = 0
  let failure: unknown
  const work = scenario.run(system).finally(() => settled++)
  const late = new Error('neither succeeds nor fails')
  let timer: NodeJS.Timeout | undefined
  try {
    await Promise.race([
      work,
      new Promise((_, reject) => {
        timer = setTimeout(reject, 3_000, late)
      }),
    ])
  } catch (error) {
    failure = error
  }
  clearTimeout(timer)
  const { fault } = system
  const what = `${fault?.kind} (call ${nth}) ${fault?.code}`
  if (fault === undefined) expect(failure, 'nothing fails').toBeUndefined()
  else if (failure === undefined)
    expect([...CLIENT, ...(scenario.survives ?? [])], `${what}: it is told`).toContain(fault.kind)
  else expectTold(failure, [fault.code, ...(scenario.seenFromAfar ? AFAR : [])], what)
  await until(
    () => handles.isClean && system.timers === 0,
    () => `${what}: left ${handles}, ${system.timers} timers`,
  )
  expect(settled, `${what}: settles once`).toBe(1)
  expect(strays, `${what}: nothing unheard`).toBe(0)
  return system
}

/** One sentence, with the code that the machine gave; where several addresses failed, one of them has it. */
function expectTold(failure: unknown, allowed: readonly string[], what: string): void {
  const told = failure as Error & { errors?: readonly Error[] }
  const several = told.errors ?? []
  const codes = several.length > 1 ? several.map(codeOf) : [codeOf(told)]
  const isTold = codes.some((code) => code !== undefined && allowed.includes(code))
  expect(isTold, `${what}: ${told.stack}`).toBe(true)
  if (isNetError(told)) expect(told.message, what).toMatch(SENTENCE)
}

const SENTENCE = /^\w+( \S+)?: [^\n]+ \(\w+, phase \w+(, \d+ ms)?\)$/

async function until(holds: () => boolean, or: () => string): Promise<void> {
  for (let i = 0; i < 600 && !holds(); i++)
    await new Promise((resolve) => (i < 20 ? setImmediate(resolve) : setTimeout(resolve, 1)))
  if (!holds()) throw new Error(or())
}

function portOf({ address }: Server): number {
  return (address as { port: number }).port
}

// The network.

const HEAD = `X-Padding: ${'p'.repeat(400)}\r\n`
const BODY = 'b'.repeat(500)
/** A request and its answer, each about a kilobyte. */
const REQUEST = `POST /echo HTTP/1.1\r\nHost: h\r\n${HEAD}Content-Length: ${BODY.length}\r\n\r\n${BODY}`
const ANSWER = `HTTP/1.1 200 OK\r\n${HEAD}Content-Length: ${BODY.length}\r\n\r\n${BODY}`
const CHUNKED = `HTTP/1.1 200 OK\r\n${HEAD}Transfer-Encoding: chunked\r\n\r\n1f4\r\n${BODY}\r\n0\r\n\r\n`
type Break = (stream: Connection) => unknown
/** Reset at each byte; in good order, which is dealt with by the same lines, at every seventh. */
const BREAKS: [how: string, end: Break, step: number][] = [
  ['reset', (stream) => stream.destroy(), 1],
  ['closed', (stream) => stream.close(), 7],
]

/** Whether an error of an exchange says of it what it must. */
function expectLost(error: unknown, at: number): void {
  expect(isNetError(error), `byte ${at}: ${error}`).toBe(true)
  const { code, message } = error as { code: string; message: string }
  expect([...AFAR, 'ERR_PROTOCOL'], `byte ${at}: ${message}`).toContain(code)
  expect(message).toMatch(/^POST http:\/\/h\/echo: /)
  expect(message).toMatch(SENTENCE)
}

describe('a connection that breaks off at each byte of an exchange', () => {
  let broken = 0
  afterAll(() => console.info(`connections broken off: ${broken}`))

  test.each([
    ['reset', 'a length', ANSWER],
    ['reset', 'chunks', CHUNKED],
    ['closed', 'a length', ANSWER],
    ['closed', 'chunks', CHUNKED],
  ])('is told to a client: %s, in an answer with %s', async (name, _, answer) => {
    const [, end, step] = BREAKS.find(([one]) => one === name) as (typeof BREAKS)[number]
    for (let at = answer.length % step; at <= answer.length; at += step) {
      const [near, far] = memoryPair()
      const client = new ClientConnection(near, { host: 'h' })
      let settled = 0
      const asked = client
        .request('/echo', { method: 'POST', body: BODY })
        .then((response) => response.text())
        .finally(() => settled++)
      asked.catch(() => {})
      await far.recv()
      if (at > 0) await far.sendAll(answer.slice(0, at))
      // What was sent arrives first.
      await new Promise((resolve) => setImmediate(resolve))
      await end(far)
      const outcome = await asked.catch((error: unknown) => error)
      if (at === answer.length) expect(outcome).toBe(BODY)
      else expectLost(outcome, at)
      expect(settled).toBe(1)
      expect(client.isReusable).toBe(false)
      await client.close()
      broken++
    }
  })

  test.each(BREAKS)('is told to a client while it sends: %s', async (_, end, step) => {
    for (let at = 1; at <= REQUEST.length; at += step) {
      const [near, far] = memoryPair({ capacity: 1_024 })
      const client = new ClientConnection(near, { host: 'h' })
      const asked = client.request('/echo', { method: 'POST', headers: {}, body: BODY.repeat(8) })
      const outcome = asked.catch((error: unknown) => error)
      await far.recvExactly(at)
      await end(far)
      expectLost(await outcome, at)
      await client.close()
      broken++
    }
  })

  test.each(BREAKS)(
    'costs a server that connection alone, while it reads: %s',
    async (_, end, step) => {
      const server = new Server(handler, quiet)
      for (let at = 0; at < REQUEST.length; at += step) {
        const [near, far] = memoryPair()
        server.handle(far)
        if (at > 0) await near.sendAll(REQUEST.slice(0, at))
        await new Promise((resolve) => setImmediate(resolve))
        await end(near)
        await far.closed
        near.destroy()
        broken++
      }
      await expectSound(server)
    },
  )

  test.each(BREAKS)(
    'costs a server that connection alone, while it answers: %s',
    async (_, end, step) => {
      const server = new Server(handler, quiet)
      for (let at = 1; at < 1_024; at += step) {
        const [near, far] = memoryPair({ capacity: 64 })
        server.handle(far)
        await near.sendAll(REQUEST.replaceAll(BODY, BODY.repeat(2)).replace('h: 500', 'h: 1000'))
        await near.recvExactly(at)
        await end(near)
        await far.closed
        near.destroy()
        broken++
      }
      await expectSound(server)
    },
  )
})

/** Nothing is left in a server, nothing was its own mistake, and it answers. */
async function expectSound(server: Server): Promise<void> {
  await until(
    () => server.stats().connections === 0,
    () => `left ${JSON.stringify(server.stats())}`,
  )
  const { inFlight, errors } = server.stats()
  expect(inFlight).toBe(0)
  for (const code of Object.keys(errors))
    expect([...AFAR, 'ERR_CLOSED', 'ERR_PROTOCOL']).toContain(code)
  const [near, far] = memoryPair()
  server.handle(far)
  const client = new ClientConnection(near, { host: 'h' })
  expect(await (await client.request('/')).text()).toBe('hello')
  await client.close()
  await server.close()
  expect(strays).toBe(0)
}

describe('a network', () => {
  test('that takes and gives single bytes changes nothing', async () => {
    const server = new Server(handler, quiet)
    const [near, far] = memoryPair({ chunk: 1, capacity: 1 })
    server.handle(far)
    const client = new ClientConnection(near, { host: 'h' })
    const post = { method: 'POST', body: BODY }
    expect(await (await client.request('/echo', post)).text()).toBe(BODY)
    expect(await (await client.request('/through', { ...post, body: pieces(2) })).text()).toBe(
      'piece 0\npiece 1\n',
    )
    expect(await (await client.request('/stream')).text()).toBe('piece 0\npiece 1\npiece 2\n')
    await client.close()
    await expectSound(server)
  })

  test('whose client takes nothing holds up its own answer, and nobody else', async () => {
    let made = 0
    const server = await serve(
      (async (incoming) => {
        if (!incoming.url.endsWith('/endless')) return new Response('hello')
        return new Response(
          (async function* () {
            for (;;) {
              made++
              yield new Uint8Array(65_536)
            }
          })(),
        )
      }) as Handler,
      quiet,
    )
    const client = await connect(server.address)
    try {
      await client.sendAll('GET /endless HTTP/1.1\r\nHost: h\r\n\r\n')
      // Until the buffers of both systems are full, and nothing more is asked of the answer.
      let last = -1
      for (let same = 0; same < 200; ) {
        same = made === last ? same + 1 : 0
        last = made
        await new Promise((resolve) => setTimeout(resolve, 1))
      }
      expect(made).toBeLessThan(512)
      expect(await visit(server)).toBe('hello')
      expect(made).toBe(last)
      await server.shutdown({ grace: 10 })
      expect(server.stats()).toMatchObject({ connections: 0, inFlight: 0 })
    } finally {
      client.destroy()
      await server.close()
    }
  })

  test('whose server takes nothing is told to a client in its time', async () => {
    const [near] = memoryPair({ capacity: 1_024 })
    const client = new ClientConnection(near, { host: 'h' })
    const asked = client.request('/', {
      method: 'POST',
      body: LARGE,
      timeout: { headers: 30 },
    })
    await expect(asked).rejects.toMatchObject({ code: 'ERR_TIMEOUT', phase: 'headers' })
    expect(strays).toBe(0)
  })

  test.skipIf(!isNode)('without descriptors, for a while, is waited for', async () => {
    let refused = 0
    const system = faultySystem(Number.POSITIVE_INFINITY, 0)
    const { createServer } = system
    const poor: System = {
      ...system,
      createServer(options) {
        const made = createServer(options)
        made.prependListener('connection', () => {
          if (refused++ < 5)
            made.emit('error', Object.assign(new Error('EMFILE'), { code: 'EMFILE' }))
        })
        return made
      },
    }
    const server = await serve(handler, { ...quiet, listen: { system: poor } })
    try {
      for (let i = 0; i < 10; i++) expect(await visit(server)).toBe('hello')
      expect(server.stats().errors).toEqual({ EMFILE: 5 })
      const hopeless: System = {
        ...system,
        connect: () => {
          throw Object.assign(new Error('EMFILE'), { code: 'EMFILE' })
        },
      }
      for (let i = 0; i < 3; i++)
        await expect(request(at('/', server), { system: hopeless })).rejects.toMatchObject({
          code: 'EMFILE',
          phase: 'connect',
        })
      await withPool({ system: hopeless, limits: { connections: 1 } }, async (pool) => {
        const asked = Array.from({ length: 3 }, () => pool.request(at('/', server)))
        for (const one of await Promise.allSettled(asked))
          expect(one).toMatchObject({ status: 'rejected', reason: { code: 'EMFILE' } })
        expect(pool.stats).toMatchObject({ connections: 0, waiting: 0 })
      })
    } finally {
      await server.close()
    }
  })
})
