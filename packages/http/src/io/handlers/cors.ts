/** `cors`: a handler whose responses pages of other origins may read. Who may is decided in `core/cors.ts`. */

import { checkOptions } from '../../core/check-options.ts'
import { type CorsRules, isForAll, planCors } from '../../core/cors.ts'
import { addVary } from '../../core/fields/vary.ts'
import { fromPlatform } from '../platform-response.ts'
import { Response } from '../response.ts'
import { type Handler, toHandler } from '../server-context.ts'

/** Who may read, and what. */
export interface CorsOptions {
  /**
   * `*` (the default), an origin such as `https://example.org`, several, or a function that says whether one may: `true`
   * lets it, and nothing else does; a promise is waited for.
   */
  origin?: string | readonly string[] | ((origin: string) => boolean | Promise<boolean>) | undefined
  /** Methods that a page may use; default: those it asks for. */
  methods?: readonly string[] | undefined
  /** Fields that a page may send; default: those it asks for. */
  headers?: readonly string[] | undefined
  /** Fields of the response that a page may read beyond the few that it always may; default: none. */
  exposed?: readonly string[] | undefined
  /** Whether with cookies and passwords; not with `*`. Default false. */
  credentials?: boolean | undefined
  /** Seconds that a browser remembers the answer to its question; default: the browser's, 5. */
  maxAge?: number | undefined
}

const KEYS = ['origin', 'methods', 'headers', 'exposed', 'credentials', 'maxAge']

/**
 * Wraps a handler so that pages of other origins may read its responses; their question beforehand (OPTIONS) is answered here.
 *
 * @param handler a function, or an object with such a `fetch`
 * @param options who may read, and what; default: everybody
 * @returns a handler
 * @throws {TypeError} for options that there are not, and for credentials for everybody, which browsers refuse
 * @see WHATWG Fetch, "CORS protocol"
 * @example const server = await serve(cors(() => new Response('hi'), { origin: 'https://example.org' }), { port: 8080 })
 */
export function cors(handler: Handler | { fetch: Handler }, options: CorsOptions = {}): Handler {
  checkOptions('cors', options, KEYS)
  const next = toHandler(handler)
  const { origin = '*', exposed = [], credentials = false, methods, headers, maxAge } = options
  if (credentials && origin === '*')
    throw new TypeError("cors: credentials need origins that are named; browsers refuse '*'")
  const rules: CorsRules = {
    origin: typeof origin === 'function' ? [] : origin,
    exposed,
    credentials,
    methods,
    headers,
    maxAge,
  }
  const rulesFor = async (from: string): Promise<CorsRules> =>
    typeof origin === 'function' && (await origin(from)) === true
      ? { ...rules, origin: from }
      : rules
  return async (request, info) => {
    const asked = request.headers
    const method = asked.get('access-control-request-method')
    const isPreflight = request.method === 'OPTIONS' && method !== null
    const from = asked.get('origin')
    const judged = typeof origin === 'function' && from !== null ? await rulesFor(from) : rules
    const fields = planCors(judged, {
      origin: from,
      method,
      headers: asked.get('access-control-request-headers'),
      isPreflight,
    })
    const answer = isPreflight ? new Response(null, { status: 204 }) : await next(request, info)
    const response = await changeable(answer as globalThis.Response)
    for (const [name, value] of fields) response.headers.set(name, value)
    if (!isForAll(rules))
      response.headers.set('Vary', addVary(response.headers.get('vary'), 'Origin'))
    return response
  }
}

/** The fields of what `fetch()` gave can't be changed; those of a copy can. */
async function changeable(response: globalThis.Response): Promise<globalThis.Response> {
  if (response instanceof Response || response.url === '') return response
  return (await fromPlatform(response)) as unknown as globalThis.Response
}
