import { type Address, connect, type Target, text, type UdpSocket, udp } from '@sluice/socket'
import { relay, serve } from '@sluice/socket/server'
import {
  checkStream,
  datagramLink,
  FakeClock,
  Link,
  linkPair,
  makeCertificate,
  memoryPair,
  playScript,
  scriptedServer,
} from '@sluice/socket/testing'
import { describe, expect, test } from 'vitest'
import { freePort, rejection, until } from './kit.ts'

describe('a pair with a bad line', () => {
  test('what is sent arrives after the latency, and not before', async () => {
    const clock = new FakeClock()
    const [a, b] = linkPair({ latency: 100, clock })
    await a.sendAll('late')
    await clock.advance(99)
    expect(b.tryRecv()).toBeUndefined()
    await clock.advance(1)
    expect(text(await b.recvExactly(4))).toBe('late')
    a.destroy()
    b.destroy()
  })

  test('a rate is kept, and bytes come in pieces', async () => {
    const clock = new FakeClock()
    const [a, b] = linkPair({ rate: 1000, chunk: 10, clock })
    await a.sendAll('x'.repeat(100))
    await clock.advance(55)
    await b.recvExactly(50)
    await clock.advance(4)
    expect(b.tryRecv()).toBeUndefined()
    await clock.advance(41)
    await b.recvExactly(50)
    a.destroy()
    b.destroy()
  })

  test('the end and the reset go through it', async () => {
    const [a, b] = linkPair()
    await a.sendAll('last words')
    await a.shutdown('write')
    expect(text(await b.recvExactly(10))).toBe('last words')
    expect(await b.recv()).toBeNull()
    await b.sendAll('heard')
    expect(text(await a.recvExactly(5))).toBe('heard')
    b.destroy()
    expect((await rejection(a.recv())).message).toContain('ECONNRESET')
  })

  test('a black hole says nothing, also not that it ended', async () => {
    const [a, b] = linkPair({ blackHoleAfter: 3 })
    await a.sendAll('123')
    expect(text(await b.recvExactly(3))).toBe('123')
    await a.sendAll('4')
    expect(await rejection(b.recv(1, { timeout: 20 }))).toMatchObject({ code: 'ERR_TIMEOUT' })
    a.destroy()
    b.destroy()
  })

  test('a slow reader holds the writer back, through the line', async () => {
    const [a, b] = linkPair({ latency: 1 })
    let sent = 0
    const sending = (async () => {
      for (let i = 0; i < 64; i++, sent += 65_536) await a.sendAll(new Uint8Array(65_536))
    })()
    for (let i = 0; i < 50; i++) await new Promise((resolve) => setTimeout(resolve, 1))
    expect(sent).toBeLessThan(1_000_000)
    let got = 0
    while (got < 64 * 65_536) got += (await b.recv())?.length ?? 0
    await sending
    a.destroy()
    b.destroy()
  })
})

test('what takes longer than timers can count does not come at once', async () => {
  // A month: beyond 2^31 - 1 ms a timer of Node fires after one, with a warning.
  const [a, b] = linkPair({ latency: 3e9 })
  await a.sendAll('x')
  expect(await rejection(b.recv(1, { timeout: 20 }))).toMatchObject({ code: 'ERR_TIMEOUT' })
  a.destroy()
  b.destroy()
})

describe('a line for datagrams', () => {
  test('loses some, doubles some, and changes their order, both ways', async () => {
    const clock = new FakeClock()
    const bad = { latency: 50, jitter: 40, loss: 0.2, duplicate: 0.2, reorder: 0.2, seed: 4 }
    await using server = await udp('127.0.0.1:0')
    await using client = await udp('127.0.0.1:0')
    const line = await datagramLink(server.address, { ...bad, clock })
    /** What the line makes of twenty, and in which order they come. */
    const twenty = Array.from({ length: 20 }, (_, i) => String(i + 10))
    const model = new Link(bad)
    const arrivals = twenty.flatMap((word) => model.datagram(0, 2).map((at) => ({ at, word })))
    const expected = arrivals.sort((a, b) => a.at - b.at).map(({ word }) => word)
    expect(expected).not.toEqual(twenty)
    const through = async (from: UdpSocket, to: Target, at: UdpSocket): Promise<Address> => {
      for (const word of twenty) await from.send(word, to)
      await until(() => clock.pending === expected.length)
      await clock.advance(1_000)
      const came: string[] = []
      let sender: Address | undefined
      while (came.length < expected.length) {
        const { data, address } = await at.recv()
        came.push(text(data))
        sender = address
      }
      expect(came).toEqual(expected)
      return sender as Address
    }
    const behind = await through(client, line.address, server)
    const before = await through(server, behind, client)
    expect(before).toEqual(line.address)
    await client.send('lost with the line', line.address)
    await until(() => clock.pending > 0)
    await line.close()
    expect(clock.pending).toBe(0)
  })

  test('refuses what is no line, and no target', async () => {
    expect(await rejection(datagramLink('127.0.0.1:9', { loss: 2 }))).toBeInstanceOf(RangeError)
    expect(await rejection(datagramLink('127.0.0.1:9', { lost: 1 } as never))).toBeInstanceOf(
      TypeError,
    )
    expect(await rejection(datagramLink('nonsense'))).toBeInstanceOf(SyntaxError)
  })
})

describe('a relay', () => {
  test('carries both directions and both ends', async () => {
    await using echo = await serve(async (connection) => {
      for await (const bytes of connection) await connection.sendAll(bytes)
      await connection.sendAll(' and goodbye')
    })
    const seen = { up: '', down: '' }
    await using between = await relay('127.0.0.1:0', echo.address, {
      link: { chunk: 2 },
      onBytes: (bytes, direction) => {
        seen[direction] += text(bytes.slice())
      },
    })
    const client = await connect(between.address)
    await client.sendAll('hello')
    await client.shutdown('write')
    let answer = ''
    for await (const bytes of client) answer += text(bytes)
    expect(answer).toBe('hello and goodbye')
    expect(seen).toEqual({ up: 'hello', down: 'hello and goodbye' })
    await client.close()
  })

  test.each([
    [
      'throws',
      () => {
        throw new Error('bug')
      },
    ],
    ['rejects', () => Promise.reject(new Error('bug'))],
  ])('ends the connection whose onBytes %s', async (_, onBytes) => {
    await using echo = await serve(async (connection) => {
      for await (const bytes of connection) await connection.sendAll(bytes)
    })
    const serving = { onError: () => {} }
    await using between = await relay('127.0.0.1:0', echo.address, { onBytes, serve: serving })
    const client = await connect(between.address)
    await client.sendAll('x')
    const broken = (async () => {
      while ((await client.recv()) !== null);
    })()
    expect((await rejection(broken)).message).toContain('ECONNRESET')
  })

  test('resets the client when there is nowhere to go on to, and tells why', async () => {
    const told: unknown[] = []
    await using between = await relay('127.0.0.1:0', `127.0.0.1:${await freePort()}`, {
      serve: { onError: (error) => told.push(error) },
    })
    const client = await connect(between.address)
    expect((await rejection(client.recv())).message).toContain('ECONNRESET')
    expect(told).toMatchObject([{ code: 'ECONNREFUSED' }])
  })

  test('a reset on one side is a reset on the other', async () => {
    await using server = await scriptedServer([[{ expect: 'x' }, 'reset']])
    await using between = await relay('127.0.0.1:0', server.address)
    const client = await connect(between.address)
    await client.sendAll('x')
    expect((await rejection(client.recv())).message).toContain('ECONNRESET')
    await server.done
  })

  test('a link that makes no sense is refused before it listens', async () => {
    expect(await rejection(relay('127.0.0.1:0', 'a.test:1', { link: { loss: 2 } }))).toBeInstanceOf(
      RangeError,
    )
  })
})

describe('a scripted peer', () => {
  test('plays its script on each connection, and resets surplus ones', async () => {
    await using server = await scriptedServer([
      [
        { send: '220 hello\r\n' },
        { expectUntil: '\r\n' },
        { send: '221 bye\r\n' },
        'finish',
        { expectEnd: true },
      ],
    ])
    const client = await connect(server.address)
    expect(text(await client.recvLine())).toBe('220 hello')
    await client.sendAll('QUIT\r\n')
    expect(text(await client.recvLine())).toBe('221 bye')
    expect(await client.recv()).toBeNull()
    await client.close()
    await server.done
  })

  test('says which step went wrong', async () => {
    const [a, b] = memoryPair()
    const playing = rejection(playScript(a, [{ send: 'x' }, { expect: 'hello' }]))
    await b.sendAll('hallo')
    expect((await playing).message).toBe('step 2 of the script: expected "hello", got "hallo"')
    a.destroy()
    b.destroy()
  })
})

describe('the kit refuses by name what it does not know, and what makes no sense', () => {
  test.each<[string, () => unknown, string]>([
    ['linkPair', () => linkPair({ latnecy: 1 } as never), "link: there is no option 'latnecy'"],
    ['linkPair', () => linkPair({ loss: 2 }), 'link: loss is 2, which makes no sense'],
    ['linkPair', () => linkPair({ oneWay: 1 as never }), 'linkPair: oneWay must be a boolean'],
    ['linkPair', () => linkPair({ clock: 1 as never }), 'linkPair: clock must be an object'],
    ['memoryPair', () => memoryPair({ size: 1 } as never), "there is no option 'size'"],
    ['memoryPair', () => memoryPair({ chunk: 0 }), 'chunk must be a whole number of at least 1'],
    ['memoryPair', () => memoryPair({ capacity: '9' as never }), 'capacity must be a number'],
    ['checkStream', () => checkStream(() => memoryPair(), { reset: false } as never), "'reset'"],
    ['makeCertificate', () => makeCertificate({ name: 'h', ca: 1 } as never), "no option 'ca'"],
    ['makeCertificate', () => makeCertificate({ name: 1 as never }), 'name must be a string'],
  ])('%s: %s', (_name, call, says) => {
    expect(call).toThrow(says)
  })

  test.each([Number.NaN, -1, undefined as never])('a clock is not turned by %s', async (ms) => {
    const clock = new FakeClock()
    expect(await rejection(clock.advance(ms))).toBeInstanceOf(RangeError)
    expect(clock.now()).toBe(new FakeClock().now())
  })
})
