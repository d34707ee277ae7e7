/**
 * `file:` URLs: a regular file of this machine, streamed.
 *
 * What is refused: folders, devices, pipes and sockets (a fetch of `/dev/zero` would never end, one of a pipe
 * would wait for ever), and everything but GET and HEAD.
 */
import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { Response } from '@sluice/http'
import { FetchError } from '../../core/errors.ts'
import { fileUrlToPath, POSIX, WINDOWS } from '../../core/file-path.ts'
import type { PlannedRequest } from '../pipeline.ts'
import { located, onlyGet } from './local.ts'

/** As much as one read brings. */
const CHUNK = 65_536

/** Answers a request for a `file:` URL. */
export async function handleFile(request: PlannedRequest): Promise<Response> {
  onlyGet(request)
  const { url, method, signal } = request
  let path: string
  try {
    path = fileUrlToPath(url.href, process.platform === 'win32' ? WINDOWS : POSIX)
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
  const handle = await openFile(path, request)
  try {
    const stat = await handle.stat()
    if (!stat.isFile()) throw notAFile(request, stat.isDirectory())
    const headers = {
      'Content-Type': 'application/octet-stream',
      // What /proc holds has size 0 and bytes all the same.
      ...(stat.size === 0 ? {} : { 'Content-Length': String(stat.size) }),
      'Last-Modified': stat.mtime.toUTCString(),
    }
    const body = method === 'HEAD' ? null : pieces(handle, signal)
    if (body === null) await handle.close()
    return located(new Response(body, { headers }), request)
  } catch (error) {
    await handle.close()
    throw error
  }
}

async function openFile(path: string, { method, url }: PlannedRequest): Promise<FileHandle> {
  try {
    // Without O_NONBLOCK the open of a pipe nobody writes to would hold a thread for ever.
    return await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
  } catch (cause) {
    throw new FetchError({ method, url: url.href, phase: 'open', cause })
  }
}

function notAFile({ method, url }: PlannedRequest, folder: boolean): FetchError {
  const code = folder ? 'EISDIR' : 'ERR_UNSUPPORTED'
  const facts = { method, url: url.href, phase: 'open', code }
  return new FetchError(folder ? facts : { ...facts, reason: 'not a regular file' })
}

/** The file in pieces; closed when read to its end, given up, or aborted. */
function pieces(handle: FileHandle, signal: AbortSignal | undefined): ReadableStream<Uint8Array> {
  let onAbort: (() => void) | undefined
  const close = (): Promise<void> => {
    if (onAbort !== undefined) signal?.removeEventListener('abort', onAbort)
    return handle.close()
  }
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        onAbort = () => {
          controller.error(signal?.reason)
          void close()
        }
        signal?.addEventListener('abort', onAbort)
      },
      async pull(controller) {
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
