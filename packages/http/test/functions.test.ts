/**
 * Functions of the program, as they are not meant: async ones that reject, and those that throw. What comes of one that nobody
 * waits for would end the process, which the runner tells of as a failure of its own.
 */
import { describe, expect, it, vi } from 'vitest'
import { accessLog, basicAuth, compress, cors, Router } from '../src/handlers.ts'
import { type Handler, Response, serve } from '../src/index.ts'
import { followEvents } from '../src/sse.ts'
import { connectionPair, inject } from '../src/testing.ts'
import { watchExchanges } from '../src/trace.ts'

const bug = new Error('bug')
const throwing = (): never => {
  throw bug
}
const rejecting = async (): Promise<never> => throwing()
const WAYS: [string, () => never | Promise<never>][] = [
  ['throws', throwing],
  ['is async and rejects', rejecting],
]
const hello: Handler = () => new Response('hello') as globalThis.Response
/** Turns enough for a rejection to be found unhandled. */
const turns = async (): Promise<void> => {
  for (let i = 0; i < 3; i++) await new Promise(setImmediate)
}

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}

describe.each(WAYS)('a function that %s', (_name, fails) => {
  it('as a handler is one 500, and told', async () => {
    const onError = vi.fn()
    expect((await inject(fails as Handler, '/', { server: { onError } })).status).toBe(500)
    expect(onError.mock.calls[0]?.[0]).toBe(bug)
  })

  it('as onError is dropped', async () => {
    expect((await inject(throwing, '/', { server: { onError: fails } })).status).toBe(500)
    await turns()
  })

  it('as the notFound of a router is one 500', async () => {
    const onError = vi.fn()
    const router = new Router({ notFound: fails as Handler })
    expect((await inject(router, '/', { server: { onError } })).status).toBe(500)
    expect(onError.mock.calls[0]?.[0]).toBe(bug)
  })

  it.each(['write', 'format'])('as %s of a log is dropped', async (name) => {
    const handler = accessLog(hello, { write: () => {}, [name]: fails })
    expect(await (await inject(handler, '/')).text()).toBe('hello')
    await turns()
  })

  it.each<[string, (handler: Handler) => Handler]>([
    ['origin of cors', (handler) => cors(handler, { origin: fails })],
    ['users of basicAuth', (handler) => basicAuth(handler, { users: fails })],
    ['types of compress', (handler) => compress(handler, { types: fails })],
  ])('as %s is one 500, and lets nobody in', async (_what, wrap) => {
    const onError = vi.fn()
    const headers = { Origin: 'http://a.test', Authorization: `Basic ${btoa('a:b')}` }
    const response = await inject(wrap(hello), '/', { headers, server: { onError } })
    expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([
      500,
      null,
    ])
    expect(onError.mock.calls[0]?.[0]).toBe(bug)
  })

  it('as the trailers of a response is told, and breaks that response alone', async () => {
    const onError = vi.fn()
    const handler = () =>
      new Response(new Blob(['x']).stream(), { trailers: fails }) as globalThis.Response
    const read = async () => (await inject(handler, '/', { server: { onError } })).text()
    await expect(read()).rejects.toThrow()
    expect(onError.mock.calls[0]?.[0]).toBe(bug)
  })

  it('as the taker of an upgrade ends that stream, and is printed', async () => {
    const print = vi.spyOn(console, 'error').mockImplementation(() => {})
    try {
      const [client, server] = connectionPair((_request, info) => info.upgrade(fails))
      const headers = { Connection: 'upgrade', Upgrade: 'x' }
      // The reset may overtake the head.
      await client.request('/', { headers }).catch(() => {})
      await vi.waitFor(() => expect(print).toHaveBeenCalled())
      expect(print).toHaveBeenCalledWith('GET http://localhost/:', bug)
      expect(server.stats().errors).toMatchObject({ ERR_HANDLER: 1 })
    } finally {
      print.mockRestore()
    }
  })

  it('as onDisconnect ends the events', async () => {
    const request = async (): Promise<never> => {
      throw Object.assign(
        new (await import('@sluice/socket/errors')).NetError({
          verb: 'connect',
          target: 'x',
          code: 'ECONNREFUSED',
          phase: 'connect',
        }),
      )
    }
    const events = followEvents('http://h/', { request, onDisconnect: fails })
    await expect(events.next()).rejects.toBe(bug)
  })

  it('as the writer of watchExchanges is printed, and ends the watching', async () => {
    const print = vi.spyOn(console, 'error').mockImplementation(() => {})
    try {
      const write = vi.fn(fails)
      const watching = watchExchanges(write)
      expect(await (await inject(hello, '/')).text()).toBe('hello')
      await turns()
      const { length } = write.mock.calls
      expect(length).toBeGreaterThan(0)
      expect(print).toHaveBeenCalledWith('watchExchanges: the function threw', bug)
      await (await inject(hello, '/')).text()
      expect(write.mock.calls.length).toBe(length)
      watching.stop()
    } finally {
      print.mockRestore()
    }
  })
})

describe('a promise is no yes', () => {
  const headers = {
    Origin: 'http://a.test',
    Authorization: `Basic ${btoa('a:b')}`,
    'Accept-Encoding': 'gzip',
  }
  const LONG = 'Hello, World! '.repeat(1000)
  const long: Handler = () =>
    new Response(LONG, { headers: { 'Content-Type': 'x/y' } }) as globalThis.Response

  it.each<[answer: unknown, allowed: boolean]>([
    [Promise.resolve(false), false],
    [Promise.resolve(true), true],
    [false, false],
    [true, true],
    [undefined, false],
    ['yes', false],
    [{ valid: false }, false],
  ])('%o: %s', async (answer, allowed) => {
    const rule = (): never => answer as never
    const read = await inject(cors(long, { origin: rule }), '/', { headers })
    expect(read.headers.get('access-control-allow-origin')).toBe(allowed ? 'http://a.test' : null)
    expect(read.headers.get('vary')).toBe('Origin')
    const entered = await inject(basicAuth(long, { users: rule }), '/', { headers })
    expect(entered.status).toBe(allowed ? 200 : 401)
    const small = await inject(compress(long, { types: rule }), '/', { headers, decode: false })
    expect(small.headers.get('content-encoding')).toBe(allowed ? 'gzip' : null)
  })
})

it('what can not be read nor printed is a 500 all the same', async () => {
  const thrown = revoked()
  const onError = vi.fn()
  for (const handler of [
    () => {
      throw thrown
    },
    async () => {
      throw thrown
    },
  ])
    expect((await inject(handler, '/', { server: { onError } })).status).toBe(500)
  expect(onError.mock.calls.every(([error]) => Object.is(error, thrown))).toBe(true)
  expect(onError).toHaveBeenCalledTimes(2)
})

it('shutdown waits for as long as it is told: Infinity, and months', async () => {
  for (const grace of [Number.POSITIVE_INFINITY, 3_000_000_000]) {
    let answer = (_response: globalThis.Response): void => {}
    let asked = (): void => {}
    const isAsked = new Promise<void>((resolve) => {
      asked = resolve
    })
    const server = await serve(() => {
      asked()
      return new Promise<globalThis.Response>((resolve) => {
        answer = resolve
      })
    })
    const [client] = connectionPair(server)
    const asking = client.request('/')
    await isAsked
    const ending = server.shutdown({ grace })
    // Over after a millisecond, it would have cut the request off by then.
    await new Promise((resolve) => setTimeout(resolve, 20))
    answer(new Response('done') as globalThis.Response)
    expect(await (await asking).text()).toBe('done')
    await ending
  }
})
