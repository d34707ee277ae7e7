import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Connection, connect, type ListenOptions, listen, type Target } from '@sluice/socket'
import { checkStream, linkPair, memoryPair, type StreamPair } from '@sluice/socket/testing'
import { startTls } from '@sluice/socket/tls'
import { afterAll, describe, test } from 'vitest'
import { LOCAL_NAMES, makeAuthority, makeCertificate } from './certificates.ts'
import { localPath } from './kit.ts'

const folder = mkdtempSync(join(tmpdir(), 'sluice-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
let unixCount = 0

const ca = makeAuthority()
const { cert, key } = makeCertificate({ name: 'server', issuer: ca, names: LOCAL_NAMES })

async function pair(target: Target, options: ListenOptions = {}): Promise<StreamPair> {
  const listener = await listen(target, options)
  const where = 'path' in listener.address ? { path: listener.address.path } : listener.address
  const to = 'path' in where ? where : { hostname: where.hostname, port: where.port }
  const [client, server] = await Promise.all([
    connect(to, {
      sharedBuffer: options.sharedBuffer,
      tls: options.tls && { ca: ca.cert, serverName: 'localhost' },
    }),
    listener.accept(),
  ])
  void listener.close()
  return [client, server]
}
const reversed = async ([a, b]: StreamPair): Promise<StreamPair> => [b, a]

// Elsewhere TLS ends in good order below, whatever was asked for.
const tlsResets = !('Bun' in globalThis || 'Deno' in globalThis)

interface Transport {
  name: string
  open: () => StreamPair | Promise<StreamPair>
  resets?: boolean
  capacity?: number
}
const transports: Transport[] = [
  { name: 'TCP over IPv4', open: () => pair('tcp://127.0.0.1:0') },
  {
    name: 'TCP over IPv4, seen from the accepted end',
    open: () => pair('127.0.0.1:0').then(reversed),
  },
  { name: 'TCP over IPv6', open: () => pair('[::1]:0') },
  {
    name: 'TCP without the shared buffer',
    open: () => pair('127.0.0.1:0', { sharedBuffer: false }),
  },
  {
    name: 'a Unix socket',
    open: () => pair({ path: localPath(folder, `${unixCount++}.sock`) }),
    resets: false,
  },
  {
    name: 'TLS',
    open: () => pair('127.0.0.1:0', { tls: { cert, key } }),
    // A server of TLS 1.3 sends tickets right after the handshake. When these meet the reset, Node keeps the error of
    // its write to itself, and what is left to read is an end.
    resets: false,
  },
  {
    name: 'TLS, seen from the accepted end',
    open: () => pair('127.0.0.1:0', { tls: { cert, key } }).then(reversed),
    resets: tlsResets,
  },
  {
    name: 'TLS 1.2',
    open: () => pair('127.0.0.1:0', { tls: { cert, key, maxVersion: 'TLSv1.2' } }),
    resets: tlsResets,
  },
  {
    name: 'TLS over a Unix socket',
    open: () => pair({ path: localPath(folder, `${unixCount++}.sock`) }, { tls: { cert, key } }),
    resets: false,
  },
  {
    name: 'TLS inside of TLS',
    open: async () => {
      const [client, server] = await pair('127.0.0.1:0', { tls: { cert, key } })
      return Promise.all([
        startTls(client as Connection, { ca: ca.cert, serverName: 'localhost' }),
        startTls(server as Connection, { side: 'server', cert, key }),
      ])
    },
    resets: false,
  },
  { name: 'memory', open: () => memoryPair(), capacity: 400_000 },
  {
    name: 'a bad line',
    open: () => linkPair({ jitter: 1, chunk: 1000 }),
    capacity: 900_000,
  },
  {
    name: 'memory, three bytes at a time',
    open: () => memoryPair({ chunk: 3 }),
    capacity: 160_000,
  },
]

// Bun's TLS over TLS knows neither half-closed nor full.
const isBun = 'Bun' in globalThis

for (const { name, open, ...options } of transports.filter((t) => !isBun || !/inside/.test(t.name)))
  describe(name, () => {
    for (const { title, run } of checkStream(open, options)) test(title, run)
  })
