// The load: `node load.mjs PORT SECONDS JSON`, a process of its own on another core. Prints how many units were
// done. It reads by the `onread` option and writes prebuilt bytes, to be as little in the way as it can.
import { createSocket } from 'node:dgram'
import { connect, createServer } from 'node:net'

const [port, seconds, json] = process.argv.slice(2)
const load = JSON.parse(json)
const buffer = Buffer.alloc(65_536)
const sockets = []
let count = 0

/** @param onBytes called with the number of bytes and the bytes, which are valid during the call */
function open(onBytes, onOpen) {
  const callback = (length, bytes) => {
    onBytes(socket, length, bytes)
    return true
  }
  const target = { port: Number(port), host: '127.0.0.1', noDelay: true }
  const socket = connect({ ...target, onread: { buffer, callback } }, () => onOpen(socket))
  socket.on('error', (error) => {
    console.error(`load: ${error.message}`)
    process.exit(1)
  })
  sockets.push(socket)
}

const kinds = {
  echo() {
    const message = Buffer.alloc(load.bytes, 'x')
    let missing = load.bytes
    open(
      (socket, length) => {
        missing -= length
        if (missing > 0) return
        missing = load.bytes
        count++
        socket.write(message)
      },
      (socket) => socket.write(message),
    )
  },

  bulk() {
    const block = Buffer.alloc(1_048_576, 'x')
    const send = (socket) => {
      socket.write(block, () => {
        count += block.length / 65_536
        send(socket)
      })
    }
    open(
      () => {},
      (socket) => {
        send(socket)
        send(socket)
      },
    )
  },

  // The candidate comes to us: what is measured is reading on a socket that it opened.
  feed() {
    const block = Buffer.alloc(1_048_576, 'x')
    const send = (socket) => {
      socket.write(block, () => {
        count += block.length / 65_536
        send(socket)
      })
    }
    const server = createServer((socket) => {
      socket.on('error', () => {})
      sockets.push(socket)
      send(socket)
      send(socket)
    }).listen(0, '127.0.0.1', () => {
      open(
        () => {},
        (socket) => socket.write(`${server.address().port}\n`),
      )
    })
  },

  sink() {
    open(
      (_socket, length) => {
        count += length / 65_536
      },
      (socket) => socket.write('go'),
    )
  },

  churn() {
    const again = () => {
      const socket = connect({ port: Number(port), host: '127.0.0.1', noDelay: true }, () =>
        socket.write('x'),
      )
      socket.once('data', () => {
        count++
        socket.end()
      })
      socket.once('close', again)
      socket.on('error', () => {})
    }
    again()
  },

  datagrams() {
    const message = Buffer.alloc(load.bytes, 'x')
    const socket = createSocket('udp4')
    socket.connect(Number(port), '127.0.0.1', () => socket.send(message))
    socket.on('message', () => {
      count++
      socket.send(message)
    })
    // One that is lost is sent again; loopback loses some when buffers are full.
    let before = -1
    setInterval(() => {
      if (count === before) socket.send(message)
      before = count
    }, 100).unref()
    sockets.push({ destroy: () => socket.close() })
  },

  idle() {
    open(
      () => {},
      () => {
        count++
      },
    )
  },

  // For where there is no wrk. Responses are told apart by their length, which is that of the first one.
  http() {
    const heads = load.heads ?? [`GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`]
    const batches = heads.map((_, i) =>
      Buffer.from(
        Array.from({ length: load.pipelined }, (_, k) => heads[(i + k) % heads.length]).join(''),
      ),
    )
    let next = 0
    let size = 0
    let got = 0
    const send = (socket) => {
      socket.write(batches[next++ % batches.length])
    }
    open((socket, length, bytes) => {
      if (size === 0) size = responseLength(bytes.subarray(0, length))
      got += length
      if (got < size * load.pipelined) return
      got = 0
      count += load.pipelined
      send(socket)
    }, send)
  },
}

function responseLength(bytes) {
  const text = bytes.toString('latin1')
  const end = text.indexOf('\r\n\r\n')
  const length = /^content-length: (\d+)/im.exec(text)
  if (!text.startsWith('HTTP/1.1 200') || end === -1 || !length)
    throw new Error(`not the response that is measured: ${text.slice(0, 80)}`)
  return end + 4 + Number(length[1])
}

for (let i = 0; i < load.connections; i++) kinds[load.kind]()
setTimeout(() => {
  console.log(count)
  for (const socket of sockets) socket.destroy()
  process.exit(0)
}, Number(seconds) * 1000)
