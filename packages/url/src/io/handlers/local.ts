/**
 * What the handlers share that answer without a peer.
 */
import type { Response } from '@sluice/http'
import { FetchError } from '../../core/errors.ts'
import type { PlannedRequest } from '../pipeline.ts'

/** @throws {FetchError} for a method that a resource without a server has no meaning for */
export function onlyGet({ method, url }: PlannedRequest): void {
  if (method === 'GET' || method === 'HEAD') return
  const reason = `${url.protocol} URLs can only be read`
  throw new FetchError({
    method,
    url: nameOf(url),
    code: 'ERR_UNSUPPORTED',
    phase: 'open',
    reason,
  })
}

/** Tells a response that we made where it came from. */
export function located(response: Response, { url }: PlannedRequest): Response {
  const shown = new URL(url)
  shown.hash = ''
  shown.username = ''
  shown.password = ''
  Object.defineProperty(response, 'url', { value: shown.href })
  return response
}

/** A URL for a sentence: one of `data:` is the data, and a long one would bury it. */
export function nameOf({ href, protocol }: URL): string {
  return protocol === 'data:' && href.length > 60 ? `${href.slice(0, 57)}...` : href
}
