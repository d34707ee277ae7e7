/**
 * The handlers of Python's module `socketserver`: an object for each request, with `setup`, `handle` and `finish`. Each of
 * the three is awaited; `ready` settles when all of it is over, since a constructor cannot wait.
 */
import { EMPTY } from '../../core/bytes.ts'
import { IPPROTO_TCP, TCP_NODELAY } from '../../core/constants.ts'
import { type BytesLike, bytesOf } from './arguments.ts'
import type { BufferedFile } from './buffered-file.ts'
import { BytesIO } from './bytes-io.ts'
import { classAttributes } from './class-attributes.ts'
import { ByteFile } from './files.ts'
import { type Callable, callable } from './keywords.ts'
import type { socket } from './socket-class.ts'

/** What depends on the server's class and family: Python says nothing of it, and typeshed `Any`. */
// biome-ignore lint/suspicious/noExplicitAny: a program that is carried over asks it without a cast.
type Dynamic = any

/** Handles one request. */
class Handler {
  /** A socket, or a datagram and the socket that it came on. */
  request: Dynamic
  /** Whose request it is: host and port, or the path of a Unix socket. */
  client_address: Dynamic
  /** The server. */
  server: Dynamic
  /** Settles when the request was handled, or failed. */
  readonly ready: Promise<void>

  constructor(request: unknown, client_address: unknown, server: unknown) {
    this.request = request
    this.client_address = client_address
    this.server = server
    // A subclass's own fields are set by the time this begins.
    this.ready = Promise.resolve().then(() => this.#run())
    this.ready.catch(() => {})
  }

  /** Before `handle`. */
  setup(): unknown {
    return null
  }

  /** The request itself; for subclasses. */
  handle(): unknown {
    return null
  }

  /** After `handle`, also when that failed. */
  finish(): unknown {
    return null
  }

  async #run(): Promise<void> {
    await this.setup()
    try {
      await this.handle()
    } finally {
      await this.finish()
    }
  }
}

/** Handles a connection: `rfile` and `wfile` are files of bytes. */
class StreamHandler extends Handler {
  /** The size of the buffer for reading; -1 for the default, 0 for none. */
  static rbufsize = -1
  /** The size of the buffer for writing; 0: what is written leaves at once. */
  static wbufsize = 0
  /** Seconds that reading and writing may take; null for no limit. */
  static timeout: number | null = null
  /** Whether small writes leave at once (TCP_NODELAY). */
  static disable_nagle_algorithm = false
  declare rbufsize: number
  declare wbufsize: number
  declare timeout: number | null
  declare disable_nagle_algorithm: boolean
  declare request: socket
  /** The socket, once more. */
  declare connection: socket
  /** What the client sends. */
  declare rfile: BufferedFile
  /** What the client is sent. */
  declare wfile: ByteFile

  /** Makes the files. */
  override async setup(): Promise<unknown> {
    this.connection = this.request
    if (this.timeout !== null) this.connection.settimeout(this.timeout)
    if (this.disable_nagle_algorithm) this.connection.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
    this.rfile = this.connection.makefile('rb', this.rbufsize)
    this.wfile =
      this.wbufsize === 0
        ? new SocketWriter(this.connection)
        : this.connection.makefile('wb', this.wbufsize)
    return null
  }

  /** Sends what is left, and closes the files. */
  override async finish(): Promise<unknown> {
    if (!this.wfile.closed) {
      try {
        await this.wfile.flush()
      } catch {
        // The client may be gone; what was to be told to it does not matter then.
      }
    }
    await this.wfile.close()
    await this.rfile.close()
    return null
  }
}
classAttributes(StreamHandler, ['rbufsize', 'wbufsize', 'timeout', 'disable_nagle_algorithm'])

/** Handles a datagram: `rfile` holds it, and what was written to `wfile` is the answer. */
class DatagramHandler extends Handler {
  /** The datagram. */
  declare packet: Uint8Array
  /** The server's socket. */
  declare socket: socket
  /** The datagram as a file. */
  declare request: [datagram: Uint8Array, socket: socket]
  declare rfile: BytesIO
  /** The answer. */
  declare wfile: BytesIO

  /** Makes the files. */
  override async setup(): Promise<unknown> {
    const [packet, socket] = this.request
    this.packet = packet
    this.socket = socket
    this.rfile = new BytesIO(packet)
    this.wfile = new BytesIO()
    return null
  }

  /** Sends the answer. */
  override async finish(): Promise<unknown> {
    await this.socket.sendto(this.wfile.getvalue(), this.client_address)
    return null
  }
}

/** Writes to a socket at once, and all of it. */
class SocketWriter extends ByteFile {
  readonly #socket: socket
  #isClosed = false

  constructor(socket: socket) {
    super()
    this.#socket = socket
  }

  /** Whether it was closed. */
  get closed(): boolean {
    return this.#isClosed
  }

  /** Whether it can be written: always. */
  writable(): boolean {
    return true
  }

  /** Sends all of it. */
  async write(data: BytesLike): Promise<number> {
    const bytes = bytesOf(data)
    await this.#socket.sendall(bytes)
    return bytes.length
  }

  /** Nothing to read here. */
  async read(): Promise<Uint8Array> {
    return EMPTY
  }

  /** Nothing to read here. */
  async readline(): Promise<Uint8Array> {
    return EMPTY
  }

  /** Does nothing: there is no buffer. */
  flush(): void {}

  /** The descriptor of the socket. */
  fileno(): number {
    return this.#socket.fileno()
  }

  /** Lets go; the socket stays open. */
  close(): void {
    this.#isClosed = true
  }
}

/** Handles one request; `setup`, `handle` and `finish` are for subclasses. */
export const BaseRequestHandler: Callable<typeof Handler> = callable(Handler)
/** Handles a connection, with `rfile` and `wfile`. */
export const StreamRequestHandler: Callable<typeof StreamHandler> = callable(StreamHandler)
/** Handles a datagram, with `rfile` and `wfile`. */
export const DatagramRequestHandler: Callable<typeof DatagramHandler> = callable(DatagramHandler)
