/**
 * Errors of the operating system as Python raises them: the class that belongs to a number, with the text of strerror(3).
 *
 * Numbers are those of this machine, as in Python; a code of ours that POSIX has no number for is given the nearest one
 * here, and nowhere else.
 */
import { constants } from 'node:os'
import { codeOf, isTlsError, NetError } from '../../core/errors.ts'
import * as C from './constants.ts'
import {
  BlockingIOError,
  BrokenPipeError,
  ConnectionAbortedError,
  ConnectionRefusedError,
  ConnectionResetError,
  FileExistsError,
  FileNotFoundError,
  gaierror,
  InterruptedError,
  IsADirectoryError,
  NotADirectoryError,
  OSError,
  PermissionError,
  TimeoutError,
} from './errors.ts'
import { sslErrorOf } from './ssl-errors.ts'

/** The text of strerror(3) on Linux, for what sockets meet. */
const STRERROR: Readonly<Record<string, string>> = {
  EPERM: 'Operation not permitted',
  ENOENT: 'No such file or directory',
  EINTR: 'Interrupted system call',
  EBADF: 'Bad file descriptor',
  EAGAIN: 'Resource temporarily unavailable',
  ENOMEM: 'Cannot allocate memory',
  EACCES: 'Permission denied',
  EBUSY: 'Device or resource busy',
  EEXIST: 'File exists',
  ENODEV: 'No such device',
  ENOTDIR: 'Not a directory',
  EISDIR: 'Is a directory',
  EINVAL: 'Invalid argument',
  ENFILE: 'Too many open files in system',
  EMFILE: 'Too many open files',
  EPIPE: 'Broken pipe',
  ENAMETOOLONG: 'File name too long',
  ENXIO: 'No such device or address',
  ENOTSOCK: 'Socket operation on non-socket',
  EDESTADDRREQ: 'Destination address required',
  EMSGSIZE: 'Message too long',
  EPROTOTYPE: 'Protocol wrong type for socket',
  ENOPROTOOPT: 'Protocol not available',
  EPROTONOSUPPORT: 'Protocol not supported',
  EOPNOTSUPP: 'Operation not supported',
  EAFNOSUPPORT: 'Address family not supported by protocol',
  EADDRINUSE: 'Address already in use',
  EADDRNOTAVAIL: 'Cannot assign requested address',
  ENETDOWN: 'Network is down',
  ENETUNREACH: 'Network is unreachable',
  ECONNABORTED: 'Software caused connection abort',
  ECONNRESET: 'Connection reset by peer',
  ENOBUFS: 'No buffer space available',
  EISCONN: 'Transport endpoint is already connected',
  ENOTCONN: 'Transport endpoint is not connected',
  ETIMEDOUT: 'Connection timed out',
  ECONNREFUSED: 'Connection refused',
  EHOSTUNREACH: 'No route to host',
  EALREADY: 'Operation already in progress',
  EINPROGRESS: 'Operation now in progress',
}

/** The class that `OSError(errno, …)` makes in Python (PEP 3151). */
const CLASSES: Readonly<Record<string, typeof OSError>> = {
  EAGAIN: BlockingIOError,
  EALREADY: BlockingIOError,
  EINPROGRESS: BlockingIOError,
  EPIPE: BrokenPipeError,
  ECONNABORTED: ConnectionAbortedError,
  ECONNREFUSED: ConnectionRefusedError,
  ECONNRESET: ConnectionResetError,
  EEXIST: FileExistsError,
  ENOENT: FileNotFoundError,
  EINTR: InterruptedError,
  EISDIR: IsADirectoryError,
  ENOTDIR: NotADirectoryError,
  EACCES: PermissionError,
  EPERM: PermissionError,
  ETIMEDOUT: TimeoutError,
}

/** What the resolver says, with the number and the text of gai_strerror(3). */
const LOOKUP: Readonly<Record<string, readonly [number, string]>> = {
  ENOTFOUND: [C.EAI_NONAME, 'Name or service not known'],
  EAI_NONAME: [C.EAI_NONAME, 'Name or service not known'],
  EAI_AGAIN: [C.EAI_AGAIN, 'Temporary failure in name resolution'],
  ETIMEOUT: [C.EAI_AGAIN, 'Temporary failure in name resolution'],
  ENODATA: [C.EAI_NODATA, 'No address associated with hostname'],
  EAI_SERVICE: [C.EAI_SERVICE, 'Servname not supported for ai_socktype'],
  EAI_FAMILY: [C.EAI_FAMILY, 'ai_family not supported'],
  EAI_SOCKTYPE: [C.EAI_SOCKTYPE, 'ai_socktype not supported'],
  EAI_ADDRFAMILY: [C.EAI_ADDRFAMILY, 'Address family for hostname not supported'],
  ESERVFAIL: [C.EAI_FAIL, 'Non-recoverable failure in name resolution'],
  EREFUSED: [C.EAI_FAIL, 'Non-recoverable failure in name resolution'],
}

/** Ours, and the number that is nearest. */
const NEAREST: Readonly<Record<string, string>> = {
  ERR_BUSY: 'EBUSY',
  ERR_CLOSED: 'EBADF',
  ERR_UNSUPPORTED: 'EOPNOTSUPP',
}

/** The number of a code on this machine; 0 for one that it does not have. */
export function errnoOf(code: string): number {
  const numbers: Readonly<Record<string, number>> = constants.errno
  return own(numbers, code) ?? 0
}

/** A code is whatever a resolver, a hop or a stream of the program says: `constructor` has no entry. */
function own<T>(table: Readonly<Record<string, T>>, code: string): T | undefined {
  return Object.hasOwn(table, code) ? table[code] : undefined
}

/** The error for a code. */
export function osError(
  code: string,
  text: string = own(STRERROR, code) ?? code,
  cause?: unknown,
): OSError {
  const Class = own(CLASSES, code) ?? OSError
  const error = new Class(errnoOf(code), text)
  if (cause !== undefined) Object.defineProperty(error, 'cause', { value: cause })
  return error
}

/** The error of a wait that took longer than `settimeout` allows. */
export function timedOut(cause?: unknown): TimeoutError {
  return Object.assign(new TimeoutError('timed out'), cause === undefined ? {} : { cause })
}

/**
 * What the core threw, as Python raises it. What is no error of a socket passes as it is.
 *
 * @param error what was thrown
 */
function asOSError(error: unknown): unknown {
  if (isTlsError(error)) return sslErrorOf(error)
  if (error instanceof NetError) return ofNet(error)
  const code = codeOf(error)
  if (error instanceof Error && code !== undefined && Object.hasOwn(constants.errno, code))
    return osError(code, own(STRERROR, code) ?? error.message, error)
  return error
}

function ofNet(error: NetError): OSError {
  const { code } = error
  if (code === 'ERR_TIMEOUT') return timedOut(error)
  const lookup = own(LOOKUP, code)
  if (lookup !== undefined)
    return Object.assign(new gaierror(...lookup), { cause: error }) as gaierror
  if (code === 'ENAMETOOLONG') return new OSError('AF_UNIX path too long')
  // Sending was shut down; a descriptor that is closed is told before anything is asked of the core.
  if (code === 'ERR_CLOSED' && error.phase === 'send') return osError('EPIPE', undefined, error)
  if (code === 'ERR_UNSUPPORTED') return osError('EOPNOTSUPP', error.message, error)
  return osError(own(NEAREST, code) ?? code, undefined, error)
}

/** Waits for something of the core, and throws what Python would raise. */
export async function translated<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    throw asOSError(error)
  }
}

/** Does something of the core, and throws what Python would raise. */
export function translate<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw asOSError(error)
  }
}
