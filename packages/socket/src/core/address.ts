/**
 * Endpoints: where a socket is, or where it should go. Parses what people write, formats what errors
 * and logs show.
 *
 * Three forms of text: `tcp://host:port` (or `tls:`, `udp:`), `unix:/path`, and `host:port`, with brackets around an IPv6
 * address (RFC 3986 §3.2.2). `::1:80` is refused rather than guessed at.
 */
import { kindOf, toBytes } from './bytes.ts'
import { NetError } from './errors.ts'
import { isWhole, printable, quoted } from './quote.ts'

/** A TCP or UDP endpoint. */
export interface InetEndpoint {
  /** A name or an IP address, without brackets. */
  hostname: string
  /** 0 to 65535; 0 lets the system choose, where one listens. */
  port: number
}

/** A Unix socket, by its path in the file system; a leading NUL byte is Linux's abstract name space. */
export interface UnixEndpoint {
  /** At most 107 bytes, 108 for an abstract name. */
  path: string
}

/** Where to go, or where to be. */
export type Endpoint = InetEndpoint | UnixEndpoint

/** What `connect` and `listen` take. */
export type Target = string | Endpoint

/** The address of a live TCP or UDP socket. */
export interface InetAddress extends InetEndpoint {
  /** Which of the two. */
  family: 'IPv4' | 'IPv6'
}
/** The address of a live Unix socket. Host and port can be asked for before it is known what an address is. */
export interface UnixAddress extends UnixEndpoint {
  /** No other. */
  family: 'Unix'
  /** There is none. */
  hostname?: undefined
  /** There is none. */
  port?: undefined
}
/** The address of a live socket of any kind. */
export type Address = InetAddress | UnixAddress

/** Whether an endpoint or address is a Unix socket. */
export function isUnix<T extends Endpoint | Address>(endpoint: T): endpoint is T & UnixEndpoint {
  return 'path' in endpoint
}

/** The schemes that a target can name besides `unix:`. */
export type Scheme = 'tcp' | 'tls' | 'udp'

/**
 * Reads a target.
 *
 * @param schemes those that make sense here
 * @throws {SyntaxError} text that is none of the three forms, or has another scheme
 * @throws {RangeError} a port outside 0 to 65535
 * @throws {TypeError} neither text nor an endpoint
 * @throws {NetError} `ENAMETOOLONG` a path that no address of a Unix socket holds
 */
export function parseTarget(
  target: Target,
  schemes: readonly Scheme[] = ['tcp', 'tls', 'udp'],
): Endpoint {
  if (typeof target === 'string') return parseText(target, schemes)
  if (typeof target !== 'object' || target === null)
    throw new TypeError(
      `target must be a string, {hostname, port} or {path}, not ${kindOf(target)}`,
    )
  if ('path' in target) return { path: checkPath(target.path) }
  return { hostname: checkHost(target.hostname), port: checkPort(target.port) }
}

/** Whether a target asks for TLS by its scheme. */
export function isTls(target: Target): boolean {
  return typeof target === 'string' && /^tls:\/\//i.test(target)
}

function parseText(text: string, schemes: readonly Scheme[]): Endpoint {
  const [, scheme, rest] = /^([a-z][a-z0-9+.-]*):(?!\d+$)(.*)$/is.exec(text) ?? []
  if (scheme?.toLowerCase() === 'unix')
    return { path: checkPath((rest ?? '').replace(/^\/\/(?=\/)/, '')) }
  if (scheme !== undefined && rest?.startsWith('//')) {
    const known: readonly string[] = schemes
    if (!known.includes(scheme.toLowerCase()))
      throw new SyntaxError(
        `target ${shown(text)}: no scheme '${printable(scheme, 40)}' here; ${schemes.join(':, ')}: and unix: are known`,
      )
    return parseHostPort(rest.slice(2).replace(/\/$/, ''), text)
  }
  return parseHostPort(text, text)
}

/** A target for a sentence. What stands before an `@` is of another kind of URL, and often a password. */
function shown(text: string): string {
  const at = text.lastIndexOf('@')
  return quoted(at === -1 ? text : `***${text.slice(at)}`)
}

function parseHostPort(authority: string, text: string): InetEndpoint {
  const [, bracketed, plain, port] =
    /^(?:\[([^\]]*)\]|([^:[\]/@]*)):(\d{1,5})$/.exec(authority) ?? []
  const hostname = bracketed ?? plain
  if (hostname === undefined || port === undefined)
    throw new SyntaxError(
      `target ${shown(text)}: expected host:port, [ipv6]:port, tcp://host:port or unix:/path`,
    )
  return { hostname: checkHost(hostname), port: checkPort(Number(port)) }
}

/** Checks the number of a port. @throws {TypeError | RangeError} what is none */
export function checkPort(port: unknown): number {
  if (typeof port !== 'number') throw new TypeError(`port must be a number, not ${kindOf(port)}`)
  if (!Number.isInteger(port) || port < 0 || port > 65535)
    throw new RangeError(`port must be a whole number from 0 to 65535, not ${port}`)
  return port
}

/**
 * Checks what is to be looked up, connected to or compared: a name or an address, without brackets.
 *
 * @throws {TypeError} no text {SyntaxError} no name of a host {RangeError} too long for one
 */
export function checkHost(hostname: unknown): string {
  if (typeof hostname !== 'string')
    throw new TypeError(`hostname must be a string, not ${kindOf(hostname)}`)
  // A NUL or line break would travel on into the resolver, a log or a request head.
  if (CONTROL.test(hostname))
    throw new SyntaxError(`hostname ${quoted(hostname)} holds a control character or a space`)
  if (!isWhole(hostname))
    throw new SyntaxError(`hostname ${quoted(hostname)} holds half a character`)
  if (hostname.length * 3 > LONGEST_NAME && toBytes(hostname).length > LONGEST_NAME)
    throw new RangeError(
      `hostname ${quoted(hostname)} is too long: a name has at most ${LONGEST_NAME} bytes`,
    )
  return hostname
}

/** RFC 1035 §2.3.4, with its lengths and the root; SOCKS has one byte for the number, too. */
const LONGEST_NAME = 255

function checkPath(path: unknown): string {
  if (typeof path !== 'string') throw new TypeError(`path must be a string, not ${kindOf(path)}`)
  if (path === '') throw new SyntaxError('path of a Unix socket must not be empty')
  if (path.indexOf('\0', 1) !== -1) throw new SyntaxError(`path ${quoted(path)} holds a NUL byte`)
  if (!isWhole(path)) throw new SyntaxError(`path ${quoted(path)} holds half a character`)
  checkLength(path)
  return path
}

/**
 * What `sun_path` holds on Linux: 108 bytes, one of them the NUL at the end, which an abstract name does without
 * (unix(7)). macOS has 104: there the system itself refuses what is between. Node 20 cuts a longer path in silence and
 * listens somewhere else, so it is refused here.
 */
const SUN_PATH = 108

function checkLength(path: string): void {
  // A named pipe of Windows is no address of this kind.
  if (/^[\\/]{2}[.?][\\/]/.test(path)) return
  const { length } = toBytes(path)
  const fits = path.startsWith('\0') ? SUN_PATH : SUN_PATH - 1
  if (length <= fits) return
  const reason = `the path has ${length} bytes, and ${fits} fit into an address`
  const target = formatEndpoint({ path })
  throw new NetError({ verb: 'open', target, code: 'ENAMETOOLONG', phase: 'open', reason })
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: refusing them is the point.
const CONTROL = /[\u0000-\u0020\u007f-\u00a0\u2028\u2029]/

/**
 * Writes an endpoint as errors and logs show it, and as `connect` and `listen` read it. Never throws.
 *
 * @param endpoint where something listens, or is to be reached
 * @returns `127.0.0.1:8080`, `[::1]:80`, `unix:/tmp/a.sock`, `unix:@abstract`
 * @see RFC 3986 §3.2.2, for the brackets
 * @example console.log(`listening on ${formatEndpoint((await listen('[::1]:0')).address)}`)
 */
export function formatEndpoint(endpoint: Endpoint | Address): string {
  if (isUnix(endpoint)) return `unix:${endpoint.path.replace(/^\0/, '@')}`
  const { hostname, port } = endpoint
  return hostname.includes(':') ? `[${hostname}]:${port}` : `${hostname}:${port}`
}
