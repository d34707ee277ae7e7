// Claim: waiting for every 64 KiB to be with the system costs next to nothing.
import { createServer } from 'node:net'

const block = new Uint8Array(65_536)

export const claim = {
  what: 'a server that sends to one connection as fast as it takes it, 64 KiB at a time',
  unit: '64 KiB',
  load: { kind: 'sink', connections: 1 },
  candidates: {
    "node:net write, 'drain'": () =>
      new Promise((resolve) => {
        const server = createServer((socket) => {
          socket.on('error', () => socket.destroy())
          const more = () => {
            while (!socket.destroyed && socket.write(block));
          }
          socket.on('drain', more)
          more()
        })
        server.listen(0, '127.0.0.1', () => resolve(server.address().port))
      }),

    'await sendAll': async () => {
      const { serve } = await import('@sluice/socket/server')
      const server = await serve(async (connection) => {
        for (;;) await connection.sendAll(block)
      })
      return server.address.port
    },
  },
  rows: [
    { ours: 'await sendAll', theirs: "node:net write, 'drain'", goal: { 20: 0.97, 26: 0.97 } },
  ],
}
