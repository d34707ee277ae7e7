// Claim: a server written with promises costs no more than the best that can be written by hand with events.
import { createServer } from 'node:net'

export const claim = {
  what: 'a server that sends back 64 bytes, 64 connections',
  unit: 'round trip',
  load: { kind: 'echo', connections: 64, bytes: 64 },
  candidates: {
    "node:net 'data'": () =>
      new Promise((resolve) => {
        const server = createServer({ noDelay: true }, (socket) => {
          socket.on('error', () => socket.destroy())
          socket.on('data', (chunk) => socket.write(chunk))
        })
        server.listen(0, '127.0.0.1', 4096, () => resolve(server.address().port))
      }),

    'recv, sendAll': () =>
      serveEach(async (connection) => {
        for (let data = await connection.recv(); data !== null; data = await connection.recv())
          await connection.sendAll(data)
      }),

    "for await over node:net's socket": () =>
      new Promise((resolve) => {
        const server = createServer({ noDelay: true }, async (socket) => {
          socket.on('error', () => socket.destroy())
          try {
            for await (const chunk of socket) socket.write(chunk)
          } catch {}
        })
        server.listen(0, '127.0.0.1', 4096, () => resolve(server.address().port))
      }),

    // No promise at all: what a layer above can do that looks at the bytes where they lie.
    receiver: () =>
      serveEach((connection) => {
        connection.attach({
          bytes: (view) => void connection.sendAll(Buffer.from(view)),
          end: () => connection.close(),
          error() {},
        })
      }),
  },
  rows: [
    { ours: 'recv, sendAll', theirs: "node:net 'data'", goal: { 20: 1, 26: 1 } },
    { ours: 'receiver', theirs: "node:net 'data'", goal: { 20: 1.1, 26: 1.1 } },
    {
      ours: 'recv, sendAll',
      theirs: "for await over node:net's socket",
      goal: { 20: 1.2, 26: 1.2 },
    },
  ],
}

async function serveEach(serve) {
  const { listen } = await import('@sluice/socket')
  const listener = await listen('tcp://127.0.0.1:0')
  const acceptAll = async () => {
    for await (const connection of listener)
      Promise.resolve(serve(connection)).catch(() => connection.destroy())
  }
  void acceptAll()
  return listener.address.port
}
