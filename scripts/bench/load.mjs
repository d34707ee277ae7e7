// The load: `node load.mjs PORT SECONDS JSON`, a process of its own on another core. Prints how many units were
// done. It reads by the `onread` option and writes prebuilt bytes, to be as little in the way as it can.
import { createSocket } from 'node:dgram'
import { connect, createServer } from 'node:net'
import { createInterface } from 'node:readline'
import { createServer as createTls } from 'node:tls'

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

  // The candidate is a client of ours: what is measured is asking and reading the answers.
  async serve() {
    const text = load.json ? records(load.bytes) : 'x'.repeat(load.bytes)
    const type = load.json ? 'application/json' : 'text/plain'
    const head = `HTTP/1.1 200 OK\r\nContent-Type: ${type}\r\nContent-Length: ${text.length}\r\n\r\n`
    const reply = Buffer.from(head + text)
    const answer = (socket) => {
      sockets.push(socket)
      socket.setNoDelay(true)
      socket.on('error', () => {})
      let asked = ''
      socket.on('data', (chunk) => {
        asked += chunk.latin1Slice()
        if (!asked.endsWith('\r\n\r\n')) return
        asked = ''
        count++
        socket.write(reply)
      })
    }
    const server = load.tls ? createTls(await certificate(), answer) : createServer(answer)
    server.listen(0, '127.0.0.1', () => {
      tell(`http${load.tls ? 's' : ''}://127.0.0.1:${server.address().port}/`)
    })
  },

  // No more of RFC 959 than one download after the other needs.
  ftp() {
    const block = Buffer.alloc(1_048_576, 'x')
    const send = (socket, left, done) => {
      if (left === 0) return done()
      const part = block.subarray(0, Math.min(left, block.length))
      socket.write(part, () => {
        count += part.length / 65_536
        send(socket, left - part.length, done)
      })
    }
    const server = createServer((control) => {
      sockets.push(control)
      control.on('error', () => {})
      const say = (line) => control.write(`${line}\r\n`)
      let connected
      const replies = {
        USER: () => say('331 a password, please'),
        PASS: () => say('230 welcome'),
        TYPE: () => say('200 as you like'),
        SIZE: () => say(`213 ${load.bytes}`),
        QUIT: () => control.end('221 bye\r\n'),
        EPSV() {
          connected = new Promise((resolve) => {
            const data = createServer((socket) => {
              data.close()
              socket.on('error', () => {})
              resolve(socket)
            }).listen(0, '127.0.0.1', () => say(`229 here (|||${data.address().port}|)`))
          })
        },
        async RETR() {
          const socket = await connected
          say('150 here it comes')
          send(socket, load.bytes, () => {
            socket.end()
            say('226 that was all')
          })
        },
      }
      say('220 the load')
      createInterface({ input: control }).on('line', (line) => {
        const reply = replies[line.split(' ')[0].toUpperCase()]
        if (reply) reply()
        else say('502 not here')
      })
    }).listen(0, '127.0.0.1', () => {
      tell(`ftp://127.0.0.1:${server.address().port}/file`)
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

/** Sends the candidate, in a line, where it is to go. */
function tell(url) {
  open(
    () => {},
    (socket) => socket.write(`${url}\n`),
  )
}

/** A list of records, as an API gives it, of that many characters. */
function records(length) {
  const list = []
  for (let id = 1000; JSON.stringify(list).length < length - 120; id++)
    list.push({ id, name: `number ${id}`, isOpen: id % 2 === 0, tags: ['a', 'b'], score: id / 8 })
  return JSON.stringify(list).padEnd(length)
}

async function certificate() {
  const { makeCertificate } = await import('../../packages/socket/dist/testing.js')
  return makeCertificate({ name: 'localhost', names: ['localhost', '127.0.0.1'] })
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
