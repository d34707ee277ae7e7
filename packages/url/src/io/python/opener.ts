/**
 * `urllib.request.OpenerDirector`: handlers in their order, found by the names of their methods: `http_request` changes a
 * request, `http_open` answers one, `http_response` looks at the answer, `http_error_302` at one that is no success.
 */
import {
  bind,
  builtins,
  type Callable,
  callable,
  classAttributes,
  type Given,
  kw,
} from '@sluice/socket/python'
import { type MessageBody, Request, type RequestObject } from './request-object.ts'
import type { UrlResponse } from './response.ts'

/** A handler; what it does is in the names of its methods. */
class Base {
  /** Low numbers come first. */
  static handler_order = 500
  declare handler_order: number
  declare parent: Director
  add_parent(parent: Director): void {
    this.parent = parent
  }
  close(): void {}
  __lt__(other: unknown): boolean {
    return isBefore(this, other)
  }
}
classAttributes(Base, ['handler_order'])
/** A handler; what it does is in the names of its methods. */
export const BaseHandler: Callable<typeof Base> = callable(Base, 'BaseHandler')

type Handler = Record<string, (...args: unknown[]) => unknown> & {
  handler_order?: number
  add_parent(parent: unknown): void
}
type Table = Record<string, Handler[]>

function isBefore(one: unknown, other: unknown): boolean {
  const { handler_order } = other as { handler_order?: number }
  if (handler_order === undefined) return true
  return ((one as { handler_order?: number }).handler_order ?? 500) < handler_order
}

/** Names that look like those of a step, and are none. */
const NO_STEPS = new Set(['redirect_request', 'do_open', 'proxy_open'])

class Director {
  addheaders: [name: string, value: string][] = [['User-agent', 'Python-urllib/3.11']]
  handlers: Handler[] = []
  handle_open: Table = {}
  handle_error: Record<string, Table> = {}
  process_response: Table = {}
  process_request: Table = {}

  /** @throws {TypeError} for what is no handler */
  add_handler(handler: unknown): void {
    const given = handler as Handler
    if (typeof given?.add_parent !== 'function')
      throw new TypeError(`expected BaseHandler instance, got ${builtins.repr(typeof handler)}`)
    let isUsed = false
    for (const name of namesOf(given)) {
      if (NO_STEPS.has(name)) continue
      const at = name.indexOf('_')
      const [protocol, condition] = [name.slice(0, at), name.slice(at + 1)]
      const found = this.#tableFor(protocol, condition)
      if (at === -1 || found === undefined) continue
      const [table, kind] = found
      insert(
        entryOf<Handler[]>(table, kind, () => []),
        given,
      )
      isUsed = true
    }
    if (!isUsed) return
    insert(this.handlers, given)
    given.add_parent(this)
  }
  #tableFor(protocol: string, condition: string): [table: Table, kind: string] | undefined {
    if (condition.startsWith('error')) {
      const table = entryOf(this.handle_error, protocol, () => ({}))
      // `http_error_302`: what follows the second underscore.
      const at = condition.indexOf('_')
      return [table, condition.slice(at + 1)]
    }
    if (condition === 'open') return [this.handle_open, protocol]
    if (condition === 'response') return [this.process_response, protocol]
    return condition === 'request' ? [this.process_request, protocol] : undefined
  }
  close(): void {}

  /** The first answer of several handlers. */
  async _call_chain(
    chain: Table,
    kind: string,
    name: string,
    ...args: unknown[]
  ): Promise<unknown> {
    for (const handler of chain[kind] ?? []) {
      const answer = await (handler[name] as (...args: unknown[]) => unknown)(...args)
      if (answer !== null && answer !== undefined) return answer
    }
    return null
  }

  /** Opens a URL or a request: `open(fullurl, data, timeout)`. */
  async open(
    ...args: Given<
      [fullurl: string | RequestObject, data?: MessageBody | null, timeout?: number | null]
    >
  ): Promise<UrlResponse> {
    const given = bind('open', ['fullurl', 'data?', 'timeout?'], args)
    const data = (given['data'] ?? null) as MessageBody | null
    let request = given['fullurl'] as RequestObject
    if (typeof given['fullurl'] === 'string') request = Request(given['fullurl'], data)
    else if (data !== null) request.data = data
    request.timeout = given['timeout'] as number | null | undefined
    const protocol = request.type
    for (const handler of this.process_request[protocol] ?? [])
      request = (await handler[`${protocol}_request`]?.(request)) as RequestObject
    let response = await this._open(request, data)
    for (const handler of this.process_response[protocol] ?? [])
      response = await handler[`${protocol}_response`]?.(request, response)
    return response as UrlResponse
  }
  async _open(request: RequestObject, _data: unknown = null): Promise<unknown> {
    const { type } = request
    return (
      (await this._call_chain(this.handle_open, 'default', 'default_open', request)) ||
      (await this._call_chain(this.handle_open, type, `${type}_open`, request)) ||
      this._call_chain(this.handle_open, 'unknown', 'unknown_open', request)
    )
  }
  /** Asks handlers of errors: `error('http', request, response, 302, 'Found', headers)`. */
  async error(proto: string, ...args: unknown[]): Promise<unknown> {
    if (proto !== 'http' && proto !== 'https')
      return this._call_chain(this.handle_error[proto] ?? {}, proto, `${proto}_error`, ...args)
    const table = this.handle_error['http'] ?? {}
    const status = String(args[2])
    return (
      (await this._call_chain(table, status, `http_error_${status}`, ...args)) ||
      this._call_chain(table, 'default', 'http_error_default', ...args)
    )
  }
}
/** Handlers in their order. */
export const OpenerDirector: Callable<typeof Director> = callable(Director, 'OpenerDirector')

/** What is there, or a new one. */
function entryOf<T>(table: Record<string, T>, key: string, make: () => T): T {
  table[key] ??= make()
  return table[key]
}

/** Behind those that come before it, and behind its equals. */
function insert(handlers: Handler[], handler: Handler): void {
  if (handlers.includes(handler) && handlers[handlers.length - 1] === handler) return
  const at = handlers.findIndex((other) => isBefore(handler, other))
  if (at === -1) handlers.push(handler)
  else handlers.splice(at, 0, handler)
}

/** The names of what an object can do, its own and inherited; as Python's `dir` in their order. */
function namesOf(handler: object): string[] {
  const names = new Set<string>()
  for (
    let at: object | null = handler;
    at !== null && at !== Object.prototype;
    at = Object.getPrototypeOf(at) as object | null
  )
    for (const name of Object.getOwnPropertyNames(at)) names.add(name)
  return [...names].sort()
}

/** Opens a request again, with the same time. */
export function openAgain(
  parent: InstanceType<typeof OpenerDirector>,
  request: RequestObject,
): Promise<unknown> {
  const { timeout } = request
  return timeout === undefined ? parent.open(request) : parent.open(request, kw({ timeout }))
}
