import { connect, listen, text } from '@sluice/socket'
import { isTlsError } from '@sluice/socket/errors'
import { startTls } from '@sluice/socket/tls'
import { expect, test } from 'vitest'
import {
  describeWith,
  file,
  folder,
  start,
  startServer,
  until,
} from '../../../../scripts/interop/peer.ts'
import { LOCAL_NAMES, makeAuthority, makeCertificate } from '../certificates.ts'
import { inetOf, rejection } from '../kit.ts'

const authority = makeAuthority()
const leaf = makeCertificate({ name: 'leaf', names: LOCAL_NAMES, issuer: authority })
const client = makeCertificate({ name: 'client', issuer: authority })

function files() {
  const where = folder()
  return {
    cert: file(where, 'cert.pem', leaf.cert),
    key: file(where, 'key.pem', leaf.key),
    ca: file(where, 'ca.pem', authority.cert),
    clientCert: file(where, 'client.pem', client.cert),
    clientKey: file(where, 'client-key.pem', client.key),
  }
}

describeWith(['openssl'], 'openssl', () => {
  test.each([
    ['-tls1_2', 'TLSv1.2'],
    ['-tls1_3', 'TLSv1.3'],
  ])('our client with s_server %s', async (flag, protocol) => {
    const { cert, key } = files()
    const server = await startServer('openssl', (port) => [
      's_server',
      '-quiet',
      '-accept',
      `127.0.0.1:${port}`,
      '-cert',
      cert,
      '-key',
      key,
      '-rev',
      flag,
      '-alpn',
      'echo',
    ])
    const connection = await connect(`tls://127.0.0.1:${server.port}`, {
      tls: { ca: authority.cert, alpn: ['echo'] },
    })
    expect(connection.tls).toMatchObject({ protocol, alpn: 'echo', authorized: true })
    await connection.sendAll('stressed\n')
    expect(text(await connection.recvLine())).toBe('desserts')
    await connection.close()
    const stranger = await rejection(connect(`tls://127.0.0.1:${server.port}`))
    expect(isTlsError(stranger)).toBe(true)
    expect(stranger.message).toMatch(/issuer|signed/)
  })

  test('s_server that wants a certificate gets ours', async () => {
    const { cert, key, ca } = files()
    const server = await startServer('openssl', (port) => [
      's_server',
      '-quiet',
      '-accept',
      `127.0.0.1:${port}`,
      '-cert',
      cert,
      '-key',
      key,
      '-CAfile',
      ca,
      '-Verify',
      '1',
      '-verify_return_error',
      '-rev',
    ])
    const connection = await connect(`tls://127.0.0.1:${server.port}`, {
      tls: { ca: authority.cert, cert: client.cert, key: client.key },
    })
    await connection.sendAll('abc\n')
    expect(text(await connection.recvLine())).toBe('cba')
    await connection.close()
  })

  test('s_client with our server: verifies us, shows its certificate, resumes', async () => {
    const { ca, clientCert, clientKey } = files()
    const tls = {
      cert: leaf.cert,
      key: leaf.key,
      ca: authority.cert,
      clientCertificate: 'require',
    } as const
    await using listener = await listen('127.0.0.1:0', { tls })
    const { port } = inetOf(listener.address)
    const peer = start(
      'openssl',
      's_client',
      '-connect',
      `127.0.0.1:${port}`,
      '-servername',
      'localhost',
      '-CAfile',
      ca,
      '-verify_return_error',
      '-cert',
      clientCert,
      '-key',
      clientKey,
      '-quiet',
    )
    const accepted = await listener.accept()
    expect(accepted.tls).toMatchObject({ serverName: 'localhost', authorized: true })
    expect(accepted.tls?.peerCertificate?.subject).toMatchObject({ CN: 'client' })
    peer.child.stdin?.write('hello from openssl\n')
    expect(text(await accepted.recvLine())).toBe('hello from openssl')
    await accepted.sendAll('and hello back\n')
    await until(peer, /and hello back/)
    await accepted.close()
    expect(await peer.done).toBe(0)
    const bare = start('openssl', 's_client', '-connect', `127.0.0.1:${port}`, '-quiet')
    expect(await bare.done).not.toBe(0)
    expect(listener.failedHandshakes).toBe(1)
  })

  test('s_client -starttls smtp with a server that upgrades', async () => {
    const { ca } = files()
    await using listener = await listen('127.0.0.1:0')
    const { port } = inetOf(listener.address)
    const peer = start(
      'openssl',
      's_client',
      '-starttls',
      'smtp',
      '-connect',
      `127.0.0.1:${port}`,
      '-CAfile',
      ca,
      '-verify_return_error',
      '-verify_ip',
      '127.0.0.1',
      '-quiet',
    )
    const plain = await listener.accept()
    await plain.sendAll('220 ready\r\n')
    expect(text(await plain.recvLine())).toMatch(/^EHLO/)
    await plain.sendAll('250-here\r\n250 STARTTLS\r\n')
    expect(text(await plain.recvLine())).toBe('STARTTLS')
    await plain.sendAll('220 go on\r\n')
    const secure = await startTls(plain, { side: 'server', cert: leaf.cert, key: leaf.key })
    peer.child.stdin?.write('NOOP\r\n')
    expect(text(await secure.recvLine())).toBe('NOOP')
    await secure.close()
    await peer.done
  })
})
