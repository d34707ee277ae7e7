/** The proxy: every request goes on to one server, and what passes is told to the log. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { Headers, type Info, Pool, Response, type Server, serve } from '@sluice/http'
import type { HttpTraceEvent } from '@sluice/http/trace'
import { codeOf } from '@sluice/socket/errors'
import { nextId, type SocketTraceEvent } from '@sluice/socket/trace'
import type { Direction, Log } from './log.ts'
import { placeOf, requestFields, responseFields } from './protocol.ts'

const CHANNELS = ['sluice:http', 'sluice:socket']

/** A proxy that is open. */
export interface Proxy extends AsyncDisposable {
  readonly server: Server
}

/** Opens the proxy. @throws {NetError} when nothing can listen there */
export async function openProxy(
  target: URL,
  log: Log,
  place: { hostname: string; port: number },
): Promise<Proxy> {
  const pool = new Pool({ timeout: { connect: 5000, headers: 60_000, idle: 60_000 } })
  const hear = (event: unknown): void => log.tell(event as HttpTraceEvent | SocketTraceEvent)
  // Events are built while somebody listens, and for nobody otherwise.
  for (const channel of CHANNELS) subscribe(channel, hear)
  const server = await serve((request, info) => pass(request, info, { target, log, pool }), {
    ...place,
    limits: { connections: 500 },
  })
  return {
    server,
    async [Symbol.asyncDispose]() {
      await server.shutdown({ grace: 1000 })
      await pool.close()
      for (const channel of CHANNELS) unsubscribe(channel, hear)
    },
  }
}

interface Way {
  target: URL
  log: Log
  pool: Pool
}

/** One exchange. It has a number of its own, which is the parent of the request that is sent on: by it the log knows its events. */
async function pass(request: Request, info: Info, { target, log, pool }: Way) {
  const id = nextId()
  log.begin(id, request.method, info.target, performance.now())
  const host = request.headers.get('Host') ?? ''
  const from = info.remoteAddress?.hostname ?? 'unknown'
  const fields = requestFields(asSent(request.headers), { from, host })
  if (fields === undefined) return answer(log, id, 508, 'this proxy leads to itself\n')
  const place = placeOf(info.target, target.origin)
  if (place === undefined) return answer(log, id, 501, 'this proxy passes on requests for pages\n')
  try {
    const response = await pool.request(place, {
      method: request.method,
      headers: fields,
      body: request.body === null ? null : spied(log, id, 'up', request.body),
      // As it is: what was packed goes on packed, and its length with it.
      decode: false,
      signal: request.signal,
      trace: { parent: id },
    })
    const { status, statusText } = response
    const headers = new Headers(
      responseFields(asSent(response.headers), target.origin, `http://${host}`),
    )
    void info.completed.then(
      () => log.end(id, status, performance.now()),
      (error: Error) => log.end(id, status, performance.now(), error.message),
    )
    const body = response.body === null ? null : spied(log, id, 'down', response.body)
    return new Response(body, { status, statusText, headers })
  } catch (error) {
    if (codeOf(error) === undefined) throw error
    const status = codeOf(error) === 'ERR_TIMEOUT' ? 504 : 502
    return answer(log, id, status, `${(error as Error).message}\n`)
  }
}

/** In their order, and with the capitals that they came with. */
function asSent(headers: globalThis.Headers | Headers): Iterable<[string, string]> {
  return headers instanceof Headers ? headers.raw() : headers
}

function answer(log: Log, id: number, status: number, sentence: string): Response {
  log.end(id, status, performance.now(), sentence.trim())
  return new Response(sentence, {
    status,
    headers: { 'Content-Type': 'text/plain; charset=utf-8' },
  })
}

/** Passes pieces on, at the pace of whoever takes them, and lets the log see each. */
async function* spied(log: Log, id: number, direction: Direction, body: AsyncIterable<Uint8Array>) {
  for await (const piece of body) {
    log.pass(id, direction, piece)
    yield piece
  }
}
