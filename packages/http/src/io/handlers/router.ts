/**
 * `Router`: which handler a request goes to. Patterns are read and matched in `core/route.ts`; here they are asked in the
 * order in which they were written, and what fits none is answered as HTTP has it: 404, 405 with Allow, OPTIONS.
 */
import {
  allowedMethods,
  matchPattern,
  type PathParams,
  parsePattern,
  pathOf,
  type RoutePattern,
} from '../../core/route.ts'
import { plainResponse } from '../answers.ts'
import type { Info } from '../info.ts'
import { Response } from '../response.ts'
import { type Handler, toHandler } from '../server-context.ts'

/** What a route's handler is told besides the request: as any handler, and the names in its pattern. */
export interface RouteInfo<P extends string = string> extends Info {
  /** What stands for the names in the path, decoded. */
  readonly params: PathParams<P>
}

/** Answers the requests of a route. */
export type RouteHandler<P extends string = string> = (
  request: globalThis.Request,
  info: RouteInfo<P>,
) => globalThis.Response | Promise<globalThis.Response>

/** How to route. */
export interface RouterOptions {
  /** Answers what no pattern fits; default: 404. */
  notFound?: Handler | undefined
}

interface Route {
  readonly method: string | undefined
  readonly pattern: RoutePattern
  readonly handler: RouteHandler
}

/**
 * Sends requests to handlers by method and path, the first route that fits. HEAD is answered by the route of GET, OPTIONS by
 * what there is; a path that has routes for other methods is 405 with Allow.
 *
 * Patterns are those of URLPattern: `/users/:id`, `/files/*`, `/archive/:year?`, `/docs/:path+`.
 *
 * @example
 * const router = new Router()
 *   .get('/hello/:name', (_request, { params }) => new Response(`Hello, ${params.name}!`))
 *   .post('/echo', async (request) => new Response(await request.text()))
 * const server = await serve(router, { port: 8080 })
 */
export class Router {
  readonly #routes: Route[] = []
  readonly #notFound: Handler | undefined

  /** @param options who answers what no pattern fits */
  constructor({ notFound }: RouterOptions = {}) {
    this.#notFound = notFound
  }

  /**
   * Adds a route for one method.
   *
   * @param method as it is sent, capitals for the usual ones
   * @param pattern begins with a slash
   * @param handler a function, or an object with such a `fetch`: another application
   * @returns this, for the next one
   * @throws {SyntaxError} what is no pattern. {TypeError} what is no handler
   * @example new Router().on('PROPFIND', '/files/*', () => new Response(null, { status: 207 }))
   */
  on<P extends string>(
    method: string,
    pattern: P,
    handler: RouteHandler<P> | { fetch: RouteHandler<P> },
  ): this {
    return this.#add(method, pattern, handler as RouteHandler)
  }

  /**
   * Adds a route for every method.
   *
   * @param pattern begins with a slash
   * @param handler a function, or an object with such a `fetch`: another application
   * @returns this, for the next one
   * @throws {SyntaxError} what is no pattern. {TypeError} what is no handler
   */
  all<P extends string>(pattern: P, handler: RouteHandler<P> | { fetch: RouteHandler<P> }): this {
    return this.#add(undefined, pattern, handler as RouteHandler)
  }

  /**
   * Adds a route for GET, and for HEAD with it.
   *
   * @param pattern begins with a slash
   * @param handler as for `on`
   * @returns this, for the next one
   * @throws {SyntaxError} what is no pattern. {TypeError} what is no handler
   */
  get<P extends string>(pattern: P, handler: RouteHandler<P> | { fetch: RouteHandler<P> }): this {
    return this.#add('GET', pattern, handler as RouteHandler)
  }

  /**
   * Adds a route for POST.
   *
   * @param pattern begins with a slash
   * @param handler as for `on`
   * @returns this, for the next one
   * @throws {SyntaxError} what is no pattern. {TypeError} what is no handler
   */
  post<P extends string>(pattern: P, handler: RouteHandler<P> | { fetch: RouteHandler<P> }): this {
    return this.#add('POST', pattern, handler as RouteHandler)
  }

  /**
   * Adds a route for PUT.
   *
   * @param pattern begins with a slash
   * @param handler as for `on`
   * @returns this, for the next one
   * @throws {SyntaxError} what is no pattern. {TypeError} what is no handler
   */
  put<P extends string>(pattern: P, handler: RouteHandler<P> | { fetch: RouteHandler<P> }): this {
    return this.#add('PUT', pattern, handler as RouteHandler)
  }

  /**
   * Adds a route for PATCH.
   *
   * @param pattern begins with a slash
   * @param handler as for `on`
   * @returns this, for the next one
   * @throws {SyntaxError} what is no pattern. {TypeError} what is no handler
   */
  patch<P extends string>(pattern: P, handler: RouteHandler<P> | { fetch: RouteHandler<P> }): this {
    return this.#add('PATCH', pattern, handler as RouteHandler)
  }

  /**
   * Adds a route for DELETE.
   *
   * @param pattern begins with a slash
   * @param handler as for `on`
   * @returns this, for the next one
   * @throws {SyntaxError} what is no pattern. {TypeError} what is no handler
   */
  delete<P extends string>(
    pattern: P,
    handler: RouteHandler<P> | { fetch: RouteHandler<P> },
  ): this {
    return this.#add('DELETE', pattern, handler as RouteHandler)
  }

  #add(
    method: string | undefined,
    pattern: string,
    handler: RouteHandler | { fetch: RouteHandler },
  ): this {
    const called = toHandler(handler as Handler) as RouteHandler
    this.#routes.push({ method, pattern: parsePattern(pattern), handler: called })
    return this
  }

  /**
   * Answers a request: `serve(router)` calls it.
   *
   * @param request any
   * @param info of the server; without one a handler is told the names alone
   * @returns what the route's handler answers
   * @throws what the route's handler throws
   */
  readonly fetch = (
    request: globalThis.Request,
    info?: Info,
  ): globalThis.Response | Promise<globalThis.Response> => {
    const path = pathOf(request.url)
    const { method } = request
    const others = new Set<string>()
    for (const { method: own, pattern, handler } of this.#routes) {
      const isOurs = own === undefined || own === method || (own === 'GET' && method === 'HEAD')
      // A name that would be matched twice: only for Allow.
      if (!isOurs && others.has(own)) continue
      const params = matchPattern(pattern, path)
      if (params === undefined) continue
      if (isOurs) return handler(request, new RouteFacts(info, params))
      others.add(own)
    }
    return this.#refuse(request, info, others)
  }

  #refuse(
    request: globalThis.Request,
    info: Info | undefined,
    others: ReadonlySet<string>,
  ): globalThis.Response | Promise<globalThis.Response> {
    if (others.size === 0) {
      if (this.#notFound !== undefined) return this.#notFound(request, info as Info)
      return plainResponse(404) as unknown as globalThis.Response
    }
    const headers: [string, string][] = [['Allow', allowedMethods(others).join(', ')]]
    const response =
      request.method === 'OPTIONS'
        ? new Response(null, { status: 204, headers })
        : new Response('405 Method Not Allowed\n', { status: 405, headers })
    return response as unknown as globalThis.Response
  }
}

/** The server's info with names beside it. */
class RouteFacts implements RouteInfo {
  readonly params: Record<string, string>
  /** What an upgrade or a hint asks for. Without a server there is none. */
  readonly #info: Info

  constructor(info: Info | undefined, params: Record<string, string>) {
    this.#info = info ?? ({} as Info)
    this.params = params
  }
  get id(): number {
    return this.#info.id
  }
  get remoteAddress(): Info['remoteAddress'] {
    return this.#info.remoteAddress
  }
  get localAddress(): Info['localAddress'] {
    return this.#info.localAddress
  }
  get tls(): Info['tls'] {
    return this.#info.tls
  }
  get target(): string {
    return this.#info.target
  }
  get version(): string {
    return this.#info.version
  }
  get bytesSent(): number {
    return this.#info.bytesSent
  }
  get trailers(): Info['trailers'] {
    return this.#info.trailers
  }
  get completed(): Promise<void> {
    return this.#info.completed
  }
  get shutdown(): Info['shutdown'] {
    return this.#info.shutdown
  }
  informational(...args: Parameters<Info['informational']>): boolean {
    return this.#info.informational(...args)
  }
  upgrade(...args: Parameters<Info['upgrade']>): globalThis.Response {
    return this.#info.upgrade(...args)
  }
}
