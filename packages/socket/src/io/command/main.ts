/**
 * `sluice-socket`: arguments to exit status. What the arguments mean is in `core/command-line.ts`, what each command
 * does in the files beside this one.
 */
import type { Readable, Writable } from 'node:stream'
import { type CommandPlan, parseCommandLine, UsageError } from '../../core/command-line.ts'
import { codeOf, NetError } from '../../core/errors.ts'
import { EXIT, exitCodeOf } from '../../core/exit-codes.ts'
import { watch } from '../watch.ts'
import { connectCommand } from './connect.ts'
import { listenCommand } from './listen.ts'
import { OutputClosed } from './pipes.ts'
import { relayCommand } from './relay.ts'

/** What a command runs on: the process, or a test's idea of one. */
export interface Stage {
  readonly stdin: Readable
  readonly stdout: Writable
  readonly stderr: { write(text: string): unknown }
  /** Aborts at Ctrl-C and SIGTERM. */
  readonly signal: AbortSignal
}

const COMMANDS: Record<CommandPlan['command'], (plan: CommandPlan, stage: Stage) => Promise<void>> =
  {
    connect: connectCommand,
    listen: listenCommand,
    relay: relayCommand,
  }

/**
 * Runs a command line.
 *
 * @param args without the program's name
 * @returns the exit status; everything that was opened is closed
 */
export async function main(args: readonly string[], stage: Stage): Promise<number> {
  let plan: CommandPlan | string
  try {
    plan = parseCommandLine(args)
  } catch (error) {
    return fail(error, stage, args.includes('--json'))
  }
  if (typeof plan === 'string') {
    stage.stdout.write(`${plan}\n`)
    return EXIT.ok
  }
  const isJson = plan.flags.has('json')
  const seen = plan.flags.has('verbose') || isJson ? show(plan, stage, isJson) : undefined
  try {
    await COMMANDS[plan.command](plan, stage)
    return EXIT.ok
  } catch (error) {
    if (stage.signal.aborted) return EXIT.interrupted
    return fail(error, stage, isJson)
  } finally {
    seen?.stop()
  }
}

/** `-v`: every event, and the bytes both ways. */
function show(plan: CommandPlan, stage: Stage, isJson: boolean) {
  const bytes = plan.flags.has('verbose') ? 256 : 0
  const format = isJson ? 'json' : 'text'
  return watch((line) => stage.stderr.write(`${line}\n`), { format, bytes })
}

/** One sentence, and the status that goes with it. */
function fail(error: unknown, stage: Stage, isJson: boolean): number {
  if (error instanceof OutputClosed) return EXIT.write
  const status = error instanceof UsageError ? EXIT.usage : exitCodeOf(error)
  const message = error instanceof Error ? error.message : String(error)
  const { phase } = error instanceof NetError ? error : { phase: undefined }
  if (isJson)
    stage.stderr.write(
      `${JSON.stringify({ error: message, code: codeOf(error), phase, status })}\n`,
    )
  else stage.stderr.write(`sluice-socket: ${message}\n`)
  return status
}
