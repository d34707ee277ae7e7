// What the other side of the soak test does in HTTP: sockets of node:net that write bytes, and count heads of answers.
import net from 'node:net'

const HEAD = Buffer.from('HTTP/1.1 ')
const GET = 'GET / HTTP/1.1\r\nHost: h\r\n\r\n'

const closed = (socket) => new Promise((resolve) => socket.once('close', resolve))

/** A connection that counts answers; their bodies never hold what a head begins with. */
function open(port, host) {
  const socket = net.connect({ port, host, noDelay: true })
  socket.answers = 0
  socket.on('error', (error) => {
    socket.broke = error.code
  })
  let rest = Buffer.alloc(0)
  socket.on('data', (bytes) => {
    // A head may be cut between two pieces.
    const all = rest.length === 0 ? bytes : Buffer.concat([rest, bytes])
    let from = 0
    for (let at = all.indexOf(HEAD); at !== -1; at = all.indexOf(HEAD, from)) {
      socket.answers++
      from = at + HEAD.length
    }
    rest = all.subarray(Math.max(from, all.length - HEAD.length + 1))
  })
  return socket
}

/** Waits until so many answers are here, or the connection is gone. */
function answered(socket, count) {
  return new Promise((resolve) => {
    const look = () => {
      if (socket.answers < count && !socket.destroyed) return
      socket.off('data', look).off('close', look)
      resolve()
    }
    socket.on('data', look).on('close', look)
    look()
  })
}

/** @param random dice; held sockets that are to be let go by another task; many runs a task so many times */
export function httpTasks(random, held, many) {
  return {
    /** Opens connections, asks once on each, and then says nothing more. */
    async askAndHold({ port, count }) {
      let answers = 0
      await many(count, 100, async () => {
        const socket = open(port, random().loopback())
        socket.write(GET)
        await answered(socket, 1)
        answers += socket.answers
        held.add(socket)
      })
      return { answers }
    },
    /** Sends heads that never end, a byte each time. Tells when the server had enough of each, and what it said. */
    async drip({ port, count, every }) {
      const times = []
      let timeouts = 0
      await Promise.all(
        Array.from({ length: count }, async () => {
          const socket = open(port, random().loopback())
          let heard = ''
          socket.on('data', (bytes) => (heard += bytes.toString('latin1')))
          await new Promise((resolve) => socket.once('connect', resolve).once('close', resolve))
          const begun = performance.now()
          socket.write('GET / HTTP/1.1\r\nX: ')
          const timer = setInterval(() => socket.writable && socket.write('x'), every)
          await new Promise((resolve) => socket.once('end', resolve).once('close', resolve))
          clearInterval(timer)
          times.push(performance.now() - begun)
          if (heard.startsWith('HTTP/1.1 408 ')) timeouts++
          socket.destroy()
        }),
      )
      return { timeouts, first: Math.min(...times), last: Math.max(...times) }
    },
    /** Asks as fast as answers come, so many requests at a time on each of fifty connections. */
    async load({ port, count, pipelined }) {
      let left = count
      let answers = 0
      const bytes = GET.repeat(pipelined)
      await many(Math.min(50, Math.ceil(count / pipelined)), 50, async () => {
        const socket = open(port, random().loopback())
        let asked = 0
        while (left > 0 && !socket.destroyed) {
          const now = Math.min(pipelined, left)
          left -= now
          asked += now
          socket.write(now === pipelined ? bytes : GET.repeat(now))
          await answered(socket, asked)
        }
        const gone = closed(socket)
        socket.end()
        await gone
        answers += socket.answers
      })
      return { answers }
    },
    /** Asks without an end, several at a time, until the server closes; and tells what came of it. */
    async press({ port, connections, pipelined }) {
      let answers = 0
      let broken = 0
      await many(connections, connections, async () => {
        const socket = open(port, random().loopback())
        const gone = closed(socket)
        let asked = 0
        const more = () => {
          while (asked - socket.answers < pipelined && socket.writable) {
            asked++
            socket.write(GET)
          }
        }
        socket.on('data', more)
        socket.on('connect', more)
        await gone
        answers += socket.answers
        // Who came too late to be accepted is refused, or reset before a byte came; nobody else is.
        if (socket.broke !== undefined && socket.bytesRead > 0) broken++
      })
      return { answers, broken }
    },
  }
}
