/**
 * Programs of the sources, as tests start them: each is made one file first, which takes a quarter of a second, and is
 * then there in a third of the time that a loader of TypeScript needs for every start.
 */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const FOLDER = fileURLToPath(new URL('../.reports/programs/', import.meta.url))

/** @returns the path of a file that `node` runs by itself. Its name tells its content: who makes the same finds it made */
export async function programFile(source: URL): Promise<string> {
  const { outputFiles: made } = await build({
    entryPoints: [fileURLToPath(source)],
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20.19',
    conditions: ['@sluice/source'],
    write: false,
  })
  const contents = made[0]?.contents as Uint8Array
  const path = join(FOLDER, `${createHash('sha256').update(contents).digest('hex')}.mjs`)
  if (existsSync(path)) return path
  mkdirSync(FOLDER, { recursive: true })
  // Whole or not at all: another test may be about to run it.
  writeFileSync(`${path}.${process.pid}`, contents)
  renameSync(`${path}.${process.pid}`, path)
  return path
}

/** A program that runs, and what it has said. */
export class Run {
  readonly child: ChildProcessWithoutNullStreams
  /** Its exit status, once all that it said is here; `null` where a signal ended it. */
  readonly done: Promise<number | null>
  stdout = ''
  stderr = ''

  /** @param file of `programFile` */
  constructor(file: string, args: readonly string[]) {
    const env = { ...process.env, NO_COLOR: '1' }
    this.child = spawn(process.execPath, [file, ...args], { env })
    this.child.stdout.on('data', (chunk) => (this.stdout += chunk))
    this.child.stderr.on('data', (chunk) => (this.stderr += chunk))
    this.done = new Promise((resolve) => this.child.once('close', resolve))
  }

  /** Waits for something on the error output. */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    for (let i = 0; i < 1500; i++) {
      const found = pattern.exec(this.stderr)
      if (found) return found
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    throw new Error(`never said ${pattern}: ${this.stderr}`)
  }

  /** Ends it as Ctrl-C does. */
  stop(): Promise<number | null> {
    this.child.kill('SIGINT')
    return this.done
  }
}
