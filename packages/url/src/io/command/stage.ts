/** What the commands share: what they run on, what they are asked for, and the refusal of a line that can't be meant. */
import type { Readable, Writable } from 'node:stream'
import { visible } from '../../core/shown.ts'

/** What a command runs on: the process, or a test's idea of one. */
export interface Stage {
  /** Asked for only where the command line says so: to look at it keeps a process alive. */
  stdin(): Readable
  readonly stdout: Writable
  /** A terminal has columns. */
  readonly stderr: {
    write(text: string): unknown
    on?(event: 'error', told: () => void): unknown
    isTTY?: boolean
    columns?: number
  }
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

/** The text of a flag; nothing where it is not there. */
export function textOf({ flags }: CommandPlan, name: string): string | undefined {
  const value = flags[name]
  return typeof value === 'string' ? value : undefined
}

/** The texts of a flag that may stand more than once. */
export function listOf({ flags }: CommandPlan, name: string): readonly string[] {
  const value = flags[name]
  return Array.isArray(value) ? value : []
}

/** Writes and waits until it is taken. */
export function write(stage: Stage, text: string | Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    stage.stdout.write(text, (error) => (error ? reject(error) : resolve()))
  })
}

/** What went wrong, in one line. */
export function lineOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return visible(message.split('\n', 1)[0] ?? '')
}

/** A value in a line of its own, which does nothing to a terminal. */
export function jsonLine(value: object): string {
  return `${visible(JSON.stringify(value))}\n`
}
