/**
 * One read buffer for all sockets of the process. The kernel's bytes land in it, the owner of the socket
 * is called, and the next read overwrites it. That saves an allocation and its page faults per read.
 *
 * **A view that outlives its call would show one client's bytes to another.** Hence three rules: what is
 * kept goes through {@link keep} or is gathered by `Inbound`, poison mode (`SLUICE_POISON=1`) fills the bytes
 * with 0xDD after every call, and the whole suite runs in that mode, in the plain one, and with this file
 * switched off (`SLUICE_SHARED_READ=0`).
 *
 * Who reads whole buffers and keeps them (a bulk `recv`, an upload) would copy all that comes once more. So a
 * socket whose full read was kept goes on in memory of its own, and that is given away instead of copied, as
 * long as reads fill it. Only full ones: the rest of a buffer holds what the process had in that memory
 * before. One read that does not fill it, and the socket is back at the shared buffer.
 *
 * Outgoing sockets use the documented `onread` option of net.connect. Accepted sockets have no such
 * option, so the same three properties are set on them afterwards, found by looking, never by version; a
 * runtime where one piece is missing reads by `data` events. See decisions/0003-shared-read-buffer.md.
 */
import type { Socket as NodeSocket, OnReadOpts } from 'node:net'
import { type Bytes, copy } from '../core/bytes.ts'
import { findReadBufferSymbols, type ReadBufferSymbols, runtimeName } from './runtime.ts'
import type { TransportOwner } from './transport.ts'

/** Whether bytes are overwritten once the call that brought them is over. */
export const POISON: boolean = process.env['SLUICE_POISON'] === '1'

/** As much as the kernel hands over in one read; libuv asks for 64 KiB too. */
export const FULL_READ = 65_536

const enabled = process.env['SLUICE_SHARED_READ'] !== '0' && runtimeName === 'node'

/** Called for each read; hands it over with {@link handOver}. */
type OnBytes = (this: NodeSocket, count: number, buffer: Uint8Array) => boolean

let buffer: Uint8Array | undefined
let symbols: ReadBufferSymbols | undefined
let looked = false

/** During a call: the memory that the bytes fill and that no other socket reads into. */
let gift: Bytes | undefined
/** During a call: whether a whole buffer of bytes was kept. */
let wasKept = false
/** Right after a call: what this socket reads into from now on; `null` for the same as before. */
let next: Uint8Array | null | undefined

function shared(): Uint8Array {
  buffer ??= new Uint8Array(FULL_READ)
  return buffer
}

/** Node asks for the buffer when a socket gets its handle, and then after each call. */
function nextBuffer(): Uint8Array | null {
  const chosen = next
  next = undefined
  return chosen === undefined ? shared() : chosen
}

/** Not zeroed, since all of it is written before anybody sees it. */
function unwritten(): Bytes {
  return new Uint8Array(Buffer.allocUnsafeSlow(FULL_READ).buffer as ArrayBuffer)
}

/**
 * Keeps bytes that a receiver was given: its view dies with the call that brought it. Where the whole of what one read
 * can bring was kept before, the memory itself changes hands and nothing is copied; everything else is copied.
 * Never throws.
 *
 * @param view what `bytes` of a receiver was called with, or a part of it; during that call
 * @returns bytes that belong to the caller, in memory that nothing else that a stranger sent lies in
 * @see decisions/0003-shared-read-buffer.md
 * @example
 * const connection = await connect('127.0.0.1:8080')
 * const parts: Uint8Array[] = []
 * connection.attach({
 *   bytes: (view) => parts.push(keep(view)) > 0,
 *   end: () => console.log(`${parts.length} parts`),
 *   error: console.error,
 * })
 */
export function keep(view: Uint8Array): Bytes {
  if (view.length !== FULL_READ) return copy(view)
  wasKept = true
  if (view.buffer !== gift?.buffer) return copy(view)
  const given = gift
  gift = undefined
  return given
}

/**
 * Hands over what one read brought, and finds out what the socket reads into from then on.
 *
 * @returns false when the socket should pause
 */
export function handOver(to: TransportOwner, count: number, memory: Uint8Array): boolean {
  const view = memory.subarray(0, count)
  const own = memory !== buffer && count === FULL_READ ? (memory as Bytes) : undefined
  gift = own
  wasKept = false
  const more = to.onBytes(view)
  if (POISON && (own === undefined || gift === own)) poison(view)
  gift = undefined
  next = wasKept ? unwritten() : memory === buffer ? null : shared()
  return more
}

/** Overwrites bytes that nobody may look at any more. */
export function poison(view: Uint8Array): void {
  view.fill(0xdd)
}

/** The `onread` option for an outgoing socket, or nothing where it is not used. */
export function sharedReadOption(onBytes: OnBytes): { onread: OnReadOpts } | undefined {
  if (!enabled) return undefined
  // The type asks for an array after each call; the runtime goes on with the one before for anything else.
  return { onread: { buffer: nextBuffer, callback: onBytes } as unknown as OnReadOpts }
}

/**
 * Makes sure that a socket reads through the shared buffer.
 *
 * @param socket connected and, if it was accepted, paused since then (`pauseOnConnect`)
 * @returns false when it has to be read by `data` events
 */
export function readThroughSharedBuffer(socket: NodeSocket, onBytes: OnBytes): boolean {
  if (!enabled) return false
  if (!looked) {
    looked = true
    symbols = findReadBufferSymbols()
  }
  if (symbols === undefined) return false
  const slots = socket as unknown as Record<symbol, unknown>
  if (slots[symbols.buffer]) return true
  const handle = (socket as { _handle?: { useUserBuffer?(buffer: Uint8Array): void } | null })
    ._handle
  if (typeof handle?.useUserBuffer !== 'function' || !socket.isPaused()) return false
  handle.useUserBuffer(shared())
  slots[symbols.buffer] = shared()
  slots[symbols.next] = nextBuffer
  slots[symbols.callback] = onBytes
  return true
}
