/** Exceptions of Python's `http.client`. */
import { builtins } from '@sluice/socket/python'

const { repr } = builtins

/** What Python takes of a line at most. */
export const MAX_LINE = 65_536

/** Base of them all. */
export class HTTPException extends builtins.PythonError {}
/** Nothing is connected, and `auto_open` is off. */
export class NotConnected extends HTTPException {}
/** A host, port or path that can't be. */
export class InvalidURL extends HTTPException {}
/** The server speaks another version. */
export class UnknownProtocol extends HTTPException {
  readonly version: string
  constructor(version: string) {
    super(version)
    this.version = version
  }
}
/** Kept for its name; nothing here throws it. */
export class UnknownTransferEncoding extends HTTPException {}
/** A file is wanted in a way that there is not. */
export class UnimplementedFileMode extends HTTPException {}
/** The body ended early. */
export class IncompleteRead extends HTTPException {
  /** What had come. */
  readonly partial: Uint8Array
  /** How many more bytes were to come, where that is known. */
  readonly expected: number | null
  constructor(partial: Uint8Array, expected: number | null = null) {
    const more = expected === null ? '' : `, ${expected} more expected`
    super(partial)
    this.message = `IncompleteRead(${partial.length} bytes read${more})`
    this.partial = partial
    this.expected = expected
  }
  __repr__(): string {
    return this.message
  }
  __str__(): string {
    return this.message
  }
}
/** A call at a moment where it has no meaning. */
export class ImproperConnectionState extends HTTPException {}
/** The last response has not been read. */
export class CannotSendRequest extends ImproperConnectionState {}
/** There is no request that a field could belong to. */
export class CannotSendHeader extends ImproperConnectionState {}
/** No request has been sent, or its response has been taken. */
export class ResponseNotReady extends ImproperConnectionState {}
/** The first line of a response is none. */
export class BadStatusLine extends HTTPException {
  readonly line: string
  constructor(line: string) {
    const shown = line === '' ? repr(line) : line
    super(shown)
    this.line = shown
  }
  __repr__(): string {
    return `BadStatusLine(${repr(this.line)})`
  }
}
/** A line has more bytes than Python reads. */
export class LineTooLong extends HTTPException {
  constructor(kind: string) {
    super(`got more than ${MAX_LINE} bytes when reading ${kind}`)
  }
}
/** The server closed the connection instead of answering: a `ConnectionResetError`, and a `BadStatusLine`. */
export class RemoteDisconnected extends builtins.ConnectionResetError {
  readonly line: string = "''"
}
// One base is all that a class has here; the other answers for it.
Object.defineProperty(BadStatusLine, Symbol.hasInstance, {
  value(this: unknown, value: unknown): boolean {
    if (this === BadStatusLine && value instanceof RemoteDisconnected) return true
    return Function.prototype[Symbol.hasInstance].call(this, value)
  },
})
Object.defineProperty(HTTPException, Symbol.hasInstance, {
  value(this: unknown, value: unknown): boolean {
    if (this === HTTPException && value instanceof RemoteDisconnected) return true
    return Function.prototype[Symbol.hasInstance].call(this, value)
  },
})
