/**
 * Python's module `socketserver`: servers out of a class that handles a request.
 *
 * Theory of operation. `serve_forever` waits until the server's socket has something, asks `verify_request`, and hands the
 * request to `process_request`; the first makes a handler and waits for it, ThreadingMixIn's goes on at once. Every
 * hook is awaited, so that a subclass may wait in any of them. A constructor cannot wait: what Python does in it, binding
 * and listening, is under way until `ready` settles.
 *
 * Threads are requests that are handled side by side here; processes (ForkingMixIn) there are none.
 */
import * as C from '../../core/constants.ts'
import type { Address } from './arguments.ts'
import { Base, type RequestHandlerClass } from './base-server.ts'
import { classAttributes } from './class-attributes.ts'
import { OSError } from './errors.ts'
import { bind, type Callable, callable } from './keywords.ts'
import { socket } from './socket-class.ts'

export {
  BaseRequestHandler,
  DatagramRequestHandler,
  StreamRequestHandler,
} from './request-handlers.ts'

/** A server over TCP. */
class Tcp extends Base {
  /** AF_INET, or AF_INET6. */
  static address_family: number = C.AF_INET
  /** SOCK_STREAM. */
  static socket_type: number = C.SOCK_STREAM
  /** The backlog. */
  static request_queue_size = 5
  /** Sets SO_REUSEADDR. */
  static allow_reuse_address: boolean | number = false
  /** Sets SO_REUSEPORT. */
  static allow_reuse_port: boolean | number = false
  declare address_family: number
  declare socket_type: number
  declare request_queue_size: number
  declare allow_reuse_address: boolean | number
  declare allow_reuse_port: boolean | number
  #socket: socket | undefined

  /** Binds and listens, unless told not to; `ready` settles then. */
  constructor(...args: unknown[]) {
    const parameters = ['server_address', 'RequestHandlerClass', 'bind_and_activate?']
    const given = bind('__init__', parameters, args)
    super(given['server_address'] as Address, given['RequestHandlerClass'] as RequestHandlerClass)
    if (!(given['bind_and_activate'] ?? true)) return
    // A subclass's own fields are set by the time this begins.
    this.ready = Promise.resolve().then(() => this.#open())
    this.ready.catch(() => {})
  }

  /** The server's socket; made when it is asked for. */
  get socket(): socket {
    this.#socket ??= socket(this.address_family, this.socket_type)
    return this.#socket
  }

  set socket(made: socket) {
    this.#socket = made
  }

  /** Takes the address. */
  async server_bind(): Promise<unknown> {
    if (this.allow_reuse_address) this.socket.setsockopt(C.SOL_SOCKET, C.SO_REUSEADDR, 1)
    if (this.allow_reuse_port) this.socket.setsockopt(C.SOL_SOCKET, C.SO_REUSEPORT, 1)
    await this.socket.bind(this.server_address)
    this.server_address = this.socket.getsockname()
    return null
  }

  /** Begins to take connections. */
  override async server_activate(): Promise<unknown> {
    await this.socket.listen(this.request_queue_size)
    return null
  }

  /** Closes the server's socket; with ThreadingMixIn, waits for requests that are being handled. */
  override async server_close(): Promise<unknown> {
    this.socket.close()
    const { block_on_close, daemon_threads } = this as Partial<Threads>
    if (block_on_close && !daemon_threads) await Promise.allSettled(this.handling)
    return null
  }

  /** The descriptor of the server's socket. */
  fileno(): number {
    return this.socket.fileno()
  }

  /** The next connection and whose it is. */
  override async get_request(): Promise<unknown> {
    return this.socket.accept()
  }

  /** Tells the client that no more comes, and lets go of the connection. */
  override async shutdown_request(request: unknown): Promise<unknown> {
    try {
      await (request as socket).shutdown(C.SHUT_WR)
    } catch (error) {
      if (!(error instanceof OSError)) throw error
    }
    await this.close_request(request)
    return null
  }

  /** Lets go of the connection. */
  override close_request(request: unknown): unknown {
    ;(request as socket).close()
    return null
  }

  /** @internal */
  override get requestSocket(): socket {
    return this.socket
  }

  async #open(): Promise<void> {
    try {
      await this.server_bind()
      await this.server_activate()
    } catch (error) {
      await this.server_close()
      throw error
    }
  }
}
classAttributes(Tcp, [
  'address_family',
  'socket_type',
  'request_queue_size',
  'allow_reuse_address',
  'allow_reuse_port',
])

/** A server over UDP. */
class Udp extends Tcp {
  static override socket_type: number = C.SOCK_DGRAM
  /** The most bytes of a datagram. */
  static max_packet_size = 8_192
  declare max_packet_size: number

  /** The next datagram with the server's socket, and whose it is. */
  override async get_request(): Promise<unknown> {
    const [data, client] = await this.socket.recvfrom(this.max_packet_size)
    return [[data, this.socket], client]
  }

  /** Nothing to do: datagrams have no connections. */
  override async server_activate(): Promise<unknown> {
    return null
  }

  /** Lets go of the request. */
  override async shutdown_request(request: unknown): Promise<unknown> {
    await this.close_request(request)
    return null
  }

  /** Nothing to do: the socket is the server's. */
  override close_request(_request: unknown): unknown {
    return null
  }
}
classAttributes(Udp, ['max_packet_size'])

/** A server over a Unix socket. */
class UnixStream extends Tcp {
  static override address_family: number = C.AF_UNIX
}

/** Handles requests side by side. */
class Threads {
  /** Whether `server_close` leaves requests alone that are being handled. */
  static daemon_threads = false
  /** Whether `server_close` waits for them. */
  static block_on_close = true
  declare daemon_threads: boolean
  declare block_on_close: boolean

  /** What one thread does in Python. */
  async process_request_thread(request: unknown, client_address: unknown): Promise<unknown> {
    const server = this as unknown as Base
    try {
      await server.finish_request(request, client_address)
    } catch (error) {
      await server.failed(request, client_address, error)
      return null
    }
    await server.shutdown_request(request)
    return null
  }

  /** Begins to handle a request, and does not wait for it. */
  process_request(request: unknown, client_address: unknown): unknown {
    const { handling } = this as unknown as Base
    const work = Promise.resolve()
      .then(() => this.process_request_thread(request, client_address))
      .then(
        () => {},
        (error: unknown) => process.emitWarning(error as Error),
      )
      .finally(() => handling.delete(work))
    handling.add(work)
    return null
  }
}
classAttributes(Threads, ['daemon_threads', 'block_on_close'])

type Server = new (...args: unknown[]) => Base

/** Gives a class what ThreadingMixIn has: `class Server extends ThreadingMixIn(UDPServer) {}`. */
function mixedIn<C extends Server>(Class: C): C {
  const Mixed = class extends (Class as Server) {}
  for (const from of [Threads, Threads.prototype]) {
    const to = from === Threads ? Mixed : Mixed.prototype
    for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(from)))
      if (!['constructor', 'prototype', 'name', 'length'].includes(name))
        Object.defineProperty(to, name, { ...property, configurable: true })
  }
  return callable(Mixed) as unknown as C
}

/** What every server does. */
export const BaseServer: Callable<typeof Base> = callable(Base)
/** A server over TCP: `TCPServer([host, port], HandlerClass)`. */
export const TCPServer: Callable<typeof Tcp> = callable(Tcp)
/** A server over UDP. */
export const UDPServer: Callable<typeof Udp> = callable(Udp)
/** A server over a Unix socket: `UnixStreamServer(path, HandlerClass)`. */
export const UnixStreamServer: Callable<typeof UnixStream> = callable(UnixStream)
/** Handles requests side by side. Python's mix-in: `class Server extends ThreadingMixIn(UDPServer) {}`. */
export const ThreadingMixIn: typeof Threads & (<C extends Server>(Class: C) => C) = new Proxy(
  Threads,
  { apply: (_target, _self, [Class]) => mixedIn(Class) },
) as typeof Threads & (<C extends Server>(Class: C) => C)
/** A server over TCP that handles connections side by side. */
export const ThreadingTCPServer: typeof TCPServer = mixedIn(Tcp) as typeof TCPServer
/** A server over UDP that handles datagrams side by side. */
export const ThreadingUDPServer: typeof UDPServer = mixedIn(Udp) as typeof UDPServer
/** A server over a Unix socket that handles connections side by side. */
export const ThreadingUnixStreamServer: typeof UnixStreamServer = mixedIn(
  UnixStream,
) as typeof UnixStreamServer
