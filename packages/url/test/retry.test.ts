import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import net from 'node:net'
import { Response, type Server, serve } from '@sluice/http'
import { describe, expect, test } from 'vitest'
import { Client, FetchError, fetch, historyOf, type UrlTraceEvent } from '../src/index.ts'
import { open } from './kit.ts'

/** Answers with one status after the other, the last one for ever; counts. */
async function server(statuses: number[], headers: Record<string, string> = {}) {
  const bodies: string[] = []
  const made: Server = await serve(async (request) => {
    bodies.push(await request.text())
    const status = statuses[Math.min(bodies.length, statuses.length) - 1] as number
    return new Response(`answer ${bodies.length}`, {
      status,
      headers,
    }) as unknown as globalThis.Response
  })
  open.push(made)
  return { url: made.url, bodies }
}
/** Breaks off so often, and answers then. */
async function breaking(times: number) {
  let connections = 0
  const made = net.createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => {
      if (++connections <= times) socket.resetAndDestroy()
      else socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
    })
  })
  await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve))
  open.push(made)
  const url = `http://127.0.0.1:${(made.address() as net.AddressInfo).port}/`
  return { url, count: () => connections }
}
const FAST = { retries: 3, delay: 1 }

describe('a request that failed', () => {
  test('is made again when asked for, and never else', async () => {
    const { url, bodies } = await server([503, 500, 200])
    expect((await fetch(url)).status).toBe(503)
    expect(await (await fetch(url, { retry: FAST })).text()).toBe('answer 3')
    expect(bodies).toHaveLength(3)
  })

  test('so is one whose connection broke, and the answer is the last one', async () => {
    const { url, count } = await breaking(2)
    expect(await (await fetch(url, { retry: FAST })).text()).toBe('ok')
    expect(count()).toBe(3)
    const never = await breaking(99)
    const error = await fetch(never.url, { retry: FAST }).catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(FetchError)
    expect(error).toMatchObject({ code: 'ECONNRESET', attempt: 4 })
    expect((error as FetchError).message).toMatch(/^GET .*: .*, tried 4 times \(ECONNRESET, /)
    expect((error as FetchError).errors).toHaveLength(4)
    const { url: busy, bodies } = await server([503])
    expect((await fetch(busy, { retry: FAST })).status).toBe(503)
    expect(bodies).toHaveLength(4)
  })

  test('is a matter of each hop, and of a client', async () => {
    const to = await server([503, 200])
    const from = await server([302], { Location: to.url })
    const one = new Client({ retry: FAST })
    open.push(one)
    const response = await one.fetch(from.url)
    expect([response.status, historyOf(response).length]).toEqual([200, 1])
    expect([from.bodies.length, to.bodies.length]).toEqual([1, 2])
    expect((await one.fetch((await server([503])).url, { retry: false })).status).toBe(503)
  })
})

describe('a body', () => {
  test('is sent again, or made again', async () => {
    const { url, bodies } = await server([503, 200])
    await fetch(url, { method: 'PUT', body: 'text', retry: FAST })
    let made = 0
    const body = () =>
      new Response(`made ${++made}`).body as ReadableStream<Uint8Array<ArrayBuffer>>
    const other = await server([503, 200])
    await fetch(other.url, { method: 'PUT', body, retry: FAST })
    expect([bodies, other.bodies]).toEqual([
      ['text', 'text'],
      ['made 1', 'made 2'],
    ])
  })

  test('that can be sent once is refused before it is', async () => {
    const { url, bodies } = await server([200])
    const body = () => new Response('x').body as ReadableStream<Uint8Array<ArrayBuffer>>
    await expect(fetch(url, { method: 'PUT', body: body(), retry: 1 })).rejects.toThrow(
      /^fetch: a PUT whose body can be sent only once can't be retried; give a function/,
    )
    expect(bodies).toEqual([])
    // A POST is not made again anyway.
    expect((await fetch(url, { method: 'POST', body: body(), retry: 1 })).status).toBe(200)
  })
})

describe('the wait', () => {
  test('ends with the signal', async () => {
    const { url } = await server([503], { 'Retry-After': '30' })
    const stop = new AbortController()
    const fetching = fetch(url, { retry: 1, signal: stop.signal })
    setTimeout(() => stop.abort(new Error('enough')), 50)
    await expect(fetching).rejects.toThrow('enough')
  })

  test('is not begun where the time is too short, or the server asks for too much', async () => {
    const { url, bodies } = await server([503], { 'Retry-After': '30' })
    expect((await fetch(url, { retry: 1, timeout: 5000 })).status).toBe(503)
    expect((await fetch(url, { retry: { maxRetryAfter: 1000 } })).status).toBe(503)
    expect(bodies).toHaveLength(2)
  })

  test('is told', async () => {
    const { url } = await server([429, 200], { 'Retry-After': '0' })
    const events: UrlTraceEvent[] = []
    const listen = (event: unknown) => void events.push(event as UrlTraceEvent)
    subscribe('sluice:url', listen)
    await (await fetch(url, { retry: 1 })).text()
    unsubscribe('sluice:url', listen)
    expect(events.map(({ name }) => name)).toEqual([
      'request',
      'attempt',
      'wait',
      'retry',
      'attempt',
      'response',
    ])
    expect(events[2]).toMatchObject({ ms: 0, because: '429' })
    expect(events[3]).toMatchObject({ attempt: 2 })
  })
})
