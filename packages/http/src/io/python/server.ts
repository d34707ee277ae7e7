/** Python's module `http.server`: `HTTPServer` and its handlers. */
import {
  bind,
  builtins,
  type Callable,
  callable,
  socket,
  socketserver,
} from '@sluice/socket/python'
import { FileRequestHandler } from './file-handler.ts'
import { unquotePath } from './percent.ts'
import { RequestHandler } from './request-handler.ts'

export { DEFAULT_ERROR_CONTENT_TYPE, DEFAULT_ERROR_MESSAGE } from './request-handler.ts'

class Server extends socketserver.TCPServer {
  static override allow_reuse_address: boolean | number = 1
  declare server_name: string
  declare server_port: number

  override async server_bind(): Promise<unknown> {
    await super.server_bind()
    const [host, port] = this.server_address as readonly [string, number]
    this.server_name = await socket.getfqdn(host)
    this.server_port = port
    return null
  }
}
/** A server of HTTP: `HTTPServer([host, port], HandlerClass)`; one request at a time. */
export const HTTPServer: Callable<typeof Server> = callable(Server, 'HTTPServer')

/** A server of HTTP that answers connections side by side. */
export const ThreadingHTTPServer: typeof HTTPServer = threading()

function threading(): typeof HTTPServer {
  const Mixed = socketserver.ThreadingMixIn(HTTPServer as never) as unknown as typeof HTTPServer & {
    daemon_threads: boolean
  }
  Mixed.daemon_threads = true
  Object.defineProperty(Mixed, 'name', { value: 'ThreadingHTTPServer' })
  return Mixed
}

/** Answers the requests of one connection; for subclasses, which have `do_GET` and the like. */
export const BaseHTTPRequestHandler: Callable<typeof RequestHandler> = callable(
  RequestHandler,
  'BaseHTTPRequestHandler',
)
/** Answers with files of a folder. */
export const SimpleHTTPRequestHandler: Callable<typeof FileRequestHandler> = callable(
  FileRequestHandler,
  'SimpleHTTPRequestHandler',
)

/**
 * A path without `.` and `..`.
 *
 * @throws {IndexError} it leads above the root
 */
export function _url_collapse_path(...args: unknown[]): string {
  const { path } = bind('_url_collapse_path', ['path'], args) as { path: string }
  const [before = '', query] = path.split(/\?(.*)/s)
  const parts = unquotePath(before).split('/')
  const tail = parts.pop() ?? ''
  const head: string[] = []
  const up = (): void => {
    if (head.pop() === undefined) throw new builtins.IndexError('pop from empty list')
  }
  for (const part of parts)
    if (part === '..') up()
    else if (part !== '' && part !== '.') head.push(part)
  let last = tail === '.' ? '' : tail
  if (tail === '..') {
    up()
    last = ''
  }
  return `/${head.join('/')}/${query ? `${last}?${query}` : last}`
}
