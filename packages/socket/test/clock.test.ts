import { systemClock } from '@sluice/socket'
import { selectors, socket } from '@sluice/socket/python'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'

const LONGEST = 2 ** 31 - 1

describe('the clock of the process', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
  afterEach(() => void vi.useRealTimers())

  test.each([
    ['a moment', 5],
    ['as long as a timer of the runtime holds', LONGEST],
    ['a millisecond more', LONGEST + 1],
    ['a year', 31_536_000_000],
  ])('waits for %s', (_name, ms) => {
    const fired = vi.fn()
    systemClock.setTimeout(fired, ms)
    for (let left = ms - 1; left > 0; left -= LONGEST)
      vi.advanceTimersByTime(Math.min(left, LONGEST))
    expect(fired).not.toHaveBeenCalled()
    vi.advanceTimersByTime(1)
    expect(fired).toHaveBeenCalledTimes(1)
    expect(vi.getTimerCount()).toBe(0)
  })

  test('never ends a wait of Infinity, unless it is called off', () => {
    const fired = vi.fn()
    const timer = systemClock.setTimeout(fired, Number.POSITIVE_INFINITY)
    timer.unref?.()
    timer.ref?.()
    for (let i = 0; i < 3; i++) vi.advanceTimersByTime(LONGEST)
    expect(fired).not.toHaveBeenCalled()
    systemClock.clearTimeout(timer)
    expect(vi.getTimerCount()).toBe(0)
  })
})

test('Python: a timeout of months is no timeout of a millisecond', async () => {
  const server = socket.socket()
  await server.bind(['127.0.0.1', 0])
  await server.listen()
  const client = socket.socket()
  client.settimeout(1e8)
  await client.connect(server.getsockname())
  const selector = selectors.DefaultSelector()
  selector.register(client, selectors.EVENT_READ)
  const ready = selector.select(1e8)
  const [peer] = await server.accept()
  // Over after a millisecond, it would find nothing by then.
  await new Promise((resolve) => setTimeout(resolve, 20))
  await peer.sendall(new Uint8Array([1]))
  expect(await ready).toHaveLength(1)
  selector.close()
  for (const each of [client, peer, server]) each.close()
})
