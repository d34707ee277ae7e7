import { join } from 'node:path'
import { connect, listen, text, udp } from '@sluice/socket'
import { expect, test } from 'vitest'
import { describeWith, folder, start, startServer } from '../../../../scripts/interop/peer.ts'
import { freePort, inetOf } from '../kit.ts'

describeWith(['socat'], 'socat', () => {
  test('echoes what our client sends, a megabyte at a time, with half-close', async () => {
    const server = await startServer('socat', (port) => [
      `TCP-LISTEN:${port},bind=127.0.0.1,fork,reuseaddr`,
      'EXEC:cat',
    ])
    const connection = await connect(`127.0.0.1:${server.port}`)
    const data = new Uint8Array(1_000_000).map((_, i) => i)
    const sending = connection.sendAll(data).then(() => connection.shutdown('write'))
    let received = 0
    for await (const bytes of connection) {
      expect(bytes[0]).toBe(data[received])
      received += bytes.length
    }
    await sending
    expect(received).toBe(data.length)
    await connection.close()
  })

  test('talks to our listener, over IPv6 as well', async () => {
    await using listener = await listen('[::1]:0')
    const { port } = inetOf(listener.address)
    const peer = start('socat', '-', `TCP6:[::1]:${port}`)
    const accepted = await listener.accept()
    peer.child.stdin?.end('over six')
    expect(text(await accepted.recvExactly(8))).toBe('over six')
    expect(await accepted.recv()).toBeNull()
    await accepted.sendAll('heard')
    await accepted.close()
    expect(await peer.done).toBe(0)
    expect(peer.output()).toBe('heard')
  })

  test('a Unix socket of either side, and of the abstract name space', async () => {
    const path = join(folder(), 'a.sock')
    const server = start('socat', `UNIX-LISTEN:${path},fork`, 'EXEC:cat')
    let connection: Awaited<ReturnType<typeof connect>> | undefined
    for (let i = 0; i < 200 && connection === undefined; i++)
      connection = await connect({ path }).catch(
        () => new Promise((r) => setTimeout(() => r(undefined), 10)),
      )
    await connection?.sendAll('by path')
    expect(text((await connection?.recvExactly(7)) ?? null)).toBe('by path')
    await connection?.close()
    await server.stop()

    const ours = join(folder(), 'b.sock')
    await using listener = await listen({ path: ours })
    const peer = start('socat', '-', `UNIX-CONNECT:${ours}`)
    peer.child.stdin?.end('hello')
    const accepted = await listener.accept()
    expect(text(await accepted.recvExactly(5))).toBe('hello')
    await accepted.close()
    expect(await peer.done).toBe(0)
  })

  test('datagrams, and a multicast group', async () => {
    const port = await freePort()
    const peer = start(
      'socat',
      '-u',
      `UDP4-RECV:${port},ip-add-membership=239.255.7.8:127.0.0.1`,
      'STDOUT',
    )
    await using socket = await udp('127.0.0.1:0')
    socket.setMulticastInterface('127.0.0.1')
    for (let i = 0; i < 200 && !/group/.test(peer.output()); i++) {
      await socket.send('direct ', `127.0.0.1:${port}`)
      await socket.send('group ', `239.255.7.8:${port}`)
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    expect(peer.output()).toMatch(/direct/)
    expect(peer.output()).toMatch(/group/)
    await peer.stop()
  })
})
