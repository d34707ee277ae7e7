// Claim: datagrams by promises cost little more than by events.
import { createSocket } from 'node:dgram'

export const claim = {
  what: 'a socket that sends back datagrams of 64 bytes, 16 under way',
  unit: 'datagram',
  load: { kind: 'datagrams', connections: 16, bytes: 64 },
  candidates: {
    "node:dgram 'message'": () =>
      new Promise((resolve) => {
        const socket = createSocket('udp4')
        socket.on('message', (data, from) => socket.send(data, from.port, from.address))
        socket.bind(0, '127.0.0.1', () => resolve(socket.address().port))
      }),

    'recv, send': async () => {
      const { udp } = await import('@sluice/socket')
      const socket = await udp('127.0.0.1:0')
      const echo = async () => {
        for (;;) {
          const { data, address } = await socket.recv()
          await socket.send(data, address)
        }
      }
      void echo()
      return socket.address.port
    },
  },
  rows: [{ ours: 'recv, send', theirs: "node:dgram 'message'", goal: { 20: 0.9, 26: 0.9 } }],
}
