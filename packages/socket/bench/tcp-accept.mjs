// Claim: accepting by promises costs about what accepting by events does.
import { createServer } from 'node:net'

export const claim = {
  what: 'accept, one byte there and back, close; 16 at a time',
  unit: 'connection',
  load: { kind: 'churn', connections: 16 },
  candidates: {
    'node:net': () =>
      new Promise((resolve) => {
        const server = createServer({ noDelay: true }, (socket) => {
          socket.on('error', () => socket.destroy())
          socket.on('data', (chunk) => socket.write(chunk))
        })
        server.listen(0, '127.0.0.1', 4096, () => resolve(server.address().port))
      }),

    'accept, recv, sendAll, close': async () => {
      const { listen } = await import('@sluice/socket')
      const listener = await listen('tcp://127.0.0.1:0')
      const serveOne = async (connection) => {
        for (let data = await connection.recv(); data !== null; data = await connection.recv())
          await connection.sendAll(data)
        await connection.close()
      }
      const acceptAll = async () => {
        for (;;) serveOne(await listener.accept()).catch(() => {})
      }
      void acceptAll()
      return listener.address.port
    },
  },
  rows: [
    { ours: 'accept, recv, sendAll, close', theirs: 'node:net', goal: { 20: 0.95, 26: 0.95 } },
  ],
}
