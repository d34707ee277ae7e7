import { once } from 'node:events'
import net from 'node:net'
import { connect, listen, text } from '@sluice/socket'
import { isNetError } from '@sluice/socket/errors'
import { memoryPair } from '@sluice/socket/testing'
import { describe, expect, test } from 'vitest'
import { rejection } from './kit.ts'

describe('detach() to Node', () => {
  test('gives the bare net.Socket of a connection without the shared buffer, unread bytes first', async () => {
    await using listener = await listen('127.0.0.1:0')
    const [client, server] = await Promise.all([
      connect(listener.address, { sharedBuffer: false }),
      listener.accept(),
    ])
    await server.sendAll('unread')
    client.unread((await client.recvExactly(6)) ?? new Uint8Array(0))
    const bare = client.detach()
    expect(bare).toBeInstanceOf(net.Socket)
    expect(isNetError(await rejection(client.recv()), 'ERR_CLOSED')).toBe(true)
    expect(String(await once(bare, 'data'))).toBe('unread')
    bare.end('bye')
    expect(text(await server.recv())).toBe('bye')
    expect(await server.recv()).toBeNull()
    await server.close()
    bare.destroy()
  })

  test.each(['', 'unread'])('tells an end that was there before, after %j', async (unread) => {
    await using listener = await listen('127.0.0.1:0')
    const [client, server] = await Promise.all([
      connect(listener.address, { sharedBuffer: false }),
      listener.accept(),
    ])
    await server.sendAll(`${unread}.`)
    await server.shutdown('write')
    for (let all = ''; all !== `${unread}.`; ) all += text(await client.recv())
    expect(await client.recv()).toBeNull()
    client.unread(new TextEncoder().encode(unread))
    const duplex = client.detach()
    let heard = ''
    duplex.on('data', (chunk) => {
      heard += String(chunk)
    })
    await once(duplex, 'end')
    expect(heard).toBe(unread)
    duplex.end('bye')
    expect(text(await server.recv())).toBe('bye')
    await server.close()
    duplex.destroy()
  })

  test.each([
    ['memory', async () => memoryPair()],
    [
      'TCP with the shared buffer',
      async () => {
        const listener = await listen('127.0.0.1:0')
        const pair = await Promise.all([connect(listener.address), listener.accept()])
        void listener.close()
        return pair
      },
    ],
  ] as const)('gives a Duplex over %s, with back-pressure and half-close', async (_name, open) => {
    const [client, server] = await open()
    const duplex = client.detach()
    const data = new Uint8Array(3_000_000).fill(7)
    const sending = server.sendAll(data).then(() => server.shutdown('write'))
    let received = 0
    for await (const chunk of duplex.iterator({ destroyOnReturn: false }))
      received += (chunk as Uint8Array).length
    await sending
    expect(received).toBe(data.length)
    duplex.end('done')
    expect(text(await server.recvExactly(4))).toBe('done')
    expect(await server.recv()).toBeNull()
    duplex.destroy()
    await server.close()
  })

  test.each([true, false])(
    'finishes the connection that was handed over, with the shared buffer: %s',
    async (sharedBuffer) => {
      await using listener = await listen('127.0.0.1:0')
      const [client, server] = await Promise.all([
        connect(listener.address, { sharedBuffer }),
        listener.accept(),
      ])
      await client.sendAll('one ')
      const duplex = client.detach()
      expect(client.isOpen).toBe(false)
      for (const call of [
        () => client.sendAll('x'),
        () => client.send('x'),
        () => client.sendLatin1('x'),
        () => client.recv(),
        () => client.shutdown('write'),
      ])
        expect(isNetError(await rejection(call()), 'ERR_CLOSED')).toBe(true)
      expect(() => client.detach()).toThrow(/ERR_CLOSED/)
      await client.close()
      duplex.end('two')
      expect(text(await server.recvExactly(7))).toBe('one two')
      expect(await server.recv()).toBeNull()
      await server.close()
      duplex.destroy()
    },
  )

  test('a Duplex is still counted, waited for and cut off by who held the connection', async () => {
    const [client, server] = memoryPair()
    const duplex = client.detach()
    duplex.resume()
    duplex.write('12345')
    expect(text(await server.recvExactly(5))).toBe('12345')
    expect([client.bytesSent, client.id > 0]).toEqual([5, true])
    client.destroy()
    await client.closed
    await once(duplex, 'error')
    expect(isNetError(await rejection(server.recv()), 'ECONNRESET')).toBe(true)
  })

  test('a broken connection destroys the Duplex with our error', async () => {
    const [client, server] = memoryPair()
    const duplex = client.detach()
    duplex.resume()
    const failing = once(duplex, 'error')
    server.destroy()
    expect(isNetError((await failing)[0], 'ECONNRESET')).toBe(true)
  })

  test('is refused while a reader waits, and after close', async () => {
    const [client, server] = memoryPair()
    const waiting = rejection(client.recv())
    expect(() => client.detach()).toThrow(/ERR_BUSY/)
    void client.close()
    await waiting
    expect(() => client.detach()).toThrow(/ERR_CLOSED/)
    server.destroy()
  })
})
