/**
 * An exchange as `curl -v` shows it: `>` before what we sent, `<` before what came, `*` before what happened. Made of the
 * trace events of this layer and of the one below.
 * Passwords and cookies are masked there already; no control character of a peer survives here.
 */
import type { SocketTraceEvent } from '@sluice/socket/trace'
import type { HttpTraceEvent } from '../core/trace-events.ts'

/**
 * Writes an event as lines.
 *
 * @param event of the layer of HTTP, or of that of sockets
 * @returns lines without their ends, none for what `curl -v` is silent about. Never throws
 * @see curl(1), option -v
 */
export function formatExchange(event: HttpTraceEvent | SocketTraceEvent): string[] {
  return event.layer === 'http' ? httpLines(event) : socketLines(event)
}

function httpLines(event: HttpTraceEvent): string[] {
  switch (event.name) {
    case 'request-head': {
      const { direction, method, target, version, headers } = event
      return head(direction, `${method} ${target} HTTP/${version}`, headers)
    }
    case 'response-head': {
      const { direction, version, status, reason, headers } = event
      return head(direction, `HTTP/${version} ${status} ${reason}`, headers)
    }
    case 'body':
      return [
        `* body ${event.direction}: ${count(event.bytes, 'byte')} in ${count(event.pieces, 'piece')}`,
      ]
    case 'trailer':
      return [`* trailer section ${event.direction}: ${count(event.fields, 'field')}`]
    case 'chunk':
      return []
    case 'upgrade':
      return [`* connection #${event.connection} speaks ${visible(event.protocol)} from here on`]
    case 'reuse':
      return [`* connection #${event.connection} is used again, for exchange ${event.exchange}`]
    case 'error':
      return [`* exchange failed: ${event.code}`]
    case 'end':
      return [`* connection #${event.connection} ${event.keepAlive ? 'is kept' : 'ends'}`]
  }
}

function socketLines(event: SocketTraceEvent): string[] {
  switch (event.name) {
    case 'resolved':
      return [`* ${event.hostname} is ${event.addresses.join(', ')}`]
    case 'attempt':
      return [`* trying ${event.target}`]
    case 'failed':
      return [`* ${event.target} failed: ${event.code}`]
    case 'hop':
      return [`* asking the proxy ${event.proxy} for ${event.hostname}`]
    case 'open':
      return [`* connection #${event.id} from ${event.local} to ${event.remote}`]
    case 'tls':
      return [
        `* TLS: ${event.protocol}, ${event.cipher}${event.alpn ? `, ALPN ${event.alpn}` : ''}`,
      ]
    case 'tlsFailed':
      return [`* TLS failed with ${event.target}: ${event.code}`]
    default:
      return []
  }
}

function head(direction: string, line: string, headers: string): string[] {
  const mark = direction === 'sent' ? '>' : '<'
  const fields = headers.split('\r\n').filter((field) => field !== '')
  return [line, ...fields, ''].map((text) => `${mark} ${visible(text)}`.trimEnd())
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/g

/** A peer must not move the cursor of who looks. */
export function visible(text: string): string {
  const escaped = (character: string): string =>
    `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`
  return text.replace(CONTROL, escaped)
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}
