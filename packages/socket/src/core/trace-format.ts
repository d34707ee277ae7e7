/**
 * Trace events as text: for people a line each, with the bytes in hex and as characters below it; for programs a
 * JSON object a line. Made for the events of every layer, since all have the same frame.
 *
 * Bytes are left out unless asked for: they may hold passwords, and a log outlives its purpose.
 */
import { decodeLatin1, encodeLatin1 } from './bytes.ts'
import type { TraceEventBase } from './trace-events.ts'

/** What to write of an event. */
export interface TraceFormat {
  /** How many of the bytes to show; default 0: their number alone. `Infinity` shows all. */
  bytes?: number | undefined
}

const FRAME = new Set(['id', 'parent', 't', 'layer', 'name', 'data'])

/**
 * Writes an event for people: `12.345 #7<3 socket send bytes=13`, and below it, if asked for, the bytes.
 * Never throws.
 *
 * @param event of any layer
 * @param options `bytes`: how many of the bytes to show; default 0
 * @returns one line or several, without the last line break. No control character of a peer survives in it
 * @see docs/errors.md; Node's diagnostics_channel, where events come from
 */
export function formatTraceText(event: TraceEventBase, { bytes = 0 }: TraceFormat = {}): string {
  const { id, parent, t, layer } = event
  const who = parent === 0 ? `#${id}` : `#${id}<${parent}`
  const facts = Object.entries(event)
    .filter(([key, value]) => !FRAME.has(key) && value !== undefined)
    .map(([key, value]) => `${key}=${plain(value)}`)
  const line = [t.toFixed(3).padStart(10), who.padEnd(8), layer.padEnd(6), nameOf(event), ...facts]
  const data = dataOf(event)
  if (bytes === 0 || data === undefined) return line.join(' ')
  const shown = hexLines(data.subarray(0, bytes)).map((row) => `           ${row}`)
  const rest = data.length - Math.min(data.length, bytes)
  return [line.join(' '), ...shown, ...(rest > 0 ? [`           (${rest} more)`] : [])].join('\n')
}

/**
 * Writes an event for programs: one JSON object, `data` as hex digits if asked for. Never throws.
 *
 * @param event of any layer
 * @param options `bytes`: how many of the bytes to show; default 0
 * @returns one line
 * @see RFC 8259; JSON Lines, one object a line
 */
export function formatTraceJson(event: TraceEventBase, { bytes = 0 }: TraceFormat = {}): string {
  const { data: _, ...facts } = event as TraceEventBase & { data?: unknown }
  const data = dataOf(event)
  if (bytes === 0 || data === undefined) return JSON.stringify(facts)
  return JSON.stringify({ ...facts, data: hex(data.subarray(0, bytes), '') })
}

/**
 * Bytes as people read them: sixteen a line, in hex and as text. Never throws.
 *
 * @param bytes any
 * @see hexdump(1), option -C
 */
export function hexLines(bytes: Uint8Array): string[] {
  const lines: string[] = []
  for (let at = 0; at < bytes.length; at += 16) {
    const row = bytes.subarray(at, at + 16)
    const characters = Array.from(row, (byte) => (byte > 0x1f && byte < 0x7f ? byte : 0x2e))
    lines.push(`${hex(row, ' ').padEnd(48)} ${decodeLatin1(Uint8Array.from(characters))}`)
  }
  return lines
}

function hex(bytes: Uint8Array, between: string): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(between)
}

function nameOf(event: TraceEventBase): string {
  return String((event as TraceEventBase & { name?: unknown }).name)
}

function dataOf(event: TraceEventBase): Uint8Array | undefined {
  const { data } = event as TraceEventBase & { data?: unknown }
  if (typeof data === 'string') return encodeLatin1(data)
  return data instanceof Uint8Array ? data : undefined
}

/** Text as it is when it has no surprises in it, else quoted, so that a line stays a line. */
function plain(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return /^[\x21-\x7e]+$/.test(text) ? text : JSON.stringify(text)
}
