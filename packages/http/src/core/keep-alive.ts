/**
 * Whether a connection is used again after a message: RFC 9112 §9.3, step by step.
 */
import type { FieldBlock } from './field-block.ts'
import type { Framing } from './framing.ts'

/**
 * Decides what a received message says about the connection.
 *
 * @param minor minor version of the message
 * @returns whether another message may follow on the same connection
 */
export function persists(minor: number, fields: FieldBlock, framing: Framing): boolean {
  // A body that lasts until the end of the connection leaves nothing to use again.
  if (framing === 'close') return false
  // 1. The close option says so.
  if (fields.close) return false
  // 2. HTTP/1.1 or later persists.
  if (minor >= 1) return true
  // 3. HTTP/1.0 persists when asked to; we are no proxy, so the warning of §9.3 does not apply.
  return fields.keepAlive
  // 4. Everything else closes.
}
