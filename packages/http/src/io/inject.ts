/**
 * `inject`: asks a handler without a socket. What lies between is a memory pair with the real machines at both ends, so
 * what comes back is what the wire would have said: fields, chunks, 304 without a body, 413, 500 for what throws.
 */
import { type MemoryOptions, memoryPair } from '@sluice/socket/testing'
import type { BodyInit } from './body.ts'
import { ClientConnection } from './client-connection.ts'
import type { ExchangeOptions } from './client-exchange.ts'
import type { Response } from './response.ts'
import type { ServeOptions } from './serve-options.ts'
import { Server } from './server.ts'
import type { Handler } from './server-context.ts'

/** How the pair behaves, and its server. */
export interface ConnectionPairOptions {
  /** As for `serve()`: limits, timeouts, `onError`, `clock`. Not with a `Server`, which has its own. */
  server?: ServeOptions | undefined
  /** What lies between: `chunk: 1` delivers byte by byte, `capacity` holds a writer up. */
  memory?: MemoryOptions | undefined
}

/** What to ask, and how the pair behaves. */
export interface InjectOptions extends ExchangeOptions, ConnectionPairOptions {}

/**
 * Connects a client to a handler without a socket, for several requests on one connection, or for an upgrade.
 *
 * @param handler a function, an object with such a `fetch`, or a `Server`, which need not listen
 * @param options the server's, and those of the memory between
 * @returns the client's end, and the server; closing the first ends both, unless the server was given
 * @throws {TypeError | RangeError} for options that make no sense
 * @see RFC 9112 §9
 * @example
 * const [client] = connectionPair(() => new Response('hello'))
 * console.log(await (await client.request('/')).text())
 */
export function connectionPair(
  handler: Handler | { fetch: Handler } | Server,
  options: ConnectionPairOptions = {},
): [client: ClientConnection, server: Server] {
  return pair(handler, options)
}

function pair(
  handler: Handler | { fetch: Handler } | Server,
  { server: serverOptions, memory = {} }: ConnectionPairOptions,
  onIdle?: () => void,
): [ClientConnection, Server] {
  const isGiven = handler instanceof Server
  if (isGiven && serverOptions !== undefined)
    throw new TypeError('a Server has its options already; `server` is for handlers')
  const server = isGiven ? handler : new Server(handler, serverOptions)
  const [near, far] = memoryPair(memory)
  server.handle(far)
  if (!isGiven) void near.closed.then(() => server.close())
  return [new ClientConnection(near, { host: 'localhost', onIdle }), server]
}

/**
 * Asks a handler without a socket.
 *
 * @param handler a function, an object with such a `fetch`, or a `Server`, which need not listen
 * @param input a request target such as `/path?query`, a URL of the scheme `http:`, or a Request
 * @param options method, fields, body and the rest of a request; the server's options
 * @returns the response, with the body as it came over the wire; read it or cancel it
 * @throws {TypeError} a URL with another scheme, options that there are not
 * @throws {ProtocolError} side `local`: this can not be sent; side `remote`: what was answered is no HTTP
 * @throws {NetError} `ERR_UNEXPECTED_END` the connection ended without an answer
 * @see RFC 9112 §3, for the request target
 * @example
 * const response = await inject((request) => new Response(request.method), '/', { method: 'PUT' })
 * console.log(response.status, await response.text())
 */
export async function inject(
  handler: Handler | { fetch: Handler } | Server,
  input: string | URL | globalThis.Request,
  { server, memory, ...options }: InjectOptions = {},
): Promise<Response> {
  const { target, ...asked } = read(input)
  const exchange: ExchangeOptions = { ...asked, ...defined(options) }
  const [client] = pair(handler, { server, memory }, () => void client.close())
  try {
    const response = await client.request(target, exchange)
    // Nobody can take the stream from here: an upgrade is over with its head.
    if (response.status === 101) client.destroy()
    return response
  } catch (error) {
    client.destroy()
    throw error
  }
}

function read(input: string | URL | globalThis.Request): ExchangeOptions & { target: string } {
  if (typeof input === 'string' && /^(?:\/|\*$)/.test(input)) return { target: input }
  if (typeof input === 'string' || input instanceof URL) return locate(new URL(input))
  const { url, method, headers, body, signal } = input
  return {
    ...locate(new URL(url)),
    method,
    headers: [...headers] as [string, string][],
    signal,
    ...(body === null ? {} : { body: body as BodyInit }),
  }
}

function locate(url: URL): { target: string; host: string } {
  if (url.protocol !== 'http:')
    throw new TypeError(`inject speaks http: without TLS, not ${url.protocol}`)
  return { target: url.pathname + url.search, host: url.host }
}

function defined<T extends object>(options: T): Partial<T> {
  return Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  ) as Partial<T>
}
