/**
 * The writers: values in, text of the wire out. Heads are latin-1 text, so that a head and a small body
 * can leave in one string and one write.
 *
 * Rules they keep:
 * - Nothing is sent that has not been checked: names are tokens, values hold no control characters, a
 *   target has no space. A `ProtocolError` with side `local` comes before the first byte.
 * - Framing fields are written from one decision. What the caller said about length is believed once, and
 *   then held against what is really sent.
 */
import { decodeLatin1, encodeLatin1 } from '@sluice/socket/bytes'
import { FIELD_VALUE, TARGET_BYTE, TOKEN } from './abnf.ts'
import { ProtocolError } from './errors.ts'
import { quoted } from './field-block.ts'
import { reasonPhrase } from './status.ts'

/** Field lines ready to be sent, and what they say about the message. */
export interface OutgoingFields {
  /** The lines, each with its CRLF. */
  readonly text: string
  /** Content-Length, or -1. */
  readonly length: number
  readonly chunked: boolean
  readonly close: boolean
  readonly keepAlive: boolean
  readonly upgrade: boolean
  readonly host: boolean
  /** Whether the body waits for `100 Continue`. */
  readonly expects: boolean
  readonly date: boolean
}

const NO_FIELDS: OutgoingFields = {
  text: '',
  length: -1,
  chunked: false,
  close: false,
  keepAlive: false,
  upgrade: false,
  host: false,
  expects: false,
  date: false,
}

/**
 * Writes field lines.
 *
 * @param entries flat list of name, folded name and value, already checked
 * @throws {ProtocolError} framing fields that contradict each other, or that nobody can keep
 */
export function formatFields(entries: readonly string[]): OutgoingFields {
  if (entries.length === 0) return NO_FIELDS
  const facts = { ...NO_FIELDS } as { -readonly [K in keyof OutgoingFields]: OutgoingFields[K] }
  let text = ''
  for (let i = 0; i < entries.length; i += 3) {
    const value = entries[i + 2] as string
    text += `${entries[i] as string}: ${value}\r\n`
    note(facts, entries[i + 1] as string, value)
  }
  if (facts.chunked && facts.length !== -1)
    throw new ProtocolError({ reason: 'both Content-Length and Transfer-Encoding were given' })
  facts.text = text
  return facts
}

function note(
  facts: { -readonly [K in keyof OutgoingFields]: OutgoingFields[K] },
  folded: string,
  value: string,
): void {
  switch (folded) {
    case 'content-length': {
      const length = Number(value)
      if (facts.length !== -1 || !/^\d+$/.test(value) || !Number.isSafeInteger(length))
        throw new ProtocolError({ reason: `Content-Length ${quoted(value)} can not be kept` })
      facts.length = length
      return
    }
    case 'transfer-encoding':
      if (facts.chunked || value.toLowerCase() !== 'chunked')
        throw new ProtocolError({
          reason: `Transfer-Encoding ${quoted(value)}: only chunked is known`,
        })
      facts.chunked = true
      return
    case 'connection':
      for (const option of value.toLowerCase().split(',')) {
        const name = option.trim()
        if (name === 'close') facts.close = true
        else if (name === 'keep-alive') facts.keepAlive = true
        else if (name === 'upgrade') facts.upgrade = true
      }
      return
    case 'host':
      if (facts.host) throw new ProtocolError({ reason: 'more than one Host' })
      facts.host = true
      return
    case 'expect':
      facts.expects = value.toLowerCase() === '100-continue'
      return
    case 'date':
      facts.date = true
  }
}

/**
 * Checks one field, as it will be sent.
 *
 * @throws {TypeError} a name that is not a token, a value with control characters or beyond latin-1
 */
export function checkField(name: string, value: string): void {
  if (!TOKEN.test(name)) throw new TypeError(`field name ${quoted(name)} is not a token`)
  if (!FIELD_VALUE.test(value))
    throw new TypeError(
      `value of field ${name} holds a control character or one beyond latin-1: ${quoted(value)}`,
    )
}

/**
 * The same text in one piece of memory. A text that was joined is a tree of its parts, walked each time that it
 * is sent; one that is sent again and again is worth the copy.
 */
export function flat(text: string): string {
  return decodeLatin1(encodeLatin1(text))
}

const statusLines: string[] = []

/**
 * Writes a status line, with its CRLF.
 *
 * @param reason the registered phrase when left out
 * @throws {ProtocolError} a status outside 100 to 999, a reason that can not be sent
 */
export function formatStatusLine(status: number, reason?: string): string {
  if (reason === undefined || reason === '') {
    const cached = statusLines[status]
    if (cached !== undefined) return cached
  }
  if (!Number.isInteger(status) || status < 100 || status > 999)
    throw new ProtocolError({ reason: `status ${status} is not three digits from 100 up` })
  const phrase = reason || reasonPhrase(status)
  if (!FIELD_VALUE.test(phrase))
    throw new ProtocolError({ reason: `reason phrase ${quoted(phrase)} can not be sent` })
  const line = `HTTP/1.1 ${status} ${phrase}\r\n`
  if (!reason) statusLines[status] = line
  return line
}

/**
 * Writes a request line, with its CRLF.
 *
 * @throws {ProtocolError} a method that is not a token, a target with white space or controls
 */
export function formatRequestLine(method: string, target: string): string {
  if (!TOKEN.test(method))
    throw new ProtocolError({ reason: `method ${quoted(method)} is not a token` })
  if (target === '') throw new ProtocolError({ reason: 'the request target is empty' })
  for (let i = 0; i < target.length; i++)
    if (target.charCodeAt(i) > 0x7e || TARGET_BYTE[target.charCodeAt(i)] !== 1)
      throw new ProtocolError({ reason: `request target ${quoted(target)} can not be sent` })
  return `${method} ${target} HTTP/1.1\r\n`
}

/** Writes a chunk size with its CRLF; the data and another CRLF follow it (RFC 9112 §7.1). */
export function formatChunkSize(size: number): string {
  return `${size.toString(16)}\r\n`
}

/** The last chunk and an empty trailer section. */
export const LAST_CHUNK = '0\r\n\r\n'
