/**
 * `request`: one request, one response, one connection. Whoever makes many to the same server keeps a
 * `ClientConnection`.
 */
import { type ByteStream, type ConnectOptions, connect, type Endpoint } from '@sluice/socket'
import { normaliseTimeout, type TimeoutOption } from '@sluice/socket/errors'
import { Headers } from '../core/headers.ts'
import type { Limits } from '../core/limits.ts'
import { ClientConnection } from './client-connection.ts'
import type { ExchangeOptions } from './client-exchange.ts'
import type { Response } from './response.ts'

/** How to make a request. */
export interface RequestOptions extends Omit<ExchangeOptions, 'timeout'> {
  /**
   * Milliseconds per phase: `lookup`, `connect` and `send` as for `connect()`; `headers` until the head of
   * the response and `idle` for silence in its body, 300 000 each; `total` off. A number is `total`.
   */
  timeout?: TimeoutOption | undefined
  /** Caps on what the server may send. */
  limits?: Partial<Limits> | undefined
  /** Opens the connection; default: `connect()` of `@sluice/socket`. The way in for tests and tunnels. */
  connect?: ((endpoint: Endpoint, options: ConnectOptions) => Promise<ByteStream>) | undefined
}

const KEYS = ['method', 'headers', 'body', 'signal', 'timeout', 'trace', 'limits', 'connect']
const PATIENCE = 300_000

/**
 * Makes one request over a connection of its own.
 *
 * @param url an `http:` URL; its fragment stays here
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
export async function request(url: string | URL, options: RequestOptions = {}): Promise<Response> {
  for (const key of Object.keys(options))
    if (!KEYS.includes(key))
      throw new TypeError(`request: there is no option '${key}'; there are ${KEYS.join(', ')}`)
  const to = new URL(url)
  if (to.protocol !== 'http:') throw new TypeError(`request: no way to speak ${to.protocol} here`)
  if (to.username !== '' || to.password !== '')
    throw new TypeError('request: a URL with userinfo; send it in an Authorization header')
  const { method, body, signal, trace, limits } = options
  const timeouts = normaliseTimeout(options.timeout)
  const given = typeof options.timeout === 'object' ? options.timeout : {}
  const { headers: head, idle, total, ...below } = timeouts
  const endpoint: Endpoint = {
    hostname: to.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: to.port === '' ? 80 : Number(to.port),
  }
  const headers = new Headers(options.headers)
  // Nobody will use this connection again, and a server that knows need not wait for us.
  if (!headers.has('connection')) headers.append('Connection', 'close')
  const open = options.connect ?? connect
  const stream = await open(endpoint, { signal, trace, timeout: { ...below, total } })
  const connection = new ClientConnection(stream, { host: to.host, limits })
  try {
    return await connection.request(`${to.pathname}${to.search}`, {
      ...{ method, headers, body, signal, trace },
      timeout: {
        headers: given.headers === undefined ? PATIENCE : head,
        idle: given.idle === undefined ? PATIENCE : idle,
        total,
      },
    })
  } catch (error) {
    connection.destroy()
    throw error
  }
}
