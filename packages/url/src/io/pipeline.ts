/**
 * The shape of a fetch: a request goes through middleware to the handler of its scheme, and a response comes
 * back the same way. Each piece knows only `next`; what they share is the request.
 */
import {
  type BodyInit,
  type Headers,
  type PoolRequestOptions,
  type RequestOptions,
  Response,
} from '@sluice/http'
import type { FtpOptions } from './ftp-options.ts'
import type { Policies } from './policies.ts'

/** How connections are opened, for handlers that open their own. */
export interface DialOptions
  extends Pick<
    RequestOptions,
    'tls' | 'proxy' | 'resolver' | 'allowAddress' | 'family' | 'connect'
  > {
  /** How to speak with FTP servers. */
  readonly ftp?: FetchFtpOptions | undefined
}

/** What is to be known of FTP servers beyond their URLs, as for `openFtp` of `@sluice/url/ftp`. */
export type FetchFtpOptions = Pick<
  FtpOptions,
  'tls' | 'dataTls' | 'mode' | 'encoding' | 'account' | 'limits' | 'noop'
>

/** A body, or what makes one anew for each time it is sent. */
export type RequestBody = BodyInit | null | (() => BodyInit | Promise<BodyInit>)

/**
 * One request on its way, complete. A middleware that changes something hands on a changed copy, made with
 * `{ ...request, url }`.
 */
export interface PlannedRequest extends Policies {
  /** Where to; absolute, and without credentials unless it is an `ftp:` URL. */
  readonly url: URL
  /** `GET`, `POST` ... as it is sent. */
  readonly method: string
  /** Fields so far; copy them before changing one: `new Headers(request.headers)`. */
  readonly headers: Headers
  /** What to send; a function makes it for each attempt, a stream can be sent only once. */
  readonly body: RequestBody
  /** What becomes of redirects. */
  readonly redirect: 'follow' | 'manual' | 'error'
  /** Ends the fetch; whoever waits listens to it. */
  readonly signal: AbortSignal | undefined
  /** Milliseconds per phase; a number is `total`. */
  readonly timeout: RequestOptions['timeout']
  /** Whether and how far content codings are undone. */
  readonly decode: RequestOptions['decode']
  /** Makes one exchange by `@sluice/http`, over whichever connection this fetch is to use. */
  readonly send: (url: URL, options: PoolRequestOptions) => Promise<Response>
  /** Whether it may go through a proxy, which may have something to say itself. @internal */
  readonly isProxied: boolean
  /** How to open a connection to a URL, for a handler that opens its own. */
  readonly dial: (url: URL) => DialOptions
  /** When the fetch began, by `performance.now()`: `total` bounds all of it, redirects too. */
  readonly started: number
  /** The id of this fetch in trace events. */
  readonly id: number
}

/** Answers a request: what a scheme has, and what a middleware calls `next`. */
export type Handler = (request: PlannedRequest) => Promise<Response>

/** Stands between a request and whoever answers it: may change the request, ask again, or answer itself. */
export type Middleware = (request: PlannedRequest, next: Handler) => Promise<Response>

/** Puts middleware around a handler; the first one sees the request first. */
export function compose(middleware: readonly Middleware[], handler: Handler): Handler {
  return middleware.reduceRight<Handler>(
    (next, layer) => (request) => layer(request, next),
    handler,
  )
}

/** Whether it goes to a server of HTTP, where cookies and credentials have a meaning. */
export function isHttp({ url: { protocol } }: PlannedRequest): boolean {
  return protocol === 'http:' || protocol === 'https:'
}

/** Whether a body can be sent twice: text, bytes and what a function makes can, a stream can not. */
export function isReplayable(body: RequestBody): boolean {
  return (
    body === null ||
    typeof body === 'string' ||
    typeof body === 'function' ||
    body instanceof ArrayBuffer ||
    ArrayBuffer.isView(body) ||
    body instanceof Blob ||
    body instanceof URLSearchParams ||
    body instanceof FormData
  )
}

/**
 * Lets go of a body that will not be sent, or not to its end: a stream of Node's holds a file open, and whoever fills one of
 * the platform's waits until it is told. One that somebody reads is theirs to let go of. Never throws.
 */
export function letGoOf(body: RequestBody): void {
  if (isReplayable(body) || (body instanceof ReadableStream && body.locked)) return
  void (async () => new Response(body as BodyInit).body?.cancel())().catch(() => {})
}
