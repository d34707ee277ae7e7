/** Asks again: asks `planRetry` what a failure means, and waits. Loaded when a request may be made again. */
import type { Response } from '@sluice/http'
import { codeOf, isNetError } from '@sluice/socket/errors'
import { FetchError, reasonIn } from '../core/errors.ts'
import { FtpError, isFtpError } from '../core/ftp-errors.ts'
import { planRetry, type RetryRules, replyIn } from '../core/retry.ts'
import { publish, tracing } from './fetch-trace.ts'
import { type Handler, isReplayable, type PlannedRequest } from './pipeline.ts'
import { wait } from './wait.ts'

/** Makes a request, and again where the rules say so. */
export async function exchangeAgain(
  request: PlannedRequest,
  rules: RetryRules,
  next: Handler,
): Promise<Response> {
  const { id, method, signal } = request
  const errors: Error[] = []
  for (let attempts = 1; ; attempts++) {
    if (attempts > 1 && tracing()) publish(id, 'retry', { attempt: attempts })
    let response: Response | undefined
    try {
      response = await next(request)
    } catch (error) {
      if (signal?.aborted) throw error
      errors.push(error as Error)
    }
    const error = response === undefined ? errors.at(-1) : undefined
    const plan = planRetry(
      {
        method,
        attempts,
        status: response?.status,
        reply: replyIn(error),
        code: error && codeOf(error),
        phase: error && (error as { phase?: string }).phase,
        retryAfter: response?.headers.get('retry-after'),
        replayable: isReplayable(request.body),
        left: timeLeft(request),
      },
      rules,
      Date.now(),
      Math.random(),
    )
    if (plan.kind === 'stop') {
      if (response !== undefined) return response
      throw attempts === 1 ? error : summed(request, errors)
    }
    await response?.body?.cancel()
    if (tracing()) publish(id, 'wait', { ms: plan.ms, because: plan.because })
    await wait(plan.ms, signal)
  }
}

/** The last error, with all of them behind it; of its own kind, since programs ask an error of FTP for its reply. */
function summed({ method, url, started }: PlannedRequest, errors: readonly Error[]): FetchError {
  const cause = errors.at(-1) as Error
  const attempt = errors.length
  const known = isNetError(cause) || cause instanceof FetchError ? reasonIn(cause) : undefined
  const reason = known === undefined ? {} : { reason: `${known}, tried ${attempt} times` }
  const elapsed = performance.now() - started
  const facts = { method, url: url.href, cause, errors, attempt, elapsed, ...reason }
  return isFtpError(cause) ? new FtpError({ ...facts, reply: cause.reply }) : new FetchError(facts)
}

function timeLeft({ timeout, started }: PlannedRequest): number {
  const total = typeof timeout === 'number' ? timeout : timeout?.total
  return total ? total - (performance.now() - started) : Number.POSITIVE_INFINITY
}
