/**
 * SOCKS 4 and 4a, the client's side. One message each way, of eight bytes but for the two strings of the request.
 *
 * 4 takes IPv4 addresses alone; 4a sends a name behind an address that can't be (0.0.0.1), for the proxy to look up.
 * There is no password: the user id is a claim, which some proxies compare with identd's (RFC 1413).
 * Source: "SOCKS: A protocol for TCP proxy across firewalls" and "SOCKS 4A", Ying-Da Lee.
 */
import { checkHost, checkPort } from './address.ts'
import { type Bytes, concat, encodeUtf8, kindOf } from './bytes.ts'
import { AF_INET } from './constants.ts'
import { type Dialogue, Refusal } from './dialogue.ts'
import { inetNtop, inetPton, isIPv4, isIPv6 } from './ip.ts'
import { isWhole } from './quote.ts'

const VERSION = 4
const CONNECT = 1
const GRANTED = 90
const REPLIES: Readonly<Record<number, readonly [code: string, reason: string]>> = {
  91: ['ERR_PROXY', 'answered: rejected or failed'],
  92: ['ERR_PROXY_AUTH', 'answered: rejected, it can not reach identd on this machine'],
  93: ['ERR_PROXY_AUTH', 'answered: rejected, identd tells another user id'],
}

/**
 * Speaks SOCKS 4 until the tunnel stands.
 *
 * @param hostname an IPv4 address, or a name (4a)
 * @param userId default empty
 * @param port 0 to 65535
 * @returns the address that the proxy says it connects from; most say `0.0.0.0`
 * @throws {RangeError | SyntaxError} at once, for what does not fit into a message
 * @see SOCKS 4 and 4A, Ying-Da Lee
 */
export function socks4(
  hostname: string,
  port: number,
  userId = '',
): Dialogue<{ hostname: string; port: number }> {
  checkHost(hostname)
  if (isIPv6(hostname)) throw new RangeError('SOCKS 4 has no IPv6 addresses; SOCKS 5 has')
  return speak(requestOf(hostname, port, userId))
}

function* speak(request: Bytes): Dialogue<{ hostname: string; port: number }> {
  yield { send: request }
  const reply = yield { receive: 8 }
  const [version, code = 91, high = 0, low = 0] = reply
  // The reply's version is 0: it is that of the reply, not of the protocol.
  if (version !== 0) throw new SyntaxError(`answers with version ${version} instead of 0`)
  if (code !== GRANTED) {
    const [name, reason] = REPLIES[code] ?? ['ERR_PROXY', `answered: reply ${code}`]
    throw new Refusal(name, reason)
  }
  return { hostname: inetNtop(AF_INET, reply.subarray(4, 8)), port: high * 256 + low }
}

function requestOf(hostname: string, port: number, userId: string): Bytes {
  const isName = !isIPv4(hostname)
  const address = isName ? Uint8Array.of(0, 0, 0, 1) : inetPton(AF_INET, hostname)
  const parts = [
    Uint8Array.of(VERSION, CONNECT, checkPort(port) >> 8, port & 0xff),
    address,
    userIdOf(userId),
  ]
  return concat(isName ? [...parts, ended('a host name for SOCKS', hostname)] : parts)
}

/** Who asks. @throws {TypeError | RangeError | SyntaxError} what does not fit into it */
export function userIdOf(userId: string): Bytes {
  return ended('a user id for SOCKS', userId)
}

/** A string and the NUL that ends it. */
function ended(what: string, text: string): Bytes {
  if (typeof text !== 'string') throw new TypeError(`${what} must be a string, not ${kindOf(text)}`)
  if (!isWhole(text)) throw new SyntaxError(`${what} holds half a character`)
  const bytes = encodeUtf8(text)
  if (bytes.length > 255) throw new RangeError(`${what} has at most 255 bytes, not ${bytes.length}`)
  if (bytes.includes(0)) throw new SyntaxError(`${what} holds a NUL byte`)
  return concat([bytes, Uint8Array.of(0)])
}
