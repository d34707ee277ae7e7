import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { startPulse } from '../src/io/ftp-pulse.ts'
import { deadlineOf } from '../src/io/handlers/deadline.ts'
import { wait } from '../src/io/wait.ts'

/** More than a timer of the runtime holds: told that much, it is over after a millisecond. */
const MONTHS = 3_000_000_000
const LONGEST = 2 ** 31 - 1

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
afterEach(() => void vi.useRealTimers())

/** Lets so much time pass that the wait is nearly over. */
function nearlyAll(): void {
  vi.advanceTimersByTime(LONGEST)
  vi.advanceTimersByTime(MONTHS - LONGEST - 1)
}

test('a wait of months takes them', async () => {
  const over = vi.fn()
  const waiting = wait(MONTHS, undefined).then(over)
  nearlyAll()
  await Promise.resolve()
  expect(over).not.toHaveBeenCalled()
  vi.advanceTimersByTime(1)
  await waiting
  expect(over).toHaveBeenCalled()
})

test('a total of months ends no request of a millisecond', () => {
  const url = new URL('file:///tmp')
  const request = { method: 'GET', url, timeout: { total: MONTHS }, started: performance.now() }
  const { signal, stop } = deadlineOf(request as never)
  vi.advanceTimersByTime(LONGEST)
  expect(signal?.aborted).toBe(false)
  vi.advanceTimersByTime(MONTHS - LONGEST)
  expect(signal?.aborted).toBe(true)
  stop()
})

test('a pulse of months does not beat a thousand times a second', () => {
  const noop = vi.fn()
  const stop = startPulse({ noop, isTransferring: false } as never, MONTHS)
  // First a little: one that beats in each of the milliseconds would beat for as long as this test takes.
  vi.advanceTimersByTime(100)
  expect(noop).not.toHaveBeenCalled()
  vi.advanceTimersByTime(LONGEST - 100)
  vi.advanceTimersByTime(MONTHS - LONGEST - 1)
  expect(noop).not.toHaveBeenCalled()
  vi.advanceTimersByTime(1)
  expect(noop).toHaveBeenCalledTimes(1)
  stop()
  expect(vi.getTimerCount()).toBe(0)
})
