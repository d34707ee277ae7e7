import { onAbort, systemClock } from '@sluice/socket'

/**
 * Waits.
 *
 * @param ms any number: a server may ask for months
 * @throws `signal.reason`, when it aborts; then nobody waits any more, and nothing is left behind
 */
export function wait(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted()
    const timer = systemClock.setTimeout(() => {
      callOff?.()
      resolve()
    }, ms)
    const callOff =
      signal &&
      onAbort(signal, () => {
        systemClock.clearTimeout(timer)
        reject(signal.reason)
      })
  })
}
