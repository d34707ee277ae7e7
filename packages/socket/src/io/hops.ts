/**
 * Proxies as hops: something that a connection goes to first, and that leads it on. The interface is all that
 * `connect` knows; SOCKS is here, CONNECT is a hop that the HTTP layer brings, and a program can bring its own.
 */
import {
  formatEndpoint,
  type InetEndpoint,
  isUnix,
  parseTarget,
  type Target,
} from '../core/address.ts'
import { kindOf } from '../core/bytes.ts'
import type { Dialogue } from '../core/dialogue.ts'
import { isWhole, printable, quoted } from '../core/quote.ts'
import { socks4, userIdOf } from '../core/socks4.ts'
import { type Credentials, proofOf, socks5 } from '../core/socks5.ts'
import type { Connection } from './connection.ts'
import { converse } from './converse.ts'
import type { TlsClientOptions } from './tls-context.ts'

/** What a hop may use while it works. */
export interface HopOptions {
  /** Ends the wait. */
  readonly signal?: AbortSignal | undefined
}

/** Something on the way that leads a connection on. */
export interface Hop {
  /** As errors name it, without secrets: `socks5://127.0.0.1:1080`. */
  readonly name: string
  /** Where it is. */
  readonly target: Target
  /** How to speak TLS with it; default: not. */
  readonly tls?: boolean | TlsClientOptions | undefined
  /** Whether it takes names and looks them up itself; if not, it is given addresses. */
  readonly takesNames: boolean
  /** The only family of addresses that it takes; default both. */
  readonly family?: 4 | undefined
  /**
   * Leads a connection on.
   *
   * @param connection stands, to the hop
   * @param target where to: a name only if `takesNames`
   * @returns the connection to the target: the same one, or one on top of it
   * @throws {Refusal} the hop said no; {SyntaxError} it broke its protocol; what breaks the connection
   */
  through(connection: Connection, target: InetEndpoint, options: HopOptions): Promise<Connection>
}

/** What `proxy` takes: `socks5://user:password@host:1080`, or a hop. */
export type ProxyTarget = string | URL | Hop

const KINDS = ['socks4', 'socks4a', 'socks5', 'socks5h'] as const
type Kind = (typeof KINDS)[number]
/** RFC 1928 §3. */
const PORT = 1080

/**
 * Makes a hop of a SOCKS proxy.
 *
 * @param kind `socks4` and `socks5` are given addresses, looked up here; `socks4a` and `socks5h` are given names
 * @param target where the proxy is
 * @param credentials for SOCKS 5; for SOCKS 4 `username` is the user id
 * @throws {TypeError} for another kind
 * @throws {SyntaxError | RangeError} for what is no place, or credentials that do not fit into a message
 * @see RFC 1928, RFC 1929
 * @example const proxy = socksHop('socks5h', { hostname: '127.0.0.1', port: 1080 }) // for the option `proxy`
 */
export function socksHop(kind: Kind, target: InetEndpoint, credentials?: Credentials): Hop {
  if (!KINDS.includes(kind))
    throw new TypeError(`socksHop: there is no kind ${quoted(kind)}; there are ${KINDS.join(', ')}`)
  const endpoint = parseTarget(target, [])
  if (isUnix(endpoint))
    throw new TypeError('socksHop: a proxy has a hostname and a port, not a path')
  // What does not fit into a message is told here, and not by the first connection.
  if (credentials !== undefined && kind.startsWith('socks4')) userIdOf(credentials.username)
  else if (credentials !== undefined) proofOf(credentials)
  const speak = (hostname: string, port: number): Dialogue<unknown> =>
    kind.startsWith('socks4')
      ? socks4(hostname, port, credentials?.username)
      : socks5(hostname, port, credentials)
  return {
    name: `${kind}://${formatEndpoint(endpoint)}`,
    target: endpoint,
    takesNames: kind === 'socks4a' || kind === 'socks5h',
    ...(kind === 'socks4' ? { family: 4 } : {}),
    async through(connection, { hostname, port }, options) {
      await converse(connection, speak(hostname, port), options)
      return connection
    },
  }
}

/**
 * Reads what `proxy` takes.
 *
 * @throws {SyntaxError} text that is no URL of a proxy; {TypeError} neither text nor a hop
 */
export function toHop(proxy: ProxyTarget): Hop {
  if (typeof proxy === 'string' || proxy instanceof URL) return parseProxy(proxy)
  if (typeof proxy?.through === 'function') {
    parseTarget(proxy.target, ['tcp', 'tls'])
    return proxy
  }
  throw new TypeError(`proxy must be a URL or a hop, not ${kindOf(proxy)}`)
}

function parseProxy(proxy: string | URL): Hop {
  // A URL loses line breaks and tabs in silence, and half characters become others: `ho\nst` would lead to `host`.
  if (CONTROL.test(String(proxy)) || !isWhole(String(proxy)))
    throw new SyntaxError('proxy: the URL holds a control character or half a character')
  // The text is not repeated: it may hold a password.
  if (!URL.canParse(String(proxy))) throw new SyntaxError('proxy: the text is no URL')
  const url = new URL(proxy)
  const kind = url.protocol.slice(0, -1)
  if (kind === 'http' || kind === 'https')
    throw new SyntaxError(
      `proxy: an ${kind}: proxy is a hop of @sluice/http; here are ${KINDS.join(':, ')}:`,
    )
  if (!isKind(kind))
    throw new SyntaxError(
      `proxy: no scheme '${printable(kind, 40)}' here; there are ${KINDS.join(':, ')}:`,
    )
  if (url.hostname === '') throw new SyntaxError(`proxy: the URL names no host`)
  if (/^\/?$/.test(url.pathname) === false || url.search !== '' || url.hash !== '')
    throw new SyntaxError(`proxy: the URL has a path, which no proxy has`)
  const hostname = decoded(url.hostname.replace(/^\[|\]$/g, ''))
  const username = decoded(url.username)
  const credentials = username === '' ? undefined : { username, password: decoded(url.password) }
  return socksHop(kind, { hostname, port: url.port === '' ? PORT : Number(url.port) }, credentials)
}

function isKind(kind: string): kind is Kind {
  return (KINDS as readonly string[]).includes(kind)
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new SyntaxError('proxy: the URL has a percent sign that begins no byte')
  }
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: refusing them is the point.
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/
