/**
 * `Response`: the web's interface over a light object. Everything that a program may ask for is there;
 * nothing is built before it asks. The platform's own class costs 20 µs to make, this one a fraction.
 *
 * It passes `instanceof` the platform's class. Code that needs the platform's brand gets a real one from
 * `clone()`.
 */
import { FIELD_VALUE } from '../core/abnf.ts'
import type { ResponseHead } from '../core/events.ts'
import { Headers, type HeadersInit, outgoingFields } from '../core/headers.ts'
import { linked } from '../core/linked.ts'
import { shownBy } from '../core/shown.ts'
import { isNullBodyStatus } from '../core/status.ts'
import type { OutgoingFields } from '../core/writers.ts'
import { type BodyInit, Carrier, type Content, type IncomingBody, toContent } from './body.ts'

/** What a response is made with. */
export interface ResponseInit {
  /** 200 to 599, or 101; default 200. */
  status?: number | undefined
  /** The reason phrase; default: the registered one. */
  statusText?: string | undefined
  /** Fields: pairs, an object, or Headers. Default: none. */
  headers?: HeadersInit | undefined
  /**
   * Called once the body has been read or sent to its end, for the fields that only then are known. Sent behind
   * a chunked body; HTTP/1.0 and whoever sends a Content-Length go without, and proxies may drop them
   * (RFC 9110 §6.5).
   */
  trailers?: (() => HeadersInit | Promise<HeadersInit>) | undefined
}

/** A response that came from a peer. */
export interface WireResponse {
  readonly head: ResponseHead
  readonly body: IncomingBody | null
  /** What the body is before it was coded, where that was asked for. */
  readonly content?: Content | undefined
  /** What was asked, and of whom. */
  readonly method: string
  readonly url: string
  /** Left out where there can be none. */
  readonly trailers: Promise<Headers> | undefined
}

/** What a server needs of a response, without building more than there is. */
export interface ResponseParts {
  readonly status: number
  readonly reason: string
  readonly fields: OutgoingFields
  readonly content: Content | null
  readonly trailers: (() => Promise<Headers>) | undefined
}

const TEXT = 'text/plain;charset=UTF-8'
const EMPTY_CARRIER: Carrier = new Carrier(null)
const JSON_TYPE = 'application/json'
// The field lines of the three commonest responses: text or JSON and nothing else, and nothing at all.
const TEXT_ONLY: OutgoingFields = outgoingFields(new Headers([['Content-Type', TEXT]]))
const JSON_ONLY: OutgoingFields = outgoingFields(new Headers([['Content-Type', JSON_TYPE]]))
const NOTHING: OutgoingFields = outgoingFields(new Headers())

const Link: new () => object = /* @__PURE__ */ linked('Response')

/** Makes the response that a peer sent. */
export let responseFromWire: (wire: WireResponse) => Response
/** With which method a response was asked for; `undefined` for one that a program made, or that is none of ours. */
export let methodOf: (response: object) => string | undefined
/** What the body of a response is, without taking it. */
export let peekResponse: (response: Response) => Content | null
/** Takes a response apart in order to send it. @throws {TypeError} its body was read already */
export let takeResponse: (response: Response) => ResponseParts

/**
 * An HTTP response.
 *
 * @throws {RangeError} a status outside 200 to 599 (101 apart)
 * @throws {TypeError} a body with a status that has none, a reason phrase or field that can not be sent
 * @example const response = new Response('Hello, World!', { headers: { 'Cache-Control': 'no-store' } })
 */
export class Response extends Link {
  #carrier: Carrier = EMPTY_CARRIER
  #status = 200
  #statusText = ''
  #headers: Headers | undefined
  #wire: WireResponse | undefined
  #trailers: (() => Promise<Headers>) | undefined

  constructor(body?: BodyInit | null, init?: ResponseInit) {
    super()
    if (init !== undefined) this.#start(init)
    if (body !== undefined && body !== null) this.#fill(toContent(body))
  }

  #fill(content: Content): void {
    if (isNullBodyStatus(this.#status))
      throw new TypeError(`a response with status ${this.#status} has no body`)
    this.#carrier = new Carrier(content)
    if (content.type === undefined) return
    if (this.#headers !== undefined && !this.#headers.has('content-type'))
      this.#headers.append('Content-Type', content.type)
  }

  #start({ status = 200, statusText = '', headers, trailers }: ResponseInit): void {
    if (!Number.isInteger(status) || ((status < 200 || status > 599) && status !== 101))
      throw new RangeError(`status must be 200 to 599, not ${status}`)
    if (!FIELD_VALUE.test(statusText)) throw new TypeError('statusText can not be sent')
    this.#status = status
    this.#statusText = statusText
    if (headers !== undefined) this.#headers = new Headers(headers)
    if (trailers !== undefined) this.#trailers = once(trailers)
  }

  /** A response that stands for a failed request: status 0. */
  static error(): Response {
    const response = new Response()
    response.#status = 0
    return response
  }

  /** JSON, with its Content-Type. @throws {TypeError} what JSON has no form for */
  static json(data: unknown, init?: ResponseInit): Response {
    const text = JSON.stringify(data)
    if (text === undefined) throw new TypeError('the value can not be written as JSON')
    const response = new Response(null, init)
    response.#fill({ text, type: JSON_TYPE })
    return response
  }

  /** @throws {RangeError} a status that is no redirect; {TypeError} a URL that is none */
  static redirect(url: string | URL, status = 302): Response {
    if (![301, 302, 303, 307, 308].includes(status))
      throw new RangeError(`status ${status} is no redirect`)
    return new Response(null, { status, headers: [['Location', new URL(url).href]] })
  }

  static {
    shownBy(Response.prototype, 'Response', ({ status, statusText, url, headers, bodyUsed }) => {
      return { status, statusText, url, headers, bodyUsed }
    })
    responseFromWire = (wire) => {
      const response = new Response()
      response.#wire = wire
      response.#status = wire.head.status
      response.#statusText = wire.head.reason
      if (wire.body !== null)
        response.#carrier = new Carrier(wire.content ?? { incoming: wire.body })
      return response
    }

    methodOf = (response) => (#wire in response ? response.#wire?.method : undefined)

    peekResponse = (response) => response.#carrier.content

    takeResponse = (response) => {
      const content = response.#carrier.take()
      return {
        status: response.#status,
        reason: response.#statusText,
        fields: response.#fields(content),
        content,
        trailers: response.#trailers,
      }
    }
  }

  /** The field lines; the commonest kinds need no Headers. */
  #fields(content: Content | null): OutgoingFields {
    if (this.#headers === undefined && this.#wire === undefined) {
      if (content?.type === undefined) return NOTHING
      if (content.type === TEXT) return TEXT_ONLY
      if (content.type === JSON_TYPE) return JSON_ONLY
    }
    return outgoingFields(this.headers)
  }

  get type(): 'default' | 'error' {
    return this.#status === 0 ? 'error' : 'default'
  }
  get status(): number {
    return this.#status
  }
  get statusText(): string {
    return this.#statusText
  }
  get ok(): boolean {
    return this.#status >= 200 && this.#status < 300
  }
  /** Where it came from; empty for one that a program made. */
  get url(): string {
    return this.#wire?.url ?? ''
  }
  /** Always false here: following redirects is the work of `@sluice/url`. */
  get redirected(): boolean {
    return false
  }

  get headers(): Headers {
    if (this.#headers !== undefined) return this.#headers
    if (this.#wire !== undefined) this.#headers = new Headers(this.#wire.head.fields)
    else {
      const type = this.#carrier.content?.type
      this.#headers = new Headers(type === undefined ? undefined : [['Content-Type', type]])
    }
    return this.#headers
  }

  /**
   * The trailer section; settles once the body has been read to its end. Rejects, as the body does, when
   * the body breaks off. For a response that a program made, what its `trailers` gives.
   */
  get trailers(): Promise<Headers> {
    return this.#wire?.trailers ?? this.#trailers?.() ?? Promise.resolve(new Headers())
  }

  get body(): ReadableStream<Uint8Array<ArrayBuffer>> | null {
    return this.#carrier.stream
  }
  get bodyUsed(): boolean {
    return this.#carrier.used
  }
  text(): Promise<string> {
    return this.#carrier.text()
  }
  json(): Promise<unknown> {
    return this.#carrier.json()
  }
  bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return this.#carrier.bytes()
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
   * for (let n = await response.readInto(buffer); n !== null; n = await response.readInto(buffer)) total += n
   */
  readInto(target: Uint8Array): Promise<number | null> {
    return this.#carrier.readInto(target)
  }
  arrayBuffer(): Promise<ArrayBuffer> {
    return this.#carrier.arrayBuffer()
  }
  blob(): Promise<Blob> {
    return this.#carrier.blob(this.headers.get('content-type') ?? '')
  }
  formData(): Promise<FormData> {
    return this.#carrier.formData(this.headers.get('content-type') ?? '')
  }

  /** A copy with the same body, of the platform's class, from the same URL; the body goes to both. */
  clone(): globalThis.Response {
    const [carrier, copy] = this.#carrier.split()
    this.#carrier = carrier
    const { status, statusText, headers, url: value } = this
    const made = new globalThis.Response(copy, { status, statusText, headers: [...headers] })
    return Object.defineProperty(made, 'url', { value })
  }

  get [Symbol.toStringTag](): string {
    return 'Response'
  }
}

function once(trailers: NonNullable<ResponseInit['trailers']>): () => Promise<Headers> {
  if (typeof trailers !== 'function') throw new TypeError('trailers must be a function')
  let result: Promise<Headers> | undefined
  return () => {
    result ??= (async () => new Headers(await trailers()))()
    return result
  }
}
