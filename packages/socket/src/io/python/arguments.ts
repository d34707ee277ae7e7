/**
 * What Python's C code does with the arguments of a socket's methods before anything else: bytes, numbers, addresses,
 * each refused with the exception and the words that programs have seen before.
 */
import { domainToASCII } from 'node:url'
import { AF_INET6, AF_UNIX } from '../../core/constants.ts'
import { inetNtop, inetPton, isIPv6 } from '../../core/ip.ts'
import type { SocketAddress } from '../socket.ts'
import { system } from '../system.ts'
import { decode, encode } from './codecs.ts'
import { OverflowError, ValueError } from './errors.ts'
import { osError } from './os-errors.ts'

/** What Python takes for bytes: also the memory behind them. */
export type BytesLike = Uint8Array | ArrayBuffer | ArrayBufferView

/** The parameters with which everything ends that connects: seconds, and where it comes from. */
export type ConnectArguments = [
  timeout?: number | null,
  source_address?: readonly [host: string, port: number] | null,
]

/** An address as Python writes it: `[host, port]`, for IPv6 with flow and scope, for Unix a path or bytes. */
export type Address =
  | readonly [host: string, port: number]
  | readonly [host: string, port: number, flowinfo: number, scope_id: number]
  | string
  | Uint8Array

const INT_MAX = 2 ** 31 - 1

/** The name of a value's type as Python's messages have it. */
export function typeName(value: unknown): string {
  if (value === null || value === undefined) return 'NoneType'
  if (value instanceof Uint8Array) return 'bytes'
  if (Array.isArray(value)) return 'list'
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'float'
  const names: Record<string, string> = { string: 'str', boolean: 'bool', bigint: 'int' }
  return names[typeof value] ?? (value as object).constructor?.name ?? 'object'
}

/** @throws {TypeError} for what is not like bytes */
export function bytesOf(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value
  if (value instanceof ArrayBuffer) return new Uint8Array(value)
  if (ArrayBuffer.isView(value))
    return new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
  throw new TypeError(`a bytes-like object is required, not '${typeName(value)}'`)
}

/** A C int. @throws {TypeError} for no integer. {OverflowError} for one that does not fit */
export function intOf(value: unknown, fallback?: number): number {
  if (value === undefined && fallback !== undefined) return fallback
  if (typeof value === 'boolean') return Number(value)
  if (typeof value === 'bigint') throw new OverflowError('Python int too large to convert to C int')
  if (typeof value !== 'number' || !Number.isInteger(value))
    throw new TypeError(`'${typeName(value)}' object cannot be interpreted as an integer`)
  if (Math.abs(value) > INT_MAX) throw new OverflowError('signed integer is greater than maximum')
  return value
}

/** How many bytes. @throws {ValueError} for a negative number */
export function sizeOf(name: string, value: unknown, fallback?: number): number {
  const size = intOf(value, fallback)
  if (size < 0) throw new ValueError(`negative buffersize in ${name}`)
  return size
}

/** Seconds, or null for no limit. @throws {ValueError} negative. {TypeError} for no number */
export function secondsOf(value: unknown): number | null {
  if (value === null) return null
  if (typeof value !== 'number')
    throw new TypeError(`'${typeName(value)}' object cannot be interpreted as an integer`)
  if (value < 0) throw new ValueError('Timeout value out of range')
  return value
}

/** Text, also given as bytes. */
function textOf(name: string, value: unknown): string {
  const text = value instanceof Uint8Array ? decode(value) : value
  if (typeof text !== 'string')
    throw new TypeError(`${name} must be str, bytes or bytearray, not ${typeName(value)}`)
  if (text.includes('\0')) throw new ValueError('embedded null character')
  return text
}

/** A name of a host as the resolver takes it. */
export function hostOf(name: string, value: unknown): string {
  const host = textOf(name, value)
  return /[^\0-\x7f]/.test(host) ? domainToASCII(host) || host : host
}

/**
 * Python's address, as the core takes it.
 *
 * @throws {TypeError} the wrong shape. {OverflowError} a port or flow out of range
 */
export function toCore(verb: string, family: number, address: unknown): SocketAddress {
  if (family === AF_UNIX) return pathOf(address)
  const what = family === AF_INET6 ? 'AF_INET6' : 'AF_INET'
  if (!Array.isArray(address))
    throw new TypeError(`${verb}(): ${what} address must be tuple, not ${typeName(address)}`)
  const most = family === AF_INET6 ? 4 : 2
  if (address.length < 2 || address.length > most)
    throw new TypeError(`${verb}(): ${what} address must be a tuple of 2 to ${most} items`)
  const [given, port, flow = 0, scope = 0] = address as unknown[]
  const host = hostOf(`${verb}(): host`, given)
  if (typeof port !== 'number' && typeof port !== 'bigint')
    throw new TypeError(`'${typeName(port)}' object cannot be interpreted as an integer`)
  if (port < 0 || port > 65_535) throw new OverflowError(`${verb}(): port must be 0-65535.`)
  checkFlow(verb, flow)
  const zone = typeof scope === 'number' && scope > 0 ? zoneOf(scope) : ''
  if (host === '<broadcast>') return ['255.255.255.255', Number(port)]
  return [host.includes('%') ? host : host + zone, Number(port)]
}

/** @throws {OverflowError} for a flow that has more than 20 bits */
export function checkFlow(verb: string, flow: unknown): void {
  if (typeof flow !== 'number' || flow < 0 || flow > 0xfffff)
    throw new OverflowError(`${verb}(): flowinfo must be 0-1048575.`)
}

/** The core's address as Python writes it. */
export function fromCore(family: number, address: SocketAddress): Address {
  if (family === AF_UNIX || typeof address === 'string') {
    const path = String(address)
    return path.startsWith('\0') ? Uint8Array.from(Buffer.from(path)) : path
  }
  return family === AF_INET6 ? ipv6(address[0], address[1]) : [address[0], address[1]]
}

/** An IPv6 address with its scope as a number, as Python has it. */
export function ipv6(
  text: string,
  port: number,
): readonly [host: string, port: number, flowinfo: number, scope_id: number] {
  const [host = '', zone = ''] = text.split('%')
  const normal = isIPv6(host) ? inetNtop(AF_INET6, inetPton(AF_INET6, host)) : host
  return [normal, port, 0, /^\d+$/.test(zone) ? Number(zone) : indexOfZone(zone)]
}

/** `%eth0` for an interface's number, or `%7` where nobody knows it. */
export function zoneOf(scope: number): string {
  return `%${system.networkInterfaces().find(({ index }) => index === scope)?.name ?? scope}`
}

function indexOfZone(zone: string): number {
  return zone === ''
    ? 0
    : (system.networkInterfaces().find(({ name }) => name === zone)?.index ?? 0)
}

/** A path; a leading NUL is Linux's abstract name space, where Node takes text without another one. */
function pathOf(address: unknown): string {
  if (typeof address !== 'string' && !(address instanceof Uint8Array))
    throw new TypeError(`a bytes-like object is required, not '${typeName(address)}'`)
  const bytes = typeof address === 'string' ? bytesOfPath(address) : address
  const path = Buffer.from(bytes).toString()
  if (path === '') throw osError('EINVAL', 'the system has to be given a path here')
  if (path.includes('\0', 1) || !Buffer.from(path).equals(bytes))
    throw osError(
      'EINVAL',
      'no JavaScript runtime takes a path that is no UTF-8, or with a NUL inside',
    )
  return path
}

/** The bytes of a path. Python hides those that are no UTF-8 in surrogates (os.fsdecode). */
function bytesOfPath(path: string): Uint8Array {
  return encode(path, 'utf-8', 'surrogateescape')
}
