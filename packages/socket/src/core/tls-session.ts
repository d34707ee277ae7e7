/**
 * A TLS session as a program keeps it: what the runtime needs to resume it, and the certificates that it began with.
 *
 * A resumed handshake shows no certificate, and Node's client then has none to look at: it trusts the session, whatever
 * host it came from. Kept together, a session is held to name, dates and pins like any other handshake.
 *
 *     "sluice-session-1" · one byte, how many certificates · each: 4 bytes of length, DER · the runtime's session
 */
import { type Bytes, concat, encodeLatin1, equal } from './bytes.ts'

const MARK = encodeLatin1('sluice-session-1')
/** More than any chain has; OpenSSL goes no deeper than 100, browsers than 10. */
const MOST_CERTIFICATES = 16

/** What a kept session holds. */
export interface KeptSession {
  /** The peer's certificate, then those above it. */
  readonly chain: readonly Uint8Array[]
  /** The runtime's own. */
  readonly native: Uint8Array
}

/** Writes a session down. */
export function encodeSession({ chain, native }: KeptSession): Bytes {
  const parts: Uint8Array[] = [MARK, Uint8Array.of(Math.min(chain.length, MOST_CERTIFICATES))]
  for (const der of chain.slice(0, MOST_CERTIFICATES)) {
    const length = new Uint8Array(4)
    new DataView(length.buffer).setUint32(0, der.length)
    parts.push(length, der)
  }
  return concat([...parts, native])
}

/** Reads it again. @throws {SyntaxError} for what `encodeSession` did not write */
export function decodeSession(bytes: Uint8Array): KeptSession {
  const refuse = (): never => {
    throw new SyntaxError('tls.session is not a session that onSession gave')
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = MARK.length + 1
  const count = bytes[MARK.length]
  if (!equal(bytes.subarray(0, MARK.length), MARK) || count === undefined) return refuse()
  const chain: Uint8Array[] = []
  for (let i = 0; i < count; i++) {
    if (at + 4 > bytes.length) return refuse()
    const length = view.getUint32(at)
    const der = bytes.subarray(at + 4, at + 4 + length)
    if (der.length !== length) return refuse()
    chain.push(der)
    at += 4 + length
  }
  return at < bytes.length ? { chain, native: bytes.subarray(at) } : refuse()
}
