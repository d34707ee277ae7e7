// Loaded before a program (`--import`) to watch it without changing it: writes each trace event of the socket
// layer to the error output, a JSON line each, with the bytes in hex and the time of day.
import { subscribe } from 'node:diagnostics_channel'
import type { SocketTraceEvent } from '@sluice/socket/trace'

/** Marks our lines among others. */
const MARK = '@sluice '

subscribe('sluice:socket', (message) => {
  const event = message as SocketTraceEvent
  const at = performance.timeOrigin + event.t
  const facts: Record<string, unknown> = { ...event, at }
  if ('data' in event) facts['data'] = Buffer.from(event.data as Uint8Array).toString('hex')
  process.stderr.write(`${MARK}${JSON.stringify(facts)}\n`)
})
