/** Python's usual programs, as a TypeScript user writes them: typeshed's types, and no cast. */
import { kw, socket, socketserver, ssl } from '@sluice/socket/python'
import { expectTypeOf, it } from 'vitest'

it('a handler of socketserver has a request that can be asked', () => {
  class Echo extends socketserver.BaseRequestHandler {
    override async handle() {
      const data: Uint8Array = await this.request.recv(1024)
      await this.request.sendall(data)
      const [host, port] = this.client_address
      this.server.greet(`${host}:${port}`)
    }
  }
  class Lines extends socketserver.StreamRequestHandler {
    override async handle() {
      expectTypeOf(this.request).toEqualTypeOf<socket.socket>()
      expectTypeOf(await this.rfile.readline()).toEqualTypeOf<Uint8Array>()
      expectTypeOf(await this.rfile.read(10)).toEqualTypeOf<Uint8Array>()
      for await (const line of this.rfile) await this.wfile.write(line)
    }
  }
  class Datagram extends socketserver.BaseRequestHandler {
    override async handle() {
      const [data, sender] = this.request
      await sender.sendto(data, this.client_address)
    }
  }
  class Packets extends socketserver.DatagramRequestHandler {
    override async handle() {
      const [data, sender] = this.request
      expectTypeOf(data).toEqualTypeOf<Uint8Array>()
      expectTypeOf(sender).toEqualTypeOf<socket.socket>()
      await this.wfile.write(await this.rfile.read())
    }
  }
  return [Echo, Lines, Datagram, Packets]
})

it('a server says where it listens', async () => {
  const server = socketserver.ThreadingTCPServer(['', 0], socketserver.StreamRequestHandler)
  await server.ready
  const s = await socket.create_connection(server.server_address, 5)
  expectTypeOf(s).toEqualTypeOf<socket.socket>()
})

it('a socket gives bytes, and its files bytes or text', async () => {
  const s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
  await s.connect(['127.0.0.1', 80])
  expectTypeOf(await s.recv(1024)).toEqualTypeOf<Uint8Array>()
  const [data, address] = await s.recvfrom(1024)
  expectTypeOf(data).toEqualTypeOf<Uint8Array>()
  await s.sendto(data, address)
  const bytes = s.makefile('rb')
  expectTypeOf(await bytes.read()).toEqualTypeOf<Uint8Array>()
  expectTypeOf(await bytes.readline()).toEqualTypeOf<Uint8Array>()
  const text = s.makefile('r', kw({ encoding: 'utf-8' }))
  expectTypeOf(await text.readline()).toEqualTypeOf<string>()
  for await (const line of s.makefile()) expectTypeOf(line).toEqualTypeOf<string>()
  const [connection, peer] = await s.accept()
  expectTypeOf(connection).toEqualTypeOf<socket.socket>()
  expectTypeOf(peer).not.toBeUnknown()
})

it('a context wraps a socket', async () => {
  const s = await socket.create_connection(['127.0.0.1', 443])
  const context = ssl.create_default_context()
  const secure = await context.wrap_socket(s, kw({ server_hostname: 'localhost' }))
  expectTypeOf(secure).toEqualTypeOf<ssl.SSLSocket>()
  expectTypeOf(await secure.recv(10)).toEqualTypeOf<Uint8Array>()
  expectTypeOf(secure.version()).toEqualTypeOf<string | null>()
})
