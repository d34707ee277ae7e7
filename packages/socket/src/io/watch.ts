/**
 * Watching: the events of the layers written as lines, and the bytes of one connection handed to a program. Both
 * listen on the channels of `trace.ts`; while nobody watches, nothing is built.
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { encodeLatin1, kindOf } from '../core/bytes.ts'
import { quoted } from '../core/quote.ts'
import type { SocketTraceEvent, TraceEventBase } from '../core/trace-events.ts'
import { formatTraceJson, formatTraceText, type TraceFormat } from '../core/trace-format.ts'
import { fence } from './fence.ts'
import { checkKeys } from './options.ts'

/** What to watch, and how to write it. */
export interface WatchOptions extends TraceFormat {
  /** `text` for people (default), `json` for programs: an object a line. */
  format?: 'text' | 'json' | undefined
  /** Which layers; default `['socket']`. */
  layers?: readonly ('socket' | 'http' | 'url')[] | undefined
}

/** Something that watches until it is told not to. */
export interface Watch extends Disposable {
  /** Watches no more; a second call does nothing. Never throws. */
  stop(): void
}

/**
 * Writes every event of this process as a line.
 *
 * @param write is given each line, without its end; what it throws is printed, and ends the watching
 * @param options the form of a line, how many bytes, and which layers
 * @throws {TypeError} for something else than a function, or an unknown option, format or layer
 * @see Node's diagnostics_channel.subscribe; strace(1)
 * @example
 * using watching = watch((line) => console.error(line), { bytes: 64 })
 */
export function watch(write: (line: string) => void, options: WatchOptions = {}): Watch {
  if (typeof write !== 'function')
    throw new TypeError(`watch takes a function of a line, not ${kindOf(write)}`)
  checkKeys('watch', options, ['format', 'layers', 'bytes'])
  const { format = 'text', layers = ['socket'], bytes = 0 } = options
  if (format !== 'text' && format !== 'json')
    throw new TypeError(`watch: format must be 'text' or 'json', not ${quoted(format)}`)
  if (!Array.isArray(layers))
    throw new TypeError(`watch: layers must be a list, not ${kindOf(layers)}`)
  checkBytes(bytes)
  for (const layer of layers)
    if (!['socket', 'http', 'url'].includes(layer))
      throw new TypeError(`watch: there is no layer ${quoted(layer)}; there are socket, http, url`)
  const toLine = format === 'json' ? formatTraceJson : formatTraceText
  return listenTo('watch', layers, (event) => write(toLine(event, { bytes })))
}

function checkBytes(bytes: unknown): void {
  if (typeof bytes !== 'number')
    throw new TypeError(`watch: bytes must be a number, not ${kindOf(bytes)}`)
  if (!(bytes >= 0)) throw new RangeError(`watch: bytes must be 0 or more, not ${bytes}`)
}

/** Takes the bytes of a connection, in both directions. */
export interface TapSink {
  /** Bytes that this program gave to the system; valid until the call returns. */
  sent?(bytes: Uint8Array): void
  /** Bytes that came from the system; valid until the call returns. */
  received?(bytes: Uint8Array): void
}

/**
 * Hands the bytes of one connection to `sink` as they pass, from here on. They pass whether or not the sink looks.
 *
 * @param connection anything with the `id` that trace events carry
 * @param sink is called with each piece; what it throws is printed, and ends the watching
 * @throws {TypeError} for what has no `id`, or is no sink
 * @see tcpdump(8), of one connection
 * @example
 * const tapped = tap(connection, { received: (bytes) => console.log(bytes.length) })
 */
export function tap(connection: { readonly id: number }, sink: TapSink): Watch {
  if (typeof connection?.id !== 'number')
    throw new TypeError(`tap takes a connection, not ${kindOf(connection)}`)
  if (typeof sink !== 'object' || sink === null)
    throw new TypeError(`tap: a sink is an object of functions, not ${kindOf(sink)}`)
  return listenTo('tap', ['socket'], (event) => {
    const seen = event as SocketTraceEvent
    if (seen.id !== connection.id) return
    if (seen.name === 'receive') return sink.received?.(seen.data)
    if (seen.name === 'send')
      return sink.sent?.(typeof seen.data === 'string' ? encodeLatin1(seen.data) : seen.data)
  })
}

function listenTo(
  verb: string,
  layers: readonly string[],
  take: (event: TraceEventBase) => unknown,
): Watch {
  const channels = layers.map((layer) => `sluice:${layer}`)
  // A channel of Node ends the process with what a subscriber throws. Who only looks on must not.
  const onEvent = (event: unknown): void => {
    fence(
      () => take(event as TraceEventBase),
      (error) => {
        stop()
        console.error(`${verb}: the function threw`, error)
      },
    )
  }
  for (const channel of channels) subscribe(channel, onEvent)
  const stop = (): void => {
    for (const channel of channels) unsubscribe(channel, onEvent)
  }
  return { stop, [Symbol.dispose]: stop }
}
