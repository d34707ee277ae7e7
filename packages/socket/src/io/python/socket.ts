/**
 * Python's module `socket`, put together: addresses and byte order, which only compute, are here; the class is in
 * `raw-socket.ts` and `socket-class.ts`, what makes sockets in `socket-functions.ts`, names and services in `netdb.ts`. A
 * shim over the core; what it adds is Python's names, argument rules and exceptions.
 */
import {
  htonl as coreHtonl,
  htons as coreHtons,
  ntohl as coreNtohl,
  ntohs as coreNtohs,
} from '../../core/byte-order.ts'
import { inetAton, inetNtop, inetPton } from '../../core/ip.ts'
import * as C from './constants.ts'
import { AF_INET } from './constants.ts'
import { OSError, OverflowError, TimeoutError, ValueError } from './errors.ts'
import { bind, type Call, type Callable, callable } from './keywords.ts'
import { RawSocket } from './raw-socket.ts'

export * from './constants.ts'
export * from './constants-families.ts'
export { gaierror, herror } from './errors.ts'
export { SocketIO } from './files.ts'
export {
  getaddrinfo,
  getfqdn,
  gethostbyaddr,
  gethostbyname,
  gethostbyname_ex,
  gethostname,
  getnameinfo,
  getprotobyname,
  getservbyname,
  getservbyport,
  if_indextoname,
  if_nameindex,
  if_nametoindex,
} from './netdb.ts'
export { getdefaulttimeout, setdefaulttimeout } from './raw-socket.ts'
export { _GiveupOnSendfile } from './sendfile.ts'
export { socket } from './socket-class.ts'
export {
  CMSG_LEN,
  CMSG_SPACE,
  close,
  create_connection,
  create_server,
  dup,
  fromfd,
  has_dualstack_ipv6,
  socketpair,
} from './socket-functions.ts'

/** The verbs alone: the base of `socket`, which CPython has in C. */
export const SocketType: Callable<typeof RawSocket> = callable(RawSocket)
/** Address families by name. */
export const AddressFamily: Readonly<Record<string, number>> = named('AF_')
/** Kinds of sockets by name. */
export const SocketKind: Readonly<Record<string, number>> = named('SOCK_')
/** Flags of `recv`, `send` and their relatives by name. */
export const MsgFlag: Readonly<Record<string, number>> = named('MSG_')
/** Flags of `getaddrinfo` by name. */
export const AddressInfo: Readonly<Record<string, number>> = named('AI_')
/** The loopback address of `socketpair`. */
export const _LOCALHOST = '127.0.0.1'
/** The old name of `OSError`. */
export const error: typeof OSError = OSError
/** The old name of `TimeoutError`. */
export const timeout: typeof TimeoutError = TimeoutError
/** Whether IPv6 is built in: always, for the runtimes this library runs on. */
export const has_ipv6 = true

/** Reads an address strictly. OSError when it is none, ValueError for a NUL inside. */
export function inet_pton(
  ...args: Call<[address_family: number, ip_string: string]>
): Uint8Array<ArrayBuffer> {
  const { address_family, ip_string } = bind('inet_pton', ['address_family', 'ip_string'], args)
  const text = checkText('inet_pton', ip_string)
  return addressError('inet_pton', () => inetPton(familyOf(address_family, OSError), text))
}

/** Writes an address. ValueError for a wrong length or family. */
export function inet_ntop(...args: Call<[address_family: number, packed_ip: Uint8Array]>): string {
  const { address_family, packed_ip } = bind('inet_ntop', ['address_family', 'packed_ip'], args)
  const family = familyOf(address_family, ValueError)
  const bytes = checkBytes(packed_ip)
  if (bytes.length !== (family === AF_INET ? 4 : 16))
    throw new ValueError('invalid length of packed IP address string')
  return inetNtop(family, bytes)
}

/** Reads IPv4 text in the forms of BSD. OSError when it is none. */
export function inet_aton(...args: Call<[ip_addr: string]>): Uint8Array<ArrayBuffer> {
  const { ip_addr } = bind('inet_aton', ['ip_addr'], args)
  const text = checkText('inet_aton', ip_addr)
  return addressError('inet_aton', () => inetAton(text))
}

/** Writes an IPv4 address. OSError when there are not 4 bytes. */
export function inet_ntoa(...args: Call<[packed_ip: Uint8Array]>): string {
  const bytes = checkBytes(bind('inet_ntoa', ['packed_ip'], args)['packed_ip'])
  if (bytes.length !== 4) throw new OSError('packed IP wrong length for inet_ntoa')
  return inetNtop(AF_INET, bytes)
}

/** Host to network order, 16 bits. OverflowError outside 0 to 65535. */
export function htons(...args: Call<[x: number]>): number {
  return swap('htons', coreHtons, args)
}

/** Network to host order, 16 bits. OverflowError outside 0 to 65535. */
export function ntohs(...args: Call<[x: number]>): number {
  return swap('ntohs', coreNtohs, args)
}

/** Host to network order, 32 bits. OverflowError outside 0 to 4294967295. */
export function htonl(...args: Call<[x: number]>): number {
  return swap('htonl', coreHtonl, args)
}

/** Network to host order, 32 bits. OverflowError outside 0 to 4294967295. */
export function ntohl(...args: Call<[x: number]>): number {
  return swap('ntohl', coreNtohl, args)
}

function named(prefix: string): Readonly<Record<string, number>> {
  const all = Object.entries(C).filter(([name]) => name.startsWith(prefix))
  return Object.freeze(Object.fromEntries(all))
}

function swap(name: string, run: (value: number) => number, args: readonly unknown[]): number {
  const { x } = bind(name, ['x'], args)
  // A bool is an int in Python; an int too large for a number arrives as a bigint.
  const value = typeof x === 'boolean' || typeof x === 'bigint' ? Number(x) : x
  if (typeof value !== 'number' || !Number.isInteger(value))
    throw new TypeError(`${name}: an integer is required`)
  try {
    return run(value)
  } catch (error) {
    if (error instanceof RangeError) throw new OverflowError(error.message)
    throw error
  }
}

function addressError<T>(name: string, run: () => T): T {
  try {
    return run()
  } catch (error) {
    if (error instanceof SyntaxError)
      throw new OSError(`illegal IP address string passed to ${name}`)
    throw error
  }
}

function familyOf(value: unknown, Refusal: new (message: string) => Error): number {
  if (typeof value !== 'number') throw new TypeError('address_family must be an integer')
  try {
    inetPton(value, '')
  } catch (error) {
    if (error instanceof RangeError) throw new Refusal(`unknown address family ${value}`)
  }
  return value
}

function checkText(name: string, value: unknown): string {
  if (typeof value !== 'string') throw new TypeError(`${name}() argument must be str`)
  if (value.includes('\0')) throw new ValueError('embedded null character')
  return value
}

function checkBytes(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value
  if (value instanceof ArrayBuffer) return new Uint8Array(value)
  throw new TypeError('a bytes-like object is required')
}
