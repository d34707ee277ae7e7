/**
 * NOOP beside a long transfer, so that neither a server nor a box on the way takes the control connection for idle.
 *
 * Rules it keeps:
 * - One NOOP at a time. A server that does not answer does not read either while it sends (vsftpd is such a one); it answers
 *   when it is done, and more of them would only lie in its buffer.
 * - Its answer is nobody's reply: `FtpControl` leaves it out, whenever it comes.
 * - A transfer that is shorter than the wait costs one timer, and not a byte.
 */
import { type Clock, systemClock } from '@sluice/socket'
import type { FtpControl } from './ftp-control.ts'

/** As lftp does while it waits for the end of a file, only sooner: servers and boxes wait 300 s and more. */
const EVERY = 60_000

/**
 * Says NOOP every so often.
 *
 * @param every milliseconds; default 60 000, 0 and Infinity are never
 * @returns ends it
 */
export function startPulse(
  control: FtpControl,
  every: number = EVERY,
  clock: Pick<Clock, 'setTimeout' | 'clearTimeout'> = systemClock,
): () => void {
  control.isTransferring = true
  let timer: ReturnType<Clock['setTimeout']> | undefined
  const wait = (): void => {
    timer = clock.setTimeout(() => {
      void control.noop()
      wait()
    }, every)
    // A transfer that nobody waits for does not keep the program alive by this.
    timer.unref?.()
  }
  if (every > 0 && every < Number.POSITIVE_INFINITY) wait()
  return () => {
    control.isTransferring = false
    if (timer !== undefined) clock.clearTimeout(timer)
  }
}
