// A handler that serves the files below one folder: enough for the tour, no more. The real one, with ranges,
// conditions and listings, belongs into @sluice/http.
import { createReadStream } from 'node:fs'
import { realpath, stat } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { Readable } from 'node:stream'
import type { Handler } from '@sluice/http'

/** Serves regular files inside `root`; whatever leads outside of it is not there. */
export function folder(root: string): Handler {
  return async (request) => {
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return new Response('read only\n', { status: 405, headers: { Allow: 'GET, HEAD' } })
    const missing = new Response('not found\n', { status: 404 })
    try {
      const path = await realpath(join(root, decodeURIComponent(new URL(request.url).pathname)))
      if (!path.startsWith((await realpath(root)) + sep)) return missing
      const { size, mtime } = await stat(path)
      const headers = { 'Content-Length': String(size), 'Last-Modified': mtime.toUTCString() }
      if (request.method === 'HEAD') return new Response(null, { headers })
      return new Response(Readable.toWeb(createReadStream(path)) as ReadableStream, { headers })
    } catch {
      return missing
    }
  }
}
