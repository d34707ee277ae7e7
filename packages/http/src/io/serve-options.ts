/**
 * What `serve` takes, and the same made complete: where to listen, how long to wait, how much to take.
 * Unknown names are refused, so that a misspelt `timout` is told rather than ignored.
 */
import type { Clock, Listener, ListenOptions, Target } from '@sluice/socket'
import { checkNumber, checkOptions } from '../core/check-options.ts'
import { type Limits, normaliseLimits } from '../core/limits.ts'

/** Milliseconds; 0 and Infinity turn one off. */
export interface ServerTimeouts {
  /** From the first byte of a head to its last, and from the connection to the first head; default 30 000. */
  headers: number
  /** Silence between two requests; default 75 000, as nginx has it. */
  keepAlive: number
  /** Silence inside a request body; default 300 000. */
  idle: number
  /** A request body as a whole, while the server takes it; default off, see `limits.bodyRate`. */
  request: number
}

/** Bounds of a server, besides those of each message. */
export interface ServerLimits extends Limits {
  /** Connections that are served at once; more are told 503 with Retry-After, or wait. Default 10 000. */
  connections: number
  /** Bytes of a request body; default 16 MiB. */
  body: number
  /** Bytes a second, on average, of a request body that takes longer than 20 seconds; slower ones are cut off. Default 500; 0: none. */
  bodyRate: number
  /** Requests on one connection, the last of them answered with `Connection: close`; default: no limit. */
  requests: number
}

/** How to serve. */
export interface ServeOptions {
  /** A name or an address; default `127.0.0.1`: this machine alone. `0.0.0.0` or `::` lets others in. */
  hostname?: string | undefined
  /** 0 to 65535; default 0, a port of the system's choice, see `server.address`. */
  port?: number | undefined
  /** Instead of a hostname and a port: the path of a Unix socket. */
  path?: string | undefined
  /** The same in one value, as `listen` of `@sluice/socket` takes it: `tcp://127.0.0.1:8080`, `unix:/path`. */
  target?: Target | undefined
  /** Instead of all of them: a listener that exists already. The server closes it. */
  listener?: Listener | undefined
  /** Speak TLS, with this certificate: as `tls` of `listen()`. */
  tls?: ListenOptions['tls']
  /**
   * Milliseconds: `headers` 30 000 until a head is complete, `keepAlive` 75 000 between requests, `idle` 300 000 of
   * silence inside a body, `request` (off) for the whole of one. 0 or Infinity turns one off.
   */
  timeout?: Partial<ServerTimeouts> | undefined
  /** Caps on connections, heads and bodies; each has its default. */
  limits?: Partial<ServerLimits> | undefined
  /**
   * Whether the handler gets CONNECT requests, to grant them by `info.upgrade`; default false: 501. Whoever grants them
   * to everybody runs an open proxy.
   */
  tunnels?: boolean | undefined
  /**
   * Told what a handler threw, and what broke a response on its way. Default: `console.error`. What it
   * throws itself, or rejects with, is dropped.
   */
  onError?: ((error: unknown, request: globalThis.Request) => void) | undefined
  /** Passed to `listen`: backlog, ipv6Only, keepAlive and the rest. */
  listen?: Omit<ListenOptions, 'signal'> | undefined
  /** Whose clock the timeouts run on; for tests. */
  clock?: Clock | undefined
}

const KEYS = [
  'hostname',
  'port',
  'path',
  'target',
  'listener',
  'tls',
  'timeout',
  'limits',
  'tunnels',
  'onError',
  'listen',
  'clock',
]
/** Deno and Bun listen on every interface. A first program should not be open to the street. */
const HOSTNAME = '127.0.0.1'
const DEFAULT_TIMEOUTS: ServerTimeouts = {
  headers: 30_000,
  keepAlive: 75_000,
  idle: 300_000,
  // Node has 300 000, which ends large uploads over slow lines; the rate ends slow ones alone.
  request: Number.POSITIVE_INFINITY,
}
/** nginx ships with 512 a worker, Node has no cap; at 5 KB each these are 50 MB. */
const MAX_CONNECTIONS = 10_000
/** nginx 1 MiB, Bun 128 MiB, Express 100 KiB. Arbitrary: what a program can hold without thinking about it. */
const MAX_BODY = 16_777_216

/** With its twenty seconds from Apache's mod_reqtimeout, `body=20,MinRate=500`; nginx and Node have no rate. */
const BODY_RATE = 500

/** Options, complete and checked. */
export interface ServePlan {
  readonly target: Target
  readonly timeouts: Readonly<ServerTimeouts>
  readonly limits: Readonly<Limits>
  readonly maxConnections: number
  readonly maxBody: number
  readonly maxRequests: number
  readonly bodyRate: number
}

/**
 * Completes the options of `serve`.
 *
 * @throws {TypeError | RangeError} a name that is unknown, a value that makes no sense, two places to listen
 */
export function normaliseServe(options: ServeOptions): ServePlan {
  checkOptions('serve', options, KEYS)
  const {
    connections = MAX_CONNECTIONS,
    body = MAX_BODY,
    bodyRate = BODY_RATE,
    requests = Number.POSITIVE_INFINITY,
    ...limits
  } = options.limits ?? {}
  return {
    target: targetOf(options),
    timeouts: normaliseTimeouts(options.timeout),
    limits: normaliseLimits(limits),
    maxConnections: checkNumber('limits.connections', connections),
    maxBody: checkNumber('limits.body', body),
    maxRequests: checkNumber('limits.requests', requests),
    bodyRate: checkNumber('limits.bodyRate', bodyRate),
  }
}

/** One place to listen, however it is said; whether it is one at all, `listen` says. */
function targetOf(options: ServeOptions): Target {
  const { hostname = HOSTNAME, port = 0, path, target } = options
  const ways = [['listener'], ['target'], ['path'], ['hostname', 'port']] as const
  const named = ways.map((way) => way.find((name) => options[name] !== undefined))
  const [first, second] = named.filter((name) => name !== undefined)
  if (second !== undefined)
    throw new TypeError(
      `serve: ${first} and ${second} both say where to listen; one of them is enough`,
    )
  return target ?? (path === undefined ? { hostname, port } : { path })
}

function normaliseTimeouts(given: Partial<ServerTimeouts> = {}): ServerTimeouts {
  const result = { ...DEFAULT_TIMEOUTS }
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(DEFAULT_TIMEOUTS, name))
      throw new TypeError(
        `timeout: there is no phase '${name}'; there are ${Object.keys(DEFAULT_TIMEOUTS).join(', ')}`,
      )
    if (value === undefined) continue
    result[name as keyof ServerTimeouts] =
      checkNumber(`timeout.${name}`, value) || Number.POSITIVE_INFINITY
  }
  return result
}
