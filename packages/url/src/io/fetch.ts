/**
 * `fetch`: from a URL to a response. Reads what it is given as the Fetch standard does, sends it through the
 * pipeline, and turns whatever goes wrong into one sentence.
 */
import {
  type BodyInit,
  Headers,
  type HeadersInit,
  type RequestOptions,
  type Response,
} from '@sluice/http'
import { isNetError } from '@sluice/socket/errors'
import { nextId } from '@sluice/socket/trace'
import { FetchError, maskUrl } from '../core/errors.ts'
import { checkCallable, checkMethod, checkObject, checkSignal } from '../core/options.ts'
import { handleData } from './handlers/data.ts'
import { handleFile } from './handlers/file.ts'
import { handleHttp } from './handlers/http.ts'
import { followRedirects } from './middleware/redirect.ts'
import { compose, type Handler, type PlannedRequest } from './pipeline.ts'
import { publish, tracing } from './trace.ts'

/** How to fetch: the standard's options, and those of the layers below under their own names. */
export interface FetchOptions {
  /** Default GET. */
  method?: string | undefined
  /** Fields of the request: pairs, an object, or Headers. Default: those of a Request that is fetched, else none. */
  headers?: HeadersInit | undefined
  /** What to send: text, bytes, a Blob, a form, a stream. Default: that of a Request that is fetched, else nothing. */
  body?: BodyInit | null | undefined
  /** `follow` up to 20 redirects (default), hand them out (`manual`), or reject (`error`). */
  redirect?: 'follow' | 'manual' | 'error' | undefined
  /** Ends the fetch and its body; what waits rejects with `signal.reason`. */
  signal?: AbortSignal | null | undefined
  /** Milliseconds per phase, as for `request` of `@sluice/http`; a number is `total`. */
  timeout?: RequestOptions['timeout']
  /** Caps on what a server may send. */
  limits?: RequestOptions['limits']
  /** Opens connections; for tests and tunnels. */
  connect?: RequestOptions['connect']
}

/** What `fetch` takes for an address: text, a URL, or a Request of ours or the platform's. */
export type FetchInput = string | URL | globalThis.Request

const OURS = ['method', 'headers', 'body', 'redirect', 'signal', 'timeout', 'limits', 'connect']
/** The standard's options that mean nothing outside a browser; taken, so that code can be shared with one. */
const BROWSERS = [
  'cache',
  'credentials',
  'dispatcher',
  'duplex',
  'integrity',
  'keepalive',
  'mode',
  'priority',
  'referrer',
  'referrerPolicy',
  'window',
]

const HANDLERS: Readonly<Record<string, Handler>> = {
  'http:': handleHttp,
  'file:': handleFile,
  'data:': handleData,
}

/** Chooses by the scheme. */
function dispatch(request: PlannedRequest): Promise<Response> {
  const { protocol } = request.url
  const handler = Object.hasOwn(HANDLERS, protocol) ? HANDLERS[protocol] : undefined
  if (handler === undefined) {
    const known = Object.keys(HANDLERS).join(', ')
    const reason = `no handler for ${protocol} URLs; there are ${known}`
    throw new FetchError({ ...where(request), code: 'ERR_UNSUPPORTED', phase: 'open', reason })
  }
  if (tracing())
    publish(request.id, 'attempt', { handler: protocol, url: maskUrl(request.url.href) })
  return handler(request)
}

const run: Handler = compose([followRedirects], async (request) => dispatch(request))

/**
 * Fetches what is behind a URL.
 *
 * @param input an absolute URL (`http:`, `file:`, `data:`), or a Request
 * @param options what the standard has, and `timeout`, `limits`, `connect` of the layers below
 * @returns the response as soon as its head is here, whatever its status. Read its body, or cancel it
 * @throws {FetchError} (a TypeError) the URL is none, nobody answers, the answer makes no sense ...; `code`
 *   and `phase` tell which, `cause` has the lower error
 * @throws `signal.reason` when aborted
 * @throws {TypeError} options that make no sense
 * @see Fetch §5.6
 * @example
 * const response = await fetch('http://127.0.0.1:8080/')
 * console.log(response.status, await response.text())
 */
export async function fetch(input: FetchInput, options: FetchOptions = {}): Promise<Response> {
  const started = performance.now()
  const request = plan(input, options, started)
  if (tracing())
    publish(request.id, 'request', { method: request.method, url: maskUrl(request.url.href) })
  try {
    request.signal?.throwIfAborted()
    const response = await run(request)
    if (tracing())
      publish(request.id, 'response', { status: response.status, url: maskUrl(response.url) })
    return response
  } catch (error) {
    const told = tell(error, request, performance.now() - started)
    if (tracing() && told instanceof FetchError)
      publish(request.id, 'error', { code: told.code, message: told.message })
    throw told
  }
}

function plan(input: FetchInput, options: FetchOptions, started: number): PlannedRequest {
  checkObject('fetch', options)
  for (const key of Object.keys(options))
    if (!OURS.includes(key) && !BROWSERS.includes(key))
      throw new TypeError(`fetch: there is no option '${key}'; there are ${OURS.join(', ')}`)
  const isRequest = typeof input === 'object' && input !== null && 'headers' in input
  const from = isRequest ? (input as globalThis.Request) : undefined
  const method = options.method ?? from?.method ?? 'GET'
  checkMethod('fetch', method)
  if (options.signal != null) checkSignal('fetch', options.signal)
  checkCallable('fetch', 'connect', options.connect)
  const body = options.body !== undefined ? options.body : (from?.body ?? null)
  if (body !== null && /^(get|head)$/i.test(method))
    throw new TypeError(`fetch: a ${method.toUpperCase()} request has no body`)
  const redirect = options.redirect ?? from?.redirect ?? 'follow'
  if (redirect !== 'follow' && redirect !== 'manual' && redirect !== 'error')
    throw new TypeError(
      `fetch: redirect is 'follow', 'manual' or 'error', not ${JSON.stringify(redirect)}`,
    )
  const { timeout, limits, connect } = options
  return {
    url: parse(from?.url ?? (input as string | URL), method),
    method:
      /^(get|head|post|put|delete|options|patch)$/i.test(method) && method !== 'patch'
        ? method.toUpperCase()
        : method,
    headers: new Headers(options.headers ?? (from === undefined ? undefined : [...from.headers])),
    body: body as BodyInit | null,
    redirect,
    signal: options.signal === undefined ? from?.signal : (options.signal ?? undefined),
    below: { timeout, limits, connect },
    started,
    id: nextId(),
  }
}

function parse(input: string | URL, method: string): URL {
  let url: URL
  try {
    url = new URL(input)
  } catch (cause) {
    const text = String(input)
    const shown = text.length > 80 ? `${text.slice(0, 77)}...` : text
    const reason = /^[a-z][a-z0-9+.-]*:/i.test(text)
      ? 'not a valid URL'
      : 'not an absolute URL (is the scheme missing?)'
    throw new FetchError({
      method,
      url: shown,
      code: 'ERR_INVALID_URL',
      phase: 'open',
      reason,
      cause,
    })
  }
  if (url.username === '' && url.password === '') return url
  // Fetch §5.4: credentials in a URL end in logs and referrers; they go into a field.
  const reason = 'the URL holds credentials; send them in an Authorization header'
  throw new FetchError({ method, url: url.href, code: 'ERR_INVALID_URL', phase: 'open', reason })
}

/** One sentence, whatever was thrown below; an abort and a mistake of the caller stay what they are. */
function tell(error: unknown, request: PlannedRequest, elapsed: number): unknown {
  if (error instanceof FetchError) return error
  if (request.signal?.aborted && error === request.signal.reason) return error
  if (isNetError(error)) {
    const { code, phase, errors } = error
    const reason = /: (.*) \([A-Z_0-9]+, phase /s.exec(error.message)?.[1]
    const facts = { ...where(request), code, phase, elapsed, errors, cause: error }
    return new FetchError(reason === undefined ? facts : { ...facts, reason })
  }
  return error
}

function where(request: PlannedRequest): { method: string; url: string } {
  return { method: request.method, url: request.url.href }
}
