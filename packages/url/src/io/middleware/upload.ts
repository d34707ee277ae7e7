/** Progress of what is sent, where somebody wants to know. */
import type { Response } from '@sluice/http'
import type { Handler, PlannedRequest } from '../pipeline.ts'

/** Counts the body of a request; the last one before the handler, so that each try is counted by itself. */
export function countUpload(request: PlannedRequest, next: Handler): Promise<Response> {
  const { onUploadProgress, body } = request
  if (onUploadProgress === undefined || body === null) return next(request)
  return import('../upload.ts').then(({ sendCounted }) =>
    sendCounted(request, next, onUploadProgress),
  )
}
