import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { connect, listen, text } from '@sluice/socket'
import type { SocketTraceEvent } from '@sluice/socket/trace'
import { expect, test } from 'vitest'
import { inetOf } from './kit.ts'

test('events tell a connection from the lookup to its end, under one id', async () => {
  const events: { id: number; name: string; parent: number; bytes?: number }[] = []
  const listener = await listen('127.0.0.1:0')
  const { port } = inetOf(listener.address)
  const keep = (message: unknown): void => {
    const { id, name, parent, ...facts } = message as SocketTraceEvent
    events.push({ id, name, parent, ...('bytes' in facts ? { bytes: facts.bytes } : {}) })
  }
  subscribe('sluice:socket', keep)
  const client = await connect(
    { hostname: 'localhost', port },
    { family: 4, trace: { parent: 77 } },
  )
  const server = await listener.accept()
  await client.sendAll('ping')
  expect(text(await server.recv())).toBe('ping')
  await client.shutdown('write')
  expect(await server.recv()).toBeNull()
  await server.close()
  await client.close()
  unsubscribe('sluice:socket', keep)
  await listener.close()
  const of = (id: number): string[] => events.filter((e) => e.id === id).map((e) => e.name)
  expect(of(client.id)).toEqual(['open', 'send', 'shutdown', 'end', 'close'])
  expect(of(server.id).slice(0, 3)).toEqual(['open', 'receive', 'end'])
  expect(
    events
      .filter((e) => e.parent === 77)
      .map((e) => e.name)
      .slice(0, 4),
  ).toEqual(['lookup', 'resolved', 'attempt', 'open'])
  expect(events.find((e) => e.id === client.id && e.name === 'send')?.bytes).toBe(4)
})
