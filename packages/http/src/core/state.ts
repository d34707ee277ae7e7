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

/** A state of the side that asks. */
export type ClientState = keyof typeof CLIENT
/** A state of the side that answers. */
export type ServerState = keyof typeof SERVER
