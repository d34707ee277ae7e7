/**
 * Other people's idea of a stream: a connection as a Node Duplex, and as a pair of web streams. Back-pressure is
 * carried both ways, and a broken connection breaks the view with our error.
 */
import { Duplex } from 'node:stream'
import type {
  ReadableByteStreamController,
  ReadableStreamBYOBRequest,
  UnderlyingByteSource,
} from 'node:stream/web'
import { copy, type Data } from '../core/bytes.ts'
import { NodeTransport } from './node-transport.ts'
import type { ByteStream } from './stream.ts'
import type { StreamEngine } from './stream-engine.ts'

/** Hands a stream over as a Duplex: the bare socket where nothing of ours is wired into it, else a view. */
export function toDuplex(engine: StreamEngine): Duplex {
  const { transport } = engine
  if (!(transport instanceof NodeTransport) || transport.sharedBuffer) return viewOf(engine)
  // A socket that has told its end takes nothing back, and tells its new owner of no other.
  if (transport.socket.readableEnded) return viewOf(engine)
  const unread = engine.inbound.surrender()
  transport.unwire()
  engine.surrender()
  transport.socket.on('error', drop)
  // Neither flowing nor paused: as a fresh socket, it begins when its new owner listens.
  transport.socket.pause()
  Object.assign(transport.socket, { readableFlowing: null })
  if (unread.length > 0) transport.socket.unshift(unread)
  return transport.socket
}

/** An error ends the stream. That nobody listens for it is no reason to end the process. */
function drop(): void {}

/** Speaks to the machinery itself: the connection in front of it is finished. */
function viewOf(engine: StreamEngine): Duplex {
  const { inbound, outbound } = engine
  const duplex = new Duplex({
    allowHalfOpen: true,
    read: () => attachment.resume(),
    write: (chunk: Uint8Array, _encoding, callback) => {
      outbound.sendAll('sendAll', chunk).then(() => callback(), callback)
    },
    final: (callback) => {
      engine.shutdown('write').then(() => callback(), callback)
    },
    destroy: (error, callback) => {
      if (error) engine.destroy()
      else void engine.close()
      callback(error)
    },
  })
  duplex.on('error', drop)
  const attachment = inbound.attach({
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

/** The two directions as the web has them. */
export interface WebStreams {
  readonly readable: ReadableStream<Uint8Array<ArrayBuffer>>
  readonly writable: WritableStream<Data>
}

/** How much one read of a reader without memory of its own may bring. */
const CHUNK = 65_536

/** A view of a stream as a pair of web streams. */
export function toWebStreams(stream: ByteStream): WebStreams {
  let open = 2
  const oneEnded = (): void => {
    open--
    if (open === 0) void stream.close()
  }
  const source: UnderlyingByteSource = {
    type: 'bytes',
    autoAllocateChunkSize: CHUNK,
    async pull(controller: ReadableByteStreamController) {
      const request = controller.byobRequest as ReadableStreamBYOBRequest
      const count = await stream.recvInto(request.view as Uint8Array)
      if (count === null) {
        controller.close()
        oneEnded()
      }
      request.respond(count ?? 0)
    },
    async cancel() {
      oneEnded()
      // It may be over already; then there is nothing left to end.
      await stream.shutdown('read').catch(() => {})
    },
  }
  const writable = new WritableStream<Data>({
    write: (chunk) => stream.sendAll(chunk),
    async close() {
      await stream.shutdown('write')
      oneEnded()
    },
    abort: () => stream.destroy(),
  })
  const readable = new ReadableStream(source as never) as WebStreams['readable']
  return { readable, writable }
}
