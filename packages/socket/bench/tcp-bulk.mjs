// Claim: reading much data by promises costs less than reading it by events, since nothing is allocated
// until somebody asks for bytes.
import { createServer } from 'node:net'

export const claim = {
  what: 'a server that reads and counts what one connection sends as fast as it can',
  unit: '64 KiB',
  load: { kind: 'bulk', connections: 1 },
  candidates: {
    "node:net 'data'": () =>
      new Promise((resolve) => {
        const seen = { bytes: 0 }
        const server = createServer((socket) => {
          socket.on('error', () => socket.destroy())
          socket.on('data', (chunk) => {
            seen.bytes += chunk.length
          })
        })
        server.listen(0, '127.0.0.1', () => resolve(server.address().port))
      }),

    recv: () =>
      serveEach(async (connection) => {
        let total = 0
        for (let data = await connection.recv(); data !== null; data = await connection.recv())
          total += data.length
        return total
      }),

    recvInto: () =>
      serveEach(async (connection) => {
        const target = new Uint8Array(65_536)
        let total = 0
        for (
          let count = await connection.recvInto(target);
          count !== null;
          count = await connection.recvInto(target)
        )
          total += count
        return total
      }),
  },
  rows: [
    { ours: 'recv', theirs: "node:net 'data'", goal: { 20: 1.6, 26: 1.6 } },
    { ours: 'recvInto', theirs: "node:net 'data'", goal: { 20: 2.2, 26: 2.2 } },
  ],
}

async function serveEach(serve) {
  const { listen } = await import('@sluice/socket')
  const listener = await listen('tcp://127.0.0.1:0')
  const acceptAll = async () => {
    for await (const connection of listener) serve(connection).catch(() => connection.destroy())
  }
  void acceptAll()
  return listener.address.port
}
