/** What the raw door knows of a socket by its type: verbs that it has not do not compile, as they fail when they run. */
import { expectTypeOf, test } from 'vitest'
import {
  AF_INET,
  type DatagramSocket,
  SOCK_DGRAM,
  SOCK_STREAM,
  Socket,
  type StreamSocket,
  socket,
} from '../src/index.ts'

test('a socket is of its type', () => {
  expectTypeOf(socket()).toEqualTypeOf<StreamSocket>()
  expectTypeOf(socket(AF_INET, SOCK_STREAM)).toEqualTypeOf<StreamSocket>()
  expectTypeOf(socket(AF_INET, SOCK_DGRAM)).toEqualTypeOf<DatagramSocket>()
  expectTypeOf(socket(AF_INET, SOCK_DGRAM as 1 | 2)).toEqualTypeOf<Socket>()
})

test('what it has not does not compile', async () => {
  const datagrams = socket(AF_INET, SOCK_DGRAM)
  // @ts-expect-error Nobody connects to a datagram socket.
  void datagrams.accept?.()
  // @ts-expect-error So it does not listen, either.
  void datagrams.listen?.(5)
  // @ts-expect-error A datagram has no end that a peer could read.
  void datagrams.shutdown?.('write')
  const stream = socket(AF_INET, SOCK_STREAM)
  // @ts-expect-error A stream has one peer.
  void stream.sendto?.('data', ['127.0.0.1', 1])
})

test('either is a Socket, and what is accepted is one, too', () => {
  expectTypeOf<StreamSocket>().toExtend<Socket>()
  expectTypeOf<DatagramSocket>().toExtend<Socket>()
  expectTypeOf<StreamSocket['accept']>().returns.resolves.toHaveProperty(0)
  expectTypeOf(new Socket()).toEqualTypeOf<Socket>()
})

test('a receiver may say nothing at all', () => {
  const silent: Parameters<import('../src/index.ts').Connection['attach']>[0] = {
    bytes: (_view: Uint8Array): void => {},
    end() {},
    error() {},
  }
  expectTypeOf(silent).not.toBeAny()
})
