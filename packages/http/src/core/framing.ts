/**
 * Where a message body ends: RFC 9112 §6.3, in the order of its steps. Get this wrong and two programs
 * on one connection see different messages, which is what request smuggling is.
 *
 * Deviations, all on the strict side and all allowed: a message with both Content-Length and
 * Transfer-Encoding is refused (step 3 lets a server choose), so is a repeated Content-Length (step 5),
 * and Transfer-Encoding in HTTP/1.0 (§6.1 calls it faulty).
 */
import { splitList, TOKEN, trimOws } from './abnf.ts'
import { ProtocolError } from './errors.ts'
import { type FieldBlock, quoted } from './field-block.ts'
import { isBodiless } from './status.ts'

/** How the end of a body is known. `tunnel`: there is no body, what follows is no longer HTTP. */
export type Framing = 'none' | 'length' | 'chunked' | 'close' | 'tunnel'

/**
 * Decides the framing of a request.
 *
 * @throws {ProtocolError} where the fields do not allow one reading only
 */
export function requestFraming(method: string, minor: number, fields: FieldBlock): Framing {
  // Steps 1 and 2 are about responses. §3.2.3, RFC 9110 §9.3.6: CONNECT has no content; what follows it
  // belongs to the tunnel, and a parser that believed a length would swallow the first bytes of it.
  if (method === 'CONNECT') {
    if (fields.contentLength > 0 || fields.transferEncoding !== undefined)
      throw new ProtocolError({ reason: 'a CONNECT request with content' })
    return 'tunnel'
  }
  // Step 4 (and 3): Transfer-Encoding rules, and with Content-Length beside it nothing does.
  if (fields.transferEncoding !== undefined) {
    checkCodings(minor, fields)
    const codings = parseCodings(fields.transferEncoding)
    if (codings.at(-1) !== 'chunked')
      throw new ProtocolError({
        reason: 'Transfer-Encoding of a request does not end with chunked',
      })
    if (codings.length > 1)
      throw new ProtocolError({
        reason: `transfer coding ${codings[0]} is not implemented`,
        statusHint: 501,
      })
    return 'chunked'
  }
  // Steps 5 and 6; whether the value is a length was checked when it was read.
  if (fields.contentLength !== -1) return 'length'
  // Step 7: a request without either has no body.
  return 'none'
}

/**
 * Decides the framing of a response.
 *
 * @param method what the response answers
 * @throws {ProtocolError} where the fields do not allow one reading only
 */
export function responseFraming(
  method: string,
  status: number,
  minor: number,
  fields: FieldBlock,
): Framing {
  // Step 1: no body whatever the fields say.
  if (method === 'HEAD' || isBodiless(status)) return 'none'
  // Step 2: a successful CONNECT becomes a tunnel; Content-Length and Transfer-Encoding are ignored.
  if (method === 'CONNECT' && status >= 200 && status < 300) return 'tunnel'
  // Steps 3 and 4. Without chunked at its end the body lasts until the connection closes.
  if (fields.transferEncoding !== undefined) {
    checkCodings(minor, fields)
    const codings = parseCodings(fields.transferEncoding)
    if (codings.at(-1) === 'chunked') return 'chunked'
    if (codings.includes('chunked'))
      throw new ProtocolError({ reason: 'chunked is not the last transfer coding' })
    return 'close'
  }
  // Steps 5 and 6.
  if (fields.contentLength !== -1) return 'length'
  // Step 8.
  return 'close'
}

function checkCodings(minor: number, fields: FieldBlock): void {
  if (fields.contentLength !== -1)
    throw new ProtocolError({ reason: 'both Transfer-Encoding and Content-Length' })
  if (minor === 0) throw new ProtocolError({ reason: 'Transfer-Encoding in an HTTP/1.0 message' })
}

// RFC 9112 §7: transfer-coding = token *( OWS ";" OWS transfer-parameter ); chunked has no parameters.
function parseCodings(value: string): string[] {
  const codings = splitList(value.toLowerCase()).map((coding) => {
    const [name = '', ...parameters] = coding.split(';')
    const trimmed = trimOws(name)
    if (!TOKEN.test(trimmed))
      throw new ProtocolError({ reason: `transfer coding ${quoted(coding)} is not a token` })
    if (trimmed === 'chunked' && parameters.length > 0)
      throw new ProtocolError({ reason: 'chunked has no parameters' })
    return trimmed
  })
  if (codings.indexOf('chunked') !== codings.lastIndexOf('chunked'))
    throw new ProtocolError({ reason: 'chunked is applied more than once' })
  return codings
}
