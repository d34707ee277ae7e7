/**
 * The machine fails: each call that a program makes of it in turn, with each code that fits, see `faulty.ts`. Whatever
 * fails, the caller is told once, in one sentence with that code, and nothing is left open, running or unheard.
 */
import net from 'node:net'
import { type Connection, connect, listen, type System, socket, text, udp } from '@sluice/socket'
import {
  CachingResolver,
  DnsResolver,
  getaddrinfo,
  getnameinfo,
  SystemResolver,
} from '@sluice/socket/dns'
import { codeOf, isNetError } from '@sluice/socket/errors'
import { relay, type Server, serve } from '@sluice/socket/server'
import { startTls } from '@sluice/socket/tls'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { LOCAL_NAMES, makeAuthority, makeCertificate } from './certificates.ts'
import { CODES, everyFault, type FaultySystem, faultySystem, Handles, type Kind } from './faulty.ts'
import { inetOf } from './kit.ts'

const isDeno = 'Deno' in globalThis
const ca = makeAuthority()
const made = makeCertificate({ name: 'server', issuer: ca, names: LOCAL_NAMES })
const keyPair = { cert: made.cert, key: made.key }
const own = makeCertificate({ name: 'client', issuer: ca })
const trust = { ca: ca.cert }

/** Strangers that answer, on the machine as it is. */
let echo: Server
let echoTls: Server
let echoMutual: Server
let socks: Server
const peers: Server[] = []

const echoing = async (connection: Connection): Promise<void> => {
  for await (const bytes of connection) await connection.sendAll(bytes)
}
const quiet = { onError: () => {} }

beforeAll(async () => {
  process.on('unhandledRejection', onStray).on('uncaughtException', onStray)
  echo = await serve(echoing, quiet)
  echoTls = await serve(echoing, { ...quiet, listen: { tls: keyPair } })
  const mutual = { ...keyPair, ...trust, clientCertificate: 'require' as const }
  echoMutual = await serve(echoing, { ...quiet, listen: { tls: mutual } })
  socks = await serve(async (client) => {
    await client.recvExactly(3)
    await client.sendAll(Uint8Array.of(5, 0))
    const [, , , , ...address] = (await client.recvExactly(8)) ?? []
    const [high = 0, low = 0] = (await client.recvExactly(2)) ?? []
    const upstream = await connect({ hostname: address.join('.'), port: high * 256 + low })
    await client.sendAll(Uint8Array.of(5, 0, 0, 1, 0, 0, 0, 0, 0, 0))
    const gone = (): void => upstream.destroy()
    await Promise.allSettled([pipe(client, upstream).catch(gone), pipe(upstream, client)])
    await upstream.close()
  }, quiet)
  peers.push(echo, echoTls, echoMutual, socks)
  handles = new Handles()
})

/** What the four of them keep open. */
let handles: Handles
let strays = 0
const onStray = (): void => void strays++
let tried = 0
const kinds = new Set<Kind>()

afterAll(async () => {
  process.off('unhandledRejection', onStray).off('uncaughtException', onStray)
  await Promise.all(peers.map((peer) => peer.close()))
  console.info(`faults tried: ${tried}, of ${kinds.size} kinds`)
  expect(tried).toBeGreaterThan(400)
  expect(Object.keys(CODES).filter((kind) => !kinds.has(kind as Kind))).toEqual([])
})

async function pipe(from: Connection, to: Connection): Promise<void> {
  for await (const bytes of from) await to.sendAll(bytes)
  await to.shutdown('write')
}

/** Says something, hears it again, and goes. */
async function converse(connection: Connection): Promise<void> {
  try {
    await connection.sendAll('ping')
    expect(text(await connection.recvExactly(4))).toBe('ping')
    await connection.close()
  } finally {
    connection.destroy()
  }
}

/** A client on the machine as it is, which comes again when its server has failed. */
async function visit(
  target: Parameters<typeof connect>[0],
  options: Parameters<typeof connect>[1] = {},
): Promise<void> {
  for (let times = 0; times < 3; times++)
    try {
      await converse(await connect(target, options))
      return
    } catch {
      // Who serves is told, and not who visits.
    }
}

/** Serves one visitor: what the handler or `accept` met is thrown. */
async function receive(
  system: System,
  options: Parameters<typeof listen>[1],
  come: (target: net.AddressInfo & { hostname: string }) => Promise<unknown>,
): Promise<void> {
  const listener = await listen('127.0.0.1:0', { ...options, system })
  const coming = come(inetOf(listener.address) as never)
  try {
    const connection = await listener.accept({ timeout: 1_000 })
    try {
      const got = await connection.recvExactly(4)
      await connection.sendAll(got ?? 'none')
      await connection.close()
      expect(text(got)).toBe('ping')
    } finally {
      connection.destroy()
    }
  } finally {
    await listener.close()
    await coming
  }
}

interface Scenario {
  run(system: FaultySystem): Promise<unknown>
  /** What may fail without the caller minding; else whatever fails is told. */
  survives?: readonly Kind[]
  parts?: Partial<System>
}

/** What `close()` does not tell: that our goodbye was not heard. */
const GOODBYE: readonly Kind[] = ['breaks after a write', 'breaks once connected', 'shutdown fails']
/** No descriptors for a moment: whoever waits is told, and where nobody does accepting goes on. */
const ACCEPTING: readonly Kind[] = [...GOODBYE, 'accept fails']
/** A newcomer that fails before it is accepted is counted, and costs nobody anything. */
const NEWCOMER: readonly Kind[] = [...ACCEPTING, 'acceptTls throws', 'acceptTls fails']

const families = async (_: string, family: 0 | 4 | 6) =>
  [
    { address: '::1', family: 6 as const },
    { address: '127.0.0.1', family: 4 as const },
  ].filter((one) => family === 0 || one.family === family)

const scenarios: Record<string, Scenario> = {
  'connect to an address': {
    run: async (system) => converse(await connect(echo.address, { system })),
    survives: GOODBYE,
  },
  'connect to a name with two families': {
    run: async (system) =>
      converse(
        await connect({ hostname: 'two.test', port: inetOf(echo.address).port }, { system }),
      ),
    parts: { lookup: families },
    // The other address answers.
    survives: [...GOODBYE, 'connect throws', 'connect fails'],
  },
  'ask for each family, and sort': {
    run: async (system) =>
      converse(
        await connect(
          { hostname: 'two.test', port: inetOf(echo.address).port },
          { system, resolver: new DnsResolver({}, system) },
        ),
      ),
    parts: {
      createResolver: () =>
        ({
          cancel: () => {},
          resolve6: async () => [{ address: '::1', ttl: 1 }],
          resolve4: async () => [{ address: '127.0.0.1', ttl: 1 }],
        }) as never,
    },
    survives: [
      ...GOODBYE,
      'connect throws',
      'connect fails',
      'resolve4 fails',
      'resolve6 fails',
      'createResolver throws',
    ],
  },
  'a race with a loser': {
    run: async (system) =>
      converse(
        await connect(
          { hostname: 'slow.test', port: inetOf(echo.address).port },
          { system, attemptDelay: 10, timeout: { connect: 50 } },
        ),
      ),
    parts: {
      lookup: async () => [
        { address: '127.0.0.99', family: 4 },
        { address: '127.0.0.1', family: 4 },
      ],
      connect: (options) =>
        'host' in options && options.host === '127.0.0.99'
          ? new net.Socket()
          : net.connect(options),
    },
    survives: [...GOODBYE, 'connect throws', 'connect fails'],
  },
  'connect in TLS': {
    run: async (system) => converse(await connect(echoTls.address, { system, tls: trust })),
    survives: GOODBYE,
  },
  'connect in TLS, with a certificate': {
    run: async (system) =>
      converse(
        await connect(echoMutual.address, {
          system,
          tls: { ...trust, cert: own.cert, key: own.key },
        }),
      ),
    survives: GOODBYE,
  },
  'through SOCKS 5': {
    run: async (system) =>
      converse(
        await connect(echo.address, {
          system,
          proxy: `socks5://127.0.0.1:${inetOf(socks.address).port}`,
        }),
      ),
    survives: GOODBYE,
  },
  'through a chain': {
    run: async (system) => {
      const hop = `socks5://127.0.0.1:${inetOf(socks.address).port}`
      await converse(
        await connect(
          { hostname: 'localhost', port: inetOf(echo.address).port },
          { system, proxy: [hop, hop], family: 4 },
        ),
      )
    },
    survives: GOODBYE,
  },
  'with a PROXY header first': {
    run: async (system) => {
      const listener = await listen('127.0.0.1:0', { proxyProtocol: { from: ['127.0.0.1'] } })
      const serving = listener
        .accept({ timeout: 1_000 })
        .then((connection) => echoing(connection).finally(() => connection.close()))
        .catch(() => {})
      try {
        await converse(await connect(listener.address, { system, proxyProtocol: 2 }))
      } finally {
        await listener.close()
        await serving
      }
    },
    survives: GOODBYE,
  },
  listen: {
    run: async (system) => (await listen('127.0.0.1:0', { system })).close(),
  },
  'listen and accept': {
    run: (system) => receive(system, {}, visit),
    survives: ACCEPTING,
  },
  'accept in TLS': {
    run: (system) => receive(system, { tls: keyPair }, (at) => visit(at, { tls: trust })),
    survives: NEWCOMER,
  },
  'accept with a PROXY header': {
    run: (system) =>
      receive(system, { proxyProtocol: { from: ['127.0.0.1'] } }, (at) =>
        visit(at, { proxyProtocol: 1 }),
      ),
    survives: NEWCOMER,
  },
  'serve an echo': {
    run: async (system) => {
      let told: unknown
      const server = await serve(echoing, {
        listen: { system },
        onError: (error) => (told = error),
      })
      await visit(server.address)
      await server.shutdown()
      const [counted] = Object.keys(server.stats().errors)
      if (told !== undefined || counted !== undefined) throw told ?? codeError(counted as string)
    },
    survives: ACCEPTING,
  },
  relay: {
    run: async (system) => {
      let told: unknown
      const server = await relay('127.0.0.1:0', echo.address, {
        connect: { system },
        serve: { listen: { system }, onError: (error) => (told = error) },
      })
      await visit(server.address)
      await server.shutdown()
      const [counted] = Object.keys(server.stats().errors)
      if (told !== undefined || counted !== undefined) throw told ?? codeError(counted as string)
    },
    survives: ACCEPTING,
  },
  'open a datagram socket': {
    run: async (system) => (await udp('127.0.0.1:0', { system })).close(),
  },
  'send a datagram to a name': {
    run: async (system) => {
      await using there = await udp('127.0.0.1:0')
      const here = await udp('127.0.0.1:0', { system })
      try {
        await here.send('ping', { hostname: 'localhost', port: inetOf(there.address).port })
        expect(text((await there.recv({ timeout: 1_000 })).data)).toBe('ping')
        // An answer of the network to what was sent is told to whoever calls next.
        await here.send('ping', there.address)
      } finally {
        await here.close()
      }
    },
    survives: ['a datagram comes back'],
  },
  'a connected datagram socket': {
    run: async (system) => {
      await using there = await udp('127.0.0.1:0')
      const here = await udp('127.0.0.1:0', { system })
      try {
        await here.connect(there.address)
        await here.send('ping')
        await there.send('pong', here.address)
        expect(text((await here.recv({ timeout: 1_000 })).data)).toBe('pong')
      } finally {
        await here.close()
      }
    },
    survives: ['a datagram comes back'],
  },
  'join a group': {
    run: async (system) => {
      const here = await udp('0.0.0.0:0', { system })
      try {
        here.setMulticastInterface('127.0.0.1')
        here.setBroadcast(true)
        here.joinGroup('239.255.7.9', { interface: '127.0.0.1' })
        here.joinGroup('239.255.7.9', { interface: '127.0.0.1', source: '127.0.0.2' })
      } finally {
        await here.close()
      }
    },
  },
  'startTls as a client': {
    run: async (system) => {
      const plain = await connect(echoTls.address, { system })
      try {
        await converse(await startTls(plain, { ...trust, serverName: 'localhost', system }))
      } finally {
        // With options that make no sense it is as it was.
        plain.destroy()
      }
    },
    survives: GOODBYE,
  },
  'startTls as a server': {
    run: async (system) => {
      const listener = await listen('127.0.0.1:0', { system })
      const coming = visit(listener.address, { tls: trust })
      try {
        const plain = await listener.accept({ timeout: 1_000 })
        const secure = await startTls(plain, { ...keyPair, side: 'server', system }).finally(() =>
          plain.destroy(),
        )
        try {
          await secure.sendAll((await secure.recvExactly(4)) ?? 'none')
          await secure.close()
        } finally {
          secure.destroy()
        }
      } finally {
        await listener.close()
        await coming
      }
    },
    survives: ACCEPTING,
  },
  'a caching resolver': {
    run: async (system) => {
      const resolver = new CachingResolver({ resolver: new SystemResolver(system) })
      const to = { hostname: 'localhost', port: inetOf(echo.address).port }
      await converse(await connect(to, { system, resolver, family: 4 }))
      await converse(await connect(to, { system, resolver, family: 4 }))
      expect(resolver.stats).toMatchObject({ hits: 1, misses: 1 })
    },
    survives: GOODBYE,
  },
  'names and addresses': {
    run: async (system) => {
      expect(await getaddrinfo('localhost', 80, { system })).not.toEqual([])
      // NI_NAMEREQD: else a missing name is no failure.
      await getnameinfo({ hostname: '127.0.0.1', port: 80 }, 8, { system })
    },
  },
  'send a megabyte': {
    run: async (system) => {
      const connection = await connect(echo.address, { system })
      const bytes = new Uint8Array(1 << 20).fill(7)
      try {
        const [back] = await Promise.all([
          connection.recvExactly(bytes.length),
          connection.sendAll(bytes),
        ])
        expect(back?.length).toBe(bytes.length)
        await connection.close()
      } finally {
        connection.destroy()
      }
    },
    survives: GOODBYE,
  },
  'web streams': {
    run: async (system) => {
      const connection = await connect(echo.address, { system })
      try {
        const { readable, writable } = connection.toWeb()
        const parts: Uint8Array[] = []
        const writer = writable.getWriter()
        await Promise.all([
          writer.write('ping').then(() => writer.close()),
          readable.pipeTo(new WritableStream({ write: (part) => void parts.push(part) })),
        ])
        expect(parts.map(text).join('')).toBe('ping')
      } finally {
        connection.destroy()
      }
    },
    survives: GOODBYE,
  },
  'hand over to Node': {
    run: async (system) => {
      const stream = (await connect(echo.address, { system, sharedBuffer: false })).detach()
      await heard(stream)
    },
    survives: GOODBYE,
  },
  'hand over to Node a view': {
    run: async (system) => heard((await connect(echo.address, { system })).detach()),
    survives: GOODBYE,
  },
  'the verbs of BSD': {
    run: async (system) => {
      const door = socket(undefined, undefined, 0, { system })
      let coming: Promise<unknown> | undefined
      try {
        await door.bind(['127.0.0.1', 0])
        await door.listen()
        const [hostname, port] = door.getsockname() as [string, number]
        coming = visit({ hostname, port })
        const [client] = await door.accept({ timeout: 1_000 })
        try {
          await client.sendAll((await client.recvExactly(4)) ?? 'none')
        } finally {
          await client.close()
        }
      } finally {
        await door.close()
        await coming
      }
    },
    survives: ACCEPTING,
  },
}

/** A Node stream that says something, and hears it. */
async function heard(stream: import('node:stream').Duplex): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      stream.on('error', reject).on('close', () => reject(new Error('closed')))
      stream.on('data', (bytes) => {
        expect(String(bytes)).toBe('ping')
        stream.end(resolve)
      })
      stream.write('ping')
    })
  } finally {
    stream.destroy()
  }
}

function codeError(code: string): Error {
  return Object.assign(new Error(code), { code })
}

describe('the n-th call of the machine fails', () => {
  test.each(Object.entries(scenarios))('%s', async (_name, scenario) => {
    const failed = await everyFault((nth, round) => runOf(scenario, nth, round), 60)
    tried += failed.length
    for (const kind of failed) kinds.add(kind)
  })
})

/** Runs a scenario with one fault in it, and looks at all that is left afterwards. */
async function runOf(scenario: Scenario, nth: number, round: number): Promise<FaultySystem> {
  const system = faultySystem(nth, round, scenario.parts)
  let settled = 0
  let failure: unknown
  const work = scenario.run(system)
  work.then(
    () => void settled++,
    () => void settled++,
  )
  const late = new Error('neither succeeds nor fails')
  let timer: NodeJS.Timeout | undefined
  try {
    await Promise.race([
      work,
      new Promise((_, reject) => {
        timer = setTimeout(reject, 8_000, late)
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
    expect(scenario.survives ?? [], `${what}: it is told`).toContain(fault.kind)
  else expectTold(failure, fault.code, what)
  await until(
    () => handles.isClean && system.timers === 0,
    () => `${what}: left ${handles}, ${system.timers} timers`,
  )
  expect(settled, `${what}: settles once`).toBe(1)
  expect(strays, `${what}: nothing unheard`).toBe(0)
  return system
}

/** One sentence, with the code that the machine gave; where several addresses failed, one of them has it. */
function expectTold(failure: unknown, code: string, what: string): void {
  const told = failure as Error & { errors?: readonly Error[] }
  const several = told.errors ?? []
  const codes = several.length > 1 ? several.map(codeOf) : [codeOf(told)]
  // Deno's TLS tells a write that it was cancelled, and not by what.
  if (isDeno && codes.includes('ECANCELED')) return
  expect(codes, `${what}: ${told.stack}`).toContain(code)
  // Counted by a server, or an error of a machine that has no words of ours around it: a resolver's, a Node stream's.
  if (!isNetError(told)) return
  expect(told.message, what).toMatch(SENTENCE)
  for (const one of several) expect(one.message, what).toMatch(SENTENCE)
  const chain = new Set<unknown>([told])
  for (const one of chain) {
    const { cause, errors = [] } = one as { cause?: unknown; errors?: unknown[] }
    for (const next of [cause, ...errors]) if (next !== undefined) chain.add(next)
  }
  const kept = [...chain].some((one) => (one as Error).message.endsWith(`: ${code}`))
  expect(kept, `${what}: the cause is kept: ${told.stack}`).toBe(true)
}

const SENTENCE = /^\w+( \S+)?: [^\n]+ \(\w+, phase \w+(, \d+ ms)?\)$/

async function until(holds: () => boolean, or: () => string): Promise<void> {
  // As soon as may be, and as late as a busy machine needs.
  const end = performance.now() + 8_000
  for (let i = 0; !holds(); i++) {
    if (performance.now() > end) throw new Error(or())
    await new Promise((resolve) => (i < 20 ? setImmediate(resolve) : setTimeout(resolve, 1)))
  }
}
