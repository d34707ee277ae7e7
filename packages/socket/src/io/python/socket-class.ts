/**
 * Python's class `socket.socket`: the verbs of `raw-socket.ts`, and what CPython has in Python, too: sockets for
 * connections, files, the end of life that files put off, `with`.
 */
import type { Address } from './arguments.ts'
import type { BufferedFile } from './buffered-file.ts'
import { register } from './descriptors.ts'
import type { SocketIO } from './files.ts'
import { type Callable, callable, type Given } from './keywords.ts'
import { type FileObject, makefile } from './makefile.ts'
import { tuple } from './message-arguments.ts'
import { osError } from './os-errors.ts'
import { RawSocket } from './raw-socket.ts'
import { _GiveupOnSendfile, checkSendFile, type ReadableFile, sendFile } from './sendfile.ts'
import type { TextIOWrapper } from './text-file.ts'

type BinaryMode = 'b' | 'rb' | 'wb' | 'rwb'

/** A socket with Python's methods. */
class PythonSocket extends RawSocket implements Disposable, AsyncDisposable {
  /** Closed by the program; files of `makefile` may still hold it. */
  _closed = false
  /** Files of `makefile` that are open. */
  _io_refs = 0

  /** Waits for the next connection; the socket for it and the peer's address. */
  async accept(): Promise<[PythonSocket, Address]> {
    const [fd, address] = await this._accept()
    return [new socket(this.family, this.type, this.proto, fd), address]
  }

  /** Sends a file; how many bytes. Everything goes through the program, since sendfile(2) is a system call. */
  async sendfile(
    ...args: Given<[file: ReadableFile, offset?: number, count?: number | null]>
  ): Promise<number> {
    return this._sendfile_use_send(...args)
  }

  /** What `sendfile` does. */
  async _sendfile_use_send(...args: unknown[]): Promise<number> {
    return sendFile(this, args)
  }

  /** What `sendfile` would rather do: there is no such system call here. */
  async _sendfile_use_sendfile(...args: unknown[]): Promise<number> {
    checkSendFile(this, args)
    throw new _GiveupOnSendfile('sendfile(2) is a system call')
  }

  /** Closes it once no file of `makefile` holds it any more. What was sent still leaves. */
  override close(): void {
    this._closed = true
    if (this._io_refs <= 0) this._real_close()
  }

  /** Closes it, whoever holds it. */
  _real_close(): void {
    super.close()
  }

  /** A file of `makefile` was closed. */
  _decref_socketios(): void {
    if (this._io_refs > 0) this._io_refs--
    if (this._closed) this.close()
  }

  /** Gives the descriptor away; this object is closed then, what stands behind it is not. */
  override detach(): number {
    this._closed = true
    return super.detach()
  }

  /** Another socket with a descriptor of its own, for the same connection. */
  dup(): PythonSocket {
    const made = new socket(this.family, this.type, this.proto, register(this.description))
    made.settimeout(this.timeout)
    return made
  }

  /** Always false: nothing is inherited by programs that are started. */
  get_inheritable(): boolean {
    return false
  }

  /** Refused for true: a system call. */
  set_inheritable(inheritable: boolean): void {
    if (inheritable) throw osError('EOPNOTSUPP', 'a descriptor of ours can not be inherited')
  }

  /** Enters a `with` block. */
  __enter__(): this {
    return this
  }

  /** Leaves a `with` block. */
  __exit__(): void {
    if (!this._closed) this.close()
  }

  [Symbol.dispose](): void {
    this.__exit__()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.__exit__()
  }

  /** As Python shows it. */
  __repr__(): string {
    const closed = this._closed ? '[closed] ' : ''
    const parts = [`fd=${this.fileno()}`, `family=${this.family}`, `type=${this.type}`]
    const addresses = this._closed ? [] : this.#addresses()
    return `<socket.socket ${closed}${[...parts, `proto=${this.proto}`, ...addresses].join(', ')}>`
  }

  override toString(): string {
    return this.__repr__()
  }

  #addresses(): string[] {
    const shown = [`laddr=${tuple(this.getsockname())}`]
    try {
      return [...shown, `raddr=${tuple(this.getpeername())}`]
    } catch {
      return shown
    }
  }

  /** A file object for it: `r`, `w`, `rw`, with `b` for bytes. */
  makefile(mode: BinaryMode, buffering: 0, ...rest: unknown[]): SocketIO
  makefile(mode: BinaryMode, ...rest: unknown[]): BufferedFile
  makefile(mode?: string, ...rest: unknown[]): TextIOWrapper
  makefile(...args: unknown[]): FileObject {
    return makefile(this, args)
  }
}

/** A socket with Python's methods. */
export const socket: Callable<typeof PythonSocket> = callable(PythonSocket)
/** A socket with Python's methods. */
export type socket = PythonSocket
