/**
 * SOCKS 5, the client's side: RFC 1928, with the password of RFC 1929.
 *
 * Theory of operation. Three exchanges: which ways of proving who one is are on offer, the proof, if the proxy wants
 * one, and the request. Every message says its own length, so that nothing is read beyond the reply: the next byte
 * belongs to the peer behind the proxy.
 */

import { checkHost, checkPort } from './address.ts'
import { type Bytes, concat, encodeUtf8, kindOf } from './bytes.ts'
import { AF_INET, AF_INET6 } from './constants.ts'
import type { Dialogue } from './dialogue.ts'
import { Refusal } from './dialogue.ts'
import { inetNtop, inetPton, isIPv4, isIPv6 } from './ip.ts'
import { isWhole, quoted } from './quote.ts'

/** Who asks. */
export interface Credentials {
  /** 1 to 255 bytes as UTF-8. */
  username: string
  /** 1 to 255 bytes as UTF-8. Errors and events never show it. */
  password: string
}

/** RFC 1928 §4: what a proxy can be asked for. */
export const SOCKS5_COMMANDS = { connect: 1, bind: 2, associate: 3 } as const

const COMMANDS: readonly number[] = Object.values(SOCKS5_COMMANDS)
const VERSION = 5
/** RFC 1928 §3. */
const NO_AUTHENTICATION = 0
const USERNAME_PASSWORD = 2
const NO_ACCEPTABLE_METHOD = 0xff
/** RFC 1928 §5. */
const IPV4 = 1
const DOMAIN_NAME = 3
const IPV6 = 4

/** RFC 1928 §6: what a proxy answers, and the code that says the same without a proxy. */
const REPLIES: Readonly<Record<number, readonly [code: string, reason: string]>> = {
  1: ['ERR_PROXY', 'answered: general failure'],
  2: ['ERR_PROXY', 'answered: not allowed by ruleset'],
  3: ['ENETUNREACH', 'answered: network unreachable'],
  4: ['EHOSTUNREACH', 'answered: host unreachable'],
  5: ['ECONNREFUSED', 'answered: connection refused'],
  6: ['ETIMEDOUT', 'answered: TTL expired'],
  7: ['ERR_PROXY', 'answered: command not supported'],
  8: ['ERR_PROXY', 'answered: address type not supported'],
}

/**
 * Speaks SOCKS 5 until the tunnel stands.
 *
 * @param hostname an address, or a name that the proxy is to look up: at most 255 bytes
 * @param port 0 to 65535
 * @param credentials who asks; left out: nobody in particular
 * @param command of `SOCKS5_COMMANDS`; default connect
 * @returns the address that the proxy says it connects from; some say `0.0.0.0`
 * @throws {RangeError | SyntaxError} at once, for what does not fit into a message
 * @see RFC 1928, RFC 1929
 */
export function socks5(
  hostname: string,
  port: number,
  credentials?: Credentials,
  command: number = SOCKS5_COMMANDS.connect,
): Dialogue<{ hostname: string; port: number }> {
  if (!COMMANDS.includes(command))
    throw new RangeError(`a command of SOCKS 5 is ${COMMANDS.join(', ')}, not ${quoted(command)}`)
  // Made before the first byte is sent: half a dialogue would be worse than none.
  const request = requestOf(command, hostname, port)
  const proof = credentials === undefined ? undefined : proofOf(credentials)
  return speak(request, proof)
}

function* speak(
  request: Bytes,
  proof: Bytes | undefined,
): Dialogue<{ hostname: string; port: number }> {
  // RFC 1928 §3: version, number of methods, methods. No more is offered than can be done.
  const methods = proof === undefined ? [NO_AUTHENTICATION] : [NO_AUTHENTICATION, USERNAME_PASSWORD]
  yield { send: Uint8Array.of(VERSION, methods.length, ...methods) }
  const [version, method = NO_ACCEPTABLE_METHOD] = yield { receive: 2 }
  if (version !== VERSION) throw new SyntaxError(`answers in version ${version} of SOCKS`)
  if (method === NO_ACCEPTABLE_METHOD)
    throw new Refusal(
      'ERR_PROXY_AUTH',
      proof ? 'takes neither a password nor nobody' : 'wants credentials',
    )
  if (!methods.includes(method))
    throw new SyntaxError(`chose method ${method}, which was not offered`)

  // RFC 1929 §2
  if (method === USERNAME_PASSWORD && proof !== undefined) {
    yield { send: proof }
    const [negotiation, status] = yield { receive: 2 }
    if (negotiation !== 1)
      throw new SyntaxError(`answers in version ${negotiation} of the negotiation`)
    if (status !== 0) throw new Refusal('ERR_PROXY_AUTH', 'refuses the username or password')
  }

  // RFC 1928 §4 and §6: VER REP RSV ATYP BND.ADDR BND.PORT
  yield { send: request }
  const [replyVersion, reply = 1, , type = 0] = yield { receive: 4 }
  if (replyVersion !== VERSION) throw new SyntaxError(`answers in version ${replyVersion} of SOCKS`)
  if (reply !== 0) {
    const [code, reason] = REPLIES[reply] ?? ['ERR_PROXY', `answered: reply ${reply}`]
    throw new Refusal(code, reason)
  }
  const bound = yield* readAddress(type)
  const [high = 0, low = 0] = yield { receive: 2 }
  return { hostname: bound, port: high * 256 + low }
}

function* readAddress(type: number): Dialogue<string> {
  if (type === IPV4) return inetNtop(AF_INET, yield { receive: 4 })
  if (type === IPV6) return inetNtop(AF_INET6, yield { receive: 16 })
  if (type !== DOMAIN_NAME) throw new SyntaxError(`gives an address of the unknown type ${type}`)
  const [length = 0] = yield { receive: 1 }
  const name = yield { receive: length }
  return String.fromCharCode(...name)
}

function requestOf(command: number, hostname: string, port: number): Bytes {
  const head = Uint8Array.of(VERSION, command, 0)
  const ends = Uint8Array.of(checkPort(port) >> 8, port & 0xff)
  return concat([head, addressOf(checkHost(hostname)), ends])
}

function addressOf(hostname: string): Bytes {
  if (isIPv4(hostname)) return concat([Uint8Array.of(IPV4), inetPton(AF_INET, hostname)])
  if (isIPv6(hostname)) return concat([Uint8Array.of(IPV6), inetPton(AF_INET6, hostname)])
  return concat([Uint8Array.of(DOMAIN_NAME), field('a host name for SOCKS', hostname)])
}

/** What proves who asks. @throws {TypeError | RangeError | SyntaxError} what does not fit into it */
export function proofOf(credentials: Credentials): Bytes {
  const { username, password } = credentials ?? {}
  return concat([
    Uint8Array.of(1),
    field('a username for SOCKS', username),
    field('a password for SOCKS', password),
  ])
}

/** RFC 1929 §2 and RFC 1928 §5: an octet with the length, then 1 to 255 octets. */
function field(what: string, text: string): Bytes {
  if (typeof text !== 'string') throw new TypeError(`${what} must be a string, not ${kindOf(text)}`)
  if (!isWhole(text)) throw new SyntaxError(`${what} holds half a character`)
  const bytes = encodeUtf8(text)
  if (bytes.length < 1 || bytes.length > 255)
    throw new RangeError(`${what} has 1 to 255 bytes, not ${bytes.length}`)
  if (bytes.includes(0)) throw new SyntaxError(`${what} holds a NUL byte`)
  return concat([Uint8Array.of(bytes.length), bytes])
}
