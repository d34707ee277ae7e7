/**
 * The lives of a socket and of a connection, as tables. Nothing outside this file decides what may
 * follow what; `docs/states.md` is drawn from the tables, and the test walks every cell, the empty ones
 * too.
 */

/** For each state, the events that it answers to and the state that each leads to. */
export type Transitions = Readonly<Record<string, Readonly<Record<string, string>>>>

/** The states of a table. */
export type StateOf<T extends Transitions> = keyof T & string
/** The events of a table. */
export type EventOf<T extends Transitions> = { [S in keyof T]: keyof T[S] }[keyof T] & string

/** A socket of `socket()`: what it is decides itself by the first verb that is used. */
export const SOCKET = {
  new: {
    bind: 'bound',
    connect: 'connecting',
    listen: 'listening',
    accepted: 'open',
    close: 'closed',
  },
  bound: { connect: 'connecting', listen: 'listening', failed: 'new', close: 'closed' },
  connecting: { connected: 'open', failed: 'new', close: 'closed' },
  listening: { accept: 'listening', listen: 'listening', close: 'closed' },
  open: { close: 'closed' },
  closed: { close: 'closed' },
} as const

/**
 * A stream connection: two directions that end independently (RFC 9293 §3.6).
 * `peer-finished` is TCP's CLOSE-WAIT, `we-finished` is FIN-WAIT; in `closing` what was sent is still on
 * its way, but this program has let go.
 */
export const CONNECTION = {
  open: {
    peerFinished: 'peer-finished',
    weFinished: 'we-finished',
    close: 'closing',
    broke: 'closed',
  },
  'peer-finished': { weFinished: 'finished', close: 'closing', broke: 'closed' },
  'we-finished': { peerFinished: 'finished', close: 'closing', broke: 'closed' },
  finished: { close: 'closing', gone: 'closed', broke: 'closed' },
  closing: { peerFinished: 'closing', close: 'closing', gone: 'closed', broke: 'closed' },
  closed: { close: 'closed', broke: 'closed', gone: 'closed' },
} as const

/**
 * Takes one step in a table. Never throws.
 *
 * @param table states, and what leads on from each
 * @param state where one is
 * @param event what happened
 * @returns the next state, or `undefined` where the event has no place
 * @see RFC 9293 §3.3.2, a table of this kind
 */
export function step<T extends Transitions>(
  table: T,
  state: StateOf<T>,
  event: EventOf<T>,
): StateOf<T> | undefined {
  // Every target is text: what Object.prototype answers to is not, so no name can lead out of the table.
  const next = (table[state] as Readonly<Record<string, unknown>> | undefined)?.[event]
  return typeof next === 'string' ? (next as StateOf<T>) : undefined
}
