/**
 * The two sides of an HTTP/1.1 connection, as tables. A machine holds one state for each side: on a
 * server the client's side moves by what is read and the server's side by what is sent; on a client it is
 * the other way round. `docs/states.md` is drawn from the tables, and the test walks every cell.
 *
 * The sides move independently, since pipelining lets the client be several messages ahead. What ties
 * them together (a response needs a request, a switch needs both) is in `sides.ts`.
 *
 * Events:
 * - `request`, `response`, `interim`, `data`, `end` are messages and their parts;
 * - `next` begins another message, `last` says that there is none (keep-alive.ts decides);
 * - `offer` is a request for an upgrade or a tunnel, answered by `switched` or `denied`;
 * - `closed` is the end of the stream, `fault` a broken rule.
 */

import { type EventOf, type StateOf, step, type Transitions } from '@sluice/socket/bytes'

/** The side that asks. */
export const CLIENT = {
  idle: { request: 'body', closed: 'closed', fault: 'error' },
  body: { data: 'body', end: 'done', fault: 'error' },
  done: {
    next: 'idle',
    last: 'must-close',
    offer: 'might-switch',
    closed: 'closed',
    fault: 'error',
  },
  'might-switch': { denied: 'done', switched: 'switched', closed: 'closed', fault: 'error' },
  'must-close': { closed: 'closed', fault: 'error' },
  switched: {},
  closed: { closed: 'closed', last: 'closed' },
  error: { closed: 'error', fault: 'error', last: 'error' },
} as const

/** The side that answers. */
export const SERVER = {
  idle: { interim: 'idle', response: 'body', closed: 'closed', fault: 'error' },
  body: { data: 'body', end: 'done', fault: 'error' },
  done: {
    next: 'idle',
    last: 'must-close',
    switched: 'switched',
    closed: 'closed',
    fault: 'error',
  },
  'must-close': { closed: 'closed', fault: 'error' },
  switched: {},
  closed: { closed: 'closed', last: 'closed' },
  error: { closed: 'error', fault: 'error', last: 'error' },
} as const

/** The events of both tables, each with its place in the rows that `compile` makes. */
export const EVENT: Readonly<Record<EventOf<typeof CLIENT> | EventOf<typeof SERVER>, number>> = {
  request: 0,
  response: 1,
  interim: 2,
  data: 3,
  end: 4,
  next: 5,
  last: 6,
  offer: 7,
  denied: 8,
  switched: 9,
  closed: 10,
  fault: 11,
}

/** A state of the side that asks. */
export type ClientState = keyof typeof CLIENT
/** A state of the side that answers. */
export type ServerState = keyof typeof SERVER

/** A state as a machine holds it: its name, and under the number of each event the state to which that leads. */
export interface Place<Name extends string> {
  readonly name: Name
  readonly next: readonly (Place<Name> | undefined)[]
}

/**
 * Makes a table one that is walked without a look at a name. The tables above are for people and for `step`; a server
 * takes six steps for each request, and to find a name in a table costs as much as to read a short head.
 *
 * @returns the states by name, each linked to those that may follow it
 */
export function compile<T extends Transitions>(
  table: T,
): { readonly [S in StateOf<T>]: Place<StateOf<T>> } {
  const rows: Record<string, { name: StateOf<T>; next: (Place<StateOf<T>> | undefined)[] }> = {}
  for (const name of Object.keys(table) as StateOf<T>[]) rows[name] = { name, next: [] }
  for (const { name, next } of Object.values(rows))
    for (const [event, place] of Object.entries(EVENT)) {
      const to = step(table, name, event as EventOf<T>)
      next[place] = to && rows[to]
    }
  return rows as never
}
