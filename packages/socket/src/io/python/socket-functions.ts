/**
 * The functions of Python's module `socket` that make sockets: out of addresses, of each other, of descriptors.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as C from '../../core/constants.ts'
import type { Address, ConnectArguments } from './arguments.ts'
import { describe, register, release } from './descriptors.ts'
import { ExceptionGroup, OSError, OverflowError, ValueError } from './errors.ts'
import { bind, type Call, kw } from './keywords.ts'
import { getaddrinfo } from './netdb.ts'
import { osError } from './os-errors.ts'
import { socket } from './socket-class.ts'

/**
 * Connects to the first address of a host that answers.
 *
 * `create_connection([host, port], timeout, source_address, kw({ all_errors: true }))`; OSError of the last address, or
 * an ExceptionGroup of all.
 */
export async function create_connection(
  ...args: Call<[address: Address, ...ConnectArguments]>
): Promise<socket> {
  const parameters = ['address', 'timeout?', 'source_address?', '*', 'all_errors?']
  const given = bind('create_connection', parameters, args)
  const [host, port] = given['address'] as [string, number]
  const errors: Error[] = []
  for (const [family, type, proto, , address] of await getaddrinfo(host, port, 0, C.SOCK_STREAM)) {
    const made = socket(family, type, proto)
    try {
      if ('timeout' in given) made.settimeout(given['timeout'] as number | null)
      if (given['source_address']) await made.bind(given['source_address'] as Address)
      await made.connect(address)
      return made
    } catch (error) {
      made.close()
      if (!(error instanceof OSError)) throw error
      errors.push(error)
    }
  }
  if (errors.length === 0) throw new OSError('getaddrinfo returns an empty list')
  if (given['all_errors']) throw new ExceptionGroup('create_connection failed', errors)
  throw errors.at(-1)
}

/** Listens on an address: `create_server([host, port], kw({ family, backlog, reuse_port, dualstack_ipv6 }))`. */
export async function create_server(...args: Call<[address: Address]>): Promise<socket> {
  const parameters = ['address', '*', 'family?', 'backlog?', 'reuse_port?', 'dualstack_ipv6?']
  const given = bind('create_server', parameters, args)
  const family = (given['family'] ?? C.AF_INET) as number
  const dual = Boolean(given['dualstack_ipv6'])
  if (dual && family !== C.AF_INET6) throw new ValueError('dualstack_ipv6 requires AF_INET6 family')
  const made = socket(family, C.SOCK_STREAM)
  try {
    made.setsockopt(C.SOL_SOCKET, C.SO_REUSEADDR, 1)
    if (given['reuse_port']) made.setsockopt(C.SOL_SOCKET, C.SO_REUSEPORT, 1)
    if (family === C.AF_INET6) made.setsockopt(C.IPPROTO_IPV6, C.IPV6_V6ONLY, Number(!dual))
    await made.bind(given['address'] as Address)
    const backlog = given['backlog'] ?? null
    await (backlog === null ? made.listen() : made.listen(backlog as number))
    return made
  } catch (error) {
    made.close()
    throw error
  }
}

/** Whether one socket can take both IPv4 and IPv6: tried out. */
export async function has_dualstack_ipv6(): Promise<boolean> {
  try {
    const probe = await create_server(['', 0], kw({ family: C.AF_INET6, dualstack_ipv6: true }))
    probe.close()
    return true
  } catch {
    return false
  }
}

/**
 * Two sockets that are connected with each other: over a Unix socket, or over loopback for AF_INET and AF_INET6, and on
 * Windows, where a Unix socket has no path.
 */
export async function socketpair(
  ...args: Call<[family?: number, type?: number, proto?: number]>
): Promise<[socket, socket]> {
  const given = bind('socketpair', ['family?', 'type?', 'proto?'], args)
  const family = (given['family'] ?? DEFAULT_PAIR) as number
  const type = (given['type'] ?? C.SOCK_STREAM) as number
  const proto = (given['proto'] ?? 0) as number
  if (type !== C.SOCK_STREAM) throw osError('EPROTONOSUPPORT')
  if (family !== C.AF_UNIX) {
    const host = family === C.AF_INET6 ? '::1' : '127.0.0.1'
    return pairAt(family, proto, [host, 0])
  }
  const folder = await mkdtemp(join(tmpdir(), 'pair-'))
  try {
    return await pairAt(family, proto, join(folder, 's'))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const DEFAULT_PAIR = process.platform === 'win32' ? C.AF_INET : C.AF_UNIX

async function pairAt(family: number, proto: number, at: Address): Promise<[socket, socket]> {
  const server = socket(family, C.SOCK_STREAM, proto)
  const client = socket(family, C.SOCK_STREAM, proto)
  try {
    await server.bind(at)
    await server.listen(1)
    const accepted = server.accept()
    await client.connect(server.getsockname())
    const [peer, address] = await accepted
    // On loopback anybody may have been faster than we.
    if (family !== C.AF_UNIX && String(address) !== String(client.getsockname())) {
      peer.close()
      throw osError('ECONNREFUSED', 'somebody else connected to the pair')
    }
    return [peer, client]
  } catch (error) {
    client.close()
    throw error
  } finally {
    server.close()
  }
}

/** A socket with a descriptor of its own for what stands behind another, which has to be one of this door. */
export function fromfd(fd: number, family: number, type: number, proto = 0): socket {
  return socket(family, type, proto, dup(fd))
}

/** Another descriptor for what stands behind one of this door. OSError with EBADF for one of the system's. */
export function dup(fd: number): number {
  return register(describe(fd))
}

/** Closes a descriptor of this door. OSError with EBADF for one of the system's. */
export function close(fd: number): null {
  if (typeof fd !== 'number') throw new TypeError('an integer is required')
  release(fd)
  return null
}

const CMSG_HEADER = 16
const CMSG_ALIGN = 8
const SOCKLEN_LIMIT = 0x7fffffff

/** The size of an item of ancillary data with its header, on 64-bit Linux. OverflowError for what does not fit. */
export function CMSG_LEN(length: number): number {
  checkCmsg('CMSG_LEN', length, CMSG_HEADER)
  return length + CMSG_HEADER
}

/** The same with what has to lie between two items. OverflowError for what does not fit. */
export function CMSG_SPACE(length: number): number {
  checkCmsg('CMSG_SPACE', length, CMSG_HEADER + CMSG_ALIGN)
  return Math.ceil(length / CMSG_ALIGN) * CMSG_ALIGN + CMSG_HEADER
}

function checkCmsg(name: string, length: unknown, most: number): void {
  if (typeof length !== 'number' || length < 0 || length > SOCKLEN_LIMIT - most)
    throw new OverflowError(`${name}() argument out of range`)
}
