/**
 * TLS between `connect` and `listen`: what both ends agree on, what each option does, and which sentence a failed
 * check gets. Certificates are made here, see `certificates.ts`.
 */
import { createHash } from 'node:crypto'
import net from 'node:net'
import tls from 'node:tls'
import {
  type Connection,
  type ConnectOptions,
  connect,
  type ListenOptions,
  listen,
  text,
} from '@sluice/socket'
import { isTimeoutError, isTlsError } from '@sluice/socket/errors'
import { FakeClock } from '@sluice/socket/testing'
import {
  openTlsContext,
  parseCertificate,
  systemCertificates,
  type TlsClientOptions,
  type TlsServerOptions,
} from '@sluice/socket/tls'
import { describe, expect, test } from 'vitest'
import { LOCAL_NAMES, makeAuthority, makeCertificate } from './certificates.ts'
import { fakeSystem, freePort, inetOf, rejection } from './kit.ts'

// What other runtimes' TLS does not do; the README has the same list.
const isBun = 'Bun' in globalThis
const isDeno = 'Deno' in globalThis

const ca = makeAuthority()
const server = makeCertificate({ name: 'server', issuer: ca, names: LOCAL_NAMES })
const other = makeCertificate({ name: 'other', issuer: ca, names: ['other.test', '*.wild.test'] })
const client = makeCertificate({ name: 'client', issuer: ca })
const stranger = makeCertificate({ name: 'stranger', issuer: makeAuthority('Another CA') })
const keyPair = ({ cert, key }: { cert: string; key: string }) => ({ cert, key })

interface Ends {
  client: Connection
  server: Connection
  close: () => Promise<unknown>
}

async function open(
  serverTls: TlsServerOptions = {},
  clientTls: TlsClientOptions = {},
  options: { listen?: ListenOptions; connect?: ConnectOptions } = {},
): Promise<Ends> {
  const own = serverTls.context || serverTls.cert || serverTls.sni ? {} : keyPair(server)
  const listener = await listen('127.0.0.1:0', { tls: { ...own, ...serverTls }, ...options.listen })
  const trusted = clientTls.context ? {} : { ca: ca.cert }
  try {
    const [a, b] = await Promise.all([
      connect(listener.address, { tls: { ...trusted, ...clientTls }, ...options.connect }),
      listener.accept({ timeout: 5000 }),
    ])
    return { client: a, server: b, close: () => Promise.all([a.close(), b.close()]) }
  } finally {
    void listener.close()
  }
}

/** What a client is told when it connects to a server that shows `cert`. */
async function refusal(
  serverTls: TlsServerOptions,
  clientTls: TlsClientOptions = {},
): Promise<Error & { code?: string }> {
  const listener = await listen('127.0.0.1:0', { tls: serverTls })
  const error = await rejection(connect(listener.address, { tls: { ca: ca.cert, ...clientTls } }))
  await listener.close()
  return error
}

async function echo({ client: a, server: b }: Ends): Promise<string> {
  await a.sendAll('ping')
  const got = text(await b.recv())
  await b.sendAll(`${got} pong`)
  return text(await a.recv())
}

describe('a connection in TLS', () => {
  test('carries bytes both ways and tells what was agreed on', async () => {
    const ends = await open()
    expect(await echo(ends)).toBe('ping pong')
    expect(ends.client.tls).toMatchObject({
      protocol: 'TLSv1.3',
      alpn: undefined,
      serverName: '127.0.0.1',
      authorized: true,
      resumed: false,
    })
    expect(ends.client.tls?.cipher).toMatch(/^TLS_/)
    expect(ends.client.tls?.peerCertificate?.subject).toEqual({ CN: 'server' })
    expect(ends.server.tls).toMatchObject({ protocol: 'TLSv1.3', authorized: false })
    expect(ends.server.tls?.peerCertificate).toBeUndefined()
    await ends.close()
  })

  test('has the addresses of the socket below', async () => {
    const ends = await open()
    expect(ends.client.remoteAddress).toEqual(ends.server.localAddress)
    expect(inetOf(ends.client.remoteAddress).hostname).toBe('127.0.0.1')
    await ends.close()
  })

  test('is one in the clear when nobody asks for TLS', async () => {
    const listener = await listen('127.0.0.1:0')
    const a = await connect(listener.address)
    expect(a.tls).toBeUndefined()
    await Promise.all([a.close(), listener.close()])
  })

  test('is asked for by a target of tls:', async () => {
    const listener = await listen('tls://127.0.0.1:0', { tls: keyPair(server) })
    const { port } = inetOf(listener.address)
    const error = await rejection(connect(`tls://127.0.0.1:${port}`))
    expect(error.message).toMatch(/the certificate's issuer 'Test CA' is not known here/)
    expect(await rejection(connect(`tls://127.0.0.1:${port}`, { tls: false }))).toBeInstanceOf(
      TypeError,
    )
    const a = await connect(`tls://localhost:${port}`, { tls: { ca: ca.cert } })
    expect(a.tls?.serverName).toBe('localhost')
    await Promise.all([a.close(), listener.close()])
    expect(await rejection(listen('tls://127.0.0.1:0'))).toBeInstanceOf(TypeError)
  })
})

describe('a failed check is told in plain words', () => {
  const day = (text: string): Date => new Date(`${text}T12:00:00Z`)
  const expired = makeCertificate({
    name: 'old',
    issuer: ca,
    names: LOCAL_NAMES,
    from: day('2020-01-01'),
    to: day('2024-01-01'),
  })
  const early = makeCertificate({
    name: 'early',
    issuer: ca,
    names: LOCAL_NAMES,
    from: day('2070-05-01'),
    to: day('2071-01-01'),
  })
  const foreign = makeCertificate({
    name: 'foreign',
    issuer: makeAuthority('Unknown CA'),
    names: LOCAL_NAMES,
  })
  const self = makeCertificate({ name: 'self', names: LOCAL_NAMES })
  const oldCa = makeCertificate({
    name: 'Old CA',
    isCa: true,
    from: day('2020-01-01'),
    to: day('2024-01-01'),
  })
  const young = makeCertificate({ name: 'young', issuer: oldCa, names: LOCAL_NAMES })
  const nameless = makeCertificate({ name: 'localhost', issuer: ca })

  test.each([
    ['expired', expired, 'CERT_HAS_EXPIRED', /the certificate expired on 2024-01-01 \(/],
    [
      'not valid yet',
      early,
      'CERT_NOT_YET_VALID',
      /the certificate is not valid before 2070-05-01 \(/,
    ],
    [
      'for somebody else',
      other,
      'ERR_TLS_CERT_ALTNAME_INVALID',
      /the certificate is for other\.test, \*\.wild\.test, not for 127\.0\.0\.1 \(/,
    ],
    [
      'without a name but the common one',
      nameless,
      'ERR_TLS_CERT_ALTNAME_INVALID',
      /the certificate has no name of a host, so it is not for 127\.0\.0\.1 \(/,
    ],
    [
      'of an unknown issuer',
      foreign,
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
      /the certificate's issuer 'Unknown CA' is not known here \(/,
    ],
    [
      'signed by itself',
      self,
      'DEPTH_ZERO_SELF_SIGNED_CERT',
      /the certificate of 'self' is signed by itself and is not trusted here \(/,
    ],
  ])('a certificate %s', async (_, made, code, sentence) => {
    const error = await refusal(keyPair(made))
    expect(isTlsError(error, code)).toBe(true)
    expect(error.message).toMatch(sentence)
    expect(error.message).toMatch(/^connect 127\.0\.0\.1:\d+: .* \([A-Z_]+, phase tls, \d+ ms\)$/)
  })

  // Deno takes the word of a trusted root whose time is over.
  test.skipIf(isDeno)('a chain whose issuer has expired', async () => {
    const error = await refusal(
      { cert: [young.cert, oldCa.cert], key: young.key },
      { ca: oldCa.cert },
    )
    expect(isTlsError(error, 'CERT_HAS_EXPIRED')).toBe(true)
    expect(error.message).toContain('a certificate of the chain has expired')
  })

  test('verify: false lets it pass, and says what is wrong', async () => {
    const ends = await open(keyPair(self), { verify: false })
    expect(ends.client.tls).toMatchObject({
      authorized: false,
      authorizationError: 'DEPTH_ZERO_SELF_SIGNED_CERT',
    })
    await ends.close()
  })

  test('serverName is what is asked for and what is compared', async () => {
    const ends = await open(keyPair(other), { serverName: 'a.wild.test' })
    expect(ends.server.tls?.serverName).toBe('a.wild.test')
    await ends.close()
    const error = await refusal(keyPair(other), { serverName: 'a.b.wild.test' })
    expect(error.message).toContain('not for a.b.wild.test')
  })

  test('an address is not asked for by name', async () => {
    const ends = await open()
    expect(ends.server.tls?.serverName).toBeUndefined()
    await ends.close()
  })
})

describe('options', () => {
  test('minVersion and maxVersion: the common ones are used, without one the reason is told', async () => {
    const ends = await open({ maxVersion: 'TLSv1.2' })
    expect(ends.client.tls?.protocol).toBe('TLSv1.2')
    await ends.close()
    const error = await refusal(
      { ...keyPair(server), maxVersion: 'TLSv1.2' },
      { minVersion: 'TLSv1.3' },
    )
    expect(isTlsError(error, 'ERR_TLS_ALERT_PROTOCOL_VERSION')).toBe(true)
    expect(error.message).toContain('the peer accepts no version of TLS that is allowed here')
  })

  test.skipIf(isDeno)('ciphers', async () => {
    const suite = 'ECDHE-ECDSA-AES256-GCM-SHA384'
    const ends = await open({ maxVersion: 'TLSv1.2', ciphers: suite })
    expect(ends.client.tls?.cipher).toBe('TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384')
    await ends.close()
    const error = await refusal(
      { ...keyPair(server), maxVersion: 'TLSv1.2', ciphers: suite },
      { ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256' },
    )
    expect(isTlsError(error, 'ERR_TLS_ALERT_HANDSHAKE_FAILURE')).toBe(true)
  })

  test('alpn: the first protocol of the server that the client offers', async () => {
    const ends = await open({ alpn: ['h2', 'http/1.1'] }, { alpn: ['http/1.1', 'h2'] })
    expect([ends.client.tls?.alpn, ends.server.tls?.alpn]).toEqual(['h2', 'h2'])
    await ends.close()
  })

  test('alpn: nothing in common is no connection', async () => {
    const error = await refusal({ ...keyPair(server), alpn: ['h2'] }, { alpn: ['ftp'] })
    expect(isTlsError(error, 'ERR_TLS_ALERT_NO_APPLICATION_PROTOCOL')).toBe(true)
  })

  test('alpn: a function chooses among those offered', async () => {
    const seen: unknown[] = []
    const alpn = (offered: readonly string[], name: string | undefined): string | undefined => {
      seen.push(offered, name)
      return offered.at(-1)
    }
    const ends = await open({ alpn }, { alpn: ['a', 'b'], serverName: 'localhost' })
    expect(ends.client.tls?.alpn).toBe('b')
    expect(seen).toEqual([['a', 'b'], 'localhost'])
    await ends.close()
  })

  test('pins: a key of the chain has to be among them, whoever vouches', async () => {
    const pinOf = ({ cert }: { cert: string }): string => parseCertificate(cert).spkiSha256
    const chain = { cert: [server.cert, ca.cert], key: server.key }
    await (await open(chain, { pins: [pinOf(server)] })).close()
    await (await open(chain, { pins: [pinOf(stranger), `sha256//${pinOf(ca)}`] })).close()
    const error = await refusal(chain, { pins: [pinOf(stranger)] })
    expect(isTlsError(error, 'ERR_TLS_PIN')).toBe(true)
    expect(error.message).toContain('no key of the certificates is among the pinned ones')
    // Sent along, but it vouches for nobody here.
    const decoy = { cert: [server.cert, stranger.cert], key: server.key }
    expect(isTlsError(await refusal(decoy, { pins: [pinOf(stranger)] }), 'ERR_TLS_PIN')).toBe(true)
    expect(
      isTlsError(await refusal(chain, { pins: [pinOf(stranger)], verify: false }), 'ERR_TLS_PIN'),
    ).toBe(true)
  })

  test('a pin is what openssl and browsers call it', () => {
    const spki = server.publicKey.export({ type: 'spki', format: 'der' })
    const pin = createHash('sha256').update(spki).digest('base64')
    expect(parseCertificate(server.cert).spkiSha256).toBe(pin)
  })

  test.skipIf(isBun || isDeno)('keylog gets lines of an NSS key log on both sides', async () => {
    const lines: string[] = []
    const keylog = (line: string): void => void lines.push(line)
    const ends = await open({ keylog }, { keylog })
    await echo(ends)
    const labels = lines.map((line) => /^([A-Z0-9_]+) [0-9a-f]{64} [0-9a-f]+$/.exec(line)?.[1])
    expect(labels.filter((label) => label === 'CLIENT_HANDSHAKE_TRAFFIC_SECRET')).toHaveLength(2)
    expect(labels).not.toContain(undefined)
    await ends.close()
  })

  // Deno never resumes one of these: its server gives tickets that its client does not use.
  test.skipIf(isDeno).each(['TLSv1.2', 'TLSv1.3'] as const)(
    'sessions are resumed with %s',
    async (version) => {
      const context = openTlsContext({ ...keyPair(server), ca: ca.cert, maxVersion: version })
      const mutual: TlsServerOptions = { context, clientCertificate: 'require' }
      let session: Uint8Array | undefined
      const onSession = (given: Uint8Array): void => {
        session = given
      }
      const first = await open(mutual, { ...keyPair(client), onSession })
      await echo(first)
      await first.close()
      expect(session).toBeInstanceOf(Uint8Array)
      const second = await open(mutual, { ...keyPair(client), session })
      expect([second.client.tls?.resumed, second.server.tls?.resumed]).toEqual([true, true])
      expect(second.client.tls).toMatchObject({ authorized: true })
      expect(second.server.tls).toMatchObject({ authorized: true })
      await echo(second)
      await second.close()
      // A session is held to the name as any other handshake is.
      const listener = await listen('127.0.0.1:0', { tls: mutual })
      const wrong = { ca: ca.cert, ...keyPair(client), session, serverName: 'elsewhere.test' }
      const error = await rejection(connect(listener.address, { tls: wrong }))
      expect(isTlsError(error, 'ERR_TLS_CERT_ALTNAME_INVALID')).toBe(true)
      await listener.close()
    },
  )

  test('a certificate may be DER, and a key as well', async () => {
    const cert = parseCertificate(server.cert).der
    const pkcs8 = server.privateKey.export({ type: 'pkcs8', format: 'der' })
    const sec1 = server.privateKey.export({ type: 'sec1', format: 'der' })
    const encrypted = server.privateKey.export({
      type: 'pkcs8',
      format: 'der',
      cipher: 'aes-256-cbc',
      passphrase: 'secret',
    })
    const trusted = { ca: parseCertificate(ca.cert).der }
    for (const key of [pkcs8, sec1]) await (await open({ cert, key }, trusted)).close()
    await (await open({ cert, key: encrypted, passphrase: 'secret' }, trusted)).close()
    if (isDeno) return
    const error = await rejection(
      listen('127.0.0.1:0', { tls: { cert, key: encrypted, passphrase: 'wrong' } }),
    )
    expect(isTlsError(error, 'ERR_TLS_PASSPHRASE')).toBe(true)
  })

  test.each<[string, TlsServerOptions, string]>([
    ['a key of somebody else', { cert: server.cert, key: other.key }, 'ERR_TLS_KEY_MISMATCH'],
    ['no PEM', { cert: 'certificate', key: server.key }, 'ERR_TLS_NO_PEM'],
    ['no key', { cert: server.cert, key: 'key' }, 'ERR_TLS_NO_PEM'],
    ['unknown ciphers', { ...keyPair(server), ciphers: 'NONE-AT-ALL' }, 'ERR_TLS_CIPHERS'],
    ['no issuer', { ...keyPair(server), ca: 'nobody' }, 'ERR_TLS_NO_PEM'],
    [
      'DER that is cut off',
      { cert: parseCertificate(server.cert).der.slice(0, 50), key: server.key },
      'ERR_TLS_NO_PEM',
    ],
  ])('%s is told when listening begins', async (what, tls, code) => {
    // Deno looks at a key when a client comes.
    if (isDeno && !/PEM|issuer/.test(what)) return
    const error = await rejection(listen('127.0.0.1:0', { tls }))
    expect(error.message).toMatch(/^openTlsContext: .* \(ERR_TLS_[A-Z_]+, phase tls\)$/)
    expect(isTlsError(error, code)).toBe(true)
  })
})

describe('certificates of clients', () => {
  const mutual: TlsServerOptions = { ca: ca.cert, clientCertificate: 'require' }
  const own = keyPair(server)

  test('require: the server knows who it is', async () => {
    const ends = await open({ ...own, ...mutual }, keyPair(client))
    expect(ends.server.tls).toMatchObject({ authorized: true })
    expect(ends.server.tls?.peerCertificate?.subject).toEqual({ CN: 'client' })
    await ends.close()
  })

  test('request: none is fine, a wrong one is not', async () => {
    const asked: TlsServerOptions = { ...own, ca: ca.cert, clientCertificate: 'request' }
    const ends = await open(asked)
    expect(ends.server.tls).toMatchObject({ authorized: false, peerCertificate: undefined })
    await ends.close()
    await refused(asked, keyPair(stranger))
  })

  test.each<[string, TlsClientOptions, RegExp]>([
    ['none', {}, /the peer wants a certificate of us|the peer accepts no cipher/],
    ['one of an unknown issuer', keyPair(stranger), /closed|reset|does not know the issuer/],
  ])('require: %s is refused, and the client hears of it', async (_, tls, sentence) => {
    const heard = await refused({ ...own, ...mutual }, tls)
    // TLS 1.3 tells the client only after it has finished its part: a reset then, where the runtime has one.
    const mayBeQuiet = 'Bun' in globalThis || 'Deno' in globalThis
    if (heard !== undefined || !mayBeQuiet) expect(heard?.message).toMatch(sentence)
  })

  /** The server hands nothing over; what the client heard, if it was told. */
  async function refused(
    serverTls: TlsServerOptions,
    tls: TlsClientOptions,
  ): Promise<Error | undefined> {
    const listener = await listen('127.0.0.1:0', { tls: serverTls })
    const accepted = listener.accept()
    let heard: Error | undefined
    try {
      const a = await connect(listener.address, { tls: { ca: ca.cert, ...tls } })
      await a.recv()
      a.destroy()
    } catch (error) {
      heard = error as Error
    }
    expect(listener.failedHandshakes).toBe(1)
    expect(listener.pending).toBe(0)
    await listener.close()
    await rejection(accepted)
    return heard
  }
})

describe('sni', () => {
  const contexts = {
    other: openTlsContext(keyPair(other)),
    known: openTlsContext({ ...keyPair(other), ca: ca.cert }),
  }

  test.each([
    ['at once', (name: string) => (name === 'other.test' ? contexts.other : undefined)],
    ['later', async (name: string) => (name === 'other.test' ? contexts.other : undefined)],
  ])('picks the certificate %s', async (_, sni) => {
    const both = { ...keyPair(server), sni }
    const ends = await open(both, { serverName: 'other.test' })
    expect(ends.client.tls?.peerCertificate?.subject).toEqual({ CN: 'other' })
    await ends.close()
    const others = await open(both, { serverName: 'localhost' })
    expect(others.client.tls?.peerCertificate?.subject).toEqual({ CN: 'server' })
    await others.close()
  })

  test('a session of a client with a certificate is not resumed: it could be under another name', async () => {
    const asked: TlsServerOptions = {
      context: openTlsContext({ ...keyPair(server), ca: ca.cert }),
      clientCertificate: 'require',
      sni: (name) => (name === 'other.test' ? contexts.known : undefined),
    }
    let session: Uint8Array | undefined
    const onSession = (given: Uint8Array): void => {
      session = given
    }
    const first = await open(asked, { ...keyPair(client), serverName: 'localhost', onSession })
    await echo(first)
    await first.close()
    const second = await open(asked, { ...keyPair(client), serverName: 'localhost', session })
    expect([second.client.tls?.resumed, second.server.tls?.resumed]).toEqual([false, false])
    expect(second.server.tls?.authorized).toBe(true)
    await second.close()
  })

  test('without a default, an unknown name is refused', async () => {
    const error = await refusal({ sni: () => undefined }, { serverName: 'nobody.test' })
    expect(isTlsError(error)).toBe(true)
  })
})

describe('a function of the program that throws closes that connection, never the process', () => {
  const boom = (): never => {
    throw new Error('boom')
  }
  // A test of vitest fails of a rejection that nobody handles.
  const boomLater = async (): Promise<never> => boom()

  test.each<[string, TlsServerOptions]>([
    ['sni', { sni: boom }],
    ['sni, later', { sni: () => Promise.reject(new Error('boom')) }],
    ['sni with something else than a context', { sni: () => ({}) as never }],
    ['alpn', { alpn: boom }],
    ['alpn, async', { alpn: boomLater as never }],
    ['alpn with a protocol that was not offered', { alpn: () => 'x' }],
    ['keylog of the server', { keylog: boom }],
    ['keylog of the server, async', { keylog: boomLater }],
  ])('%s', async (_, tls) => {
    if (tls.keylog && (isBun || isDeno)) return
    const listener = await listen('127.0.0.1:0', { tls: { ...keyPair(server), ...tls } })
    const options = { tls: { ca: ca.cert, serverName: 'localhost', alpn: ['a'] } }
    const error = await rejection(connect(listener.address, options).then((c) => c.recvExactly(1)))
    expect(error).toBeInstanceOf(Error)
    expect(listener.failedHandshakes).toBe(1)
    await listener.close()
  })

  test.skipIf(isBun || isDeno).each([
    ['keylog of the client', boom],
    ['keylog of the client, async', boomLater],
  ])('%s', async (_, keylog) => {
    const error = await refusal(keyPair(server), { keylog })
    expect(isTlsError(error, 'ERR_TLS_CALLBACK')).toBe(true)
    expect(error.message).toContain('the function tls.keylog threw')
    expect((error.cause as Error).message).toBe('boom')
  })

  test.runIf(isBun || isDeno)('keylog where nothing would come is refused', async () => {
    const tls = { keylog: () => {} }
    const error = await rejection(connect('127.0.0.1:9', { tls }))
    expect(error).toMatchObject({ code: 'ERR_UNSUPPORTED' })
  })

  // Deno tells of sessions when the connection is over.
  test.skipIf(isDeno).each([
    ['onSession, after the connection was handed over', boom],
    ['onSession, async', boomLater],
  ])('%s', async (_, onSession) => {
    const ends = await open({}, { onSession })
    await ends.server.sendAll('x')
    const error = await rejection(
      (async () => {
        while ((await ends.client.recv()) !== null);
      })(),
    )
    expect(isTlsError(error, 'ERR_TLS_CALLBACK')).toBe(true)
    expect(error.message).toContain('the function tls.onSession threw')
    await ends.close()
  })
})

describe('a context', () => {
  test('reload exchanges the certificate for those who come later', async () => {
    const context = openTlsContext(keyPair(server))
    const listener = await listen('127.0.0.1:0', { tls: { context } })
    const once = async (): Promise<[Connection, Connection]> =>
      Promise.all([connect(listener.address, { tls: { ca: ca.cert } }), listener.accept()])
    const [before, beforeServer] = await once()
    const renewed = makeCertificate({ name: 'renewed', issuer: ca, names: LOCAL_NAMES })
    context.reload(keyPair(renewed))
    const [after, afterServer] = await once()
    expect(before.tls?.peerCertificate?.subject).toEqual({ CN: 'server' })
    expect(after.tls?.peerCertificate?.subject).toEqual({ CN: 'renewed' })
    await beforeServer.sendAll('still here')
    expect(text(await before.recv())).toBe('still here')
    if (!isDeno)
      expect(() => context.reload({ cert: server.cert, key: other.key })).toThrow(/not belong/)
    const [last, lastServer] = await once()
    expect(last.tls?.peerCertificate?.subject).toEqual({ CN: 'renewed' })
    for (const c of [before, after, last, beforeServer, afterServer, lastServer]) c.destroy()
    await listener.close()
  })

  test.skipIf(isBun || isDeno)(
    'shares its sessions by ticketKeys, and forgets them with a reload',
    async () => {
      const ticketKeys = new Uint8Array(48).fill(7)
      let session: Uint8Array | undefined
      const onSession = (given: Uint8Array): void => {
        session = given
      }
      const resumed = async (context: ReturnType<typeof openTlsContext>): Promise<boolean> => {
        const ends = await open({ context }, { session, onSession })
        await echo(ends)
        await ends.close()
        return ends.client.tls?.resumed === true
      }
      expect(await resumed(openTlsContext({ ...keyPair(server), ticketKeys }))).toBe(false)
      expect(await resumed(openTlsContext({ ...keyPair(server), ticketKeys }))).toBe(true)
      const alone = openTlsContext(keyPair(server))
      expect(await resumed(alone)).toBe(false)
      expect(await resumed(alone)).toBe(true)
      alone.reload(keyPair(server))
      expect(await resumed(alone)).toBe(false)
    },
  )

  test('is shared by clients', async () => {
    const context = openTlsContext({ ca: ca.cert })
    await (await open({}, { context })).close()
    await (await open({}, { context, serverName: 'localhost' })).close()
  })
})

test('systemCertificates gives what the system trusts, or says that the runtime does not tell', () => {
  if (typeof (tls as { getCACertificates?: unknown }).getCACertificates === 'function')
    for (const pem of systemCertificates()) expect(pem).toContain('BEGIN CERTIFICATE')
  else expect(() => systemCertificates()).toThrow(/ does not tell what the system trusts/)
})

describe('who is on the other side', () => {
  test('a client in plain text is closed and never handed over', async () => {
    const listener = await listen('127.0.0.1:0', { tls: keyPair(server) })
    const accepted = listener.accept()
    const plain = await connect(listener.address)
    await plain.sendAll('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
    // An alert, an end or a reset: whatever it is, no answer to the request.
    const heard = await plain.recv(1024).catch(() => null)
    expect(text(heard)).not.toContain('HTTP')
    await plain.recv(1024).catch(() => null)
    expect(listener.failedHandshakes).toBe(1)
    // The next one is served.
    const [a, b] = await Promise.all([
      connect(listener.address, { tls: { ca: ca.cert } }),
      accepted,
    ])
    for (const c of [plain, a, b]) c.destroy()
    await listener.close()
  })

  test('a server in plain text does not speak TLS', async () => {
    const plain = net.createServer((socket) => {
      socket.on('error', () => {}).resume()
      socket.end('220 ready, and glad to see you\r\n')
    })
    await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve))
    const { port } = plain.address() as net.AddressInfo
    const error = await rejection(connect(`127.0.0.1:${port}`, { tls: true }))
    expect(isTlsError(error, 'ERR_TLS_NOT_TLS')).toBe(true)
    expect(error.message).toMatch(/^connect 127\.0\.0\.1:\d+: the peer does not speak TLS \(/)
    await new Promise((resolve) => plain.close(resolve))
  })

  test('a server that closes at once', async () => {
    const rude = net.createServer((socket) => socket.resume().end())
    await new Promise<void>((resolve) => rude.listen(0, '127.0.0.1', resolve))
    const { port } = rude.address() as net.AddressInfo
    const error = await rejection(connect(`127.0.0.1:${port}`, { tls: true }))
    expect(isTlsError(error, 'ECONNRESET')).toBe(true)
    expect(error.message).toContain('the peer closed the connection during the handshake')
    await new Promise((resolve) => rude.close(resolve))
  })

  test('nobody at all is an error of the connect phase', async () => {
    const error = await rejection(connect(`127.0.0.1:${await freePort()}`, { tls: true }))
    expect(error.message).toContain('connection refused')
  })
})

describe('a handshake has an end', () => {
  /** Accepts, and says nothing. */
  async function silent(): Promise<{ port: number; sockets: net.Socket[]; close: () => void }> {
    const sockets: net.Socket[] = []
    const server = net.createServer((socket) => sockets.push(socket.on('error', () => {})))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as net.AddressInfo
    return {
      port,
      sockets,
      close: () => {
        for (const socket of sockets) socket.destroy()
        server.close()
      },
    }
  }

  test('timeout.tls for a client', async () => {
    const { port, close } = await silent()
    const error = await rejection(connect(`127.0.0.1:${port}`, { tls: true, timeout: { tls: 20 } }))
    expect(isTimeoutError(error, 'tls')).toBe(true)
    expect(error.message).toMatch(/^connect 127\.0\.0\.1:\d+: no TLS session within 20 ms \(/)
    close()
  })

  test('timeout.tls for a server, on its own clock, while others are served', async () => {
    const clock = new FakeClock()
    const system = fakeSystem({ clock })
    const listener = await listen('127.0.0.1:0', { tls: keyPair(server), system })
    const lurker = await connect(listener.address)
    const [a, b] = await Promise.all([
      connect(listener.address, { tls: { ca: ca.cert } }),
      listener.accept(),
    ])
    expect(listener.handshakes).toBe(1)
    await clock.advance(11_000)
    expect(await lurker.recv().catch(() => null)).toBeNull()
    expect([listener.handshakes, listener.failedHandshakes]).toEqual([0, 1])
    for (const c of [lurker, a, b]) c.destroy()
    await listener.close()
  })

  test('signal for a client', async () => {
    const { port, sockets, close } = await silent()
    const { signal, abort } = watched()
    const tried = rejection(connect(`127.0.0.1:${port}`, { tls: true, signal }))
    while (sockets.length === 0) await new Promise(setImmediate)
    const socket = sockets[0] as net.Socket
    const closed = new Promise((resolve) => socket.once('close', resolve))
    abort(new Error('enough'))
    expect((await tried).message).toBe('enough')
    socket.resume()
    await closed
    close()
  })

  test('limits.handshakes bounds those under way', async () => {
    const listener = await listen('127.0.0.1:0', {
      tls: keyPair(server),
      limits: { handshakes: 2 },
    })
    const lurkers = await Promise.all([1, 2, 3].map(() => connect(listener.address)))
    const ends = lurkers.map((c) => c.recv().catch(() => null))
    await Promise.race(ends)
    expect([listener.handshakes, listener.refused]).toEqual([2, 1])
    await listener.close()
    await Promise.all(ends)
    for (const c of lurkers) c.destroy()
  })

  function watched(): { signal: AbortSignal; abort: (reason: unknown) => void } {
    const controller = new AbortController()
    return { signal: controller.signal, abort: (reason) => controller.abort(reason) }
  }
})

describe('options that make no sense are refused before anything is sent', () => {
  test.each<[string, unknown, typeof TypeError | typeof SyntaxError | typeof RangeError, RegExp]>([
    ['an unknown key', { servername: 'x' }, TypeError, /no option 'servername'/],
    [
      'a name with a line break',
      { serverName: 'a\r\nb' },
      SyntaxError,
      /is not the name of a host/,
    ],
    ['a name with a NUL', { serverName: 'a.test\0.b.test' }, SyntaxError, /is not the name/],
    ['a name that is none', { serverName: 1 }, TypeError, /must be a string/],
    ['verify as text', { verify: 'no' }, TypeError, /tls\.verify must be a boolean/],
    ['an old version', { minVersion: 'TLSv1' }, TypeError, /TLSv1\.2 or TLSv1\.3/],
    [
      'versions the wrong way',
      { minVersion: 'TLSv1.3', maxVersion: 'TLSv1.2' },
      RangeError,
      /older/,
    ],
    ['a pin that is none', { pins: ['abc'] }, TypeError, /is not a SHA-256/],
    ['no pins', { pins: [] }, TypeError, /at least one pin/],
    ['alpn as text', { alpn: 'h2' }, TypeError, /must be a list/],
    ['an empty protocol', { alpn: [''] }, RangeError, /1 to 255 bytes/],
    ['a certificate without a key', { cert: 'x' }, TypeError, /needs tls\.key/],
    ['a session as text', { session: 'x' }, TypeError, /must be bytes/],
    ["a context of one's own making", { context: {} }, TypeError, /openTlsContext/],
    [
      'a context and its parts',
      { context: openTlsContext({}), ca: ca.cert },
      TypeError,
      /belongs to/,
    ],
    ['something else', 'yes', TypeError, /must be an object/],
  ])('client: %s', async (_, tls, type, sentence) => {
    const system = fakeSystem({
      connect: () => {
        throw new Error('a socket was opened')
      },
    })
    const error = await rejection(connect('127.0.0.1:9', { tls: tls as TlsClientOptions, system }))
    expect(error).toBeInstanceOf(type)
    expect(error.message).toMatch(sentence)
  })

  test.each<[string, unknown, RegExp]>([
    ['nothing to show', {}, /needs cert and key/],
    ['an option of clients', { ...keyPair(server), verify: false }, /no option 'verify'/],
    ['clientCertificate: true', { ...keyPair(server), clientCertificate: true }, /'request' or/],
    ['ticket keys too short', { ...keyPair(server), ticketKeys: new Uint8Array(3) }, /48 bytes/],
    ['sni as text', { ...keyPair(server), sni: 'x' }, /must be a function/],
  ])('server: %s', async (_, tls, sentence) => {
    const error = await rejection(listen('127.0.0.1:0', { tls: tls as TlsServerOptions }))
    expect(error).toBeInstanceOf(TypeError)
    expect(error.message).toMatch(sentence)
  })
})
