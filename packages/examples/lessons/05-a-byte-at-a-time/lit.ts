// Where a machine is, as a row of lamps.
import type { Http1Machine } from '@sluice/http/parser'

/** The states of the side that asks, the present one in brackets; a head that has begun is told apart from none. */
export function lit(machine: Http1Machine): string {
  const { clientState, isMidMessage } = machine
  const now = clientState === 'idle' && isMidMessage ? 'head' : clientState
  return ['idle', 'head', 'body', 'must-close']
    .map((state) => (state === now ? `[${state}]` : ` ${state} `))
    .join('')
}
