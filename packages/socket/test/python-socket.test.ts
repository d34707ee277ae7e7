import { describe, expect, it } from 'vitest'
import { NetError } from '../src/errors.ts'
import { translate } from '../src/io/python/os-errors.ts'
import { builtins, kw, socket } from '../src/python.ts'
import { freePort, rejection } from './kit.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const text = (data: unknown): string => new TextDecoder().decode(data as Uint8Array)

/** A connection over loopback, both ends. */
function pair(): Promise<[socket.socket, socket.socket]> {
  return socket.socketpair(socket.AF_INET)
}

describe('socket.socket', () => {
  it('does what the verbs of BSD do', async () => {
    await using server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    await server.bind(['127.0.0.1', 0])
    await server.listen(1)
    await using client = new socket.socket()
    await client.connect(server.getsockname())
    const [peer, address] = await server.accept()
    expect(address).toEqual(client.getsockname())
    expect(await client.send(bytes('hello'))).toBe(5)
    expect(text(await peer.recv(2))).toBe('he')
    const target = new Uint8Array(8)
    expect(await peer.recv_into(target)).toBe(3)
    expect(text(target.subarray(0, 3))).toBe('llo')
    await client.shutdown(socket.SHUT_WR)
    expect(await peer.recv(10)).toHaveLength(0)
    peer.close()
    expect([peer.fileno(), peer.toString()]).toEqual([
      -1,
      '<socket.socket [closed] fd=-1, family=2, type=1, proto=0>',
    ])
  })

  it('keeps to settimeout(), in seconds', async () => {
    const [a, b] = await pair()
    a.settimeout(0.01)
    const late = await rejection(a.recv(1))
    expect(late).toBeInstanceOf(builtins.TimeoutError)
    expect([late.message, late instanceof socket.timeout]).toEqual(['timed out', true])
    a.setblocking(false)
    expect(await rejection(a.recv(1))).toBeInstanceOf(builtins.BlockingIOError)
    expect([a.gettimeout(), a.getblocking()]).toEqual([0, false])
    await b.sendall(bytes('x'))
    let got: Uint8Array | undefined
    // A program that polls sees what came: each call lets the event loop turn.
    while (got === undefined) got = await a.recv(1).catch(() => undefined)
    expect(text(got)).toBe('x')
    a.close()
    b.close()
  })

  it('looks with MSG_PEEK, waits for all with MSG_WAITALL', async () => {
    const [a, b] = await pair()
    await b.sendall(bytes('abc'))
    expect(text(await a.recv(3, socket.MSG_PEEK))).toBe('abc')
    const all = a.recv(6, socket.MSG_WAITALL)
    await b.sendmsg([bytes('de'), bytes('f')])
    expect(text(await all)).toBe('abcdef')
    b.close()
    expect(await a.recv(1, socket.MSG_PEEK)).toHaveLength(0)
    a.close()
  })

  it('sends without waiting only what there is room for', async () => {
    const [a, b] = await pair()
    a.setblocking(false)
    let sent = 0
    for (;;) {
      const count = await a.send(new Uint8Array(1_000_000)).catch((error: unknown) => error)
      if (typeof count !== 'number') {
        expect(count).toBeInstanceOf(builtins.BlockingIOError)
        break
      }
      sent += count
    }
    expect(sent).toBeGreaterThan(0)
    a.setblocking(true)
    a.close()
    let received = 0
    for (let data = await b.recv(65_536); data.length > 0; data = await b.recv(65_536))
      received += data.length
    expect(received).toBe(sent)
    b.close()
  })

  it('sends and takes datagrams, whole or cut', async () => {
    await using a = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    await using b = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    await a.bind(['127.0.0.1', 0])
    await b.sendto(bytes('hello'), 0, a.getsockname())
    const [data, ancillary, flags] = await a.recvmsg(2, 0, socket.MSG_PEEK)
    expect([text(data), ancillary, flags]).toEqual(['he', [], socket.MSG_TRUNC])
    expect(text(await a.recv(10))).toBe('hello')
    a.settimeout(0.01)
    expect(await rejection(a.recv(1))).toBeInstanceOf(builtins.TimeoutError)
  })

  it.each<
    [title: string, run: (s: socket.socket) => unknown, error: new () => Error, says: string]
  >([
    [
      'a port out of range',
      (s) => s.bind(['127.0.0.1', 65_536]),
      builtins.OverflowError,
      '0-65535',
    ],
    ['an address that is none', (s) => s.connect('x' as never), TypeError, 'must be tuple'],
    ['a negative size', (s) => s.recv(-1), builtins.ValueError, 'negative'],
    ['text for bytes', (s) => s.send('x' as never), TypeError, "not 'str'"],
    ['reading before connecting', (s) => s.recv(1), builtins.OSError, 'not connected'],
    ['ancillary data', (s) => s.sendmsg([], [[1, 1, bytes('x')]]), builtins.OSError, 'ancillary'],
  ])('refuses %s in Python’s terms', async (_, run, error, says) => {
    await using s = socket.socket()
    const thrown = await rejection((async () => run(s))())
    expect(thrown).toBeInstanceOf(error)
    expect(thrown.message).toContain(says)
  })

  it('raises the class of errno, and says what the core said', async () => {
    await using s = socket.socket()
    const error = await rejection(s.connect(['127.0.0.1', await freePort()]))
    expect(error).toBeInstanceOf(builtins.ConnectionRefusedError)
    expect(error.message).toMatch(/^\[Errno \d+\] Connection refused$/)
    expect(error.cause).toMatchObject({ code: 'ECONNREFUSED' })
    s.close()
    expect(() => s.getsockname()).toThrow(builtins.OSError)
  })

  it('shares a descriptor with dup(), and gives it away with detach()', async () => {
    const [a, b] = await pair()
    const twin = a.dup()
    a.close()
    await b.sendall(bytes('x'))
    expect(text(await twin.recv(1))).toBe('x')
    const again = socket.socket(kw({ fileno: twin.detach() }))
    await again.sendall(bytes('y'))
    expect(text(await b.recv(1))).toBe('y')
    again.close()
    expect(await b.recv(1)).toHaveLength(0)
    b.close()
    expect(() => socket.socket(kw({ fileno: 3 }))).toThrow('Bad file descriptor')
  })

  it('refuses families and kinds that no runtime opens', () => {
    expect(() => socket.socket(socket.AF_PACKET)).toThrow('Address family not supported')
    expect(() => socket.socket(socket.AF_INET, socket.SOCK_RAW)).toThrow('Protocol not supported')
    expect(() => socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)).toThrow(builtins.OSError)
  })

  it('reads and sets options, those of C structures too', async () => {
    await using s = socket.socket()
    const { SOL_SOCKET, SO_KEEPALIVE, SO_LINGER, SO_RCVBUF, SO_TYPE } = socket
    s.setsockopt(SOL_SOCKET, SO_KEEPALIVE, Uint8Array.of(1, 0, 0, 0))
    expect(s.getsockopt(SOL_SOCKET, SO_KEEPALIVE)).toBe(1)
    s.setsockopt(SOL_SOCKET, SO_LINGER, Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0))
    expect(s.getsockopt(SOL_SOCKET, SO_LINGER, 8)).toEqual(Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0))
    expect(s.getsockopt(SOL_SOCKET, SO_TYPE)).toBe(socket.SOCK_STREAM)
    expect(() => s.setsockopt(SOL_SOCKET, SO_RCVBUF, 4096)).toThrow('gives no access')
  })
})

describe('makefile()', () => {
  it('reads and writes lines of bytes', async () => {
    const [a, b] = await pair()
    const [reader, writer] = [a.makefile('rb'), b.makefile('wb')]
    await writer.writelines([bytes('one\n'), bytes('two\n'), bytes('three')])
    await writer.close()
    b.close()
    expect(text(await reader.readline())).toBe('one\n')
    expect((await reader.readlines()).map(text)).toEqual(['two\n', 'three'])
    expect(text(await reader.read())).toBe('')
    a.close()
    // The file holds the socket until it is closed itself.
    expect(a.fileno()).toBeGreaterThan(0)
    await reader.close()
    expect([a.fileno(), reader.closed]).toEqual([-1, true])
    expect(await rejection(reader.read())).toBeInstanceOf(builtins.ValueError)
  })

  it.each<[newline: string | null, lines: string[]]>([
    [null, ['a\n', 'é\n', 'c\n', 'd']],
    ['', ['a\r\n', 'é\n', 'c\r', 'd']],
    ['\n', ['a\r\n', 'é\n', 'c\rd']],
    ['\r', ['a\r', '\né\nc\r', 'd']],
  ])('reads lines of text with newline=%j, however they are cut', async (newline, lines) => {
    const [a, b] = await pair()
    const reader = a.makefile('r', kw({ encoding: 'utf-8', newline }))
    const whole = bytes('a\r\né\nc\rd')
    for (const byte of whole) {
      await b.sendall(Uint8Array.of(byte))
      await new Promise((resolve) => setImmediate(resolve))
    }
    b.close()
    const got: unknown[] = []
    for await (const line of reader) got.push(line)
    expect(got).toEqual(lines)
    await reader.close()
    a.close()
  })

  it('reads text by characters, and writes it line by line', async () => {
    const [a, b] = await pair()
    const [reader, writer] = [a.makefile('rw'), b.makefile('rw', 1)]
    expect(await writer.write('añ€😀\n')).toBe(6)
    expect([await reader.read(3), await reader.read(1), await reader.read(1)]).toEqual([
      'añ€',
      '😀',
      '\n',
    ])
    await Promise.all([reader.close(), writer.close()])
    a.close()
    b.close()
  })

  it('without a buffer takes nothing that was not asked for', async () => {
    const [a, b] = await pair()
    const raw = a.makefile('rb', 0)
    await b.sendall(bytes('line\nrest'))
    expect(text(await raw.readline())).toBe('line\n')
    expect(text(await a.recv(10))).toBe('rest')
    a.settimeout(0.01)
    expect(await rejection(raw.read(1))).toBeInstanceOf(builtins.TimeoutError)
    expect((await rejection(raw.read(1))).message).toContain('timed out object')
    raw.close()
    a.close()
    b.close()
  })

  it('refuses modes that are none', async () => {
    await using s = socket.socket()
    expect(() => s.makefile('rt')).toThrow('invalid mode')
    expect(() => s.makefile('r', 0)).toThrow('unbuffered')
  })
})

describe('the functions of the module', () => {
  it('create_connection() tries every address, and tells of each', async () => {
    const port = await freePort()
    const error = await rejection(
      socket.create_connection(['127.0.0.1', port], 5, null, kw({ all_errors: true })),
    )
    expect(error).toBeInstanceOf(builtins.ExceptionGroup)
    expect((error as InstanceType<typeof builtins.ExceptionGroup>).exceptions).toHaveLength(1)
  })

  it('setdefaulttimeout() is for sockets made later', () => {
    socket.setdefaulttimeout(3)
    try {
      const s = socket.socket()
      expect(s.gettimeout()).toBe(3)
      s.close()
    } finally {
      socket.setdefaulttimeout(null)
    }
    expect(() => socket.setdefaulttimeout(-1)).toThrow(builtins.ValueError)
  })

  it('know names, services, protocols and interfaces', async () => {
    const found = await socket.getaddrinfo('127.0.0.1', 'http', kw({ type: socket.SOCK_STREAM }))
    expect(found).toEqual([[2, 1, 6, '', ['127.0.0.1', 80]]])
    expect(await socket.getnameinfo(['127.0.0.1', 443], 1)).toEqual(['127.0.0.1', 'https'])
    expect([socket.getservbyname('https'), socket.getservbyport(53, 'udp')]).toEqual([
      443,
      'domain',
    ])
    expect(socket.getprotobyname('tcp')).toBe(6)
    expect(await socket.gethostbyname('127.0.0.1')).toBe('127.0.0.1')
    for (const [index, name] of socket.if_nameindex()) {
      expect(socket.if_nametoindex(name)).toBe(index)
      expect(socket.if_indextoname(index)).toBe(name)
    }
    expect(() => socket.getservbyname('nothing')).toThrow(builtins.OSError)
  })

  it('sendfile() sends a file from where it is asked to', async () => {
    const [a, b] = await pair()
    const data = new Uint8Array(20_000).fill(7)
    let at = 0
    const file = {
      mode: 'rb',
      read: (size: number) => {
        const piece = data.subarray(at, at + size)
        at += piece.length
        return piece
      },
      seek: (offset: number) => {
        at = offset
      },
    }
    expect(await a.sendfile(file, 100, 15_000)).toBe(15_000)
    expect([at, (await b.recv(15_000, socket.MSG_WAITALL)).length]).toEqual([15_100, 15_000])
    expect(await rejection(a.sendfile(file, 0, 0))).toBeInstanceOf(builtins.ValueError)
    a.close()
    b.close()
  })
})

it.each([
  new NetError({ verb: 'connect', target: 'x', code: 'constructor', phase: 'connect' }),
  Object.assign(new Error('of a stranger'), { code: 'constructor' }),
])('an error with a code that is a word of the language is told as it is: %s', (error) => {
  const raised = thrownBy(() =>
    translate(() => {
      throw error
    }),
  )
  if (error instanceof NetError) expect(raised).toBeInstanceOf(socket.error)
  else expect(raised).toBe(error)
})

function thrownBy(run: () => unknown): unknown {
  try {
    return run()
  } catch (error) {
    return error
  }
}
