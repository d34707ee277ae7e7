/**
 * `socket.sendfile` the way that Python takes where there is no sendfile(2): read a piece, send it, until the file ends.
 */
import { SOCK_STREAM } from '../../core/constants.ts'
import { typeName } from './arguments.ts'
import { ValueError } from './errors.ts'
import { bind } from './keywords.ts'

/** What is needed of a file: Python's methods, which may return promises. */
export interface ReadableFile {
  readonly mode?: string
  read(size: number): Uint8Array | Promise<Uint8Array>
  seek?(offset: number): unknown
}

/** What is needed of the socket. */
interface Sender {
  readonly type: number
  gettimeout(): number | null
  send(data: Uint8Array): Promise<number>
}

/** As Python: larger pieces cost memory, smaller ones calls. */
const PIECE = 8_192

/** There is no sendfile(2) for this file, or at all: the private exception that Python goes on from. */
export class _GiveupOnSendfile extends Error {}

/** Checks what `sendfile` was given. */
export function checkSendFile(
  socket: Sender,
  args: readonly unknown[],
): { file: ReadableFile; offset: number; count: number } {
  const given = bind('sendfile', ['file', 'offset?', 'count?'], args)
  const file = given['file'] as ReadableFile
  const count = checkCount(given['count'] ?? null)
  if (!(file.mode ?? 'b').includes('b'))
    throw new ValueError('file should be opened in binary mode')
  if (socket.type !== SOCK_STREAM)
    throw new ValueError('only SOCK_STREAM type sockets are supported')
  if (socket.gettimeout() === 0) throw new ValueError('non-blocking sockets are not supported')
  return { file, offset: (given['offset'] ?? 0) as number, count }
}

/** Sends a file from `offset`, or `count` bytes of it; how many bytes left. The file is left where the last one was. */
export async function sendFile(socket: Sender, args: readonly unknown[]): Promise<number> {
  const { file, offset, count } = checkSendFile(socket, args)
  if (offset) await file.seek?.(offset)
  let sent = 0
  try {
    while (sent < count) {
      const piece = await file.read(Math.min(PIECE, count - sent))
      if (piece.length === 0) break
      for (let at = 0; at < piece.length; ) {
        const taken = await socket.send(piece.subarray(at))
        at += taken
        sent += taken
      }
    }
    return sent
  } finally {
    if (sent > 0) await file.seek?.(offset + sent)
  }
}

function checkCount(count: unknown): number {
  if (count === null) return Number.POSITIVE_INFINITY
  if (typeof count !== 'number' || !Number.isInteger(count))
    throw new TypeError(`count must be a positive integer (got ${typeName(count)})`)
  if (count <= 0) throw new ValueError(`count must be a positive integer (got ${count})`)
  return count
}
