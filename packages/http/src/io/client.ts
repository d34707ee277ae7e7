/**
 * `request`: one request, one response, one connection. Whoever makes many keeps a `Pool`, or
 * a `ClientConnection`.
 */
import type { TimeoutOption } from '@sluice/socket/errors'
import { checkOptions } from '../core/check-options.ts'
import { Headers } from '../core/headers.ts'
import type { Limits } from '../core/limits.ts'
import { normaliseMethod } from '../core/methods.ts'
import { parseRequestUrl } from '../core/origin.ts'
import { isRepeatable, orLetGo } from './body.ts'
import { ClientConnection, loadingOf } from './client-connection.ts'
import { type ExchangeOptions, REQUEST_KEYS, timeoutsOf } from './client-exchange.ts'
import { CONNECTION_KEYS, type ConnectionOptions, openStream, planRoute } from './open.ts'
import type { Response } from './response.ts'

/** How to make a request. */
export interface RequestOptions extends Omit<ExchangeOptions, 'timeout'>, ConnectionOptions {
  /**
   * Milliseconds per phase: `lookup`, `connect` and `send` as for `connect()`; `headers` until the head of
   * the response and `idle` for silence in its body, 300 000 each; `total` off. A number is `total`.
   */
  timeout?: TimeoutOption | undefined
  /** Caps on what the server may send. */
  limits?: Partial<Limits> | undefined
}

const KEYS: readonly string[] = [...CONNECTION_KEYS, ...REQUEST_KEYS, 'host', 'limits']

/**
 * Makes one request over a connection of its own.
 *
 * @param url an `http:` or `https:` URL; its fragment stays here
 * @param options method, fields, body, timeouts, and how to connect
 * @returns the response as soon as its head is here. Read its body, or cancel it: the connection is closed
 *   after that
 * @throws {TypeError} a URL, method, header or option that is none
 * @throws what `connect()` and `ClientConnection.request()` throw
 * @see RFC 9110 §7.3, §9; RFC 9112 §9
 * @example
 * const response = await request('http://127.0.0.1:8080/')
 * console.log(response.status, await response.text())
 */
export function request(url: string | URL, options: RequestOptions = {}): Promise<Response> {
  const work = exchangeOnce(url, options)
  const body = options?.body
  return isRepeatable(body) ? work : orLetGo(body, work)
}

async function exchangeOnce(url: string | URL, options: RequestOptions): Promise<Response> {
  checkOptions('request', options, KEYS)
  const { origin, target } = parseRequestUrl(url)
  const { method, headers, body, signal, trace, limits, timeout, ...others } = options
  const { host, decode, informational, ...connection } = others
  const { open, exchange } = timeoutsOf(timeout)
  const { total } = exchange
  // Looked at here, so that nobody is called for what can't be asked.
  normaliseMethod(method ?? 'GET')
  const route = planRoute(origin, connection)
  const fields = new Headers(headers)
  // Nobody will use this connection again, and a server that knows need not wait for us.
  if (!fields.has('connection')) fields.append('Connection', 'close')
  if (route.credentials !== undefined && !fields.has('proxy-authorization'))
    fields.append('Proxy-Authorization', route.credentials)
  const began = performance.now()
  await loadingOf(decode)
  const call = { signal, trace, timeout: { ...open, total } }
  const stream = await openStream(route.to, route.options, call)
  const client = new ClientConnection(stream, { host: origin.host, limits })
  try {
    const response = await client.request(route.isForwarded ? `${origin.key}${target}` : target, {
      ...{ method, headers: fields, body, signal, trace, host, decode, informational },
      timeout: { ...exchange, left: total - (performance.now() - began) },
    })
    // Nobody can take the stream from here.
    if (response.status === 101) client.destroy()
    return response
  } catch (error) {
    client.destroy()
    throw error
  }
}
