import { connect, listen, text, udp } from '@sluice/socket'
import { expect, test } from 'vitest'
import { describeWith, file, folder, start, startServer } from '../../../../scripts/interop/peer.ts'
import { LOCAL_NAMES, makeAuthority, makeCertificate } from '../certificates.ts'
import { inetOf } from '../kit.ts'

const authority = makeAuthority()
const leaf = makeCertificate({ name: 'leaf', names: LOCAL_NAMES, issuer: authority })

const SERVER = `
import socket, ssl, sys
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(('127.0.0.1', int(sys.argv[1])))
s.listen()
context = None
if len(sys.argv) > 2:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[2], sys.argv[3])
while True:
    c, _ = s.accept()
    try:
        if context: c = context.wrap_socket(c, server_side=True)
        data = b''
        while True:
            more = c.recv(1024)
            if not more: break
            data += more
            if data.endswith(b'\\n'): break
        c.sendall(data.upper())
        c.close()
    except OSError:
        pass
`

const CLIENT = `
import socket, ssl, sys
c = socket.create_connection(('127.0.0.1', int(sys.argv[1])))
if len(sys.argv) > 2:
    context = ssl.create_default_context(cafile=sys.argv[2])
    c = context.wrap_socket(c, server_hostname='localhost')
c.sendall(b'hello from python\\n')
print(c.recv(1024).decode(), end='')
c.close()
`

describeWith(['python3'], "Python's socket and ssl", () => {
  test.each([[false], [true]])('their server, our client, TLS %s', async (isTls) => {
    const where = folder()
    const args = isTls ? [file(where, 'cert.pem', leaf.cert), file(where, 'key.pem', leaf.key)] : []
    const server = await startServer('python3', (port) => ['-c', SERVER, String(port), ...args])
    const connection = await connect(
      `127.0.0.1:${server.port}`,
      isTls ? { tls: { ca: authority.cert } } : {},
    )
    await connection.sendAll('hello from us\n')
    expect(text(await connection.recvLine())).toBe('HELLO FROM US')
    await connection.close()
  })

  test.each([[false], [true]])('our server, their client, TLS %s', async (isTls) => {
    const tls = isTls ? { tls: { cert: leaf.cert, key: leaf.key } } : {}
    await using listener = await listen('127.0.0.1:0', tls)
    const args = isTls ? [file(folder(), 'ca.pem', authority.cert)] : []
    const peer = start('python3', '-c', CLIENT, String(inetOf(listener.address).port), ...args)
    const accepted = await listener.accept()
    expect(text(await accepted.recvLine())).toBe('hello from python')
    await accepted.sendAll('and back')
    await accepted.close()
    expect(await peer.done).toBe(0)
    expect(peer.output()).toBe('and back')
  })

  test('datagrams both ways', async () => {
    await using socket = await udp('127.0.0.1:0')
    const script = `
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.sendto(b'ping', ('127.0.0.1', int(sys.argv[1])))
print(s.recvfrom(100)[0].decode(), end='')`
    const peer = start('python3', '-c', script, String(inetOf(socket.address).port))
    const { data, address } = await socket.recv({ timeout: 10_000 })
    expect(text(data)).toBe('ping')
    await socket.send('pong', address)
    expect(await peer.done).toBe(0)
    expect(peer.output()).toBe('pong')
  })
})
