/** Watching exchanges: what `curl -v` shows, of everything that this process sends and answers. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { SocketTraceEvent, Watch } from '@sluice/socket/trace'
import { checkOptions } from '../core/check-options.ts'
import type { HttpTraceEvent } from '../core/trace-events.ts'
import { fence } from './fence.ts'
import { formatExchange } from './trace-lines.ts'

/** What to watch. */
export interface WatchExchangesOptions {
  /** Whether connecting and TLS are shown, too; default true. */
  connections?: boolean | undefined
}

const KEYS = ['connections']

/**
 * Writes every exchange of this process as `curl -v` shows it; nothing is built while nobody watches.
 *
 * @param write is given each line, without its end; what it throws, or rejects with, is printed, and ends the
 *   watching
 * @param options whether connections are shown; secrets never are
 * @returns what ends it
 * @throws {TypeError} for something else than a function, or an unknown option
 * @see curl(1), option -v; Node's diagnostics_channel.subscribe
 * @example
 * const watching = watchExchanges((line) => console.error(line))
 * watching.stop()
 */
export function watchExchanges(
  write: (line: string) => void,
  options: WatchExchangesOptions = {},
): Watch {
  if (typeof write !== 'function') throw new TypeError('watchExchanges takes a function of a line')
  checkOptions('watchExchanges', options, KEYS)
  const { connections = true } = options
  const channels = connections ? ['sluice:socket', 'sluice:http'] : ['sluice:http']
  // A channel of Node ends the process with what a subscriber throws. Who only looks on must not.
  const threw = (error: unknown): void => {
    stop()
    console.error('watchExchanges: the function threw', error)
  }
  const onEvent = (event: unknown): void => {
    const lines = formatExchange(event as HttpTraceEvent | SocketTraceEvent)
    for (const line of lines) fence(() => write(line), threw)
  }
  for (const channel of channels) subscribe(channel, onEvent)
  const stop = (): void => {
    for (const channel of channels) unsubscribe(channel, onEvent)
  }
  return { stop, [Symbol.dispose]: stop }
}
