/**
 * What a request is for: which forms of target a method may have, and what a Host must be. Shared by what
 * is read and what is sent.
 */
import { ABSOLUTE_FORM, AUTHORITY_FORM, HOST } from './abnf.ts'
import { ProtocolError } from './errors.ts'
import type { FieldBlock } from './field-block.ts'

/**
 * RFC 9112 §3.2: each method takes some forms of target, and no others. The characters were checked before.
 *
 * @throws {ProtocolError}
 */
export function checkTarget(method: string, target: string): void {
  if (method === 'CONNECT') {
    if (!AUTHORITY_FORM.test(target)) throw wrong('the target of CONNECT is not host:port', '3.2.3')
    return
  }
  if (target.charCodeAt(0) === 0x2f) return
  if (target === '*') {
    if (method !== 'OPTIONS') throw wrong('only OPTIONS has the target *', '3.2.4')
    return
  }
  if (!ABSOLUTE_FORM.test(target))
    throw wrong('the request target has none of the four forms', '3.2')
}

/**
 * RFC 9112 §3.2: a server answers 400 to a missing, repeated or malformed Host.
 *
 * @throws {ProtocolError}
 */
export function checkHost(fields: FieldBlock, minor: number): void {
  const { hostCount, host } = fields
  if (hostCount === 0 && minor === 0) return
  if (hostCount === 0) throw wrong('a request without Host', '3.2')
  if (hostCount > 1) throw wrong('more than one Host', '3.2')
  if (!HOST.test(host as string)) throw wrong('Host is not a host', '3.2')
}

function wrong(reason: string, section: string): ProtocolError {
  return new ProtocolError({ reason: `${reason} (RFC 9112 §${section})` })
}
