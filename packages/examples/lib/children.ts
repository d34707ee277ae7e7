// Processes that an example starts: each is ended by its own id, whatever happens to the example.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const running = new Set<ChildProcess>()

/** A process, and what it said. */
export interface Run {
  /** Its standard output so far, as text and as it came, and its error output. */
  readonly out: () => string
  readonly bytes: () => Uint8Array
  readonly err: () => string
  /** Settles with its exit status once it has ended. */
  readonly ended: Promise<number>
  /** Settles once the text has appeared in its output; rejects when it ends without it. */
  says(text: string): Promise<void>
  /** Ends it at once, as a power cut does. */
  kill(): void
  /** Asks it to end, as Ctrl-C does. */
  stop(): void
  /** Calls back with each piece of text, from either output, as it comes. */
  onText(listener: (text: string) => void): void
}

/** Starts a command. It gets no input, and this program's environment. */
export function start(
  command: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Run {
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  })
  running.add(child)
  const pieces: Buffer[] = []
  const bytes = (): Uint8Array => Buffer.concat(pieces)
  const out = (): string => Buffer.concat(pieces).toString()
  let err = ''
  const waiting = new Set<() => void>()
  const listeners: ((text: string) => void)[] = []
  const poke = (): void => {
    for (const wake of waiting) wake()
  }
  const decoder = new TextDecoder()
  child.stdout.on('data', (piece: Buffer) => {
    pieces.push(piece)
    poke()
    const text = decoder.decode(piece, { stream: true })
    for (const listener of listeners) listener(text)
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text
    poke()
    for (const listener of listeners) listener(text)
  })
  let over = false
  const ended = new Promise<number>((resolve) => {
    const finish = (status: number): void => {
      over = true
      running.delete(child)
      resolve(status)
      poke()
    }
    child.on('error', (error) => {
      err += error.message
      finish(127)
    })
    child.on('close', (code) => finish(code ?? 1))
  })
  const says = (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (out().includes(text) || err.includes(text)) resolve()
        else if (over)
          reject(new Error(err.trim() || `${command} ended without saying ${JSON.stringify(text)}`))
        else return
        waiting.delete(look)
      }
      waiting.add(look)
      look()
    })
  const kill = (): void => void child.kill('SIGKILL')
  const stop = (): void => void child.kill('SIGTERM')
  const onText = (listener: (text: string) => void): void => {
    listeners.push(listener)
  }
  return { out, bytes, err: () => err, ended, says, kill, stop, onText }
}

/** Starts a TypeScript program of the examples, from its sources. */
export function startSource(
  url: URL,
  imports: readonly URL[] = [],
  words: readonly string[] = [],
): Run {
  const more = imports.flatMap((file) => ['--import', file.href])
  const args = ['--conditions=@sluice/source', '--import', 'tsx', ...more, fileURLToPath(url)]
  return start(process.execPath, [...args, ...words])
}

/** Whether a command is there. */
export function has(command: string): boolean {
  return spawnSync(command, ['--version'], { stdio: 'ignore' }).status === 0
}

/** How many processes are still running. */
export function stillRunning(): number {
  return running.size
}

/** Ends every process that was started here, each by its own id. */
export function endAll(): void {
  for (const child of running) child.kill('SIGKILL')
}
