import type { promises } from 'node:dns'
import { connect, listen, udp } from '@sluice/socket'
import { CachingResolver, DnsResolver, type Resolver, SystemResolver } from '@sluice/socket/dns'
import { isNetError, NetError } from '@sluice/socket/errors'
import { FakeClock } from '@sluice/socket/testing'
import { describe, expect, test } from 'vitest'
import { countingSystem, fakeSystem, freePort, inetOf, rejection } from './kit.ts'

const local = { addresses: [{ address: '127.0.0.1', family: 4 as const }] }

/** A resolver whose answers a test gives by hand. */
function byHand() {
  const asked: {
    hostname: string
    family: number
    signal: AbortSignal | undefined
    answer(): void
    fail(e: Error): void
  }[] = []
  const resolver: Resolver = {
    separate: false,
    resolve: (hostname, { family, signal }) =>
      new Promise((resolve, reject) => {
        asked.push({ hostname, family, signal, answer: () => resolve(local), fail: reject })
      }),
  }
  return { asked, resolver }
}

describe('the cache', () => {
  test('asks once for all who want to know the same at the same time, then answers from memory', async () => {
    const { asked, resolver } = byHand()
    const cache = new CachingResolver({ resolver })
    const three = ['Name.test', 'name.test', 'NAME.TEST'].map((n) =>
      cache.resolve(n, { family: 0 }),
    )
    const other = cache.resolve('name.test', { family: 6 })
    for (const question of asked) question.answer()
    expect(await Promise.all([...three, other])).toEqual([local, local, local, local])
    await cache.resolve('name.test', { family: 0 })
    expect(asked.map(({ hostname, family }) => [hostname, family])).toEqual([
      ['Name.test', 0],
      ['name.test', 6],
    ])
    expect(cache.stats).toEqual({ hits: 1, misses: 2, size: 2 })
    cache.forget('name.TEST')
    expect(cache.stats.size).toBe(0)
  })

  test('believes an answer as long as it holds, on the clock that it is given', async () => {
    const clock = new FakeClock()
    let asked = 0
    const resolver: Resolver = {
      separate: false,
      resolve: async () => ({ ...local, ttl: 1000 * ++asked }),
    }
    const cache = new CachingResolver({ resolver, clock })
    await cache.resolve('a.test', { family: 0 })
    await clock.advance(999)
    await cache.resolve('a.test', { family: 0 })
    expect(asked).toBe(1)
    await clock.advance(1)
    await cache.resolve('a.test', { family: 0 })
    expect(asked).toBe(2)
  })

  test('a name that does not exist is remembered, a name service that is silent is not', async () => {
    const { asked, resolver } = byHand()
    const cache = new CachingResolver({ resolver })
    for (const code of ['EAI_AGAIN', 'ENOTFOUND', 'never asked']) {
      const failing = rejection(cache.resolve('no.test', { family: 0 }))
      asked.pop()?.fail(Object.assign(new Error(code), { code }))
      expect(await failing).toMatchObject({ code: code === 'EAI_AGAIN' ? code : 'ENOTFOUND' })
    }
    expect(cache.stats).toMatchObject({ hits: 1, misses: 2 })
  })

  test('one who gives up leaves the others waiting; the last one ends the question', async () => {
    const { asked, resolver } = byHand()
    const cache = new CachingResolver({ resolver })
    const [first, second] = [new AbortController(), new AbortController()]
    const one = rejection(cache.resolve('a.test', { family: 0, signal: first.signal }))
    const two = rejection(cache.resolve('a.test', { family: 0, signal: second.signal }))
    const why = new Error('changed my mind')
    first.abort(why)
    expect(await one).toBe(why)
    expect(asked[0]?.signal?.aborted).toBe(false)
    second.abort(why)
    expect(await two).toBe(why)
    expect(asked[0]?.signal?.aborted).toBe(true)
    const anew = cache.resolve('a.test', { family: 0 })
    expect(asked).toHaveLength(2)
    asked[1]?.answer()
    expect(await anew).toBe(local)
  })

  test.each([
    [{ limits: { entires: 1 } }, TypeError],
    [{ limits: { entries: 0 } }, RangeError],
    [{ ttl: 1 }, TypeError],
  ])('options %j are refused', (options, kind) => {
    expect(() => new CachingResolver(options as never)).toThrow(kind)
  })
})

describe('asking the name service', () => {
  const fake = (parts: Partial<promises.Resolver>) =>
    fakeSystem({ createResolver: () => parts as promises.Resolver })

  test('both families with their shortest time to live, in milliseconds', async () => {
    const system = fake({
      resolve4: (async () => [
        { address: '192.0.2.1', ttl: 60 },
        { address: '192.0.2.2', ttl: 30 },
      ]) as never,
      resolve6: (async () => [{ address: '2001:db8::1', ttl: 90 }]) as never,
    })
    const { addresses, ttl } = await new DnsResolver({}, system).resolve('a.test', { family: 0 })
    expect(addresses.map(({ address }) => address)).toEqual([
      '2001:db8::1',
      '192.0.2.1',
      '192.0.2.2',
    ])
    expect(ttl).toBe(30_000)
  })

  test('a family that fails is left out; when both fail the error is that of the name service', async () => {
    const no = async (): Promise<never> => {
      throw Object.assign(new Error('no'), { code: 'ENODATA' })
    }
    const half = fake({
      resolve6: no as never,
      resolve4: (async () => [{ address: '192.0.2.1', ttl: 1 }]) as never,
    })
    expect(
      (await new DnsResolver({}, half).resolve('a.test', { family: 0 })).addresses,
    ).toHaveLength(1)
    const none = fake({ resolve6: no as never, resolve4: no as never })
    expect(
      await rejection(new DnsResolver({}, none).resolve('a.test', { family: 0 })),
    ).toMatchObject({ code: 'ENODATA' })
  })

  test('a signal cancels the question', async () => {
    const controller = new AbortController()
    let cancel = (): void => {}
    const system = fake({
      resolve4: (() =>
        new Promise((_, reject) => (cancel = () => reject(new Error('ECANCELLED'))))) as never,
      cancel: () => cancel(),
    })
    const failing = rejection(
      new DnsResolver({}, system).resolve('a.test', { family: 4, signal: controller.signal }),
    )
    const why = new Error('enough')
    controller.abort(why)
    expect(await failing).toBe(why)
  })

  test('a server that is no address is refused when the resolver is made', () => {
    expect(() => new DnsResolver({ servers: ['nonsense'] })).toThrow()
    expect(() => new DnsResolver({ serves: [] } as never)).toThrow(TypeError)
    expect(() => new DnsResolver({ servers: [] })).toThrow(
      new TypeError('DnsResolver: servers must name at least one'),
    )
    for (const timeout of [2 ** 31, Number.POSITIVE_INFINITY, 1.5])
      expect(() => new DnsResolver({ timeout })).toThrow(
        new RangeError(
          `DnsResolver: timeout must be a whole number from 0 to 2147483647, not ${timeout}`,
        ),
      )
    expect(() => new DnsResolver({ timeout: 2 ** 31 - 1 })).not.toThrow()
  })
})

describe('connect', () => {
  test('asks the resolver that it is given', async () => {
    const listener = await listen('127.0.0.1:0')
    const { port } = inetOf(listener.address)
    const resolver = new CachingResolver({
      resolver: {
        separate: true,
        resolve: async (_h, { family }) => (family === 4 ? local : { addresses: [] }),
      },
    })
    for (let i = 0; i < 2; i++) {
      const client = await connect({ hostname: 'made-up.test', port }, { resolver })
      expect(client.remoteAddress).toMatchObject({ hostname: '127.0.0.1', port })
      await Promise.all([client.close(), (await listener.accept()).close()])
    }
    expect(resolver.stats).toEqual({ hits: 2, misses: 2, size: 2 })
    await listener.close()
  })

  test('two silent families are one error, with the code that says most', async () => {
    const codes = { 4: 'ENOTFOUND', 6: 'ENODATA' } as Record<number, string>
    const resolver: Resolver = {
      separate: true,
      resolve: async (_hostname, { family }) => {
        throw Object.assign(new Error('no'), { code: codes[family] })
      },
    }
    const error = await rejection(connect('no.test:1', { resolver }))
    expect(error.message).toMatch(
      /^connect no\.test:1: no such host \(ENOTFOUND, phase lookup, \d+ ms\)$/,
    )
    expect(isNetError(error) && error.errors).toHaveLength(2)
  })

  test.each([
    ['nothing', undefined, 'resolver: undefined is not the address of a host'],
    ['a number', 5, 'resolver: undefined is not the address of a host'],
    ['no list', { addresses: null }, 'resolver: undefined is not the address of a host'],
    [
      'a name',
      { addresses: [{ address: 'evil.test', family: 4 }] },
      '"evil.test" is not the address of a host',
    ],
  ])('a resolver that answers %s is told, and nobody is asked for it', async (_, answer, says) => {
    const system = countingSystem()
    for (const separate of [false, true]) {
      const resolver = { separate, resolve: async () => answer } as never
      const caching = new CachingResolver({ resolver })
      const failing = [
        connect('name.test:9', { system, resolver }),
        connect('name.test:9', { system, resolver: caching }),
        udp('name.test:0', { system, resolver }),
      ]
      for (const one of failing) {
        const error = await rejection(one)
        expect(error.message).toMatch(/name\.test:\d: no such host \(ENOTFOUND, phase lookup/)
        let root: unknown = error
        while (root instanceof NetError) root = root.cause
        expect(String(root)).toContain(says)
      }
      expect(caching.stats.size).toBe(0)
    }
    expect(system.calls).toEqual([])
  })

  test('a resolver that throws at once is told as one that rejects', async () => {
    const resolve = (): never => {
      throw Object.assign(new Error('no'), { code: 'EAI_AGAIN' })
    }
    const error = await rejection(connect('no.test:1', { resolver: { separate: false, resolve } }))
    expect(error.message).toMatch(
      /^connect no\.test:1: the name service gave no answer \(EAI_AGAIN/,
    )
  })

  test('an error that only speaks of this machine does not hide what the other address answered', async () => {
    const port = await freePort()
    const resolver: Resolver = {
      separate: false,
      // Nothing here has a route to the documentation addresses of IPv6, or they are refused by the rule.
      resolve: async () => ({
        addresses: [{ address: '2001:db8::1', family: 6 }, ...local.addresses],
      }),
    }
    const allowAddress = ({ family }: { family: 4 | 6 }): boolean => family === 4
    const error = await rejection(
      connect({ hostname: 'two.test', port }, { resolver, allowAddress }),
    )
    expect(isNetError(error, 'ECONNREFUSED')).toBe(true)
    expect(isNetError(error) && error.errors.map((e) => (e as { code?: string }).code)).toEqual([
      'ERR_BLOCKED',
      'ECONNREFUSED',
    ])
  })

  test.each(['127.0.0.1:9', 'name.test:9'])(
    'allowAddress refuses %s before anything is sent',
    async (target) => {
      const system = fakeSystem({
        connect: () => {
          throw new Error('dialled')
        },
      })
      const resolver: Resolver = { separate: false, resolve: async () => local }
      const error = await rejection(
        connect(target, { system, resolver, allowAddress: () => false }),
      )
      expect(isNetError(error, 'ERR_BLOCKED')).toBe(true)
      expect(error.message).toContain('refused by a rule of this program (ERR_BLOCKED')
      const unjudged = [
        () => {
          throw new Error('bug')
        },
        // A promise is true, whatever comes of it.
        async () => false,
        () => Promise.reject(new Error('bug')),
        () => 'yes',
      ]
      for (const allowAddress of unjudged) {
        const blocked = rejection(
          connect(target, { system, resolver, allowAddress: allowAddress as never }),
        )
        expect(isNetError(await blocked, 'ERR_BLOCKED')).toBe(true)
      }
    },
  )

  test('a localAddress chooses the family', async () => {
    let asked = -1
    const resolver: Resolver = {
      separate: false,
      resolve: async (_hostname, { family }) => {
        asked = family
        return { addresses: [] }
      },
    }
    const error = await rejection(connect('a.test:1', { resolver, localAddress: '127.0.0.1' }))
    expect(isNetError(error, 'ENODATA')).toBe(true)
    expect(asked).toBe(4)
  })

  test.each([
    [9, RangeError],
    [Number.NaN, RangeError],
    ['250', TypeError],
  ])('attemptDelay %s is refused', async (attemptDelay, kind) => {
    expect(
      await rejection(connect('a.test:1', { attemptDelay: attemptDelay as number })),
    ).toBeInstanceOf(kind)
  })

  test('udp:// is no target of connect', async () => {
    expect((await rejection(connect('udp://a.test:1'))).message).toContain("no scheme 'udp' here")
  })
})

test('the system answers for localhost', async () => {
  const { addresses } = await new SystemResolver().resolve('localhost', { family: 4 })
  expect(addresses).toContainEqual({ address: '127.0.0.1', family: 4 })
})
