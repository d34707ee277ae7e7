/**
 * The numbers of the BSD socket interface: address families, socket types, protocols, ways of shutting
 * down, option levels and options. The values are Linux's, on every platform: here they are names that
 * a program passes to `socket()` and `setsockopt()`, never something that reaches a system call.
 *
 * Owns nothing but the numbers; what an option does, and where, is decided in `options.ts`.
 * Source: socket(2), ip(7), tcp(7), <bits/socket.h>; the names are those of Python's `socket`.
 */

/** Sockets named by a path in the file system. */
export const AF_UNIX = 1
/** Internet Protocol version 4. */
export const AF_INET = 2
/** Internet Protocol version 6. */
export const AF_INET6 = 10

/** A reliable stream of bytes, without messages: TCP, or a Unix stream socket. */
export const SOCK_STREAM = 1
/** Packets as they are; here only a number. */
export const SOCK_RAW = 3
/** Single datagrams that may be lost, doubled or reordered: UDP. */
export const SOCK_DGRAM = 2

/** `shutdown`: no more receiving. */
export const SHUT_RD = 0
/** `shutdown`: no more sending; the peer reads the end of the stream. */
export const SHUT_WR = 1
/** `shutdown`: neither. */
export const SHUT_RDWR = 2

export const IPPROTO_IP = 0
export const IPPROTO_ICMP = 1
export const IPPROTO_TCP = 6
export const IPPROTO_UDP = 17
export const IPPROTO_IPV6 = 41
export const IPPROTO_RAW = 255

export const SOL_SOCKET = 1
export const SO_REUSEADDR = 2
export const SO_TYPE = 3
export const SO_ERROR = 4
export const SO_BROADCAST = 6
export const SO_SNDBUF = 7
export const SO_RCVBUF = 8
export const SO_KEEPALIVE = 9
export const SO_REUSEPORT = 15
export const SO_ACCEPTCONN = 30
export const TCP_NODELAY = 1
export const TCP_KEEPIDLE = 4
export const IP_TTL = 2
export const IP_MULTICAST_TTL = 33
export const IP_MULTICAST_LOOP = 34
export const IPV6_UNICAST_HOPS = 16
export const IPV6_MULTICAST_HOPS = 18
export const IPV6_MULTICAST_LOOP = 19
export const IPV6_V6ONLY = 26

/** Flags of `getaddrinfo`, netdb.h. */
export const AI_PASSIVE = 1
export const AI_CANONNAME = 2
export const AI_NUMERICHOST = 4
export const AI_V4MAPPED = 8
export const AI_ALL = 16
export const AI_ADDRCONFIG = 32
export const AI_NUMERICSERV = 1024
/** Flags of `getnameinfo`. */
export const NI_NUMERICHOST = 1
export const NI_NUMERICSERV = 2
export const NI_NOFQDN = 4
export const NI_NAMEREQD = 8
export const NI_DGRAM = 16
/** Any family. */
export const AF_UNSPEC = 0

/** The backlog that `listen()` asks for when none is named; Linux caps it at net.core.somaxconn. */
export const SOMAXCONN = 4096

/** One of AF_INET, AF_INET6, AF_UNIX. */
export type AddressFamily = typeof AF_INET | typeof AF_INET6 | typeof AF_UNIX
/** One of SOCK_STREAM, SOCK_DGRAM. */
export type SocketType = typeof SOCK_STREAM | typeof SOCK_DGRAM
