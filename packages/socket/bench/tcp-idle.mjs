// Claim: a connection that waits costs little more than the runtime's own socket. Memory, not time.
import { createServer } from 'node:net'

export const claim = {
  what: 'memory of a connection that waits for its peer',
  unit: 'connection',
  load: { kind: 'idle', connections: 5000 },
  candidates: {
    'net.Socket': () =>
      new Promise((resolve) => {
        const sockets = new Set()
        const server = createServer({ noDelay: true }, (socket) => {
          sockets.add(socket)
          socket.on('error', () => socket.destroy())
          socket.on('close', () => sockets.delete(socket))
          socket.resume()
        })
        server.listen(0, '127.0.0.1', 4096, () => resolve(server.address().port))
      }),

    'Connection, a receiver attached': async () => {
      const { listen } = await import('@sluice/socket')
      const listener = await listen('tcp://127.0.0.1:0')
      const receiver = { bytes: () => true, end() {}, error() {} }
      const acceptAll = async () => {
        for (;;) (await listener.accept()).attach(receiver)
      }
      void acceptAll()
      return listener.address.port
    },

    'Connection, waiting in recv': async () => {
      const { listen } = await import('@sluice/socket')
      const listener = await listen('tcp://127.0.0.1:0')
      const acceptAll = async () => {
        for (;;) (await listener.accept()).recv().catch(() => {})
      }
      void acceptAll()
      return listener.address.port
    },
  },
  rows: [
    // At most 1.4 times the memory: 1 / 1.4.
    { ours: 'Connection, a receiver attached', theirs: 'net.Socket', goal: { 20: 0.71, 26: 0.71 } },
    { ours: 'Connection, waiting in recv', theirs: 'net.Socket' },
  ],
}
