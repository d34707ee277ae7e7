/** A thread of the crew: a number comes, the work is done, the number goes back with it. */
import { parentPort } from 'node:worker_threads'
import { compute } from './work.ts'

parentPort?.on('message', (id: number) => parentPort?.postMessage([id, compute()]))
