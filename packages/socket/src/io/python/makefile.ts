/**
 * `socket.makefile`: which file object a mode and a size of buffer ask for, as Python decides it.
 */

import { BufferedFile } from './buffered-file.ts'
import { ValueError } from './errors.ts'
import { DEFAULT_BUFFER_SIZE, type FileSocket, SocketIO } from './files.ts'
import { bind } from './keywords.ts'
import { TextIOWrapper } from './text-file.ts'

/** What `makefile` gives: bytes without or with a buffer, or text. */
export type FileObject = SocketIO | BufferedFile | TextIOWrapper

/** Makes a file object for a socket. ValueError for a mode that is none, and for text without a buffer. */
export function makefile(socket: FileSocket, args: readonly unknown[]): FileObject {
  const parameters = ['mode?', 'buffering?', '*', 'encoding?', 'errors?', 'newline?']
  const given = bind('makefile', parameters, args)
  const mode = String(given['mode'] ?? 'r')
  if (!/^[rwb]*$/.test(mode)) throw new ValueError(`invalid mode '${mode}' (only r, w, b allowed)`)
  const isBinary = mode.includes('b')
  const reads = mode.includes('r') || !mode.includes('w')
  const rawMode = `${reads ? 'r' : ''}${mode.includes('w') ? 'w' : ''}`
  const buffering = (given['buffering'] ?? -1) as number
  if (buffering === 0 && !isBinary) throw new ValueError('unbuffered streams must be binary')
  const raw = new SocketIO(socket, rawMode)
  socket._io_refs++
  if (buffering === 0) return raw
  const buffer = new BufferedFile(raw, buffering < 0 ? DEFAULT_BUFFER_SIZE : buffering)
  if (isBinary) return buffer
  const [encoding, errors, newline] = ['encoding', 'errors', 'newline'].map(
    (name) => (given[name] ?? null) as string | null,
  )
  const text = new TextIOWrapper(buffer, encoding, errors, newline, buffering === 1)
  text.mode = mode
  return text
}
