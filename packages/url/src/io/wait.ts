import { systemClock } from '@sluice/socket'

/**
 * Waits.
 *
 * @param ms any number: a server may ask for months
 * @throws `signal.reason`, when it aborts; then nobody waits any more, and nothing is left behind
 */
export function wait(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted()
    const onAbort = (): void => {
      systemClock.clearTimeout(timer)
      reject(signal?.reason)
    }
    const timer = systemClock.setTimeout(() => {
      signal?.removeEventListener('abort', onAbort)
      resolve()
    }, ms)
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}
