/**
 * `file:` URLs: a regular file of this machine, streamed.
 *
 * The file is looked at when it is asked for, and opened when its body is first read: a response that nobody reads
 * holds no descriptor. What is opened then has to be what was looked at, or the length that was announced is wrong.
 *
 * What is refused: folders, devices, pipes and sockets (a fetch of `/dev/zero` would never end, one of a pipe
 * would wait for ever), and everything but GET and HEAD.
 */
import { constants, type Stats } from 'node:fs'
import { access, type FileHandle, open, stat } from 'node:fs/promises'
import { Response } from '@sluice/http'
import { onAbort } from '@sluice/socket'
import { FetchError } from '../../core/errors.ts'
import { fileUrlToPath, POSIX, WINDOWS } from '../../core/file-path.ts'
import type { PlannedRequest } from '../pipeline.ts'
import { type Deadline, deadlineOf } from './deadline.ts'
import { located, onlyGet } from './local.ts'

/** As much as one read brings. */
const CHUNK = 65_536

/** Answers a request for a `file:` URL. */
export async function handleFile(request: PlannedRequest): Promise<Response> {
  onlyGet(request)
  const { url, method } = request
  if (request.isAllowed !== undefined) {
    const reason = 'denyPrivate refuses files of this machine'
    throw new FetchError({ method, url: url.href, code: 'ERR_BLOCKED', phase: 'open', reason })
  }
  let path: string
  try {
    path = fileUrlToPath(url.href, process.platform === 'win32' ? WINDOWS : POSIX)
    // Windows would go there, and offer it the password of whoever runs this program.
    if (path.startsWith('\\\\'))
      throw new SyntaxError(`${JSON.stringify(url.href)} names a file of another machine`)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : 'no path'
    throw new FetchError({
      method,
      url: url.href,
      code: 'ERR_INVALID_URL',
      phase: 'open',
      reason,
      cause,
    })
  }
  const seen = await orFetchError(request, stat(path))
  if (!seen.isFile()) throw notAFile(request, seen.isDirectory())
  await orFetchError(request, access(path, constants.R_OK))
  const headers = {
    'Content-Type': 'application/octet-stream',
    // What /proc holds has size 0 and bytes all the same.
    ...(seen.size === 0 ? {} : { 'Content-Length': String(seen.size) }),
    'Last-Modified': seen.mtime.toUTCString(),
  }
  const body = method === 'HEAD' ? null : pieces(() => openSame(path, seen, request), request)
  return located(new Response(body, { headers }), request)
}

async function orFetchError<T>({ method, url }: PlannedRequest, work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (cause) {
    throw new FetchError({ method, url: url.href, phase: 'open', cause })
  }
}

/** Opens the file, if it still is the one that was looked at. */
async function openSame(path: string, seen: Stats, request: PlannedRequest): Promise<FileHandle> {
  // Without O_NONBLOCK the open of a pipe nobody writes to would hold a thread for ever.
  const flags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)
  const handle = await orFetchError(request, open(path, flags))
  try {
    const { dev, ino, size } = await orFetchError(request, handle.stat())
    if (dev === seen.dev && ino === seen.ino && size === seen.size) return handle
    const { method, url } = request
    const reason = 'the file changed before its body was read'
    throw new FetchError({ method, url: url.href, phase: 'body', code: 'ERR_CHANGED', reason })
  } catch (error) {
    await handle.close()
    throw error
  }
}

function notAFile({ method, url }: PlannedRequest, folder: boolean): FetchError {
  const code = folder ? 'EISDIR' : 'ERR_UNSUPPORTED'
  const facts = { method, url: url.href, phase: 'open', code }
  return new FetchError(folder ? facts : { ...facts, reason: 'not a regular file' })
}

/** The file in pieces; opened for the first one, closed when read to its end, given up, aborted, or out of time. */
function pieces(
  openFile: () => Promise<FileHandle>,
  request: PlannedRequest,
): ReadableStream<Uint8Array> {
  let handle: FileHandle | undefined
  let deadline: Deadline | undefined
  let callOff: (() => void) | undefined
  let over = false
  const close = async (): Promise<void> => {
    callOff?.()
    deadline?.stop()
    over = true
    await handle?.close()
  }
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        // Only now: a response that nobody reads holds no timer.
        deadline ??= deadlineOf(request)
        const { signal } = deadline
        if (signal?.aborted) {
          deadline.stop()
          throw signal.reason
        }
        if (handle === undefined) {
          handle = await openFile().catch((error) => {
            deadline?.stop()
            throw error
          })
          const aborted = (): void => {
            controller.error(signal?.reason)
            void close()
          }
          // While it was opened, an abort or a cancel found nothing to close.
          if (signal?.aborted) return aborted()
          if (over) return close()
          if (signal !== undefined) callOff = onAbort(signal, aborted)
        }
        const { bytesRead, buffer } = await handle.read(new Uint8Array(CHUNK), 0, CHUNK)
        // While we read, an abort may have ended the stream.
        if (signal?.aborted) return
        if (bytesRead > 0) controller.enqueue(buffer.subarray(0, bytesRead))
        else {
          await close()
          controller.close()
        }
      },
      cancel: close,
    },
    { highWaterMark: 0 },
  )
}
