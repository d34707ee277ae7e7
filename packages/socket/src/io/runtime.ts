/**
 * What this runtime is and can do, found out once and by looking, not by version numbers: a feature is
 * here when its pieces are.
 */
import net from 'node:net'
import { NetError, type Phase } from '../core/errors.ts'

/** The runtime, by the marks that each leaves in the global scope. */
export const runtimeName: 'node' | 'bun' | 'deno' =
  'Bun' in globalThis ? 'bun' : 'Deno' in globalThis ? 'deno' : 'node'

/** The runtime with its version, for error sentences: `node 20.20.2`. */
export const runtime: string = `${runtimeName} ${
  runtimeName === 'node' ? process.versions.node : (process.versions[runtimeName] ?? '')
}`.trim()

/** The symbols under which Node keeps the user's read buffer of a socket, and what it asks for the next one. */
export interface ReadBufferSymbols {
  buffer: symbol
  next: symbol
  callback: symbol
}

/**
 * Looks for the three symbols on a socket that was made with the documented `onread` option.
 *
 * @returns `undefined` on a runtime that keeps them elsewhere or has no such option; then sockets are
 *   read by their `data` events. Why this is done at all: decisions/0003-shared-read-buffer.md
 */
export function findReadBufferSymbols(): ReadBufferSymbols | undefined {
  if (runtimeName !== 'node') return undefined
  // The constructor takes the option as connect() does, though its type does not say so.
  const options = { onread: { buffer: new Uint8Array(1), callback: () => true } }
  const probe = new net.Socket(options as net.SocketConstructorOpts)
  const symbols = Object.getOwnPropertySymbols(probe)
  probe.destroy()
  const find = (name: string): symbol | undefined => symbols.find((s) => s.description === name)
  const buffer = find('kBuffer')
  const next = find('kBufferGen')
  const callback = find('kBufferCb')
  return buffer && next && callback ? { buffer, next, callback } : undefined
}

/**
 * @throws {NetError} `ERR_UNSUPPORTED` where SO_REUSEPORT would be taken and ignored: by version, since an option that
 *   is ignored leaves nothing to look at
 */
export function checkReusePort(facts: { verb: string; target: string; phase: Phase }): void {
  const [major = 0, minor = 0] = (process.versions.node ?? '').split('.').map(Number)
  if (runtimeName === 'node' && (major > 23 || (major === 23 && minor >= 1))) return
  const reason = `${runtime} has no reusePort; Node has it from 23.1 on`
  throw new NetError({ ...facts, code: 'ERR_UNSUPPORTED', reason })
}
