/**
 * Names of drafts: what a file is called while it is being written, before it is moved to its place.
 *
 *     .sluice-1a2b3c4d-4711-0123456789abcdef.tmp      machine, process, and so much chance that no two are the same
 *
 * Rules it keeps:
 * - A draft says who writes it, so that the next writer can tell one that is being written from one that was left behind
 *   by a process that was killed.
 * - A draft is abandoned when its process is gone from this machine. Of another machine, and where the number has been given
 *   to another process, nobody can tell; after an hour it is abandoned all the same, since to write takes moments.
 */

/** Longer than anybody writes, milliseconds. */
const LONGEST = 3_600_000

/** Who writes. */
export interface DraftWriter {
  /** The machine: eight hexadecimal digits. */
  readonly host: string
  /** The process. */
  readonly pid: number
}

/** The name of a draft. @param chance hexadecimal digits that nobody else draws */
export function formatDraftName({ host, pid }: DraftWriter, chance: string): string {
  return `.sluice-${host}-${pid}-${chance}.tmp`
}

/** Who wrote it; nothing for a name that is no draft of ours. */
export function parseDraftName(name: string): DraftWriter | undefined {
  const [, host, pid] = /^\.sluice-([\da-f]{8})-(\d{1,10})-[\da-f]{16}\.tmp$/.exec(name) ?? []
  return host === undefined ? undefined : { host, pid: Number(pid) }
}

/**
 * Decides whether a draft was left behind.
 *
 * @param writer of the draft
 * @param host this machine
 * @param isAlive whether there is a process of that number here
 * @param age milliseconds since the draft was last written to
 */
export function isAbandoned(
  writer: DraftWriter,
  host: string,
  isAlive: (pid: number) => boolean,
  age: number,
): boolean {
  return (writer.host === host && !isAlive(writer.pid)) || age > LONGEST
}
