import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { builtins, kw, selectors, socket, socketserver, ssl } from '../src/python.ts'
import { LOCAL_NAMES, makeAuthority, makeCertificate } from './certificates.ts'
import { rejection } from './kit.ts'

// The programs of Python's own documentation, with `await` where Python waits.

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const text = (data: unknown): string => new TextDecoder().decode(data as Uint8Array)

class UpperHandler extends socketserver.StreamRequestHandler {
  override async handle(): Promise<void> {
    const line = await this.rfile.readline()
    await this.wfile.write(bytes(text(line).toUpperCase()))
  }
}

/** Runs a server while `program` runs. */
async function serving<S extends InstanceType<typeof socketserver.BaseServer>>(
  server: S,
  program: (server: S) => Promise<void>,
): Promise<void> {
  await server.ready
  const over = server.serve_forever(kw({ poll_interval: 10 }))
  try {
    await program(server)
  } finally {
    await server.shutdown()
    await over
    await server.server_close()
  }
}

describe('socketserver', () => {
  it('answers over TCP with a handler class, side by side', async () => {
    const server = socketserver.ThreadingTCPServer(['127.0.0.1', 0], UpperHandler)
    await serving(server, async ({ server_address }) => {
      // The first says nothing yet, and the second is answered.
      await using slow = await socket.create_connection(server_address)
      await using quick = await socket.create_connection(server_address)
      await quick.sendall(bytes('hello\n'))
      expect(text(await quick.recv(1024))).toBe('HELLO\n')
      expect(await quick.recv(1024)).toHaveLength(0)
      await slow.sendall(bytes('late\n'))
      expect(text(await slow.recv(1024))).toBe('LATE\n')
    })
    expect(server.fileno()).toBe(-1)
  })

  it('answers datagrams, and takes a mix-in as Python writes it', async () => {
    class Handler extends socketserver.DatagramRequestHandler {
      override async handle(): Promise<void> {
        await this.wfile.write(bytes(`got ${text(await this.rfile.read())}`))
      }
    }
    class Server extends socketserver.ThreadingMixIn(socketserver.UDPServer) {}
    await serving(new Server(['127.0.0.1', 0], Handler), async ({ server_address }) => {
      await using client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
      client.settimeout(5)
      await client.sendto(bytes('ping'), server_address)
      const [data, address] = await client.recvfrom(100)
      expect([text(data), address]).toEqual(['got ping', server_address])
    })
  })

  it('takes class attributes as statics and as fields, and tells a failed start', async () => {
    class Six extends socketserver.TCPServer {
      override address_family = socket.AF_INET6
    }
    class Reuse extends socketserver.TCPServer {
      static override allow_reuse_address = true
    }
    await using six = new Six(['::1', 0], UpperHandler)
    await using reuse = new Reuse(['127.0.0.1', 0], UpperHandler)
    await Promise.all([six.ready, reuse.ready])
    expect(six.server_address).toHaveLength(4)
    const option = reuse.socket.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR)
    expect([option, reuse.allow_reuse_address]).toEqual([1, true])
    const taken = new socketserver.TCPServer(reuse.server_address, UpperHandler)
    expect(await rejection(taken.ready)).toMatchObject({ errno: expect.any(Number) })
  })

  it('gives what a handler throws to handle_error, and goes on', async () => {
    class Failing extends socketserver.BaseRequestHandler {
      override handle(): never {
        throw new builtins.ValueError('no')
      }
    }
    const told: unknown[] = []
    class Server extends socketserver.TCPServer {
      override handle_error(_request: unknown, _client: unknown, error?: unknown): null {
        told.push((error as Error).message)
        return null
      }
    }
    await using server = new Server(['127.0.0.1', 0], Failing)
    await server.ready
    for (let i = 0; i < 2; i++) {
      await using client = await socket.create_connection(server.server_address)
      await server.handle_request()
      expect(await client.recv(1)).toHaveLength(0)
    }
    expect(told).toEqual(['no', 'no'])
  })

  it('calls handle_timeout when nothing comes in time', async () => {
    let count = 0
    class Server extends socketserver.TCPServer {
      override timeout = 0.01
      override handle_timeout(): void {
        count++
      }
    }
    await using server = new Server(['127.0.0.1', 0], UpperHandler)
    await server.handle_request()
    expect(count).toBe(1)
  })
})

describe('selectors', () => {
  it('serve an echo without a task for each client', async () => {
    await using server = await socket.create_server(['127.0.0.1', 0])
    server.setblocking(false)
    using selector = selectors.DefaultSelector()
    selector.register(server, selectors.EVENT_READ, 'accept')
    const client = socket.create_connection(server.getsockname()).then(async (s) => {
      await s.sendall(bytes('hello'))
      const answer = text(await s.recv(100))
      s.close()
      return answer
    })
    for (let open = true; open; )
      for (const [key] of await selector.select(5)) {
        if (key.data === 'accept') {
          const [accepted] = await server.accept()
          accepted.setblocking(false)
          selector.register(accepted, selectors.EVENT_READ)
          continue
        }
        const peer = key.fileobj as socket.socket
        const data = await peer.recv(1024)
        if (data.length > 0) await peer.sendall(data)
        else {
          selector.unregister(peer)
          peer.close()
          open = false
        }
      }
    expect(await client).toBe('hello')
  })

  it('tell what happens together, lose nothing by looking, and end in time', async () => {
    const [a, b] = await socket.socketpair()
    using selector = selectors.SelectSelector()
    const key = selector.register(a, selectors.EVENT_READ | selectors.EVENT_WRITE, kw({ data: 7 }))
    expect([...key]).toEqual([a, a.fileno(), 3, 7])
    expect(await selector.select(0)).toEqual([[key, selectors.EVENT_WRITE]])
    await b.sendall(bytes('x'))
    selector.modify(a, selectors.EVENT_READ)
    expect(await selector.select(5)).toHaveLength(1)
    expect(text(await a.recv(10))).toBe('x')
    expect(await selector.select(0.01)).toEqual([])
    a.close()
    expect(selector.get_map()?.size).toBe(1)
    expect(selector.unregister(a).fileobj).toBe(a)
    b.close()
  })

  it('take the timeout by its name', async () => {
    using selector = selectors.DefaultSelector()
    expect(await selector.select(kw({ timeout: 0 }))).toEqual([])
    expect(await rejection(selector.select(kw({ tiemout: 0 })))).toBeInstanceOf(TypeError)
  })

  it('tell of a connection that nobody waits for', async () => {
    await using server = await socket.create_server(['127.0.0.1', 0])
    await using client = socket.socket()
    client.setblocking(false)
    // EINPROGRESS of Linux, macOS and Windows.
    expect([115, 36, 112]).toContain(await client.connect_ex(server.getsockname()))
    using selector = selectors.DefaultSelector()
    selector.register(client, selectors.EVENT_WRITE)
    expect(await selector.select(5)).toHaveLength(1)
    expect(client.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)).toBe(0)
    expect(client.getpeername()).toEqual(server.getsockname())
  })
})

describe('memory of the caller', () => {
  it('takes as much as is asked for by name', async () => {
    const [a, b] = await socket.socketpair()
    await a.sendall(bytes('hello'))
    const memory = new Uint8Array(10)
    expect(await b.recv_into(memory, kw({ nbytes: 2 }))).toBe(2)
    expect((await b.recvfrom_into(memory, kw({ nbytes: 1, flags: socket.MSG_PEEK })))[0]).toBe(1)
    expect(await b.recv_into(kw({ buffer: memory }))).toBe(3)
    expect(text(memory.subarray(0, 3))).toBe('llo')
    a.close()
    b.close()
  })
})

describe('ssl', () => {
  const authority = makeAuthority()
  const made = makeCertificate({ name: 'localhost', issuer: authority, names: LOCAL_NAMES })
  let folder = ''
  let file: (name: string) => string

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ssl-'))
    file = (name) => join(folder, name)
    await writeFile(file('ca.pem'), authority.cert)
    await writeFile(file('cert.pem'), made.cert)
    await writeFile(file('key.pem'), made.key)
  })
  afterAll(() => rm(folder, { recursive: true }))

  /** A server that takes one connection in TLS, sends back what it reads, and tells what it saw. */
  async function once(): Promise<[address: [string, number], saw: Promise<unknown>]> {
    const context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(file('cert.pem'), file('key.pem'))
    context.set_alpn_protocols(['echo'])
    const server = await socket.create_server(['127.0.0.1', 0])
    const secure = await context.wrap_socket(server, kw({ server_side: true }))
    const saw = secure.accept().then(
      async ([peer]) => {
        await peer.sendall(await peer.recv(100))
        const version = peer.version()
        peer.close()
        secure.close()
        return version
      },
      (error: unknown) => {
        secure.close()
        return error
      },
    )
    return [secure.getsockname() as unknown as [string, number], saw]
  }

  it('create_default_context().wrap_socket() checks the server and speaks to it', async () => {
    const [address, saw] = await once()
    const context = ssl.create_default_context(kw({ cafile: file('ca.pem') }))
    context.set_alpn_protocols(['echo'])
    const plain = await socket.create_connection(address)
    const secure = await context.wrap_socket(plain, kw({ server_hostname: 'localhost' }))
    expect(plain.fileno()).toBe(-1)
    await secure.sendall(bytes('hello'))
    expect(text(await secure.recv(100))).toBe('hello')
    expect(await secure.recv(100)).toHaveLength(0)
    expect([secure.version(), secure.selected_alpn_protocol()]).toEqual(['TLSv1.3', 'echo'])
    expect(secure.cipher()?.[1]).toBe('TLSv1.3')
    const certificate = secure.getpeercert() as { subject: unknown; subjectAltName: unknown }
    expect(certificate.subject).toEqual([[['commonName', 'localhost']]])
    expect(certificate.subjectAltName).toContainEqual(['IP Address', '127.0.0.1'])
    expect(secure.getpeercert(kw({ binary_form: false }))).toEqual(certificate)
    expect(secure.getpeercert(kw({ binary_form: true }))).toEqual(
      ssl.PEM_cert_to_DER_cert(made.cert),
    )
    expect(ssl.match_hostname(certificate as never, 'localhost')).toBeNull()
    secure.close()
    expect(await saw).toBe('TLSv1.3')
  })

  it.each<[title: string, ca: boolean, host: string]>([
    ['an issuer that nobody knows', false, 'localhost'],
    ['another name', true, 'other.example'],
  ])('refuses %s', async (_, ca, host) => {
    const [address, saw] = await once()
    const context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if (ca) context.load_verify_locations(file('ca.pem'))
    const plain = await socket.create_connection(address)
    const error = await rejection(context.wrap_socket(plain, kw({ server_hostname: host })))
    expect(error).toBeInstanceOf(ssl.SSLCertVerificationError)
    expect(error.message).toContain('CERTIFICATE_VERIFY_FAILED')
    await saw
  })

  it('checks the chain alone with check_hostname off, and nothing with CERT_NONE', async () => {
    for (const [mode, ca, isFine] of [
      [ssl.CERT_REQUIRED, true, true],
      [ssl.CERT_REQUIRED, false, false],
      [ssl.CERT_NONE, false, true],
    ] as const) {
      const [address, saw] = await once()
      const context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
      context.check_hostname = false
      context.verify_mode = mode
      if (ca) context.load_verify_locations(file('ca.pem'))
      const plain = await socket.create_connection(address)
      const work = context.wrap_socket(plain, kw({ server_hostname: 'other.example' }))
      if (isFine) {
        const secure = await work
        await secure.sendall(bytes('x'))
        expect(text(await secure.recv(1))).toBe('x')
        secure.close()
      } else expect(await rejection(work)).toBeInstanceOf(ssl.SSLCertVerificationError)
      await saw
    }
  })

  it('keeps Python’s rules between settings', async () => {
    const client = ssl.SSLContext(kw({ protocol: ssl.PROTOCOL_TLS_CLIENT }))
    expect([client.check_hostname, client.verify_mode]).toEqual([true, ssl.CERT_REQUIRED])
    client.load_verify_locations(file('ca.pem'))
    expect(client.get_ca_certs(kw({ binary_form: true }))).toEqual([
      ssl.PEM_cert_to_DER_cert(authority.cert),
    ])
    const context = ssl.create_default_context()
    expect(() => {
      context.verify_mode = ssl.CERT_NONE
    }).toThrow(builtins.ValueError)
    const plain = socket.socket()
    expect(await rejection(context.wrap_socket(plain))).toBeInstanceOf(builtins.ValueError)
    plain.close()
    expect(() => context.load_cert_chain(file('none.pem'))).toThrow(builtins.FileNotFoundError)
    // Deno compares the two when a handshake needs them, no earlier.
    if (!('Deno' in globalThis))
      expect(() => context.load_cert_chain(file('ca.pem'), file('key.pem'))).toThrow(ssl.SSLError)
  })

  it('gives random bytes, and says that they are good', () => {
    expect(ssl.RAND_bytes(32)).toHaveLength(32)
    const [bytes, isGood] = ssl.RAND_pseudo_bytes(5)
    expect([bytes.length, isGood, ssl.RAND_status()]).toEqual([5, true, true])
    expect(bytes).not.toBeInstanceOf(Buffer)
  })

  it('get_server_certificate() gives what a server shows', async () => {
    const [address, saw] = await once()
    const pem = await ssl.get_server_certificate(address)
    expect(ssl.PEM_cert_to_DER_cert(pem)).toEqual(ssl.PEM_cert_to_DER_cert(made.cert))
    await saw
  })
})
