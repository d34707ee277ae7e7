/** What the commands share: what they run on, what they are asked for, and the refusal of a line that can't be meant. */
import type { Writable } from 'node:stream'

/** What a command runs on: the process, or a test's idea of one. */
export interface Stage {
  readonly stdout: Writable
  readonly stderr: { write(text: string): unknown; on?(event: 'error', told: () => void): unknown }
  /** Aborts at Ctrl-C and SIGTERM. */
  readonly signal: AbortSignal
}

/** What the arguments ask for. */
export interface CommandPlan {
  readonly operands: readonly string[]
  readonly flags: Readonly<Record<string, string | boolean | string[] | undefined>>
}

/** A command line that can't be meant. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}
