// Claim: reading much data by promises costs less than reading it by events, since nothing is allocated
// until somebody asks for bytes.
import { connect as connectNet, createServer } from 'node:net'

export const claim = {
  what: 'a client that reads and counts what one connection brings as fast as it can',
  unit: '64 KiB',
  load: { kind: 'feed', connections: 1 },
  candidates: {
    "node:net 'data'": () =>
      onTarget((port) => {
        const seen = { bytes: 0 }
        const socket = connectNet(port, '127.0.0.1')
        socket.on('error', () => socket.destroy())
        socket.on('data', (chunk) => {
          seen.bytes += chunk.length
        })
      }),

    recv: () =>
      onTarget(async (port) => {
        const { connect } = await import('@sluice/socket')
        const connection = await connect({ hostname: '127.0.0.1', port })
        let total = 0
        for (let data = await connection.recv(); data !== null; data = await connection.recv())
          total += data.length
        return total
      }),

    recvInto: () =>
      onTarget(async (port) => {
        const { connect } = await import('@sluice/socket')
        const connection = await connect({ hostname: '127.0.0.1', port })
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
    { ours: 'recvInto', theirs: "node:net 'data'", goal: { 20: 2, 26: 2 } },
  ],
}

/** A port on which the load says where it is to be read from; what breaks when it leaves is its end. */
function onTarget(read) {
  return new Promise((resolve) => {
    const server = createServer((socket) => {
      socket.on('error', () => {})
      socket.once('data', (line) => {
        Promise.resolve(read(Number(String(line)))).catch(() => {})
      })
    })
    server.listen(0, '127.0.0.1', () => resolve(server.address().port))
  })
}
