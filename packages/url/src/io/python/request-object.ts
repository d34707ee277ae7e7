/** `urllib.request.Request`: what is asked for, taken apart as Python does. */
import type { MessageBody as ClientBody } from '@sluice/http/python'
import {
  bind,
  builtins,
  type Call,
  type Callable,
  callable,
  type Given,
} from '@sluice/socket/python'
import { splitHost, splitTag, splitType, unwrap } from './legacy.ts'
import { unquote, urlparse } from './parse.ts'

/** Fields by name, as Python writes them: `Content-type`. */
type Fields = Record<string, string>

/** `Content-type`, as Python's `capitalize` has it. */
export function capitalize(name: string): string {
  return name.slice(0, 1).toUpperCase() + name.slice(1).toLowerCase()
}

/** A body: bytes, a file, or pieces. Text, which `http.client` takes, is refused, as in Python. */
export type MessageBody = Exclude<ClientBody, string>

/** What is asked for. @internal */
export class RequestObject {
  headers: Fields = {}
  unredirected_hdrs: Fields = {}
  origin_req_host: string
  unverifiable: boolean
  /** The method, where one was given. */
  declare method: string | undefined
  declare type: string
  declare host: string
  declare selector: string
  fragment: string | null = null
  timeout: number | null | undefined
  /** Redirects so far, and how often each was followed. */
  declare redirect_dict: Record<string, number> | undefined
  _full_url: string | null = null
  _data: MessageBody | null = null
  _tunnel_host: string | null = null

  /** `Request(url, data, headers, origin_req_host, unverifiable, method)` */
  constructor(
    ...args: Call<
      [
        url: string,
        data?: MessageBody | null,
        headers?: Readonly<Record<string, string>> | ReadonlyMap<string, string>,
        origin_req_host?: string | null,
        unverifiable?: boolean,
        method?: string | null,
      ]
    >
  ) {
    const given = bind(
      'Request',
      ['url', 'data?', 'headers?', 'origin_req_host?', 'unverifiable?', 'method?'],
      args,
    )
    this.full_url = given['url'] as string
    this.data = (given['data'] as MessageBody | undefined) ?? null
    for (const [name, value] of entriesOf(given['headers'] ?? {})) this.add_header(name, value)
    this.origin_req_host = (given['origin_req_host'] as string | undefined) ?? request_host(this)
    this.unverifiable = Boolean(given['unverifiable'])
    if (given['method']) this.method = given['method'] as string
  }

  get full_url(): string {
    return this.fragment ? `${this._full_url}#${this.fragment}` : (this._full_url as string)
  }
  /** @throws {ValueError} the text has no scheme */
  set full_url(url: string) {
    ;[this._full_url, this.fragment] = splitTag(unwrap(url))
    const [type, rest] = splitType(this._full_url)
    if (type === null)
      throw new builtins.ValueError(`unknown url type: ${builtins.repr(this.full_url)}`)
    const [host, selector] = splitHost(rest)
    this.type = type
    this.host = (host ? unquote(host) : host) as string
    this.selector = selector
  }
  get data(): MessageBody | null {
    return this._data
  }
  /** Another body has another length. */
  set data(data: MessageBody | null) {
    if (data === this._data) return
    this._data = data
    if (this.has_header('Content-length')) this.remove_header('Content-length')
  }

  get_method(): string {
    return this.method ?? (this.data === null ? 'GET' : 'POST')
  }
  get_full_url(): string {
    return this.full_url
  }
  /** Has a proxy asked; for `https` by a tunnel. */
  set_proxy(...args: Given<[host: string, type: string]>): void {
    const { host, type } = bind('set_proxy', ['host', 'type'], args) as {
      host: string
      type: string
    }
    if (this.type === 'https' && !this._tunnel_host) this._tunnel_host = this.host
    else {
      this.type = type
      this.selector = this.full_url
    }
    this.host = host
  }
  has_proxy(): boolean {
    return this.selector === this.full_url
  }
  add_header(...args: Given<[key: string, val: string]>): void {
    const { key, val } = bind('add_header', ['key', 'val'], args)
    put(this.headers, capitalize(key as string), val as string)
  }
  /** A field that does not go along with a redirect. */
  add_unredirected_header(...args: Given<[key: string, val: string]>): void {
    const { key, val } = bind('add_unredirected_header', ['key', 'val'], args)
    put(this.unredirected_hdrs, capitalize(key as string), val as string)
  }
  has_header(name: string): boolean {
    return Object.hasOwn(this.headers, name) || Object.hasOwn(this.unredirected_hdrs, name)
  }
  get_header(header_name: string): string | null
  get_header<T>(header_name: string, fallback: T): string | T
  get_header(...args: unknown[]): unknown
  get_header(...args: unknown[]): unknown {
    const given = bind('get_header', ['header_name', 'default?'], args)
    const { header_name, default: fallback = null } = given
    for (const fields of [this.headers, this.unredirected_hdrs])
      if (Object.hasOwn(fields, header_name as string)) return fields[header_name as string]
    return fallback
  }
  remove_header(name: string): void {
    delete this.headers[name]
    delete this.unredirected_hdrs[name]
  }
  header_items(): [name: string, value: string][] {
    return Object.entries({ ...this.unredirected_hdrs, ...this.headers })
  }
}
/** What is asked for. */
export const Request: Callable<typeof RequestObject> = callable(RequestObject, 'Request')

function put(fields: Fields, name: string, value: string): void {
  Object.defineProperty(fields, name, {
    value,
    enumerable: true,
    writable: true,
    configurable: true,
  })
}

/** The pairs of a dict, a Map, or what has `items()`. */
function entriesOf(headers: unknown): Iterable<readonly [string, string]> {
  if (headers instanceof Map) return headers
  const { items } = headers as { items?: unknown }
  return typeof items === 'function'
    ? (Reflect.apply(items, headers, []) as Iterable<readonly [string, string]>)
    : Object.entries(headers as Fields)
}

/** The host of a request in small letters, without the port: its own field counts where the URL has none. */
export function request_host(request: RequestObject): string {
  return hostOf(request.full_url, request)
}

/** The same for requests of a program's own. */
export function hostOf(
  url: string,
  request: { get_header(name: string, fallback: string): unknown },
): string {
  const { netloc } = urlparse(url) as unknown as { netloc: string }
  const host = netloc || (request.get_header('Host', '') as string)
  return host.replace(/:\d+$/, '').toLowerCase()
}
