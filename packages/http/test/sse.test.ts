import { NetError } from '@sluice/socket/errors'
import { FakeClock } from '@sluice/socket/testing'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { type Handler, isProtocolError, Pool, Response, type Server, serve } from '../src/index.ts'
import { type EventMessage, EventStream, followEvents, readEvents, sendEvents } from '../src/sse.ts'
import { inject } from '../src/testing.ts'

const open: { close(): unknown }[] = []
afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.close()
})

async function start(handler: Handler): Promise<Server> {
  const server = await serve(handler)
  open.push(server)
  return server
}

async function collect(events: AsyncIterable<EventMessage>, count = Infinity): Promise<string[]> {
  const heard: string[] = []
  for await (const { type, data, lastEventId } of events) {
    heard.push(`${type} ${data} ${lastEventId}`.trim())
    if (heard.length === count) break
  }
  return heard
}

const stream = (text: string): globalThis.Response =>
  new Response(text, { headers: { 'Content-Type': 'text/event-stream' } }) as never

describe('sendEvents()', () => {
  it('sends what an iterable gives, with the fields that keep it flowing', async () => {
    async function* events() {
      yield 'hello'
      yield { event: 'tick', id: '1', data: 'a\nb' }
    }
    const response = await inject(() => sendEvents(events(), { retry: 50 }) as never, '/')
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    })
    expect(await response.text()).toBe(
      'retry: 50\n\ndata: hello\n\nevent: tick\nid: 1\ndata: a\ndata: b\n\n',
    )
  })

  it('says something when there is nothing to say', async () => {
    const clock = new FakeClock()
    let say: (text: string) => void = () => {}
    async function* events() {
      yield await new Promise<string>((resolve) => (say = resolve))
    }
    const response = sendEvents(events(), { keepAlive: 1000, clock })
    const reader = (response.body as ReadableStream<Uint8Array>).getReader()
    const heard: string[] = []
    const reading = (async () => {
      for (let next = await reader.read(); !next.done; next = await reader.read())
        heard.push(new TextDecoder().decode(next.value))
    })()
    await clock.advance(999)
    expect(heard).toEqual([])
    await clock.advance(2001)
    expect(heard).toEqual([':\n\n', ':\n\n', ':\n\n'])
    say('news')
    await reading
    expect(heard.at(-1)).toBe('data: news\n\n')
    expect(clock.pending).toBe(0)
  })

  it('lets the iterable go when the client is lost', async () => {
    let finished: () => void = () => {}
    const gone = new Promise<void>((resolve) => (finished = resolve))
    const events = {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise<never>(() => {}),
        return: async () => {
          finished()
          return { done: true as const, value: undefined }
        },
      }),
    }
    const server = await start(() => sendEvents(events, { retry: 1 }) as never)
    const pool = new Pool()
    const response = await pool.request(server.url)
    const reader = (response.body as ReadableStream<Uint8Array>).getReader()
    await reader.read()
    await reader.cancel()
    await gone
    await pool.close()
  })

  it('an iterable that fails breaks the response, and is told', async () => {
    const onError = vi.fn()
    let fail: () => void = () => {}
    const failing = new Promise<void>((resolve) => (fail = resolve))
    async function* events() {
      yield 'one'
      await failing
      throw new Error('no more')
    }
    const response = await inject(() => sendEvents(events()) as never, '/', { server: { onError } })
    fail()
    await expect(response.text()).rejects.toThrow(/body|ECONNRESET|reset/)
    expect(String(onError.mock.calls[0]?.[0])).toBe('Error: no more')
  })

  it.each([-1, Number.NaN])('refuses to be silent for %s', (keepAlive) => {
    expect(() => sendEvents({} as never, { keepAlive })).toThrow()
    expect(() => new EventStream({ keepAlive })).toThrow(RangeError)
  })
})

describe('EventStream', () => {
  it('sends from wherever it is fed, what came together in one piece, and ends', async () => {
    const events = new EventStream()
    expect([events.send('one'), events.send({ event: 'x', data: 'two' })]).toEqual([true, true])
    const response = await inject(() => events.response as never, '/')
    const reader = (response.body as ReadableStream<Uint8Array>).getReader()
    const next = async (): Promise<string> => new TextDecoder().decode((await reader.read()).value)
    expect(await next()).toBe('data: one\n\nevent: x\ndata: two\n\n')
    events.send('three')
    expect(await next()).toBe('data: three\n\n')
    events.send('last')
    events.close()
    expect(await next()).toBe('data: last\n\n')
    expect((await reader.read()).done).toBe(true)
    expect([events.isOpen, events.send('late')]).toEqual([false, false])
    await events.closed
  })

  it('hears that its client is gone', async () => {
    const events = new EventStream({ keepAlive: 5 })
    const server = await start(() => events.response as never)
    const pool = new Pool()
    const response = await pool.request(server.url)
    await response.body?.cancel()
    await events.closed
    expect(events.send('x')).toBe(false)
    await pool.close()
  })

  it('ends with its signal, also one that was aborted before', async () => {
    const controller = new AbortController()
    const events = new EventStream({ signal: controller.signal })
    controller.abort()
    await events.closed
    expect(await events.response.text()).toBe('')
    const late = new EventStream({ signal: controller.signal })
    expect([late.isOpen, await late.response.text()]).toEqual([false, ''])
  })

  it('ends when its client is too far behind', async () => {
    const events = new EventStream({ limits: { queued: 40 } })
    expect(events.send('x'.repeat(20))).toBe(true)
    expect(events.queued).toBe(28)
    expect(events.send('x'.repeat(20))).toBe(false)
    await events.closed
    expect(events.queued).toBe(0)
  })

  it('is over at once for HEAD', async () => {
    const events = new EventStream()
    const response = await inject(() => events.response as never, '/', { method: 'HEAD' })
    expect(response.headers.get('content-type')).toBe('text/event-stream')
    await events.closed
  })

  it('refuses an event that would be another one, and goes on', () => {
    const events = new EventStream()
    expect(() => events.send({ event: 'a\nb' })).toThrow(TypeError)
    expect(events.isOpen).toBe(true)
  })
})

describe('readEvents()', () => {
  it('reads ours and the platform’s', async () => {
    expect(await collect(readEvents(stream('data: a\n\nid: 1\ndata: b\n\n')))).toEqual([
      'message a',
      'message b 1',
    ])
    const platform = new globalThis.Response('data: c\n\n', {
      headers: { 'content-type': 'text/event-stream; charset=utf-8' },
    })
    expect(await collect(readEvents(platform))).toEqual(['message c'])
  })

  it.each([
    [new Response('no', { status: 404 }), /an event stream was expected, not status 404/],
    [
      new Response('{}', { headers: { 'Content-Type': 'application/json' } }),
      /not application\/json/,
    ],
    [new Response(null, { status: 204 }), /not status 204/],
    [new Response(new Uint8Array(1)), /not a body without a type/],
  ])('refuses what is none', async (response, says) => {
    const error = await collect(readEvents(response)).catch((reason: unknown) => reason)
    expect(isProtocolError(error, 'remote')).toBe(true)
    expect((error as Error).message).toMatch(says)
  })
})

describe('what is wrong is told with the request', () => {
  const far = (url: string, status = 200): { url: string; response: globalThis.Response } => {
    const headers = { 'Content-Type': 'text/event-stream' }
    const response = new globalThis.Response(`data: ${'x'.repeat(99)}\n\n`, { status, headers })
    return { url, response: Object.defineProperty(response, 'url', { value: url }) }
  }
  const sentence = async (events: AsyncIterable<EventMessage>): Promise<string> => {
    try {
      for await (const _ of events);
    } catch (error) {
      expect(isProtocolError(error, 'remote')).toBe(true)
      return (error as Error).message.replace(/:\d+\//, '/').replace(/ \(.*$/, '')
    }
    return 'nothing'
  }

  it.each<[string, string, number]>([
    ['an event stream was expected, not status 404', '/none', 64],
    ['the event stream has an event of more than 64 bytes', '/long', 64],
  ])('%s', async (reason, path, maxEvent) => {
    const server = await start((incoming) =>
      incoming.url.endsWith('/none')
        ? (new Response(null, { status: 404 }) as never)
        : stream(`data: ${'x'.repeat(99)}\n\n`),
    )
    const url = new URL(path, server.url)
    const pool = new Pool()
    const posted = await pool.request(url, { method: 'POST', body: 'hi' })
    expect(await sentence(readEvents(posted, { maxEvent }))).toBe(
      `POST http://127.0.0.1${path}: ${reason}`,
    )
    expect(await sentence(followEvents(url, { maxEvent }))).toBe(
      `GET http://127.0.0.1${path}: ${reason}`,
    )
    await pool.close()
  })

  it('by the name of what follows it, where the response does not say how it was asked for', async () => {
    const reason = 'the event stream has an event of more than 64 bytes'
    const options = { maxEvent: 64, method: 'POST' }
    const { url, response } = far('http://there.test/')
    expect(await sentence(readEvents(response, options))).toBe(`read ${url}: ${reason}`)
    const request = async (): Promise<globalThis.Response> => far(url).response
    expect(await sentence(followEvents(url, { ...options, request }))).toBe(
      `POST ${url}: ${reason}`,
    )
    expect(await sentence(readEvents(far('').response, options))).toBe(`http: ${reason}`)
  })
})

describe('followEvents()', () => {
  it('comes back with the id of the last event, until the server has no more', async () => {
    const asked: (string | null)[] = []
    const server = await start((request) => {
      asked.push(request.headers.get('last-event-id'))
      const { length } = asked
      if (length === 4) return new Response(null, { status: 204 }) as never
      if (length === 3) return stream('data: no id\n\ndata: cut')
      return stream(`retry: 5\nid: ${length}ü\ndata: ${length}\n\n`)
    })
    const waits: number[] = []
    const events = followEvents(server.url, { onDisconnect: (_, wait) => waits.push(wait) })
    expect(await collect(events)).toEqual(['message 1 1ü', 'message 2 2ü', 'message no id 2ü'])
    expect(asked.map((id) => id && Buffer.from(id, 'latin1').toString())).toEqual([
      null,
      '1ü',
      '2ü',
      '2ü',
    ])
    expect(waits).toEqual([5, 5, 5])
  })

  it('waits longer each time that nothing comes, and begins anew when something does', async () => {
    const clock = new FakeClock()
    const refused = (): NetError =>
      new NetError({ verb: 'connect', target: 'x', code: 'ECONNREFUSED', phase: 'connect' })
    const answers = [refused(), refused(), stream(''), stream('data: a\n\n'), refused()]
    const waits: [string, number][] = []
    const controller = new AbortController()
    const heard = collect(
      followEvents('http://h/', {
        clock,
        signal: controller.signal,
        onDisconnect: (error, wait) =>
          waits.push([(error as NetError | undefined)?.code ?? 'end', wait]),
        request: async () => {
          const answer = answers.shift() ?? stream('')
          if (answer instanceof Error) throw answer
          return answer
        },
      }),
    ).catch((reason: unknown) => reason)
    await clock.advance(120_000)
    expect(waits.slice(0, 5)).toEqual([
      ['ECONNREFUSED', 3000],
      ['ECONNREFUSED', 6000],
      ['end', 12_000],
      ['end', 3000],
      ['ECONNREFUSED', 6000],
    ])
    controller.abort(new Error('enough'))
    expect(String(await heard)).toBe('Error: enough')
    expect(clock.pending).toBe(0)
  })

  it('gives up where another connection would bring the same', async () => {
    const server = await start(() => new Response('no', { status: 404 }) as never)
    await expect(collect(followEvents(server.url))).rejects.toThrow('not status 404')
    await expect(collect(followEvents('nonsense'))).rejects.toThrow(TypeError)
    await expect(collect(followEvents(server.url, { nonsense: 1 } as never))).rejects.toThrow(
      "there is no option 'nonsense'",
    )
  })

  it('waits for a server that says how long', async () => {
    let count = 0
    const server = await start(() => {
      if (count++ > 0) return stream('data: now\n\n')
      return new Response('', { status: 503, headers: { 'Retry-After': '0' } }) as never
    })
    expect(await collect(followEvents(server.url), 1)).toEqual(['message now'])
  })

  it('closes the connection when the loop is left, and when it is aborted', async () => {
    const server = await start(() => new EventStream({ retry: 1 }).response as never)
    const controller = new AbortController()
    const following = collect(followEvents(server.url, { signal: controller.signal }))
    await vi.waitFor(() => expect(server.stats().inFlight).toBe(1))
    controller.abort(new Error('enough'))
    await expect(following).rejects.toThrow('enough')
  })
})
