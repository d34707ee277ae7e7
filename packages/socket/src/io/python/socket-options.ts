/**
 * `getsockopt` and `setsockopt` with Python's arguments: numbers, and the bytes of C structures where an option has one.
 */
import { decodeLatin1 } from '../../core/bytes.ts'
import { AF_INET, AF_INET6 } from '../../core/constants.ts'
import { inetNtop } from '../../core/ip.ts'
import { type BytesLike, bytesOf, intOf, zoneOf } from './arguments.ts'
import * as C from './constants.ts'
import type { Description } from './description.ts'
import { numberOf } from './descriptors.ts'
import { osError, translate } from './os-errors.ts'

/** Reads an option. @throws {OSError} ENOPROTOOPT for one that the runtime gives no access to */
export function getOption(
  description: Description,
  level: number,
  option: number,
  length: number,
): number | Uint8Array {
  if (level === C.SOL_SOCKET && option === C.SO_LINGER)
    return integers([Number(description.abortive), 0]).subarray(0, length || 8)
  const value = numberFor(description, level, option)
  return length === 0 ? value : integers([value]).subarray(0, length)
}

function numberFor(description: Description, level: number, option: number): number {
  const { core, kind } = description
  if (level === C.SOL_SOCKET) {
    if (option === C.SO_TYPE) return kind.type
    if (option === C.SO_DOMAIN) return kind.family
    if (option === C.SO_PROTOCOL) return kind.proto
    if (option === C.SO_ERROR) return takeError(description)
  }
  return access(() => core.getsockopt(level, option))
}

/** Sets an option. @throws {OSError} ENOPROTOOPT for one that the runtime gives no access to */
export function setOption(
  description: Description,
  level: number,
  option: number,
  value: number | BytesLike | null,
  length: number,
): void {
  if (value === null) {
    intOf(length)
    throw osError('ENOPROTOOPT')
  }
  if (typeof value === 'number' || typeof value === 'boolean') {
    access(() => description.core.setsockopt(level, option, intOf(value)))
    return
  }
  const bytes = bytesOf(value)
  if (level === C.SOL_SOCKET && option === C.SO_LINGER) linger(description, bytes)
  else if (isMembership(level, option)) joinOrLeave(description, option, bytes)
  else access(() => description.core.setsockopt(level, option, integerAt(bytes, 0)))
}

/** On with a time of 0 is a reset; with another time, close waits, as it does here anyway. */
function linger(description: Description, bytes: Uint8Array): void {
  description.abortive = integerAt(bytes, 0) !== 0 && integerAt(bytes, 4) === 0
}

function isMembership(level: number, option: number): boolean {
  if (level === C.IPPROTO_IP)
    return option === C.IP_ADD_MEMBERSHIP || option === C.IP_DROP_MEMBERSHIP
  return level === C.IPPROTO_IPV6 && (option === C.IPV6_JOIN_GROUP || option === C.IPV6_LEAVE_GROUP)
}

/** struct ip_mreq: group, interface; struct ipv6_mreq: group, number of the interface. */
function joinOrLeave(description: Description, option: number, bytes: Uint8Array): void {
  const { datagrams } = description
  if (datagrams === undefined) throw osError('EINVAL', 'bind the socket before it joins a group')
  const joins = option === C.IP_ADD_MEMBERSHIP || option === C.IPV6_JOIN_GROUP
  const isIPv6 = bytes.length === 20
  if (!isIPv6 && bytes.length !== 8 && bytes.length !== 12) throw osError('EINVAL')
  const group = isIPv6
    ? inetNtop(AF_INET6, bytes.subarray(0, 16))
    : inetNtop(AF_INET, bytes.subarray(0, 4))
  const number = isIPv6 ? integerAt(bytes, 16) : 0
  const address = isIPv6 ? '' : inetNtop(AF_INET, bytes.subarray(4, 8))
  const where = isIPv6 ? number && `::${zoneOf(number)}` : address !== '0.0.0.0' && address
  const options = where ? { interface: where } : {}
  if (joins) access(() => datagrams.joinGroup(group, options))
  else access(() => datagrams.leaveGroup(group, options))
}

function takeError(description: Description): number {
  const { error } = description
  description.error = undefined
  return error === undefined ? 0 : numberOf(error)
}

/** An option without access is one that the protocol does not have, in the words of setsockopt(2). */
function access<T>(run: () => T): T {
  try {
    return run()
  } catch (error) {
    if ((error as { code?: string }).code === 'ERR_UNSUPPORTED')
      throw osError('ENOPROTOOPT', (error as Error).message, error)
    return translate(() => {
      throw error
    })
  }
}

function integerAt(bytes: Uint8Array, at: number): number {
  if (bytes.length < at + 4)
    throw osError('EINVAL', `${decodeLatin1(bytes).length} bytes are no int`)
  return new DataView(bytes.buffer, bytes.byteOffset).getInt32(at, true)
}

function integers(values: readonly number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(values.length * 4))
  values.forEach((value, i) => {
    view.setInt32(i * 4, value, true)
  })
  return new Uint8Array(view.buffer)
}
