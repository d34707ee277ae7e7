/**
 * Cookies, at each hop: the jar's go with a request, and what an answer sets goes into the jar. What the program itself
 * put into the Cookie field stays in front, and wins where the names are the same.
 */
import { Headers, type Response } from '@sluice/http'
import { parseCookie } from '@sluice/http/cookies'
import { maskUrl } from '../../core/errors.ts'
import { publish, tracing } from '../fetch-trace.ts'
import { type Handler, isHttp, type PlannedRequest } from '../pipeline.ts'

/** What the middleware asks of a jar; `CookieJar` has it, and a jar of another package can be dressed up as one. */
export interface CookieKeeper {
  /** The value of the Cookie field, empty for none. */
  header(url: URL): string | Promise<string>
  /** Stores a Set-Cookie line; what it gives is for trace events. */
  set(line: string, url: URL): unknown
}

/** Sends and stores cookies, where the request has a jar. */
export function keepCookies(request: PlannedRequest, next: Handler): Promise<Response> {
  const { cookies } = request
  return cookies === undefined || !isHttp(request)
    ? next(request)
    : exchange(request, cookies, next)
}

async function exchange(
  request: PlannedRequest,
  jar: CookieKeeper,
  next: Handler,
): Promise<Response> {
  const { id } = request
  // A copy: it may be shared with other fetches, and the jar of a stranger could change it.
  const url = new URL(request.url)
  const given = request.headers.get('cookie')
  const field = join(given, await jar.header(url))
  const sent = field === given ? request : withCookie(request, field)
  const response = await next(sent)
  const stored: string[] = []
  const refused: string[] = []
  for (const line of response.headers.getSetCookie()) {
    const outcome = (await jar.set(line, url)) as { reason?: string } | undefined
    const name = line.split(/[=;]/, 1)[0]?.trim() ?? ''
    if (outcome?.reason === undefined) stored.push(name)
    else refused.push(`${name}: ${outcome.reason}`)
  }
  if (tracing() && (field !== given || stored.length + refused.length > 0)) {
    const names = parseCookie(field ?? '').map(([name]) => name)
    publish(id, 'cookie', { url: maskUrl(url.href), sent: names, stored, refused })
  }
  return response
}

function withCookie(request: PlannedRequest, field: string | null): PlannedRequest {
  const headers = new Headers(request.headers)
  if (field !== null) headers.set('Cookie', field)
  return { ...request, headers }
}

function join(given: string | null, kept: string): string | null {
  if (kept === '') return given
  if (given === null || given === '') return kept
  const names = new Set(parseCookie(given).map(([name]) => name))
  const rest = kept.split('; ').filter((pair) => !names.has(parseCookie(pair)[0]?.[0] ?? ''))
  return [given, ...rest].join('; ')
}
