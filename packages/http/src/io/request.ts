/**
 * `Request`: the web's interface over a request that was read from a wire, or that a program makes.
 * `url`, `headers`, `signal` and `body` exist when first touched.
 *
 * It passes `instanceof` the platform's class. Code that needs the platform's brand gets a real one from
 * `clone()`, and where `linked.ts` can do it, without asking.
 */
import type { RequestHead } from '../core/events.ts'
import { Headers, type HeadersInit } from '../core/headers.ts'
import { linked } from '../core/linked.ts'
import { normaliseMethod } from '../core/methods.ts'
import { shownBy } from '../core/shown.ts'
import { type BodyInit, Carrier, type Content, type IncomingBody, toContent } from './body.ts'

/** What a request is made with. Members of the web's interface that mean nothing here are kept as they are. */
export interface RequestInit {
  /** Default GET, or that of the request it is made from. The six of the web's list are written in capitals. */
  method?: string | undefined
  /** Instead of those of the request it is made from, not besides them. */
  headers?: HeadersInit | undefined
  /** What is sent; GET and HEAD take none. A text or form brings its Content-Type where `headers` has none. */
  body?: BodyInit | null | undefined
  /** What `request.signal` gives; nothing here listens to it. */
  signal?: AbortSignal | null | undefined
  /** Default `follow`. Kept for whoever reads it: following is the work of `@sluice/url`. */
  redirect?: 'follow' | 'error' | 'manual' | undefined
  /** Required by the web for streamed bodies; accepted and not needed. */
  duplex?: 'half' | undefined
}

/** Where a request that came over a wire has its parts. */
export abstract class RequestSource {
  abstract readonly head: RequestHead
  abstract readonly body: IncomingBody | null
  /** Scheme and authority for targets without them. */
  abstract readonly origin: string
  /** Aborts when the client is lost before the response ended. */
  abstract openSignal(): AbortSignal
}

const Link: new () => object = /* @__PURE__ */ linked('Request', (ours) =>
  toPlatform(ours as Request),
)

/** The platform's request with the parts of ours; the body goes with it. See `linked.ts`. */
let toPlatform: (request: Request) => globalThis.Request

/** Takes the body of a request, which counts as read then. @throws {TypeError} it was read already */
export let takeBody: (request: Request) => Content | null

/**
 * An HTTP request.
 *
 * @throws {TypeError} a URL that is none, a method that is no token, a body with GET or HEAD
 * @example const request = new Request('http://localhost/', { method: 'POST', body: 'Hello' })
 */
export class Request extends Link {
  #source: RequestSource | undefined
  #method = 'GET'
  #url: string | undefined
  #headers: Headers | undefined
  #signal: AbortSignal | undefined
  #carrier: Carrier | undefined
  #platform: globalThis.Request | undefined
  #redirect: 'follow' | 'error' | 'manual' = 'follow'

  constructor(input: string | URL | Request | RequestSource, init?: RequestInit) {
    super()
    if (input instanceof RequestSource) {
      this.#source = input
      this.#method = input.head.method
    } else this.#start(input, init ?? {})
  }

  /** One that a program makes. Apart, so that the engine can build one from a wire where it is used. */
  #start(input: string | URL | Request, init: RequestInit): void {
    const from = input instanceof Request ? input : undefined
    this.#method = normaliseMethod(init.method ?? from?.method ?? 'GET')
    this.#url = from?.url ?? new URL(input as string | URL).href
    this.#headers = new Headers(init.headers ?? from?.headers)
    this.#signal = init.signal ?? from?.signal
    this.#redirect = init.redirect ?? 'follow'
    const content = init.body === undefined || init.body === null ? null : toContent(init.body)
    if (content !== null && /^(?:GET|HEAD)$/.test(this.#method))
      throw new TypeError(`a ${this.#method} request has no body`)
    if (content?.type !== undefined && !this.#headers.has('content-type'))
      this.#headers.append('Content-Type', content.type)
    this.#carrier =
      content === null && from !== undefined
        ? new Carrier(from.#body().take())
        : new Carrier(content)
  }

  #body(): Carrier {
    this.#carrier ??= new Carrier(this.#incoming())
    return this.#carrier
  }

  #incoming(): Content | null {
    const body = this.#source?.body ?? null
    return body === null ? null : { incoming: body }
  }

  /** The platform's request with our parts; our body goes with it. */
  #toPlatform(): globalThis.Request {
    this.#platform ??= new globalThis.Request(this.url, this.#platformInit(this.body))
    return this.#platform
  }

  #platformInit(body: ReadableStream<Uint8Array<ArrayBuffer>> | null): globalThis.RequestInit {
    return {
      method: this.#method,
      headers: [...this.headers],
      signal: this.signal,
      redirect: this.#redirect,
      ...(body === null ? {} : { body, duplex: 'half' as const }),
    }
  }

  static {
    shownBy(Request.prototype, 'Request', ({ method, url, headers, bodyUsed }) => {
      return { method, url, headers, bodyUsed }
    })
    toPlatform = (request) => request.#toPlatform()
    takeBody = (request) => request.#body().take()
  }

  get method(): string {
    return this.#method
  }

  /** The whole URL; for a request from a wire it is made of its Host and target. */
  get url(): string {
    this.#url ??= urlOf(this.#source as RequestSource)
    return this.#url
  }

  get headers(): Headers {
    this.#headers ??= new Headers((this.#source as RequestSource).head.fields)
    return this.#headers
  }

  /** Aborts when the client is lost before the response ended. */
  get signal(): AbortSignal {
    this.#signal ??= this.#source?.openSignal() ?? new AbortController().signal
    return this.#signal
  }

  get body(): ReadableStream<Uint8Array<ArrayBuffer>> | null {
    return this.#body().stream
  }
  get bodyUsed(): boolean {
    return this.#carrier?.used ?? false
  }
  text(): Promise<string> {
    return this.#body().text()
  }
  json(): Promise<unknown> {
    return this.#body().json()
  }
  bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return this.#body().bytes()
  }
  /**
   * Reads the next bytes of the body into memory of your own: for those who read much and want to allocate nothing.
   * Call it until it gives `null`, one call at a time; the other ways to read are closed from the first call on.
   *
   * @param target where they go, from its beginning; at least one byte
   * @returns how many there are, at least one; `null` at the end
   * @throws {TypeError} a target without room, or a body that somebody reads otherwise; what `bytes()` throws
   * @see RFC 9112 §6
   * @example
   * const buffer = new Uint8Array(65_536)
   * let total = 0
   * for (let n = await request.readInto(buffer); n !== null; n = await request.readInto(buffer)) total += n
   */
  readInto(target: Uint8Array): Promise<number | null> {
    return this.#body().readInto(target)
  }
  arrayBuffer(): Promise<ArrayBuffer> {
    return this.#body().arrayBuffer()
  }
  blob(): Promise<Blob> {
    return this.#body().blob(this.headers.get('content-type') ?? '')
  }
  formData(): Promise<FormData> {
    return this.#body().formData(this.headers.get('content-type') ?? '')
  }

  /** A copy with the same body, of the platform's class; the body goes to both. */
  clone(): globalThis.Request {
    const [carrier, copy] = this.#body().split()
    this.#carrier = carrier
    return new globalThis.Request(this.url, this.#platformInit(copy))
  }

  // The rest of the web's interface, as a request that no browser made has it.
  get cache(): 'default' {
    return 'default'
  }
  get credentials(): 'same-origin' {
    return 'same-origin'
  }
  get destination(): '' {
    return ''
  }
  get duplex(): 'half' {
    return 'half'
  }
  get integrity(): string {
    return ''
  }
  get keepalive(): boolean {
    return false
  }
  get mode(): 'cors' {
    return 'cors'
  }
  get redirect(): 'follow' | 'error' | 'manual' {
    return this.#redirect
  }
  get referrer(): string {
    return 'about:client'
  }
  get referrerPolicy(): '' {
    return ''
  }
  get isHistoryNavigation(): boolean {
    return false
  }
  get isReloadNavigation(): boolean {
    return false
  }
  get [Symbol.toStringTag](): string {
    return 'Request'
  }
}

/** RFC 9112 §3.3: the target URI of a request. */
function urlOf({ head, origin }: RequestSource): string {
  const { target } = head
  if (target.charCodeAt(0) === 0x2f) return normalised(`${origin}${target}`, target)
  if (target === '*' || head.method === 'CONNECT') return `${origin}/`
  return new URL(target).href
}

// What the URL parser of the web would leave as it is, which is nearly every target.
const PLAIN_TARGET = /^\/(?!\/)(?:[\w\-~!$&'()*+,;=:@%/?]|\.(?![./?]|$))*$/

/** The URL as the platform's Request has it: dot segments resolved, unsafe characters escaped. */
function normalised(url: string, target: string): string {
  return PLAIN_TARGET.test(target) && !target.includes('%2e') && !target.includes('%2E')
    ? url
    : new URL(url).href
}
