/** Threads that compute for one loop: it goes on accepting and answering while they do. */
import { Worker } from 'node:worker_threads'

/** Some threads. */
export interface Crew extends AsyncDisposable {
  /** Has one of them compute. Rejects when that thread is lost. */
  compute(): Promise<string>
}

/**
 * What a thread runs. Node 20 gives it no loader for TypeScript, so that it brings one; a program that is built has a URL in the
 * place of all this.
 */
const START = `import('tsx/esm/api').then(({ register }) => {
  register()
  return import(${JSON.stringify(new URL('thread.ts', import.meta.url))})
})`

interface Job {
  worker: Worker
  resolve(hash: string): void
  reject(error: Error): void
}

/** Starts them. */
export function openCrew(size: number): Crew {
  const jobs = new Map<number, Job>()
  const lost = new Map<Worker, Error>()
  const workers = Array.from({ length: size }, () => {
    const worker = new Worker(START, { eval: true, execArgv: process.execArgv })
    worker.on('message', ([id, hash]: [number, string]) => {
      jobs.get(id)?.resolve(hash)
      jobs.delete(id)
    })
    // What waits for it is told, and so is what comes later: nobody would ever answer.
    worker.on('error', (error) => {
      lost.set(worker, error)
      for (const [id, job] of jobs)
        if (job.worker === worker) {
          jobs.delete(id)
          job.reject(error)
        }
    })
    return worker
  })
  let next = 0
  return {
    compute: () =>
      new Promise((resolve, reject) => {
        const id = next++
        // In turn: the jobs are alike. Where they are not, the one with the shortest queue is better.
        const worker = workers[id % size] as Worker
        const error = lost.get(worker)
        if (error !== undefined) return reject(error)
        jobs.set(id, { worker, resolve, reject })
        worker.postMessage(id)
      }),
    async [Symbol.asyncDispose]() {
      await Promise.all(workers.map((worker) => worker.terminate()))
    },
  }
}
