/**
 * Other people's idea of a stream: a connection as a Node Duplex. Back-pressure is carried both ways, and
 * a broken connection destroys the Duplex with our error.
 */
import { Duplex } from 'node:stream'
import { copy } from '../core/bytes.ts'
import { NodeTransport } from './node-transport.ts'
import type { ByteStream } from './stream.ts'
import type { StreamEngine } from './stream-engine.ts'

/** Hands a stream over as a Duplex: the bare socket where nothing of ours is wired into it, else a view. */
export function toDuplex(stream: ByteStream, engine: StreamEngine): Duplex {
  const { transport } = engine
  if (!(transport instanceof NodeTransport) || transport.sharedBuffer) return viewOf(stream)
  const unread = engine.inbound.surrender()
  transport.unwire()
  engine.surrender()
  // Neither flowing nor paused: as a fresh socket, it begins when its new owner listens.
  transport.socket.pause()
  Object.assign(transport.socket, { readableFlowing: null })
  if (unread.length > 0) transport.socket.unshift(unread)
  return transport.socket
}

function viewOf(stream: ByteStream): Duplex {
  const duplex = new Duplex({
    allowHalfOpen: true,
    read: () => attachment.resume(),
    write: (chunk: Uint8Array, _encoding, callback) => {
      stream.sendAll(chunk).then(() => callback(), callback)
    },
    final: (callback) => {
      stream.shutdown('write').then(() => callback(), callback)
    },
    destroy: (error, callback) => {
      if (error) stream.destroy()
      else void stream.close()
      callback(error)
    },
  })
  const attachment = stream.attach({
    bytes: (view) => duplex.push(copy(view)),
    end: () => {
      duplex.push(null)
    },
    error: (error) => {
      duplex.destroy(error)
    },
  })
  return duplex
}
