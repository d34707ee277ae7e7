/**
 * One read buffer for all sockets of the process. The kernel's bytes land in it, the owner of the socket
 * is called, and the next read overwrites it. That saves an allocation and its page faults per read.
 *
 * **A view that outlives its call would show one client's bytes to another.** Hence three rules: what is
 * kept is copied in one place (`Inbound`), poison mode (`SLUICE_POISON=1`) fills the bytes with 0xDD after
 * every call, and the whole suite runs in that mode, in the plain one, and with this file switched off
 * (`SLUICE_SHARED_READ=0`).
 *
 * Outgoing sockets use the documented `onread` option of net.connect. Accepted sockets have no such
 * option, so the same two properties are set on them afterwards, found by looking, never by version; a
 * runtime where one piece is missing reads by `data` events. See decisions/0003-shared-read-buffer.md.
 */
import type { Socket as NodeSocket, OnReadOpts } from 'node:net'
import { findReadBufferSymbols, type ReadBufferSymbols, runtimeName } from './runtime.ts'

/** Whether bytes are overwritten once the call that brought them is over. */
export const POISON: boolean = process.env['SLUICE_POISON'] === '1'

/** As much as the kernel hands over in one read; libuv asks for 64 KiB too. */
const SIZE = 65_536

const enabled = process.env['SLUICE_SHARED_READ'] !== '0' && runtimeName === 'node'

type OnBytes = (this: NodeSocket, count: number, buffer: Uint8Array) => boolean

let buffer: Uint8Array | undefined
let symbols: ReadBufferSymbols | undefined
let looked = false

function shared(): Uint8Array {
  buffer ??= new Uint8Array(SIZE)
  return buffer
}

/** Overwrites bytes that nobody may look at any more. */
export function poison(view: Uint8Array): void {
  view.fill(0xdd)
}

/** The `onread` option for an outgoing socket, or nothing where it is not used. */
export function sharedReadOption(onBytes: OnBytes): { onread: OnReadOpts } | undefined {
  if (!enabled) return undefined
  return { onread: { buffer: shared(), callback: onBytes as OnReadOpts['callback'] } }
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
  slots[symbols.callback] = onBytes
  return true
}
