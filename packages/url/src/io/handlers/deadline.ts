/** `timeout.total` for handlers that are no exchange of HTTP: a signal that aborts when no time is left, or the caller's own. */
import { onAbort, systemClock } from '@sluice/socket'
import { FetchError } from '../../core/errors.ts'
import type { PlannedRequest } from '../pipeline.ts'

/** What a handler waits with. */
export interface Deadline {
  /** Aborts with the caller's reason, or with a `FetchError` `ERR_TIMEOUT`. */
  readonly signal: AbortSignal | undefined
  /** It is over: forgets the caller's signal and the time. */
  stop(): void
}

/** The deadline of a request; `stop` it. @throws {FetchError} nothing is left */
export function deadlineOf(
  request: Pick<PlannedRequest, 'method' | 'url' | 'timeout' | 'signal' | 'started'>,
): Deadline {
  const { method, url, timeout, signal, started } = request
  const total = typeof timeout === 'number' ? timeout : timeout?.total
  // Less than nothing is refused by who asks, or by who connects.
  if (!total || total < 0 || total === Number.POSITIVE_INFINITY) return { signal, stop: () => {} }
  const late = (): FetchError =>
    new FetchError({
      method,
      url: url.href,
      code: 'ERR_TIMEOUT',
      phase: 'total',
      // As `lateReason` has it, which the door of FTP has no room for.
      reason: `no result within ${total} ms`,
    })
  const left = total - (performance.now() - started)
  if (left <= 0) throw late()
  const own = new AbortController()
  const timer = systemClock.setTimeout(() => own.abort(late()), left)
  if (signal?.aborted) own.abort(signal.reason)
  const callOff = signal && onAbort(signal, () => own.abort(signal.reason))
  return {
    signal: own.signal,
    stop: () => {
      systemClock.clearTimeout(timer)
      callOff?.()
    },
  }
}
