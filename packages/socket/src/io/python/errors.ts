/**
 * Python's exceptions, with Python's names and bases, for every Python door.
 *
 * They are JavaScript errors below: `Error` stands for `Exception`, and `TypeError` is the language's own,
 * since the language throws it too. Whoever ports a program writes `error instanceof builtins.ValueError`
 * where Python has `except ValueError`.
 */

/** Base of them all, under Python's name. */
export const Exception: ErrorConstructor = Error

/** An exception with `args`: what those of every module derive from that have no nearer base. */
export class PythonError extends Error {
  /** What the exception was made of. */
  readonly args: readonly unknown[]

  constructor(...args: unknown[]) {
    const [message] = args
    super(message === undefined ? '' : String(message))
    this.args = args
    Object.defineProperty(this, 'name', { value: new.target.name, configurable: true })
  }
}

/** The right type, but a value that cannot be. */
export class ValueError extends PythonError {}
/** Text and bytes that do not fit together. */
export class UnicodeError extends ValueError {}
/** Text that a codec has no bytes for. */
export class UnicodeEncodeError extends UnicodeError {}
/** Bytes that a codec has no text for. */
export class UnicodeDecodeError extends UnicodeError {}
/** Base of `KeyError` and `IndexError`. */
export class LookupError extends PythonError {}
/** A mapping has no such key. */
export class KeyError extends LookupError {}
/** A sequence has no such position. */
export class IndexError extends LookupError {}
/** An object has no such attribute. */
export class AttributeError extends PythonError {}
/** Base of `OverflowError`. */
export class ArithmeticError extends PythonError {}
/** A number too large for the C type behind it. */
export class OverflowError extends ArithmeticError {}
/** A call at a moment where it makes no sense. */
export class RuntimeError extends PythonError {}
/** The stream ended while more was needed. */
export class EOFError extends PythonError {}

/**
 * An error of the operating system. Made of one argument, it is a sentence; of two or more, `errno`,
 * `strerror` and perhaps `filename`.
 */
export class OSError extends PythonError {
  readonly errno: number | null
  readonly strerror: string | null
  readonly filename: string | null

  constructor(...args: unknown[]) {
    super(...args)
    const [errno, strerror, filename] = args
    const two = args.length > 1
    this.errno = two ? (errno as number) : null
    this.strerror = two ? String(strerror) : null
    this.filename = filename === undefined ? null : String(filename)
    const shown = filename === undefined ? '' : `: '${filename}'`
    if (two) this.message = `[Errno ${errno}] ${strerror}${shown}`
  }
}

/** Base of the four that say what became of a connection. */
export class ConnectionError extends OSError {}
/** The connection was given up on this side (ECONNABORTED). */
export class ConnectionAbortedError extends ConnectionError {}
/** Nobody listens there (ECONNREFUSED). */
export class ConnectionRefusedError extends ConnectionError {}
/** The peer broke the connection (ECONNRESET). */
export class ConnectionResetError extends ConnectionError {}
/** The peer takes no more data (EPIPE, ESHUTDOWN). */
export class BrokenPipeError extends ConnectionError {}
/** It took too long (ETIMEDOUT); `socket.timeout` is the same class. */
export class TimeoutError extends OSError {
  // Written out, since a bundle that also holds the package's own TimeoutError renames one of the two.
  static override readonly name: string = 'TimeoutError'
}
/** No such file (ENOENT). */
export class FileNotFoundError extends OSError {}
/** It is there already (EEXIST). */
export class FileExistsError extends OSError {}
/** A directory where a file was meant (EISDIR). */
export class IsADirectoryError extends OSError {}
/** A part of the path is no directory (ENOTDIR). */
export class NotADirectoryError extends OSError {}
/** Not allowed (EACCES, EPERM). */
export class PermissionError extends OSError {}
/** A stream that does not wait would have to (EAGAIN). */
export class BlockingIOError extends OSError {}
/** A signal came first (EINTR). */
export class InterruptedError extends OSError {}

/** An error of getaddrinfo() and getnameinfo(). */
export class gaierror extends OSError {}
/** An error of gethostbyname() and its relatives. */
export class herror extends OSError {}

/** A file object has no such operation; in Python also a `ValueError`. */
export class UnsupportedOperation extends OSError {}

/** Several errors at once, as `create_connection(…, all_errors=True)` raises them. */
export class ExceptionGroup extends PythonError {
  /** Each of them. */
  readonly exceptions: readonly Error[]

  constructor(message: string, exceptions: readonly Error[]) {
    super(message, exceptions)
    this.exceptions = exceptions
  }
}
