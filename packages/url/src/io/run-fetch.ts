/**
 * One fetch: from a URL to a response. Reads what it is given as the Fetch standard does, sends it through the pipeline,
 * and turns whatever goes wrong into one sentence. Whose connections are used is the client's business.
 */
import {
  type CodingLimits,
  Headers,
  type HeadersInit,
  type RequestOptions,
  type Response,
} from '@sluice/http'
import { nextId } from '@sluice/socket/trace'
import { explain, FetchError, maskUrl } from '../core/errors.ts'
import type { UrlReader } from '../core/fetch-url.ts'
import {
  checkCallable,
  checkMethod,
  checkObject,
  checkSignal,
  checkTotal,
} from '../core/options.ts'
import { SECRET_FIELDS } from '../core/redirect.ts'
import {
  CONNECTION_KEYS,
  type ConnectionHost,
  type ConnectionOptions,
  dialOptions,
  senderOf,
} from './connections.ts'
import { belongs, forget, publish, tracing } from './fetch-trace.ts'
import type { Handler, PlannedRequest, RequestBody } from './pipeline.ts'
import { isReplayable, letGoOf } from './pipeline.ts'
import { POLICY_KEYS, type Policies, type PolicyOptions, planPolicies } from './policies.ts'

/** How to fetch: the standard's options, and those of the layers below under their own names. */
export interface FetchOptions extends PolicyOptions, ConnectionOptions {
  /** Default GET. */
  method?: string | undefined
  /** Fields of the request: pairs, an object, or Headers. Default: those of a Request that is fetched, else none. */
  headers?: HeadersInit | undefined
  /**
   * What to send: text, bytes, a Blob, a form, a stream, or a function that makes one of them each time it is sent.
   * Default: that of a Request that is fetched, else nothing.
   */
  body?: RequestBody | undefined
  /** `follow` up to `limits.redirects` of them (default), hand them out (`manual`), or reject (`error`). */
  redirect?: 'follow' | 'manual' | 'error' | undefined
  /** Ends the fetch and its body; what waits rejects with `signal.reason`. */
  signal?: AbortSignal | null | undefined
  /** Milliseconds per phase, as for `request` of `@sluice/http`; a number is `total`. */
  timeout?: RequestOptions['timeout']
  /**
   * Undo content codings, with these caps; default true. False hands bodies out as they were sent.
   */
  decode?: boolean | Partial<CodingLimits> | undefined
  /** What its trace events are to lead to, as for `request` of `@sluice/http`: the id of something larger. Default: nothing. */
  trace?: RequestOptions['trace']
}

type BodyStream = NonNullable<globalThis.Request['body']>

/** What `fetch` takes for an address: text, a URL, or a Request of ours or the platform's. */
export type FetchInput = string | URL | globalThis.Request

/** A fetch without options: there is nothing in it to look at. */
export const NO_OPTIONS: FetchOptions = {}

/** The options of a fetch that mean something here. */
export const FETCH_KEYS: readonly string[] = [
  'method',
  'headers',
  'body',
  'redirect',
  'signal',
  'timeout',
  'decode',
  'trace',
  ...POLICY_KEYS,
  ...CONNECTION_KEYS,
]
/** What a client takes besides: its own, and the defaults of its fetches. */
export const CLIENT_KEYS: readonly string[] = [
  'base',
  'pool',
  'env',
  'use',
  'schemes',
  ...FETCH_KEYS.filter((key) => !['method', 'body', 'signal', 'connect'].includes(key)),
]
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

/** Options of ofetch, which hands its own on to the fetch that it is given. */
const OFETCH = [
  'baseURL',
  'ignoreResponseError',
  'onRequest',
  'onRequestError',
  'onResponse',
  'onResponseError',
  'parseResponse',
  'responseType',
  'retryDelay',
  'retryStatusCodes',
]

/** All that it takes. */
export const TAKEN: ReadonlySet<string> = new Set([...FETCH_KEYS, ...BROWSERS, ...OFETCH])

/** What a fetch needs of its client. */
export interface FetchHost extends ConnectionHost {
  /** The origin of its base; what its fields hold of secrets is for that one. */
  readonly home: string | undefined
  /** @throws {FetchError} it was closed */
  checkOpen(url: URL, method: string): void
  /** The pipeline. */
  readonly run: Handler
  /** Reads its URLs. */
  readonly urls: UrlReader
  /** Whether its way may lead through proxies. */
  readonly isProxied: boolean
  /** The fields of a fetch that has none, where no stage could change them; else nothing. */
  readonly noFields: Headers | undefined
}

/** Options of a client that its fetches fall back to. */
export type FetchDefaults = Omit<FetchOptions, 'method' | 'body' | 'signal'> & {
  base?: string | URL | undefined
}

/** Fetches, with the defaults and connections of a client. */
export async function fetchWith(
  host: FetchHost,
  input: FetchInput,
  options: FetchOptions,
  defaults: FetchDefaults,
): Promise<Response> {
  const started = performance.now()
  const from = options?.body === undefined ? requestIn(input) : undefined
  const given = from?.body ? await whole(options, from.headers, from.body) : options
  const request = plan(host, input, given, defaults, started)
  belongs(request.id, (options.trace ?? defaults.trace)?.parent ?? 0)
  if (tracing())
    publish(request.id, 'request', { method: request.method, url: maskUrl(request.url.href) })
  try {
    request.signal?.throwIfAborted()
    host.checkOpen(request.url, request.method)
    const response = await host.run(request)
    if (tracing())
      publish(request.id, 'response', { status: response.status, url: maskUrl(response.url) })
    return response
  } catch (error) {
    letGoOf(request.body)
    const told = tell(error, request, performance.now() - started)
    if (tracing() && told instanceof FetchError)
      publish(request.id, 'error', { code: told.code, message: told.message })
    throw told
  } finally {
    forget(request.id)
  }
}

function plan(
  host: FetchHost,
  input: FetchInput,
  options: FetchOptions,
  defaults: FetchDefaults,
  started: number,
): PlannedRequest {
  if (options !== NO_OPTIONS) checkFetch(options)
  const from = requestIn(input)
  const method = options.method ?? from?.method ?? 'GET'
  if (method !== 'GET') checkMethod('fetch', method)
  const body = options.body ?? null
  if (body !== null && /^(get|head)$/i.test(method))
    throw new TypeError(`fetch: a ${method.toUpperCase()} request has no body`)
  // A Request always has one: `follow` is what it has where nobody said anything.
  const asked = from?.redirect === 'follow' ? undefined : from?.redirect
  const redirect = options.redirect ?? asked ?? defaults.redirect ?? 'follow'
  if (redirect !== 'follow' && redirect !== 'manual' && redirect !== 'error')
    throw new TypeError(
      `fetch: redirect is 'follow', 'manual' or 'error', not ${JSON.stringify(redirect)}`,
    )
  const id = nextId()
  const url = host.urls.read(from?.url ?? (input as string | URL), method)
  const home = options.auth === undefined ? undefined : url.origin
  const policies = planPolicies('fetch', options, host.policies, home)
  const call = { host, options, defaults, policies, id }
  checkRepeatable(policies, method, body as RequestBody)
  return {
    url,
    method: normalised(method),
    headers: fieldsFor(
      url,
      options.headers ?? (from && [...from.headers]),
      host,
      defaults,
      policies,
    ),
    body: body as RequestBody,
    redirect,
    signal: options.signal === undefined ? from?.signal : (options.signal ?? undefined),
    timeout: options.timeout ?? defaults.timeout,
    decode: options.decode ?? defaults.decode ?? true,
    // One by one: copied as a whole they take as long as all the rest.
    cookies: policies.cookies,
    auth: policies.auth,
    retry: policies.retry,
    isAllowed: policies.isAllowed,
    secretFields: policies.secretFields,
    onUploadProgress: policies.onUploadProgress,
    limits: policies.limits,
    send: senderOf(call),
    isProxied: options.proxy === undefined ? host.isProxied : options.proxy !== false,
    dial: (to) => dialOptions(call, to),
    started,
    id,
  }
}

function requestIn(input: FetchInput): globalThis.Request | undefined {
  const isRequest = typeof input === 'object' && input !== null && 'headers' in input
  return isRequest ? (input as globalThis.Request) : undefined
}

/** The options with the body of a Request, where they have none. */
async function whole(
  options: FetchOptions,
  fields: globalThis.Headers,
  stream: BodyStream,
): Promise<FetchOptions> {
  // Before it is read: Bun forgets its type with that.
  const headers = [...fields]
  return { headers, ...options, body: await (await import('./request-body.ts')).bodyOf(stream) }
}

/** @throws {TypeError | RangeError} options that make no sense */
function checkFetch(options: FetchOptions): void {
  checkObject('fetch', options)
  for (const key of Object.keys(options))
    if (!TAKEN.has(key))
      throw new TypeError(`fetch: there is no option '${key}'; there are ${FETCH_KEYS.join(', ')}`)
  if (options.signal != null) checkSignal('fetch', options.signal)
  checkCallable('fetch', 'connect', options.connect)
  for (const name of ['tls', 'ftp', 'trace'] as const)
    if (options[name] !== undefined) checkObject(`fetch ${name}`, options[name])
  if (options.decode !== undefined && typeof options.decode !== 'boolean')
    checkObject('fetch decode', options.decode)
  if (options.timeout !== undefined) checkTotal('fetch', options.timeout)
}

/** Fetch §2.2.1: these are written in capitals; `patch` stays as it is. */
function normalised(method: string): string {
  if (method === 'GET') return method
  return /^(get|head|post|put|delete|options)$/i.test(method) ? method.toUpperCase() : method
}

/** A client's fields, for another origin than that of its base. */
function withoutSecrets(
  given: HeadersInit | undefined,
  { secretFields }: Policies,
): Headers | undefined {
  if (given === undefined) return undefined
  const headers = new Headers(given)
  for (const name of [...SECRET_FIELDS, ...secretFields]) headers.delete(name)
  return headers
}

/**
 * Told before anything is sent: a retry that turns out to be impossible when it is needed is none.
 *
 * @throws {TypeError} a body that can be sent once, where a request may have to be made again
 */
function checkRepeatable({ retry }: Policies, method: string, body: RequestBody): void {
  if (retry?.methods.has(method.toUpperCase()) && !isReplayable(body))
    throw new TypeError(
      `fetch: a ${method} whose body can be sent only once can't be retried; give a function that makes it, or retry: false`,
    )
}

/** The client's fields, and those of the call in their place. */
function fieldsFor(
  url: URL,
  given: HeadersInit | undefined,
  host: FetchHost,
  client: FetchDefaults,
  policies: Policies,
): Headers {
  if (given === undefined && client.headers === undefined && host.noFields !== undefined)
    return host.noFields
  const isHome = host.home === undefined || host.home === url.origin
  return headersOf(given, isHome ? client.headers : withoutSecrets(client.headers, policies))
}

function headersOf(given: HeadersInit | undefined, defaults: HeadersInit | undefined): Headers {
  if (defaults === undefined) return new Headers(given)
  const headers = new Headers(defaults)
  const own = new Headers(given)
  for (const name of new Set([...own].map(([key]) => key))) headers.delete(name)
  for (const [name, value] of own) headers.append(name, value)
  return headers
}

/** One sentence, whatever was thrown below; an abort and a mistake of the caller stay what they are. */
function tell(
  error: unknown,
  { method, url, signal, timeout }: PlannedRequest,
  elapsed: number,
): unknown {
  if (signal?.aborted && error === signal.reason) return error
  const total = typeof timeout === 'number' ? timeout : timeout?.total
  return explain(error, { method, url: url.href, total }, elapsed)
}
