// The other side of the soak test, in a process of its own, so that what is measured is one side alone. Sockets of
// node:net and node:tls, not ours. Told what to do by messages: `{ do, ...how }`, answered by `{ done }`.
import http from 'node:http'
import net from 'node:net'
import tls from 'node:tls'
import { httpTasks } from './http-peer.mjs'
import { randomOf } from './random.mjs'

let random = randomOf(1)
const held = new Set()

/** One connection, with errors that nobody minds. */
function open(port, host) {
  const socket = net.connect({ port, host, noDelay: true })
  socket.on('error', () => {})
  return socket
}

const closed = (socket) => new Promise((resolve) => socket.once('close', resolve))
const connected = (socket) =>
  new Promise((resolve) => socket.once('connect', resolve).once('close', resolve))

/** Runs a task so many times, at most `width` at once. */
async function many(count, width, task) {
  let next = 0
  const worker = async () => {
    while (next < count) await task(next++)
  }
  await Promise.all(Array.from({ length: Math.min(width, count) }, worker))
}

let nodeServer

const tasks = {
  ...httpTasks(() => random, held, many),
  /** Answers in HTTP, with what Node has. */
  async nodeServer() {
    nodeServer = http.createServer((_, response) => response.end('hello'))
    return { port: await listening(nodeServer) }
  },
  async closeNodeServer() {
    const gone = new Promise((resolve) => nodeServer.close(resolve))
    nodeServer.closeAllConnections()
    await gone
    return {}
  },
  /** Answers in the clear: sends back what comes. */
  async echo() {
    const server = net.createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      socket.on('error', () => {})
      socket.pipe(socket)
    })
    return { port: await listening(server) }
  },
  /** Answers in TLS, with a certificate that nobody trusts. */
  async strangers({ cert, key }) {
    const server = tls.createServer({ cert, key }, (socket) => socket.on('error', () => {}))
    server.on('tlsClientError', () => {})
    return { port: await listening(server) }
  },
  /** Opens connections and says nothing. */
  async hold({ port, count }) {
    await many(count, 100, async () => {
      const socket = open(port, random.loopback())
      await connected(socket)
      held.add(socket)
    })
    return { open: held.size }
  },
  /** Lets go of them, some in order and some not. */
  async letGo() {
    const sockets = [...held]
    held.clear()
    await Promise.all(
      sockets.map((socket, i) => {
        const gone = closed(socket)
        socket.resume()
        if (i % 3 === 0) socket.resetAndDestroy()
        else if (i % 3 === 1) socket.destroy()
        else socket.end()
        return gone
      }),
    )
    return {}
  },
  /** Talks to an echo and breaks off after a random byte, sent or received. */
  async breakOff({ port, count, size }) {
    await many(count, 50, async () => {
      const socket = open(port, random.loopback())
      await connected(socket)
      if (socket.destroyed) return
      const gone = closed(socket)
      const last = random.below(size)
      let got = 0
      socket.on('data', (bytes) => {
        got += bytes.length
        if (got >= last) breakOff(socket)
      })
      socket.write(Buffer.alloc(last + 1, 120))
      if (random.below(2) === 0) setImmediate(() => breakOff(socket))
      await gone
    })
    return {}
  },
  /** Begins handshakes that come to nothing, each in one of six ways. */
  async failHandshakes({ port, count }) {
    await many(count, 50, async (i) => {
      const host = random.loopback()
      const hello = Buffer.from(CLIENT_HELLO, 'hex')
      const socket =
        i % 6 === 5
          ? tls.connect({
              port,
              host,
              maxVersion: 'TLSv1.1',
              minVersion: 'TLSv1',
              ciphers: 'DEFAULT@SECLEVEL=0',
              rejectUnauthorized: false,
            })
          : open(port, host)
      socket.on('error', () => {})
      const gone = closed(socket)
      socket.resume()
      if (i % 6 !== 5) {
        await connected(socket)
        if (i % 6 === 0) socket.end('GET / HTTP/1.1\r\n\r\n')
        else if (i % 6 === 1) socket.end(hello.subarray(0, random.below(hello.length)))
        else if (i % 6 === 2)
          socket.write(hello.subarray(0, 1 + random.below(hello.length)), () =>
            socket.resetAndDestroy(),
          )
        else if (i % 6 === 3)
          socket.end(Buffer.from(Array.from({ length: 200 }, () => random.below(256))))
        else socket.resetAndDestroy()
      }
      await gone
    })
    return {}
  },
}

function breakOff(socket) {
  if (socket.destroyed) return
  if (random.below(2) === 0) socket.resetAndDestroy()
  else socket.destroy()
}

function listening(server) {
  return new Promise((resolve) => {
    server.listen({ port: 0, host: '0.0.0.0', backlog: 4096 }, () => resolve(server.address().port))
  })
}

/** The beginning of a handshake in TLS 1.2, as long as it takes to be believed. */
const CLIENT_HELLO = `16030100500100004c0303${'5a'.repeat(32)}000018c02bc02fc00ac009c013c014009c009d002f0035000a00ff0100000b000a00080006001700180019`

process.on('message', async ({ do: name, ...how }) => {
  if (name === 'seed') {
    random = randomOf(how.seed)
    process.send({ done: {} })
  } else process.send({ done: await tasks[name](how) })
})
process.on('disconnect', () => process.exit(0))
