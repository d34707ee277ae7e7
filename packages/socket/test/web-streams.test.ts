import { text } from '@sluice/socket'
import { memoryPair } from '@sluice/socket/testing'
import { expect, test } from 'vitest'
import { rejection } from './kit.ts'

test('bytes and text go out, bytes come in, and both ends close the connection', async () => {
  const [a, b] = memoryPair()
  const { readable, writable } = a.toWeb()
  const writer = writable.getWriter()
  await writer.write('Hello, ')
  await writer.write(new TextEncoder().encode('World!'))
  await writer.close()
  expect(text(await b.recvExactly(13))).toBe('Hello, World!')
  expect(await b.recv()).toBeNull()
  await b.sendAll('and back')
  await b.shutdown('write')
  const chunks: string[] = []
  for await (const chunk of readable) chunks.push(text(chunk))
  expect(chunks.join('')).toBe('and back')
  await a.closed
  expect(a.isOpen).toBe(false)
  await b.close()
})

test('a BYOB reader gets its own memory back, filled', async () => {
  const [a, b] = memoryPair()
  const reader = a.toWeb().readable.getReader({ mode: 'byob' })
  await b.sendAll('abcdef')
  const { value } = await reader.read(new Uint8Array(4))
  expect(text(value as Uint8Array<ArrayBuffer>)).toBe('abcd')
  b.destroy()
  const failing = async (): Promise<unknown> => {
    await reader.read(new Uint8Array(4))
    return reader.read(new Uint8Array(4))
  }
  expect((await rejection(failing())).message).toContain('ECONNRESET')
})

test('a slow reader holds the writer back', async () => {
  const [a, b] = memoryPair({ capacity: 1000, limits: { receiveBuffer: 1000, sendBuffer: 1000 } })
  const { readable } = a.toWeb()
  let sent = 0
  const sending = (async () => {
    for (let i = 0; i < 100; i++) {
      await b.send(new Uint8Array(1000))
      sent += 1000
    }
    await b.shutdown('write')
  })()
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve))
  expect(sent).toBeLessThan(10_000)
  let received = 0
  for await (const chunk of readable) received += chunk.length
  await sending
  expect(received).toBe(100_000)
  a.destroy()
  await b.close()
})

test('cancelling ends reading, aborting resets', async () => {
  const [a, b] = memoryPair()
  const { readable, writable } = a.toWeb()
  await readable.cancel()
  await b.sendAll('nobody listens')
  await a.sendAll('still writing')
  expect(text(await b.recvExactly(13))).toBe('still writing')
  await writable.abort(new Error('enough'))
  expect((await rejection(b.recv())).message).toContain('ECONNRESET')
})

test('pipes through a transform, end to end', async () => {
  const [a, b] = memoryPair()
  const upper = new TransformStream<Uint8Array<ArrayBuffer>, string>({
    transform: (chunk, controller) => controller.enqueue(text(chunk).toUpperCase()),
  })
  const { readable, writable } = b.toWeb()
  const piping = readable.pipeThrough(upper).pipeTo(writable)
  await a.sendAll('quiet')
  await a.shutdown('write')
  let answer = ''
  for await (const bytes of a) answer += text(bytes)
  expect(answer).toBe('QUIET')
  await piping
  await a.close()
})
