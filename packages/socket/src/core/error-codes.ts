/**
 * Every error code of the socket layer, with the reason it puts into a sentence. POSIX's name where one
 * exists, so that what people know and search for still holds; `ERR_…` for what POSIX has no word for.
 *
 * A code is a promise and never changes; the wording may improve. `docs/errors.md` is this table.
 * Source: errno(3), getaddrinfo(3), RFC 9293; the `E…` texts are those of strerror(3) made plain.
 */
export const REASONS = {
  // The peer or the network said no.
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset by the peer',
  ECONNABORTED: 'connection aborted',
  EPIPE: 'the peer takes no more data',
  ETIMEDOUT: 'the network gave no answer',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'network is unreachable',
  ENETDOWN: 'network is down',
  EHOSTDOWN: 'host is down',
  // Names.
  ENOTFOUND: 'no such host',
  EAI_AGAIN: 'the name service gave no answer',
  ENODATA: 'the host has no address of this kind',
  EAI_NONAME: 'no such name',
  EAI_SERVICE: 'no such service for this kind of socket',
  EAI_FAMILY: 'no such address family',
  EAI_SOCKTYPE: 'no such kind of socket',
  EAI_ADDRFAMILY: 'the host has no address of this family',
  ESERVFAIL: 'the name service failed',
  EREFUSED: 'the name service refused to answer',
  ETIMEOUT: 'the name service gave no answer in time',
  // Addresses and rights.
  EADDRINUSE: 'address already in use',
  EADDRNOTAVAIL: 'this machine has no such address',
  EAFNOSUPPORT: 'address family not supported',
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  EINVAL: 'invalid argument',
  ENOENT: 'no such file or socket',
  EEXIST: 'the file exists already',
  EISDIR: 'is a directory',
  ENOTDIR: 'a part of the path is not a directory',
  ENOTSOCK: 'not a socket',
  EDESTADDRREQ: 'no destination: name one, or connect first',
  EISCONN: 'already connected',
  ENOTCONN: 'not connected',
  EALREADY: 'already under way',
  EMSGSIZE: 'too large for one datagram',
  EPROTOTYPE: 'wrong type of socket',
  // This machine ran out of something.
  EMFILE: 'too many open files in this process',
  ENFILE: 'too many open files on this machine',
  ENOBUFS: 'no buffer space left',
  ENOMEM: 'no memory left',
  ENAMETOOLONG: 'the path is too long',
  // Ours.
  ERR_CLOSED: 'closed by this program',
  ERR_BUSY: 'another caller holds this direction',
  ERR_UNSUPPORTED: 'not possible on this runtime',
  ERR_TIMEOUT: 'took too long',
  ERR_TOO_LONG: 'longer than the limit',
  ERR_UNEXPECTED_END: 'the peer finished too early',
  ERR_BLOCKED: 'refused by a rule of this program',
  ERR_PROXY: 'the proxy did not lead on',
  ERR_PROXY_AUTH: 'the proxy wants other credentials',
  ERR_PROTOCOL: 'the peer broke the protocol',
  ERR_RECEIVER: 'the receiving function threw',
} as const

/** A code of the table. Others can still arrive from the operating system and are passed on as they are. */
export type KnownCode = keyof typeof REASONS

/**
 * Says what a code means. Never throws.
 *
 * @param code of an error, any
 * @returns the plain reason for a code, or the code itself when the table does not have it
 * @see errno(3), whose codes most of them are
 */
export function reasonOf(code: string): string {
  return Object.hasOwn(REASONS, code) ? REASONS[code as KnownCode] : code
}
