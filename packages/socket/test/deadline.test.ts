import { isTimeoutError } from '@sluice/socket/errors'
import { FakeClock, memoryPair } from '@sluice/socket/testing'
import { describe, expect, test } from 'vitest'
import { rejection } from './kit.ts'

describe('idle', () => {
  test('limits silence, not the whole wait', async () => {
    const clock = new FakeClock()
    const [a, b] = memoryPair({ clock, timeout: { idle: 1000 } })
    const waiting = rejection(b.recvExactly(100))
    for (let i = 0; i < 5; i++) {
      await a.sendAll('x')
      await clock.advance(900)
    }
    await clock.advance(100)
    const error = await waiting
    expect(isTimeoutError(error, 'idle')).toBe(true)
    expect(error.message).toContain('no byte within 1000 ms')
    await a.sendAll('y')
    expect(await b.recvExactly(6)).toHaveLength(6)
    expect(clock.pending).toBe(0)
  })
  test('of one call wins over that of the connection; 0 turns it off', async () => {
    const clock = new FakeClock()
    const [a, b] = memoryPair({ clock, timeout: { idle: 10 } })
    const short = rejection(b.recv(1, { timeout: 5 }))
    await clock.advance(5)
    expect((await short).message).toContain('within 5 ms')
    const long = b.recv(1, { timeout: 0 })
    await clock.advance(1_000_000)
    await a.sendAll('x')
    expect(await long).toHaveLength(1)
  })
})

test('send waits 30 s for progress, and as long as there is some', async () => {
  const clock = new FakeClock()
  const [a, b] = memoryPair({ clock, capacity: 1000, chunk: 1000, limits: { receiveBuffer: 1000 } })
  const sending = rejection(a.sendAll(new Uint8Array(10_000)))
  for (let i = 0; i < 4; i++) {
    await clock.advance(25_000)
    await b.recvExactly(1000)
  }
  await clock.advance(30_500)
  await clock.advance(30_500)
  const error = await sending
  expect(isTimeoutError(error, 'send')).toBe(true)
  expect(error.message).toContain('no progress within 30000 ms')
})

test('long deadlines share one timer, fire late by at most half a second, and never early', async () => {
  const clock = new FakeClock()
  const pairs = Array.from({ length: 100 }, () => memoryPair({ clock }))
  const errors: Error[] = []
  for (const [, b] of pairs)
    void rejection(b.recv(1, { timeout: 5000 })).then((error) => errors.push(error))
  expect(clock.pending).toBe(1)
  await clock.advance(4999)
  expect(errors).toHaveLength(0)
  await clock.advance(501)
  expect(errors).toHaveLength(100)
  expect(clock.pending).toBe(0)
})
