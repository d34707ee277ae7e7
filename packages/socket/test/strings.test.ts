/**
 * Every text that can reach a wire or the kernel, with what text should not have in it: line breaks, a NUL, half a
 * character, 64 KiB, and the name that JavaScript's objects have for their prototype. Each is refused in one sentence,
 * on one line, before anything is asked of the machine, or it is carried as it is, where that is legal.
 */
import {
  type Connection,
  type ConnectOptions,
  connect,
  listen,
  socket,
  text,
  udp,
} from '@sluice/socket'
import { indexOf, toBytes } from '@sluice/socket/bytes'
import {
  CachingResolver,
  DnsResolver,
  getaddrinfo,
  getfqdn,
  gethostbyaddr,
  gethostbyname,
  getnameinfo,
  protocolByName,
  SystemResolver,
  serviceByName,
} from '@sluice/socket/dns'
import { isNetError } from '@sluice/socket/errors'
import {
  inetAton,
  inetPton,
  isIPv4,
  isIPv6,
  NetworkList,
  networkContains,
  parseNetwork,
} from '@sluice/socket/ip'
import {
  type Credentials,
  type Dialogue,
  formatProxyHeader,
  socks4,
  socks5,
  socksHop,
} from '@sluice/socket/proxy'
import { relay, serve } from '@sluice/socket/server'
import { memoryPair } from '@sluice/socket/testing'
import { openTlsContext, parseCertificate, startTls } from '@sluice/socket/tls'
import { watch } from '@sluice/socket/trace'
import { afterAll, describe, expect, test } from 'vitest'
import { linkOf, parseCommandLine } from '../src/core/command-line.ts'
import { LOCAL_NAMES, makeAuthority, makeCertificate } from './certificates.ts'
import { type CountingSystem, countingSystem, outcomeOf, REFUSAL } from './kit.ts'

const TEXTS = {
  CR: 'a\rb',
  LF: 'a\nb',
  NUL: 'a\0b',
  'a lone surrogate': 'a\ud800b',
  '64 KiB': 'x'.repeat(65_536),
  ['__proto__']: '__proto__',
} as const
type Label = keyof typeof TEXTS
const LABELS = Object.keys(TEXTS) as Label[]

/** What may not stand in a message: it is written to logs and terminals. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are looked for.
const RAW = /[\0-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]|\p{Surrogate}/u
const LONGEST_MESSAGE = 1_200
/** Sentences of an engine that tripped. */
const TRIPPED =
  /Cannot (read|destructure|convert|access)|is not (a function|iterable|defined)|reading '/

const isBun = 'Bun' in globalThis
const isDeno = 'Deno' in globalThis
const ca = makeAuthority()
const keyPair = (() => {
  const { cert, key } = makeCertificate({ name: 'server', issuer: ca, names: LOCAL_NAMES })
  return { cert, key }
})()

/** An entry that takes text: how it is called, and for which texts it is right that they are carried. */
type Entry = [
  name: string,
  call: (text: string, system: CountingSystem) => unknown,
  legal?: readonly Label[],
]

let tried = 0
afterAll(() => {
  // Printed and held to, so that a table that shrinks is noticed.
  console.info(`strings tried: ${tried}`)
  expect(tried).toBeGreaterThan(450)
})

/** @param carried says whether what came out of the call, or went into the seam, is the text unharmed */
function check(entries: readonly Entry[]) {
  const rows = entries.flatMap((entry) => LABELS.map((label) => [entry[0], label, entry] as const))
  test.each(rows)('%s with %s', async (_name, label, [, call, legal = []]) => {
    tried++
    const system = countingSystem()
    const given = TEXTS[label]
    const outcome = await outcomeOf(() => call(given, system))
    for (const { close } of system.opened.splice(0)) close()
    if (legal.includes(label)) {
      const seen = [outcome.value, ...system.calls.flatMap(({ args }) => args), ...system.contexts]
      expect(holds(seen, given)).toBe(true)
      if (outcome.error !== undefined && outcome.error !== REFUSAL) expectSentence(outcome.error)
      return
    }
    expect(outcome.error, 'it is refused').toBeInstanceOf(Error)
    expectSentence(outcome.error as Error)
    expect(system.calls.map(({ name }) => name)).toEqual([])
  })
}

function expectSentence(error: Error): void {
  const known =
    error instanceof TypeError || error instanceof RangeError || error instanceof SyntaxError
  expect(known || isNetError(error) || error.name === 'UsageError', `${error}`).toBe(true)
  expect(error.message).not.toMatch(RAW)
  expect(error.message).not.toMatch(TRIPPED)
  expect(error.message.length).toBeLessThan(LONGEST_MESSAGE)
}

/** Whether the text is in there somewhere, whole. */
function holds(value: unknown, given: string): boolean {
  if (typeof value === 'string') return value.includes(given)
  if (value instanceof Uint8Array) return indexOf(value, toBytes(given)) !== -1
  if (typeof value !== 'object' || value === null) return false
  return Object.values(value).some((part) => holds(part, given))
}

const NAME: readonly Label[] = ['__proto__']
/** Bytes with a length before them, or a NUL behind. */
const CREDENTIAL: readonly Label[] = ['CR', 'LF', '__proto__']
const PROTOCOL: readonly Label[] = ['CR', 'LF', 'NUL', '__proto__']
/** Whatever is not text; OpenSSL takes up to 1 023 bytes, of a key that is encrypted. */
const PASS: readonly Label[] = ['CR', 'LF', 'NUL', '64 KiB', '__proto__']

/** An open pair whose one end the call gets; both are closed afterwards. */
function withPair<T>(system: CountingSystem, use: (connection: Connection) => T): T {
  const pair = memoryPair()
  for (const end of pair) system.opened.push({ close: () => end.destroy() })
  return use(pair[0])
}

describe('targets', () => {
  const targets = (t: string): [string, unknown][] => [
    ['host:port', `${t}:80`],
    ['tcp://', `tcp://${t}:80`],
    ['tls://', `tls://${t}:443`],
    ['[ ]', `[${t}]:80`],
    ['{ hostname }', { hostname: t, port: 80 }],
  ]
  const named = targets('').map(([form], i): Entry[] => [
    [`connect ${form}`, (t, system) => connect(targets(t)[i]?.[1] as never, { system }), NAME],
    [
      `listen ${form}`,
      (t, system) =>
        listen(targets(t)[i]?.[1] as never, {
          system,
          ...(form === 'tls://' ? { tls: keyPair } : {}),
        }),
      NAME,
    ],
    [
      `relay to ${form}`,
      (t, system) =>
        relay(targets(t)[i]?.[1] as never, '127.0.0.1:1', { serve: { listen: { system } } }),
      form === 'tls://' ? [] : NAME,
    ],
  ])
  check(named.flat())
  check([
    ['connect a bare text', (t, system) => connect(t, { system })],
    ['connect a scheme', (t, system) => connect(`${t}://h:80`, { system })],
    ['connect a port', (t, system) => connect(`127.0.0.1:${t}`, { system })],
    ['connect a zone', (t, system) => connect(`[fe80::1%${t}]:80`, { system }), NAME],
    ['connect unix:', (t, system) => connect(`unix:${t}`, { system }), ['CR', 'LF', '__proto__']],
    [
      'connect { path }',
      (t, system) => connect({ path: t }, { system }),
      ['CR', 'LF', '__proto__'],
    ],
    [
      'connect an abstract name',
      (t, system) => connect({ path: `\0${t}` }, { system }),
      ['CR', 'LF', '__proto__'],
    ],
    ['udp', (t, system) => udp(`${t}:80`, { system }), NAME],
    ['udp udp://', (t, system) => udp(`udp://${t}:80`, { system }), NAME],
    [
      'serve { hostname }',
      (t, system) => serve(() => {}, { hostname: t, listen: { system } }),
      NAME,
    ],
    ['serve { target }', (t, system) => serve(() => {}, { target: t, listen: { system } })],
    [
      'Socket.connect',
      (t, system) => socket(undefined, undefined, 0, { system }).connect([t, 80]),
      NAME,
    ],
    ['Socket.bind', (t, system) => socket(undefined, undefined, 0, { system }).bind([t, 80]), NAME],
  ])
})

describe('options of connect', () => {
  const to = (options: (t: string) => unknown) => (t: string, system: CountingSystem) =>
    reached(t, connect('name.test:80', { ...(options(t) as ConnectOptions), system }))
  check([
    ['localAddress', to((t) => ({ localAddress: t }))],
    ['an unknown option', to((t) => ({ [t]: 1 }))],
    ['an unknown timeout', to((t) => ({ timeout: { [t]: 1 } }))],
    ['an unknown limit', to((t) => ({ limits: { [t]: 1 } }))],
    ['PROXY source', to((t) => ({ proxyProtocol: { version: 1, source: end(t) } }))],
    ['PROXY destination', to((t) => ({ proxyProtocol: { version: 2, destination: end(t) } }))],
    ['PROXY version', to((t) => ({ proxyProtocol: t }))],
    ['an unknown option of TLS', to((t) => ({ tls: { [t]: 1 } }))],
    ['tls.serverName', to((t) => ({ tls: { serverName: t } })), NAME],
    ['tls.ciphers', to((t) => ({ tls: { ciphers: t } }))],
    ['tls.passphrase', to((t) => ({ tls: { passphrase: t, ...keyPair } })), PASS],
    ['tls.pins', to((t) => ({ tls: { pins: [t] } }))],
    ['tls.alpn', to((t) => ({ tls: { alpn: [t] } })), PROTOCOL],
    ['tls.minVersion', to((t) => ({ tls: { minVersion: t } }))],
    ['tls.maxVersion', to((t) => ({ tls: { maxVersion: t } }))],
    ['tls.ca', to((t) => ({ tls: { ca: t } }))],
    ['tls.cert', to((t) => ({ tls: { cert: t, key: keyPair.key } }))],
    ['tls.key', to((t) => ({ tls: { cert: keyPair.cert, key: t } }))],
  ])
})

describe('options of listen, serve and startTls', () => {
  const at = (tls: (t: string) => unknown) => (t: string, system: CountingSystem) =>
    reached(
      t,
      listen('127.0.0.1:0', { tls: { ...keyPair, ...(tls(t) as object) } as never, system }),
    )
  const serving = (options: (t: string) => object) => (t: string, system: CountingSystem) =>
    serve(() => {}, { listen: { system }, ...options(t) })
  const upgrading = (options: (t: string) => object) => (t: string, system: CountingSystem) =>
    withPair(system, (connection) => startTls(connection, { system, ...options(t) } as never))
  check([
    ['listen tls.clientCertificate', at((t) => ({ clientCertificate: t }))],
    ['listen tls.ciphers', at((t) => ({ ciphers: t }))],
    ['listen tls.alpn', at((t) => ({ alpn: [t] })), PROTOCOL],
    [
      'listen proxyProtocol',
      (t, system) => listen('127.0.0.1:0', { proxyProtocol: { from: [t] }, system }),
    ],
    ['listen an unknown option', (t, system) => listen('127.0.0.1:0', { [t]: 1, system })],
    ['serve allow', serving((t) => ({ allow: [t] }))],
    ['serve deny', serving((t) => ({ deny: [`${t}/8`] }))],
    ['serve an unknown option', serving((t) => ({ [t]: 1 }))],
    ['serve an unknown limit', serving((t) => ({ limits: { [t]: 1 } }))],
    ['serve an unknown timeout', serving((t) => ({ timeout: { [t]: 1 } }))],
    ['relay to', (t, system) => relay('127.0.0.1:0', t, { serve: { listen: { system } } })],
    ['startTls serverName', upgrading((t) => ({ serverName: t })), NAME],
    ['startTls side', upgrading((t) => ({ side: t }))],
    ['startTls alpn', upgrading((t) => ({ verify: false, alpn: [t] })), PROTOCOL],
  ])
  check([
    ['openTlsContext passphrase', (t) => openTlsContext({ ...keyPair, passphrase: t }) && t, PASS],
    ['openTlsContext ciphers', (t) => openTlsContext({ ciphers: t })],
    ['openTlsContext ca', (t) => openTlsContext({ ca: t })],
    ['reload passphrase', (t) => [openTlsContext(keyPair).reload({ passphrase: t }), t], PASS],
    ['reload an unknown option', (t) => openTlsContext(keyPair).reload({ [t]: 1 } as never)],
    ['parseCertificate', (t) => parseCertificate(t)],
    [
      'parseCertificate in PEM',
      (t) => parseCertificate(`-----BEGIN CERTIFICATE-----\n${t}\n-----END CERTIFICATE-----`),
    ],
  ])
})

describe('proxies', () => {
  const through = (proxy: (t: string) => unknown) => (t: string, system: CountingSystem) =>
    reached(t, connect('127.0.0.1:80', { proxy: proxy(t) as never, system }))
  const proxyAt = { hostname: '127.0.0.1', port: 1080 }
  const who = (t: string): Credentials => ({ username: t, password: t })
  /** Escaped, what a URL itself would change; half a character has no escape. */
  const escaped = (t: string): string => (/\p{Surrogate}/u.test(t) ? t : encodeURIComponent(t))
  check([
    ['a proxy as text', through((t) => t)],
    ['the scheme of a proxy', through((t) => `${t}://h:1080`)],
    ['the host of a proxy', through((t) => `socks5://${t}:1080`), NAME],
    ['the host of a proxy, escaped', through((t) => `socks5://${escaped(t)}:1080`), NAME],
    ['the path of a proxy', through((t) => `socks5://h:1080/${t}`)],
    ['the user of a proxy, escaped', through((t) => `socks5://${escaped(t)}:p@h:1080`), CREDENTIAL],
    [
      "a hop's target",
      through((t) => ({ name: 'x', target: t, takesNames: true, through: () => {} })),
    ],
    ['a hop in between', through((t) => ['socks5://h:1080', `socks5://${t}:1080`]), NAME],
    ['socksHop kind', (t) => socksHop(t as never, proxyAt)],
    ['socksHop hostname', (t) => socksHop('socks5', { hostname: t, port: 1 }), NAME],
    ['socksHop username', (t) => ({ hop: socksHop('socks5', proxyAt, who(t)), t }), CREDENTIAL],
    ['socksHop user id', (t) => ({ hop: socksHop('socks4a', proxyAt, who(t)), t }), CREDENTIAL],
    ['socks5 hostname', (t) => said(socks5(t, 80), [[5, 0]]), NAME],
    [
      'socks5 username',
      (t) => said(socks5('h', 80, { username: t, password: 'p' }), [[5, 2]]),
      CREDENTIAL,
    ],
    [
      'socks5 password',
      (t) => said(socks5('h', 80, { username: 'u', password: t }), [[5, 2]]),
      CREDENTIAL,
    ],
    ['socks5 command', (t) => socks5('h', 80, undefined, t as never)],
    ['socks4 hostname', (t) => said(socks4(t, 80), []), NAME],
    ['socks4 user id', (t) => said(socks4('h', 80, t), []), CREDENTIAL],
    ['formatProxyHeader', (t) => formatProxyHeader(1, { source: end(t), destination: end('::1') })],
    ['formatProxyHeader version', (t) => formatProxyHeader(t as never)],
  ])
})

describe('names and addresses', () => {
  check([
    ['getaddrinfo host', (t, system) => getaddrinfo(t, 80, { system }), NAME],
    ['getaddrinfo service', (t, system) => getaddrinfo('127.0.0.1', t, { system })],
    ['getaddrinfo an unknown hint', (t, system) => getaddrinfo('h', 80, { system, [t]: 1 })],
    ['getnameinfo', (t, system) => getnameinfo({ hostname: t, port: 80 }, 0, { system })],
    ['gethostbyname', (t, system) => gethostbyname(t, { system }), NAME],
    ['gethostbyaddr', (t, system) => gethostbyaddr(t, { system }), NAME],
    // It never rejects: a name that can't be looked up is its own answer.
    ['getfqdn', (t, system) => getfqdn(t, { system }), LABELS],
    ['SystemResolver', (t, system) => new SystemResolver(system).resolve(t, { family: 4 }), NAME],
    ['DnsResolver', (t, system) => new DnsResolver({}, system).resolve(t, { family: 4 }), NAME],
    ['DnsResolver servers', (t, system) => new DnsResolver({ servers: [t] }, system)],
    [
      'CachingResolver',
      (t, system) =>
        new CachingResolver({ resolver: new SystemResolver(system) }).resolve(t, { family: 4 }),
      NAME,
    ],
    ['CachingResolver.forget', (t) => [new CachingResolver().forget(t), t], NAME],
    ['inetPton', (t) => inetPton(2, t)],
    ['inetAton', (t) => inetAton(t)],
    ['inetAton with blanks', (t) => inetAton(`127.0.0.1 ${t}`)],
    ['parseNetwork', (t) => parseNetwork(t)],
    ['parseNetwork prefix', (t) => parseNetwork(`10.0.0.0/${t}`)],
    ['networkContains', (t) => networkContains(parseNetwork('10.0.0.0/8'), t)],
    ['NetworkList', (t) => new NetworkList(['10.0.0.0/8']).has(t)],
  ])

  test.each(LABELS)('%s is the name of nothing', (label) => {
    const given = TEXTS[label]
    expect([serviceByName(given), protocolByName(given)]).toEqual([undefined, undefined])
    expect([isIPv4(given), isIPv6(given), isIPv6(`::1%${given}`)]).toEqual([false, false, false])
    tried += 5
  })

  test.each(LABELS)('groups, sources and interfaces of multicast with %s', async (label) => {
    await using opened = await udp('127.0.0.1:0')
    const given = TEXTS[label]
    for (const call of [
      () => opened.joinGroup(given),
      () => opened.joinGroup('239.255.0.1', { source: given }),
      () => opened.joinGroup('239.255.0.1', { interface: given }),
      () => opened.joinGroup(`239.255.0.1${given}`),
      () => opened.leaveGroup(given),
      () => opened.leaveGroup('239.255.0.1', { interface: given }),
      () => opened.setMulticastInterface(given),
      () => opened.setMulticastInterface(`127.0.0.1\0${given}`),
    ]) {
      tried++
      expectSentence((await outcomeOf(call)).error as Error)
    }
  })

  test.each(LABELS)('UdpSocket.send and connect to %s', async (label) => {
    const system = countingSystem()
    await using opened = await udp('127.0.0.1:0')
    // A second one, whose names are asked of the machine that does nothing.
    await using asking = await udp('127.0.0.1:0', { resolver: new SystemResolver(system) })
    const given = TEXTS[label]
    for (const call of [
      () => opened.send('x', given),
      () => asking.send('x', { hostname: given, port: 9 }),
      () => asking.connect({ hostname: given, port: 9 }),
    ]) {
      tried++
      expectSentence((await outcomeOf(call)).error as Error)
    }
    expect(system.calls).toHaveLength(label === '__proto__' ? 2 : 0)
  })
})

describe('programs', () => {
  check([
    ['watch format', (t) => watch(() => {}, { format: t as never })],
    ['watch layers', (t) => watch(() => {}, { layers: [t as never] })],
    ['watch an unknown option', (t) => watch(() => {}, { [t]: 1 })],
    ['a command', (t) => parseCommandLine([t])],
    ['an operand', (t) => parseCommandLine(['connect', t])],
    ['too many operands', (t) => parseCommandLine(['connect', t, t])],
    ['a flag', (t) => parseCommandLine(['connect', `--${t}`, 'h:1'])],
    ['a short flag', (t) => parseCommandLine(['connect', `-${t}`, 'h:1'])],
    ['a value for a switch', (t) => parseCommandLine(['connect', `--tls=${t}`, 'h:1'])],
    ['a number', (t) => linkOf(parseCommandLine(['relay', '--latency', t, '1', '2']) as never)],
  ])
})

test('text for sendLatin1 has one byte for each character, or is refused', async () => {
  const [a, b] = memoryPair()
  await a.sendLatin1('caf\xe9\r\n\0')
  expect(await b.recv()).toEqual(Uint8Array.of(99, 97, 102, 0xe9, 13, 10, 0))
  // Cut to its low byte, U+010A would be a line break (CVE-2018-12116).
  for (const given of ['\u010a', `${'x'.repeat(65_536)}\u010d`, '\ud800']) {
    const { error } = await outcomeOf(() => a.sendLatin1(given))
    expect(error).toBeInstanceOf(RangeError)
    expectSentence(error as Error)
    tried++
  }
  a.destroy()
})

describe('text on a stream is carried as it is', () => {
  test.each(LABELS)('%s', async (label) => {
    const given = TEXTS[label]
    const [a, b] = memoryPair()
    await Promise.all([a.sendAll(given), a.shutdown('write')])
    const parts: string[] = []
    for await (const bytes of b) parts.push(text(bytes))
    // As the docblock of encodeUtf8 says: half a character has no bytes of its own.
    expect(parts.join('')).toBe(given.replace('\ud800', '\ufffd'))
    tried++
  })
})

// Names of protocols are bytes (RFC 7301 §3.1), so nothing of them is forbidden; other runtimes take text alone.
describe.skipIf(isBun || isDeno)('a protocol is agreed on byte by byte', () => {
  test.each(['a\rb', 'a\nb', 'a\0b', 'caf\xe9', '\x8a\x8a', '\xff'.repeat(255), '__proto__'])(
    '%j',
    async (protocol) => {
      const listener = await listen('127.0.0.1:0', { tls: { ...keyPair, alpn: [protocol] } })
      const [a, b] = await Promise.all([
        connect(listener.address, { tls: { ca: ca.cert, alpn: ['other', protocol] } }),
        listener.accept(),
      ])
      expect([a.tls?.alpn, b.tls?.alpn]).toEqual([protocol, protocol])
      await Promise.all([a.close(), b.close(), listener.close()])
      const choosing = await listen('127.0.0.1:0', {
        tls: { ...keyPair, alpn: (offered) => offered[1] },
      })
      const [c, d] = await Promise.all([
        connect(choosing.address, { tls: { ca: ca.cert, alpn: ['other', protocol] } }),
        choosing.accept(),
      ])
      expect([c.tls?.alpn, d.tls?.alpn]).toEqual([protocol, protocol])
      await Promise.all([c.close(), d.close(), choosing.close()])
      tried++
    },
  )
})

/** The text, where the machine was asked after all: then it was taken, to be used later. */
function reached(given: string, work: Promise<unknown>): Promise<unknown> {
  return work.catch((error: unknown) => {
    if (isNetError(error, 'ENOTFOUND')) return given
    throw error
  })
}

function end(hostname: string): { hostname: string; port: number } {
  return { hostname, port: 1 }
}

/** What a dialogue says, with these answers. */
function said(dialogue: Dialogue<unknown>, answers: number[][]): Uint8Array[] {
  const sent: Uint8Array[] = []
  for (let step = dialogue.next(); !step.done; ) {
    if ('send' in step.value) {
      sent.push(step.value.send)
      step = dialogue.next(new Uint8Array())
    } else {
      const answer = answers.shift()
      if (answer === undefined) break
      step = dialogue.next(Uint8Array.from(answer))
    }
  }
  return sent
}
