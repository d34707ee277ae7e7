/**
 * Who answers, by the scheme, and what stands before: the pipeline of a client. Middleware of the program comes first, so
 * that it sees a fetch once, and what it adds is dropped like everything secret when a redirect leaves the origin.
 */
import type { Response } from '@sluice/http'
import { FetchError, maskUrl } from '../core/errors.ts'
import { maskText } from '../core/mask-text.ts'
import { publish, tracing } from './fetch-trace.ts'
import { handleData } from './handlers/data.ts'
import { handleFile } from './handlers/file.ts'
import { handleHttp } from './handlers/http.ts'
import { followRedirects } from './middleware/redirect.ts'
import { compose, type Handler, type Middleware, type PlannedRequest } from './pipeline.ts'

/** What a client may add to its pipeline. */
export interface PipelineOptions {
  /**
   * Middleware, the first one outermost. It sees each fetch once, before redirects, cookies and the rest. Default: none.
   */
  use?: readonly Middleware[] | undefined
  /**
   * Handlers by scheme, `{ 'memo:': handler }`; one of `http:`, `https:`, `ftp:`, `file:`, `data:` takes the place of ours, and
   * `null` takes it away. Redirects lead to `http:`, `https:` and `ftp:` alone. Default: none.
   */
  schemes?: Readonly<Record<string, Handler | null>> | undefined
}

const HANDLERS: Readonly<Record<string, Handler>> = {
  'http:': handleHttp,
  'https:': handleHttp,
  // Loaded when it is asked for: most programs never do.
  'ftp:': async (request) => (await import('./handlers/ftp.ts')).handleFtp(request),
  'file:': handleFile,
  'data:': handleData,
}

/** As the URL standard writes it, in small letters and with its colon. */
const SCHEME = /^[a-z][a-z0-9+.-]*:$/

/**
 * The pipeline of one client.
 *
 * @param layers what stands between redirects and the handler, and so sees each hop
 * @throws {TypeError} for middleware or a handler that is no function, or a scheme that is none
 */
export function openPipeline(options: PipelineOptions, layers: readonly Middleware[]): Handler {
  const { use = [], schemes = {} } = options
  if (!Array.isArray(use)) throw new TypeError('Client: use must be an array of functions')
  for (const layer of use)
    if (typeof layer !== 'function') throw new TypeError('Client: use must hold functions')
  const handlers = new Map<string, Handler>(Object.entries(HANDLERS))
  for (const [scheme, handler] of Object.entries(schemes)) {
    if (!SCHEME.test(scheme))
      throw new TypeError(`Client: a scheme is written as 'memo:', not ${JSON.stringify(scheme)}`)
    if (handler === null) handlers.delete(scheme)
    // In a function of ours that always gives a promise, whatever theirs does.
    else if (typeof handler === 'function')
      handlers.set(scheme, async (request) => handler(request))
    else throw new TypeError(`Client: the handler of ${scheme} must be a function, or null`)
  }
  // Few, and looked through one by one: the protocol of a URL is a text made anew each time, which a Map would have to hash.
  const list = [...handlers].map(([scheme, answer]) => ({ scheme, answer }))
  return compose([...use, followRedirects, ...layers], (request) => dispatch(request, list))
}

/** Chooses by the scheme. */
function dispatch(
  request: PlannedRequest,
  handlers: readonly { scheme: string; answer: Handler }[],
): Promise<Response> {
  const { method, url, id } = request
  const { protocol } = url
  const handler = handlers.find(({ scheme }) => scheme === protocol)
  if (handler === undefined) {
    const known = handlers.map(({ scheme }) => scheme).join(', ')
    // `localhost:3000` is a URL with the scheme `localhost:`; that is hardly ever what was meant.
    const hint = /^\d/.test(url.pathname) ? ' (is http:// missing?)' : ''
    const reason = `no handler for ${protocol} URLs; there are ${known}${hint}`
    // `user:password@host` is a URL, too, with the scheme `user:`.
    const shown = maskText(url.href)
    const facts = { method, url: shown, code: 'ERR_UNSUPPORTED', phase: 'open', reason }
    return Promise.reject(new FetchError(facts))
  }
  if (tracing()) publish(id, 'attempt', { handler: protocol, url: maskUrl(url.href) })
  return handler.answer(request)
}
