/** What this door reads from and writes to: Python's file objects and sockets, ours and those of programs. */

type Eventually<T> = T | Promise<T>

/** A file that is read; methods may answer at once or later. */
export interface FileLike {
  read(size?: number): Eventually<Uint8Array>
  read1(size: number): Eventually<Uint8Array>
  readline(limit?: number): Eventually<Uint8Array>
  peek(size?: number): Eventually<Uint8Array>
  flush?(): unknown
  fileno(): number
  close(): unknown
}

/** A socket, as far as HTTP needs one. */
export interface SocketLike {
  makefile(mode: 'rb'): FileLike
  sendall(data: Uint8Array): unknown
  setsockopt?(level: number, option: number, value: number): unknown
  close(): unknown
}

/** Text from bytes, one for one. */
export function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
}

/** All pieces in one. */
export function joinBytes(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0] as Uint8Array
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}
