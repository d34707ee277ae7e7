/**
 * `--workers`: several processes that serve one port. The first of them says whether it can be served at all; the others
 * follow. One that dies is replaced, unless it dies young: then whatever kills it would kill the next one, too. Age counts
 * from when it serves: how long a process takes to start says nothing but how busy the machine is.
 */
import cluster from 'node:cluster'
import type { Stage } from './stage.ts'

/** Milliseconds that a worker has to have served to be replaced. Arbitrary. */
const YOUNG = 1_000

/** Whether this process is one of several. */
export function isWorker(): boolean {
  return cluster.isWorker
}

/** Tells the first process where this one listens. */
export function tellReady(urls: readonly string[]): void {
  process.send?.({ urls })
}

/** Unties this process from the first one, which would keep it alive. */
export function letGo(): void {
  cluster.worker?.disconnect()
}

/**
 * Runs this command line in several processes until the stage ends.
 *
 * @param say told where they listen
 * @returns the exit status: that of the first worker when it could not begin
 */
export async function runWorkers(
  count: number,
  stage: Stage,
  say: (urls: readonly string[]) => void,
): Promise<number> {
  const workers = new Workers(stage)
  const first = await workers.start()
  if (typeof first === 'number') return first
  for (let i = 1; i < count; i++) void workers.start()
  say(first)
  await workers.gone
  return stage.signal.aborted ? 0 : 1
}

/** The other processes. */
class Workers {
  /** Settles when none is left. */
  readonly gone: Promise<void>
  readonly #stage: Stage
  #alive = 0
  #onGone: () => void = () => {}

  constructor(stage: Stage) {
    this.#stage = stage
    this.gone = new Promise((resolve) => {
      this.#onGone = resolve
    })
  }

  /** @returns where the new one listens, or the status it ended with before it did */
  start(): Promise<readonly string[] | number> {
    const worker = cluster.fork()
    const { signal } = this.#stage
    let began: number | undefined
    const end = (): void => worker.kill('SIGTERM')
    this.#alive++
    if (signal.aborted) end()
    signal.addEventListener('abort', end)
    return new Promise((resolve) => {
      worker.on('message', ({ urls }: { urls: readonly string[] }) => {
        began = performance.now()
        resolve(urls)
      })
      worker.once('exit', (code) => {
        signal.removeEventListener('abort', end)
        resolve(code)
        this.#ended(code, began === undefined ? 0 : performance.now() - began)
      })
    })
  }

  #ended(code: number, age: number): void {
    this.#alive--
    if (!this.#stage.signal.aborted && age >= YOUNG) {
      this.#stage.stderr.write(`sluice-http: a worker ended with status ${code} and is replaced\n`)
      void this.start()
    } else if (this.#alive === 0) this.#onGone()
  }
}
