import { type Connection, connect, listen, type Target, text } from '@sluice/socket'
import { isTimeoutError } from '@sluice/socket/errors'
import { type ServeOptions, type Server, serve } from '@sluice/socket/server'
import { FakeClock, memoryPair } from '@sluice/socket/testing'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { inetOf, isWindows, rejection, until } from './kit.ts'

const running: Server[] = []
afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.close()))
})

async function start(
  handler: (c: Connection, info: { signal: AbortSignal }) => unknown,
  options: ServeOptions = {},
) {
  const server = await serve(handler as never, options)
  running.push(server)
  return server
}

const echo = async (connection: Connection): Promise<void> => {
  for await (const bytes of connection) await connection.sendAll(bytes)
}

/** What an echo server says to `x`; the reset may come before the connection is told to stand. */
async function answerOf(target: Target): Promise<string> {
  try {
    await using client = await connect(target)
    await client.sendAll('x')
    return text(await client.recv())
  } catch (error) {
    expect((error as { code: string }).code).toMatch(/^(ECONNRESET|EPIPE)$/)
    return 'reset'
  }
}

test('an echo server in one function, and what it counted', async () => {
  const server = await start(echo)
  const clients = await Promise.all([1, 2, 3].map(() => connect(server.address)))
  for (const client of clients) {
    await client.sendAll('hello')
    expect(text(await client.recvExactly(5))).toBe('hello')
  }
  expect(server.stats()).toMatchObject({
    connections: 3,
    accepted: 3,
    bytesReceived: 15,
    bytesSent: 15,
  })
  await Promise.all(clients.map((client) => client.close()))
  await until(() => server.stats().connections === 0)
  expect(server.stats()).toMatchObject({
    accepted: 3,
    bytesReceived: 15,
    bytesSent: 15,
    errors: {},
  })
})

test('the connection is closed when the handler is done', async () => {
  const server = await start(async (connection) => {
    await connection.sendAll('bye')
  })
  const client = await connect(server.address)
  expect(text(await client.recvExactly(3))).toBe('bye')
  expect(await client.recv()).toBeNull()
  await client.close()
})

test('a handler that returns nothing has handed the connection over', async () => {
  const server = await start((connection) => {
    connection.attach({
      bytes: (view) => void connection.sendAll(view.slice()),
      end: () => void connection.close(),
      error: () => {},
    })
  })
  const client = await connect(server.address)
  await client.sendAll('still here')
  expect(text(await client.recvExactly(10))).toBe('still here')
  await client.close()
  await until(() => server.stats().connections === 0)
})

describe('a handler that throws', () => {
  const bug = (): never => {
    throw new Error('bug')
  }
  test.each([
    ['at once', bug],
    ['later', async () => bug()],
  ])('%s costs its own connection and is told', async (when, handler) => {
    const told: unknown[] = []
    const server = await start(handler, {
      onError: (error) => {
        told.push(error)
        // And the report as well.
        return when === 'later' ? Promise.reject(new Error('bug')) : bug()
      },
    })
    const client = await connect(server.address)
    expect(await client.recv()).toBeNull()
    await client.close()
    expect(told.map((error) => (error as Error).message)).toEqual(['bug'])
    expect(server.stats().errors).toEqual({ ERR_HANDLER: 1 })
  })

  test('is printed when nobody listens, and not when it was the peer that broke the connection', async () => {
    const print = vi.spyOn(console, 'error').mockImplementation(() => {})
    const server = await start(async (connection) => {
      if ((await connection.recv()) !== null) throw new Error('bug')
    })
    const buggy = await connect(server.address)
    await buggy.sendAll('x')
    await buggy.recv()
    const rude = await connect(server.address)
    await until(() => server.stats().accepted === 2)
    rude.destroy()
    await until(() => server.stats().connections === 0)
    expect(print).toHaveBeenCalledTimes(1)
    expect(server.stats().errors).toEqual({ ERR_HANDLER: 1, ECONNRESET: 1 })
    print.mockRestore()
    await buggy.close()
  })
})

describe('limits', () => {
  test('at the cap what comes waits, and is served when there is room', async () => {
    const server = await start(echo, { limits: { connections: 1 } })
    const first = await connect(server.address)
    await first.sendAll('1')
    await first.recvExactly(1)
    const second = await connect(server.address)
    await second.sendAll('2')
    expect(server.stats()).toMatchObject({ connections: 1, accepted: 1 })
    await first.close()
    expect(text(await second.recvExactly(1))).toBe('2')
    await second.close()
  })

  test('more than limits.pending of them are closed and counted', async () => {
    const server = await start(echo, {
      limits: { connections: 1 },
      listen: { limits: { pending: 1 } },
    })
    const first = await connect(server.address)
    await first.sendAll('1')
    await first.recvExactly(1)
    const rest = await Promise.all([1, 2, 3].map(() => connect(server.address)))
    // Which of them are held depends on the order of arrival: one accepted ahead, one pending.
    await until(() => server.stats().refused >= 1)
    await first.sendAll('still')
    expect(text(await first.recvExactly(5))).toBe('still')
    for (const client of [first, ...rest]) client.destroy()
  })

  test('connections of one address are counted, also under its other name', async () => {
    const server = await start(echo, { hostname: '::', limits: { perAddress: 2 } })
    const { port } = inetOf(server.address)
    const two = await Promise.all([1, 2].map(() => connect({ hostname: '127.0.0.1', port })))
    await until(() => server.stats().connections === 2)
    expect(await answerOf({ hostname: '127.0.0.1', port })).toBe('reset')
    expect(server.stats()).toMatchObject({ crowded: 1, connections: 2 })
    await two[0]?.close()
    await until(() => server.stats().connections === 1)
    const again = await connect({ hostname: '127.0.0.1', port })
    await again.sendAll('x')
    expect(text(await again.recvExactly(1))).toBe('x')
    await Promise.all([again, two[1]].map((client) => client?.close()))
  })

  test.each([
    [{ deny: ['127.0.0.0/8'] }, false],
    [{ allow: ['10.0.0.0/8'] }, false],
    [{ allow: ['127.0.0.0/8'], deny: ['127.0.0.2'] }, true],
    [{ allow: ['127.0.0.0/8'], deny: ['127.0.0.1/32'] }, false],
  ])('%j lets 127.0.0.1 in: %s', async (lists, letsIn) => {
    const server = await start(echo, lists)
    expect(await answerOf(server.address)).toBe(letsIn ? 'x' : 'reset')
    expect(server.stats()).toMatchObject({ blocked: letsIn ? 0 : 1 })
  })

  test('silence and age end a connection, and whoever waits is told which', async () => {
    const clock = new FakeClock()
    for (const [timeout, says] of [
      [{ idle: 1000 }, 'idle'],
      [{ total: 1500 }, 'total'],
    ] as const) {
      let told: unknown
      const server = await start(echo, {
        clock,
        timeout,
        onError: (error) => {
          told = error
        },
      })
      const [client, accepted] = memoryPair()
      server.handle(accepted)
      await client.sendAll('x')
      await client.recvExactly(1)
      // Activity was seen: the silence is measured anew.
      await clock.advance(1000)
      expect(server.stats()).toMatchObject({ connections: 1, timedOut: 0 })
      await clock.advance(1000)
      expect(server.stats()).toMatchObject({ connections: 0, timedOut: 1 })
      expect((told as Error).message).toContain('ERR_TIMEOUT')
      expect((told as { cause: unknown }).cause).toSatisfy((cause) => isTimeoutError(cause, says))
      expect(clock.pending).toBeLessThanOrEqual(1)
    }
  })
})

describe('shutdown', () => {
  test('waits for those who are served, and takes nobody new', async () => {
    let finish = (): void => {}
    const server = await start(async (connection, { signal }) => {
      await new Promise<void>((resolve) => {
        signal.addEventListener('abort', () => {
          finish = resolve
        })
      })
      await connection.sendAll('goodbye')
    })
    const client = await connect(server.address)
    await until(() => server.stats().connections === 1)
    let isOver = false
    const stopping = server.shutdown({ grace: 60_000 }).then(() => {
      isOver = true
    })
    expect((await rejection(connect(server.address))).message).toContain('ECONNREFUSED')
    expect(isOver).toBe(false)
    finish()
    expect(text(await client.recvExactly(7))).toBe('goodbye')
    expect(await client.recv()).toBeNull()
    await client.close()
    await stopping
  })

  test('cuts off what is left after the grace', async () => {
    const clock = new FakeClock()
    const server = await start(() => {}, { clock })
    const [client, accepted] = memoryPair()
    server.handle(accepted)
    const stopping = server.shutdown({ grace: 1000 })
    await clock.advance(1000)
    await stopping
    expect((await rejection(client.recv())).message).toContain('ECONNRESET')
    const [late, tooLate] = memoryPair()
    server.handle(tooLate)
    expect(await late.recv()).toBeNull()
    await late.close()
  })

  test('a grace that makes no sense is refused', async () => {
    const server = await start(echo)
    expect(await rejection(server.shutdown({ grace: -1 }))).toBeInstanceOf(RangeError)
  })
})

test.each([
  [{ limit: {} }, TypeError, "serve: there is no option 'limit'"],
  [{ limits: { connection: 1 } }, TypeError, "serve: there is no limit 'connection'"],
  [{ timeout: { idel: 1 } }, TypeError, "serve: timeout: there is no option 'idel'"],
  [{ timeout: { idle: -1 } }, RangeError, 'serve: timeout.idle must be 0 or more'],
  [{ path: '/tmp/x', port: 1 }, TypeError, 'serve: path and hostname both say'],
  [{ deny: ['10.0.0.1/8'] }, SyntaxError, 'there are bits after the prefix'],
])('options %j are refused', async (options, kind, says) => {
  const error = await rejection(serve(echo, options as never))
  expect(error).toBeInstanceOf(kind)
  if (kind !== TypeError || !('path' in options)) expect(error.message).toContain(says)
})

test('takes a listener that exists, and serves a Unix socket', async () => {
  const listener = await listen('127.0.0.1:0')
  const server = await start(echo, { listener, deny: ['127.0.0.9'] })
  expect(server.address).toEqual(listener.address)
  await server.close()
  expect(await rejection(listener.accept())).toMatchObject({ code: 'ERR_CLOSED' })
})

test('closed settles whoever ends the connection', async () => {
  const [a, b] = memoryPair()
  const both = Promise.all([a.closed, b.closed])
  await a.sendAll('x')
  a.destroy()
  await both
  await a.closed
})

test.each<[string, unknown]>([
  ['a revoked Proxy', revoked()],
  [
    'an error whose code throws',
    Object.defineProperty(new Error('bug'), 'code', {
      get: () => {
        throw new Error('getter')
      },
    }),
  ],
])('a handler that throws %s costs its own connection and is counted', async (_name, thrown) => {
  const told: unknown[] = []
  const handlers = [
    () => {
      throw thrown
    },
    async () => {
      throw thrown
    },
  ]
  for (const handler of handlers) {
    const server = await start(handler as () => void, { onError: (error) => told.push(error) })
    const client = await connect(server.address)
    expect(await client.recv()).toBeNull()
    await client.close()
    await until(() => server.stats().connections === 0)
    expect(server.stats().errors).toEqual({ ERR_HANDLER: 1 })
  }
  expect(told.length).toBe(2)
  expect(told.every((error) => Object.is(error, thrown))).toBe(true)
})

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}

test('a connection that an async handler has detached outlives the handler, and ends with the server', async () => {
  const server = await start(async (connection) => {
    const duplex = connection.detach()
    duplex.on('data', (chunk) => duplex.write(chunk))
  })
  const client = await connect(server.address)
  for (const word of ['one', 'two']) {
    await client.sendAll(word)
    expect(text(await client.recvExactly(3))).toBe(word)
  }
  expect(server.stats()).toMatchObject({ connections: 1, bytesReceived: 6, bytesSent: 6 })
  await server.close()
  const end = client.recv().catch((error: { code: string }) => error.code)
  // Windows ends in good order what has nothing left to read.
  expect(await end).toBe(isWindows ? null : 'ECONNRESET')
})
