// What the checks of the lessons share: a program run as a learner runs it, and statements that hold or do not.
import { type Run, startSource } from './children.ts'

/** What a program said, and how it ended. */
export interface Outcome {
  output: string
  error: string
  status: number
}

/** Starts a program of a lesson. */
export function startProgram(url: URL): Run {
  return startSource(new URL('../lessons/program.ts', import.meta.url), [], [url.href])
}

/** Runs a program of a lesson to its end. */
export async function run(url: URL): Promise<Outcome> {
  const program = startProgram(url)
  const status = await program.ended
  return { output: program.out(), error: program.err(), status }
}

/** States something; a statement that does not hold fails the check. */
export function check(statement: string, holds: boolean): void {
  console.log(`${holds ? 'ok  ' : 'FAIL'} ${statement}`)
  if (!holds) process.exitCode = 1
}
