import { connect, listen } from '@sluice/socket'
import { expect, test } from 'vitest'
import { rejection, until } from './kit.ts'

test('a wait that is given up in the breath in which it is served takes nothing from the next one', async () => {
  await using listener = await listen('127.0.0.1:0')
  const controller = new AbortController()
  const first = rejection(listener.accept({ signal: controller.signal }))
  const second = listener.accept()
  controller.abort(new Error('enough'))
  const client = await connect(listener.address)
  expect((await first).message).toBe('enough')
  const accepted = await second
  expect(accepted.remoteAddress).toEqual(client.localAddress)
  await Promise.all([client.close(), accepted.close()])
})

test('an aborted signal is looked at before anything is taken', async () => {
  await using listener = await listen('127.0.0.1:0')
  const client = await connect(listener.address)
  await until(() => listener.pending === 1)
  const error = await rejection(listener.accept({ signal: AbortSignal.abort(new Error('no')) }))
  expect(error.message).toBe('no')
  expect(listener.pending).toBe(1)
  await (await listener.accept()).close()
  expect(await rejection(listener.accept({ timeout: -1 }))).toBeInstanceOf(RangeError)
  client.destroy()
})
