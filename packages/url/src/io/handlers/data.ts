/**
 * `data:` URLs: the answer is in the question.
 */
import { Response } from '@sluice/http'
import { parseDataUrl } from '../../core/data-url.ts'
import { FetchError } from '../../core/errors.ts'
import type { PlannedRequest } from '../pipeline.ts'
import { located, nameOf, onlyGet } from './local.ts'

/** Answers a request for a `data:` URL (Fetch §4.3, scheme fetch: the fragment is not part of it). */
export async function handleData(request: PlannedRequest): Promise<Response> {
  onlyGet(request)
  const url = new URL(request.url)
  url.hash = ''
  try {
    const { mediaType, body } = parseDataUrl(url.href)
    const headers = { 'Content-Type': mediaType, 'Content-Length': String(body.length) }
    return located(new Response(request.method === 'HEAD' ? null : body, { headers }), request)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : 'not a data: URL'
    throw new FetchError({
      method: request.method,
      url: nameOf(url),
      code: 'ERR_INVALID_URL',
      phase: 'open',
      reason,
      cause,
    })
  }
}
