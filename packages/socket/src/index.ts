/**
 * `@sluice/socket`: the BSD verbs for TypeScript. TCP, UDP and Unix sockets with promises, deadlines and
 * errors that say what happened.
 *
 * Two ways in: `socket()` is the raw door, as the verbs are taught; `connect`, `listen` and `udp` are the
 * modern one. Behind both stand the same `Connection`, `Listener` and `UdpSocket`.
 */
export type { Address, Endpoint, InetAddress, Target, UnixAddress } from './core/address.ts'
export { type Bytes, type Data, text } from './core/bytes.ts'
export {
  AF_INET,
  AF_INET6,
  AF_UNIX,
  IPPROTO_TCP,
  SHUT_RD,
  SHUT_RDWR,
  SHUT_WR,
  SO_BROADCAST,
  SO_REUSEADDR,
  SOCK_DGRAM,
  SOCK_STREAM,
  SOL_SOCKET,
  TCP_NODELAY,
} from './core/constants.ts'
export { onAbort } from './io/abort.ts'
export { connect } from './io/connect.ts'
export type { ConnectOptions } from './io/connect-options.ts'
export { Connection, type ConnectionOptions } from './io/connection.ts'
export { type ListenOptions, listen } from './io/listen.ts'
export { Listener } from './io/listener.ts'
export { keep } from './io/shared-read.ts'
export {
  type DatagramSocket,
  Socket,
  type SocketAddress,
  type SocketOptions,
  type StreamSocket,
  socket,
} from './io/socket.ts'
export type { Attachment, ByteStream, Receiver, ShutdownHow, WaitOptions } from './io/stream.ts'
export { type Clock, type System, systemClock } from './io/system.ts'
export type { TlsClientOptions, TlsServerOptions } from './io/tls-context.ts'
export type { TlsInfo } from './io/tls-info.ts'
export type { Transport, TransportOwner } from './io/transport.ts'
export { type UdpOptions, udp } from './io/udp.ts'
export { type Datagram, UdpSocket } from './io/udp-socket.ts'
