/** Runs an example program as a user would, and tells what it said and how it ended. */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** How a program ended. */
export interface Outcome {
  status: number | null
  out: string
  err: string
}

/** Starts a program of the examples; `signal` and `when` send it a signal once it has said something. */
export function run(
  file: string,
  args: readonly string[] = [],
  interrupt?: { signal: NodeJS.Signals; when: string },
  env: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  const path = fileURLToPath(new URL(`../${file}`, import.meta.url))
  const child = spawn(
    process.execPath,
    ['--conditions=@sluice/source', '--import', 'tsx', path, ...args],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NO_COLOR: '1', ...env },
      cwd: fileURLToPath(new URL('../../../', import.meta.url)),
    },
  )
  let out = ''
  let err = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text
    if (interrupt !== undefined && out.includes(interrupt.when)) {
      child.kill(interrupt.signal)
      interrupt = undefined
    }
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text
  })
  return new Promise((resolve) => child.on('close', (status) => resolve({ status, out, err })))
}
