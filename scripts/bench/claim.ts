/**
 * What a bench file exports: one claim of speed, the programs that are compared, and the goal.
 *
 * Every candidate runs in a plain Node process of its own, against the built packages. A *server* candidate
 * returns the port that it listens on and is put under load from a second process; a *codec* candidate
 * returns one pass over its input and is asked to repeat it for so many milliseconds.
 */

/** One program: a function for a Node process, or another program that speaks the same lines. */
export type Candidate = (() => unknown) | { python: string } | { program: () => string[] }

/** What is put on a server. */
export type Load =
  /** Each connection sends so many bytes, waits until they are back, and sends again. */
  | { kind: 'echo'; connections: number; bytes: number }
  /** Each connection sends as fast as it is taken; one unit is 64 KiB. */
  | { kind: 'bulk'; connections: number }
  /** The candidate connects, to the port that the load sends it in a line, and reads; one unit is 64 KiB. */
  | { kind: 'feed'; connections: number }
  /** Each connection reads as fast as it is given; one unit is 64 KiB. */
  | { kind: 'sink'; connections: number }
  /** So many at a time connect, send one byte, wait until it is back, and close. */
  | { kind: 'churn'; connections: number }
  /** So many datagrams are under way at a time; each that comes back is sent again. */
  | { kind: 'datagrams'; connections: number; bytes: number }
  /**
   * Connections that are open and say nothing. Not time is measured here but resident memory, in bytes for each: the
   * ratio is theirs to ours.
   */
  | { kind: 'idle'; connections: number }
  /**
   * The candidate is a client: the load serves HTTP, and answers every request with so many bytes. What it serves is
   * sent to the candidate as a URL, in a line, on a connection to its port.
   */
  | { kind: 'serve'; connections: 1; bytes: number; json?: boolean; tls?: boolean }
  /** The same with an FTP server that has one file, `/file`, of so many bytes. */
  | { kind: 'ftp'; connections: 1; bytes: number }
  /**
   * Requests; `heads` are sent in turn, so many at once on each connection. Without them: wrk's own head. With `tls` wrk
   * has to be there.
   */
  | { kind: 'http'; connections: number; pipelined: number; heads?: string[]; tls?: boolean }

/** One ratio that is printed: how much more work `ours` does per second of CPU time than `theirs`. */
export interface Row {
  ours: string
  theirs: string
  /** By major version of Node; no goal means that the row is there for comparison. */
  goal?: Readonly<Record<number, number>>
}

export interface Claim {
  /** One sentence. */
  what: string
  /** What is counted: `request`, `round trip`, `URL`. */
  unit: string
  /** For servers. */
  load?: Load
  candidates: Readonly<Record<string, Candidate>>
  rows: readonly Row[]
}
