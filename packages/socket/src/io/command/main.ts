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

/** The process, or a test's idea of one. */
export interface Process {
  readonly stdin: Readable
  readonly stdout: Writable
  readonly stderr: Writable
  /** Aborts at Ctrl-C and SIGTERM. */
  readonly signal: AbortSignal
}

/** What a command runs on. Its signal also aborts when nobody reads the output any more. */
export interface Stage extends Pick<Process, 'stdin' | 'stdout' | 'signal'> {
  /** For people, on the error output; programs, with `--json`, have the events. */
  say(text: string): void
  /** Something went wrong that does not end the command. */
  warn(error: unknown): void
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
export async function main(args: readonly string[], process: Process): Promise<number> {
  const { stdin, stdout, stderr } = process
  // `| head` on either output: without a listener the first write that nobody takes would end the process with a stack.
  const unread = new AbortController()
  for (const output of [stdout, stderr]) output.on('error', () => unread.abort(new OutputClosed()))
  let plan: CommandPlan | string
  try {
    plan = parseCommandLine(args)
  } catch (error) {
    return fail(error, stderr, args.includes('--json'))
  }
  if (typeof plan === 'string') {
    stdout.write(`${plan}\n`)
    return EXIT.ok
  }
  const isJson = plan.flags.has('json')
  const seen = plan.flags.has('verbose') || isJson ? show(plan, stderr, isJson) : undefined
  const stage: Stage = {
    stdin,
    stdout,
    signal: AbortSignal.any([process.signal, unread.signal]),
    say: (text) => void (isJson || stderr.write(`${text}\n`)),
    warn: (error) => stderr.write(sentenceOf(error, isJson)),
  }
  try {
    await COMMANDS[plan.command](plan, stage)
    return unread.signal.aborted ? EXIT.write : EXIT.ok
  } catch (error) {
    if (unread.signal.aborted || error instanceof OutputClosed) return EXIT.write
    return process.signal.aborted ? EXIT.interrupted : fail(error, stderr, isJson)
  } finally {
    seen?.stop()
  }
}

/** `-v`: every event, and the bytes both ways. */
function show(plan: CommandPlan, stderr: Writable, isJson: boolean) {
  const bytes = plan.flags.has('verbose') ? 256 : 0
  const format = isJson ? 'json' : 'text'
  return watch((line) => stderr.write(`${line}\n`), { format, bytes })
}

/** One sentence, and the status that goes with it. */
function fail(error: unknown, stderr: Writable, isJson: boolean): number {
  const status = error instanceof UsageError ? EXIT.usage : exitCodeOf(error)
  stderr.write(sentenceOf(error, isJson, status))
  return status
}

function sentenceOf(error: unknown, isJson: boolean, status?: number): string {
  const message = error instanceof Error ? error.message : String(error)
  if (!isJson) return `sluice-socket: ${message}\n`
  const { phase } = error instanceof NetError ? error : { phase: undefined }
  return `${JSON.stringify({ error: message, code: codeOf(error), phase, status })}\n`
}
