/**
 * Wrong arguments: of another type, out of range, options that there are not, and calls on what is closed. Each is told
 * in one sentence that says what was wrong, before anything is asked of the machine. A function that gives a promise
 * rejects it; it does not throw beside it.
 */
import {
  AF_INET,
  Connection,
  connect,
  type Data,
  listen,
  SOCK_DGRAM,
  Socket,
  socket,
  udp,
} from '@sluice/socket'
import {
  CachingResolver,
  DnsResolver,
  getaddrinfo,
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
  inetNtop,
  inetPton,
  NetworkList,
  networkContains,
  parseNetwork,
} from '@sluice/socket/ip'
import { formatProxyHeader, parseProxyHeader, socks4, socks5, socksHop } from '@sluice/socket/proxy'
import { relay, type Server, serve } from '@sluice/socket/server'
import { memoryPair } from '@sluice/socket/testing'
import { openTlsContext, parseCertificate, startTls } from '@sluice/socket/tls'
import { tap, watch } from '@sluice/socket/trace'
import { afterAll, describe, expect, test } from 'vitest'
import { countingSystem, outcomeOf } from './kit.ts'

const VALUES = {
  undefined: undefined,
  null: null,
  'a number': 5,
  'minus one': -1,
  NaN: Number.NaN,
  'a half': 0.5,
  'a thousand million': 1e9,
  'no text': '',
  'a text': 'x',
  'an object': {},
  'an array': [],
  true: true,
  'a function': () => {},
  bytes: new Uint8Array(2),
} as const
type Label = keyof typeof VALUES
const ALL = Object.keys(VALUES) as Label[]

/** What each kind of parameter takes; whatever is not in the list has to be refused. */
const TAKES = {
  options: ['undefined', 'an object'],
  text: ['no text', 'a text'],
  nothing: [],
  data: ['no text', 'a text', 'bytes'],
  many: ['no text', 'a text', 'bytes', 'an array'],
  bytes: ['bytes'],
  receiver: [],
  function: ['a function'],
  boolean: ['true'],
  flag: ['undefined', 'true'],
  count: ['undefined', 'a number', 'a thousand million'],
  amount: ['a number', 'a thousand million'],
  timeout: ['undefined', 'a number', 'a half', 'a thousand million', 'an object'],
  milliseconds: ['undefined', 'a number', 'a half', 'a thousand million'],
  limit: ['undefined', 'a number', 'a thousand million', 'a half'],
  size: ['undefined', 'a number', 'a thousand million'],
  word: ['undefined', 'no text', 'a text'],
  hook: ['undefined', 'a function'],
  list: ['undefined', 'an array'],
  networks: ['an array'],
  record: ['undefined', 'an object', 'bytes'],
  secure: ['undefined', 'true', 'an object'],
  port: ['undefined', 'a number'],
} as const satisfies Record<string, readonly Label[]>
type Kind = keyof typeof TAKES

type Row = [
  name: string,
  takes: Kind,
  call: (value: never, system: ReturnType<typeof countingSystem>) => unknown,
]

/** Sentences of an engine that tripped. */
const TRIPPED =
  /Cannot (read|destructure|convert|access|mix)|is not (a function|iterable|defined)|reading '|undefined is not|Invalid value used/

let tried = 0
afterAll(() => {
  console.info(`wrong arguments tried: ${tried}`)
  expect(tried).toBeGreaterThan(700)
})

function refuse(kind: 'a promise' | 'a value', rows: readonly Row[]) {
  test.each(rows)('%s', async (name, takes, call) => {
    const wrong = ALL.filter((label) => !(TAKES[takes] as readonly Label[]).includes(label))
    for (const label of wrong) {
      tried++
      const system = countingSystem()
      let error: unknown
      let result: unknown
      try {
        result = call(VALUES[label] as never, system)
      } catch (thrown) {
        error = thrown
        expect(kind, `${name} with ${label} throws beside its promise: ${String(thrown)}`).toBe(
          'a value',
        )
      }
      if (error === undefined)
        error = await Promise.resolve(result).then(
          () => undefined,
          (rejected) => rejected,
        )
      const what = `${name} with ${label}: ${String(error)}`
      expect(
        error instanceof TypeError ||
          error instanceof RangeError ||
          error instanceof SyntaxError ||
          isNetError(error),
        what,
      ).toBe(true)
      const { message } = error as Error
      expect(message, what).not.toMatch(TRIPPED)
      expect(message.length, what).toBeGreaterThan(12)
      expect(message.length, what).toBeLessThan(600)
      expect(system.calls, what).toEqual([])
    }
  })
}

const open: { destroy(): void }[] = []
afterAll(() => {
  for (const one of open) one.destroy()
})

/** An open connection, for one call. */
function on<T>(use: (connection: Connection) => T): T {
  const pair = memoryPair()
  open.push(...pair)
  return use(pair[0])
}

describe('functions that give a promise', () => {
  const to = (key: string) => (value: never, system: object) =>
    connect('127.0.0.1:1', { [key]: value, system } as never)
  const at = (key: string) => (value: never, system: object) =>
    listen('127.0.0.1:0', { [key]: value, system } as never)
  const udpWith = (key: string) => (value: never, system: object) =>
    udp('127.0.0.1:0', { [key]: value, system } as never)
  const serving = (key: string) => (value: never, system: object) =>
    serve(() => {}, { listen: { system }, [key]: value } as never)
  const secure = (key: string) => (value: never, system: object) =>
    connect('127.0.0.1:1', { tls: { [key]: value }, system } as never)
  refuse('a promise', [
    ['connect target', 'nothing', (v, system) => connect(v, { system })],
    ['connect hostname', 'text', (v, system) => connect({ hostname: v, port: 1 }, { system })],
    [
      'connect port',
      'amount',
      (v, system) => connect({ hostname: 'h', port: v }, { system, resolver: v }),
    ],
    ['connect path', 'text', (v, system) => connect({ path: v }, { system })],
    ['connect options', 'options', (v) => connect('127.0.0.1:1', v)],
    ['connect timeout', 'timeout', to('timeout')],
    [
      'connect signal',
      'flag',
      (v, system) => connect('127.0.0.1:1', { signal: v === true ? ({} as never) : v, system }),
    ],
    ['connect proxy', 'list', (v, system) => connect('127.0.0.1:1', { proxy: v, system })],
    [
      'connect proxyProtocol',
      'record',
      (v, system) =>
        connect('127.0.0.1:1', { proxyProtocol: (v as unknown) === 5 ? (3 as never) : v, system }),
    ],
    [
      'connect family',
      'flag',
      (v, system) => connect('127.0.0.1:1', { family: v === true ? (7 as never) : v, system }),
    ],
    ['connect resolver', 'flag', to('resolver')],
    [
      'connect attemptDelay',
      'flag',
      (v, system) =>
        connect('127.0.0.1:1', { attemptDelay: (v as unknown) === 1e9 ? (9 as never) : v, system }),
    ],
    ['connect allowAddress', 'hook', to('allowAddress')],
    ['connect localAddress', 'flag', to('localAddress')],
    ['connect localPort', 'port', to('localPort')],
    ['connect noDelay', 'flag', to('noDelay')],
    ['connect keepAlive', 'milliseconds', to('keepAlive')],
    ['connect limits', 'record', to('limits')],
    [
      'connect limits.sendBuffer',
      'limit',
      (v, system) => connect('127.0.0.1:1', { limits: { sendBuffer: v }, system }),
    ],
    ['connect sharedBuffer', 'flag', to('sharedBuffer')],
    ['connect trace', 'record', to('trace')],
    ['connect tls', 'secure', to('tls')],
    ['connect tls.alpn', 'list', secure('alpn')],
    ['connect tls.serverName', 'word', secure('serverName')],
    ['connect tls.verify', 'flag', secure('verify')],
    ['connect tls.pins', 'flag', secure('pins')],
    ['connect tls.session', 'flag', secure('session')],
    ['connect tls.onSession', 'hook', secure('onSession')],
    ['connect tls.keylog', 'hook', secure('keylog')],
    ['connect tls.context', 'flag', secure('context')],
    ['connect tls.ca', 'list', secure('ca')],
    ['connect tls.cert', 'list', secure('cert')],
    ['connect tls.key', 'flag', secure('key')],
    ['connect tls.minVersion', 'flag', secure('minVersion')],
    ['connect tls.ticketKeys', 'flag', secure('ticketKeys')],
    ['listen target', 'nothing', (v, system) => listen(v, { system })],
    ['listen options', 'options', (v) => listen('127.0.0.1:0', v)],
    ['listen backlog', 'count', at('backlog')],
    ['listen timeout', 'timeout', at('timeout')],
    ['listen limits', 'record', at('limits')],
    [
      'listen limits.pending',
      'limit',
      (v, system) => listen('127.0.0.1:0', { limits: { pending: v }, system }),
    ],
    ['listen tls', 'flag', at('tls')],
    ['listen proxyProtocol', 'flag', at('proxyProtocol')],
    [
      'listen proxyProtocol.from',
      'networks',
      (v, system) => listen('127.0.0.1:0', { proxyProtocol: { from: v }, system }),
    ],
    ['listen reusePort', 'flag', at('reusePort')],
    ['listen ipv6Only', 'flag', at('ipv6Only')],
    ['listen noDelay', 'flag', at('noDelay')],
    ['listen keepAlive', 'milliseconds', at('keepAlive')],
    ['listen sharedBuffer', 'flag', at('sharedBuffer')],
    [
      'listen signal',
      'flag',
      (v, system) => listen('127.0.0.1:0', { signal: v === true ? ({} as never) : v, system }),
    ],
    ['udp target', 'flag', (v, system) => udp(v === undefined ? (null as never) : v, { system })],
    ['udp options', 'options', (v) => udp('127.0.0.1:0', v)],
    ['udp limits', 'record', udpWith('limits')],
    [
      'udp limits.queue',
      'limit',
      (v, system) => udp('127.0.0.1:0', { limits: { queue: v }, system }),
    ],
    ['udp timeout', 'timeout', udpWith('timeout')],
    ['udp reuseAddress', 'flag', udpWith('reuseAddress')],
    ['udp ipv6Only', 'flag', udpWith('ipv6Only')],
    ['udp receiveBufferSize', 'size', udpWith('receiveBufferSize')],
    ['udp sendBufferSize', 'size', udpWith('sendBufferSize')],
    ['udp resolver', 'flag', udpWith('resolver')],
    ['serve handler', 'function', (v, system) => serve(v, { listen: { system } })],
    ['serve options', 'options', (v) => serve(() => {}, v)],
    ['serve hostname', 'word', serving('hostname')],
    ['serve port', 'port', serving('port')],
    ['serve limits', 'record', serving('limits')],
    [
      'serve limits.connections',
      'limit',
      (v, system) => serve(() => {}, { limits: { connections: v }, listen: { system } }),
    ],
    ['serve timeout', 'record', serving('timeout')],
    [
      'serve timeout.idle',
      'milliseconds',
      (v, system) => serve(() => {}, { timeout: { idle: v }, listen: { system } }),
    ],
    ['serve allow', 'list', serving('allow')],
    ['serve deny', 'list', serving('deny')],
    ['serve onError', 'hook', serving('onError')],
    ['serve listener', 'flag', serving('listener')],
    ['serve clock', 'record', serving('clock')],
    ['serve listen', 'record', (v) => serve(() => {}, { listen: v })],
    [
      'relay from',
      'nothing',
      (v, system) => relay(v, '127.0.0.1:1', { serve: { listen: { system } } }),
    ],
    [
      'relay to',
      'nothing',
      (v, system) => relay('127.0.0.1:0', v, { serve: { listen: { system } } }),
    ],
    ['relay options', 'options', (v) => relay('127.0.0.1:0', '127.0.0.1:1', v)],
    [
      'relay link',
      'record',
      (v, system) =>
        relay('127.0.0.1:0', '127.0.0.1:1', { link: v, serve: { listen: { system } } }),
    ],
    [
      'relay onBytes',
      'hook',
      (v, system) =>
        relay('127.0.0.1:0', '127.0.0.1:1', { onBytes: v, serve: { listen: { system } } }),
    ],
    ['startTls connection', 'nothing', (v, system) => startTls(v, { serverName: 'h', system })],
    ['startTls options', 'nothing', (v) => on((c) => startTls(c, v))],
    [
      'startTls side',
      'flag',
      (v, system) =>
        on((c) =>
          startTls(c, {
            side: v,
            system,
            serverName: 'h',
            timeout: v === undefined ? (-1 as never) : 5,
          }),
        ),
    ],
    [
      'startTls timeout',
      'milliseconds',
      (v, system) => on((c) => startTls(c, { timeout: v, serverName: 'h', system })),
    ],
    [
      'getaddrinfo host',
      'flag',
      (v, system) =>
        getaddrinfo(v === null || v === '' || v === 'x' ? (5 as never) : v, null, { system }),
    ],
    ['getaddrinfo hints', 'options', (v) => getaddrinfo('127.0.0.1', 80, v)],
    [
      'getaddrinfo service',
      'port',
      (v, system) => getaddrinfo('127.0.0.1', v === null ? ({} as never) : v, { system }),
    ],
    [
      'getnameinfo',
      'nothing',
      (v, system) => getnameinfo({ hostname: v, port: 80 }, 0, { system }),
    ],
    [
      'getnameinfo port',
      'port',
      (v, system) => getnameinfo({ hostname: '127.0.0.1', port: v }, 0, { system }),
    ],
    ['getnameinfo address', 'nothing', (v, system) => getnameinfo(v, 0, { system })],
    ['gethostbyname', 'text', (v, system) => gethostbyname(v, { system })],
    ['gethostbyaddr', 'text', (v, system) => gethostbyaddr(v, { system })],
    ['SystemResolver', 'text', (v, system) => new SystemResolver(system).resolve(v, { family: 4 })],
    [
      'SystemResolver options',
      'nothing',
      (v, system) => new SystemResolver(system).resolve('h', v),
    ],
    ['DnsResolver', 'text', (v, system) => new DnsResolver({}, system).resolve(v, { family: 4 })],
    [
      'CachingResolver',
      'text',
      (v, system) =>
        new CachingResolver({ resolver: new SystemResolver(system) }).resolve(v, { family: 4 }),
    ],
  ] as Row[])
})

describe('verbs of a connection, a listener, a datagram socket and a server', () => {
  const wait =
    (verb: (connection: Connection, options: never) => Promise<unknown>) => (value: never) =>
      on((connection) => verb(connection, value))
  refuse('a promise', [
    ['recv max', 'count', (v) => on((c) => c.recv(v))],
    ['recv options', 'options', wait((c, v) => c.recv(1, v))],
    ['recvInto', 'bytes', (v) => on((c) => c.recvInto(v))],
    ['recvInto options', 'options', wait((c, v) => c.recvInto(new Uint8Array(1), v))],
    ['recvExactly', 'amount', (v) => on((c) => c.recvExactly(v))],
    ['recvExactly options', 'options', wait((c, v) => c.recvExactly(1, v))],
    ['recvUntil', 'data', (v) => on((c) => c.recvUntil(v))],
    ['recvUntil max', 'count', (v) => on((c) => c.recvUntil('x', v))],
    ['recvUntil options', 'options', wait((c, v) => c.recvUntil('x', 5, v))],
    ['recvLine max', 'count', (v) => on((c) => c.recvLine(v))],
    ['recvLine options', 'options', wait((c, v) => c.recvLine(5, v))],
    ['sendAll', 'many', (v) => on((c) => c.sendAll(v))],
    ['sendAll parts', 'data', (v) => on((c) => c.sendAll(['x', v as Data]))],
    ['sendAll options', 'options', wait((c, v) => c.sendAll('x', v))],
    ['send', 'data', (v) => on((c) => c.send(v))],
    ['send options', 'options', wait((c, v) => c.send('x', v))],
    ['sendLatin1', 'text', (v) => on((c) => c.sendLatin1(v))],
    ['sendLatin1 options', 'options', wait((c, v) => c.sendLatin1('x', v))],
    ['sendLatin1 whenTaken', 'flag', (v) => on((c) => c.sendLatin1('x', { whenTaken: v }))],
    ['shutdown', 'nothing', (v) => on((c) => c.shutdown(v))],
    ['a timeout of one wait', 'milliseconds', (v) => on((c) => c.recv(1, { timeout: v }))],
    [
      'a signal of one wait',
      'flag',
      (v) => on((c) => c.recv(1, { signal: v === true ? ({} as never) : v })),
    ],
  ] as Row[])
  refuse('a value', [
    ['setNoDelay', 'boolean', (v) => on((c) => c.setNoDelay(v))],
    ['attach', 'receiver', (v) => on((c) => c.attach(v))],
    ['unread', 'bytes', (v) => on((c) => c.unread(v))],
    ['tryRecv', 'count', (v) => on((c) => c.tryRecv(v))],
    ['peek', 'count', (v) => on((c) => c.peek(v))],
    ['new Connection', 'nothing', (v) => new Connection(v)],
    ['new Connection options', 'nothing', (v) => new Connection(v ?? ({} as never), v)],
  ] as Row[])

  test('accept, UdpSocket, Server and Socket', async () => {
    await using listener = await listen('127.0.0.1:0')
    await using datagrams = await udp('127.0.0.1:0')
    await using server: Server = await serve(() => {})
    await using door = socket()
    await using packets = socket(AF_INET, SOCK_DGRAM)
    await packets.bind(['127.0.0.1', 0])
    const promises: Row[] = [
      ['accept', 'options', (v) => listener.accept(v)],
      ['UdpSocket.recv', 'options', (v) => datagrams.recv(v)],
      ['UdpSocket.send', 'data', (v) => datagrams.send(v, '127.0.0.1:9')],
      [
        'UdpSocket.send to',
        'flag',
        (v) => datagrams.send('x', v === undefined ? (null as never) : v),
      ],
      ['UdpSocket.send options', 'options', (v) => datagrams.send('x', '127.0.0.1:9', v)],
      ['UdpSocket.connect', 'nothing', (v) => datagrams.connect(v)],
      ['UdpSocket.connect options', 'options', (v) => datagrams.connect('127.0.0.1:9', v)],
      ['Server.shutdown', 'options', (v) => server.shutdown(v)],
      ['Server.shutdown grace', 'milliseconds', (v) => server.shutdown({ grace: v })],
      ['Socket.connect', 'nothing', (v) => door.connect(v)],
      ['Socket.connect options', 'options', (v) => socket().connect(['127.0.0.1', 9], v)],
      ['Socket.bind', 'nothing', (v) => socket().bind(v)],
      ['Socket.bind options', 'options', (v) => socket().bind(['127.0.0.1', 0], v)],
      ['Socket.send options', 'options', (v) => packets.send('x', v)],
      ['Socket.sendto options', 'options', (v) => packets.sendto('x', ['127.0.0.1', 9], v)],
      ['Socket.recv of a datagram', 'count', (v) => packets.recv(v)],
      ['Socket.recvfrom of a datagram', 'count', (v) => packets.recvfrom(v)],
      ['Socket.listen', 'count', (v) => socket().listen(v)],
    ]
    const values: Row[] = [
      ['setBroadcast', 'boolean', (v) => datagrams.setBroadcast(v)],
      ['setMulticastLoopback', 'boolean', (v) => datagrams.setMulticastLoopback(v)],
      ['joinGroup', 'nothing', (v) => datagrams.joinGroup(v)],
      ['joinGroup options', 'options', (v) => datagrams.joinGroup('239.255.0.1', v)],
      [
        'joinGroup source',
        'flag',
        (v) => datagrams.joinGroup('239.255.0.1', { source: v ?? null } as never),
      ],
      ['leaveGroup', 'nothing', (v) => datagrams.leaveGroup(v)],
      ['setTtl', 'amount', (v) => datagrams.setTtl(v)],
      ['setMulticastTtl', 'amount', (v) => datagrams.setMulticastTtl(v)],
      ['setMulticastInterface', 'nothing', (v) => datagrams.setMulticastInterface(v)],
      ['Server.handle', 'nothing', (v) => server.handle(v)],
      ['new Socket family', 'nothing', (v) => new Socket(v ?? (0 as never))],
      ['new Socket type', 'nothing', (v) => new Socket(undefined, v ?? (0 as never))],
      [
        'new Socket protocol',
        'nothing',
        (v) => new Socket(undefined, undefined, v ?? (null as never)),
      ],
      ['new Socket options', 'options', (v) => new Socket(undefined, undefined, 0, v)],
    ]
    for (const [kind, rows] of [
      ['a promise', promises],
      ['a value', values],
    ] as const)
      for (const [name, takes, call] of rows)
        for (const label of ALL.filter(
          (one) => !(TAKES[takes] as readonly Label[]).includes(one),
        )) {
          tried++
          let error: unknown
          let result: unknown
          try {
            result = call(VALUES[label] as never, undefined as never)
          } catch (thrown) {
            error = thrown
            expect(kind, `${name} with ${label} throws: ${String(thrown)}`).toBe('a value')
          }
          error ??= await Promise.resolve(result).then(
            () => undefined,
            (rejected) => rejected,
          )
          const what = `${name} with ${label}: ${String(error)}`
          expect(error, what).toBeInstanceOf(Error)
          expect((error as Error).message, what).not.toMatch(TRIPPED)
        }
  })
})

describe('functions that give a value', () => {
  refuse('a value', [
    ['inetPton', 'nothing', (v) => inetPton(2, v)],
    ['inetPton family', 'nothing', (v) => inetPton(v, '127.0.0.1')],
    ['inetNtop', 'nothing', (v) => inetNtop(2, v)],
    ['inetAton', 'flag', (v) => inetAton(v ?? (null as never))],
    ['parseNetwork', 'nothing', (v) => parseNetwork(v)],
    ['networkContains', 'nothing', (v) => networkContains(parseNetwork('10.0.0.0/8'), v)],
    ['new NetworkList', 'networks', (v) => new NetworkList(v)],
    ['serviceByName', 'text', (v) => serviceByName(v)],
    ['protocolByName', 'text', (v) => protocolByName(v)],
    ['parseProxyHeader', 'nothing', (v) => parseProxyHeader(v)],
    ['formatProxyHeader', 'nothing', (v) => formatProxyHeader(v)],
    ['formatProxyHeader ends', 'flag', (v) => formatProxyHeader(1, (v ?? null) as never)],
    ['socks5 hostname', 'text', (v) => socks5(v, 80)],
    ['socks5 port', 'port', (v) => socks5('h', (v ?? null) as never)],
    ['socks5 credentials', 'flag', (v) => socks5('h', 80, (v ?? null) as never)],
    ['socks4 hostname', 'text', (v) => socks4(v, 80)],
    ['socksHop kind', 'nothing', (v) => socksHop(v, { hostname: 'h', port: 1 })],
    ['socksHop target', 'nothing', (v) => socksHop('socks5', v)],
    ['openTlsContext', 'record', (v) => openTlsContext((v ?? null) as never)],
    ['reload', 'record', (v) => openTlsContext({}).reload((v ?? null) as never)],
    ['parseCertificate', 'nothing', (v) => parseCertificate(v)],
    ['watch', 'function', (v) => watch(v)],
    ['watch options', 'options', (v) => watch(() => {}, v)],
    [
      'watch format',
      'flag',
      (v) => watch(() => {}, { format: v === undefined ? ('' as never) : v }),
    ],
    ['watch layers', 'list', (v) => watch(() => {}, { layers: v })],
    ['watch bytes', 'limit', (v) => watch(() => {}, { bytes: v })],
    ['tap', 'nothing', (v) => tap(v, {})],
    ['new DnsResolver', 'options', (v) => new DnsResolver(v)],
    ['DnsResolver servers', 'list', (v) => new DnsResolver({ servers: v })],
    ['DnsResolver timeout', 'milliseconds', (v) => new DnsResolver({ timeout: v })],
    ['DnsResolver tries', 'size', (v) => new DnsResolver({ tries: v })],
    ['new CachingResolver', 'options', (v) => new CachingResolver(v)],
    ['CachingResolver resolver', 'flag', (v) => new CachingResolver({ resolver: v })],
    ['CachingResolver limits', 'record', (v) => new CachingResolver({ limits: v })],
    [
      'forget',
      'flag',
      (v) => new CachingResolver().forget(v === '' || v === 'x' ? (5 as never) : v),
    ],
  ] as Row[])
})

describe('an option that there is not is told, with those that there are', () => {
  const wrong = { timout: 1 } as never
  test.each<[string, (system: never) => unknown]>([
    ['connect', (system) => connect('127.0.0.1:1', { ...(wrong as object), system })],
    ['listen', (system) => listen('127.0.0.1:0', { ...(wrong as object), system })],
    ['udp', (system) => udp('127.0.0.1:0', { ...(wrong as object), system })],
    ['serve', () => serve(() => {}, wrong)],
    ['relay', () => relay('127.0.0.1:0', '127.0.0.1:1', wrong)],
    ['recv', () => on((c) => c.recv(1, wrong))],
    ['sendAll', () => on((c) => c.sendAll('x', wrong))],
    ['connection', () => new Connection({ start() {} } as never, wrong)],
    ['socket', () => socket(undefined, undefined, 0, wrong)],
    ['watch', () => watch(() => {}, wrong)],
    ['DnsResolver', () => new DnsResolver(wrong)],
    ['CachingResolver', () => new CachingResolver(wrong)],
    ['getaddrinfo', () => getaddrinfo('127.0.0.1', 80, wrong)],
    ['openTlsContext', () => openTlsContext(wrong)],
    ['startTls: tls', () => on((c) => startTls(c, { serverName: 'h', ...(wrong as object) }))],
  ])('%s', async (verb, call) => {
    const { error } = await outcomeOf(() => call(countingSystem() as never))
    expect(error).toBeInstanceOf(TypeError)
    expect((error as Error).message).toMatch(
      new RegExp(`^${verb}: there is no option 'timout'; the options are \\w+`),
    )
  })
})

describe('what is closed says so, in one sentence', () => {
  const CLOSED = /^\w+( \S+)?: closed by this program \(ERR_CLOSED, phase \w+\)$/
  const receiver = { bytes: () => true, end() {}, error() {} }

  async function expectClosed(calls: Record<string, () => unknown>): Promise<void> {
    for (const [name, call] of Object.entries(calls)) {
      const { error } = await outcomeOf(call)
      expect((error as Error | undefined)?.message, name).toMatch(CLOSED)
      expect(isNetError(error, 'ERR_CLOSED'), name).toBe(true)
      tried++
    }
  }

  test.each([
    ['closed', (c: Connection) => c.close()],
    ['destroyed', (c: Connection) => c.destroy()],
    ['destroyed for a reason without a code', (c: Connection) => c.destroy(new Error('why'))],
    ['handed over', (c: Connection) => void c.detach().destroy()],
  ])('a connection that was %s', async (_how, end) => {
    const [a, b] = memoryPair()
    await b.sendAll('not read any more')
    const ended = Promise.resolve(end(a))
    b.destroy()
    await ended
    expect(a.isOpen).toBe(false)
    await expectClosed({
      recv: () => a.recv(),
      recvInto: () => a.recvInto(new Uint8Array(1)),
      recvExactly: () => a.recvExactly(1),
      recvUntil: () => a.recvUntil('x'),
      recvLine: () => a.recvLine(),
      tryRecv: () => a.tryRecv(),
      iterating: async () => {
        for await (const _ of a);
      },
      sendAll: () => a.sendAll('x'),
      sendLatin1: () => a.sendLatin1('x'),
      send: () => a.send('x'),
      shutdown: () => a.shutdown('write'),
      detach: () => a.detach(),
      startTls: () => startTls(a, { serverName: 'h' }),
      'toWeb, reading': () => a.toWeb().readable.getReader().read(),
      'toWeb, writing': () => a.toWeb().writable.getWriter().write('x'),
      attach: () =>
        new Promise((_, reject) => {
          a.attach({ ...receiver, error: reject })
        }),
    })
    // These never fail.
    await a.close()
    await a.closed
    a.destroy()
    a.ref()
    a.unref()
    a.setNoDelay(true)
    await a[Symbol.asyncDispose]()
  })

  test('a listener', async () => {
    const listener = await listen('127.0.0.1:0')
    const waiting = listener.accept()
    const closing = listener.close()
    await expectClosed({ 'accept, waiting': () => waiting, accept: () => listener.accept() })
    for await (const _ of listener) throw new Error('nobody comes')
    await Promise.all([closing, listener.close(), listener[Symbol.asyncDispose]()])
    listener.ref()
    listener.unref()
    expect(listener.address).toMatchObject({ hostname: '127.0.0.1' })
  })

  test('a datagram socket', async () => {
    const opened = await udp('127.0.0.1:0')
    const waiting = opened.recv()
    const closing = opened.close()
    await expectClosed({
      'recv, waiting': () => waiting,
      recv: () => opened.recv(),
      tryRecv: () => opened.tryRecv(),
      send: () => opened.send('x', '127.0.0.1:9'),
      'send to a peer': () => opened.send('x'),
      connect: () => opened.connect('127.0.0.1:9'),
      joinGroup: () => opened.joinGroup('239.255.0.1'),
      leaveGroup: () => opened.leaveGroup('239.255.0.1'),
      disconnect: () => opened.disconnect(),
      setBroadcast: () => opened.setBroadcast(true),
      setTtl: () => opened.setTtl(1),
      setMulticastTtl: () => opened.setMulticastTtl(1),
      setMulticastLoopback: () => opened.setMulticastLoopback(true),
      setMulticastInterface: () => opened.setMulticastInterface('127.0.0.1'),
      receiveBufferSize: () => opened.receiveBufferSize,
      sendBufferSize: () => opened.sendBufferSize,
    })
    for await (const _ of opened) throw new Error('nothing comes')
    await Promise.all([closing, opened.close(), opened[Symbol.asyncDispose]()])
    opened.ref()
    opened.unref()
    expect(opened.address).toMatchObject({ hostname: '127.0.0.1' })
  })

  test.each([
    ['stream', 1],
    ['datagram', 2],
  ] as const)('a %s socket', async (_kind, type) => {
    const door = socket(undefined, type)
    await door.bind(['127.0.0.1', 0])
    await door.close()
    const both = {
      bind: () => door.bind(['127.0.0.1', 0]),
      connect: () => door.connect(['127.0.0.1', 9]),
      recv: () => door.recv(),
      recvfrom: () => door.recvfrom(),
      send: () => door.send('x'),
    }
    const streams = {
      listen: () => door.listen(),
      accept: () => door.accept(),
      sendAll: () => door.sendAll('x'),
      recvInto: () => door.recvInto(new Uint8Array(1)),
      recvExactly: () => door.recvExactly(1),
      recvUntil: () => door.recvUntil('x'),
      recvLine: () => door.recvLine(),
      shutdown: () => door.shutdown('both'),
    }
    await expectClosed(
      type === 1
        ? { ...both, ...streams }
        : { ...both, sendto: () => door.sendto('x', ['127.0.0.1', 9]) },
    )
    await door.close()
  })

  test('a server takes nobody any more', async () => {
    const server = await serve(() => {})
    await server.close()
    const [a, b] = memoryPair()
    server.handle(a)
    expect(await b.recv()).toBeNull()
    b.destroy()
    await Promise.all([server.close(), server.shutdown(), server[Symbol.asyncDispose]()])
    server.ref()
    server.unref()
    expect(server.stats()).toMatchObject({ connections: 0, accepted: 0 })
  })

  test('an attachment that has let go does nothing, and gives nothing back', async () => {
    const [a, b] = memoryPair()
    const held = a.attach(receiver)
    held.detach()
    held.detach()
    held.resume()
    const { error } = await outcomeOf(() => held.unread(Uint8Array.of(1)))
    expect(isNetError(error, 'ERR_BUSY')).toBe(true)
    expect((error as Error).message).toMatch(/^unread .*\(ERR_BUSY, phase receive\)$/)
    await b.sendAll('for the next one')
    expect((await a.recv())?.length).toBe(16)
    a.destroy()
    b.destroy()
  })
})
