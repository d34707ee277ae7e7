/**
 * The receiving side of server-sent events: the events of one response, and the events of a URL through one connection
 * after the other. When to come back is decided in `core/event-stream.ts`.
 */
import { type Clock, onAbort, systemClock } from '@sluice/socket'
import { decodeLatin1, encodeUtf8 } from '@sluice/socket/bytes'
import { isNetError, isTlsError } from '@sluice/socket/errors'
import { isIncompleteBodyError, isProtocolError, ProtocolError } from '../core/errors.ts'
import {
  type EventMessage,
  EventStreamParser,
  MAX_EVENT,
  planReconnect,
} from '../core/event-stream.ts'
import { parseRetryAfter } from '../core/fields/retry-after.ts'
import { Headers } from '../core/headers.ts'
import type { RequestOptions } from './client.ts'
import { methodOf } from './response.ts'

/** What is read of a response: ours, the platform's, or that of another client. */
export interface EventResponse {
  /** 200 for a stream; 204 for the end of all. */
  readonly status: number
  /** Where Content-Type is. */
  readonly headers: { get(name: string): string | null }
  /** The bytes. */
  readonly body: ReadableStream<Uint8Array> | null
  /** Where it came from; default: errors name no place. */
  readonly url?: string | undefined
}

/** How to read events. */
export interface ReadEventsOptions {
  /** The id of the last event of an earlier connection; default: none. */
  lastEventId?: string | undefined
  /** Bytes of one event; default 16 MiB. */
  maxEvent?: number | undefined
}

/** How to follow a URL. */
export interface FollowEventsOptions extends ReadEventsOptions, RequestOptions {
  /** Makes the requests: `pool.request`, or the `fetch` of @sluice/url for redirects and cookies. Default: `request`. */
  request?: ((url: string | URL, options: RequestOptions) => Promise<EventResponse>) | undefined
  /**
   * Told each time that a connection was lost or never stood, with the milliseconds until the next one; a promise is waited
   * for first. What it throws ends the events. Default: nobody.
   */
  onDisconnect?: ((error: unknown, wait: number) => void) | undefined
  /** Whose clock the waiting runs on; for tests. */
  clock?: Clock | undefined
}

/**
 * Reads the events of a response until it ends.
 *
 * @param response as `request` and `fetch` give it; its body is read here
 * @param options the id to begin with, and a cap
 * @returns the events as they come; leaving the loop gives the connection up
 * @throws {ProtocolError} side `remote`: a status other than 200, another type, an event that is too long
 * @throws the errors of the body
 * @see WHATWG HTML §9.2.6
 * @example
 * for await (const { type, data } of readEvents(new Response('data: hello\n\n', { headers: { 'Content-Type': 'text/event-stream' } })))
 *   console.log(type, data)
 */
export async function* readEvents(
  response: EventResponse,
  options: ReadEventsOptions = {},
): AsyncGenerator<EventMessage, void, undefined> {
  const place = placeOf(response)
  const refusal = refusalOf(response, place)
  if (refusal !== undefined) {
    response.body?.cancel().catch(() => {})
    throw refusal
  }
  yield* eventsOf(response, parserOf(options), place)
}

/**
 * Follows a URL through one connection after the other, as `EventSource` does in browsers: when the connection is lost it
 * comes back with Last-Event-ID after the time that the server named (3 s at first, twice as long each time that a
 * connection brings nothing, a minute at most). It ends with 204.
 *
 * @param url an `http:` or `https:` URL
 * @param options those of `request`, `timeout.idle` off; and who is told of connections that were lost
 * @returns the events as they come; leaving the loop gives the connection up
 * @throws {ProtocolError} side `remote`: a status other than 200 or another type. 429 and 503 with Retry-After are waited for
 * @throws {TlsError} a certificate that can't be trusted; `signal.reason` when aborted; {TypeError} for options that
 *   make no sense
 * @see WHATWG HTML §9.2.2, §9.2.3
 * @example
 * const server = await serve(() => new EventStream().response, { port: 8080 })
 * for await (const { type, data } of followEvents(server.url)) console.log(type, data)
 */
export async function* followEvents(
  url: string | URL,
  options: FollowEventsOptions = {},
): AsyncGenerator<EventMessage, void, undefined> {
  const {
    // Loaded by who asks for it: a server that sends events needs no client.
    request = (await import('./client.ts')).request,
    onDisconnect,
    lastEventId,
    maxEvent,
    clock = systemClock,
    ...rest
  } = options
  const state = { lastEventId, maxEvent, retry: undefined as number | undefined }
  for (let failures = 1; ; failures++) {
    const parser = parserOf(state)
    const ask = (): Promise<EventResponse> => request(url, asked(rest, parser.lastEventId))
    const lost = yield* oneConnection(ask, parser, rest)
    if (lost === undefined) return
    if (lost.isHeard) failures = 1
    state.lastEventId = parser.lastEventId
    state.retry = parser.retry ?? state.retry
    const wait = planReconnect({ ...lost, failures, retry: state.retry })
    if (wait === undefined) throw lost.error
    await onDisconnect?.(lost.error, wait)
    await delay(wait, clock, rest.signal)
  }
}

/** How a connection ended. */
interface Lost {
  /** What broke it; `undefined` where the response came to its end. */
  readonly error: unknown
  /** Whether an event came. */
  readonly isHeard: boolean
  readonly status: number | undefined
  readonly retryAfter: number | undefined
}

/** The events of one connection. @returns how it ended, or nothing where the server wants no other one */
async function* oneConnection(
  ask: () => Promise<EventResponse>,
  parser: EventStreamParser,
  { method, signal }: RequestOptions,
): AsyncGenerator<EventMessage, Lost | undefined, undefined> {
  let isHeard = false
  try {
    const response = await ask()
    if (response.status === 204) return undefined
    const place = placeOf(response, method ?? 'GET')
    const error = refusalOf(response, place)
    if (error !== undefined) {
      response.body?.cancel().catch(() => {})
      return { error, isHeard, ...refusalFacts(response) }
    }
    for await (const event of eventsOf(response, parser, place)) {
      isHeard = true
      yield event
    }
    return { error: undefined, isHeard, status: undefined, retryAfter: undefined }
  } catch (error) {
    signal?.throwIfAborted()
    if (!isLost(error)) throw error
    return { error, isHeard, status: undefined, retryAfter: undefined }
  }
}

function parserOf({
  lastEventId = '',
  maxEvent = MAX_EVENT,
}: ReadEventsOptions): EventStreamParser {
  return new EventStreamParser({ lastEventId, maxEvent })
}

async function* eventsOf(
  { body }: EventResponse,
  parser: EventStreamParser,
  place: Place,
): AsyncGenerator<EventMessage, void, undefined> {
  if (body === null) return
  for await (const bytes of body as unknown as AsyncIterable<Uint8Array>)
    yield* received(parser, bytes, place)
}

function received(parser: EventStreamParser, bytes: Uint8Array, place: Place): EventMessage[] {
  try {
    return parser.receive(bytes)
  } catch (cause) {
    if (!isProtocolError(cause)) throw cause
    const { reason, code, phase } = cause
    throw new ProtocolError({ ...place, reason, code, phase, side: 'remote', cause })
  }
}

/** What errors name: the request, as far as its response knows it. */
interface Place {
  readonly verb?: string
  readonly target?: string
}

/** @param method where the response may be another client's, which does not say with which method it was asked for */
function placeOf(response: EventResponse, method = 'read'): Place {
  const { url = '' } = response
  if (url === '') return {}
  return { verb: methodOf(response) ?? method, target: url }
}

/** Why a response is no event stream. */
function refusalOf({ status, headers }: EventResponse, place: Place): ProtocolError | undefined {
  const type = headers.get('content-type')
  const isEvents = /^text\/event-stream[ \t]*(?:;|$)/i.test(type?.trim() ?? '')
  if (status === 200 && isEvents) return undefined
  const found = status === 200 ? (type ?? 'a body without a type') : `status ${status}`
  return new ProtocolError({
    ...place,
    reason: `an event stream was expected, not ${found}`,
    side: 'remote',
    phase: 'headers',
  })
}

function refusalFacts({ status, headers }: EventResponse): {
  status: number
  retryAfter: number | undefined
} {
  const field = headers.get('retry-after')
  return { status, retryAfter: field === null ? undefined : parseRetryAfter(field, Date.now()) }
}

/** The connection, and not what came over it. */
function isLost(error: unknown): boolean {
  if (isIncompleteBodyError(error)) return true
  return isNetError(error) && !isProtocolError(error) && !isTlsError(error)
}

function asked(options: RequestOptions, lastEventId: string): RequestOptions {
  const headers = new Headers(options.headers)
  if (!headers.has('accept')) headers.append('Accept', 'text/event-stream')
  if (!headers.has('cache-control')) headers.append('Cache-Control', 'no-store')
  // The id is UTF-8 on the wire (WHATWG HTML §9.2.4), one character for each byte here.
  const id = decodeLatin1(encodeUtf8(lastEventId))
  if (id !== '') headers.set('Last-Event-ID', id)
  const { timeout } = options
  return {
    ...options,
    headers,
    timeout: typeof timeout === 'object' ? { idle: 0, ...timeout } : (timeout ?? { idle: 0 }),
  }
}

function delay(ms: number, clock: Clock, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = clock.setTimeout(() => {
      callOff?.()
      resolve()
    }, ms)
    const callOff =
      signal &&
      onAbort(signal, () => {
        clock.clearTimeout(timer)
        reject(signal.reason)
      })
  })
}
